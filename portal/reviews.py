"""Checking reports: what waits, what was touched since the last return, what was changed while one was open again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import JOIN, fn

from models import (
    AuditEntry,
    Form,
    FormVersion,
    Obligation,
    Period,
    Person,
    Reopening,
    Revision,
    Submission,
    Unit,
)
from portal import scope, sheets
from portal.database import tuples
from portal.forms import kinds
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.terms import Mark
from portal.rules.workflow import WITH_THE_OFFICE, State

BACK = ("send_back", "reopen")


@dataclass(frozen=True)
class Waiting:
    """The reports on one form for one period that wait for a step of this person's role."""

    period: Period
    form: Form
    count: int
    late: int
    first: int  # the report to begin with


@dataclass(frozen=True)
class Edit:
    """One change of one answer: texts as they are typed, empty where there was none. `by` is empty for the portal."""

    cell: Cell
    before: str
    after: str
    by: str
    at: dt.datetime


def waiting(person: Person) -> list[Waiting]:
    """Return what waits for this person, by period and form, the oldest period first: a division verifies what its
    offices sent, planning takes over what was verified."""
    late = fn.SUM((fn.DATE(Submission.first_submitted_at) > Obligation.due_on).cast("integer"))
    rows = (
        _for(person)
        .select(Submission.period, Form.id, fn.COUNT(Submission.id), late, fn.MIN(Submission.id))
        .group_by(Submission.period, Form.id)
    )
    found = list(tuples(rows))
    periods = {p.id: p for p in Period.select().where(Period.id.in_({row[0] for row in found} or {0}))}
    forms = {f.id: f for f in Form.select().where(Form.id.in_({row[1] for row in found} or {0}))}
    made = [
        Waiting(periods[period], forms[form], count, int(behind or 0), first)
        for period, form, count, behind, first in found
    ]
    return sorted(made, key=lambda one: (one.period.starts_on, one.form.position, one.form.code))


def ids_waiting(person: Person, *, period: int | None = None, form: int | None = None) -> list[int]:
    """Return the reports that wait for this person, by the offices' names; of one period, of one form."""
    query = _for(person).select(Submission.id)
    if period is not None:
        query = query.where(Submission.period == period)
    if form is not None:
        query = query.where(Form.id == form)
    return [ident for (ident,) in tuples(query.order_by(Form.position, Form.code, Unit.name_sort))]


def next_waiting(person: Person, after: Submission) -> int | None:
    """Return the report to look at after this one: of the same form and period first, then any."""
    for narrowed in ({"period": after.period_id, "form": after.form_version.form_id}, {}):
        listed = [ident for ident in ids_waiting(person, **narrowed) if ident != after.id]
        if listed:
            return listed[0]
    return None


def touched(submission: Submission) -> frozenset[Cell] | None:
    """Return the cells changed since the report last came back; None when it never did, so that all are new."""
    back: int | None = (
        AuditEntry.select(fn.MAX(AuditEntry.id))
        .where(AuditEntry.table_name == "Submission", AuditEntry.row_id == submission.id, AuditEntry.verb.in_(BACK))
        .scalar()
    )
    if back is None:
        return None
    return frozenset(edit.cell for edit in _edits(submission, AuditEntry.id > back))


def edits(submission: Submission, *, since: dt.datetime, until: dt.datetime | None = None) -> list[Edit]:
    """Return what was changed in a report between two moments, oldest first, from the revisions themselves."""
    inside = AuditEntry.at >= since
    return _edits(submission, inside if until is None else inside & (AuditEntry.at < until))


def worked_out_since(submission: Submission) -> list[Edit]:
    """Return the figures that the portal worked out anew after the report was sent: parts of them came later."""
    if submission.submitted_at is None or submission.state in WITH_THE_OFFICE:
        return []
    return [edit for edit in edits(submission, since=submission.submitted_at) if not edit.by]


def made_inside(submission: Submission) -> list[tuple[Reopening, list[Edit]]]:
    """Return the reopenings of a report, newest first, each with what was changed while it was open."""
    found = []
    held = Reopening.select().where(Reopening.obligation == submission.obligation_id).order_by(Reopening.id.desc())
    for one in held:
        end = one.closed_at or dt.datetime.combine(one.until_on + dt.timedelta(days=1), dt.time())
        found.append((one, edits(submission, since=one.opened_at, until=end)))
    return found


# ---------------------------------------------------------------- below: how


def _for(person: Person) -> Any:
    """Return the query of the reports on which this person can take the next step."""
    state = State.VERIFIED if person.role == Role.PLANNING else State.SUBMITTED
    query = (
        Submission.select()
        .join(FormVersion)
        .join(Form)
        .switch(Submission)
        .join(Unit)
        .switch(Submission)
        .join(Obligation, on=(Submission.obligation == Obligation.id))
        .where(Submission.state == state)
    )
    if person.role == Role.DIVISION:
        query = query.where(Form.owner == person.unit_id)
    return scope.narrowed(query, person)


def _edits(submission: Submission, inside: Any) -> list[Edit]:
    asked = sheets.spec_of(submission.form_version).asked
    found = []
    for before, after, at, name in _changes(submission, inside):
        one = after or before or {}
        cell = Cell(one["key"], int(one["row"]))
        question = asked.get(cell.key)
        if question is None:
            continue
        was, now = _typed(question, before), _typed(question, after)
        if was != now or (before or {}).get("reason") != (after or {}).get("reason"):
            found.append(Edit(cell, was, now, name or "", at))
    return found


def _changes(
    submission: Submission, inside: Any
) -> Iterable[tuple[dict[str, Any] | None, dict[str, Any] | None, dt.datetime, str | None]]:
    query = (
        Revision.select(Revision.before, Revision.after, AuditEntry.at, Person.name)
        .join(AuditEntry)
        .join(Person, JOIN.LEFT_OUTER, on=(AuditEntry.person == Person.id))
        .where(AuditEntry.unit == submission.unit_id, inside, Revision.table_name == "Answer")
        .order_by(Revision.id)
    )
    for before, after, at, name in tuples(query):
        if (before or after)["submission"] == submission.id:
            yield before, after, at, name


def _typed(question: Any, picture: dict[str, Any] | None) -> str:
    if picture is None:
        return ""
    number = picture["number"]
    entry = kinds.from_store(
        question, picture["mark"] == Mark.VALUE, None if number is None else Decimal(number), picture["text"]
    )
    return kinds.write(question, entry)
