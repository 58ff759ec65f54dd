"""What runs when, as one table, and the process that goes by it.

An entry looks at the rows and does what is due, so that a time slept through is made up for, and two
schedulers at once do no harm: each thing is asked for once.
"""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import config
from jobs import queue
from jobs.words import keep_log, speak
from portal import clock, database, notices, obligations, periods, submissions, tokens, webhooks
from portal.errors import MoveRefused
from portal.reports import runs, schedules, sendings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """Something to look after: `do` is called with the time, `every` so often; some only where letters are sent."""

    name: str
    every: dt.timedelta
    do: Callable[[dt.datetime], None]
    needs_mail: bool = False


def sweep(at: dt.datetime) -> None:
    """Ring for every run nobody is working on, and end those that cannot be made."""
    runs.give_up(at, speak)
    for waiting in runs.to_ring(at):
        queue.ring(queue.OF_RUN.get(waiting.kind, "compile_run"), waiting.run_id, turn=waiting.turn)


def keep_the_calendar(at: dt.datetime) -> None:
    """Open the periods whose day has come, close those whose day is over. Two schedulers open a period once."""
    for period in periods.to_open(at.date()):
        count = periods.open_period(period, by=None, at=at)
        log.info("opened %s: %d obligations", period, count)
    for period in periods.to_close(at.date()):
        try:
            periods.close_period(period, by=None, at=at)
        except MoveRefused:
            continue  # somebody has closed it this moment
        log.info("closed %s", period)


def meet_what_is_done(at: dt.datetime) -> None:
    """Meet the checks and consolidations that the rows say are done."""
    done = obligations.meet_central(at)
    if done:
        log.info("%d central obligations are met", done)


def remind(at: dt.datetime) -> None:
    """Remind those who still owe: three days before, on the day, after it."""
    told = notices.remind(at)
    if told:
        log.info("reminded %d people", told)


def send_letters(at: dt.datetime) -> None:
    """Ring for a letter to everybody who is to get one; a worker sends it."""
    for person in notices.to_mail(at):
        # A ring that a killed worker left behind is silent for a quarter of an hour at most.
        queue.ring("send_letter", person, turn=int(at.timestamp()) // 900)


def end_reopenings(at: dt.datetime) -> None:
    """Close what was opened again for a correction and whose last day is over."""
    closed = submissions.close_due(at=at)
    if closed:
        log.info("closed %d reopenings", closed)


def keep_schedules(at: dt.datetime) -> None:
    """Ask for every pack and book whose schedule says so, and have what came of it sent."""
    for run in schedules.ask_for_what_is_due(at):
        log.info("asked for %s: run %d", run, run.id)
        queue.ring("compile_run", run.id)
    letters = schedules.send_what_is_made(at)
    if letters:
        log.info("%d letters with editions are to be sent", letters)


def send_editions(at: dt.datetime) -> None:
    """Ring for every letter with an edition that is to be sent."""
    for sending in sendings.due(at):
        queue.ring("send_edition", sending, turn=int(at.timestamp()) // 900)


def tell_outside_systems(at: dt.datetime) -> None:
    """Ring for every outside system that is to be told that something changed."""
    for hook in webhooks.due(at):
        queue.ring("tell_webhook", hook, turn=int(at.timestamp()) // 10)


def forget_old_messages(at: dt.datetime) -> None:
    """Forget what was only kept for a while: replies of the API, messages to outside systems."""
    tokens.forget_replies(at)
    webhooks.forget(at)


def clear_up(at: dt.datetime) -> None:
    """Ring for the files that no record names; a worker, who has the files, removes them."""
    queue.ring("remove_leftovers", at.toordinal())


TIMETABLE = (
    Entry("ring again for what waits", dt.timedelta(seconds=5), sweep),
    Entry("keep the schedules of packs and books", dt.timedelta(minutes=5), keep_schedules),
    Entry("open and close periods", dt.timedelta(minutes=5), keep_the_calendar),
    Entry("see what is checked and consolidated", dt.timedelta(minutes=1), meet_what_is_done),
    Entry("remind those who still owe", dt.timedelta(minutes=10), remind),
    Entry("close reopenings that are over", dt.timedelta(minutes=10), end_reopenings),
    Entry("tell outside systems", dt.timedelta(seconds=10), tell_outside_systems),
    Entry("forget old messages", dt.timedelta(hours=1), forget_old_messages),
    Entry("remove files that no record names", dt.timedelta(days=1), clear_up),
    Entry("send editions", dt.timedelta(minutes=1), send_editions, needs_mail=True),
    Entry("send letters", dt.timedelta(minutes=1), send_letters, needs_mail=True),
)


def run(settings: config.Settings) -> None:
    """Go by the timetable until told to stop (SIGTERM or SIGINT)."""
    keep_log()
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda signum, frame: stop.set())
    queue.use(settings.redis_url)
    database.use(settings.database)
    # Counted on a clock that nobody can set: the day and hour are the entries' own business.
    entries = [entry for entry in TIMETABLE if settings.mail or not entry.needs_mail]
    next_time = dict.fromkeys(entries, time.monotonic())
    while not stop.is_set():
        for entry in entries:
            if time.monotonic() >= next_time[entry]:
                next_time[entry] = time.monotonic() + entry.every.total_seconds()
                _do(entry)
        stop.wait(1)


def _do(entry: Entry) -> None:
    try:
        with database.db.connection_context():
            entry.do(clock.now())
    except Exception:  # the roof: one entry that fails must not keep the others from their time
        log.exception("could not %s", entry.name)
