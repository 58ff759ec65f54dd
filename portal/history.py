"""Revisions of every row: before and after, one row or whole tables as of a moment, restore."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from peewee import CTE, BooleanField, DateField, DateTimeField, Field, JSONField, RawQuery
from playhouse.fields import EnumField

from models import SCALE, AuditEntry, NumberField, Revision, Table, text_of
from portal import database

Part: TypeAlias = Literal["all", "unchanged", "changed"]
MANY = 100  # revisions of one act from which they are written as a block


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
    rows = list(rows)
    if len(rows) > MANY:
        dumps = Revision._meta.fields["before"]._dumps
        written = (
            (entry.id, table, row_id, *(None if one is None else dumps(one) for one in (before, after)), unit)
            for table, row_id, before, after, unit in rows
        )
        database.append(Revision, ("entry", "table_name", "row_id", "before", "after", "unit"), written)
        return
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


def removed(table: type[Table], row_id: int) -> list[tuple[type[Table], int, dict[str, Any]]]:
    """Return a removed record and the children that went with it, as they were: parents first, empty if it is there."""
    last = next(iter(of(table, row_id)), None)
    if last is None or last.after is not None or last.before is None:
        return []
    gone = list(
        Revision.select().where(Revision.entry == last.entry_id, Revision.after.is_null(), Revision.id != last.id)
    )
    return list(_with_children(table, row_id, last.before, gone))


def _with_children(
    table: type[Table], row_id: int, before: dict[str, Any], gone: list[Revision]
) -> Iterator[tuple[type[Table], int, dict[str, Any]]]:
    yield table, row_id, before
    for field, child in table._meta.backrefs.items():
        if field.on_delete == "CASCADE":
            for each in gone:
                if each.table_name == child.__name__ and each.before and each.before.get(field.name) == row_id:
                    yield from _with_children(child, each.row_id, each.before, gone)


def values_of(table: type[Table], picture: dict[str, Any]) -> dict[str, Any]:
    """Return a picture's plain values as those of the columns: days, moments, Decimals, enumerations."""
    return {name: _value(table._meta.fields[name], value) for name, value in picture.items() if name != "id"}


def _value(field: Field, value: Any) -> Any:
    if value is None or isinstance(field, JSONField):
        return value
    if isinstance(field, NumberField):
        return Decimal(value)
    if isinstance(field, EnumField):
        return field.enum_class(value)
    if isinstance(field, DateTimeField):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(field, DateField) else value


def as_of(table: type[Table], row_id: int, moment: dt.datetime) -> dict[str, Any] | None:
    """Return the record as it stood at `moment`, or None if it did not exist then.

    It is what the first change after the moment found; without one, the record as it stands. A record brought in by
    the thousand has no picture of its own, and counts as having always been there.
    """
    later = (
        Revision.select(Revision.before)
        .join(AuditEntry)
        .where(Revision.table_name == table.__name__, Revision.row_id == row_id, AuditEntry.at > moment)
        .order_by(Revision.id)
        .first()
    )
    if later is not None:
        before: dict[str, Any] | None = later.before
        return before
    row = table.get_or_none(table.id == row_id)
    return None if row is None else picture(row)


def then(table: type[Table], moment: dt.datetime, part: Part = "all") -> CTE:
    """Return what stands for `table` in a query that is asked as of `moment`, to be given to its `with_cte`.

    It bears the table's own name, so every condition, order and sub-query of the query means the rows as they stood:
    those nobody changed since, and of the others what the first change after the moment found (as `as_of` does for
    one). Values that no revision keeps are null; a column that is younger than a picture has its default. A `part` of
    them is what a page is put together of: each part alone can be walked by an index, both in one cannot.
    """
    names = [f.column_name for f in table._meta.sorted_fields]
    mark, name = ("?", table.__name__) if database.is_sqlite() else ("%s", table.__name__)
    listed = ", ".join(f'"{each}"' for each in names)
    of_now = ("main." if database.is_sqlite() else "") + f'"{table._meta.table_name}"'
    pictured = ", ".join(f'{_pictured(f)} AS "{f.column_name}"' for f in table._meta.sorted_fields)
    later = f'FROM "revision" r JOIN "audit_entry" e ON e.id = r.entry_id WHERE r.table_name = {mark} AND e.at > {mark}'
    unchanged = f"SELECT {listed} FROM {of_now} t WHERE NOT EXISTS (SELECT 1 {later} AND r.row_id = t.id)"
    changed = (
        f'SELECT {pictured} FROM "revision" p WHERE p.before IS NOT NULL AND p.id IN '
        f"(SELECT min(r.id) {later} GROUP BY r.row_id)"
    )
    sql = {"all": f"{unchanged} UNION ALL {changed}", "unchanged": unchanged, "changed": changed}[part]
    given = (name, moment) * (2 if part == "all" else 1)
    return CTE(table._meta.table_name, RawQuery(sql, given), materialized=False)


def _pictured(field: Field) -> str:
    """Return the SQL that reads a column out of the picture `p.before`, in the kind the store has for the column."""
    if field.name == "id":
        return "p.row_id"
    if field.name in field.model.secret:
        return "NULL" if field.null else "''"
    found = _from_json(field)
    if field.null or field.default is None or callable(field.default):
        return found
    default = field.db_value(field.default)
    words = f"{int(default)}" if isinstance(default, (bool, int)) else "'" + str(default).replace("'", "''") + "'"
    return f"COALESCE({found}, {_cast(field, words)})"


def _from_json(field: Field) -> str:
    if database.is_sqlite():
        text = f"json_extract(p.before, '$.{field.name}')"
        if isinstance(field, NumberField):
            # Text such as -12.5, as whole ten-thousandths and never through a float.
            point = f"instr({text} || '.', '.')"
            fraction = f"substr(substr({text}, {point} + 1) || '0000', 1, 4)"
            return f"CAST(substr({text}, 1, {point} - 1) || {fraction} AS INTEGER)"
        if isinstance(field, JSONField):
            return f"NULLIF(p.before -> '$.{field.name}', 'null')"
        return f"replace({text}, 'T', ' ')" if isinstance(field, DateTimeField) else text
    if isinstance(field, JSONField):
        return f"NULLIF(p.before::jsonb -> '{field.name}', 'null'::jsonb)"
    text = f"(p.before::jsonb ->> '{field.name}')"
    return f"({text}::numeric * {SCALE})::bigint" if isinstance(field, NumberField) else _cast(field, text)


def _cast(field: Field, sql: str) -> str:
    if database.is_sqlite():
        return sql
    if isinstance(field, BooleanField):
        return f"({sql})::text::boolean"
    if isinstance(field, DateTimeField):
        return f"({sql})::timestamp"
    if isinstance(field, DateField):
        return f"({sql})::date"
    return f"({sql})::bigint" if field.field_type in ("INT", "SMALLINT", "BIGINT") else f"({sql})::text"
