"""What an import is: a shape reads a file into a Statement, which says whose money, as of when, line by line.

A shape only reads. It refuses nothing by itself: whatever is wrong with a file is listed by sheet, row and column, so
that all of it can be mended at once, and so that the file's own totals can be held against the sum of its lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.errors import PortalError, RuleBroken
from portal.imports.rows import HEAD, Number, Row, Sheet, letter
from portal.rules import gfmis
from portal.rules.inputs import parse_text

AMOUNTS = ("act", "after_transfers", "received", "disbursed", "ordered", "reserved")
"""The amounts a line may carry, in satang; None where its shape has no such column."""

MOST_FAULTS = 500


@dataclass(slots=True)
class Line:
    """One line of money as the file has it. `month` is a fiscal month, None in a statement of sums to date."""

    row: int
    code: str = ""
    name: str = ""
    unit: str = ""
    project: str = ""
    category: str = ""
    nature: str = ""
    month: int | None = None
    act: int | None = None
    after_transfers: int | None = None
    received: int | None = None
    disbursed: int | None = None
    ordered: int | None = None
    reserved: int | None = None

    def put(self, amounts: Mapping[str, int]) -> Line:
        """Set the amounts named, and return the line."""
        for name, value in amounts.items():
            setattr(self, name, value)
        return self


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file, and where; row and column are empty where it concerns the whole."""

    error: PortalError
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; the sentence stays untranslated until somebody reads it."""
        values = {k: v if isinstance(v, (int, list)) else str(v) for k, v in self.error.values.items()}
        return {
            "sheet": self.sheet, "row": self.row, "column": self.column,
            "says": self.error.msgid, "values": values,
        }  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What a person says about a file that the file may not say itself; what both say must agree."""

    year: int | None = None
    as_of: dt.date | None = None
    unit: str = ""


@dataclass
class Statement:
    """What was read. `months` are the months that the lines speak of; a statement of sums to date speaks of one.

    `totals` are the sums the file itself prints, by amount; `checked` counts the title and sub-total rows that were
    held against the lines and not taken in.
    """

    shape: str
    sheet: str = ""
    year: int | None = None
    as_of: dt.date | None = None
    is_cumulative: bool = True
    covers_one_unit: bool = False
    months: tuple[int, ...] = ()
    lines: list[Line] = field(default_factory=list)
    totals: dict[str, int] | None = None
    titles: int = 0
    checked: int = 0
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    def fault(self, error: PortalError, row: int | None = None, column: int | None = None) -> None:
        """Note something wrong at a row and a column (from 0)."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(error, self.sheet, row, "" if column is None else letter(column + 1)))

    def sums(self) -> dict[str, int]:
        """Return the sum of the lines for every amount that the shape carries."""
        made = {}
        for name in AMOUNTS:
            known = [value for line in self.lines if (value := getattr(line, name)) is not None]
            if known:
                made[name] = sum(known)
        return made


@dataclass(frozen=True)
class Shape:
    """One kind of file: its `slug`, its name for people, how it is told from others and how it is read.

    `heading` finds the row of headings among the first rows, or returns None: then the file is of another shape.
    """

    slug: str
    title: str
    heading: Callable[[Sequence[Row]], Heading | None]
    read: Callable[[Sheet, Heading, Given], Statement]


# ---------------------------------------------------------------- headings


@dataclass(frozen=True)
class Heading:
    """Where the headings stand (rows from `first` to `last`) and which column holds what, from 0.

    `twice` are columns with a heading that another column has already.
    """

    first: int
    last: int
    columns: Mapping[str, int]
    twice: tuple[int, ...] = ()
    text: tuple[str, ...] = ()

    def holds(self, row: Sequence[str]) -> bool:
        """Return whether a row repeats these headings: a second file may have been glued on."""
        known = [index for index in self.columns.values() if index < len(self.text) and self.text[index]]
        limit = len(row)
        missed = 0
        for index in known:
            missed += index >= limit or gfmis.plain(row[index]) != self.text[index]
            if missed > 1:
                return False
        return len(known) > 2


Wanted = Mapping[str, Sequence[str]]
"""Names of columns, and the headings by which each is known."""


def find_heading(head: Sequence[Row], wanted: Wanted, needed: Iterable[str], *, depth: int = 1) -> Heading | None:
    """Return the first row (or up to `depth` rows under one another) that holds all `needed` headings."""
    known = {gfmis.plain(text): name for name, texts in wanted.items() for text in texts}
    needs = set(needed)
    for start in range(min(len(head), HEAD)):
        best: Heading | None = None
        for rows in range(1, depth + 1):
            made = _heading(head[start : start + rows], known)
            if not needs <= set(made.columns):
                continue
            # A row that only says "(บาท)" belongs to the headings, though it names no column.
            says_units = start + rows <= len(head) and _is_of_units(head[start + rows - 1][1])
            if best is None or len(made.columns) > len(best.columns) or says_units:
                best = made
        if best is not None:
            return best
    return None


def _heading(rows: Sequence[Row], known: Mapping[str, str]) -> Heading:
    columns: dict[str, int] = {}
    twice = []
    texts = _stacked([cells for _, cells in rows])
    for index, text in enumerate(texts):
        name = known.get(text)
        if name in columns:
            twice.append(index)
        elif name is not None:
            columns[name] = index
    return Heading(rows[0][0], rows[-1][0], columns, tuple(twice), tuple(texts))


def _is_of_units(row: Sequence[str]) -> bool:
    return all(cell.strip().startswith("(") for cell in row if cell.strip())


def _stacked(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one heading a column: a group's title goes before the titles under it."""
    width = max((len(cells) for cells in rows), default=0)
    said = [""] * width
    for number, cells in enumerate(rows):
        above = ""
        for index in range(width):
            text = gfmis.plain(cells[index]) if index < len(cells) else ""
            if number < len(rows) - 1:
                # A merged title stands in its first cell only; it covers the cells right of it that have titles below.
                under = any(index < len(low) and gfmis.plain(low[index]) for low in rows[number + 1 :])
                above = text or (above if under else "")
                said[index] += above
            else:
                said[index] += text
    return said


