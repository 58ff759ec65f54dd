"""When a division has checked and planning has consolidated; what a year's calendar begins with."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import deadlines, duties, yearly
from portal.rules.deadlines import Roll
from portal.rules.duties import Checking, Consolidating
from portal.rules.terms import Certainty, Duty, PeriodKind

DUE = dt.date(2023, 5, 20)
OVER = dt.datetime(2023, 5, 21)
DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2060, 12, 31))
HOLIDAYS = st.sets(st.dates(dt.date(2023, 1, 1), dt.date(2023, 3, 31)), max_size=60).map(frozenset)


@given(st.dates(dt.date(2023, 1, 10), dt.date(2023, 3, 20)), st.sampled_from(Roll), HOLIDAYS)
def test_a_rolled_day_is_a_working_day_on_its_side_of_the_nominal_one(day, roll, holidays):
    found = deadlines.rolled(day, roll, holidays)

    if roll is Roll.NONE:
        assert found == day
    else:
        assert deadlines.is_working_day(found, holidays)
        assert found <= day if roll is Roll.BEFORE else found >= day
        between = [min(found, day) + dt.timedelta(n) for n in range(abs((found - day).days))]
        assert not [d for d in between if d not in (found, day) and deadlines.is_working_day(d, holidays)]


@given(DAYS, HOLIDAYS)
def test_before_is_never_after_the_day_and_after_never_before_it(day, holidays):
    assert deadlines.rolled(day, Roll.BEFORE, holidays) <= day <= deadlines.rolled(day, Roll.AFTER, holidays)


@given(DAYS, st.integers(1, 31), st.integers(0, 12))
def test_a_deadline_falls_into_the_month_it_names(ends_on, day, months):
    found = deadlines.nominal(ends_on, day, months)

    assert (found.year * 12 + found.month) - (ends_on.year * 12 + ends_on.month) == months
    assert found.day == day or (found + dt.timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("opened", "closed", "owes"),
    [
        (None, None, True), (None, dt.date(2023, 4, 30), False), (None, dt.date(2023, 5, 1), True),
        (dt.date(2023, 5, 31), None, True), (dt.date(2023, 6, 1), None, False),
    ],
)  # fmt: skip
def test_a_unit_owes_what_falls_into_its_life(opened, closed, owes):
    assert deadlines.owes_in(opened, closed, dt.date(2023, 5, 1), dt.date(2023, 5, 31)) is owes


@pytest.mark.parametrize(
    ("day", "opens"),
    [((2023, 4, 30), False), ((2023, 5, 1), True), ((2023, 7, 15), True), ((2023, 7, 16), False)],
)
def test_the_clock_opens_from_the_day_on_but_no_history(day, opens):
    assert deadlines.opens_now(dt.date(2023, 5, 1), dt.date(2023, 5, 31), dt.date(*day)) is opens


@pytest.mark.parametrize("year", [2566, 2567, 2570])
def test_a_year_has_twelve_months_four_quarters_and_itself_without_a_gap(year):
    months, quarters, whole = (
        [p for p in yearly.periods(year) if p.kind is kind]
        for kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
    )

    assert [len(months), len(quarters), len(whole)] == [12, 4, 1]
    for parts in (months, quarters):
        assert parts[0].starts_on == whole[0].starts_on and parts[-1].ends_on == whole[0].ends_on
        assert all(a.ends_on + dt.timedelta(days=1) == b.starts_on for a, b in itertools.pairwise(parts))
    assert all(p.starts_on <= p.opens_on <= p.ends_on for p in yearly.periods(year))


def test_the_guides_own_year_stands_as_it_is_printed_and_others_roll():
    guide, later = yearly.deadlines(2566), yearly.deadlines(2567)

    assert {d.roll for d in guide if d.certainty is Certainty.SOURCED} == {Roll.NONE}
    assert not [d for d in later if d.roll is Roll.NONE or d.certainty is Certainty.SOURCED]
    assert {d.duty for d in later} == set(Duty)


@pytest.mark.parametrize(
    "month", [p for p in yearly.periods(2570) if p.kind is PeriodKind.MONTH], ids=lambda p: p.number
)
def test_each_role_keeps_a_day_of_its_own_however_the_weekend_falls(month):
    rules = {d.duty: d for d in yearly.deadlines(2570) if d.kind is PeriodKind.MONTH}
    report, check, whole = (
        deadlines.rolled(deadlines.nominal(month.ends_on, rule.day, 0), rule.roll, frozenset())
        for rule in (rules[Duty.REPORT], rules[Duty.CHECK], rules[Duty.CONSOLIDATE])
    )

    assert report < check < whole


@pytest.mark.parametrize(
    ("stand", "at", "met"),
    [
        (Checking(3, 0, None, DUE), dt.datetime(2023, 5, 20, 23), None),
        (Checking(3, 0, None, DUE), dt.datetime(2023, 5, 25, 9), OVER),
        (Checking(3, 0, dt.datetime(2023, 5, 22, 9), DUE), dt.datetime(2023, 5, 25, 9), dt.datetime(2023, 5, 22, 9)),
        (Checking(3, 1, None, DUE), dt.datetime(2023, 5, 25, 9), None),
        (Checking(0, 0, dt.datetime(2023, 5, 18, 9), DUE), dt.datetime(2023, 5, 19), dt.datetime(2023, 5, 18, 9)),
        (Checking(0, 1, dt.datetime(2023, 5, 18, 9), DUE), dt.datetime(2023, 5, 19), None),
    ],
    ids=[
        "offices still have time",
        "their day is over",
        "as of the last one verified",
        "one waits",
        "all in",
        "not yet",
    ],
)
def test_a_check_is_done_when_nothing_waits_and_nothing_is_to_come_in_time(stand, at, met):
    assert duties.checked_at(stand, at) == met


@pytest.mark.parametrize(
    ("stand", "met"),
    [
        (Consolidating(0, 0, 5, None), OVER),
        (Consolidating(1, 0, 5, None), None),
        (Consolidating(0, 1, 5, None), None),
        (Consolidating(0, 0, 0, None), None),
        (Consolidating(2, 9, 0, dt.datetime(2023, 5, 2)), dt.datetime(2023, 5, 2)),
    ],
)
def test_a_period_is_consolidated_when_all_is_taken_over_or_it_is_closed(stand, met):
    assert duties.consolidated_at(stand, OVER) == met
