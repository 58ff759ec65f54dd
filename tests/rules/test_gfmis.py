"""How the finance files write amounts, months, codes and days is read in one way, and nothing is guessed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import formats
from portal.errors import RuleBroken
from portal.rules import gfmis


@pytest.mark.parametrize(
    ("text", "satang"),
    [
        ("1,234.50", 123_450), ("1234.5", 123_450), ("๑,๒๓๔.๕๐", 123_450), (" 7 ", 700), ("-", 0), ("–", 0), ("", 0),
        ("(1,234.50)", -123_450), ("1,234.50-", -123_450), ("−0.01", -1), ("-350.00 ", -35_000), (".5", 50),
    ],
)  # fmt: skip
def test_an_amount_is_whole_satang(text, satang):
    assert gfmis.amount(text) == satang


@pytest.mark.parametrize("text", ["12,34", "1.2.3", "abc", "1e5", "1.234", "--5", "(5", "1 000", "9" * 20, "NaN", "∞"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(RuleBroken):
        gfmis.amount(text)


@given(st.integers(-(10**15), 10**15))
def test_an_amount_written_for_people_is_read_back(satang):
    assert gfmis.amount(formats.baht(satang)) == satang
    assert gfmis.stored_amount(repr(satang / 100)) == satang or abs(satang) > 10**15


@given(st.integers(-(10**13), 10**13))
def test_million_baht_keep_every_satang(satang):
    assert gfmis.stored_amount(repr(satang / gfmis.MILLION_BAHT), gfmis.MILLION_BAHT) == satang


@pytest.mark.parametrize("text", ["0.001", "1e30", "NaN", "Infinity", "x"])
def test_a_stored_number_that_is_no_amount_is_refused(text):
    with pytest.raises(RuleBroken):
        gfmis.stored_amount(text)


@pytest.mark.parametrize(
    ("text", "year", "month"),
    [
        ("พ.ย. 2565", 2565, 2),
        ("ต.ค. 2566", 2566, 1),
        ("กันยายน 2566", 2566, 12),
        ("ม.ค.๒๕๖๖", 2566, 4),
        ("11/2565", 2565, 2),
    ],
)
def test_a_month_has_its_fiscal_year_beside_it(text, year, month):
    assert gfmis.month(text) == (year, month)


@pytest.mark.parametrize("text", ["พ.ย.", "13/2566", "2566", "พ.ย. 65", "xyz 2566", "พ.ย. 2022"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(RuleBroken):
        gfmis.month(text)


def test_a_budget_code_is_twenty_digits_of_text():
    assert gfmis.budget_code("07012 14 0002 0 0 100 0000") == "07012140002001000000"
    assert gfmis.category_of("07012140002001000000") == "100"
    for wrong in ("2.10E+19", "7012140002001000000", "070121400020010000000", "0701214000200100000x"):
        with pytest.raises(RuleBroken):
            gfmis.budget_code(wrong)
    with pytest.raises(RuleBroken, match="last digits"):
        gfmis.budget_code("7012140002001000000", is_number=True)


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("ข้อมูล ณ วันที่ 31 พฤษภาคม 2566", dt.date(2023, 5, 31)), ("ณ วันที่ 30 เมษายน พ.ศ. 2566", dt.date(2023, 4, 30)),
        ("ตัดยอด 31/05/2566", dt.date(2023, 5, 31)), ("ณ วันที่ ๑ ต.ค. ๖๕", dt.date(2022, 10, 1)),
        ("รายงานปี 2566", None), ("ณ วันที่ 31 กุมภาพันธ์ 2566", None),
    ],
)  # fmt: skip
def test_the_day_is_read_from_a_title(title, day):
    assert gfmis.day_in(title) == day


def test_a_heading_is_the_same_however_it_is_spaced_and_split():
    assert gfmis.plain("งบฯ หลังโอน/ปป. ทั้งสิ้น (บาท)") == gfmis.plain("งบฯหลังโอน/ปป.ทั้งสิ้น")
    assert gfmis.plain("ส\u0e4dารองเงิน") == gfmis.plain("สำรองเงิน")
    assert gfmis.year_in("ปีงบประมาณ พ.ศ. ๒๕๖๖") == gfmis.year_in("ปีงบประมาณ 2566") == 2566
