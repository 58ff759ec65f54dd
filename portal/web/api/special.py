"""The addresses beside those of the record types, described: reports by form, files, runs, editions, changes, OData."""

from __future__ import annotations

from typing import Any

from portal.web.api import acts, handed_off, planned, printed, reported, sent_in

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
PARAMETER, SCHEMA, PROBLEM = "#/components/parameters/", "#/components/schemas/", "#/components/responses/Problem"
IDENT, MATCH, KEY = ({"$ref": f"{PARAMETER}{name}"} for name in ("id", "match", "key"))
AS_OF, LIMIT = {"$ref": f"{PARAMETER}as_of"}, {"$ref": f"{PARAMETER}limit"}
ITEMS: Schema = {
    "type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object"}}},
}  # fmt: skip


def paths() -> dict[str, dict[str, Any]]:
    """Return the addresses with their methods."""
    return {
        **_followed(),
        **_printed(),
        **_files("submissions"),
        **_files("visits"),
        **_agreed(),
        **_forms(),
        **_sent_in(),
        **_handed_off(),
        **acts.described((*sent_in.ACTS, *handed_off.ACTS, *planned.ACTS, *reported.ACTS), _operation),
        **_odata(),
    }


def whole(least: int, most: int) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def query(name: str, schema: Schema, description: str = "") -> Schema:
    """Return a parameter of the address's query."""
    return {"name": name, "in": "query", "schema": schema} | ({"description": description} if description else {})


TRASH = [query("before", whole(1, 2**31 - 1), "The mark `next` of the page above."), LIMIT]


def _operation(
    ident: str, tag: str, summary: str, answer: Schema | None, parameters: list[Schema], *, body: Schema | None = None,
    status: str = "200", kind: str = "application/json", sent_as: str = "application/json",
) -> Schema:  # fmt: skip
    success: Schema = {"description": summary}
    if answer is not None:
        success["content"] = {kind: {"schema": answer} if answer else {}}
    out: Schema = {
        "operationId": ident, "tags": [tag], "summary": summary, "parameters": parameters,
        "responses": {status: success, "default": {"$ref": PROBLEM}},
    }  # fmt: skip
    if body is not None:
        out["requestBody"] = {"content": {sent_as: {"schema": body}}}
    return out


def _object(properties: dict[str, Schema], *, required: tuple[str, ...] = (), only: bool = True) -> Schema:
    out: Schema = {"type": "object", "properties": properties}
    if required:
        out["required"] = list(required)
    return out | ({"additionalProperties": False} if only else {})


def _followed() -> dict[str, dict[str, Any]]:
    mark = query("after", whole(0, 999_999_999), "The mark `next` of the page before; 0 from the beginning.")
    summary = "What changed after a mark: every change once, in order"
    return {"/changes": {"get": _operation("changes", "store", summary, ITEMS, [mark, LIMIT])}}


def _printed() -> dict[str, dict[str, Any]]:
    run = {"$ref": f"{SCHEMA}Run"}
    asked = _object(
        {"kind": {"enum": ["pack", "book"]}, "subject": TEXT | {"maxLength": 20}}, required=("kind", "subject")
    )
    signed = {name: TEXT | {"maxLength": 200} for name in printed.SIGNED}
    step = _object(signed | {"document_on": TEXT | {"format": "date"}, "note": TEXT | {"maxLength": 2000}})
    frozen = _object({"edition": TEXT, "cut_at": TEXT}, required=("edition", "cut_at"), only=False)
    out = {
        "/runs": {
            "post": _operation("ask_runs", "runs", "Ask for a pack or a book", run, [KEY], body=asked, status="202")
        },
        "/editions/{id}/file": {
            "get": _operation("file_editions", "editions", "Fetch the PDF", {}, [IDENT], kind="application/pdf")
        },
        "/editions/{id}/figures": {
            "get": _operation("figures_editions", "editions", "The figures it froze, as they were", frozen, [IDENT])
        },
    }
    for verb, summary in (("cancel", "Stop it"), ("retry", "Let a failed or cancelled one be made after all")):
        empty = _object({})
        given = [IDENT, MATCH, KEY]
        out[f"/runs/{{id}}/{verb}"] = {"post": _operation(f"{verb}_runs", "runs", summary, run, given, body=empty)}
    for verb in printed.VERBS:
        summary = f"Take the step “{verb}”; the answer is the run that prints the new edition"
        done = _operation(f"{verb}_editions", "editions", summary, run, [IDENT, MATCH, KEY], body=step, status="202")
        out[f"/editions/{{id}}/{verb}"] = {"post": done}
    return out


