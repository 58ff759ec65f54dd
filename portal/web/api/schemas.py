"""The JSON Schema of each record type, read and written.

They come from the tables by peewee's own way to pydantic, which leaves out lengths, bounds, decimals and which columns
are related records; those are completed here from the columns.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
)
from playhouse.fields import EnumField
from playhouse.pydantic_utils import to_pydantic

from models import NumberField
from portal.web.api.resources import Resource

MONEY = ("act", "after_transfers", "received", "disbursed", "ordered", "reserved", "capital", "business_volume")


def schema(resource: Resource) -> dict[str, Any]:
    """Return the JSON Schema of a record as it is read."""
    plain = to_pydantic(resource.table, exclude=set(resource.table.secret), exclude_autofield=False)
    made = plain.model_json_schema()
    properties = {}
    for name, field in resource.fields.items():
        properties[name] = _completed(field, made["properties"][name], made.get("$defs", {}))
    return {
        "type": "object",
        "description": (resource.table.__doc__ or "").strip(),
        "properties": properties
        | {name: {"type": ["object", "null"], "description": "Only when expanded."} for name in resource.related},
    }


def typed_schema(resource: Resource) -> dict[str, Any]:
    """Return the JSON Schema of what a program may write of a record; nothing else is taken."""
    plain = to_pydantic(resource.table, include={f.name for f in resource.typed.values()})
    made = plain.model_json_schema()
    properties = {
        name: _completed(field, made["properties"][name], made.get("$defs", {}))
        for name, field in resource.typed.items()
    }
    return {
        "type": "object",
        "properties": properties
        | {
            f.name: {"type": "object", "description": "The related record by its key."}
            for f in resource.typed.values()
            if isinstance(f, ForeignKeyField)
        },
        "additionalProperties": False,
    }


def _completed(field: Field, made: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    out = {k: v for k, v in made.items() if k in ("format", "type")}
    if "anyOf" in made:
        out = {k: v for k, v in made["anyOf"][0].items() if k in ("format", "type")}
    if isinstance(field, EnumField):
        out = {"type": "string", "enum": [str(value) for value in field.enum_class]}
        if field.null:
            out["enum"] = [*out["enum"], None]
    elif isinstance(field, NumberField):
        out = {"type": "number"}
    elif isinstance(field, JSONField):
        return {}
    elif isinstance(field, CharField):
        out |= {"type": "string", "maxLength": field.max_length}
    elif isinstance(field, BooleanField):
        out = {"type": "boolean"}
    elif isinstance(field, (IntegerField, ForeignKeyField)):
        most = 2**63 - 1 if isinstance(field, BigIntegerField) else 2**31 - 1
        out = {"type": "integer", "maximum": most, "minimum": -most - 1}
        if isinstance(field, ForeignKeyField):
            out["description"] = f"Number of a record of {field.rel_model.__name__}."
        elif field.name in MONEY:
            out["description"] = "Satang."
    elif isinstance(field, DateTimeField):
        out = {"type": "string", "format": "date-time"}
    if field.null and "type" in out:
        out["type"] = [out["type"], "null"]
    return out


def asked_schema(field: Field) -> dict[str, Any]:
    made = _completed(field, {"type": "string"}, {})
    if isinstance(made.get("type"), list):
        made["type"] = made["type"][0]
    if "enum" in made:
        made["enum"] = [value for value in made["enum"] if value is not None]
    if made.get("type") == "string" and "enum" not in made and not isinstance(field, (CharField, DateTimeField)):
        made = {"type": "string", "format": "date"} if field.field_type == "DATE" else {"type": "string"}
    made.pop("maxLength", None)
    return made
