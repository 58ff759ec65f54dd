"""What the targets are filled from: the plan tree, results and plans by month, money by category, problems told.

Figures are of single months, never cumulative (domain.md section 6.1). What counts is what was verified; a report that
was verified before and is being corrected, or waits to be verified again, counts as it was verified last.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from peewee import JOIN, SQL, fn

from models import (
    Activity,
    Answer,
    BudgetCategory,
    BudgetLine,
    Disbursement,
    Form,
    FormVersion,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Period,
    Plan,
    Project,
    Submission,
    Target,
    Unit,
)
from portal.database import read, tuples
from portal.reports.chapter import Cut
from portal.reports.figures import money, restored, series, voices
from portal.reports.figures.offices import year_id
from portal.reports.figures.restored import Restored
from portal.reports.figures.voices import Voice
from portal.rules import handoffs
from portal.rules.handoffs import Span
from portal.rules.progress import Aggregation, combined
from portal.rules.terms import Nature, PeriodKind
from portal.rules.workflow import State

SCALE = 10_000
MONTHS = 12
MOST_TOLD = 5
Months = tuple[Decimal | None, ...]


@dataclass(frozen=True)
class ProjectFacts:
    """A project with its links of three levels."""

    id: int
    code: str
    name: str
    plan_code: str
    plan: str
    strategy: str
    plan_master: str
    plan_action: str
    master: str
    action: str
    owner: str
    objective: str
    expected_outcome: str
    area: str
    starts_on: dt.date
    ends_on: dt.date
    is_priority: bool

    @property
    def key(self) -> str:
        """What tells it from others of the year."""
        return f"{self.plan_code}/{self.code}"


@dataclass(frozen=True)
class ActivityFacts:
    """A main activity, or a sub-activity of `parent`."""

    id: int
    project: int
    parent: int | None
    code: str
    name: str
    starts_on: dt.date | None
    ends_on: dt.date | None


@dataclass(frozen=True)
class IndicatorFacts:
    """An indicator with its unit of measure and its rules over months and offices."""

    id: int
    activity: int
    code: str
    name: str
    measure_code: str
    measure: str
    decimals: int
    month_rule: Aggregation
    unit_rule: Aggregation
    is_headline: bool


@dataclass(frozen=True)
class Line:
    """Money of one project (None: of none), category and nature. Satang; what was moved by month."""

    project: int | None
    category: int
    nature: Nature
    act: int
    granted: int
    received: int
    paid: tuple[int, ...]
    ordered: tuple[int, ...]
    reserved: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """Everything of one fiscal year up to the last month of a span."""

    cut: Cut
    span: Span
    projects: tuple[ProjectFacts, ...]
    activities: Mapping[int, ActivityFacts]
    indicators: tuple[IndicatorFacts, ...]
    plans: Mapping[int, Months]
    results: Mapping[int, Months]
    targets: Mapping[int, Decimal | None]
    lines: tuple[Line, ...]
    categories: Mapping[int, tuple[str, str]]
    course: Mapping[Nature, Months]
    problems: Mapping[int, tuple[Voice, ...]]

    def indicators_of(self, project: int) -> list[IndicatorFacts]:
        """Return the indicators of a project, in the order of its activities."""
        return [one for one in self.indicators if self.activities[one.activity].project == project]

    def leading(self, project: int) -> list[IndicatorFacts]:
        """Return the indicators a project is judged by: its headline ones, or its first where it has none."""
        listed = self.indicators_of(project)
        return [one for one in listed if one.is_headline] or listed[:1]

    def main(self, activity: int) -> ActivityFacts:
        """Return the main activity that an activity belongs to: itself where it has no parent."""
        held = self.activities[activity]
        while held.parent is not None and held.parent in self.activities:
            held = self.activities[held.parent]
        return held

    def to_date(self, indicator: IndicatorFacts, months: Months, first: int, last: int) -> Decimal | None:
        """Return the months from `first` to `last` as one value, by the indicator's rule over months."""
        return rounded(indicator, combined(months[first - 1 : last], indicator.month_rule))

    def paid(self, project: int, first: int, last: int) -> Decimal:
        """Return what a project was paid in the months from `first` to `last`, in baht."""
        return baht(sum(sum(line.paid[first - 1 : last]) for line in self.lines if line.project == project))

    def granted(self, project: int) -> Decimal:
        """Return a project's budget after transfers, in baht."""
        return baht(sum(line.granted for line in self.lines if line.project == project))

    def told(self, project: int, months: Iterable[int]) -> tuple[str, str]:
        """Return the problems offices told most often in these months, and their remedies, each as one text."""
        wanted = set(months)
        listed = voices.told([v for v in self.problems.get(project, ()) if v.month in wanted], MOST_TOLD)
        problems = [f"{n}) {one.problem} ({one.offices} หน่วยงาน)" for n, one in enumerate(listed, 1)]
        remedies = [f"{n}) {one.remedy}" for n, one in enumerate(listed, 1) if one.remedy]
        return " ".join(problems), " ".join(remedies)


