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
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from peewee import JOIN, Database, fn

from models import (
    Answer,
    Cooperative,
    Form,
    FormVersion,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Obligation,
    Period,
    Reopening,
    Submission,
    Target,
    Unit,
    UnlockRequest,
    db,
)
from portal.database import tuples
from portal.errors import MoveRefused
from portal.forms import kinds, problems
from portal.forms.problems import Problem
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Context, Entry, Value
from portal.rules import locks
from portal.rules.fiscal import month_of
from portal.rules.locks import Lock, LockRule, Standing
from portal.rules.progress import Aggregation, combined
from portal.rules.terms import FormState, Mark
from portal.rules.workflow import State

_SPECS: WeakKeyDictionary[Database, dict[tuple[int, int], FormSpec]] = WeakKeyDictionary()
SCALE = 10_000


class Held(NamedTuple):
    """One answer in the store. `saved_by` None = the portal itself."""

    id: int
    entry: Entry
    version: int
    reason: str
    saved_at: dt.datetime | None
    saved_by: int | None


@dataclass(frozen=True)
class Beside:
    """What stands beside a question of numbers: all None where not known.

    `last` is the period before, `earlier` every period of the year before this one, oldest first; `plan` is this
    period's, `plan_to_date` up to and with it, `target` the year's.
    """

    rule: Aggregation = Aggregation.SUM
    last: Value | None = None
    earlier: tuple[Decimal, ...] = ()
    plan: Decimal | None = None
    plan_to_date: Decimal | None = None
    target: Decimal | None = None

    @property
    def before(self) -> Decimal | None:
        """Return the year's total without this period."""
        return combined(self.earlier, self.rule)

    def total(self, value: Entry | None) -> Decimal | None:
        """Return the year's total with `value` for this period, by the rule over months."""
        return combined([*self.earlier, value if isinstance(value, Decimal) else None], self.rule)


NOTHING = Beside()


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
    parts: dict[str, tuple[Aggregation, tuple[int, ...], tuple[Decimal, ...]]] = field(default_factory=dict)

    @property
    def state(self) -> State | None:
        """Return where the report stands, None before it is begun."""
        return self.submission.state if self.submission else None

    @cached_property
    def entries(self) -> dict[Cell, Entry]:
        """Return what is answered, figures made of parts included."""
        found = {cell: held.entry for cell, held in self.answers.items()}
        by_indicator: dict[int, list[Decimal]] = defaultdict(list)
        for key, indicator in self.spec.feeds.items():
            entry = found.get(Cell(key))
            if isinstance(entry, Decimal):
                by_indicator[indicator].append(entry)
        for key, (rule, children, elsewhere) in self.parts.items():
            own = [value for child in children for value in by_indicator[child]]
            value = combined([*elsewhere, *own], rule)
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


def spec_of(version: FormVersion) -> FormSpec:
    """Return the description of a form version, read once for each of its versions."""
    known = _SPECS.setdefault(db.obj, {})
    key = (version.id, version.version)
    if key not in known:
        known[key] = FormSpec.from_json(version.spec)
    return known[key]


def published(form: Form) -> FormVersion | None:
    """Return the newest published version of a form."""
    found: FormVersion | None = (
        FormVersion.select()
        .where(FormVersion.form == form.id, FormVersion.state == FormState.PUBLISHED)
        .order_by(FormVersion.number.desc())
        .first()
    )
    return found


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
    beside, cell_locks, parts = _beside(obligation, submission, spec)
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


class _Fed(NamedTuple):
    """An indicator that the form feeds, with this office's target and the indicators that feed it in turn."""

    id: int
    is_plan_forced: bool
    month_rule: Aggregation
    unit_rule: Aggregation
    target_id: int | None
    target: Decimal | None


def _beside(
    obligation: Obligation, submission: Submission | None, spec: FormSpec
) -> tuple[dict[str, Beside], dict[str, Lock], dict[str, tuple[Aggregation, tuple[int, ...], tuple[Decimal, ...]]]]:
    """Return what stands beside the questions, which cells are shut, and the parts of computed figures."""
    asked = {key: question for key, question in spec.asked.items() if kinds.of(question).counts}
    fed = _indicators({q.indicator_id for q in asked.values() if q.indicator_id is not None}, obligation.unit_id)
    months = _plans(fed, obligation)
    earlier, last = _earlier(obligation, spec)
    children = _children(set(fed))
    lifted = _lifted(obligation, set(fed)) if children or any(one.is_plan_forced for one in fed.values()) else {}
    numbers = range(month_of(obligation.period.starts_on), month_of(obligation.period.ends_on) + 1)
    beside: dict[str, Beside] = {}
    shut: dict[str, Lock] = {}
    for key, question in asked.items():
        one = fed.get(question.indicator_id or 0)
        rule = one.month_rule if one else _own_rule(question)
        plan = to_date = target = None
        if one is not None and one.target_id is not None:
            target, planned = one.target, months.get(one.target_id, {})
            if rule is not Aggregation.SUM:
                plan = to_date = target
            elif planned:
                plan = sum((planned.get(m, Decimal(0)) for m in numbers), Decimal(0))
                to_date = sum((v for m, v in planned.items() if m <= numbers[-1]), Decimal(0))
        beside[key] = Beside(rule, last.get(key), tuple(earlier.get(key, ())), plan, to_date, target)
        if one is not None:
            lock = locks.cell_lock(
                is_plan_forced=one.is_plan_forced, has_target=one.target_id is not None,
                has_plan=bool(months.get(one.target_id or 0)), has_parts=bool(children.get(one.id)),
                lifted=frozenset(lifted.get(one.id, ())),
            )  # fmt: skip
            if lock is not None:
                shut[key] = lock
    for key, value in last.items():
        beside.setdefault(key, Beside(last=value))
    parts = _parts(obligation, submission, asked, fed, children, shut)
    return beside, shut, parts


