"""Who reported what in time: obligations by office and month, submissions by state."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Case, ModelSelect, fn

from models import Form, FormVersion, Obligation, Period, Submission, Unit
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import within, year_id
from portal.rules.deadlines import Timeliness, timeliness
from portal.rules.duties import OFFICE_DUTIES
from portal.rules.terms import ObligationState, PeriodKind
from portal.rules.workflow import State

ORDER = (
    Timeliness.NOT_DUE,
    Timeliness.WAITING,
    Timeliness.ON_TIME,
    Timeliness.LATE_1_2,
    Timeliness.LATE_3_5,
    Timeliness.LATE_OVER_5,
    Timeliness.MISSING,
)


@dataclass(frozen=True)
class MonthDue:
    """What one office owed for one month. `how` is the worst of it; `days` the longest delay of what came."""

    owed: int
    on_time: int
    late: int
    missing: int
    waiting: int
    days: int
    how: Timeliness


NOTHING_DUE = MonthDue(0, 0, 0, 0, 0, 0, Timeliness.NOT_DUE)


@reading
def months_due(cut: Cut) -> dict[int, tuple[MonthDue, ...]]:
    """Return, for each office's id, its twelve months from October; months after the cut's are not due."""
    met_on = fn.date(Obligation.met_at)
    rows = (
        Obligation.select(
            Obligation.unit, Period.number, Obligation.due_on, Obligation.state, met_on, fn.COUNT(Obligation.id)
        )
        .join(Period)
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Obligation.state != ObligationState.WAIVED,
            Obligation.duty.in_(OFFICE_DUTIES),
        )
        .group_by(Obligation.unit, Period.number, Obligation.due_on, Obligation.state, met_on)
        .tuples()
    )
    today = cut.cut_at.date()
    rows = _of(rows, cut)
    sums: dict[tuple[int, int], dict[str, Any]] = defaultdict(
        lambda: {"owed": 0, "on_time": 0, "late": 0, "missing": 0, "waiting": 0, "days": 0, "how": 0}
    )
    for unit, month, due_on, state, met, count in rows:
        met_at = None
        if state == ObligationState.MET and met is not None:
            day = dt.date.fromisoformat(met) if isinstance(met, str) else met
            met_at = dt.datetime.combine(day, dt.time())
        how = timeliness(due_on, met_at, today)
        one = sums[unit, month]
        one["owed"] += count
        one["how"] = max(one["how"], ORDER.index(how))
        if how is Timeliness.ON_TIME:
            one["on_time"] += count
        elif how is Timeliness.MISSING:
            one["missing"] += count
        elif how in (Timeliness.NOT_DUE, Timeliness.WAITING):
            one["waiting"] += count
        else:
            one["late"] += count
            assert met_at is not None
            one["days"] = max(one["days"], (met_at.date() - due_on).days)
    made: dict[int, list[MonthDue]] = defaultdict(lambda: [NOTHING_DUE] * 12)
    for (unit, month), one in sums.items():
        made[unit][month - 1] = MonthDue(**{**one, "how": ORDER[one["how"]]})
    return {unit: tuple(months) for unit, months in made.items()}


def _of(obligations: ModelSelect, cut: Cut) -> ModelSelect:
    """Narrow a query of obligations to the cut: of some offices what they owe, of a division what is owed to it."""
    if cut.division_code is not None:
        return obligations.where(Obligation.form.in_(_forms(cut)))
    return within(obligations, cut, Obligation.unit)


def _forms(cut: Cut) -> ModelSelect:
    return Form.select(Form.id).join(Unit).where(Unit.code == cut.division_code)


def due(months: dict[int, tuple[MonthDue, ...]], office: int) -> tuple[MonthDue, ...]:
    """Return an office's twelve months; one that never owed anything has twelve empty ones."""
    return months.get(office, (NOTHING_DUE,) * 12)


@reading
def states(cut: Cut) -> dict[int, dict[State, int]]:
    """Return how many submissions of each month stand in each state."""
    made: dict[int, dict[State, int]] = {month: dict.fromkeys(State, 0) for month in range(1, cut.last_period + 1)}
    rows = (
        Submission.select(Period.number, Submission.state, fn.COUNT(Submission.id))
        .join(Period)
        .where(Period.fiscal_year == year_id(cut), Period.kind == PeriodKind.MONTH, Period.number <= cut.last_period)
        .group_by(Period.number, Submission.state)
        .tuples()
    )
    if cut.division_code is not None:
        versions = FormVersion.select(FormVersion.id).where(FormVersion.form.in_(_forms(cut)))
        rows = rows.where(Submission.form_version.in_(versions))
    for month, state, count in within(rows, cut, Submission.unit):
        made[month][State(state)] = count
    return made


@dataclass(frozen=True)
class FormDue:
    """How one form fared in the month: how many offices owe it, sent it in time, late, not at all."""

    code: str
    name: str
    owed: int
    met: int


@reading
def forms_due(cut: Cut) -> tuple[FormDue, ...]:
    """Return what was owed and met for the cut's month, by form; visit records come last."""
    rows = (
        Obligation.select(
            Obligation.subject,
            Form.name,
            fn.COUNT(Obligation.id),
            fn.SUM(Case(None, [(Obligation.state == ObligationState.MET, 1)], 0)),
        )
        .join(Period, on=(Obligation.period == Period.id))
        .switch(Obligation)
        .join(Form, JOIN.LEFT_OUTER, on=(Obligation.form == Form.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number == cut.last_period,
            Obligation.state != ObligationState.WAIVED,
            Obligation.duty.in_(OFFICE_DUTIES),
        )
        .group_by(Obligation.subject, Form.name)
        .order_by(Obligation.subject)
        .tuples()
    )
    asked = _of(rows, cut)
    made = [FormDue(code, name or "บันทึกผลการเข้าแนะนำส่งเสริม", owed, int(met)) for code, name, owed, met in asked]
    return tuple(sorted(made, key=lambda each: each.code == "visits"))
