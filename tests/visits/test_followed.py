"""What a pack and a book print of plans followed up: institutions reached and left, what was agreed, classes moved."""

import datetime as dt
from dataclasses import replace

import pytest

from models import CooperativeYear, Unit, VisitPlan, VisitPlanLine
from portal import actions, records, visits
from portal.actions import Settled
from portal.reports import snapshot
from portal.reports.chapter import Cut
from portal.reports.chapters import visits as chapter
from portal.reports.figures import followed, registry
from portal.reports.figures.followed import Agreed, Gap
from portal.reports.passports.issued import passports
from portal.rules.access import Role
from portal.rules.terms import ActionState
from tests import make
from tests.make import NOON
from tests.visits.conftest import values

MAY = Cut(fiscal_year=2566, period=8, cut_at=NOON)


@pytest.fixture
def told(office):
    """Two institutions of one office planned for in May and one of another office; one is visited, with an action."""
    far = make.cooperative(reviewer=Unit.get_by_id(office.reviewer.unit_id))
    other = make.person(Role.APPROVER, Unit.get_by_id(far.unit_id))
    for institution, unit, head in ((office.elsewhere, office.unit, office.head), (far, other.unit, other)):
        plan = make.row(
            VisitPlan, cooperative=institution, fiscal_year=office.year, unit=unit, state="approved",
            approved_by=head, approved_at=NOON,
        )  # fmt: skip
        make.row(VisitPlanLine, plan=plan, activity=office.works[0], month=8, visits=2)
    agreed = {"agreed_action": "ปิดบัญชี", "action_due_on": dt.date(2023, 5, 12)}
    visit = visits.record(by=office.officer, at=NOON, **values(office, **agreed))
    for institution, old, new in ((office.institution, 3, 2), (office.elsewhere, None, 3), (far, 1, 2)):
        make.row(CooperativeYear, cooperative=institution, fiscal_year=make.fiscal_year(2565), strength_class=old)
        make.row(CooperativeYear, cooperative=institution, fiscal_year=office.year, strength_class=new)
    office.far, office.visit, office.other = far, visit, other
    return office


def test_institutions_planned_for_are_counted_once_and_those_left_are_named(told):
    asked = followed.sought(one for one in followed.asked(MAY) if one.office == told.unit.id)
    other = followed.sought(one for one in followed.asked(MAY) if one.office == told.other.unit_id)

    assert (asked.institutions, asked.reached, asked.left, asked.share) == (2, 1, 1, 50)
    assert (other.institutions, other.reached, other.share) == (1, 0, 0)
    assert set(followed.gaps(MAY)) == {
        Gap(told.unit.id, told.elsewhere.name, 2, None), Gap(told.other.unit_id, told.far.name, 2, None),
    }  # fmt: skip


def test_what_is_planned_later_is_no_gap_yet_and_the_dissolved_are_none(told):
    with records.changing(by=None, verb="make") as work:
        work.update(told.far, status="dissolved", dissolved_on=dt.date(2023, 5, 1))

    assert [gap.name for gap in followed.gaps(MAY)] == [told.elsewhere.name]
    assert [gap.name for gap in followed.gaps(replace(MAY, period=7))] == [told.institution.name]
    assert followed.gaps(replace(MAY, period=6)) == ()


def test_agreed_actions_stand_as_they_stood_at_the_end_of_the_month(told):
    later = dt.datetime(2023, 6, 20, 9, 0)
    assert followed.actions(replace(MAY, cut_at=later)) == {told.unit.id: Agreed(1, 0, 1, 1)}
    assert followed.actions(replace(MAY, cut_at=dt.datetime(2023, 5, 11))) == {told.unit.id: Agreed(1, 0, 1, 0)}

    actions.settle(told.visit, by=told.officer, at=later, state=ActionState.DONE, result="ปิดแล้ว")
    assert followed.actions(replace(MAY, cut_at=later)) == {told.unit.id: Agreed(1, 0, 1, 1)}
    assert followed.actions(replace(MAY, period=9, cut_at=later)) == {told.unit.id: Agreed(1, 1, 0, 0)}


def test_an_action_settled_at_the_next_visit_is_settled(told):
    settled = [Settled(told.visit.id, ActionState.DONE, "ปิดแล้ว")]
    visits.record(
        by=told.officer, at=NOON, settled=settled, **values(told, visited_on=dt.date(2023, 5, 13)),
    )  # fmt: skip

    assert followed.actions(MAY) == {told.unit.id: Agreed(1, 1, 0, 0)}


def test_moves_between_classes_agree_with_the_rises_and_falls(told):
    flows = followed.flows(MAY)

    assert flows[told.unit.id] == ((0, 0, 0, 0), (0, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    assert flows[told.other.unit_id][0] == (0, 1, 0, 0)
    assert registry.rises(MAY) == {told.unit.id: (1, 0), told.other.unit_id: (0, 1)}
    one = replace(MAY, unit_code=told.unit.code)
    assert followed.flow(one) == flows[told.unit.id] and followed.flow(MAY)[2] == (0, 1, 0, 0)


def test_every_number_of_the_page_follows_from_its_inputs(told):
    page = chapter.gather(MAY)
    made = passports(MAY, {"visits": page})
    sheet = made.sheet()

    wrong = [key for key, figure in made.figures.items() if sheet.figure(key) != figure.value]
    assert not wrong
    assert made.figures["visits.all.left"].value == page.follow.left == 2
    assert made.figures[f"visits.{told.unit.code}.asked_share"].value == 50
    assert made.figures["visits.moved.3.2"].value == made.figures["visits.type.1.asked_reached"].value == 1


def test_an_edition_frozen_before_these_figures_can_still_be_printed(told):
    page = chapter.gather(MAY)
    frozen = snapshot.freeze(page)
    newer = {"follow", "follow_regions", "follow_offices", "gaps", "flow", "due_day"}
    older = {name: value for name, value in frozen.items() if name not in newer}

    assert snapshot.thaw(chapter.VisitsPage, frozen) == page
    assert snapshot.thaw(chapter.VisitsPage, older).flow == ()
