from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import formats
from portal.rules import money, progress, thai
from portal.rules.progress import Aggregation, Direction, Standing


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        (Aggregation.SUM, D(6)),
        (Aggregation.LAST, D(1)),
        (Aggregation.AVERAGE, D(2)),
        (Aggregation.GREATEST, D(3)),
        (Aggregation.NONE, None),
    ],
)
def test_months_are_combined_by_the_indicators_own_rule(rule, made):
    assert progress.combined([D(2), None, D(3), D(1)], rule) == made


def test_nothing_reported_is_not_zero():
    assert progress.combined([None, None], Aggregation.SUM) is None
    assert progress.combined([D(0), None], Aggregation.SUM) == 0


def test_a_share_of_nothing_is_unknown():
    assert progress.share(5, 0) is None
    assert progress.share(None, 5) is None
    assert progress.share(1, 3) == D(100) / 3


@pytest.mark.parametrize(
    ("value", "target", "stands"),
    [
        (80, 80, Standing.ON_TRACK), (76, 80, Standing.WATCH), (D("75.99"), 80, Standing.PROBLEM),
        (5, 10, Standing.WATCH), (D("4.9"), 10, Standing.PROBLEM), (0, 3, Standing.WATCH),
    ],
)  # fmt: skip
def test_standing_follows_95_percent_and_five_points_while_the_target_is_small(value, target, stands):
    assert progress.standing(D(value), D(target)) is stands


def test_a_figure_of_which_less_is_better_is_judged_the_other_way():
    assert progress.standing(D(2), D(3), Direction.LESS) is Standing.ON_TRACK
    assert progress.standing(D("3.1"), D(3), Direction.LESS) is Standing.WATCH
    assert progress.standing(D(4), D(3), Direction.LESS) is Standing.PROBLEM


def test_without_a_target_there_is_no_verdict():
    assert progress.standing(D(2), None) is Standing.NO_VALUE


def test_a_month_target_lies_on_the_straight_line_between_quarter_ends():
    ends = {1: D(33), 2: D(55)}  # fiscal 2569: 33 -> 55 gives 40.33, 47.66 and 55

    assert [round(money.month_target(ends, m), 2) for m in (4, 5, 6)] == [D("40.33"), D("47.67"), D("55.00")]
    assert money.month_target(ends, 3) == 33


def test_a_missing_target_is_no_target_and_never_zero():
    assert money.month_target({1: D(32)}, 5) is None
    assert money.month_target({4: D(93)}, 12) == 93
    assert money.month_target({4: D(93)}, 11) is None


def test_spent_and_remaining_are_what_the_comptroller_general_says():
    assert money.spent(60, 20, 5) == 85
    assert money.remaining(100, 60, 20, 5) == 15


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (D("2.675"), 2, "2.68"),
        (D("-2.675"), 2, "−2.68"),
        (D("-0.004"), 2, "0.00"),
        (D("1234567.5"), 0, "1,234,568"),
        (None, 1, "-"),
        (0, 0, "0"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero_and_never_negative_zero(value, decimals, shown):
    assert formats.num(value, decimals) == shown


@given(st.integers(-(10**13), 10**13))
def test_money_shown_in_baht_loses_no_satang(satang):
    shown = formats.baht(satang).replace(",", "").replace("−", "-")

    assert int(D(shown) * 100) == satang


def test_thai_names_sort_as_in_a_dictionary():
    names = ["เชียงใหม่", "ชลบุรี", "กรุงเทพมหานคร", "แพร่", "พะเยา", "เลย", "ลำปาง", "เชียงราย", "ไทย", "ทราย"]

    assert sorted(names, key=thai.sort_key) == [
        "กรุงเทพมหานคร", "ชลบุรี", "เชียงราย", "เชียงใหม่", "ทราย", "ไทย", "พะเยา", "แพร่", "ลำปาง", "เลย",
    ]  # fmt: skip


def test_numbers_in_names_sort_by_value():
    assert sorted(["เขต 10", "เขต 9", "เขต 1"], key=thai.sort_key) == ["เขต 1", "เขต 9", "เขต 10"]
