"""Results of projects: what indicators reached, month by month and office by office, each by its own rules."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from peewee import ModelSelect, fn

from models import (
    Activity,
    Answer,
    Indicator,
    MeasureUnit,
    MoneySum,
    MonthPlan,
    Period,
    Plan,
    Project,
    Submission,
    Target,
    Unit,
)
from portal.database import read, unconverted
from portal.reports.chapter import Cut
from portal.reports.figures import reading, restored, series
from portal.reports.figures.offices import offices, within, year_id
from portal.rules.progress import (
    Aggregation,
    Direction,
    Standing,
    Thresholds,
    combined,
    planned_to_date,
    share,
    standing,
)
from portal.rules.terms import MoneySide, PeriodKind
from portal.rules.workflow import COUNTED

SCALE = 10_000
MOST_DECIMALS = 2


@dataclass(frozen=True)
class ProjectFacts:
    """A project as it is planned."""

    id: int
    code: str
    name: str
    plan: str
    owner: str
    owner_name: str
    objective: str
    expected_outcome: str
    starts_on: dt.date
    ends_on: dt.date
    is_priority: bool


@dataclass(frozen=True)
class IndicatorFacts:
    """An indicator with the rules by which its values become one."""

    id: int
    project_id: int
    activity: str
    code: str
    name: str
    unit: str
    decimals: int
    is_percentage: bool
    direction: Direction
    month_rule: Aggregation
    unit_rule: Aggregation
    is_headline: bool
    green_at: Decimal | None = None
    amber_at: Decimal | None = None

    @property
    def thresholds(self) -> Thresholds | None:
        """Its own thresholds, None where those of the house apply."""
        return None if self.green_at is None or self.amber_at is None else Thresholds(self.green_at, self.amber_at)


@reading
def projects(cut: Cut) -> tuple[ProjectFacts, ...]:
    """Return the year's projects by plan: all, a division's own, or those that some offices have part in."""
    query = (
        Project.select(
            Project.id,
            Project.code,
            Project.name,
            Plan.name,
            Unit.short,
            Unit.name,
            Project.objective,
            Project.expected_outcome,
            Project.starts_on,
            Project.ends_on,
            Project.is_priority,
        )
        .join(Plan)
        .switch(Project)
        .join(Unit)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Plan.position, Plan.code, Project.position, Project.code)
    )
    if cut.project_code is not None:
        query = query.where(Project.code == cut.project_code)
    if cut.division_code is not None:
        query = query.where(Unit.code == cut.division_code)
    if cut.is_of_offices:
        here = [office.id for office in offices(cut)]
        aimed = Target.select(Activity.project).join(Indicator).join(Activity).where(Target.unit.in_(here))
        paid = MoneySum.select(MoneySum.project).where(
            MoneySum.fiscal_year == year_id(cut), MoneySum.side == MoneySide.BOTH, MoneySum.unit.in_(here)
        )
        query = query.where(Project.id.in_(aimed) | Project.id.in_(paid))
    return tuple(read(query, ProjectFacts))


@reading
def indicators(cut: Cut) -> tuple[IndicatorFacts, ...]:
    """Return the year's indicators that stand for themselves (a parent's parts are counted in the parent)."""
    query = (
        Indicator.select(
            Indicator.id,
            Activity.project,
            Activity.name,
            Indicator.code,
            Indicator.name,
            MeasureUnit.name,
            MeasureUnit.decimals,
            MeasureUnit.is_percentage,
            Indicator.direction,
            Indicator.month_rule,
            Indicator.unit_rule,
            Indicator.is_headline,
            Indicator.green_at,
            Indicator.amber_at,
        )
        .join(Activity)
        .join(Project)
        .join(Plan)
        .switch(Indicator)
        .join(MeasureUnit)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Activity.project, Activity.position, Activity.code, Indicator.position, Indicator.code)
    )
    if cut.division_code is not None:
        query = query.where(Activity.project.in_([project.id for project in projects(cut)]))
    if cut.is_of_offices:
        query = query.where(Indicator.id.in_(within(Target.select(Target.indicator), cut, Target.unit)))
    listed = read(query, IndicatorFacts)
    # A table cannot hold four decimals beside nine other columns; the records keep them.
    return tuple(replace(facts, decimals=min(facts.decimals, MOST_DECIMALS)) for facts in listed)


@dataclass(frozen=True)
class Cell:
    """One office's figures of one indicator to date. None = nothing reported, or nothing planned."""

    value: Decimal | None
    plan: Decimal | None
    target: Decimal | None


