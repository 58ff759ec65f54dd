"""The mapping of a target: which column holds what, under which heading, and the rules it is held to.

Nothing of the outside systems' upload layouts is public (domain.md section 11), so every rule of a column is data
that planning edits; only what the rules mean stands here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.errors import RuleBroken
from portal.rules import fiscal
from portal.rules.terms import Certainty

Value = str | int | Decimal | dt.date | None
"""What a record holds in one field. Money is Decimal baht."""


class CellKind(StrEnum):
    """How a value is written in a column."""

    TEXT = "text"
    DIGITS = "digits"  # digits only, and always text: a code
    WHOLE = "whole"  # a whole number
    DECIMAL = "decimal"  # a number with at most so many decimals
    MONEY = "baht"  # an amount in baht, always with two decimals
    DAY_THAI = "day_thai"  # 31/05/2566
    DAY_ISO = "day_iso"  # 2023-05-31


NUMBERS = (CellKind.WHOLE, CellKind.DECIMAL, CellKind.MONEY)
SATANG = 2
MOST_COLUMNS = 80
LONGEST_TEXT = 4_000


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its heading, where its value comes from, and the rules it is held to.

    `source` names a field of the target; empty, the column holds `fixed`. `codes` names a list of the mapping by which
    our words become the other system's codes. `certainty` says how sure the column is, `note` why.
    """

    heading: str
    source: str = ""
    fixed: str = ""
    required: bool = False
    longest: int = 0  # letters; 0 = no limit
    kind: CellKind = CellKind.TEXT
    decimals: int = 0
    codes: str = ""
    certainty: Certainty = Certainty.INFERRED
    note: str = ""


@dataclass(frozen=True)
class Leaf:
    """One sheet of a mapping: its slug is the target's, its title heads the worksheet."""

    sheet: str
    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class CodeList:
    """Our words and the other system's codes for them."""

    title: str
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """The whole mapping of one target."""

    leaves: tuple[Leaf, ...]
    lists: Mapping[str, CodeList]

    def leaf(self, sheet: str) -> Leaf | None:
        """Return a sheet by its slug."""
        return next((leaf for leaf in self.leaves if leaf.sheet == sheet), None)


def written(column: Column, value: Value, lists: Mapping[str, CodeList]) -> str:
    """Return a value as it stands in the column: text, exact, without thousands commas. Empty for nothing.

    Raises RuleBroken, naming what the column asks for, when the value does not fit it.
    """
    if not column.source:
        value = column.fixed
    text = _text(column, value)
    if column.codes and text:
        known = lists.get(column.codes)
        if known is None or text not in known.codes:
            raise RuleBroken("“{text}” is not in the code list “{codes}”.", text=text[:80], codes=column.codes)
        text = known.codes[text]
    if not text:
        if column.required:
            raise RuleBroken("This must not be empty.")
        return ""
    _check_form(column, text)
    if column.longest and len(text) > column.longest:
        raise RuleBroken("{n} letters where at most {longest} may stand.", n=len(text), longest=column.longest)
    return text


def _text(column: Column, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.date):
        if column.kind is CellKind.DAY_ISO:
            return value.isoformat()
        return f"{value.day:02d}/{value.month:02d}/{value.year + fiscal.ERA}"
    if isinstance(value, Decimal):
        plain = format(value, "f")
        bare = plain.rstrip("0").rstrip(".") if "." in plain else plain
        bare = "0" if bare in ("-0", "") else bare
        exact = column.kind is CellKind.MONEY and len(bare.partition(".")[2]) <= SATANG
        return f"{Decimal(bare):.{SATANG}f}" if exact else bare
    if isinstance(value, int):
        return f"{value}.00" if column.kind is CellKind.MONEY else str(value)
    return " ".join(value.split())


_SHAPES = {
    CellKind.DIGITS: (re.compile(r"\d+", re.ASCII), "“{text}” may hold digits only."),
    CellKind.WHOLE: (re.compile(r"-?\d+", re.ASCII), "“{text}” is not a whole number."),
    CellKind.DECIMAL: (re.compile(r"-?\d+(\.\d+)?", re.ASCII), "“{text}” is not a number."),
    CellKind.MONEY: (re.compile(r"-?\d+\.\d\d", re.ASCII), "“{text}” is not an amount in baht and satang."),
    CellKind.DAY_THAI: (re.compile(r"\d\d/\d\d/2[4-7]\d\d", re.ASCII), "“{text}” is not a day like 31/05/2566."),
    CellKind.DAY_ISO: (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), "“{text}” is not a day like 2023-05-31."),
}


