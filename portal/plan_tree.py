"""The plan tree of a fiscal year: strategy links, plans, outputs and projects, activities, indicators; looked at whole
with totals and state at each node, and added to, renamed, moved and put in order node by node.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from peewee import JOIN, Case, fn

from models import (
    SCALE,
    Activity,
    FiscalYear,
    Indicator,
    Kept,
    MeasureUnit,
    MonthPlan,
    Person,
    Plan,
    Project,
    ProjectBudget,
    Table,
    Target,
    Unit,
)
from portal import records
from portal.database import tuples
from portal.errors import NotFound, RuleBroken
from portal.rules.progress import Aggregation
from portal.rules.terms import ProjectKind, Ready

TABLES: dict[str, type[Kept]] = {"plan": Plan, "project": Project, "activity": Activity, "indicator": Indicator}
# What may stand under what; a sub-activity is an activity under an activity.
UNDER = {"plan": ("year",), "project": ("plan",), "activity": ("project", "activity"), "indicator": ("activity",)}
WORST = (Ready.LACKING, Ready.DIFFERS, Ready.READY, Ready.EMPTY)


@dataclass
class Node:
    """One node with what stands under it. `key` is `project-12`; a strategy's is its place among the strategies.

    `budget` is in satang, of the node and all below it; None where no project below it has one. An indicator also has
    its `target` over all units by its own rule, what months plan of it (`planned`, added up), how many `units` have a
    target, how many of them have `unplanned` months and in how many the months do not come to the target (`differs`).
    """

    key: str
    kind: str
    code: str
    name: str
    level: int = 0
    owner: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    is_output: bool = False
    is_marked: bool = False
    budget: int | None = None
    indicators: int = 0
    measure: str = ""
    decimals: int = 0
    target: Decimal | None = None
    planned: Decimal | None = None
    units: int = 0
    unplanned: int = 0
    differs: int = 0
    ready: Ready = Ready.EMPTY
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The number of its record; 0 for a strategy."""
        return int(self.key.rpartition("-")[2]) if self.kind in TABLES else 0

    def walk(self) -> Iterator[Node]:
        """Yield the node and everything below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(year: FiscalYear) -> Node:
    """Return the year's whole tree under one node, with totals and states. Six statements."""
    root = Node(f"year-{year.id}", "year", str(year.year), "", level=0)
    known: dict[str, Node] = {}
    _plans(year, root, known)
    _projects(year, known)
    _activities(year, known)
    _indicators(year, known)
    _add_up(root, 0)
    return root


def planned_years() -> set[int]:
    """Return the fiscal years that have a plan."""
    rows = FiscalYear.select(FiscalYear.year).where(FiscalYear.id.in_(Plan.select(Plan.fiscal_year)))
    return {year for (year,) in tuples(rows)}


def _hang(node: Node, under: Node, known: dict[str, Node]) -> None:
    known[node.key] = node
    node.parent = under
    under.children.append(node)


def _plans(year: FiscalYear, root: Node, known: dict[str, Node]) -> None:
    """Hang plans under the strategies of three levels that they serve; a level that a plan does not name is left out.

    Strategies stand in the order in which the plans first name them.
    """
    for plan in Plan.select().where(Plan.fiscal_year == year.id).order_by(Plan.position, Plan.code):
        at, path = root, ""
        for number, words in enumerate((plan.strategy, plan.master_plan, plan.action_plan), 1):
            if words:
                path += f"{number}:{words}\n"
                if path not in known:
                    known[path] = Node(f"strategy-{len(known)}", "strategy", str(number), words, parent=at)
                    at.children.append(known[path])
                at = known[path]
        _hang(Node(f"plan-{plan.id}", "plan", plan.code, plan.name), at, known)


