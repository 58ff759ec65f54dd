"""The calendar makes obligations, for every role, once; a changed calendar moves what is still owed."""

import datetime as dt
import threading

import pytest

from models import (
    AuditEntry,
    Deadline,
    FiscalYear,
    Form,
    FormAssignment,
    FormVersion,
    Holiday,
    Obligation,
    Period,
    Revision,
    Unit,
    db,
)
from portal import audit, obligations, periods, records, submissions
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.reports.chapter import Cut
from portal.reports.figures import reporting
from portal.rules.access import Role
from portal.rules.deadlines import Roll
from portal.rules.terms import Duty, ObligationState, PeriodKind, UnitKind
from portal.rules.workflow import State
from tests import make
from tests.make import NOON

CLOSED_MAY = dt.datetime(2023, 6, 1, 8)


def _owed(period, duty=None):
    query = Obligation.select(Obligation.unit, Obligation.subject, Obligation.due_on).where(Obligation.period == period)
    return list(tuples(query.where(Obligation.duty == duty) if duty else query))


def _period(kind, number):
    return Period.get(Period.kind == kind, Period.number == number)


def test_opening_a_period_makes_each_obligation_once(database):
    form = make.form()
    period = make.period(3, is_open=False)

    made = periods.open_period(period, by=make.person(Role.PLANNING), at=NOON)
    again = periods.open_period(period, by=make.person(Role.PLANNING), at=NOON)

    reports = Obligation.select().where(Obligation.period == period, Obligation.form == form)
    assert reports.count() == 78
    assert {o.due_on for o in reports} == {dt.date(2022, 12, 20)}
    assert len(_owed(period, Duty.VISITS)) == 78
    assert made == len(_owed(period)) and again == 0


def test_divisions_owe_their_checks_and_planning_the_whole(database):
    owner = make.form().owner_id
    period = make.period(3, is_open=False)

    periods.open_period(period, by=None, at=NOON)

    codes = dict(tuples(Unit.select(Unit.id, Unit.code)))
    checks = _owed(period, Duty.CHECK)
    assert {codes[unit] for unit, _, _ in checks if unit != owner} == {"C-AGR", "C-NONAGR"}
    assert owner in {unit for unit, _, _ in checks}
    assert {day for _, _, day in checks} == {dt.date(2022, 12, 22)}
    assert [(codes[u], s, d) for u, s, d in _owed(period, Duty.CONSOLIDATE)] == [
        ("C-PLAN", "consolidate", dt.date(2022, 12, 25))
    ]
    assert not _owed(period, Duty.HANDOFF)


def test_outcomes_are_owed_in_quarters_two_to_four_and_the_book_for_the_year(database):
    owner = make.form().owner_id
    for number in (1, 2):
        periods.open_period(_period(PeriodKind.QUARTER, number), by=None, at=NOON)
    periods.open_period(_period(PeriodKind.YEAR, 1), by=None, at=NOON)

    assert not _owed(_period(PeriodKind.QUARTER, 1), Duty.OUTCOME)
    second = _owed(_period(PeriodKind.QUARTER, 2), Duty.OUTCOME)
    assert owner in {unit for unit, _, _ in second} and {day for *_, day in second} == {dt.date(2023, 4, 5)}
    book = _owed(_period(PeriodKind.YEAR, 1), Duty.BOOK)
    assert {day for *_, day in book} == {dt.date(2023, 10, 22)} and len(book) == len(second) == 3
    assert [day for *_, day in _owed(_period(PeriodKind.YEAR, 1), Duty.HANDOFF)] == [dt.date(2023, 11, 14)]


def test_a_quarterly_form_is_owed_for_the_quarter_alone(database):
    form = make.form(kind=PeriodKind.QUARTER)
    quarter = _period(PeriodKind.QUARTER, 3)

    periods.open_period(make.period(9, is_open=False), by=None, at=NOON)
    periods.open_period(quarter, by=None, at=NOON)

    owed = Obligation.select().where(Obligation.form == form)
    assert {o.period_id for o in owed} == {quarter.id} and owed.count() == 78
    assert form.owner_id in {unit for unit, _, _ in _owed(quarter, Duty.CHECK)}
    assert not _owed(quarter, Duty.VISITS)


