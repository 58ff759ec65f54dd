"""Columns that are ours, and what all tables share."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any, ClassVar

from peewee import AutoField, BigIntegerField, Check, DatabaseProxy, IntegerField, JSONField, Model

db = DatabaseProxy()
SCALE = 10_000


class NumberField(BigIntegerField):
    """A quantity with up to four decimals: Decimal in Python, whole ten-thousandths in the store."""

    def db_value(self, value: Any) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value) * SCALE
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than four decimals")
        return int(scaled)

    def python_value(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / SCALE


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def ThaiJSONField(**kwargs: Any) -> JSONField:
    """A JSON column that keeps Thai readable and findable in the store."""
    return JSONField(dumps=_json, **kwargs)


def one_of(column: str, values: type) -> Any:
    """Return a check that `column` holds one of an enumeration's values."""
    listed = ", ".join(f"'{v}'" for v in values)  # type: ignore[attr-defined]
    return Check(f"{column} IN ({listed})")


class Table(Model):
    """What all tables share.

    `unit_path` names the way from a row to the unit it belongs to; empty = everybody may read it.
    `searched` names the text columns that substring search looks through, `secret` those that no revision
    keeps.
    """

    id = AutoField()
    unit_path: ClassVar[tuple[str, ...]] = ()
    searched: ClassVar[tuple[str, ...]] = ()
    secret: ClassVar[tuple[str, ...]] = ()

    class Meta:
        database = db
        legacy_table_names = False
        only_save_dirty = True


class Kept(Table):
    """A table that people edit: `version` grows with every save, so that a stale save is noticed."""

    version = IntegerField(default=1)


def text_of(value: Any) -> Any:
    """Return a column's value as plain JSON: dates as ISO text, Decimals as text, enumerations as their values."""
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, str) else value


def address_of(table: type[Table]) -> str:
    """Return the name under which programs know a table's records: `cooperative_year` → `cooperative-years`."""
    bare = str(table._meta.table_name).replace("_", "-")
    if bare == "person":
        return "people"
    if bare.endswith("y") and bare[-2] not in "aeou":
        return f"{bare[:-1]}ies"
    return f"{bare}es" if bare.endswith(("s", "x", "ch")) else f"{bare}s"
