"""Visit plans of every institution and the visits made; for measurements, any number of visits over five years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from models import AuditorRemark, FiscalYear, Visit, VisitActivity, VisitPlan, VisitPlanLine
from portal.database import tuples
from portal.demo import phrases
from portal.demo.ledger import moment, next_id
from portal.demo.offices import CHRONIC, SLOW
from portal.demo.registry import Institution
from portal.records import Work
from portal.rules import fiscal

COLUMNS = (
    "cooperative", "unit", "visited_on", "activity", "officer", "place", "people_met", "subject", "findings", "advice",
    "agreed_action", "action_due_on", "is_unplanned", "unplanned_reason", "state", "recorded_at",
    "against_month", "action_state", "action_result", "action_settled_on", "note",
)  # fmt: skip
REMARK = ("cooperative", "found_on", "kind", "text", "state", "settled_on", "result")
_USUAL = ("V01", "V02", "V04", "V05", "V07", "V08", "V10", "V11", "V12")
_WEIGHTS = (22, 20, 12, 9, 7, 9, 8, 7, 6)
_DONE = {CHRONIC: 0.72, SLOW: 0.86}
_APPROVED = "2022-10-14 10:00:00"
_STILL_OPEN_FROM = dt.date(2023, 9, 8)

Days = dict[int, list[dt.date]]


def build(work: Work, year: FiscalYear, institutions: list[Institution], holidays: frozenset[dt.date]) -> int:
    """Store the year's plans, their lines, and the visits that came of them; return how many visits."""
    activities = dict(tuples(VisitActivity.select(VisitActivity.code, VisitActivity.id)))
    days = working_days(year.year, holidays)
    plans: list[tuple[Any, ...]] = []
    lines: list[tuple[int, int, int, int]] = []
    visits: list[tuple[Any, ...]] = []
    ident = next_id(VisitPlan)
    for held in institutions:
        if held.status == "dissolved":
            continue
        rng = Random(f"2566/visits/{held.id - institutions[0].id}")
        is_draft = held.office.habit == CHRONIC and rng.random() < 0.12
        wanted = None if held.strength is None else max(1, held.strength - (rng.random() < 0.3))
        plans.append((
            ident, held.id, year.id, held.office.id, held.officer, held.strength, wanted,
            rng.choice(phrases.PROBLEMS) if rng.random() < 0.35 else "", "draft" if is_draft else "approved",
            None if is_draft else held.office.approver, None if is_draft else _APPROVED,
        ))  # fmt: skip
        for activity, month in _wanted(rng, held):
            lines.append((ident, activities[activity], month, 1))
            if rng.random() < _DONE.get(held.office.habit, 0.955):
                visits.append(_visit(rng, held, activity, activities, days[month], month))
        if rng.random() < 0.24:
            month = rng.randint(1, 12)
            activity = rng.choice(("V02", "V06", "V09", "V14"))
            visits.append(_visit(rng, held, activity, activities, days[month], month, rng.choice(phrases.UNPLANNED)))
        ident += 1
    visits.sort(key=lambda row: (row[2], row[0], row[3], row[15]))
    work.insert_rows(
        VisitPlan,
        (
            "id", "cooperative", "fiscal_year", "unit", "officer", "class_now", "class_wanted", "problems", "state",
            "approved_by", "approved_at",
        ),
        plans,
    )  # fmt: skip
    work.insert_rows(VisitPlanLine, ("plan", "activity", "month", "visits"), lines)
    work.insert_rows(
        AuditorRemark, REMARK, [one for held in institutions for one in _remarks(held, institutions[0].id)]
    )
    return work.insert_rows(Visit, COLUMNS, visits)


def many(
    work: Work,
    year: int,
    count: int,
    institutions: list[Institution],
    holidays: frozenset[dt.date],
    progress: Callable[[int], None],
) -> int:
    """Store `count` more visits spread over a fiscal year, streaming: memory does not grow with the count."""
    activities = dict(tuples(VisitActivity.select(VisitActivity.code, VisitActivity.id)))
    days = working_days(year, holidays)
    usable = [held for held in institutions if held.status == "operating"]
    return work.insert_rows(Visit, COLUMNS, _stream(year, count, usable, activities, days, progress))


