"""A spreadsheet written into a stream, row by row: its first bytes leave at once, memory does not grow with the rows.

XlsxWriter makes the book around the rows (styles, relations, heading). The rows themselves are written here, because
every library that writes XLSX keeps the whole file until its last row.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

SHEET_ROWS = 1_048_575  # below the heading
SHEET_BYTES = 1_500_000_000  # of XML in one sheet: a part of more than 2 GB needs a ZIP that not every reader opens
CELL_CHARACTERS = 32_767
EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number; longer ones are written as text
LEVEL = 2  # of compression: what rows repeat goes at any level, and the time is better spent on rows
REMEMBERED, SHORT = 20_000, 60  # short texts come again and again; long ones are remembered in vain
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")

Rows = Iterable[Sequence[Any]]


class _Sink:
    """What the ZIP writes into; takes no seeking, so that nothing written is ever gone back to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep what is written until it is taken."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def stream(headings: Sequence[str], batches: Iterable[Rows], *, most_rows: int = SHEET_ROWS) -> Iterator[bytes]:
    """Yield an XLSX file with `headings` above the rows of all batches; a new sheet begins after `most_rows`.

    Numbers of at most fifteen digits and truth values are written as such, None and "" as empty cells, all else as text
    that no spreadsheet takes for a formula.
    """
    sink = _Sink()
    head, tail = _around(headings)
    columns = [f'<c r="{xl_col_to_name(place)}' for place in range(len(headings))]
    waiting = iter(batches)
    batch: list[Sequence[Any]] = []
    number, is_over = 0, False
    # Its parts leave as they are written; the list of the sheets comes last, when it is known how many there are.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as book:  # type: ignore[call-overload]
        while not is_over:
            number += 1
            with book.open(f"xl/worksheets/sheet{number}.xml", "w") as sheet:
                size = sheet.write(head)
                yield sink.taken()
                rows = 0
                while rows < most_rows and size < SHEET_BYTES:
                    if not batch:
                        if (following := next(waiting, None)) is None:
                            is_over = True
                            break
                        batch = list(following)
                    part, batch = batch[: most_rows - rows], batch[most_rows - rows :]
                    size += sheet.write(_lines(columns, part, rows + 2))
                    rows += len(part)
                    yield sink.taken()
                if not is_over and not batch:  # is there a row for another sheet?
                    batch = next((found for rest in waiting if (found := list(rest))), [])
                    is_over = not batch
                sheet.write(tail)
        _finish(book, headings, number)
    yield sink.taken()


def _lines(columns: Sequence[str], rows: Rows, first: int) -> bytes:
    """Return rows as XML, the first of them in line `first`."""
    out = []
    for line, row in enumerate(rows, first):
        out.append(f'<row r="{line}">')
        for begins, value in zip(columns, row, strict=True):
            if value is not None and value != "":
                out.append(f"{begins}{line}{_text(value) if value.__class__ is str else _cell(value)}")
        out.append("</row>")
    return "".join(out).encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return f'" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float, Decimal)) and -EXACT < value < EXACT:
        return f'"><v>{value}</v></c>'
    return _text(str(value))


@functools.lru_cache(REMEMBERED)
def _short(value: str) -> str:
    return _written(value)


def _text(value: str) -> str:
    """Return what follows a cell's place. The same office, day or state stands in thousands of rows."""
    return _short(value) if len(value) <= SHORT else _written(value)


def _written(value: str) -> str:
    value = _ODD.sub(lambda odd: f"_x{ord(odd[0][0]):04X}_{odd[0][1:]}", value)
    space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
    return f'" t="inlineStr"><is><t{space}>{escape(value[:CELL_CHARACTERS])}</t></is></c>'


def _around(headings: Sequence[str]) -> tuple[bytes, bytes]:
    """Return what stands before and after the rows of a sheet."""
    with zipfile.ZipFile(_made(headings, 1)) as book:
        text = book.read("xl/worksheets/sheet1.xml")
    text = re.sub(rb"<dimension[^>]*/>", b"", text)
    head, mark, tail = text.partition(b"</sheetData>")
    return head, mark + tail


def _finish(book: zipfile.ZipFile, headings: Sequence[str], sheets: int) -> None:
    with zipfile.ZipFile(_made(headings, sheets)) as made:
        for name in made.namelist():
            if not name.startswith("xl/worksheets/"):
                book.writestr(name, made.read(name))


def _made(headings: Sequence[str], sheets: int) -> IO[bytes]:
    """Return a whole book of so many sheets that hold the headings alone."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        for _ in range(sheets):
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(0, len(headings) - 1), 18)
            for place, name in enumerate(headings):
                sheet.write_string(0, place, name, bold)
    file.seek(0)
    return file
