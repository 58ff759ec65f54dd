"""Passports of printed figures: for each its key, its exact value, and the formula over inputs it follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal import formats
from portal.reports import snapshot
from portal.rules.formulas import Formula, Inputs, Sheet

SHOWN_AS = {
    "share": lambda value: formats.percent(value),
    "points": lambda value: formats.percent(value, 1, sign=True),
    "count": lambda value: formats.num(value),
    "million": lambda value: formats.million(None if value is None else int(value)),
    "quantity1": lambda value: formats.num(value, 1),
    "quantity2": lambda value: formats.num(value, 2),
    "standing": lambda value: str(value),
}


@dataclass(frozen=True)
class Figure:
    """One printed figure. `shown_as` names how its exact value is written; `label` says in words what it is."""

    key: str
    chapter: str
    label: str
    shown_as: str
    value: Decimal | str | None
    formula: Formula

    @property
    def shown(self) -> str:
        """Return the figure as it is printed."""
        return SHOWN_AS[self.shown_as](self.value)


@dataclass
class Passports:
    """All figures of a book that have a passport, and the tables of inputs they follow from.

    `names` gives the words for codes in the inputs: offices, indicators, projects.
    """

    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, Inputs] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(
        self, chapter: str, key: str, label: str, shown_as: str, value: Decimal | int | str | None, formula: Formula
    ) -> None:
        """Take in one figure of a chapter."""
        name = f"{chapter}.{key}"
        exact = Decimal(value) if isinstance(value, int) else value
        self.figures[name] = Figure(name, chapter, label, shown_as, exact, formula)

    def sheet(self) -> Sheet:
        """Return the formulas ready to be worked out."""
        return Sheet(self.tables, {key: figure.formula for key, figure in self.figures.items()})


def plain(passports: Passports) -> dict[str, Any]:
    """Return passports as what JSON can hold."""
    return {
        "figures": [
            [f.key, f.chapter, f.label, f.shown_as, snapshot.freeze(f.value), f.formula]
            for f in passports.figures.values()
        ],
        "tables": {
            name: {
                "columns": list(table.columns),
                "rows": [[*keys, [_plain_number(value) for value in values]] for keys, values in table.rows],
            }
            for name, table in passports.tables.items()
        },
        "names": passports.names,
    }


def thawed(given: Mapping[str, Any]) -> Passports:
    """Return what `plain` made, as passports again. Raises KeyError, ValueError or TypeError for anything else."""
    made = Passports(names={str(code): str(name) for code, name in given.get("names", {}).items()})
    for key, chapter, label, shown_as, value, formula in given.get("figures", ()):
        exact = value if value is None or shown_as == "standing" else Decimal(value)
        made.figures[key] = Figure(key, chapter, label, shown_as, exact, formula)
    for name, table in given.get("tables", {}).items():
        rows = tuple(
            (tuple(str(k) for k in keys), tuple(None if v is None else Decimal(v) for v in values))
            for *keys, values in table["rows"]
        )
        made.tables[name] = Inputs(tuple(table["columns"]), rows)
    return made


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the keys of figures (of two plain passports) whose values are not the same, in the order of the new."""
    before = {figure[0]: figure[4] for figure in old.get("figures", ())}
    after = {figure[0]: figure[4] for figure in new.get("figures", ())}
    return [key for key in dict.fromkeys((*after, *before)) if before.get(key, "") != after.get(key, "")]


def _plain_number(value: Decimal | int | None) -> Any:
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == value.to_integral_value() else str(value)
