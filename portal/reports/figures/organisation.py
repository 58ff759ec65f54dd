"""The department itself: its central units and what they own, and the field offices by region."""

from __future__ import annotations

from dataclasses import dataclass

from models import Plan, Unit
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import year_id
from portal.rules.fiscal import first_day, last_day
from portal.rules.terms import UnitKind


@dataclass(frozen=True)
class Central:
    """A central unit, by its id, code and both its names."""

    id: int
    code: str
    short: str
    name: str


@reading
def central(cut: Cut) -> tuple[Central, ...]:
    """Return the department's central units open at any time in the fiscal year, in the order of their codes."""
    begins, ends = first_day(cut.fiscal_year), last_day(cut.fiscal_year)
    rows = (
        Unit.select(Unit.id, Unit.code, Unit.short, Unit.name)
        .where(
            Unit.kind == UnitKind.CENTRAL,
            Unit.parent.is_null(False),
            Unit.opened_on.is_null() | (Unit.opened_on <= ends),
            Unit.closed_on.is_null() | (Unit.closed_on >= begins),
        )
        .order_by(Unit.code)
    )
    return tuple(Central(*row) for row in rows.tuples())


@dataclass(frozen=True)
class Link:
    """What a plan answers to: the national strategy, the master plan, the department's own plan."""

    plan: str
    strategy: str
    master_plan: str
    action_plan: str


@reading
def links(cut: Cut) -> tuple[Link, ...]:
    """Return the year's plans with their links of three levels, in order."""
    rows = (
        Plan.select(Plan.name, Plan.strategy, Plan.master_plan, Plan.action_plan)
        .where(Plan.fiscal_year == year_id(cut))
        .order_by(Plan.position, Plan.code)
    )
    return tuple(Link(*row) for row in rows.tuples())
