"""The reference data every store starts with."""

import datetime as dt
from decimal import Decimal

from models import (
    AuditEntry,
    CooperativeType,
    Deadline,
    DisbursementTarget,
    FiscalYear,
    Holiday,
    MeasureUnit,
    Period,
    Province,
    Region,
    StoreFact,
    Unit,
)
from portal import periods, records, seed
from portal.rules.terms import Certainty, Duty, PeriodKind, TargetKind, UnitKind
from portal.seed import tables
from portal.seed.loader import FACT

AT = dt.datetime(2022, 9, 1, 9, 0)


def count(model):
    return model.select().count()


def test_every_store_knows_the_department_and_its_78_offices(database):
    assert (count(Region), count(Province), count(Unit)) == (19, 77, 96)
    offices = Unit.select().where(Unit.kind == UnitKind.PROVINCIAL)
    assert offices.count() == 78
    assert all(office.province_id and office.region_id and office.parent.code == "CPD" for office in offices)
    assert Unit.select().join(Province).where(Unit.kind == UnitKind.PROVINCIAL, Province.code == "10").count() == 2


def test_bangkok_alone_makes_up_the_central_region(database):
    assert [p.name for p in Province.select().join(Region).where(Region.code == "R00")] == ["กรุงเทพมหานคร"]


def test_no_two_provinces_share_a_mark(database):
    marks = [p.short for p in Province.select()]
    assert len(set(marks)) == 77
    assert all(len(mark) == 2 for mark in marks)


def test_each_kind_of_cooperative_has_its_reviewing_division(database):
    assert {t.code: t.reviewer.code for t in CooperativeType.select()} == {
        "AGR": "C-AGR", "FIS": "C-AGR", "LST": "C-AGR", "FGR": "C-AGR",
        "THR": "C-NONAGR", "CUN": "C-NONAGR", "CON": "C-NONAGR", "SVC": "C-NONAGR",
    }  # fmt: skip


def test_a_percentage_is_known_as_one(database):
    assert [m.name for m in MeasureUnit.select().where(MeasureUnit.is_percentage)] == ["ร้อยละ"]


def test_the_calendar_of_2566_falls_on_the_days_of_the_guide(database):
    year = FiscalYear.get(FiscalYear.year == 2566)

    def due(kind, number, duty):
        period = Period.get(Period.fiscal_year == year, Period.kind == kind, Period.number == number)
        return periods.due_on(period, duty)

    assert due(PeriodKind.MONTH, 1, Duty.REPORT) == dt.date(2022, 10, 20)
    assert due(PeriodKind.MONTH, 8, Duty.VISITS) == dt.date(2023, 5, 20)
    assert due(PeriodKind.MONTH, 8, Duty.CHECK) == dt.date(2023, 5, 22)
    assert due(PeriodKind.MONTH, 12, Duty.CONSOLIDATE) == dt.date(2023, 9, 25)
    assert due(PeriodKind.QUARTER, 1, Duty.OUTCOME) is None
    assert [due(PeriodKind.QUARTER, n, Duty.OUTCOME) for n in (2, 3, 4)] == [
        dt.date(2023, 4, 5), dt.date(2023, 7, 5), dt.date(2023, 10, 5),
    ]  # fmt: skip
    assert due(PeriodKind.YEAR, 1, Duty.BOOK) == dt.date(2023, 10, 22)


def test_public_holidays_cover_the_whole_fiscal_year(database):
    days = {h.day for h in Holiday.select()}
    assert {dt.date(2022, 10, 24), dt.date(2022, 12, 5), dt.date(2023, 4, 13), dt.date(2023, 8, 14)} <= days


def test_a_target_nobody_found_is_no_row_and_an_inferred_one_says_so(database):
    def target(year, quarter, kind):
        return DisbursementTarget.get_or_none(
            DisbursementTarget.fiscal_year == FiscalYear.get(FiscalYear.year == year),
            DisbursementTarget.quarter == quarter,
            DisbursementTarget.kind == kind,
        )

    assert target(2566, 1, TargetKind.SPENT_OVERALL) is None
    assert target(2566, 4, TargetKind.DISBURSED_OVERALL).percent == Decimal(93)
    assert target(2566, 4, TargetKind.DISBURSED_OVERALL).certainty == Certainty.SOURCED
    inferred = DisbursementTarget.select().where(DisbursementTarget.certainty == Certainty.INFERRED)
    assert inferred.count() == 5
    assert all(t.fiscal_year.year == 2566 and "ไม่พบแหล่งอ้างอิง" in t.source for t in inferred)


def test_loading_again_changes_nothing_and_leaves_no_entry(database):
    entries = count(AuditEntry)

    assert seed.load(at=AT) == {}
    assert count(AuditEntry) == entries


def test_newer_files_leave_alone_what_people_edited_or_named(database):
    StoreFact.update(value="an earlier edition").where(StoreFact.key == FACT).execute()
    region = Region.get(Region.code == "R05")
    with records.changing(by=None) as work:
        work.update(region, name="ภาคใต้ฝั่งอ่าวไทย")

    assert seed.load(at=AT) == {}
    assert Region.get(Region.code == "R05").name == "ภาคใต้ฝั่งอ่าวไทย"


def test_newer_files_bring_what_is_missing(database):
    StoreFact.update(value="an earlier edition").where(StoreFact.key == FACT).execute()
    Deadline.delete().where(Deadline.duty == Duty.BOOK).execute()

    assert seed.load(at=AT) == {"Period": 1}
    assert Deadline.select().where(Deadline.duty == Duty.BOOK).count() == 1


def test_every_reference_file_is_clean_text():
    for path in tables.DATA.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert not text.startswith("\ufeff")
        assert "\r" not in text
        assert "\u0e4d\u0e32" not in text, path.name
