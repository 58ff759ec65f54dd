"""Twelve months of reports from 78 offices: on time, late, returned, missing, in draft, corrected after the pack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from models import Answer, Comment, Notice, Obligation, Period, Submission
from portal.demo import phrases, shelved
from portal.demo.forms import PARTED, Sheet, key_of
from portal.demo.ledger import moment, next_id
from portal.demo.offices import CHRONIC, LOGIN_OFFICE, PROMPT, SLOW, USUAL, Office
from portal.demo.planning import ONE
from portal.records import Work
from portal.rules.workflow import State

# How likely an office is late with something in a month, by how many days at most, and how likely something stays away.
_LATE = {PROMPT: 0.025, USUAL: 0.09, SLOW: 0.36, CHRONIC: 0.72}
_DAYS = {PROMPT: 2, USUAL: 4, SLOW: 6, CHRONIC: 13}
_GAP = {PROMPT: 0.008, USUAL: 0.02, SLOW: 0.08, CHRONIC: 0.30}
_SEASON = {1: 1.5, 4: 1.2, 7: 1.6, 12: 1.3}
# Offices that handed in nothing at all in a month.
_SILENT = {("P95", 8), ("P85", 8), ("P58", 9), ("P37", 10), ("P95", 11), ("P58", 12), ("P95", 12), ("P23", 12)}
# What the people one signs in as still have to do in September, by the form's place in the list.
_OPEN_WORK = {
    3: State.DRAFT, 5: State.RETURNED, 11: State.DRAFT, 17: State.RETURNED, 27: State.DRAFT, 36: State.DRAFT,
}  # fmt: skip
_OPEN_SHIPPED = {"AG-01": State.DRAFT, "TR-01": State.RETURNED}
# Where what was handed in stands by now: the further back, the more of it is consolidated.
_STANDING = {
    10: ((State.CONSOLIDATED, 0.955), (State.VERIFIED, 0.03), (State.RETURNED, 0.009), (State.SUBMITTED, 0.006)),
    11: ((State.CONSOLIDATED, 0.90), (State.VERIFIED, 0.07), (State.RETURNED, 0.018), (State.SUBMITTED, 0.012)),
    12: ((State.CONSOLIDATED, 0.62), (State.VERIFIED, 0.25), (State.RETURNED, 0.04), (State.SUBMITTED, 0.09)),
}
_SETTLED = ((State.CONSOLIDATED, 0.990), (State.VERIFIED, 0.005), (State.RETURNED, 0.004), (State.SUBMITTED, 0.001))


@dataclass
class Report:
    """One obligation and what came of it. Moments are texts as the store holds them, empty = never."""

    obligation: int
    submission: int | None
    office: Office
    sheet: Sheet
    month: int
    period: int
    due: dt.date
    state: State | None
    waived: str = ""
    first: str = ""
    latest: str = ""
    verified: str = ""
    returned: str = ""


def build(
    work: Work,
    periods: dict[int, Period],
    due: dict[int, dt.date],
    offices: list[Office],
    sheets: list[Sheet],
    reviewers: dict[str, int],
) -> list[Report]:
    """Store obligations, submissions, answers and remarks of all months; return the reports in that order."""
    reports = _fates(periods, due, offices, sheets)
    _store_obligations(work, reports)
    visits = next_id(Obligation)
    work.insert_rows(
        Obligation,
        ("id", "unit", "period", "subject", "duty", "form", "due_on", "state", "met_at", "waived_reason"),
        _visit_obligations(visits, periods, due, offices),
    )
    _store_submissions(work, reports, reviewers)
    # Made before the first row is sent: while PostgreSQL takes rows in, the connection answers no question.
    answers = list(_answers(reports))
    work.insert_rows(Answer, ("submission", "key", "row", "indicator", "mark", "number", "text"), answers)
    _store_comments(work, reports, reviewers)
    _tell(work, reports)
    return reports


def _fates(
    periods: dict[int, Period], due: dict[int, dt.date], offices: list[Office], sheets: list[Sheet]
) -> list[Report]:
    out: list[Report] = []
    obligation, submission = next_id(Obligation), next_id(Submission)
    for month, period in sorted(periods.items()):
        standing = _STANDING.get(month, _SETTLED)
        for office in offices:
            rng = Random(f"2566/report/{office.code}/{month}")
            is_silent = (office.code, month) in _SILENT
            is_late = rng.random() < _LATE[office.habit] * _SEASON.get(month, 1.0)
            days = rng.randint(1, _DAYS[office.habit])
            share_late = rng.uniform(0.08, 0.55)
            has_gap = rng.random() < _GAP[office.habit] * (1.6 if month >= 11 else 1.0)
            missing = rng.uniform(0.04, 0.22) if has_gap else 0.0
            for position, sheet in enumerate(sheets):
                if sheet.only is not None and office.id not in sheet.only:
                    continue
                report = Report(obligation, None, office, sheet, month, period.id, due[month], None)
                obligation += 1
                out.append(report)
                lot = rng.random()
                is_ours = office.code == LOGIN_OFFICE and month == 12
                set_fate = (_OPEN_WORK.get(position) or _OPEN_SHIPPED.get(sheet.code)) if is_ours else None
                if set_fate is State.DRAFT:
                    report.state, report.submission = State.DRAFT, submission
                    submission += 1
                    continue
                if is_silent or lot < missing:
                    if not is_silent and lot < missing * 0.15 and month < 10:
                        report.waived = rng.choice(phrases.WAIVED)
                    elif rng.random() < 0.4:
                        report.state, report.submission = State.DRAFT, submission
                        submission += 1
                    continue
                late = rng.randint(1, days) if is_late and rng.random() < share_late else 0
                report.submission = submission
                submission += 1
                _walk(report, rng, late, ((State.RETURNED, 1.0),) if set_fate is State.RETURNED else standing)
    return out


def _walk(report: Report, rng: Random, late: int, standing: tuple[tuple[State, float], ...]) -> None:
    """Decide when a report was handed in, returned, handed in again and verified."""
    ahead = 0 if late else min(int(rng.expovariate(0.55)), 12)
    day = report.due + dt.timedelta(days=late - ahead)
    report.first = report.latest = moment(day, rng)
    lot = rng.random()
    for state, share in standing:
        report.state = state
        if lot < share:
            break
        lot -= share
    checked = max(day, report.due) + dt.timedelta(days=1 + int(rng.random() * 3))
    if report.state is State.RETURNED:
        report.returned = moment(checked, rng)
    elif rng.random() < 0.035:  # returned once, mended, handed in again
        report.returned = moment(checked, rng)
        again = checked + dt.timedelta(days=1 + int(rng.random() * 2))
        report.latest = moment(again, rng)
        checked = again + dt.timedelta(days=1)
    if report.state in (State.VERIFIED, State.CONSOLIDATED):
        report.verified = moment(checked, rng)


def _store_obligations(work: Work, reports: list[Report]) -> None:
    work.insert_rows(
        Obligation,
        ("id", "unit", "period", "subject", "form", "due_on", "state", "met_at", "waived_reason"),
        (
            (
                r.obligation, r.office.id, r.period, r.sheet.code, r.sheet.id, r.due.isoformat(),
                "met" if r.first else "waived" if r.waived else "open", r.first or None, r.waived,
            )
            for r in reports
        ),
    )  # fmt: skip


def _visit_obligations(
    first: int, periods: dict[int, Period], due: dict[int, dt.date], offices: list[Office]
) -> Iterator[tuple[Any, ...]]:
    ident = first
    for month, period in sorted(periods.items()):
        for office in offices:
            rng = Random(f"2566/visits-due/{office.code}/{month}")
            late = 0
            if rng.random() < _LATE[office.habit] * 0.8:
                late = rng.randint(1, _DAYS[office.habit])
            missing = (office.code, month) in _SILENT or rng.random() < _GAP[office.habit] * 0.4
            met = (
                None
                if missing
                else moment(due[month] + dt.timedelta(days=late - (0 if late else rng.randint(0, 3))), rng)
            )
            state = "open" if missing else "met"
            yield (ident, office.id, period.id, "visits", "visits", None, due[month].isoformat(), state, met, "")
            ident += 1


def _store_submissions(work: Work, reports: list[Report], reviewers: dict[str, int]) -> None:
    work.insert_rows(
        Submission,
        (
            "id", "obligation", "unit", "period", "form_version", "state", "first_submitted_at", "submitted_at",
            "submitted_by", "verified_at", "verified_by", "note",
        ),
        (
            (
                r.submission, r.obligation, r.office.id, r.period, r.sheet.version_id, str(r.state), r.first or None,
                r.latest or None, r.office.approver if r.latest else None, r.verified or None,
                reviewers[r.sheet.owner] if r.verified else None, _reason(r) if r.state is State.RETURNED else "",
            )
            for r in reports
            if r.submission is not None
        ),
    )  # fmt: skip


def _reason(report: Report) -> str:
    return phrases.RETURNED[report.obligation % len(phrases.RETURNED)]


def _store_comments(work: Work, reports: list[Report], reviewers: dict[str, int]) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        for r in reports:
            if r.returned:
                key = key_of(r.sheet.goals[0]) if r.sheet.goals and r.obligation % 3 else ""
                yield r.submission, key, _reason(r), reviewers[r.sheet.owner], r.returned

    work.insert_rows(Comment, ("submission", "key", "text", "person", "at"), rows())


def _tell(work: Work, reports: list[Report]) -> int:
    """Store a notice for both people of an office for each report of the last month that came back."""
    count = 0
    for r in reports:
        if r.month == 12 and r.state is State.RETURNED:
            at = dt.datetime.fromisoformat(r.returned)
            text = f"{r.sheet.name} ถูกส่งคืน: {_reason(r)}"
            for person in (r.office.reporter, r.office.approver):
                work.create(Notice, person=person, at=at, text=text)
                count += 1
    return count


def _answers(reports: list[Report]) -> Iterator[tuple[Any, ...]]:
    """Answers of every report, months in order: what was not handed in is made up for in the next report."""
    owing: dict[tuple[int, int], int] = {}
    rng = Random("2566/answers")
    shipped = shelved.Writer()
    for r in reports:
        if r.sheet.is_shipped:
            if r.submission is not None:
                yield from shipped.rows(r.submission, r.sheet.version_id, r.sheet.code, r.office, r.month, r.state)
            continue
        behind = False
        for goal in r.sheet.goals:
            series = goal.results.get(r.office.id)
            key = key_of(goal)
            if series is None:
                if r.submission is not None and (r.state is not State.DRAFT or rng.random() < 0.5):
                    yield r.submission, key, 0, goal.id, "not_applicable", None, ""
                continue
            value = series[r.month - 1]
            carried = (goal.id, r.office.id)
            is_sum = goal.measure.months == "sum"
            if not r.first:  # nothing handed in: the figure waits for the next report
                if is_sum and value is not None:
                    owing[carried] = owing.get(carried, 0) + value
                if r.submission is not None and value is not None and rng.random() < 0.5:
                    yield r.submission, key, 0, goal.id, "value", value, ""
                continue
            if value is None:
                yield r.submission, key, 0, goal.id, "not_applicable", None, ""
                continue
            if is_sum:
                value += owing.pop(carried, 0)
                behind = behind or value < goal.plans[r.office.id][r.month - 1] * 0.8
            yield r.submission, key, 0, goal.id, "value", value, ""
        if r.submission is None:
            continue
        for count in r.sheet.counts:
            if r.state is State.DRAFT and rng.random() < 0.5:
                continue
            amount = rng.expovariate(1.0) * count.size if count.size < 5 else count.size * rng.uniform(0.7, 1.3)
            figure = round(amount * r.office.size, 2 if count.unit in PARTED else 0)
            yield r.submission, count.key, 0, None, "value", round(figure * ONE), ""
        if r.first and rng.random() < (0.3 if behind else 0.04):
            yield r.submission, "problems", 0, None, "value", None, rng.choice(phrases.PROBLEMS)
            yield r.submission, "remedies", 0, None, "value", None, rng.choice(phrases.REMEDIES)
