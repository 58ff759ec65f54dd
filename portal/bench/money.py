"""A finance file of 50,000 lines, taken in with its preview, and undone; the disbursement page over as many lines of a
year; and that year handed to each other system.

Beside each, in the same run, what it costs the plain way: a file row by row, the page by joins over every month.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from peewee import fn

from models import BudgetCategory, BudgetLine, Disbursement, FiscalYear, ImportBatch, Person, Plan, Project, Unit, db
from portal import database, records, seed
from portal.bench import handoffs, servers
from portal.database import tuples
from portal.files import FolderFiles
from portal.imports import batches, control, underway
from portal.imports.source import Given
from portal.reports.chapter import Cut
from portal.reports.chapters import disbursement
from portal.reports.figures import shared
from portal.rules import gfmis
from portal.rules.access import Role
from portal.rules.fiscal import first_day, last_day
from portal.rules.terms import Nature, UnitKind

LINES = 50_000
AT = dt.datetime(2023, 10, 2, 9, 0)
YEAR = 2566
DIGITS = {"1": "100", "2": "200", "3.1": "310", "3.2": "320", "4.1": "410", "5": "500"}
MOST_SECONDS, MOST_MB, MOST_MS = 30.0, 300.0, 500.0
PLAIN_LINES = 1_000
CUT = Cut(fiscal_year=YEAR, cut_at=AT)
_HEADS = (
    "รหัสยุทธศาสตร์การจัดสรร", "รหัสหน่วยงาน", "รหัสจังหวัด (พื้นที่)", "รหัสลักษณะงาน", "รหัสหมวดรายจ่าย", "รหัสงบประมาณ",
    "เดือน/ปีงบประมาณ", "รหัสรายจ่ายประจำ/ลงทุน", "พรบ. (บาท)", "งบฯ หลังโอน/ปป. ทั้งสิ้น (บาท)",
    "เบิกจ่ายทั้งสิ้น (YTM) (บาท)", "%",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and of the process's processor time, its peak megabytes, and what came of it."""

    wall: float
    cpu: float
    peak: float
    made: Any


def run(given: argparse.Namespace) -> bool:
    """Measure and print; return whether import, page and hand-off keep within their limits on every store asked for."""
    if given.database:
        return _measured_on(given)
    reached = []
    for engine in given.stores:
        if engine == "sqlite":
            reached.append(_measured_on(given))
        elif servers.programs() is None:
            print("\non PostgreSQL: left out, there is none on this machine")
        else:
            with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
                Path(name).chmod(0o755)  # the server runs as another user
                with servers.postgres(Path(name) / "postgres") as server:
                    reached.append(_measured_on(argparse.Namespace(**vars(given) | {"database": f"{server}postgres"})))
    return all(reached)


def _measured_on(given: argparse.Namespace) -> bool:
    return all([_import(given), _year(given)])


def _engine(given: argparse.Namespace) -> str:
    return "PostgreSQL" if given.database.startswith("postgres") else "SQLite"


# ---------------------------------------------------------------- the import


def _import(given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        file = folder / "extract.txt"
        _write_extract(file, LINES)
        address = _fresh(given, folder, "import")
        ours = _apart(_take, address, file, folder)
        undone = _apart(_undo, address)
        plain = _apart(_plainly, _fresh(given, folder, "plain"), file)
    per_line, (read, taken) = plain.wall / PLAIN_LINES, ours.made
    together = read + taken
    print(f"\nfinance file of {LINES:,} lines ({_engine(given)}): read, previewed, taken in, undone")
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'peak MB':>9}{'lines/s':>10}")
    print(f"{'read and preview':24}{read:>9.1f}")
    print(f"{'take in':24}{taken:>9.1f}")
    print(f"{'together':24}{together:>9.1f}{ours.cpu:>8.1f}{ours.peak:>9.0f}{LINES / together:>10.0f}")
    print(f"{'undo':24}{undone.wall:>9.1f}{undone.cpu:>8.1f}{undone.peak:>9.0f}{LINES / undone.wall:>10.0f}")
    plain_wall, plain_cpu = per_line * LINES, plain.cpu / PLAIN_LINES * LINES
    print(f"{'row by row':24}{plain_wall:>9.1f}{plain_cpu:>8.1f}{plain.peak:>9.0f}{1 / per_line:>10.0f}", end="")
    print(f"   (of {PLAIN_LINES:,})")
    print(f"{plain_wall / together:.1f} times as fast")
    return together <= MOST_SECONDS and ours.peak <= MOST_MB


