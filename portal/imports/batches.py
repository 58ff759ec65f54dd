"""A finance file on its way into the records: received, read and staged, taken in, undone.

The row is the truth, as everywhere: what a worker is to do follows from the batch's state. Nothing of the year's money
changes before a person has seen the preview and said yes; and where something does not agree, before they said why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from peewee import fn

from models import FiscalYear, ImportBatch, ImportLine, Person, Run
from portal import budget, database
from portal.budget import Changes, Key, Money, Said
from portal.database import tuples
from portal.errors import MoveRefused, RuleBroken
from portal.files import Files
from portal.imports import companion, control, reading, underway
from portal.imports.matching import Match, Matcher, project_key
from portal.imports.source import AMOUNTS, Given, Statement
from portal.imports.underway import NOBODY, OPEN, at_hand, run_of, sha256_of
from portal.reports import runs
from portal.reports.runs import Teller
from portal.rules.terms import BatchState, MapKind, RunKind

STEPS = ("อ่านไฟล์", "จับคู่รหัส", "จัดเก็บรายการเพื่อตรวจสอบ")
TAKING = ("คำนวณสิ่งที่เปลี่ยน", "นำเข้าทะเบียนงบประมาณ")
UNDOING = ("คืนทะเบียนงบประมาณเป็นค่าก่อนนำเข้า",)
_LINE = (
    "batch", "sheet", "row", "month", "code", "name", "said_unit", "said_project", "said_category", "said_nature",
    *AMOUNTS, "line_code", "unit", "project", "category", "nature", "lacks", "is_matched",
)  # fmt: skip


# ---------------------------------------------------------------- receiving


def receive(
    file: Path, name: str, given: Given, *, is_whole: bool, by: Person, files: Files, at: dt.datetime
) -> ImportBatch:
    """Keep a file and ask for it to be read; return its batch. The same file again is the same batch.

    Raises NotAllowed for people who may not write budget lines.
    """
    budget.check_may_take(by)
    sha256 = sha256_of(file)
    there = (
        ImportBatch.select()
        .where(ImportBatch.file_sha256 == sha256, ImportBatch.state.in_((*OPEN, BatchState.TAKEN)))
        .order_by(ImportBatch.id.desc())
        .first()
    )
    if there is not None:
        found: ImportBatch = there
        return found
    key = files.keep(name, file)
    with budget.changing(by, "ask_import", at) as work:
        batch: ImportBatch = work.create(
            ImportBatch,
            source="gfmis",
            file_name=name[-300:],
            file_sha256=sha256,
            file_key=key,
            state=BatchState.WAITING,
            report={"given": _given_out(given)},
            is_whole=is_whole,
            person=by,
            unit=by.unit,
            at=at,
        )
        runs.add(work, RunKind.IMPORT, str(batch.id), by, at)
    return batch


def _given_out(given: Given) -> dict[str, Any]:
    return {"year": given.year, "as_of": given.as_of and given.as_of.isoformat(), "unit": given.unit}


def _given_in(held: Mapping[str, Any]) -> Given:
    as_of = held.get("as_of")
    return Given(held.get("year"), dt.date.fromisoformat(as_of) if as_of else None, held.get("unit") or "")


# ---------------------------------------------------------------- reading and staging


def go_on(batch: ImportBatch, *, files: Files, teller: Teller, now: Callable[[], dt.datetime]) -> None:
    """Do what a batch's state asks for: read and stage, take in, or undo. Else nothing."""
    if batch.state is BatchState.WAITING:
        with at_hand(batch, files) as path:
            stage(batch, path, teller=teller, at=now())
    elif batch.state is BatchState.ACCEPTED:
        take(batch, teller=teller, at=now())
    elif batch.state is BatchState.UNDOING:
        underway.undo_asked(batch, undo, teller=teller, now=now)
    else:
        teller.end()


