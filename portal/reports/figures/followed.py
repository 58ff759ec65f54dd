"""What followed the plans of visits: institutions reached and not reached, what was agreed, moves between classes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from peewee import Case, fn

from models import Cooperative, CooperativeType, CooperativeYear, FiscalYear, Visit, VisitPlan, VisitPlanLine
from portal.database import tuples
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import offices, within, year_id
from portal.reports.figures.visiting import counted
from portal.rules.fiscal import last_day
from portal.rules.progress import share
from portal.rules.terms import ActionState, InstitutionKind, InstitutionStatus, PlanState, VisitState

NAMED = 15  # gaps that are named for each office


# ---------------------------------------------------------------- institutions planned for


@dataclass(frozen=True)
class Asked:
    """Institutions of one office, type and kind with work planned until the cut's month, and how many were visited."""

    office: int
    type: str
    kind: InstitutionKind
    institutions: int
    reached: int


@dataclass(frozen=True)
class Sought:
    """Several of those as one."""

    institutions: int = 0
    reached: int = 0

    @property
    def left(self) -> int:
        """Return how many were not visited."""
        return self.institutions - self.reached

    @property
    def share(self) -> Decimal | None:
        """Return the reached in percent of the planned; None where none was planned."""
        return share(self.reached, self.institutions)


@reading
def _planned(cut: Cut) -> tuple[tuple[int, int, int, InstitutionKind, int, bool], ...]:
    """Return (institution, office, type, kind, visits planned until the cut's month, visited); no dissolved ones."""
    what = (VisitPlan.cooperative, VisitPlan.unit, Cooperative.type, Cooperative.kind)
    rows = (
        VisitPlanLine.select(*what, fn.SUM(VisitPlanLine.visits))
        .join_from(VisitPlanLine, VisitPlan)
        .join_from(VisitPlan, Cooperative)
        .where(
            VisitPlan.fiscal_year == year_id(cut),
            VisitPlan.state == PlanState.APPROVED,
            VisitPlanLine.month <= cut.last_period,
            Cooperative.status != InstitutionStatus.DISSOLVED,
        )
        .group_by(*what)
        .order_by(VisitPlan.cooperative)
    )
    visited = {one for (one,) in tuples(Visit.select(Visit.cooperative).where(counted(cut)).distinct())}
    return tuple(
        (which, office, type_id, kind, int(visits), which in visited)
        for which, office, type_id, kind, visits in tuples(within(rows, cut, VisitPlan.unit))
    )


@reading
def asked(cut: Cut) -> tuple[Asked, ...]:
    """Return by office, type and kind how many institutions were planned for, and how many of them visited."""
    names: dict[int, str] = dict(tuples(CooperativeType.select(CooperativeType.id, CooperativeType.name)))
    made: dict[tuple[int, int, InstitutionKind], list[int]] = defaultdict(lambda: [0, 0])
    for _, office, type_id, kind, _, is_visited in _planned(cut):
        one = made[office, type_id, kind]
        one[0] += 1
        one[1] += is_visited
    return tuple(Asked(key[0], names[key[1]], key[2], *made[key]) for key in sorted(made))


def sought(of: Iterable[Asked]) -> Sought:
    """Return several as one."""
    listed = list(of)
    return Sought(sum(one.institutions for one in listed), sum(one.reached for one in listed))


@dataclass(frozen=True)
class Gap:
    """An institution with work planned and no visit; `last_on` is the day of its latest visit before, if any."""

    office: int
    name: str
    planned: int
    last_on: dt.date | None


@reading
def gaps(cut: Cut) -> tuple[Gap, ...]:
    """Return the institutions nobody visited although work was planned: of each office those with most planned."""
    by_office: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for which, office, _, _, visits, is_visited in _planned(cut):
        if not is_visited:
            by_office[office].append((-visits, which))
    chosen = [which for held in by_office.values() for _, which in sorted(held)[:NAMED]]
    known = {
        ident: (name, sort)
        for ident, name, sort in tuples(
            Cooperative.select(Cooperative.id, Cooperative.name, Cooperative.name_sort).where(
                Cooperative.id.in_(chosen)
            )
        )
    }
    until = last_day(cut.fiscal_year, cut.last_period)
    last: dict[int, dt.date] = {
        ident: _day(day)
        for ident, day in tuples(
            Visit.select(Visit.cooperative, fn.MAX(Visit.visited_on).coerce(False))
            .where(Visit.cooperative.in_(chosen), Visit.state != VisitState.RETURNED, Visit.visited_on <= until)
            .group_by(Visit.cooperative)
        )
    }
    listed = [
        (visits, known[which][1], Gap(office, known[which][0], -visits, last.get(which)))
        for office, held in by_office.items()
        for visits, which in sorted(held)[:NAMED]
    ]
    return tuple(gap for _, _, gap in sorted(listed, key=lambda one: one[:2]))


