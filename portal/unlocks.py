"""Requests to lift a lock: an office asks with a reason, who can lift it answers, and both hear of it."""

from __future__ import annotations

import datetime as dt

from models import Indicator, Obligation, Person, UnlockRequest, db
from portal import notices, periods, records, submissions
from portal.answers import check_office
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules.access import Role
from portal.rules.locks import CELL_RULES, LIFTERS, LockRule

SCREEN = "/admin/unlockrequest/details/?id={}"


def ask(
    obligation: Obligation,
    rule: LockRule,
    *,
    by: Person,
    at: dt.datetime,
    reason: str,
    indicator: Indicator | None = None,
) -> UnlockRequest:
    """Ask that a lock of one report, or of the cells of one indicator, be lifted. Asked once until it is answered."""
    check_office(by)
    if not reason.strip():
        raise RuleBroken("Please say why it should be opened.", field="reason")
    if (rule in CELL_RULES) != (indicator is not None):
        raise RuleBroken("This lock is not of this kind.", field="rule")
    waiting = UnlockRequest.select().where(
        UnlockRequest.unit == obligation.unit_id,
        UnlockRequest.obligation == obligation.id,
        UnlockRequest.rule == str(rule),
        UnlockRequest.answered_at.is_null(),
    )
    if indicator is not None:
        waiting = waiting.where(UnlockRequest.indicator == indicator.id)
    if waiting.exists():
        raise MoveRefused("This has been asked for already; the answer comes to your notices.")
    with records.changing(by=by, verb="ask_unlock", at=at, as_verb=True) as work:
        made = work.create(
            UnlockRequest, unit=obligation.unit_id, obligation=obligation, indicator=indicator, rule=str(rule),
            reason=reason, asked_by=by, asked_at=at,
        )  # fmt: skip
        name = obligation.form.name if obligation.form is not None else obligation.subject
        notices.tell(
            _asked(obligation, rule), f"{by.unit.short} ขอปลดล็อก {name}: {reason}", at=at, kind="unlock_asked",
            about=f"unlock/{made.id}", link=SCREEN.format(made.id),
        )  # fmt: skip
    return made


def may_answer(request: UnlockRequest, person: Person) -> bool:
    """Return whether this person can lift what is asked for, and nobody has answered yet."""
    if request.answered_at is not None or request.rule not in set(LockRule):
        return False
    if person.role not in LIFTERS[LockRule(request.rule)]:
        return False
    if person.role != Role.DIVISION or request.obligation is None or request.obligation.form is None:
        return person.role != Role.DIVISION
    return bool(request.obligation.form.owner_id == person.unit_id)


def grant(
    request: UnlockRequest,
    *,
    by: Person,
    at: dt.datetime,
    note: str,
    days: int = submissions.USUAL_DAYS,
) -> None:
    """Lift the lock: the report comes back to its office, or is open again for `days` working days; a cell's rule
    no longer holds for this office."""
    _check(request, by)
    rule = LockRule(request.rule)
    obligation = request.obligation
    if rule is LockRule.VERSION_RETIRED:
        raise MoveRefused("Publish a newer version of the form: then this lock is gone by itself.")
    with db.atomic():
        if obligation is not None and rule is LockRule.PERIOD_NOT_OPEN:
            periods.open_period(obligation.period, by=by, at=at)
        elif obligation is not None and rule is LockRule.AWAITING_REVIEW:
            submissions.send_back(obligation.submissions.get(), by=by, at=at, note=note or request.reason)
        elif obligation is not None and rule not in CELL_RULES:
            submissions.reopen(obligation, by=by, at=at, reason=note or request.reason, days=days)
        _answer(request, True, note, by, at)


def refuse(request: UnlockRequest, *, by: Person, at: dt.datetime, note: str) -> None:
    """Leave the lock as it is, and say why."""
    _check(request, by)
    if not note.strip():
        raise RuleBroken("Please write the answer.", field="note")
    _answer(request, False, note, by, at)


STEPS = {"grant": grant, "refuse": refuse}


def _check(request: UnlockRequest, by: Person) -> None:
    if request.answered_at is not None:
        raise MoveRefused("This has been answered already.")
    if not may_answer(request, by):
        raise NotAllowed("Only who can lift this lock answers.")


def _answer(request: UnlockRequest, granted: bool, note: str, by: Person, at: dt.datetime) -> None:
    with records.changing(by=by, verb="grant" if granted else "refuse", at=at, note=note, as_verb=True) as work:
        work.update(request, seen=request.version, granted=granted, answer=note, answered_by=by, answered_at=at)
        said = "อนุญาตให้ปลดล็อกแล้ว" if granted else "ไม่อนุญาตให้ปลดล็อก"
        link = f"/admin/answers/?obligation={request.obligation_id}" if request.obligation_id else notices.HOME
        notices.tell(
            [request.asked_by_id], f"{said}{': ' if note else ''}{note}", at=at, kind="unlock_answered",
            about=f"unlock/{request.id}", link=link,
        )  # fmt: skip


def _asked(obligation: Obligation, rule: LockRule) -> list[int]:
    """Return who can lift it and is asked first: the owning division's people, or planning's."""
    role = LIFTERS[rule][0]
    people = Person.select(Person.id).where(Person.is_active, Person.role == role)
    if role is Role.DIVISION:
        people = people.where(Person.unit == (obligation.form.owner_id if obligation.form is not None else None))
    return [ident for (ident,) in people.tuples()]
