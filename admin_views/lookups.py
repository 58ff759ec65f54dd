"""Look-ups: which records a field may point to, found as one types. Narrowed to what the person may see."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from flask import g, has_request_context
from peewee import ModelSelect

from admin_views.labels import LABELS
from admin_views.paths import Joins, condition
from models import Cooperative, Person, Table, db
from portal import scope, search
from portal.rules.inputs import parse_text

MOST = 20
SMALL = 500


def found(
    model: type[Table], text: str, person: Person, *, offset: int = 0, limit: int = MOST
) -> list[tuple[int, str]]:
    """Return (id, name) of the records whose name or code holds `text`, `MOST` at most."""
    query, joins, columns = _named(model, person)
    wanted = parse_text(text)[:100]
    if wanted and LABELS[model].finds:
        query = query.where(_holds(model, wanted))
    order = [joins.column(path) for path in LABELS[model].order]
    query = joins.apply(query.select(model.id, *columns)).order_by(*order, model.id)
    size = max(1, min(limit, MOST))
    if wanted and not LABELS[model].finds:
        # A small table whose names no column holds (periods, years): the words themselves are looked through.
        named = [_said(model, row) for row in db.execute(query.limit(SMALL)).fetchall()]
        return [one for one in named if wanted.casefold() in one[1].casefold()][:size]
    return [_said(model, row) for row in db.execute(query.limit(size).offset(max(0, min(offset, 10_000)))).fetchall()]


def name_of(model: type[Table], row_id: Any, person: Person | None = None) -> str | None:
    """Return how one record is named, or None when it is not there or `person` may not see it.

    Without a person it is the name of a record that another, visible one points to. Asked once a request.
    """
    text = str(row_id)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    asked = (model, text, person.id if person else None)
    known: dict[Any, str | None] = g.setdefault("record_names", {}) if has_request_context() else {}
    if asked not in known:
        query, joins, columns = _named(model, person)
        row = db.execute(joins.apply(query.select(model.id, *columns)).where(model.id == int(text))).fetchone()
        known[asked] = _said(model, row)[1] if row else None
    return known[asked]


def names_of(model: type[Table], row_ids: Collection[int], person: Person) -> dict[int, str]:
    """Return how some records are named, by their number; those that `person` may not see are left out."""
    query, joins, columns = _named(model, person)
    named = joins.apply(query.select(model.id, *columns)).where(model.id.in_(list(row_ids)))
    return dict(_said(model, row) for row in db.execute(named).fetchall())


def exactly(model: type[Table], text: str, person: Person) -> int | None:
    """Return the one record that is named exactly `text`, for a form that was sent without scripts."""
    matching = [ident for ident, name in found(model, text, person) if name == parse_text(text)]
    return matching[0] if len(matching) == 1 else None


def _named(model: type[Table], person: Person | None) -> tuple[ModelSelect, Joins, list[Any]]:
    joins = Joins(model)
    columns = [joins.column(path) for path in LABELS[model].reads]
    query = model.select(model.id)
    return (query if person is None else scope.narrowed(query, person)), joins, columns


def _said(model: type[Table], row: tuple[Any, ...]) -> tuple[int, str]:
    return int(row[0]), LABELS[model].says(*row[1:])


def _holds(model: type[Table], text: str) -> Any:
    if model is Cooperative:
        return search.matching(model, text)
    tests = [condition(model, path, lambda field: field.contains(text)) for path in LABELS[model].finds]
    return reduce(or_, tests)