def _files(name: str) -> dict[str, dict[str, Any]]:
    shown = _object(
        {
            "id": {"type": "integer"}, "name": TEXT, "media_type": TEXT, "size": {"type": "integer"}, "sha256": TEXT,
            "key": TEXT, "added_at": TEXT | {"format": "date-time"}, "added_by_id": {"type": "integer"},
        },
        required=("id", "name", "size", "sha256"), only=False,
    )  # fmt: skip
    number = {"name": "number", "in": "path", "required": True, "schema": whole(1, 2**31 - 1)}
    sent = _object(
        {
            "file": TEXT | {"format": "binary"}, "key": TEXT | {"description": "Of a report: the question."},
            "with_location": {"enum": ["true", "false"], "description": "Of a visit: a photo keeps its position."},
        },
        required=("file",),
    )  # fmt: skip
    small = [query("small", {"enum": ["0", "1"]}, "1: the small picture of a photo.")] if name == "visits" else []
    return {
        f"/{name}/{{id}}/files": {
            "get": _operation(f"files_{name}", name, "Its files", ITEMS, [IDENT]),
            "post": _operation(
                f"send_{name}", name, "Keep a file with it", shown, [IDENT, KEY], body=sent, status="201",
                sent_as="multipart/form-data",
            ),
        },
        f"/{name}/{{id}}/files/{{number}}": {
            "get": _operation(
                f"fetch_{name}", name, "Fetch a file, or the part that `Range` asks for", {}, [IDENT, number, *small],
                kind="*/*",
            ),
            "delete": _operation(
                f"take_{name}", name, "Take a file away", None, [IDENT, number, MATCH, KEY], status="204"
            ),
        },
    }  # fmt: skip


def _agreed() -> dict[str, dict[str, Any]]:
    visit, given, note = {"$ref": f"{SCHEMA}Visit"}, [IDENT, MATCH, KEY], _object({"note": TEXT})
    settled = _object({"state": {"enum": ["done", "dropped"]}, "result": TEXT}, required=("state", "result"))
    return {
        "/visits/{id}/settle_action": {
            "post": _operation(
                "settle_action_visits", "visits", "Say how what was agreed came out", visit, given, body=settled
            )
        },
        "/visits/{id}/reopen_action": {
            "post": _operation(
                "reopen_action_visits",
                "visits",
                "Open what was agreed again",
                visit,
                given,
                body=note,
            )
        },
    }


def _forms() -> dict[str, dict[str, Any]]:
    """Return the addresses of reports by form; the answers of each form are described by its own schema."""

    def place(name: str, description: str) -> Schema:
        return {"name": name, "in": "path", "required": True, "description": description, "schema": TEXT}

    code = place("code", "Code of the form.")
    period, unit = "2566-05, 2566-Q3 or 2566 (Buddhist).", "Code of the office, such as P40."
    at = [code, place("period", period), place("unit", unit)]
    report = _object(
        {
            "id": {"type": ["integer", "null"]}, "unit": TEXT, "period": TEXT, "state": {"type": ["string", "null"]},
            "version": {"type": "integer"}, "problems": {"type": "array", "items": {"type": "object"}},
            "answers": {"type": "object", "description": "By the form's own schema."},
        },
        required=("unit", "period", "state", "version", "answers"), only=False,
    )  # fmt: skip
    page = _object(
        {"items": {"type": "array", "items": report}, "next": {"type": ["string", "null"]}},
        required=("items", "next"), only=False,
    )  # fmt: skip
    typed: Schema = {
        "answers": {"type": "object", "description": "By the form's own schema."},
        "reasons": {"type": "object", "additionalProperties": TEXT},
    }
    item = _object(
        {"period": TEXT | {"description": period}, "unit": TEXT | {"description": unit}} | typed,
        required=("period", "unit", "answers"),
    )
    many = _object({"items": {"type": "array", "maxItems": 1000, "items": item}}, required=("items",))
    counts = _object({name: {"type": "integer"} for name in ("added", "changed", "same")})
    narrowing = [query("unit", TEXT), query("period", TEXT), query("state", TEXT)]
    narrowing += [query("after", whole(0, 2**31 - 1)), query("limit", whole(1, 200))]
    reports = "reports"
    return {
        "/forms/{code}/schema": {
            "get": _operation(
                "schema_reports", reports, "The JSON Schema of a form's answers", {"type": "object"},
                [code, query("version", whole(1, 9999))],
            )
        },
        "/forms/{code}/submissions": {
            "get": _operation("list_reports", reports, "Reports with their answers", page, [code, *narrowing])
        },
        "/forms/{code}/submissions/bulk": {
            "post": _operation(
                "bring_reports", reports, "Save answers into many reports by period and unit, all or none", counts,
                [code, KEY], body=many,
            )
        },
        "/forms/{code}/submissions/{period}/{unit}": {
            "get": _operation("read_reports", reports, "One office's report, begun or not", report, at),
            "put": _operation(
                "fill_reports", reports, "Save answers, all or none; it is begun if it was not", report,
                [*at, MATCH, KEY], body=_object(typed),
            ),
        },
    }  # fmt: skip


