"""Class and grade by year and auditors' remarks from a spreadsheet, and a whole list taken back."""

import datetime as dt

import openpyxl
import pytest

from models import AuditEntry, AuditorRemark, Cooperative, CooperativeYear, ImportBatch, Run
from portal import records
from portal.errors import MoveRefused, NotAllowed, StoreRefused
from portal.imports import registry
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import BatchState, Grade, RemarkKind, RemarkState, RunState
from tests import make
from tests.make import NOON
from tests.visits.test_registry import kept, kind_of, taken, worked  # noqa: F401

YEARS = ("เลขทะเบียน", "ชั้นความเข้มแข็ง ปี 2566", "ระดับมาตรฐาน พ.ศ. ๒๕๖๖")
REMARKS = ("เลขทะเบียน", "วันที่พบ", "ลักษณะ", "ข้อความ", "จำนวนเงิน (บาท)", "สถานะ", "วันที่แก้ไขแล้ว")


def book(folder, **sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "list.xlsx"
    made.save(path)
    return path


def years_of(institution):
    rows = CooperativeYear.select().where(CooperativeYear.cooperative == institution).order_by(CooperativeYear.id)
    return [(row.fiscal_year.year, row.strength_class, row.grade) for row in rows]


@pytest.fixture
def number(office):
    return office.institution.registration_number


def test_a_year_s_class_and_grade_come_in_columns_that_name_the_year(office, kept, migrated, number):  # noqa: F811
    make.row(CooperativeYear, cooperative=office.institution, fiscal_year=make.fiscal_year(2565), strength_class=3)
    new = ("4001000099999", "สหกรณ์ใหม่ จำกัด", kind_of(office), 1, None)
    head = ("เลขทะเบียน", "ชื่อ", "ประเภทสหกรณ์", *YEARS[1:])
    batch = taken(office, kept, book(migrated.folder, a=[head, (number, None, None, "ชั้น 2", "ดีมาก"), new]))

    assert batch.state == BatchState.TAKEN and (batch.report["new"], batch.report["years"]) == (1, 2)
    assert years_of(office.institution) == [(2565, 3, Grade.NOT_ASSESSED), (2566, 2, Grade.VERY_GOOD)]
    assert years_of(Cooperative.get(Cooperative.registration_number == new[0])) == [(2566, 1, Grade.NOT_ASSESSED)]


def test_a_filed_year_is_never_overwritten(office, kept, migrated, number):  # noqa: F811
    make.row(CooperativeYear, cooperative=office.institution, fiscal_year=office.year, strength_class=3)
    same = taken(office, kept, book(migrated.folder, a=[YEARS, (number, 3, "ดี")]))
    assert same.state == BatchState.TAKEN and years_of(office.institution) == [(2566, 3, Grade.GOOD)]

    for line, column in (((number, 2, None), "B"), ((number, None, "ดีเลิศ"), "C")):
        batch = taken(office, kept, book(migrated.folder, a=[YEARS, line]))
        assert batch.state == BatchState.REFUSED
        assert [(f["row"], f["column"]) for f in batch.report["faults"]] == [(2, column)]
    assert years_of(office.institution) == [(2566, 3, Grade.GOOD)]


@pytest.mark.parametrize(("line", "column"), [
    (("{mine}", 2566, 4, None), "C"), (("{mine}", 2566, 1, "เยี่ยม"), "D"), (("{mine}", 2499, 1, None), "C"),
    (("{mine}", None, 1, None), "B"), (("{theirs}", 2566, 1, None), "A"), (("4001000099999", 2566, 1, None), "A"),
    (("123", 2566, 1, None), "A"),
], ids=lambda part: str(part)[:40])  # fmt: skip
def test_a_row_for_each_year_is_read_and_what_is_wrong_is_told(office, kept, migrated, number, line, column):  # noqa: F811
    theirs = make.cooperative().registration_number
    head = ("เลขทะเบียน", "ปีงบประมาณ", "ชั้น", "มาตรฐาน")
    filled = [cell.format(mine=number, theirs=theirs) if isinstance(cell, str) else cell for cell in line]
    good = (office.elsewhere.registration_number, 2566, 1, "ดีเลิศ")
    batch = taken(office, kept, book(migrated.folder, a=[head, good, filled]))

    assert batch.state == BatchState.REFUSED and not years_of(office.elsewhere)
    assert [(f["row"], f["column"]) for f in batch.report["faults"]] == [(3, column)]
    assert taken(office, kept, book(migrated.folder, a=[head, good])).state == BatchState.TAKEN
    assert years_of(office.elsewhere) == [(2566, 1, Grade.EXCELLENT)]


def test_remarks_are_added_and_their_state_follows(office, kept, migrated, number):  # noqa: F811
    line = (number, "5/1/2566", "ข้อบกพร่อง", "เงินขาดบัญชี", "12,500.50", "ยังไม่แก้ไข", None)
    first = taken(office, kept, book(migrated.folder, a=[REMARKS, line, (number, "5/1/66", None, "งบล่าช้า")]))
    settled = (*line[:5], "แก้ไขแล้ว", "30/4/2566")
    again = taken(office, kept, book(migrated.folder, a=[REMARKS, settled]))

    rows = list(AuditorRemark.select().order_by(AuditorRemark.id))
    assert (first.report["remarks"], again.report["remarks"], len(rows)) == (2, 1, 2)
    one = rows[0]
    assert (one.kind, one.amount, one.state) == (RemarkKind.DEFECT, 1_250_050, RemarkState.SETTLED)
    assert (one.found_on, one.settled_on) == (dt.date(2023, 1, 5), dt.date(2023, 4, 30))


@pytest.mark.parametrize(("line", "column"), [
    (("{mine}", "5/1/2566", None, None), "D"), (("{mine}", None, None, "x"), "B"),
    (("{mine}", "5/1/2566", "อื่น", "x"), "C"), (("{mine}", "5/1/2566", None, "x", "สิบ"), "E"),
    (("{mine}", "5/1/2566", None, "x", None, "แก้ไขแล้ว"), "G"), (("{theirs}", "5/1/2566", None, "x"), "A"),
], ids=lambda part: str(part)[:40])  # fmt: skip
def test_a_wrong_remark_is_told_by_row_and_column(office, kept, migrated, number, line, column):  # noqa: F811
    theirs = make.cooperative().registration_number
    filled = [cell.format(mine=number, theirs=theirs) if isinstance(cell, str) else cell for cell in line]
    batch = taken(office, kept, book(migrated.folder, a=[REMARKS, filled]))

    assert batch.state == BatchState.REFUSED and not AuditorRemark.select().exists()
    assert [(f["row"], f["column"]) for f in batch.report["faults"]] == [(2, column)]


# ---------------------------------------------------------------- back again


@pytest.fixture
def all_of_it(office, kept, migrated, number):  # noqa: F811
    """One list that changes an institution, adds one, fills a year and adds a remark."""
    make.row(CooperativeYear, cooperative=office.institution, fiscal_year=office.year, strength_class=3)
    head = ("เลขทะเบียน", "ชื่อ", "ประเภทสหกรณ์", "อำเภอ", *YEARS[1:])
    sheets = {
        "a": [head, (number, "ชื่อใหม่ จำกัด", None, "ชุมแพ", None, "ดี"),
              ("4001000099999", "สหกรณ์ใหม่ จำกัด", kind_of(office), None, 1, None)],
        "b": [REMARKS, (number, "5/1/2566", None, "งบล่าช้า")],
    }  # fmt: skip
    before = [row.__data__ for model in registry.TABLES for row in model.select().order_by(model.id)]
    batch = taken(office, kept, book(migrated.folder, **sheets))
    assert (batch.state, batch.lines_taken) == (BatchState.TAKEN, 5)
    return before, batch


def test_a_list_taken_in_is_taken_back_whole_by_a_worker(office, all_of_it, kept):  # noqa: F811
    before, batch = all_of_it
    run = registry.WAY.ask_undo(batch, by=office.officer, at=NOON)
    assert ImportBatch.get_by_id(batch.id).state == BatchState.UNDOING and years_of(office.institution)[0][1:] == (
        3,
        Grade.GOOD,
    )
    worked(batch, kept)

    after = [row.__data__ for model in registry.TABLES for row in model.select().order_by(model.id)]
    bare = lambda rows: [{name: value for name, value in row.items() if name != "version"} for row in rows]  # noqa: E731
    assert bare(after) == bare(before)
    kept_batch = ImportBatch.get_by_id(batch.id)
    assert (kept_batch.state, kept_batch.undone_by_id) == (BatchState.UNDONE, office.officer.id)
    assert AuditEntry.select().where(AuditEntry.verb == "undo_registry").count() == 1
    assert (Run.get_by_id(run.id).state, Run.get_by_id(run.id).steps_done) == (RunState.DONE, 2)
    for once_more in (registry.undo, registry.WAY.ask_undo):
        with pytest.raises(MoveRefused):
            once_more(kept_batch, by=office.officer, at=NOON)


def test_what_was_changed_since_is_not_taken_back_and_the_run_says_why(office, all_of_it, kept):  # noqa: F811
    with records.changing(by=office.officer, verb="edit", at=NOON) as work:
        work.update(Cooperative.get_by_id(office.institution.id), members=7)

    run = registry.WAY.ask_undo(all_of_it[1], by=office.officer, at=NOON)
    batch = worked(all_of_it[1], kept)
    assert (batch.state, batch.undone_by_id) == (BatchState.TAKEN, None) and "ชื่อใหม่" in Run.get_by_id(run.id).error
    assert Cooperative.get_by_id(office.institution.id).district == "ชุมแพ" and AuditorRemark.select().count() == 1


def test_an_institution_that_is_in_use_by_now_stays(office, all_of_it):
    new = Cooperative.get(Cooperative.registration_number == "4001000099999")
    make.row(AuditorRemark, cooperative=new, found_on=dt.date(2023, 5, 1), text="งบล่าช้า")

    with pytest.raises((MoveRefused, StoreRefused)):
        registry.undo(all_of_it[1], by=office.officer, at=NOON)
    assert AuditorRemark.select().count() == 2 and Cooperative.get_by_id(new.id)


def test_who_may_not_take_a_list_in_may_not_take_it_back(office, all_of_it, app, sign_in):
    with pytest.raises(NotAllowed):
        registry.WAY.ask_undo(all_of_it[1], by=make.person(Role.PLANNING), at=NOON)
    other = sign_in(make.person(Role.REPORTER))
    assert other.post("/admin/registry/undo/", data={"id": all_of_it[1].id}).status_code == 404
    mine = sign_in(office.officer, app.test_client())
    page = mine.get(f"/admin/registry/list/?id={all_of_it[1].id}").text
    assert "/undo/" in page and "ระดับมาตรฐาน 2566" in page
    assert mine.post("/admin/registry/undo/", data={"id": all_of_it[1].id}).status_code == 302
    assert ImportBatch.get_by_id(all_of_it[1].id).state == BatchState.UNDOING
    assert "data-busy" in mine.get(f"/admin/registry/list/?id={all_of_it[1].id}").text


def test_work_that_was_stopped_is_done_after_all_or_put_aside(office, kept, migrated, number, app, sign_in):  # noqa: F811
    path = book(migrated.folder, a=[YEARS, (number, 2, None)])
    batch = worked(registry.WAY.receive(path, "a.xlsx", by=office.officer, files=kept, at=NOON), kept)
    run = registry.WAY.accept(batch, by=office.officer, at=NOON)
    runs.cancel(run, by=office.officer, at=NOON)
    mine = sign_in(office.officer, app.test_client())
    page = mine.get(f"/admin/registry/list/?id={batch.id}").text
    assert "../again/" in page and "../refuse/" in page and "data-busy" not in page

    assert mine.post("/admin/registry/again/", data={"id": batch.id}).status_code == 302
    assert Run.get_by_id(run.id).state == RunState.WAITING
    assert "data-busy" in mine.get(f"/admin/registry/list/?id={batch.id}").text
    runs.cancel(Run.get_by_id(run.id), by=office.officer, at=NOON)
    mine.post("/admin/registry/refuse/", data={"id": batch.id})
    assert ImportBatch.get_by_id(batch.id).state == BatchState.REFUSED and not years_of(office.institution)
