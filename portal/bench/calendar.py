"""The month's first pages: opening a period for 78 offices × 60 forms, the first page of each role, the matrix."""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

import config
from models import Form, FormVersion, Obligation, Period, Person, Unit, db
from portal import clock, database, demo, periods, records, seed, sign_ins
from portal.app import create_app
from portal.bench import servers, years
from portal.bench.lists import count_statements
from portal.database import tuples
from portal.rules.terms import FormState
from portal.web.sign_in import COOKIE

FORMS = 60
OPENING = 3.0  # seconds an opening may take
PAGE = 0.150  # seconds of server time at the 95th percentile
AT = dt.datetime(2022, 12, 1, 8)


def run(given: argparse.Namespace) -> bool:
    """Measure on SQLite and, where there is one, on PostgreSQL; return whether everything is quick enough."""
    reached = []
    with tempfile.TemporaryDirectory(prefix="portal-calendar-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        for engine in given.stores:
            if engine == "postgresql" and servers.programs() is None:
                print("\nthe calendar on postgresql: left out, there is no PostgreSQL on this machine")
                continue
            with _stores(engine, folder, given.folder) as (empty, full):
                reached.append(_opening(engine, empty))
                reached.append(_pages(engine, full, folder, given))
    return all(reached)


@contextmanager
def _stores(engine: str, folder: Path, kept: Path) -> Iterator[tuple[str, str]]:
    if engine == "sqlite":
        yield str(folder / "opening.db"), years.kept(kept)
        return
    with servers.postgres(folder / "postgres") as server:
        with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
            for name in ("opening", "years"):
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        yield f"{server}opening", f"{server}years"
        db.close()
        db.obj.close_all()


# ---------------------------------------------------------------- opening a period


def _opening(engine: str, address: str) -> bool:
    """Open two months with the portal's own way, and one row by row as a plain model would."""
    database.use(address)
    database.migrate()
    with db.connection_context():
        seed.load(AT)
        with records.changing(by=None, verb="bench", at=AT) as work:
            owners = [ident for (ident,) in tuples(Unit.select(Unit.id).where(Unit.code.startswith("C-")))]
            for n in range(FORMS):
                form = work.create(Form, code=f"B{n:02d}", name=f"แบบทดสอบ {n}", owner=owners[n % len(owners)])
                work.create(FormVersion, form=form, spec={}, state=FormState.PUBLISHED, published_at=AT)
        taken, rows = [], 0
        for number in (3, 4, 5):
            began = time.perf_counter()
            rows = periods.open_period(_month(number), by=None, at=AT)
            taken.append(time.perf_counter() - began)
        began = time.perf_counter()
        _row_by_row(_month(3), _month(6))
        plain = time.perf_counter() - began
    best = min(taken)
    print(
        f"\nopening a month on {engine}: {rows:,} obligations with their history in {best:.2f} s "
        f"(at most {max(taken):.2f}); row by row without history {plain:.2f} s: {plain / best:.1f} times as long"
    )
    return max(taken) <= OPENING


def _month(number: int) -> Period:
    return Period.get(Period.kind == "month", Period.number == number)


def _row_by_row(like: Period, period: Period) -> None:
    """Add the same obligations one INSERT at a time, in one transaction."""
    held = list(Obligation.select().where(Obligation.period == like.id))
    with db.atomic():
        for one in held:
            Obligation.create(
                unit=one.unit_id,
                period=period.id,
                subject=one.subject,
                duty=one.duty,
                form=one.form_id,
                due_on=one.due_on,
            )


# ---------------------------------------------------------------- pages


def _pages(engine: str, address: str, folder: Path, given: argparse.Namespace) -> bool:
    """Ask for the first page of every role and for the matrix, with five years in the store."""
    years.store(address, given.visits)
    rounds = given.rounds
    settings = config.load(
        {
            "PORTAL_DATABASE": address,
            "PORTAL_DATA": str(folder),
            "PORTAL_SECRET_KEY": "kept-for-measurements-0123456789-abcdefgh",
            "PORTAL_DEMO": "0",
        }
    )
    app = create_app(settings)
    month = Period.select().where(Period.kind == "month", Period.closed_at.is_null()).order_by(Period.id.desc()).get()
    asked = [(login, "/admin/") for login in demo.LOGINS]
    asked += [
        ("planning", f"/admin/matrix/?period={month.id}"),
        ("division", f"/admin/matrix/?period={month.id}&state=missing"),
    ]
    print(f"\nfirst pages and matrix on {engine}, five years, {rounds} requests a page, in process, one at a time")
    print(f"{'page':40}{'statements':>12}{'p50 ms':>10}{'p95 ms':>10}{'processor':>11}{'KB':>8}")
    worst = 0.0
    for login, path in asked:
        client = app.test_client()
        with db.connection_context():
            person = Person.get(Person.username == login)
            client.set_cookie(COOKIE, sign_ins.begin_sign_in(person, agent="bench", at=clock.now()))

        def fetch(path: str = path, client: object = client) -> bytes:
            answer = client.get(path)  # type: ignore[attr-defined]
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            return bytes(answer.data)

        fetch()
        statements, size = count_statements(fetch)
        spent = time.process_time()
        seconds = [_timed(fetch) for _ in range(rounds)]
        spent = (time.process_time() - spent) / rounds
        late = statistics.quantiles(seconds, n=20)[-1]
        worst = max(worst, late)
        name = f"{path.partition('?')[0]} {'missing ' if 'state' in path else ''}as {login}"
        middle = statistics.median(seconds)
        times = f"{middle * 1000:>10.1f}{late * 1000:>10.1f}{spent * 1000:>11.1f}"
        print(f"{name:40}{statements:>12}{times}{size / 1000:>8.0f}")
        db.close()
    print(f"at most {worst * 1000:.0f} ms at the 95th percentile; {PAGE * 1000:.0f} are allowed")
    return worst <= PAGE


def _timed(fetch: Callable[[], bytes]) -> float:
    began = time.perf_counter()
    fetch()
    return time.perf_counter() - began
