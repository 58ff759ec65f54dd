"""The records as they stood: at a moment, or when the figures of an edition were frozen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from flask import g
from peewee import ForeignKeyField, ModelSelect

from models import Edition, Kept, Table
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


def standing(query: ModelSelect, tables: Iterable[type[Table]], moment: dt.datetime | None) -> ModelSelect:
    """Return `query` with these tables as they stood at `moment`, and with those that say whose their records are."""
    if moment is None:
        return query
    held = {each: None for table in tables for each in (table, *_way(table)) if issubclass(each, Kept)}
    return query.with_cte(*(history.then(table, moment) for table in held))


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
