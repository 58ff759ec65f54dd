"""The plan tree: totals and states at each node; nodes added, moved, put in order; its page for everybody."""

import datetime as dt
from decimal import Decimal as D

import pytest

from models import Activity, BudgetCategory, Indicator, Plan, Project, ProjectBudget, Target
from portal import plan_tree, plans
from portal.errors import NotAllowed, RuleBroken, StaleRow, StoreRefused
from portal.rules.access import Role
from portal.rules.terms import Ready
from tests import make

AT = dt.datetime(2023, 1, 16, 9, 0)


@pytest.fixture
def tree(migrated):
    """A plan with two projects, of which the first has a main activity, a sub-activity and an indicator."""
    planner, year = make.person(Role.PLANNING), make.fiscal_year()
    plan = plan_tree.add("plan", year, code="14", name="แผนงานพื้นฐาน", by=planner, at=AT)
    first = plan_tree.add("project", plan, code="02", name="ส่งเสริมสหกรณ์", by=planner, at=AT)
    second = plan_tree.add("project", plan, code="03", name="พัฒนากลุ่มเกษตรกร", by=planner, at=AT)
    main = plan_tree.add("activity", first, code="1", name="แนะนำ", by=planner, at=AT)
    part = plan_tree.add("activity", main, code="1.1", name="ประชุม", by=planner, at=AT)
    measure = make.indicator(decimals=0).measure_unit
    indicator = plan_tree.add("indicator", part, code="02-01", name="จำนวน", measure_unit=measure, by=planner, at=AT)
    return planner, year, plan, first, second, main, part, indicator


def node(year, key):
    return next(one for one in plan_tree.tree(year).walk() if one.key == key)


def test_every_node_shows_the_totals_and_the_worst_state_below_it(tree):
    planner, year, plan, first, second, main, _, indicator = tree
    category = make.row(BudgetCategory, code="2", name="งบดำเนินงาน")
    make.row(ProjectBudget, project=first, category=category, amount=300_00)
    make.row(ProjectBudget, project=second, category=category, amount=200_00)
    one = make.row(Target, indicator=indicator, unit=make.unit(), value=D(30))
    other = make.row(Target, indicator=indicator, unit=make.unit(), value=D(12))
    plans.plan_months(one, {1: D(30)}, by=planner, at=AT)

    at = node(year, f"indicator-{indicator.id}")
    assert (at.target, at.planned, at.units, at.unplanned, at.ready) == (42, 30, 2, 1, Ready.READY)

    plans.plan_months(one, {1: D(20)}, by=planner, at=AT)
    assert node(year, f"activity-{main.id}").ready is Ready.DIFFERS
    Indicator.update(is_plan_forced=True).where(Indicator.id == indicator.id).execute()
    whole = node(year, f"plan-{plan.id}")
    assert (whole.ready, whole.budget, whole.indicators) == (Ready.LACKING, 500_00, 1)
    plans.plan_months(one, {2: D(10)}, by=planner, at=AT)
    plans.plan_months(other, {1: D(12)}, by=planner, at=AT)
    assert node(year, f"project-{first.id}").ready is Ready.READY


def test_plans_hang_under_the_strategies_of_three_levels_that_they_serve(tree):
    _, year, plan, *_ = tree
    named = {"strategy": "ชาติ", "master_plan": "แม่บท", "action_plan": "กรม"}
    Plan.update(**named).where(Plan.id == plan.id).execute()
    make.row(Plan, fiscal_year=year, code="15", name="อีกแผน", strategy="ชาติ", position=9)

    levels = [(one.level, one.name) for one in plan_tree.tree(year).walk() if one.kind == "strategy"]

    assert levels == [(1, "ชาติ"), (2, "แม่บท"), (3, "กรม")]
    assert node(year, f"plan-{plan.id}").level == 4


def test_an_activity_moves_with_everything_below_it_and_keeps_its_targets(tree):
    planner, _, _, first, second, main, part, indicator = tree
    make.row(Target, indicator=indicator, unit=make.unit(), value=D(5))

    plan_tree.move(main, second, seen=main.version, by=planner, at=AT)

    assert Activity.get_by_id(part.id).project_id == second.id
    assert Activity.get_by_id(part.id).parent_id == main.id
    assert Target.get().indicator_id == indicator.id
    with pytest.raises(StaleRow):
        plan_tree.move(main, first, seen=1, by=planner, at=AT)


def test_nothing_moves_to_where_it_cannot_stand(tree):
    planner, _, plan, first, _, main, part, _ = tree
    next_year = make.row(Plan, fiscal_year=make.fiscal_year(2567), code="14", name="ปีหน้า")

    for row, under in ((main, part), (first, main), (first, next_year), (main, plan)):
        with pytest.raises(RuleBroken):
            plan_tree.move(row, under, seen=row.version, by=planner, at=AT)
    assert Activity.get_by_id(main.id).parent_id is None


def test_siblings_are_put_in_order(tree):
    planner, year, plan, first, second, *_ = tree

    plan_tree.shift(second, -1, by=planner, at=AT)

    below = node(year, f"plan-{plan.id}").children
    assert [one.id for one in below] == [second.id, first.id]
    assert [Project.get_by_id(one.id).position for one in below] == [1, 2]


def test_a_node_with_something_below_it_is_not_removed(tree):
    planner, _, _, first, second, *_ = tree

    with pytest.raises(StoreRefused):
        plan_tree.remove(first, by=planner, at=AT)
    plan_tree.remove(second, by=planner, at=AT)
    assert Project.get_or_none(Project.id == second.id) is None


def test_an_office_adds_nothing_to_the_plan(tree):
    _, year, *_ = tree

    with pytest.raises(NotAllowed):
        plan_tree.add("plan", year, code="99", name="ของเรา", by=make.person(Role.APPROVER), at=AT)


def test_the_page_lets_planners_change_and_others_look(tree, client, sign_in):
    planner, year, plan, first, *_, indicator = tree
    sign_in(planner)
    address = f"/admin/plan-tree/?year={year.year}&node=project-{first.id}"
    assert "/admin/plan-tree/rename/" in client.get(address).text

    sent = {"year": year.year, "node": f"project-{first.id}", "version": first.version, "code": "02", "name": "ใหม่"}
    assert client.post("/admin/plan-tree/rename/", data=sent).status_code == 302
    assert client.post("/admin/plan-tree/rename/", data=sent | {"name": "อีก"}).status_code == 409
    under = {"year": year.year, "node": "", "under": f"plan-{plan.id}", "kind": "project", "code": "02", "name": "ซ้ำ"}
    answer = client.post("/admin/plan-tree/add/", data=under)
    assert (answer.status_code, Project.get_by_id(first.id).name) == (409, "ใหม่")

    sign_in(make.person(Role.REPORTER))
    page = client.get(address).text
    assert "ใหม่" in page and "/admin/plan-tree/rename/" not in page
    assert client.post("/admin/plan-tree/rename/", data=sent | {"version": 2}).status_code == 403
    found = client.get(f"/admin/plan-tree/?year={year.year}&q={indicator.code}").text
    assert indicator.name in found and "พัฒนากลุ่มเกษตรกร" not in found
