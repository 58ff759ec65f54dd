"""Revisions of every row: before and after, as of a moment, restore."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from models import AuditEntry, Revision, Table, text_of


def picture(row: Table) -> dict[str, Any]:
    """Return a row as plain JSON values by column name, without its secrets."""
    model = type(row)
    return {
        name: text_of(row.__data__.get(name)) for name in model._meta.sorted_field_names if name not in model.secret
    }


def keep(
    entry: AuditEntry,
    rows: Iterable[tuple[str, int, dict[str, Any] | None, dict[str, Any] | None, int | None]],
) -> None:
    """Write the revisions of one act: (table name, row id, before, after, unit id) each."""
    batch = [
        {
            "entry": entry.id,
            "table_name": table,
            "row_id": row_id,
            "before": before,
            "after": after,
            "unit": unit,
        }
        for table, row_id, before, after, unit in rows
    ]
    for start in range(0, len(batch), 500):
        Revision.insert_many(batch[start : start + 500]).execute()


def of(table: type[Table], row_id: int) -> list[Revision]:
    """Return the revisions of one record with their entries, newest first."""
    return list(
        Revision.select(Revision, AuditEntry)
        .join(AuditEntry)
        .where(Revision.table_name == table.__name__, Revision.row_id == row_id)
        .order_by(Revision.id.desc())
    )


def as_of(table: type[Table], row_id: int, moment: dt.datetime) -> dict[str, Any] | None:
    """Return the record as it stood at `moment`, or None if it did not exist then."""
    return (
        Revision.select(Revision.after)
        .join(AuditEntry)
        .where(Revision.table_name == table.__name__, Revision.row_id == row_id, AuditEntry.at <= moment)
        .order_by(Revision.id.desc())
        .limit(1)
        .scalar()
    )
