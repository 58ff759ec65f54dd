"""Deadline day: 400 signed-in people fill in and send their reports, on the machine that serves them.

Each opens a list, opens a report, saves five cells one by one, sends it, and goes on to the next, with a pause of six
seconds on average before each request. Afterwards the store is compared with what was acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import functools
import json
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from peewee import DatabaseError

from models import Answer, Form, FormVersion, Obligation, Period, Person, Submission, Unit, db
from portal import clock, database, demo, records, sign_ins
from portal.bench import browsers, plain_cells, servers
from portal.rules.access import Role
from portal.rules.terms import FormState, PeriodKind, UnitKind
from portal.rules.workflow import State
from portal.web.sign_in import COOKIE

PEOPLE = 400
PAUSE = 6.0  # seconds, on average
SAVES = 5
QUESTIONS = 12
KEY = "kept-for-measurements-0123456789-abcdefgh"
MOST_P95, MOST_SAVE_P95 = 400.0, 250.0  # milliseconds
AT = dt.datetime(2022, 9, 1, 9, 0)
KINDS = ("list", "open", "save", "send", "")
TOKEN = re.compile(rb'data-csrf="([^"]+)"')


@dataclass
class Desk:
    """One person at work: who, the browser's secrets, and the reports still to be filled in."""

    person: int
    cookie: str
    owed: list[int]
    acknowledged: dict[tuple[int, str], str] = field(default_factory=dict)
    sent: set[int] = field(default_factory=set)
    done: int = 0


def run(given: argparse.Namespace) -> bool:
    """Measure on SQLite and, where there is one, on PostgreSQL; return whether every promise was kept."""
    reached = []
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portal-deadline-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        template = _template(given.folder)
        for engine in given.stores:
            if engine == "postgresql" and servers.programs() is None:
                print("\ndeadline day on postgresql: left out, there is no PostgreSQL on this machine")
                continue
            with _store(engine, template, folder) as address:
                reached.append(_told(measure(engine, address, folder, given)))
    return all(reached)


@dataclass
class Outcome:
    """What came of a day: every request, what the store lost, the processor's seconds, a plain application beside."""

    engine: str
    tally: browsers.Tally
    desks: list[Desk]
    lost: list[str]
    lasted: float
    spent: float
    plain: browsers.Tally | None = None


def measure(engine: str, address: str, folder: Path, given: argparse.Namespace) -> Outcome:
    """Let a day pass on the store at `address`, which gets forms and people of its own for it."""
    database.use(address)
    desks = _desks(given.people, given.seconds)
    db.close()
    data = folder / f"data-{engine}"
    data.mkdir()
    environment = {
        "PORTAL_DATABASE": address, "PORTAL_DATA": str(data), "PORTAL_SECRET_KEY": KEY, "PORTAL_DEMO": "0",
        "PORTAL_PORT": str(port := servers.free_port()), "PORTAL_REDIS": "", "TZ": "Asia/Bangkok",
    }  # fmt: skip
    tally = browsers.Tally()
    with servers.answering(["-m", "portal.cli", "web"], port, data / "web.log", environment, "/health/") as process:
        spent, began = servers.processor_seconds(process), time.monotonic()
        browsers.run(_deadline(desks, port, tally, given.seconds))
        lasted = time.monotonic() - began
        spent = servers.processor_seconds(process) - spent
    database.use(address)
    missing = lost(desks)
    db.close()
    plain = _plain(engine, folder, given, desks, address) if given.plain else None
    return Outcome(engine, tally, desks, missing, lasted, spent, plain)


# ---------------------------------------------------------------- what people do


async def _deadline(desks: list[Desk], port: int, tally: browsers.Tally, seconds: float) -> None:
    until = time.monotonic() + seconds

    def at(desk: Desk) -> Any:
        return lambda: _work(desk, port, tally, until, random.Random(desk.person))

    await browsers.together([at(desk) for desk in desks])


async def _work(desk: Desk, port: int, tally: browsers.Tally, until: float, dice: random.Random) -> None:
    """One person's day until the clock strikes."""
    browser = browsers.Browser("127.0.0.1", port, {COOKIE: desk.cookie}, tally)
    await asyncio.sleep(dice.random() * 2 * PAUSE)

    async def pause() -> bool:
        rest = until - time.monotonic()
        await asyncio.sleep(min(dice.expovariate(1 / PAUSE), max(rest, 0)))
        return time.monotonic() < until

    for obligation in desk.owed:
        if not await _report(desk, browser, obligation, pause, dice):
            break
        desk.done += 1
    browser.close()


