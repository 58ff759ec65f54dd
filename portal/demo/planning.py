"""The plan tree of 2566 with every office's targets, month plans, and what the office will have achieved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from models import Activity, FiscalYear, Indicator, MeasureUnit, MonthPlan, Plan, Project, Target, Unit
from portal.database import tuples
from portal.demo import curves
from portal.demo.catalogue import ACTION_PLAN, MASTER_PLANS, PLANS, PROJECTS, Measure, Venture
from portal.demo.catalogue import Work as Task
from portal.demo.ledger import next_id
from portal.demo.offices import CHRONIC, SLOW, Office
from portal.records import Work
from portal.rules import fiscal
from portal.rules.progress import Aggregation

ONE = 10_000  # quantities are kept as whole ten-thousandths
_LAG = {CHRONIC: 0.5, SLOW: 0.2}


@dataclass
class Goal:
    """One indicator: for each office that has a target, twelve months of plan and of result, in ten-thousandths."""

    id: int
    code: str
    measure: Measure
    decimals: int
    plans: dict[int, list[int]] = field(default_factory=dict)
    results: dict[int, list[int | None]] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)


@dataclass
class Held:
    """One project as stored, with its goals in reading order."""

    id: int
    venture: Venture
    owner_id: int
    goals: list[Goal]


def build(work: Work, year: FiscalYear, offices: list[Office]) -> list[Held]:
    """Store plans, projects, activities, indicators, targets and month plans; return the projects."""
    units = dict(tuples(Unit.select(Unit.code, Unit.id)))
    measures = {code: (ident, decimals) for code, ident, decimals in tuples(
        MeasureUnit.select(MeasureUnit.code, MeasureUnit.id, MeasureUnit.decimals)
    )}  # fmt: skip
    plans = [
        work.create(
            Plan, fiscal_year=year.id, code=code, name=name, name_en=english, strategy=f"ยุทธศาสตร์ชาติ{strategy}",
            master_plan=MASTER_PLANS[strategy], action_plan=ACTION_PLAN, position=position,
        )
        for position, (code, name, english, strategy) in enumerate(PLANS, 1)
    ]  # fmt: skip
    held = [_project(work, year.year, plans, units, measures, venture) for venture in PROJECTS]
    for project in held:
        _aim(project, offices)
    _store(work, held)
    return held


def _project(
    work: Work,
    year: int,
    plans: list[Plan],
    units: dict[str, int],
    measures: dict[str, tuple[int, int]],
    venture: Venture,
) -> Held:
    project = work.create(
        Project, plan=plans[venture.plan].id, code=venture.code, name=venture.name, owner=units[venture.owner],
        objective=venture.objective, expected_outcome=venture.outcome, area=_area(venture),
        starts_on=fiscal.first_day(year, venture.first), ends_on=fiscal.last_day(year, venture.last),
        is_priority=venture.priority, position=int(venture.code),
    )  # fmt: skip
    goals: list[Goal] = []

    def add(task: Task, code: str, parent: Activity | None, position: int) -> None:
        activity = work.create(
            Activity, project=project.id, parent=parent, code=code, name=task.name, position=position
        )
        for measure in task.measures:
            number = len(goals) + 1
            unit_id, decimals = measures[measure.unit]
            indicator = work.create(
                Indicator, activity=activity.id, code=f"{venture.code}-{number:02d}", name=measure.name,
                measure_unit=unit_id, direction=measure.direction, month_rule=measure.months,
                unit_rule=measure.units, is_headline=measure.headline, is_plan_forced=measure.forced, position=number,
            )  # fmt: skip
            goals.append(Goal(indicator.id, indicator.code, measure, decimals))
        for n, part in enumerate(task.parts, 1):
            add(part, f"{code}.{n}", activity, n)

    for n, task in enumerate(venture.works, 1):
        add(task, str(n), None, n)
    return Held(project.id, venture, units[venture.owner], goals)


def _area(venture: Venture) -> str:
    if not venture.places:
        return "ทั่วประเทศ" if venture.reach == 1 else "จังหวัดที่มีสถาบันเป้าหมาย"
    return "เขตตรวจราชการที่ " + ", ".join(code.removeprefix("R").lstrip("0") for code in venture.places.split())


def _aim(project: Held, offices: list[Office]) -> None:
    """Fill in each office's target, plan and result of each goal."""
    venture = project.venture
    regions = set(venture.places.split())
    chosen = Random(f"2566/reach/{venture.code}")
    lots = {office.id: chosen.random() for office in offices}
    curve = curves.s_curve(venture.first, venture.last)
    for goal in project.goals:
        rng = Random(f"2566/goal/{goal.code}")
        swing = curves.around(rng, 0.04)
        for office in offices:
            noise, late, shake = rng.random(), rng.random(), rng.uniform(0.93, 1.07)
            if (regions and office.region not in regions) or lots[office.id] > venture.reach * goal.measure.reach:
                continue
            ratio = venture.pace * office.pace * swing * shake
            lag = venture.lag * (0.3 + 0.4 * late) + _LAG.get(office.habit, 0.0)
            target = _target(goal, office, 0.8 + 0.4 * noise)
            goal.targets[office.id] = target
            goal.plans[office.id] = _plan(goal, target, curve)
            goal.results[office.id] = _results(goal, target, curve, ratio, lag, venture.first, rng)


