"""The year's money as records: what a finance file makes of it, written in one transaction and undone in one.

A statement of sums to date says how much was spent by the end of one month, and nothing of other months: their sums to
date stay what they are, so the amounts of that month and of the one after it are worked out anew. A statement by month
says each of its months itself. Every row changed is in the trail before and after; that is what undoing goes by.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import IntegrityError, fn

from models import AuditEntry, BudgetLine, Disbursement, FiscalYear, MoneySum, Person, Revision, Table, db, text_of
from portal import audit, database, records
from portal.database import is_sqlite, tuples
from portal.errors import MoveRefused, RuleBroken
from portal.rules import access
from portal.rules.terms import MoneySide

GRANTED = ("act", "after_transfers", "received")
MOVED = ("disbursed", "ordered", "reserved")
_LINE = ("id", "version", "code", "name", "unit", "project", "category", "nature", *GRANTED)
_MONTH = ("id", "version", "line", "month", *MOVED, "data_as_of")
_AT_ONCE = 500

Key = tuple[str, int, int, str]
"""Budget code, unit, category and nature: what tells one budget line of a year from another."""


@dataclass(slots=True)
class Money:
    """What a file says of one budget line, in satang; None where it says nothing. `months` hold what was moved."""

    project: int | None
    name: str = ""
    granted: list[int | None] = field(default_factory=lambda: [None, None, None])
    months: dict[int, list[int | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What a file says of a year: of which months, as of when, and of whom it says everything.

    `gives` are the amounts the file has columns for. `of_unit` is the unit whose money it tells whole, None when it
    is the department's; with `is_whole`, lines of theirs that it leaves out have none of these amounts.
    """

    fiscal_year: FiscalYear
    months: tuple[int, ...]
    is_cumulative: bool
    as_of: dt.date
    gives: frozenset[str]
    is_whole: bool
    of_unit: int | None
    lines: Mapping[Key, Money]


@dataclass
class Changes:
    """What taking a statement in would do; rows as (before, after) in the order of their columns."""

    lines: list[tuple[dict[str, Any] | None, dict[str, Any]]] = field(default_factory=list)
    months: list[tuple[dict[str, Any] | None, dict[str, Any]]] = field(default_factory=list)
    new_keys: dict[Key, dict[str, Any]] = field(default_factory=dict)
    same: int = 0
    left_out: int = 0
    left_out_sums: dict[str, int] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return it in figures, for a preview."""
        return {
            "lines_new": sum(1 for before, _ in self.lines if before is None),
            "lines_changed": sum(1 for before, _ in self.lines if before is not None),
            "lines_same": self.same,
            "months_new": sum(1 for before, _ in self.months if before is None),
            "months_changed": sum(1 for before, _ in self.months if before is not None),
            "left_out": self.left_out,
            "left_out_sums": self.left_out_sums,
        }


def check_may_take(by: Person) -> None:
    """Refuse a person who may not write budget lines."""
    access.check_may_write(by.role, BudgetLine.__name__)


# ---------------------------------------------------------------- what would change


def changes(said: Said) -> Changes:
    """Work out what a statement changes, reading the year once; nothing is written."""
    made = Changes()
    there = _lines_there(said)
    months = _Months(said)
    gives_grants = [n for n in GRANTED if n in said.gives]
    for key, money in said.lines.items():
        before = there.get(key)
        after = _line_after(said, key, money, before)
        touched = _note(made.lines, before, after)
        if before is None:
            made.new_keys[key] = after
        moved = months.of(before["id"] if before else None, after, money.months)
        made.months += moved
        made.same += not touched and not moved
    if said.is_whole:
        for key, before in there.items():
            if key not in said.lines and said.of_unit in (None, key[1]):
                after = before | dict.fromkeys(gives_grants, 0)
                touched = _note(made.lines, before, after)
                moved = months.of(before["id"], before, {})
                made.months += moved
                if touched or moved:
                    made.left_out += 1
                    for name in gives_grants:
                        made.left_out_sums[name] = made.left_out_sums.get(name, 0) + before[name]
    return made


def renames(fiscal_year: int, names: Mapping[str, str]) -> Changes:
    """Work out what naming budget codes changes in a fiscal year (by its identifier); nothing is written."""
    made = Changes()
    fields = [BudgetLine._meta.fields[name] for name in _LINE]
    for row in tuples(BudgetLine.select(*fields).where(BudgetLine.fiscal_year == fiscal_year)):
        before = dict(zip(_LINE, row, strict=True)) | {"fiscal_year": fiscal_year}
        before["nature"] = str(before["nature"])
        name = names.get(before["code"])
        if name is not None:
            made.same += not _note(made.lines, before, before | {"name": name[:300]})
    return made


def codes(fiscal_year: int) -> frozenset[str]:
    """Return the budget codes of a fiscal year's lines."""
    return frozenset(
        code for (code,) in tuples(BudgetLine.select(BudgetLine.code).where(BudgetLine.fiscal_year == fiscal_year))
    )