def stage(batch: ImportBatch, path: Path, *, teller: Teller, at: dt.datetime) -> None:
    """Read a file and keep its lines for a preview; a file with anything wrong leaves its list of faults, no line."""
    teller.plan(STEPS)
    teller.begin(1)
    said = reading.read(path, _given_in(batch.report.get("given", {})))
    year = _check_year(said)
    teller.finish(1, pages=len(said.lines))
    teller.begin(2)
    matched = list(_matched(said, year, teller)) if year is not None and not said.fault_count else []
    teller.finish(2, pages=sum(1 for _, lacks in matched if not lacks))
    teller.begin(3)
    report = batch.report | _report(said)
    state = BatchState.REFUSED if said.fault_count else BatchState.STAGED
    with budget.changing(batch.person, "stage_import", at) as work:
        ImportLine.delete().where(ImportLine.batch == batch.id).execute()
        database.append(ImportLine, _LINE, ((batch.id, said.sheet[:100], *row) for row, _ in matched))
        fresh = work.update(
            batch, state=state, report=report, fiscal_year=year, as_of=said.as_of, lines_read=len(said.lines)
        )
        if state is BatchState.STAGED:
            tally(work, fresh)
        teller.finish(3, pages=len(matched))
        teller.end()


def _check_year(said: Statement) -> FiscalYear | None:
    if said.year is None:
        return None
    year = FiscalYear.get_or_none(FiscalYear.year == said.year)
    if year is None:
        said.fault(RuleBroken("The fiscal year {year} is not in the portal.", year=said.year))
    return year


def _matched(said: Statement, year: FiscalYear, teller: Teller) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield every line as its row of ImportLine, and whether it lacks a code."""
    if said.shape == companion.SHAPE.slug:
        yield from _named(said, year)
        return
    matcher = Matcher(year.year, year.id)
    for number, line in enumerate(said.lines):
        if number % 1000 == 0:
            teller.beat()
        match = matcher.match(line)
        asked = dict(match.lacks)
        yield (
            line.row, line.month, line.code, line.name[:300],
            asked.get(MapKind.UNIT, line.unit)[:300],
            asked.get(MapKind.PROJECT, project_key(line, match.code))[:300],
            asked.get(MapKind.CATEGORY, line.category)[:300],
            asked.get(MapKind.NATURE, line.nature)[:300],
            *(getattr(line, name) for name in AMOUNTS),
            match.code, match.unit, match.project, match.category, str(match.nature),
            " ".join(kind for kind, _ in match.lacks), not match.lacks,
        ), bool(match.lacks)  # fmt: skip


def _named(said: Statement, year: FiscalYear) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield every named code as its row of ImportLine; one that the year's records do not have names nothing."""
    known = budget.codes(year.id)
    for line in said.lines:
        amounts = (None,) * len(AMOUNTS)
        yield (
            line.row, None, line.code, line.name[:300], "", "", "", "", *amounts, line.code, None, None, None, "", "",
            line.code in known,
        ), line.code not in known  # fmt: skip


def _report(said: Statement) -> dict[str, Any]:
    return {
        "shape": said.shape, "sheet": said.sheet, "year": said.year, "months": list(said.months),
        "is_cumulative": said.is_cumulative, "covers_one_unit": said.covers_one_unit, "sums": said.sums(),
        "totals": said.totals, "titles": said.titles, "checked": said.checked,
        "faults": [fault.as_json() for fault in said.faults], "fault_count": said.fault_count,
    }  # fmt: skip


def tally(work: Any, batch: ImportBatch) -> None:
    """Count what is matched and what not, hold both against the file's total, and work out what would change."""
    sums = [fn.SUM(ImportLine._meta.fields[name]) for name in AMOUNTS]
    counted: dict[bool, tuple[int, dict[str, int]]] = {}
    for is_matched in (True, False):
        where = ImportLine.is_matched == is_matched
        row = next(tuples(ImportLine.select(fn.COUNT(ImportLine.id), *sums).where(ImportLine.batch == batch.id, where)))
        counted[is_matched] = int(row[0]), {n: int(v) for n, v in zip(AMOUNTS, row[1:], strict=True) if v is not None}
    (lines, matched), (others, unmatched) = counted[True], counted[False]
    made = changes_of(batch)
    report = batch.report | {"matched": matched, "unmatched": unmatched, "changes": made.summary()}
    work.update(batch, report=report, lines_taken=lines, lines_refused=others)


# ---------------------------------------------------------------- taking in


def changes_of(batch: ImportBatch) -> Changes:
    """Work out what the matched lines of a staged file would change."""
    return (
        budget.renames(batch.fiscal_year_id or 0, _names(batch))
        if control.is_of_names(batch)
        else budget.changes(_said(batch))
    )


