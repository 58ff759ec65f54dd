"""The addresses of the API. Each is thin: who asks, which record, then a verb."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, g, request, url_for

from models import AuditEntry
from portal import history
from portal.sheets import Sheet
from portal.web.api import (
    answers,
    described,
    door,
    feed,
    filled,
    formats,
    handed_off,
    odata,
    planned,
    printed,
    reading,
    replies,
    reported,
    resources,
    sent_in,
    uploads,
    values,
    writing,
)
from portal.web.api.asking import Reader

api = Blueprint("api", __name__, url_prefix="/api/v1")
api.before_request(door.enter)
api.after_request(door.leave)


def install(app: Flask) -> None:
    """Open the API of `app` over its screens."""
    beside = (sent_in.sent_in, handed_off.handed_off, planned.planned, reported.reported)
    for each in (api, printed.printed, uploads.uploads, *beside, odata.odata):
        app.register_blueprint(each)


@api.get("/openapi.json")
def openapi() -> Response:
    """Describe every address."""
    return answers.json(described.document(current_app))


@api.get("/changes")
@door.takes("after", "limit")
def changes() -> Response:
    """Return what changed after a mark."""
    return answers.json(feed.changes())


@api.get("/forms/<code>/schema")
@door.takes("version")
def form_schema(code: str) -> Response:
    """Return the JSON Schema of a form's answers."""
    return answers.json(filled.schema_of(code))


@api.get("/forms/<code>/submissions")
@door.takes(door.ANYTHING)
def reports(code: str) -> Response:
    """Return reports on a form with their answers."""
    return answers.json(filled.listed(code))


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


@api.post("/forms/<code>/submissions/bulk")
def filled_in_many(code: str) -> Response:
    """Save answers into many reports on a form, all or none."""
    return replies.once(lambda: answers.json(filled.bring(code, writing.body())))


@api.get("/<name>")
@door.takes(door.ANYTHING)
def listed(name: str) -> Response:
    """Return a page of records, or all that match as a file."""
    resource, kind = resources.open_one(name, g.person), formats.chosen()
    if kind != "json":
        return formats.answer(kind, name, *reading.stream(resource, kind))
    page = reading.page(resource, request.args)
    response = answers.json(page)
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
        response = answers.record(resource, row, 201)
        response.headers["Location"] = url_for("api.shown", name=name, ident=row.id)
        return response

    return replies.once(do)


@api.post("/<name>/bulk")
def brought(name: str) -> Response:
    """Add or change many records by their key, all or none."""
    return replies.once(lambda: answers.json(writing.bring(resources.open_one(name, g.person), writing.body())))


@api.get("/<name>/trash")
@door.takes("before", "limit")
def trash(name: str) -> Response:
    """Return the removed records of a kind, newest first; `before` is the mark `next` of the page above."""
    resource = resources.open_one(name, g.person)
    return answers.json(feed.trash(resource))


@api.post("/<name>/<int:ident>/restore")
def restored(name: str, ident: int) -> Response:
    """Bring a removed record back."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        return answers.record(resource, writing.restore(resource, ident), 201)

    return replies.once(do)


@api.get("/<name>/<int:ident>")
@door.takes("fields", "expand", "as_of")
def shown(name: str, ident: int) -> Response:
    """Return one record; with `as_of=` as it stood at a moment."""
    resource = resources.open_one(name, g.person)
    reader = Reader(resource, g.person, door.narrowed)
    asked = reader.read(request.args)
    if asked.as_of is not None:
        return answers.json(reading.stood(resource, reading.whole(ident), reader, asked))
    row = reading.at(resource, ident)
    response = answers.json(reading.shown(resource, row, asked.names, asked.expand))
    response.headers["ETag"] = reading.etag(row)
    response.make_conditional(request)
    return response


@api.patch("/<name>/<int:ident>")
def changed(name: str, ident: int) -> Response:
    """Change the named properties of a record."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        return answers.record(resource, writing.change(resource, reading.at(resource, ident), writing.body()))

    return replies.once(do)


@api.delete("/<name>/<int:ident>")
def removed(name: str, ident: int) -> Response:
    """Remove a record; its history is kept."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        writing.remove(resource, reading.at(resource, ident))
        return Response(status=204)

    return replies.once(do)


@api.get("/<name>/<int:ident>/history")
def history_of(name: str, ident: int) -> Response:
    """Return the revisions of a record, newest first."""
    resource = resources.open_one(name, g.person)
    revisions = history.of(resource.table, reading.at(resource, ident).id)
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
    return answers.json({"items": items})


@api.post("/visits/<int:ident>/<any(settle_action, reopen_action):verb>")
def action_stepped(ident: int, verb: str) -> Response:
    """Say how the action agreed at a visit came out, or open it again."""

    def do() -> Response:
        resource = resources.open_one("visits", g.person)
        return answers.record(resource, writing.step_action(resource, reading.at(resource, ident), verb))

    return replies.once(do)


@api.post("/<name>/<int:ident>/<verb>")
def stepped(name: str, ident: int, verb: str) -> Response:
    """Take a step of the workflow with a record."""

    def do() -> Response:
        resource = resources.open_one(name, g.person)
        given = writing.body() if request.get_data() else {}
        return answers.record(resource, writing.take_step(resource, reading.at(resource, ident), verb, given))

    return replies.once(do)


def _report(sheet: Sheet) -> Response:
    response = answers.json(filled.shown(sheet))
    response.headers["ETag"] = filled.etag(sheet)
    return response
