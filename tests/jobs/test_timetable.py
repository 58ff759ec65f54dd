"""What runs when: rows are rung for again, and the month's pack is asked for once."""

import datetime as dt

import pytest
import redis

from jobs import queue, timetable
from models import Deadline, Run
from portal.reports import runs
from portal.rules.terms import Duty, RunKind, RunState

DUE = dt.datetime(2023, 5, 25, timetable.PACK_HOUR)


@pytest.fixture
def bell(redis_url):
    queue.use(redis_url)
    return redis.Redis.from_url(redis_url)


def _rung(bell):
    return [name.decode() for name in bell.lrange("rq:queue:portal", 0, -1)]


def test_the_pack_is_asked_for_on_its_morning_and_once(store, bell):
    for minutes in (-1, 0, 10, 600, 60 * 24):
        timetable.ask_for_the_pack(DUE + dt.timedelta(minutes=minutes))

    run = Run.get()
    assert (run.kind, run.subject, run.asked_by, run.asked_at) == (RunKind.PACK, "2566-05", None, DUE)
    assert _rung(bell) == [f"compile_run-{run.id}-0"]


def test_the_pack_is_not_asked_for_again_when_it_is_done(store, bell):
    timetable.ask_for_the_pack(DUE)
    Run.update(state=RunState.DONE, ended_at=DUE).execute()

    timetable.ask_for_the_pack(DUE + dt.timedelta(hours=3))

    assert Run.select().count() == 1


def test_a_morning_slept_through_is_made_up_for_within_a_week(store, bell):
    timetable.ask_for_the_pack(DUE + dt.timedelta(days=8))
    assert Run.select().count() == 0

    timetable.ask_for_the_pack(DUE + dt.timedelta(days=6, hours=23))
    assert [run.subject for run in Run.select()] == ["2566-05"]


def test_a_pack_asked_for_by_hand_before_is_asked_for_again_with_all_figures(store, bell):
    early = runs.ask(RunKind.PACK, "2566-05", by=None, at=DUE - dt.timedelta(days=1))
    Run.update(state=RunState.DONE, ended_at=DUE - dt.timedelta(days=1)).where(Run.id == early.id).execute()

    timetable.ask_for_the_pack(DUE)

    assert Run.select().count() == 2


def test_the_day_is_a_row_that_can_be_changed(store, bell):
    Deadline.update(day=28).where(Deadline.duty == Duty.CONSOLIDATE).execute()

    timetable.ask_for_the_pack(DUE)
    assert Run.select().count() == 0

    timetable.ask_for_the_pack(DUE.replace(day=28))
    assert Run.select().count() == 1


def test_each_month_of_the_year_gets_its_pack(store, bell):
    day = dt.datetime(2022, 10, 1, 12)
    while day < dt.datetime(2023, 10, 15):
        timetable.ask_for_the_pack(day)
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

    timetable.sweep(DUE + dt.timedelta(seconds=59))
    assert _rung(bell) == []

    timetable.sweep(DUE + dt.timedelta(seconds=61))
    assert _rung(bell) == [f"compile_run-{run.id}-1"]


def test_one_entry_that_fails_keeps_no_other_from_its_time(store, bell, caplog):
    def stumble(at):
        raise RuntimeError("out of order")

    timetable._do(timetable.Entry("stumble", dt.timedelta(seconds=1), stumble))

    assert "could not stumble" in caplog.text
