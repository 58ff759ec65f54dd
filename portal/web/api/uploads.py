"""Files of reports and visits by program: list, send one, fetch one or a part of it, take one away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request, url_for

from models import Attachment, Submission, Table, Visit
from portal import attachments, clock, photos, sheets
from portal.errors import NotFound, RuleBroken
from portal.forms.values import Cell
from portal.web.api import answers, door, reading, replies, resources, values, writing
from portal.web.kept import kept_files

uploads = Blueprint("api_uploads", __name__, url_prefix="/api/v1")
uploads.before_request(door.enter)
uploads.after_request(door.leave)

View = TypeVar("View", bound=Callable[..., Any])
GONE = "This file is no longer here."
MOST_BYTES = max(attachments.MOST_BYTES, photos.MOST_BYTES)


def _of_both(method: str, rest: str) -> Callable[[View], View]:
    """Open an address below those of reports and of visits alike, written out so that it goes before every step."""

    def said(view: View) -> View:
        for name in ("submissions", "visits"):
            uploads.route(f"/{name}{rest}", methods=(method.upper(),), defaults={"name": name})(view)
        return view

    return said


@_of_both("get", "/<int:ident>/files")
def listed(name: str, ident: int) -> Response:
    """Return what is known of the files of a report or a visit."""
    return answers.json({"items": [_shown(one) for one in _of(_parent(name, ident))]})


@_of_both("post", "/<int:ident>/files")
def sent(name: str, ident: int) -> Response:
    """Keep a file sent as the part `file`; with a report, `key` names the question it belongs to."""

    def do() -> Response:
        door.check_may_write()
        parent = _parent(name, ident)
        file = request.files.get("file")
        if file is None or not file.filename:
            raise RuleBroken("Send the file as the part “file” of multipart/form-data.", field="file")
        for part in request.form:
            if part not in ("key", "with_location"):
                words = "There is no property “{name}”. There are: {known}."
                raise RuleBroken(words, field=part[:60], name=part[:60], known="file, key, with_location")
        content = file.stream.read(MOST_BYTES + 1)
        before = {one.id for one in _of(parent)}
        at, store = clock.now(), kept_files()
        if isinstance(parent, Visit):
            located = request.form.get("with_location") == "true"
            photos.keep(parent, file.filename, content, by=g.person, at=at, store=store, with_location=located)
        else:
            assert isinstance(parent, Submission)
            cell = Cell(request.form.get("key", "")[:60])
            sheet = sheets.sheet_of(parent.obligation_id, at=at)
            attachments.attach(sheet, cell, file.filename, content, by=g.person, at=at, store=store)
        held = _of(parent)
        kept = next((one for one in held if one.id not in before), held[-1])
        response = answers.json(_shown(kept), 201)
        response.headers["Location"] = url_for("api_uploads.fetched", name=name, ident=ident, number=kept.id)
        response.set_etag(kept.sha256)
        return response

    return replies.once(do)


@_of_both("get", "/<int:ident>/files/<int:number>")
@door.takes("small")
def fetched(name: str, ident: int, number: int) -> Response:
    """Send a file, or a part of it; `small=1` the small picture of a photo."""
    held = _one(_parent(name, ident), number)
    small = request.args.get("small", "0")
    if small not in ("0", "1"):
        raise RuleBroken("“{text}” is not {words}.", field="small", text=small[:60], words="true or false")
    if small == "1" and held.thumbnail_key:
        return answers.file(held.thumbnail_key, f"{held.name}.jpg", "image/jpeg", f"{held.sha256}-small")
    return answers.file(held.file_key, held.name, held.media_type, held.sha256)


@_of_both("delete", "/<int:ident>/files/<int:number>")
def taken_away(name: str, ident: int, number: int) -> Response:
    """Take a file away; the trail keeps that it was there."""

    def do() -> Response:
        door.check_may_write()
        parent = _parent(name, ident)
        held = _one(parent, number)
        writing.check_match(f'"{held.sha256}"', lambda: _shown(held))
        if isinstance(parent, Visit):
            photos.remove(held, by=g.person, at=clock.now(), store=kept_files())
        else:
            assert isinstance(parent, Submission)
            sheet = sheets.sheet_of(parent.obligation_id, at=clock.now())
            attachments.detach(sheet, held.id, by=g.person, at=clock.now())
        return Response(status=204)

    return replies.once(do)


# ---------------------------------------------------------------- below: how


def _parent(name: str, ident: int) -> Table:
    return reading.at(resources.open_one(name, g.person), ident)


def _of(parent: Table) -> list[Attachment]:
    field = Attachment.visit if isinstance(parent, Visit) else Attachment.submission
    return list(Attachment.select().where(field == parent.id).order_by(Attachment.id))


def _one(parent: Table, number: int) -> Attachment:
    for one in _of(parent):
        if one.id == number:
            return one
    raise NotFound(GONE)


def _shown(one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "media_type": one.media_type, "size": one.size, "sha256": one.sha256,
        "key": one.key, "added_at": values.moment(one.added_at), "added_by_id": one.added_by_id,
    }  # fmt: skip
