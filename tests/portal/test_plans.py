"""What an office plans of its targets, month by month."""

from decimal import Decimal

import pytest

from models import MonthPlan, Target
from portal import plans, records
from portal.errors import NotAllowed, RuleBroken
from portal.rules.access import Role
from tests import make
from tests.make import NOON


@pytest.fixture
def target(migrated):
    return make.row(Target, indicator=make.indicator(), unit=make.unit(), value=Decimal(100))


def test_an_office_plans_its_months_and_takes_one_back(target):
    person = make.person(Role.REPORTER, target.unit)
    plans.plan_months(target, {1: Decimal(10), 2: Decimal(20)}, by=person, at=NOON)

    left = plans.plan_months(target, {1: None, 2: Decimal(25), 12: Decimal(5)}, by=person, at=NOON)

    assert left == {2: 25, 12: 5} == plans.months_of(target)


@pytest.mark.parametrize(
    ("months", "said"),
    [({13: Decimal(1)}, "1 to 12"), ({1: Decimal(-1)}, "not less than 0"), ({1: Decimal("0.5")}, "decimals")],
)
def test_a_plan_that_cannot_be_is_refused_and_nothing_of_it_is_kept(target, months, said):
    person = make.person(Role.REPORTER, target.unit)

    with pytest.raises(RuleBroken, match=said):
        plans.plan_months(target, {3: Decimal(1)} | months, by=person, at=NOON)

    assert plans.months_of(target) == {}


def test_nobody_plans_for_another_office_nor_do_executives(target):
    for person in (make.person(Role.REPORTER), make.person(Role.EXECUTIVE)):
        with pytest.raises(NotAllowed):
            plans.plan_months(target, {1: Decimal(1)}, by=person, at=NOON)


def test_on_its_screen_an_office_writes_the_months_of_its_own_targets_only(target):
    with records.changing(by=make.person(Role.APPROVER, target.unit), at=NOON) as work:
        work.create(MonthPlan, target=target, month=1, value=Decimal(3))

    with pytest.raises(NotAllowed, match="another office"), records.changing(by=make.person(), at=NOON) as work:
        work.create(MonthPlan, target=target, month=2, value=Decimal(3))
    assert plans.months_of(target) == {1: 3}
