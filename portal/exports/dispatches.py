"""A dispatch on its way: looked at, asked for, made; then keyed in or given as a file, and acknowledged.

What it is compared with is the last dispatch the outside system holds; where it holds none, the last one prepared. The
whole of the figures is kept with each, also where its files hold only what changed, so that the next one is compared
with all that was told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peewee import fn

from models import Dispatch, FiscalYear, KeyedRow, Obligation, Period, Person, Run
from portal import database, exports, records
from portal.database import tuples
from portal.errors import MoveRefused, NotFound, RuleBroken
from portal.exports import composing, figures, mappings, writing
from portal.exports.composing import Change, Composed, Data, Filled
from portal.exports.mappings import InUse
from portal.exports.target import Target
from portal.files import Files
from portal.records import Work
from portal.reports import runs
from portal.reports.figures import shared
from portal.reports.runs import Teller
from portal.rules import handoffs
from portal.rules.handoffs import DELIVERED, SENT, DispatchState, Span
from portal.rules.mappings import Layout
from portal.rules.terms import ObligationState, RunKind

STEPS = ("อ่านข้อมูล", "จัดลงผังคอลัมน์และตรวจ", "เทียบกับชุดก่อน", "จัดทำไฟล์")


@dataclass(frozen=True)
class Looked:
    """What a dispatch would be: its rows and what is wrong with them, and what changed since `base`."""

    target: Target
    span: Span
    used: InUse
    composed: Composed
    base: Dispatch | None
    changes: list[Change]

    @property
    def data(self) -> Data:
        """The whole of the figures."""
        return self.composed.data


# ---------------------------------------------------------------- looking


def period_of(span: Span) -> Period:
    """Return the period of a span. Raises NotFound when the calendar does not have it."""
    found: Period | None = (
        Period.select(Period, FiscalYear)
        .join(FiscalYear)
        .where(FiscalYear.year == span.year, Period.kind == span.kind, Period.number == span.number)
        .first()
    )
    if found is None:
        raise NotFound("The period {period} is not in the calendar.", period=str(span))
    return found


def span_of(period: Period) -> Span:
    """Return the span of a period."""
    return Span(period.fiscal_year.year, period.kind, period.number)


def look(
    target: Target, span: Span, *, is_provisional: bool, files: Files, at: dt.datetime, layout: Layout | None = None
) -> Looked:
    """Work a dispatch out and keep nothing: the dry run. `layout` tries a mapping that is not saved yet."""
    period = period_of(span)
    with database.one_reading():
        used = mappings.in_use(target)
        composed = _composed(target, span, is_provisional, layout or used.layout, at)
        base = last(target, period)
        changes = composing.difference(data_of(base, files), composed.data) if base is not None else []
    return Looked(target, span, used, composed, base, changes)


def _composed(target: Target, span: Span, is_provisional: bool, layout: Layout, at: dt.datetime) -> Composed:
    with shared():
        found = figures.gather(span, is_provisional=is_provisional, at=at)
    gathered = target.gather(found, span)
    return composing.compose(target, span, is_provisional=is_provisional, layout=layout, gathered=gathered)


def last(target: Target, period: Period, before: Dispatch | None = None) -> Dispatch | None:
    """Return the dispatch that the next one is compared with: the last one sent, else the last one prepared."""
    of = Dispatch.select().where(Dispatch.system == target.slug, Dispatch.period == period.id)
    if before is not None:
        of = of.where(Dispatch.number < before.number)
    for states in (SENT, (DispatchState.PREPARED,)):
        found: Dispatch | None = of.where(Dispatch.state.in_(states)).order_by(Dispatch.number.desc()).first()
        if found is not None:
            return found
    return None


def data_of(dispatch: Dispatch, files: Files) -> Data:
    """Return the whole of the figures of a dispatch as they were when it was made."""
    with files.open(dispatch.data_key) as source:
        return composing.from_text(source.read().decode())


# ---------------------------------------------------------------- asking and making


def ask(
    target: Target,
    span: Span,
    *,
    is_changes_only: bool,
    is_provisional: bool,
    word: str = "",
    by: Person,
    at: dt.datetime,
) -> tuple[Dispatch, Run]:
    """Ask for a dispatch to be made; return it with its run.

    `word` says why it goes out although cells break the rules of the mapping. With `is_changes_only` its files hold
    only what changed since the last one. Raises RuleBroken when there is none to compare with.
    """
    handoffs.check_may_hand_off(by.role)
    period = period_of(span)
    if is_changes_only and last(target, period) is None:
        raise RuleBroken("There is no earlier dispatch to compare with. Send everything first.", field="only_changed")
    with records.changing(by=by, verb="ask_dispatch", at=at, note=word.strip(), as_verb=True) as work:
        top = Dispatch.select(fn.MAX(Dispatch.number)).where(
            Dispatch.system == target.slug, Dispatch.period == period.id
        )
        dispatch = work.create(
            Dispatch, system=target.slug, period=period, number=(top.scalar() or 0) + 1,
            is_changes_only=is_changes_only, is_provisional=is_provisional, word=word.strip(), person=by, unit=by.unit,
            at=at,
        )  # fmt: skip
        run = runs.add(work, RunKind.EXPORT, str(dispatch.id), by, at)
    return dispatch, run


def of_run(subject: str) -> Dispatch:
    """Return the dispatch that a run is for. Raises NotFound."""
    found = Dispatch.get_or_none(Dispatch.id == int(subject)) if subject.isdigit() and len(subject) < 10 else None
    if found is None:
        raise NotFound("This record is no longer there.")
    return found


def run_of(dispatch: Dispatch) -> Run | None:
    """Return the latest run for a dispatch."""
    of = Run.select().where(Run.kind == RunKind.EXPORT, Run.subject == str(dispatch.id))
    latest: Run | None = of.order_by(Run.id.desc()).first()
    return latest


def make(dispatch: Dispatch, *, files: Files, teller: Teller, now: Callable[[], dt.datetime]) -> None:
    """Make the files of a dispatch that was asked for. Safe to repeat: one that was made is left alone.

    Raises RuleBroken when cells break the rules of the mapping and nobody said why it goes out all the same, and
    MoveRefused when only what changed is to go and nothing has.
    """
    if dispatch.state is not DispatchState.ASKED:
        teller.end()
        return
    target, span = exports.target(dispatch.system), span_of(dispatch.period)
    teller.plan(STEPS)
    teller.begin(1)
    with database.one_reading(), shared():
        used = mappings.in_use(target)
        found = figures.gather(span, is_provisional=dispatch.is_provisional, at=now())
    gathered = target.gather(found, span)
    teller.finish(1, pages=sum(len(rows) for rows in gathered.values()))
    teller.begin(2)
    composed = composing.compose(
        target, span, is_provisional=dispatch.is_provisional, layout=used.layout, gathered=gathered
    )
    if composed.violations and not dispatch.word:
        raise RuleBroken(
            "{n} cells break the rules of the mapping. Mend them, or say why it goes out all the same.",
            field="word",
            n=len(composed.violations),
        )
    teller.finish(2, pages=composed.data.count)
    teller.begin(3)
    base = last(target, dispatch.period, before=dispatch)
    changes = composing.difference(data_of(base, files), composed.data) if base is not None else []
    if dispatch.is_changes_only and base is not None and not changes:
        raise MoveRefused("Nothing has changed since dispatch no. {n}.", n=base.number)
    teller.finish(3, pages=len(changes))
    teller.begin(4)
    told = composing.only_changed(composed.data, changes) if dispatch.is_changes_only else composed.data
    made = writing.files(target, told, changes, is_changes_only=dispatch.is_changes_only)
    kept = [
        {"name": one.name, "sha256": one.sha256, "size": len(one.content), "key": files.keep(one.name, one.content)}
        for one in made
    ]
    data_key = files.keep("figures.json", composed.data.text().encode())
    with records.changing(by=dispatch.person, verb="prepare_dispatch", at=now(), as_verb=True) as work:
        work.update(
            dispatch, state=DispatchState.PREPARED, based_on=base, map_version=used.version, rows=told.count,
            differs=len(changes), broken=len(composed.violations), files=kept, sha256=made[0].sha256,
            data_key=data_key, data_sha256=composed.data.sha256(),
        )  # fmt: skip
        teller.finish(4, pages=len(kept))
        teller.end()


def told(dispatch: Dispatch, files: Files) -> tuple[Data, list[Change]]:
    """Return what the files of a dispatch say, and what changed since the one before."""
    whole = data_of(dispatch, files)
    base = dispatch.based_on
    changes = composing.difference(data_of(base, files), whole) if base is not None else []
    return (composing.only_changed(whole, changes) if dispatch.is_changes_only else whole), changes


# ---------------------------------------------------------------- sending


def record(dispatch: Dispatch, *, by: Person, at: dt.datetime, note: str = "") -> None:
    """Say that a dispatch was keyed into the other system by hand. Where rows are not ticked off, a word says why."""
    left = dispatch.rows - keyed(dispatch)
    if left > 0 and not note.strip():
        raise RuleBroken(
            "{n} rows are not ticked off yet. Key them, or say why they need not be.", field="note", n=left
        )
    _step(dispatch, "record", by=by, at=at, note=note, sent_at=at, sent_by=by)


def upload(dispatch: Dispatch, *, by: Person, at: dt.datetime, note: str = "") -> None:
    """Say that a dispatch's file was given to the other system. This meets the period's duty, where one is owed."""
    _step(dispatch, "upload", by=by, at=at, note=note, sent_at=at, sent_by=by)


def acknowledge(dispatch: Dispatch, *, receipt: str, by: Person, at: dt.datetime, note: str = "") -> None:
    """Type in the receipt number with which the other system answered."""
    if not receipt.strip():
        raise RuleBroken("Type the number of the receipt.", field="receipt")
    _step(dispatch, "acknowledge", by=by, at=at, note=note, receipt=receipt.strip(), acknowledged_at=at)


def put_aside(dispatch: Dispatch, *, by: Person, at: dt.datetime, note: str = "") -> None:
    """Put a dispatch aside that is not going to be sent; the next one is compared with one before it."""
    run = run_of(dispatch)
    if run is not None and run.state in runs.OPEN:
        raise MoveRefused("It is being made. Wait, or stop its run first.")
    _step(dispatch, "put_aside", by=by, at=at, note=note)


def _step(dispatch: Dispatch, step: str, *, by: Person, at: dt.datetime, note: str, **changes: Any) -> None:
    handoffs.check_may_hand_off(by.role)
    after = handoffs.next_state(dispatch.state, step)
    with records.changing(by=by, verb=f"{step}_dispatch", at=at, note=note.strip(), as_verb=True) as work:
        said = {"note": note.strip()} if note.strip() else {}
        work.update(dispatch, seen=dispatch.version, state=after, **changes, **said)
        if after in DELIVERED:
            _meet(work, dispatch, at)


def _meet(work: Work, dispatch: Dispatch, at: dt.datetime) -> None:
    """Meet what is owed for the period by handing off to this system."""
    duty = exports.target(dispatch.system).meets
    if duty is not None:
        owed = Obligation.select().where(
            Obligation.period == dispatch.period_id, Obligation.duty == duty, Obligation.state == ObligationState.OPEN
        )
        for obligation in list(owed.order_by(Obligation.id)):
            work.update(obligation, state=ObligationState.MET, met_at=at)


# ---------------------------------------------------------------- keying by hand


def keyed(dispatch: Dispatch) -> int:
    """Return how many rows of a dispatch are ticked off."""
    return int(KeyedRow.select().where(KeyedRow.dispatch == dispatch.id).count())


def keyed_rows(dispatch: Dispatch) -> set[tuple[str, str]]:
    """Return the rows that are ticked off, by sheet and key."""
    return set(tuples(KeyedRow.select(KeyedRow.sheet, KeyedRow.key).where(KeyedRow.dispatch == dispatch.id)))


def tick(dispatch: Dispatch, sheet: Filled, key: str, *, is_keyed: bool, by: Person, at: dt.datetime) -> None:
    """Tick a row off as keyed into the other system, or take the tick back. Doing it twice changes nothing."""
    handoffs.check_may_hand_off(by.role)
    if dispatch.state is not DispatchState.PREPARED:
        raise MoveRefused("Only a dispatch that waits to be sent is keyed.")
    if key not in {row.key for row in sheet.rows}:
        raise NotFound("There is no such row in this dispatch.")
    there = KeyedRow.get_or_none(KeyedRow.dispatch == dispatch.id, KeyedRow.sheet == sheet.slug, KeyedRow.key == key)
    if is_keyed is (there is not None):
        return
    with records.changing(by=by, verb="key_row", at=at, as_verb=True) as work:
        if there is None:
            work.create(KeyedRow, dispatch=dispatch, sheet=sheet.slug, key=key, person=by, at=at)
        else:
            work.remove(there)


# ---------------------------------------------------------------- what is still to be sent


@dataclass(frozen=True)
class Due:
    """One system and period: the dispatch that counts (None: none yet), what is not sent of it, and by which day."""

    target: Target
    period: Period
    dispatch: Dispatch | None
    due_on: dt.date | None
    keyed: int

    @property
    def is_done(self) -> bool:
        """Whether the outside system has it."""
        return self.dispatch is not None and self.dispatch.state in DELIVERED


def due(year: int, today: dt.date, due_on: Callable[[Period, Any], dt.date | None]) -> list[Due]:
    """Return what each system is to be told of a fiscal year up to today, the latest period first.

    `due_on` says by which day a duty is due for a period.
    """
    periods = list(
        Period.select(Period, FiscalYear)
        .join(FiscalYear)
        .where(FiscalYear.year == year, Period.starts_on <= today)
        .order_by(Period.ends_on.desc(), Period.kind)
    )
    listed = Dispatch.select().where(
        Dispatch.period.in_([p.id for p in periods]), Dispatch.state != DispatchState.PUT_ASIDE
    )
    latest: dict[tuple[str, int], Dispatch] = {}
    for dispatch in listed.order_by(Dispatch.number):
        latest[dispatch.system, dispatch.period_id] = dispatch
    ticks = dict(
        tuples(
            KeyedRow.select(KeyedRow.dispatch, fn.COUNT(KeyedRow.id))
            .where(KeyedRow.dispatch.in_([one.id for one in latest.values()]))
            .group_by(KeyedRow.dispatch)
        )
    )
    made = []
    for target in exports.EXPORTS:
        for period in periods:
            held = latest.get((target.slug, period.id))
            if period.kind is target.rhythm or held is not None:
                day = due_on(period, target.due_by) if target.due_by is not None else None
                made.append(Due(target, period, held, day, ticks.get(held.id, 0) if held else 0))
    return made
