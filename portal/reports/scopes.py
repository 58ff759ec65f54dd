"""Whose book it is: the whole department's, one office's, one region's or one division's; and which books there are.

A subject is a time and, after a slash, the code of what the book is of: `2566`, `2566/P40`, `2566/C-AGR`,
`2566-05/R12`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from models import Region, Unit
from portal.errors import RuleBroken
from portal.reports import books
from portal.reports.books import Book
from portal.reports.chapter import Cut
from portal.rules import fiscal
from portal.rules.editions import ScopeKind
from portal.rules.terms import RunKind, UnitKind


@dataclass(frozen=True)
class Scope:
    """Whose records: `unit` is the identifier of the office or division, None for a region and the department."""

    kind: ScopeKind
    code: str = ""
    name: str = ""
    unit: int | None = None
    short: str = ""


NATION = Scope(ScopeKind.NATION)


def fiscal_cut(kind: RunKind, subject: str) -> tuple[int, int | None]:
    """Return (fiscal year, fiscal month) of a month's pack, or (fiscal year, None) of a year's book.

    Raises RuleBroken for a subject that is neither.
    """
    time = subject.partition("/")[0]
    if kind is RunKind.PACK:
        try:
            return fiscal.parse_month(time)
        except ValueError:
            raise RuleBroken("A pack is asked for by month, such as 2566-05.", field="subject") from None
    if not (time.isascii() and time.isdigit() and 2400 <= int(time) <= 2700):
        raise RuleBroken("A book is asked for by year, such as 2566.", field="subject")
    return int(time), None


def scope_of(subject: str) -> Scope:
    """Return whose book a subject means. Raises RuleBroken for a code that is no office, region or division."""
    _, slash, code = subject.partition("/")
    if not slash:
        return NATION
    unit = Unit.get_or_none(Unit.code == code)
    if unit is not None:
        is_office = unit.kind == UnitKind.PROVINCIAL
        return Scope(ScopeKind.OFFICE if is_office else ScopeKind.DIVISION, unit.code, unit.name, unit.id, unit.short)
    region = Region.get_or_none(Region.code == code)
    if region is None:
        raise RuleBroken(
            "There is no office, region or division with the code “{code}”.", field="scope", code=code[:20]
        )
    return Scope(ScopeKind.REGION, region.code, region.name)


def book_of(kind: RunKind, scope: Scope) -> Book:
    """Return the book of this kind and scope. Raises RuleBroken where there is none, such as a division's pack."""
    for book in books.BOOKS.values():
        if book.kind is kind and book.scope is scope.kind:
            return book
    raise RuleBroken(
        "A pack is made of the whole department or of a region, a book of the department, an office or a division.",
        field="scope",
    )


def cut_of(kind: RunKind, subject: str, *, at: dt.datetime, is_demo: bool) -> tuple[Book, Cut]:
    """Return the book that a subject means and the cut of the records it shows. Raises RuleBroken as the others do."""
    year, month = fiscal_cut(kind, subject)
    scope = scope_of(subject)
    cut = Cut(
        fiscal_year=year,
        period=month,
        cut_at=at,
        is_demo=is_demo,
        unit_code=scope.code if scope.kind is ScopeKind.OFFICE else None,
        region_code=scope.code if scope.kind is ScopeKind.REGION else None,
        division_code=scope.code if scope.kind is ScopeKind.DIVISION else None,
        scope_name=scope.name,
        scope_short=scope.short or scope.name,
    )
    return book_of(kind, scope), cut


def offices_of(time: str) -> list[str]:
    """Return the subjects of every office's book of a year that has offices now, by their codes."""
    open_ = Unit.select(Unit.code).where(Unit.kind == UnitKind.PROVINCIAL, Unit.closed_on.is_null())
    return [f"{time}/{code}" for (code,) in open_.order_by(Unit.code).tuples()]