def _note(
    noted: list[tuple[dict[str, Any] | None, dict[str, Any]]], before: dict[str, Any] | None, after: dict[str, Any]
) -> bool:
    if before == after:
        return False
    noted.append((before, after | {"version": before["version"] + 1 if before else 1}))
    return True


def _lines_there(said: Said) -> dict[Key, dict[str, Any]]:
    fields = [BudgetLine._meta.fields[name] for name in _LINE]
    found = {}
    for row in tuples(BudgetLine.select(*fields).where(BudgetLine.fiscal_year == said.fiscal_year.id)):
        line = dict(zip(_LINE, row, strict=True)) | {"fiscal_year": said.fiscal_year.id}
        line["nature"] = str(line["nature"])
        found[line["code"], line["unit"], line["category"], line["nature"]] = line
    return found


def _line_after(said: Said, key: Key, money: Money, before: dict[str, Any] | None) -> dict[str, Any]:
    code, unit, category, nature = key
    base = before or {
        "id": 0, "version": 0, "code": code, "name": "", "unit": unit, "project": money.project, "category": category,
        "nature": nature, "act": 0, "after_transfers": 0, "received": 0, "fiscal_year": said.fiscal_year.id,
    }  # fmt: skip
    after = dict(base)
    if money.name:
        after["name"] = money.name[:300]
    if base["project"] is None:
        after["project"] = money.project
    # Amounts by month add up to the year's only from its first month on; later extracts leave what is there.
    if said.is_cumulative or 1 in said.months or before is None:
        after |= {n: v for n, v in zip(GRANTED, money.granted, strict=True) if v is not None}
    return after


class _Months:
    """The months that are there, and what a statement makes of them."""

    def __init__(self, said: Said) -> None:
        self.said = said
        self.gives = [n for n in MOVED if n in said.gives]
        self.there: dict[tuple[int, int], dict[str, Any]] = {}
        self.before: dict[int, tuple[int, ...]] = {}
        self.next: dict[int, dict[str, Any]] = {}
        if not said.months or not self.gives:
            return
        of_year = BudgetLine.fiscal_year == said.fiscal_year.id
        fields = [Disbursement._meta.fields[name] for name in _MONTH]
        rows = Disbursement.select(*fields).join(BudgetLine).where(of_year, Disbursement.month.in_(said.months))
        for row in tuples(rows):
            self.there[row[2], row[3]] = _month_row(row)
        if said.is_cumulative:
            at = said.months[-1]
            sums = [fn.SUM(Disbursement._meta.fields[n]) for n in MOVED]
            earlier = Disbursement.select(Disbursement.line, *sums).join(BudgetLine)
            for line, *amounts in tuples(earlier.where(of_year, Disbursement.month < at).group_by(Disbursement.line)):
                self.before[line] = tuple(int(a) for a in amounts)
            later = Disbursement.alias()
            first = later.select(fn.MIN(later.month)).where(later.line == Disbursement.line, later.month > at)
            after = Disbursement.select(*fields).join(BudgetLine).where(of_year, Disbursement.month == first)
            for row in tuples(after):
                self.next[row[2]] = _month_row(row)

    def of(
        self, line: int | None, owner: dict[str, Any], told: Mapping[int, Sequence[int | None]]
    ) -> list[tuple[dict[str, Any] | None, dict[str, Any]]]:
        """Return the changed months of one line; without `told` the statement leaves the line out."""
        if not self.gives:
            return []
        if self.said.is_cumulative:
            return self._to_date(line, owner, told)
        moved: list[tuple[dict[str, Any] | None, dict[str, Any]]] = []
        for month in self.said.months:
            amounts = dict(zip(MOVED, told.get(month, ()), strict=False))
            wanted = {n: amounts.get(n) or 0 for n in self.gives}
            self._set(moved, line, owner, month, wanted, is_told=month in told)
        return moved

    def _to_date(
        self, line: int | None, owner: dict[str, Any], told: Mapping[int, Sequence[int | None]]
    ) -> list[tuple[dict[str, Any] | None, dict[str, Any]]]:
        moved: list[tuple[dict[str, Any] | None, dict[str, Any]]] = []
        month = self.said.months[-1]
        earlier = dict(zip(MOVED, self.before.get(line or 0, (0, 0, 0)), strict=True))
        amounts = dict(zip(MOVED, told.get(month, ()), strict=False))
        wanted = {n: (amounts.get(n) or 0) - earlier[n] for n in self.gives}
        held = self.there.get((line or 0, month))
        shifts = {n: (held[n] if held else 0) - wanted[n] for n in self.gives}
        self._set(moved, line, owner, month, wanted, is_told=month in told)
        follower = self.next.get(line or 0)
        if moved and follower is not None and any(shifts.values()):
            after = follower | {n: follower[n] + shift for n, shift in shifts.items()}
            moved.append((follower, after | {"version": follower["version"] + 1}))
        return moved

    def _set(
        self,
        moved: list[tuple[dict[str, Any] | None, dict[str, Any]]],
        line: int | None,
        owner: dict[str, Any],
        month: int,
        wanted: dict[str, int],
        *,
        is_told: bool,
    ) -> None:
        held = self.there.get((line or 0, month))
        if held is None:
            if is_told or any(wanted.values()):
                fresh = {"id": 0, "version": 1, "line": owner, "month": month} | dict.fromkeys(MOVED, 0)
                moved.append((None, fresh | wanted | {"data_as_of": self.said.as_of}))
        elif any(held[n] != v for n, v in wanted.items()) or (is_told and held["data_as_of"] < self.said.as_of):
            as_of = max(held["data_as_of"], self.said.as_of)
            moved.append((held, held | wanted | {"version": held["version"] + 1, "data_as_of": as_of}))


