"""Changes by programs: add, change, remove, take a step, bring many, bring back. All by the one way to write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

from flask import g, request
from peewee import Field, ForeignKeyField

from models import BY_NAME, Kept, Table, Visit, db
from portal import actions, clock, many, records
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken, StaleRow
from portal.records import STALE, Work
from portal.rules.terms import ActionState
from portal.web.api import door, reading, resources, values
from portal.web.api.reading import Row
from portal.web.api.resources import Resource

AT_ONCE = 10_000  # records of one bulk request
TOLD = 50  # refused records of a bulk request that are told one by one


class NoMatch(PortalError):
    """A change of a record without saying which version of it was looked at."""

    status = 428


class Changed(PortalError):
    """A change of a version of a record that is not the newest."""

    status = 412

    def __init__(self, msgid: str, current: Row, **values: Any) -> None:
        super().__init__(msgid, **values)
        self.current = current

    def more(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """Return the record as it stands now."""
        return {"current": self.current}


def body() -> dict[str, Any]:
    """Return the JSON object a request brings."""
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise RuleBroken("The body is a JSON object, sent as application/json.", field="body")
    return found


def check_empty() -> None:
    """Refuse a body where there is nothing to be said."""
    if request.get_data() and (given := body()):
        raise unknown(sorted(given)[0], [])


def add(resource: Resource, given: dict[str, Any]) -> Table:
    """Add a record."""
    door.check_may_write()
    if not resource.may_add(g.person):
        raise NotAllowed("Records of this kind are not added here.")
    with db.atomic():
        row: Table = resource.screen.put_in(_values(resource, given), by=g.person, at=clock.now())
        door.check_reach(row)
    return row


def change(resource: Resource, row: Table, given: dict[str, Any]) -> Table:
    """Change the named properties of a record, over the version the caller looked at."""
    door.check_may_write()
    if not resource.may_change(g.person):
        raise NotAllowed("You may look at these records but not change them.")
    seen = matched(resource, row)
    with db.atomic():
        try:
            resource.screen.put_over(row, _values(resource, given), seen=seen, by=g.person, at=clock.now())
        except StaleRow:
            raise Changed(STALE, _now(resource, row)) from None
        door.check_reach(row)
    return row


def remove(resource: Resource, row: Table) -> None:
    """Remove a record; its history is kept."""
    door.check_may_write()
    if not resource.may_remove(g.person):
        raise NotAllowed("Records of this kind are not removed.")
    matched(resource, row)
    with records.changing(by=g.person, verb="remove", at=clock.now()) as work:
        work.remove(row)


def take_step(resource: Resource, row: Table, verb: str, given: dict[str, Any]) -> Table:
    """Take one step of the workflow with a record. `note` is the reason, where the step needs one."""
    door.check_may_step()
    step = resource.steps.get(verb)
    if step is None:
        raise NotFound("There is no step “{verb}” for these records.", verb=verb[:40])
    if g.person.role not in step.for_roles:
        raise NotAllowed("This step is not yours to take.")
    odd = set(given) - ({"note"} if step.asks_note else set())
    if odd:
        raise unknown(sorted(odd)[0], ["note"] if step.asks_note else [])
    matched(resource, row)
    note = given.get("note", "")
    if not isinstance(note, str):
        raise RuleBroken("“{text}” is not {words}.", field="note", text=str(note)[:60], words="a text")
    if not step.fits(row, g.person):
        raise MoveRefused("This step cannot be taken with the record as it stands.")
    step.takes(row, by=g.person, at=clock.now(), **({"note": note} if step.asks_note else {}))
    return reading.one(resource, row.id)


def step_action(resource: Resource, row: Table, verb: str) -> Table:
    """Say how the action agreed at a visit came out (`state` done or dropped, `result`), or open it again (`note`)."""
    door.check_may_step()
    assert isinstance(row, Visit)
    given, known = body(), ("state", "result") if verb == "settle_action" else ("note",)
    for name, value in given.items():
        if name not in known:
            raise unknown(name, list(known))
        if not values.is_text(value):
            raise RuleBroken("“{text}” is not {words}.", field=name, text=str(value)[:60], words="a text")
    matched(resource, row)
    if verb == "reopen_action":
        actions.reopen(row, by=g.person, at=clock.now(), note=given.get("note", ""))
    else:
        state = given.get("state", "")
        if state not in (ActionState.DONE, ActionState.DROPPED):
            raise RuleBroken("“{text}” is not one of: {known}.", field="state", text=state[:60], known="done, dropped")
        outcome = ActionState(state)
        actions.settle(row, by=g.person, at=clock.now(), state=outcome, result=given.get("result", ""))
    return reading.one(resource, row.id)


def bring(resource: Resource, given: dict[str, Any]) -> dict[str, Any]:
    """Add or change many records by their key, all or none: how many were added, changed and found the same.

    Raises Refused with what is wrong by the place of the item.
    """
    door.check_may_write()
    items = given.get("items")
    if set(given) != {"items"} or not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise RuleBroken("The body is {example}.", field="items", example='{"items": [{…}, …]}')
    if len(items) > AT_ONCE:
        raise RuleBroken("At most {most} records at once.", field="items", most=AT_ONCE)
    if not resource.key or resource.has_verbs:
        raise RuleBroken("These records have no key but their number; change them one by one.", field="items")
    wrong: list[tuple[int, PortalError]] = []

    def refuse(place: int, refusal: PortalError) -> None:
        wrong.append((place, refusal))

    with records.changing(by=g.person, verb="bring", at=clock.now()) as work:
        new, there = _sorted_out(resource, items, refuse)
        if new and not resource.may_add(g.person):
            raise NotAllowed("Records of this kind are not added here.")
        if there and not resource.may_change(g.person):
            raise NotAllowed("You may look at these records but not change them.")
        places = list(new)
        added = many.add(work, resource.table, list(new.values()), refuse=lambda n, why: refuse(places[n], why))
        changed = many.change(work, resource.table, there, refuse=refuse)
        if wrong:
            raise Refused(sorted(wrong, key=lambda one: one[0])[:TOLD], len(wrong))
        _check_all_reached(work)
    return {"added": added, "changed": changed, "same": len(there) - changed}


class Refused(PortalError):
    """Many at once, none of which was taken because some are wrong; `wrong` holds (place of the item, refusal)."""

    status = 422

    def __init__(self, wrong: Sequence[tuple[Any, PortalError]], count: int = 0) -> None:
        super().__init__("{count} of them are wrong; none was taken.", field="items", count=count or len(wrong))
        self.wrong = wrong

    def more(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """Return what is wrong with which item."""
        return {
            "items": [
                {"item": place, "field": each.field, "rule": each.rule, "detail": each.words(translate)}
                for place, each in self.wrong
            ]
        }


def restore(resource: Resource, ident: int) -> Table:
    """Bring back a removed record under its old number, as it was when it was removed."""
    door.check_may_write()
    if not resource.may_remove(g.person):
        raise NotAllowed("Records of this kind are not removed.")
    with records.changing(by=g.person, verb="restore", at=clock.now()) as work:
        row = work.restore(resource.table, ident)
        door.check_reach(row)
    return row


def matched(resource: Resource, row: Table) -> int | None:
    """Return the version that the caller says to have looked at, refusing as `check_match`."""
    check_match(reading.etag(row), lambda: _now(resource, row))
    return row.version if isinstance(row, Kept) else None


def check_match(now: str, current: Callable[[], Row]) -> None:
    """Refuse a change of what the caller has not looked at as it stands.

    Raises NoMatch when the request does not say what it looked at, Changed, with the `current` record, when that is no
    longer the newest.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise NoMatch("Say which version you looked at: send its ETag in the header “If-Match”.", field="If-Match")
    if given.strip() != "*" and now not in [part.strip().removeprefix("W/") for part in given.split(",")]:
        raise Changed(STALE, current())


