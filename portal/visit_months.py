"""An office's month of visits: how it stands against the plan, what is left of it, and saying that it is complete."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from peewee import fn

from models import AuditEntry, Obligation, Period, Person, Unit, Visit, VisitPlan, VisitPlanLine, VisitWork
from portal import records
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed
from portal.rules import fiscal
from portal.rules.access import Role
from portal.rules.terms import Duty, ObligationState, PlanState, VisitState
from portal.visits import lock_of, obligation_of


@dataclass(frozen=True)
class Tally:
    """An office's month: planned work, work done, visits, how many outside the plan, returned, waiting."""

    planned: int
    done: int
    visits: int
    unplanned: int
    returned: int
    waiting: int


def tally(unit_id: int, period: Period) -> Tally:
    """Return how an office's visits of a month stand against its approved plans. Returned visits are not counted."""
    in_month = (Visit.unit == unit_id) & Visit.visited_on.between(period.starts_on, period.ends_on)
    standing = Visit.state != VisitState.RETURNED
    visits, unplanned, returned, waiting = next(
        tuples(
            Visit.select(
                fn.COUNT(Visit.id).filter(standing),
                fn.COUNT(Visit.id).filter(standing & Visit.is_unplanned),
                fn.COUNT(Visit.id).filter(Visit.state == VisitState.RETURNED),
                fn.COUNT(Visit.id).filter(Visit.state == VisitState.RECORDED),
            ).where(in_month)
        )
    )
    further = VisitWork.select().join(Visit).where(in_month, standing).count()
    planned = (
        VisitPlanLine.select(fn.SUM(VisitPlanLine.visits))
        .join(VisitPlan)
        .where(
            VisitPlan.unit == unit_id,
            VisitPlan.fiscal_year == period.fiscal_year_id,
            VisitPlan.state == PlanState.APPROVED,
            VisitPlanLine.month == fiscal.month_of(period.starts_on),
        )
        .scalar()
    )
    return Tally(int(planned or 0), visits + further, visits, unplanned, returned, waiting)


def done_of_month(unit_id: int, period: Period) -> dict[tuple[int, int], int]:
    """Return how often planned work of the month was done, on whatever day it was, by (institution, activity)."""
    month = fiscal.month_of(period.starts_on)
    first, last = fiscal.first_day(fiscal.year_of(period.starts_on)), fiscal.last_day(fiscal.year_of(period.starts_on))
    of_year = (Visit.unit == unit_id) & Visit.visited_on.between(first, last) & (Visit.state != VisitState.RETURNED)
    in_month = Visit.visited_on.between(period.starts_on, period.ends_on)
    mine = (
        Visit.select(Visit.cooperative, Visit.activity, fn.COUNT(Visit.id))
        .where(of_year, (Visit.against_month == month) | (Visit.against_month.is_null() & in_month))
        .group_by(Visit.cooperative, Visit.activity)
    )
    further = (
        VisitWork.select(Visit.cooperative, VisitWork.activity, fn.COUNT(VisitWork.id))
        .join(Visit)
        .where(of_year, (VisitWork.against_month == month) | (VisitWork.against_month.is_null() & in_month))
        .group_by(Visit.cooperative, VisitWork.activity)
    )
    counted: dict[tuple[int, int], int] = {}
    for ident, activity, count in [*tuples(mine), *tuples(further)]:
        counted[ident, activity] = counted.get((ident, activity), 0) + count
    return counted


def left_of_month(unit_id: int, period: Period) -> int:
    """Return how many visits that the approved plans ask for in the month were not made."""
    planned = (
        VisitPlanLine.select(VisitPlan.cooperative, VisitPlanLine.activity, VisitPlanLine.visits)
        .join(VisitPlan)
        .where(
            VisitPlan.unit == unit_id,
            VisitPlan.fiscal_year == period.fiscal_year_id,
            VisitPlan.state == PlanState.APPROVED,
            VisitPlanLine.month == fiscal.month_of(period.starts_on),
        )
    )
    done = done_of_month(unit_id, period)
    return sum(max(0, count - done.get((ident, activity), 0)) for ident, activity, count in tuples(planned))


def send_month(period: Period, *, by: Person, at: dt.datetime, reason: str = "") -> Tally:
    """Say that the own office's visits of a month are all recorded; what it owes for them is met.

    The head of the office does; when planned work of the month was not done, with the reason, which the divisions that
    check see. Visits recorded for the month after this are flagged late.
    """
    if by.role != Role.APPROVER:
        raise NotAllowed("Only the head of the office sends the month's visits.")
    owed = obligation_of(by.unit_id, period)
    if owed is None:
        raise MoveRefused("Your office owes no visit records for this month.")
    if at.date() < period.starts_on:
        raise MoveRefused("This month has not begun yet.")
    counted = tally(by.unit_id, period)
    if counted.returned:
        raise MoveRefused("Please mend the returned visits of this month first: {count}", count=counted.returned)
    lock = lock_of(by.unit_id, period.ends_on, at)
    if lock is not None:
        raise lock.refusal()
    if owed.state != ObligationState.OPEN:
        raise MoveRefused("The visits of this month have been sent already.")
    left, word = left_of_month(by.unit_id, period), reason.strip()
    if left and not word:
        raise MoveRefused(
            "{count} planned visits of this month were not made. Please say why, in a few words; the division that "
            "checks will read it.",
            field="reason", count=left,
        )  # fmt: skip
    note = f"{counted.done}/{counted.planned}{' ' if left else ''}{word if left else ''}"
    with records.changing(by=by, verb="send_visits", at=at, note=note, as_verb=True) as work:
        work.update(owed, seen=owed.version, state=ObligationState.MET, met_at=at)
    return counted


@dataclass(frozen=True)
class Said:
    """Why an office sent its visits of a month although planned work was not done; how much was done of how much."""

    unit: str
    period: Period
    done: str
    reason: str


def reasons(unit_ids: Iterable[int], *, limit: int = 100) -> list[Said]:
    """Return what these offices said when they sent a month whose planned work was not all done, the latest first."""
    rows = (
        AuditEntry.select(AuditEntry.note, Unit.short, Obligation.period)
        .join(Obligation, on=(AuditEntry.row_id == Obligation.id))
        .join(Unit, on=(Obligation.unit == Unit.id))
        .where(
            AuditEntry.verb == "send_visits",
            AuditEntry.table_name == Obligation.__name__,
            Obligation.unit.in_(list(unit_ids)),
            Obligation.duty == Duty.VISITS,
            AuditEntry.note.contains(" "),
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    found = list(tuples(rows))
    months = {one.id: one for one in Period.select().where(Period.id.in_({period for _, _, period in found}))}
    said = ((note.partition(" "), unit, months[period]) for note, unit, period in found)
    return [Said(unit, period, done, reason) for (done, _, reason), unit, period in said]