async def _report(desk: Desk, browser: browsers.Browser, obligation: int, pause: Any, dice: random.Random) -> bool:
    """Fill in and send one report; return False when the day is over."""
    await browser.ask("list", "GET", "/admin/")
    if not await pause():
        return False
    page = await browser.ask("open", "GET", f"/admin/answers/?obligation={obligation}")
    found = TOKEN.search(page.body)
    token = found[1].decode() if found else ""
    headers = {"X-CSRF-Token": token, "X-Requested-With": "portal", "Content-Type": "application/json"}
    version = 0
    for n in range(SAVES):
        if not await pause():
            return False
        key, typed = f"q{n + 1}", str(dice.randint(0, 9999))
        given = {"obligation": obligation, "cells": {key: typed}, "seen": {key: 0}, "since": ""}
        content = json.dumps(given).encode()
        good = functools.partial(_is_saved, key=key)
        answer = await browser.ask("save", "POST", "/admin/answers/cell", body=content, headers=headers, good=good)
        if good(answer):
            desk.acknowledged[obligation, key] = typed
            version = int(json.loads(answer.body).get("version", 0))
    if not await pause():
        return False
    content = f"csrf_token={token}&version={version}".encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    path = f"/admin/answers/send?obligation={obligation}"
    answer = await browser.ask("send", "POST", path, body=content, headers=form, good=lambda a: a.status == 302)
    if answer.status == 302:
        desk.sent.add(obligation)
    return bool(await pause())


def _is_saved(answer: browsers.Answer, *, key: str) -> bool:
    if answer.status != 200:
        return False
    cell = json.loads(answer.body)["cells"].get(key, {})
    return "version" in cell and cell.get("state") not in ("refused", "locked", "clash")


# ---------------------------------------------------------------- the store


