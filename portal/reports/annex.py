"""The annex of a book: every table that is printed in it, as a spreadsheet.

The tables are read off the very pages that are set, so that none is missing and each says what is on paper. Numbers are
numbers with the exact values they were rounded from; totals are formulas wherever they are the sum of what stands above
them. The same figures make the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from portal import formats
from portal.reports import render, sheets
from portal.reports.whole import NO_ISSUE, Issue

NOT_TABLES = frozenset({"toc", "list", "layout"})  # classes of tables that only arrange
PLAIN = re.compile(r"[+−-]?[0-9][0-9,]*(\.[0-9]+)?")
MARKED = re.compile(f"{render.EXACT[0]}([^{render.EXACT}]*){render.EXACT[1]}([^{render.EXACT}]*){render.EXACT[2]}")
VOID = frozenset({"br", "img", "col", "hr", "input", "meta", "link"})
FONT = "TH Sarabun New"
MOST_NAME = 31  # letters of a sheet's name
DIGITS = 15  # that a spreadsheet keeps


@dataclass
class Cell:
    """One cell: its words, its exact number if it is one, and over how many columns and rows it goes."""

    words: str
    number: Decimal | None = None
    across: int = 1
    down: int = 1


@dataclass
class Row:
    """A row of a table: of its head, or a plain, a zone's, a sub-total's or the total's."""

    kind: str
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Table:
    """A printed table with its caption, its source and the number and title of its chapter."""

    chapter: str
    caption: str
    rows: list[Row] = field(default_factory=list)
    source: str = ""


# ---------------------------------------------------------------- reading


def tables(text: str, issue: Issue = NO_ISSUE) -> list[Table]:
    """Return every table of a book frozen before, in print order."""
    frozen = sheets.thawed(text)
    made: list[Table] = []
    for sheet in sheets.sheets(frozen, issue):
        if sheet.chapter.in_contents:
            reader = _Reader(f"{sheet.number} {sheet.title}".strip())
            reader.feed(sheets.filled(sheet, frozen.book, frozen.cut, is_exact=True))
            made += reader.tables
    return made