def test_a_form_for_some_offices_is_owed_by_those_and_a_draft_or_unused_form_by_none(database):
    some, unused = make.form(for_all_offices=False), make.form(is_active=False)
    draft = make.row(Form, code="T-DRAFT", name="ร่าง", owner=some.owner)
    make.row(FormVersion, form=draft, number=1, spec={})
    office = Unit.get(Unit.code == "P40")
    make.row(FormAssignment, form=some, unit=office)
    period = make.period(3, is_open=False)

    periods.open_period(period, by=None, at=NOON)

    assert [unit for unit, _, _ in _owed(period, Duty.REPORT)] == [office.id]
    assert not Obligation.select().where(Obligation.form.in_([unused, draft])).exists()


def test_a_unit_closed_in_the_year_keeps_what_it_owed_and_gains_nothing(database):
    make.form()
    gone = make.unit(closed_on=dt.date(2022, 11, 30))
    december, october = make.period(3, is_open=False), make.period(1, is_open=False)

    periods.open_period(october, by=None, at=NOON)
    periods.open_period(december, by=None, at=NOON)

    assert {o.period_id for o in Obligation.select().where(Obligation.unit == gone)} == {october.id}


def test_a_unit_opened_later_owes_nothing_before(database):
    make.form()
    new = make.unit(opened_on=dt.date(2022, 12, 15))
    for number in (2, 3):
        periods.open_period(make.period(number, is_open=False), by=None, at=NOON)

    assert {o.period.number for o in Obligation.select().where(Obligation.unit == new)} == {3}


def test_a_form_published_after_the_opening_is_owed_when_the_period_is_opened_again(database):
    period = make.period(3, is_open=False)
    periods.open_period(period, by=None, at=NOON)
    opened = Period.get_by_id(period.id).opened_at
    form = make.form()

    made = periods.open_period(period, by=None, at=NOON + dt.timedelta(days=1))

    assert made == 79  # the offices, and the check of its owner
    assert Obligation.select().where(Obligation.form == form).count() == 78
    assert Period.get_by_id(period.id).opened_at == opened


def test_a_period_opened_twice_at_once_owes_everything_once(database):
    make.form()
    period = make.period(3, is_open=False)
    together, made, wrong = threading.Barrier(2), [], []

    def open_it():
        try:
            together.wait()
            with db.connection_context():
                made.append(periods.open_period(Period.get_by_id(period.id), by=None, at=NOON))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == [] and sorted(made) == [0, len(_owed(period))]


def test_a_closed_period_is_not_opened(database):
    period = make.period(3)
    periods.close_period(period, by=make.person(Role.PLANNING), at=NOON)

    with pytest.raises(MoveRefused, match="closed"):
        periods.open_period(period, by=None, at=NOON)


def test_completeness_counts_what_offices_owe_and_never_passes_the_whole(database):
    make.form()
    period = make.period(8, is_open=False)
    periods.open_period(period, by=None, at=NOON)
    central = Unit.select(Unit.id).where(Unit.kind == UnitKind.CENTRAL)
    owed = Obligation.select(Obligation.id).where(Obligation.unit.not_in(central)).limit(100)
    Obligation.update(state=ObligationState.MET, met_at=NOON).where(Obligation.id.in_(owed)).execute()
    periods.open_period(period, by=None, at=NOON)

    cut = Cut(fiscal_year=2566, period=8, cut_at=dt.datetime(2023, 5, 25), is_demo=False)
    months = [dues[7] for dues in reporting.months_due(cut).values()]

    assert len(months) == 78 and all(m.owed == 2 == m.on_time + m.late + m.missing + m.waiting for m in months)
    assert sum(m.on_time for m in months) == 100 and sum(m.missing for m in months) == 56
    assert [(f.code, f.owed) for f in reporting.forms_due(cut)][-1] == ("visits", 78)
    assert not {"check", "consolidate"} & {f.code for f in reporting.forms_due(cut)}


# ---------------------------------------------------------------- a year


def test_a_years_calendar_is_made_once(database):
    by = make.person(Role.PLANNING)

    made = periods.make_year(2570, holidays=[(dt.date(2027, 1, 1), "วันขึ้นปีใหม่")], by=by, at=NOON)
    again = periods.make_year(2570, holidays=[(dt.date(2027, 1, 1), "วันขึ้นปีใหม่")], by=by, at=NOON)

    year = FiscalYear.get(FiscalYear.year == 2570)
    assert Period.select().where(Period.fiscal_year == year).count() == 17
    assert {d.roll for d in Deadline.select().where(Deadline.fiscal_year == year)} == {Roll.BEFORE, Roll.AFTER}
    assert Holiday.select().where(Holiday.day == dt.date(2027, 1, 1)).count() == 1
    assert made > 17 and again == 0
    assert AuditEntry.select().where(AuditEntry.verb == "make_year", AuditEntry.person == by).count() == 1


