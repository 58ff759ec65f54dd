"""A year book of 1,200 dense pages through the press, beside plain WeasyPrint passes over the same HTML in the same
run, one in our dressing and one in that of somebody who takes no care; then the demonstration year's own book, and what
its figures cost beside the bare queries."""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import gc
import json
import logging
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import CursorWrapper, Database

from portal import database
from portal.bench import dense, pressing, reading, stores
from portal.bench.costs import Cost, cost
from portal.reports import editions, figures, outlines, render, sheets, snapshot
from portal.reports.chapter import Cut

CUT = Cut(fiscal_year=2566, cut_at=dt.datetime(2023, 10, 20, 9, 0), is_demo=True)
PAGES = 1200
FOOT = '@page { @bottom-right { content: "หน้า " counter(page) " จาก " counter(pages) } }'
# As one dresses tables without care: every column as wide as its words ask for, borders that neighbours share.
CARELESS = (
    "table { table-layout: auto; border-collapse: collapse } col { width: auto !important } "
    ".t td, .t th { overflow-wrap: normal }"
)
# The plain pass takes at least so many times the processor's time; wall time depends on what else is running.
ENOUGH = {"cold": 0.9, "nothing changed": 30.0, "one office changed": 10.0}
SQL_RATIO = 1.3
ROUNDS = 5


