"""The matrix of a period: every office by every form, its words, its filters, its file, its buttons."""

import csv
import datetime as dt
import io
import re
import zipfile

import pytest

from models import FormVersion, Notice, Obligation, Submission, Unit
from portal import clock, periods, records
from portal.rules.access import Role
from portal.rules.terms import ObligationState
from portal.rules.workflow import State
from tests import make
from tests.counting import Counted

NOW = dt.datetime(2023, 5, 24, 10)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """It is the 24th of May 2566; reports were due on the 20th."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: NOW.date())


@pytest.fixture
def may(database):
    """May 2566 open with a form of C-AGR and one of another division; Khon Kaen has sent its report on the first."""
    own, other = make.form(Unit.get(Unit.code == "C-AGR")), make.form()
    period = make.period(8, is_open=False)
    periods.open_period(period, by=None, at=dt.datetime(2023, 5, 1, 8))
    _stand(own, "P40", State.SUBMITTED, dt.datetime(2023, 5, 22, 9))
    return period, own, other


def _stand(form, code, state, at):
    owed = Obligation.get(Obligation.form == form, Obligation.unit == Unit.get(Unit.code == code))
    with records.changing(by=None, verb="make", at=NOW, as_verb=True) as work:
        work.update(owed, state=ObligationState.MET, met_at=at)
        return work.create(
            Submission, obligation=owed, unit=owed.unit_id, period=owed.period_id, state=state, submitted_at=at,
            form_version=FormVersion.get(FormVersion.form == form), first_submitted_at=at,
        )  # fmt: skip


def _cells(page):
    return re.findall(r'<td><a href="cell/\?id=(\d+)" class="h (\w+)" title="([^"]*)">', page)


def _offices(page):
    return len(re.findall(r'<th scope="row"><a href="/admin/matrix/\?[^"]*unit=', page))


def test_every_office_and_form_has_its_cell_and_its_words(may, client, sign_in):
    period, *_ = may
    page = sign_in(make.person(Role.PLANNING)).get(f"/admin/matrix/?period={period.id}").text

    cells = _cells(page)
    assert len(cells) == 78 * 3 and _offices(page) == 78
    assert {words for _, _, words in cells} == {"ยังไม่ส่ง เกินกำหนด 4 วัน", "รอตรวจ ช้า 2 วัน"}
    assert [cls for _, cls, words in cells if words.startswith("รอตรวจ")] == ["h1"]


def test_a_division_finds_its_own_forms_first(may, client, sign_in):
    _, own, other = may
    page = sign_in(make.person(Role.DIVISION, other.owner)).get("/admin/matrix/").text

    heads = re.findall(r'<th scope="col"( class="own")? title="([^"]*)">', page)
    assert heads[0] == (' class="own"', other.name)
    assert {name for cls, name in heads[1:] if cls} == set()
    assert own.name in [name for _, name in heads]


def test_the_matrix_is_narrowed_by_owner_region_and_state(may, client, sign_in):
    _period, own, other = may
    planner = sign_in(make.person(Role.PLANNING))
    office = Unit.get(Unit.code == "P40")

    by_owner = planner.get(f"/admin/matrix/?owner={other.owner_id}").text
    by_region = planner.get(f"/admin/matrix/?region={office.region_id}").text
    by_state = planner.get("/admin/matrix/?state=waiting_check").text

    assert len(_cells(by_owner)) == 78 and own.name not in by_owner
    assert (
        _offices(by_region) == Unit.select().where(Unit.region == office.region_id, Unit.kind == "provincial").count()
    )
    assert len(_cells(by_state)) == 1 and _offices(by_state) == 1


def test_a_cell_leads_to_the_report_or_to_what_is_owed(may, client, sign_in):
    _, _own, other = may
    planner = sign_in(make.person(Role.PLANNING))
    sent = Submission.get()
    none = Obligation.get(Obligation.form == other)

    to_report = planner.get(f"/admin/matrix/cell/?id={sent.obligation_id}")
    to_owed = planner.get(f"/admin/matrix/cell/?id={none.id}")

    assert to_report.location == f"/admin/review/?submission={sent.id}"
    assert to_owed.location == f"/admin/obligation/details/?id={none.id}"
    assert planner.get(to_report.location).status_code == planner.get(to_owed.location).status_code == 200
    assert planner.get("/admin/matrix/cell/?id=999999").status_code == 404


def test_the_file_holds_exactly_what_is_shown(may, client, sign_in):
    planner = sign_in(make.person(Role.PLANNING))

    answer = planner.get("/admin/matrix/export/csv/?state=waiting_check")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    whole = list(csv.reader(io.StringIO(planner.get("/admin/matrix/export/csv/").data.decode("utf-8-sig"))))
    book = planner.get("/admin/matrix/export/xlsx/")

    assert len(rows) == 2 and "ขอนแก่น" in rows[1][1] and rows[1][2] == "รอตรวจ ช้า 2 วัน"
    assert len(whole) == 79 and len(whole[0]) == 5 and all(len(line) == 5 for line in whole)
    assert zipfile.ZipFile(io.BytesIO(book.data)).testzip() is None
    assert planner.get("/admin/matrix/export/pdf/").status_code == 404


def test_one_click_reminds_the_missing_that_are_shown_once_a_day(may, client, sign_in):
    period, _own, _ = may
    there = make.person(Role.REPORTER, Unit.get(Unit.code == "P50"))
    region = there.unit.region_id
    elsewhere = make.person(Role.REPORTER, Unit.get(Unit.code == "P90"))
    planner = sign_in(make.person(Role.PLANNING))

    first = planner.post("/admin/matrix/remind/", data={"period": period.id, "region": region}, follow_redirects=True)
    again = planner.post("/admin/matrix/remind/", data={"period": period.id, "region": region}, follow_redirects=True)

    assert "เตือนแล้ว 1 คน จาก 1 หน่วยงาน" in first.text and "เตือนได้วันละครั้ง" in again.text
    assert Notice.select().where(Notice.person == there).count() == 1
    assert Notice.select().where(Notice.person == elsewhere).count() == 0


def test_a_division_reminds_for_its_own_forms_only(may, client, sign_in):
    period, own, other = may
    there = make.person(Role.REPORTER, Unit.get(Unit.code == "P50"))
    division = sign_in(make.person(Role.DIVISION, other.owner))

    division.post("/admin/matrix/remind/", data={"period": period.id})

    text = Notice.get(Notice.person == there).text
    assert other.name in text and own.name not in text


def test_planning_waives_a_cell_with_a_reason_and_a_division_does_not(may, client, sign_in):
    period, own, _ = may
    owed = Obligation.get(Obligation.form == own, Obligation.unit == Unit.get(Unit.code == "P50"))
    given = {"period": period.id, "id": owed.id, "note": "น้ำท่วมสำนักงาน"}

    sign_in(make.person(Role.DIVISION, own.owner)).post("/admin/matrix/waive/", data=given)
    assert Obligation.get_by_id(owed.id).state == ObligationState.OPEN

    planner = sign_in(make.person(Role.PLANNING))
    planner.post("/admin/matrix/waive/", data={**given, "note": " "})
    assert Obligation.get_by_id(owed.id).state == ObligationState.OPEN
    planner.post("/admin/matrix/waive/", data=given)
    waived = Obligation.get_by_id(owed.id)
    assert (waived.state, waived.waived_reason) == (ObligationState.WAIVED, "น้ำท่วมสำนักงาน")


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER])
def test_the_matrix_of_all_offices_is_not_an_offices(may, client, sign_in, role):
    office = sign_in(make.person(role, Unit.get(Unit.code == "P40")))

    for address in ("", "export/csv/", f"cell/?id={Obligation.select().first().id}"):
        assert office.get(f"/admin/matrix/{address}").status_code == 403
    for address in ("remind/", "waive/"):
        assert office.post(f"/admin/matrix/{address}", data={"period": may[0].id}).status_code == 403
    assert Notice.select().count() == 0


def test_an_executive_looks_but_reminds_and_waives_nobody(may, client, sign_in):
    reader = sign_in(make.person(Role.EXECUTIVE))
    page = reader.get("/admin/matrix/").text

    assert "remind/" not in page and "waive/" not in page
    assert reader.post("/admin/matrix/remind/", data={"period": may[0].id}).status_code == 403


def test_a_panel_tells_of_one_office_or_one_form_what_is_owed_first(may, client, sign_in):
    _, own, _ = may
    planner = sign_in(make.person(Role.PLANNING))
    office = Unit.get(Unit.code == "P40")

    of_office = planner.get(f"/admin/matrix/?unit={office.id}").text
    of_form = planner.get(f"/admin/matrix/?form={own.code}").text

    panel = of_office[of_office.index('id="panel"') :]
    assert office.name in panel and panel.index("เกินกำหนด 4 วัน") < panel.index("รอตรวจ")
    assert "ยังไม่ส่ง 77 จาก 78" in of_form


@pytest.mark.parametrize("query", ["?period=999", "?period=x&owner=x", "?state=nonsense", "?unit=1e9&form=%00'\"<"])
def test_a_wrong_address_is_answered_in_words(may, client, sign_in, query):
    answer = sign_in(make.person(Role.PLANNING)).get(f"/admin/matrix/{query}")

    assert answer.status_code in (200, 404)
    assert "<'" not in answer.text


def test_without_an_open_period_the_page_says_what_to_do(database, client, sign_in):
    assert "/admin/period/" in sign_in(make.person(Role.PLANNING)).get("/admin/matrix/").text


def test_the_statements_of_the_page_do_not_grow_with_its_rows(may, client, sign_in):
    period, *_ = may
    planner = sign_in(make.person(Role.PLANNING))
    planner.get("/admin/matrix/")
    with Counted() as few:
        planner.get("/admin/matrix/")
    for _ in range(6):
        make.form()
    periods.open_period(period, by=None, at=NOW)
    with Counted() as many:
        page = planner.get("/admin/matrix/").text

    assert len(_cells(page)) == 78 * 9
    assert len(many) == len(few) <= 12
