"""A dispatch as files: a workbook, a CSV a sheet, one JSON. The same figures are the same bytes, whenever made.

No clock goes in. Codes are text in all three: a spreadsheet never makes 2.10E+19 of them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from portal.exports.composing import Change, Data, Filled, Heading
from portal.exports.target import Target
from portal.rules.mappings import CellKind

# A workbook has to say when it was made; every one says this.
CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001
EXACT = 15  # digits a spreadsheet keeps of a number; longer ones go out as text
LONGEST_NAME = 31  # Excel's limit for the name of a sheet
WIDEST, NARROWEST = 48, 9
# A cell that begins so is run as a formula by spreadsheets; an apostrophe before it makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = b"\xef\xbb\xbf"  # Excel reads Thai only behind a byte order mark


@dataclass(frozen=True)
class File:
    """One file of a dispatch."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


def files(target: Target, data: Data, changes: Sequence[Change], *, is_changes_only: bool) -> list[File]:
    """Return every file of a dispatch; the list of changes is one where there are any."""
    stem = f"{data.system}-{data.period}{'-provisional' if data.is_provisional else ''}"
    stem += "-changed" if is_changes_only else ""
    made = [File(f"{stem}.xlsx", workbook(target, data))]
    made += [File(f"{stem}-{sheet.slug}.csv", table(sheet)) for sheet in data.sheets]
    made.append(File(f"{stem}.json", document(data, changes, is_changes_only=is_changes_only)))
    if changes:
        made.append(File(f"{stem}-differences.csv", differences(changes)))
    return made


# ---------------------------------------------------------------- workbook


def workbook(target: Target, data: Data) -> bytes:
    """Return the dispatch as a workbook: a sheet for each sheet, or a page for each row where the target has pages."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": f"{target.title} {data.period}", "created": CREATED})
    looks = _Looks(book)
    names: set[str] = set()
    for sheet in data.sheets:
        if target.sheet(sheet.slug).as_pages and sheet.rows:
            for number, row in enumerate(sheet.rows, 1):
                page = book.add_worksheet(_name(f"{number} {row.key}", names))
                _page(page, looks, sheet, row.cells)
        else:
            _grid(book.add_worksheet(_name(sheet.title, names)), looks, sheet)
    book.close()
    return out.getvalue()


class _Looks:
    """The few formats of a workbook."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": "TH Sarabun New", "font_size": 14, "valign": "top"}
        self.book, self.base = book, base
        self.head = book.add_format({**base, "bold": True, "bg_color": "#E3EDEA", "border": 1, "text_wrap": True})
        self.text = book.add_format({**base, "num_format": "@", "border": 1, "text_wrap": True})
        self.numbers: dict[str, Any] = {}

    def number(self, heading: Heading, cell: str) -> Any:
        """Return the look of a number with its own decimals; whole ones are years and counts, without commas."""
        decimals = len(cell.partition(".")[2])
        pattern = "0" if heading.kind is CellKind.WHOLE else f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        if pattern not in self.numbers:
            self.numbers[pattern] = self.book.add_format({**self.base, "num_format": pattern, "border": 1})
        return self.numbers[pattern]


def _grid(page: Any, looks: _Looks, sheet: Filled) -> None:
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for place, heading in enumerate(sheet.headings):
        longest = max((len(row.cells[place]) for row in sheet.rows), default=0)
        width = min(max(longest, min(len(heading.text), 16), NARROWEST), WIDEST)
        page.set_column(place, place, width)
        page.write_string(0, place, heading.text, looks.head)
    for line, row in enumerate(sheet.rows, 1):
        for place, (heading, cell) in enumerate(zip(sheet.headings, row.cells, strict=True)):
            _write(page, looks, line, place, heading, cell)


def _page(page: Any, looks: _Looks, sheet: Filled, cells: Sequence[str]) -> None:
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 80)
    page.merge_range(0, 0, 0, 1, sheet.title, looks.head)
    for line, (heading, cell) in enumerate(zip(sheet.headings, cells, strict=True), 1):
        page.write_string(line, 0, heading.text, looks.head)
        _write(page, looks, line, 1, heading, cell)


def _write(page: Any, looks: _Looks, line: int, place: int, heading: Heading, cell: str) -> None:
    value = number(heading, cell)
    if value is not None:
        page.write_number(line, place, value, looks.number(heading, cell))
    elif cell:
        page.write_string(line, place, cell, looks.text)
    else:
        page.write_blank(line, place, None, looks.text)


def number(heading: Heading, cell: str) -> Decimal | None:
    """Return the cell of a column of numbers as one; None for text, for nothing, and for more digits than are kept."""
    if not heading.is_number or not re.fullmatch(r"-?\d+(\.\d+)?", cell, re.ASCII):
        return None
    return Decimal(cell) if len(cell.strip("-").replace(".", "")) <= EXACT else None


def _name(text: str, taken: set[str]) -> str:
    bare = re.sub(r"[\[\]:*?/\\']", "-", text)[:LONGEST_NAME] or "-"
    name, turn = bare, 2
    while name.lower() in taken:
        ending = f" {turn}"
        name, turn = bare[: LONGEST_NAME - len(ending)] + ending, turn + 1
    taken.add(name.lower())
    return name


# ---------------------------------------------------------------- CSV and JSON


def table(sheet: Filled) -> bytes:
    """Return a sheet as CSV, UTF-8 with its mark: text and codes in quotation marks, numbers bare."""
    lines: list[list[Any]] = [[heading.text for heading in sheet.headings]]
    for row in sheet.rows:
        pairs = zip(sheet.headings, row.cells, strict=True)
        lines.append([_bare(heading, cell) for heading, cell in pairs])
    return _csv(lines)


def differences(changes: Sequence[Change]) -> bytes:
    """Return what changed since the dispatch before as CSV."""
    words = {"cell": "แก้ไข", "added": "เพิ่ม", "removed": "ตัดออก"}
    lines: list[list[Any]] = [["แผ่นงาน", "รายการ", "การเปลี่ยนแปลง", "คอลัมน์", "เดิม", "ใหม่"]]
    lines += [[one.title, one.key, words[one.what], one.heading, one.before, one.after] for one in changes]
    return _csv(lines)


def _bare(heading: Heading, cell: str) -> Any:
    value = number(heading, cell)
    if value is not None:
        return value
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows(lines)
    return MARK + out.getvalue().encode()


def document(data: Data, changes: Sequence[Change], *, is_changes_only: bool) -> bytes:
    """Return the dispatch as JSON: each row by its headings, codes as text."""
    plain: Mapping[str, Any] = {
        "system": data.system,
        "period": data.period,
        "figures": "provisional" if data.is_provisional else "verified",
        "only_changed": is_changes_only,
        "sheets": [
            {
                "sheet": sheet.slug,
                "title": sheet.title,
                "rows": [
                    {h.text: _plain(h, cell) for h, cell in zip(sheet.headings, row.cells, strict=True)}
                    for row in sheet.rows
                ],
            }
            for sheet in data.sheets
        ],
        "removed": [{"sheet": one.title, "key": one.key} for one in changes if one.what == "removed"]
        if is_changes_only
        else [],
    }
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(heading: Heading, cell: str) -> Any:
    value = number(heading, cell)
    if value is None:
        return cell or None
    return int(value) if "." not in cell else float(value)
