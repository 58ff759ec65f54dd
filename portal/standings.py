"""How a period stands: every office's every form in one reading, and the sums that pages begin with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from models import CooperativeType, FiscalYear, Form, Obligation, Period, Region, Submission, Unit, db
from portal.database import tuples
from portal.rules import standing
from portal.rules.duties import OFFICE_DUTIES
from portal.rules.standing import Look
from portal.rules.terms import Duty, ObligationState, PeriodKind
from portal.rules.workflow import State

VISITS = "visits"


@dataclass(frozen=True)
class Cell:
    """One office's one obligation of the period, and how it stands."""

    id: int
    unit_id: int
    subject: str
    due_on: dt.date
    look: Look


@dataclass(frozen=True)
class Column:
    """One form that somebody owes in the period, or the visit records; `owners` are who checks it."""

    subject: str
    form_id: int | None
    name: str
    owners: frozenset[int]


@dataclass(frozen=True)
class Office:
    """One office that owes something in the period."""

    id: int
    short: str
    name: str
    region_id: int
    region: str

    @property
    def region_brief(self) -> str:
        """Return the region for a narrow table: `เขต 7`."""
        return brief(self.region)


def brief(region: str) -> str:
    """Return the name of an inspection region without what all share: `เขต 7`."""
    return region.replace("ตรวจราชการที่", "").replace("ตรวจราชการ", " ")


@dataclass(frozen=True)
class Sums:
    """So many obligations of a unit, region or period: owed in all, met, waiting for a check, overdue."""

    of: int
    met: int
    waiting: int
    overdue: int

    @property
    def owing(self) -> int:
        """Return how many are still owed."""
        return self.of - self.met


def cells(period: Period, today: dt.date) -> list[Cell]:
    """Return every cell of a period's matrix, in no order: one query, whatever there is."""
    rows = (
        Obligation.select(
            Obligation.id, Obligation.unit, Obligation.subject, Obligation.due_on, Obligation.state,
            fn.date(Obligation.met_at), Submission.state,
        )
        .join(Submission, JOIN.LEFT_OUTER)
        .where(Obligation.period == period.id, Obligation.duty.in_(OFFICE_DUTIES))
    )  # fmt: skip
    # Thousands of cells stand in some fifty ways: each is read and judged once, values as the store holds them.
    known: dict[tuple[Any, ...], tuple[dt.date, Look]] = {}
    found = []
    for ident, unit, subject, *held in db.execute(rows).fetchall():
        key = tuple(held)
        if key not in known:
            due_on, state, met_on, report = held
            met_at = None if met_on is None else dt.datetime.combine(_day(met_on), dt.time())
            day = _day(due_on)
            way = standing.look(ObligationState(state), day, met_at, State(report) if report else None, today)
            known[key] = day, way
        found.append(Cell(ident, unit, subject, *known[key]))
    return found


def _day(value: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value


def columns(subjects: Iterable[str]) -> list[Column]:
    """Return the columns of these subjects: forms in the order of their owners' lists, visit records last."""
    wanted = set(subjects)
    forms = Form.select(Form.code, Form.id, Form.name, Form.owner).where(Form.code.in_(wanted))
    found = [
        Column(code, ident, name, frozenset({owner}))
        for code, ident, name, owner in tuples(forms.order_by(Form.position, Form.code))
    ]
    if VISITS in wanted:
        reviewers = CooperativeType.select(CooperativeType.reviewer).distinct()
        found.append(Column(VISITS, None, "", frozenset(ident for (ident,) in tuples(reviewers))))
    return found


def offices(ids: Iterable[int]) -> list[Office]:
    """Return these offices in the order of regions, then of the alphabet."""
    rows = (
        Unit.select(Unit.id, Unit.short, Unit.name, Region.id, Region.name)
        .join(Region, JOIN.LEFT_OUTER)
        .where(Unit.id.in_(set(ids)))
        .order_by(Region.code, Unit.name_sort, Unit.id)
    )
    return [Office(ident, short, name, region or 0, where or "") for ident, short, name, region, where in tuples(rows)]


def owners() -> list[tuple[int, str]]:
    """Return the units that check forms in use or visits: id and short name."""
    from_forms = Form.select(Form.owner).where(Form.is_active)
    reviewers = CooperativeType.select(CooperativeType.reviewer)
    rows = Unit.select(Unit.id, Unit.short).where(Unit.id.in_(from_forms) | Unit.id.in_(reviewers))
    return list(tuples(rows.order_by(Unit.name_sort, Unit.id)))


def regions() -> list[tuple[int, str]]:
    """Return the regions in use: id and name, in the order of their codes."""
    return list(tuples(Region.select(Region.id, Region.name).where(Region.is_active).order_by(Region.code)))


def present_month() -> Period | None:
    """Return the month being reported on: the last one that was opened and is not closed, else the last one."""
    return (
        Period.select(Period, FiscalYear)
        .join(FiscalYear)
        .where(Period.kind == PeriodKind.MONTH, Period.opened_at.is_null(False))
        .order_by(Period.closed_at.is_null(False), Period.starts_on.desc())
        .first()
    )


def recent(limit: int = 60) -> list[Period]:
    """Return the periods that were opened, the latest first."""
    return list(
        Period.select(Period, FiscalYear)
        .join(FiscalYear)
        .where(Period.opened_at.is_null(False))
        .order_by(Period.ends_on.desc(), Period.kind, Period.id)
        .limit(limit)
    )


def by_region(period: Period, today: dt.date) -> list[tuple[str, Sums]]:
    """Return how each region stands in a period, by its brief name, in the order of their codes."""
    is_open = Obligation.state == ObligationState.OPEN
    rows = (
        Obligation.select(
            Region.name,
            fn.COUNT(Obligation.id),
            fn.COUNT(Obligation.id).filter(Obligation.state == ObligationState.MET),
            fn.COUNT(Obligation.id).filter(Submission.state == State.SUBMITTED),
            fn.COUNT(Obligation.id).filter(is_open & (Obligation.due_on < today)),
        )
        .join_from(Obligation, Unit)
        .join_from(Unit, Region)
        .join_from(Obligation, Submission, JOIN.LEFT_OUTER)
        .where(
            Obligation.period == period.id,
            Obligation.duty.in_(OFFICE_DUTIES),
            Obligation.state != ObligationState.WAIVED,
        )
        .group_by(Region.id, Region.code, Region.name)
        .order_by(Region.code)
    )
    return [(brief(name), Sums(*counts)) for name, *counts in tuples(rows)]


def total(parts: Iterable[tuple[str, Sums]]) -> Sums:
    """Return the sum of all parts."""
    held = [sums for _, sums in parts]
    return Sums(*(sum(getattr(one, name) for one in held) for name in ("of", "met", "waiting", "overdue")))


def missing_units(held: Iterable[Cell]) -> set[int]:
    """Return the offices that still owe something of these cells."""
    return {one.unit_id for one in held if one.look.standing in standing.STILL_OWED}


def checks(period: Period) -> list[tuple[int, str, dt.date, ObligationState, dt.datetime | None]]:
    """Return every division's check of a period: id, short name, due day, state, when it was met."""
    rows = (
        Obligation.select(Obligation.unit, Unit.short, Obligation.due_on, Obligation.state, Obligation.met_at)
        .join(Unit)
        .where(Obligation.period == period.id, Obligation.duty == Duty.CHECK)
        .order_by(Unit.name_sort, Unit.id)
    )
    return list(tuples(rows))
