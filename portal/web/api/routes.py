"""The addresses of the API. Each is thin: who asks, which record, then a verb."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, url_for

from jobs import queue
from models import AuditEntry, Edition, Revision, Run, Table
from portal import clock, files, history
from portal.errors import NotFound, RuleBroken
from portal.reports import runs
from portal.rules.terms import RunKind
from portal.sheets import Sheet
from portal.web.api import described, door, feed, filled, formats, reading, replies, resources, values, writing
from portal.web.api.asking import Reader
from portal.web.api.resources import Resource

api = Blueprint("api", __name__, url_prefix="/api/v1")
api.before_request(door.enter)
api.after_request(door.leave)


def install(app: Flask) -> None:
    """Open the API of `app` over its screens."""
    app.register_blueprint(api)


@api.get("/openapi.json")
def openapi() -> Response:
    """Describe every address."""
    return _json(described.document(current_app))


@api.get("/changes")
def changes() -> Response:
    """Return what changed after a mark."""
    return _json(feed.changes())


@api.post("/runs")
def ask_for_run() -> Response:
    """Ask for a pack or a book; asking for one that is being made already returns the same run."""

    def do() -> Response:
        door.check_may_step()
        resource, given = resources.open_one("runs", g.person), writing.body()
        if set(given) != {"kind", "subject"} or given["kind"] not in ("pack", "book"):
            raise RuleBroken("The body is {example}.", field="kind", example='{"kind": "pack", "subject": "2566-05"}')
        run = runs.ask(RunKind(given["kind"]), str(given["subject"])[:20], by=g.person, at=clock.now())
        queue.ring("compile_run", run.id, turn=run.attempt)
        return _record(resource, Run.get_by_id(run.id), 202)

    return replies.once(do)


@api.get("/editions/<int:ident>/file")
def edition_file(ident: int) -> Response:
    """Send the PDF of an edition."""
    edition = _row(resources.open_one("editions", g.person), ident)
    assert isinstance(edition, Edition)
    settings = current_app.config["PORTAL"]
    with files.connect(settings.files, settings.data).open(edition.file_key) as file:
        response = Response(file.read(), content_type="application/pdf")
    response.headers["ETag"] = f'"{edition.sha256}"'
    response.headers["Content-Disposition"] = f"attachment; filename={edition.book}-{edition.subject}.pdf"
    return response


@api.get("/forms/<code>/schema")
def form_schema(code: str) -> Response:
    """Return the JSON Schema of a form's answers."""
    return _json(filled.schema_of(code))


@api.get("/forms/<code>/submissions")
def reports(code: str) -> Response:
    """Return reports on a form with their answers."""
    return _json(filled.listed(code))


@api.get("/forms/<code>/submissions/<period>/<unit>")
def report(code: str, period: str, unit: str) -> Response:
    """Return one office's report on a form for a period."""
    return _report(filled.sheet_at(code, period, unit))


@api.put("/forms/<code>/submissions/<period>/<unit>")
def filled_in(code: str, period: str, unit: str) -> Response:
    """Save answers into a report, all or none; it is begun if it was not."""

    def do() -> Response:
        sheet, given = filled.sheet_at(code, period, unit), writing.body()
        writing.check_match(filled.etag(sheet), lambda: filled.shown(sheet))
        return _report(filled.fill_in(sheet, given))

    return replies.once(do)


@api.get("/<name>")
def listed(name: str) -> Response:
    """Return a page of records, or all that match as a file."""
    resource, kind = resources.open_one(name, g.person), formats.chosen()
    if kind != "json":
        return formats.answer(kind, name, *reading.stream(resource, kind))
    page = reading.page(resource)
    response = _json(page)
    if page["next"]:
        args = {k: v for k, v in request.args.items() if k != "after"} | {"after": page["next"]}
        response.headers["Link"] = f'<{url_for("api.listed", name=name, **args)}>; rel="next"'
    return response


