"""A division's workbook for checking: every office beside every question, who has not sent, what deviates."""

import io

import openpyxl
import pytest

from models import FormVersion, Obligation
from portal import obligations, submissions
from portal.forms.values import NOT_APPLICABLE, Cell
from portal.rules.access import Role
from portal.workbooks import checking
from tests import make
from tests.workbooks.office import GOOD, SPEC, Office, form


def written(period, **given):
    out = io.BytesIO()
    made = checking.write(period, out, at=make.NOON, **given)
    return made, openpyxl.load_workbook(io.BytesIO(out.getvalue()))


def table(page):
    rows = [list(row) for row in page.iter_rows(min_row=checking.FIRST, values_only=True)]
    return rows[0], {row[2]: row for row in rows[1:] if row[2]}


def sent(office, typed):
    office.fill(typed)
    submissions.submit(office.sheet().submission, by=make.person(Role.APPROVER, office.unit), at=make.NOON)


class Department:
    """One form owed by three offices: one has sent, one is drafting, one has not begun."""

    def __init__(self):
        self.sender = Office()
        self.form, self.period = self.sender.form, self.sender.period
        self.drafter, self.silent = self.another(), self.another()
        sent(self.sender, GOOD)
        self.drafter.fill({Cell("trained"): "9"})

    def another(self, period=None):
        office = Office(period=period or self.period)
        office.owed.delete_instance()
        office.form = self.form
        office.owed = make.obligation(office.unit, self.form, office.period)
        return office

    def page(self, **given):
        return written(self.period, owner=self.form.owner, **given)[1][self.form.code]


@pytest.fixture
def department(migrated):
    return Department()


def test_every_office_has_its_line_and_its_state(department):
    heads, lines = table(department.page())

    states = {name: row[heads.index("สถานะ")] for name, row in lines.items()}
    assert states == {
        department.sender.unit.short: "ส่งแล้ว รอตรวจ", department.drafter.unit.short: "ร่าง",
        department.silent.unit.short: "ยังไม่เริ่ม", "รวมที่แสดง": None,
    }  # fmt: skip


def test_what_is_still_being_drafted_is_not_shown(department):
    heads, lines = table(department.page())

    column = heads.index("ผู้เข้าอบรม (person)")
    assert lines[department.sender.unit.short][column] == 120
    assert lines[department.drafter.unit.short][column] is None


def test_zero_not_applicable_and_not_reported_stay_three_things(migrated):
    zero = Office()
    others = []
    for entry in (NOT_APPLICABLE, None):
        office = Office(period=zero.period)
        office.owed.delete_instance()
        office.form, office.owed = zero.form, make.obligation(office.unit, zero.form, zero.period)
        others.append((office, entry))
    sent(zero, GOOD | {Cell("spent"): "0"})
    for office, entry in others:
        sent(office, GOOD | {Cell("spent"): entry})

    heads, lines = table(written(zero.period)[1][zero.form.code])

    column = heads.index("ค่าใช้จ่าย")
    assert [lines[o.unit.short][column] for o in (zero, *(office for office, _ in others))] == [0, "ไม่เกี่ยวข้อง", None]


def test_the_period_before_and_the_deviation_stand_beside(department):
    before = make.period(7)
    earlier = Office(period=before, unit=department.sender.unit)
    earlier.owed.delete_instance()
    earlier.form, earlier.owed = department.form, make.obligation(earlier.unit, department.form, before)
    sent(earlier, GOOD | {Cell("trained"): "480", Cell("crops.tons", 2): "1"})

    page = department.page()

    heads, lines = table(page)
    at = heads.index("ผู้เข้าอบรม (person)")
    assert lines[department.sender.unit.short][at : at + 4] == [120, 480, -360, -0.75]
    tons = heads.index("ผลผลิตที่รวบรวม: ตัน (รวม) (ton)")
    assert lines[department.sender.unit.short][tons : tons + 2] == [3.125, 4.125]
    assert page.conditional_formatting


def test_tables_are_listed_row_by_row(department):
    _, book = written(department.period)
    page = next(page for page in book if "ผลผลิตที่รวบรวม" in page.title)

    rows = list(page.iter_rows(min_row=checking.FIRST + 1, values_only=True))

    assert [row[3:7] for row in rows] == [("1", "ข้าวหอมมะลิ", 3.125, 40000), ("2", "มันสำปะหลัง", 0, None)]


