"""The registry: institutions by office, type and status; strength classes by year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from peewee import fn

from models import Cooperative, CooperativeType, CooperativeYear, FiscalYear
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import within
from portal.rules.terms import InstitutionKind, InstitutionStatus, Sector


@dataclass(frozen=True)
class Stock:
    """Institutions of one office, type and kind that are not dissolved; capital and business in satang."""

    office: int
    type: str
    sector: Sector
    kind: InstitutionKind
    count: int
    operating: int
    members: int
    capital: int
    business: int


@reading
def stock(cut: Cut) -> tuple[Stock, ...]:
    """Return what each office looks after, as the registry stands."""
    made: dict[tuple[int, int, InstitutionKind], list[int]] = defaultdict(lambda: [0] * 5)
    names: dict[int, tuple[str, Sector]] = {}
    rows = (
        Cooperative.select(
            Cooperative.unit,
            CooperativeType.id,
            CooperativeType.name,
            CooperativeType.sector,
            Cooperative.kind,
            Cooperative.status,
            fn.COUNT(Cooperative.id),
            fn.SUM(Cooperative.members),
            fn.SUM(Cooperative.capital),
            fn.SUM(Cooperative.business_volume),
        )
        .join(CooperativeType)
        .where(Cooperative.status != InstitutionStatus.DISSOLVED)
        .group_by(
            Cooperative.unit,
            CooperativeType.id,
            CooperativeType.name,
            CooperativeType.sector,
            Cooperative.kind,
            Cooperative.status,
        )
        .order_by(Cooperative.unit, CooperativeType.id, Cooperative.kind, Cooperative.status)
        .tuples()
    )
    shown = within(rows, cut, Cooperative.unit)
    for unit, type_id, name, sector, kind, status, count, members, capital, business in shown:
        names[type_id] = name, Sector(sector)
        one = made[unit, type_id, InstitutionKind(kind)]
        one[0] += count
        one[1] += count if status == InstitutionStatus.OPERATING else 0
        one[2] += int(members)
        one[3] += int(capital)
        one[4] += int(business)
    return tuple(Stock(unit, *names[type_id], kind, *figures) for (unit, type_id, kind), figures in made.items())


@reading
def classes(cut: Cut) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """Return, by office's id and fiscal year (the cut's and the one before), how many institutions stand in
    strength class 1, 2, 3, and how many were not classed."""
    made: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    rows = (
        CooperativeYear.select(
            Cooperative.unit, FiscalYear.year, CooperativeYear.strength_class, fn.COUNT(CooperativeYear.id)
        )
        .join(Cooperative)
        .switch(CooperativeYear)
        .join(FiscalYear)
        .where(
            FiscalYear.year.in_((cut.fiscal_year - 1, cut.fiscal_year)), Cooperative.kind == InstitutionKind.COOPERATIVE
        )
        .group_by(Cooperative.unit, FiscalYear.year, CooperativeYear.strength_class)
        .tuples()
    )
    for unit, year, strength, count in within(rows, cut, Cooperative.unit):
        made[unit, year][(strength or 4) - 1] += count
    return {key: (one[0], one[1], one[2], one[3]) for key, one in made.items()}


@reading
def rises(cut: Cut) -> dict[int, tuple[int, int]]:
    """Return, by office's id, how many cooperatives stand in a better class than the year before, and in a worse."""
    before = CooperativeYear.alias()
    now_year, last_year = FiscalYear.alias(), FiscalYear.alias()
    made: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = (
        CooperativeYear.select(
            Cooperative.unit,
            CooperativeYear.strength_class < before.strength_class,
            fn.COUNT(CooperativeYear.id),
        )
        .join(Cooperative)
        .switch(CooperativeYear)
        .join(before, on=(before.cooperative == CooperativeYear.cooperative))
        .join(now_year, on=(CooperativeYear.fiscal_year == now_year.id))
        .join(last_year, on=(before.fiscal_year == last_year.id))
        .where(
            now_year.year == cut.fiscal_year,
            last_year.year == cut.fiscal_year - 1,
            CooperativeYear.strength_class != before.strength_class,
        )
        .group_by(Cooperative.unit, CooperativeYear.strength_class < before.strength_class)
        .tuples()
    )
    for unit, is_better, count in within(rows, cut, Cooperative.unit):
        made[unit][0 if is_better else 1] += count
    return {unit: (up, down) for unit, (up, down) in made.items()}
