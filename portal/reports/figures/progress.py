"""Progress of indicators at the end of a month: the month, to date, shares of plan and of the year, forecast; and how
many stand how, by office, region and project. The plan is the one as it stands, or an approved version.

Readings do not grow with offices: what `results.cells` reads, and one more for the month itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from peewee import fn

from models import Answer, MonthPlan, Period, Submission, Target
from portal.database import unconverted
from portal.reports.chapter import Cut
from portal.reports.figures import reading, results, voices
from portal.reports.figures.offices import Office, offices, year_id
from portal.reports.figures.results import Cell, IndicatorFacts, ProjectFacts
from portal.rules import progress
from portal.rules.progress import Forecast, Standing, combined, share, standing
from portal.rules.terms import PeriodKind
from portal.rules.workflow import COUNTED

SCALE = 10_000


class By(StrEnum):
    """What the rows of the progress page are."""

    INDICATOR = "indicator"
    PROJECT = "project"
    UNIT = "unit"
    REGION = "region"


@dataclass(frozen=True)
class Figure:
    """One indicator over some offices at the end of a month, by its own rules. Shares in percent, unrounded.

    `month` is what the month alone brought, `value` the result to date, `plan` what was planned to date, `target` the
    year's. `of_plan` is the result in percent of the plan to date, `of_year` of the year's target, `expected` the
    forecast in percent of the year's target; `outlook` how the forecast stands against it. `offices` reported, of
    `owing` with a target; `behind` of them are a problem.
    """

    month: Decimal | None
    value: Decimal | None
    plan: Decimal | None
    target: Decimal | None
    of_plan: Decimal | None
    of_year: Decimal | None
    forecast: Forecast
    expected: Decimal | None
    standing: Standing
    outlook: Standing
    offices: int
    owing: int
    behind: int


@dataclass(frozen=True)
class Tally:
    """How the indicators of a group stand: counts, and the share of those judged that are on track."""

    counts: Mapping[Standing, int]

    @property
    def judged(self) -> int:
        """How many have both a result and a plan: the denominator of `on_track`."""
        return sum(n for state, n in self.counts.items() if state is not Standing.NO_VALUE)

    @property
    def total(self) -> int:
        """How many have a target here."""
        return sum(self.counts.values())

    @property
    def on_track(self) -> Decimal | None:
        """Return the indicators on track in percent of those judged. Indicators are counted; no percentage is added."""
        return share(self.counts.get(Standing.ON_TRACK, 0), self.judged)


@dataclass(frozen=True)
class Line:
    """One row: an indicator with its figure, or a group of indicators with its tally."""

    key: str
    code: str
    name: str
    facts: IndicatorFacts | None = None
    figure: Figure | None = None
    tally: Tally | None = None


@dataclass(frozen=True)
class Narrowed:
    """Which offices and which project are looked at; None = all."""

    unit: int | None = None
    region: str | None = None
    project: int | None = None


class Progress:
    """The figures of one cut, read once. `version` is the content of an approved plan to measure against."""

    def __init__(self, cut: Cut, narrowed: Narrowed, version: Mapping[str, Any] | None = None) -> None:
        self.cut, self.narrowed = cut, narrowed
        self.projects: dict[int, ProjectFacts] = {one.id: one for one in results.projects(cut)}
        self.indicators = [
            one for one in results.indicators(cut) if narrowed.project in (None, one.project_id)
        ]  # fmt: skip
        self.offices: dict[int, Office] = {
            one.id: one
            for one in offices(cut)
            if narrowed.unit in (None, one.id) and narrowed.region in (None, one.region_code)
        }
        self.cells = results.cells(cut)
        if version is not None:
            self.cells = _against(version, self.cells, self.indicators, self.offices, cut.last_period)
        self.months = month_values(cut)

    def figure(self, facts: IndicatorFacts, chosen: Iterable[int] | None = None) -> Figure:
        """Return an indicator's figure over the offices chosen, or over all that are looked at."""
        listed = self.offices if chosen is None else chosen
        held = self.cells.get(facts.id, {})
        cells = {office: held[office] for office in listed if office in held}
        found = results.outcome(facts, cells.values())
        months = [self.months[key] for office in listed if (key := (facts.id, office)) in self.months]
        expected = progress.forecast(found.value, found.plan, found.target, self.cut.last_period, facts.month_rule)
        return Figure(
            month=combined(months, facts.unit_rule), value=found.value, plan=found.plan, target=found.target,
            of_plan=progress.of_plan_to_date(found.value, found.plan, facts.direction),
            of_year=progress.of_year_target(found.value, found.target), forecast=expected,
            expected=share(expected.value, found.target), standing=found.standing,
            outlook=standing(expected.value, found.target, facts.direction, Decimal(100), facts.thresholds),
            offices=found.offices, owing=found.owing,
            behind=sum(_stands(facts, cell) is Standing.PROBLEM for cell in cells.values()),
        )  # fmt: skip

    def lines(self, by: By) -> list[Line]:
        """Return the rows, in the order of the plan or of the regions."""
        if by is By.INDICATOR:
            return [Line(str(one.id), one.code, one.name, one, self.figure(one)) for one in self.indicators]
        if by is By.PROJECT:
            of_project: dict[int, list[Standing]] = defaultdict(list)
            for one in self.indicators:
                found = self.figure(one)
                if found.target is not None:
                    of_project[one.project_id].append(found.standing)
            return [
                Line(str(ident), self.projects[ident].code, self.projects[ident].name, tally=_tally(states))
                for ident, states in of_project.items()
            ]
        groups: dict[str, list[Office]] = defaultdict(list)
        for office in self.offices.values():
            groups[office.code if by is By.UNIT else office.region_code].append(office)
        return [self._group(by, key, listed) for key, listed in groups.items()]

    def _group(self, by: By, key: str, listed: list[Office]) -> Line:
        states = []
        for one in self.indicators:
            held = self.cells.get(one.id, {})
            cells = [held[office.id] for office in listed if office.id in held]
            if any(cell.target is not None for cell in cells):
                states.append(
                    _stands(one, cells[0]) if len(cells) == 1 else results.outcome(one, cells).standing
                )  # fmt: skip
        first = listed[0]
        name = first.name if by is By.UNIT else first.region
        return Line(str(first.id) if by is By.UNIT else key, first.code if by is By.UNIT else key, name,
                    tally=_tally(states))  # fmt: skip


