"""The hand-off to other systems: the way of a dispatch, of which period, and which reports count.

Sources: domain.md section 6. States: prepared, then keyed in by hand or given as a file, then acknowledged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules import fiscal
from portal.rules.access import Role
from portal.rules.terms import PeriodKind
from portal.rules.workflow import State

# ---------------------------------------------------------------- the way of a dispatch


class DispatchState(StrEnum):
    """Where a dispatch stands between us and the outside system."""

    ASKED = "asked"  # being made
    PREPARED = "prepared"  # its files are there
    RECORDED = "keyed"  # keyed into the other system by hand
    UPLOADED = "uploaded"  # its file was given to the other system
    ACKNOWLEDGED = "acknowledged"  # the other system answered with a receipt
    PUT_ASIDE = "put_aside"  # never sent


SENT = (DispatchState.RECORDED, DispatchState.UPLOADED, DispatchState.ACKNOWLEDGED)
"""States in which the outside system holds the figures."""

DELIVERED = (DispatchState.UPLOADED, DispatchState.ACKNOWLEDGED)
"""States that meet the duty to hand off."""

STEPS: dict[str, tuple[tuple[DispatchState, ...], DispatchState]] = {
    "record": ((DispatchState.PREPARED,), DispatchState.RECORDED),
    "upload": ((DispatchState.PREPARED, DispatchState.RECORDED), DispatchState.UPLOADED),
    "acknowledge": ((DispatchState.RECORDED, DispatchState.UPLOADED), DispatchState.ACKNOWLEDGED),
    "put_aside": ((DispatchState.ASKED, DispatchState.PREPARED), DispatchState.PUT_ASIDE),
}
"""From which states a step may be taken, and where it leads."""

MAY_HAND_OFF = frozenset({Role.PLANNING, Role.ADMIN})


def check_may_hand_off(role: Role) -> None:
    """Refuse everybody but planning and administrators."""
    if role not in MAY_HAND_OFF:
        raise NotAllowed("Figures are handed to other systems by the planning division.")


def next_state(state: DispatchState, step: str) -> DispatchState:
    """Return where `step` leads from `state`. Raises MoveRefused when it cannot be taken from there."""
    before, after = STEPS[step]
    if state not in before:
        raise MoveRefused("A dispatch that is “{state}” cannot take the step “{step}”.", state=str(state), step=step)
    return after


def open_steps(state: DispatchState) -> tuple[str, ...]:
    """Return the steps that may be taken from `state`."""
    return tuple(step for step, (before, _) in STEPS.items() if state in before)


# ---------------------------------------------------------------- which figures, of which period


def counted(*, is_provisional: bool) -> frozenset[State]:
    """Return the states of reports whose figures go out: checked ones, provisionally also those only handed in."""
    certain = frozenset({State.VERIFIED, State.CONSOLIDATED})
    return certain | {State.SUBMITTED} if is_provisional else certain


@dataclass(frozen=True)
class Span:
    """A month, quarter or year of a fiscal year: the fiscal months from `first` to `last`."""

    year: int
    kind: PeriodKind
    number: int

    @property
    def first(self) -> int:
        """The first fiscal month."""
        return {PeriodKind.MONTH: self.number, PeriodKind.QUARTER: self.number * 3 - 2}.get(self.kind, 1)

    @property
    def last(self) -> int:
        """The last fiscal month."""
        return {PeriodKind.MONTH: self.number, PeriodKind.QUARTER: self.number * 3}.get(self.kind, 12)

    @property
    def months(self) -> range:
        """The fiscal months in it."""
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        if self.kind is PeriodKind.YEAR:
            return str(self.year)
        if self.kind is PeriodKind.QUARTER:
            return f"{self.year}-q{self.number}"
        day = fiscal.first_day(self.year, self.number)
        return f"{day.year + fiscal.ERA}-{day.month:02d}"


def span(text: str) -> Span:
    """Read `2566-05` (a calendar month), `2566-q3` (a fiscal quarter) or `2566` (a fiscal year), all of the B.E.

    Raises RuleBroken for anything else.
    """
    tidy = text.strip().lower()
    if found := re.fullmatch(r"(2[4-7]\d\d)(?:-q([1-4]))?", tidy, re.ASCII):
        year, quarter = int(found[1]), found[2]
        return Span(year, PeriodKind.QUARTER, int(quarter)) if quarter else Span(year, PeriodKind.YEAR, 1)
    try:
        return Span(fiscal.parse_month(tidy)[0], PeriodKind.MONTH, fiscal.parse_month(tidy)[1])
    except ValueError:
        raise RuleBroken(
            "“{text}” is no period: write a month like 2566-05, a quarter like 2566-q3 or a year like 2566.",
            field="period",
            text=text[:40],
        ) from None
