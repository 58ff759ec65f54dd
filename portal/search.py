"""Substring search that finds a word inside unspaced Thai."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from peewee import OP, SQL, Expression

from models import Cooperative, Table, Visit
from portal.database import is_sqlite
from portal.rules.inputs import parse_text

TRIGRAM: frozenset[type[Table]] = frozenset({Cooperative, Visit})  # tables with a search index (migration 0002)


def matching(model: type[Table], text: str, *, by_index: bool = True, most: int | None = None) -> Any | None:
    """Return the condition that every word of `text` stands somewhere in the searched columns of `model`.

    None when `text` is blank or the table offers no search. Words of three letters or more use the trigram
    index where the table has one; shorter ones are looked for row by row. `by_index=False` looks row by row always:
    the better way for the first rows in some order when so many match that any stretch of the table holds some.
    With `most`, rows beyond so many may be left out: for counting up to it, where no other condition stands beside.
    """
    words = parse_text(text)[:200].split()[:8]
    if not words or not model.searched:
        return None
    if not (by_index and model in TRIGRAM and is_sqlite()):
        return reduce(and_, [_by_row(model, word) for word in words])
    long, short = [word for word in words if len(word) >= 3], [word for word in words if len(word) < 3]
    tests = [_by_row(model, word) for word in short]
    if long:
        tests.append(_by_index(model, long, None if short else most))
    return reduce(and_, tests)


def _by_index(model: type[Table], words: list[str], most: int | None) -> Any:
    table = f"{model._meta.table_name}_search"
    phrases = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    limit = "" if most is None else f" LIMIT {most:d}"
    return model.id.in_(SQL(f"(SELECT rowid FROM {table} WHERE {table} MATCH ?{limit})", [phrases]))


def _by_row(model: type[Table], word: str) -> Any:
    return reduce(or_, [_holds(getattr(model, column), word) for column in model.searched])


def _holds(field: Any, word: str) -> Any:
    test = field.contains(word)
    # Thai has no capitals, and PostgreSQL compares text as it stands in a third of the time.
    return Expression(test.lhs, OP.LIKE, test.rhs) if not is_sqlite() and word.lower() == word.upper() else test