def test_a_year_nobody_can_mean_is_refused(migrated):
    with pytest.raises(RuleBroken, match="2023"):
        periods.make_year(2023, by=None, at=NOON)


def test_a_due_day_on_a_holiday_rolls_by_the_rule_of_its_duty(database):
    # 20 November 2570 is a Saturday, 22 November a Monday, made a holiday here.
    periods.make_year(2571, holidays=[(dt.date(2027, 11, 22), "วันหยุดพิเศษ")], by=None, at=NOON)
    period = Period.get(Period.starts_on == dt.date(2027, 11, 1))

    assert periods.due_on(period, Duty.REPORT) == dt.date(2027, 11, 19)
    assert periods.due_on(period, Duty.CHECK) == dt.date(2027, 11, 23)
    assert periods.due_on(period, Duty.CONSOLIDATE) == dt.date(2027, 11, 25)
    assert periods.due_on(period, Duty.BOOK) is None


# ---------------------------------------------------------------- a changed calendar


@pytest.fixture
def december(database):
    """December 2565 open, its reports rolled to the working day before; one office has handed in."""
    Deadline.update(roll=Roll.BEFORE).where(Deadline.duty == Duty.REPORT).execute()
    form = make.form()
    period = make.period(3, is_open=False)
    periods.open_period(period, by=None, at=NOON)
    met = Obligation.select().where(Obligation.form == form).order_by(Obligation.id).first()
    with records.changing(by=None, verb="make", at=NOON, as_verb=True) as work:
        work.update(met, state=ObligationState.MET, met_at=NOON)
    return form, met


def _days(form):
    rows = Obligation.select(Obligation.state, Obligation.due_on).where(Obligation.form == form)
    return {(state, day) for state, day in tuples(rows)}


def test_a_new_holiday_moves_only_what_is_still_owed_and_the_trail_says_so(december):
    form, _met = december
    by = make.person(Role.ADMIN)

    with records.changing(by=by, verb="create", at=NOON) as work:
        work.create(Holiday, day=dt.date(2022, 12, 20), name="วันหยุดพิเศษ")

    assert _days(form) == {("met", dt.date(2022, 12, 20)), ("open", dt.date(2022, 12, 19))}
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    assert "2022-12-20 → 2022-12-19 (77)" in entry.note and entry.person_id == by.id and entry.rows == 78
    assert Revision.select().where(Revision.entry == entry, Revision.table_name == "Obligation").count() == 77
    assert audit.first_broken() is None


def test_a_removed_holiday_moves_it_back_and_a_later_look_finds_the_same_version(december):
    form, _ = december
    with records.changing(by=None, verb="create", at=NOON) as work:
        day = work.create(Holiday, day=dt.date(2022, 12, 20), name="วันหยุดพิเศษ")
    with records.changing(by=None, verb="remove", at=NOON) as work:
        work.remove(day)

    assert _days(form) == {("met", dt.date(2022, 12, 20)), ("open", dt.date(2022, 12, 20))}
    last = Obligation.select().where(Obligation.form == form, Obligation.state == "open").first()
    revision = Revision.select().where(Revision.table_name == "Obligation", Revision.row_id == last.id)
    assert revision.order_by(Revision.id.desc()).first().after["version"] == last.version == 3


def test_a_holiday_that_touches_no_due_day_says_nothing(december):
    with records.changing(by=None, verb="create", at=NOON) as work:
        work.create(Holiday, day=dt.date(2022, 12, 14), name="วันหยุดพิเศษ")

    assert AuditEntry.select().order_by(AuditEntry.id.desc()).first().note == ""


def test_a_changed_deadline_moves_what_is_owed_as_well(december):
    form, _ = december
    rule = Deadline.get(Deadline.duty == Duty.REPORT, Deadline.kind == PeriodKind.MONTH)
    by = make.person(Role.PLANNING)

    with records.changing(by=by, verb="edit", at=NOON) as work:
        work.update(rule, day=22)

    assert _days(form) == {("met", dt.date(2022, 12, 20)), ("open", dt.date(2022, 12, 22))}