def _day(value: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


# ---------------------------------------------------------------- what was agreed


@dataclass(frozen=True)
class Agreed:
    """Agreed actions: agreed in the year, settled of those, open at the end of the cut, overdue then."""

    agreed: int = 0
    settled: int = 0
    open: int = 0
    overdue: int = 0


def as_of(cut: Cut) -> dt.date:
    """Return the day by which an action is overdue: the cut's last day, or the day of the cut when that is earlier."""
    return min(last_day(cut.fiscal_year, cut.last_period), cut.cut_at.date())


@reading
def actions(cut: Cut) -> dict[int, Agreed]:
    """Return each office's agreed actions by its id. What was settled after the cut's last day was open then."""
    until = last_day(cut.fiscal_year, cut.last_period)
    later = Visit.action_settled_on > until
    of_year = (
        Visit.select(
            Visit.unit,
            fn.COUNT(Visit.id),
            fn.SUM(Case(None, [((Visit.action_state != ActionState.OPEN) & (Visit.action_settled_on <= until), 1)], 0)),
            fn.SUM(Case(None, [(later, 1)], 0)),
            fn.SUM(Case(None, [(later & (Visit.action_due_on < as_of(cut)), 1)], 0)),
        )
        .where(counted(cut), Visit.action_state.is_null(False))
        .group_by(Visit.unit)
    )
    still = (
        Visit.select(
            Visit.unit, fn.COUNT(Visit.id), fn.SUM(Case(None, [(Visit.action_due_on < as_of(cut), 1)], 0))
        )
        .where(
            Visit.action_state == ActionState.OPEN, Visit.state != VisitState.RETURNED, Visit.visited_on <= until
        )
        .group_by(Visit.unit)
    )  # fmt: skip
    made: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for unit, *counts in tuples(of_year):
        for place, count in enumerate(counts):
            made[unit][place] += int(count)
    for unit, is_open, overdue in tuples(within(still, cut, Visit.unit)):
        made[unit][2] += int(is_open)
        made[unit][3] += int(overdue)
    return {unit: Agreed(*made[unit]) for unit in sorted(made)}


def agreed(cut: Cut, ids: Iterable[int]) -> Agreed:
    """Return the agreed actions of several offices as one."""
    held = [actions(cut)[office] for office in ids if office in actions(cut)]
    return Agreed(*(sum(getattr(one, name) for one in held) for name in ("agreed", "settled", "open", "overdue")))


# ---------------------------------------------------------------- moves between classes

Flow = tuple[tuple[int, ...], ...]


@reading
def flows(cut: Cut) -> dict[int, Flow]:
    """Return, by office's id, how many cooperatives of each class (1, 2, 3, none) of the year before stand in each.

    Rows are the classes of the year before, columns those of the cut's year. A cooperative that one of the years does
    not know is in none of its classes; where the cut's year knows no class at all there is no flow.
    """
    before = CooperativeYear.alias()
    last_year = FiscalYear.select(FiscalYear.id).where(FiscalYear.year == cut.fiscal_year - 1)
    rows = (
        CooperativeYear.select(
            Cooperative.unit, before.strength_class, CooperativeYear.strength_class, fn.COUNT(CooperativeYear.id)
        )
        .join_from(CooperativeYear, Cooperative)
        .join_from(CooperativeYear, before, on=(before.cooperative == CooperativeYear.cooperative))
        .where(
            CooperativeYear.fiscal_year == year_id(cut),
            before.fiscal_year.in_(last_year),
            Cooperative.kind == InstitutionKind.COOPERATIVE,
        )
        .group_by(Cooperative.unit, before.strength_class, CooperativeYear.strength_class)
    )
    made: dict[int, list[list[int]]] = defaultdict(lambda: [[0] * 4 for _ in range(4)])
    for unit, old, new, count in tuples(within(rows, cut, Cooperative.unit)):
        made[unit][(old or 4) - 1][(new or 4) - 1] += int(count)
    return {unit: tuple(map(tuple, made[unit])) for unit in sorted(made)}


def flow(cut: Cut) -> Flow:
    """Return the moves of all offices of the cut as one table; empty when nothing is known of both years."""
    held = [flows(cut)[office.id] for office in offices(cut) if office.id in flows(cut)]
    if not held:
        return ()
    return tuple(tuple(sum(one[row][column] for one in held) for column in range(4)) for row in range(4))
