"""An answer in the format asked for: JSON by the page; CSV, NDJSON and XLSX as a stream of everything that matches."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, request, stream_with_context

from portal import xlsx
from portal.errors import PortalError

TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Batches = Iterable[list[tuple[Any, ...]]]


class NoFormat(PortalError):
    """A format that is not among ours."""

    status = 406


def chosen() -> str:
    """Return the format asked for: by `format=` first, else by the header Accept."""
    named = request.args.get("format")
    if named is not None:
        if named not in TYPES:
            raise NoFormat(
                "There is no format “{name}”. There are: json, csv, ndjson, xlsx.", field="format", name=named[:30]
            )
        return named
    best = request.accept_mimetypes.best_match(list(TYPES.values()))
    if best is None:
        if request.accept_mimetypes and not request.accept_mimetypes.accept_json:
            raise NoFormat("None of the formats asked for is among: json, csv, ndjson, xlsx.", field="Accept")
        return "json"
    return next(name for name, kind in TYPES.items() if kind == best)


def answer(kind: str, name: str, names: list[str], rows: Batches) -> Response:
    """Return all rows as a file called after the list."""
    body = {"csv": _csv, "ndjson": _ndjson, "xlsx": _xlsx}[kind](names, rows)
    charset = "; charset=utf-8" if kind == "csv" else ""
    response = Response(stream_with_context(body), content_type=TYPES[kind] + charset)
    response.headers["Content-Disposition"] = f"attachment; filename={name}.{kind}"
    return response


def dumps(value: Any) -> str:
    """Return JSON with Thai as it is written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(names: list[str], rows: Batches) -> Iterator[bytes]:
    # For programs: values as they are, no apostrophe before a formula; the byte order mark tells Excel it is UTF-8.
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow(names)
    for batch in rows:
        writer.writerows(batch)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _ndjson(names: list[str], rows: Batches) -> Iterator[bytes]:
    for batch in rows:
        yield "".join(dumps(dict(zip(names, line, strict=True))) + "\n" for line in batch).encode()


def _xlsx(names: list[str], rows: Batches) -> Iterator[bytes]:
    return xlsx.stream(names, ([[_cell(value) for value in line] for line in batch] for batch in rows))


def _cell(value: Any) -> Any:
    return dumps(value) if isinstance(value, (dict, list)) else value
