"""What is answered: a value as JSON, a record with its mark, a kept file or the part of it that was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from models import Table
from portal import files
from portal.web.api import formats, reading
from portal.web.api.resources import Resource
from portal.web.kept import kept_files


def json(value: Any, status: int = 200) -> Response:
    """Return a value as JSON."""
    return Response(formats.dumps(value), status=status, content_type="application/json")


def record(resource: Resource, row: Table, status: int = 200) -> Response:
    """Return a record as it stands, with its mark."""
    fresh = reading.one(resource, row.id)
    response = json(reading.shown(resource, fresh), status)
    response.headers["ETag"] = reading.etag(fresh)
    return response


def file(key: str, name: str, media_type: str, mark: str) -> Response:
    """Return a kept file, or the part of it that `Range` asks for; 304 when the caller has it already."""
    held = kept_files()
    response = Response(_parts(held, key), content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename=file; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Length"] = str(held.size(key))
    response.set_etag(mark)
    response.make_conditional(request, accept_ranges=True, complete_length=held.size(key))
    return response


def _parts(held: files.Files, key: str) -> Any:
    with held.open(key) as source:
        while part := source.read(256 * 1024):
            yield part