def _projects(year: FiscalYear, known: dict[str, Node]) -> None:
    budgets = ProjectBudget.select(ProjectBudget.project, fn.SUM(ProjectBudget.amount)).group_by(ProjectBudget.project)
    costs = dict(tuples(budgets))
    rows = Project.select(Project, Unit).join(Unit).switch(Project).join(Plan).where(Plan.fiscal_year == year.id)
    for one in rows.order_by(Project.position, Project.code):
        cost = costs.get(one.id)
        node = Node(
            f"project-{one.id}", "project", one.code, one.name, owner=one.owner.short, starts_on=one.starts_on,
            ends_on=one.ends_on, is_output=one.kind is ProjectKind.OUTPUT, is_marked=one.is_priority,
            budget=None if cost is None else int(cost),
        )  # fmt: skip
        _hang(node, known[f"plan-{one.plan_id}"], known)


def _activities(year: FiscalYear, known: dict[str, Node]) -> None:
    rows = (
        Activity.select(Activity, Unit)
        .join(Unit, JOIN.LEFT_OUTER, on=(Activity.owner == Unit.id))
        .switch(Activity)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .order_by(Activity.position, Activity.code)
    )
    waiting = {}
    for one in rows:
        waiting[one.id] = (one, Node(
            f"activity-{one.id}", "activity", one.code, one.name, owner=one.owner.short if one.owner_id else "",
            starts_on=one.starts_on, ends_on=one.ends_on,
        ))  # fmt: skip
    known.update({node.key: node for _, node in waiting.values()})
    for one, node in waiting.values():
        _hang(node, known[f"activity-{one.parent_id}" if one.parent_id else f"project-{one.project_id}"], known)


def _indicators(year: FiscalYear, known: dict[str, Node]) -> None:
    found = _aims(year)
    rows = (
        Indicator.select(Indicator, MeasureUnit)
        .join(MeasureUnit)
        .switch(Indicator)
        .join(Activity)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .order_by(Indicator.position, Indicator.code)
    )
    for one in rows:
        node = Node(
            f"indicator-{one.id}", "indicator", one.code, one.name, measure=one.measure_unit.name,
            decimals=one.measure_unit.decimals, is_marked=one.is_headline, indicators=1,
        )  # fmt: skip
        if (aim := found.get(one.id)) is not None:
            node.units, node.unplanned, node.differs = aim.units, aim.unplanned, aim.differs
            node.target = aim.over_units(one.unit_rule)
            if one.month_rule is Aggregation.SUM and one.unit_rule is Aggregation.SUM:
                node.planned = aim.planned
            node.ready = Ready.READY
            if one.month_rule is Aggregation.SUM and aim.differs:
                node.ready = Ready.DIFFERS
            if one.is_plan_forced and aim.unplanned:
                node.ready = Ready.LACKING
        _hang(node, known[f"activity-{one.activity_id}"], known)
    for node in known.values():  # indicators of an activity come before its sub-activities
        node.children.sort(key=lambda child: child.kind != "indicator")


@dataclass(frozen=True)
class _Aim:
    units: int
    total: Decimal
    greatest: Decimal
    planned: Decimal
    unplanned: int
    differs: int

    def over_units(self, rule: Aggregation) -> Decimal | None:
        if rule is Aggregation.SUM:
            return self.total
        if rule is Aggregation.NONE:
            return None
        return self.total / self.units if rule is Aggregation.AVERAGE else self.greatest


def _aims(year: FiscalYear) -> dict[int, _Aim]:
    months = (
        MonthPlan.select(MonthPlan.target.alias("target"), fn.SUM(MonthPlan.value).coerce(False).alias("planned"))
        .group_by(MonthPlan.target)
        .alias("months")
    )
    value, planned = Target.value.coerce(False), months.c.planned
    rows = (
        Target.select(
            Target.indicator, fn.COUNT(Target.id), fn.SUM(value).coerce(False), fn.MAX(value).coerce(False),
            fn.SUM(fn.COALESCE(planned, 0)).coerce(False), fn.SUM(Case(None, [(planned.is_null(), 1)], 0)),
            fn.SUM(Case(None, [(planned != value, 1)], 0)),
        )
        .join(months, JOIN.LEFT_OUTER, on=(months.c.target == Target.id))
        .switch(Target)
        .join(Indicator)
        .join(Activity)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .group_by(Target.indicator)
    )  # fmt: skip
    return {
        ident: _Aim(count, _number(total), _number(most), _number(planned), int(none), int(differs))
        for ident, count, total, most, planned, none, differs in tuples(rows)
    }


