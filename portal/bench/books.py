"""The year book, cold and after small changes, beside one plain WeasyPrint pass over the same HTML in the same run."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from portal import database
from portal.bench import stores
from portal.reports import editions, render, snapshot
from portal.reports.chapter import Cut

CUT = Cut(fiscal_year=2566, cut_at=dt.datetime(2023, 10, 20, 9, 0), is_demo=True)
# The plain pass takes at least so many times the processor's time; wall time depends on what else is running.
ENOUGH = {"cold": 0.9, "nothing changed": 30.0, "one office changed": 10.0}


@dataclass(frozen=True)
class Cost:
    """What making a book cost: seconds of wall and of processor, peak megabytes of the largest process, pages."""

    wall: float
    cpu: float
    peak: float
    pages: int


def run(given: argparse.Namespace) -> bool:
    """Measure and print; return whether each way is as much cheaper than the plain pass as it must be."""
    stores.large(given.visits, given.folder, given.database)
    with database.db.connection_context():
        text = editions.take_snapshot("book", CUT)
    database.db.close()
    changed = _with_one_office_changed(text)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        out = Path(name)
        costs = {
            "cold": _cost(lambda: editions.reissue(text, out).pages),
            "nothing changed": _cost(lambda: editions.reissue(text, out).pages),
            "one office changed": _cost(lambda: editions.reissue(changed, out).pages),
        }
        plain = _cost(lambda: _plain(text, out))
    print("\nyear book, two chapters at a time, beside one plain WeasyPrint pass over the same HTML")
    print(f"{'':24}{'pages':>6}{'seconds':>9}{'CPU s':>8}{'CPU s/page':>12}{'peak MB':>9}{'faster':>8}{'cheaper':>9}")
    for what, cost in (("plain pass", plain), *costs.items()):
        print(
            f"{what:24}{cost.pages:>6}{cost.wall:>9.1f}{cost.cpu:>8.1f}{cost.cpu / cost.pages:>12.3f}{cost.peak:>9.0f}"
            f"{plain.wall / cost.wall:>8.1f}{plain.cpu / cost.cpu:>9.1f}"
        )
    return all(plain.cpu / costs[what].cpu >= times for what, times in ENOUGH.items())


def _with_one_office_changed(text: str) -> str:
    frozen = json.loads(text)
    page = next(piece["page"] for piece in frozen["pieces"] if piece["chapter"] == "office")
    page["cooperatives"] += 1
    return snapshot.text_of(frozen)


def _plain(text: str, folder: Path) -> int:
    """Set the whole book as one document with WeasyPrint's own command, and return its pages."""
    style = "".join((render.TEMPLATES / name).read_text(encoding="utf-8") for name in ("fonts.css", "book.css"))
    style = style.replace("url(asset:", f"url({render.TEMPLATES.as_uri()}/")
    bodies = [re.search(r'<body class="(.*?)">(.*)</body>', html, re.DOTALL) for html in editions.filled(text)]
    whole = "".join(f'<div style="break-before:page" class="{body[1]}">{body[2]}</div>' for body in bodies if body)
    page = folder / "plain.html"
    page.write_text(f'<html lang="th"><meta charset="utf-8"><style>{style}</style>{whole}', encoding="utf-8")
    command = [sys.executable, "-m", "weasyprint", "--verbose", str(page), str(page.with_suffix(".pdf"))]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return max(int(number) for number in re.findall(r"Page (\d+)", ended.stderr))


def _cost(make: Callable[[], int]) -> Cost:
    """Make a book in a process of its own, so that what it and its children use is all theirs."""
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_measure, args=(make, theirs))
    process.start()
    theirs.close()
    cost: Cost = mine.recv()
    process.join()
    return cost


def _measure(make: Callable[[], int], pipe: Connection) -> None:
    began = time.monotonic()
    pages = make()
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    pipe.send(
        Cost(
            wall=time.monotonic() - began,
            cpu=sum(each.ru_utime + each.ru_stime for each in used),
            peak=max(each.ru_maxrss for each in used) / 1024,
            pages=pages,
        )
    )
