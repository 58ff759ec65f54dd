"""How answers go on from one version of a form to the next: renamed, split, merged, in another unit; where it breaks.

A version's field map says it for the questions of the version before: `{"old": [{"key": "new", "factor": "1000",
"note": "…", "break": true}]}`. A key that the map does not name goes on under its own name where the new version still
asks for it; an empty list ends it. `table` moves all columns, `table.column` one of them. A series breaks where a
question was split, where a factor is not 1, and where the map says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.errors import PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.faults import Fault
from portal.forms.kinds.numbers import NumberKind
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Question, number
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry, NotApplicable

FieldMap = Mapping[str, Any]


@dataclass(frozen=True)
class Way:
    """Where a question of the old version goes: `factor` None = as it is (and nothing at all where it was split)."""

    key: str
    factor: Decimal | None = None
    is_break: bool = False
    note: str = ""


@dataclass(frozen=True)
class Stage:
    """One version of a form, in the order of their numbers; `field_map` leads from the version before to this one."""

    number: int
    spec: FormSpec
    field_map: FieldMap = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """An answer that the other version has no place for, and why."""

    cell: Cell
    entry: Entry
    why: PortalError


@dataclass
class Carried:
    """Answers brought over: `entries` by their new cells, where each came from, what was left, which keys broke."""

    entries: dict[Cell, Entry] = field(default_factory=dict)
    sources: dict[Cell, list[Cell]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    breaks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """The answers of one submission: `at` says of when (a fiscal month), `version` in which version of the form."""

    at: Any
    version: int
    entries: Mapping[Cell, Entry]


@dataclass(frozen=True)
class Point:
    """One value of a series in the terms of its newest version. `is_break`: not comparable with the point before."""

    at: Any
    entry: Entry | None
    is_break: bool = False
    note: str = ""


# ---------------------------------------------------------------- ways


def ways(old: FormSpec, new: FormSpec, field_map: FieldMap) -> dict[str, tuple[Way, ...]]:
    """Return where the answers under each key of the old version go; an empty tuple where they end."""
    out: dict[str, tuple[Way, ...]] = {}
    for key in old.asked:
        table, _, column = key.partition(".")
        if key in field_map:
            out[key] = _ways(field_map[key], "")
        elif column and table in field_map:
            out[key] = _ways(field_map[table], f".{column}")
        else:
            out[key] = (Way(key),)
        out[key] = tuple(way for way in out[key] if way.key in new.asked)
    return out


def _ways(targets: Any, suffix: str) -> tuple[Way, ...]:
    listed = [t for t in targets if isinstance(t, Mapping)] if isinstance(targets, list) else []
    out = []
    for target in listed:
        factor = number(target.get("factor"))
        note = target.get("note")
        broken = len(listed) > 1 or factor not in (None, Decimal(1)) or target.get("break") is True
        out.append(Way(f"{target.get('key', '')}{suffix}", factor, broken, note if isinstance(note, str) else ""))
    return tuple(out)


def ends(old: FormSpec, new: FormSpec, field_map: FieldMap) -> list[str]:
    """Return the keys of the old version whose answers go nowhere: a designer is told before publishing."""
    return [key for key, found in ways(old, new, field_map).items() if not found]


def begins(old: FormSpec, new: FormSpec, field_map: FieldMap) -> list[str]:
    """Return the keys of the new version that nothing leads to."""
    reached = {way.key for found in ways(old, new, field_map).values() for way in found}
    return [key for key in new.asked if key not in reached]


def map_faults(old: FormSpec, new: FormSpec, field_map: Any) -> list[Fault]:
    """Return what is wrong with a field map, each fault with its path (`old_key.0.factor`); never raises."""
    if not isinstance(field_map, Mapping):
        return [Fault("", RuleBroken("This is not a field map."))]
    out = []
    tables = {key: q for key, q in [*old.questions.items(), *new.questions.items()] if q.kind == "table"}
    for key, targets in field_map.items():
        if key not in old.asked and key not in old.questions:
            out.append(Fault(str(key), RuleBroken("The version before has no question “{key}”.", key=str(key)[:60])))
        if not isinstance(targets, list) or not all(isinstance(t, Mapping) for t in targets):
            out.append(Fault(str(key), RuleBroken("This should be a list.")))
            continue
        for n, target in enumerate(targets):
            path = f"{key}.{n}"
            goal, factor = target.get("key"), target.get("factor")
            if goal not in new.asked and not (goal in new.questions and goal in tables and key in tables):
                words = RuleBroken("There is no question “{key}” in this form.", key=str(goal)[:60])
                out.append(Fault(f"{path}.key", words))
            if factor not in (None, "") and not number(factor):
                words = RuleBroken("A factor is a number other than 0 with four decimals at most.")
                out.append(Fault(f"{path}.factor", words))
            elif isinstance(goal, str) and not _fits(old.asked.get(key), new.asked.get(goal), number(factor)):
                out.append(Fault(f"{path}.key", RuleBroken("Answers of this kind cannot go on there.")))
            for name in set(target) - {"key", "factor", "note", "break"}:
                text = str(name)[:40]
                out.append(
                    Fault(f"{path}.{text}", RuleBroken("The portal knows nothing called “{text}” here.", text=text))
                )
    return out


def _fits(old: Question | None, new: Question | None, factor: Decimal | None) -> bool:
    if old is None or new is None:
        return True
    numbers = kinds.of(old).counts, kinds.of(new).counts
    return all(numbers) or (not any(numbers) and factor in (None, Decimal(1)))


# ---------------------------------------------------------------- one step


def carry(entries: Mapping[Cell, Entry], old: FormSpec, new: FormSpec, field_map: FieldMap) -> Carried:
    """Bring answers of the old version into the new one."""
    out = Carried()
    found = ways(old, new, field_map)
    for cell, entry in entries.items():
        targets = found.get(cell.key, ())
        if not targets:
            out.left.append(Left(cell, entry, RuleBroken("The new version does not ask for this any more.")))
        for way in targets:
            if way.is_break:
                out.breaks[way.key] = way.note
            if len(targets) > 1 and way.factor is None:
                continue
            _place(out, cell, entry, old, new, way.key, way.factor)
        if len(targets) > 1 and all(way.factor is None for way in targets):
            out.left.append(Left(cell, entry, RuleBroken("This was split; the parts have to be told anew.")))
    return out


def carry_back(entries: Mapping[Cell, Entry], old: FormSpec, new: FormSpec, field_map: FieldMap) -> Carried:
    """Bring answers of the new version back into the old one: parts of a split add up, factors are undone."""
    out = Carried()
    placed: set[Cell] = set()
    for key, targets in ways(old, new, field_map).items():
        for way in targets:
            for cell, entry in entries.items():
                if cell.key != way.key or cell in placed:
                    continue
                factor = None if way.factor is None else 1 / way.factor
                _place(out, cell, entry, new, old, key, factor)
                placed.add(cell)
                if way.is_break:
                    out.breaks[key] = way.note
    for cell in entries.keys() - placed:
        out.left.append(Left(cell, entries[cell], RuleBroken("The version before does not ask for this.")))
    return out


def _place(
    out: Carried, cell: Cell, entry: Entry, old: FormSpec, new: FormSpec, key: str, factor: Decimal | None
) -> None:
    try:
        target = Cell(key, _row(cell, old, new, key))
        value = _as(old.asked[cell.key], new.asked[key], entry, factor)
        if target in out.entries:
            value = _merged(out.entries[target], value)
    except PortalError as refusal:
        out.left.append(Left(cell, entry, refusal))
        return
    out.entries[target] = value
    out.sources.setdefault(target, []).append(cell)


def _row(cell: Cell, old: FormSpec, new: FormSpec, key: str) -> int:
    before, after = old.table_of(cell.key), new.table_of(key)
    if after is None or cell.row == 0:
        if before is not None and after is None and cell.row > 0:
            raise RuleBroken("A row of a table cannot become an answer of its own.")
        return 0
    if before is None:
        raise RuleBroken("A single answer cannot become a row of a table.")
    row = cell.row
    if before.rows and after.rows:
        places = {r.key: n for n, r in enumerate(after.rows, 1)}
        row = places.get(before.rows[cell.row - 1].key, 0) if cell.row <= len(before.rows) else 0
    if not 1 <= row <= most_rows(after):
        raise RuleBroken("The new version has no such row.")
    return row


def _as(old: Question, new: Question, entry: Entry, factor: Decimal | None) -> Entry:
    if isinstance(entry, NotApplicable):
        return entry
    kind = kinds.of(new)
    if isinstance(entry, Decimal) and isinstance(kind, NumberKind):
        places = Decimal(1).scaleb(-kind.decimals(new))
        value = (entry if factor is None else entry * factor).quantize(places, ROUND_HALF_UP)
        if abs(value) >= 10**14:
            raise RuleBroken("The result is too large a number.")
        return value
    if kind.counts != kinds.of(old).counts:
        raise RuleBroken("Answers of this kind cannot go on there.")
    if old.kind == new.kind and old.kind not in ("choice", "choices"):
        kind.check(new, entry)
        return entry
    if old.choices and new.choices:  # the codes are what goes on, not the labels
        kept = tuple(entry) if isinstance(entry, tuple) else (entry,)
        value_ = kept if new.kind == "choices" else kept[0] if len(kept) == 1 else ""
        kind.check(new, value_)  # type: ignore[arg-type]
        return value_  # type: ignore[return-value]
    read = kind.read(new, kinds.of(old).show(old, entry))
    if read is None:
        raise RuleBroken("Answers of this kind cannot go on there.")
    return read


def _merged(there: Entry, more: Entry) -> Entry:
    if isinstance(there, NotApplicable):
        return more
    if isinstance(more, NotApplicable):
        return there
    if isinstance(there, Decimal) and isinstance(more, Decimal):
        return there + more
    raise RuleBroken("Two answers meet here and cannot be added.")


# ---------------------------------------------------------------- many steps


def through(stages: Sequence[Stage], entries: Mapping[Cell, Entry], version: int, to: int) -> Carried:
    """Bring answers given in one version into another, over all versions between, forwards or back.

    `left` holds what fell away on the way, in the cells of the version in which it did.
    """
    listed = sorted(stages, key=lambda stage: stage.number)
    numbers = [stage.number for stage in listed]
    here, goal = numbers.index(version), numbers.index(to)
    out = Carried(dict(entries), {cell: [cell] for cell in entries})
    while here != goal:
        forward = here < goal
        later = listed[here + 1] if forward else listed[here]
        earlier = listed[here] if forward else listed[here - 1]
        step = (carry if forward else carry_back)(out.entries, earlier.spec, later.spec, later.field_map)
        out = Carried(
            step.entries,
            {cell: [s for via in found for s in out.sources[via]] for cell, found in step.sources.items()},
            out.left + step.left,
            {**out.breaks, **step.breaks},
        )
        here += 1 if forward else -1
    return out


def traced(stages: Sequence[Stage], cell: Cell, version: int, to: int) -> Cell | None:
    """Return the cell of another version to which a cell goes on, the first of several; None where there is none."""
    listed = sorted(stages, key=lambda stage: stage.number)
    pairs = [(a, b) for a, b in itertools.pairwise(listed) if min(version, to) <= a.number < max(version, to)]
    for earlier, later in pairs if version < to else reversed(pairs):
        forward = version < to
        old, new = (earlier.spec, later.spec) if forward else (later.spec, earlier.spec)
        found = ways(earlier.spec, later.spec, later.field_map)
        if forward:
            keys = [way.key for way in found.get(cell.key, ())]
        else:
            keys = [key for key, listed_ in found.items() if cell.key in {way.key for way in listed_}]
        try:
            cell = Cell(keys[0], _row(cell, old, new, keys[0]))
        except (IndexError, PortalError):
            return None
    return cell


def series(stages: Sequence[Stage], cell: Cell, readings: Iterable[Reading]) -> list[Point]:
    """Return the answers of a cell of the newest version over time, oldest first as given.

    A point is a break where the way from the version of the point before to its own is one.
    """
    listed = sorted(stages, key=lambda stage: stage.number)
    newest = listed[-1].number
    breaks = _breaks(listed, cell.key)
    out: list[Point] = []
    before: int | None = None
    for reading in readings:
        if cell in (carried := through(listed, reading.entries, reading.version, newest)).entries:
            entry: Entry | None = carried.entries[cell]
        else:
            entry = None
        low, high = sorted((reading.version, before if before is not None else reading.version))
        crossed = [note for number_, note in breaks if low < number_ <= high]
        out.append(Point(reading.at, entry, bool(crossed), "; ".join(filter(None, crossed))))
        before = reading.version
    return out


def _breaks(stages: Sequence[Stage], key: str) -> list[tuple[int, str]]:
    """Return the versions whose map breaks the series that ends as `key` in the newest, with what they say of it."""
    out = []
    keys = {key}
    for earlier, later in reversed(list(itertools.pairwise(stages))):
        leading = {
            old: [way for way in found if way.key in keys]
            for old, found in ways(earlier.spec, later.spec, later.field_map).items()
        }
        notes = [way.note for found in leading.values() for way in found if way.is_break]
        if notes:
            out.append((later.number, "; ".join(filter(None, dict.fromkeys(notes)))))
        keys = {old for old, found in leading.items() if found}
    return out
