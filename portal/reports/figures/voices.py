"""What offices say: problems and remedies written in their reports, and who sent the latest."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from peewee import JOIN, fn

from models import Answer, Form, FormVersion, Period, Person, Submission, Unit
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import within, year_id
from portal.rules.workflow import COUNTED

# Longer remarks are cut in print; the record keeps them whole.
MOST_LETTERS = 180
PROBLEMS, REMEDIES = "problems", "remedies"


@dataclass(frozen=True)
class Voice:
    """One problem with its remedy, as an office wrote them."""

    project: int | None
    office: int
    month: int
    problem: str
    remedy: str


@dataclass(frozen=True)
class Told:
    """A problem told in the same words: how often, by how many offices, last in which month, with which remedy."""

    problem: str
    remedy: str
    times: int
    offices: int
    month: int


@reading
def voices(cut: Cut) -> tuple[Voice, ...]:
    """Return every problem written in a counted report up to the cut's month."""
    remedy = Answer.alias()
    rows = (
        Answer.select(Form.project, Submission.unit, Period.number, Answer.text, fn.COALESCE(remedy.text, ""))
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .switch(Submission)
        .join(FormVersion, on=(Submission.form_version == FormVersion.id))
        .join(Form, on=(FormVersion.form == Form.id))
        .join(
            remedy,
            JOIN.LEFT_OUTER,
            on=((remedy.submission == Answer.submission) & (remedy.key == REMEDIES) & (remedy.row == 0)),
        )
        .where(
            Period.fiscal_year == year_id(cut),
            Period.number <= cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.key == PROBLEMS,
            Answer.row == 0,
            Answer.text != "",
        )
        .order_by(Answer.id)
        .tuples()
    )
    if cut.division_code is not None:
        rows = rows.where(Form.owner.in_(Unit.select(Unit.id).where(Unit.code == cut.division_code)))
    heard = within(rows, cut, Submission.unit)
    return tuple(
        Voice(project, unit, month, shortened(problem), shortened(cure))
        for project, unit, month, problem, cure in heard
    )


def shortened(text: str) -> str:
    """Return a remark as it is printed: on one line, cut at a length that still reads."""
    plain = " ".join(text.split())
    return plain if len(plain) <= MOST_LETTERS else plain[: MOST_LETTERS - 1].rstrip() + "…"


def told(found: Iterable[Voice], most: int) -> tuple[Told, ...]:
    """Return the problems told most often, each with the remedy most often given for it."""
    times: Counter[str] = Counter()
    offices: dict[str, set[int]] = defaultdict(set)
    months: dict[str, int] = defaultdict(int)
    remedies: dict[str, Counter[str]] = defaultdict(Counter)
    for voice in found:
        times[voice.problem] += 1
        offices[voice.problem].add(voice.office)
        months[voice.problem] = max(months[voice.problem], voice.month)
        if voice.remedy:
            remedies[voice.problem][voice.remedy] += 1
    listed = sorted(times, key=lambda problem: (-times[problem], problem))[:most]
    return tuple(
        Told(
            problem,
            min(remedies[problem].items(), key=lambda each: (-each[1], each[0]))[0] if remedies[problem] else "",
            times[problem],
            len(offices[problem]),
            months[problem],
        )
        for problem in listed
    )


@dataclass(frozen=True)
class Sent:
    """Who sent an office's latest report, and when."""

    name: str
    at: dt.datetime


@reading
def last_sent(cut: Cut) -> dict[int, Sent]:
    """Return, by office's id, who handed in the latest report of the cut's months."""
    newest = (
        Submission.select(Submission.unit.alias("unit"), fn.MAX(Submission.submitted_at).alias("at"))
        .join(Period)
        .where(Period.fiscal_year == year_id(cut), Period.number <= cut.last_period, Submission.state.in_(COUNTED))
        .group_by(Submission.unit)
        .alias("newest")
    )
    rows = (
        Submission.select(Submission.unit, fn.MIN(Person.name), Submission.submitted_at)
        .join(newest, on=((Submission.unit == newest.c.unit) & (Submission.submitted_at == newest.c.at)))
        .switch(Submission)
        .join(Person, on=(Submission.submitted_by == Person.id))
        .group_by(Submission.unit, Submission.submitted_at)
        .tuples()
    )
    return {unit: Sent(name, at) for unit, name, at in rows}
