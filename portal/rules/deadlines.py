"""Lateness, days left, and the day a deadline falls on; the dates themselves are rows."""

from __future__ import annotations

import calendar
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


def nominal(ends_on: dt.date, day: int, months_after: int) -> dt.date:
    """Return day `day` of the month `months_after` months after the one in which a period ends.

    A month that is too short for the day gives its last one.
    """
    year, month = divmod(ends_on.year * 12 + ends_on.month - 1 + months_after, 12)
    return dt.date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


CATCH_UP = dt.timedelta(days=45)
"""How long after its end a period is still opened by the clock; older ones are history that a person may open."""


def opens_now(opens_on: dt.date, ends_on: dt.date, today: dt.date) -> bool:
    """Return whether the clock opens a period that nobody has opened yet."""
    return opens_on <= today <= ends_on + CATCH_UP


def owes_in(opened_on: dt.date | None, closed_on: dt.date | None, starts_on: dt.date, ends_on: dt.date) -> bool:
    """Return whether a unit with this life owes anything in a period: it must have been open for a part of it."""
    return (closed_on is None or closed_on >= starts_on) and (opened_on is None or opened_on <= ends_on)


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
