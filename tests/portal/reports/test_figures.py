"""Figures of chapters are those of the records, on SQLite and PostgreSQL alike."""

import datetime as dt
from decimal import Decimal

import pytest
from peewee import fn

from models import Answer, BudgetLine, Disbursement, Obligation, Submission, Unit, Visit
from portal.reports import editions, figures
from portal.reports.chapter import Cut
from portal.reports.chapters import disbursement, office, project, timeliness
from portal.reports.figures import money, offices, reporting, results, visiting
from portal.rules.deadlines import Timeliness
from portal.rules.progress import Aggregation, Standing
from tests.pdf.year import fill

CUT = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 7, 5, 9, 0))


@pytest.fixture
def year(database):
    fill(until=12)


def test_what_was_paid_is_the_sum_of_the_records_until_the_month(year):
    paid = Disbursement.select(fn.SUM(Disbursement.disbursed)).where(Disbursement.month <= 9).scalar()
    granted = BudgetLine.select(fn.SUM(BudgetLine.after_transfers)).scalar()

    page = disbursement.gather(CUT)

    assert page.total.disbursed == paid
    assert page.total.granted == granted
    assert page.courses[0].now == Decimal(int(paid)) * 100 / Decimal(int(granted))


def test_the_targets_are_straight_lines_between_quarter_ends(year):
    course = money.targets(CUT).course(None)

    assert (course[2], course[5], course[8], course[11]) == (32, 52, 75, 93)
    assert course[6] == 52 + Decimal(23) / 3


def test_visits_sent_back_do_not_count(year):
    before = sum(course.total for course in visiting.courses(CUT).values())
    Visit.update(state="returned").where(Visit.id == Visit.select(fn.MIN(Visit.id)).scalar()).execute()

    assert sum(course.total for course in visiting.courses(CUT).values()) == before - 1


def test_an_office_is_in_time_only_when_all_it_owed_was(year):
    mine = offices.offices(CUT)[0].id
    Obligation.update(state="met", met_at=dt.datetime(2022, 10, 1, 9)).where(Obligation.unit == mine).execute()
    last = Obligation.select().where(Obligation.unit == mine).order_by(Obligation.due_on.desc()).first()
    late = dt.datetime.combine(last.due_on, dt.time(23, 59)) + dt.timedelta(days=1)

    assert {m.how for m in reporting.months_due(CUT)[mine][:9]} == {Timeliness.ON_TIME}
    Obligation.update(met_at=late).where(Obligation.id == last.id).execute()
    whole = Cut(fiscal_year=2566, cut_at=CUT.cut_at.replace(year=2024))
    assert reporting.months_due(whole)[mine][11].how is Timeliness.LATE_1_2


def test_what_is_not_due_is_neither_late_nor_missing(year):
    early = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 6, 10, 9))
    Obligation.update(state="open", met_at=None).where(Obligation.due_on == dt.date(2023, 6, 20)).execute()

    june = [months[8] for months in reporting.months_due(early).values()]

    assert all(month.how is Timeliness.NOT_DUE and not month.missing for month in june)


def test_months_after_the_cut_are_empty(year):
    assert all(m.how is Timeliness.NOT_DUE for months in reporting.months_due(CUT).values() for m in months[9:])


def test_a_returned_report_is_not_counted(year):
    indicator = next(i for i in results.indicators(CUT) if i.month_rule is i.unit_rule is Aggregation.SUM)
    before = results.outcome(indicator, results.cells(CUT)[indicator.id].values())
    answer = (
        Answer.select()
        .join(Submission)
        .where(Answer.indicator == indicator.id, Submission.state == "consolidated")
        .first()
    )
    Submission.update(state="returned").where(Submission.id == answer.submission_id).execute()

    after = results.outcome(indicator, results.cells(CUT)[indicator.id].values())

    assert before.value - after.value == answer.number


def test_last_values_are_taken_not_added(year):
    indicator = next(i for i in results.indicators(CUT) if i.month_rule is Aggregation.LAST)
    mine = offices.offices(CUT)[0].id
    latest = (
        Answer.select(Answer.number)
        .join(Submission)
        .where(
            Answer.indicator == indicator.id,
            Submission.unit == mine,
            Submission.state.in_(["consolidated", "verified", "submitted"]),
        )
        .order_by(Submission.period.desc())
    )
    in_june = [a.number for a in latest.where(Submission.period <= 9)]

    assert results.cells(CUT)[indicator.id][mine].value == in_june[0]


def test_nothing_reported_is_none_and_counted_zero_is_zero(year):
    indicator = next(i for i in results.indicators(CUT) if i.month_rule is Aggregation.SUM)
    mine, other = (office.id for office in offices.offices(CUT)[:2])
    of = {
        u: [
            a.id
            for a in Answer.select(Answer.id)
            .join(Submission)
            .where(Answer.indicator == indicator.id, Submission.unit == u)
        ]
        for u in (mine, other)
    }
    Answer.update(number=Decimal(0)).where(Answer.id.in_(of[mine])).execute()
    Answer.delete().where(Answer.id.in_(of[other])).execute()

    cells = results.cells(CUT)[indicator.id]

    assert cells[mine].value == 0
    assert cells[other].value is None
    assert results.outcome(indicator, [cells[other]]).standing is Standing.NO_VALUE


def test_a_family_gathers_each_member_as_it_would_alone(year):
    code = offices.offices(CUT)[2].code
    alone = office.gather(Cut(fiscal_year=2566, period=9, cut_at=CUT.cut_at, unit_code=code))
    with figures.shared():
        together = {member.code: member.page for member in office.members(CUT)}

    assert together[code] == alone
    assert {member.code for member in project.members(CUT)} == {"66-01", "66-02", "66-03"}


def test_limits_are_drawn_from_twelve_months_on():
    shares = tuple(Decimal(v) for v in (90, 92, 91, 93, 90, 92, 91, 93, 90, 92, 91))

    assert timeliness.natural_limits(shares)[1:] == (None, None)
    centre, low, high = timeliness.natural_limits((*shares, Decimal(93)))
    assert low < centre < high <= 100


def test_both_kinds_of_store_give_the_same_snapshot(stores, tmp_path):
    texts = []
    for engine in ("sqlite", "postgresql"):
        from_store = stores.new(engine, "reference", tmp_path)
        editions.database.use(from_store.url)
        fill(problem="ฝนตกหนัก")
        texts.append([editions.take_snapshot(slug, CUT) for slug in ("pack", "book")])
        stores.drop(from_store)

    assert texts[0] == texts[1]


def test_a_book_is_gathered_with_few_queries_whatever_the_number_of_offices(sqlite_store):
    fill(offices=12)
    asked = []
    database = editions.database.db.obj
    execute = database.execute_sql
    database.execute_sql = lambda sql, *more, **named: (asked.append(sql), execute(sql, *more, **named))[1]
    try:
        editions.take_snapshot("book", CUT)
    finally:
        del database.execute_sql

    assert len(asked) < 75  # some three a chapter; one more an office would be twelve more
    assert Unit.select().where(Unit.closed_on.is_null(), Unit.kind == "provincial").count() == 12