def test_a_division_gets_its_own_forms_and_planning_all(department):
    make.obligation(department.sender.unit, form(), department.period)

    mine, _ = written(department.period, owner=department.form.owner)
    everybody, book = written(department.period)

    assert (mine["forms"], everybody["forms"]) == (1, 2)
    assert mine["offices"] == 3
    assert [page.title for page in book][0] == "สรุป"


def test_a_waived_office_is_no_late_one(department):
    obligations.waive(department.silent.owed, by=make.person(Role.PLANNING), at=make.NOON, reason="น้ำท่วม")

    heads, lines = table(department.page())

    assert lines[department.silent.unit.short][heads.index("สถานะ")] == "ยกเว้น"


def test_reasons_travel_with_their_figures(department):
    office = department.another()
    sheet = office.fill({cell: text for cell, text in GOOD.items() if cell != Cell("spent")}).sheet
    office.send(office.pen(office.workbook()).put(Cell("spent"), 2_000_000).reason("spent", 0, "จัดสองรุ่น").saved())
    submissions.submit(office.sheet().submission, by=make.person(Role.APPROVER, office.unit), at=make.NOON)

    _, lines = table(department.page())

    assert any("จัดสองรุ่น" in str(value) for value in lines[office.unit.short])
    assert sheet.submission is not None


def newer(department, questions, **field_map):
    make.row(
        FormVersion, form=department.form, number=2, spec={"sections": [{"questions": questions}]}, state="published",
        published_at=make.NOON, field_map=field_map,
    )  # fmt: skip


def test_answers_of_an_older_version_go_on_by_the_field_map(department):
    newer(
        department,
        [{"key": "people", "kind": "whole", "label": "คนที่อบรม"},
         {"key": "spent_k", "kind": "number", "label": "พันบาท"}],
        trained=[{"key": "people"}], spent=[{"key": "spent_k", "factor": "0.001"}],
    )  # fmt: skip

    heads, lines = table(department.page())

    row = lines[department.sender.unit.short]
    assert row[heads.index("รุ่น")] == "1"
    assert (row[heads.index("คนที่อบรม")], row[heads.index("พันบาท")]) == (120, 45.0005)


def test_what_has_no_place_in_the_newest_version_is_said_and_not_dropped(department):
    newer(department, [{"key": "trained", "kind": "whole", "label": "ผู้เข้าอบรม"}], rate=[])

    heads, lines = table(department.page())

    left = lines[department.sender.unit.short][heads.index("คำตอบที่ไม่มีในแบบรุ่นล่าสุด")]
    assert "ร้อยละความพึงพอใจ (รุ่น 1): 88.25" in left


def test_a_value_of_before_that_was_counted_in_another_way_is_not_compared(department):
    before = make.period(7)
    earlier = department.another(before)
    sent(earlier, GOOD)
    newer(department, [{"key": "tens", "kind": "number", "label": "สิบคน"}], trained=[{"key": "tens", "factor": "0.1"}])
    now = Office(period=department.period, unit=earlier.unit)
    now.owed.delete_instance()
    now.form, now.owed = department.form, make.obligation(now.unit, department.form, department.period)
    sent(now, {Cell("tens"): "15"})

    heads, lines = table(department.page())

    at = heads.index("สิบคน")
    assert lines[now.unit.short][at : at + 3] == [15, 12, "คนละนิยาม"]


def test_text_that_looks_like_a_formula_stays_text(department):
    _, book = written(department.period)

    formulas = [c.value for page in book for row in page.iter_rows() for c in row if c.data_type == "f"]

    assert formulas and all(text.startswith("=SUBTOTAL(109,") for text in formulas)
    assert any(c.value == "=การบัญชี+1" for row in book[department.form.code].iter_rows() for c in row)


def test_the_number_of_statements_does_not_grow_with_the_offices(department, monkeypatch):
    def statements():
        asked = []
        real = Obligation._meta.database.obj._execute_cursor
        monkeypatch.setattr(
            Obligation._meta.database.obj, "_execute_cursor", lambda *a, **k: (asked.append(a), real(*a, **k))[1]
        )
        written(department.period)
        monkeypatch.undo()
        return len(asked)

    few = statements()
    for _ in range(6):
        sent(department.another(), GOOD)

    assert statements() == few


def test_the_spec_of_these_tests_is_sound():
    assert SPEC["sections"]
