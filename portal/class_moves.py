"""How strength classes moved from one year to the next: class by class, by office, region, province or kind, and
institution by institution. Only institutions with a class in both years count; 1 is the best.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect, fn

from models import Cooperative, CooperativeYear, FiscalYear, Unit
from portal import coverage
from portal.cooperatives import moved
from portal.coverage import By, Cut
from portal.database import tuples

CLASSES = (1, 2, 3)
ROWS = (By.UNIT, By.REGION, By.PROVINCE, By.KIND)
Flow = Mapping[tuple[int, int], int]
"""How many institutions went from one class (of the year before) to another (of the year)."""


@dataclass(frozen=True)
class Moves:
    """Institutions of one row, by class before and after."""

    key: Any
    name: str
    flow: Flow

    @property
    def up(self) -> int:
        """Return how many stand better than the year before."""
        return self._counted("up")

    @property
    def down(self) -> int:
        """Return how many stand worse."""
        return self._counted("down")

    @property
    def total(self) -> int:
        """Return how many have a class in both years."""
        return sum(self.flow.values())

    @property
    def same(self) -> int:
        """Return how many stand as before."""
        return self.total - self.up - self.down

    def _counted(self, which: str) -> int:
        return sum(count for (before, after), count in self.flow.items() if moved(before, after) == which)


@dataclass(frozen=True)
class Moved:
    """One institution with its class of the year before and of the year."""

    cooperative_id: int
    number: str
    name: str
    unit: str
    before: int
    after: int

    @property
    def moved(self) -> str:
        """`up`, `down`, or nothing where it stayed."""
        return moved(self.before, self.after)


def whole(cut: Cut) -> Moves:
    """Return the moves of everything in a cut from the year before to its year; its months do not matter."""
    before = CooperativeYear.alias()
    classes = (before.strength_class, CooperativeYear.strength_class)
    query = _pairs(before, cut, *classes, fn.COUNT(CooperativeYear.id)).group_by(*classes).order_by(*classes)
    return Moves(None, "", {(old, new): count for old, new, count in tuples(query)})


def lines(by: By, cut: Cut) -> list[Moves]:
    """Return the moves of a cut in the rows of `by` (one of ROWS), in the order people know them."""
    before = CooperativeYear.alias()
    key = {
        By.UNIT: Cooperative.unit, By.REGION: Unit.region, By.PROVINCE: Cooperative.province, By.KIND: Cooperative.type,
    }[by]  # fmt: skip
    of = (key, before.strength_class, CooperativeYear.strength_class)
    query = _pairs(before, cut, *of, fn.COUNT(CooperativeYear.id)).group_by(*of)
    flows: dict[Any, dict[tuple[int, int], int]] = defaultdict(dict)
    for which, old, new, count in tuples(query):
        flows[which][old, new] = count
    return [Moves(which, name, flows[which]) for which, name in coverage.names(by, set(flows)).items()]


def institutions(
    cut: Cut, *, before: int | None = None, after: int | None = None, limit: int | None = 500
) -> list[Moved]:
    """Return the institutions of a cut that went from class `before` to `after`; without these all that moved."""
    old = CooperativeYear.alias()
    query = _pairs(
        old, cut, Cooperative.id, Cooperative.registration_number, Cooperative.name, Unit.short, old.strength_class,
        CooperativeYear.strength_class,
    )  # fmt: skip
    if before is None or after is None:
        query = query.where(old.strength_class != CooperativeYear.strength_class)
    else:
        query = query.where(old.strength_class == before, CooperativeYear.strength_class == after)
    return [Moved(*row) for row in tuples(query.order_by(Cooperative.name_sort, Cooperative.id).limit(limit))]


def _pairs(before: Any, cut: Cut, *columns: Any) -> ModelSelect:
    """Ask for `columns` of every institution of a cut with a class in both years; `before` is the earlier one."""
    year = FiscalYear.select(FiscalYear.id)
    query = (
        CooperativeYear.select(*columns)
        .join_from(CooperativeYear, before, on=(before.cooperative == CooperativeYear.cooperative))
        .join_from(CooperativeYear, Cooperative, on=(CooperativeYear.cooperative == Cooperative.id))
        .join_from(Cooperative, Unit, on=(Cooperative.unit == Unit.id))
        .where(
            CooperativeYear.fiscal_year == year.where(FiscalYear.year == cut.year),
            before.fiscal_year == year.where(FiscalYear.year == cut.year - 1),
            before.strength_class.is_null(False),
            CooperativeYear.strength_class.is_null(False),
        )
    )
    wanted = {
        Cooperative.unit: cut.unit, Cooperative.type: cut.kind, Cooperative.province: cut.province,
        Cooperative.officer: cut.officer, Unit.region: cut.region, Cooperative.promotion_group: cut.group,
    }  # fmt: skip
    return query.where(*(column == value for column, value in wanted.items() if value is not None))
