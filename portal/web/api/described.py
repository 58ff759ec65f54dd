"""The API described for programs: OpenAPI 3.1, made from the same declarations that answer the requests."""

from __future__ import annotations

from typing import Any

from flask import Flask
from peewee import JSONField

from portal.web.api import asking, examples, schemas, special
from portal.web.api.asking import LARGEST, PAGE
from portal.web.api.resources import Resource

TITLE = "Reporting portal of the Cooperative Promotion Department"
PROBLEM = "application/problem+json"


def document(app: Flask) -> dict[str, Any]:
    """Return the whole description; made once for each application."""
    held: dict[str, Any] | None = app.extensions.get("portal_openapi")
    if held is None:
        held = app.extensions["portal_openapi"] = _document(list(app.extensions["portal_resources"].values()))
    return held


def _document(all_resources: list[Resource]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    held: dict[str, Any] = {"Problem": _problem_schema()}
    for resource in all_resources:
        name = resource.table.__name__
        held[name] = schemas.schema(resource)
        if resource.typed and (resource.screen.adds or resource.screen.changes):
            held[f"{name}Typed"] = schemas.typed_schema(resource)
        paths |= _paths(resource)
    for path, methods in special.paths().items():
        paths.setdefault(path, {}).update(methods)
    for operation in (each for methods in paths.values() for each in methods.values()):
        if operation["operationId"] in examples.BODIES:
            content = operation["requestBody"]["content"]["application/json"]
            content["example"] = examples.BODIES[operation["operationId"]]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": "1",
            "description": (
                "The same records under the same rules as the screens. Days are ISO 8601 (Gregorian), moments carry "
                "Bangkok's offset, money is whole satang, codes are text. Every list takes `field__test=value` "
                "(tests: eq, ne, lt, lte, gt, gte, in, contains, starts, isnull; related records by "
                '`unit__region__code=R01`), groups in `where={"or": […]}`, `search`, `sort`, `fields`, `expand`, '
                "`limit`, `after`, `count=1`, and `format` json, csv, ndjson or xlsx (the last three send everything "
                "that matches). Changes need `If-Match`; any writing request may carry an `Idempotency-Key`."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "Any name; the token as the password."},
            },
            "schemas": held,
            "parameters": _parameters(),
            "responses": {
                "Problem": _response("What was refused, in words.", {"$ref": "#/components/schemas/Problem"}, PROBLEM)
            },
        },
    }


def _paths(resource: Resource) -> dict[str, Any]:
    name, table = resource.name, resource.table.__name__
    one, many = {"$ref": f"#/components/schemas/{table}"}, _page_of(table)
    listed = [
        {"$ref": f"#/components/parameters/{p}"}
        for p in ("search", "expand", "limit", "after", "count", "where", "format", "as_of")
    ]
    shown = examples.of_list(list(resource.fields), resource.sorts)
    chosen = {
        "name": "fields",
        "in": "query",
        "description": "The properties wanted, with commas between.",
        "schema": {"type": "string"},
        "example": shown["fields"],
    }
    sort = {
        "name": "sort",
        "in": "query",
        "example": shown["sort"],
        "description": "A property, with “-” before it downwards.",
        "schema": {"type": "string", "enum": [*resource.sorts, *(f"-{s}" for s in resource.sorts)]},
    }
    ident = {"$ref": "#/components/parameters/id"}
    narrowing = [
        {
            "name": prop,
            "in": "query",
            "description": "Only records with this value.",
            "schema": schemas.asked_schema(field),
        }
        for prop, field in resource.fields.items()
        if not isinstance(field, JSONField) and prop not in asking.SPECIAL
    ]
    out: dict[str, Any] = {
        f"/{name}": {
            "get": _operation(resource, "list", "List them", many, [*listed, chosen, sort, *narrowing], files=True)
        },
        f"/{name}/{{id}}": {
            "get": _operation(
                resource,
                "read",
                "Read one",
                one,
                [ident, *({"$ref": f"#/components/parameters/{p}"} for p in ("fields", "expand", "as_of"))],
            )
        },
        f"/{name}/{{id}}/history": {
            "get": _operation(resource, "history", "Read its revisions, newest first", _items(), [ident])
        },
        f"/{name}/trash": {
            "get": _operation(resource, "trash", "Read the removed ones, newest first", _items(), special.TRASH)
        },
    }
    typed = {"$ref": f"#/components/schemas/{table}Typed"}
    key, match = {"$ref": "#/components/parameters/key"}, {"$ref": "#/components/parameters/match"}
    if resource.typed and resource.screen.adds:
        out[f"/{name}"]["post"] = _operation(resource, "add", "Add one", one, [key], body=typed, status="201")
    if resource.typed and resource.screen.changes:
        change = _operation(resource, "change", "Change the named properties", one, [ident, match, key], body=typed)
        out[f"/{name}/{{id}}"]["patch"] = change
    if resource.typed and resource.key and not resource.has_verbs and (resource.screen.adds or resource.screen.changes):
        items = {
            "type": "object",
            "required": ["items"],
            "additionalProperties": False,
            "properties": {"items": {"type": "array", "maxItems": 10_000, "items": typed}},
        }
        summary = f"Add or change many by {', '.join(f.column_name for f in resource.key)}, all or none"
        counts = {"type": "object", "properties": {n: {"type": "integer"} for n in ("added", "changed", "same")}}
        out[f"/{name}/bulk"] = {"post": _operation(resource, "bring", summary, counts, [key], body=items)}
    if resource.screen.removes:
        out[f"/{name}/{{id}}"]["delete"] = _operation(
            resource, "remove", "Remove one; its history is kept", None, [ident, match, key], status="204"
        )
        out[f"/{name}/{{id}}/restore"] = {
            "post": _operation(resource, "restore", "Bring a removed one back", one, [ident, key], status="201")
        }
    for verb, step in resource.steps.items():
        note = {"type": "object", "additionalProperties": False, "properties": {"note": {"type": "string"}}}
        body = note if step.asks_note else {"type": "object", "additionalProperties": False}
        summary = f"Take the step “{verb}”: {', '.join(sorted(step.for_roles))}"
        out[f"/{name}/{{id}}/{verb}"] = {
            "post": _operation(resource, verb, summary, one, [ident, match, key], body=body)
        }
    return out


