"""Build the demonstration year: everything in one transaction, the same to the last row every time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from werkzeug.security import generate_password_hash

from models import FiscalYear, Period, Person, StoreFact, Submission
from portal import periods as calendar
from portal import records, seed
from portal.database import db
from portal.demo import approvals, central, corrections, forms, money, offices, planning, registry, reporting, visiting
from portal.errors import MoveRefused
from portal.records import Work
from portal.rules import deadlines, fiscal
from portal.rules.deadlines import Roll
from portal.rules.terms import Duty, PeriodKind
from portal.seed.loader import add_year

FACT = "demo"
YEAR = 2566
LOGINS = ("admin", "planning", "division", "reporter", "approver", "executive")
Progress = Callable[[str, int, int], None]


def is_demo() -> bool:
    """Return whether what this store holds was made up for a demonstration."""
    return StoreFact.select().where(StoreFact.key == FACT, StoreFact.value == "1").exists()


def may_build() -> bool:
    """Return whether the store is empty enough for the demonstration year."""
    return not Submission.select().exists() and not is_demo()


def build(
    scale: int | None = None,
    progress: Progress | None = None,
    at: dt.datetime | None = None,
    *,
    password: str = "",
) -> dict[str, int]:
    """Fill the empty year 2566 with figures made up by a fixed rule, and mark the store as a demonstration.

    `scale` asks for that many visits in all, spread over five fiscal years, for measurements.
    `progress(what, done, of)` is told of each step. `password` is what all six LOGINS sign in with; empty = none can.
    Returns how many rows of each kind there are. Raises MoveRefused when the year holds real submissions.
    """

    def tell(what: str, done: int) -> None:
        if progress is not None:
            progress(what, done, STEPS)

    db.connect(reuse_if_open=True)
    moment = at or dt.datetime.combine(dt.date(2022, 9, 30), dt.time(16, 0))
    seed.load(moment)
    if not may_build():
        raise MoveRefused("This store already has submissions; the demonstration year goes into an empty one only.")
    hashed = generate_password_hash(password) if password else ""
    made: dict[str, int] = {}
    with records.changing(by=None, verb="demo", note="ปีสาธิต 2566", at=moment) as work:
        work.create(StoreFact, key=FACT, value="1")
        year = FiscalYear.get(FiscalYear.year == YEAR)
        years = {row.year: row for row in FiscalYear.select()}
        months = _open_months(work, year)
        due = {number: _due(period) for number, period in months.items()}
        tell("หน่วยงานและบุคลากร", 1)
        places = offices.known()
        reviewers = offices.people(work, places, hashed)
        tell("แผนงานและโครงการ", 2)
        held = planning.build(work, year, places)
        approvals.build(work, year, held)
        sheets = forms.build(work, held, places)
        tell("สหกรณ์และกลุ่มเกษตรกร", 3)
        institutions = registry.build(work, years, places)
        tell("งบประมาณ", 4)
        as_of = {number: period.data_as_of or due[number] for number, period in months.items()}
        made["BudgetLine"] = money.build(work, year, held, places, as_of)
        tell("รายงานของ 78 หน่วยงาน", 5)
        reports = reporting.build(work, months, due, places, sheets, reviewers)
        made["Obligation"] = len(reports) + 12 * len(places) + central.build(work, year, months, reports)
        made["Submission"] = sum(r.submission is not None for r in reports)
        tell("การแก้ไขย้อนหลัง", 6)
        made["corrections"] = corrections.build(reports, reviewers)
        tell("การแนะนำส่งเสริม", 7)
        made["Cooperative"] = len(institutions)
        made["Visit"] = visiting.build(work, year, institutions, calendar.holidays())
        _close_months(work, months)
    if scale is not None and scale > made["Visit"]:
        made["Visit"] += _enlarge(scale - made["Visit"], institutions, moment, progress)
    tell("เสร็จ", STEPS)
    return made


STEPS = 8


def _due(period: Period) -> dt.date:
    day = calendar.due_on(period, Duty.REPORT)
    assert day is not None
    return day


def _open_months(work: Work, year: FiscalYear) -> dict[int, Period]:
    """Open the twelve months on their first days, with the day their figures stand for and the meeting's day."""
    out = {}
    holidays = calendar.holidays()
    query = (
        Period.select().where(Period.fiscal_year == year.id, Period.kind == PeriodKind.MONTH).order_by(Period.number)
    )
    for period in list(query):
        is_last = period.number == 12
        work.update(
            period,
            opened_at=dt.datetime.combine(period.starts_on, dt.time(8, 30)),
            data_as_of=period.ends_on if is_last else period.starts_on.replace(day=20),
            meets_on=deadlines.rolled(period.starts_on.replace(day=28), Roll.BEFORE, holidays),
        )
        out[period.number] = period
    return out


def _close_months(work: Work, months: dict[int, Period]) -> None:
    """Close all but the last two months: they are still being mended."""
    for number, period in months.items():
        if number <= 10:
            work.update(period, closed_at=dt.datetime.combine(fiscal.last_day(YEAR, number + 2), dt.time(16, 30)))


def _enlarge(more: int, institutions: list[registry.Institution], at: dt.datetime, progress: Progress | None) -> int:
    """Add visits over the five fiscal years up to 2566, a transaction a year."""
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress("การแนะนำส่งเสริมเพิ่มเติม", done, more)

    added = 0
    for n, year in enumerate(range(YEAR - 4, YEAR + 1)):
        share = more * (n + 1) // 5 - more * n // 5
        with records.changing(by=None, verb="demo", note=f"{share} visits of {year}", at=at) as work:
            add_year(work, year)
            added += visiting.many(work, year, share, institutions, calendar.holidays(), tell)
    return added


def logins() -> list[Person]:
    """Return the six people one can sign in as, in the order of LOGINS."""
    found = {person.username: person for person in Person.select().where(Person.username.in_(LOGINS))}
    return [found[name] for name in LOGINS if name in found]