def gather(span: Span, *, is_provisional: bool, at: dt.datetime) -> Figures:
    """Read everything the targets need, each kind with one query. Call inside one reading of the store."""
    cut = Cut(fiscal_year=span.year, period=span.last, cut_at=at)
    indicators = _indicators(cut)
    states = handoffs.counted(is_provisional=is_provisional)
    before = restored.last_verified(cut, [s for s in (State.RETURNED, State.SUBMITTED) if s not in states])
    by_office = _results(cut, states, before)
    planned, goals = _plans(cut)
    return Figures(
        cut=cut,
        span=span,
        projects=_projects(cut),
        activities={one.id: one for one in _activities(cut)},
        indicators=indicators,
        plans={one.id: _combined(one, planned.get(one.id, {}), MONTHS) for one in indicators},
        results={one.id: _combined(one, by_office.get(one.id, {}), span.last) for one in indicators},
        targets={one.id: rounded(one, combined(goals.get(one.id, ()), one.unit_rule)) for one in indicators},
        lines=_lines(cut),
        categories=_categories(),
        course=_course(cut),
        problems=_problems(cut, states, before),
    )


def baht(satang: int) -> Decimal:
    """Return satang as baht."""
    return Decimal(satang) / 100


def rounded(indicator: IndicatorFacts, value: Decimal | None) -> Decimal | None:
    """Return a value with the decimals of its unit of measure, at least two where an average was formed."""
    if value is None:
        return None
    averaged = Aggregation.AVERAGE in (indicator.month_rule, indicator.unit_rule)
    decimals = max(indicator.decimals, 2) if averaged else 4
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _combined(
    indicator: IndicatorFacts, by_month: Mapping[int, Mapping[int, Decimal]], last: int
) -> tuple[Decimal | None, ...]:
    months: list[Decimal | None] = [None] * MONTHS
    for month in range(1, last + 1):
        offices = by_month.get(month, {})
        found = combined([offices[office] for office in sorted(offices)], indicator.unit_rule)
        months[month - 1] = rounded(indicator, found)
    return tuple(months)


# ---------------------------------------------------------------- the plan tree


def _projects(cut: Cut) -> tuple[ProjectFacts, ...]:
    query = (
        Project.select(
            Project.id, Project.code, Project.name, Plan.code, Plan.name, Plan.strategy, Plan.master_plan,
            Plan.action_plan, Project.master_plan, Project.action_plan, Unit.name, Project.objective,
            Project.expected_outcome, Project.area, Project.starts_on, Project.ends_on, Project.is_priority,
        )
        .join(Plan)
        .switch(Project)
        .join(Unit, on=(Project.owner == Unit.id))
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Plan.position, Plan.code, Project.position, Project.code, Project.id)
    )  # fmt: skip
    return tuple(read(query, ProjectFacts))


def _activities(cut: Cut) -> tuple[ActivityFacts, ...]:
    query = (
        Activity.select(
            Activity.id, Activity.project, Activity.parent, Activity.code, Activity.name, Activity.starts_on,
            Activity.ends_on,
        )
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Plan.position, Plan.code, Project.position, Project.code, Activity.position, Activity.code)
    )  # fmt: skip
    return tuple(read(query, ActivityFacts))


