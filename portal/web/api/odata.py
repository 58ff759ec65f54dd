"""The store as an OData v4 feed to read: what Excel and Power BI connect to, with types kept and Thai intact.

A part of the standard: one list a kind of record, `$select`, `$filter`, `$orderby`, `$top`, `$skip`, `$count`, pages
that name the next one. Nothing is written here, and nothing is reached that the lists of the API do not reach.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, g, request
from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
)
from playhouse.fields import EnumField
from werkzeug.datastructures import MultiDict

from models import NumberField
from portal.errors import RuleBroken
from portal.web.api import door, formats, odata_filter, reading, resources, values
from portal.web.api.asking import LARGEST, Reader
from portal.web.api.resources import Resource

odata = Blueprint("api_odata", __name__, url_prefix="/api/v1/odata")
odata.before_request(door.enter)
odata.after_request(door.leave)

NAMESPACE = "Portal"
EDMX, EDM = "http://docs.oasis-open.org/odata/ns/edmx", "http://docs.oasis-open.org/odata/ns/edm"
OPTIONS = ("$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format", "as_of")
MOST_ROWS = 10_000_000


@odata.get("/")
@door.takes("$format")
def service() -> Response:
    """Return the lists there are for this caller."""
    sets = [{"name": one.name, "kind": "EntitySet", "url": one.name} for one in _open()]
    return _answer({"@odata.context": f"{_root()}$metadata", "value": sets})


@odata.get("/$metadata")
@door.takes("$format")
def metadata() -> Response:
    """Describe the lists: each property with its type."""
    ET.register_namespace("edmx", EDMX)
    ET.register_namespace("", EDM)
    top = ET.Element(f"{{{EDMX}}}Edmx", Version="4.0")
    schema = ET.SubElement(ET.SubElement(top, f"{{{EDMX}}}DataServices"), f"{{{EDM}}}Schema", Namespace=NAMESPACE)
    for one in _open():
        kind = ET.SubElement(schema, f"{{{EDM}}}EntityType", Name=one.table.__name__)
        ET.SubElement(ET.SubElement(kind, f"{{{EDM}}}Key"), f"{{{EDM}}}PropertyRef", Name="id")
        for name, field in one.fields.items():
            ET.SubElement(kind, f"{{{EDM}}}Property", {"Name": name, **_type(field)})
    container = ET.SubElement(schema, f"{{{EDM}}}EntityContainer", Name="Container")
    for one in _open():
        kind_name = f"{NAMESPACE}.{one.table.__name__}"
        held = ET.SubElement(container, f"{{{EDM}}}EntitySet", Name=one.name, EntityType=kind_name)
        for term, values_ in _restrictions(one).items():
            _annotate(held, term, values_)
    _annotate(container, "FilterFunctions", ["contains", "startswith"])
    _annotate(container, "BatchSupported", "false")
    text = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return _versioned(Response(text, content_type="application/xml; charset=utf-8"))


@odata.get("/<name>")
@door.takes(*OPTIONS)
def listed(name: str) -> Response:
    """Return a page of a list; `@odata.nextLink` leads to the next one."""
    resource = resources.open_one(name, g.person)
    args = _asked(resource)
    most = values.whole(request.args.get("$top", str(MOST_ROWS)), "$top", MOST_ROWS, least=0)
    skip = values.whole(request.args.get("$skip", "0"), "$skip", MOST_ROWS, least=0)
    size = max(1, min(most, LARGEST))
    args["limit"] = str(size)
    held = reading.page(resource, args, skip=0 if "after" in args else skip)
    out: dict[str, Any] = {"@odata.context": f"{_root()}$metadata#{name}"}
    if "count" in held:
        out["@odata.count"] = held["count"]
    packed = [n for n, field in resource.fields.items() if isinstance(field, JSONField)]
    out["value"] = [_packed(item, packed) for item in held["items"]] if most else []
    if held["next"] and most > size:
        again = [(k, v) for k, v in request.args.items() if k not in ("$top", "$skip", "$skiptoken", "$count")]
        left = [("$top", str(most - size))] if "$top" in request.args else []
        out["@odata.nextLink"] = f"{_root()}{name}?{_query([*again, *left, ('$skiptoken', held['next'])])}"
    return _answer(out)


@odata.get("/<name>/$count")
@door.takes("$filter", "as_of")
def counted(name: str) -> Response:
    """Return how many there are, as plain text."""
    resource = resources.open_one(name, g.person)
    reader = Reader(resource, g.person, door.narrowed)
    asked = reader.read(_asked(resource))
    query = reader.apply(door.narrowed(resource.table.select(resource.table.id)), asked)
    count = reader.standing(query, asked).count()
    return _versioned(Response(str(count), content_type="text/plain; charset=utf-8"))


@odata.get("/<name>(<int:ident>)")
@door.takes("$select", "$format", "as_of")
def one(name: str, ident: int) -> Response:
    """Return one record."""
    resource = resources.open_one(name, g.person)
    reader = Reader(resource, g.person, door.narrowed)
    item = reading.stood(resource, reading.whole(ident), reader, reader.read(_asked(resource)))
    packed = [n for n, field in resource.fields.items() if isinstance(field, JSONField)]
    return _answer({"@odata.context": f"{_root()}$metadata#{name}/$entity", **_packed(item, packed)})


# ---------------------------------------------------------------- below: how


def _open() -> list[Resource]:
    return [one for one in resources.every().values() if one.is_open_to(g.person)]


def _asked(resource: Resource) -> MultiDict[str, str]:
    """Return the options of the standard as the arguments of a list."""
    given, out = request.args, MultiDict[str, str]()
    if given.get("$format", "json").partition(";")[0] not in ("json", "application/json"):
        raise RuleBroken(
            "There is no property “{name}”. There are: {known}.",
            field="$format",
            name=given["$format"][:30],
            known="json",
        )
    if given.get("$select", "*") != "*":
        out["fields"] = given["$select"]
    if given.get("$filter"):
        out["where"] = formats.dumps(odata_filter.group(given["$filter"]))
    if order := given.get("$orderby"):
        name, way = _order(order)
        if way not in ("asc", "desc"):
            raise RuleBroken("A list goes by one property, asc or desc.", field="$orderby")
        out["sort"] = f"-{name}" if way == "desc" else name
    if given.get("$count", "false") not in ("true", "false"):
        raise RuleBroken("“{text}” is not {words}.", field="$count", text=given["$count"][:60], words="true or false")
    out["count"] = "1" if given.get("$count") == "true" else "0"
    for ours, theirs in (("after", "$skiptoken"), ("as_of", "as_of")):
        if given.get(theirs):
            out[ours] = given[theirs]
    return out


def _order(text: str) -> tuple[str, str]:
    """Return the property and the way of an order; behind it may stand the number, by which every list ends."""
    steps = [(name, way.strip() or "asc") for name, _, way in (each.strip().partition(" ") for each in text.split(","))]
    name, way = steps[0]
    return (name, way) if len(steps) == 1 or steps[1:] == [("id", way)] else ("", "")


def _restrictions(resource: Resource) -> dict[str, dict[str, Any]]:
    """Return what a list does not offer, so that Power Query sorts and filters by these itself instead of asking."""
    unsorted = [name for name in resource.fields if name not in resource.sorts]
    packed = [name for name, field in resource.fields.items() if isinstance(field, JSONField)]
    return {
        "SortRestrictions": {"Sortable": "true", "NonSortableProperties": unsorted},
        "FilterRestrictions": {"Filterable": "true", "NonFilterableProperties": packed},
        "ExpandRestrictions": {"Expandable": "false"},
    }


def _annotate(on: ET.Element, term: str, value: Any) -> None:
    """Write one annotation of the vocabulary of capabilities: a truth value, a list of texts, or a record of these."""
    note = ET.SubElement(on, f"{{{EDM}}}Annotation", Term=f"Org.OData.Capabilities.V1.{term}")
    if isinstance(value, dict):
        record = ET.SubElement(note, f"{{{EDM}}}Record")
        for name, each in value.items():
            _value(ET.SubElement(record, f"{{{EDM}}}PropertyValue", Property=name), each)
    else:
        _value(note, value)


def _value(on: ET.Element, value: str | list[str]) -> None:
    if isinstance(value, str):
        on.set("Bool", value)
        return
    held = ET.SubElement(on, f"{{{EDM}}}Collection")
    is_paths = on.get("Property") is not None
    for each in value:
        ET.SubElement(held, f"{{{EDM}}}{'PropertyPath' if is_paths else 'String'}").text = each


def _type(field: Field) -> dict[str, str]:
    kind: dict[str, str]
    if isinstance(field, BooleanField):
        kind = {"Type": "Edm.Boolean"}
    elif isinstance(field, NumberField):
        kind = {"Type": "Edm.Decimal", "Precision": "19", "Scale": "4"}
    elif isinstance(field, BigIntegerField):
        kind = {"Type": "Edm.Int64"}
    elif isinstance(field, (IntegerField, ForeignKeyField)) or field.name == "id":
        kind = {"Type": "Edm.Int32"}
    elif isinstance(field, DateTimeField):
        kind = {"Type": "Edm.DateTimeOffset", "Precision": "6"}
    elif isinstance(field, DateField):
        kind = {"Type": "Edm.Date"}
    elif isinstance(field, CharField) and not isinstance(field, EnumField):
        kind = {"Type": "Edm.String", "MaxLength": str(field.max_length)}
    else:
        kind = {"Type": "Edm.String"}
    return kind if field.null else kind | {"Nullable": "false"}


def _packed(item: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a record with its JSON properties as text: the standard has no kind for them."""
    for name in names:
        if item.get(name) is not None:
            item[name] = formats.dumps(item[name])
    return item


def _root() -> str:
    return f"{request.url_root.rstrip('/')}/api/v1/odata/"


def _query(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, safe="$")


def _answer(value: dict[str, Any]) -> Response:
    return _versioned(Response(formats.dumps(value), content_type="application/json;odata.metadata=minimal"))


def _versioned(response: Response) -> Response:
    response.headers["OData-Version"] = "4.0"
    return response
