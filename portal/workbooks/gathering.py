"""What a division checks, read from the store a form at a time: every office, this period, the one before.

Answers given in an older version of the form are brought into its newest by the field maps. What has no place there is
kept and said, never dropped in silence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from peewee import JOIN

from models import Answer, Form, FormVersion, Obligation, Period, Region, Submission, Unit
from portal import sheets
from portal.database import tuples
from portal.forms import field_maps, kinds
from portal.forms.field_maps import Carried, Stage
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules import deadlines
from portal.rules.terms import FormState, Mark, ObligationState
from portal.rules.workflow import State


@dataclass
class Office:
    """One office's line of a form: where its report stands, and what it says this period and said the one before.

    `breaks` are the keys whose value of before was counted in another way; `left` what has no place in the newest
    version of the form, in words.
    """

    code: str
    region: str
    name: str
    due_on: dt.date
    state: State | None
    waived: bool
    submitted_at: dt.datetime | None
    first_at: dt.datetime | None
    version: int | None
    obligation: int
    now: dict[Cell, Entry] = field(default_factory=dict)
    before: dict[str, Decimal] = field(default_factory=dict)
    breaks: frozenset[str] = frozenset()
    reasons: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def late(self) -> int:
        """Return how many days after its due day the report was first sent, 0 when in time or not sent."""
        return deadlines.days_late(self.due_on, self.first_at) or 0

    def owes(self, at: dt.datetime) -> bool:
        """Return whether it still owes its report although the day is over."""
        return self.first_at is None and not self.waived and at.date() > self.due_on

    def sum_of(self, key: str) -> Decimal | None:
        """Return the sum of a table's column, None where nothing was reported in it."""
        found = [v for cell, v in self.now.items() if cell.key == key and cell.row > 0 and isinstance(v, Decimal)]
        return sum(found, Decimal(0)) if found else None


@dataclass
class FormPage:
    """One form for a period: its newest description, and the line of each office that owes it."""

    form: Form
    spec: FormSpec
    offices: list[Office]


def forms_of(period: Period, owner: Unit | None, form: Form | None = None) -> list[Form]:
    """Return the forms owed for a period, of one division or of all, in their order."""
    owed = Obligation.select(Obligation.form).where(Obligation.period == period.id, Obligation.form.is_null(False))
    query = Form.select().where(Form.id.in_(owed)).order_by(Form.position, Form.code)
    if owner is not None:
        query = query.where(Form.owner == owner.id)
    if form is not None:
        query = query.where(Form.id == form.id)
    return list(query)


def standing(period: Period, forms: list[Form]) -> list[tuple[Form, dict[State | str | None, int]]]:
    """Return, for each form, how many offices owe it, by where their reports stand; "waived" is a standing too."""
    counts: dict[int, dict[State | str | None, int]] = {form.id: {} for form in forms}
    rows = tuples(
        Obligation.select(Obligation.form, Obligation.state, Submission.state)
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.obligation == Obligation.id))
        .where(Obligation.period == period.id, Obligation.form.in_(list(counts)))
    )
    for form, owed, state in rows:
        name = "waived" if owed == ObligationState.WAIVED else state
        counts[form][name] = counts[form].get(name, 0) + 1
    return [(form, counts[form.id]) for form in forms]


def page_of(form: Form, period: Period) -> FormPage:
    """Read one form of a period: five statements, whatever the number of offices.

    What offices are still drafting is left out: nobody has stood up for it yet.
    """
    versions = {v.id: v for v in FormVersion.select().where(FormVersion.form == form.id).order_by(FormVersion.number)}
    line = _Line(list(versions.values()))
    rows = tuples(
        Obligation.select(
            Obligation.id, Obligation.due_on, Obligation.state, Unit.code, Unit.short, Region.name, Submission.id,
            Submission.state, Submission.submitted_at, Submission.first_submitted_at, Submission.form_version,
        )
        .join(Unit)
        .join(Region, JOIN.LEFT_OUTER)
        .switch(Obligation)
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.obligation == Obligation.id))
        .where(Obligation.period == period.id, Obligation.form == form.id)
        .order_by(Region.code, Unit.name_sort)
    )  # fmt: skip
    offices: list[Office] = []
    sent: dict[int, Office] = {}
    for ident, due, owed, code, name, region, submission, state, sent_at, first_at, version in rows:
        number = versions[version].number if version in versions else None
        waived = owed == ObligationState.WAIVED
        offices.append(Office(code, region or "", name, due, state, waived, sent_at, first_at, number, ident))
        if submission is not None and state is not State.DRAFT:
            sent[submission] = offices[-1]
    _now(sent, line)
    _before({office.code: office for office in offices}, form, period, versions, line)
    return FormPage(form, line.spec, offices)


