"""The list of visits, page by page, beside Flask-Admin's own peewee view on the same rows in the same run."""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_admin import Admin
from flask_admin.contrib.peewee import ModelView

import config
from models import Person, Unit, Visit, db
from portal import clock, sign_ins
from portal.app import create_app
from portal.bench import stores
from portal.web.sign_in import COOKIE

ENOUGH = 3.0  # the portal answers at least so many times as many requests a second
MOST_STATEMENTS = 5
COLUMNS = ("cooperative", "visited_on", "unit", "subject", "officer", "is_unplanned", "state")


@dataclass(frozen=True)
class Asked:
    """One page to measure: the portal's address and the plain view's."""

    name: str
    ours: str
    plain: str


@dataclass(frozen=True)
class Cost:
    """What one page cost: statements, seconds of each request, bytes."""

    statements: int
    seconds: list[float]
    size: int

    @property
    def p50(self) -> float:
        """Return the median in milliseconds."""
        return statistics.median(self.seconds) * 1000

    @property
    def rate(self) -> float:
        """Return requests a second."""
        return len(self.seconds) / sum(self.seconds)


class PlainVisits(ModelView):
    """Flask-Admin's peewee view as it comes, with the same columns, order and page size."""

    column_list = COLUMNS
    column_searchable_list = ("subject",)
    column_sortable_list = ("visited_on",)
    column_default_sort = ("visited_on", True)
    form_columns = ("subject",)
    page_size = 50

    def get_query(self) -> Any:
        """Return the rows; one office and month by a plain condition, as its filters cannot name an office."""
        query = super().get_query()
        if unit := request.args.get("unit"):
            first, last = request.args["from"], request.args["to"]
            query = query.where(Visit.unit == int(unit), Visit.visited_on.between(first, last))
        return query


def run(given: argparse.Namespace) -> bool:
    """Measure and print on every store; return whether the portal is fast enough on every page taken together."""
    reached = [_on_one(engine, address, given) for engine, address in stores.each(given)]
    return all(reached)


def _on_one(engine: str, address: str, given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        ours, plain = _portal(address, Path(folder)), _plain()
        pages = _pages(given.visits)
        print(
            f"\nvisits list on {engine}, {given.visits:,} visits, {given.rounds} requests a page, in process, "
            "one at a time"
        )
        print(f"{'page':34}{'statements':>14}{'p50 ms':>18}{'requests/s':>20}{'times':>8}{'KB':>12}")
        sums: list[tuple[float, float]] = []
        statements = 0
        for asked in pages:
            mine = _cost(ours, asked.ours, given.rounds)
            theirs = _cost(plain, asked.plain, given.rounds)
            statements = max(statements, mine.statements)
            sums.append((statistics.mean(mine.seconds), statistics.mean(theirs.seconds)))
            print(
                f"{asked.name:34}{mine.statements:>6} {theirs.statements:>7}{mine.p50:>9.1f} {theirs.p50:>8.1f}"
                f"{mine.rate:>11.1f} {theirs.rate:>8.1f}{mine.rate / theirs.rate:>8.1f}"
                f"{mine.size / 1000:>6.0f} {theirs.size / 1000:>5.0f}"
            )
        times = sum(b for _, b in sums) / sum(a for a, _ in sums)
        worst = min(b / a for a, b in sums)
        print(f"portal beside plain view: {times:.1f} times over all pages, {worst:.1f} on the least of them")
        print(f"at most {statements} statements a page")
    return worst >= ENOUGH and statements <= MOST_STATEMENTS


def _pages(visits: int) -> list[Asked]:
    with db.connection_context():
        unit = Unit.get(Unit.code == "P40").id
    middle, last = visits // 2 // 50, (visits - 1) // 50
    month = "flt1_visited_on_from=01/05/2566&flt2_visited_on_to=31/05/2566"
    return [
        Asked("first page", "?", "?"),
        Asked(f"deep page ({middle * 50:,} rows down)", f"?page={middle}", f"?page={middle}"),
        Asked("last page", f"?page={last}", f"?page={last}"),
        Asked("one office and month", f"?flt0_unit_is={unit}&{month}", f"?unit={unit}&from=2023-05-01&to=2023-05-31"),
        Asked("sorted by date", "?sort=1", "?sort=1"),
        Asked("searched, a common word", "?search=ลูกหนี้", "?search=ลูกหนี้"),
        Asked("searched, a rare word", "?search=ทุจริต", "?search=ทุจริต"),
    ]


def portal_at(address: str, folder: Path) -> Any:
    """Return a client of the portal over the store at `address`, the planning division signed in."""
    settings = config.load(
        {
            "PORTAL_DATABASE": address,
            "PORTAL_DATA": str(folder),
            "PORTAL_SECRET_KEY": "kept-for-measurements-0123456789-abcdefgh",
            "PORTAL_DEMO": "1",
        }
    )
    client = create_app(settings).test_client()
    with db.connection_context():
        person = Person.get(Person.username == "planning")
        client.set_cookie(COOKIE, sign_ins.begin_sign_in(person, agent="bench", at=clock.now()))
    return client


def _portal(address: str, folder: Path) -> Callable[[str], bytes]:
    client = portal_at(address, folder)

    def fetch(query: str) -> bytes:
        answer = client.get(f"/admin/visit/{query}")
        assert answer.status_code == 200, f"{query}: {answer.status_code}"
        return answer.data

    return fetch


def _plain() -> Callable[[str], bytes]:
    app = Flask("plain")
    app.secret_key = "plain"
    Admin(app).add_view(PlainVisits(Visit))
    client = app.test_client()

    def fetch(query: str) -> bytes:
        answer = client.get(f"/admin/visit/{query}")
        assert answer.status_code == 200, f"{query}: {answer.status_code}"
        return answer.data

    return fetch


class _Counter(logging.Handler):
    """Counts the statements that peewee reports."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def _cost(fetch: Callable[[str], bytes], query: str, rounds: int) -> Cost:
    """Ask for a page until it is warm, count its statements once, then time it. A slow page is asked for less often."""
    fetch(query)
    statements, size = count_statements(lambda: fetch(query))
    began = time.perf_counter()
    fetch(query)
    once = time.perf_counter() - began
    seconds = []
    gc.collect()
    for _ in range(max(5, min(rounds, int(15 / once)))):
        began = time.perf_counter()
        fetch(query)
        seconds.append(time.perf_counter() - began)
    db.close()
    return Cost(statements, seconds, size)


def count_statements(fetch: Callable[[], bytes]) -> tuple[int, int]:
    """Return how many statements one request sends to the store, and how many bytes it answers."""
    counter, logger = _Counter(), logging.getLogger("peewee")
    held = logger.level
    logger.addHandler(counter)
    logger.setLevel(logging.DEBUG)
    try:
        size = len(fetch())
    finally:
        logger.removeHandler(counter)
        logger.setLevel(held)
    return counter.count, size