def _number(stored: Any) -> Decimal:
    return Decimal(int(stored)) / SCALE


def _add_up(node: Node, level: int) -> None:
    node.level = level
    for child in node.children:
        _add_up(child, level + 1)
    if node.kind == "indicator":
        return
    costs = [child.budget for child in node.children if child.budget is not None]
    if costs and node.kind != "project":
        node.budget = sum(costs)
    node.indicators = sum(child.indicators for child in node.children)
    node.unplanned = sum(child.unplanned for child in node.children)
    states = [child.ready for child in node.children]
    node.ready = min(states, key=WORST.index, default=Ready.EMPTY)
    if Ready.EMPTY in states and node.ready is Ready.READY:
        node.ready = Ready.DIFFERS  # something below it still has no target


# ---------------------------------------------------------------- changing


def find(key: str) -> Any:
    """Return the record of a node's key, `project-12`. Raises NotFound."""
    kind, _, number = key.partition("-")
    table = TABLES.get(kind)
    row = table.get_or_none(table.id == int(number)) if table and number.isascii() and number.isdigit() else None
    if row is None:
        raise NotFound("This record is no longer there.")
    return row


def kind_of(row: Table) -> str:
    """Return what a record is called in keys."""
    return type(row).__name__.lower()


def year_of(row: Any) -> FiscalYear:
    """Return the fiscal year a node belongs to."""
    if isinstance(row, Indicator):
        row = row.activity
    if isinstance(row, Activity):
        row = row.project
    if isinstance(row, Project):
        row = row.plan
    found: FiscalYear = row if isinstance(row, FiscalYear) else row.fiscal_year
    return found


def add(
    kind: str, under: Any, *, code: str, name: str, measure_unit: MeasureUnit | None = None, by: Person,
    at: dt.datetime,
) -> Any:  # fmt: skip
    """Add a node as the last one under another (a plan under its FiscalYear); return its record.

    A project begins as its adder's unit's own, for the whole year. Raises RuleBroken and what `records` raises.
    """
    _check_under(kind, under)
    values: dict[str, Any] = {"code": code, "name": name, "position": _last(kind, under) + 1}
    if kind == "plan":
        values["fiscal_year"] = under
    elif kind == "project":
        year = under.fiscal_year
        values |= {"plan": under, "owner": by.unit, "starts_on": year.starts_on, "ends_on": year.ends_on}
    elif kind == "activity":
        is_sub = isinstance(under, Activity)
        values |= {"project": under.project if is_sub else under, "parent": under if is_sub else None}
    else:
        if measure_unit is None:
            raise RuleBroken("Choose the unit of measure from the register.", field="measure_unit")
        values |= {"activity": under, "measure_unit": measure_unit}
        if measure_unit.is_percentage:  # a percentage is never summed
            values |= {"month_rule": Aggregation.LAST, "unit_rule": Aggregation.AVERAGE}
    with records.changing(by=by, verb="create", at=at) as work:
        return work.create(TABLES[kind], **values)


def rename(row: Any, *, code: str, name: str, seen: int, by: Person, at: dt.datetime) -> None:
    """Give a node another code or name. Raises StaleRow when it is not the version `seen` any more."""
    with records.changing(by=by, verb="edit", at=at) as work:
        work.update(row, code=code, name=name, seen=seen)


