"""When a book is made by itself: which day that is, which hour, and whether it waits. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Set
from enum import StrEnum

from portal.rules.deadlines import Roll, is_working_day, nominal, rolled

CATCH_UP = dt.timedelta(days=7)
"""A time slept through is made up for within a week; later, somebody has seen to it by hand."""
HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Turn(StrEnum):
    """What a schedule does now."""

    NOT_YET = "not_yet"
    MAKE = "make"
    MAKE_PROVISIONAL = "make_provisional"
    TOO_LATE = "too_late"


def hour(text: str) -> dt.time:
    """Return the time of day that `15:30` says. Raises ValueError."""
    found = HOUR.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time of day")
    return dt.time(int(found[1]), int(found[2]))


def counted(day: dt.date, working_days: int, holidays: Set[dt.date]) -> dt.date:
    """Return the day that lies `working_days` working days after `day`; for 0 the day itself, wherever it lies."""
    for _ in range(working_days):
        day += dt.timedelta(days=1)
        while not is_working_day(day, holidays):
            day += dt.timedelta(days=1)
    return day


def due_at(
    ends_on: dt.date, day: int, duty_on: dt.date | None, working_days: int, at: dt.time, holidays: Set[dt.date]
) -> dt.datetime:
    """Return when a book of a month that ends on `ends_on` is due: counted from `duty_on`, or from `day` of the month.

    A day that no working day is added to is rolled off weekends and holidays, forward.
    """
    begins = duty_on or nominal(ends_on, day, 0)
    when = counted(begins, working_days, holidays) if working_days else rolled(begins, Roll.AFTER, holidays)
    return dt.datetime.combine(when, at)


def turn(now: dt.datetime, due: dt.datetime, *, waits: bool, is_verified: bool, begins: dt.datetime) -> Turn:
    """Say what to do now with a book that is `due`.

    One that `waits` for everything to be verified is made as soon as it is, from `begins` on, and at `due` in any case.
    """
    if now > due + CATCH_UP:
        return Turn.TOO_LATE
    if now >= due:
        return Turn.MAKE if is_verified or not waits else Turn.MAKE_PROVISIONAL
    return Turn.MAKE if waits and is_verified and now >= begins else Turn.NOT_YET