# ---------------------------------------------------------------- reading a row


def text_at(row: Sequence[str], heading: Heading, name: str) -> str:
    """Return the tidied text of a named column, empty where there is none."""
    index = heading.columns.get(name)
    return gfmis.tidy(row[index]) if index is not None and index < len(row) else ""


def note_lost_words(statement: Statement, number: int, row: Sequence[str], heading: Heading, *names: str) -> None:
    """Note the named columns of a row in which a spreadsheet made a number of a name or code."""
    for name in names:
        index = heading.columns.get(name)
        if index is not None and index < len(row) and row[index][:1].isdigit():
            try:
                gfmis.check_words(row[index], is_number=isinstance(row[index], Number))
            except RuleBroken as wrong:
                statement.fault(wrong, number, index)


def amounts_at(
    statement: Statement,
    number: int,
    row: Sequence[str],
    heading: Heading,
    names: Iterable[str],
    unit: int = gfmis.BAHT,
) -> dict[str, int]:
    """Return the satang of the named columns of a row; each that cannot be read is noted and left out."""
    found = {}
    for name in names:
        index = heading.columns.get(name)
        if index is None:
            continue
        cell = row[index] if index < len(row) else ""
        try:
            found[name] = gfmis.stored_amount(cell, unit) if isinstance(cell, Number) else gfmis.amount(cell, unit)
        except RuleBroken as wrong:
            statement.fault(wrong, number, index)
    return found


def begin(shape: str, sheet: Sheet, heading: Heading, given: Given) -> Statement:
    """Return an empty statement with what the titles above the headings say, held against what the person said."""
    made = Statement(shape, sheet.name)
    for index in heading.twice:
        made.fault(
            RuleBroken("The heading “{text}” stands twice.", text=_text_of(sheet, heading, index)), heading.first, index
        )
    for number, row in sheet.head:
        if number >= heading.first:
            break
        for index, cell in enumerate(row):
            made.as_of = made.as_of or gfmis.day_in(cell)
            _note_year(made, gfmis.year_in(cell), number, index)
        made.titles += 1
    _agree(made, given)
    return made


def _text_of(sheet: Sheet, heading: Heading, index: int) -> str:
    for number, row in sheet.head:
        if number == heading.last and index < len(row):
            return parse_text(row[index])[:60]
    return ""