def _check_form(column: Column, text: str) -> None:
    if column.kind in _SHAPES:
        shape, msgid = _SHAPES[column.kind]
        if not shape.fullmatch(text):
            raise RuleBroken(msgid, text=text[:80])
    if column.kind is CellKind.DECIMAL and len(text.partition(".")[2]) > column.decimals:
        raise RuleBroken("“{text}” has more than {decimals} decimals.", text=text[:80], decimals=column.decimals)


# ---------------------------------------------------------------- a mapping as it is kept


def as_json(mapping: Layout) -> dict[str, Any]:
    """Return a mapping as plain values, as it is kept and exchanged."""
    return {
        "sheets": [
            {
                "sheet": leaf.sheet,
                "title": leaf.title,
                "columns": [
                    {
                        name: str(value) if isinstance(value, StrEnum) else value
                        for name, value in vars(column).items()
                        if value != _PLAIN[name] or name == "heading"
                    }
                    for column in leaf.columns
                ],
            }
            for leaf in mapping.leaves
        ],
        "lists": {name: {"title": one.title, "codes": dict(one.codes)} for name, one in mapping.lists.items()},
    }


_PLAIN = vars(Column(""))


def from_json(held: Any) -> Layout:
    """Read a mapping from plain values. Raises RuleBroken, with the sheet and the column, for what cannot be one."""
    try:
        lists = {
            str(name): CodeList(str(one["title"]), {str(ours): str(theirs) for ours, theirs in one["codes"].items()})
            for name, one in held.get("lists", {}).items()
        }
        leaves = tuple(
            Leaf(str(leaf["sheet"]), str(leaf["title"]), tuple(_column(column) for column in leaf["columns"]))
            for leaf in held["sheets"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise RuleBroken("This is no mapping: {reason}", reason=str(wrong)[:200]) from wrong
    return Layout(leaves, lists)


def _column(held: Mapping[str, Any]) -> Column:
    if unknown := set(held) - set(_PLAIN):
        raise ValueError(f"{sorted(unknown)[0]}?")
    return Column(
        **{**held, "kind": CellKind(held.get("kind", CellKind.TEXT)),
           "certainty": Certainty(held.get("certainty", Certainty.INFERRED))}
    )  # fmt: skip


def check_mapping(mapping: Layout, fields: Mapping[str, frozenset[str]]) -> None:
    """Refuse a mapping that cannot be filled. `fields` are the fields each sheet of the target has, by its slug."""
    for leaf in mapping.leaves:
        known = fields.get(leaf.sheet)
        if known is None:
            raise RuleBroken("This target has no sheet “{sheet}”.", sheet=leaf.sheet)
        if not 1 <= len(leaf.columns) <= MOST_COLUMNS:
            raise RuleBroken("“{sheet}” needs from 1 to {most} columns.", sheet=leaf.title, most=MOST_COLUMNS)
        seen: set[str] = set()
        for number, column in enumerate(leaf.columns, 1):
            _check_column(mapping, leaf, number, column, known)
            if column.heading in seen:
                raise RuleBroken(
                    "The heading “{text}” stands twice in “{sheet}”.", text=column.heading, sheet=leaf.title
                )
            seen.add(column.heading)
    if {leaf.sheet for leaf in mapping.leaves} != set(fields) or len(mapping.leaves) != len(fields):
        raise RuleBroken("Every sheet of the target stands in its mapping once.")


def _check_column(mapping: Layout, leaf: Leaf, number: int, column: Column, known: frozenset[str]) -> None:
    where: dict[str, Any] = {"sheet": leaf.title, "n": number}
    if not column.heading.strip():
        raise RuleBroken("Column {n} of “{sheet}” has no heading.", field="heading", **where)
    if column.source and column.source not in known:
        raise RuleBroken("Column {n} of “{sheet}” asks for “{text}”, which is not there.", text=column.source, **where)
    if column.codes and column.codes not in mapping.lists:
        raise RuleBroken("Column {n} of “{sheet}” names a code list that is not there.", **where)
    if not 0 <= column.longest <= LONGEST_TEXT or not 0 <= column.decimals <= 4:
        raise RuleBroken(
            "Column {n} of “{sheet}”: at most {most} letters and four decimals.", most=LONGEST_TEXT, **where
        )
