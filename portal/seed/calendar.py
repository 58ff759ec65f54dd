"""The calendar of a fiscal year as rows: its periods, its deadlines, its public holidays.

Days 20, 22, 25, the 5th after quarters 2 to 4 and 22 October: the Planning Division's guide for 2566.
That a month's report is due within that same month follows from the due days it lists for 2566.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import holidays

from portal.rules import fiscal
from portal.rules.deadlines import Roll
from portal.rules.terms import Duty, PeriodKind


def year(number: int) -> dict[str, Any]:
    """Return the columns of a FiscalYear row."""
    return {"year": number, "starts_on": fiscal.first_day(number), "ends_on": fiscal.last_day(number)}


def periods(number: int) -> list[dict[str, Any]]:
    """Return twelve months, four quarters and the year. A month opens on its first day."""
    out = []
    for month in range(1, 13):
        first = fiscal.first_day(number, month)
        out.append(_period(PeriodKind.MONTH, month, first, fiscal.last_day(number, month), first))
    for quarter in range(1, 5):
        first, last = fiscal.first_day(number, quarter * 3 - 2), fiscal.last_day(number, quarter * 3)
        out.append(_period(PeriodKind.QUARTER, quarter, first, last, last.replace(day=1)))
    first, last = fiscal.first_day(number), fiscal.last_day(number)
    out.append(_period(PeriodKind.YEAR, 1, first, last, last.replace(day=1)))
    return out


def deadlines() -> list[dict[str, Any]]:
    """Return the standing deadlines. None is moved off a weekend: the guide does not say that it would be."""
    return [
        _deadline(Duty.REPORT, PeriodKind.MONTH, 20),
        _deadline(Duty.VISITS, PeriodKind.MONTH, 20),
        _deadline(Duty.CHECK, PeriodKind.MONTH, 22),
        _deadline(Duty.CONSOLIDATE, PeriodKind.MONTH, 25),
        _deadline(Duty.OUTCOME, PeriodKind.QUARTER, 5, months_after=1, from_number=2),
        _deadline(Duty.BOOK, PeriodKind.YEAR, 22, months_after=1),
    ]


def public_holidays(number: int) -> list[tuple[dt.date, str]]:
    """Return Thailand's public holidays, day and Thai name, of both calendar years that the fiscal year touches."""
    years = (number - fiscal.ERA - 1, number - fiscal.ERA)
    return sorted(holidays.country_holidays("TH", years=years, language="th").items())


def _period(kind: PeriodKind, number: int, first: dt.date, last: dt.date, opens: dt.date) -> dict[str, Any]:
    return {"kind": kind, "number": number, "starts_on": first, "ends_on": last, "opens_on": opens}


def _deadline(duty: Duty, kind: PeriodKind, day: int, *, months_after: int = 0, from_number: int = 1) -> dict[str, Any]:
    return {
        "duty": duty, "kind": kind, "day": day, "months_after": months_after,
        "from_number": from_number, "roll": Roll.NONE,
    }  # fmt: skip
