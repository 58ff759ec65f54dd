"""The records as they stood: at a moment, or when the figures of an edition were frozen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask import g
from peewee import Field, ForeignKeyField, ModelSelect

from models import Edition, Kept, Table, db
from portal import history
from portal.errors import NotFound, RuleBroken
from portal.reports import ledger
from portal.web.api import door, resources, values


def moment_of(text: str) -> dt.datetime:
    """Return the moment that `as_of` names: ISO 8601, or an edition within reach, called like pack-2566-05-1.

    Raises RuleBroken for any other text and for an edition that is not there or not the caller's to read.
    """
    if re.match(r"[a-z]", text):
        return _edition(text).cut_at
    # An unquoted “+” of an offset arrives as a space.
    return values.read_moment(text.replace(" ", "+") if "T" in text else text, "as_of")


def standing(
    query: ModelSelect, tables: Iterable[type[Table]], moment: dt.datetime | None, part: history.Part = "all"
) -> ModelSelect:
    """Return `query` with these tables as they stood at `moment`, and with those that say whose their records are.

    `part` is which of the listed records are meant: all, or those changed since or not.
    """
    if moment is None:
        return query
    held = {each: None for table in tables for each in (table, *_way(table)) if issubclass(each, Kept)}
    listed: type[Table] = query.model
    return query.with_cte(*(history.then(t, moment, part if t is listed else "all") for t in held))


def page_of(parts: Sequence[ModelSelect], columns: Sequence[Field], order: Field, *, down: bool, most: int) -> Any:
    """Return the first rows of all parts together, in the order each of them has."""
    sqls, names = [part.sql() for part in parts], [column.name for column in columns]
    whole = " UNION ALL ".join(f"SELECT * FROM ({sql}) part{n}" for n, (sql, _given) in enumerate(sqls))
    way = " DESC" if down else ""
    places = dict.fromkeys(names.index(column.name) + 1 for column in (order, order.model.id))
    by = ", ".join(f"{place}{way}" for place in places)
    given = [value for _sql, values_ in sqls for value in values_]
    return db.execute_sql(f"{whole} ORDER BY {by} LIMIT {most:d}", given).fetchall()


def check_kept(table: type[Table]) -> None:
    """Refuse records that are not kept as they stood: what machines note down, and the trail itself."""
    if not issubclass(table, Kept):
        raise RuleBroken("Records of this kind are not kept as they stood.", field="as_of")


def _edition(text: str) -> Edition:
    resource = resources.every()["editions"]
    try:
        found = ledger.named(text[:80]) if resource.is_open_to(g.person) else None
    except NotFound:
        found = None
    if found is None or not door.narrowed(Edition.select(Edition.id)).where(Edition.id == found.id).exists():
        raise RuleBroken(
            "“{text}” is neither a moment such as 2023-06-20T16:00:00 nor an edition such as pack-2566-05-1.",
            field="as_of", text=text[:60],
        )  # fmt: skip
    return found


def _way(table: type[Table]) -> list[type[Table]]:
    """Return the tables between a record and its office."""
    out: list[type[Table]] = []
    for step in table.unit_path[:-1]:
        field = (out[-1] if out else table)._meta.fields[step]
        assert isinstance(field, ForeignKeyField)
        out.append(field.rel_model)
    return out
