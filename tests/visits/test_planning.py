"""Plans of visits: by cell, by block, by copy, by group; approved by the head; changed after that with a reason."""

import json

import pytest

from models import AuditEntry, FiscalYear, Revision, VisitPlan, VisitPlanLine
from portal import records, visit_plans
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken
from portal.rules.access import Role
from portal.rules.terms import PlanState
from portal.rules.visits import Line, against, offered
from portal.visit_plans import Cell
from tests import make
from tests.make import NOON


@pytest.fixture
def next_year(office):
    return make.fiscal_year(2567)


def lines(year, institution):
    plan = visit_plans.plan_of(institution.id, year)
    return visit_plans.lines_of([plan.id]).get(plan.id, {}) if plan else {}


def save(office, year, *cells, by=None, reason=""):
    return visit_plans.save_cells(year, [Cell(*c) for c in cells], by=by or office.officer, at=NOON, reason=reason)


def test_a_plan_begins_with_its_first_cell(office, next_year):
    work = office.works[0].id
    saved = save(office, next_year, (office.institution.id, work, 1, "๒"), (office.institution.id, work, 3, " 1 "))

    plan = VisitPlan.get(VisitPlan.fiscal_year == next_year)
    assert (saved.changed, plan.state, plan.unit_id) == (2, PlanState.DRAFT, office.unit.id)
    assert lines(next_year, office.institution) == {(work, 1): 2, (work, 3): 1}


def test_a_cell_is_changed_and_emptied(office, next_year):
    work, ident = office.works[0].id, office.institution.id
    save(office, next_year, (ident, work, 1, "2"), (ident, work, 2, "1"))
    saved = save(office, next_year, (ident, work, 1, "5"), (ident, work, 2, ""), (ident, work, 3, "0"))

    assert saved.changed == 2 and lines(next_year, office.institution) == {(work, 1): 5}


def test_a_wrong_cell_of_a_block_is_refused_alone(office, next_year):
    work, ident = office.works[0].id, office.institution.id
    theirs = make.cooperative()
    saved = save(
        office, next_year, (ident, work, 1, "2"), (ident, work, 2, "มาก"), (ident, work, 3, "-1"),
        (ident, work, 4, "61"),
        (ident, work, 13, "1"), (ident, 999_999, 1, "1"), (theirs.id, work, 1, "1"), (ident, work, 5, "1.5"),
    )  # fmt: skip

    assert saved.changed == 1 and len(saved.refused) == 7
    assert lines(next_year, office.institution) == {(work, 1): 2} and lines(next_year, theirs) == {}


def test_a_block_over_many_institutions_is_one_act(office, next_year):
    others = [make.cooperative(office.unit) for _ in range(20)]
    before = AuditEntry.select().count()
    cells = [(one.id, office.works[0].id, month, "1") for one in others for month in range(1, 13)]

    assert save(office, next_year, *cells).changed == 240
    assert AuditEntry.select().count() == before + 1 and VisitPlan.select().count() == 21


def test_an_approved_plan_is_changed_by_the_head_with_a_reason_and_shows_it(office):
    cell = (office.institution.id, office.works[0].id, 8, "4")
    with pytest.raises(NotAllowed, match="head of the office"):
        save(office, office.year, cell, reason="เพิ่ม")
    with pytest.raises(RuleBroken, match="say why") as refused:
        save(office, office.year, cell, by=office.head)
    assert refused.value.field == "reason"

    save(office, office.year, cell, by=office.head, reason="สหกรณ์ขอเพิ่ม")

    plan = VisitPlan.get_by_id(office.plan.id)
    assert (plan.state, plan.revision, plan.change_reason) == (PlanState.APPROVED, 1, "สหกรณ์ขอเพิ่ม")
    kept = Revision.select().where(Revision.table_name == "VisitPlanLine").order_by(Revision.id.desc()).first()
    assert (kept.before["visits"], kept.after["visits"]) == (1, 4)


def test_the_same_cell_again_is_no_change_of_an_approved_plan(office):
    saved = save(office, office.year, (office.institution.id, office.works[0].id, 8, "1"))

    assert saved.changed == 0 and VisitPlan.get_by_id(office.plan.id).revision == 0


