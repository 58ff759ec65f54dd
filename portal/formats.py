"""How a number, amount, share, date or month is written for people. Buddhist years live here.

Rules: shared report-design.md section 3. Rounding is half away from zero, once, on output.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from portal.rules.fiscal import ERA, first_day
from portal.rules.inputs import MONTHS_LONG, MONTHS_SHORT

MINUS = "−"
NONE = "-"
FISCAL_MONTHS = MONTHS_SHORT[9:] + MONTHS_SHORT[:9]
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def num(value: Decimal | int | None, decimals: int = 0, *, sign: bool = False) -> str:
    """Return `1,234.5`, `−1,234.5`, with `sign` also `+1.2`; `-` for None; never a negative zero."""
    if value is None:
        return NONE
    shown = abs(Decimal(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    lead = "" if not shown else MINUS if value < 0 else "+" if sign else ""
    return f"{lead}{shown:,}"


def quantity(value: Decimal | int | None) -> str:
    """Return a quantity with the decimals it has and no more: `12`, `12.5`."""
    if value is None:
        return NONE
    plain = format(Decimal(value).normalize(), "f")
    return num(value, len(plain.partition(".")[2]))


def baht(satang: int | None, *, sign: bool = False) -> str:
    """Return satang as baht with two decimals, without the unit's name."""
    return NONE if satang is None else num(Decimal(satang) / 100, 2, sign=sign)


def million(satang: int | None, decimals: int = 2, *, sign: bool = False) -> str:
    """Return satang as million baht, two decimals in tables and one in text, without the unit's name."""
    return NONE if satang is None else num(Decimal(satang) / 100_000_000, decimals, sign=sign)


def percent(value: Decimal | None, decimals: int = 1, *, sign: bool = False) -> str:
    """Return a share in percent with one decimal, without a sign for percent."""
    return num(value, decimals, sign=sign)


def year(be: int) -> str:
    """Return `พ.ศ. 2566`."""
    return f"พ.ศ. {be}"


def day_short(day: dt.date | None) -> str:
    """Return `23 มิ.ย. 66`."""
    return NONE if day is None else f"{day.day} {MONTHS_SHORT[day.month - 1]} {(day.year + ERA) % 100:02d}"


def day_long(day: dt.date | None) -> str:
    """Return `23 มิถุนายน 2566`."""
    return NONE if day is None else f"{day.day} {MONTHS_LONG[day.month - 1]} {day.year + ERA}"


def day_input(day: dt.date | None) -> str:
    """Return `23/06/2566`, the form that input fields show and `parse_date` reads."""
    return "" if day is None else f"{day.day:02d}/{day.month:02d}/{day.year + ERA}"


def day_english(day: dt.date | None) -> str:
    """Return `23 Jun 2566`: English words, Buddhist year all the same."""
    return NONE if day is None else f"{day.day} {_EN_MONTHS[day.month - 1]} {day.year + ERA}"


def moment(at: dt.datetime | None) -> str:
    """Return `23 มิ.ย. 66 16.30 น.`."""
    return NONE if at is None else f"{day_short(at.date())} {at:%H.%M} น."


def moment_english(at: dt.datetime | None) -> str:
    """Return `23 Jun 2566 16:30`."""
    return NONE if at is None else f"{day_english(at.date())} {at:%H:%M}"


def month_short(month: int) -> str:
    """Return the short Thai name of a fiscal month (1 = ต.ค.)."""
    return FISCAL_MONTHS[month - 1]


def month_long(fiscal_year: int, month: int) -> str:
    """Return `มิถุนายน 2566` for a fiscal month of a fiscal year."""
    day = first_day(fiscal_year, month)
    return f"{MONTHS_LONG[day.month - 1]} {day.year + ERA}"
