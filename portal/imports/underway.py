"""A sent file on its way into the records: kept, read by a worker, looked at by a person, taken in by a worker, or put
aside; and once taken in, put back by a worker. The batch's row is the truth: its state says what is to be done next.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models import FiscalYear, ImportBatch, Person, Run
from portal import records
from portal.errors import MoveRefused, NotFound, PortalError
from portal.files import Files
from portal.imports.source import Fault
from portal.reports import runs
from portal.reports.runs import Teller
from portal.rules.terms import BatchState, RunKind

OPEN = (BatchState.WAITING, BatchState.STAGED, BatchState.ACCEPTED)


class Nobody:
    """A teller for work that nobody watches."""

    def plan(self, titles: Sequence[str]) -> None:
        """Hear which steps there are."""

    def begin(self, position: int) -> None:
        """Hear that a step begins."""

    def finish(self, position: int, *, pages: int) -> None:
        """Hear that a step is done."""

    def beat(self) -> None:
        """Hear that the work goes on."""

    def end(self) -> None:
        """Hear that all is done."""


NOBODY = Nobody()


def run_of(batch: ImportBatch) -> Run | None:
    """Return the latest run for a batch."""
    of_batch = Run.select().where(Run.kind == RunKind.IMPORT, Run.subject == str(batch.id))
    latest: Run | None = of_batch.order_by(Run.id.desc()).first()
    return latest


def of_run(subject: str) -> ImportBatch:
    """Return the batch that a run is for. Raises NotFound."""
    batch = ImportBatch.get_or_none(ImportBatch.id == int(subject)) if subject.isdigit() else None
    if batch is None:
        raise NotFound("This record is no longer there.")
    return batch


def again(batch: ImportBatch, *, by: Person, at: dt.datetime) -> None:
    """Let a run that failed or was stopped be done after all. Raises NotFound when there is none."""
    run = run_of(batch)
    if run is None:
        raise NotFound("This record is no longer there.")
    runs.retry(run, by=by, at=at)


def sha256_of(file: Path) -> str:
    """Return the digest of a file's bytes, in hexadecimal."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextmanager
