"""Editions asked for as people ask for them: on the reports screen of a started portal that has its worker.

A month's pack is timed from the click to the edition, with no chapter set before and again after one record has
changed. Then ten months are asked for at once, each by two people, of a portal with two workers: each must be made
once, and whoever reads a list meanwhile should hardly notice.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg

import config
from models import BudgetLine, Disbursement, Edition, FiscalYear, Person, Run, RunStep, db
from portal import clock, database, records, sign_ins
from portal.bench import browsers, servers, stores
from portal.bench.books import told
from portal.bench.deadline import KEY, TOKEN
from portal.bench.kills import MONTHS
from portal.rules.terms import RunKind, RunState
from portal.web.sign_in import COOKIE

REPORTS, LIST = "/admin/reports/", "/admin/visit/"
TIMED = MONTHS[7:10]  # the demonstration month and the two after it
AT_ONCE = MONTHS[:10]
ASKING = ("planning", "admin")
WORKERS = 2
READS = 150
LOOK, PAUSE = 0.1, 0.2  # seconds between two looks at the progress, between two readings of a list
MOST_FIRST, MOST_COLD, MOST_NEXT = 1.0, 15.0, 5.0  # seconds
MOST_SLOWER = 2.0


def run(given: argparse.Namespace) -> bool:
    """Measure and print on every store; return whether every goal was reached."""
    reached = []
    for engine, address in stores.each(given):
        with tempfile.TemporaryDirectory(prefix="portal-asked-") as name, _copy(address, Path(name)) as copy:
            variables = {
                "PORTAL_DATABASE": copy, "PORTAL_DATA": name, "PORTAL_SECRET_KEY": KEY, "PORTAL_DEMO": "0",
                "PORTAL_PORT": str(servers.free_port()),
            }  # fmt: skip
            settings = config.load(variables)
            database.use(copy)
            reached += [_from_the_click(engine, settings), _at_once(engine, settings)]
            _let_go()
    return all(reached)


# ---------------------------------------------------------------- the portal


@contextlib.contextmanager
def _copy(address: str, folder: Path) -> Iterator[str]:
    """Give the address of a copy of the store, thrown away afterwards: what is measured changes records."""
    _let_go()
    if not config.is_postgresql(address):
        path = folder / "portal.db"
        shutil.copyfile(address, path)
        yield str(path)
        return
    server, _, name = address.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS asked")
        connection.execute(f"CREATE DATABASE asked TEMPLATE {name}")
        yield f"{server}/asked"
        connection.execute("DROP DATABASE asked WITH (FORCE)")


def _let_go() -> None:
    db.close()
    if not database.is_sqlite():
        db.obj.close_all()


@contextlib.contextmanager
def _portal(settings: config.Settings, workers: int) -> Iterator[dict[str, str]]:
    """Run the portal with so many workers that listen, and give the cookies of those who ask."""
    words = ["-m", "portal.cli", "serve", "--workers", str(workers)]
    logs = settings.data / "log"
    for left in (logs, settings.data / "chapters"):
        shutil.rmtree(left, ignore_errors=True)
    with servers.answering(words, settings.port, settings.data / "serve.log", settings.environment(), "/health/"):
        until = time.monotonic() + servers.READY
        while sum("listening as" in log.read_text(errors="replace") for log in logs.glob("worker*")) < workers:
            if time.monotonic() > until:
                raise RuntimeError(f"the workers do not listen: see {logs}")
            time.sleep(0.1)
        with db.connection_context():
            people = {login: Person.get(Person.username == login) for login in ASKING}
            yield {
                login: sign_ins.begin_sign_in(person, agent="bench", at=clock.now()) for login, person in people.items()
            }


def _browser(settings: config.Settings, cookie: str, tally: browsers.Tally) -> browsers.Browser:
    return browsers.Browser("127.0.0.1", settings.port, {COOKIE: cookie}, tally)


async def _token(browser: browsers.Browser) -> str:
    """Open the reports screen and return what its form must carry."""
    found = TOKEN.search((await browser.ask("screen", "GET", REPORTS)).body)
    return found[1].decode() if found else ""


async def _click(browser: browsers.Browser, token: str, month: str) -> None:
    body = urlencode({"csrf_token": token, "kind": "pack", "pack": month}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    await browser.ask("click", "POST", REPORTS, body=body, headers=headers, good=lambda answer: answer.status == 302)


# ---------------------------------------------------------------- one pack from the click


@dataclass(frozen=True)
class Heard:
    """After how many seconds from the click the first progress was told, and the edition was there."""

    first: float
    made: float


def _from_the_click(engine: str, settings: config.Settings) -> bool:
    """Have each month's pack made cold, then once more after one of its records has changed."""
    print(f"\na month's pack from the click, on {engine}, one worker")
    print(f"{'month':10}{'progress s':>12}{'cold s':>9}{'progress s':>12}{'next s':>9}{'chapters set':>16}")
    cold, after, tally, wrong = [], [], browsers.Tally(), []
    with _portal(settings, 1) as cookies:
        for month in TIMED:
            shutil.rmtree(settings.data / "chapters", ignore_errors=True)
            cold.append(browsers.run(_watched(settings, cookies[ASKING[0]], month, tally)))
            _change_one_record(month)
            after.append(browsers.run(_watched(settings, cookies[ASKING[0]], month, tally)))
            made = list(Edition.select().where(Edition.subject == month).order_by(Edition.number))
            if len({each.sha256 for each in made}) != 2:
                wrong.append(f"{month}: {len(made)} editions, two were to differ")
            steps = list(RunStep.select().where(RunStep.run == made[-1].run_id)) if made else []
            print(
                f"{month:10}{cold[-1].first:>12.2f}{cold[-1].made:>9.2f}{after[-1].first:>12.2f}{after[-1].made:>9.2f}"
                f"{sum(not step.was_cached for step in steps):>10} of {len(steps)}",
                flush=True,
            )
    return told(
        [
            ("first progress, s", max(each.first for each in cold + after), MOST_FIRST),
            ("cold, s", max(each.made for each in cold), MOST_COLD),
            ("next edition of the month, s", max(each.made for each in after), MOST_NEXT),
            ("faults", _faults(tally, wrong), 0),
        ]
    )