def test_the_holiday_screen_moves_due_days_too(december, client, sign_in):
    form, _ = december
    sign_in(make.person(Role.ADMIN))

    answer = client.post("/admin/holiday/new/", data={"day": "20/12/2565", "name": "วันหยุดพิเศษ"})

    assert answer.status_code == 302
    assert ("open", dt.date(2022, 12, 19)) in _days(form)


# ---------------------------------------------------------------- by the clock


def test_the_clock_opens_what_is_due_and_leaves_history_alone(database):
    late_may = dt.date(2023, 5, 28)

    due = {(p.kind, p.number) for p in periods.to_open(late_may)}

    assert due == {("month", 7), ("month", 8)}
    assert periods.to_open(dt.date(2022, 9, 30)) == []


def test_the_clock_closes_a_period_after_its_set_day(database):
    period = make.period(8)
    with records.changing(by=None, verb="make", at=NOON) as work:
        work.update(period, closes_on=dt.date(2023, 6, 30))

    assert periods.to_close(dt.date(2023, 6, 30)) == []
    assert [p.id for p in periods.to_close(dt.date(2023, 7, 1))] == [period.id]


# ---------------------------------------------------------------- what central units owe


@pytest.fixture
def checking(database):
    """May 2566 open with one form, owned by C-AGR; one office has sent its report."""
    division = Unit.get(Unit.code == "C-AGR")
    form = make.form(division)
    period = make.period(8, is_open=False)
    periods.open_period(period, by=None, at=dt.datetime(2023, 5, 1, 8))
    return form, period, division


def _central(period, duty, unit=None):
    query = Obligation.select().where(Obligation.period == period, Obligation.duty == duty)
    return (query.where(Obligation.unit == unit) if unit else query).get()


def _put(state, form, count=1, **values):
    """Stand `count` reports of a form as they would be after the workflow's steps."""
    waiting = Obligation.select().where(Obligation.form == form, Obligation.state == ObligationState.OPEN).limit(count)
    sender, checker = make.person(Role.APPROVER), make.person(Role.DIVISION)
    with records.changing(by=None, verb="make", at=NOON, as_verb=True) as work:
        for owed in waiting:
            work.update(owed, state=ObligationState.MET, met_at=NOON)
            checked = {"verified_at": NOON, "verified_by": checker} if state in ("verified", "consolidated") else {}
            work.create(
                submissions.Submission, obligation=owed, unit=owed.unit_id, period=owed.period_id,
                form_version=FormVersion.get(FormVersion.form == form), state=state, submitted_at=NOON,
                first_submitted_at=NOON, submitted_by=sender, **checked, **values,
            )  # fmt: skip


def test_a_check_waits_for_what_was_handed_in(checking):
    form, period, division = checking
    _put(State.SUBMITTED, form)

    obligations.meet_central(dt.datetime(2023, 5, 25))

    assert _central(period, Duty.CHECK, division).state == ObligationState.OPEN


def test_a_check_is_met_once_the_offices_day_is_over_and_nothing_waits(checking):
    form, period, division = checking
    _put(State.VERIFIED, form)

    assert obligations.meet_central(dt.datetime(2023, 5, 20, 12)) == 0
    done = obligations.meet_central(dt.datetime(2023, 5, 23, 9))
    again = obligations.meet_central(dt.datetime(2023, 5, 24, 9))

    met = _central(period, Duty.CHECK, division)
    assert (met.state, met.met_at) == (ObligationState.MET, dt.datetime(2023, 5, 21))
    assert done == 2 and again == 0  # the other reviewer of visits has nothing to check either


def test_what_was_returned_is_with_the_office_not_with_the_division(checking):
    form, period, division = checking
    _put(State.RETURNED, form, note="ตัวเลขไม่ตรงกับแผน")

    obligations.meet_central(dt.datetime(2023, 5, 23, 9))

    assert _central(period, Duty.CHECK, division).state == ObligationState.MET


def test_a_visit_that_waits_keeps_the_reviewers_check_open(checking):
    _, period, division = checking
    make.visit(make.cooperative(reviewer=division), visited_on=dt.date(2023, 5, 4))

    obligations.meet_central(dt.datetime(2023, 5, 23, 9))

    assert _central(period, Duty.CHECK, division).state == ObligationState.OPEN
    assert _central(period, Duty.CHECK, Unit.get(Unit.code == "C-NONAGR")).state == ObligationState.MET


