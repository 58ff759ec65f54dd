"""Runs: one asking for a pack or a book, from the asking to the finished file.

The row is the truth. A worker claims it with a lease, renews the lease while it works, writes progress by
chapter, and files the result in one transaction that only the holder of the present attempt can make. Killed
at any point, the lease runs out and the next attempt starts; two workers at once leave one result.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from peewee import fn

from models import FiscalYear, Person, Run, RunStep, StoreFact, Unit, db
from portal import database, records
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken, StoreRefused
from portal.files import Files
from portal.reports import ledger, scopes
from portal.rules.access import CENTRAL_ROLES, Role
from portal.rules.terms import RunKind, RunState

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=25)
"""How long a run is a worker's without a word from it; a worker says so every five seconds."""
RENEW_AFTER = dt.timedelta(seconds=5)
ATTEMPTS = 3
"""How often a run is started anew after its worker was killed, before it is called failed."""

OPEN = (RunState.WAITING, RunState.RUNNING)
PRINTED = (RunKind.PACK, RunKind.BOOK)
MAY_ASK = CENTRAL_ROLES

Speak = Callable[[str], Callable[[str], str]]
"""From a language to the translation of a sentence into it."""


@dataclass(frozen=True)
class Made:
    """What came of a run: the file, the frozen figures it was made of, with what, and how whole they are."""

    path: Path
    sha256: str
    pages: int
    snapshot_sha256: str
    cut_at: dt.datetime
    is_demo: bool
    figures: str = ""
    made_with: str = ""
    reported: int = 0
    owing: int = 0
    missing_plan: Decimal | None = None
    differs: int | None = None


@dataclass(frozen=True)
class Asked:
    """A run as its maker sees it: plain values. `subject` is a month, `2566-05`, or a year, `2566`, with a scope."""

    run_id: int
    kind: RunKind
    subject: str


Make = Callable[[Asked, "Progress"], Made]


class Interrupted(BaseException):
    """This process has been told to end: the run goes back to be done by another."""


class _Cancelled(Exception):
    """Somebody asked for the run to stop."""


class _Lost(Exception):
    """Another worker holds the run now; whatever this one has made is not wanted."""


# ---------------------------------------------------------------- asking


def check_has_records(year: int) -> None:
    """Refuse a fiscal year that the portal does not know."""
    if not FiscalYear.select().where(FiscalYear.year == year).exists():
        raise RuleBroken("The fiscal year {year} is not in the portal.", field="subject", year=year)


def ask(kind: RunKind, subject: str, *, by: Person | None, at: dt.datetime) -> Run:
    """Return the open run for this pack or book: the one already asked for, or a new one.

    `by=None` is the timetable. An office's people ask for their own office's book. Raises NotAllowed for any other of
    theirs, RuleBroken for an unknown month, year or unit, or a pack or book that is not made of such a unit.
    """
    subject = subject.strip()
    year, _ = scopes.fiscal_cut(kind, subject)
    scope = scopes.scope_of(subject)
    _check_may_ask(by, scope.unit)
    scopes.book_of(kind, scope)
    check_has_records(year)
    return open_run(kind, subject) or _new_run(kind, subject, by, at)


def cancel(run: Run, *, by: Person, at: dt.datetime) -> None:
    """Stop a run: at once when it is waiting, else before its next chapter. Raises MoveRefused when it has ended."""
    _check_may_ask(by, run.unit_id)
    with records.changing(by=by, verb="cancel_run", at=at, as_verb=True) as work:
        fresh = _fresh(run)
        if fresh.state is RunState.WAITING:
            work.update(fresh, state=RunState.CANCELLED, cancel_asked_at=at, ended_at=at)
        elif fresh.state is RunState.RUNNING:
            work.update(fresh, cancel_asked_at=fresh.cancel_asked_at or at)
        else:
            raise MoveRefused("This run has already ended.")


