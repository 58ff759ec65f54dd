"""What an export is: a target, its sheets with the fields our records can fill, and the record that fills a row.

A target says what there is; which of it stands in which column, under which heading, by which rule, is a mapping that
planning edits (`rules.mappings`). So an outside system that changes its layout needs no new code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.exports.figures import Figures
from portal.formats import FISCAL_MONTHS
from portal.rules.handoffs import Span
from portal.rules.mappings import Value
from portal.rules.terms import Duty, PeriodKind

About = tuple[str, int]
"""A record of ours by table and number: where a value comes from, and where it is mended."""


@dataclass(frozen=True)
class Field:
    """Something a column may hold; `title` is what people choose it by."""

    name: str
    title: str


@dataclass(frozen=True)
class Record:
    """What one row is made of. `key` tells it from the others of its sheet from dispatch to dispatch.

    `about` is the record to be mended; `abouts` names another one for single fields.
    """

    key: str
    values: Mapping[str, Value]
    about: About
    abouts: Mapping[str, About] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a target. With `as_pages` each row is a page of its own in the workbook."""

    slug: str
    title: str
    fields: tuple[Field, ...]
    as_pages: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Return the names of its fields."""
        return frozenset(one.name for one in self.fields)


@dataclass(frozen=True)
class Target:
    """One outside system.

    `rhythm` is the period it is told of; `due_by` the duty whose day is its day, `meets` the duty that a delivered
    dispatch meets (None where no day is known, or where nothing is owed).
    """

    slug: str
    title: str
    owner: str
    rhythm: PeriodKind
    sheets: tuple[Sheet, ...]
    gather: Callable[[Figures, Span], Mapping[str, Sequence[Record]]]
    due_by: Duty | None = None
    meets: Duty | None = None

    def sheet(self, slug: str) -> Sheet:
        """Return one of its sheets."""
        return next(sheet for sheet in self.sheets if sheet.slug == slug)


def fields(*pairs: tuple[str, str]) -> tuple[Field, ...]:
    """Return fields from names and titles."""
    return tuple(Field(name, title) for name, title in pairs)


def by_month(name: str, title: str) -> tuple[Field, ...]:
    """Return twelve fields, October to September: `plan_01` is October's."""
    return tuple(Field(f"{name}_{n:02d}", f"{title} {month}") for n, month in enumerate(FISCAL_MONTHS, 1))


def months_of(name: str, values: Sequence[Value]) -> dict[str, Value]:
    """Return the values of the fields of `by_month`."""
    return {f"{name}_{n:02d}": value for n, value in enumerate(values, 1)}