def _month_row(row: Sequence[Any]) -> dict[str, Any]:
    made = dict(zip(_MONTH, row, strict=True))
    if isinstance(made["data_as_of"], str):
        made["data_as_of"] = dt.date.fromisoformat(made["data_as_of"])
    return made


# ---------------------------------------------------------------- writing


def write(made: Changes, *, by: Person, verb: str, at: dt.datetime, note: str = "") -> int:
    """Write the changes with their pictures before and after; return the number of the trail's entry.

    Call inside a transaction that the records opened. Rows go by the hundred thousand, so no rule looks at each: the
    store's own constraints do, and what they refuse is refused.
    """
    check_may_take(by)
    count = len(made.lines) + len(made.months)
    entry = audit.record(by, verb, BudgetLine.__name__, None, at=at, rows=count, note=note)
    try:
        _write_lines(made, entry)
        _write_months(made, entry)
    except IntegrityError as wrong:
        raise RuleBroken("The store refused these lines; nothing was taken in.") from wrong
    return int(entry.id)


def _write_lines(made: Changes, entry: AuditEntry) -> None:
    columns = ("id", *_LINE[2:], "fiscal_year", "version")
    number = _next_id(BudgetLine)
    for before, after in made.lines:
        if before is None:
            after["id"] = number
            made.new_keys[after["code"], after["unit"], after["category"], after["nature"]] = after
            number += 1
    database.append(BudgetLine, columns, (tuple(a[n] for n in columns) for a in _new(made.lines)))
    _change(BudgetLine, ("name", "project", *GRANTED, "version"), made.lines)
    _keep(entry, BudgetLine, made.lines, lambda row: row["unit"])


def _write_months(made: Changes, entry: AuditEntry) -> None:
    units = dict(tuples(BudgetLine.select(BudgetLine.id, BudgetLine.unit)))
    number = _next_id(Disbursement)
    rows: list[tuple[dict[str, Any] | None, dict[str, Any]]] = []
    for before, after in made.months:
        if before is None:
            owner = after["line"]
            line = made.new_keys.get((owner["code"], owner["unit"], owner["category"], owner["nature"]), owner)["id"]
            after = after | {"id": number, "line": line}
            number += 1
        rows.append((before, after))
    made.months = []
    database.append(Disbursement, _MONTH, (tuple(_stored(a[n]) for n in _MONTH) for a in _new(rows)))
    _change(Disbursement, (*MOVED, "data_as_of", "version"), rows)
    _keep(entry, Disbursement, rows, lambda row: units[row["line"]])


