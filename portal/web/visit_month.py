"""An office's month of visits: what is planned and not done, what came back, a calendar of what was done."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Any

from models import Cooperative, Obligation, Period, Person, Visit, VisitActivity, VisitPlan, VisitPlanLine
from portal import actions, visit_months, visits
from portal.database import tuples
from portal.rules import deadlines, fiscal
from portal.rules.access import Role
from portal.rules.fiscal import ERA
from portal.rules.terms import ObligationState, PeriodKind, VisitState
from portal.web.language import gettext, lazy
from portal.web.sign_in import own_path

SHOWN = 200
# What is often the reason that planned visits of a month were not made; another one may be typed.
USUAL_LEFT = (
    lazy("The institution put it off"), lazy("Sent on other work by the province or the department"),
    lazy("Flood or another disaster"), lazy("Moved to a later month"),
)  # fmt: skip


@dataclass(frozen=True)
class Wanting:
    """An institution with planned visits of the month that were not made: which, and how many are left."""

    cooperative_id: int
    name: str
    is_mine: bool
    works: tuple[str, ...]
    left: int


@dataclass(frozen=True)
class Day:
    """A day of the calendar: how many visits, and up to three of them by name."""

    day: dt.date
    in_month: bool
    visits: tuple[tuple[int, str, str], ...]


def chosen(text: str, today: dt.date) -> Period | None:
    """Return the month asked for like `2566-08`, else the one to be reported on: the oldest still open, or today's."""
    try:
        year, month = fiscal.parse_month(text)
        first = fiscal.first_day(year, month)
    except ValueError:
        first = today.replace(day=1)
        months = Period.select().where(Period.kind == PeriodKind.MONTH)
        present = months.where(Period.starts_on == first).first()
        if present is not None:
            return present
        last = months.where(Period.opened_at.is_null(False)).order_by(
            Period.closed_at.is_null(False), Period.starts_on.desc()
        ).first()  # fmt: skip
        return last
    found: Period | None = Period.get_or_none(Period.kind == PeriodKind.MONTH, Period.starts_on == first)
    return found


def page(person: Person, period: Period | None, today: dt.date) -> dict[str, Any]:
    """Return everything the month's page shows."""
    if period is None:
        return {"period": None, "tally": None}
    owed = visits.obligation_of(person.unit_id, period)
    wanting = _wanting(person, period)
    held = _returned(person.unit_id, period)
    return {
        "period": period,
        "left": visit_months.left_of_month(person.unit_id, period), "usual_left": USUAL_LEFT,
        "tally": visit_months.tally(person.unit_id, period), "owed": owed, "wanting": wanting,
        "returned": held, "weeks": _weeks(person.unit_id, period), "weekdays": weekday_names(),
        "earlier": _beside(period, -1),
        "later": _beside(period, 1), "may_send": _may_send(person, owed, period), "lateness": _lateness(owed, today),
        "actions": actions.counts(person.unit_id, today), "record_on": _record_on(period, today),
        "lock": visits.lock_of(person.unit_id, period.ends_on, dt.datetime.combine(today, dt.time(12))),
    }  # fmt: skip


def _may_send(person: Person, owed: Obligation | None, period: Period) -> bool:
    return person.role == Role.APPROVER and owed is not None and owed.state == ObligationState.OPEN


def _lateness(owed: Obligation | None, today: dt.date) -> str:
    if owed is None:
        return ""
    return str(deadlines.timeliness(owed.due_on, owed.met_at, today))


def _record_on(period: Period, today: dt.date) -> str:
    day = today if period.starts_on <= today <= period.ends_on else min(period.ends_on, today)
    return f"{day.day:02d}/{day.month:02d}/{day.year + ERA}"


def _wanting(person: Person, period: Period) -> list[Wanting]:
    month = fiscal.month_of(period.starts_on)
    rows = tuples(
        VisitPlanLine.select(
            VisitPlan.cooperative, Cooperative.name, Cooperative.officer, VisitPlanLine.activity, VisitActivity.name,
            VisitPlanLine.visits,
        )
        .join_from(VisitPlanLine, VisitPlan)
        .join_from(VisitPlan, Cooperative)
        .join_from(VisitPlanLine, VisitActivity)
        .where(
            VisitPlan.unit == person.unit_id, VisitPlan.fiscal_year == period.fiscal_year_id,
            VisitPlanLine.month == month,
        )
        .order_by(Cooperative.name_sort, Cooperative.id, VisitActivity.position)
    )  # fmt: skip
    done = visit_months.done_of_month(person.unit_id, period)
    out: dict[int, list[Any]] = {}
    for ident, name, officer, activity, work, planned in rows:
        left = planned - done.get((ident, activity), 0)
        if left > 0:
            held = out.setdefault(ident, [name, officer == person.id, [], 0])
            held[2].append(work)
            held[3] += left
    made = [Wanting(ident, name, mine, tuple(works), left) for ident, (name, mine, works, left) in out.items()]
    return sorted(made, key=lambda one: not one.is_mine)


def _returned(unit_id: int, period: Period) -> list[Visit]:
    return list(
        Visit.select(Visit, Cooperative)
        .join(Cooperative)
        .where(
            Visit.unit == unit_id,
            Visit.state == VisitState.RETURNED,
            Visit.visited_on.between(period.starts_on, period.ends_on),
        )
        .order_by(Visit.visited_on, Visit.id)
        .limit(SHOWN)
    )


def _weeks(unit_id: int, period: Period) -> list[list[Day]]:
    held: dict[dt.date, list[tuple[int, str, str]]] = {}
    rows = tuples(
        Visit.select(Visit.visited_on, Visit.id, Cooperative.name, Visit.state)
        .join(Cooperative)
        .where(Visit.unit == unit_id, Visit.visited_on.between(period.starts_on, period.ends_on))
        .order_by(Visit.visited_on, Visit.id)
    )
    for day, ident, name, state in rows:
        held.setdefault(day, []).append((ident, name, str(state)))
    weeks = calendar.Calendar(firstweekday=0).monthdatescalendar(period.starts_on.year, period.starts_on.month)
    return [[Day(d, d.month == period.starts_on.month, tuple(held.get(d, ()))) for d in week] for week in weeks]


def _beside(period: Period, step: int) -> Period | None:
    day = period.starts_on - dt.timedelta(days=1) if step < 0 else period.ends_on + dt.timedelta(days=1)
    return visits.month_of(day)


def own(wanted: str, usual: str) -> str:
    """Return an address of this portal to go back to, or the usual one."""
    path = own_path(wanted)
    return path if path != "/" else usual


def weekday_names() -> tuple[str, ...]:
    """Return the days of the week from Monday, short."""
    return tuple(gettext(name) for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
