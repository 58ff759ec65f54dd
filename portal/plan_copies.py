"""A year's plan copied into another: the tree, and by choice indicators, targets, monthly plans and budgets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from models import Activity, FiscalYear, Indicator, MonthPlan, Person, Plan, Project, ProjectBudget, Target, Unit
from portal import records
from portal.errors import NotAllowed, RuleBroken
from portal.rules import access

AT_ONCE = 500
_LEFT_OUT = ("id", "version")


@dataclass(frozen=True)
class Choice:
    """What is copied beside plans, projects and activities; each asks for the one before it, budgets stand alone."""

    indicators: bool = True
    targets: bool = False
    months: bool = False
    budgets: bool = False


@dataclass(frozen=True)
class Code:
    """A code before and after the copy. `problem` says why it cannot be."""

    kind: str
    old: str
    new: str
    name: str
    problem: RuleBroken | None = None


@dataclass
class Preview:
    """What a copy would bring: counts by kind, and every indicator's code, because it is unique over all years."""

    counts: dict[str, int] = field(default_factory=dict)
    codes: list[Code] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    @property
    def problems(self) -> int:
        """How many codes cannot be."""
        return sum(code.problem is not None for code in self.codes)


def usual_prefix(year: FiscalYear) -> str:
    """Return how codes of indicators of a year begin when nobody says otherwise: `67-`."""
    return f"{year.year % 100:02d}-"


def code_in(code: str, source: FiscalYear, prefix: str) -> str:
    """Return an indicator's code in the other year: the old year's prefix gives way to the new one."""
    return prefix + code.removeprefix(usual_prefix(source))


def preview(source: FiscalYear, target: FiscalYear, choice: Choice, prefix: str) -> Preview:
    """Return what `copy` would do, and what stands in its way."""
    found = Preview()
    plans, projects, activities = _tree(source)
    there = {plan.code for plan in Plan.select().where(Plan.fiscal_year == target.id)}
    for plan in plans:
        problem = RuleBroken("The year has a plan with this code already.") if plan.code in there else None
        found.codes.append(Code("plan", plan.code, plan.code, plan.name, problem))
    found.counts = {"plan": len(plans), "project": len(projects), "activity": len(activities)}
    if choice.indicators:
        indicators = _indicators(activities)
        codes = {one.id: code_in(one.code, source, prefix) for one in indicators}
        taken = set(Indicator.select(Indicator.code).where(Indicator.code.in_(list(codes.values()))).tuples())
        for one in indicators:
            code, problem = codes[one.id], None
            if (code,) in taken or list(codes.values()).count(code) > 1:
                problem = RuleBroken("Another indicator has this code.")
            elif len(code) > 20:
                problem = RuleBroken("This is longer than {longest} characters.", longest=20)
            found.codes.append(Code("indicator", one.code, code, one.name, problem))
        found.counts["indicator"] = len(indicators)
        if choice.targets:
            rows, closed = _targets(indicators, target)
            found.counts["target"], found.closed = len(rows), sorted({unit.short for unit in closed})
            if choice.months:
                found.counts["month_plan"] = sum(1 for _ in _months(rows))
    if choice.budgets:
        found.counts["budget"] = (
            ProjectBudget.select().where(ProjectBudget.project.in_([p.id for p in projects])).count()
        )
    return found