@reading
def cells(cut: Cut) -> dict[int, dict[int, Cell]]:
    """Return, for each indicator's id and each office's id, value and plan to date and the year's target.

    Plans to date are those of `rules.progress.planned_to_date`, worked out by the store.
    """
    rules = {indicator.id: indicator for indicator in indicators(cut)}
    targets = dict(_pairs(_targets(cut)))
    plans = dict(_pairs(_plans(cut))) | _levels(cut, rules, targets)
    values = _values(cut, rules)
    made: dict[int, dict[int, Cell]] = defaultdict(dict)
    for key in dict.fromkeys((*targets, *values)):
        indicator, office = key
        if indicator not in rules:
            continue
        made[indicator][office] = Cell(values.get(key), plans.get(key), targets.get(key))
    return dict(made)


def _pairs(rows: Iterable[tuple[int, int, int]]) -> Iterable[tuple[tuple[int, int], Decimal]]:
    for indicator, office, stored in rows:
        yield (indicator, office), Decimal(stored) / SCALE


def _of_year(query: ModelSelect, cut: Cut) -> ModelSelect:
    """Join from Indicator up to the plan of the cut's year."""
    return (
        query.join(Activity, on=(Indicator.activity == Activity.id))
        .join(Project, on=(Activity.project == Project.id))
        .join(Plan, on=(Project.plan == Plan.id))
        .where(Plan.fiscal_year == year_id(cut))
    )


def _targets(cut: Cut) -> Iterable[tuple[int, int, int]]:
    stored = fn.SUM(Target.value).coerce(False)
    query = Target.select(Target.indicator, Target.unit, stored).join(Indicator)
    return unconverted(within(_of_year(query, cut), cut, Target.unit).group_by(Target.indicator, Target.unit))


def _plans(cut: Cut) -> Iterable[tuple[int, int, int]]:
    stored = fn.SUM(MonthPlan.value).coerce(False)
    query = MonthPlan.select(Target.indicator, Target.unit, stored).join(Target).join(Indicator)
    until = MonthPlan.month <= cut.last_period
    return unconverted(
        within(_of_year(query, cut), cut, Target.unit).where(until).group_by(Target.indicator, Target.unit)
    )


def _levels(
    cut: Cut, rules: dict[int, IndicatorFacts], targets: dict[tuple[int, int], Decimal]
) -> dict[tuple[int, int], Decimal | None]:
    """Return the level planned to date of every indicator whose months are not added up, by (indicator, office)."""
    of = {rule: [facts.id for facts in rules.values() if facts.month_rule is rule] for rule in Aggregation}
    made = {key: value for key, value in targets.items() if key[0] in rules and key[0] not in of[Aggregation.SUM]}
    found: dict[tuple[int, int], Decimal | None] = dict(made)
    planned = MonthPlan.select(Target.indicator, Target.unit).join(Target)

    def here(query: ModelSelect, *rule: Aggregation) -> ModelSelect:
        listed = [ident for each in rule for ident in of[each]]
        return within(query.where(Target.indicator.in_(listed)), cut, Target.unit)

    until = MonthPlan.month <= cut.last_period
    levels = (Aggregation.LAST, Aggregation.AVERAGE, Aggregation.GREATEST)
    later = here(planned, *levels).group_by(Target.indicator, Target.unit)
    for indicator, office in later.having(fn.MIN(MonthPlan.month) > cut.last_period).tuples():
        found[indicator, office] = None
    whole, count, most = fn.SUM(MonthPlan.value).coerce(False), fn.COUNT(MonthPlan.id), fn.MAX(MonthPlan.value)
    summed = MonthPlan.select(Target.indicator, Target.unit, whole, count, most.coerce(False)).join(Target)
    grouped = here(summed, Aggregation.AVERAGE, Aggregation.GREATEST).where(until)
    for indicator, office, total, months, greatest in unconverted(grouped.group_by(Target.indicator, Target.unit)):
        is_average = rules[indicator].month_rule is Aggregation.AVERAGE
        found[indicator, office] = Decimal(total) / SCALE / months if is_average else Decimal(greatest) / SCALE
    newest = MonthPlan.alias()
    latest = newest.select(fn.MAX(newest.month)).where(
        newest.target == MonthPlan.target, newest.month <= cut.last_period
    )
    last = MonthPlan.select(Target.indicator, Target.unit, MonthPlan.value.coerce(False)).join(Target)
    for indicator, office, stored in unconverted(here(last, Aggregation.LAST).where(MonthPlan.month == latest)):
        found[indicator, office] = Decimal(stored) / SCALE
    return found