def at_hand(batch: ImportBatch, files: Files) -> Iterator[Path]:
    """Lay the kept file of a batch on this machine's disk for as long as it is worked on."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "file"
        with files.open(batch.file_key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


# ---------------------------------------------------------------- undoing


def ask_undo(batch: ImportBatch, *, by: Person, at: dt.datetime) -> Run:
    """Ask for a file that was taken in to be undone by a worker; return the run. Raises MoveRefused for any other."""
    if batch.state is not BatchState.TAKEN:
        raise MoveRefused("Only a file that was taken in can be undone.")
    with records.changing(by=by, verb="ask_undo_import", note=batch.file_name, at=at, as_verb=True) as work:
        work.update(batch, state=BatchState.UNDOING, undone_by=by)
        return runs.add(work, RunKind.IMPORT, str(batch.id), by, at)


class Undo(Protocol):
    """Puts back in one act what taking a file in had changed; raises a PortalError when it cannot."""

    def __call__(self, batch: ImportBatch, *, by: Person, at: dt.datetime, teller: Teller) -> None: ...


def undo_asked(batch: ImportBatch, undo: Undo, *, teller: Teller, now: Callable[[], dt.datetime]) -> None:
    """Undo a file as somebody asked. What cannot be undone stays taken in, and the run says why."""
    by = batch.undone_by or batch.person
    try:
        undo(batch, by=by, at=now(), teller=teller)
    except PortalError:
        with records.changing(by=by, verb="leave_import", at=now(), as_verb=True) as work:
            work.update(ImportBatch.get_by_id(batch.id), state=BatchState.TAKEN, undone_by=None)
        raise


def check_taken(batch: ImportBatch) -> None:
    """Refuse a file that is not taken in now, whatever it was when somebody looked at it."""
    state = ImportBatch.select(ImportBatch.state).where(ImportBatch.id == batch.id).scalar()
    if state not in (BatchState.TAKEN, BatchState.UNDOING):
        raise MoveRefused("Only a file that was taken in can be undone.")


# ---------------------------------------------------------------- whole or not at all


class Said(Protocol):
    """What a reading of a file says: rows read, records that would be written, what is wrong, and its preview."""

    @property
    def rows(self) -> int: ...
    @property
    def fault_count(self) -> int: ...
    @property
    def count(self) -> int: ...
    def report(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class _Unreadable:
    """What is said of a file that cannot be read at all."""

    wrong: PortalError
    rows: int = 0
    count: int = 0
    fault_count: int = 1

    def report(self) -> dict[str, Any]:
        """Return the one fault."""
        return {"faults": [Fault(self.wrong).as_json()], "fault_count": 1}


@dataclass(frozen=True)
class Way:
    """How files of one kind go in whole or not at all.

    `read` holds a file against the records and changes nothing; `take` reads it again and writes it; `undo` puts back
    what was there before. `steps` are the two steps of the reading, as they are shown. `check_may` refuses people who
    do not keep these records; `check_take` a preview that there is no sense in taking in.
    """

    source: str
    steps: tuple[str, str]
    check_may: Callable[[Person], None]
    read: Callable[[ImportBatch, Path, Teller, dt.datetime], Said]
    take: Callable[[ImportBatch, Path, Teller, dt.datetime], None]
    undo: Undo
    check_take: Callable[[ImportBatch], None] = lambda batch: None

    def receive(
        self, file: Path, name: str, *, by: Person, files: Files, at: dt.datetime, year: FiscalYear | None = None
    ) -> ImportBatch:
        """Keep a file and ask for it to be read; return its batch.

        A file that is still on its way, of the same year or else of the same office, is not kept twice.
        """
        self.check_may(by)
        digest = sha256_of(file)
        same = ImportBatch.unit == by.unit_id if year is None else ImportBatch.fiscal_year == year.id
        there: ImportBatch | None = ImportBatch.get_or_none(
            ImportBatch.source == self.source, ImportBatch.file_sha256 == digest, ImportBatch.state.in_(OPEN), same
        )
        if there is not None:
            return there
        key = files.keep(name, file)
        with records.changing(by=by, verb="ask_import", at=at, as_verb=True) as work:
            batch: ImportBatch = work.create(
                ImportBatch, source=self.source, file_name=name[-300:], file_sha256=digest, file_key=key,
                fiscal_year=year, state=BatchState.WAITING, person=by, unit=by.unit, at=at,
            )  # fmt: skip
            runs.add(work, RunKind.IMPORT, str(batch.id), by, at)
        return batch

    def go_on(self, batch: ImportBatch, *, files: Files, teller: Teller, now: Callable[[], dt.datetime]) -> None:
        """Do what the state asks for: read a file for its preview, take it in, or undo it. Else nothing."""
        if batch.state is BatchState.UNDOING:
            undo_asked(batch, self.undo, teller=teller, now=now)
            return
        if batch.state not in (BatchState.WAITING, BatchState.ACCEPTED):
            teller.end()
            return
        with at_hand(batch, files) as path:
            if batch.state is BatchState.WAITING:
                self._stage(batch, path, teller, now())
            else:
                self.take(batch, path, teller, now())

    def accept(self, batch: ImportBatch, *, by: Person, at: dt.datetime) -> Run:
        """Say yes to a preview; a worker then takes the file in, all of it or nothing."""
        self.check_may(by)
        if batch.state is not BatchState.STAGED:
            raise MoveRefused("Only a file that was read and has nothing wrong can be taken in.")
        self.check_take(batch)
        with records.changing(by=by, verb="accept_import", at=at, as_verb=True) as work:
            work.update(batch, state=BatchState.ACCEPTED, taken_by=by)
            return runs.add(work, RunKind.IMPORT, str(batch.id), by, at)

    def ask_undo(self, batch: ImportBatch, *, by: Person, at: dt.datetime) -> Run:
        """Ask for what a file changed to be put back by a worker; return the run."""
        self.check_may(by)
        return ask_undo(batch, by=by, at=at)

    def refuse(self, batch: ImportBatch, *, by: Person, at: dt.datetime) -> None:
        """Put a file aside that nobody is working on."""
        self.check_may(by)
        run = run_of(batch)
        is_stuck = batch.state is BatchState.ACCEPTED and (run is None or run.state not in runs.OPEN)
        if batch.state not in (BatchState.WAITING, BatchState.STAGED) and not is_stuck:
            raise MoveRefused("This file is not on its way any more.")
        with records.changing(by=by, verb="refuse_import", at=at, as_verb=True) as work:
            work.update(batch, state=BatchState.REFUSED)

    def _stage(self, batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> None:
        teller.plan(self.steps)
        teller.begin(1)
        said: Said
        try:
            said = self.read(batch, path, teller, at)
        except PortalError as wrong:  # it cannot be read at all: trying again would not help
            said = _Unreadable(wrong)
        teller.finish(1, pages=said.rows)
        teller.begin(2)
        state = BatchState.REFUSED if said.fault_count else BatchState.STAGED
        with records.changing(by=batch.person, verb="stage_import", at=at, as_verb=True) as work:
            work.update(
                batch, state=state, report=said.report(), lines_read=said.rows, lines_taken=said.count,
                lines_refused=said.fault_count,
            )  # fmt: skip
            teller.finish(2, pages=said.count)
            teller.end()


def found_wrong(batch: ImportBatch, said: Said, teller: Teller, *, by: Person, at: dt.datetime) -> None:
    """Put a file aside that had nothing wrong when it was looked at and has now; its report says what."""
    with records.changing(by=by, verb="stage_import", at=at, as_verb=True) as work:
        work.update(batch, state=BatchState.REFUSED, report=said.report(), lines_refused=said.fault_count)
        teller.end()