def _stream(
    year: int,
    count: int,
    institutions: list[Institution],
    activities: dict[str, int],
    days: Days,
    progress: Callable[[int], None],
) -> Iterator[tuple[Any, ...]]:
    rng = Random(f"2566/many/{year}")
    codes = rng.choices(_USUAL, _WEIGHTS, k=4096)
    made = 0
    for month in range(1, 13):
        share = count * month // 12 - made
        for n in range(share):
            held = institutions[int(rng.random() * len(institutions))]
            open_days = days[month][n * len(days[month]) // share :][:1]  # in the order of the days
            yield _visit(rng, held, codes[made & 4095], activities, open_days, month, year=year)
            made += 1
            if made % 10_000 == 0:
                progress(10_000)
    progress(made % 10_000)


def working_days(year: int, holidays: Iterable[dt.date]) -> Days:
    """Return the working days of each fiscal month of `year`."""
    off = frozenset(holidays)
    out: Days = {}
    for month in range(1, 13):
        first, last = fiscal.first_day(year, month), fiscal.last_day(year, month)
        all_days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        out[month] = [day for day in all_days if day.weekday() < 5 and day not in off]
    return out


def _wanted(rng: Random, held: Institution) -> list[tuple[str, int]]:
    """Return the activities planned for an institution, each with its month, none twice."""
    if held.status == "dissolving":
        return [("V13", month) for month in rng.sample(range(1, 13), 3)]
    if held.status == "stopped":
        return [("V01", rng.randint(1, 6)), ("V06", rng.randint(7, 12))]
    count = {"cooperative": 6, "farmer_group": 4, "occupational_group": 2}[held.kind] + rng.randint(0, 2)
    found = {(code, rng.randint(1, 12)) for code in rng.choices(_USUAL, _WEIGHTS, k=count)}
    if held.kind != "occupational_group":
        found.add(("V03", rng.randint(3, 10)))
    return sorted(found)


def _visit(
    rng: Random,
    held: Institution,
    code: str,
    activities: dict[str, int],
    days: list[dt.date],
    month: int,
    reason: str = "",
    year: int = 2566,
) -> tuple[Any, ...]:
    draw = rng.random
    day = days[int(draw() * len(days))]
    state, lot = "verified", draw()
    if year == 2566 and month == 12:
        state = "recorded" if lot < 0.26 else "returned" if lot < 0.29 else "verified"
    elif lot < 0.022:
        state = "recorded" if lot < 0.01 else "returned"
    subjects, talk = phrases.SUBJECTS[code], int(draw() * 4096)
    subject, is_talked = subjects[talk % len(subjects)], talk % 3 == 0
    if draw() < 0.55:  # the later in the list, the rarer: the last one comes once in some thousand visits
        subject = f"{subject} {phrases.DETAILS[min(int(rng.expovariate(0.38)), len(phrases.DETAILS) - 1)]}"
    return (
        held.id, held.office.id, day.isoformat(), activities[code], held.officer,
        "online" if draw() < 0.06 else "on_site", 1 + int(draw() * draw() * 24), subject,
        phrases.FINDINGS[talk % len(phrases.FINDINGS)],
        phrases.ADVICE[talk % len(phrases.ADVICE)] if talk % 5 else "",
        phrases.AGREED[talk % len(phrases.AGREED)] if is_talked else "",
        (day + dt.timedelta(days=30)).isoformat() if is_talked else None,
        bool(reason), reason, state, moment(day + dt.timedelta(days=int(draw() * 5)), rng),
        None if reason else month, *(_outcome(day, talk) if is_talked else (None, "", None)),
        phrases.VISIT_RETURNED[talk % len(phrases.VISIT_RETURNED)] if state == "returned" else "",
    )  # fmt: skip


def _outcome(day: dt.date, talk: int) -> tuple[str, str, str | None]:
    """Return how what was agreed on `day` came out: state, words, day. What is due late in the year is still open."""
    due = day + dt.timedelta(days=30)
    if due > _STILL_OPEN_FROM or talk % 17 == 0:
        return "open", "", None
    state = "dropped" if talk % 13 == 0 else "done"
    return state, phrases.SETTLED[state][talk % 3], (due + dt.timedelta(days=talk % 9 - 5)).isoformat()


def _remarks(held: Institution, first: int) -> Iterator[tuple[Any, ...]]:
    """Yield what the auditor found at one institution in eight, most of it mended by now."""
    rng = Random(f"2566/remarks/{held.id - first}")
    if held.kind == "occupational_group" or rng.random() > 0.12:
        return
    day = dt.date(2022, 10, 1) + dt.timedelta(days=rng.randint(0, 330))
    kind = "defect" if rng.random() < 0.2 else "observation"
    state = rng.choices(("open", "mending", "settled"), (2, 3, 5))[0]
    settled = (day + dt.timedelta(days=rng.randint(30, 150))).isoformat() if state == "settled" else None
    result = phrases.SETTLED["done"][rng.randint(0, 2)] if settled else ""
    yield held.id, day.isoformat(), kind, rng.choice(phrases.REMARKS[kind]), state, settled, result