def _counted(cut: Cut, *columns: Any) -> ModelSelect:
    """Select from the answers that count: numbers of handed-in reports up to the cut's month."""
    query = (
        Answer.select(*columns)
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.indicator.is_null(False),
            Answer.number.is_null(False),
        )
    )
    return within(query, cut, Submission.unit)


@dataclass(frozen=True)
class Adjusted:
    """Indicators of which some answers count otherwise than they stand in the store, month by month.

    `indicators` are all of them; values and reports (by indicator, office, month) hold every answer of theirs.
    """

    indicators: frozenset[int]
    values: dict[tuple[int, int, int], Decimal]
    sources: dict[tuple[int, int, int], int]


@reading
def adjusted(cut: Cut) -> Adjusted:
    """Return what counts otherwise: answers of older versions of a form, and reports that are being corrected."""
    goals, back = series.series(cut).goals, restored.restored(cut)
    touched = {goal.indicator for goal in goals.values() if goal.indicator} | {each.indicator for each in back}
    moved = {version for version, _ in goals}
    if moved:
        asked = Answer.select(Answer.indicator).join(Submission).where(Submission.form_version.in_(sorted(moved)))
        touched |= {ident for (ident,) in asked.where(Answer.indicator.is_null(False)).distinct().tuples()}
    if not touched:
        return Adjusted(frozenset(), {}, {})
    values: dict[tuple[int, int, int], Decimal] = defaultdict(Decimal)
    sources: dict[tuple[int, int, int], int] = {}

    def count(version: int, key: str, indicator: int | None, place: tuple[int, int], number: Decimal, by: int) -> None:
        goal = goals.get((version, key), series.Goal(indicator, Decimal(1)))
        if goal.indicator is not None:
            values[goal.indicator, *place] += number * goal.factor
            sources.setdefault((goal.indicator, *place), by)

    stored = (
        Answer.select(
            Submission.form_version, Answer.key, Answer.indicator, Submission.unit, Period.number, Answer.number,
            Submission.id,
        )
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.number.is_null(False),
            Answer.indicator.in_(sorted(touched)) | Submission.form_version.in_(sorted(moved)),
        )
        .order_by(Submission.id, Answer.key)
    )  # fmt: skip
    for version, key, indicator, office, month, number, submission in within(stored, cut, Submission.unit).tuples():
        count(version, key, indicator, (office, month), number, submission)
    for each in back:
        count(each.version, each.key, each.indicator, (each.office, each.month), each.number, each.submission)
    return Adjusted(frozenset(touched), dict(values), sources)


def _by_office(cut: Cut, found: Adjusted) -> dict[tuple[int, int], list[Decimal | None]]:
    """Return the adjusted indicators month by month, by (indicator, office)."""
    made: dict[tuple[int, int], list[Decimal | None]] = defaultdict(lambda: [None] * cut.last_period)
    for (indicator, office, month), value in found.values.items():
        made[indicator, office][month - 1] = value
    return dict(made)


def _values(cut: Cut, rules: dict[int, IndicatorFacts]) -> dict[tuple[int, int], Decimal]:
    """Return each office's value to date by the indicator's rule over months."""
    total, count = fn.SUM(Answer.number).coerce(False), fn.COUNT(Answer.id)
    most = fn.MAX(Answer.number).coerce(False)
    made: dict[tuple[int, int], Decimal] = {}
    by_last = [facts.id for facts in rules.values() if facts.month_rule is Aggregation.LAST]
    rows = _counted(cut, Answer.indicator, Submission.unit, total, count, most).group_by(
        Answer.indicator, Submission.unit
    )
    if by_last:
        rows = rows.where(Answer.indicator.not_in(by_last))
    for indicator, office, summed, counted, greatest in unconverted(rows):
        rule = rules[indicator].month_rule if indicator in rules else Aggregation.NONE
        if rule is Aggregation.SUM:
            made[indicator, office] = Decimal(summed) / SCALE
        elif rule is Aggregation.AVERAGE:
            made[indicator, office] = Decimal(summed) / SCALE / counted
        elif rule is Aggregation.GREATEST:
            made[indicator, office] = Decimal(greatest) / SCALE
    if by_last:
        latest = _counted(cut, Answer.indicator, Submission.unit, Answer.number).where(Answer.indicator.in_(by_last))
        for indicator, office, number in unconverted(latest.order_by(Period.number)):
            made[indicator, office] = Decimal(number) / SCALE
    if (otherwise := adjusted(cut)).indicators:
        made = {key: value for key, value in made.items() if key[0] not in otherwise.indicators}
        for key, months in _by_office(cut, otherwise).items():
            value = combined(months, rules[key[0]].month_rule) if key[0] in rules else None
            if value is not None:
                made[key] = value
    return made