def _indicators(cut: Cut) -> tuple[IndicatorFacts, ...]:
    query = (
        Indicator.select(
            Indicator.id, Indicator.activity, Indicator.code, Indicator.name, MeasureUnit.code, MeasureUnit.name,
            MeasureUnit.decimals, Indicator.month_rule, Indicator.unit_rule, Indicator.is_headline,
        )
        .join(Activity)
        .join(Project)
        .join(Plan)
        .switch(Indicator)
        .join(MeasureUnit)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(
            Plan.position, Plan.code, Project.position, Project.code, Activity.position, Activity.code,
            Indicator.position, Indicator.code,
        )
    )  # fmt: skip
    return tuple(read(query, IndicatorFacts))


def _plans(cut: Cut) -> tuple[dict[int, dict[int, dict[int, Decimal]]], dict[int, list[Decimal]]]:
    """Return plans by indicator, month and office (0 = all, added up), and each indicator's targets of the year."""
    goals: dict[int, list[Decimal]] = defaultdict(list)
    of_year = (
        Target.select(Target.indicator, Target.value)
        .join(Indicator).join(Activity).join(Project).join(Plan)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Target.unit)
    )  # fmt: skip
    for indicator, value in tuples(of_year):
        goals[indicator].append(value)
    planned: dict[int, dict[int, dict[int, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for is_summed in (True, False):
        by, office = _offices(Target.unit, is_summed)
        keys = (Target.indicator, MonthPlan.month)
        by_month = (
            MonthPlan.select(*keys, office, fn.SUM(MonthPlan.value).coerce(False))
            .join(Target).join(Indicator).join(Activity).join(Project).join(Plan)
            .where(Plan.fiscal_year == year_id(cut), _is_of(is_summed))
            .group_by(*keys, *by)
        )  # fmt: skip
        for indicator, month, place, stored in tuples(by_month):
            planned[indicator][month][place] = Decimal(int(stored)) / SCALE
    return planned, goals


def _offices(office: Any, is_summed: bool) -> tuple[tuple[Any, ...], Any]:
    """Return by what to group and what stands for the office: where offices are added up, the store does it (as 0)."""
    return ((), SQL("0")) if is_summed else ((office,), office)


def _is_of(is_summed: bool) -> Any:
    """The condition that an indicator's offices are added up, or are not."""
    rule = Indicator.unit_rule
    return rule == Aggregation.SUM if is_summed else rule != Aggregation.SUM


# ---------------------------------------------------------------- results


def _results(
    cut: Cut, states: frozenset[State], before: tuple[Restored, ...]
) -> dict[int, dict[int, dict[int, Decimal]]]:
    """Return results by indicator, month and office: of reports in these states, and of others as verified `before`.

    Answers to older versions of a form count in today's terms.
    """
    goals = series.series(cut).goals
    moved = sorted({version for version, _ in goals})
    found: dict[int, dict[int, dict[int, Decimal]]] = defaultdict(lambda: defaultdict(dict))

    def add(version: int, key: str, indicator: int | None, office: int, month: int, number: Decimal) -> None:
        goal = goals.get((version, key), series.Goal(indicator, Decimal(1)))
        if goal.indicator is not None:
            held = found[goal.indicator][month]
            held[office] = held.get(office, Decimal(0)) + number * goal.factor

    for is_summed in (True, False):
        by, office = _offices(Submission.unit, is_summed)
        keys = (Answer.indicator, Period.number)
        of = Answer.indicator.in_(Indicator.select(Indicator.id).where(_is_of(is_summed)))
        query = _counted(cut, states, *keys, office, fn.SUM(Answer.number).coerce(False)).where(of)
        if moved:
            query = query.where(Submission.form_version.not_in(moved))
        for indicator, month, place, stored in tuples(query.group_by(*keys, *by)):
            found[indicator][month][place] = Decimal(int(stored)) / SCALE
    if moved:
        columns = (
            Submission.form_version, Answer.key, Answer.indicator, Submission.unit, Period.number, Answer.number,
        )  # fmt: skip
        for row in tuples(_counted(cut, states, *columns).where(Submission.form_version.in_(moved))):
            add(*row)
    for each in before:
        add(each.version, each.key, each.indicator, each.office, each.month, each.number)
    return found


def _counted(cut: Cut, states: Iterable[State], *columns: Any) -> Any:
    return (
        Answer.select(*columns)
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state.in_(sorted(states)),
            Answer.number.is_null(False),
        )
    )


def _problems(cut: Cut, states: frozenset[State], before: tuple[Restored, ...]) -> dict[int, tuple[Voice, ...]]:
    """Return the problems told in reports that count, by project, with their remedies.

    A report that counts as it was verified last is heard in its present words.
    """
    remedy = Answer.alias()
    heard = Submission.state.in_(sorted(states)) | Submission.id.in_(sorted({one.submission for one in before}))
    rows = (
        Answer.select(Form.project, Submission.unit, Period.number, Answer.text, fn.COALESCE(remedy.text, ""))
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .switch(Submission)
        .join(FormVersion, on=(Submission.form_version == FormVersion.id))
        .join(Form, on=(FormVersion.form == Form.id))
        .join(
            remedy,
            JOIN.LEFT_OUTER,
            on=((remedy.submission == Answer.submission) & (remedy.key == voices.REMEDIES) & (remedy.row == 0)),
        )
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            heard,
            Form.project.is_null(False),
            Answer.key == voices.PROBLEMS,
            Answer.row == 0,
            Answer.text != "",
        )
        .order_by(Period.number, Submission.unit, Answer.id)
    )
    made: dict[int, list[Voice]] = defaultdict(list)
    for project, office, month, problem, cure in tuples(rows):
        made[project].append(Voice(project, office, month, voices.shortened(problem), voices.shortened(cure)))
    return {project: tuple(told) for project, told in made.items()}


# ---------------------------------------------------------------- money


def _lines(cut: Cut) -> tuple[Line, ...]:
    by = (BudgetLine.project, BudgetLine.category, BudgetLine.nature)
    of_year = BudgetLine.fiscal_year == year_id(cut)
    amounts = (BudgetLine.act, BudgetLine.after_transfers, BudgetLine.received)
    grants = BudgetLine.select(*by, *(fn.SUM(each) for each in amounts)).where(of_year).group_by(*by)
    moves = (Disbursement.disbursed, Disbursement.ordered, Disbursement.reserved)
    moved: dict[tuple[int | None, int, str], dict[int, tuple[int, ...]]] = defaultdict(dict)
    rows = (
        Disbursement.select(*by, Disbursement.month, *(fn.SUM(each) for each in moves))
        .join(BudgetLine)
        .where(of_year, Disbursement.month <= cut.last_period)
        .group_by(*by, Disbursement.month)
    )
    for project, category, nature, month, *sums in tuples(rows):
        moved[project, category, str(nature)][month] = tuple(int(each) for each in sums)
    made = []
    for project, category, nature, *granted in tuples(grants):
        months = moved.get((project, category, str(nature)), {})
        paid, ordered, reserved = zip(*(months.get(n, (0, 0, 0)) for n in range(1, MONTHS + 1)), strict=True)
        act, after, received = (int(each) for each in granted)
        made.append(Line(project, category, Nature(nature), act, after, received, paid, ordered, reserved))
    return tuple(sorted(made, key=lambda one: (one.project or 0, one.category, one.nature)))


def _categories() -> dict[int, tuple[str, str]]:
    rows = BudgetCategory.select(BudgetCategory.id, BudgetCategory.code, BudgetCategory.name)
    return {ident: (code, name) for ident, code, name in tuples(rows)}


def _course(cut: Cut) -> dict[Nature, Months]:
    """Return what is to be disbursed in each month by the cabinet's targets, in percent of the budget (not to date)."""
    targets = money.targets(cut)
    made: dict[Nature, Months] = {}
    for nature in Nature:
        to_date = (Decimal(0), *targets.course(nature))
        made[nature] = tuple(
            None if now is None or before is None else now - before for before, now in itertools.pairwise(to_date)
        )
    return made


def planned_spending(line: Line, course: Mapping[Nature, Months]) -> Sequence[Decimal | None]:
    """Return a line's spending plan by month in baht: its budget along the cabinet's targets. None without a target.

    Nobody plans spending by month in the portal yet; domain.md section 4.3 gives the straight line (inferred).
    """
    return [
        None if share is None else (baht(line.granted) * share / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for share in course[line.nature]
    ]