def _new(rows: Iterable[tuple[dict[str, Any] | None, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    return (after for before, after in rows if before is None)


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _next_id(model: type[Table]) -> int:
    if not is_sqlite():  # nobody else takes a number until this transaction ends
        db.execute_sql(f'LOCK TABLE "{model._meta.table_name}" IN SHARE ROW EXCLUSIVE MODE')
    return int(model.select(fn.COALESCE(fn.MAX(model.id), 0)).scalar()) + 1


def _change(
    model: type[Table], names: Sequence[str], rows: Iterable[tuple[dict[str, Any] | None, dict[str, Any]]]
) -> None:
    database.change(model, names, ((*(_stored(a[n]) for n in names), a["id"]) for b, a in rows if b is not None))


def _keep(entry: AuditEntry, model: type[Table], rows: Iterable[Any], unit: Any) -> None:
    """Write the pictures of many rows at once, as `history.keep` writes those of a few."""
    names = model._meta.sorted_field_names

    def picture(row: dict[str, Any] | None) -> str | None:
        if row is None:
            return None
        shown = {n: text_of(row[n]) for n in names}
        return json.dumps(shown, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    columns = ("entry", "table_name", "row_id", "before", "after", "unit")
    database.append(
        Revision,
        columns,
        (
            (entry.id, model.__name__, (after or before)["id"], picture(before), picture(after), unit(after or before))
            for before, after in rows
        ),
    )


# ---------------------------------------------------------------- undoing


def undo(entry_number: int, *, by: Person, at: dt.datetime, note: str = "") -> int:
    """Put every row of an earlier `write` back as it was before; return the number of the trail's entry.

    Call inside a transaction that the records opened. Raises MoveRefused when a row was changed since: that change
    would be lost.
    """
    check_may_take(by)
    kept = (
        Revision.select(Revision.table_name, Revision.row_id, Revision.before, Revision.after)
        .where(Revision.entry == entry_number)
        .order_by(Revision.id)
    )
    pictures: dict[str, list[tuple[dict[str, Any] | None, dict[str, Any]]]] = {}
    for table, _row, before, after in tuples(kept):
        pictures.setdefault(table, []).append((_loaded(before), _loaded(after) or {}))
    count = sum(len(rows) for rows in pictures.values())
    entry = audit.record(by, "undo_import", BudgetLine.__name__, None, at=at, rows=count, note=note)
    units = dict(tuples(BudgetLine.select(BudgetLine.id, BudgetLine.unit)))
    for model, names in ((Disbursement, (*MOVED, "data_as_of")), (BudgetLine, ("name", "project", *GRANTED))):
        rows = pictures.get(model.__name__, [])
        held = _held(model, [after["id"] for _, after in rows])
        back = []
        for before, after in rows:
            now = held.get(after["id"])
            if now is None or any(text_of(now[n]) != after[n] for n in names):
                raise MoveRefused("These lines were changed after this file was taken in; undo that change first.")
            back.append((now, before and before | {"version": now["version"] + 1}))
        _remove(model, [now["id"] for now, before in back if before is None])
        _change(model, (*names, "version"), [(now, before) for now, before in back if before is not None])
        of = (lambda row: units[row["line"]]) if model is Disbursement else (lambda row: row["unit"])
        _keep(entry, model, back, of)
    return int(entry.id)


def _loaded(value: Any) -> dict[str, Any] | None:
    made: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return made


def _held(model: type[Table], idents: Sequence[int]) -> dict[int, dict[str, Any]]:
    names = model._meta.sorted_field_names
    fields = [model._meta.fields[n] for n in names]
    found = {}
    for start in range(0, len(idents), _AT_ONCE):
        for row in tuples(model.select(*fields).where(model.id.in_(idents[start : start + _AT_ONCE]))):
            found[row[names.index("id")]] = dict(zip(names, row, strict=True))
    return found


def _remove(model: type[Table], idents: Sequence[int]) -> None:
    try:
        with db.savepoint():
            for start in range(0, len(idents), _AT_ONCE):
                model.delete().where(model.id.in_(idents[start : start + _AT_ONCE])).execute()
    except IntegrityError as wrong:
        raise MoveRefused("Later records need these lines; undo what came later first.") from wrong


# ---------------------------------------------------------------- sums


def totals(fiscal_year: int, unit: int | None, month: int) -> dict[str, int]:
    """Return what was granted in a fiscal year and moved up to the end of a month, of one unit or of all. Satang."""
    columns = [fn.COALESCE(fn.SUM(MoneySum._meta.fields[n]), 0) for n in (*GRANTED, *MOVED)]
    query = MoneySum.select(*columns).where(
        MoneySum.fiscal_year == fiscal_year, MoneySum.side == MoneySide.UNIT, MoneySum.month <= month
    )
    if unit is not None:
        query = query.where(MoneySum.unit == unit)
    row = next(tuples(query))
    return {n: int(v) for n, v in zip((*GRANTED, *MOVED), row, strict=True)}


def changing(by: Person, verb: str, at: dt.datetime, note: str = "") -> Any:
    """Open the transaction in which a finance file is taken in or undone."""
    return records.changing(by=by, verb=verb, note=note, at=at, as_verb=True)