def _tally(states: Iterable[Standing]) -> Tally:
    return Tally(Counter(states))


def _stands(facts: IndicatorFacts, cell: Cell) -> Standing:
    """Return how one office stands: its own cell needs no adding up."""
    return standing(cell.value, cell.plan, facts.direction, share(cell.plan, cell.target), facts.thresholds)


@reading
def month_values(cut: Cut) -> dict[tuple[int, int], Decimal]:
    """Return what was reported for the cut's month alone, by (indicator, office)."""
    rows = (
        Answer.select(Answer.indicator, Submission.unit, fn.SUM(Answer.number).coerce(False))
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number == cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.indicator.is_null(False),
            Answer.number.is_null(False),
        )
        .group_by(Answer.indicator, Submission.unit)
    )
    otherwise = results.adjusted(cut)
    found = {
        (indicator, office): Decimal(int(stored)) / SCALE
        for indicator, office, stored in unconverted(rows)
        if indicator not in otherwise.indicators
    }
    for (indicator, office, month), value in otherwise.values.items():
        if month == cut.last_period:
            found[indicator, office] = value
    return found


@reading
def last_month(cut: Cut) -> int:
    """Return the latest month of the year of which a counted report is there, 0 when there is none."""
    found = (
        Submission.select(fn.MAX(Period.number))
        .join(Period)
        .where(
            Period.fiscal_year == year_id(cut), Period.kind == PeriodKind.MONTH, Submission.state.in_(COUNTED)
        )
        .scalar()
    )  # fmt: skip
    return int(found or 0)


def _against(
    version: Mapping[str, Any], cells: Mapping[int, Mapping[int, Cell]], listed: Iterable[IndicatorFacts],
    known: Mapping[int, Office], month: int,
) -> dict[int, dict[int, Cell]]:  # fmt: skip
    """Return the cells with plan and target of an approved version; values stay."""
    made: dict[int, dict[int, Cell]] = {}
    by_code = {office.code: office.id for office in known.values()}
    for facts in listed:
        held = cells.get(facts.id, {})
        planned: dict[int, list[int | None]] = {
            by_code[code]: numbers
            for code, numbers in version["targets"].get(f"indicator-{facts.id}", {}).items()
            if code in by_code
        }
        made[facts.id] = {}
        for office in dict.fromkeys((*planned, *held)):
            value = held[office].value if office in held else None
            numbers = planned.get(office)
            if numbers is None:
                if value is not None:
                    made[facts.id][office] = Cell(value, None, None)
                continue
            target = Decimal(numbers[0] or 0) / SCALE
            months = [None if one is None else Decimal(one) / SCALE for one in numbers[1:13]]
            plan = progress.planned_to_date(months, target, month, facts.month_rule)
            made[facts.id][office] = Cell(value, plan, target)
    return made


