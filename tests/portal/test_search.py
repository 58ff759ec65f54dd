"""Substring search inside unspaced Thai, on both stores."""

import datetime as dt

import pytest

from models import Cooperative, CooperativeType, Project, Province, Unit, Visit, db
from portal import records
from portal.database import is_sqlite, tuples
from portal.rules.terms import InstitutionKind
from portal.search import matching

NAMES = (
    "สหกรณ์การเกษตรเมืองขอนแก่น จำกัด",
    "สหกรณ์ออมทรัพย์ครูขอนแก่น จำกัด",
    "สหกรณ์การเกษตรน้ำพอง จำกัด",
    'สหกรณ์บริการ "ก้าวหน้า" ๑๐๐% จำกัด',
    "สหกรณ์_ทดลอง AND จำกัด",
)


@pytest.fixture
def registry(database):
    """Five cooperatives of one office."""
    unit = Unit.get(Unit.code == "P40")
    kind = CooperativeType.get(CooperativeType.code == "SVC")
    with records.changing(by=None) as work:
        return [
            work.create(
                Cooperative, registration_number=f"40000001{n:05d}", name=name, kind=InstitutionKind.COOPERATIVE,
                type=kind, unit=unit, province=unit.province_id,
            )
            for n, name in enumerate(NAMES, 25001)
        ]  # fmt: skip


def found(text):
    condition = matching(Cooperative, text)
    return {name for (name,) in tuples(Cooperative.select(Cooperative.name).where(condition))}


def test_a_word_is_found_inside_a_name_without_spaces(registry):
    assert found("ขอนแก่น") == {NAMES[0], NAMES[1]}
    assert found("การเกษตร") == {NAMES[0], NAMES[2]}


def test_every_word_must_be_there_in_any_order(registry):
    assert found("ขอนแก่น ออมทรัพย์") == {NAMES[1]}
    assert found("ขอนแก่น ประมง") == set()


def test_a_split_sara_am_finds_the_right_word(registry):
    assert found("น\u0e49\u0e4d\u0e32พอง") == {NAMES[2]}


def test_two_letters_are_looked_for_as_well(registry):
    assert found("ครู") == {NAMES[1]}
    assert found("พอ") == {NAMES[2]}


def test_part_of_a_registration_number_finds_its_institution(registry):
    assert found("0125003") == {NAMES[2]}


@pytest.mark.parametrize("text", ['"', "'", '"ก้าวหน้า"', "AND", "OR NOT", "ก้าว*", "-ก้าว", "NEAR(", "name:สหกรณ์", "\\"])
def test_signs_of_a_query_language_are_plain_letters(registry, text):
    words = text.casefold().split()
    assert found(text) == {name for name in NAMES if all(word in name.casefold() for word in words)}


def test_latin_letters_are_found_in_either_case(registry):
    assert found("and") == found("And") == {NAMES[4]}


def test_long_and_short_words_are_looked_for_together(registry):
    assert found("พอ สหกรณ์ น้ำพอง") == {NAMES[2]}
    assert found("พอ ขอนแก่น") == set()


@pytest.mark.parametrize("text", ["%%%", "___", "100%", "%", "_"])
def test_wildcards_of_the_store_are_plain_letters(registry, text):
    assert found(text) == {name for name in NAMES if text in name}


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n\t"])
def test_nothing_to_look_for_is_no_condition(registry, text):
    assert matching(Cooperative, text) is None


def test_very_long_text_is_refused_nothing_and_finds_nothing(registry):
    assert found("ก" * 100_000) == set()
    assert found("กขค " * 10_000) == set()


def test_the_index_follows_a_changed_and_a_removed_name(registry):
    with records.changing(by=None) as work:
        work.update(registry[0], name="สหกรณ์การเกษตรบ้านไผ่ จำกัด")
        work.remove(registry[1])

    assert found("ขอนแก่น") == set()
    assert found("บ้านไผ่") == {"สหกรณ์การเกษตรบ้านไผ่ จำกัด"}


def test_tables_without_an_index_are_searched_as_well(database):
    assert matching(Province, "ขอนแก่น") is None
    found_units = Unit.select(Unit.code).where(matching(Unit, "ขอนแก่น"))
    assert [code for (code,) in tuples(found_units)] == ["P40"]
    assert matching(Project, "สหกรณ์") is not None


def test_rows_put_in_by_the_thousand_are_found_like_single_ones(demo):
    condition = matching(Cooperative, "ออมทรัพย์")
    by_index = Cooperative.select().where(condition).count()

    assert by_index == Cooperative.select().where(Cooperative.name.contains("ออมทรัพย์")).count() > 1000
    assert Visit.select().where(matching(Visit, "ลูกหนี้")).count() > 0
    if is_sqlite():  # raises when index and table differ
        for table in ("cooperative", "visit"):
            db.execute_sql(f"INSERT INTO {table}_search ({table}_search, rank) VALUES ('integrity-check', 1)")
        with records.changing(by=None, at=dt.datetime(2023, 10, 1)) as work:
            work.update(Cooperative.select().where(condition).first(), name="ชื่อใหม่ที่ไม่มีใครใช้")
        assert Cooperative.select().where(matching(Cooperative, "ไม่มีใครใช้")).count() == 1


def test_a_search_reads_the_index_and_not_the_whole_table(demo):
    query = Visit.select(Visit.id).where(matching(Visit, "ร้องเรียนเรื่อง"))
    sql, values = query.sql()
    if is_sqlite():
        plan = " ".join(str(row) for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
        assert "SCAN t1" not in plan
        assert "VIRTUAL TABLE INDEX" in plan
    else:
        db.execute_sql("ANALYZE visit")
        plan = " ".join(row[0] for row in db.execute_sql(f"EXPLAIN {sql}", values).fetchall())
        assert "visit_subject_search" in plan


def test_counting_up_to_a_number_leaves_out_nothing_below_it(demo):
    for text in ("ลูกหนี้", "ทุจริต", "เงินรับฝาก ประชุม", "ที่ ประชุม"):
        hits = Visit.select().where(matching(Visit, text)).count()
        for most in (1, 5, hits, hits + 1):
            assert min(Visit.select().where(matching(Visit, text, most=most)).count(), most) == min(hits, most) > 0


def test_looking_row_by_row_finds_the_same_rows(demo):
    for text in ("ลูกหนี้", "ทุจริต", "เงินรับฝาก ประชุม"):
        by_index, by_row = (
            {ident for (ident,) in tuples(Visit.select(Visit.id).where(matching(Visit, text, by_index=way)))}
            for way in (True, False)
        )
        assert by_index == by_row
        assert by_index
