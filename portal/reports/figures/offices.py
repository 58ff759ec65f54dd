"""The offices of a year, in the order every table and chart shows them: inspection region, then alphabet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect

from models import FiscalYear, Province, Region, Unit
from portal.database import read
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.rules.fiscal import first_day, last_day
from portal.rules.terms import UnitKind

PREFIXES = ("สำนักงานสหกรณ์จังหวัด", "สำนักงานส่งเสริมสหกรณ์")
BANGKOK_AREAS = {"P10-1": "พ1", "P10-2": "พ2"}


@dataclass(frozen=True)
class Office:
    """A field office. `kind` is the first words of its name, `place` the rest; `mark` its two letters on maps."""

    id: int
    code: str
    short: str
    name: str
    province_mark: str
    province: str
    region_code: str
    region: str

    @property
    def mark(self) -> str:
        return BANGKOK_AREAS.get(self.code) or self.province_mark or self.code

    @property
    def kind(self) -> str:
        return next((prefix for prefix in PREFIXES if self.name.startswith(prefix)), "")

    @property
    def place(self) -> str:
        return self.name.removeprefix(self.kind).strip() or self.name

    @property
    def brief(self) -> str:
        """The name for a narrow table: the place, without what all share."""
        return self.place.replace("กรุงเทพมหานคร", "กทม.")

    @property
    def region_brief(self) -> str:
        number = self.region_code.removeprefix("R").lstrip("0")
        return f"เขต {number}" if number else "กทม."


@reading
def offices(cut: Cut) -> tuple[Office, ...]:
    """Return the field offices open at any time in the fiscal year, of a cut of some offices those."""
    begins, ends = first_day(cut.fiscal_year), last_day(cut.fiscal_year)
    chosen = Unit.kind == UnitKind.PROVINCIAL
    if cut.unit_code is not None:
        chosen &= Unit.code == cut.unit_code
    if cut.region_code is not None:
        chosen &= Region.code == cut.region_code
    return tuple(
        read(
            Unit.select(
                Unit.id, Unit.code, Unit.short, Unit.name, Province.short, Province.name, Region.code, Region.name
            )
            .join(Province, on=(Unit.province == Province.id))
            .join(Region, on=(Unit.region == Region.id))
            .where(
                chosen,
                Unit.opened_on.is_null() | (Unit.opened_on <= ends),
                Unit.closed_on.is_null() | (Unit.closed_on >= begins),
            )
            .order_by(Region.code, Unit.name_sort, Unit.code),
            Office,
        )
    )


def within(query: ModelSelect, cut: Cut, column: Any) -> ModelSelect:
    """Return `query` with only the rows whose `column` (a unit's id) is an office of the cut; whole for all others."""
    return query.where(column.in_([office.id for office in offices(cut)])) if cut.is_of_offices else query


@reading
def year_id(cut: Cut) -> int:
    """Return the id of the cut's fiscal year, 0 when the store does not know it."""
    return int(FiscalYear.select(FiscalYear.id).where(FiscalYear.year == cut.fiscal_year).scalar() or 0)


def by_region(listed: tuple[Office, ...]) -> list[tuple[Office, list[Office]]]:
    """Return the offices in groups of one region, each with its first office to name the region by."""
    groups: list[tuple[Office, list[Office]]] = []
    for office in listed:
        if not groups or groups[-1][0].region_code != office.region_code:
            groups.append((office, []))
        groups[-1][1].append(office)
    return groups
