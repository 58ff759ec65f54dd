"""A list as a file: CSV or XLSX of what is shown, written row by row from a cursor."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response, stream_with_context

from admin_views.columns import Column
from portal import clock

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A cell that begins so is run as a formula by spreadsheets; an apostrophe before it makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_ROWS = 1_048_575
EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number; longer ones go out as text

Rows = Iterable[tuple[Any, ...]]


def answer(kind: str, title: str, columns: Sequence[Column], rows: Rows) -> Response:
    """Return the rows (id first) as a download named after the list and the day."""
    name = f"{title} {clock.now():%Y-%m-%d %H%M}.{kind}"
    body = _csv(columns, rows) if kind == "csv" else _xlsx(title, columns, rows)
    response = Response(stream_with_context(body), mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f"attachment; filename=export.{kind}; filename*=UTF-8''{quote(name)}"
    return response


def harmless(value: Any) -> Any:
    """Return a text that no spreadsheet takes for a formula; numbers stay what they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _values(columns: Sequence[Column]) -> Callable[[tuple[Any, ...]], list[Any]]:
    """Return what turns one row of the cursor into the values of one line."""
    steps: list[tuple[Callable[..., Any], int, int]] = []
    start = 1
    for one in columns:
        steps.append((one.export, start, start + len(one.reads)))
        start += len(one.reads)

    def values(row: tuple[Any, ...]) -> list[Any]:
        return [export(*row[a:b]) for export, a, b in steps]

    return values


def _csv(columns: Sequence[Column], rows: Rows) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    values = _values(columns)
    yield b"\xef\xbb\xbf"  # Excel reads Thai only behind a byte order mark
    writer.writerow([one.name for one in columns])
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(value) for value in values(row)])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _xlsx(title: str, columns: Sequence[Column], rows: Rows) -> Iterator[bytes]:
    values = _values(columns)
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        for place, one in enumerate(columns):
            sheet.write_string(0, place, one.name, bold)
        line = 0
        for row in rows:
            line += 1
            if line > SHEET_ROWS:
                line = 1
                sheet = book.add_worksheet()
            for place, value in enumerate(values(row)):
                _write(sheet, line, place, value)
        book.close()
        file.seek(0)
        while part := file.read(64 * 1024):
            yield part


def _write(sheet: Any, line: int, place: int, value: Any) -> None:
    if value is None or value == "":
        return
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if is_number and abs(value) < EXACT:
        sheet.write_number(line, place, value)
    else:
        sheet.write_string(line, place, str(value))