def copy(
    source: FiscalYear, target: FiscalYear, choice: Choice, prefix: str, *, by: Person, at: dt.datetime
) -> dict[str, int]:
    """Copy a year's plan into another, all of it or nothing; return how many rows of each kind there are now.

    Days move by the years between; offices closed by then get no target. Raises NotAllowed, RuleBroken.
    """
    if not access.may_write(by.role, "Plan"):
        raise NotAllowed("Years are copied by the planning division.")
    if source.id == target.id:
        raise RuleBroken("Choose two different years.")
    seen = preview(source, target, choice, prefix)
    if not seen.counts["plan"]:
        raise RuleBroken("The year {year} has no plan to copy.", year=source.year)
    if seen.problems:
        raise RuleBroken("{n} codes cannot be; look at the list below.", n=seen.problems)
    shift = target.year - source.year
    plans, projects, activities = _tree(source)
    note = f"{source.year} → {target.year}"
    with records.changing(by=by, verb="copy_plan", at=at, note=note) as work:
        made: dict[int, Any] = {p.id: work.create(Plan, **_values(p, fiscal_year=target)) for p in plans}
        new_projects = {
            p.id: work.create(Project, **_values(
                p, plan=made[p.plan_id], starts_on=_moved(p.starts_on, shift), ends_on=_moved(p.ends_on, shift),
            ))
            for p in projects
        }  # fmt: skip
        new_activities: dict[int, Activity] = {}
        for one in activities:  # main activities first
            new_activities[one.id] = work.create(Activity, **_values(
                one, project=new_projects[one.project_id],
                parent=new_activities[one.parent_id] if one.parent_id else None,
                starts_on=_moved(one.starts_on, shift), ends_on=_moved(one.ends_on, shift),
            ))  # fmt: skip
        if choice.indicators:
            _copy_indicators(work, _indicators(activities), new_activities, source, target, choice, prefix)
        if choice.budgets:
            budgets = ProjectBudget.select().where(ProjectBudget.project.in_([p.id for p in projects]))
            work.create_many(ProjectBudget, (
                {"project": new_projects[b.project_id], "category": b.category_id, "amount": b.amount} for b in budgets
            ))  # fmt: skip
    return seen.counts


def _copy_indicators(
    work: records.Work, listed: list[Indicator], activities: dict[int, Activity], source: FiscalYear,
    target: FiscalYear, choice: Choice, prefix: str,
) -> None:  # fmt: skip
    made: dict[int, Indicator] = {}
    for one in listed:
        values = _values(one, activity=activities[one.activity_id], parent=None)
        made[one.id] = work.create(Indicator, **values | {"code": code_in(one.code, source, prefix)})
    for one in listed:
        if one.parent_id in made:
            work.update(made[one.id], parent=made[one.parent_id])
    if not choice.targets:
        return
    rows, _ = _targets(listed, target)
    new = [Target(indicator=made[row.indicator_id], unit=row.unit_id, value=row.value) for row in rows]
    _add(work, new)
    if choice.months:
        by_old = {old.id: row for old, row in zip(rows, new, strict=True)}
        months = _months(rows)
        _add(work, [MonthPlan(target=by_old[m.target_id], month=m.month, value=m.value) for m in months])


def _add(work: records.Work, rows: list[Any]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        for row in part:
            records.check_columns(row)
            work.admit(row, before_unit=row.unit_id if isinstance(row, Target) else row.target.unit_id, new=True)
        work.put_in(part)


def _tree(year: FiscalYear) -> tuple[list[Plan], list[Project], list[Activity]]:
    plans = list(Plan.select().where(Plan.fiscal_year == year.id).order_by(Plan.id))
    projects = list(Project.select().where(Project.plan.in_([p.id for p in plans])).order_by(Project.id))
    found = list(Activity.select().where(Activity.project.in_([p.id for p in projects])).order_by(Activity.id))
    activities: list[Activity] = []
    level = [one for one in found if one.parent_id is None]
    while level:
        activities += level
        above = {one.id for one in level}
        level = [one for one in found if one.parent_id in above]
    return plans, projects, activities


def _indicators(activities: list[Activity]) -> list[Indicator]:
    """Return the indicators with their unit of measure at hand, so that no check asks for it again."""
    return list(
        Indicator.select().where(Indicator.activity.in_([a.id for a in activities])).order_by(Indicator.id)
    )  # fmt: skip


def _targets(indicators: list[Indicator], year: FiscalYear) -> tuple[list[Target], list[Unit]]:
    """Return the targets of offices that are open in a year, and the offices that are not."""
    rows = Target.select(Target, Unit).join(Unit).where(Target.indicator.in_([i.id for i in indicators]))
    kept, closed = [], []
    for row in rows.order_by(Target.id):
        if row.unit.closed_on is not None and row.unit.closed_on <= year.starts_on:
            closed.append(row.unit)
        else:
            kept.append(row)
    return kept, closed


def _months(targets: list[Target]) -> Iterator[MonthPlan]:
    idents = [row.id for row in targets]
    for start in range(0, len(idents), AT_ONCE):
        rows = MonthPlan.select().where(MonthPlan.target.in_(idents[start : start + AT_ONCE]))
        yield from rows.order_by(MonthPlan.id)


def _values(row: Any, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in row.__data__.items() if name not in _LEFT_OUT} | changed


def _moved(day: dt.date | None, years: int) -> dt.date | None:
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
