import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import deadlines, fiscal
from portal.rules.deadlines import Roll, Timeliness

MAKHA_BUCHA = frozenset({dt.date(2023, 3, 6)})


def test_fiscal_2566_runs_from_october_2565_to_september_2566():
    assert fiscal.first_day(2566) == dt.date(2022, 10, 1)
    assert fiscal.last_day(2566) == dt.date(2023, 9, 30)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2150, 1, 1)))
def test_every_day_lies_in_the_month_it_is_counted_to(day):
    year, month = fiscal.year_of(day), fiscal.month_of(day)

    assert fiscal.first_day(year, month) <= day <= fiscal.last_day(year, month)


@pytest.mark.parametrize(
    ("text", "meant"), [("2566-05", (2566, 8)), ("2565-10", (2566, 1)), ("2566-09", (2566, 12)), ("2566-10", (2567, 1))]
)
def test_a_calendar_month_of_the_buddhist_era_names_its_fiscal_month(text, meant):
    assert fiscal.parse_month(text) == meant


@pytest.mark.parametrize("text", ["2566", "2566-13", "2566-0", "2023-05", "๒๕๖๖-๐๕", "2566-05-01", ""])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError):
        fiscal.parse_month(text)


@pytest.mark.parametrize(
    ("roll", "due"), [(Roll.NONE, (2023, 3, 5)), (Roll.BEFORE, (2023, 3, 3)), (Roll.AFTER, (2023, 3, 7))]
)
def test_a_due_day_on_sunday_before_a_holiday_rolls_as_set(roll, due):
    assert deadlines.rolled(dt.date(2023, 3, 5), roll, MAKHA_BUCHA) == dt.date(*due)


@pytest.mark.parametrize(
    ("handed_in", "today", "shown"),
    [
        (None, 20, Timeliness.NOT_DUE), (None, 21, Timeliness.MISSING), (20, 25, Timeliness.ON_TIME),
        (21, 25, Timeliness.LATE_1_2), (22, 25, Timeliness.LATE_1_2), (23, 25, Timeliness.LATE_3_5),
        (25, 25, Timeliness.LATE_3_5), (26, 26, Timeliness.LATE_OVER_5),
    ],
)  # fmt: skip
def test_lateness_is_told_in_the_steps_of_the_heat_map(handed_in, today, shown):
    moment = None if handed_in is None else dt.datetime(2023, 5, handed_in, 23, 59)

    assert deadlines.timeliness(dt.date(2023, 5, 20), moment, dt.date(2023, 5, today)) is shown