def test_a_group_is_planned_all_or_none(office, next_year):
    mine, theirs = [make.cooperative(office.unit) for _ in range(3)], make.cooperative()
    wanted = {(office.works[0].id, 1): 1, (office.works[0].id, 7): 2}
    with pytest.raises(NotFound):
        visit_plans.plan_group(next_year, [*(c.id for c in mine), theirs.id], wanted, by=office.officer, at=NOON)
    assert VisitPlan.select().where(VisitPlan.fiscal_year == next_year).count() == 0

    saved = visit_plans.plan_group(next_year, [c.id for c in mine], wanted, by=office.officer, at=NOON)

    assert len(saved.plans) == 3 and all(lines(next_year, c) == wanted for c in mine)


def test_last_year_s_plan_is_copied_once(office, next_year):
    made = make.cooperative(office.unit)
    save(office, next_year, (made.id, office.works[3].id, 1, "1"))
    copied = visit_plans.copy_last_year(next_year, by=office.officer, at=NOON)
    again = visit_plans.copy_last_year(next_year, by=office.officer, at=NOON)

    assert (copied, again) == ((1, 0), (0, 1))
    assert lines(next_year, office.institution) == lines(office.year, office.institution)
    assert visit_plans.plan_of(office.institution.id, next_year).state == PlanState.DRAFT
    assert lines(next_year, made) == {(office.works[3].id, 1): 1}


def test_without_a_year_before_there_is_nothing_to_copy(office):
    assert FiscalYear.get_or_none(FiscalYear.year == 2565) is None
    with pytest.raises(MoveRefused, match="year before"):
        visit_plans.copy_last_year(office.year, by=office.officer, at=NOON)


def test_a_dissolved_institution_is_not_planned_for(office, next_year):
    with records.changing(by=None, verb="make") as work:
        work.update(office.institution, status="dissolved", dissolved_on=NOON.date())

    with pytest.raises(MoveRefused, match="is dissolved"):
        save(office, next_year, (office.institution.id, office.works[0].id, 1, "1"))


def test_the_head_approves_what_has_lines(office, next_year):
    save(office, next_year, (office.institution.id, office.works[0].id, 1, "1"))
    plan = visit_plans.plan_of(office.institution.id, next_year)
    for by in (office.officer, office.reviewer, make.person(Role.PLANNING)):
        with pytest.raises(NotAllowed):
            visit_plans.approve(plan, by=by, at=NOON)
        with pytest.raises(NotAllowed):
            visit_plans.approve_all(next_year, by=by, at=NOON)

    assert visit_plans.approve_all(next_year, by=office.head, at=NOON) == 1
    kept = VisitPlan.get_by_id(plan.id)
    assert (kept.state, kept.approved_by_id) == (PlanState.APPROVED, office.head.id)
    with pytest.raises(MoveRefused):
        visit_plans.approve(kept, by=office.head, at=NOON)


def test_an_empty_plan_is_not_approved(office, next_year):
    save(office, next_year, (office.institution.id, office.works[0].id, 1, "1"))
    save(office, next_year, (office.institution.id, office.works[0].id, 1, ""))
    plan = visit_plans.plan_of(office.institution.id, next_year)

    with pytest.raises(MoveRefused, match="no line"):
        visit_plans.approve(plan, by=office.head, at=NOON)
    assert visit_plans.approve_all(next_year, by=office.head, at=NOON) == 0


# ---------------------------------------------------------------- the rule

LINES = (Line(1, 8, 1, 0), Line(1, 6, 2, 2), Line(2, 6, 1, 0), Line(2, 7, 1, 0), Line(3, 10, 1, 0), Line(1, 7, 1, 1))


@pytest.mark.parametrize(("activity", "month", "found"), [
    (1, 8, 8), (1, 9, 8), (1, 7, 7), (1, 5, None), (2, 8, 6), (3, 8, None), (3, 10, 10), (9, 8, None),
])  # fmt: skip
def test_work_answers_its_own_month_s_line_then_the_oldest_owed(activity, month, found):
    assert against(activity, month, LINES) == found


