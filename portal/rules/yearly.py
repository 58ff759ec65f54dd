"""The calendar of a fiscal year as plain values: its periods, and the deadlines it starts with.

Days 20, 22, 25, the 5th after quarters 2 to 4 and 22 October: the Planning Division's guide for 2566 (shared
domain.md section 4.2). That a month's report is due within that same month follows from the due days it lists.
Every value is only where a year begins: planning changes the rows, no due date stands in code.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from portal.rules import fiscal
from portal.rules.deadlines import Roll
from portal.rules.terms import Certainty, Duty, PeriodKind

GUIDE_YEAR = 2566
"""The year whose days the guide lists one by one: none of them is moved, a Sunday stands as it is printed."""


@dataclass(frozen=True)
class PeriodPlan:
    """One period of a year. A month opens on its first day; a quarter and the year, on that of their last month."""

    kind: PeriodKind
    number: int
    starts_on: dt.date
    ends_on: dt.date
    opens_on: dt.date


@dataclass(frozen=True)
class DeadlinePlan:
    """One standing deadline: day `day`, `months_after` months after the month in which the period ends."""

    duty: Duty
    kind: PeriodKind
    day: int
    certainty: Certainty
    roll: Roll = Roll.NONE
    months_after: int = 0
    from_number: int = 1


def periods(year: int) -> tuple[PeriodPlan, ...]:
    """Return the twelve months, four quarters and the whole of the fiscal year `year`."""
    months = (_period(PeriodKind.MONTH, month, year, month, month) for month in range(1, 13))
    quarters = (_period(PeriodKind.QUARTER, n, year, n * 3 - 2, n * 3) for n in range(1, 5))
    return (*months, *quarters, _period(PeriodKind.YEAR, 1, year, 1, 12))


def deadlines(year: int) -> tuple[DeadlinePlan, ...]:
    """Return the deadlines a fiscal year starts with.

    What happens on a weekend or holiday is written nowhere. Offices and planning are moved to the working day before
    and the divisions that check in between to the one after, so that each always has a working day of its own; in
    the guide's own year nothing is moved. Days for quarterly and yearly forms follow those of the months.
    """
    guide = year == GUIDE_YEAR
    sure = Certainty.SOURCED if guide else Certainty.DERIVED
    before, after = (Roll.NONE, Roll.NONE) if guide else (Roll.BEFORE, Roll.AFTER)
    month, quarter, whole = PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR
    found = [
        DeadlinePlan(Duty.REPORT, month, 20, sure, before),
        DeadlinePlan(Duty.VISITS, month, 20, sure, before),
        DeadlinePlan(Duty.CHECK, month, 22, sure, after),
        DeadlinePlan(Duty.CONSOLIDATE, month, 25, sure, before),
        DeadlinePlan(Duty.OUTCOME, quarter, 5, sure, before, months_after=1, from_number=2),
        DeadlinePlan(Duty.BOOK, whole, 22, sure, before, months_after=1),
    ]
    for kind in (quarter, whole):
        found += [
            DeadlinePlan(Duty.REPORT, kind, 20, Certainty.INFERRED, Roll.BEFORE),
            DeadlinePlan(Duty.CHECK, kind, 22, Certainty.INFERRED, Roll.AFTER),
            DeadlinePlan(Duty.CONSOLIDATE, kind, 25, Certainty.INFERRED, Roll.BEFORE),
        ]
    # To the Budget Bureau: within 15 days of a quarter's end; within 45 of the year's (Act of 2561, section 50).
    found.append(DeadlinePlan(Duty.HANDOFF, quarter, 15, Certainty.SECOND_HAND, Roll.BEFORE, months_after=1))
    found.append(DeadlinePlan(Duty.HANDOFF, whole, 14, Certainty.SECOND_HAND, Roll.BEFORE, months_after=2))
    return tuple(found)


def _period(kind: PeriodKind, number: int, year: int, first: int, last: int) -> PeriodPlan:
    ends = fiscal.last_day(year, last)
    return PeriodPlan(kind, number, fiscal.first_day(year, first), ends, ends.replace(day=1))
