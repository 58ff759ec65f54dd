"""Visits by the million: plan against actual, the list as CSV and XLSX, the registry taken in; on both stores.

Beside each figure stands in the same run what the least possible program needs for it, so that a slow or busy machine
can be told from a slow portal.
"""

from __future__ import annotations

import argparse
import csv
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

from models import Cooperative, ImportBatch, Person, Visit, db
from portal import clock, coverage, files, xlsx
from portal.bench import lists, stores
from portal.coverage import By, Cut
from portal.database import batches, tuples
from portal.imports import registry, rows, underway
from portal.reports import runs
from portal.reports.runs import Asked, Progress
from portal.rules.terms import BatchState, RunKind

MONTH = Cut(2566, 8, 8)
MOST_MS = 500.0
ROWS_A_SECOND = 50_000
FIRST_BYTE = 0.3  # seconds
MOST_MB = 30.0  # that a file of any length may add to what the process holds
SHEET_ROWS = 100_000
TAKEN = 12_000
MOST_TAKING = 20.0  # seconds, preview and taking in together


def run(given: argparse.Namespace) -> bool:
    """Measure and print on every store; return whether every figure is reached."""
    reached = []
    for engine, address in stores.each(given):
        print(f"\nvisits on {engine}, {given.visits:,} of them")
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
            portal = lists.portal_at(address, Path(folder))
            reached += [_plan_and_actual(given), _csv(portal), _xlsx(portal), _registry(Path(folder))]
        db.close()
    return all(reached)


# ---------------------------------------------------------------- plan against actual


def _plan_and_actual(given: argparse.Namespace) -> bool:
    rounds = max(3, min(given.rounds, 9))
    print(
        f"plan against actual, one month, whole country, {rounds} times each; beside: that month's visits counted once"
    )
    print(f"{'rows':16}{'rows':>8}{'p50 ms':>10}{'worst ms':>10}{'beside ms':>10}")
    slowest = 0.0
    with db.connection_context():
        coverage.lines(By.UNIT, MONTH)  # warms the pages that every cut reads
        for by in By:
            seconds, beside = [], []
            for _ in range(rounds):
                taken, found = _timed(lambda by=by: coverage.lines(by, MONTH))  # type: ignore[misc]
                seconds.append(taken)
                beside.append(_timed(_counted_once)[0])
            median = statistics.median(seconds) * 1000
            slowest = max(slowest, median)
            least = statistics.median(beside) * 1000
            print(f"{by:16}{len(found):>8,}{median:>10.0f}{max(seconds) * 1000:>10.0f}{least:>10.0f}")
        taken, gaps = _timed(lambda: coverage.gaps(MONTH))
        print(f"{'not visited':16}{len(gaps):>8,}{taken * 1000:>10.0f}")
    print(f"slowest cut {slowest:.0f} ms, at most {MOST_MS:.0f}")
    return slowest <= MOST_MS


def _counted_once() -> Any:
    sql = f"SELECT unit_id, COUNT(*) FROM visit WHERE visited_on BETWEEN {db.param} AND {db.param} GROUP BY unit_id"
    return db.execute_sql(sql, (MONTH.starts_on, MONTH.ends_on)).fetchall()


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


# ---------------------------------------------------------------- files


def _csv(portal: Any) -> bool:
    """Every visit as CSV through the portal; beside it the same columns from a bare cursor into a csv.writer."""
    said = _flow(portal.get("/admin/visit/export/csv/"), lambda part: part.count(b"\n"))
    with db.connection_context():
        query = Visit.select(*(Visit._meta.sorted_fields[n] for n in range(24))).order_by(Visit.visited_on.desc())
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        began, count = time.perf_counter(), 0
        for batch in batches(query):
            writer.writerows(batch)
            count += len(batch)
            buffer.seek(0)
            buffer.truncate()
        bare = count / (time.perf_counter() - began)
    rate = (said.rows - 1) / said.seconds
    print(
        f"CSV: {said.rows - 1:,} rows, first byte {said.first:.2f} s (at most {FIRST_BYTE}), {rate:,.0f} rows/s "
        f"(at least {ROWS_A_SECOND:,} or a third of a bare cursor and csv.writer, {bare:,.0f}), "
        f"peak +{said.grown:.0f} MB (at most {MOST_MB:.0f}), {said.size / 1e6:,.0f} MB"
    )
    return rate >= min(ROWS_A_SECOND, bare / 3) and said.first <= FIRST_BYTE and said.grown <= MOST_MB