def _note_year(made: Statement, year: int | None, row: int, column: int) -> None:
    if year is None:
        return
    if made.year not in (None, year):
        made.fault(
            RuleBroken("Two fiscal years in one file: {year} and {other}.", year=made.year, other=year), row, column
        )
    made.year = made.year or year


def _agree(made: Statement, given: Given) -> None:
    if given.as_of is not None:
        if made.as_of not in (None, given.as_of):
            made.fault(
                RuleBroken("The file is of {day}, not of {other}.", day=_day(made.as_of), other=_day(given.as_of))
            )
        made.as_of = made.as_of or given.as_of


def _day(day: dt.date | None) -> str:
    return "" if day is None else f"{day:%d/%m}/{day.year + 543}"


def finish(made: Statement, sheet: Sheet, heading: Heading, given: Given, last_row: int) -> Statement:
    """Settle year and month, and note what the whole file lacks. Call when every row is read."""
    for top, left, bottom, right in sheet.merged:
        if bottom > heading.last and top <= last_row and (bottom, right) != (top, left) and top > heading.last:
            made.fault(
                RuleBroken("Merged cells lie across the data. Undo the merging and export again."), top, left - 1
            )
    if made.is_cumulative:
        _settle_day(made)
    if given.year is not None and made.year not in (None, given.year):
        made.fault(
            RuleBroken("The file is of fiscal year {year}, not of {other}.", year=made.year or 0, other=given.year)
        )
    made.year = made.year or given.year
    if made.year is None:
        made.fault(RuleBroken("The file does not say which fiscal year it is of. Please say so."))
    if not made.lines and not made.fault_count:
        made.fault(RuleBroken("The file has headings but no line of money."))
    return made


def _settle_day(made: Statement) -> None:
    if made.as_of is None:
        made.fault(RuleBroken("The file does not say of which day its figures are. Please say so."))
        return
    day = made.as_of
    year, month = day.year + 543 + (day.month >= 10), (day.month - 10) % 12 + 1
    if made.year is not None and year != made.year:
        made.fault(
            RuleBroken(
                "{day} does not lie in fiscal year {year}: is this the file of another year?",
                day=_day(day),
                year=made.year,
            )
        )
    made.year = made.year or year
    made.months = (month,)


def note_repeated_heading(made: Statement, number: int) -> None:
    """Note that the headings stand again in the midst of the data."""
    made.fault(RuleBroken("The headings stand here again: two files may have been put into one."), number)


class Blocks:
    """Holds sub-totals against the lines above them. One closes its block; one of higher rank closes several."""

    def __init__(self) -> None:
        self._closed: list[dict[str, int]] = []
        self._open: dict[str, int] = {}
        self._has_lines = False

    def add(self, amounts: Mapping[str, int]) -> None:
        """Count a line."""
        self._has_lines = True
        for name, value in amounts.items():
            self._open[name] = self._open.get(name, 0) + value

    def close(self, said: Mapping[str, int]) -> bool:
        """Return whether a sub-total is the sum of the lines since the last one, or of the last few blocks."""
        if not self._has_lines and not any(said.values()):
            return True
        whole = dict(self._open)
        for back in range(len(self._closed) + 1):
            if back:
                for name, value in self._closed[-back].items():
                    whole[name] = whole.get(name, 0) + value
            if all(whole.get(name, 0) == value for name, value in said.items()) and (self._has_lines or back):
                if back:
                    del self._closed[-back:]
                self._closed.append(whole)
                self._open, self._has_lines = {}, False
                return True
        self._closed.append(dict(self._open))
        self._open, self._has_lines = {}, False
        return False


def is_total(text: str) -> bool:
    """Return whether a row's title says that it is the sum of the whole file."""
    tidy = gfmis.plain(text)
    return tidy.startswith(("รวมทั้งสิ้น", "รวมทั้งหมด", "grandtotal", "ยอดรวมทั้งสิ้น", "รวมทั้งประเทศ"))


def is_subtotal(text: str) -> bool:
    """Return whether a row's title says that it is the sum of some lines."""
    tidy = gfmis.plain(text)
    return tidy.startswith(("รวม", "ยอดรวม", "total", "subtotal", "sub-total"))
