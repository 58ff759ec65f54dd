"""Finance files through the pages: sent, previewed, mapped, taken in, undone; and the money they make."""

import io

import pytest

from models import BudgetLine, ImportBatch
from portal.imports import codes
from portal.rules.access import Role
from portal.rules.terms import BatchState
from tests import make
from tests.imports import golden
from tests.imports.conftest import Money


@pytest.fixture
def money(sqlite_store, settings):
    return Money(settings.data)


@pytest.fixture
def planner(money, sign_in):
    return sign_in(money.by)


def send(client, name="nfma46.xlsx", data=None, **form):
    content = data if data is not None else (golden.FOLDER / name).read_bytes()
    return client.post("/admin/imports/", data={"file": (io.BytesIO(content), name), "whole": "y", **form})


def test_a_file_that_is_none_of_ours_is_told_in_thai_what_would_be(planner, money):
    send(planner, "photo.jpg", b"#!/bin/sh")
    money.work(ImportBatch.get())

    page = planner.get(f"/admin/imports/file/?id={ImportBatch.get().id}").text

    assert "รับได้เฉพาะ ไฟล์ดึงข้อมูล GFMIS, " in page and "Treasury" not in page and "ยอดสะสม" not in page


def test_a_file_goes_from_sending_to_undoing(planner, money):
    sent = send(planner)
    batch = ImportBatch.get()
    assert sent.status_code == 302 and sent.location == f"/admin/imports/file/?id={batch.id}"
    assert 'data-state="busy"' in planner.get(sent.location).text

    money.work(batch)
    page = planner.get(sent.location).text
    assert "0701240000" in page and 'id="unmatched">6' in page
    units = {u.value: money.meaning(u).id for u in codes.unknown(ImportBatch.get()) if u.kind == "unit"}
    told = {f"unit:{value}": unit for value, unit in units.items()}
    assert planner.post("/admin/imports/codes/", data={"id": batch.id, **told}).status_code == 302
    told = {
        f"{u.kind}:{u.value}": getattr(money.meaning(u), "id", money.meaning(u))
        for u in codes.unknown(ImportBatch.get())
    }
    if told:
        planner.post("/admin/imports/codes/", data={"id": batch.id, **told})
    assert 'id="matched">6' in planner.get(sent.location).text

    assert planner.post("/admin/imports/take/", data={"id": batch.id}).status_code == 302
    money.work(batch)
    shown = planner.get("/admin/money/").text
    assert "13,491,252.85" in shown
    assert "เครื่องคอมพิวเตอร์สำหรับงานประมวลผล 12 เครื่อง" in shown

    assert planner.post("/admin/imports/undo/", data={"id": batch.id}).status_code == 302
    assert "13,491,252.85" in planner.get("/admin/money/").text  # a worker does it
    money.work(batch)
    assert "13,491,252.85" not in planner.get("/admin/money/").text
    assert BudgetLine.select().count() == 0


def test_what_is_wrong_is_listed_by_sheet_row_and_column(planner, money):
    lines = golden.extract_lines()
    lines[3][5] = "2.10E+19"
    send(planner, "broken.txt", golden.extract_bytes(lines))
    money.work(ImportBatch.get())

    page = planner.get(f"/admin/imports/file/?id={ImportBatch.get().id}").text

    assert ImportBatch.get().state is BatchState.REFUSED
    assert '<td class="n">4</td><td>F</td>' in page
    assert "2.10E+19" in page


def test_a_word_is_asked_for_when_something_does_not_agree(planner, money):
    lines = golden.extract_lines()
    lines[1][10] = "1.00"
    send(planner, "off.txt", golden.extract_bytes(lines))
    money.work(ImportBatch.get())
    batch = money.map_all(ImportBatch.get())

    refused = planner.post("/admin/imports/take/", data={"id": batch.id, "word": ""})
    assert refused.status_code == 422
    assert "โปรดระบุเหตุผล" in refused.text
    assert planner.post("/admin/imports/take/", data={"id": batch.id, "word": "ตรวจแล้ว"}).status_code == 302
    assert ImportBatch.get().word == "ตรวจแล้ว"


def test_a_file_that_was_taken_in_is_not_taken_in_again(planner, money):
    money.take(golden.FOLDER / "nfma46.xlsx")

    answer = planner.post("/admin/imports/", data={"file": (golden.FOLDER / "nfma46.xlsx").open("rb")})

    assert "นำเข้าแล้วเป็นเลขที่" in planner.get(answer.location).text
    assert ImportBatch.select().count() == 1


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER])
def test_an_office_sees_neither_files_nor_the_department_s_money(money, sign_in, role):
    client = sign_in(make.person(role))

    for address in ("/admin/imports/", "/admin/imports/file/?id=1", "/admin/money/", "/admin/importline/"):
        assert client.get(address).status_code == 403, address


@pytest.mark.parametrize("role", [Role.DIVISION, Role.EXECUTIVE])
def test_who_may_look_may_not_send(money, sign_in, role):
    client = sign_in(make.person(role))

    assert "send-form" not in client.get("/admin/imports/").text
    assert send(client).status_code == 403
    assert ImportBatch.select().count() == 0


def test_a_year_without_targets_says_so_and_never_nought(planner, money):
    make.fiscal_year(2567)
    page = planner.get("/admin/money/?year=2567").text

    assert "ไม่มีเป้าหมาย" in page


def test_a_guessed_target_carries_its_mark(planner, money):
    money.take(golden.FOLDER / "nfma46.xlsx")

    assert "ค่าประมาณ ไม่ใช่เป้าหมายทางการ" in planner.get("/admin/money/?year=2566&month=8").text
    assert "ค่าประมาณ ไม่ใช่เป้าหมายทางการ" not in planner.get("/admin/money/?year=2566&month=3").text


def test_pages_without_any_money_or_file_say_what_to_do(planner):
    assert planner.get("/admin/money/").status_code == 200
    assert planner.get("/admin/imports/").status_code == 200
    assert planner.get("/admin/imports/file/?id=99").status_code == 404
    assert send(planner, "x.xlsx", b"").status_code == 302
    assert planner.post("/admin/imports/", data={}).status_code == 422


def test_lines_not_matched_are_a_work_list(planner, money):
    send(planner)
    money.work(ImportBatch.get())
    batch = ImportBatch.get()
    told = {(u.kind, u.value): money.meaning(u) for u in codes.unknown(batch) if u.value != "0701250000"}
    codes.map_codes(batch, told, by=money.by, at=make.NOON)

    page = planner.get(f"/admin/importline/?flt0_batch_is={batch.id}&flt1_is_matched_is=0").text

    assert (
        f"flt0_batch_is={batch.id}&amp;flt1_is_matched_is=0" in planner.get(f"/admin/imports/file/?id={batch.id}").text
    )
    assert "0701250000" in page and "0701240000" not in page