def _xlsx(portal: Any) -> bool:
    """The latest hundred thousand visits as XLSX; beside it XlsxWriter, which writes the whole file first."""
    with db.connection_context():
        latest = Visit.select(Visit.visited_on).order_by(Visit.visited_on.desc())
        day = next(tuples(latest.offset(min(SHEET_ROWS, Visit.select().count() - 1)).limit(1)))[0]
    since = f"flt0_visited_on_from={day:%d/%m}/{day.year + 543}"
    said = _flow(portal.get(f"/admin/visit/export/xlsx/?{since}"), lambda part: 0)
    counted = _flow(portal.get(f"/admin/visit/export/csv/?{since}"), lambda part: part.count(b"\n"))
    rate, other = (counted.rows - 1) / said.seconds, _library_rate(portal, since)
    print(
        f"XLSX: {counted.rows - 1:,} rows, first byte {said.first:.2f} s (at most {FIRST_BYTE}), {rate:,.0f} rows/s "
        f"(XlsxWriter {other:,.0f}), peak +{said.grown:.0f} MB (at most {MOST_MB:.0f}), {said.size / 1e6:,.0f} MB"
    )
    return said.first <= FIRST_BYTE and said.grown <= MOST_MB and rate >= other


def _library_rate(portal: Any, since: str) -> float:
    """Return how many rows a second XlsxWriter writes of the same list, its first ten thousand."""
    text = portal.get(f"/admin/visit/export/csv/?{since}").response
    wanted: list[bytes] = []
    for part in text:
        wanted.append(part)
        if len(wanted) > 12:
            break
    lines = list(csv.reader(io.StringIO(b"".join(wanted).decode("utf-8-sig", "ignore"))))[:10_000]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as file, xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for n, line in enumerate(lines):
            for place, value in enumerate(line):
                sheet.write_string(n, place, value)
    return len(lines) / (time.perf_counter() - began)


class _Said:
    """What came of one answer: rows and bytes, seconds to the first byte and to the last, megabytes grown by."""

    def __init__(self) -> None:
        self.rows = self.size = 0
        self.first = self.seconds = self.grown = 0.0


def _flow(answer: Any, rows_in: Callable[[bytes], int]) -> _Said:
    """Let an answer flow by and measure it; nothing of it is kept."""
    assert answer.status_code == 200, answer.status_code
    said = _Said()
    held = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak until now
    began = time.perf_counter()
    for part in answer.response:
        said.first = said.first or time.perf_counter() - began
        said.size += len(part)
        said.rows += rows_in(part)
    said.seconds = time.perf_counter() - began
    said.grown = max(0.0, _memory("VmHWM") - held)
    answer.close()
    return said


def _memory(name: str) -> float:
    """Return a figure of this process's memory in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1000
    return 0.0


# ---------------------------------------------------------------- the registry


def _registry(folder: Path) -> bool:
    """A change in 12,000 institutions from a spreadsheet: read, shown before, taken in; beside: the file read alone."""
    word = f"กลุ่ม {clock.now():%H%M%S}"
    path = folder / "registry.xlsx"
    with db.connection_context():
        known = Cooperative.select(Cooperative.registration_number, Cooperative.name).order_by(Cooperative.id)
        lines = [(number, name, word) for number, name in tuples(known.limit(TAKEN))]
        with path.open("wb") as file:
            file.writelines(xlsx.stream(["เลขทะเบียน", "ชื่อสหกรณ์", "กลุ่มส่งเสริม"], [lines]))
        alone, _ = _timed(lambda: [len(list(sheet.rows())) for sheet in rows.sheets(path)])
        keeper = Person.get(Person.username == "admin")
        store = files.connect("", folder)
        batch = registry.WAY.receive(path, "registry.xlsx", by=keeper, files=store, at=clock.now())
        seen, _ = _timed(lambda: _worked(batch, store))
        registry.WAY.accept(ImportBatch.get_by_id(batch.id), by=keeper, at=clock.now())
        taken, _ = _timed(lambda: _worked(batch, store))
        batch = ImportBatch.get_by_id(batch.id)
    print(
        f"registry: {len(lines):,} rows, preview {seen:.1f} s, taken in {taken:.1f} s, together at most "
        f"{MOST_TAKING:.0f}; reading the file alone {alone:.1f} s; {batch.lines_taken:,} changed"
    )
    return batch.state is BatchState.TAKEN and seen + taken <= MOST_TAKING


def _worked(batch: ImportBatch, store: files.Files) -> None:
    """Do what a worker does when the bell rings for a list."""

    def do(asked: Asked, progress: Progress) -> None:
        registry.WAY.go_on(underway.of_run(asked.subject), files=store, teller=progress, now=clock.now)

    run_ = underway.run_of(batch)
    assert run_ is not None
    runs.carry_out(run_.id, kinds=(RunKind.IMPORT,), do=do, now=clock.now)