def _template(folder: Path) -> Path:
    """Return a SQLite store with the demonstration year, made once and kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "deadline.db"
    database.use(str(path))
    try:
        made = not database.pending() and demo.is_demo()
    except DatabaseError:
        made = False
    if not made:
        database.db.close()
        path.unlink(missing_ok=True)
        database.use(str(path))
        database.migrate()
        demo.build(at=AT)
    database.db.close()
    return path


@contextmanager
def _store(engine: str, template: Path, folder: Path) -> Iterator[str]:
    """Give the address of a store with the demonstration year, thrown away afterwards."""
    if engine == "sqlite":
        path = folder / "deadline.db"
        shutil.copyfile(template, path)
        yield str(path)
        return
    with servers.postgres(folder / "postgres") as server:
        address = f"{server}deadline"
        with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE deadline TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        database.use(address)
        database.migrate()
        demo.build(at=AT)
        database.db.execute_sql("ANALYZE")
        database.db.close()
        yield address


def _desks(people: int, seconds: float) -> list[Desk]:
    """Put people, forms and obligations for the day into the store, and sign everybody in."""
    each = max(2, int(seconds / PAUSE / (SAVES + 3) * 2) + 1)
    offices = list(Unit.select().where(Unit.kind == UnitKind.PROVINCIAL).order_by(Unit.code))
    owner = Form.select().first().owner_id
    period = Period.select().where(Period.kind == PeriodKind.MONTH, Period.opened_at.is_null(False))
    period = period.order_by(Period.closed_at.is_null(False), Period.starts_on.desc()).first()
    spec = {
        "sections": [{"key": "s", "title": "ผลการดำเนินงาน", "questions": [_question(n + 1) for n in range(QUESTIONS)]}]
    }
    now = clock.now()
    seats = -(-people // len(offices))
    with records.changing(by=None, verb="bench", at=now, as_verb=True) as work:
        if period.closed_at is not None:
            work.update(period, closed_at=None)
        forms = []
        for n in range(seats * each):
            form = work.create(Form, code=f"BENCH-{n}", name=f"แบบรายงานวัดผล {n}", owner=owner)
            work.create(FormVersion, form=form, number=1, spec=spec, state=FormState.PUBLISHED, published_at=now)
            forms.append(form)
        chairs = [(office, seat) for seat in range(seats) for office in offices][:people]
        staff = [
            work.create(
                Person, username=f"bench{n}", name=f"ผู้กรอก {n}", role=Role.APPROVER, unit=office,
            )
            for n, (office, _seat) in enumerate(chairs)
        ]  # fmt: skip
        owed = [
            {"unit": office.id, "form": form.id, "subject": form.code, "period": period.id, "due_on": now.date()}
            for office, seat in chairs
            for form in forms[seat * each : (seat + 1) * each]
        ]
        work.create_many(Obligation, owed, revisions=False)
    idents: dict[tuple[int, int], int] = {
        (unit, form): ident
        for ident, unit, form in Obligation.select(Obligation.id, Obligation.unit, Obligation.form)
        .where(Obligation.form.in_([form.id for form in forms]))
        .tuples()
    }
    desks = []
    for person, (office, seat) in zip(staff, chairs, strict=True):
        mine = [idents[office.id, form.id] for form in forms[seat * each : (seat + 1) * each]]
        desks.append(Desk(person.id, sign_ins.begin_sign_in(person, agent="bench", at=now), mine))
    return desks


def _question(n: int) -> dict[str, Any]:
    kind = "text" if n in (6, 12) else "money" if n in (5, 11) else "whole"
    return {
        "key": f"q{n}",
        "kind": kind,
        "label": f"ข้อ {n}",
        "required": n <= SAVES,
        "least": "0" if kind != "text" else None,
    }


def lost(desks: list[Desk]) -> list[str]:
    """Return every acknowledged save and hand-in that the store does not have."""
    out = []
    held: dict[tuple[int, str], Decimal] = {
        (obligation, key): number
        for obligation, key, number in Answer.select(Submission.obligation, Answer.key, Answer.number)
        .join(Submission)
        .where(Answer.key.in_([f"q{n + 1}" for n in range(SAVES)]))
        .tuples()
    }
    states = dict(Submission.select(Submission.obligation, Submission.state).tuples())
    for desk in desks:
        for (obligation, key), typed in desk.acknowledged.items():
            if held.get((obligation, key)) != Decimal(typed):
                out.append(f"{obligation} {key}: {typed} was acknowledged, the store has {held.get((obligation, key))}")
        out += [
            f"{o}: was sent, the store says {states.get(o)}" for o in desk.sent if states.get(o) is not State.SUBMITTED
        ]
    return out


# ---------------------------------------------------------------- beside a plain application


def _plain(engine: str, folder: Path, given: argparse.Namespace, desks: list[Desk], address: str) -> browsers.Tally:
    """Let the same people do the same on a bare Flask with peewee, on a store of the same kind."""
    place = str(folder / "plain.db") if engine == "sqlite" else address.rpartition("/")[0] + "/plain"
    if engine != "sqlite":
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    database.use(place)
    db.create_tables(plain_cells.TABLES)
    with db.atomic():
        for n, desk in enumerate(desks):
            plain_cells.PlainSignIn.create(token=desk.cookie, unit=n)
        reports = [{"id": ident, "unit": n} for n, desk in enumerate(desks) for ident in desk.owed]
        for start in range(0, len(reports), 500):
            plain_cells.PlainReport.insert_many(reports[start : start + 500]).execute()
    db.close()
    port = servers.free_port()
    words = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--worker-class"]
    words += ["gthread", "--keep-alive", "5", "portal.bench.plain_cells:make()"]
    tally = browsers.Tally()
    fresh = [Desk(desk.person, desk.cookie, desk.owed) for desk in desks]
    with servers.answering(words, port, folder / "plain.log", {"PLAIN_DATABASE": place}, "/health/"):
        browsers.run(_deadline(fresh, port, tally, given.seconds))
    return tally


# ---------------------------------------------------------------- what is told


def _told(day: Outcome) -> bool:
    """Print a day, and return whether every promise was kept."""
    engine, tally, desks, lasted, spent = day.engine, day.tally, day.desks, day.lasted, day.spent
    plain, missing = day.plain, day.lost
    p95, save_p95 = tally.share(None, 0.95), tally.share({"save"}, 0.95)
    cores = os.cpu_count()
    print(f"\ndeadline day on {engine}: {len(desks)} people, {PAUSE:g} s mean pause, {lasted:.0f} s, {cores} cores")
    heads = ("requests", "a second", "p50 ms", "p95 ms", "p99 ms", "longest", "plain p50", "times")
    print(f"{'':8}" + "".join(f"{head:>10}" for head in heads))
    for kind in KINDS:
        kinds: set[str] | None = {kind} if kind else None
        count = len(tally.seconds[kind]) if kind else tally.count
        shares = [tally.share(kinds, part) for part in (0.5, 0.95, 0.99, 1.0)]
        beside = plain.share(kinds, 0.5) if plain is not None else 0.0
        ratio = f"{beside:>10.1f}{shares[0] / beside:>10.1f}" if beside else ""
        print(f"{kind or 'all':8}{count:>10,}{count / lasted:>10.1f}" + "".join(f"{s:>10.0f}" for s in shares) + ratio)
    acknowledged, sent = sum(len(desk.acknowledged) for desk in desks), sum(len(desk.sent) for desk in desks)
    print(
        f"errors {len(tally.errors)}, saves acknowledged {acknowledged:,}, reports sent {sent:,}, lost {len(missing)}"
    )
    each = 1000 * spent / max(tally.count, 1)
    print(f"server: {100 * spent / lasted:.0f} % of one core, {each:.1f} ms of processor a request")
    for line in [*tally.errors[:5], *missing[:5]]:
        print(f"  {line}")
    return not tally.errors and not missing and p95 <= MOST_P95 and save_p95 <= MOST_SAVE_P95
