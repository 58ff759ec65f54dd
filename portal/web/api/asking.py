"""What an address asks of a list: tests, search, order, columns, related records, how many, from where on."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any

from peewee import CharField, Field, ForeignKeyField, JSONField, ModelSelect, TextField
from playhouse.fields import EnumField
from werkzeug.datastructures import MultiDict

from models import Person, Table
from portal import history, search
from portal.database import is_sqlite
from portal.errors import NotAllowed, RuleBroken
from portal.web.api import resources, then, values
from portal.web.api.resources import Resource

PAGE, LARGEST = 50, 1000
DEEPEST, MOST_TESTS, MOST_LISTED = 5, 40, 200
SPECIAL = frozenset({"search", "sort", "fields", "expand", "limit", "after", "count", "format", "where", "as_of"})
COMPARED = ("eq", "ne", "lt", "lte", "gt", "gte", "in")
Narrow = Callable[[ModelSelect], ModelSelect]


@dataclass
class Asked:
    """What is asked of a list. `after` holds the sort value and the number of the last row already seen."""

    tests: list[Any] = field(default_factory=list)
    search: str = ""
    sort: str = "id"
    down: bool = False
    names: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    limit: int = PAGE
    after: tuple[Any, int] | None = None
    counted: bool = False
    as_of: dt.datetime | None = None


class Reader:
    """Reads the arguments of an address for one resource and one person; `narrow` keeps queries within their reach."""

    def __init__(self, resource: Resource, person: Person, narrow: Narrow) -> None:
        self.resource, self.person, self.narrow = resource, person, narrow
        self.told = 0
        self.tables: set[type[Table]] = {resource.table}  # those that the tests walk through

    def read(self, args: MultiDict[str, str]) -> Asked:
        """Return what is asked. Raises RuleBroken, naming the argument, for what cannot be."""
        out = Asked(names=tuple(self.resource.fields))
        if "as_of" in args:
            then.check_kept(self.resource.table)
            out.as_of = then.moment_of(args["as_of"])
        for name, text in args.items(multi=True):
            if name not in SPECIAL:
                out.tests.append(self._test(name, text))
        if where := args.get("where"):
            out.tests.append(self._group(_json(where), 1))
        out.search = args.get("search", "")[:200]
        out.counted = args.get("count", "0") in ("1", "true")
        out.limit = values.whole(args.get("limit", str(PAGE)), "limit", LARGEST)
        sort = args.get("sort", "id")
        out.sort, out.down = sort.removeprefix("-"), sort.startswith("-")
        if out.sort not in self.resource.sorts:
            raise RuleBroken(
                "It cannot be sorted by “{text}”. Choose one of: {known}.",
                field="sort", text=out.sort[:60], known=", ".join(self.resource.sorts),
            )  # fmt: skip
        if "fields" in args:
            out.names = self._listed(args["fields"], "fields", self.resource.fields)
        if args.get("expand"):
            out.expand = self._listed(args["expand"], "expand", self.resource.related)
            for name in out.expand:
                self._related(self.resource.related[name])
        if args.get("after"):
            out.after = self._after(args["after"], out)
        return out

    def apply(self, query: ModelSelect, asked: Asked) -> ModelSelect:
        """Return `query` with everything that is asked but order, place, size and moment."""
        for test in asked.tests:
            query = query.where(test)
        found = search.matching(self.resource.table, asked.search, by_index=asked.as_of is None)
        return query if found is None else query.where(found)

    def standing(self, query: ModelSelect, asked: Asked, part: history.Part = "all") -> ModelSelect:
        """Return `query` as of the moment asked for, or as it is.

        The records and those their tests walk through stand as they did then, and so does whose they were.
        """
        return then.standing(query, sorted(self.tables, key=lambda table: table.__name__), asked.as_of, part)

    def ordered(self, query: ModelSelect, asked: Asked) -> ModelSelect:
        """Return `query` in the order asked for, beginning behind the row of `after`."""
        table = self.resource.table
        by = self.resource.order(asked.sort)
        if asked.after is not None:
            query = query.where(_behind(by, table.id, asked))
        if by.name == "id":
            return query.order_by(table.id.desc() if asked.down else table.id)
        return query.order_by(by.desc() if asked.down else by, table.id.desc() if asked.down else table.id)

    def cursor(self, asked: Asked, value: Any, ident: int) -> str:
        """Return the mark of a row behind which the next page begins; `value` is its order column in JSON."""
        text = json.dumps([asked.sort, asked.down, value, ident], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _after(self, text: str, asked: Asked) -> tuple[Any, int]:
        try:
            padded = text + "=" * (-len(text) % 4)
            sort, down, value, ident = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, TypeError):
            raise RuleBroken("This is no mark of a page.", field="after") from None
        if [sort, down] != [asked.sort, asked.down] or not isinstance(ident, int) or not 0 <= ident < 2**31:
            raise RuleBroken("This mark belongs to another order; begin at the first page.", field="after")
        column = self.resource.order(asked.sort)
        return (None if value is None else values.read(column, value)), ident

    # -- tests

    def _group(self, given: Any, depth: int) -> Any:
        if not isinstance(given, dict) or len(given) == 0:
            raise RuleBroken("A group is an object such as {example}.", field="where", example='{"or": [{"id": 1}]}')
        if depth > DEEPEST:
            raise RuleBroken("Groups may stand {most} deep at most.", field="where", most=DEEPEST)
        tests = []
        for name, value in given.items():
            if name in ("and", "or"):
                if not isinstance(value, list) or not value:
                    raise RuleBroken("“{name}” needs a list of groups.", field="where", name=name)
                joined = and_ if name == "and" else or_
                tests.append(reduce(joined, [self._group(one, depth + 1) for one in value]))
            elif isinstance(value, list):
                tests.append(self._test(name, ",".join(map(_plain, value))))
            else:
                tests.append(self._test(name, _plain(value)))
        return reduce(and_, tests)

    def _test(self, name: str, text: str) -> Any:
        self.told += 1
        if self.told > MOST_TESTS:
            raise RuleBroken("More than {most} tests in one address.", field="where", most=MOST_TESTS)
        return self._walk(self.resource, name.split("__"), text, name)

    def _walk(self, held: Resource, steps: list[str], text: str, name: str) -> Any:
        step = steps[0]
        if step in held.related and len(steps) > 1 and not _is_test(steps[1:]):
            inner = self._related(held.related[step])
            query = self.narrow(inner.table.select(inner.table.id))
            return held.related[step].in_(query.where(self._walk(inner, steps[1:], text, name)))
        column = held.fields.get(step) or held.related.get(step)
        if column is None or len(steps) > 2:
            raise RuleBroken("There is no “{name}” to filter by.", field=name[:60], name=name[:60])
        return _compared(column, steps[1] if len(steps) == 2 else "eq", text, name)

    def _related(self, key: ForeignKeyField) -> Resource:
        found = resources.of_table(key.rel_model)
        if found is None or not found.is_open_to(self.person):
            raise NotAllowed("These records belong to other roles.", field=key.name)
        self.tables.add(found.table)
        return found

    def _listed(self, text: str, argument: str, known: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        held = list(known)
        for name in names:
            if name not in held:
                raise RuleBroken(
                    "There is no property “{name}”. There are: {known}.",
                    field=argument, name=name[:60], known=", ".join(held),
                )  # fmt: skip
        return names


def _is_test(steps: list[str]) -> bool:
    return len(steps) == 1 and steps[0] in (*COMPARED, "contains", "starts", "isnull")


def _compared(column: Field, test: str, text: str, name: str) -> Any:
    is_text = isinstance(column, (CharField, TextField)) and not isinstance(column, EnumField)
    if test == "isnull":
        return column.is_null(text in ("1", "true"))
    if isinstance(column, JSONField):
        raise RuleBroken("This property cannot be filtered by.", field=name)
    if test in ("contains", "starts") and is_text:
        return column.contains(text) if test == "contains" else column.startswith(text)
    if test == "in":
        parts = text.split(",")
        if len(parts) > MOST_LISTED:
            raise RuleBroken("A list may have {most} values at most.", field=name, most=MOST_LISTED)
        return column.in_([values.read_text(column, part) for part in parts])
    if test not in COMPARED:
        raise RuleBroken("“{test}” is no test for this property.", field=name[:60], test=test[:30])
    value = values.read_text(column, text)
    tests = {
        "eq": column == value, "ne": column != value, "lt": column < value, "lte": column <= value,
        "gt": column > value, "gte": column >= value,
    }  # fmt: skip
    return tests[test]


def _behind(by: Field, ident: Any, asked: Asked) -> Any:
    """Return the test for rows behind the last one seen; each store has its own place for rows without a value."""
    assert asked.after is not None
    value, last = asked.after
    later = ident < last if asked.down else ident > last
    if by.name == "id":
        return later
    nothing_first = is_sqlite() != asked.down
    if value is None:
        rest = by.is_null(False) if nothing_first else None
        return (by.is_null() & later) | rest if rest is not None else by.is_null() & later
    # Written so that the order's own index is entered at the place: a bound on the first column, then the rest.
    within = by <= value if asked.down else by >= value
    strictly = by < value if asked.down else by > value
    behind = within & (strictly | later)
    return behind if nothing_first or not by.null else behind | by.is_null()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RuleBroken("This is not JSON.", field="where") from None


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise RuleBroken("A test compares with a text, a number, true or false.", field="where")