def test_planning_has_consolidated_when_all_checks_are_done_and_all_is_taken_over(checking):
    form, period, _ = checking
    at = dt.datetime(2023, 5, 23, 9)
    _put(State.CONSOLIDATED, form)
    _put(State.VERIFIED, form)
    obligations.meet_central(at)
    assert _central(period, Duty.CONSOLIDATE).state == ObligationState.OPEN

    submissions.Submission.update(state=State.CONSOLIDATED).execute()
    obligations.meet_central(at)

    assert _central(period, Duty.CONSOLIDATE).met_at == at


def test_closing_a_period_meets_its_consolidation_at_that_moment(checking):
    _, period, _ = checking
    periods.close_period(Period.get_by_id(period.id), by=make.person(Role.PLANNING), at=CLOSED_MAY)

    obligations.meet_central(CLOSED_MAY + dt.timedelta(minutes=1))

    assert _central(period, Duty.CONSOLIDATE).met_at == CLOSED_MAY


def test_a_duty_outside_the_portal_is_done_by_saying_where_it_went(database):
    planning = Unit.get(Unit.code == "C-PLAN")
    periods.open_period(_period(PeriodKind.QUARTER, 2), by=None, at=NOON)
    owed = _central(_period(PeriodKind.QUARTER, 2), Duty.HANDOFF)
    by = make.person(Role.PLANNING, planning)

    with pytest.raises(MoveRefused, match="where it went"):
        obligations.say_done(owed, by=by, at=NOON, note=" ")
    with pytest.raises(NotAllowed):
        obligations.say_done(owed, by=make.person(Role.PLANNING), at=NOON, note="นร 0714/1")
    obligations.say_done(owed, by=by, at=NOON, note="นร 0714/1")

    assert Obligation.get_by_id(owed.id).state == ObligationState.MET
    assert AuditEntry.select().where(AuditEntry.verb == "say_done").get().note == "นร 0714/1"


@pytest.mark.parametrize("duty", [Duty.REPORT, Duty.VISITS, Duty.CHECK, Duty.CONSOLIDATE])
def test_nobody_says_himself_done_where_the_work_can_be_seen(checking, duty):
    _, period, _ = checking
    owed = Obligation.select().where(Obligation.period == period, Obligation.duty == duty).first()

    role = Role.APPROVER if owed.unit.kind == UnitKind.PROVINCIAL else Role.PLANNING

    with pytest.raises(MoveRefused, match="by the work itself"):
        obligations.say_done(owed, by=make.person(role, owed.unit), at=NOON, note="ทำแล้ว")


def test_a_duty_is_said_done_on_its_record_too_and_only_by_its_unit(database, client, sign_in):
    periods.open_period(_period(PeriodKind.QUARTER, 2), by=None, at=NOON)
    owed = _central(_period(PeriodKind.QUARTER, 2), Duty.HANDOFF)
    given = {"action": "say_done", "rowid": owed.id, "note": "นร 0714/1"}

    sign_in(make.person(Role.PLANNING)).post("/admin/obligation/action/", data=given)
    assert Obligation.get_by_id(owed.id).state == ObligationState.OPEN
    sign_in(make.person(Role.PLANNING, owed.unit)).post("/admin/obligation/action/", data=given)

    assert Obligation.get_by_id(owed.id).state == ObligationState.MET


def test_one_button_makes_the_calendar_of_a_year(database, client, sign_in):
    year = make.fiscal_year(2570)
    planner = sign_in(make.person(Role.PLANNING))

    planner.post("/admin/fiscalyear/action/", data={"action": "calendar", "rowid": year.id})

    assert Period.select().where(Period.fiscal_year == year).count() == 17
    assert Holiday.select().where(Holiday.day == dt.date(2027, 1, 1)).count() == 1


def test_only_the_keepers_of_the_calendar_open_close_and_make(database):
    period, division = make.period(3, is_open=False), make.person(Role.DIVISION)

    for act in (
        lambda: periods.open_period(period, by=division, at=NOON),
        lambda: periods.close_period(period, by=division, at=NOON),
        lambda: periods.make_year(2570, by=division, at=NOON),
    ):
        with pytest.raises(NotAllowed):
            act()
