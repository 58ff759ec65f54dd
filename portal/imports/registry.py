"""The registry of institutions taken in from a spreadsheet by registration number: what is new, what would change, what
is wrong and where; then all of it or nothing, and as a whole back again.

Beside the institutions it may tell their class and grade by year, and auditors' remarks. An empty cell leaves a column
as it is. A list exported from the registry's own screen can be changed and sent back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from models import AuditEntry, AuditorRemark, Cooperative, CooperativeYear, ImportBatch, Kept, Person, Revision
from portal import history, records
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.imports import strengths, underway
from portal.imports.institutions import HEADINGS, Change, Known, Reading, rows_of, take_row
from portal.imports.rows import sheets
from portal.imports.source import find_heading
from portal.imports.underway import NOBODY, Way, found_wrong
from portal.reports.runs import Teller
from portal.rules import access
from portal.rules.terms import BatchState

SOURCE = "registry"
STEPS = ("อ่านไฟล์", "เทียบกับทะเบียน")
TAKING = ("เทียบกับทะเบียน", "บันทึกลงทะเบียน")
UNDOING = ("เทียบกับค่าก่อนนำเข้า", "คืนทะเบียนเป็นค่าก่อนนำเข้า")
AT_ONCE = 500
TABLES: tuple[type[Kept], ...] = (Cooperative, CooperativeYear, AuditorRemark)


# ---------------------------------------------------------------- a file on its way


def check_may(by: Person) -> None:
    """Refuse people who may not write the registry."""
    if not access.may_write(by.role, "Cooperative"):
        raise NotAllowed("The registry is kept by the offices and the administrators.")


def _read(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> Reading:
    return read(path, by=batch.person, beat=teller.beat)


def _take(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> None:
    by = batch.taken_by or batch.person
    teller.plan(TAKING)
    teller.begin(1)
    said = read(path, by=by, beat=teller.beat)
    teller.finish(1, pages=said.rows)
    teller.begin(2)
    if said.fault_count:
        found_wrong(batch, said, teller, by=by, at=at)
        return
    with records.changing(by=by, verb="take_registry", at=at, note=batch.file_name) as work:
        write(work, said, teller.beat)
        work.as_verb = True
        work.update(batch, state=BatchState.TAKEN, taken_at=at, report=said.report(), lines_taken=said.count)
        teller.finish(2, pages=said.count)
        teller.end()


def write(work: records.Work, said: Reading, beat: Callable[[], None]) -> None:
    """Write every change of a reading within one act."""
    new = [c.values for c in said.changes if c.held is None]
    if new:
        work.create_many(Cooperative, new)
        beat()
    work.update_many((c.held, c.values) for c in said.changes if c.held is not None)
    beat()
    beside: tuple[tuple[type[Kept], list[Change]], ...] = (
        (CooperativeYear, said.years), (AuditorRemark, said.remarks),
    )  # fmt: skip
    for model, changes in beside:
        if changes:
            of = {c.registration_number: c for c in Cooperative.select()}
            work.create_many(model, [{"cooperative": of[c.number], **c.values} for c in changes if c.held is None])
            work.update_many((c.held, c.values) for c in changes if c.held is not None)
            beat()


# ---------------------------------------------------------------- back again


def undo(batch: ImportBatch, *, by: Person, at: dt.datetime, teller: Teller = NOBODY) -> None:
    """Put the registry back to what it was before a list was taken in. The list and both acts stay in history.

    Raises MoveRefused when a record was changed since, or something points to an institution that the list added.
    """
    check_may(by)
    underway.check_taken(batch)
    teller.plan(UNDOING)
    teller.begin(1)
    pictures = _pictures(batch)
    teller.finish(1, pages=sum(len(kept) for kept in pictures.values()))
    teller.begin(2)
    with records.changing(by=by, verb="undo_registry", at=at, note=batch.file_name) as work:
        underway.check_taken(batch)
        for model in reversed(TABLES):
            kept = pictures.get(model.__name__, [])
            for start in range(0, len(kept), AT_ONCE):
                _put_back(work, model, kept[start : start + AT_ONCE])
                teller.beat()
        work.as_verb = True
        work.update(batch, state=BatchState.UNDONE, undone_by=by, undone_at=at)
        teller.finish(2, pages=batch.lines_taken)
        teller.end()


WAY = Way(SOURCE, STEPS, check_may, _read, _take, undo)


def _put_back(
    work: records.Work, model: type[Kept], kept: Sequence[tuple[dict[str, Any] | None, dict[str, Any]]]
) -> None:
    held = {row.id: row for row in model.select().where(model.id.in_([after["id"] for _, after in kept]))}
    for _, after in kept:
        _check_untouched(held.get(after["id"]), after)
    work.update_many((held[after["id"]], _back(model, before, after)) for before, after in kept if before is not None)
    work.remove_many([held[after["id"]] for before, after in kept if before is None])


def _pictures(batch: ImportBatch) -> dict[str, list[tuple[dict[str, Any] | None, dict[str, Any]]]]:
    """Return what taking a list in changed: by table the pictures before (None = added) and after."""
    entry = (
        Revision.select(Revision.entry)
        .join(AuditEntry)
        .where(Revision.table_name == "ImportBatch", Revision.row_id == batch.id, AuditEntry.verb == "take_registry")
    )
    found: dict[str, list[tuple[dict[str, Any] | None, dict[str, Any]]]] = {}
    for one in Revision.select().where(Revision.entry.in_(entry)).order_by(Revision.id):
        found.setdefault(one.table_name, []).append((one.before, one.after or {}))
    return found


def _check_untouched(row: Kept | None, after: dict[str, Any]) -> None:
    if row is None or history.picture(row) != after:
        raise MoveRefused(
            "“{name}” was changed after this list was taken in. Undo that change first, or mend the record by hand.",
            name=str(row) if row is not None else str(after.get("name") or after["id"]),
        )


def _back(model: type[Kept], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in before if name not in ("id", "version", "name_sort") and before[name] != after[name]]
    return history.values_of(model, {name: before[name] for name in names})


# ---------------------------------------------------------------- reading


def read(path: Path, *, by: Person, beat: Callable[[], None] = lambda: None) -> Reading:
    """Return a file held against the registry; nothing is written. Whatever is wrong is listed by row and column."""
    said, is_known = Reading(), False
    known = Known(by)
    years = strengths.Years(said, known)
    seen: dict[str, int] = {}
    for sheet in sheets(path):
        if heading := find_heading(sheet.head, strengths.REMARKS, ("registration_number", "text", "found_on")):
            strengths.take_remarks(said, sheet, heading, known, beat)
        elif heading := find_heading(sheet.head, strengths.YEARS, ("registration_number", "year")):
            strengths.take_years(said, sheet, heading, known, years, beat)
        elif heading := find_heading(sheet.head, HEADINGS, ("registration_number",)):
            of_years = strengths.columns_of_years(heading)
            columns = {**heading.columns, **{f"{name} {year}": at for (name, year), at in of_years.items()}}
            for line in rows_of(said, sheet, heading, columns, beat):
                take_row(said, line, known, seen)
                for name, year in of_years if line.is_right else ():
                    years.take(line, line.number(), year, name, f"{name} {year}")
        else:
            continue
        is_known = True
    if not is_known:
        said.fault(
            RuleBroken("No sheet has a column “เลขทะเบียน”: institutions are known by their registration number.")
        )
    return said
