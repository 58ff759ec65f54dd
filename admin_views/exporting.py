"""A list as a file: CSV or XLSX of what is shown, written row by row from a cursor."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from flask import Response, stream_with_context

from portal import clock, xlsx

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A cell that begins so is run as a formula by spreadsheets; an apostrophe before it makes it text.
FORMULA = frozenset("=+-@\t\r")
REMEMBERED = 20_000  # distinct values whose words are kept while a file is written


class Told(Protocol):
    """What a file is told of a column: its heading, how many values it takes from a row, how they are written."""

    @property
    def name(self) -> str: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    @property
    def export(self) -> Callable[..., Any] | None: ...


Batches = Iterable[list[tuple[Any, ...]]]


def answer(kind: str, title: str, columns: Sequence[Told], rows: Batches) -> Response:
    """Return the rows (id first) as a download named after the list and the day."""
    name = f"{title} {clock.now():%Y-%m-%d %H%M}.{kind}"
    body = _csv(columns, rows) if kind == "csv" else _xlsx(columns, rows)
    response = Response(stream_with_context(body), mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f"attachment; filename=export.{kind}; filename*=UTF-8''{quote(name)}"
    return response


@dataclass(frozen=True)
class _Heading:
    """A column of a table that is no list of records: its values as they stand."""

    name: str
    reads: tuple[str, ...] = ("",)
    export: None = None


def table(kind: str, title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table that was worked out, not listed, as a download: its headings and its rows."""
    held = [(0, *row) for row in rows]
    return answer(kind, title, [_Heading(name) for name in headings], [held] if held else [])


class _Values:
    """Turns batches of the cursor's rows into lines of values, column by column: a million cells a second.

    With `harmless` no text begins so that a spreadsheet takes it for a formula; numbers stay what they are.
    """

    def __init__(self, columns: Sequence[Told], *, harmless: bool) -> None:
        self.harmless = harmless
        self.steps: list[tuple[_Known | None, int, int]] = []
        start = 1
        for one in columns:
            end = start + len(one.reads)
            said = None if one.export is None else _Known(one.export, is_one=end - start == 1, harmless=harmless)
            self.steps.append((said, start, end))
            start = end

    def lines(self, batch: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return the lines of one batch."""
        held = list(zip(*batch, strict=True))
        return zip(*(self._column(held, *step) for step in self.steps), strict=True)

    def _column(self, held: list[Any], known: _Known | None, start: int, end: int) -> Any:
        if known is None:
            if not self.harmless:
                return held[start]
            # Whatever begins with a letter is no formula, and need not be asked about.
            return [v if v.__class__ is not str or v >= "A" else _harmless(v) for v in held[start]]
        if len(known) > REMEMBERED:
            known.clear()
        return map(known.__getitem__, held[start] if end - start == 1 else zip(*held[start:end], strict=True))


class _Known(dict[Any, Any]):
    """A column's values in words. The same day, state or office stands in thousands of rows: it is put so once."""

    def __init__(self, export: Callable[..., Any], *, is_one: bool, harmless: bool) -> None:
        super().__init__()
        self.export, self.is_one, self.harmless = export, is_one, harmless

    def __missing__(self, key: Any) -> Any:
        said = self.export(key) if self.is_one else self.export(*key)
        self[key] = said = _harmless(said) if self.harmless else said
        return said


def _harmless(value: Any) -> Any:
    return f"'{value}" if value.__class__ is str and value and value[0] in FORMULA else value


def _csv(columns: Sequence[Told], batches: Batches) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    values = _Values(columns, harmless=True)
    yield b"\xef\xbb\xbf"  # Excel reads Thai only behind a byte order mark
    writer.writerow([one.name for one in columns])
    for batch in batches:
        writer.writerows(values.lines(batch))
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _xlsx(columns: Sequence[Told], batches: Batches) -> Iterator[bytes]:
    values = _Values(columns, harmless=False)
    yield from xlsx.stream([one.name for one in columns], (values.lines(batch) for batch in batches))