def request_sha256() -> str:
    """Return a mark of what this request asks for, to tell whether a key is used for another one."""
    text = f"{request.method} {request.full_path} {request.headers.get('If-Match', '')}\n".encode()
    return hashlib.sha256(text + request.get_data()).hexdigest()


def _now(resource: Resource, row: Table) -> Row:
    return reading.shown(resource, reading.one(resource, row.id))


def _values(resource: Resource, given: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in given.items():
        field = resource.typed.get(name)
        if field is None:
            by_name = {f.name: f for f in resource.typed.values() if isinstance(f, ForeignKeyField)}
            field = by_name.get(name)
            if field is None or not isinstance(value, dict):
                raise unknown(name, list(resource.typed))
            out[field.name] = _pointed(field, value)
        elif isinstance(field, ForeignKeyField) and value is not None:
            out[field.name] = _seen(field, values.read(field, value))
        else:
            out[field.name] = values.read(field, value)
    return out


def unknown(name: str, known: list[str]) -> RuleBroken:
    """Return the refusal of a property that there is not."""
    return RuleBroken(
        "There is no property “{name}”. There are: {known}.", field=name[:60], name=name[:60], known=", ".join(known)
    )


def _pointed(field: ForeignKeyField, value: dict[str, Any]) -> int | None:
    """Return the number of the related record that `value` names by its key, such as {"code": "P40"}."""
    held: dict[Any, int] = g.setdefault("pointed_records", {})
    mark = (field, tuple(sorted(value.items()))) if all(isinstance(v, (str, int)) for v in value.values()) else None
    if mark in held:
        return held[mark]
    inner = resources.of_table(field.rel_model)
    keys = {key.name: key for key in inner.key} if inner else {}
    if inner is None or set(value) != set(keys):
        raise RuleBroken("Name it by: {known}.", field=field.name, known=", ".join(keys) or "id")
    query = door.narrowed(inner.table.select(inner.table.id))
    for name, given in value.items():
        query = query.where(keys[name] == values.read(keys[name], given))
    found = query.tuples().first()
    if found is None:
        raise RuleBroken("There is no such record, or it belongs to another office.", field=field.name)
    if mark is not None:
        held[mark] = int(found[0])
    return int(found[0])


def _seen(field: ForeignKeyField, ident: int) -> int:
    known: set[tuple[Any, int]] = g.setdefault("seen_records", set())
    if (field.rel_model, ident) not in known:
        table = field.rel_model
        if not door.narrowed(table.select(table.id)).where(table.id == ident).exists():
            raise RuleBroken("There is no such record, or it belongs to another office.", field=field.column_name)
        known.add((table, ident))
    return ident


def _filled(resource: Resource) -> dict[str, Any]:
    return {name: give(g.person) for name, give in resource.screen.fills.items()}


def _sorted_out(
    resource: Resource, items: list[dict[str, Any]], refuse: Callable[[int, PortalError], None]
) -> tuple[dict[int, dict[str, Any]], dict[int, tuple[int, dict[str, Any]]]]:
    """Return the items that are new, by their place, and those that are there, by the record's number."""
    read: dict[int, dict[str, Any]] = {}
    for place, item in enumerate(items):
        try:
            given = _values(resource, item)
            for field in resource.key:
                if given.get(field.name) is None:
                    words = "The key of the record is missing: {names}."
                    raise RuleBroken(words, field=_named(field), names=_names(resource.key))
            read[place] = given
        except PortalError as refusal:
            refuse(place, refusal)
    known = _known(resource, read.values())
    new: dict[int, dict[str, Any]] = {}
    there: dict[int, tuple[int, dict[str, Any]]] = {}
    seen: set[tuple[Any, ...]] = set()
    for place, given in read.items():
        key = _key(resource, given)
        if key in seen:
            names = _names(resource.key)
            refuse(place, RuleBroken("The same key stands twice: {names}.", field=_named(resource.key[0]), names=names))
        elif key in known:
            there[known[key]] = place, given
        else:
            new[place] = given | _filled(resource)
        seen.add(key)
    return new, there


def _known(resource: Resource, given: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
    """Return the numbers of the records within reach that have one of the keys given."""
    first, table = resource.key[0], resource.table
    wanted = sorted({_plain_key(values[first.name]) for values in given})
    out: dict[tuple[Any, ...], int] = {}
    for start in range(0, len(wanted), many.AT_ONCE):
        query = door.narrowed(table.select(table.id, *resource.key)).where(
            first.in_(wanted[start : start + many.AT_ONCE])
        )
        out |= {tuple(map(_plain_key, row[1:])): row[0] for row in query.tuples()}
    return out


def _key(resource: Resource, given: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(_plain_key(given[field.name]) for field in resource.key)


def _plain_key(value: Any) -> Any:
    return str(value) if isinstance(value, StrEnum) else value


def _check_all_reached(work: Work) -> None:
    """Refuse when the token does not reach one of the records: only a narrowed token can fail to."""
    for table in {name for name, *_ in work.kept}:
        idents = [ident for name, ident, *_ in work.kept if name == table]
        door.check_all_reached(BY_NAME[table], idents)


def _named(field: Field) -> str:
    return str(field.column_name)


def _names(key: tuple[Field, ...]) -> str:
    return ", ".join(map(_named, key))
