"""One page of records, one record, or all as a stream: raw columns out of the store, no model made for a row."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask import g, request
from peewee import Field, ForeignKeyField
from werkzeug.datastructures import MultiDict

from models import Table, db
from portal import history
from portal.database import batches
from portal.errors import NotFound
from portal.web.api import door, resources, then, values
from portal.web.api.asking import Asked, Reader
from portal.web.api.resources import Resource

Row = dict[str, Any]
REMEMBERED = 20_000  # distinct values of a column whose writing is kept while a stream goes


class Shape:
    """Turns rows of the store into JSON objects with the properties asked for; `as_text` as CSV holds them."""

    def __init__(self, fields: dict[str, Field], *, as_text: bool = False) -> None:
        self.names = list(fields)
        self.columns: list[Field] = list(fields.values())
        writers = ((n, values.text_writer(f) if as_text else values.writer(f)) for n, f in enumerate(self.columns))
        self._changed = [(n, write) for n, write in writers if write is not None]
        self._known: dict[int, dict[Any, Any]] = {n: {} for n, _write in self._changed}

    def row(self, raw: Sequence[Any]) -> Row:
        """Return one row of the store as an object."""
        line = list(raw)
        for place, write in self._changed:
            line[place] = write(line[place])
        return dict(zip(self.names, line, strict=False))

    def lines(self, batch: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the values of many rows of the store, in the order of the columns."""
        held = list(zip(*batch, strict=True))
        for place, write in self._changed:
            held[place] = self._written(held[place], self._known[place], write)
        return list(zip(*held, strict=True))

    def _written(self, column: Sequence[Any], known: dict[Any, Any], write: Callable[[Any], Any]) -> Any:
        # The same day, moment or answer stands in thousands of rows: it is written once.
        if len(known) > REMEMBERED:
            known.clear()
        out = []
        for value in column:
            try:
                found = known.get(value, known)
            except TypeError:  # a list or an object cannot be looked up
                out.append(write(value))
                continue
            if found is known:
                found = known[value] = write(value)
            out.append(found)
        return out


def page(resource: Resource, args: MultiDict[str, str], *, skip: int = 0) -> dict[str, Any]:
    """Return one page: `items`, `next` (the mark to go on from, null at the end) and, where asked for, `count`.

    `skip` leaves out so many before the first; marks are the better way.
    """
    reader = Reader(resource, g.person, door.narrowed)
    asked = reader.read(args)
    table = resource.table
    wanted = _wanted(resource, asked)
    shape = Shape(wanted)
    query = reader.ordered(reader.apply(door.narrowed(table.select(*shape.columns)), asked), asked)
    most = asked.limit + 1
    if asked.as_of is None:
        query = query.limit(most)
        raw = db.execute(query.offset(skip) if skip else query).fetchall()
    else:
        parts = [reader.standing(query.limit(most + skip), asked, part) for part in ("unchanged", "changed")]
        order = resource.order(asked.sort)
        raw = then.page_of(parts, shape.columns, order, down=asked.down, most=most + skip)[skip:]
    items = [shape.row(row) for row in raw[: asked.limit]]
    out: dict[str, Any] = {"items": items, "next": None}
    if len(raw) > asked.limit:
        last = items[-1]
        out["next"] = reader.cursor(asked, last[resource.order(asked.sort).column_name], last["id"])
    if asked.counted:
        out["count"] = reader.standing(reader.apply(door.narrowed(table.select(table.id)), asked), asked).count()
    _expand(resource, asked.expand, items, asked.as_of)
    shown = {*asked.names, *asked.expand}
    out["items"] = [{name: value for name, value in item.items() if name in shown} for item in items]
    return out


