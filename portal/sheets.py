"""A report as it lies on the desk: its questions, its answers, what stands beside each number, and what is locked.

The page that fills it in, the page that checks it, the workbook and every verb that changes it begin here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from peewee import JOIN

from models import (
    Answer,
    Cooperative,
    Form,
    FormVersion,
    MeasureUnit,
    Obligation,
    Period,
    Reopening,
    Submission,
    Unit,
)
from portal.beside import NOTHING, Beside, Parts, beside_of
from portal.database import tuples
from portal.errors import MoveRefused
from portal.forms import kinds, problems
from portal.forms.problems import Problem
from portal.forms.reading import published, spec_of
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Context, Entry, Value
from portal.rules import locks
from portal.rules.locks import Lock, Standing
from portal.rules.progress import rolled
from portal.rules.terms import FormState, Mark
from portal.rules.workflow import State

__all__ = [
    "NOTHING", "Beside", "Held", "Institutions", "Parts", "Sheet", "answers_of", "measures", "of_submission",
    "published", "sheet_of", "spec_of",
]  # fmt: skip


class Held(NamedTuple):
    """One answer in the store. `saved_by` None = the portal itself."""

    id: int
    entry: Entry
    version: int
    reason: str
    saved_at: dt.datetime | None
    saved_by: int | None


class Institutions(Mapping[str, str]):
    """The institutions of an office by registration number, read from the store when somebody first looks."""

    def __init__(self, unit_id: int) -> None:
        self._unit_id = unit_id

    @cached_property
    def _names(self) -> dict[str, str]:
        rows = Cooperative.select(Cooperative.registration_number, Cooperative.name).where(
            Cooperative.unit == self._unit_id
        )
        return dict(tuples(rows.order_by(Cooperative.name_sort)))

    def __getitem__(self, number: str) -> str:
        return self._names[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass
class Sheet:
    """One office's report on one form for one period, begun or not."""

    obligation: Obligation
    submission: Submission | None
    version: FormVersion
    spec: FormSpec
    answers: dict[Cell, Held]
    beside: dict[str, Beside]
    lock: Lock | None
    cell_locks: dict[str, Lock]
    reopening: Reopening | None = None
    parts: dict[str, Parts] = field(default_factory=dict)

    @property
    def state(self) -> State | None:
        """Return where the report stands, None before it is begun."""
        return self.submission.state if self.submission else None

    @cached_property
    def entries(self) -> dict[Cell, Entry]:
        """Return what is answered, figures made of parts included."""
        found = {cell: held.entry for cell, held in self.answers.items()}
        if self.state is State.CONSOLIDATED:
            return found  # what was taken over stands, whatever became of its parts since
        by_indicator: dict[int, list[Decimal]] = defaultdict(list)
        for key, indicator in self.spec.feeds.items():
            entry = found.get(Cell(key))
            if isinstance(entry, Decimal):
                by_indicator[indicator].append(entry)
        for key, (rule, children, elsewhere) in self.parts.items():
            own = [(value, weight) for child, weight in children.items() for value in by_indicator[child]]
            value = rolled([*elsewhere, *own], rule)
            found.pop(Cell(key), None)
            if value is not None:
                found[Cell(key)] = round(value, 4)
        return found

    @cached_property
    def worked_out(self) -> dict[Cell, Value]:
        """Return the computed answers and the totals of tables."""
        return dict(problems.computed(self.spec, self.entries, self.context))

    @cached_property
    def shown(self) -> frozenset[str]:
        """Return the keys of the questions that the answers so far bring up."""
        return frozenset(problems.shown(self.spec, self.entries, self.context))

    @cached_property
    def problems(self) -> list[Problem]:
        """Return everything that keeps the report from being sent, or asks for a reason."""
        reasons = {cell: held.reason for cell, held in self.answers.items() if held.reason}
        return list(problems.problems(self.spec, self.entries, reasons, self.context))

    @property
    def blocking(self) -> list[Problem]:
        """Return what must be mended, or given its reason, before it is sent."""
        return [problem for problem in self.problems if problem.stops]

    @cached_property
    def context(self) -> Context:
        """Return what is known beside the answers, as rules and formulas name it."""
        last = {key: b.last for key, b in self.beside.items() if b.last is not None}
        cumulative = {key: b.before for key, b in self.beside.items() if b.before is not None}
        plan = {key: b.plan for key, b in self.beside.items() if b.plan is not None}
        return Context(last_month=last, cumulative=cumulative, plan=plan, cooperatives=self.cooperatives)

    @cached_property
    def cooperatives(self) -> Mapping[str, str] | None:
        """Return the institutions this office may name, by registration number; None when the form asks for none."""
        asks = any(question.kind == "cooperative" for question in self.spec.asked.values())
        return Institutions(self.obligation.unit_id) if asks else None

    def locked(self, cell: Cell) -> Lock | None:
        """Return what shuts a cell, or None."""
        return self.lock or self.cell_locks.get(cell.key) or self.cell_locks.get(cell.key.partition(".")[0])

    def changed(self, answers: dict[Cell, Held]) -> Sheet:
        """Return the sheet with other answers; everything beside them stays as it was read."""
        fresh = Sheet(
            self.obligation, self.submission, self.version, self.spec, answers, self.beside, self.lock,
            self.cell_locks, self.reopening, self.parts,
        )  # fmt: skip
        for name in ("context", "cooperatives"):  # what was worked out of what stands beside, if it was
            if name in self.__dict__:
                fresh.__dict__[name] = self.__dict__[name]
        return fresh


