"""What changed in months already printed, and who is missing with what part of the plan, on both stores."""

import datetime as dt
from decimal import Decimal

import pytest

from models import Answer, Disbursement, Edition, FiscalYear, Indicator, Obligation, Period, Submission, Unit, Visit
from portal import people, records
from portal.reports import editions, sheets
from portal.reports.chapter import Cut
from portal.reports.chapters import amendments as chapter
from portal.reports.chapters import kpi, offices
from portal.reports.figures import amendments, coverage
from portal.reports.whole import NO_ISSUE
from portal.rules.access import Role
from portal.rules.terms import PeriodKind
from tests.pdf.year import fill

MAY_CUT = dt.datetime(2023, 5, 24, 9)
JUNE = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 6, 23, 16, 30))
THEN = dt.datetime(2023, 6, 1, 10)


@pytest.fixture
def planner(database):
    fill(offices=4)
    Submission.update(first_submitted_at=dt.datetime(2023, 5, 1)).where(Submission.period.in_(_months(8))).execute()
    Visit.update(recorded_at=dt.datetime(2023, 5, 1)).where(Visit.visited_on < dt.date(2023, 6, 1)).execute()
    return people.add(username="p", name="สมหญิง", role=Role.PLANNING, unit=Unit.get(Unit.code == "CPD"), by=None)


def _months(until):
    return [p.id for p in Period.select().where(Period.kind == PeriodKind.MONTH, Period.number <= until)]


@pytest.fixture
def may(planner):
    """May's pack, as it was brought to the meeting."""
    year = FiscalYear.get(FiscalYear.year == 2566)
    period = Period.get(Period.fiscal_year == year, Period.kind == PeriodKind.MONTH, Period.number == 8)
    return Edition.create(
        book="pack", fiscal_year=year, period=period, subject="2566-05", number=2, state="for_meeting",
        issued_as="for_meeting", unit=planner.unit, cut_at=MAY_CUT, made_at=MAY_CUT, snapshot_sha256="a" * 64,
        sha256="b" * 64, pages=12, file_key="x",
    )  # fmt: skip


def _answer(month):
    return (
        Answer.select()
        .join(Submission)
        .join(Period)
        .where(Period.number == month, Answer.number.is_null(False), Submission.state.in_(["verified", "consolidated"]))
        .order_by(Answer.id)
        .first()
    )


def _change(row, by, note="", at=THEN, **values):
    with records.changing(by=by, verb="save_answers", note=note, at=at, as_verb=True) as work:
        work.update(row, **values)


def test_the_first_pack_has_nothing_to_compare_with(planner):
    assert amendments.amendments(JUNE).base is None
    assert "ไม่มีฉบับก่อนหน้าให้เทียบ" in chapter.gather(JUNE).lead


def test_nothing_revised_is_said(may):
    found = amendments.amendments(JUNE)

    assert found.base.number == 2 and found.is_nothing
    assert "ไม่มีการแก้ไขข้อมูลย้อนหลัง" in chapter.gather(JUNE).lead


def test_a_changed_cell_is_listed_with_old_new_who_and_why(may, planner):
    answer = _answer(7)
    _change(answer, planner, "นับซ้ำ", number=Decimal("5"))
    _change(answer, planner, "นับซ้ำสองตำบล", at=THEN + dt.timedelta(hours=1), number=Decimal("8.5"))

    (cell,) = amendments.amendments(JUNE).cells

    assert (cell.month, cell.new, cell.by, cell.why) == (7, "8.5", "สมหญิง", "นับซ้ำสองตำบล")
    assert cell.office == answer.submission.unit_id and cell.what == answer.indicator.name


def test_a_cell_changed_and_changed_back_is_no_amendment(may, planner):
    answer = _answer(7)
    before = answer.number
    _change(answer, planner, number=before + 1)
    _change(answer, planner, at=THEN + dt.timedelta(hours=1), number=before)

    assert amendments.amendments(JUNE).is_nothing


def test_an_answer_taken_away_or_no_longer_applying_is_listed_as_such(may, planner):
    first, *_ = Answer.select().join(Submission).join(Period).where(
        Period.number == 6, Answer.number.is_null(False), Submission.state == "consolidated"
    )  # fmt: skip
    second = _answer(7)
    with records.changing(by=planner, verb="save_answers", at=THEN, as_verb=True) as work:
        work.remove(first)
    _change(second, planner, number=None, mark="not_applicable")

    found = {cell.month: cell.new for cell in amendments.amendments(JUNE).cells}

    assert found == {6: "-", 7: "–"}


def test_changes_of_the_present_month_or_before_the_last_pack_are_none(may, planner):
    _change(_answer(9), planner, number=Decimal(1))
    _change(_answer(7), planner, at=MAY_CUT - dt.timedelta(days=1), number=Decimal(1))

    assert amendments.amendments(JUNE).is_nothing


def test_a_report_that_is_being_corrected_counts_as_before(may, planner):
    answer = _answer(7)
    _change(answer, planner, number=Decimal(1))
    before = amendments.amendments(JUNE).pending
    Submission.update(state="returned").where(Submission.id == answer.submission_id).execute()

    found = amendments.amendments(JUNE)

    assert found.cells == () and found.pending == before + 1