def _write_extract(file: Path, lines: int) -> None:
    """Write an extract of five months: the offices' areas, thirty outputs, six categories."""
    months = ("ต.ค.", "พ.ย.", "ธ.ค.", "ม.ค.", "ก.พ.")
    provinces = [f"{n}00" for n in (*range(11, 28), *range(30, 50), *range(50, 59), *range(60, 68), *range(70, 78))]
    total = 0
    with file.open("w", encoding="iso8859_11") as out:
        rows = []
        for n in range(lines):
            key = n // len(months)
            category = list(DIGITS.values())[key // (len(provinces) * 30) % 6]
            output = key // len(provinces) % 30 + 1
            code = f"0701214{output:04d}00{category}{key // (len(provinces) * 180):04d}"
            paid = (n * 7919) % 900_000 * 100 + n % 100
            total += paid
            nature = "รายจ่ายลงทุน" if category.startswith("3") else "รายจ่ายประจำ"
            grant = "1,000,000.00" if n % len(months) == 0 else "-"
            cells = (
                "1", "07012", provinces[key % len(provinces)], "#", category, code, f"{months[n % 5]} {YEAR}", nature,
                grant, grant, f"{paid // 100:,}.{paid % 100:02d}", "1.00",
            )  # fmt: skip
            rows.append("|".join(f'"{cell}"' for cell in cells))
        granted = f"{lines // len(months) * 1_000_000:,}.00"
        head = ["Grand Total", *[""] * 7, granted, granted, f"{total // 100:,}.{total % 100:02d}", ""]
        out.write("\r\n".join(["|".join(f'"{h}"' for h in _HEADS), "|".join(f'"{h}"' for h in head), *rows, ""]))


def _take(address: str, file: Path, folder: Path) -> tuple[float, float]:
    database.use(address)
    with db.connection_context():
        by, place = Person.get(Person.username == "bench"), FolderFiles(folder / "files")
        began = time.monotonic()
        batch = batches.receive(file, file.name, Given(), is_whole=True, by=by, files=place, at=AT)
        batches.go_on(batch, files=place, teller=underway.Nobody(), now=lambda: AT)
        batch = underway.of_run(str(batch.id))
        assert not control.holds(batch), [str(each) for each in control.holds(batch)]
        read = time.monotonic() - began
        with records.changing(by=None, verb="bench", at=AT) as work:  # the run that a worker would have ended
            held = underway.run_of(batch)
            assert held is not None
            work.update(held, state="done", ended_at=AT)
        batches.accept(batch, "", by=by, at=AT)
        batches.go_on(underway.of_run(str(batch.id)), files=place, teller=underway.Nobody(), now=lambda: AT)
        assert Disbursement.select().count() == LINES
        return read, time.monotonic() - began - read


def _undo(address: str) -> None:
    database.use(address)
    with db.connection_context():
        batches.undo(ImportBatch.get(), by=Person.get(Person.username == "bench"), at=AT)
        assert not Disbursement.select().exists()


def _plainly(address: str, file: Path) -> int:
    """Take the first lines of the file in as one would at first: a look-up, two records and a commit a row."""
    database.use(address)
    with db.connection_context():
        year = FiscalYear.get(FiscalYear.year == YEAR)
        with file.open(encoding="iso8859_11") as rows:
            next(rows), next(rows)
            for n, text in enumerate(rows):
                if n == PLAIN_LINES:
                    break
                cells = [cell.strip('"') for cell in text.rstrip("\r\n").split("|")]
                category = BudgetCategory.get(BudgetCategory.gfmis_code == f"{cells[4][0]}XX")
                line, _ = BudgetLine.get_or_create(
                    fiscal_year=year,
                    code=gfmis.budget_code(cells[5]),
                    unit=Unit.get(Unit.code == f"P{cells[2][:2]}"),
                    category=category,
                    nature=Nature.RECURRENT if cells[7] == "รายจ่ายประจำ" else Nature.INVESTMENT,
                    defaults={"after_transfers": gfmis.amount(cells[9])},
                )
                Disbursement.get_or_create(
                    line=line,
                    month=gfmis.month(cells[6])[1],
                    defaults={"disbursed": gfmis.amount(cells[10]), "data_as_of": AT.date()},
                )
    return PLAIN_LINES


# ---------------------------------------------------------------- the page


def _year(given: argparse.Namespace) -> bool:
    """Measure the page and the hand-off over one year."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        database.use(_fresh(given, Path(name), "page"))
        with db.connection_context():
            _fill_year()
            page = _page(given)
            handoffs.fill()
            sent = handoffs.measure(_engine(given))
        _let_go()
    return page and sent


def _page(given: argparse.Namespace) -> bool:
    ours, plain = _timed(_gathered, 9), _timed(_joined, 3)
    print(f"\ndisbursement page, {LINES:,} lines of twelve months ({_engine(given)}), all figures")
    print(f"{'':24}{'p50 ms':>9}{'most ms':>9}")
    print(f"{'the page':24}{statistics.median(ours):>9.0f}{max(ours):>9.0f}")
    print(f"{'by joins over months':24}{statistics.median(plain):>9.0f}{max(plain):>9.0f}")
    print(f"{statistics.median(plain) / statistics.median(ours):.1f} times as fast")
    return statistics.median(ours) <= MOST_MS


def _timed(make: Callable[[], Any], rounds: int) -> list[float]:
    make()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        make()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _gathered() -> Any:
    with database.one_reading(), shared():
        return disbursement.gather(CUT)


def _joined() -> Any:
    """What the page's tables need, asked of the months themselves."""
    of_year = BudgetLine.fiscal_year == FiscalYear.get(FiscalYear.year == YEAR).id
    found = []
    for column in (BudgetLine.unit, BudgetLine.project, BudgetLine.category):
        amounts = [fn.SUM(each) for each in (Disbursement.disbursed, Disbursement.ordered, Disbursement.reserved)]
        rows = (
            Disbursement.select(column, BudgetLine.nature, Disbursement.month, *amounts)
            .join(BudgetLine)
            .where(of_year)
            .group_by(column, BudgetLine.nature, Disbursement.month)
        )
        found.append(list(tuples(rows)))
    return found


def _fill_year() -> None:
    year = FiscalYear.get(FiscalYear.year == YEAR)
    units = [i for (i,) in tuples(Unit.select(Unit.id).where(Unit.kind == UnitKind.PROVINCIAL).order_by(Unit.id))]
    projects = [i for (i,) in tuples(Project.select(Project.id).order_by(Project.id))]
    categories = dict(tuples(BudgetCategory.select(BudgetCategory.code, BudgetCategory.id)))
    kinds = [(categories[code], digits) for code, digits in DIGITS.items()]

    def lines() -> Iterator[tuple[Any, ...]]:
        for n in range(LINES):
            category, digits = kinds[n // (len(units) * len(projects)) % len(kinds)]
            project = n // len(units) % len(projects)
            running = n // (len(units) * len(projects) * len(kinds))
            code = f"0701214{project + 1:04d}00{digits}{running:04d}"
            nature = Nature.INVESTMENT if digits.startswith("3") else Nature.RECURRENT
            name = f"รายการที่ {n}" if nature is Nature.INVESTMENT else ""
            yield (
                n + 1, year.id, code, name, units[n % len(units)], projects[project], category, nature.value,
                100_000_000, 100_000_000, 90_000_000,
            )  # fmt: skip

    def months() -> Iterator[tuple[Any, ...]]:
        for n in range(LINES):
            for month in range(1, 13):
                yield n + 1, month, 7_000_000 + n % 1000, 100_000, 0, last_day(YEAR, month).isoformat()

    with records.changing(by=None, verb="bench", at=AT) as work:
        columns = (
            "id", "fiscal_year", "code", "name", "unit", "project", "category", "nature", "act", "after_transfers",
            "received",
        )  # fmt: skip
        work.insert_rows(BudgetLine, columns, lines())
        work.insert_rows(Disbursement, ("line", "month", "disbursed", "ordered", "reserved", "data_as_of"), months())
    db.execute_sql("ANALYZE")


# ---------------------------------------------------------------- stores and processes


def _fresh(given: argparse.Namespace, folder: Path, name: str) -> str:
    """Return the address of a store with reference data, thirty projects and one person of planning.

    A SQLite file in `folder`; beside a PostgreSQL database that was named, a new one of its own, made anew each time.
    """
    if given.database.startswith("postgres"):
        address = f"{given.database}_money"
        database.use(given.database)
        with db.connection_context():
            db.execute_sql(f'DROP DATABASE IF EXISTS "{address.rpartition("/")[2]}" WITH (FORCE)')
            db.execute_sql(f"CREATE DATABASE \"{address.rpartition('/')[2]}\" TEMPLATE template0 ENCODING 'UTF8'")
        _let_go()
    else:
        address = str(folder / f"{name}.db")
    database.use(address)
    database.migrate()
    with db.connection_context():
        seed.load(at=AT)
        with records.changing(by=None, verb="bench", at=AT) as work:
            root = Unit.get(Unit.parent.is_null())
            year = FiscalYear.get_or_none(FiscalYear.year == YEAR) or work.create(
                FiscalYear, year=YEAR, starts_on=first_day(YEAR), ends_on=last_day(YEAR)
            )
            plan = work.create(Plan, fiscal_year=year, code="B14", name="แผนงานเพื่อการวัด")
            for n in range(1, 31):
                project = work.create(
                    Project, plan=plan, code=f"B{n:02d}", name=f"โครงการที่ {n}", owner=root, starts_on=year.starts_on,
                    ends_on=year.ends_on,
                )  # fmt: skip
                code = f"0701214{n:04d}"
                work.create(database.table("CodeMap"), kind="project", year=YEAR, value=code, project=project)
            for digits, nature in (("410", "recurrent"), ("500", "recurrent")):
                work.create(database.table("CodeMap"), kind="nature", value=digits, meant=nature)
            work.create(Person, username="bench", name="ผู้วัด", role=Role.PLANNING, unit=root)
    _let_go()
    return address


def _let_go() -> None:
    """Close every connection, so that a process of its own begins with none and a database may be made anew."""
    database.db.close()
    if hasattr(database.db.obj, "close_all"):
        database.db.obj.close_all()


def _apart(make: Callable[..., Any], *given: Any) -> Cost:
    """Do something in a new process, so that the memory it takes is its own: what a worker takes from its start."""
    spawn = multiprocessing.get_context("spawn")
    mine, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_measured, args=(make, given, theirs))
    process.start()
    theirs.close()
    cost: Cost = mine.recv()
    process.join()
    return cost


def _measured(make: Callable[..., Any], given: tuple[Any, ...], pipe: Connection) -> None:
    began, before = time.monotonic(), time.process_time()
    made = make(*given)
    wall, cpu = time.monotonic() - began, time.process_time() - before
    pipe.send(Cost(wall, cpu, _peak(), made))


def _peak() -> float:
    """Return the most megabytes that this program has held: what it was begun from counts in the usage, not here."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