def stream(resource: Resource, kind: str) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    """Return the names of the properties and all matching rows in batches, in the order asked for."""
    reader = Reader(resource, g.person, door.narrowed)
    asked = reader.read(request.args)
    shape = Shape({name: resource.fields[name] for name in asked.names}, as_text=kind == "csv")
    query = reader.ordered(reader.apply(door.narrowed(resource.table.select(*shape.columns)), asked), asked)
    query = reader.standing(query, asked)
    if "limit" in request.args:
        query = query.limit(asked.limit)
    return shape.names, (shape.lines(batch) for batch in batches(query))


def one(resource: Resource, ident: int) -> Table:
    """Return one record within reach. Raises NotFound for any other, whether it exists or not."""
    row: Table | None = door.narrowed(resource.table.select()).where(resource.table.id == ident).first()
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def at(resource: Resource, ident: int) -> Table:
    """Return the record at a number of an address. Raises NotFound as `one`."""
    return one(resource, whole(ident))


def whole(ident: int) -> int:
    """Return a number of an address that a record may have. Raises NotFound."""
    if ident >= 2**31:
        raise NotFound("There is no such record, or it belongs to another office.")
    return ident


def stood(resource: Resource, ident: int, reader: Reader, asked: Asked) -> Row:
    """Return one record as it stood at the moment asked for, removed since or not.

    Raises NotFound for one that was not there, or whose office of then is out of reach.
    """
    wanted = _wanted(resource, asked)
    shape = Shape(wanted)
    table = resource.table
    query = reader.apply(door.narrowed(table.select(*shape.columns)).where(table.id == ident), asked)
    raw = db.execute(reader.standing(query, asked)).fetchone()
    if raw is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    item = shape.row(raw)
    _expand(resource, asked.expand, [item], asked.as_of)
    return {name: value for name, value in item.items() if name in (*asked.names, *asked.expand)}


def shown(resource: Resource, row: Table, names: Iterable[str] = (), expand: Iterable[str] = ()) -> Row:
    """Return a record as an object, with the properties named or all of them."""
    wanted = list(names) or list(resource.fields)
    expand = tuple(expand)
    keys = [resource.related[name].column_name for name in expand]
    fields = {name: resource.fields[name] for name in dict.fromkeys([*wanted, *keys])}
    item = Shape(fields).row([_stored(field, row.__data__.get(field.name)) for field in fields.values()])
    _expand(resource, expand, [item])
    return {name: value for name, value in item.items() if name in (*wanted, *expand)}


def _stored(field: Field, value: Any) -> Any:
    # A loaded record holds Python's values; a quantity is written from the store's own.
    return field.db_value(value) if values.writer(field) is values.number else value


def etag(row: Table) -> str:
    """Return the mark of a record as it stands: its version, or of what it holds where there is none."""
    version = getattr(row, "version", None)
    if version is not None:
        return f'"{version}"'
    return f'"{hashlib.sha256(repr(history.picture(row)).encode()).hexdigest()[:16]}"'


def _wanted(resource: Resource, asked: Asked) -> dict[str, Field]:
    # What the page shows, and what it must know besides: the number, the sort value, the keys of related records.
    keys = {resource.related[name].column_name for name in asked.expand}
    named = {*asked.names, "id", *keys}
    order = resource.order(asked.sort)
    return {name: field for name, field in resource.fields.items() if name in named} | {order.column_name: order}


def _expand(resource: Resource, names: Iterable[str], items: list[Row], as_of: dt.datetime | None = None) -> None:
    """Put the related records into the items, as they stood where that is asked; null where none is within reach."""
    for name in names:
        key: ForeignKeyField = resource.related[name]
        inner = resources.of_table(key.rel_model)
        assert inner is not None  # the reader has asked
        ids = sorted({item[key.column_name] for item in items} - {None})
        shape = Shape(inner.fields)
        held = door.narrowed(inner.table.select(*shape.columns)).where(inner.table.id.in_(ids))
        held = then.standing(held, [inner.table], as_of)
        found = {item["id"]: item for item in map(shape.row, db.execute(held).fetchall())} if ids else {}
        for item in items:
            item[name] = found.get(item[key.column_name])