def retry(run: Run, *, by: Person, at: dt.datetime) -> None:
    """Let a failed or cancelled run be made after all. Raises MoveRefused when it is open, done or asked for anew."""
    _check_may_ask(by, run.unit_id)
    with records.changing(by=by, verb="retry_run", at=at, as_verb=True) as work:
        fresh = _fresh(run)
        if fresh.state not in (RunState.FAILED, RunState.CANCELLED):
            raise MoveRefused("Only a failed or cancelled run can be started again.")
        if open_run(fresh.kind, fresh.subject) is not None:
            raise MoveRefused("This has been asked for again already.")
        work.update(
            fresh,
            state=RunState.WAITING,
            # Attempts are counted on, so that a forgotten worker of before is never taken for the new one.
            attempt=-(-fresh.attempt // ATTEMPTS) * ATTEMPTS,
            error="",
            cancel_asked_at=None,
            ended_at=None,
            lease_until=None,
        )


def asked_since(kind: RunKind, subject: str, since: dt.datetime) -> bool:
    """Return whether this pack or book has been asked for at or after `since`, whatever came of it."""
    return Run.select().where(Run.kind == kind, Run.subject == subject, Run.asked_at >= since).exists()


# ---------------------------------------------------------------- making


class Teller(Protocol):
    """Hears how the work comes along, as `Progress` does; each call may end the work by raising."""

    def plan(self, titles: Sequence[str]) -> None: ...
    def begin(self, position: int) -> None: ...
    def finish(self, position: int, *, pages: int) -> None: ...
    def beat(self) -> None: ...
    def end(self) -> None: ...


class Progress:
    """How a run comes along. Its maker calls it; each call may end the work by raising."""

    def __init__(self, run_id: int, attempt: int, now: Callable[[], dt.datetime]) -> None:
        self._run_id, self._attempt, self._now = run_id, attempt, now
        self._renewed = self._looked = now()

    def plan(self, titles: Sequence[str]) -> None:
        """Say which chapters there will be, in the order of print."""
        with db.atomic():
            self._write(steps_total=len(titles), steps_done=0)
            RunStep.delete().where(RunStep.run == self._run_id).execute()
            rows = [{"run": self._run_id, "position": n, "title": t[:300]} for n, t in enumerate(titles, 1)]
            for start in range(0, len(rows), 200):
                RunStep.insert_many(rows[start : start + 200]).execute()

    def begin(self, position: int) -> None:
        """The chapter at `position` (from 1) is being set."""
        self._step(position, RunState.RUNNING)
        self.beat()

    def finish(self, position: int, *, pages: int, was_cached: bool = False) -> None:
        """The chapter at `position` is set."""
        with db.atomic():
            self._step(position, RunState.DONE, pages=pages, was_cached=was_cached)
            self._write(steps_done=Run.steps_done + 1)
        self.beat()

    def fail(self, position: int) -> None:
        """The chapter at `position` cannot be set; the reason will be raised in the end."""
        self._step(position, RunState.FAILED)

    def beat(self) -> None:
        """The work goes on. Cheap, to be called at least every few seconds; stops the work when it must."""
        now = self._now()
        if now - self._renewed >= RENEW_AFTER:
            self._write()
        elif now > self._looked:
            self._look()

    def end(self) -> None:
        """The work is done. Call it inside the transaction that keeps the work: it raises when the run is lost."""
        now = self._now()
        self._write(state=RunState.DONE, ended_at=now, error="")
        Run.update(lease_until=None).where(Run.id == self._run_id).execute()

    def _write(self, **changes: Any) -> None:
        now = self._now()
        held = (
            Run.update(lease_until=now + LEASE, **changes)
            .where(*_held(self._run_id, self._attempt), Run.cancel_asked_at.is_null())
            .execute()
        )
        if not held:
            self._look()
            raise _Lost
        self._renewed = self._looked = now

    def _look(self) -> None:
        self._looked = self._now()
        row = Run.select(Run.state, Run.attempt, Run.cancel_asked_at).where(Run.id == self._run_id).first()
        if row is None or row.attempt != self._attempt or row.state is not RunState.RUNNING:
            raise _Lost
        if row.cancel_asked_at is not None:
            raise _Cancelled

    def _step(self, position: int, state: RunState, **changes: Any) -> None:
        RunStep.update(state=state, **changes).where(
            RunStep.run == self._run_id, RunStep.position == position
        ).execute()


def compile_run(
    run_id: int,
    *,
    make: Make,
    files: Files,
    now: Callable[[], dt.datetime],
    speak: Speak = lambda language: str,
) -> bool:
    """Make what a run asks for and file it. Return whether this call did.

    Safe to repeat: a run that has ended, or that another worker holds, is left alone. `make` does the work and
    reports through Progress; whatever it raises ends up on the row in words, in the language of whoever asked.
    Interrupted gives the run back and is raised on.
    """

    def made(run: Run, attempt: int, progress: Progress) -> None:
        result = make(Asked(run_id, run.kind, run.subject), progress)
        progress.beat()
        _file(run, attempt, result, files, now())
        log.info("run %d: %d pages", run_id, result.pages)

    return _carried_out(run_id, PRINTED, made, now, speak)


def carry_out(
    run_id: int,
    *,
    kinds: Sequence[RunKind],
    do: Callable[[Asked, Progress], None],
    now: Callable[[], dt.datetime],
    speak: Speak = lambda language: str,
) -> bool:
    """Do what a run of one of `kinds` asks for, where no file comes of it. Return whether this call did.

    As `compile_run`. `do` calls `progress.end()` inside the very transaction that keeps what it did, so that of two
    workers one leaves a result.
    """

    def done(run: Run, attempt: int, progress: Progress) -> None:
        do(Asked(run_id, run.kind, run.subject), progress)

    return _carried_out(run_id, kinds, done, now, speak)


def _carried_out(
    run_id: int,
    kinds: Sequence[RunKind],
    work: Callable[[Run, int, Progress], None],
    now: Callable[[], dt.datetime],
    speak: Speak,
) -> bool:
    attempt = _claim(run_id, now(), kinds)
    if attempt is None:
        return False
    run = Run.get_by_id(run_id)
    translate = speak(run.asked_by.language if run.asked_by else "th")
    progress = Progress(run_id, attempt, now)
    try:
        log.info("run %d: %s, attempt %d", run_id, run, attempt)
        work(run, attempt, progress)
        return True
    except _Lost:
        log.info("run %d: another worker's now", run_id)
    except _Cancelled:
        log.info("run %d: cancelled", run_id)
        _end(run_id, attempt, RunState.CANCELLED, now())
    except Interrupted:
        log.info("run %d: handed back", run_id)
        Run.update(state=RunState.WAITING, lease_until=None).where(*_held(run_id, attempt)).execute()
        raise
    except PortalError as refused:
        log.warning("run %d: failed: %s", run_id, refused)
        _end(run_id, attempt, RunState.FAILED, now(), refused.words(translate))
    except Exception as wrong:  # the roof of the job: the row must say why, whatever it was
        log.exception("run %d: failed", run_id)
        told = PortalError("It could not be made: {reason}", reason=f"{type(wrong).__name__}: {wrong}"[:500])
        _end(run_id, attempt, RunState.FAILED, now(), told.words(translate))
    return False


def renew(run_id: int, now: dt.datetime) -> None:
    """Lengthen the lease of a run whose process is seen to be alive, though it may be too busy to say so itself."""
    Run.update(lease_until=now + LEASE).where(
        Run.id == run_id, Run.state == RunState.RUNNING, Run.lease_until >= now
    ).execute()


# ---------------------------------------------------------------- sweeping


@dataclass(frozen=True)
class Waiting:
    """A run that a worker should be woken for; `turn` grows with every attempt that came to nothing."""

    run_id: int
    turn: int
    kind: RunKind


def to_ring(at: dt.datetime) -> list[Waiting]:
    """Return the runs nobody is working on: waiting, or with a lease that has run out; oldest first."""
    idle = (Run.state == RunState.WAITING) | ((Run.state == RunState.RUNNING) & (Run.lease_until < at))
    rows = Run.select(Run.id, Run.attempt, Run.kind).where(idle).order_by(Run.asked_at, Run.id).limit(500)
    return database.read(rows, Waiting)


def give_up(at: dt.datetime, speak: Speak = lambda language: str) -> int:
    """End the runs whose worker fell silent once too often, or after a cancel; return how many.

    A run that kills its worker again and again must not keep the others waiting.
    """
    ended = 0
    silent = Run.select().where(Run.state == RunState.RUNNING, Run.lease_until < at)
    for run in list(silent):
        if run.cancel_asked_at is not None:
            ended += _end(run.id, run.attempt, RunState.CANCELLED, at)
        elif run.attempt % ATTEMPTS == 0:
            translate = speak(run.asked_by.language if run.asked_by else "th")
            why = PortalError("The worker was stopped {n} times while making this.", n=ATTEMPTS)
            ended += _end(run.id, run.attempt, RunState.FAILED, at, why.words(translate))
    return ended


# ---------------------------------------------------------------- below: how


def _check_may_ask(by: Person | None, unit: int | None) -> None:
    """Refuse an office's people what is not their own office's."""
    if by is not None and Role(by.role) not in MAY_ASK and by.unit_id != unit:
        raise NotAllowed("Packs and books of the department are asked for by its central units.")


def _fresh(run: Run) -> Run:
    fresh = Run.get_or_none(Run.id == run.id)
    if fresh is None:
        raise NotFound("This record is no longer there.")
    return fresh


def add(work: records.Work, kind: RunKind, subject: str, by: Person | None, at: dt.datetime) -> Run:
    """Add a run within a larger act; that of an office or division is its own. Raises StoreRefused when one is open."""
    unit: Any = scopes.scope_of(subject).unit
    if unit is None:
        unit = by.unit if by is not None else Unit.select().where(Unit.parent.is_null()).order_by(Unit.id).first()
    return work.create(Run, kind=kind, subject=subject, asked_by=by, unit=unit, asked_at=at)


def open_run(kind: RunKind, subject: str) -> Run | None:
    """Return the run of this kind and subject that waits or is being made."""
    return Run.get_or_none(Run.kind == kind, Run.subject == subject, Run.state.in_(OPEN))


def _new_run(kind: RunKind, subject: str, by: Person | None, at: dt.datetime) -> Run:
    try:
        with records.changing(by=by, verb="ask_run", at=at, as_verb=True) as work:
            return add(work, kind, subject, by, at)
    except StoreRefused:
        # Somebody else asked in the same moment: the store lets one of the two in.
        theirs = open_run(kind, subject)
        if theirs is None:
            raise
        return theirs


def _held(run_id: int, attempt: int) -> tuple[Any, ...]:
    """The condition that the run is being made, by this attempt."""
    return Run.id == run_id, Run.attempt == attempt, Run.state == RunState.RUNNING


def _claim(run_id: int, now: dt.datetime, kinds: Sequence[RunKind]) -> int | None:
    """Take the run for one lease and return the number of the attempt, or None when there is nothing to take."""
    with db.atomic():
        taken = (
            Run.update(
                state=RunState.RUNNING,
                attempt=Run.attempt + 1,
                lease_until=now + LEASE,
                started_at=fn.COALESCE(Run.started_at, now),
                error="",
            )
            .where(
                Run.id == run_id,
                Run.kind.in_(kinds),
                Run.cancel_asked_at.is_null(),
                (Run.state == RunState.WAITING) | ((Run.state == RunState.RUNNING) & (Run.lease_until < now)),
            )
            .execute()
        )
        if not taken:
            return None
        return int(Run.select(Run.attempt).where(Run.id == run_id).scalar())


def _end(run_id: int, attempt: int, state: RunState, at: dt.datetime, error: str = "") -> int:
    """End an attempt that made nothing; return 1, or 0 when the run is no longer this attempt's."""
    with db.atomic():
        ended = (
            Run.update(state=state, ended_at=at, lease_until=None, error=error).where(*_held(run_id, attempt)).execute()
        )
        if ended:
            RunStep.update(state=state).where(
                RunStep.run == run_id, RunStep.state.in_((RunState.WAITING, RunState.RUNNING))
            ).execute()
    return int(ended)


def _file(run: Run, attempt: int, made: Made, files: Files, at: dt.datetime) -> None:
    """Keep the files and end the run, or leave no trace and raise when the run is no longer this attempt's."""
    name = f"{run.kind}-{run.subject.replace('/', '-')}.pdf"
    printing = ledger.pending(run.id)
    kept = [files.keep(name, made.path)]
    try:
        if printing is None and made.figures:
            kept.append(ledger.keep_figures(made.figures, files))
        with db.atomic():
            done = (
                Run.update(
                    state=RunState.DONE,
                    ended_at=at,
                    lease_until=None,
                    error="",
                    file_key=kept[0],
                    file_name=name,
                    pages=made.pages,
                    sha256=made.sha256,
                )
                .where(*_held(run.id, attempt), Run.cancel_asked_at.is_null())
                .execute()
            )
            if done:
                _record_edition(run, made, kept, at)
        if not done:
            Progress(run.id, attempt, lambda: at)._look()
            raise _Lost
    except BaseException:
        for key in kept:
            files.remove(key)
        raise


def _record_edition(run: Run, made: Made, kept: list[str], at: dt.datetime) -> None:
    """Write down what was printed, unless the very same file was printed last time."""
    last = ledger.latest(run.kind, run.subject)
    if last is not None and last.sha256 == made.sha256:
        return
    printed = ledger.Printed(
        file_key=kept[0],
        sha256=made.sha256,
        pages=made.pages,
        snapshot_key=kept[1] if len(kept) > 1 else "",
        snapshot_sha256=made.snapshot_sha256,
        made_with=made.made_with,
        cut_at=made.cut_at,
        is_demo=made.is_demo,
        reported=made.reported,
        owing=made.owing,
        missing_plan=made.missing_plan,
        differs=made.differs,
    )
    with records.changing(by=run.asked_by, verb="make_edition", at=at, as_verb=True) as work:
        ledger.record(work, run, printed, at)


def is_demo() -> bool:
    """Return whether this store's records are a demonstration, which every page printed from them must say."""
    return StoreFact.select().where(StoreFact.key == "demo", StoreFact.value == "1").exists()