def _own_rule(question: Question) -> Aggregation:
    """Return how months become one where no indicator says it: shares and what is worked out are not added up."""
    if question.month_rule:
        return Aggregation(question.month_rule)
    return Aggregation.SUM if question.kind in ("whole", "number", "money") else Aggregation.NONE


def _indicators(idents: set[int], unit_id: int) -> dict[int, _Fed]:
    if not idents:
        return {}
    rows = tuples(
        Indicator.select(
            Indicator.id, Indicator.is_plan_forced, Indicator.month_rule, Indicator.unit_rule, Target.id, Target.value
        )
        .join(Target, JOIN.LEFT_OUTER, on=(Target.indicator == Indicator.id) & (Target.unit == unit_id))
        .where(Indicator.id.in_(sorted(idents)))
    )
    return {row[0]: _Fed(*row) for row in rows}


def _plans(fed: Mapping[int, _Fed], obligation: Obligation) -> dict[int, dict[int, Decimal]]:
    targets = [one.target_id for one in fed.values() if one.target_id is not None]
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    if targets:
        rows = MonthPlan.select(MonthPlan.target, MonthPlan.month, MonthPlan.value).where(MonthPlan.target.in_(targets))
        for target, month, value in tuples(rows):
            found[target][month] = value
    return found


def _earlier(obligation: Obligation, spec: FormSpec) -> tuple[dict[str, list[Decimal]], dict[str, Value]]:
    """Return the values of this office's earlier reports of the year on this form, and the last period's.

    A column's value is the sum of its rows. Drafts do not count: nobody has stood up for them yet.
    """
    period = obligation.period
    rows = tuples(
        Answer.select(
            Period.number,
            Answer.key,
            fn.SUM(Answer.number).coerce(False),
            fn.MAX(Answer.text),
            fn.MAX(Answer.mark),
        )
        .join(Submission)
        .join(Period)
        .switch(Submission)
        .join(FormVersion)
        .where(
            Submission.unit == obligation.unit_id,
            FormVersion.form == obligation.form_id,
            Period.fiscal_year == period.fiscal_year_id,
            Period.kind == period.kind,
            Period.number < period.number,
            Submission.state != State.DRAFT,
            (Answer.row > 0) | ~Answer.key.contains("."),
        )
        .group_by(Period.number, Answer.key)
        .order_by(Period.number)
    )
    earlier: dict[str, list[Decimal]] = defaultdict(list)
    last: dict[str, Value] = {}
    for number, key, stored, text, mark in rows:
        question = spec.asked.get(key)
        if question is None:
            continue
        if stored is not None:
            earlier[key].append(Decimal(stored) / SCALE)
        if number == period.number - 1 and mark == Mark.VALUE:
            if stored is not None:
                last[key] = Decimal(stored) / SCALE
            elif "." not in key:
                last[key] = kinds.of(question).from_store(None, text)
    return earlier, last


def _children(parents: set[int]) -> dict[int, tuple[int, ...]]:
    if not parents:
        return {}
    found: dict[int, list[int]] = defaultdict(list)
    rows = Indicator.select(Indicator.parent, Indicator.id).where(Indicator.parent.in_(sorted(parents)))
    for parent, child in tuples(rows.order_by(Indicator.position, Indicator.id)):
        found[parent].append(child)
    return {parent: tuple(listed) for parent, listed in found.items()}


def _lifted(obligation: Obligation, indicators: set[int]) -> dict[int, set[LockRule]]:
    """Return the rules that were lifted for this office, by indicator."""
    found: dict[int, set[LockRule]] = defaultdict(set)
    rows = UnlockRequest.select(UnlockRequest.indicator, UnlockRequest.rule).where(
        UnlockRequest.unit == obligation.unit_id,
        UnlockRequest.indicator.in_(sorted(indicators)),
        UnlockRequest.granted == True,  # noqa: E712
    )
    for indicator, rule in tuples(rows):
        if rule in set(LockRule):
            found[indicator].add(LockRule(rule))
    return found


def _parts(
    obligation: Obligation,
    submission: Submission | None,
    asked: Mapping[str, Question],
    fed: Mapping[int, _Fed],
    children: Mapping[int, tuple[int, ...]],
    shut: Mapping[str, Lock],
) -> dict[str, tuple[Aggregation, tuple[int, ...], tuple[Decimal, ...]]]:
    """Return, for each figure made of parts, its rule, the indicators that feed it and what other reports hold."""
    made = {key for key, lock in shut.items() if lock.rule is LockRule.FROM_PARTS}
    if not made:
        return {}
    feeding = {child for listed in children.values() for child in listed}
    query: Any = (
        Answer.select(Answer.indicator, Answer.number)
        .join(Submission)
        .where(
            Submission.unit == obligation.unit_id,
            Submission.period == obligation.period_id,
            Answer.indicator.in_(sorted(feeding)),
            Answer.number.is_null(False),
        )
        .order_by(Answer.id)
    )
    if submission is not None:
        query = query.where(Submission.id != submission.id)
    elsewhere: dict[int, list[Decimal]] = defaultdict(list)
    for indicator, number in tuples(query):
        elsewhere[indicator].append(number)
    found = {}
    for key in made:
        one = fed[asked[key].indicator_id or 0]
        listed = children[one.id]
        found[key] = (one.unit_rule, listed, tuple(v for child in listed for v in elsewhere[child]))
    return found
