"""Lateness, days left, and the day a deadline falls on; the dates themselves are rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from enum import StrEnum


class Roll(StrEnum):
    """What happens to a due day that is not a working day."""

    NONE = "none"
    BEFORE = "before"
    AFTER = "after"


class Timeliness(StrEnum):
    """How an obligation was met, as heat maps show it."""

    NOT_DUE = "not_due"
    WAITING = "waiting"
    ON_TIME = "on_time"
    LATE_1_2 = "late_1_2"
    LATE_3_5 = "late_3_5"
    LATE_OVER_5 = "late_over_5"
    MISSING = "missing"


def is_working_day(day: dt.date, holidays: Set[dt.date]) -> bool:
    """Return whether `day` is neither a weekend nor in `holidays`."""
    return day.weekday() < 5 and day not in holidays


def rolled(day: dt.date, roll: Roll, holidays: Set[dt.date]) -> dt.date:
    """Return `day`, moved to the nearest working day before or after it as `roll` says."""
    if roll is Roll.NONE:
        return day
    step = dt.timedelta(days=-1 if roll is Roll.BEFORE else 1)
    while not is_working_day(day, holidays):
        day += step
    return day


def days_late(due_on: dt.date, handed_in: dt.datetime | None) -> int | None:
    """Return calendar days after `due_on`, 0 when in time, None when nothing was handed in."""
    return None if handed_in is None else max(0, (handed_in.date() - due_on).days)


def timeliness(due_on: dt.date, handed_in: dt.datetime | None, today: dt.date) -> Timeliness:
    """Return how an obligation stands on `today`. Steps 1–2, 3–5 and over 5 days as printed in the pack."""
    late = days_late(due_on, handed_in)
    if late is None:
        return Timeliness.MISSING if today > due_on else Timeliness.NOT_DUE
    if late == 0:
        return Timeliness.ON_TIME
    if late <= 2:
        return Timeliness.LATE_1_2
    return Timeliness.LATE_3_5 if late <= 5 else Timeliness.LATE_OVER_5