def _target(goal: Goal, office: Office, noise: float) -> int:
    step = 10 ** (4 - goal.decimals)
    measure = goal.measure
    if measure.units is Aggregation.SUM:
        return max(1, round(measure.size * office.size * noise * ONE / step)) * step
    return round(measure.size * ONE / step) * step


def _plan(goal: Goal, target: int, curve: list[float]) -> list[int]:
    """Months that add up to the target, or levels that reach it, as the indicator's own rule wants."""
    step = 10 ** (4 - goal.decimals)
    measure = goal.measure
    if measure.months is Aggregation.SUM:
        return [part * step for part in curves.increments(target // step, curve[1:])]
    if measure.less or measure.months is Aggregation.AVERAGE or _is_level(measure):
        return [target] * 12
    return [round(target * share / step) * step for share in curve[1:]]


def _results(
    goal: Goal, target: int, curve: list[float], ratio: float, lag: float, first: int, rng: Random
) -> list[int | None]:
    step = 10 ** (4 - goal.decimals)
    measure = goal.measure
    shares = [curves.at(curve, month - lag) * ratio for month in curves.MONTHS]
    if measure.months is Aggregation.SUM:
        return [part * step for part in curves.increments(target // step, shares)]
    out: list[int | None] = []
    for month, share in zip(curves.MONTHS, shares, strict=True):
        if month < first:
            out.append(None)
            continue
        if measure.less:
            value = target * (1.5 - 0.5 * min(share, 1.3)) * curves.around(rng, 0.03)
        elif measure.months is Aggregation.AVERAGE:
            value = target * (0.9 + 0.1 * ratio) * curves.around(rng, 0.04)
        elif _is_level(measure):
            value = target * (0.965 + 0.035 * share) * (0.6 + 0.4 * ratio) * curves.around(rng, 0.012)
        else:
            value = target * share
        whole = round(value / step) * step
        out.append(min(whole, 100 * ONE) if measure.unit == "PERCENT" else whole)
    return out


def _is_level(measure: Measure) -> bool:
    """Return whether the figure stands all year (a share of everybody) rather than growing from nothing."""
    return measure.months is Aggregation.LAST and measure.units is Aggregation.AVERAGE


def _store(work: Work, held: list[Held]) -> None:
    first = next_id(Target)
    numbered = [
        (first + n, goal, office)
        for n, (goal, office) in enumerate(
            (goal, office) for project in held for goal in project.goals for office in goal.targets
        )
    ]
    work.insert_rows(
        Target,
        ("id", "indicator", "unit", "value"),
        ((ident, goal.id, office, goal.targets[office]) for ident, goal, office in numbered),
    )

    def months() -> Iterator[tuple[int, int, int]]:
        for ident, goal, office in numbered:
            for month, value in zip(curves.MONTHS, goal.plans[office], strict=True):
                yield ident, month, value

    work.insert_rows(MonthPlan, ("target", "month", "value"), months())
