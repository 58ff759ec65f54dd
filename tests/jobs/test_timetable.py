"""What runs when: rows are rung for again, and the month's pack is asked for once."""

import datetime as dt

import pytest
import redis
from peewee import fn

from jobs import queue, timetable
from models import Deadline, Notice, Obligation, Period, Run, Unit
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import Duty, RunKind, RunState
from tests import make

DUE = dt.datetime(2023, 5, 25, 5)


@pytest.fixture
def bell(redis_url):
    queue.use(redis_url)
    return redis.Redis.from_url(redis_url)


def _rung(bell):
    return [name.decode() for name in bell.lrange("rq:queue:portal", 0, -1)]


def test_the_pack_is_asked_for_on_its_morning_and_once(store, bell):
    for minutes in (-1, 0, 10, 600, 60 * 24):
        timetable.keep_schedules(DUE + dt.timedelta(minutes=minutes))

    run = Run.get()
    assert (run.kind, run.subject, run.asked_by, run.asked_at) == (RunKind.PACK, "2566-05", None, DUE)
    assert _rung(bell) == [f"compile_run-{run.id}-0"]


def test_the_pack_is_not_asked_for_again_when_it_is_done(store, bell):
    timetable.keep_schedules(DUE)
    Run.update(state=RunState.DONE, ended_at=DUE).execute()

    timetable.keep_schedules(DUE + dt.timedelta(hours=3))

    assert Run.select().count() == 1


def test_a_morning_slept_through_is_made_up_for_within_a_week(store, bell):
    timetable.keep_schedules(DUE + dt.timedelta(days=8))
    assert Run.select().count() == 0

    timetable.keep_schedules(DUE + dt.timedelta(days=6, hours=23))
    assert [run.subject for run in Run.select()] == ["2566-05"]


def test_a_pack_asked_for_by_hand_before_is_asked_for_again_with_all_figures(store, bell):
    early = runs.ask(RunKind.PACK, "2566-05", by=None, at=DUE - dt.timedelta(days=1))
    Run.update(state=RunState.DONE, ended_at=DUE - dt.timedelta(days=1)).where(Run.id == early.id).execute()

    timetable.keep_schedules(DUE)

    assert Run.select().count() == 2


def test_the_day_is_a_row_that_can_be_changed(store, bell):
    Deadline.update(day=28).where(Deadline.duty == Duty.CONSOLIDATE).execute()

    timetable.keep_schedules(DUE)
    assert Run.select().count() == 0

    timetable.keep_schedules(DUE.replace(day=28))
    assert Run.select().count() == 1


def test_each_month_of_the_year_gets_its_pack(store, bell):
    day = dt.datetime(2022, 10, 1, 12)
    while day < dt.datetime(2023, 10, 15):
        timetable.keep_schedules(day)
        Run.update(state=RunState.DONE, ended_at=day).execute()
        day += dt.timedelta(days=1)

    months = [f"{2565 + (m + 8) // 12}-{(m + 8) % 12 + 1:02d}" for m in range(1, 13)]
    assert [run.subject for run in Run.select().order_by(Run.id)] == months


def test_a_lost_queue_loses_nothing(store, bell):
    pack = runs.ask(RunKind.PACK, "2566-05", by=None, at=DUE)
    book = runs.ask(RunKind.BOOK, "2566", by=None, at=DUE)
    queue.ring("compile_run", pack.id)
    bell.flushall()

    timetable.sweep(DUE)
    timetable.sweep(DUE)

    assert sorted(_rung(bell)) == [f"compile_run-{pack.id}-0", f"compile_run-{book.id}-0"]


def test_a_run_in_good_hands_is_not_rung_for(store, bell):
    run = runs.ask(RunKind.PACK, "2566-05", by=None, at=DUE)
    Run.update(state=RunState.RUNNING, attempt=1, lease_until=DUE + runs.LEASE).execute()

    timetable.sweep(DUE + runs.LEASE - dt.timedelta(seconds=1))
    assert _rung(bell) == []

    timetable.sweep(DUE + runs.LEASE + dt.timedelta(seconds=1))
    assert _rung(bell) == [f"compile_run-{run.id}-1"]