@dataclass(frozen=True)
class Outcome:
    """One indicator over all offices or one of them, by its rule over offices.

    `reached` is the value in percent of the plan to date, `of_year` in percent of the year's target, both
    unrounded. `offices` reported a value, of `owing` offices with a target.
    """

    value: Decimal | None
    plan: Decimal | None
    target: Decimal | None
    reached: Decimal | None
    of_year: Decimal | None
    standing: Standing
    offices: int
    owing: int


def outcome(indicator: IndicatorFacts, found: Iterable[Cell]) -> Outcome:
    """Return what `indicator` comes to over the offices whose cells are given."""
    listed = list(found)
    value = combined([cell.value for cell in listed], indicator.unit_rule)
    plan = combined([cell.plan for cell in listed], indicator.unit_rule)
    target = combined([cell.target for cell in listed], indicator.unit_rule)
    reached = share(value, plan)
    if indicator.direction is Direction.LESS and value is not None and plan is not None:
        reached = Decimal(100) if not value else share(plan, value)
    return Outcome(
        value=value,
        plan=plan,
        target=target,
        reached=reached,
        of_year=share(value, target),
        standing=standing(value, plan, indicator.direction, share(plan, target), indicator.thresholds),
        offices=sum(cell.value is not None for cell in listed),
        owing=sum(cell.target is not None for cell in listed),
    )


@reading
def leading(cut: Cut) -> tuple[IndicatorFacts, ...]:
    """Return the indicators a project is judged by: its headline ones, or its first where it has none."""
    of_project: dict[int, list[IndicatorFacts]] = {}
    for facts in indicators(cut):
        of_project.setdefault(facts.project_id, []).append(facts)
    return tuple(
        facts
        for listed in of_project.values()
        for facts in ([each for each in listed if each.is_headline] or listed[:1])
    )


@dataclass(frozen=True)
class Monthly:
    """Leading indicators month by month, by (indicator, office): what was reported and by which submission, what is
    planned for each of twelve months (None = nothing), and the year's target."""

    values: dict[tuple[int, int], list[Decimal | None]]
    sources: dict[tuple[int, int], list[int | None]]
    plans: dict[tuple[int, int], list[Decimal | None]]
    targets: dict[tuple[int, int], Decimal]


@reading
def monthly(cut: Cut) -> Monthly:
    """Return the leading indicators month by month up to the cut's."""
    chosen = {facts.id for facts in leading(cut)}
    values: dict[tuple[int, int], list[Decimal | None]] = defaultdict(lambda: [None] * cut.last_period)
    sources: dict[tuple[int, int], list[int | None]] = defaultdict(lambda: [None] * cut.last_period)
    plans: dict[tuple[int, int], list[Decimal | None]] = defaultdict(lambda: [None] * 12)
    if not chosen:
        return Monthly({}, {}, {}, {})
    rows = _counted(
        cut,
        Answer.indicator,
        Submission.unit,
        Period.number,
        fn.SUM(Answer.number).coerce(False),
        fn.MIN(Submission.id),
    )
    rows = rows.where(Answer.indicator.in_(list(chosen))).group_by(Answer.indicator, Submission.unit, Period.number)
    for indicator, office, month, stored, submission in rows.tuples():
        values[indicator, office][month - 1] = Decimal(stored) / SCALE
        sources[indicator, office][month - 1] = submission
    if chosen & (otherwise := adjusted(cut)).indicators:
        for mapping in (values, sources):
            for key in [key for key in mapping if key[0] in otherwise.indicators]:
                del mapping[key]
        for (indicator, office, month), value in otherwise.values.items():
            if indicator in chosen:
                values[indicator, office][month - 1] = value
                sources[indicator, office][month - 1] = otherwise.sources[indicator, office, month]
    query = (
        MonthPlan.select(Target.indicator, Target.unit, MonthPlan.month, MonthPlan.value).join(Target).join(Indicator)
    )
    for indicator, office, month, value in _of_year(query, cut).where(Target.indicator.in_(list(chosen))).tuples():
        plans[indicator, office][month - 1] = value
    targets = {key: value for key, value in _pairs(_targets(cut)) if key[0] in chosen}
    return Monthly(dict(values), dict(sources), dict(plans), targets)


