"""Every change once, in order, from a mark on: what another system reads to follow the store.

The trail is written by one writer at a time (see `portal.audit`), so its numbers are in the order of commits: who
asks for what comes after a mark never misses a change that was committed later with an earlier number.
"""

from __future__ import annotations

from typing import Any

from flask import g, request

from models import BY_NAME, AuditEntry, Revision, Table
from portal.web.api import door, resources, values
from portal.web.api.asking import LARGEST

PAGE = 200


def changes() -> dict[str, Any]:
    """Return the changes after the mark `after` (0 = from the beginning): `items`, and `next` to go on from.

    An item tells when, who (number), the verb, the resource and number of the record, and the record before and after
    (null where it was not there). An act that brought rows by the thousand is one item with `rows` and no record.
    """
    after = values.whole(request.args.get("after", "0"), "after", 999_999_999, least=0)
    limit = values.whole(request.args.get("limit", str(PAGE)), "limit", LARGEST)
    entries = list(door.narrowed(AuditEntry.select()).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(limit))
    held = door.narrowed(Revision.select()).where(Revision.entry.in_([e.id for e in entries])).order_by(Revision.id)
    by_entry: dict[int, list[Revision]] = {}
    for revision in held:
        by_entry.setdefault(revision.entry_id, []).append(revision)
    items = [item for entry in entries for item in _items(entry, by_entry.get(entry.id, []))]
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
    out = []
    for each in revisions:
        found = _open(each.table_name)
        if found is not None:
            before, after = (shown(found, picture) for picture in (each.before, each.after))
            out.append(about | {"resource": found.name, "id": each.row_id, "rows": 1, "before": before, "after": after})
    return out


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