class _Reader(HTMLParser):
    """Reads the tables of one page of ours; what a chart draws in a cell is left out."""

    def __init__(self, chapter: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self._chapter, self._said, self._caption = chapter, "", ""
        self._table: Table | None = None
        self._deep = 0
        self._silent = 0
        self._row: Row | None = None
        self._cell: list[str] | None = None
        self._about: tuple[int, int, bool] = (1, 1, False)
        self._in_head = False
        self._heard: list[str] | None = None
        self._hearing = ("", 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = set(given.get("class", "").split())
        if self._silent:
            self._silent += tag not in VOID
            return
        if tag == "svg" or (tag == "div" and "ch" in classes):
            self._silent = 1
            if self._cell is not None and given.get("aria-label") and "st" in classes:
                self._cell.append(f" {given['aria-label']} ")
            return
        if tag == "table":
            self._deep += 1
            if self._deep == 1 and not classes & NOT_TABLES:
                self._table = Table(self._chapter, self._caption or self._said or self._chapter)
                self._caption = ""
        elif self._table is not None and self._deep == 1:
            self._of_table(tag, given, classes)
        elif "none" in classes and self._table is None:
            self._caption = ""  # it was of a table that would be empty
        if self._cell is not None and tag in ("br", "div", "p"):
            self._cell.append(" ")
        if self._heard is not None:
            self._hearing = (self._hearing[0], self._hearing[1] + (tag not in VOID))
        elif self._table is None and (tag in ("h1", "h2", "h3") or classes & {"cap", "src"}):
            kind = "src" if "src" in classes else "cap" if "cap" in classes else "head"
            self._heard, self._hearing = [], (kind, 1)

    def _of_table(self, tag: str, given: dict[str, str], classes: set[str]) -> None:
        if tag in ("thead", "tbody"):
            self._in_head = tag == "thead"
        elif tag == "tr":
            kinds = [kind for kind in ("total", "subt", "zone") if kind in classes]
            self._row = Row("head" if self._in_head else kinds[0] if kinds else "plain")
        elif tag in ("td", "th") and self._row is not None:
            self._cell = []
            self._about = (int(given.get("colspan") or 1), int(given.get("rowspan") or 1), "n" in classes)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent -= 1
            return
        if self._heard is not None:
            kind, deep = self._hearing
            self._hearing = (kind, deep - 1)
            if deep == 1:
                self._learn(kind, _words("".join(self._heard)))
                self._heard = None
        if tag == "table":
            if self._deep == 1 and self._table is not None:
                if any(row.cells for row in self._table.rows):
                    self.tables.append(self._table)
                self._table = None
            self._deep -= 1
        elif self._table is not None and self._deep == 1:
            if tag in ("td", "th") and self._cell is not None and self._row is not None:
                self._row.cells.append(_cell("".join(self._cell), *self._about))
                self._cell = None
            elif tag == "tr" and self._row is not None:
                self._table.rows.append(self._row)
                self._row = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._heard is not None:
            self._heard.append(data)
        if self._cell is not None:
            self._cell.append(data)

    def _learn(self, kind: str, words: str) -> None:
        if kind == "src":
            for table in self.tables:
                table.source = table.source or words
        elif kind == "cap":
            self._caption = words
        else:
            self._said, self._caption = words, ""


def _words(text: str) -> str:
    return " ".join(MARKED.sub(lambda found: found[2], text).split())


def _cell(text: str, across: int, down: int, is_number: bool) -> Cell:
    marked, words = list(MARKED.finditer(text)), _words(text)
    bare = MARKED.sub("", text).strip().rstrip("0123456789")  # what is left may be the number of a footnote
    if len(marked) == 1 and not bare.strip() and is_number:
        return Cell(_words(marked[0].group()), _decimal(marked[0][1]), across, down)
    if not marked and is_number and PLAIN.fullmatch(words):
        return Cell(words, _decimal(words.replace(",", "").replace("−", "-")), across, down)
    return Cell(words, None, across, down)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


# ---------------------------------------------------------------- writing


def workbook(text: str, issue: Issue = NO_ISSUE) -> bytes:
    """Return the annex of a book frozen before, issued as `issue`, as a workbook: a list of tables, then each table."""
    frozen = sheets.thawed(text)
    book, cut = frozen.book, frozen.cut
    found = tables(text, issue)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    made = xlsxwriter.Workbook(out, options)
    made.set_properties({"title": book.title(cut), "author": "กรมส่งเสริมสหกรณ์", "created": cut.cut_at})
    looks = _Looks(made)
    about = f"{book.title(cut)} · {issue.words} · ตัดยอด {formats.moment(cut.cut_at)} · ชุดข้อมูล {frozen.sha256[:8]}"
    if cut.is_demo:
        about += " · ข้อมูลสาธิต ไม่ใช่ผลการดำเนินงานจริง"
    if not frozen.coverage.is_whole:
        about += f" · ข้อมูลยังไม่ครบ ส่งแล้ว {frozen.coverage.reported} จาก {frozen.coverage.owing} หน่วย"
    names = [f"{number} {_name(table)}"[:MOST_NAME].strip() for number, table in enumerate(found, 1)]
    front = made.add_worksheet("สารบัญตาราง")
    front.set_column(0, 0, 8)
    front.set_column(1, 1, 100)
    front.write_string(0, 0, f"ภาคผนวกตาราง {book.title(cut)}", looks.title)
    front.write_string(1, 0, about, looks.small)
    for line, (table, name) in enumerate(zip(found, names, strict=True), 4):
        front.write_number(line - 1, 0, line - 3, looks.text)
        front.write_url(
            line - 1, 1, f"internal:'{name}'!A1", looks.link, _cut(f"{table.chapter} · {table.caption}", 250)
        )
    for table, name in zip(found, names, strict=True):
        _write(made.add_worksheet(name), looks, table, about)
    made.close()
    return out.getvalue()


def _name(table: Table) -> str:
    words = table.caption if table.caption.startswith("ตารางที่") else table.chapter
    return re.sub(r"[\[\]:*?/\\']", " ", words.removeprefix("ตารางที่").strip())


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


class _Looks:
    def __init__(self, book: Any) -> None:
        base = {"font_name": FONT, "font_size": 14, "valign": "top"}
        self.book, self.base = book, base
        self.title = book.add_format({**base, "font_size": 18, "bold": True})
        self.small = book.add_format({**base, "font_size": 12, "font_color": "#46525e"})
        self.link = book.add_format({**base, "font_color": "#0b4f4a", "underline": 1})
        self.text = book.add_format(base)
        self.head = book.add_format({**base, "bold": True, "bg_color": "#e6ebed", "border": 1, "text_wrap": True})
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, kind: str, pattern: str = "") -> Any:
        """The look of a cell in a row of a kind; numbers by their pattern."""
        if (kind, pattern) not in self._made:
            look: dict[str, Any] = {**self.base, "bottom": 4, "text_wrap": not pattern}
            if kind in ("total", "subt", "zone"):
                look |= {"bold": True, "bg_color": "#ffffff" if kind == "zone" else "#f0f3f4", "bottom": 1}
            if pattern:
                look["num_format"] = pattern
            self._made[kind, pattern] = self.book.add_format(look)
        return self._made[kind, pattern]


def _write(page: Any, looks: _Looks, table: Table, about: str) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, _cut(table.caption, 1000), looks.title)
    page.write_string(1, 0, about, looks.small)
    placed = list(_placed(table.rows))
    numbers = {(row, column): cell.number for row, column, _, cell in placed if cell.number is not None}
    kinds = {row: kind for row, _, kind, _ in placed}
    widths: dict[int, int] = {}
    for row, column, kind, cell in placed:
        line = row + FIRST
        if cell.across == 1:
            widths[column] = max(widths.get(column, 6), min(60, len(cell.words) if kind != "head" else 12))
        if kind == "head" and (cell.across > 1 or cell.down > 1):
            page.merge_range(line, column, line + cell.down - 1, column + cell.across - 1, cell.words, looks.head)
        elif kind == "head":
            page.write_string(line, column, cell.words, looks.head)
        elif cell.number is None:
            page.write_string(line, column, _cut(cell.words, 32_000), looks.of(kind))
        else:
            look = looks.of(kind, _pattern(cell.words))
            formula = _formula(row, column, kinds, numbers) if kind in ("total", "subt") else ""
            if formula:
                page.write_formula(line, column, formula, look, float(cell.number))
            else:
                page.write_number(line, column, float(cell.number), look)
    for column, width in widths.items():
        page.set_column(column, column, min(60, width * 0.9 + 2))
    heads = sum(row.kind == "head" for row in table.rows)
    page.freeze_panes(FIRST + heads, 0)
    if heads:
        page.repeat_rows(FIRST, FIRST + heads - 1)
    if table.source:
        page.write_string(FIRST + len(table.rows) + 1, 0, _cut(table.source, 32_000), looks.small)


