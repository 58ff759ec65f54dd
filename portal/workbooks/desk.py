"""What one office owes for a period, gathered for a workbook: every form as it lies on the desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from models import Obligation, Period, Unit
from portal import sheets
from portal.errors import MoveRefused, RuleBroken
from portal.rules.inputs import MONTHS_LONG
from portal.rules.terms import PeriodKind
from portal.sheets import Sheet


@dataclass(frozen=True)
class Desk:
    """An office, a period, and its reports of that period in the order of their forms."""

    unit: Unit
    period: Period
    sheets: tuple[Sheet, ...]
    measures: dict[str, str]

    @property
    def period_name(self) -> str:
        """Return what people call the period."""
        return name_of(self.period)


def gather(unit: Unit, period: Period, *, at: dt.datetime) -> Desk:
    """Return everything that a unit owes by form for a period. Raises MoveRefused when that is nothing.

    Forms without a published version are left out: nobody can fill them in yet.
    """
    owed = (
        Obligation.select(Obligation.id)
        .where(Obligation.unit == unit.id, Obligation.period == period.id, Obligation.form.is_null(False))
        .order_by(Obligation.form)
        .tuples()
    )
    found = []
    for (ident,) in owed:
        try:
            found.append(sheets.sheet_of(ident, at=at))
        except MoveRefused:
            continue
    if not found:
        raise MoveRefused("This office owes no forms for this period.")
    found.sort(key=lambda sheet: (sheet.version.form.position, sheet.version.form.code))
    measures = {code: one.name for code, one in sheets.measures().items()}
    return Desk(unit, period, tuple(found), measures)


def name_of(period: Period) -> str:
    """Return what people call a period: `พฤษภาคม 2566`, `ไตรมาส 3/2566`, `ปีงบประมาณ 2566`."""
    if period.kind == PeriodKind.MONTH:
        year, _, month = period.be_month.partition("-")
        return f"{MONTHS_LONG[int(month) - 1]} {year}"
    year = str(period.fiscal_year.year)
    return f"ไตรมาส {period.number}/{year}" if period.kind == PeriodKind.QUARTER else f"ปีงบประมาณ {year}"


def period_of(text: str) -> Period:
    """Return the period typed: `2566-05` is May 2566, `2566-Q3` a quarter, `2566` a fiscal year. Raises RuleBroken."""
    year, _, part = text.strip().partition("-")
    for period in Period.select() if year.isdigit() and len(year) == 4 else ():
        if period.kind == PeriodKind.MONTH:
            if period.be_month == text.strip():
                return period
        elif str(period.fiscal_year.year) == year:
            wanted = f"Q{period.number}" if period.kind == PeriodKind.QUARTER else ""
            if part.upper() == wanted:
                return period
    raise RuleBroken("There is no period “{text}”. A month is written like 2566-05.", text=text[:20])
