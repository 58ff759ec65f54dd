"""Every change once, in order, from a mark on: what another system reads to follow the store.

The trail is written by one writer at a time (see `portal.audit`), so its numbers are in the order of commits: who
asks for what comes after a mark never misses a change that was committed later with an earlier number.
"""

from __future__ import annotations

from typing import Any

from flask import g, request
from peewee import ForeignKeyField

from models import (
    BY_NAME,
    ApiToken,
    AuditEntry,
    Notice,
    Revision,
    SignIn,
    Submission,
    Table,
    Target,
    Visit,
    address_of,
)
from portal.rules.access import Role
from portal.web.api import door, resources, values
from portal.web.api.asking import LARGEST

PAGE = 200
OWN = (Notice, ApiToken, SignIn)  # each person's own, as `portal.scope` has it
WHOLES = (Submission, Visit, Target)  # records whose parts have no address of their own


def changes() -> dict[str, Any]:
    """Return the changes after the mark `after` (0 = from the beginning): `items`, and `next` to go on from.

    An item tells when, who (number), the verb, the resource and number of the record, and the record before and after
    (null where it was not there). What is a part of a record and has no address of its own, such as an answer of a
    report, is told under the record with `part` (its kind) and `part_id`. An act that brought rows by the thousand is
    one item with `rows` and no record.
    """
    after = values.whole(request.args.get("after", "0"), "after", 999_999_999, least=0)
    limit = values.whole(request.args.get("limit", str(PAGE)), "limit", LARGEST)
    entries = list(door.narrowed(AuditEntry.select()).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(limit))
    held = door.narrowed(Revision.select()).where(Revision.entry.in_([e.id for e in entries])).order_by(Revision.id)
    by_entry: dict[int, list[Revision]] = {}
    for revision in held:
        by_entry.setdefault(revision.entry_id, []).append(revision)
    items = [item for entry in entries for item in _items(entry, by_entry.get(entry.id, []))]
    hidden = _hidden({item["id"] for item in items if item["resource"] == "visits"})
    items = [item for item in items if item["resource"] != "visits" or item["id"] not in hidden]
    return {"items": items, "next": entries[-1].id if entries else after, "more": len(entries) == limit}


def _items(entry: AuditEntry, revisions: list[Revision]) -> list[dict[str, Any]]:
    about = {
        "entry": entry.id, "at": values.moment(entry.at), "person_id": entry.person_id, "verb": entry.verb,
    }  # fmt: skip
    if not revisions:
        found = _open(entry.table_name)
        if found is None or (entry.row_id is not None and entry.rows == 1):
            return []
        return [about | {"resource": found.name, "id": None, "rows": entry.rows, "before": None, "after": None}]
    return [about | told for each in revisions if (told := _told(each)) is not None]


def trash(resource: resources.Resource) -> dict[str, Any]:
    """Return removed records as they were, newest first, from below the mark `before`, each with its entry."""
    limit = values.whole(request.args.get("limit", str(PAGE)), "limit", LARGEST)
    before = values.whole(request.args.get("before", str(2**31 - 1)), "before", 2**31 - 1)
    table = resource.table
    gone = (
        door.narrowed(Revision.select())
        .where(
            Revision.table_name == table.__name__, Revision.after.is_null(), Revision.id < before,
            Revision.row_id.not_in(table.select(table.id)),
        )
        .order_by(Revision.id.desc())
        .limit(limit)
    )  # fmt: skip
    rows = list(gone)
    items = [{"id": r.row_id, "entry": r.entry_id, "before": shown(resource, r.before)} for r in rows]
    return {"items": items, "next": rows[-1].id if len(rows) == limit else None}


def _hidden(visits: set[int]) -> set[int]:
    """Return those that are there and out of reach: a visit that waits to be checked is not every division's to see."""
    there = {ident for (ident,) in Visit.select(Visit.id).where(Visit.id.in_(visits)).tuples()}
    return there - {ident for (ident,) in door.narrowed(Visit.select(Visit.id)).where(Visit.id.in_(visits)).tuples()}


def _told(each: Revision) -> dict[str, Any] | None:
    found = _open(each.table_name)
    if found is not None:
        if found.table in OWN and not _is_own(found.table, each.after or each.before or {}):
            return None
        before, after = (shown(found, picture) for picture in (each.before, each.after))
        return {"resource": found.name, "id": each.row_id, "rows": 1, "before": before, "after": after}
    owner = _owner(each)
    if owner is None:
        return None
    whole, ident = owner
    table = BY_NAME[each.table_name]
    before, after = (_part(table, picture) for picture in (each.before, each.after))
    part = {"part": address_of(table), "part_id": each.row_id}
    return {"resource": whole.name, "id": ident, **part, "rows": 1, "before": before, "after": after}


def _is_own(table: type[Table], picture: dict[str, Any]) -> bool:
    return bool(picture.get("person") == g.person.id or (table is not Notice and g.person.role == Role.ADMIN))


def _owner(each: Revision) -> tuple[resources.Resource, int] | None:
    """Return the record that a row without an address of its own belongs to."""
    table: type[Table] | None = BY_NAME.get(each.table_name)
    picture = each.after or each.before or {}
    if table is None or resources.of_table(table) is not None:
        return None  # of no table any more, or of a kind that is not the caller's to read
    for name, field in _ways(table):
        if picture.get(name) is not None and (found := _open(field.rel_model.__name__)) is not None:
            return found, int(picture[name])
    return None


def _ways(table: type[Table]) -> list[tuple[str, ForeignKeyField]]:
    """Return the columns by which a row may belong to another record, in the table's order; not to office or person."""
    return [(f.name, f) for f in table._meta.sorted_fields if isinstance(f, ForeignKeyField) and f.rel_model in WHOLES]


def _part(table: type[Table], picture: dict[str, Any] | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    left_out = {"id", *table.secret, *(name for name in picture if name.endswith("_key"))}
    return {name: value for name, value in picture.items() if name not in left_out}


def _open(table_name: str) -> resources.Resource | None:
    table: type[Table] | None = BY_NAME.get(table_name)
    found = resources.of_table(table) if table is not None else None
    return found if found is not None and found.is_open_to(g.person) else None


def shown(resource: resources.Resource, picture: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a revision's picture with the properties of the resource, written as the resource writes them."""
    if picture is None:
        return None
    out = {}
    for name, field in resource.fields.items():
        if field.name == "id" or field.name not in picture:
            continue
        value, write = picture[field.name], values.writer(field)
        if write is values.number:
            value = None if value is None else values.number(field.db_value(value))
        elif write is not None:
            value = write(value)
        out[name] = value
    return out
