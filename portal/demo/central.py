"""What divisions and planning owe in the demonstration year: checks, consolidations, outcomes, book, hand-offs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

from models import CooperativeType, FiscalYear, Obligation, Period, Unit
from portal import periods as calendar
from portal.database import tuples
from portal.demo.ledger import moment
from portal.demo.reporting import Report
from portal.records import Work
from portal.rules.terms import Duty, ObligationState, PeriodKind
from portal.rules.workflow import State

COLUMNS = ("unit", "period", "subject", "duty", "due_on", "state", "met_at")
_SLOW = ("C-ROYAL", "C-MACH")  # divisions that check a day or two late


def build(work: Work, year: FiscalYear, months: dict[int, Period], reports: list[Report]) -> int:
    """Store what central units owe for every period of the year, opening quarters and year; return how many."""
    units = dict(tuples(Unit.select(Unit.code, Unit.id)))
    reviewers = {code for (code,) in tuples(Unit.select(Unit.code).join(CooperativeType).distinct())}
    checkers = sorted({r.sheet.owner for r in reports} | reviewers)
    waiting = {r.sheet.owner for r in reports if r.month == 12 and r.state is State.SUBMITTED} | reviewers
    rows: list[tuple[Any, ...]] = []
    for month, period in sorted(months.items()):
        for code in checkers:
            still = month == 12 and code in waiting
            rows += _owed(units[code], code, period, Duty.CHECK, still)
        rows += _owed(units["C-PLAN"], "C-PLAN", period, Duty.CONSOLIDATE, month == 12)
    for period in _open_others(work, year):
        last = period.number == 4 or period.kind == PeriodKind.YEAR
        for code in checkers:
            rows += _owed(units[code], code, period, Duty.OUTCOME, last and code in ("C-AGR", *_SLOW))
            rows += _owed(units[code], code, period, Duty.BOOK, True)
        rows += _owed(units["C-PLAN"], "C-PLAN", period, Duty.HANDOFF, last)
    return work.insert_rows(Obligation, COLUMNS, rows)


def _open_others(work: Work, year: FiscalYear) -> list[Period]:
    query = Period.select().where(Period.fiscal_year == year.id, Period.kind != PeriodKind.MONTH)
    found = list(query.order_by(Period.ends_on, Period.id))
    for period in found:
        work.update(period, opened_at=dt.datetime.combine(period.opens_on, dt.time(8, 30)))
    return found


def _owed(unit: int, code: str, period: Period, duty: Duty, still: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the row of a duty that is owed for a period, met about its day unless it still is open."""
    due = calendar.due_on(period, duty)
    if due is None:
        return
    rng = Random(f"2566/central/{code}/{duty}/{period.kind}/{period.number}")
    late = rng.randint(1, 2) if code in _SLOW and rng.random() < 0.5 else 0
    day = due + dt.timedelta(days=late or -int(rng.random() * 2))
    state = ObligationState.OPEN if still else ObligationState.MET
    met_at = None if still else moment(day, rng)
    yield unit, period.id, str(duty), str(duty), due.isoformat(), str(state), met_at