def move(row: Any, under: Any, *, seen: int, by: Person, at: dt.datetime) -> None:
    """Put a node, with everything below it, under another node of the same year, as the last one there.

    Targets, plans and results stay with it. Raises RuleBroken for a place where it cannot stand.
    """
    kind = kind_of(row)
    _check_under(kind, under)
    if year_of(row).id != year_of(under).id:
        raise RuleBroken("A node moves within its own fiscal year. To take it into another, copy the year.")
    position = _last(kind, under) + 1
    with records.changing(by=by, verb="move_node", at=at, note=str(under)) as work:
        if kind == "project":
            work.update(row, plan=under, position=position, seen=seen)
        elif kind == "indicator":
            work.update(row, activity=under, position=position, seen=seen)
        else:
            _move_activity(work, row, under, position, seen)


def _move_activity(work: records.Work, row: Activity, under: Any, position: int, seen: int) -> None:
    is_sub = isinstance(under, Activity)
    project = under.project if is_sub else under
    below = [] if project.id == row.project_id else list(_below(row))
    # While the project changes, no activity may point to one of another project: the parts are let go and tied again.
    for part, _ in below:
        work.update(part, parent=None)
    work.update(row, project=project, parent=under if is_sub else None, position=position, seen=seen)
    for part, _ in below:
        work.update(part, project=project)
    for part, parent in below:
        work.update(part, parent=parent)


def _below(row: Activity) -> Iterator[tuple[Activity, int]]:
    """Yield every activity below one, each with the number of the activity it stands under."""
    for part in Activity.select().where(Activity.parent == row.id).order_by(Activity.position):
        yield part, row.id
        yield from _below(part)


def shift(row: Any, steps: int, *, by: Person, at: dt.datetime) -> None:
    """Put a node `steps` places further down among its siblings, or up where negative; they are numbered anew."""
    siblings = list(_siblings(kind_of(row), _parent(row)))
    order = [one.id for one in siblings]
    place = order.index(row.id)
    there = min(max(place + steps, 0), len(order) - 1)
    siblings.insert(there, siblings.pop(place))
    with records.changing(by=by, verb="order_nodes", at=at) as work:
        for number, one in enumerate(siblings, 1):
            if one.position != number:
                work.update(one, position=number)


def remove(row: Any, *, by: Person, at: dt.datetime) -> None:
    """Remove a node under which nothing stands and of which nothing is reported. Raises StoreRefused otherwise."""
    with records.changing(by=by, verb="delete", at=at) as work:
        work.remove(row)


def places(row: Any) -> list[tuple[str, str]]:
    """Return key and name of every node under which a node could stand instead."""
    year, kind = year_of(row), kind_of(row)
    found: list[tuple[str, str]] = []
    skipped = {row.id, *(part.id for part, _ in _below(row))} if kind == "activity" else set()
    for node in tree(year).walk():
        if node.kind in UNDER[kind] and not (node.kind == "activity" and node.id in skipped):
            found.append((node.key, f"{'– ' * max(node.level - 1, 0)}{node.code} {node.name}"))
    return found


def _check_under(kind: str, under: Any) -> None:
    if kind not in UNDER or _name(under) not in UNDER[kind]:
        raise RuleBroken("This cannot stand there.", field="under")


def _name(row: Any) -> str:
    return "year" if isinstance(row, FiscalYear) else kind_of(row)


def _parent(row: Any) -> Any:
    if isinstance(row, Plan):
        return row.fiscal_year
    if isinstance(row, Project):
        return row.plan
    return row.activity if isinstance(row, Indicator) else row.parent or row.project


def _siblings(kind: str, under: Any) -> Any:
    table: Any = TABLES[kind]
    if kind == "plan":
        where = Plan.fiscal_year == under.id
    elif kind == "project":
        where = Project.plan == under.id
    elif kind == "indicator":
        where = Indicator.activity == under.id
    elif isinstance(under, Activity):
        where = Activity.parent == under.id
    else:
        where = (Activity.project == under.id) & Activity.parent.is_null()
    return table.select().where(where).order_by(table.position, table.code)


def _last(kind: str, under: Any) -> int:
    return max((row.position for row in _siblings(kind, under)), default=0)
