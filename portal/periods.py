"""Periods: make those of a year, open one, so that everyone owes what is due, close it; see who still owes.

The calendar is rows: a changed holiday or deadline moves what is still owed, whichever door it came through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from peewee import fn

from models import (
    CooperativeType,
    Deadline,
    FiscalYear,
    Form,
    FormAssignment,
    FormVersion,
    Holiday,
    Obligation,
    Period,
    Person,
    Plan,
    Project,
    Unit,
)
from portal import records
from portal.database import is_sqlite, tuples
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.records import Work
from portal.rules import deadlines, fiscal, yearly
from portal.rules.access import Role
from portal.rules.duties import OFFICE_DUTIES
from portal.rules.terms import Duty, FormState, ObligationState, PeriodKind, UnitKind

PLANNING = "planning"  # the duty of the unit that consolidates, as the register of units names it
NAMED = 6  # moved days that the trail spells out

# ---------------------------------------------------------------- days


def holidays() -> frozenset[dt.date]:
    """Return every public holiday known."""
    return frozenset(day for (day,) in tuples(Holiday.select(Holiday.day)))


def due_on(period: Period, duty: Duty) -> dt.date | None:
    """Return the day on which `duty` is due for `period`, rolled off weekends and holidays; None if it is not owed."""
    return _due_days(period, holidays()).get(duty)


def _due_days(period: Period, closed: frozenset[dt.date]) -> dict[Duty, dt.date]:
    """Return the due day of every duty that is owed for `period`."""
    rows = Deadline.select().where(Deadline.fiscal_year == period.fiscal_year_id, Deadline.kind == period.kind)
    return {
        rule.duty: deadlines.rolled(
            deadlines.nominal(period.ends_on, rule.day, rule.months_after), rule.roll, closed
        )
        for rule in rows
        if period.number >= rule.from_number
    }  # fmt: skip


# ---------------------------------------------------------------- a year


def make_year(number: int, *, holidays: Iterable[tuple[dt.date, str]] = (), by: Person | None, at: dt.datetime) -> int:
    """Make the calendar of a fiscal year: twelve months, four quarters, the year, its deadlines and holidays.

    What is there already stays as people left it; making it again adds nothing. Returns how many rows came.
    Raises RuleBroken for a year nobody can mean.
    """
    if not 2500 <= number <= 2700:
        raise RuleBroken(
            "“{text}” is no fiscal year: write four digits of the Buddhist Era.", field="year", text=number
        )
    _check_keeper(by)
    with records.changing(by=by, verb="make_year", at=at, note=str(number), as_verb=True) as work:
        return add_year(work, number, holidays)


def add_year(work: Work, number: int, days: Iterable[tuple[dt.date, str]] = ()) -> int:
    """Add a fiscal year with its periods, deadlines and holidays where they lack; return how many rows came."""
    year = FiscalYear.get_or_none(FiscalYear.year == number)
    added = 0
    if year is None:
        year = work.create(
            FiscalYear, year=number, starts_on=fiscal.first_day(number), ends_on=fiscal.last_day(number)
        )  # fmt: skip
        added += 1
    have = set(tuples(Period.select(Period.kind, Period.number).where(Period.fiscal_year == year.id)))
    for plan in yearly.periods(number):
        if (plan.kind, plan.number) not in have:
            work.create(Period, fiscal_year=year.id, **vars(plan))
            added += 1
    ruled = set(tuples(Deadline.select(Deadline.duty, Deadline.kind).where(Deadline.fiscal_year == year.id)))
    for rule in yearly.deadlines(number):
        if (rule.duty, rule.kind) not in ruled:
            work.create(Deadline, fiscal_year=year.id, **vars(rule))
            added += 1
    known = holidays()
    for day, name in days:
        if day not in known:
            work.create(Holiday, day=day, name=name[:200])
            added += 1
    return added


def has_calendar(number: int) -> bool:
    """Return whether a fiscal year has its months."""
    months = Period.select().join(FiscalYear).where(FiscalYear.year == number, Period.kind == PeriodKind.MONTH)
    return bool(months.exists())


# ---------------------------------------------------------------- opening and closing


def open_period(period: Period, *, by: Person | None, at: dt.datetime) -> int:
    """Open a period: exactly one obligation per unit and duty, for every role. Return how many are new.

    Offices owe each form of the period's kind that is assigned to them and published, and their visit records in a
    month; a division its check of what it owns or reviews, and what it owes itself; planning its consolidation.
    Opening again adds only what is missing. A unit that was closed before the period began owes nothing in it.
    """
    _check_keeper(by)
    with records.changing(by=by, verb="open_period", at=at, as_verb=True) as work:
        held = _alone(period)
        if held.closed_at is not None:
            raise MoveRefused("This period is closed.")
        there = set(tuples(Obligation.select(Obligation.unit, Obligation.subject).where(Obligation.period == held.id)))
        if held.opened_at is None:
            work.update(period, opened_at=at)
        return work.create_many(Obligation, [row for row in _owed(held) if (row["unit"], row["subject"]) not in there])


def close_period(period: Period, *, by: Person | None, at: dt.datetime) -> None:
    """Close a period: nothing in it can be handed in or changed until it is opened for someone again."""
    _check_keeper(by)
    with records.changing(by=by, verb="close_period", at=at, as_verb=True) as work:
        if period.opened_at is None or period.closed_at is not None:
            raise MoveRefused("Only an open period can be closed.")
        work.update(period, closed_at=at)


def to_open(today: dt.date) -> list[Period]:
    """Return the periods whose day to be opened has come and that nobody has opened, oldest first."""
    waiting = Period.select().where(
        Period.opened_at.is_null(), Period.closed_at.is_null(), Period.opens_on <= today,
    )  # fmt: skip
    return [
        p for p in waiting.order_by(Period.opens_on, Period.id) if deadlines.opens_now(p.opens_on, p.ends_on, today)
    ]


def to_close(today: dt.date) -> list[Period]:
    """Return the open periods whose set day of closing is over."""
    return list(
        Period.select()
        .where(Period.opened_at.is_null(False), Period.closed_at.is_null(), Period.closes_on < today)
        .order_by(Period.closes_on, Period.id)
    )


def still_owing(period: Period) -> list[Obligation]:
    """Return what offices owe for a period and have not met, with their units, in the order of the units' names."""
    return list(
        Obligation.select(Obligation, Unit)
        .join(Unit)
        .where(
            Obligation.period == period.id,
            Obligation.state == ObligationState.OPEN,
            Obligation.duty.in_(OFFICE_DUTIES),
        )
        .order_by(Unit.name_sort, Obligation.subject)
    )