def _sent_in() -> dict[str, dict[str, Any]]:
    """Return the addresses of sent files beside their verbs."""
    sent = _object(
        {
            "file": TEXT | {"format": "binary"}, "kind": {"enum": list(sent_in.KINDS)},
            "year": TEXT | {"description": "Buddhist; of a plan, and of a finance file that does not say it itself."},
            "as_of": TEXT | {"description": "Of a finance file: the day it stands at."},
            "unit": TEXT | {"description": "Of a finance file of one office: whose."},
            "whole": {"enum": ["true", "false"], "description": "Of a finance file: what it leaves out is nil."},
        },
        required=("file", "kind"),
    )  # fmt: skip
    keep = _operation(
        "send_import_batches", "import-batches", "Keep a file and have it read", {"$ref": f"{SCHEMA}ImportBatch"},
        [KEY], body=sent, status="202", sent_as="multipart/form-data",
    )  # fmt: skip
    summary = "What it would do, what is wrong, what asks for a word, how the work comes on"
    look = _operation(
        "preview_import_batches", "import-batches", summary, _object({"state": TEXT}, required=("state",), only=False),
        [IDENT],
    )  # fmt: skip
    return {"/import-batches": {"post": keep}, "/import-batches/{id}/preview": {"get": look}}


def _handed_off() -> dict[str, dict[str, Any]]:
    """Return the addresses of dispatches and mappings beside their verbs."""
    name = {"name": "name", "in": "path", "required": True, "schema": TEXT}
    system = {"name": "system", "in": "path", "required": True, "schema": {"enum": list(handed_off.SYSTEMS)}}
    tag = "dispatches"
    return {
        "/dispatches/{id}/files": {"get": _operation("files_dispatches", tag, "Its files", ITEMS, [IDENT])},
        "/dispatches/{id}/files/{name}": {
            "get": _operation("fetch_dispatches", tag, "Fetch one of its files", {}, [IDENT, name], kind="*/*")
        },
        "/dispatches/{id}/rows": {"get": _operation("rows_dispatches", tag, "Its rows to be keyed", ITEMS, [IDENT])},
        "/handoff-maps/{system}/spec": {
            "get": _operation(
                "spec_handoff_maps", "handoff-maps", "Which column of a system's files holds what",
                _object({"spec": {"type": "object"}}, required=("spec",), only=False), [system],
            )
        },
    }  # fmt: skip


def _odata() -> dict[str, dict[str, Any]]:
    name = {"name": "name", "in": "path", "required": True, "schema": TEXT, "description": "The list, as in /visits."}
    options = [
        query("$select", TEXT), query("$filter", TEXT), query("$orderby", TEXT), query("$top", whole(0, 10_000_000)),
        query("$skip", whole(0, 10_000_000)), query("$count", {"enum": ["true", "false"]}), query("$skiptoken", TEXT),
        AS_OF,
    ]  # fmt: skip
    page = _object({"value": {"type": "array", "items": {"type": "object"}}}, required=("value",), only=False)
    kind, narrowing = "application/json", [query("$filter", TEXT), AS_OF]
    return {
        "/odata/": {"get": _operation("odata", "odata", "The lists of the OData feed", page, [], kind=kind)},
        "/odata/$metadata": {
            "get": _operation("odata_metadata", "odata", "Their types (CSDL)", {}, [], kind="application/xml")
        },
        "/odata/{name}": {
            "get": _operation("odata_list", "odata", "A page of a list, for Excel and Power BI", page, [name, *options])
        },
        "/odata/{name}/$count": {
            "get": _operation(
                "odata_count",
                "odata",
                "How many there are",
                {},
                [name, *narrowing],
                kind="text/plain",
            )
        },
        "/odata/{name}({id})": {
            "get": _operation(
                "odata_one", "odata", "One record", {"type": "object"}, [name, IDENT, query("$select", TEXT), AS_OF]
            )
        },
    }