def _names(batch: ImportBatch) -> dict[str, str]:
    rows = ImportLine.select(ImportLine.code, ImportLine.name)
    return dict(tuples(rows.where(ImportLine.batch == batch.id, ImportLine.is_matched)))


def _said(batch: ImportBatch) -> Said:
    report = batch.report
    lines: dict[Key, Money] = {}
    names = ("line_code", "unit", "category", "nature", "project", "name", "month", *AMOUNTS)
    months = report["months"]
    rows = ImportLine.select(*(ImportLine._meta.fields[n] for n in names)).where(
        ImportLine.batch == batch.id, ImportLine.is_matched
    )
    of_unit: set[int] = set()
    for code, unit, category, nature, project, name, month, *amounts in tuples(rows):
        money = lines.get((code, unit, category, nature))
        if money is None:
            money = lines[code, unit, category, nature] = Money(project, name)
        of_unit.add(unit)
        _add(money.granted, amounts[:3])
        _add(money.months.setdefault(month or months[-1], [None, None, None]), amounts[3:])
    covers_one = bool(report.get("covers_one_unit"))
    return Said(
        fiscal_year=batch.fiscal_year,
        months=tuple(months),
        is_cumulative=bool(report["is_cumulative"]),
        as_of=batch.as_of,
        gives=frozenset(report["sums"]),
        # Lines that are not matched are in the file, though not in this statement: then nothing is left out for sure.
        is_whole=batch.is_whole and not batch_lacks(batch) and (not covers_one or len(of_unit) == 1),
        of_unit=next(iter(of_unit), None) if covers_one else None,
        lines=lines,
    )


def batch_lacks(batch: ImportBatch) -> bool:
    """Return whether any line of a batch is not matched."""
    return bool(ImportLine.select().where(ImportLine.batch == batch.id, ~ImportLine.is_matched).exists())


def _add(held: list[int | None], amounts: Iterable[int | None]) -> None:
    for place, amount in enumerate(amounts):
        if amount is not None:
            held[place] = (held[place] or 0) + amount


def check_staged(batch: ImportBatch) -> None:
    """Refuse a file that does not wait for a person's answer."""
    if batch.state is not BatchState.STAGED:
        raise MoveRefused("Only a file that was read and waits for an answer can be worked on.")


def accept(batch: ImportBatch, word: str, *, by: Person, at: dt.datetime) -> Run:
    """Say yes to a staged file and ask for it to be taken in; return the run.

    `word` says why, and is asked for when anything does not agree (`control.holds`). It is kept with batch and trail.
    """
    budget.check_may_take(by)
    check_staged(batch)
    word = word.strip()
    if control.holds(batch) and not word:
        raise RuleBroken("Something does not agree. Say why the file is to be taken in all the same.", field="word")
    if not batch.lines_taken:
        raise RuleBroken("No line is matched, so there is nothing to take in.")
    with budget.changing(by, "accept_import", at, word) as work:
        work.update(batch, state=BatchState.ACCEPTED, word=word, taken_by=by)
        return runs.add(work, RunKind.IMPORT, str(batch.id), by, at)


def take(batch: ImportBatch, *, teller: Teller, at: dt.datetime) -> None:
    """Take an accepted file in, whole or not at all. Safe to repeat: a batch that was taken is left alone."""
    teller.plan(TAKING)
    teller.begin(1)
    by = batch.taken_by
    if by is None:
        raise MoveRefused("Only a file that was read and waits for an answer can be worked on.")
    with budget.changing(by, "take_import", at, batch.word) as work:
        fresh = ImportBatch.get_by_id(batch.id)
        if fresh.state is not BatchState.ACCEPTED:
            raise MoveRefused("Someone has just moved this file. Please look again.")
        said = None if control.is_of_names(fresh) else _said(fresh)
        made = budget.renames(fresh.fiscal_year_id or 0, _names(fresh)) if said is None else budget.changes(said)
        summary = made.summary()
        fresh.report = fresh.report | {"changes": summary}
        if control.holds(fresh) and not fresh.word:
            raise MoveRefused("The records have changed since the preview. Put this file aside and send it again.")
        teller.finish(1, pages=fresh.lines_taken)
        teller.begin(2)
        note = f"{fresh.file_name} sha256:{fresh.file_sha256[:12]} {fresh.word}".strip()
        entry = budget.write(made, by=by, verb="take_import", at=at, note=note)
        if said is not None and said.is_whole:
            _check_agrees(fresh, said)
        work.update(fresh, state=BatchState.TAKEN, taken_at=at, entry_number=entry, report=fresh.report)
        teller.finish(2, pages=fresh.lines_taken)
        teller.end()


