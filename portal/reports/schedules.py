"""Books made by themselves: each schedule asks for each of its subjects once, on its day, and may send what came."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator

from models import (
    Edition,
    Obligation,
    Period,
    Region,
    Run,
    Schedule,
    ScheduleTurn,
    Unit,
)
from portal import periods, records
from portal.errors import MoveRefused, RuleBroken, StoreRefused
from portal.reports import books, runs, scopes, sendings
from portal.reports.books import Book
from portal.rules import schedules
from portal.rules.editions import ScopeKind
from portal.rules.schedules import Turn
from portal.rules.terms import Duty, ObligationState, PeriodKind, RunKind, RunState, ScheduleDay, UnitKind

log = logging.getLogger(__name__)

EVERY = "*"
LOOKS_BACK = dt.timedelta(days=100)  # how long after a month's end its book may still be due


def ask_for_what_is_due(at: dt.datetime) -> list[Run]:
    """Ask for every book whose time has come and return the runs; looked at again, or by two, it asks for nothing."""
    asked = []
    for schedule in list(Schedule.select().where(Schedule.is_active, Schedule.begins_on <= at.date())):
        book = books.BOOKS.get(schedule.book)
        if book is None:
            continue
        for time, period in _times(book, at):
            due = due_at(schedule, period)
            if due is None or due.date() < schedule.begins_on:
                continue
            opened = dt.datetime.combine(period.starts_on, dt.time())
            is_verified = everything_is_verified(period)
            turn = schedules.turn(at, due, waits=schedule.waits, is_verified=is_verified, begins=opened)
            if turn in (Turn.MAKE, Turn.MAKE_PROVISIONAL):
                for subject in subjects(book, schedule.scope, time):
                    run = _take_turn(schedule, book, subject, due, at, turn is Turn.MAKE_PROVISIONAL)
                    if run is not None:
                        asked.append(run)
    return asked


def due_at(schedule: Schedule, period: Period) -> dt.datetime | None:
    """Return when a schedule's book of a month is due; None where the calendar has no such day."""
    duty_on = periods.due_on(period, Duty.CONSOLIDATE) if schedule.counted_from is ScheduleDay.DUTY else None
    if schedule.counted_from is ScheduleDay.DUTY and duty_on is None:
        return None
    at = schedules.hour(schedule.at)
    # The calendar has rolled its own day already.
    if duty_on is not None and not schedule.working_days:
        return dt.datetime.combine(duty_on, at)
    return schedules.due_at(period.ends_on, schedule.day, duty_on, schedule.working_days, at, periods.holidays())


def everything_is_verified(period: Period) -> bool:
    """Return whether every division has checked what it has to check of a month, and there was something to check."""
    checks = Obligation.select(Obligation.state).where(Obligation.period == period.id, Obligation.duty == Duty.CHECK)
    states = [state for (state,) in checks.tuples()]
    return bool(states) and all(state != ObligationState.OPEN for state in states)


def subjects(book: Book, scope: str, time: str) -> list[str]:
    """Return what a schedule asks for: one subject, or with `*` one for every office, region or division there is."""
    if scope != EVERY:
        return [f"{time}/{scope}" if scope else time]
    if book.scope is ScopeKind.REGION:
        return [
            f"{time}/{code}"
            for (code,) in Region.select(Region.code).where(Region.is_active).order_by(Region.code).tuples()
        ]
    kind = UnitKind.PROVINCIAL if book.scope is ScopeKind.OFFICE else UnitKind.CENTRAL
    units = Unit.select(Unit.code).where(Unit.kind == kind, Unit.closed_on.is_null(), Unit.parent.is_null(False))
    return [f"{time}/{code}" for (code,) in units.order_by(Unit.code).tuples()]


def send_what_is_made(at: dt.datetime) -> int:
    """Have the editions of schedules with a list sent, once each; return how many letters that makes."""
    count = 0
    made = (
        ScheduleTurn.select()
        .join(Schedule)
        .switch(ScheduleTurn)
        .join(Run)
        .where(ScheduleTurn.sent_at.is_null(), Schedule.mailing_list.is_null(False), Run.state == RunState.DONE)
    )
    for turn in list(made):
        edition = (
            Edition.select()
            .where(Edition.book == turn.run.kind.value, Edition.subject == turn.subject, Edition.sha256 != "")
            .order_by(Edition.number.desc())
            .first()
        )
        with records.changing(by=None, verb="keep_schedule", at=at, as_verb=True) as work:
            work.update(turn, sent_at=at)
        if edition is not None:
            try:
                count += sendings.send(edition, turn.schedule.mailing_list, by=None, at=at)
            except (MoveRefused, RuleBroken) as refused:
                log.warning("schedule %s: %s", turn.schedule, refused)
    return count


def _times(book: Book, at: dt.datetime) -> Iterator[tuple[str, Period]]:
    """Yield the months or years that may be due, each with the month from which its day is counted."""
    months = Period.select().where(
        Period.kind == PeriodKind.MONTH, Period.starts_on <= at.date(), Period.ends_on >= (at - LOOKS_BACK).date()
    )
    if book.kind is RunKind.BOOK:
        months = months.where(Period.number == 12)
    for period in months.order_by(Period.starts_on):
        yield (period.be_month if book.kind is RunKind.PACK else str(period.fiscal_year.year)), period


def _take_turn(
    schedule: Schedule, book: Book, subject: str, due: dt.datetime, at: dt.datetime, is_provisional: bool
) -> Run | None:
    """Write down that the schedule has asked for a subject, with the run; None when it has before."""
    if ScheduleTurn.select().where(ScheduleTurn.schedule == schedule.id, ScheduleTurn.subject == subject).exists():
        return None
    try:
        scopes.scope_of(subject)
        with records.changing(by=None, verb="keep_schedule", at=at, note=schedule.name, as_verb=True) as work:
            run = runs.open_run(book.kind, subject) or runs.add(work, book.kind, subject, None, at)
            work.create(
                ScheduleTurn, schedule=schedule, subject=subject, due_at=due, asked_at=at,
                is_provisional=is_provisional, run=run,
            )  # fmt: skip
            return run
    except StoreRefused:
        return None  # another scheduler took the turn this moment
    except RuleBroken as refused:
        log.warning("schedule %s: %s", schedule, refused)
        return None
