"""Which planned work a visit answers, when it lies outside the plan, and how an agreed action stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_VISITS = 60  # of one activity in one month: the table's own limit


class Nearness(StrEnum):
    """How an agreed action stands against its day."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    LATER = "later"


SOON = dt.timedelta(days=7)


@dataclass(frozen=True)
class Done:
    """One kind of work done at a visit; `against` is the fiscal month of the planned line it answers."""

    activity: int
    against: int | None


@dataclass(frozen=True)
class Line:
    """One planned line of an institution: so many visits of an activity in a fiscal month, so many done."""

    activity: int
    month: int
    planned: int
    done: int

    @property
    def left(self) -> int:
        """Return how many are still to be made."""
        return max(0, self.planned - self.done)


def against(activity: int, month: int, lines: Iterable[Line]) -> int | None:
    """Return the month of the planned line that work of `activity` done in `month` answers, or None.

    First its own month's line; then the oldest earlier one that is still owed; a line of a later month is answered
    early only by saying so.
    """
    mine = sorted((line for line in lines if line.activity == activity and line.month <= month), key=lambda n: n.month)
    for line in mine:
        if line.month == month:
            return month
    return next((line.month for line in mine if line.left), None)


def offered(month: int, lines: Iterable[Line]) -> list[Line]:
    """Return the planned lines a visit in `month` is offered: this month's first, then what is owed of earlier ones."""
    near = [line for line in lines if line.month == month or (line.month < month and line.left)]
    return sorted(near, key=lambda line: (line.month != month, not line.left, line.month, line.activity))


def is_outside(works: Sequence[Done]) -> bool:
    """Return whether a visit lies outside the plan: nothing done at it answers a planned line."""
    return all(work.against is None for work in works)


def nearness(due_on: dt.date | None, today: dt.date) -> Nearness:
    """Return how an open action stands; one without a day is never overdue."""
    if due_on is None:
        return Nearness.LATER
    if due_on < today:
        return Nearness.OVERDUE
    return Nearness.DUE_SOON if due_on <= today + SOON else Nearness.LATER


def changed_lines(
    before: Mapping[tuple[int, int], int], after: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """Return the cells (activity, month) that differ, with their new counts; 0 takes a line away."""
    keys = {*before, *after}
    return {key: after.get(key, 0) for key in sorted(keys) if before.get(key, 0) != after.get(key, 0)}
