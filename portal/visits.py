"""Promotion visits: what must be true of a record, and who checks it."""

from __future__ import annotations

import datetime as dt

from models import Person, Unit, Visit, VisitPlan
from portal import clock, records
from portal.errors import MoveRefused, NotAllowed
from portal.rules.access import Role
from portal.rules.terms import PlanState, VisitState


def record(*, by: Person, at: dt.datetime | None = None, **values: object) -> Visit:
    """Record one visit of the person's own office."""
    moment = at or clock.now()
    with records.changing(by=by, verb="record_visit", at=moment) as work:
        return work.create(Visit, unit=by.unit_id, recorded_at=moment, **values)


def verify(visit: Visit, *, by: Person, at: dt.datetime) -> None:
    """Confirm a visit record; only the division that reviews this kind of institution."""
    _check(visit, by, "verify")
    with records.changing(by=by, verb="verify_visit", at=at, as_verb=True) as work:
        work.update(visit, seen=visit.version, state=VisitState.VERIFIED)


def send_back(visit: Visit, *, by: Person, at: dt.datetime, note: str) -> None:
    """Return a visit record to its office with a reason."""
    _check(visit, by, "return")
    if not note.strip():
        raise MoveRefused("Please give a reason: the office needs it to mend the report.", field="note")
    with records.changing(by=by, verb="return_visit", at=at, note=note, as_verb=True) as work:
        work.update(visit, seen=visit.version, state=VisitState.RETURNED)


def approve_plan(plan: VisitPlan, *, by: Person, at: dt.datetime) -> None:
    """Approve an institution's plan for the year; the head of office does."""
    if by.role != Role.APPROVER:
        raise NotAllowed("Only the head of the office approves its plans.")
    with records.changing(by=by, verb="approve_plan", at=at, as_verb=True) as work:
        if plan.state == PlanState.APPROVED:
            raise MoveRefused("This plan is approved already.")
        work.update(plan, seen=plan.version, state=PlanState.APPROVED, approved_by=by, approved_at=at)


def reviewer(visit: Visit) -> Unit:
    """Return the division that reviews this visit: by the kind of institution, not by its province."""
    return visit.cooperative.type.reviewer


def _check(visit: Visit, by: Person, step: str) -> None:
    if by.role != Role.DIVISION or visit.cooperative.type.reviewer_id != by.unit_id:
        raise NotAllowed("Only the division that reviews this kind of institution checks its visits.")
    if visit.state != VisitState.RECORDED:
        raise MoveRefused(
            "A visit record that is “{state}” cannot take the step “{verb}”.",
            state=str(visit.state),
            verb=step,
        )
