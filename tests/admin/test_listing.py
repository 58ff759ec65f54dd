"""The pages of a large list: each row once and in order, whatever the store believes about the table's size."""

import re

import pytest

from admin_views import columns, listing
from models import Obligation, Person, Unit, Visit, db
from portal.database import is_sqlite
from portal.rules.access import Role
from tests import make

NEWEST = [("visited_on", True)]


@pytest.fixture
def planner(demo):
    return Person.select().where(Person.role == Role.PLANNING).get()


@pytest.fixture
def cols():
    return [columns.column(Visit, name) for name in ("cooperative", "visited_on", "subject")]


@pytest.fixture
def is_large(monkeypatch):
    """The demonstration's visits stand for a large table."""
    monkeypatch.setattr(listing, "COUNTED", 1_000)


@pytest.fixture
def statements(demo, monkeypatch):
    """What reaches the store from now on: each statement and its values."""
    asked, real = [], db.obj._execute_cursor
    monkeypatch.setattr(
        db.obj, "_execute_cursor", lambda sql, params=None: asked.append((sql, params)) or real(sql, params)
    )
    return asked


def believe(rows):
    """Let PostgreSQL believe that there are so many visits, as after much was added or removed."""
    if not is_sqlite():
        db.execute_sql("UPDATE pg_class SET reltuples = %s WHERE relname = 'visit'", (rows,))


def ordered(*conditions):
    query = Visit.select(Visit.id).order_by(Visit.visited_on.desc(), Visit.id.desc())
    return [ident for (ident,) in (query.where(*conditions) if conditions else query).tuples()]


def shown(cols, person, *, size=500, **asked):
    """The ids of all pages, one after the other, and the last page that had rows."""
    found, number = [], 0
    last = None
    while True:
        page = listing.page(Visit, cols, person, listing.Asked(order=NEWEST, page=number, size=size, **asked))
        if not page.rows:
            return found, last
        assert len(page.rows) <= size
        found += [row[0] for row in page.rows]
        last, number = page, number + 1


@pytest.mark.parametrize("believed", [-1, 0.6, 1, 1.4, 30])
def test_no_row_is_lost_or_shown_twice_whatever_size_the_store_believes(demo, planner, cols, is_large, believed):
    expected = ordered()
    believe(believed if believed <= 0 else int(len(expected) * believed))

    found, last = shown(cols, planner, size=2_000)

    assert found == expected
    assert last.count in (None, len(expected))


@pytest.mark.parametrize("believed", [0.6, 1, 1.3])
def test_the_last_page_is_right_and_its_count_exact_when_the_estimate_is_not(demo, planner, cols, is_large, believed):
    expected = ordered()
    believe(int(len(expected) * believed))
    last = (len(expected) - 1) // 50

    for number in (last - 1, last, last + 1):
        page = listing.page(Visit, cols, planner, listing.Asked(order=NEWEST, page=number))
        assert [row[0] for row in page.rows] == expected[number * 50 : number * 50 + 50]
        assert page.count == len(expected)


def test_a_large_table_is_not_counted_for_its_first_pages(demo, planner, cols, is_large, statements):
    believe(len(ordered()))

    page = listing.page(Visit, cols, planner, listing.Asked(order=NEWEST, page=2))
    asked = [sql for sql, _ in statements]

    assert page.count == (Visit.select().count() if is_sqlite() else None)
    if not is_sqlite():  # which counts the pages of its smallest index
        assert not [sql for sql in asked if "count(" in sql.lower()]


@pytest.mark.parametrize("bound", [10, 10_000])
@pytest.mark.parametrize("text", ["ลูกหนี้", "เงินรับฝาก ประชุม", "ทุจริต", "ไม่มีคำนี้เลย"])
def test_a_search_shows_each_hit_once_and_in_order_however_many_there_are(
    demo, planner, cols, monkeypatch, bound, text
):
    monkeypatch.setattr(listing, "COUNTED", bound)
    expected = ordered(*[Visit.subject.contains(word) for word in text.split()])

    found, last = shown(cols, planner, search=text)

    assert found == expected
    assert last is None or last.count == (len(expected) if len(expected) <= bound else None)


@pytest.mark.parametrize("bound", [5, 50, 10_000])
def test_a_search_within_an_office_shows_that_office_s_hits_alone(demo, cols, monkeypatch, bound):
    monkeypatch.setattr(listing, "COUNTED", bound)
    unit = Unit.select().join(Visit).where(Visit.subject.contains("ลูกหนี้")).order_by(Unit.id).first()
    reporter = Person.select().where(Person.unit == unit, Person.role == Role.REPORTER).first()
    reporter = reporter or make.person(Role.REPORTER, unit)

    for text in ("ลูกหนี้", "ทุจริต", "ที่"):
        found, last = shown(cols, reporter, size=20, search=text)
        assert found == ordered(Visit.unit == unit, Visit.subject.contains(text))
        assert last is None or last.count == (len(found) if len(found) <= bound else None)
    assert shown(cols, reporter, size=20, search="ลูกหนี้")[0]


def test_the_ids_of_a_deep_page_are_read_from_an_index_alone(demo, planner, cols, statements):
    if not is_sqlite():
        db.execute_sql("VACUUM ANALYZE visit")
        db.execute_sql("SET enable_seqscan = off")  # the demonstration is small enough to be read whole

    listing.page(Visit, cols, planner, listing.Asked(order=NEWEST, page=100))
    sql, values = next((sql, values) for sql, values in statements if "cooperative" in sql)

    explain = "EXPLAIN QUERY PLAN" if is_sqlite() else "EXPLAIN"
    plan = " ".join(str(row) for row in db.execute_sql(f"{explain} {sql}", values).fetchall())

    wanted = (
        "COVERING INDEX visit_visited_on_id"
        if is_sqlite()
        else r"Index Only Scan( Backward)? using visit_visited_on_id"
    )
    assert re.search(wanted, plan), plan


def test_what_an_office_owes_is_named_in_words(demo, sign_in, planner):
    client = sign_in(planner)
    owed = Obligation.get(Obligation.subject == "visits")
    form = Obligation.get(Obligation.form.is_null(False))

    page = client.get(f"/admin/obligation/?flt0_unit_is={owed.unit_id}&flt1_period_is={owed.period_id}").text
    details = client.get(f"/admin/obligation/details/?id={owed.id}").text
    file = client.get("/admin/obligation/export/csv/").get_data().decode("utf-8-sig")

    for text in (page, details, file):
        assert "ส่งบันทึกเข้าแนะนำ" in text
    assert not re.search(r">visits<", page + details) and not re.search(r"(^|,)visits,", file, re.M)
    assert form.subject in file


def test_a_word_for_a_choice_is_kept_on_one_line(planner, sign_in):
    page = sign_in(planner).get("/admin/indicator/").text

    assert re.search(r'<td class="nb"[^>]*>มากยิ่งดี</td>', page)