def sheet_of(obligation_id: int, *, at: dt.datetime) -> Sheet:
    """Return the report that meets an obligation, whether it is begun or not. Raises MoveRefused without a form."""
    obligation = (
        Obligation.select(Obligation, Period, Unit, Form, Submission, FormVersion)
        .join(Period)
        .switch(Obligation)
        .join(Unit)
        .switch(Obligation)
        .join(Form, JOIN.LEFT_OUTER)
        .switch(Obligation)
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.obligation == Obligation.id), attr="report")
        .join(FormVersion, JOIN.LEFT_OUTER)
        .where(Obligation.id == obligation_id)
        .get()
    )
    submission: Submission | None = getattr(obligation, "report", None)
    version = submission.form_version if submission is not None else None
    if version is None and obligation.form_id is not None:
        version = published(obligation.form)
    if version is None:
        raise MoveRefused("This form has no published version yet; its owner publishes one.")
    if submission is not None:
        submission.obligation, submission.period, submission.unit = obligation, obligation.period, obligation.unit
    version.form = obligation.form
    spec = spec_of(version)
    reopening = _reopening(obligation, submission)
    standing = _standing(obligation, submission, version, reopening)
    beside, cell_locks, parts = beside_of(obligation, submission, version, spec)
    held = answers_of(submission, spec) if submission is not None else {}
    lock = locks.report_lock(standing, at)
    if not locks.is_reopened(standing, at):
        reopening = None
    return Sheet(obligation, submission, version, spec, held, beside, lock, cell_locks, reopening, parts)


def of_submission(submission: Submission, *, at: dt.datetime) -> Sheet:
    """Return the sheet of a report that was begun."""
    return sheet_of(submission.obligation_id, at=at)


def answers_of(submission: Submission, spec: FormSpec) -> dict[Cell, Held]:
    """Return the answers in the store by cell. What the form no longer asks is left out."""
    rows = tuples(
        Answer.select(
            Answer.id, Answer.key, Answer.row, Answer.mark, Answer.number, Answer.text, Answer.version, Answer.reason,
            Answer.saved_at, Answer.saved_by,
        ).where(Answer.submission == submission.id)
    )  # fmt: skip
    known = spec.asked
    found: dict[Cell, Held] = {}
    for ident, key, row, mark, number, text, version, reason, saved_at, saved_by in rows:
        if key in known:
            entry = kinds.from_store(known[key], mark == Mark.VALUE, number, text)
            found[Cell(key, row)] = Held(ident, entry, version, reason, saved_at, saved_by)
    return found


def measures() -> dict[str, MeasureUnit]:
    """Return the units of measure by their codes."""
    return {one.code: one for one in MeasureUnit.select()}


# ---------------------------------------------------------------- below: how


def _reopening(obligation: Obligation, submission: Submission | None) -> Reopening | None:
    """Return the latest reopening, where one could matter: usually none is asked for."""
    state = submission.state if submission is not None else None
    if obligation.period.closed_at is None and state is not State.RETURNED:
        return None
    found: Reopening | None = (
        Reopening.select()
        .where(Reopening.obligation == obligation.id)
        .order_by(Reopening.opened_at.desc(), Reopening.id.desc())
        .first()
    )
    return found


def _standing(
    obligation: Obligation, submission: Submission | None, version: FormVersion, reopening: Reopening | None
) -> Standing:
    period = obligation.period
    return Standing(
        state=submission.state if submission else None,
        submitted_at=submission.submitted_at if submission else None,
        verified_at=submission.verified_at if submission else None,
        opens_on=period.opens_on,
        opened_at=period.opened_at,
        closed_at=period.closed_at,
        reopened_at=reopening.opened_at if reopening else None,
        reopened_until=reopening.until_on if reopening else None,
        reopening_closed_at=reopening.closed_at if reopening else None,
        version_is_retired=version.state == FormState.RETIRED,
    )
