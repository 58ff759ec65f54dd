"""Promotion visits: record one, mend it, check it, and say that a month's are complete.

A visit outside the plan is accepted and flagged with its reason. Who checks is decided by the kind of institution,
never by its province.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from models import (
    FiscalYear,
    Obligation,
    Period,
    Person,
    Reopening,
    Unit,
    Visit,
    VisitOfficer,
    VisitPlan,
    VisitPlanLine,
    VisitWork,
)
from portal import actions, clock, records, scope
from portal.actions import Settled
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken, StoreRefused
from portal.rules import fiscal, locks
from portal.rules import visits as rules
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.locks import LockRule, Standing
from portal.rules.terms import ActionState, Duty, ObligationState, PeriodKind, VisitState
from portal.rules.visits import Done, Line

WITH_OFFICE = (VisitState.RECORDED, VisitState.RETURNED)


# ---------------------------------------------------------------- what is planned


def lines_of(cooperative_id: int, day: dt.date) -> list[Line]:
    """Return the planned lines of an institution in the fiscal year of `day`, with how often each was done."""
    year = fiscal.year_of(day)
    planned = tuples(
        VisitPlanLine.select(VisitPlanLine.activity, VisitPlanLine.month, VisitPlanLine.visits)
        .join(VisitPlan)
        .join(FiscalYear)
        .where(VisitPlan.cooperative == cooperative_id, FiscalYear.year == year)
        .order_by(VisitPlanLine.month, VisitPlanLine.activity)
    )
    done = _done(cooperative_id, year)
    return [Line(activity, month, count, done.get((activity, month), 0)) for activity, month, count in planned]


def _done(cooperative_id: int, year: int) -> dict[tuple[int, int], int]:
    """Return how often each planned line was answered. Visits from before lines were named count in their own month."""
    counted: dict[tuple[int, int], int] = {}
    of_year = (
        (Visit.cooperative == cooperative_id)
        & Visit.visited_on.between(fiscal.first_day(year), fiscal.last_day(year))
        & (Visit.state != VisitState.RETURNED)
    )
    mine = Visit.select(Visit.activity, Visit.against_month, Visit.visited_on, Visit.is_unplanned).where(of_year)
    further = (
        VisitWork.select(VisitWork.activity, VisitWork.against_month, Visit.visited_on, Visit.is_unplanned)
        .join(Visit)
        .where(of_year)
    )
    for activity, month, day, _unplanned in [*tuples(mine), *tuples(further)]:
        key = (activity, month or fiscal.month_of(day))
        counted[key] = counted.get(key, 0) + 1
    return counted


# ---------------------------------------------------------------- recording


def record(
    *,
    by: Person,
    at: dt.datetime | None = None,
    works: Sequence[Done] = (),
    along: Iterable[int] = (),
    settled: Sequence[Settled] = (),
    sent_key: str = "",
    **values: Any,
) -> Visit:
    """Record one visit of the person's own office, and return it.

    `works` are what was done, the main one first; without them it is the one `activity`. `along` are the other
    officers. `settled` says how earlier agreed actions of the institution came out. The same `sent_key` again returns
    the visit it made before. Refused by field: in the future, before registration, after dissolution, in a closed
    month; outside the plan only when no reason is given.
    """
    moment = at or clock.now()
    there = _sent(sent_key, by)
    if there is not None:
        return there
    _check_office(by)
    try:
        with records.changing(by=by, verb="record_visit", at=moment, as_verb=True) as work:
            values, further = _placed(values, works)
            _check_open(by.unit_id, values["visited_on"], moment)
            visit = work.create(
                Visit,
                unit=by.unit_id,
                recorded_at=moment,
                recorded_by=by,
                sent_key=sent_key or None,
                is_late=_is_late(by.unit_id, values["visited_on"], moment),
                **values,
            )
            _keep_children(work, visit, further, along)
            actions.settle_within(work, visit, settled)
            return visit
    except StoreRefused:
        there = _sent(sent_key, by)  # two sendings of one visit at once: the other one has just made it
        if there is None:
            raise
        return there


def correct(
    visit: Visit,
    *,
    by: Person,
    at: dt.datetime,
    seen: int | None = None,
    works: Sequence[Done] = (),
    along: Iterable[int] | None = None,
    settled: Sequence[Settled] = (),
    **values: Any,
) -> None:
    """Mend a visit record while it is with its office. One that was returned waits for its division again.

    `works` empty leaves what was done as it is, `along` None the officers.
    """
    _check_office(by)
    if visit.state not in WITH_OFFICE:
        raise MoveRefused("This visit has been verified; its division can return it for a correction.")
    verb = "resend_visit" if visit.state == VisitState.RETURNED else "edit"
    with records.changing(by=by, verb=verb, at=at, as_verb=True) as work:
        day = values.get("visited_on") or visit.visited_on
        _check_open(visit.unit_id, visit.visited_on, at)
        if day != visit.visited_on:
            _check_open(visit.unit_id, day, at)
        asked = works or works_of(visit)
        place = {"cooperative": visit.cooperative, "visited_on": visit.visited_on, "agreed_action": visit.agreed_action}
        placed, further = _placed({**place, "action_due_on": visit.action_due_on, **values}, asked)
        if visit.action_state not in (None, ActionState.OPEN) and placed["action_state"] is not None:
            del placed["action_state"]  # how it came out stays known
        work.update(
            visit, seen=seen if seen is not None else visit.version, state=VisitState.RECORDED, note="", **placed
        )
        _keep_children(work, visit, further, along)
        actions.settle_within(work, visit, settled)


def works_of(visit: Visit) -> list[Done]:
    """Return what was done at a visit, the main work first."""
    further = tuples(
        VisitWork.select(VisitWork.activity, VisitWork.against_month)
        .where(VisitWork.visit == visit.id)
        .order_by(VisitWork.id)
    )
    return [Done(visit.activity_id, visit.against_month), *(Done(*row) for row in further)]


def _placed(values: dict[str, Any], works: Sequence[Done]) -> tuple[dict[str, Any], list[Done]]:
    """Return the columns of a visit with its work set against the plan, and the further works."""
    out = dict(values)
    if out.get("visited_on") is None:
        raise RuleBroken("Please fill this in.", field="visited_on")
    if not out.get("cooperative"):
        raise RuleBroken("Please fill this in.", field="cooperative")
    asked = list(works)
    main = out.pop("activity", None)
    if not asked and main is not None:
        asked = [Done(main if isinstance(main, int) else main.id, None)]
    if not asked:
        raise RuleBroken("Please say what was done: tick a planned activity or choose another one.", field="works")
    institution = out["cooperative"]
    ident = institution if isinstance(institution, int) else institution.id
    lines = lines_of(ident, out["visited_on"])
    month = fiscal.month_of(out["visited_on"])
    there = {(line.activity, line.month) for line in lines}
    seen: dict[int, Done] = {}
    for one in asked:
        named = one.against if (one.activity, one.against) in there else rules.against(one.activity, month, lines)
        seen.setdefault(one.activity, Done(one.activity, named))
    placed = sorted(seen.values(), key=lambda one: one.against is None)  # a planned one leads
    if placed[0].activity != asked[0].activity and seen[asked[0].activity].against is not None:
        placed = [seen[asked[0].activity], *(one for one in placed if one.activity != asked[0].activity)]
    out["activity"], out["against_month"] = placed[0].activity, placed[0].against
    out["is_unplanned"] = rules.is_outside(placed)
    if not out["is_unplanned"]:
        out["unplanned_reason"] = ""
    agreed = str(out.get("agreed_action") or "").strip()
    if agreed and out.get("action_due_on") is None:
        raise RuleBroken("Please say by when the agreed action is due.", field="action_due_on")
    if agreed and out["action_due_on"] < out["visited_on"]:
        raise RuleBroken("The agreed action cannot be due before the visit.", field="action_due_on")
    if not agreed:
        out["action_due_on"] = None
    out["action_state"] = ActionState.OPEN if agreed else None
    following = out.get("next_visit_on")
    if following is not None and following <= out["visited_on"]:
        raise RuleBroken("The next visit lies after this one.", field="next_visit_on")
    return out, placed[1:]


def _keep_children(work: records.Work, visit: Visit, further: Sequence[Done], along: Iterable[int] | None) -> None:
    held = {row.activity_id: row for row in VisitWork.select().where(VisitWork.visit == visit.id)}
    wanted = {one.activity: one for one in further}
    for activity, row in held.items():
        if activity not in wanted:
            work.remove(row)
        elif row.against_month != wanted[activity].against:
            work.update(row, against_month=wanted[activity].against)
    for activity, one in wanted.items():
        if activity not in held:
            work.create(VisitWork, visit=visit, activity=activity, against_month=one.against)
    if along is None:
        return
    others = dict.fromkeys(ident for ident in along if ident != visit.officer_id)
    strangers = Person.select().where(Person.id.in_(list(others)), Person.unit != visit.unit_id).count()
    if strangers:
        raise RuleBroken("This officer belongs to another office.", field="along")
    went = {row.person_id: row for row in VisitOfficer.select().where(VisitOfficer.visit == visit.id)}
    for ident, officer in went.items():
        if ident not in others:
            work.remove(officer)
    for ident in others:
        if ident not in went:
            work.create(VisitOfficer, visit=visit, person=ident)


def _sent(sent_key: str, by: Person) -> Visit | None:
    if not sent_key:
        return None
    there: Visit | None = Visit.get_or_none(Visit.sent_key == sent_key)
    if there is not None and there.unit_id != by.unit_id:
        raise NotFound("There is no such record, or it belongs to another office.")
    return there


def _check_office(by: Person) -> None:
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself records its visits.")


# ---------------------------------------------------------------- the month


def month_of(day: dt.date) -> Period | None:
    """Return the month's period that holds `day`, None when the calendar has none."""
    found: Period | None = Period.get_or_none(
        Period.kind == PeriodKind.MONTH, Period.starts_on <= day, Period.ends_on >= day
    )
    return found