def test_money_changed_afterwards_is_added_up_by_office_and_month(may, planner):
    row = Disbursement.select().where(Disbursement.month == 5).first()
    paid = row.disbursed
    with records.changing(by=planner, verb="edit", note="ไฟล์แก้ไข", at=THEN) as work:
        work.update(row, disbursed=paid + 100)

    (cell,) = amendments.amendments(JUNE).cells

    assert (cell.month, cell.office, cell.why) == (5, row.line.unit_id, "ไฟล์แก้ไข")
    assert cell.old != cell.new


def test_visits_sent_back_and_written_down_late_are_told(may, planner):
    visits = list(Visit.select().where(Visit.visited_on < dt.date(2023, 5, 1)).order_by(Visit.id).limit(2))
    with records.changing(by=planner, verb="return_visit", note="ไม่มีเอกสาร", at=THEN, as_verb=True) as work:
        work.update(visits[0], state="returned")
    Visit.update(recorded_at=THEN).where(Visit.id == visits[1].id).execute()

    found = amendments.amendments(JUNE)

    assert [(c.office, c.new, c.why) for c in found.cells] == [(visits[0].unit_id, "−1", "ไม่มีเอกสาร")]
    assert [(late.office, late.visits) for late in found.late] == [(visits[1].unit_id, 1)]


def test_reports_handed_in_after_the_pack_are_told_by_office(may):
    report = Submission.select().join(Period).where(Period.number == 8, Submission.state == "consolidated").first()
    Submission.update(first_submitted_at=THEN).where(Submission.id == report.id).execute()

    (late,) = amendments.amendments(JUNE).late

    assert (late.office, late.months, late.reports) == (report.unit_id, (8,), 1)


def test_a_book_is_compared_with_the_years_last_pack_until_one_is_issued(may, planner):
    whole = Cut(fiscal_year=2566, cut_at=dt.datetime(2023, 10, 20, 9))
    assert amendments.base(whole).book == "pack"

    Edition.create(
        book="book", fiscal_year=may.fiscal_year, subject="2566", number=1, state="approved", issued_as="approved",
        unit=planner.unit, cut_at=dt.datetime(2023, 10, 10), made_at=dt.datetime(2023, 10, 10), signer="ก",
        document_number="1", snapshot_sha256="a" * 64, sha256="c" * 64, pages=12, file_key="y",
    )  # fmt: skip

    assert amendments.base(whole).book == "book"


def test_the_missing_are_named_with_the_part_of_the_plan_they_hold(planner):
    june = Period.get(Period.kind == PeriodKind.MONTH, Period.number == 9)
    owing = sorted({o.unit_id for o in Obligation.select().where(Obligation.period == june)})
    assert coverage.coverage(JUNE).is_whole

    Obligation.update(state="open", met_at=None).where(
        Obligation.period == june, Obligation.unit.in_(owing[:2])
    ).execute()
    found = coverage.coverage(JUNE)

    assert (found.reported, found.owing, len(found.missing)) == (2, 4, 2)
    assert all(each.months == ("มิ.ย.",) and each.owes == each.owed for each in found.missing)
    assert 0 < found.plan < 100 and 0 < found.grant < 100
    assert found.grant == sum(each.grant for each in found.missing)


def test_what_was_revised_is_marked_in_the_tables_and_the_mark_is_explained(may, planner):
    answer = _answer(7)
    Indicator.update(is_headline=True).where(Indicator.id == answer.indicator_id).execute()
    paid = Disbursement.select().where(Disbursement.month == 6).order_by(Disbursement.id).first()
    _change(answer, planner, "นับซ้ำ", number=answer.number + 3)
    _change(paid, planner, "โอนผิด", disbursed=paid.disbursed + 100)

    pages = dict(zip(("kpi", "offices"), (kpi.gather(JUNE), offices.gather(JUNE)), strict=True))
    printed = {
        sheet.chapter.slug: html
        for sheet, html in _printed(editions.take_snapshot("pack", JUNE))
        if sheet.chapter.slug in ("kpi", "offices", "projects")
    }

    assert [line.code for line in pages["kpi"].lines if line.is_revised] == [answer.indicator.code]
    lines = [line for group in pages["offices"].groups for line in group.lines]
    assert [line.code for line in lines if line.is_paid_revised] == [paid.line.unit.code]
    assert pages["offices"].total.is_paid_revised and not any(line.is_visited_revised for line in lines)
    assert {slug: html.count('<sup class="fn">r</sup>') for slug, html in printed.items()} == {
        "kpi": 1, "projects": 1, "offices": 3,
    }  # fmt: skip
    assert all("แก้ไขหลังพิมพ์ฉบับก่อน" in html for html in printed.values())


def _printed(text):
    frozen = sheets.thawed(text)
    for sheet in sheets.sheets(frozen, NO_ISSUE):
        yield sheet, sheets.filled(sheet, frozen.book, frozen.cut)
