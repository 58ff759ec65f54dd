"""Who owes which form for which period, and by when."""

from __future__ import annotations

import datetime as dt

from peewee import JOIN

from models import Form, Obligation, Period, Person
from portal import records
from portal.errors import MoveRefused, NotAllowed
from portal.rules.access import Role
from portal.rules.terms import ObligationState


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
        work.update(obligation, state=ObligationState.WAIVED, waived_reason=reason)
