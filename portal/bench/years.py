"""A store with five years of obligations, reports, visits and notices: what pages must still be quick with."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peewee import fn

from models import FiscalYear, Notice, Obligation, Period, Person, StoreFact, Submission, db
from portal import database, demo, records
from portal.database import tuples
from portal.rules.fiscal import first_day

AT = dt.datetime(2022, 9, 1, 9, 0)
LAST, FIRST = 2566, 2562
VISITS = 350_000
FACT = "five years"
NOTICES = 180  # a person's, over five years: three reminders a month


def store(address: str, visits: int) -> str:
    """Put a store with five years and at most that many visits in use, making it if need be; return its address."""
    database.use(address)
    database.migrate()
    with db.connection_context():
        is_made = StoreFact.select().where(StoreFact.key == FACT).exists()
    if not is_made:
        began = time.monotonic()
        demo.build(min(visits, VISITS), at=AT)
        with db.connection_context(), records.changing(by=None, verb="bench", at=AT) as work:
            for year in range(LAST - 1, FIRST - 1, -1):
                _repeat(work, year)
            _tell(work)
            work.create(StoreFact, key=FACT, value="1")
        db.execute_sql("ANALYZE")
        counts = [model.select().count() for model in (Obligation, Submission, Notice)]
        print(f"made five years in {time.monotonic() - began:.0f} s: {counts} obligations, reports, notices: {address}")
        db.close()
    return address


def kept(folder: Path) -> str:
    """Return the address of the SQLite store that is kept for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / "five-years.db")


def _repeat(work: records.Work, year: int) -> None:
    """Let the demonstration year have happened `LAST - year` years earlier as well."""
    back = LAST - year
    periods = dict(_twins(year))
    ends = dict(tuples(Period.select(Period.id, Period.ends_on).where(Period.id.in_(list(periods.values())))))
    for period in Period.select().where(Period.id.in_(list(periods.values()))):
        opened = dt.datetime.combine(period.opens_on, dt.time(8))
        closed = dt.datetime.combine(ends[period.id] + dt.timedelta(days=60), dt.time(16))
        work.update(period, opened_at=opened, closed_at=closed)
    own = Obligation.period.in_(list(periods))
    obligations, reports = _step(Obligation), _step(Submission)

    def owed() -> Iterator[tuple[Any, ...]]:
        columns = (
            Obligation.id, Obligation.unit, Obligation.period, Obligation.subject, Obligation.duty, Obligation.form,
            Obligation.due_on, Obligation.state, Obligation.met_at, Obligation.waived_reason,
        )  # fmt: skip
        for ident, unit, period, subject, duty, form, due, state, met, why in list(
            tuples(Obligation.select(*columns).where(own))
        ):
            met_at = _earlier(met, back) if met else _earlier(due, back) if state == "open" else None
            yield (
                ident + obligations * back, unit, periods[period], subject, str(duty), form, _earlier(due, back),
                "met" if state == "open" else str(state), met_at, why,
            )  # fmt: skip

    def sent() -> Iterator[tuple[Any, ...]]:
        columns = (
            Submission.id, Submission.obligation, Submission.unit, Submission.period, Submission.form_version,
            Submission.first_submitted_at, Submission.submitted_by, Submission.verified_at, Submission.verified_by,
        )  # fmt: skip
        settled = Submission.select(*columns).where(
            Submission.period.in_(list(periods)), Submission.verified_at.is_null(False)
        )
        for ident, owed_id, unit, period, version, first, sender, verified, checker in list(tuples(settled)):
            yield (
                ident + reports * back, owed_id + obligations * back, unit, periods[period], version, "consolidated",
                _earlier(first, back), _earlier(first, back), sender, _earlier(verified, back), checker,
            )  # fmt: skip

    work.insert_rows(
        Obligation,
        ("id", "unit", "period", "subject", "duty", "form", "due_on", "state", "met_at", "waived_reason"),
        list(owed()),  # nothing may be asked while rows are taken in
    )
    work.insert_rows(
        Submission,
        (
            "id", "obligation", "unit", "period", "form_version", "state", "first_submitted_at", "submitted_at",
            "submitted_by", "verified_at", "verified_by",
        ),
        list(sent()),
    )  # fmt: skip


def _twins(year: int) -> Iterator[tuple[int, int]]:
    """Yield, for each period of the demonstration year, its id and that of the same period of `year`."""
    mine = {
        (kind, number): ident
        for ident, kind, number in tuples(
            Period.select(Period.id, Period.kind, Period.number).join(FiscalYear).where(FiscalYear.year == year)
        )
    }
    last = Period.select(Period.id, Period.kind, Period.number).join(FiscalYear).where(FiscalYear.year == LAST)
    for ident, kind, number in list(tuples(last)):
        yield ident, mine[kind, number]


def _step(model: Any) -> int:
    """Return a distance between identifiers that keeps each year's apart: one more than the first year's greatest."""
    first = Period.select(Period.id).join(FiscalYear).where(FiscalYear.year == LAST)
    return int(model.select(fn.MAX(model.id)).where(model.period.in_(first)).scalar()) + 1


def _earlier(moment: dt.date | dt.datetime, years: int) -> str:
    return moment.replace(year=moment.year - years).isoformat(sep=" ") if isinstance(moment, dt.datetime) else (
        moment.replace(year=moment.year - years).isoformat()
    )  # fmt: skip


def _tell(work: records.Work) -> None:
    people = [ident for (ident,) in tuples(Person.select(Person.id))]
    begins = dt.datetime.combine(first_day(FIRST), dt.time(7))

    def told() -> Iterator[tuple[Any, ...]]:
        for person in people:
            for n in range(NOTICES):
                at = (begins + dt.timedelta(days=10 * n)).isoformat(sep=" ")
                yield person, at, "ครบกำหนดวันนี้ ยังต้องส่ง 12 รายการ", "due_today", str(n), at if n < NOTICES - 3 else None

    work.insert_rows(Notice, ("person", "at", "text", "kind", "about", "read_at"), told())
