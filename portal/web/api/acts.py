"""Verbs that programs take with a record beside its workflow: each one declared, and described from the declaration."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, g, request

from jobs import queue
from models import Dispatch, ImportBatch, Run, Table, db
from portal import clock
from portal.errors import NotFound, RuleBroken
from portal.exports import dispatches
from portal.imports import underway
from portal.rules.terms import RunKind, RunState
from portal.web.api import answers, door, reading, replies, resources, values, writing

JOBS = {
    RunKind.PACK: "compile_run", RunKind.BOOK: "compile_run", RunKind.IMPORT: "take_import",
    RunKind.EXPORT: "make_dispatch",
}  # fmt: skip
WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}
LONGEST_LIST = 20_000

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One property of what a verb is told: its kind, its bounds, and whether it may be left out."""

    name: str
    kind: type = str
    needed: bool = False
    one_of: tuple[str, ...] = ()
    longest: int = 2000
    of: type[Table] | None = None  # the number of a record of this table
    says: str = ""

    def read(self, given: Any) -> Any:
        """Return the value, a related record as its row. Raises RuleBroken, naming the property."""
        if self.kind is dt.date:
            return values.read_day(given, self.name)
        if self.kind is Decimal:
            return values.read_quantity(given, self.name)
        right = isinstance(given, self.kind) and not (self.kind is int and isinstance(given, bool))
        if not right or (self.kind is str and not values.is_text(given)):
            raise RuleBroken("“{text}” is not {words}.", field=self.name, text=_said(given), words=WORDS[self.kind])
        if self.one_of and given not in self.one_of:
            known = ", ".join(self.one_of)
            raise RuleBroken("“{text}” is not one of: {known}.", field=self.name, text=_said(given), known=known)
        if self.kind is list and len(given) > LONGEST_LIST:
            raise RuleBroken("At most {most} records at once.", field=self.name, most=LONGEST_LIST)
        if self.kind is str and len(given) > self.longest:
            raise RuleBroken("This is longer than {longest} characters.", field=self.name, longest=self.longest)
        if self.kind is int and not -(2**31) <= given < 2**31:
            raise RuleBroken("“{text}” is not {words}.", field=self.name, text=_said(given), words=WORDS[int])
        return given if self.of is None else self._row(given)

    def _row(self, ident: int) -> Table:
        assert self.of is not None
        row: Table | None = door.narrowed(self.of.select()).where(self.of.id == ident).first()
        if row is None:
            raise RuleBroken("There is no such record, or it belongs to another office.", field=self.name)
        return row

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        kinds: dict[type, dict[str, Any]] = {
            dt.date: {"type": "string", "format": "date"},
            Decimal: {"type": ["number", "string"]},
            int: {"type": "integer", "minimum": 0 if self.of else -(2**31), "maximum": 2**31 - 1},
            bool: {"type": "boolean"},
            list: {"type": "array", "maxItems": LONGEST_LIST},
            dict: {"type": "object"},
            str: {"type": "string", "maxLength": self.longest},
        }
        out = kinds[self.kind]
        if self.one_of:
            out = {"type": "string", "enum": list(self.one_of)}
        words = self.says or (f"Number of a record of {self.of.__name__}." if self.of else "")
        return out | ({"description": words} if words else {})


