"""What was planned to date: sums add up, levels are asked as they are planned for the month."""

from decimal import Decimal

import pytest

from portal.rules.progress import Aggregation, planned_to_date

RISING = [Decimal(n) for n in (10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 100)]
NONE = [None] * 12
LATE = [None] * 5 + [Decimal(40)] * 7
HOLED = [Decimal(10), None, Decimal(30), None, *[None] * 8]
TARGET = Decimal(100)


@pytest.mark.parametrize(
    ("rule", "planned", "month", "asked"),
    [
        ("sum", RISING, 3, 60),
        ("sum", HOLED, 4, 40),
        ("sum", LATE, 3, 0),
        ("sum", NONE, 3, None),
        ("last", RISING, 5, 50),
        ("last", HOLED, 4, 30),
        ("last", LATE, 3, None),
        ("last", LATE, 6, 40),
        ("last", NONE, 3, 100),
        ("average", RISING, 3, 20),
        ("average", HOLED, 12, 20),
        ("average", NONE, 1, 100),
        ("greatest", RISING, 8, 80),
        ("greatest", LATE, 5, None),
        ("greatest", NONE, 12, 100),
    ],
)
def test_what_is_asked_by_a_month_follows_the_rule_over_months(rule, planned, month, asked):
    assert planned_to_date(planned, TARGET, month, Aggregation(rule)) == (None if asked is None else Decimal(asked))