# ---------------------------------------------------------------- below: how


class _Line:
    """The versions of a form in their order, and the way of answers into the newest that is published."""

    def __init__(self, versions: list[FormVersion]) -> None:
        shown = [v for v in versions if v.state == FormState.PUBLISHED] or versions
        self.newest = shown[-1].number if shown else 0
        self.specs = {v.number: sheets.spec_of(v) for v in versions}
        self.spec = self.specs.get(self.newest, FormSpec())
        self.stages = [Stage(v.number, self.specs[v.number], v.field_map) for v in versions if v.number <= self.newest]

    def entry(self, version: int, key: str, mark: Mark, number: Decimal | None, text: str) -> Entry | None:
        """Return what an answer says by the version it was given in; None where that asks no such question."""
        question = self.specs[version].asked.get(key)
        return None if question is None else kinds.from_store(question, mark == Mark.VALUE, number, text)

    def carried(self, version: int, entries: Mapping[Cell, Entry]) -> Carried:
        """Return answers as the newest version holds them."""
        if version == self.newest or all(stage.number != version for stage in self.stages):
            return Carried(dict(entries))
        return field_maps.through(self.stages, entries, version, self.newest)


def _now(sent: Mapping[int, Office], line: _Line) -> None:
    rows = tuples(
        Answer.select(Answer.submission, Answer.key, Answer.row, Answer.mark, Answer.number, Answer.text, Answer.reason)
        .where(Answer.submission.in_(list(sent)))
        .order_by(Answer.submission, Answer.id)
    )
    held: dict[int, dict[Cell, Entry]] = {}
    for submission, key, row, mark, number, text, reason in rows:
        office = sent[submission]
        assert office.version is not None
        entry = line.entry(office.version, key, mark, number, text)
        if entry is None:
            continue
        held.setdefault(submission, {})[Cell(key, row)] = entry
        if reason:
            office.reasons.append(f"{line.specs[office.version].name(Cell(key, row))}: {reason}")
    for submission, entries in held.items():
        office = sent[submission]
        assert office.version is not None
        carried = line.carried(office.version, entries)
        office.now = carried.entries
        for left in carried.left:
            spec = line.specs[office.version]
            question = spec.asked.get(left.cell.key)
            words = kinds.show(question, left.entry) if question is not None else str(left.entry)
            office.left.append(f"{spec.name(left.cell)} (รุ่น {office.version}): {words}")


def _before(
    offices: Mapping[str, Office], form: Form, period: Period, versions: Mapping[int, FormVersion], line: _Line
) -> None:
    """Put what was reported for the period before beside it: numbers, a column of a table by its sum."""
    previous = (
        Period.select()
        .where(Period.kind == period.kind, Period.ends_on < period.starts_on)
        .order_by(Period.ends_on.desc())
        .first()
    )
    if previous is None:
        return
    rows: Iterable[Any] = tuples(
        Answer.select(
            Unit.code, Submission.form_version, Answer.key, Answer.row, Answer.mark, Answer.number, Answer.text
        )
        .join(Submission)
        .join(Unit)
        .switch(Submission)
        .join(FormVersion)
        .where(
            FormVersion.form == form.id,
            Submission.period == previous.id,
            Submission.state != State.DRAFT,
            (Answer.row > 0) | ~Answer.key.contains("."),
        )
    )
    held: dict[tuple[str, int], dict[Cell, Entry]] = {}
    for code, version, key, row, mark, number, text in rows:
        known = versions[version].number
        entry = line.entry(known, key, mark, number, text)
        if code in offices and entry is not None:
            held.setdefault((code, known), {})[Cell(key, row)] = entry
    for (code, known), entries in held.items():
        office, carried = offices[code], line.carried(known, entries)
        for cell, entry in carried.entries.items():
            if isinstance(entry, Decimal):
                office.before[cell.key] = office.before.get(cell.key, Decimal(0)) + entry
        if office.version is None or office.version > known:
            office.breaks = frozenset(carried.breaks)
