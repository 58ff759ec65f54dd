"""What progress figures promise, whatever the numbers: forecasts, shares, parts of a parent, own thresholds."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import progress
from portal.rules.progress import Aggregation, Direction, NoForecast, PartsRule, Standing, Thresholds

amounts = st.decimals(0, 10**6, places=2)
months = st.integers(3, 11)


def test_a_forecast_is_the_result_plus_what_is_still_planned_at_the_pace_so_far():
    found = progress.forecast(D(40), D(50), D(120), 6)

    assert (found.value, found.ratio, found.is_bounded) == (D(96), D("0.8"), False)


@given(amounts, amounts, amounts, months)
@settings(max_examples=25)
def test_a_forecast_never_lies_below_the_result_nor_beyond_one_and_a_half_times_what_is_left(
    value, plan, target, month
):
    found = progress.forecast(value, plan, target, month)

    if found.value is None:
        assert found.why_not is NoForecast.LITTLE_PLANNED
    else:
        assert value <= found.value <= value + max(target - plan, D(0)) * D("1.5")


@given(amounts.filter(bool), months)
@settings(max_examples=10)
def test_who_does_exactly_what_was_planned_is_expected_to_reach_the_target(target, month):
    plan = target / 2

    assert progress.forecast(plan, plan, target, month).value == target


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((D(5), D(5), D(50), 2), NoForecast.TOO_EARLY),
        ((None, D(5), D(50), 6), NoForecast.NO_VALUE),
        ((D(5), D(5), None, 6), NoForecast.NO_TARGET),
        ((D(5), D(2), D(50), 6), NoForecast.LITTLE_PLANNED),
        ((D(5), D(0), D(50), 6), NoForecast.LITTLE_PLANNED),
    ],
)
def test_no_forecast_is_made_where_there_is_nothing_to_make_it_from(given, why):
    found = progress.forecast(*given)

    assert (found.value, found.why_not) == (None, why)


def test_at_the_end_of_the_year_the_forecast_is_the_result():
    assert progress.forecast(D(7), D(0), D(50), 12).value == 7


def test_a_level_is_expected_to_stay_where_it_is():
    for rule in (Aggregation.LAST, Aggregation.AVERAGE, Aggregation.GREATEST):
        assert progress.forecast(D(61), D(10), D(80), 5, rule).value == 61


def test_every_share_has_its_own_denominator():
    assert progress.of_plan_to_date(D(30), D(40)) == 75
    assert progress.of_year_target(D(30), D(120)) == 25
    assert progress.of_plan_to_date(D(50), D(40), Direction.LESS) == 80
    assert progress.of_plan_to_date(D(0), D(40), Direction.LESS) == 100
    assert progress.of_plan_to_date(D(30), D(0)) is None


def test_parts_become_their_parent_by_its_rule():
    parts = [(D(80), D(3)), (None, D(5)), (D(60), D(1))]

    assert progress.rolled(parts, PartsRule.SUM) == 140
    assert progress.rolled(parts, PartsRule.WEIGHTED) == 75  # the silent part takes its weight with it
    assert progress.rolled(parts, PartsRule.AVERAGE) == 70
    assert progress.rolled(parts, PartsRule.GREATEST) == 80
    assert progress.rolled(parts, PartsRule.NONE) is None
    assert progress.rolled([(D(4), D(0))], PartsRule.WEIGHTED) is None


@given(st.lists(st.tuples(st.decimals(0, 100, places=2), st.decimals("0.01", 9, places=2)), min_size=1, max_size=8))
@settings(max_examples=25)
def test_shares_of_a_hundred_rolled_by_weight_stay_between_the_least_and_the_greatest(parts):
    made = progress.rolled(parts, PartsRule.WEIGHTED)

    assert min(v for v, _ in parts) - D("1e-9") <= made <= max(v for v, _ in parts) + D("1e-9")


def test_an_indicators_own_thresholds_replace_those_of_the_house():
    strict = Thresholds(D(100), D(99))

    assert progress.standing(D(96), D(100)) is Standing.WATCH
    assert progress.standing(D(96), D(100), thresholds=strict) is Standing.PROBLEM
    assert progress.standing(D(80), D(100), thresholds=Thresholds(D(80), D(60))) is Standing.ON_TRACK
    assert progress.standing(D(200), D(100), Direction.LESS, thresholds=Thresholds(D(100), D(50))) is Standing.WATCH
    assert progress.standing(D(0), D(0), thresholds=strict) is Standing.ON_TRACK