def _operation(
    resource: Resource,
    verb: str,
    summary: str,
    answer: dict[str, Any] | None,
    parameters: list[Any],
    *,
    body: dict[str, Any] | None = None,
    status: str = "200",
    files: bool = False,
) -> dict[str, Any]:
    success: dict[str, Any] = {"description": summary}
    if answer is not None:
        success["content"] = {"application/json": {"schema": answer}}
    if files:
        success["content"] |= {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
        }
    out: dict[str, Any] = {
        "operationId": f"{verb}_{resource.name.replace('-', '_')}",
        "tags": [resource.name],
        "summary": summary,
        "parameters": parameters,
        "responses": {status: success, "default": {"$ref": "#/components/responses/Problem"}},
    }
    if body is not None:
        out["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return out


def _parameters() -> dict[str, Any]:
    def query(name: str, description: str, kind: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": "query", "description": description, "schema": kind}

    text: dict[str, Any] = {"type": "string"}
    return {
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        },
        "search": query("search", "Words to be found inside the searched texts.", text | {"maxLength": 200}),
        "fields": query("fields", "The properties wanted, with commas between.", text),
        "expand": query("expand", "Related records to be put in, with commas between.", text),
        "limit": query(
            "limit", f"Records of one page, {PAGE} if not said.", {"type": "integer", "minimum": 1, "maximum": LARGEST}
        ),
        "after": query("after", "The mark `next` of the page before.", text),
        "count": query("count", "1: count all that match.", {"enum": ["0", "1"]}),
        "where": query("where", f"Groups of tests as JSON, {asking.DEEPEST} deep at most.", text),
        "format": query("format", "Instead of the header Accept.", {"enum": ["json", "csv", "ndjson", "xlsx"]}),
        "as_of": query(
            "as_of",
            "As the records stood at this moment (ISO 8601), or when the figures of an edition such as pack-2566-05-1 "
            "were frozen. Records that `expand` and tests reach stand as they did then as well.",
            text,
        ),
        "match": {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "schema": text,
            "description": "The ETag of the record as you looked at it, or * for whichever it is.",
        },
        "key": {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": text | {"maxLength": 100},
            "description": "A key of your own: the same request sent again within 48 hours is not done again.",
        },
    }


def _page_of(table: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{table}"}},
            "next": {"type": ["string", "null"]},
            "count": {"type": "integer"},
        },
    }


def _items() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"type": "object"}}},
    }


def _response(description: str, schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "request"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "field": text,
            "rule": text,
            "request": text,
            "current": {"type": "object"},
            "items": {"type": "array"},
            "error": {"type": "object", "description": "Of the OData feed: the same as its standard writes it."},
        },
    }