def _check_keeper(by: Person | None) -> None:
    if by is not None and by.role not in (Role.PLANNING, Role.ADMIN):
        raise NotAllowed("The calendar is kept by the planning division.")


def _alone(period: Period) -> Period:
    """Return the period as it stands in the store, and keep others from opening it until this is over."""
    query = Period.select().where(Period.id == period.id)
    held: Period = (query if is_sqlite() else query.for_update()).get()
    return held


def _owed(period: Period) -> Iterator[dict[str, Any]]:
    """Yield a row for everything that is owed for a period, by every unit."""
    due = _due_days(period, holidays())
    units = list(
        tuples(Unit.select(Unit.id, Unit.kind, Unit.duty, Unit.opened_on, Unit.closed_on).order_by(Unit.id))
    )  # fmt: skip
    alive = [u for u in units if deadlines.owes_in(u[3], u[4], period.starts_on, period.ends_on)]
    offices = [u[0] for u in alive if u[1] == UnitKind.PROVINCIAL]
    central = {u[0] for u in alive if u[1] == UnitKind.CENTRAL}
    planning = [u[0] for u in alive if u[1] == UnitKind.CENTRAL and u[2] == PLANNING]

    def row(unit: int, duty: Duty, form: int | None = None, subject: str = "") -> dict[str, Any]:
        return {
            "unit": unit, "period": period.id, "duty": duty, "subject": subject or str(duty), "form": form,
            "due_on": due[duty],
        }  # fmt: skip

    checkers: set[int] = set()
    if Duty.REPORT in due:
        for form, code, owner, units_of in _assigned(period.kind, offices):
            for unit in units_of:
                yield row(unit, Duty.REPORT, form, code)
            if units_of:
                checkers.add(owner)
    if Duty.VISITS in due and offices:
        for unit in offices:
            yield row(unit, Duty.VISITS)
        checkers |= {ident for (ident,) in tuples(CooperativeType.select(CooperativeType.reviewer).distinct())}
    if Duty.CHECK in due:
        for unit in sorted(checkers & central):
            yield row(unit, Duty.CHECK)
    if Duty.CONSOLIDATE in due and checkers:
        for unit in planning:
            yield row(unit, Duty.CONSOLIDATE)
    for duty, owers in (
        (Duty.OUTCOME, _reporting(period) & central),
        (Duty.BOOK, _reporting(period) & central),
        (Duty.HANDOFF, set(planning)),
    ):
        if duty in due:
            for unit in sorted(owers):
                yield row(unit, duty)


