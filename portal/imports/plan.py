"""A year's plan from a workbook: read and tried out for its preview, then taken in whole or not at all, and undone.

The way of a file is that of the registry: sent, read by a worker, looked at by a person, taken in by a worker. While it
is read, everything is written and taken back at once, so that whatever a rule refuses is known before anybody says yes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from peewee import fn

from models import (
    BY_NAME,
    AuditEntry,
    FiscalYear,
    ImportBatch,
    MonthPlan,
    Person,
    Plan,
    ProjectBudget,
    Revision,
    Table,
    Target,
    db,
)
from portal import history, records
from portal.errors import MoveRefused, NotAllowed, PortalError, RuleBroken
from portal.imports import underway
from portal.imports.plan_rows import Key, Known, Line, Reading, read
from portal.imports.underway import NOBODY, Way, found_wrong
from portal.reports.runs import Teller
from portal.rules import access
from portal.rules.terms import BatchState
from portal.workbooks.plan_book import LEAVES, TABLES

SOURCE = "plan"
STEPS = ("อ่านไฟล์", "เทียบกับแผนและลองบันทึก")
TAKING = ("เทียบกับแผน", "บันทึกลงแผน")
UNDOING = ("เทียบกับค่าก่อนนำเข้า", "คืนแผนเป็นค่าก่อนนำเข้า")
AT_ONCE = 500


def check_may(by: Person) -> None:
    """Refuse people who do not keep the plans."""
    if not access.may_write(by.role, "Plan"):
        raise NotAllowed("Plans from a workbook are taken in by the planning division.")


def check_take(batch: ImportBatch) -> None:
    """Raise RuleBroken for a workbook that would change nothing."""
    if not batch.lines_taken:
        raise RuleBroken("Nothing in the plan would change.")


def _read(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> Reading:
    return preview(path, batch.fiscal_year, by=batch.person, at=at, beat=teller.beat)


def preview(
    path: Path, year: FiscalYear, *, by: Person, at: dt.datetime, beat: Callable[[], None] = lambda: None
) -> Reading:
    """Return a workbook held against the plan and tried out: everything is written and taken back again."""
    said, known = read(path, year, beat=beat)
    if not said.fault_count and said.lines:
        with db.atomic() as trial:
            _tried(records.Work(by, "take_plan", "", at, as_verb=False), said, known, beat)
            trial.rollback()
    return said


def _tried(work: records.Work, said: Reading, known: Known, beat: Callable[[], None]) -> None:
    writing = Writing(work, known, beat)
    try:
        writing.write(said.lines)
    except PortalError as refusal:
        at = writing.at
        said.fault(refusal, at.sheet if at else "", at.row if at else None)


def _take(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> None:
    by = batch.taken_by or batch.person
    teller.plan(TAKING)
    teller.begin(1)
    said, known = read(path, batch.fiscal_year, beat=teller.beat)
    teller.finish(1, pages=said.rows)
    teller.begin(2)
    if said.fault_count:
        found_wrong(batch, said, teller, by=by, at=at)
        return
    with db.atomic():
        with records.changing(by=by, verb="take_plan", at=at, note=batch.file_name) as work:
            Writing(work, known, teller.beat).write(said.lines)
        entry = AuditEntry.select(fn.MAX(AuditEntry.id)).where(AuditEntry.verb == "take_plan").scalar()
        with records.changing(by=by, verb="end_import", at=at, as_verb=True) as work:
            work.update(
                batch, state=BatchState.TAKEN, taken_at=at, report=said.report(), lines_taken=said.count,
                entry_number=entry,
            )  # fmt: skip
            teller.finish(2, pages=said.count)
            teller.end()


# ---------------------------------------------------------------- writing


class Writing:
    """Writes lines of a workbook within one act. `at` is the line it is at, for whoever has to say what was refused."""

    def __init__(self, work: records.Work, known: Known, beat: Callable[[], None]) -> None:
        self.work, self.known, self.beat = work, known, beat
        self.at: Line | None = None
        self.made: dict[tuple[str, Key], Any] = {}

    def write(self, lines: list[Line]) -> None:
        """Write every line: what others stand on first, parents when all are there, targets by the hundred."""
        for kind in LEAVES:
            of_kind = [line for line in lines if line.kind == kind]
            if kind == "target":
                self._targets(of_kind)
                continue
            for line in of_kind:
                self.at = line
                self._node(line)
            for line in of_kind:
                if isinstance(line.values.get("parent"), tuple):
                    self.at = line
                    self.work.update(self._row(kind, line.key), parent=self._row(kind, line.values["parent"]))
            self.beat()

    def _node(self, line: Line) -> None:
        values = {name: value for name, value in line.values.items() if name != "parent" or value is None}
        for name, kind in (("plan", "plan"), ("project", "project"), ("activity", "activity")):
            if isinstance(values.get(name), tuple):
                values[name] = self._row(kind, values[name])
        if line.held is not None:
            self.work.update(line.held, **values)
            for name, value in values.items():
                if isinstance(value, Table):
                    setattr(line.held, name, value)
            line.held._dirty.clear()
            return
        table: Any = ProjectBudget if line.kind == "budget" else TABLES[line.kind]
        if table is Plan:
            values["fiscal_year"] = self.known.year
        if line.kind == "indicator" and values["measure_unit"].is_percentage:
            values = {"month_rule": "last", "unit_rule": "average", "parts_rule": "weighted"} | values
        self.made[line.kind, line.key] = self.work.create(table, **values)

    def _row(self, kind: str, key: Key) -> Any:
        row = self.made.get((kind, key)) or self.known.rows[kind].get(key)
        if row is None:
            raise RuleBroken("There is no line “{code}” in the plan or in this file.", code=" / ".join(key))
        return row

    def _targets(self, lines: list[Line]) -> None:
        changed, new = [], []
        for line in lines:
            if line.held is not None and "value" in line.values:
                changed.append((line, line.held, {"value": line.values["value"]}))
            elif line.held is None:
                indicator, unit = self._row("indicator", line.values["indicator"]), line.values["unit"]
                new.append((line, Target(indicator=indicator, unit=unit, value=line.values["value"])))
        self._change(changed)
        self._add(new)
        targets = {id(line): row for line, row in new}
        gone, later, fresh = [], [], []
        for line in lines:
            target = targets.get(id(line), line.held)
            planned = self.known.months.get(target.id, {}) if line.held is not None else {}
            for month, value in line.months.items():
                if value is None:
                    gone.append((line, planned[month]))
                elif month in planned:
                    later.append((line, planned[month], {"value": value}))
                else:
                    fresh.append((line, MonthPlan(target=target, month=month, value=value)))
        self.work.remove_many([row for _, row in gone])
        self._change(later)
        self._add(fresh)

    def _change(self, changes: list[tuple[Line, Any, dict[str, Decimal]]]) -> None:
        def each() -> Iterator[tuple[Any, dict[str, Decimal]]]:
            for line, row, values in changes:
                self.at = line
                yield row, values

        self.work.update_many(each())
        self.beat()

    def _add(self, rows: list[tuple[Line, Any]]) -> None:
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            for line, row in part:
                self.at = line
                records.check_columns(row)
                unit = row.unit_id if isinstance(row, Target) else row.target.unit_id
                self.work.admit(row, before_unit=unit, new=True)
            self.work.put_in([row for _, row in part])
            self.beat()


# ---------------------------------------------------------------- undoing


def undo(batch: ImportBatch, *, by: Person, at: dt.datetime, teller: Teller = NOBODY) -> None:
    """Put the plan back to what it was before a workbook was taken in. The file and both acts stay in history.

    Raises MoveRefused when a line was changed since, because that change would be lost; StoreRefused when something
    needs a line that would go.
    """
    check_may(by)
    underway.check_taken(batch)
    teller.plan(UNDOING)
    teller.begin(1)
    back = list(Revision.select().where(Revision.entry == batch.entry_number).order_by(Revision.id.desc()))
    teller.finish(1, pages=len(back))
    teller.begin(2)
    with records.changing(by=by, verb="undo_import", at=at, note=batch.file_name, as_verb=True) as work:
        underway.check_taken(batch)
        for model, revisions in _runs_of(back):
            _put_back(work, model, revisions)
            teller.beat()
        work.update(batch, state=BatchState.UNDONE, undone_by=by, undone_at=at)
        teller.finish(2, pages=batch.lines_taken)
        teller.end()


WAY = Way(SOURCE, STEPS, check_may, _read, _take, undo, check_take)


def _runs_of(revisions: list[Revision]) -> Iterator[tuple[type[Table], list[Revision]]]:
    """Yield revisions that can be put back together: of one table and of one kind, newest first."""
    part: list[Revision] = []
    idents: set[int] = set()
    for one in revisions:
        same = bool(part) and part[0].table_name == one.table_name and _way(part[0]) == _way(one)
        if part and (not same or one.row_id in idents):  # a row changed twice is put back twice, the last change first
            yield BY_NAME[part[0].table_name], part
            part, idents = [], set()
        part.append(one)
        idents.add(one.row_id)
    if part:
        yield BY_NAME[part[0].table_name], part


def _way(one: Revision) -> tuple[bool, bool]:
    return one.before is None, one.after is None


def _put_back(work: records.Work, model: type[Table], revisions: list[Revision]) -> None:
    was_new, is_gone = _way(revisions[0])
    if is_gone:
        for one in revisions:
            work.restore(model, one.row_id)
        return
    rows = _as_left(model, revisions)
    if was_new:
        if model is Target and MonthPlan.select().where(MonthPlan.target.in_(list(rows))).exists():
            raise MoveRefused("These lines were changed after this file was taken in; undo that change first.")
        work.remove_many([rows[one.row_id] for one in revisions])
        return
    changes = []
    for one in revisions:
        values = history.values_of(model, one.before)
        values.pop("version", None)
        differing = {name: value for name, value in values.items() if one.before[name] != one.after[name]}
        changes.append((rows[one.row_id], differing))
    work.update_many(changes)


def _as_left(model: type[Table], revisions: list[Revision]) -> dict[int, Any]:
    """Return the rows as the file left them. Raises MoveRefused when one is gone or was changed since."""
    found: dict[int, Any] = {}
    idents = [one.row_id for one in revisions]
    for start in range(0, len(idents), AT_ONCE):
        for row in model.select().where(model.id.in_(idents[start : start + AT_ONCE])):
            found[row.id] = row
    if model is MonthPlan:
        targets = {t.id: t for t in Target.select().where(Target.id.in_({row.target_id for row in found.values()}))}
        for row in found.values():
            row.target = targets[row.target_id]
            row._dirty.clear()
    for one in revisions:
        now = found.get(one.row_id)
        held = {} if now is None else history.picture(now)
        if any(held.get(name) != value for name, value in one.after.items() if name != "version"):
            raise MoveRefused("These lines were changed after this file was taken in; undo that change first.")
    return found