def test_one_entry_that_fails_keeps_no_other_from_its_time(store, bell, caplog):
    def stumble(at):
        raise RuntimeError("out of order")

    timetable._do(timetable.Entry("stumble", dt.timedelta(seconds=1), stumble))

    assert "could not stumble" in caplog.text


# ---------------------------------------------------------------- the calendar by the clock


def _at(year, month, day, hour=7):
    return dt.datetime(year, month, day, hour)


def test_periods_open_on_their_day_and_close_after_theirs_once(store, bell):
    make.form()
    may = Period.get(Period.starts_on == dt.date(2023, 5, 1))
    Period.update(closes_on=dt.date(2023, 6, 30)).where(Period.id == may.id).execute()

    timetable.keep_the_calendar(_at(2023, 4, 30))
    assert Period.get_by_id(may.id).opened_at is None
    for hour in (0, 1, 9):
        timetable.keep_the_calendar(_at(2023, 5, 1, hour))
    assert Period.get_by_id(may.id).opened_at == _at(2023, 5, 1, 0)
    owed = Obligation.select().where(Obligation.period == may.id).count()
    assert owed == 78 * 2 + 4  # form and visits of 78 offices, three checks, the whole

    timetable.keep_the_calendar(_at(2023, 6, 30))
    assert Period.get_by_id(may.id).closed_at is None
    timetable.keep_the_calendar(_at(2023, 7, 1, 0))
    timetable.keep_the_calendar(_at(2023, 7, 1, 1))
    assert Period.get_by_id(may.id).closed_at == _at(2023, 7, 1, 0)
    assert Obligation.select().where(Obligation.period == may.id).count() == owed


def test_a_whole_year_goes_by_the_clock_alone(store, bell):
    make.form()
    day = dt.datetime(2022, 10, 1, 7)
    while day < dt.datetime(2023, 10, 2):
        timetable.keep_the_calendar(day)
        day += dt.timedelta(days=5)

    assert Period.select().where(Period.opened_at.is_null()).count() == 0
    doubled = (
        Obligation.select(Obligation.unit, Obligation.period, Obligation.subject)
        .group_by(Obligation.unit, Obligation.period, Obligation.subject)
        .having(fn.COUNT(Obligation.id) > 1)
    )
    assert doubled.count() == 0
    assert {d for (d,) in Obligation.select(Obligation.duty).distinct().tuples()} == set(Duty)


def test_reminders_and_letters_are_asked_for_by_the_clock(store, bell):
    make.form()
    person = make.person(Role.REPORTER, Unit.get(Unit.code == "P40"), email="a@example.go.th")
    timetable.keep_the_calendar(_at(2023, 5, 1))

    timetable.remind(_at(2023, 5, 17, 6))
    assert Notice.select().count() == 0
    for minute in (0, 5, 10):
        timetable.remind(_at(2023, 5, 17).replace(minute=minute))
    assert Notice.select().where(Notice.person == person, Notice.about == "2023-05-20").count() == 1

    timetable.send_letters(_at(2023, 5, 17).replace(minute=9))
    assert _rung(bell) == []
    for _ in range(3):
        timetable.send_letters(_at(2023, 5, 17).replace(minute=10))
    assert len(_rung(bell)) == 1 and _rung(bell)[0].startswith(f"send_letter-{person.id}-")


def test_letters_stand_in_the_timetable_only_where_there_is_a_mail_server():
    assert [entry.name for entry in timetable.TIMETABLE if entry.needs_mail] == ["send editions", "send letters"]


def test_checks_and_reopenings_are_looked_after(store, bell):
    make.form()
    timetable.keep_the_calendar(_at(2023, 5, 1))

    timetable.meet_what_is_done(_at(2023, 5, 23))
    timetable.end_reopenings(_at(2023, 5, 23))

    checks = Obligation.select().where(Obligation.duty == Duty.CHECK)
    assert {check.state for check in checks} == {"met"}
