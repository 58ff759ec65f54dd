"""Who owes what for which period, and by when; and how what central units owe is met."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from peewee import JOIN, fn

from models import (
    Cooperative,
    CooperativeType,
    Form,
    Obligation,
    Period,
    Person,
    Submission,
    Unit,
    Visit,
)
from portal import records
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed
from portal.rules import duties
from portal.rules.access import Role
from portal.rules.duties import OFFICE_DUTIES, Checking, Consolidating
from portal.rules.terms import Duty, ObligationState, VisitState
from portal.rules.workflow import State

IN_HAND = (State.SUBMITTED, State.VERIFIED)  # handed in, not yet in the department's figures


def owed_by(unit_id: int, *, limit: int = 100) -> list[Obligation]:
    """Return what a unit still owes with form and period, overdue first."""
    return list(
        Obligation.select(Obligation, Form, Period)
        .join_from(Obligation, Form, JOIN.LEFT_OUTER)
        .join_from(Obligation, Period)
        .where(Obligation.unit == unit_id, Obligation.state == ObligationState.OPEN, Period.opened_at.is_null(False))
        .order_by(Obligation.due_on, Obligation.subject)
        .limit(limit)
    )


def waive(obligation: Obligation, *, by: Person, at: dt.datetime, reason: str) -> None:
    """Let an obligation go, with a reason; planning does."""
    if by.role not in (Role.PLANNING, Role.ADMIN):
        raise NotAllowed("Only the planning division waives what an office owes.")
    if not reason.strip():
        raise MoveRefused("Please say why it need not be reported.", field="reason")
    with records.changing(by=by, verb="waive", at=at, note=reason, as_verb=True) as work:
        if obligation.state != ObligationState.OPEN:
            raise MoveRefused("This is not owed any more.")
        work.update(obligation, seen=obligation.version, state=ObligationState.WAIVED, waived_reason=reason)


def say_done(obligation: Obligation, *, by: Person, at: dt.datetime, note: str) -> None:
    """Say that a duty which happens outside the portal is done, with a word on where it went.

    Outcome and book by the division, hand-offs by planning: each for the own unit only. A report is met by sending
    it, visits by their own verb, a check and a consolidation by the rows themselves.
    """
    if obligation.duty not in duties.SAID_DONE:
        raise MoveRefused("This is met by the work itself, not by saying so.")
    if by.unit_id != obligation.unit_id or by.role not in duties.SAYERS[obligation.duty]:
        raise NotAllowed("Only the unit that owes it says that it is done.")
    if not note.strip():
        raise MoveRefused("Please say where it went: the number of a letter, a date, an address.", field="note")
    with records.changing(by=by, verb="say_done", at=at, note=note, as_verb=True) as work:
        if obligation.state != ObligationState.OPEN:
            raise MoveRefused("This is not owed any more.")
        work.update(obligation, seen=obligation.version, state=ObligationState.MET, met_at=at)


# ---------------------------------------------------------------- meeting what the rows say is done


def meet_central(at: dt.datetime) -> int:
    """Meet every check and consolidation that the rows say is done; return how many. Harmless twice.

    An obligation once met stays met: what comes late, or comes back, waits for the division all the same.
    """
    done = 0
    for duty, found in ((Duty.CHECK, _checks_done), (Duty.CONSOLIDATE, _consolidations_done)):
        still = list(
            Obligation.select(Obligation, Period)
            .join(Period)
            .where(Obligation.duty == duty, Obligation.state == ObligationState.OPEN, Period.opened_at.is_null(False))
            .order_by(Obligation.id)
        )
        if not still:
            continue
        for obligation, met_at in found(still, at):
            with records.changing(by=None, verb="meet", at=at, as_verb=True) as work:
                fresh = Obligation.get_by_id(obligation.id)
                if fresh.state == ObligationState.OPEN:
                    work.update(fresh, state=ObligationState.MET, met_at=met_at)
                    done += 1
    return done


def _checks_done(open_checks: list[Obligation], at: dt.datetime) -> list[tuple[Obligation, dt.datetime]]:
    periods = sorted({o.period_id for o in open_checks})
    reports = _reports_by_owner(periods)
    visits = _visits_by_reviewer({o.period_id: o.period for o in open_checks})
    due = {
        (period, duty): day
        for period, duty, day in tuples(
            Obligation.select(Obligation.period, Obligation.duty, fn.MAX(Obligation.due_on).coerce(False))
            .where(Obligation.period.in_(periods), Obligation.duty.in_(OFFICE_DUTIES))
            .group_by(Obligation.period, Obligation.duty)
        )
    }
    owing_visits = dict(
        tuples(
            Obligation.select(Obligation.period, fn.COUNT(Obligation.id))
            .where(
                Obligation.period.in_(periods),
                Obligation.duty == Duty.VISITS,
                Obligation.state == ObligationState.OPEN,
            )
            .group_by(Obligation.period)
        )
    )
    found = []
    for obligation in open_checks:
        period, unit = obligation.period_id, obligation.unit_id
        owing, waiting, last = reports.get((period, unit), (0, 0, None))
        days = [due.get((period, Duty.REPORT))] if (period, unit) in reports else []
        if unit in visits.reviewers:
            waiting += visits.waiting.get((period, unit), 0)
            owing += owing_visits.get(period, 0)
            days.append(due.get((period, Duty.VISITS)))
        known = [_day(day) for day in days if day is not None]
        stand = Checking(owing, waiting, last, max(known, default=obligation.period.ends_on))
        met_at = duties.checked_at(stand, at)
        if met_at is not None:
            found.append((obligation, met_at))
    return found


def _reports_by_owner(periods: list[int]) -> dict[tuple[int, int], tuple[int, int, dt.datetime | None]]:
    """Return, by period and owner of forms: reports still owed, reports that wait, when the last one was verified."""
    rows = (
        Obligation.select(
            Obligation.period,
            Form.owner,
            fn.COUNT(Obligation.id).filter(Obligation.state == ObligationState.OPEN),
            fn.COUNT(Obligation.id).filter(Submission.state == State.SUBMITTED),
            fn.MAX(Submission.verified_at).coerce(False),
        )
        .join_from(Obligation, Form)
        .join_from(Obligation, Submission, JOIN.LEFT_OUTER)
        .where(Obligation.period.in_(periods), Obligation.duty == Duty.REPORT)
        .group_by(Obligation.period, Form.owner)
    )
    return {
        (period, owner): (owing, waiting, _moment(last)) for period, owner, owing, waiting, last in tuples(rows)
    }  # fmt: skip


@dataclass(frozen=True)
class _Visits:
    reviewers: frozenset[int]
    waiting: dict[tuple[int, int], int]


def _visits_by_reviewer(periods: dict[int, Period]) -> _Visits:
    reviewers = frozenset(ident for (ident,) in tuples(CooperativeType.select(CooperativeType.reviewer).distinct()))
    months = {p.id: p for p in periods.values() if p.kind == "month"}
    waiting: dict[tuple[int, int], int] = {}
    for period in months.values():
        rows = (
            Visit.select(CooperativeType.reviewer, fn.COUNT(Visit.id))
            .join(Cooperative)
            .join(CooperativeType)
            .where(Visit.visited_on.between(period.starts_on, period.ends_on), Visit.state == VisitState.RECORDED)
            .group_by(CooperativeType.reviewer)
        )
        for reviewer, count in tuples(rows):
            waiting[period.id, reviewer] = count
    return _Visits(reviewers if months else frozenset(), waiting)


def _consolidations_done(still: list[Obligation], at: dt.datetime) -> list[tuple[Obligation, dt.datetime]]:
    periods = sorted({o.period_id for o in still})
    checks = dict(
        tuples(
            Obligation.select(Obligation.period, fn.COUNT(Obligation.id))
            .where(
                Obligation.period.in_(periods),
                Obligation.duty == Duty.CHECK,
                Obligation.state == ObligationState.OPEN,
            )
            .group_by(Obligation.period)
        )
    )
    reports = {
        period: (waiting, taken)
        for period, waiting, taken in tuples(
            Submission.select(
                Submission.period,
                fn.COUNT(Submission.id).filter(Submission.state.in_(IN_HAND)),
                fn.COUNT(Submission.id).filter(Submission.state == State.CONSOLIDATED),
            )
            .where(Submission.period.in_(periods))
            .group_by(Submission.period)
        )
    }
    found = []
    for obligation in still:
        period = obligation.period
        waiting, taken = reports.get(period.id, (0, 0))
        stand = Consolidating(checks.get(period.id, 0), waiting, taken, period.closed_at)
        met_at = duties.consolidated_at(stand, at)
        if met_at is not None:
            found.append((obligation, met_at))
    return found


def not_checked(period: Period) -> list[tuple[Unit, Obligation]]:
    """Return the divisions that have not checked a period yet, in the order of their names."""
    rows = (
        Obligation.select(Obligation, Unit)
        .join(Unit)
        .where(
            Obligation.period == period.id,
            Obligation.duty == Duty.CHECK,
            Obligation.state == ObligationState.OPEN,
        )
        .order_by(Unit.name_sort, Unit.id)
    )
    return [(row.unit, row) for row in rows]


def _moment(value: dt.datetime | str | None) -> dt.datetime | None:
    # An aggregate comes back as the store holds it: text on SQLite.
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def _day(value: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