def obligation_of(unit_id: int, period: Period) -> Obligation | None:
    """Return what the office owes for its visits of a month."""
    found: Obligation | None = Obligation.get_or_none(
        Obligation.unit == unit_id, Obligation.period == period.id, Obligation.duty == Duty.VISITS
    )
    return found


def lock_of(unit_id: int, day: dt.date, at: dt.datetime) -> locks.Lock | None:
    """Return why visits of that day's month cannot be recorded just now, or None.

    A month that is not open yet takes visits all the same: they are made before the report on them is due.
    """
    period = month_of(day)
    if period is None or period.closed_at is None:
        return None
    owed = obligation_of(unit_id, period)
    again: Reopening | None = None
    if owed is not None:
        again = Reopening.select().where(Reopening.obligation == owed.id).order_by(Reopening.opened_at.desc()).first()
    standing = Standing(
        None, None, None, period.opens_on, period.opened_at or period.closed_at, period.closed_at,
        again.opened_at if again else None, again.until_on if again else None, again.closed_at if again else None,
    )  # fmt: skip
    return locks.report_lock(standing, at)


def _check_open(unit_id: int, day: dt.date, at: dt.datetime) -> None:
    if day > at.date():
        raise RuleBroken("A visit cannot lie in the future.", field="visited_on")
    lock = lock_of(unit_id, day, at)
    if lock is not None:
        words = (
            "The days for which this month was open again are over. The planning division can open it once more."
            if lock.rule is LockRule.REOPENING_ENDED
            else "Visits of this month are closed. The planning division can open the month for your office again."
        )
        raise MoveRefused(words, field="visited_on")