def run(given: argparse.Namespace) -> bool:
    """Measure and print; return whether every goal was reached."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        reached = [_dense(given.pages, folder, plain=given.plain)]
        text = ""
        for engine, _ in stores.each(given):
            reached.append(_figures(engine))
            with database.db.connection_context():
                text = text or editions.take_snapshot("book", CUT)
            database.db.close()
        reached.append(_year(text, folder))
    return all(reached)


# ---------------------------------------------------------------- the dense book


def _dense(pages: int, folder: Path, *, plain: bool) -> bool:
    chapters = dense.book(pages)

    def press(what: str) -> pressing.Built:
        command = [sys.executable, "-m", "portal.bench.pressing", what, str(pages), str(folder)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        built = pressing.Built(**json.loads(ended.stdout))
        print(f"    {what}: {built.wall:.1f} s, {built.cpu:.1f} s of processor", flush=True)
        return built

    print(f"\na made-up book of {len(chapters)} chapters, two at a time", flush=True)
    cold, nothing, one, more = (press(what) for what in pressing.BOOKS)
    html = [dense.html(each) for each in chapters]
    wanted = set().union(*map(reading.words, html))
    read = reading.read(pressing.place(folder, "cold"), wanted)
    goals = [
        ("largest chapter process, MB", cold.peak, 130),
        ("binder, MB", nothing.binder, 200),
        ("one record changed, s", one.wall, 3),
        ("  chapters set", one.done, 1),
        ("  share of cold", one.wall / cold.wall, 0.04),
        ("later pages moved, s", more.wall, 5),
        ("nothing changed, s", nothing.wall, 1.5),
        ("  chapters set", nothing.done, 0),
        ("binding, ms a page", 1000 * nothing.binding / cold.pages, 0.5),
        ("size, kB a page", read.size / 1000 / read.pages, 11),
        ("font objects above the faces", read.fonts - read.faces, 0),
        ("words not found by Poppler, %", 100 * (1 - read.poppler), 0),
        ("words not found by pypdf, %", 100 * (1 - read.pypdf), 0),
        ("pages without their foot, %", 100 * (1 - read.feet), 0),
        ("links that lead nowhere", read.lost_links, 0),
        ("bookmarks missing", max(0, len(chapters) + 1 - read.bookmarks), 0),
        ("qpdf finds fault", int(not read.is_clean), 0),
    ]
    print(f"{cold.pages} pages, cold {cold.wall:.1f} s, {cold.cpu / cold.pages:.3f} s of processor a page,")
    print(f"{read.faces} faces, {read.links} links, {read.bookmarks} bookmarks")
    if plain:
        for what, more_style in (("our dressing", ""), ("careless dressing", CARELESS)):
            one_pass = cost(functools.partial(_one_pass, html, folder, more_style))
            pages_there, path = one_pass.made
            missed = 100 * (1 - reading.share(wanted, reading.extracted(path)))
            print(
                f"one plain pass in {what}: {pages_there} pages, {one_pass.wall:.1f} s, "
                f"{one_pass.cpu:.1f} s of processor, {one_pass.children:.0f} MB, "
                f"{path.stat().st_size / 1000 / pages_there:.1f} kB a page, {missed:.0f} % of the words not found; "
                f"cold is {one_pass.wall / cold.wall:.2f} times as fast, {one_pass.cpu / cold.cpu:.2f} times as cheap",
                flush=True,
            )
            if not more_style:
                goals.insert(0, ("cold, share of the plain pass", cold.wall / one_pass.wall, 1 / 2.7))
    return told(goals)


def told(goals: Sequence[tuple[str, float, float]]) -> bool:
    """Print each measure beside the most it may be; return whether all keep to it."""
    for what, found, most in goals:
        print(f"  {what:34}{found:>10.2f}  at most {most:>7.2f}  {'' if found <= most else 'NOT REACHED'}")
    return all(found <= most for _, found, most in goals)


def _one_pass(documents: Sequence[str], folder: Path, more_style: str = "") -> tuple[int, Path]:
    """Set the documents as one with WeasyPrint's own command, and return its pages and file."""
    style = (render.style() + more_style).replace("url(asset:", f"url({render.TEMPLATES.as_uri()}/")
    bodies = [re.search(r'<body class="(.*?)">(.*)</body>', html, re.DOTALL) for html in documents]
    whole = "".join(f'<div style="break-before:page" class="{body[1]}">{body[2]}</div>' for body in bodies if body)
    page = folder / "plain.html"
    page.write_text(f'<html lang="th"><meta charset="utf-8"><style>{style}{FOOT}</style>{whole}', encoding="utf-8")
    out = page.with_suffix(".pdf")
    command = [sys.executable, "-m", "weasyprint", "--verbose", str(page), str(out)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return max(int(number) for number in re.findall(r"Page (\d+)", ended.stderr)), out


# ---------------------------------------------------------------- the demonstration year's book


def _year(text: str, folder: Path) -> bool:
    changed = _with_one_office_changed(text)
    out = folder / "year"

    def press(figures: str) -> Cost:
        return cost(lambda: editions.reissue(figures, out).pages)

    costs = {"cold": press(text), "nothing changed": press(text), "one office changed": press(changed)}
    plain = cost(lambda: _one_pass(editions.filled(text), folder)[0])
    print("\nthe demonstration year's book, beside one plain WeasyPrint pass over the same HTML")
    print(f"{'':24}{'pages':>6}{'seconds':>9}{'CPU s':>8}{'CPU s/page':>12}{'peak MB':>9}{'faster':>8}{'cheaper':>9}")
    for what, each in (("plain pass", plain), *costs.items()):
        print(
            f"{what:24}{each.made:>6}{each.wall:>9.1f}{each.cpu:>8.1f}{each.cpu / each.made:>12.3f}"
            f"{max(each.own, each.children):>9.0f}{plain.wall / each.wall:>8.1f}{plain.cpu / each.cpu:>9.1f}"
        )
    return all(plain.cpu / costs[what].cpu >= times for what, times in ENOUGH.items())


def _with_one_office_changed(text: str) -> str:
    frozen = json.loads(text)
    page = next(piece["page"] for piece in frozen["pieces"] if piece["chapter"] == "office")
    page["cooperatives"] += 1
    return snapshot.text_of(frozen)


# ---------------------------------------------------------------- its figures


def _figures(engine: str) -> bool:
    """Ask the store for the year's figures as the chapters do, and the very same queries bare."""
    with database.db.connection_context():
        with _asked() as queries:
            _pages()
        rows, text = sum(len(_bare(*each)) for each in queries), editions.take_snapshot("book", CUT)
        # Side by side in each round, so that a machine that is busy for a while is busy for all.
        rounds = [
            (
                _taken(lambda: [_bare(*each) for each in queries]), _asking(_pages),
                _taken(_pages), _taken(lambda: editions.take_snapshot("book", CUT)),
            )
            for _ in range(ROUNDS)
        ]  # fmt: skip
        bare, asked, pages, frozen = (min(times) for times in zip(*rounds, strict=True))
    print(
        f"\nthe year's figures on {engine}: {len(queries)} queries, {rows:,} rows; bare {bare:.2f} s, "
        f"as the portal asks them {asked:.2f} s\n"
        f"beside that, adding up and writing sentences {pages - asked:.2f} s, passports and freezing "
        f"{frozen - pages:.2f} s more ({len(text) / 1e6:.1f} MB): {frozen:.2f} s in all"
    )
    return told([("times the bare queries", asked / bare, SQL_RATIO)])


def _pages() -> None:
    """Gather the figures of every chapter of the year's book in one reading, without passports, freezing nothing."""
    book = sheets.book("book")
    with database.one_reading(), figures.shared():
        for entry in outlines.planned(book, CUT.fiscal_year):
            chapter = entry.chapter
            if chapter.applies(CUT):
                chapter.gather(CUT) if chapter.members is None else chapter.members(CUT)


def _bare(sql: str, values: Any) -> list[Any]:
    found: list[Any] = database.db.connection().execute(sql, values or ()).fetchall()
    return found


def _taken(make: Callable[[], Any]) -> float:
    """Return how long `make` takes, in seconds, with what is left over from before out of the way."""
    gc.collect()
    began = time.perf_counter()
    make()
    return time.perf_counter() - began


def _asking(make: Callable[[], Any]) -> float:
    """Return how many seconds of `make` pass between asking the store and having the rows as the portal reads them."""
    gc.collect()
    with _clocked() as clock:
        make()
    return clock.seconds


class _Clock:
    """The seconds spent on the ways to the store."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = False

    def timed(self, way: Callable[..., Any]) -> Callable[..., Any]:
        """Return `way` with its time counted, once where one such way goes through another."""

        @functools.wraps(way)
        def counted(*given: Any, **named: Any) -> Any:
            if self._inside:
                return way(*given, **named)
            self._inside, began = True, time.perf_counter()
            try:
                return way(*given, **named)
            finally:
                self._inside, self.seconds = False, self.seconds + time.perf_counter() - began

        return counted


@contextmanager
def _clocked() -> Iterator[_Clock]:
    """Count the time in the ways that lead to the store: asking, and each row that is fetched and read."""
    clock = _Clock()
    ways = [(Database, "execute"), (Database, "execute_sql"), (CursorWrapper, "iterate")]
    held = [(owner, name, getattr(owner, name)) for owner, name in ways]
    try:
        for owner, name, way in held:
            setattr(owner, name, clock.timed(way))
        yield clock
    finally:
        for owner, name, way in held:
            setattr(owner, name, way)


@contextmanager
def _asked() -> Iterator[list[tuple[str, Any]]]:
    """Give the list of what peewee asks the store meanwhile: (sql, values)."""
    log = logging.getLogger("peewee")
    asked: list[tuple[str, Any]] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.msg, tuple) and str(record.msg[0]).lstrip("( ").startswith(("SELECT", "WITH")):
                asked.append(record.msg)

    heard, level = Listener(), log.level
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    try:
        yield asked
    finally:
        log.setLevel(level)
        log.removeHandler(heard)
