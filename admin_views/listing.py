"""One page of a list by one joined query of the shown columns only; no model is made for a row, none for a cell.

The rows of the page are found first by their keys alone, in the order of an index, and only then joined to what
is shown of related tables. Past the middle the order is turned round, so that the last page costs what the first
does. A count stops at `COUNTED` rows unless the table is not narrowed at all. PostgreSQL has no quick count of a
whole table: a large one is counted only for pages so deep that counting and turning round costs less than walking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from peewee import OP, SQL, Case, Expression, ModelSelect, NodeList, Select, Value, fn

from admin_views.columns import Column
from admin_views.filters import Filter
from admin_views.paths import Joins
from models import Person, Table, db
from portal import scope, search
from portal.database import batches, is_sqlite

COUNTED = 10_000
WORTH_COUNTING = 0.75  # how far down a large PostgreSQL table a page must stand for all rows to be counted
DEEPEST = 10_000_000


@dataclass(frozen=True)
class Asked:
    """What a person asked of a list."""

    search: str = ""
    filters: Sequence[tuple[Filter, Any]] = ()
    order: Sequence[tuple[str, bool]] = ()  # (path, downwards)
    page: int = 0
    size: int = 50


@dataclass(frozen=True)
class Page:
    """The rows of one page, the id first in each, and how many rows there are in all (`None` = more than counted)."""

    rows: list[tuple[Any, ...]]
    count: int | None
    narrowed: bool

    @property
    def more_than(self) -> int:
        """Return the number up to which rows were counted when there are more."""
        return COUNTED


def matching(model: type[Table], person: Person, asked: Asked, *, by_index: bool = True) -> ModelSelect:
    """Return a query of the ids this person may see that match what was asked for; `by_index` as in `portal.search`."""
    query = scope.narrowed(model.select(model.id), person)
    if asked.search and (found := search.matching(model, asked.search, by_index=by_index)) is not None:
        query = query.where(found)
    for one, value in asked.filters:
        query = one.apply(query, value)
    return query


def page(model: type[Table], columns: Sequence[Column], person: Person, asked: Asked) -> Page:
    """Return one page of `model`: two statements, the rows and their count."""
    query = matching(model, person, asked)
    narrowed = query._where is not None
    offset = min(asked.page * asked.size, DEEPEST)
    found = search.matching(model, asked.search, most=COUNTED + 1) if asked.search else None
    if found is not None and model in search.TRIGRAM and is_sqlite():
        count, is_common = _count_found(model, person, asked, found)
    else:
        count = _count(model, query, narrowed, offset)
        is_common = count is None
    if found is not None and is_common:
        query = matching(model, person, asked, by_index=False)  # so many that the order finds them soonest
    elif found is not None and not is_sqlite():
        query = _found_first(model, query)
    size, turned = asked.size, False
    if count is not None:
        size = max(0, min(size, count - offset))
        if offset > count // 2:
            offset, turned = count - offset - size, True
    if not size:
        return Page([], count, narrowed)
    joins = Joins(model)
    keys = _ordered(query, joins_of := Joins(model), model, asked.order, turned=turned)
    keys = joins_of.apply(keys).limit(size).offset(offset)
    selected = [joins.column(path) for one in columns for path in one.reads]
    rows = model.select(model.id, *selected).where(model.id.in_(_as_table(keys)))
    rows = joins.apply(_ordered(rows, joins, model, asked.order))
    return Page(db.execute(rows).fetchall(), count, narrowed)


def everything(
    model: type[Table], columns: Sequence[Column], person: Person, asked: Asked
) -> Iterator[list[tuple[Any, ...]]]:
    """Return all matching rows in batches, the id first in each, from a cursor: memory does not grow with them."""
    joins = Joins(model)
    selected = [joins.column(path) for one in columns for path in one.reads]
    query = matching(model, person, asked)
    query = _ordered(query.select(model.id, *selected), joins, model, asked.order)
    return batches(joins.apply(query))


def ids(model: type[Table], person: Person, asked: Asked, *, most: int) -> list[int]:
    """Return the ids of all matching rows, one more than `most` at most."""
    return [ident for (ident,) in matching(model, person, asked).order_by(model.id).limit(most + 1).tuples()]


def _ordered(
    query: ModelSelect, joins: Joins, model: type[Table], order: Sequence[tuple[str, bool]], *, turned: bool = False
) -> ModelSelect:
    clauses = []
    last_down = False
    for path, down in order:
        field = joins.column(path)
        last_down = down
        clauses.append(field.desc() if down != turned else field.asc())
    clauses.append(model.id.desc() if last_down != turned else model.id.asc())
    return query.order_by(*clauses)


def _found_first(model: type[Table], query: ModelSelect) -> ModelSelect:
    # PostgreSQL guesses how many rows hold a word; a guess too high has it walk the order through the whole table
    # after a handful. An array is made before anything else, by whatever finds all of them soonest.
    return model.select(model.id).where(Expression(model.id, OP.EQ, fn.ANY(NodeList((SQL("ARRAY"), query)))))


def _as_table(keys: ModelSelect) -> Any:
    # A limit inside IN (…) needs no wrapping in SQLite or PostgreSQL.
    return keys


def _count(model: type[Table], query: ModelSelect, narrowed: bool, offset: int) -> int | None:
    if not narrowed:
        about = 0 if is_sqlite() else _about(model)
        if about > 5 * COUNTED and offset < about * WORTH_COUNTING:
            return None
        # Written so, SQLite counts the pages of the smallest index instead of reading rows.
        return int(db.execute_sql(f'SELECT count(*) FROM "{model._meta.table_name}"').fetchone()[0])
    return _told(db.execute(_capped(model, query)).fetchone()[0])


def _count_found(model: type[Table], person: Person, asked: Asked, found: Any) -> tuple[int | None, bool]:
    """Return the count of a search in SQLite, and whether the words are common in the table: one statement.

    All hits of a common word are far more than an office's own, and fetching them costs more than looking through
    the rows that everything else leaves; so the hits in the whole table, which the index counts, decide.
    """
    hits = _capped(model, model.select(model.id).where(found)).alias("hits")
    is_alone = matching(model, person, replace(asked, search=""))._where is None
    by_row, by_index = (_capped(model, matching(model, person, asked, by_index=way)) for way in (False, True))
    within = Value(0) if is_alone else Case(None, [(hits.c.n > COUNTED, by_row)], by_index)
    everywhere, here = db.execute(Select([hits], [hits.c.n, within])).fetchone()
    return _told(everywhere if is_alone else here), everywhere > COUNTED


def _capped(model: type[Table], query: ModelSelect) -> ModelSelect:
    return model.select(fn.COUNT(SQL("1")).alias("n")).from_(query.clone().limit(COUNTED + 1))


def _told(count: int) -> int | None:
    return None if count > COUNTED else int(count)


def _about(model: type[Table]) -> int:
    """Return how many rows PostgreSQL believes the table to have, -1 when it never looked; often some percent off."""
    name = f'"{model._meta.table_name}"'
    return int(db.execute_sql("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", (name,)).fetchone()[0])
