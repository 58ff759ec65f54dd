"""Plans of offices: what a unit plans to reach of a target, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from models import MonthPlan, Person, Target
from portal import records
from portal.errors import NotAllowed, RuleBroken
from portal.rules.access import OFFICE_ROLES, Role

MONTHS = range(1, 13)


def months_of(target: Target) -> dict[int, Decimal]:
    """Return what is planned for each fiscal month (1 = October) of a target; a month that is not there is not
    planned."""
    rows = MonthPlan.select(MonthPlan.month, MonthPlan.value).where(MonthPlan.target == target.id)
    return dict(rows.order_by(MonthPlan.month).tuples())


def plan_months(
    target: Target, months: Mapping[int, Decimal | None], *, by: Person, at: dt.datetime
) -> dict[int, Decimal]:
    """Plan the fiscal months given, None takes a month's plan away; return the whole year's plan.

    An office plans for its own targets, central people for any. Not cumulative.
    """
    if by.role == Role.EXECUTIVE:
        raise NotAllowed("You may look at these records but not change them.")
    if by.role in OFFICE_ROLES and target.unit_id != by.unit_id:
        raise NotAllowed("This record belongs to another office.")
    there = {row.month: row for row in MonthPlan.select().where(MonthPlan.target == target.id)}
    with records.changing(by=by, verb="plan_months", at=at, as_verb=True) as work:
        for month, value in months.items():
            if month not in MONTHS:
                raise RuleBroken("A month is a number from 1 to 12.", field="month")
            if value is not None and value < 0:
                raise RuleBroken("A plan is not less than 0.", field=f"m{month}")
            if value is None:
                if month in there:
                    work.remove(there[month])
            elif month in there:
                work.update(there[month], value=value)
            else:
                work.create(MonthPlan, target=target, month=month, value=value)
    return months_of(target)
