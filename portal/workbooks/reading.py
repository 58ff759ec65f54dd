"""Read a workbook that an office sent in: whose it is, and what stands in each of its answer cells, as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from portal.errors import PortalError, RuleBroken
from portal.forms.spec import FormSpec
from portal.forms.values import Cell
from portal.workbooks import identity, layout, safe
from portal.workbooks.identity import ForeignWorkbook, Identity, Leaf
from portal.workbooks.safe import Book, Limits

# An office's forms for one period: a hundred sheets of some thousand cells.
OFFICE = Limits(
    packed=8 * 1024 * 1024, unpacked=64 * 1024 * 1024, sheets=250, rows=20_000, columns=200, cells=400_000
)  # fmt: skip


@dataclass
class Read:
    """One form as it was filled in. `typed` holds every answer cell that is not empty; `faults` what is no text at all.

    `reasons` are by question's or table's key and row.
    """

    leaf: Leaf
    typed: dict[Cell, str] = field(default_factory=dict)
    faults: dict[Cell, PortalError] = field(default_factory=dict)
    reasons: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A whole workbook as it came back."""

    identity: Identity
    forms: tuple[Read, ...]


def read(file: Path | str | BinaryIO, settle: Callable[[Identity], Callable[[Leaf], FormSpec]], *, secret: str) -> Sent:
    """Return what stands in a workbook.

    `settle` is told first whose workbook it is; it refuses it, or returns what gives the description with which each
    of its forms was made. Raises FileRefused for what cannot be opened safely, ForeignWorkbook for what is not ours.
    """
    with safe.open_safely(file, limits=OFFICE) as book:
        own = identity.read(book, secret)
        spec_of = settle(own)
        return Sent(own, tuple(_form(book, leaf, spec_of(leaf)) for leaf in own.leaves))


def whose(file: Path | str | BinaryIO, *, secret: str) -> Identity:
    """Return what a workbook says of itself, its seal checked."""
    with safe.open_safely(file, limits=OFFICE) as book:
        return identity.read(book, secret)


def _form(book: Book, leaf: Leaf, spec: FormSpec) -> Read:
    if leaf.sheet not in book.sheets:
        raise ForeignWorkbook(
            "The sheet “{name}” is missing from this workbook, or has another name.", rule="sheet", name=leaf.sheet
        )
    plan = layout.lay_out(spec, leaf.rows)
    cells = {spot: cell for cell, spot in plan.spots.items() if layout.is_answered(spec.asked[cell.key])}
    reasons = {spot: where for where, spot in plan.reasons.items()}
    found = Read(leaf)
    for row in book.rows(leaf.sheet):
        for held in row:
            spot = (held.row - 1, held.column - 1)
            if (cell := cells.get(spot)) is not None:
                _note(found, cell, held)
            elif (where := reasons.get(spot)) is not None and (text := typed(held).strip()):
                found.reasons[where] = text
    return found


def _note(found: Read, cell: Cell, held: safe.Cell) -> None:
    if held.is_formula:
        found.faults[cell] = RuleBroken("A formula stands here. Type the value itself.", field=cell.key)
        found.typed[cell] = held.formula
    elif held.is_error:
        found.faults[cell] = RuleBroken(
            "“{text}” is an error of Excel, not an answer.", field=cell.key, text=held.value
        )
        found.typed[cell] = str(held.value)
    elif text := typed(held):
        found.typed[cell] = text


def typed(held: safe.Cell) -> str:
    """Return a cell's value as somebody would have typed it into the page; nothing for a formula."""
    value = held.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        number = value * 100 if held.is_percent else value
        return format(number.normalize() if number else Decimal(0), "f") + ("%" if held.is_percent else "")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