@api.post("/<name>")
def added(name: str) -> Response:
    """Add a record."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        row = writing.add(resource, writing.body())
        response = _record(resource, row, 201)
        response.headers["Location"] = url_for("api.shown", name=name, ident=row.id)
        return response

    return replies.once(do)


@api.post("/<name>/bulk")
def brought(name: str) -> Response:
    """Add or change many records by their key, all or none."""
    return replies.once(lambda: _json(writing.bring(resources.open_one(name, g.person), writing.body())))


@api.get("/<name>/trash")
def trash(name: str) -> Response:
    """Return the removed records of a kind, newest first."""
    resource = resources.open_one(name, g.person)
    gone = door.narrowed(Revision.select()).where(
        Revision.table_name == resource.table.__name__,
        Revision.after.is_null(),
        Revision.row_id.not_in(resource.table.select(resource.table.id)),
    )
    rows = gone.order_by(Revision.id.desc()).limit(200)
    return _json(
        {"items": [{"id": r.row_id, "entry": r.entry_id, "before": feed.shown(resource, r.before)} for r in rows]}
    )


@api.post("/<name>/<int:ident>/restore")
def restored(name: str, ident: int) -> Response:
    """Bring a removed record back."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        return _record(resource, writing.restore(resource, ident), 201)

    return replies.once(do)


@api.get("/<name>/<int:ident>")
def shown(name: str, ident: int) -> Response:
    """Return one record; with `as_of=` as it stood at a moment."""
    resource = resources.open_one(name, g.person)
    reader = Reader(resource, g.person, door.narrowed)
    asked = reader.read(request.args)
    if asked.as_of is not None:
        return _json(reading.stood(resource, _whole(ident), reader, asked))
    row = _row(resource, ident)
    response = _json(reading.shown(resource, row, asked.names, asked.expand))
    response.headers["ETag"] = reading.etag(row)
    response.make_conditional(request)
    return response


@api.patch("/<name>/<int:ident>")
def changed(name: str, ident: int) -> Response:
    """Change the named properties of a record."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        return _record(resource, writing.change(resource, _row(resource, ident), writing.body()))

    return replies.once(do)


@api.delete("/<name>/<int:ident>")
def removed(name: str, ident: int) -> Response:
    """Remove a record; its history is kept."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        writing.remove(resource, _row(resource, ident))
        return Response(status=204)

    return replies.once(do)


@api.get("/<name>/<int:ident>/history")
def history_of(name: str, ident: int) -> Response:
    """Return the revisions of a record, newest first."""
    resource = resources.open_one(name, g.person)
    revisions = history.of(resource.table, _row(resource, ident).id)
    # The reason of an act that touched others' records as well is for those who may read its entry of the trail.
    told = AuditEntry.select(AuditEntry.id).where(AuditEntry.id.in_([each.entry_id for each in revisions]))
    within = {ident for (ident,) in door.narrowed(told).tuples()}
    items = [
        {
            "entry": each.entry_id, "at": values.moment(each.entry.at), "person_id": each.entry.person_id,
            "verb": each.entry.verb, "note": each.entry.note if each.entry_id in within else None,
            "before": feed.shown(resource, each.before), "after": feed.shown(resource, each.after),
        }
        for each in revisions
    ]  # fmt: skip
    return _json({"items": items})


@api.post("/<name>/<int:ident>/<verb>")
def stepped(name: str, ident: int, verb: str) -> Response:
    """Take a step of the workflow with a record."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        given = writing.body() if request.get_data() else {}
        return _record(resource, writing.take_step(resource, _row(resource, ident), verb, given))

    return replies.once(do)


def _row(resource: Resource, ident: int) -> Table:
    return reading.one(resource, _whole(ident))


def _whole(ident: int) -> int:
    if ident >= 2**31:
        raise NotFound("There is no such record, or it belongs to another office.")
    return ident


def _record(resource: Resource, row: Table, status: int = 200) -> Response:
    fresh = reading.one(resource, row.id)
    response = _json(reading.shown(resource, fresh), status)
    response.headers["ETag"] = reading.etag(fresh)
    return response


def _report(sheet: Sheet) -> Response:
    response = _json(filled.shown(sheet))
    response.headers["ETag"] = filled.etag(sheet)
    return response


def _json(value: Any, status: int = 200) -> Response:
    return Response(formats.dumps(value), status=status, content_type="application/json")
