"""A page's table as a file: CSV for Excel (byte order mark, nothing that runs as a formula) or XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from flask import Response

from portal import clock, xlsx

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_file(kind: str, title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return the rows under their headings as a download named after the page and the moment; `kind` is of TYPES."""
    listed = [tuple(row) for row in rows]
    body = _csv(headings, listed) if kind == "csv" else xlsx.stream(headings, [listed])
    name = f"{title} {clock.now():%Y-%m-%d %H%M}.{kind}"
    response = Response(body, mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f"attachment; filename=table.{kind}; filename*=UTF-8''{quote(name)}"
    return response


def _csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row])
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
