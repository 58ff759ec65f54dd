import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import formats
from portal.errors import RuleBroken
from portal.rules import inputs


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("20/06/2566", (2023, 6, 20)), ("20/6/2566", (2023, 6, 20)), ("20-6-2566", (2023, 6, 20)),
        ("20 มิ.ย. 66", (2023, 6, 20)), ("20 มิ.ย. 2566", (2023, 6, 20)), ("20 มิย 66", (2023, 6, 20)),
        ("๒๐ มิถุนายน ๒๕๖๖", (2023, 6, 20)), ("20 มิถุนายน พ.ศ. 2566", (2023, 6, 20)),
        ("2566-06-20", (2023, 6, 20)), ("2023-06-20", (2023, 6, 20)), ("20 Jun 2023", (2023, 6, 20)),
        ("29/2/2567", (2024, 2, 29)), (" 1/1/2566 ", (2023, 1, 1)),
    ],
)  # fmt: skip
def test_a_date_is_read_as_thai_people_write_it(typed, meant):
    assert inputs.parse_date(typed) == dt.date(*meant)


@pytest.mark.parametrize(
    "typed", ["", "29/2/2566", "31/4/2566", "20/13/2566", "20/6/1500", "tomorrow", "20/6", "20/6/566"]
)
def test_what_is_no_date_is_refused_in_words(typed):
    with pytest.raises(RuleBroken, match="is not a date"):
        inputs.parse_date(typed)


@given(st.dates(dt.date(1957, 1, 1), dt.date(2150, 1, 1)))
def test_every_date_shown_can_be_typed_back(day):
    assert inputs.parse_date(formats.day_input(day)) == day
    assert inputs.parse_date(formats.day_long(day)) == day


@given(st.dates(dt.date(1960, 1, 1), dt.date(2055, 1, 1)))
def test_every_short_date_of_the_2500s_can_be_typed_back(day):
    assert inputs.parse_date(formats.day_short(day)) == day


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12"),
        ("๑๒", "12"),
        ("1,234.5", "1234.5"),
        ("−3", "-3"),
        (" 7 ", "7"),
        ("0", "0"),
        ("1,234,567", "1234567"),
    ],
)
def test_a_number_is_read_with_commas_and_thai_digits(typed, meant):
    assert inputs.parse_number(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["", "NaN", "Infinity", "1e5", "1,23", "12..3", "0x1f", "๑2a", "1 2", "٣", "1_000"])
def test_what_is_no_number_is_refused_in_words(typed):
    with pytest.raises(RuleBroken, match="is not a number"):
        inputs.parse_number(typed)


@pytest.mark.parametrize(
    ("typed", "said"), [("1.25", "more than 1 decimals"), ("-1", "below the least"), ("11", "above the")]
)
def test_a_number_outside_its_limits_is_refused(typed, said):
    with pytest.raises(RuleBroken, match=said):
        inputs.parse_number(typed, decimals=1, least=Decimal(0), greatest=Decimal(10))


def test_a_number_too_large_for_the_store_is_refused():
    with pytest.raises(RuleBroken, match="too large"):
        inputs.parse_number("9" * 16)


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=4))
def test_every_number_shown_can_be_typed_back(value):
    assert inputs.parse_number(formats.quantity(value)) == value


def test_money_is_whole_satang():
    assert inputs.parse_money("1,234.56") == 123456


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("สํานักงาน", "สำนักงาน"), ("นํ้า", "น้ำ"), ("น้ํา", "น้ำ"), ("เเม่", "แม่"),
        ("a\u200bb", "ab"), ("  สอง   คำ ", "สอง คำ"), ("ก\tข\nค", "ก ข ค"),
    ],
)  # fmt: skip
def test_thai_text_is_mended_before_it_is_kept(typed, kept):
    assert inputs.parse_text(typed) == kept


@given(st.text())
def test_mending_text_twice_changes_nothing_more(text):
    once = inputs.parse_text(text, many_lines=True)

    assert inputs.parse_text(once, many_lines=True) == once


def test_a_registration_number_has_thirteen_digits():
    assert inputs.check_registration_number("๑๒๓ 4567-890123") == "1234567890123"
    with pytest.raises(RuleBroken, match="13 digits"):
        inputs.check_registration_number("123")
