"""Versions of the annual plan: frozen when approved, any two compared, the one in force on a day."""

import datetime as dt
from decimal import Decimal as D

import pytest

from models import BudgetCategory, PlanVersion, ProjectBudget, Target
from portal import plan_versions, plans, records
from portal.errors import NotAllowed, RuleBroken, StaleRow
from portal.rules.access import Role
from portal.rules.plan_changes import ChangeKind
from tests import make

AT = dt.datetime(2023, 1, 16, 9, 0)


@pytest.fixture
def planned(migrated):
    """A year with one indicator, a target of one office, and a planner."""
    indicator, office = make.indicator(), make.unit(code="P40")
    target = make.row(Target, indicator=indicator, unit=office, value=D(100))
    planner = make.person(Role.PLANNING)
    plans.plan_months(target, {1: D(10), 2: D(20)}, by=planner, at=AT)
    return make.fiscal_year(), indicator, target, planner


def approve(year, by, **values):
    given = {"approved_on": AT.date(), "approver": "อธิบดี", "document_number": "กษ 1105/1", "at": AT}
    return plan_versions.approve(year, by=by, **given | values)


def change(row, **values):
    with records.changing(by=None, verb="make", at=AT) as work:
        return work.update(type(row).get_by_id(row.id), **values)


def test_what_was_approved_stays_as_it_was_and_the_differences_are_told_old_to_new(planned):
    year, indicator, target, planner = planned
    first = approve(year, planner)
    project = indicator.activity.project
    other = make.row(type(indicator.activity), project=project, code="B", name="กิจกรรมใหม่")
    category = make.row(BudgetCategory, code="2", name="งบดำเนินงาน")

    change(indicator, name="ชื่อใหม่", activity=other)
    change(target, value=D(120))
    plans.plan_months(target, {2: None, 3: D(30)}, by=planner, at=AT)
    make.row(ProjectBudget, project=project, category=category, amount=500_00)
    found = {(c.kind, c.field, c.month): (c.old, c.new) for c in plan_versions.differences(year, 1, None)}

    assert found == {
        (ChangeKind.ADDED, "", 0): (None, f"{project.code} {project.name}"),
        (ChangeKind.MOVED, "", 0): (f"{indicator.activity.code} กิจกรรมตัวอย่าง", "B กิจกรรมใหม่"),
        (ChangeKind.RENAMED, "", 0): (indicator.name, "ชื่อใหม่"),
        (ChangeKind.BUDGET, "", 0): (None, 500_00),
        (ChangeKind.TARGET, "", 0): (1_000_000, 1_200_000),
        (ChangeKind.MONTH, "", 2): (200_000, None),
        (ChangeKind.MONTH, "", 3): (None, 300_000),
    }
    held = plan_versions.content_of(PlanVersion.get_by_id(first.id))
    assert held["nodes"][f"indicator-{indicator.id}"]["name"] == indicator.name
    assert held["targets"][f"indicator-{indicator.id}"]["P40"][:3] == [1_000_000, 100_000, 200_000]


def test_a_plan_in_which_nothing_changed_is_not_approved_again(planned):
    year, _, target, planner = planned
    approve(year, planner)

    with pytest.raises(RuleBroken, match="Nothing has changed"):
        approve(year, planner)
    change(target, value=D(101))
    assert approve(year, planner).number == 2


def test_a_plan_changed_while_somebody_looked_at_it_is_not_approved(planned):
    year, _, target, planner = planned
    seen = plan_versions.sha256_of(plan_versions.content(year))
    change(target, value=D(101))

    with pytest.raises(StaleRow):
        approve(year, planner, seen=seen)
    assert not PlanVersion.select().exists()


def test_only_those_who_keep_the_plan_write_an_approval_down_and_none_lies_in_the_future(planned):
    year, _, _, planner = planned

    with pytest.raises(NotAllowed):
        approve(year, make.person(Role.DIVISION))
    with pytest.raises(RuleBroken) as refused:
        approve(year, planner, approved_on=AT.date() + dt.timedelta(1))
    assert refused.value.field == "approved_on"
    with pytest.raises(RuleBroken):
        approve(year, planner, document_number="")


def test_a_day_knows_which_version_was_in_force(planned):
    year, _, target, planner = planned
    approve(year, planner, approved_on=dt.date(2022, 10, 3))
    change(target, value=D(101))
    approve(year, planner, approved_on=dt.date(2023, 1, 10))

    days = [dt.date(2022, 10, 2), dt.date(2022, 10, 3), dt.date(2023, 1, 9), dt.date(2023, 1, 10)]
    assert [plan_versions.in_force(year, day) for day in days] == [None, 1, 1, 2]


def test_a_version_whose_content_was_written_over_is_noticed(planned):
    year, _, target, planner = planned
    first = approve(year, planner)
    change(target, value=D(101))
    second = approve(year, planner)
    PlanVersion.update(packed=PlanVersion.get_by_id(second.id).packed).where(PlanVersion.id == first.id).execute()

    with pytest.raises(RuleBroken, match="damaged"):
        plan_versions.content_of(PlanVersion.get_by_id(first.id))