async def _watched(settings: config.Settings, cookie: str, month: str, tally: browsers.Tally) -> Heard:
    """Click, then look at the progress until nothing is being made any more."""
    browser = _browser(settings, cookie, tally)
    token = await _token(browser)
    began, first = time.perf_counter(), 0.0
    await _click(browser, token, month)
    while True:
        page = (await browser.ask("progress", "GET", f"{REPORTS}progress/")).body
        made = time.perf_counter() - began
        if b"<progress" in page:
            first = first or made
        if b'data-state="busy"' not in page:
            browser.close()
            return Heard(first or made, made)
        await asyncio.sleep(LOOK)


def _change_one_record(month: str) -> None:
    """Let one office have spent a baht more in the month."""
    year, number = int(month[:4]), (int(month[5:]) + 2) % 12 + 1
    lines = BudgetLine.select(BudgetLine.id).join(FiscalYear).where(FiscalYear.year == year + (number <= 3))
    spent = Disbursement.select().where(Disbursement.line.in_(lines), Disbursement.month == number)
    row = spent.order_by(Disbursement.disbursed.desc(), Disbursement.id).first()
    with records.changing(by=None, verb="bench", at=clock.now(), as_verb=True) as work:
        work.update(row, disbursed=row.disbursed + 100)


# ---------------------------------------------------------------- ten at once


def _at_once(engine: str, settings: config.Settings) -> bool:
    """Have ten packs made by two workers, and read a list before and meanwhile."""
    tally = browsers.Tally()
    with _portal(settings, WORKERS) as cookies:
        last = Run.select(Run.id).order_by(Run.id.desc()).limit(1).scalar() or 0
        took = browsers.run(_ten(settings, cookies, tally))
        asked = list(Run.select().where(Run.id > last, Run.kind == RunKind.PACK))
        wrong = [f"{month}: {text}" for month in AT_ONCE if (text := _not_once(month, asked))]
    idle, busy = ([tally.share({kind}, part) for part in (0.5, 0.95)] for kind in ("idle", "meanwhile"))
    print(
        f"\n{len(AT_ONCE)} packs at once, each asked for by {len(ASKING)} people, on {engine}, {WORKERS} workers: "
        f"{len(asked)} runs, all there after {took:.1f} s\n"
        f"a list: p50 {idle[0]:.0f} ms and p95 {idle[1]:.0f} ms idle, {busy[0]:.0f} and {busy[1]:.0f} ms meanwhile "
        f"({len(tally.seconds['meanwhile'])} times)"
    )
    return told(
        [
            ("packs not made once", len(wrong), 0),
            ("p95 of a list, times its idle", busy[1] / idle[1], MOST_SLOWER),
            ("faults", _faults(tally, wrong), 0),
        ]
    )


async def _ten(settings: config.Settings, cookies: dict[str, str], tally: browsers.Tally) -> float:
    """Read, then ask for all at once and read on until they are made; return how long that took, in seconds."""
    reader = _browser(settings, cookies[ASKING[0]], tally)
    for kind in ["first"] * 10 + ["idle"] * READS:
        await reader.ask(kind, "GET", LIST)
        await asyncio.sleep(PAUSE)
    people = [(_browser(settings, cookie, tally), month) for month in AT_ONCE for cookie in cookies.values()]
    tokens = [await _token(person) for person, _ in people]
    began = time.perf_counter()
    clicks = asyncio.gather(
        *(_click(person, token, month) for (person, month), token in zip(people, tokens, strict=True))
    )
    looks = 0
    while True:
        await reader.ask("meanwhile", "GET", LIST)
        await asyncio.sleep(PAUSE)
        looks += 1
        if looks % 5 == 0 and clicks.done():  # as often as the screen itself looks
            page = (await reader.ask("progress", "GET", f"{REPORTS}progress/")).body
            if b'data-state="busy"' not in page:
                break
    for browser in (reader, *(person for person, _ in people)):
        browser.close()
    return time.perf_counter() - began


def _not_once(month: str, asked: list[Run]) -> str:
    """Say what is wrong when a month was not made by one run, at its first attempt, into one edition."""
    mine = [each for each in asked if each.subject == month]
    if len(mine) != 1:
        return f"{len(mine)} runs"
    if mine[0].state is not RunState.DONE or mine[0].attempt != 1:
        return f"{mine[0].state} after {mine[0].attempt} attempts: {mine[0].error}"
    made = Edition.select().where(Edition.run == mine[0].id).count()
    return "" if made == 1 else f"{made} editions"


def _faults(tally: browsers.Tally, wrong: list[str]) -> int:
    """Print what went wrong and return how much it was."""
    for line in [*tally.errors[:5], *wrong]:
        print(f"  {line}")
    return len(tally.errors) + len(wrong)
