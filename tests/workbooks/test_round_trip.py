"""A workbook goes out, is filled in and comes back: what is right is kept, what is wrong is marked, no more."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest

from models import Answer, AuditEntry, FormVersion, Revision, Submission
from portal import answers, submissions
from portal.errors import NotAllowed, RuleBroken
from portal.forms.values import NOT_APPLICABLE, Cell
from portal.rules.access import Role
from portal.workbooks import identity, layout
from portal.workbooks.identity import ForeignWorkbook
from tests import make
from tests.workbooks.office import GOOD, SECRET, SPEC, Office, form

WRONG = {
    Cell("trained"): "ร้อยคน", Cell("rate"): "101", Cell("place"): "ที่อื่น", Cell("done_on"): "31/02/2566",
    Cell("crops.tons", 2): "-1",
}  # fmt: skip


@pytest.fixture
def office(migrated):
    return Office()


def counts():
    return Revision.select().count(), AuditEntry.select().count(), Answer.select().count()


def test_what_was_typed_arrives_as_if_typed_on_the_page(office):
    taken = office.send(office.pen(office.workbook()).type(GOOD).saved(), whole=True)

    other = Office()
    other.fill(GOOD)
    assert taken.saved == len(GOOD)
    assert office.entries() == other.entries()
    assert office.entries()[Cell("spent")] == Decimal("45000.50")
    assert office.entries()[Cell("title")] == "=การบัญชี+1"
    assert office.entries()[Cell("crops.tons", 2)] == 0


def test_a_workbook_that_nobody_touched_changes_nothing(office):
    office.fill(GOOD)
    before = counts()

    preview = office.look(office.workbook())

    assert (preview.changes, preview.wrong, preview.blocked) == (0, 0, 0)
    assert office.send(office.workbook(), whole=True).saved == 0
    assert counts() == before


def test_the_same_file_sent_in_twice_changes_nothing_the_second_time(office):
    content = office.pen(office.workbook()).type(GOOD).saved()
    office.send(content)
    before = counts()

    again = office.send(content)

    assert again.saved == 0
    assert counts() == before


def test_five_known_faults_come_back_as_five_red_cells_and_no_others(office):
    content = office.pen(office.workbook()).type(GOOD | WRONG).saved()
    preview = office.look(content)

    back = office.workbook(preview.returned())

    assert preview.wrong == 5
    pen = office.pen(back)
    red = {cell for cell in pen.plan.spots if pen.at(cell).fill.start_color.rgb == "FFFFC7CE"}
    assert red == set(WRONG)
    noted = {cell for cell in pen.plan.spots if pen.at(cell).comment and cell in WRONG}
    assert noted == set(WRONG)
    assert "ร้อยคน" in pen.at(Cell("trained")).comment.text
    assert [pen.at(cell).value for cell in (Cell("trained"), Cell("rate"))] == ["ร้อยคน", 101]


def test_right_cells_are_taken_and_wrong_ones_left(office):
    office.fill({Cell("trained"): "7"})

    taken = office.send(office.pen(office.workbook()).type(GOOD | WRONG).saved())

    assert taken.saved == len(GOOD) - len(WRONG)
    assert office.entries()[Cell("trained")] == 7
    assert Cell("rate") not in office.entries()
    assert office.entries()[Cell("spent")] == Decimal("45000.50")


def test_or_the_whole_is_refused(office):
    before = counts()

    with pytest.raises(RuleBroken, match="nothing was taken"):
        office.send(office.pen(office.workbook()).type(GOOD | WRONG).saved(), whole=True)

    assert counts() == before
    assert not Submission.select().exists()


def test_the_returned_workbook_can_be_mended_and_sent_in_again(office):
    content = office.pen(office.workbook()).type(GOOD | WRONG).saved()
    office.send(content)
    back = office.workbook(office.look(content).returned())

    mended = office.pen(back).type({cell: GOOD[cell] for cell in WRONG}).saved()

    assert office.send(mended, whole=True).saved == len(WRONG)
    other = Office()
    other.fill(GOOD)
    assert office.entries() == other.entries()


def test_a_formula_in_an_answer_is_refused_even_where_its_value_would_do(office):
    content = office.pen(office.workbook()).put(Cell("trained"), "=60+60").put(Cell("spent"), 10).saved()

    preview = office.look(content)

    assert [(r.cell, r.rule) for r in preview.forms[0].remarks] == [(Cell("trained"), "formula")]
    assert set(preview.forms[0].changes) == {Cell("spent")}


def test_an_error_of_excel_is_no_answer(office):
    pen = office.pen(office.workbook())
    pen.at(Cell("title")).value = "#REF!"
    pen.at(Cell("title")).data_type = "e"

    preview = office.look(pen.saved())

    assert [r.error.msgid for r in preview.forms[0].remarks] == ["“{text}” is an error of Excel, not an answer."]


def test_text_that_looks_like_a_formula_goes_out_as_text(office):
    office.fill({Cell("title"): "=cmd|' /C calc'!A0", Cell("problems"): "+1-1@SUM(A1)", Cell("crops.crop", 1): "@x"})

    book = openpyxl.load_workbook(io.BytesIO(office.workbook()))

    kinds = {
        c.data_type for page in book for row in page.iter_rows() for c in row if str(c.value).startswith(("=c", "@"))
    }
    assert kinds == {"s"}
    formulas = [c.value for page in book for row in page.iter_rows() for c in row if c.data_type == "f"]
    assert all(text.startswith("=SUM(") for text in formulas)


def test_a_value_emptied_in_the_workbook_is_taken_away(office):
    office.fill(GOOD)

    office.send(office.pen(office.workbook()).put(Cell("rate"), None).saved())

    assert Cell("rate") not in office.entries()
    assert len(office.entries()) == len(GOOD) - 1


def test_zero_not_applicable_and_not_reported_stay_three_things(office):
    office.fill({Cell("trained"): "0", Cell("spent"): NOT_APPLICABLE})
    pen = office.pen(office.workbook())
    assert (pen.at(Cell("trained")).value, pen.at(Cell("spent")).value, pen.at(Cell("area")).value) == (
        0, "ไม่เกี่ยวข้อง", None,
    )  # fmt: skip

    office.send(pen.put(Cell("trained"), "ไม่เกี่ยวข้อง").put(Cell("spent"), 0).saved())

    assert office.entries() == {Cell("trained"): NOT_APPLICABLE, Cell("spent"): 0}


def test_what_the_page_saved_meanwhile_is_not_undone_by_an_old_workbook(office):
    content = office.pen(office.workbook()).put(Cell("spent"), 10).saved()
    office.fill({Cell("trained"): "55", Cell("rate"): "60"})

    office.send(content, whole=True)

    assert office.entries() == {Cell("trained"): 55, Cell("rate"): 60, Cell("spent"): 10}


def test_one_cell_changed_on_both_sides_is_a_clash_that_shows_both(office):
    content = office.pen(office.workbook()).put(Cell("trained"), 10).put(Cell("spent"), 5).saved()
    office.fill({Cell("trained"): "55"})

    preview = office.look(content)
    taken = office.send(content)

    clash = preview.forms[0].remarks[0]
    assert (clash.rule, clash.error.values["theirs"], clash.error.values["mine"]) == ("clash", "55", "10")
    assert taken.saved == 1
    assert office.entries() == {Cell("trained"): 55, Cell("spent"): 5}


def test_the_same_change_on_both_sides_is_none(office):
    content = office.pen(office.workbook()).put(Cell("trained"), 55).saved()
    office.fill({Cell("trained"): "55"})

    assert office.look(content).changes == 0


def test_a_warning_passes_with_its_reason(office):
    pen = office.pen(office.workbook()).put(Cell("spent"), 2_000_000)
    assert [r.rule for r in office.look(pen.saved()).forms[0].remarks] == ["dear"]

    office.send(pen.reason("spent", 0, "จัดสองรุ่น").saved(), whole=True)

    assert office.sheet().answers[Cell("spent")].reason == "จัดสองรุ่น"
    assert office.look(office.workbook()).changes == 0


def test_a_broken_rule_of_the_form_is_taken_but_said_and_stops_the_whole(office):
    content = office.pen(office.workbook()).type({Cell("trained"): "5", Cell("by_sex.count", 1): "9"}).saved()

    remark = office.look(content).forms[0].remarks[0]

    assert (remark.rule, remark.wrong, remark.blocks) == ("sexes", False, True)
    with pytest.raises(RuleBroken):
        office.send(content, whole=True)
    assert office.send(content).saved == 2


def test_a_report_that_was_sent_is_shut_in_the_workbook_too(office):
    content = office.pen(office.workbook()).put(Cell("spent"), 5).saved()
    office.fill(GOOD)
    submissions.submit(office.sheet().submission, by=make.person(Role.APPROVER, office.unit), at=make.NOON)

    preview = office.look(content)

    assert [r.rule for r in preview.forms[0].remarks] == ["locked"]
    pen = office.pen(office.workbook())
    assert all(pen.at(cell).protection.locked for cell in pen.plan.spots)


def test_only_answers_can_be_typed_into(office):
    pen = office.pen(office.workbook())
    answered = {c for c in pen.plan.spots if layout.is_answered(pen.sheet.spec.asked[c.key])}

    open_cells = {c.coordinate for row in pen.page.iter_rows() for c in row if not c.protection.locked}
    expected = {pen.at(cell).coordinate for cell in answered}
    reasons = {pen.page.cell(r + 1, c + 1).coordinate for (key, _), (r, c) in pen.plan.reasons.items()
               if key not in ("each", "papers")}  # fmt: skip

    assert open_cells == expected | reasons
    assert all(page.protection.sheet for page in pen.book)
    assert pen.book[identity.SHEET].sheet_state == pen.book[identity.LISTS].sheet_state == "veryHidden"


def test_drop_downs_offer_what_may_be_chosen(office):
    pen = office.pen(office.workbook())
    lists = {str(v.sqref): v.formula1 for v in pen.page.data_validations.dataValidation if v.type == "list"}
    page = pen.book[identity.LISTS]

    def offered(cell):
        first, last = lists[pen.at(cell).coordinate].partition("!")[2].replace("$", "").split(":")
        return [c[0].value for c in page[f"{first}:{last}"]]

    assert offered(Cell("place")) == ["สำนักงาน", "แปลง, นา", "ไม่เกี่ยวข้อง"]
    assert offered(Cell("is_public")) == ["ใช่", "ไม่ใช่", "ไม่เกี่ยวข้อง"]


def test_an_institution_is_chosen_by_name_and_kept_by_number(office):
    host = make.cooperative(office.unit, name="สหกรณ์การเกษตรเมืองตัวอย่าง จำกัด")
    pen = office.pen(office.workbook())
    formula = next(v.formula1 for v in pen.page.data_validations.dataValidation
                   if str(v.sqref) == pen.at(Cell("host")).coordinate)  # fmt: skip
    first = formula.partition("!")[2].replace("$", "").split(":")[0]

    office.send(pen.put(Cell("host"), pen.book[identity.LISTS][first].value).saved(), whole=True)

    assert office.entries() == {Cell("host"): host.registration_number}
    assert office.look(office.workbook()).changes == 0
    assert office.pen(office.workbook()).at(Cell("host")).value == f"{host.name} ({host.registration_number})"


def test_real_dates_and_numbers_typed_as_text_are_understood(office):
    pen = office.pen(office.workbook())
    pen.put(Cell("done_on"), dt.datetime(2023, 5, 15)).put(Cell("trained"), "๑๒๐").put(Cell("spent"), "1,250.50")

    office.send(pen.saved(), whole=True)

    assert office.entries() == {
        Cell("done_on"): dt.date(2023, 5, 15), Cell("trained"): 120, Cell("spent"): Decimal("1250.50")
    }  # fmt: skip


def test_a_buddhist_year_that_excel_took_for_another_is_put_right(office):
    pen = office.pen(office.workbook()).put(Cell("done_on"), dt.datetime(2566, 5, 15))

    office.send(pen.saved(), whole=True)

    assert office.entries() == {Cell("done_on"): dt.date(2023, 5, 15)}


def test_last_month_and_the_total_so_far_stand_beside_the_answer(migrated):
    unit = make.unit()
    earlier = Office(period=make.period(7), unit=unit)
    earlier.fill(GOOD)
    submissions.submit(earlier.sheet().submission, by=make.person(Role.APPROVER, unit), at=make.NOON)
    now = Office(period=make.period(8), unit=unit)
    now.owed.delete_instance()
    now.form, now.owed = earlier.form, make.obligation(unit, earlier.form, now.period)

    pen = now.pen(now.workbook())

    row = pen.plan.spots[Cell("trained")][0] + 1
    assert pen.page.cell(row, layout.LAST + 1).value == 120
    assert pen.page.cell(row, layout.TOTAL + 1).value == 120
    assert pen.page.freeze_panes == f"B{layout.FIRST + 1}"
    assert pen.page.page_setup.orientation == "landscape" and pen.page.sheet_properties.pageSetUpPr.fitToPage
    assert pen.page.print_title_rows == f"$1:${layout.FIRST}"


def test_a_table_sums_itself_while_one_types(office):
    office.fill(GOOD)
    pen = office.pen(office.workbook())
    last = max(spot[0] for cell, spot in pen.plan.spots.items() if cell.key == "crops.tons")

    total = pen.page.cell(last + 2, layout.ANSWER + 2)

    assert total.data_type == "f" and total.value.startswith("=SUM(")
    assert office.look(pen.saved()).changes == 0


# ---------------------------------------------------------------- whose workbook it is


def refused(office, content, **given):
    with pytest.raises(ForeignWorkbook) as refusal:
        office.look(content, **given)
    return refusal.value


def test_a_workbook_of_another_office_is_refused_with_both_names(office):
    other = Office()

    refusal = refused(office, other.workbook())

    assert refusal.rule == "unit"
    assert other.unit.short in refusal.words() and office.unit.short in refusal.words()


def test_a_workbook_of_another_period_is_refused_with_both_names(office):
    refusal = refused(office, office.workbook(), period=make.period(9))

    assert refusal.rule == "period"
    assert "พฤษภาคม 2566" in refusal.words() and "มิถุนายน 2566" in refusal.words()


def test_a_workbook_of_an_older_version_is_refused(office):
    content = office.workbook()
    make.row(FormVersion, form=office.form, number=2, spec=SPEC, state="published", published_at=make.NOON)

    refusal = refused(office, content)

    assert refusal.rule == "version"
    assert refusal.values["theirs"] == 1 and refusal.values["ours"] == 2


def test_a_workbook_of_a_form_no_longer_owed_is_refused(office):
    extra = make.obligation(office.unit, form(), office.period)
    content = office.workbook()
    extra.delete_instance()

    assert refused(office, content).rule == "obligation"


@pytest.mark.parametrize("line", [1, 2])
def test_a_tampered_identity_is_refused(office, line):
    pen = office.pen(office.workbook())
    page = pen.book[identity.SHEET]
    text = page.cell(line + 1, 1).value
    page.cell(line + 1, 1).value = ("0" if text[0] != "0" else "1") + text[1:]

    assert refused(office, pen.saved()).rule == "seal"


def test_an_identity_taken_from_another_portal_is_refused(office):
    refusal = refused(office, office.workbook(), secret="another-secret-0123456789-abcdefghij")

    assert refusal.rule == "seal"


def test_a_workbook_without_identity_is_a_stranger(office):
    pen = office.pen(office.workbook())
    del pen.book[identity.SHEET]

    assert refused(office, pen.saved()).rule == "stranger"


def test_a_sheet_that_was_renamed_is_refused(office):
    pen = office.pen(office.workbook())
    pen.page.title = "อื่น"

    assert refused(office, pen.saved()).rule == "sheet"


def test_only_the_office_itself_sends_in_its_workbook(office):
    for person in (make.person(Role.DIVISION), make.person(Role.REPORTER), make.person(Role.PLANNING)):
        with pytest.raises(NotAllowed):
            office.look(office.workbook(), by=person)


def test_many_forms_travel_in_one_workbook(office):
    second = form({"sections": [{"title": "", "questions": [{"key": "n", "kind": "whole", "label": "จำนวน"}]}]})
    make.obligation(office.unit, second, office.period)
    book = openpyxl.load_workbook(io.BytesIO(office.workbook()))

    named = [name for name in book.sheetnames if not name.startswith("_")]

    assert named[0] == "คำชี้แจง" and len(named) == 3
    assert all(len(name) <= 31 for name in named)


def test_forms_whose_names_begin_alike_get_sheets_of_their_own(office):
    for _ in range(3):
        made = form()
        made.name = "[ชื่อ]/ยาวเกินไป?*: " * 5
        made.code = f"ชื่อยาวมากจนเกินสามสิบเอ็ดตัวอักษร{made.id}"[:31] + "x" * (made.id % 9)
        made.save()
        make.obligation(office.unit, made, office.period)

    book = openpyxl.load_workbook(io.BytesIO(office.workbook()))

    assert len(book.sheetnames) == len({name.casefold() for name in book.sheetnames}) == 7


def test_the_words_are_those_of_the_page(office):
    content = office.pen(office.workbook()).type(WRONG).saved()

    preview = office.look(content)
    on_page = answers.fill_in(office.sheet(), WRONG, by=office.reporter, at=make.NOON).refused

    assert {r.cell: r.error.words() for r in preview.forms[0].remarks if r.wrong} == {
        cell: refusal.words() for cell, refusal in on_page.items()
    }
    assert SECRET
