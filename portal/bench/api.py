"""The API over a million visits: any page by its mark, everything as a stream, ten thousand records brought at once.

Beside it, where it is installed, Django REST Framework over the same table in the same run, with its own cursor pages.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import config
from models import Cooperative, Person, Unit, db
from portal import clock, tokens
from portal.app import create_app
from portal.bench import plain_directus, plain_rest, stores

P95_MS = 30.0
ROWS_A_SECOND = 50_000
MEMORY_MB = 150.0
BULK = 10_000
BULK_SECONDS = 5.0
ROOT = Path(__file__).resolve().parent.parent.parent

Fetch = Callable[[str], Any]


def run(given: argparse.Namespace) -> bool:
    """Measure and print, on each kind of store; return whether every figure is reached."""
    reached = [_on_one(engine, address, given) for engine, address in stores.each(given)]
    return all(reached)


def _on_one(engine: str, address: str, given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        client, headers = _program(address, Path(folder))

        def fetch(path: str) -> Any:
            answer = client.get(path if path.startswith("/") else f"/api/v1/{path}", headers=headers)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
            return answer

        print(f"\nAPI, {given.visits:,} visits, {engine}, in process, one at a time")
        pages = _pages(fetch, given.rounds)
        _beside(fetch, address, given.rounds)
        _beside_directus(address, headers, given)
        streamed = _stream(fetch, given.visits)
        _spreadsheet(fetch)
        before = clock.now()
        brought = _bring(client, headers)
        _then(fetch, before, given.rounds)
    return pages[int(len(pages) * 0.95) - 1] <= P95_MS and streamed and brought


def _program(address: str, folder: Path) -> tuple[Any, dict[str, str]]:
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
        admin = Person.get(Person.username == "admin")
        text, _row = tokens.issue(
            admin, name="bench", by=admin, at=clock.now(), may_write=True, per_minute=100_000, days=1
        )
    return client, {"Authorization": f"Bearer {text}"}


def _pages(fetch: Fetch, rounds: int) -> list[float]:
    """Walk lists by their marks, from the first page and from deep inside; return the milliseconds of each, sorted."""
    office = fetch("units?code=P40&fields=id").get_json()["items"][0]["id"]
    lists = {
        "all, newest first": "visits?sort=-visited_on",
        "one office, newest first": f"visits?sort=-visited_on&unit_id={office}",
        "one office and month": f"visits?sort=visited_on&unit_id={office}&visited_on__gte=2023-05-01"
        "&visited_on__lte=2023-05-31",
        "all, by number": "visits?sort=id",
    }
    every: list[float] = []
    for name, path in lists.items():
        seconds: list[float] = []
        for start in _starts(fetch, path):
            mark = start
            for _ in range(max(3, rounds // 10)):
                began = time.perf_counter()
                page = fetch(path + (f"&after={mark}" if mark else "")).get_json()
                seconds.append((time.perf_counter() - began) * 1000)
                mark = page["next"]
                if mark is None:
                    break
        seconds.sort()
        every += seconds
        print(f"{name:34}p50 {statistics.median(seconds):6.1f} ms  p95 {seconds[int(len(seconds) * 0.95) - 1]:6.1f} ms")
    every.sort()
    print(f"{'any page by its mark':34}p95 {every[int(len(every) * 0.95) - 1]:6.1f} ms (at most {P95_MS:.0f})")
    return every


def _starts(fetch: Fetch, path: str) -> Iterator[str | None]:
    """Yield marks to begin from: the first page, and days spread over the list as a reader far down would have."""
    yield None
    first = fetch(path).get_json()
    if first["next"] is None or "sort=-visited_on" not in path:
        return
    ends = [fetch(f"visits?sort={order}&limit=1").get_json() for order in ("-visited_on", "visited_on")]
    newest, oldest = (end["items"][0]["visited_on"] for end in ends)
    span = (dt.date.fromisoformat(newest) - dt.date.fromisoformat(oldest)).days
    for share in (0.25, 0.5, 0.75, 0.95):
        day = dt.date.fromisoformat(newest) - dt.timedelta(days=int(span * share))
        there = fetch(f"{path}&visited_on__lte={day.isoformat()}&limit=2").get_json()
        if there["next"]:
            yield there["next"]


def _timed(fetch: Fetch, path: str, rounds: int) -> float:
    fetch(path)
    seconds = []
    for _ in range(max(5, rounds // 2)):
        began = time.perf_counter()
        fetch(path)
        seconds.append((time.perf_counter() - began) * 1000)
    return statistics.median(seconds)


def _beside(fetch: Fetch, address: str, rounds: int) -> None:
    with db.connection_context():
        office = Unit.get(Unit.code == "P40").id
    theirs = plain_rest.median_ms(address, rounds, office)
    if theirs is None:
        print("Django REST Framework is not installed here, so nothing stands beside it")
        return
    # The same page: the twelve columns the other one writes, without signing in there, with a token and scope here.
    ours = _timed(fetch, f"visits?sort=-visited_on&unit_id={office}&fields={','.join(plain_rest.COLUMNS)}", rounds)
    print(f"Django REST Framework, the same page of 50: p50 {theirs:.1f} ms; ours {theirs / ours:.1f} times as fast")


def _beside_directus(address: str, headers: dict[str, str], given: argparse.Namespace) -> None:
    if not plain_directus.is_there(given.directus) or address.startswith("postgres"):
        print("Directus is not installed here (--directus FOLDER), so it does not stand beside it")
        return
    with db.connection_context():
        office = Unit.get(Unit.code == "P40").id
    theirs = plain_directus.median_ms(address, given.directus.resolve(), given.rounds, office)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        settings = os.environ | {
            "PORTAL_DATABASE": str(Path(address).resolve()), "PORTAL_DATA": folder, "PORTAL_DEMO": "0",
            "PORTAL_PORT": str(plain_directus.free_port()), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        command = [sys.executable, "-m", "portal.cli", "web", "--processes", "1", "--threads", "4"]
        token = headers["Authorization"].partition(" ")[2]
        ours = plain_directus.ours_ms(command, settings, token, given.rounds, office)
    print(f"Directus over HTTP, the same page of 50: p50 {theirs:.1f} ms; ours {theirs / ours:.1f} times as fast")


def _then(fetch: Fetch, moment: dt.datetime, rounds: int) -> None:
    """Read pages as of the moment before ten thousand institutions were changed, beside the same pages of now."""
    for path in ("cooperatives?sort=name", "visits?sort=-visited_on"):
        now, then = (_timed(fetch, path + more, rounds) for more in ("", f"&as_of={moment.isoformat()}"))
        print(f"{'as of then, ' + path:34}p50 {then:.1f} ms, {then / now:.1f} times the page of now")


def _stream(fetch: Fetch, visits: int) -> bool:
    began = time.perf_counter()
    answer = fetch("visits?format=csv&sort=id")
    lines, first = 0, 0.0
    for part in answer.response:
        first = first or time.perf_counter() - began
        lines += part.count(b"\n")
    seconds = time.perf_counter() - began
    tracemalloc.start()
    for n, _part in enumerate(fetch("visits?format=csv&sort=id").response):
        if n == 200:
            break
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    rate = (lines - 1) / seconds
    print(
        f"{'everything as CSV':34}{lines - 1:,} rows, first byte {first:.2f} s, {rate:,.0f} rows/s "
        f"(at least {ROWS_A_SECOND:,}), peak {peak:.0f} MB over the start (at most {MEMORY_MB:.0f})"
    )
    return rate >= ROWS_A_SECOND and peak <= MEMORY_MB and lines - 1 >= visits


def _spreadsheet(fetch: Fetch) -> None:
    """Read the visits of eight offices as a spreadsheet: when it begins to leave, and what it remembers meanwhile."""
    units = fetch("units?limit=8&kind=provincial&fields=id").get_json()["items"]
    office = "unit_id__in=" + ",".join(str(one["id"]) for one in units)
    tracemalloc.start()
    began = time.perf_counter()
    first, size = 0.0, 0
    for part in fetch(f"visits?format=xlsx&sort=id&{office}").response:
        first, size = first or time.perf_counter() - began, size + len(part)
    seconds, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    figures = f"first byte {first:.2f} s, {size / 1e6:.1f} MB in {seconds:.1f} s, peak {peak:.0f} MB"
    print(f"{'some offices as XLSX':34}{figures}")


def _bring(client: Any, headers: dict[str, str]) -> bool:
    with db.connection_context():
        rows = Cooperative.select(Cooperative.registration_number).order_by(Cooperative.id).limit(BULK).tuples()
        numbers = [number for (number,) in rows]
    now = f"{clock.now():%H%M%S}"
    items = [{"registration_number": number, "promotion_group": f"กลุ่ม {now}"} for number in numbers]
    began = time.perf_counter()
    answer = client.post(
        "/api/v1/cooperatives/bulk", data=json.dumps({"items": items}), headers=headers, content_type="application/json"
    )
    seconds = time.perf_counter() - began
    told = answer.get_json()
    print(f"{'bring ' + format(len(items), ',')}{'':>20}{told} in {seconds:.1f} s (at most {BULK_SECONDS:.0f})")
    return answer.status_code == 200 and told["changed"] == len(items) and seconds <= BULK_SECONDS
