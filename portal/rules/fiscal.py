"""Budget years and months. A fiscal year runs 1 October to 30 September and is named, in the Buddhist
Era (C.E. + 543), after the year in which it ends: 2566 = 1 Oct 2565 to 30 Sep 2566."""

from __future__ import annotations

import calendar
import datetime as dt

ERA = 543


def year_of(day: dt.date) -> int:
    """Return the B.E. fiscal year that holds `day`."""
    return day.year + ERA + (1 if day.month >= 10 else 0)


def month_of(day: dt.date) -> int:
    """Return the fiscal month of `day`: 1 = October ... 12 = September."""
    return (day.month - 10) % 12 + 1


def first_day(year: int, month: int = 1) -> dt.date:
    """Return the first day of fiscal `month` (1..12) of the B.E. fiscal `year`."""
    calendar_month = (month + 8) % 12 + 1
    return dt.date(year - ERA - (1 if month <= 3 else 0), calendar_month, 1)


def last_day(year: int, month: int = 12) -> dt.date:
    """Return the last day of fiscal `month` of the B.E. fiscal `year`."""
    day = first_day(year, month)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def quarter_of(month: int) -> int:
    """Return the fiscal quarter 1..4 of a fiscal month 1..12."""
    return (month - 1) // 3 + 1


def parse_month(text: str) -> tuple[int, int]:
    """Read a calendar month of the Buddhist Era, `2566-05`, and return (fiscal year, fiscal month).

    Raises ValueError for anything else.
    """
    year_text, dash, month_text = text.partition("-")
    if not dash or not (year_text.isascii() and year_text.isdigit() and month_text.isascii() and month_text.isdigit()):
        raise ValueError(text)
    year, month = int(year_text), int(month_text)
    if not (2400 <= year <= 2700 and 1 <= month <= 12):
        raise ValueError(text)
    day = dt.date(year - ERA, month, 1)
    return year_of(day), month_of(day)
