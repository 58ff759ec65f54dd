"""The JSON Schema (draft 2020-12) of a version: what a program that sends answers is to send.

Answers are an object of cells by the question's key; a table is a list of rows, each an object of its columns. `null`
says that a question does not apply; a key that is left out was not reported. Conditions and rules of the form cannot be
said in JSON Schema: they are listed under `x-rules` and `x-shown-when`, and the portal checks them.
"""

from __future__ import annotations

from typing import Any

from models import FormVersion
from portal.forms import kinds
from portal.forms.kinds.table import schema_limits
from portal.forms.questions import Question
from portal.forms.reading import spec_of
from portal.forms.spec import FormSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(version: FormVersion) -> dict[str, Any]:
    """Return the JSON Schema of the answers to a stored version."""
    form = version.form
    return schema(spec_of(version), f"urn:cpd:form:{form.code}:{version.number}", form.name)


def schema(spec: FormSpec, name: str, title: str) -> dict[str, Any]:
    """Return the JSON Schema of the answers to a form."""
    properties = {}
    required = []
    for key, question in spec.questions.items():
        kind = kinds.of(question)
        if question.kind == "table":
            properties[key] = _table(question)
        elif kind.holds:
            properties[key] = _cell(question)
        if question.required and kind.typed and not _is_hidden_at_times(spec, question):
            required.append(key)
    out: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": name,
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    if spec.rules:
        out["x-rules"] = [rule.to_json() for rule in spec.rules]
    return out


def _is_hidden_at_times(spec: FormSpec, question: Question) -> bool:
    return bool(question.shown_when or spec.sections_of[question.key].shown_when)


def _cell(question: Question) -> dict[str, Any]:
    described = kinds.of(question).schema(question)
    out: dict[str, Any] = {"title": question.label, "anyOf": [described, {"type": "null"}]}
    for name, value in (
        ("description", question.help),
        ("x-kind", question.kind),
        ("x-unit", question.unit),
        ("x-shown-when", question.shown_when),
        ("x-formula", question.formula),
        ("x-indicator", question.indicator),
    ):
        if value:
            out[name] = value
    return out


def _table(table: Question) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": "object",
        "properties": {column.key: _cell(column) for column in table.columns},
        "additionalProperties": False,
    }
    needed = [c.key for c in table.columns if c.required and not c.shown_when]
    if needed and not table.rows:
        row["required"] = needed
    out: dict[str, Any] = {
        "title": table.label,
        "type": "array",
        "items": row,
        "x-kind": "table",
        **schema_limits(table),
    }
    if table.rows:
        out["x-rows"] = [row.key for row in table.rows]
    if table.shown_when:
        out["x-shown-when"] = table.shown_when
    return out
