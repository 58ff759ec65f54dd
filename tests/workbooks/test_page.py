"""The page of workbooks: fetched, looked at before anything changes, taken, returned in red; each sees its own only."""

import io
import re
from urllib.parse import unquote

import openpyxl
import pytest

from models import Answer, Revision, SentWorkbook, Submission
from portal import clock, files, periods
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.workbooks import identity, sent, writing
from tests import make
from tests.workbooks.office import GOOD, Office

WRONG = GOOD | {Cell("trained"): "ร้อยคน", Cell("rate"): "101"}


@pytest.fixture
def office(database):
    return Office()


@pytest.fixture
def page(office, client, sign_in):
    sign_in(office.reporter)
    return client


def fetched(page, office):
    answer = page.get(f"/admin/workbooks/file?period={office.period.id}")
    assert answer.status_code == 200
    return answer.data


def sent_in(page, office, content, name="ผลงาน.xlsx", **more):
    data = {"file": (io.BytesIO(content), name), "period": str(office.period.id)} | more
    return page.post("/admin/workbooks/", data=data, content_type="multipart/form-data")


def filled(page, office, typed):
    return office.pen(fetched(page, office)).type(typed).saved()


def test_an_office_fetches_its_forms_under_a_name_it_can_read(office, page):
    answer = page.get(f"/admin/workbooks/file?period={office.period.id}")

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert identity.SHEET in book.sheetnames
    assert "พฤษภาคม 2566.xlsx" in unquote(answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_looking_changes_nothing_and_taking_does(office, page):
    answer = sent_in(page, office, filled(page, office, GOOD))
    before = Revision.select().count()
    looked = page.get(answer.headers["Location"])

    assert looked.status_code == 200 and "ผู้เข้าอบรม" in looked.text
    assert Revision.select().count() == before and not Answer.select().exists()

    kept = SentWorkbook.get()
    page.post("/admin/workbooks/take", data={"id": kept.id, "how": "whole"})

    assert office.entries()[Cell("trained")] == 120
    kept = SentWorkbook.get()
    assert (kept.state, kept.cells_taken, kept.file_key) == ("taken", len(GOOD), "")


def test_the_wrong_cells_come_back_red_in_the_reader_s_words(office, page):
    answer = sent_in(page, office, filled(page, office, WRONG))
    looked = page.get(answer.headers["Location"]).text
    kept = SentWorkbook.get()

    back = office.pen(page.get(f"/admin/workbooks/returned?id={kept.id}").data)

    red = {cell for cell in back.plan.spots if back.at(cell).fill.start_color.rgb == "FFFFC7CE"}
    assert red == {Cell("trained"), Cell("rate")}
    assert "ไม่ใช่ตัวเลข" in back.at(Cell("trained")).comment.text
    assert "ไม่ใช่ตัวเลข" in looked


def test_right_cells_are_taken_and_the_workbook_stays_for_the_wrong_ones(office, page):
    sent_in(page, office, filled(page, office, WRONG))
    kept = SentWorkbook.get()

    answer = page.post("/admin/workbooks/take", data={"id": kept.id, "how": "right"})

    assert answer.headers["Location"] == f"/admin/workbooks/look?id={kept.id}"
    assert len(office.entries()) == len(GOOD) - 2
    assert SentWorkbook.get().cells_taken == len(GOOD) - 2
    assert page.get(answer.headers["Location"]).status_code == 200


def test_the_whole_is_refused_when_anything_is_wrong(office, page):
    sent_in(page, office, filled(page, office, WRONG))

    answer = page.post("/admin/workbooks/take", data={"id": SentWorkbook.get().id, "how": "whole"})

    assert answer.status_code == 422 and "ไม่รับทั้งไฟล์" in answer.text
    assert not Submission.select().exists()


def test_the_same_file_sent_in_twice_keeps_one_line_and_changes_nothing(office, page):
    content = filled(page, office, GOOD)
    sent_in(page, office, content)
    sent_in(page, office, content)
    kept = SentWorkbook.get()
    page.post("/admin/workbooks/take", data={"id": kept.id, "how": "whole"})
    before = Revision.select().count()

    again = page.get(sent_in(page, office, content).headers["Location"]).text

    assert "ไม่มีอะไรต้องบันทึก" in again
    assert Revision.select().count() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "ว่างเปล่า"), (b"%PDF-1.7", "ไม่ใช่สมุดงาน Excel"), (b"PK\x03\x04" + b"x" * 400, "เสียหาย")],
)
def test_a_file_that_is_no_workbook_is_refused_in_words_and_not_kept(office, page, content, words):
    answer = sent_in(page, office, content)

    assert answer.status_code == 422 and words in answer.text
    assert not SentWorkbook.select().exists()


def test_no_file_at_all_is_told(office, page):
    answer = page.post("/admin/workbooks/", data={}, content_type="multipart/form-data")

    assert answer.status_code == 422 and "เลือกไฟล์" in answer.text


