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


def matching(model: type[Table], text: str, *, by_index: bool = True) -> Any | None:
    """Return the condition that every word of `text` stands somewhere in the searched columns of `model`.

    None when `text` is blank or the table offers no search. Words of three letters or more use the trigram
    index where the table has one; shorter ones are looked for row by row. `by_index=False` looks row by row always:
    the better way for the first rows in some order when so many match that any stretch of the table holds some.
    """
    words = parse_text(text)[:200].split()
    if not words or not model.searched:
        return None
    return reduce(and_, [_word(model, word, by_index) for word in words[:8]])


def _word(model: type[Table], word: str, by_index: bool) -> Any:
    if by_index and model in TRIGRAM and is_sqlite() and len(word) >= 3:
        table = f"{model._meta.table_name}_search"
        phrase = '"' + word.replace('"', '""') + '"'
        return model.id.in_(SQL(f"(SELECT rowid FROM {table} WHERE {table} MATCH ?)", [phrase]))
    return reduce(or_, [_holds(getattr(model, column), word) for column in model.searched])


def _holds(field: Any, word: str) -> Any:
    test = field.contains(word)
    # Thai has no capitals, and PostgreSQL compares text as it stands in a third of the time.
    return Expression(test.lhs, OP.LIKE, test.rhs) if not is_sqlite() and word.lower() == word.upper() else test
