"""Figures that were mended after the pack had been printed: taken through the very doors that people use."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

from models import Answer, Person, Submission
from portal import submissions
from portal.demo import phrases
from portal.demo.forms import key_of
from portal.demo.planning import ONE
from portal.demo.reporting import Report
from portal.rules.workflow import State

COUNT = 60


def build(reports: list[Report], reviewers: dict[str, int]) -> int:
    """Reopen, mend, hand in, verify and consolidate some reports of months 2 to 10; return how many.

    Each step stands in the trail with its own moment, person and reason, the figures before and after included.
    """
    rng = Random("2566/corrections")
    able = [r for r in reports if r.state is State.CONSOLIDATED and 2 <= r.month <= 10 and _figure(r) is not None]
    people = {p.id: p for p in Person.select()}
    planning = people[reviewers["planning"]]
    chosen = [(_working_day(r.due + dt.timedelta(days=rng.randint(9, 30))), r) for r in rng.sample(able, COUNT)]
    chosen.sort(key=lambda pair: (pair[0], pair[1].obligation))
    for day, report in chosen:
        found = _figure(report)
        assert found is not None
        key, whole = found
        value = Answer.get(Answer.submission == report.submission, Answer.key == key).number
        start = dt.datetime.combine(day, dt.time(8, 30)) + dt.timedelta(minutes=rng.randint(0, 150))
        factor = Decimal(rng.choice((70, 80, 90, 110, 115, 130))) / 100
        mended = round(value * factor / whole) * whole
        reason = rng.choice(phrases.CORRECTED)
        row = Submission.get_by_id(report.submission)
        approver = people[report.office.approver]
        reviewer = people[reviewers[report.sheet.owner]]
        submissions.reopen(row.obligation, by=planning, at=start, reason=reason)
        row = Submission.get_by_id(report.submission)
        submissions.save_answers(row, {key: mended}, by=approver, at=start + dt.timedelta(hours=2))
        submissions.submit(row, by=approver, at=start + dt.timedelta(hours=3))
        submissions.verify(row, by=reviewer, at=start + dt.timedelta(days=1))
        submissions.consolidate(row, by=planning, at=start + dt.timedelta(days=2))
    return len(chosen)


def _working_day(day: dt.date) -> dt.date:
    """Return `day`, or the Monday after it."""
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _figure(report: Report) -> tuple[str, Decimal] | None:
    """Return the key and the smallest step of a figure worth mending."""
    for goal in report.sheet.goals:
        series = goal.results.get(report.office.id)
        if series is not None and goal.measure.months == "sum":
            value = series[report.month - 1]
            step = 10 ** (4 - goal.decimals)
            if value and value >= 10 * step:
                return key_of(goal), Decimal(step) / ONE
    return None
