"""Change a table in place, the same way on both stores; only migrations do.

A migration hands over the table as it shall be, as a frozen model of its own. SQLite cannot change the constraints
of a table, so there the table is built anew and the rows are carried over; PostgreSQL is altered column by column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from peewee import SCOPE_VALUES, Database, Field, ForeignKeyField, Model, SqliteDatabase


def alter(db: Database, model: type[Model], fill: Mapping[str, str] | None = None) -> None:
    """Make the table of `model` look like `model`: columns, constraints and indexes; every row is kept.

    `fill` gives, by column name, the SQL expression over the old row that a new column begins with; without one it
    is the field's default. A column the model does not have is dropped. Runs in the migration's transaction.
    """
    values = dict(fill or {})
    table = model._meta.table_name
    there = {column.name for column in db.get_columns(table)}
    for field in model._meta.sorted_fields:
        if field.column_name not in there:
            values.setdefault(field.column_name, _default(field))
    if isinstance(db, SqliteDatabase):
        _built_anew(db, model, values, there)
    else:
        _altered(db, model, values, there)


def _default(field: Field) -> str:
    value = field.default() if callable(field.default) else field.default
    if value is None:
        return "NULL"
    stored = field.db_value(value)
    if isinstance(stored, bool):
        return "TRUE" if stored else "FALSE"
    if isinstance(stored, int):
        return str(stored)
    if not isinstance(stored, str):
        stored = json.dumps(value)
    return "'" + stored.replace("'", "''") + "'"


def _built_anew(db: Database, model: type[Model], values: Mapping[str, str], there: set[str]) -> None:
    table = model._meta.table_name
    asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger')"
    attached = [row for row in db.execute_sql(asked, (table,)).fetchall() if row[2]]
    for kind, name, _sql in attached:
        db.execute_sql(f'DROP {kind} "{name}"')
    # With the old way of renaming, other tables and triggers go on naming the table by its own name.
    db.execute_sql("PRAGMA legacy_alter_table = ON")
    db.execute_sql(f'ALTER TABLE "{table}" RENAME TO "{table}_before"')
    db.execute_sql("PRAGMA legacy_alter_table = OFF")
    db.create_tables([model])
    columns = [field.column_name for field in model._meta.sorted_fields]
    listed = ", ".join(f'"{name}"' for name in columns)
    taken = ", ".join(values.get(name) or (f'"{name}"' if name in there else "NULL") for name in columns)
    db.execute_sql(f'INSERT INTO "{table}" ({listed}) SELECT {taken} FROM "{table}_before" ORDER BY id')
    db.execute_sql(f'DROP TABLE "{table}_before"')
    for kind, _name, sql in attached:
        if kind == "trigger":
            db.execute_sql(sql)


def _altered(db: Database, model: type[Model], values: Mapping[str, str], there: set[str]) -> None:
    table = model._meta.table_name
    named = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
    for (name,) in db.execute_sql(named, (table,)).fetchall():
        db.execute_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    for name in there - {field.column_name for field in model._meta.sorted_fields}:
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "{name}"')
    for field in model._meta.sorted_fields:
        column = field.column_name
        if column not in there:
            described = _sql(db, field.ddl(db.get_sql_context())).replace(" NOT NULL", "")
            db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN {described}')
        if column in values and values[column] != "NULL":
            db.execute_sql(f'UPDATE "{table}" SET "{column}" = {values[column]}')
        if column not in there and not field.null:
            db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET NOT NULL')
    # What the update above noted to be checked at the end must be checked before the table is altered again.
    db.execute_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for field in model._meta.sorted_fields:
        if isinstance(field, ForeignKeyField) and field.column_name not in there:
            db.execute_sql(f'ALTER TABLE "{table}" ADD {_sql(db, field.foreign_key_constraint())}')
    for constraint in model._meta.constraints or ():
        db.execute_sql(f'ALTER TABLE "{table}" ADD {_sql(db, constraint)}')
    model._schema.create_indexes(safe=True)


def _sql(db: Database, node: Any) -> str:
    # Columns are named without their table, as a CREATE TABLE does.
    text: str = db.get_sql_context(scope=SCOPE_VALUES).sql(node).query()[0]
    return text
