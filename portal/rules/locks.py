"""Why something cannot be written just now: which rule, since when, until when, and who can lift it.

Source: shared domain.md sections 1.1 and 1.2. The first question of the present system's users is why a result
cannot be keyed; here no control is shut without a `Lock` that answers it and leads to what opens it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import MoveRefused, PortalError
from portal.rules.access import Role
from portal.rules.deadlines import is_working_day
from portal.rules.workflow import State


class LockRule(StrEnum):
    """The rules that shut a report or one of its cells."""

    PERIOD_NOT_OPEN = "period_not_open"
    PERIOD_CLOSED = "period_closed"
    REOPENING_ENDED = "reopening_ended"
    AWAITING_REVIEW = "awaiting_review"
    VERIFIED_BY_DIVISION = "verified_by_division"
    IN_THE_FIGURES = "in_the_figures"
    PLAN_FIRST = "plan_first"
    FROM_PARTS = "from_parts"
    VERSION_RETIRED = "version_retired"


REASONS = {
    LockRule.PERIOD_NOT_OPEN: "This period is not open yet.",
    LockRule.PERIOD_CLOSED: "This period is closed; the planning division can open it for you.",
    LockRule.REOPENING_ENDED: "The days for which this report was open again are over.",
    LockRule.AWAITING_REVIEW: "This report has been sent; it can be changed when it is returned.",
    LockRule.VERIFIED_BY_DIVISION: "This report has been verified; it can be changed when it is opened again.",
    LockRule.IN_THE_FIGURES: "This report is in the department's figures; planning can open it again for a correction.",
    LockRule.PLAN_FIRST: "This result needs your office's monthly plan first.",
    LockRule.FROM_PARTS: "This figure is computed from the indicators that feed it; it is not typed.",
    LockRule.VERSION_RETIRED: "This version of the form was withdrawn; a report is begun on a newer one.",
}

# Who can lift each: the first is asked first.
LIFTERS: dict[LockRule, tuple[Role, ...]] = {
    LockRule.PERIOD_NOT_OPEN: (Role.PLANNING,),
    LockRule.PERIOD_CLOSED: (Role.PLANNING,),
    LockRule.REOPENING_ENDED: (Role.PLANNING,),
    LockRule.AWAITING_REVIEW: (Role.DIVISION,),
    LockRule.VERIFIED_BY_DIVISION: (Role.PLANNING,),
    LockRule.IN_THE_FIGURES: (Role.PLANNING,),
    LockRule.PLAN_FIRST: (Role.DIVISION, Role.PLANNING),
    LockRule.FROM_PARTS: (Role.DIVISION, Role.PLANNING),
    LockRule.VERSION_RETIRED: (Role.DIVISION,),
}
CELL_RULES = frozenset({LockRule.PLAN_FIRST, LockRule.FROM_PARTS})


@dataclass(frozen=True)
class Lock:
    """One rule that holds just now. `until` is the day on which it ends by itself, None when a person must act."""

    rule: LockRule
    since: dt.datetime | None = None
    until: dt.date | None = None

    @property
    def msgid(self) -> str:
        """Return the sentence that says why."""
        return REASONS[self.rule]

    @property
    def lifters(self) -> tuple[Role, ...]:
        """Return the roles that can lift it, the one to ask first in front."""
        return LIFTERS[self.rule]

    def refusal(self, field: str = "") -> PortalError:
        """Return the error with which a write is refused while this holds."""
        return MoveRefused(self.msgid, field=field)


@dataclass(frozen=True)
class Standing:
    """What decides whether an office may write its report. None where something has not happened.

    `reopened_at` and `reopened_until` are of the latest reopening of this office, form and period;
    `reopening_closed_at` when it was ended before its day.
    """

    state: State | None
    submitted_at: dt.datetime | None
    verified_at: dt.datetime | None
    opens_on: dt.date | None
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    reopened_at: dt.datetime | None = None
    reopened_until: dt.date | None = None
    reopening_closed_at: dt.datetime | None = None
    version_is_retired: bool = False


def is_reopened(standing: Standing, at: dt.datetime) -> bool:
    """Return whether a reopening holds at `at`: until the end of its last day, or until it was ended."""
    return (
        standing.reopened_until is not None
        and at.date() <= standing.reopened_until
        and standing.reopening_closed_at is None
    )


def last_day_open(from_day: dt.date, days: int, holidays: Set[dt.date]) -> dt.date:
    """Return the last of `days` working days that follow `from_day`, weekends and holidays left out."""
    day, left = from_day, days
    while left:
        day += dt.timedelta(days=1)
        left -= is_working_day(day, holidays)
    return day


def report_lock(standing: Standing, at: dt.datetime) -> Lock | None:
    """Return what shuts the whole report to its office at `at`, or None while it may write."""
    if standing.state is State.SUBMITTED:
        return Lock(LockRule.AWAITING_REVIEW, standing.submitted_at)
    if standing.state is State.VERIFIED:
        return Lock(LockRule.VERIFIED_BY_DIVISION, standing.verified_at)
    if standing.state is State.CONSOLIDATED:
        return Lock(LockRule.IN_THE_FIGURES, standing.verified_at)
    if is_reopened(standing, at):
        return None
    if standing.opened_at is None:
        return Lock(LockRule.PERIOD_NOT_OPEN, until=standing.opens_on)
    if standing.closed_at is not None:
        if standing.reopened_until is not None and standing.reopened_at and standing.reopened_at >= standing.closed_at:
            return Lock(LockRule.REOPENING_ENDED, _ended(standing))
        return Lock(LockRule.PERIOD_CLOSED, standing.closed_at)
    if standing.state is State.RETURNED and _was_what_opened_it(standing):
        return Lock(LockRule.REOPENING_ENDED, _ended(standing))
    if standing.state is None and standing.version_is_retired:
        return Lock(LockRule.VERSION_RETIRED)
    return None


def cell_lock(
    *, is_plan_forced: bool, has_target: bool, has_plan: bool, has_parts: bool, lifted: frozenset[LockRule]
) -> Lock | None:
    """Return what shuts a cell that feeds an indicator, or None.

    A forced plan (บังคับวางแผน) belongs to a target: without one for this office there is nothing to plan.
    `lifted` are the rules that somebody has lifted for this office and indicator.
    """
    if has_parts and LockRule.FROM_PARTS not in lifted:
        return Lock(LockRule.FROM_PARTS)
    if is_plan_forced and has_target and not has_plan and LockRule.PLAN_FIRST not in lifted:
        return Lock(LockRule.PLAN_FIRST)
    return None


def _was_what_opened_it(standing: Standing) -> bool:
    """Return whether a reopening (not a division's return) gave the report back, and nothing was sent since."""
    return standing.reopened_at is not None and (
        standing.submitted_at is None or standing.reopened_at >= standing.submitted_at
    )


def _ended(standing: Standing) -> dt.datetime | None:
    if standing.reopening_closed_at is not None or standing.reopened_until is None:
        return standing.reopening_closed_at
    return dt.datetime.combine(standing.reopened_until + dt.timedelta(days=1), dt.time())
