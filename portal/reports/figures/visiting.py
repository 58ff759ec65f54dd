"""Promotion visits: what was planned and done, by office, month, activity and kind of institution."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import SQL, Case, fn

from models import Cooperative, CooperativeType, Visit, VisitActivity, VisitPlan, VisitPlanLine
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import offices, within, year_id
from portal.rules.fiscal import first_day, last_day
from portal.rules.progress import share
from portal.rules.terms import PlanState, VisitState


@dataclass(frozen=True)
class Course:
    """Visits of one office month by month from October; `plan` all twelve months, `done` until the cut's."""

    plan: tuple[int, ...]
    done: tuple[int, ...]

    @property
    def planned(self) -> int:
        """Planned until the cut's month."""
        return sum(self.plan[: len(self.done)])

    @property
    def total(self) -> int:
        """Done until the cut's month."""
        return sum(self.done)

    @property
    def share(self) -> Decimal | None:
        """Done in percent of planned to date; None where nothing was planned."""
        return share(self.total, self.planned)


def added(courses: list[Course], months: int) -> Course:
    """Return several courses as one."""
    plan = tuple(sum(course.plan[month] for course in courses) for month in range(12))
    return Course(plan, tuple(sum(course.done[month] for course in courses) for month in range(months)))


def _month(cut: Cut) -> Any:
    """The fiscal month of a visit's day, as an expression every store understands."""
    ends = [(Visit.visited_on <= last_day(cut.fiscal_year, month), month) for month in range(1, 12)]
    return Case(None, ends, 12)


def counted(cut: Cut) -> Any:
    """The condition that a visit counts: of the year, until the cut's month, not sent back."""
    counted = (
        (Visit.visited_on >= first_day(cut.fiscal_year))
        & (Visit.visited_on <= last_day(cut.fiscal_year, cut.last_period))
        & (Visit.state != VisitState.RETURNED)
    )
    return counted & Visit.unit.in_([office.id for office in offices(cut)]) if cut.is_of_offices else counted


@reading
def courses(cut: Cut) -> dict[int, Course]:
    """Return each office's visits, planned (approved plans) and done, by its id."""
    plans: dict[int, list[int]] = defaultdict(lambda: [0] * 12)
    done: dict[int, list[int]] = defaultdict(lambda: [0] * cut.last_period)
    rows = (
        VisitPlanLine.select(VisitPlan.unit, VisitPlanLine.month, fn.SUM(VisitPlanLine.visits))
        .join(VisitPlan)
        .where(VisitPlan.fiscal_year == year_id(cut), VisitPlan.state == PlanState.APPROVED)
        .group_by(VisitPlan.unit, VisitPlanLine.month)
        .tuples()
    )
    for unit, month, visits in within(rows, cut, VisitPlan.unit):
        plans[unit][month - 1] = int(visits)
    # Grouped by its name: PostgreSQL takes the same expression with other placeholders for another one.
    by_month = (
        Visit.select(Visit.unit, _month(cut).alias("fiscal_month"), fn.COUNT(Visit.id))
        .where(counted(cut))
        .group_by(Visit.unit, SQL("fiscal_month"))
        .tuples()
    )
    for unit, month, visits in by_month:
        done[unit][month - 1] = int(visits)
    return {unit: Course(tuple(plans[unit]), tuple(done[unit])) for unit in sorted({*plans, *done})}


@dataclass(frozen=True)
class Reach:
    """How far an office's visits reached: institutions visited, visits outside the plan."""

    institutions: int
    unplanned: int
    on_site: int


@reading
def reach(cut: Cut) -> dict[int, Reach]:
    """Return each office's reach by its id."""
    unplanned = fn.SUM(Case(None, [(Visit.is_unplanned, 1)], 0))
    on_site = fn.SUM(Case(None, [(Visit.place == "on_site", 1)], 0))
    rows = (
        Visit.select(Visit.unit, fn.COUNT(Visit.cooperative.distinct()), unplanned, on_site)
        .where(counted(cut))
        .group_by(Visit.unit)
        .tuples()
    )
    return {unit: Reach(int(visited), int(outside), int(there)) for unit, visited, outside, there in rows}


@reading
def by_type(cut: Cut) -> tuple[tuple[str, str, int, int], ...]:
    """Return (sector, name of the type, visits, institutions visited) in the order of the registry."""
    rows = (
        Visit.select(
            CooperativeType.sector, CooperativeType.name, fn.COUNT(Visit.id), fn.COUNT(Visit.cooperative.distinct())
        )
        .join(Cooperative)
        .join(CooperativeType)
        .where(counted(cut))
        .group_by(CooperativeType.id, CooperativeType.sector, CooperativeType.name)
        .order_by(CooperativeType.id)
        .tuples()
    )
    return tuple((str(sector), name, int(visits), int(visited)) for sector, name, visits, visited in rows)


@reading
def by_activity(cut: Cut) -> tuple[tuple[str, int], ...]:
    """Return (activity, visits), most first."""
    count = fn.COUNT(Visit.id)
    rows = (
        Visit.select(VisitActivity.name, count)
        .join(VisitActivity)
        .where(counted(cut))
        .group_by(VisitActivity.id, VisitActivity.name)
        .order_by(count.desc(), VisitActivity.id)
        .tuples()
    )
    return tuple((name, int(visits)) for name, visits in rows)


@reading
def latest_day(cut: Cut) -> dt.date | None:
    """Return the day of the latest visit counted."""
    day: dt.date | None = Visit.select(fn.MAX(Visit.visited_on)).where(counted(cut)).scalar()
    return day