def test_this_month_s_lines_are_offered_before_those_still_owed():
    assert [(one.activity, one.month) for one in offered(8, LINES)] == [(1, 8), (2, 6), (2, 7)]


# ---------------------------------------------------------------- the grid


def test_the_grid_saves_a_pasted_block_in_one_request(office, next_year, sign_in):
    client = sign_in(office.officer)
    block = [[office.institution.id, office.works[0].id, month, "1"] for month in range(1, 13)]
    block.append([office.institution.id, office.works[0].id, 1, "x"])

    answer = client.post("/admin/visit-plans/cells/", data={"year": 2567, "cells": json.dumps(block)},
                         headers={"X-Requested-With": "portal"})  # fmt: skip

    assert answer.status_code == 200 and answer.json["changed"] == 12 and len(answer.json["refused"]) == 1
    page = client.get(f"/admin/visit-plans/?year=2567&activity={office.works[0].id}").text
    assert f'name="c-{office.institution.id}-{office.works[0].id}-12" value="1"' in page


@pytest.mark.parametrize("block", ["", "{", "[1]", '[["a",1,1,"1"]]', "[[1,1]]", "[[1e400,1,1,1]]"])
def test_a_block_that_makes_no_sense_is_refused(office, sign_in, block):
    answer = sign_in(office.officer).post(
        "/admin/visit-plans/cells/", data={"year": 2566, "cells": block}, headers={"X-Requested-With": "portal"}
    )
    assert answer.status_code == 422


def test_the_reason_for_an_approved_plan_is_asked_for_by_its_field(office, sign_in):
    block = json.dumps([[office.institution.id, office.works[0].id, 8, "3"]])
    answer = sign_in(office.head).post(
        "/admin/visit-plans/cells/", data={"year": 2566, "cells": block}, headers={"X-Requested-With": "portal"}
    )
    assert answer.status_code == 422 and answer.json["field"] == "reason"


def test_a_group_copy_approval_and_facts_go_by_the_pages(office, next_year, app, sign_in):
    client, head = sign_in(office.officer), sign_in(office.head, app.test_client())
    client.post("/admin/visit-plans/copy/", data={"year": 2567})
    client.post("/admin/visit-plans/group/", data={
        "year": 2567, "activity": office.works[3].id, "m-2": "1", "rowid": [office.institution.id, office.elsewhere.id],
    })  # fmt: skip
    plan = visit_plans.plan_of(office.institution.id, next_year)
    client.post("/admin/visit-plans/facts/", data={
        "year": 2567, "id": office.institution.id, "version": plan.version, "class_now": "3", "class_wanted": "2",
        "problems": "บัญชีล่าช้า", "officer": office.officer.id,
    })  # fmt: skip
    head.post("/admin/visit-plans/approve/", data={"year": 2567})

    kept = VisitPlan.get_by_id(plan.id)
    assert (kept.class_now, kept.class_wanted, kept.problems, kept.state) == (3, 2, "บัญชีล่าช้า", PlanState.APPROVED)
    assert lines(next_year, office.elsewhere) == {(office.works[3].id, 2): 1}
    assert VisitPlanLine.select().count() == 10
    assert "บัญชีล่าช้า" in client.get(f"/admin/visit-plans/institution/?id={office.institution.id}&year=2567").text


def test_nobody_else_plans_or_sees_another_office_s_plan(office, app, sign_in):
    stranger = make.person(Role.REPORTER)
    block = json.dumps([[office.institution.id, office.works[0].id, 8, "3"]])
    client = sign_in(stranger)

    assert client.get(f"/admin/visit-plans/institution/?id={office.institution.id}&year=2566").status_code == 404
    client.post("/admin/visit-plans/cells/", data={"year": 2566, "cells": block})
    for role in (Role.PLANNING, Role.DIVISION, Role.ADMIN):
        answer = sign_in(make.person(role), app.test_client()).post(
            "/admin/visit-plans/cells/", data={"year": 2566, "cells": block}
        )
        assert answer.status_code == 403
    assert lines(office.year, office.institution)[office.works[0].id, 8] == 1