def _is_late(unit_id: int, day: dt.date, at: dt.datetime) -> bool:
    period = month_of(day)
    owed = obligation_of(unit_id, period) if period is not None else None
    return owed is not None and owed.state == ObligationState.MET and owed.met_at is not None and at > owed.met_at


# ---------------------------------------------------------------- checking


def reviewer(visit: Visit) -> Unit:
    """Return the division that reviews this visit: by the kind of institution, not by its province."""
    return visit.cooperative.type.reviewer


def verify(visit: Visit, *, by: Person, at: dt.datetime) -> None:
    """Confirm a visit record; only the division that reviews this kind of institution, and never one's own."""
    _check(visit, by, "verify")
    with records.changing(by=by, verb="verify_visit", at=at, as_verb=True) as work:
        work.update(visit, seen=visit.version, state=VisitState.VERIFIED, checked_by=by, checked_at=at)


def send_back(visit: Visit, *, by: Person, at: dt.datetime, note: str) -> None:
    """Return a visit record to its office with a reason."""
    _check(visit, by, "return", also=VisitState.VERIFIED)
    if not note.strip():
        raise MoveRefused("Please give a reason: the office needs it to mend the report.", field="note")
    with records.changing(by=by, verb="return_visit", at=at, note=note, as_verb=True) as work:
        work.update(visit, seen=visit.version, state=VisitState.RETURNED, note=note, checked_by=by, checked_at=at)


def may_check(visit: Visit, person: Person) -> bool:
    """Return whether checking this visit is the person's: of the reviewing division, and not one's own."""
    own = {visit.officer_id, visit.recorded_by_id}
    return (
        person.role == Role.DIVISION and visit.cooperative.type.reviewer_id == person.unit_id and person.id not in own
    )


def waits_for(person: Person) -> Any:
    """Return the condition that a visit waits for this person's division: recorded, of a kind it reviews."""
    return (Visit.state == VisitState.RECORDED) & Visit.cooperative.in_(scope.reviewed_by(person.unit_id))


def _check(visit: Visit, by: Person, step: str, also: VisitState | None = None) -> None:
    if by.role != Role.DIVISION or visit.cooperative.type.reviewer_id != by.unit_id:
        raise NotAllowed("Only the division that reviews this kind of institution checks its visits.")
    if not may_check(visit, by):
        raise NotAllowed("Nobody checks a visit of one's own.")
    if visit.state not in (VisitState.RECORDED, also):
        raise MoveRefused(
            "A visit record that is “{state}” cannot take the step “{verb}”.",
            state=str(visit.state),
            verb=step,
        )
