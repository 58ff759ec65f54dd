"""What was agreed at visits: what is open, what is due, and how it came out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models import Cooperative, Person, Visit
from portal import records
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules.access import OFFICE_ROLES
from portal.rules.terms import ActionState, VisitState


@dataclass(frozen=True)
class Settled:
    """How the action agreed at the visit `visit_id` came out, in words."""

    visit_id: int
    state: ActionState
    result: str


def open_at(cooperative_id: int, *, limit: int = 20) -> list[Visit]:
    """Return the visits of an institution whose agreed action is still open, the one due first in front."""
    return list(
        Visit.select(Visit, Person)
        .join(Person, on=(Visit.officer == Person.id))
        .where(Visit.cooperative == cooperative_id, Visit.action_state == ActionState.OPEN)
        .order_by(Visit.action_due_on, Visit.id)
        .limit(limit)
    )


def settle(visit: Visit, *, by: Person, at: dt.datetime, state: ActionState, result: str) -> None:
    """Say how an agreed action came out: done, or given up, with a word on it. The office's own people do."""
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself says how an agreed action came out.")
    with records.changing(by=by, verb="settle_action", at=at, as_verb=True) as work:
        _settle(work, visit, Settled(visit.id, state, result), at.date(), None)


def reopen(visit: Visit, *, by: Person, at: dt.datetime, note: str) -> None:
    """Open an agreed action again that was taken for done, with a reason."""
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself says how an agreed action came out.")
    if not note.strip():
        raise MoveRefused("Please say why it is open again.", field="note")
    with records.changing(by=by, verb="reopen_action", at=at, note=note, as_verb=True) as work:
        if visit.action_state in (None, ActionState.OPEN):
            raise MoveRefused("This action is open.")
        work.update(
            visit, seen=visit.version, action_state=ActionState.OPEN, action_result="", action_settled_on=None,
            settled_in=None,
        )  # fmt: skip


def settle_within(work: records.Work, visit: Visit, settled: Sequence[Settled]) -> None:
    """Say, as part of recording `visit`, how earlier actions of the same institution came out."""
    for one in settled:
        earlier = Visit.get_or_none(Visit.id == one.visit_id, Visit.cooperative == visit.cooperative_id)
        if earlier is None or earlier.id == visit.id:
            raise RuleBroken("This action was agreed with another institution.", field=f"settled-{one.visit_id}")
        if earlier.settled_in_id == visit.id and earlier.action_state == one.state:
            continue  # sent again with a correction
        _settle(work, earlier, one, visit.visited_on, visit)


def _settle(work: records.Work, visit: Visit, one: Settled, day: dt.date, where: Visit | None) -> None:
    if one.state == ActionState.OPEN:
        return
    if visit.action_state != ActionState.OPEN:
        raise MoveRefused("This action is not open any more.", field=f"settled-{visit.id}")
    if not one.result.strip():
        raise RuleBroken("Please say in a few words how it came out.", field=f"settled-{visit.id}")
    work.update(
        visit, action_state=one.state, action_result=one.result, action_settled_on=max(day, visit.visited_on),
        settled_in=where,
    )  # fmt: skip


def counts(unit_id: int | None, today: dt.date) -> tuple[int, int]:
    """Return how many agreed actions are open, and how many of them overdue, of one office or of all."""
    held = Visit.select().where(Visit.action_state == ActionState.OPEN, Visit.state != VisitState.RETURNED)
    if unit_id is not None:
        held = held.where(Visit.unit == unit_id)
    return held.count(), held.where(Visit.action_due_on < today).count()


def of_institution(cooperative: Cooperative) -> list[Visit]:
    """Return every visit of an institution at which something was agreed, newest first."""
    return list(
        Visit.select()
        .where(Visit.cooperative == cooperative.id, Visit.action_state.is_null(False))
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
    )