# ---------------------------------------------------------------- behind plan


@dataclass(frozen=True)
class Behind:
    """An indicator behind its plan: why, and what is done about it, in the offices' own words; who answers for it."""

    facts: IndicatorFacts
    project: ProjectFacts
    figure: Figure
    said: tuple[voices.Told, ...]


def behind(found: Progress, *, most: int = 2) -> list[Behind]:
    """Return the indicators that are a problem or to be watched, the furthest behind first.

    Causes and remedies are those told most often in the reports of the project by the offices that are looked at.
    """
    of_project: dict[int | None, list[voices.Voice]] = defaultdict(list)
    for voice in voices.voices(found.cut):
        if voice.office in found.offices:
            of_project[voice.project].append(voice)
    rows = []
    for facts in found.indicators:
        figure = found.figure(facts)
        if figure.standing in (Standing.PROBLEM, Standing.WATCH):
            said = voices.told(of_project[facts.project_id], most)
            rows.append(Behind(facts, found.projects[facts.project_id], figure, said))
    rows.sort(key=lambda row: (row.figure.standing is not Standing.PROBLEM, row.figure.of_plan or Decimal(0)))
    return rows


# ---------------------------------------------------------------- one indicator through the year


@dataclass(frozen=True)
class Month:
    """One month of an indicator over some offices: planned and reported in it, and both to date."""

    month: int
    plan: Decimal | None
    value: Decimal | None
    plan_to_date: Decimal | None
    value_to_date: Decimal | None
    of_plan: Decimal | None


def course(found: Progress, facts: IndicatorFacts, answers: Mapping[tuple[int, int], Decimal],
           plans: Mapping[tuple[int, int], Decimal]) -> list[Month]:  # fmt: skip
    """Return the twelve months of an indicator. `answers` and `plans` are by (office, month).

    To date each office's months become one by the rule over months, then offices by the rule over offices.
    """
    rows = []
    held = found.cells.get(facts.id, {})
    for month in range(1, 13):
        is_past = month <= found.cut.last_period
        now = [answers.get((office, month)) for office in found.offices]
        until = [
            combined([answers.get((office, m)) for m in range(1, month + 1)], facts.month_rule)
            for office in found.offices
        ]
        planned = [plans.get((office, month)) for office in found.offices]
        to_date = [
            progress.planned_to_date(
                [plans.get((office, m)) for m in range(1, 13)],
                held[office].target if office in held else None, month, facts.month_rule,
            )
            for office in found.offices
        ]  # fmt: skip
        plan = combined(to_date, facts.unit_rule)
        value = combined(until, facts.unit_rule) if is_past else None
        rows.append(Month(
            month, combined(planned, facts.unit_rule), combined(now, facts.unit_rule) if is_past else None, plan, value,
            progress.of_plan_to_date(value, plan, facts.direction),
        ))  # fmt: skip
    return rows


def answers_of(cut: Cut, indicator: int) -> dict[tuple[int, int], Decimal]:
    """Return what was reported of one indicator, by (office, month), up to the cut's month."""
    otherwise = results.adjusted(cut)
    if indicator in otherwise.indicators:
        return {(office, month): v for (ident, office, month), v in otherwise.values.items() if ident == indicator}
    rows = (
        Answer.select(Submission.unit, Period.number, fn.SUM(Answer.number).coerce(False))
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.indicator == indicator,
            Answer.number.is_null(False),
        )
        .group_by(Submission.unit, Period.number)
    )
    return {(office, month): Decimal(int(stored)) / SCALE for office, month, stored in unconverted(rows)}


def plans_of(indicator: int) -> dict[tuple[int, int], Decimal]:
    """Return the monthly plan of one indicator as it stands, by (office, month)."""
    rows = MonthPlan.select(Target.unit, MonthPlan.month, MonthPlan.value).join(Target)
    return {(o, m): value for o, m, value in rows.where(Target.indicator == indicator).tuples()}


def plans_then(version: Mapping[str, Any], facts: IndicatorFacts, known: Iterable[Office]) -> dict[
    tuple[int, int], Decimal
]:  # fmt: skip
    """Return the monthly plan of one indicator in an approved version, by (office, month)."""
    held = version["targets"].get(f"indicator-{facts.id}", {})
    return {
        (office.id, month): Decimal(held[office.code][month]) / SCALE
        for office in known
        if office.code in held
        for month in range(1, 13)
        if held[office.code][month] is not None
    }