@dataclass(frozen=True)
class Act:
    """A verb with one record (`takes(row, given)`), or with none (`on_one` false: `takes(given)`).

    It returns a record to be shown, a run to be followed, plain values, or None for the record as it stands now.
    """

    resource: str
    verb: str
    summary: str
    takes: Callable[..., Table | Mapping[str, Any] | None]
    parts: tuple[Part, ...] = ()
    on_one: bool = True
    reads: bool = False  # changes nothing, so that neither key nor mark is asked for
    later: bool = False  # a worker does the rest
    after: Callable[[Any], None] | None = None  # what is done with the record when all is kept; else its bell is rung

    @property
    def path(self) -> str:
        """Return its address below the API's, as the description writes it."""
        return f"/{self.resource}/{{id}}/{self.verb}" if self.on_one else f"/{self.resource}/{self.verb}"

    @property
    def ident(self) -> str:
        """Return its name in the description."""
        return f"{self.verb}_{self.resource}".replace("-", "_")

    def given(self, body: Given) -> dict[str, Any]:
        """Return what a body says, read. Raises RuleBroken for what is unknown, missing or of another kind."""
        known = {part.name: part for part in self.parts}
        for name in body:
            if name not in known:
                raise writing.unknown(name, list(known))
        for part in self.parts:
            if part.needed and body.get(part.name) is None:
                raise RuleBroken("Please fill this in.", field=part.name)
        return {name: known[name].read(value) for name, value in body.items() if value is not None}


def install(blueprint: Blueprint, acts: Sequence[Act]) -> None:
    """Open the addresses of these verbs."""
    for act in acts:
        rule = act.path.replace("{id}", "<int:ident>")
        view = functools.partial(_take, act)
        blueprint.add_url_rule(rule, endpoint=f"act_{act.ident}", view_func=view, methods=("POST",))


def described(acts: Sequence[Act], operation: Callable[..., dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the addresses with their methods, as the description holds them."""
    out: dict[str, dict[str, Any]] = {}
    for act in acts:
        schema: dict[str, Any] = {
            "type": "object", "additionalProperties": False, "properties": {p.name: p.schema() for p in act.parts},
        }  # fmt: skip
        if needed := [part.name for part in act.parts if part.needed]:
            schema["required"] = needed
        names = ("id",) * act.on_one + ("match",) * (act.on_one and not act.reads) + ("key",) * (not act.reads)
        given = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        status = "202" if act.later else "200"
        done = operation(act.ident, act.resource, act.summary, {"type": "object"}, given, body=schema, status=status)
        out[act.path] = {"post": done}
    return out


def ring(row: Any) -> None:
    """Wake a worker for what waits for one: a run, or the run of a sent file or a dispatch."""
    run = row
    if isinstance(row, ImportBatch):
        run = underway.run_of(row)
    elif isinstance(row, Dispatch):
        run = dispatches.run_of(row)
    if isinstance(run, Run) and run.state is RunState.WAITING and run.kind in JOBS:
        queue.ring(JOBS[run.kind], run.id, turn=run.attempt)


def said(row: Table, status: int) -> Response:
    """Return a record that a verb leads to, in its own kind."""
    resource = resources.of_table(type(row))
    if resource is None:
        raise NotFound("There are no records of this kind.")
    return answers.record(resource, row, status)


def _take(act: Act, ident: int = 0) -> Response:
    if act.reads:
        return _taken(act, ident)
    door.check_may_step()
    return replies.once(lambda: _taken(act, ident))


def _taken(act: Act, ident: int) -> Response:
    resource, status = resources.open_one(act.resource, g.person), 202 if act.later else 200
    row = reading.at(resource, ident) if act.on_one else None
    given = act.given(writing.body() if request.get_data() else {})
    if row is not None and not act.reads:
        writing.matched(resource, row)
    if not act.reads and (row is None or not type(row).unit_path):
        door.check_not_narrowed()
    with db.atomic():
        found = act.takes(given) if row is None else act.takes(row, given)
        if isinstance(found, Table) and not act.reads:
            door.check_reach(found)
    if isinstance(found, Mapping):
        return answers.json(found, status)
    told = found or (None if row is None else type(row).get_or_none(type(row).id == row.id))
    if told is None:
        return answers.json({}, status)
    (act.after or ring)(told)
    return said(told, status)


def by() -> dict[str, Any]:
    """Return who acts and when, as every verb wants to know."""
    return {"by": g.person, "at": clock.now()}


def _said(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()[:60]
