"""The plan from and to a workbook, and a year into another: round trip, preview, all or nothing, undo, refusals."""

import datetime as dt
import itertools
from decimal import Decimal as D

import openpyxl
import pytest

from models import (
    Activity,
    BudgetCategory,
    ImportBatch,
    Indicator,
    Plan,
    PlanVersion,
    Project,
    ProjectBudget,
    Run,
    Target,
)
from portal import files, plan_copies, plan_versions, plans
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.imports import plan
from portal.imports.underway import Nobody
from portal.plan_copies import Choice
from portal.rules.access import Role
from portal.rules.terms import BatchState
from portal.workbooks import plan_book
from tests import make

AT = dt.datetime(2023, 1, 16, 9, 0)


@pytest.fixture
def planned(migrated, tmp_path):
    """A year with two indicators, one made of the other, two offices, months and a budget; its planner and workbook."""
    year, planner = make.fiscal_year(), make.person(Role.PLANNING)
    whole = make.indicator(decimals=2)
    part = make.row(
        Indicator, activity=whole.activity, code="P-1", name="ส่วนย่อย", measure_unit=whole.measure_unit, parent=whole,
        weight=D("2.5"), green_at=D(100), amber_at=D(80),
    )  # fmt: skip
    offices = [make.unit(code="P40"), make.unit(code="P41")]
    for indicator, office in itertools.product((whole, part), offices):
        target = make.row(Target, indicator=indicator, unit=office, value=D("12.5"))
        plans.plan_months(target, {1: D(2), 12: D("10.5")}, by=planner, at=AT)
    project = whole.activity.project
    category = make.row(BudgetCategory, code="3.1", name="ค่าครุภัณฑ์")
    make.row(ProjectBudget, project=project, category=category, amount=1_234_567_89)
    book = tmp_path / "plan.xlsx"
    plan_book.write(book, year)
    return year, planner, whole, part, book


def edit(book, sheet, cell, value):
    held = openpyxl.load_workbook(book)
    held[sheet][cell] = value
    held.save(book)


def column(book, sheet, heading):
    cells = next(openpyxl.load_workbook(book)[sheet].iter_rows(max_row=1))
    return next(cell.column_letter for cell in cells if cell.value == heading)


def look(book, year, by):
    return plan.preview(book, year, by=by, at=AT)


def send(book, year, by, folder):
    """Send a workbook and let a worker read it."""
    kept = files.connect("", folder)
    batch = plan.WAY.receive(book, "แผน.xlsx", year=year, by=by, files=kept, at=AT)
    plan.WAY.go_on(batch, files=kept, teller=Nobody(), now=lambda: AT)
    Run.update(state="done", ended_at=AT).execute()
    return ImportBatch.get_by_id(batch.id), kept


def take(batch, kept, by):
    plan.WAY.accept(batch, by=by, at=AT)
    return work(batch, kept)


def work(batch, kept):
    """Do what a worker does when the bell rings for the batch."""
    plan.WAY.go_on(ImportBatch.get_by_id(batch.id), files=kept, teller=Nobody(), now=lambda: AT)
    Run.update(state="done", ended_at=AT).execute()
    return ImportBatch.get_by_id(batch.id)


def test_a_workbook_that_nobody_touched_changes_nothing(planned):
    year, planner, *_, book = planned

    said = look(book, year, planner)

    assert (said.fault_count, said.lines, said.report()["same"]) == (0, [], 10)


def test_what_is_typed_into_the_workbook_is_shown_and_taken_in_and_undone(planned, tmp_path):
    year, planner, whole, _, book = planned
    before = plan_versions.content(year)
    rows = openpyxl.load_workbook(book)
    project = whole.activity.project
    rows["กิจกรรม"].append([project.plan.code, project.code, "N1", "กิจกรรมใหม่", whole.activity.code])
    measure = whole.measure_unit.code
    rows["ตัวชี้วัด"].append(["N-1", project.plan.code, project.code, "N1", "ใหม่", None, measure])
    rows["เป้าหมาย"].append(["N-1", None, "P41", None, 40, 10, 30])
    rows["เป้าหมาย"]["E2"], rows["เป้าหมาย"]["F2"] = 15, "-"
    rows["งบประมาณ"]["E2"] = 2_000_000.5
    rows.save(book)

    batch, kept = send(book, year, planner, tmp_path / "files")
    assert (batch.state, batch.report["new"], batch.report["changed"]) == (BatchState.STAGED, 3, 2)
    assert plan_versions.content(year) == before  # a look changes nothing
    batch = take(batch, kept, planner)

    assert batch.state is BatchState.TAKEN
    new = Indicator.get(Indicator.code == "N-1")
    assert (new.activity.parent_id, new.activity.code) == (whole.activity_id, "N1")
    added = Target.get(Target.indicator == new)
    assert (added.value, plans.months_of(added)) == (40, {1: D(10), 2: D(30)})
    first = Target.get(Target.indicator == whole.id, Target.value == D(15))
    assert plans.months_of(first) == {12: D("10.5")}
    assert ProjectBudget.get().amount == 200_000_050
    assert look(book, year, planner).lines == []  # the same file again finds nothing to do

    plan.WAY.ask_undo(batch, by=planner, at=AT)
    assert plan_versions.content(year) != before
    assert work(batch, kept).state is BatchState.UNDONE
    assert plan_versions.content(year) == before


