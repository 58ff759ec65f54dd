import datetime as dt

import pytest

from portal.errors import PortalError
from portal.rules import locks
from portal.rules.locks import LockRule, Standing
from portal.rules.workflow import State

NOON = dt.datetime(2023, 5, 18, 12, 0)
DAY = dt.timedelta(days=1)


def standing(state=State.DRAFT, **changes):
    begun = {"submitted_at": None, "verified_at": None, "opens_on": NOON.date(), "opened_at": NOON, "closed_at": None}
    return Standing(state, **(begun | changes))


REOPENED = {"reopened_at": NOON + DAY, "reopened_until": (NOON + 3 * DAY).date()}


@pytest.mark.parametrize(
    ("held", "at", "rule"),
    [
        (standing(None), NOON, None),
        (standing(), NOON, None),
        (standing(State.RETURNED, submitted_at=NOON), NOON, None),
        (standing(State.SUBMITTED, submitted_at=NOON), NOON, LockRule.AWAITING_REVIEW),
        (standing(State.VERIFIED, submitted_at=NOON, verified_at=NOON), NOON, LockRule.VERIFIED_BY_DIVISION),
        (standing(State.CONSOLIDATED, submitted_at=NOON, verified_at=NOON), NOON, LockRule.IN_THE_FIGURES),
        (standing(None, opened_at=None), NOON, LockRule.PERIOD_NOT_OPEN),
        (standing(closed_at=NOON), NOON + DAY, LockRule.PERIOD_CLOSED),
        (standing(None, version_is_retired=True), NOON, LockRule.VERSION_RETIRED),
        (standing(version_is_retired=True), NOON, None),  # what was begun is finished in the version it was begun in
        # a closed period, open again for this report until the end of its last day
        (standing(closed_at=NOON, **REOPENED), NOON + 3 * DAY, None),
        (standing(closed_at=NOON, **REOPENED), dt.datetime(2023, 5, 21, 23, 59), None),
        (standing(closed_at=NOON, **REOPENED), dt.datetime(2023, 5, 22, 0, 0), LockRule.REOPENING_ENDED),
        (standing(closed_at=NOON, **REOPENED, reopening_closed_at=NOON + DAY), NOON + DAY, LockRule.REOPENING_ENDED),
        # an earlier reopening has nothing to do with a period that was closed later
        (standing(closed_at=NOON + 9 * DAY, **REOPENED), NOON + 9 * DAY, LockRule.PERIOD_CLOSED),
        # in an open period a reopening ends as well, unless it was the division that returned the report since
        (standing(State.RETURNED, submitted_at=NOON, **REOPENED), NOON + 9 * DAY, LockRule.REOPENING_ENDED),
        (standing(State.RETURNED, submitted_at=NOON + 2 * DAY, **REOPENED), NOON + 9 * DAY, None),
    ],
)
def test_a_report_is_shut_by_the_rule_that_holds_and_by_no_other(held, at, rule):
    found = locks.report_lock(held, at)

    assert (found and found.rule) == rule


def test_a_reopening_that_ended_by_itself_says_since_when():
    found = locks.report_lock(standing(closed_at=NOON, **REOPENED), NOON + 9 * DAY)

    assert found.since == dt.datetime(2023, 5, 22)


def test_a_period_that_opens_later_says_when():
    found = locks.report_lock(standing(None, opened_at=None), NOON)

    assert found.until == NOON.date()


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({}, None),
        ({"is_plan_forced": True}, LockRule.PLAN_FIRST),
        ({"is_plan_forced": True, "has_plan": True}, None),
        ({"is_plan_forced": True, "has_target": False}, None),
        ({"is_plan_forced": True, "lifted": frozenset({LockRule.PLAN_FIRST})}, None),
        ({"has_parts": True}, LockRule.FROM_PARTS),
        ({"has_parts": True, "is_plan_forced": True}, LockRule.FROM_PARTS),
        ({"has_parts": True, "lifted": frozenset({LockRule.FROM_PARTS})}, None),
    ],
)
def test_a_cell_is_shut_by_a_plan_that_is_missing_or_by_the_parts_it_is_made_of(facts, rule):
    usual = {
        "is_plan_forced": False, "has_target": True, "has_plan": False, "has_parts": False, "lifted": frozenset()
    }  # fmt: skip

    found = locks.cell_lock(**(usual | facts))

    assert (found and found.rule) == rule


@pytest.mark.parametrize("rule", LockRule)
def test_every_lock_says_why_and_who_can_lift_it(rule):
    lock = locks.Lock(rule)

    assert lock.lifters
    assert isinstance(lock.refusal("done"), PortalError)
    assert str(lock.refusal("done")).endswith(".")