@reading
def headlines(cut: Cut) -> dict[int, tuple[Outcome, ...]]:
    """Return, for each leading indicator's id, its outcome over all offices at the end of every month so far."""
    found_by_month = monthly(cut)
    values, targets = found_by_month.values, found_by_month.targets
    made: dict[int, tuple[Outcome, ...]] = {}
    for facts in leading(cut):
        keys = sorted(key for key in {*targets, *values} if key[0] == facts.id)
        outcomes = []
        for month in range(1, cut.last_period + 1):
            found = []
            for key in keys:
                planned = found_by_month.plans.get(key, ())
                plan = planned_to_date(planned, targets.get(key), month, facts.month_rule)
                value = combined(values[key][:month], facts.month_rule) if key in values else None
                found.append(Cell(value, plan if key in targets else None, targets.get(key)))
            outcomes.append(outcome(facts, found))
        made[facts.id] = tuple(outcomes)
    return made


@dataclass(frozen=True)
class Course:
    """An indicator's sums over all offices month by month: `plan` for twelve months, `value` until the cut's."""

    plan: tuple[Decimal | None, ...]
    value: tuple[Decimal | None, ...]


@reading
def courses(cut: Cut) -> dict[int, Course]:
    """Return, for each indicator added up over months and offices, its course over the year (not cumulative)."""
    summed = {facts.id for facts in indicators(cut) if facts.month_rule is facts.unit_rule is Aggregation.SUM}
    plans: dict[int, list[Decimal | None]] = defaultdict(lambda: [None] * 12)
    values: dict[int, list[Decimal | None]] = defaultdict(lambda: [None] * 12)
    query = (
        MonthPlan.select(Target.indicator, MonthPlan.month, fn.SUM(MonthPlan.value).coerce(False))
        .join(Target)
        .join(Indicator)
    )
    planned = within(_of_year(query, cut), cut, Target.unit)
    for indicator, month, stored in planned.group_by(Target.indicator, MonthPlan.month).tuples():
        if indicator in summed:
            plans[indicator][month - 1] = Decimal(stored) / SCALE
    rows = _counted(cut, Answer.indicator, Period.number, fn.SUM(Answer.number).coerce(False))
    for indicator, month, stored in rows.group_by(Answer.indicator, Period.number).tuples():
        if indicator in summed:
            values[indicator][month - 1] = Decimal(stored) / SCALE
    otherwise = adjusted(cut)
    for indicator in sorted(summed & otherwise.indicators):
        values.pop(indicator, None)
    for (indicator, _, month), value in otherwise.values.items():
        if indicator in summed:
            values[indicator][month - 1] = value + (values[indicator][month - 1] or Decimal(0))
    return {i: Course(tuple(plans[i]), tuple(values[i])) for i in sorted(summed) if i in plans or i in values}


def cumulated(months: Iterable[Decimal | None], until: int) -> tuple[Decimal | None, ...]:
    """Return running totals of the months up to `until`; a month nobody reported keeps the total, nothing before
    the first value is known."""
    made: list[Decimal | None] = []
    total: Decimal | None = None
    for month, value in enumerate(months, 1):
        if value is not None:
            total = value + (total or Decimal(0))
        made.append(total if month <= until else None)
    return tuple(made)


WORST = (Standing.PROBLEM, Standing.WATCH, Standing.ON_TRACK, Standing.NO_VALUE)


def worst(standings: Iterable[Standing]) -> Standing:
    """Return the worst of several standings; NO_VALUE only where nothing has a value."""
    return min(standings, key=WORST.index, default=Standing.NO_VALUE)