def test_a_workbook_of_another_office_is_refused_with_the_reason(office, page):
    other = Office(period=office.period)
    with_their_seal = other.pen(_of(page, other)).saved()

    answer = sent_in(page, office, with_their_seal)

    assert answer.status_code == 422 and other.unit.short in answer.text
    assert not SentWorkbook.select().exists()


def _of(page, other):
    out = io.BytesIO()
    secret = page.application.config["PORTAL"].secret_key
    writing.write(other.desk(), out, secret=secret, at=make.NOON)
    return out.getvalue()


def test_a_workbook_of_another_period_is_refused_with_the_reason(office, page):
    content = fetched(page, office)
    june = make.period(9)
    make.obligation(office.unit, office.form, june)

    answer = sent_in(page, office, content, period=str(june.id))

    assert answer.status_code == 422 and "พฤษภาคม 2566" in answer.text


def test_nobody_sees_what_another_office_sent_in(office, page, app, sign_in):
    sent_in(page, office, filled(page, office, GOOD))
    kept = SentWorkbook.get()
    stranger = sign_in(Office(period=office.period).reporter, app.test_client())

    for path in (f"/admin/workbooks/look?id={kept.id}", f"/admin/workbooks/returned?id={kept.id}"):
        assert stranger.get(path).status_code == 404
    assert stranger.post("/admin/workbooks/take", data={"id": kept.id}).status_code == 404
    assert not Submission.select().exists()
    assert kept.file_name not in stranger.get("/admin/workbooks/").text


def test_a_colleague_may_take_what_another_sent_in(office, page, app, sign_in):
    sent_in(page, office, filled(page, office, GOOD))
    colleague = sign_in(make.person(Role.APPROVER, office.unit), app.test_client())

    colleague.post("/admin/workbooks/take", data={"id": SentWorkbook.get().id, "how": "whole"})

    assert len(office.entries()) == len(GOOD)


@pytest.mark.parametrize(
    "path", ["look?id=1", "look?id=x", "look?id=๑", "look?id=99999999999", "look", "returned?id=-1"]
)
def test_what_is_no_workbook_of_ours_is_not_found(page, path):
    assert page.get(f"/admin/workbooks/{path}").status_code == 404


@pytest.mark.parametrize("path", ["file?period=0", "file?period=x", "?period=99999"])
def test_a_period_of_nobody_is_not_found(page, path):
    assert page.get(f"/admin/workbooks/{path}").status_code == 404


def test_an_office_gets_no_workbook_for_checking_and_a_division_none_to_fill_in(office, page, app, sign_in):
    division = sign_in(make.person(Role.DIVISION, office.form.owner), app.test_client())

    assert page.get(f"/admin/workbooks/checking?period={office.period.id}").status_code == 403
    assert division.get(f"/admin/workbooks/file?period={office.period.id}").status_code == 403
    assert division.post("/admin/workbooks/", data={}).status_code == 403


def test_a_division_fetches_its_own_forms_for_checking(office, page, app, sign_in):
    foreign = Office(period=office.period)
    office.fill(GOOD)
    division = sign_in(make.person(Role.DIVISION, office.form.owner), app.test_client())

    shown = division.get("/admin/workbooks/").text
    answer = division.get(f"/admin/workbooks/checking?period={office.period.id}")
    one = division.get(f"/admin/workbooks/checking?period={office.period.id}&form={office.form.id}")

    names = openpyxl.load_workbook(io.BytesIO(answer.data)).sheetnames
    assert office.form.code in names and foreign.form.code not in names
    assert office.form.name in shown and foreign.form.name not in shown
    assert one.status_code == 200
    refused = division.get(f"/admin/workbooks/checking?period={office.period.id}&form={foreign.form.id}")
    assert refused.status_code == 404


def test_a_changing_request_from_elsewhere_is_refused(office, page):
    page.environ_base.pop("HTTP_X_CSRF_TOKEN")

    assert sent_in(page, office, b"x").status_code == 400


def test_workbooks_that_nobody_took_are_forgotten_after_a_week(office, page):
    sent_in(page, office, filled(page, office, GOOD))
    SentWorkbook.update(at=clock.now() - sent.KEPT * 2).execute()
    settings = page.application.config["PORTAL"]
    store = files.connect(settings.files, settings.data)

    assert sent.forget_old(at=clock.now(), store=store) == 1

    kept = SentWorkbook.get()
    assert kept.file_key == ""
    assert page.get(f"/admin/workbooks/look?id={kept.id}").status_code == 404


def test_a_sheet_of_a_closed_period_says_so_and_takes_nothing(office, page):
    content = filled(page, office, GOOD)
    periods.close_period(office.period, by=make.person(Role.PLANNING), at=make.NOON)

    looked = page.get(sent_in(page, office, content).headers["Location"]).text

    assert "งวดนี้ปิด" in looked or "ปิดแล้ว" in looked
    assert not re.search(r'action="/admin/workbooks/take"', looked)