def test_a_number_that_excel_keeps_with_seventeen_digits_is_what_was_typed(planned):
    year, planner, *_, book = planned
    edit(book, "เป้าหมาย", "E2", 0.1 + 0.2)  # 0.30000000000000004

    (line,) = look(book, year, planner).lines

    assert line.values == {"value": D("0.3")}


def test_a_file_is_not_undone_over_a_later_change(planned, tmp_path):
    year, planner, *_, book = planned
    edit(book, "เป้าหมาย", "E2", 15)
    batch, kept = send(book, year, planner, tmp_path / "files")
    batch = take(batch, kept, planner)
    target = Target.get(Target.value == D(15))
    Target.update(value=D(16)).where(Target.id == target.id).execute()

    plan.WAY.ask_undo(batch, by=planner, at=AT)
    with pytest.raises(MoveRefused):
        work(batch, kept)
    assert ImportBatch.get_by_id(batch.id).state is BatchState.TAKEN  # it can be asked for again
    assert Target.get_by_id(target.id).value == 16


@pytest.mark.parametrize(
    ("sheet", "heading", "value", "says"),
    [
        ("เป้าหมาย", "เป้าหมายทั้งปี", "สิบ", "is not a number"),
        ("เป้าหมาย", "เป้าหมายทั้งปี", 1.123, "decimals"),
        ("เป้าหมาย", "รหัสหน่วยงาน", "P99", "is not known here"),
        ("เป้าหมาย", "รหัสตัวชี้วัด", "X-9", "There is no line"),
        ("ตัวชี้วัด", "วิธีรวมรายเดือน", "บวกๆ", "is none of"),
        ("ตัวชี้วัด", "รหัสกิจกรรม", "X", "There is no line"),
        ("โครงการ", "รหัสโครงการ", 2, "this cell holds a number"),
        ("โครงการ", "วันเริ่ม", "2566-13-01", "is not a date"),
        ("โครงการ", "วันเริ่ม", "01/12/2568", "contradict"),
        ("โครงการ", "ชื่อโครงการ", "-", "Something must stand here"),
        ("งบประมาณ", "จำนวนเงิน (บาท)", "1.005", "is not a number|decimals"),
        ("แผนงาน", "รหัสแผนงาน", None, "The code is missing"),
    ],
)
def test_whatever_is_wrong_is_told_by_sheet_and_row_and_nothing_changes(planned, sheet, heading, value, says):
    year, planner, *_, book = planned
    before = plan_versions.content(year)
    edit(book, sheet, f"{column(book, sheet, heading)}2", value)

    said = look(book, year, planner)

    assert said.fault_count >= 1
    fault = said.faults[0]
    assert (fault.sheet, fault.row) == (sheet, 2)
    assert any(part in fault.error.msgid for part in says.split("|")), fault.error.msgid
    assert plan_versions.content(year) == before


def test_headings_twice_lines_twice_and_merged_cells_are_refused(planned):
    year, planner, *_, book = planned
    rows = openpyxl.load_workbook(book)
    sheet = rows["เป้าหมาย"]
    sheet["G1"] = "ต.ค."
    sheet.append([cell.value for cell in sheet[2]])
    rows["แผนงาน"].merge_cells("B2:C2")
    rows.save(book)

    said = {fault.error.msgid for fault in look(book, year, planner).faults}

    assert "A heading stands twice." in said
    assert "This line stands in row {row} already." in said
    assert "Cells are merged across data; take the merge apart." in said


def test_only_those_who_keep_plans_take_them_in(planned, tmp_path):
    year, _, _, _, book = planned

    with pytest.raises(NotAllowed):
        send(book, year, make.person(Role.DIVISION), tmp_path / "files")


# ---------------------------------------------------------------- copying a year


def test_a_year_is_copied_with_new_codes_and_moved_days(planned):
    year, planner, whole, *_ = planned
    target = make.fiscal_year(2568)
    choice = Choice(targets=True, months=True, budgets=True)
    seen = plan_copies.preview(year, target, choice, "68-")
    assert {(code.old, code.new) for code in seen.codes if code.kind == "indicator"} == {
        (whole.code, f"68-{whole.code}"), ("P-1", "68-P-1")}  # fmt: skip

    counts = plan_copies.copy(year, target, choice, "68-", by=planner, at=AT)

    assert counts == {"plan": 1, "project": 1, "activity": 1, "indicator": 2, "target": 4, "month_plan": 8, "budget": 1}
    copied = Indicator.get(Indicator.code == "68-P-1")
    assert (copied.parent.code, copied.weight) == (f"68-{whole.code}", D("2.5"))
    assert copied.activity.project.starts_on == dt.date(2024, 10, 1)
    held, given = (sorted(map(str, plan_versions.content(one)["targets"].values())) for one in (target, year))
    assert held == given
    with pytest.raises(RuleBroken):  # a second time every code is taken
        plan_copies.copy(year, target, choice, "68-", by=planner, at=AT)
    assert Plan.select().count() == 2


def test_a_code_that_is_taken_stops_the_whole_copy(planned):
    year, planner, *_ = planned
    target = make.fiscal_year(2568)

    with pytest.raises(RuleBroken):
        plan_copies.copy(year, target, Choice(), "", by=planner, at=AT)
    assert [code.new for code in plan_copies.preview(year, target, Choice(), "").codes if code.problem]
    assert not Plan.select().where(Plan.fiscal_year == target.id).exists()
    assert (Project.select().count(), Activity.select().count(), PlanVersion.select().count()) == (1, 1, 0)
