"""From records to the rows of a dispatch: each cell as its column wants it, and a list of the cells that do not fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.errors import RuleBroken
from portal.exports.target import About, Record, Target
from portal.rules import mappings
from portal.rules.handoffs import Span
from portal.rules.mappings import NUMBERS, CellKind, Layout


@dataclass(frozen=True)
class Heading:
    """A column as it was written: its heading and how its cells are to be read."""

    text: str
    kind: CellKind

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers; all else is text, codes too."""
        return self.kind in NUMBERS


@dataclass(frozen=True)
class Row:
    """One row: its key and its cells as text."""

    key: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Filled:
    """One sheet with its rows."""

    slug: str
    title: str
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Data:
    """Everything a dispatch says, without a word of who made it when: the same figures are the same text."""

    system: str
    period: str
    is_provisional: bool
    sheets: tuple[Filled, ...]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    def text(self) -> str:
        """Return it as one text, the same for the same figures."""
        plain = {
            "system": self.system,
            "period": self.period,
            "provisional": self.is_provisional,
            "sheets": [
                {
                    "sheet": sheet.slug,
                    "title": sheet.title,
                    "headings": [[h.text, str(h.kind)] for h in sheet.headings],
                    "rows": [[row.key, *row.cells] for row in sheet.rows],
                }
                for sheet in self.sheets
            ],
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def sha256(self) -> str:
        """Return the hash of its text."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def from_text(text: str) -> Data:
    """Read what `Data.text` wrote."""
    held: dict[str, Any] = json.loads(text)
    return Data(
        held["system"],
        held["period"],
        held["provisional"],
        tuple(
            Filled(
                sheet["sheet"],
                sheet["title"],
                tuple(Heading(said, CellKind(kind)) for said, kind in sheet["headings"]),
                tuple(Row(key, tuple(cells)) for key, *cells in sheet["rows"]),
            )
            for sheet in held["sheets"]
        ),
    )


@dataclass(frozen=True)
class Violation:
    """A cell that does not fit its column: sheet and column as they are headed, the row of the file (from 2), why.

    `about` is the record to be mended.
    """

    sheet: str
    row: int
    column: str
    key: str
    error: RuleBroken
    about: About


@dataclass(frozen=True)
class Composed:
    """The rows of a dispatch and what is wrong with them; a cell that does not fit is left as near as can be."""

    data: Data
    violations: tuple[Violation, ...]


def compose(
    target: Target, span: Span, *, is_provisional: bool, layout: Layout, gathered: Mapping[str, Sequence[Record]]
) -> Composed:
    """Fill the mapping with the records gathered."""
    filled, wrong = [], []
    for leaf in layout.leaves:
        as_pages = target.sheet(leaf.sheet).as_pages
        rows = []
        for number, record in enumerate(gathered[leaf.sheet], 1):
            cells = []
            for place, column in enumerate(leaf.columns):
                value = record.values.get(column.source)
                try:
                    cells.append(mappings.written(column, value, layout.lists))
                except RuleBroken as error:
                    cells.append("" if value is None else str(value))
                    about = record.abouts.get(column.source, record.about)
                    row = place + 2 if as_pages else number + 1
                    title = leaf.title if not as_pages else f"{leaf.title} {number}"
                    wrong.append(Violation(title, row, column.heading, record.key, error, about))
            rows.append(Row(record.key, tuple(cells)))
        headings = tuple(Heading(column.heading, column.kind) for column in leaf.columns)
        filled.append(Filled(leaf.sheet, leaf.title, headings, tuple(rows)))
    return Composed(Data(target.slug, str(span), is_provisional, tuple(filled)), tuple(wrong))


# ---------------------------------------------------------------- what changed


@dataclass(frozen=True)
class Change:
    """One difference between two dispatches: a cell, or a whole row that came (`before` empty) or went.

    `heading` is empty for a whole row.
    """

    sheet: str
    title: str
    key: str
    heading: str
    before: str
    after: str

    @property
    def what(self) -> str:
        """`cell`, `added` or `removed`."""
        return "cell" if self.heading else "added" if self.after else "removed"


def difference(before: Data, after: Data) -> list[Change]:
    """Return what changed from one dispatch to the next, cell by cell, by the keys of rows and the headings."""
    made = []
    old = {sheet.slug: sheet for sheet in before.sheets}
    for sheet in after.sheets:
        was = old.get(sheet.slug)
        held = {} if was is None else {row.key: _named(was, row) for row in was.rows}
        for row in sheet.rows:
            now, then = _named(sheet, row), held.pop(row.key, None)
            if then is None:
                made.append(Change(sheet.slug, sheet.title, row.key, "", "", _brief(row)))
                continue
            for heading in dict.fromkeys((*now, *then)):
                if now.get(heading, "") != then.get(heading, ""):
                    one, two = then.get(heading, ""), now.get(heading, "")
                    made.append(Change(sheet.slug, sheet.title, row.key, heading, one, two))
        for key, then in held.items():
            made.append(Change(sheet.slug, sheet.title, key, "", " · ".join(v for v in then.values() if v)[:200], ""))
    return made


def _named(sheet: Filled, row: Row) -> dict[str, str]:
    return {heading.text: cell for heading, cell in zip(sheet.headings, row.cells, strict=True)}


def _brief(row: Row) -> str:
    return " · ".join(cell for cell in row.cells if cell)[:200] or row.key


def only_changed(data: Data, changes: Sequence[Change]) -> Data:
    """Return the rows that came or changed, whole; rows that went are told in the list of changes alone."""
    wanted = {(change.sheet, change.key) for change in changes}
    sheets = tuple(
        Filled(
            sheet.slug, sheet.title, sheet.headings,
            tuple(row for row in sheet.rows if (sheet.slug, row.key) in wanted),
        )
        for sheet in data.sheets
    )  # fmt: skip
    return Data(data.system, data.period, data.is_provisional, sheets)