def _check_agrees(batch: ImportBatch, said: Said) -> None:
    """After a whole statement the records come to what it says, to the satang; anything else is a fault of ours."""
    if not said.is_cumulative:
        return
    held = budget.totals(said.fiscal_year.id, said.of_unit, said.months[-1])
    for name, amount in batch.report["matched"].items():
        if held[name] != amount:
            raise RuleBroken(
                "The records would come to {held} baht, the file says {said} ({name}). Nothing was taken in.",
                held=control.baht(held[name]),
                said=control.baht(amount),
                name=name,
            )


def refuse(batch: ImportBatch, *, by: Person, at: dt.datetime) -> None:
    """Put a file aside that nobody is working on; its lines are kept to be looked at."""
    budget.check_may_take(by)
    run = run_of(batch)
    if batch.state not in OPEN or (run is not None and run.state in runs.OPEN):
        raise MoveRefused("Only a file that was read and waits for an answer can be worked on.")
    with budget.changing(by, "refuse_import", at) as work:
        work.update(batch, state=BatchState.REFUSED)


def ask_undo(batch: ImportBatch, *, by: Person, at: dt.datetime) -> Run:
    """Ask for a file that was taken in to be undone by a worker; return the run. Raises MoveRefused as `undo` does."""
    budget.check_may_take(by)
    _check_last(batch)
    return underway.ask_undo(batch, by=by, at=at)


def undo(batch: ImportBatch, *, by: Person, at: dt.datetime, teller: Teller = NOBODY) -> None:
    """Put the year's money back to what it was before a file was taken in. The file and both acts stay in history.

    Files are undone in turn, the last one first. Raises MoveRefused otherwise, and when a line was changed since.
    """
    budget.check_may_take(by)
    _check_last(batch)
    teller.plan(UNDOING)
    teller.begin(1)
    with budget.changing(by, "undo_import", at, batch.file_name) as work:
        fresh = ImportBatch.get_by_id(batch.id)
        if fresh.state not in (BatchState.TAKEN, BatchState.UNDOING) or fresh.entry_number is None:
            raise MoveRefused("Only a file that was taken in can be undone.")
        budget.undo(fresh.entry_number, by=by, at=at, note=batch.file_name)
        work.update(batch, state=BatchState.UNDONE, undone_by=by, undone_at=at)
        teller.finish(1, pages=batch.lines_taken)
        teller.end()


def _check_last(batch: ImportBatch) -> None:
    if batch.state not in (BatchState.TAKEN, BatchState.UNDOING) or batch.entry_number is None:
        raise MoveRefused("Only a file that was taken in can be undone.")
    later = (
        ImportBatch.select()
        .where(
            ImportBatch.state.in_((BatchState.TAKEN, BatchState.UNDOING)),
            ImportBatch.fiscal_year == batch.fiscal_year_id,
            ImportBatch.entry_number > batch.entry_number,
        )
        .order_by(ImportBatch.entry_number.desc())
        .first()
    )
    if later is not None:
        raise MoveRefused("A later file was taken in, number {n}. Undo that one first.", n=later.id)


# ---------------------------------------------------------------- without a store of lines


def preview(path: Path, given: Given) -> tuple[Statement, list[Match]]:
    """Read and match a file and keep nothing; for a look from the command line."""
    said = reading.read(path, given)
    year = _check_year(said)
    if year is None or said.fault_count:
        return said, []
    if said.shape == companion.SHAPE.slug:
        known = budget.codes(year.id)
        return said, [Match(line.code, None, None, None, "", ()) for line in said.lines if line.code in known]
    matcher = Matcher(year.year, year.id)
    return said, [matcher.match(line) for line in said.lines]
