"""Plan against actual: how far the planned promotion work was done, cut by whatever one asks for; who was not visited.

Planned are the lines of approved plans. Done is every kind of work of every visit that was not sent back: a visit at
which two planned activities were done answers two planned lines.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from peewee import JOIN, SQL, Case, ModelSelect, fn

from models import (
    Cooperative,
    CooperativeType,
    FiscalYear,
    Person,
    Province,
    Region,
    Unit,
    Visit,
    VisitActivity,
    VisitPlan,
    VisitPlanLine,
    VisitWork,
    db,
)
from portal.database import tuples
from portal.rules import fiscal
from portal.rules.progress import share
from portal.rules.terms import InstitutionStatus, PlanState, VisitState


class By(StrEnum):
    """What the rows are."""

    UNIT = "unit"
    REGION = "region"
    PROVINCE = "province"
    KIND = "kind"
    ACTIVITY = "activity"
    MONTH = "month"
    GROUP = "group"
    OFFICER = "officer"
    COOPERATIVE = "cooperative"


@dataclass(frozen=True)
class Cut:
    """What is looked at: fiscal months `first` to `last` of a year, of one unit, kind … when given.

    `officer` is whose work was planned or done; `group` is a promotion group by its name, "" for those in none.
    """

    year: int
    first: int
    last: int
    unit: int | None = None
    kind: int | None = None
    activity: int | None = None
    region: int | None = None
    province: int | None = None
    officer: int | None = None
    group: str | None = None

    @property
    def starts_on(self) -> dt.date:
        """Return the first day."""
        return fiscal.first_day(self.year, self.first)

    @property
    def ends_on(self) -> dt.date:
        """Return the last day."""
        return fiscal.last_day(self.year, self.last)


@dataclass(frozen=True)
class Line:
    """One row: work planned and done, institutions planned for and reached, visits, those outside the plan."""

    key: Any
    name: str
    planned: int
    done: int
    institutions: int
    reached: int
    visits: int
    unplanned: int

    @property
    def share(self) -> Decimal | None:
        """Return done in percent of planned; None where nothing was planned."""
        return share(self.done, self.planned)


@dataclass
class _Sum:
    planned: int = 0
    done: int = 0
    institutions: int = 0
    reached: int = 0
    visits: int = 0
    unplanned: int = 0


def lines(by: By, cut: Cut) -> list[Line]:
    """Return plan against actual of a cut, a row for each of what `by` says, in the order people know."""
    held: dict[Any, _Sum] = {}

    def at(key: Any) -> _Sum:
        return held.setdefault(key, _Sum())

    key = _plan_key(by)
    planned = _of_cooperative(
        VisitPlanLine.select(key.alias("row_key"), fn.SUM(VisitPlanLine.visits), _institutions(by, VisitPlan))
        .join_from(VisitPlanLine, VisitPlan),
        VisitPlan, by,
    ).where(
        VisitPlan.fiscal_year == _year_id(cut.year),
        VisitPlan.state == PlanState.APPROVED,
        VisitPlanLine.month.between(cut.first, cut.last),
        *_within(VisitPlan, cut),
    )  # fmt: skip
    if cut.activity is not None:
        planned = planned.where(VisitPlanLine.activity == cut.activity)
    for row, visits, institutions in _plain(planned.group_by(SQL("row_key"))):
        at(row).planned, at(row).institutions = int(visits), int(institutions)

    key = _visit_key(by, cut)
    unplanned = fn.SUM(Case(None, [(Visit.is_unplanned, 1)], 0))
    done = _of_cooperative(
        Visit.select(key.alias("row_key"), fn.COUNT(Visit.id), _institutions(by, Visit), unplanned),
        Visit, by,
    ).where(_counted(cut))  # fmt: skip
    if cut.activity is not None:
        done = done.where(Visit.activity == cut.activity)
    for row, visits, reached, outside in _plain(done.group_by(SQL("row_key"))):
        one = at(row)
        one.done, one.visits, one.reached, one.unplanned = int(visits), int(visits), int(reached), int(outside)

    key = VisitWork.activity if by is By.ACTIVITY else _visit_key(by, cut)
    further = _of_cooperative(
        VisitWork.select(key.alias("row_key"), fn.COUNT(VisitWork.id)).join_from(VisitWork, Visit), Visit, by
    ).where(_counted(cut))
    if cut.activity is not None:
        further = further.where(VisitWork.activity == cut.activity)
    for row, works in _plain(further.group_by(SQL("row_key"))):
        at(row).done += int(works)
    return [
        Line(row, name, s.planned, s.done, s.institutions, s.reached, s.visits, s.unplanned)
        for row, name in names(by, set(held)).items()
        for s in [held[row]]
    ]


def total(rows: list[Line]) -> Line:
    """Return the sum of all rows. Institutions are added up: rows that share one count it in each."""
    return Line(
        None, "", sum(r.planned for r in rows), sum(r.done for r in rows), sum(r.institutions for r in rows),
        sum(r.reached for r in rows), sum(r.visits for r in rows), sum(r.unplanned for r in rows),
    )  # fmt: skip


def by_province(cut: Cut) -> dict[str, Decimal | None]:
    """Return done in percent of planned by the mark of each province; None where nothing was planned."""
    marks: dict[int, str] = dict(tuples(Province.select(Province.id, Province.short)))
    found = {marks.get(line.key, ""): line.share for line in lines(By.PROVINCE, cut)}
    return {mark: value for mark, value in found.items() if mark}


# ---------------------------------------------------------------- who was not visited, who moved


@dataclass(frozen=True)
class Gap:
    """An institution with planned work in the cut and no visit in it; `last_on` is when it was visited last."""

    cooperative_id: int
    name: str
    unit: str
    officer: str
    planned: int
    last_on: dt.date | None


def gaps(cut: Cut, *, limit: int | None = 500) -> list[Gap]:
    """Return the institutions with planned work in the cut and no visit in it, those with most planned first."""
    visited = Visit.select(Visit.cooperative).where(_counted(replace(cut, officer=None))).distinct()
    planned = fn.SUM(VisitPlanLine.visits)
    query = (
        VisitPlanLine.select(Cooperative.id, Cooperative.name, Unit.short, Person.name, planned)
        .join_from(VisitPlanLine, VisitPlan)
        .join_from(VisitPlan, Cooperative)
        .join_from(Cooperative, Unit)
        .join_from(Cooperative, Person, JOIN.LEFT_OUTER)
        .where(
            VisitPlan.fiscal_year == _year_id(cut.year),
            VisitPlan.state == PlanState.APPROVED,
            VisitPlanLine.month.between(cut.first, cut.last),
            Cooperative.status != InstitutionStatus.DISSOLVED,
            VisitPlan.cooperative.not_in(visited),
            *_within(VisitPlan, cut),
        )
        .group_by(Cooperative.id, Cooperative.name, Cooperative.name_sort, Unit.short, Person.name)
        .order_by(planned.desc(), Cooperative.name_sort, Cooperative.id)
        .limit(limit)
    )
    if cut.activity is not None:
        query = query.where(VisitPlanLine.activity == cut.activity)
    rows = list(tuples(query))
    last: dict[int, Any] = {}
    for start in range(0, len(rows), 500):
        part = [row[0] for row in rows[start : start + 500]]
        last |= dict(
            tuples(
                Visit.select(Visit.cooperative, fn.MAX(Visit.visited_on).coerce(False))
                .where(Visit.cooperative.in_(part), Visit.state != VisitState.RETURNED)
                .group_by(Visit.cooperative)
            )
        )
    return [
        Gap(ident, name, unit, officer or "", int(count), _day(last.get(ident)))
        for ident, name, unit, officer, count in rows
    ]


def names(by: By, keys: set[Any]) -> dict[Any, str]:
    """Return the names of the rows there are, in the order people know them."""
    if by is By.MONTH:
        return {key: str(key) for key in sorted(keys, key=lambda k: (k is None, k))}
    if by is By.GROUP:
        return {key: str(key or "") for key in sorted(keys, key=lambda k: str(k or ""))}
    model: Any
    model, name, order = {
        By.UNIT: (Unit, Unit.short, Unit.name_sort),
        By.REGION: (Region, Region.name, Region.code),
        By.PROVINCE: (Province, Province.name, Province.name_sort),
        By.KIND: (CooperativeType, CooperativeType.name, CooperativeType.code),
        By.ACTIVITY: (VisitActivity, VisitActivity.name, VisitActivity.position),
        By.OFFICER: (Person, Person.name, Person.name),
        By.COOPERATIVE: (Cooperative, Cooperative.name, Cooperative.name_sort),
    }[by]
    rows = _plain(model.select(model.id, name).order_by(order, model.id))
    out = {ident: text for ident, text in rows if ident in keys}
    return out | {key: "" for key in keys if key not in out}


# ---------------------------------------------------------------- below: how


def _plain(query: ModelSelect) -> list[tuple[Any, ...]]:
    """Return the rows as the store has them: of ten thousand institutions, making models costs more than asking."""
    rows: list[tuple[Any, ...]] = db.execute(query).fetchall()
    return rows


def _year_id(year: int) -> Any:
    return FiscalYear.select(FiscalYear.id).where(FiscalYear.year == year)


def _counted(cut: Cut) -> Any:
    counted = (Visit.visited_on.between(cut.starts_on, cut.ends_on)) & (Visit.state != VisitState.RETURNED)
    for condition in _within(Visit, cut):
        counted &= condition
    return counted


def _within(source: Any, cut: Cut) -> list[Any]:
    """Return the conditions of a cut but for its months and activity, on visits or plans."""
    held: list[Any] = []
    if cut.unit is not None:
        held.append(source.unit == cut.unit)
    if cut.region is not None:
        held.append(source.unit.in_(Unit.select(Unit.id).where(Unit.region == cut.region)))
    of_institution = [
        column == wanted
        for column, wanted in (
            (Cooperative.type, cut.kind), (Cooperative.province, cut.province),
            (Cooperative.promotion_group, cut.group),
        )
        if wanted is not None
    ]  # fmt: skip
    if of_institution:
        held.append(source.cooperative.in_(Cooperative.select(Cooperative.id).where(*of_institution)))
    if cut.officer is not None:
        mine = source.officer == cut.officer
        if source is VisitPlan:  # without an officer of its own a plan is its institution's officer's
            theirs = Cooperative.select(Cooperative.id).where(Cooperative.officer == cut.officer)
            mine = mine | (source.officer.is_null() & source.cooperative.in_(theirs))
        held.append(mine)
    return held


_OF_COOPERATIVE = (By.PROVINCE, By.KIND, By.GROUP)


def _of_cooperative(query: ModelSelect, source: Any, by: By) -> ModelSelect:
    """Join the institution where the rows need it, and the office for regions."""
    if by in _OF_COOPERATIVE or (by is By.OFFICER and source is VisitPlan):
        query = query.join_from(source, Cooperative)
    if by is By.REGION:
        query = query.join_from(source, Unit, on=(source.unit == Unit.id))
    return query


def _institutions(by: By, source: Any) -> Any:
    return SQL("1") if by is By.COOPERATIVE else fn.COUNT(source.cooperative.distinct())


def _plan_key(by: By) -> Any:
    return {
        By.UNIT: VisitPlan.unit, By.REGION: Unit.region, By.PROVINCE: Cooperative.province, By.KIND: Cooperative.type,
        By.ACTIVITY: VisitPlanLine.activity, By.MONTH: VisitPlanLine.month, By.GROUP: Cooperative.promotion_group,
        By.OFFICER: fn.COALESCE(VisitPlan.officer, Cooperative.officer), By.COOPERATIVE: VisitPlan.cooperative,
    }[by]  # fmt: skip


def _visit_key(by: By, cut: Cut) -> Any:
    if by is By.MONTH:
        return _month(cut)
    return {
        By.UNIT: Visit.unit, By.REGION: Unit.region, By.PROVINCE: Cooperative.province, By.KIND: Cooperative.type,
        By.ACTIVITY: Visit.activity, By.GROUP: Cooperative.promotion_group, By.OFFICER: Visit.officer,
        By.COOPERATIVE: Visit.cooperative,
    }[by]  # fmt: skip


def _month(cut: Cut) -> Any:
    """The fiscal month of a visit's day within the cut's year, as an expression every store understands."""
    ends = [(Visit.visited_on <= fiscal.last_day(cut.year, month), month) for month in range(1, 12)]
    return Case(None, ends, 12)


def _day(value: dt.date | str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