FIRST = 3  # the row on which tables begin


def _placed(rows: Sequence[Row]) -> Iterator[tuple[int, int, str, Cell]]:
    """Yield each cell with the row and column where it comes to stand, beside those that go over several rows."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        column = 0
        for cell in row.cells:
            while (number, column) in taken:
                column += 1
            taken |= {(number + d, column + a) for d in range(cell.down) for a in range(cell.across)}
            yield number, column, row.kind, cell
            column += cell.across


def _pattern(words: str) -> str:
    """Return the number format that shows a number as it is printed."""
    whole, _, decimals = words.partition(".")
    shown = "#,##0" + (f".{'0' * len(decimals)}" if decimals else "")
    return f"+{shown};−{shown};{shown}" if whole.startswith("+") else f"{shown};−{shown}"


def _formula(row: int, column: int, kinds: dict[int, str], numbers: dict[tuple[int, int], Decimal]) -> str:
    """Return the sum that a total is of what stands above it, or nothing where it is none."""
    goal = numbers[row, column]
    above = sorted((r for r in kinds if r < row), reverse=True)
    block: list[int] = []
    for each in above:
        if kinds[each] in ("head", "zone", "subt", "total"):
            break
        block.append(each)
    block.sort()
    every = [r for r in sorted(kinds) if r < row and kinds[r] == "plain"]
    partial = [r for r in sorted(kinds) if r < row and kinds[r] == "subt"]
    for chosen in (partial, block, every) if kinds[row] == "total" else (block,):
        known = [r for r in chosen if (r, column) in numbers]
        if len(known) > 1 and sum((numbers[r, column] for r in known), Decimal(0)) == goal:
            return f"=SUM({','.join(_ranges(chosen, column))})"
    return ""


def _ranges(rows: Sequence[int], column: int) -> Iterator[str]:
    begins = before = rows[0]
    for row in (*rows[1:], None):
        if row is None or row != before + 1:
            first, last = (xl_rowcol_to_cell(r + FIRST, column) for r in (begins, before))
            yield first if begins == before else f"{first}:{last}"
            begins = row if row is not None else begins
        before = row if row is not None else before
