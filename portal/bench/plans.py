"""A year's plan of 78 offices: progress pages, the tree, versions compared, the whole plan through a workbook; on both
stores. Beside the pages stands, in the same run, the one sum over answers that nothing can do without.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from models import FiscalYear, ImportBatch, Person, db
from portal import clock, database, files, plan_tree, plan_versions
from portal.bench import stores
from portal.imports import plan, underway
from portal.reports import runs
from portal.reports.chapter import Cut
from portal.reports.figures import shared
from portal.reports.figures.progress import By, Narrowed, Progress, behind
from portal.reports.runs import Asked
from portal.reports.runs import Progress as Teller
from portal.rules.plan_changes import EMPTY, compare
from portal.rules.terms import BatchState, RunKind
from portal.workbooks import plan_book

YEAR, MONTH = 2566, 8
MOST_MS = 500.0
MOST_TAKING = 60.0  # seconds: a whole year's workbook read, tried out and taken in, with every tenth target changed


def run(given: argparse.Namespace) -> bool:
    """Measure and print on every store; return whether every figure is reached."""
    reached = []
    for engine, _ in stores.each(given):
        print(f"\nplans on {engine}")
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, db.connection_context():
            year = FiscalYear.get(FiscalYear.year == YEAR)
            reached += [_pages(year, max(3, min(given.rounds, 15))), _workbook(year, Path(folder))]
        db.close()
    return all(reached)


def _pages(year: FiscalYear, rounds: int) -> bool:
    cut = Cut(fiscal_year=YEAR, period=MONTH, cut_at=dt.datetime(2023, 6, 25))

    def found(work: Callable[[Progress], Any]) -> Callable[[], Any]:
        def do() -> Any:
            with database.one_reading(), shared():
                return work(Progress(cut, Narrowed()))

        return do

    asked: dict[str, Callable[[], Any]] = {
        f"progress by {by}": found(lambda held, by=by: held.lines(by)) for by in By  # type: ignore[misc]
    }  # fmt: skip
    asked |= {
        "behind plan": found(behind),
        "plan tree": lambda: plan_tree.tree(year),
        "versions compared": lambda: compare(EMPTY, plan_versions.content(year)),
    }
    print(f"{'page':24}{'p50 ms':>8}{'worst':>8}{'beside':>8}   {rounds} times each, at most {MOST_MS:.0f} ms p50")
    slowest = 0.0
    for name, work in asked.items():
        work()
        taken = [_timed(work)[0] * 1000 for _ in range(rounds)]
        beside = statistics.median(_timed(lambda: _least(year))[0] * 1000 for _ in range(rounds))
        median = statistics.median(taken)
        if name != "versions compared":  # a whole year against nothing: no page does more than half of it
            slowest = max(slowest, median)
        print(f"{name:24}{median:>8.0f}{max(taken):>8.0f}{beside:>8.0f}")
    return slowest <= MOST_MS


def _least(year: FiscalYear) -> Any:
    """Sum every office's answers of every indicator to date, with nothing around it."""
    mark = db.param
    sql = (
        "SELECT a.indicator_id, s.unit_id, SUM(a.number) FROM answer a JOIN submission s ON s.id = a.submission_id "
        f"JOIN period p ON p.id = s.period_id WHERE p.fiscal_year_id = {mark} AND p.kind = 'month' "
        f"AND p.number <= {mark} AND a.indicator_id IS NOT NULL GROUP BY a.indicator_id, s.unit_id"
    )
    return db.execute_sql(sql, (year.id, MONTH)).fetchall()


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def _workbook(year: FiscalYear, folder: Path) -> bool:
    """The whole plan out to a workbook, every tenth target changed, in again, and undone."""
    path, keeper = folder / "plan.xlsx", Person.get(Person.username == "planning")
    before = plan_versions.sha256_of(plan_versions.content(year))
    written, _ = _timed(lambda: plan_book.write(path, year))
    book = openpyxl.load_workbook(path)
    sheet = book["เป้าหมาย"]
    for row in range(2, sheet.max_row + 1, 10):
        sheet.cell(row, 5).value += 1
    book.save(path)
    store = files.connect("", folder)
    batch = plan.WAY.receive(path, "plan.xlsx", year=year, by=keeper, files=store, at=clock.now())
    seen, _ = _timed(lambda: _worked(batch, store))
    plan.WAY.accept(ImportBatch.get_by_id(batch.id), by=keeper, at=clock.now())
    taken, _ = _timed(lambda: _worked(batch, store))
    done = ImportBatch.get_by_id(batch.id)
    undone, _ = _timed(lambda: plan.undo(done, by=keeper, at=clock.now()))
    is_back = plan_versions.sha256_of(plan_versions.content(year)) == before
    print(
        f"workbook: {done.lines_read:,} lines out {written:.1f} s, preview {seen:.1f} s, taken in {taken:.1f} s (both "
        f"at most {MOST_TAKING:.0f}), {done.lines_taken:,} changed, undone {undone:.1f} s, as before: {is_back}"
    )
    return is_back and done.state is BatchState.TAKEN and seen + taken <= MOST_TAKING


def _worked(batch: ImportBatch, store: files.Files) -> None:
    """Do what a worker does when the bell rings for a workbook."""

    def do(asked: Asked, progress: Teller) -> None:
        plan.WAY.go_on(underway.of_run(asked.subject), files=store, teller=progress, now=clock.now)

    found = underway.run_of(batch)
    assert found is not None
    runs.carry_out(found.id, kinds=(RunKind.IMPORT,), do=do, now=clock.now)
