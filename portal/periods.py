"""Periods: open one, so that everyone owes what is due; close it; see who still owes."""

from __future__ import annotations

import calendar
import datetime as dt

from models import Deadline, Form, FormAssignment, Holiday, Obligation, Period, Person, Unit
from portal import records
from portal.database import tuples
from portal.errors import MoveRefused
from portal.rules import deadlines
from portal.rules.terms import Duty, ObligationState, UnitKind


def holidays() -> frozenset[dt.date]:
    """Return every public holiday known."""
    return frozenset(day for (day,) in tuples(Holiday.select(Holiday.day)))


def due_on(period: Period, duty: Duty) -> dt.date | None:
    """Return the day on which `duty` is due for `period`, rolled off weekends and holidays; None if it is not owed."""
    rule = Deadline.get_or_none(
        Deadline.fiscal_year == period.fiscal_year_id, Deadline.duty == duty, Deadline.kind == period.kind
    )
    if rule is None or period.number < rule.from_number:
        return None
    months = period.ends_on.year * 12 + period.ends_on.month - 1 + rule.months_after
    year, month = divmod(months, 12)
    day = min(rule.day, calendar.monthrange(year, month + 1)[1])
    return deadlines.rolled(dt.date(year, month + 1, day), rule.roll, holidays())


def open_period(period: Period, *, by: Person | None, at: dt.datetime) -> int:
    """Open a period: exactly one obligation per assigned unit and form, and for visits. Return how many are new.

    Opening again adds only what is missing. A unit closed before the period began owes nothing in it.
    """
    due, visits_due = due_on(period, Duty.REPORT), due_on(period, Duty.VISITS)
    asked = Unit.select(Unit.id, Unit.closed_on).where(Unit.kind == UnitKind.PROVINCIAL)
    offices = [ident for ident, closed in tuples(asked) if closed is None or closed >= period.starts_on]
    owed = Obligation.select(Obligation.unit, Obligation.subject).where(Obligation.period == period.id)
    there = set(tuples(owed))
    rows: list[dict[str, object]] = []
    for form in Form.select().where(Form.is_active, Form.kind == period.kind).order_by(Form.id):
        assigned = FormAssignment.select(FormAssignment.unit).where(FormAssignment.form == form.id)
        chosen = {ident for (ident,) in tuples(assigned)}
        units = offices if form.for_all_offices else [u for u in offices if u in chosen]
        if due is not None:
            rows += [
                {"unit": unit, "period": period.id, "subject": form.code, "form": form.id, "due_on": due}
                for unit in units
                if (unit, form.code) not in there
            ]
    if visits_due is not None:
        rows += [
            {"unit": unit, "period": period.id, "subject": "visits", "due_on": visits_due}
            for unit in offices
            if (unit, "visits") not in there
        ]
    with records.changing(by=by, verb="open_period", at=at, as_verb=True) as work:
        if period.closed_at is not None:
            raise MoveRefused("This period is closed.")
        if period.opened_at is None:
            work.update(period, opened_at=at)
        return work.create_many(Obligation, rows)


def close_period(period: Period, *, by: Person, at: dt.datetime) -> None:
    """Close a period: nothing in it can be handed in or changed until it is opened for someone again."""
    with records.changing(by=by, verb="close_period", at=at) as work:
        if period.opened_at is None or period.closed_at is not None:
            raise MoveRefused("Only an open period can be closed.")
        work.update(period, closed_at=at)


def still_owing(period: Period) -> list[Obligation]:
    """Return the obligations of a period that are not met, with their units, in the order of the units' names."""
    return list(
        Obligation.select(Obligation, Unit)
        .join(Unit)
        .where(Obligation.period == period.id, Obligation.state == ObligationState.OPEN)
        .order_by(Unit.name_sort, Obligation.subject)
    )
