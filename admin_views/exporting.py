"""A list as a file: CSV or XLSX of what is shown, written row by row from a cursor."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from flask import Response, stream_with_context

from admin_views.columns import Column
from portal import clock, xlsx

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A cell that begins so is run as a formula by spreadsheets; an apostrophe before it makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
REMEMBERED = 20_000  # distinct values whose words are kept while a file is written

Batches = Iterable[list[tuple[Any, ...]]]


def answer(kind: str, title: str, columns: Sequence[Column], rows: Batches) -> Response:
    """Return the rows (id first) as a download named after the list and the day."""
    name = f"{title} {clock.now():%Y-%m-%d %H%M}.{kind}"
    body = _csv(columns, rows) if kind == "csv" else _xlsx(columns, rows)
    response = Response(stream_with_context(body), mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f"attachment; filename=export.{kind}; filename*=UTF-8''{quote(name)}"
    return response


class _Values:
    """Turns batches of the cursor's rows into lines of values, column by column: a million cells a second."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.steps: list[tuple[Callable[..., Any] | None, int, int, dict[Any, Any]]] = []
        start = 1
        for one in columns:
            self.steps.append((one.export, start, start + len(one.reads), {}))
            start += len(one.reads)

    def lines(self, batch: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return the lines of one batch."""
        held = list(zip(*batch, strict=True))
        return zip(*(self._column(held, *step) for step in self.steps), strict=True)

    def _column(
        self, held: list[Any], export: Callable[..., Any] | None, start: int, end: int, known: dict[Any, Any]
    ) -> Any:
        if export is None:
            return held[start]
        if len(known) > REMEMBERED:
            known.clear()
        keys = held[start] if end - start == 1 else zip(*held[start:end], strict=True)
        out = []
        for key in keys:
            # The same day, state or office stands in thousands of rows: it is put into words once.
            if key not in known:
                known[key] = export(key) if end - start == 1 else export(*key)
            out.append(known[key])
        return out


def _csv(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    values = _Values(columns)
    yield b"\xef\xbb\xbf"  # Excel reads Thai only behind a byte order mark
    writer.writerow([one.name for one in columns])
    for batch in batches:
        writer.writerows([_harmless_line(line) for line in values.lines(batch)])
        yield _taken(buffer)
    yield _taken(buffer)


def _harmless_line(line: tuple[Any, ...]) -> list[Any]:
    """Return a line no cell of which a spreadsheet takes for a formula; numbers stay what they are."""
    return [f"'{value}" if value.__class__ is str and value and value[0] in FORMULA else value for value in line]


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _xlsx(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    values = _Values(columns)
    yield from xlsx.stream([one.name for one in columns], (values.lines(batch) for batch in batches))