def _assigned(kind: PeriodKind, offices: Collection[int]) -> Iterator[tuple[int, str, int, list[int]]]:
    """Yield (id, code, owner, units that owe it) of every form of a kind that can be filled in."""
    chosen: dict[int, set[int]] = {}
    for form, unit in tuples(FormAssignment.select(FormAssignment.form, FormAssignment.unit)):
        chosen.setdefault(form, set()).add(unit)
    published = FormVersion.select(FormVersion.form).where(FormVersion.state == FormState.PUBLISHED)
    forms = Form.select(Form.id, Form.code, Form.owner, Form.for_all_offices).where(
        Form.is_active, Form.kind == kind, Form.id.in_(published)
    )
    for ident, code, owner, for_all in tuples(forms.order_by(Form.id)):
        yield ident, code, owner, [u for u in offices if for_all or u in chosen.get(ident, ())]


def _reporting(period: Period) -> set[int]:
    """Return the divisions that answer for results: owners of forms in use or of the year's projects, reviewers."""
    owners = Form.select(Form.owner).where(Form.is_active)
    leads = Project.select(Project.owner).join(Plan).where(Plan.fiscal_year == period.fiscal_year_id)
    reviewers = CooperativeType.select(CooperativeType.reviewer)
    return {ident for query in (owners, leads, reviewers) for (ident,) in tuples(query.distinct())}


# ---------------------------------------------------------------- following the calendar


def follow_calendar(work: Work) -> int:
    """Move what is still owed to the days the calendar now says, and write into the trail how much went where.

    What was met or waived keeps its day, so that nobody becomes late, or in time, afterwards. Returns how many moved.
    """
    moved: dict[tuple[dt.date, dt.date], int] = {}
    closed = holidays()
    owing = Obligation.select(Obligation.period).where(Obligation.state == ObligationState.OPEN).distinct()
    for period in Period.select().where(Period.id.in_(owing)).order_by(Period.id):
        due = _due_days(period, closed)
        is_open = (Obligation.period == period.id) & (Obligation.state == ObligationState.OPEN)
        held = Obligation.select(Obligation.duty, Obligation.due_on, fn.COUNT(Obligation.id)).where(is_open)
        for duty, before, count in list(tuples(held.group_by(Obligation.duty, Obligation.due_on))):
            after = due.get(duty, before)
            if after != before:
                one = is_open & (Obligation.duty == duty) & (Obligation.due_on == before)
                work.update_all(Obligation, one, due_on=after)
                moved[before, after] = moved.get((before, after), 0) + count
    if moved:
        steps = [f"{before.isoformat()} → {after.isoformat()} ({n})" for (before, after), n in sorted(moved.items())]
        more = f" +{len(steps) - NAMED}" if len(steps) > NAMED else ""
        work.note = "; ".join(filter(None, [work.note, f"due days moved: {', '.join(steps[:NAMED])}{more}"]))
    return sum(moved.values())


records.FOLLOWED_BY[Holiday] = follow_calendar
records.FOLLOWED_BY[Deadline] = follow_calendar
