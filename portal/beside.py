"""What stands beside the questions of a report: the period before, the plan, the total, and which cells are shut.

A handful of statements whatever the form asks; nothing here is written.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from peewee import JOIN, fn

from models import (
    Answer,
    FormVersion,
    Indicator,
    MonthPlan,
    Obligation,
    Period,
    Submission,
    Target,
    UnlockRequest,
)
from portal.database import tuples
from portal.forms import field_maps, kinds
from portal.forms.questions import Question
from portal.forms.reading import spec_of
from portal.forms.spec import FormSpec
from portal.forms.values import Entry, Value
from portal.rules import locks
from portal.rules.fiscal import month_of
from portal.rules.locks import Lock, LockRule
from portal.rules.progress import Aggregation, PartsRule, combined
from portal.rules.terms import Mark
from portal.rules.workflow import State

SCALE = 10_000
# For a figure made of others: its rule, the weight of each indicator that feeds it, and what other reports of the
# period hold, each value with its weight.
Parts: TypeAlias = tuple[PartsRule, Mapping[int, Decimal], tuple[tuple[Decimal, Decimal], ...]]


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


def beside_of(
    obligation: Obligation, submission: Submission | None, version: FormVersion, spec: FormSpec
) -> tuple[dict[str, Beside], dict[str, Lock], dict[str, Parts]]:
    """Return what stands beside the questions, which cells are shut, and the parts of computed figures."""
    asked = {key: question for key, question in spec.asked.items() if kinds.of(question).counts}
    fed = _indicators({q.indicator_id for q in asked.values() if q.indicator_id is not None}, obligation.unit_id)
    months = _plans(fed, obligation)
    earlier, last = _earlier(obligation, version, spec)
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
                has_plan=bool(months.get(one.target_id or 0)),
                has_parts=bool(children.get(one.id)) and one.parts_rule is not PartsRule.NONE,
                lifted=frozenset(lifted.get(one.id, ())),
            )  # fmt: skip
            if lock is not None:
                shut[key] = lock
    for key, value in last.items():
        beside.setdefault(key, Beside(last=value))
    parts = _parts(obligation, submission, asked, fed, children, shut)
    return beside, shut, parts


# ---------------------------------------------------------------- below: how


class _Fed(NamedTuple):
    """An indicator that the form feeds, with this office's target and the indicators that feed it in turn."""

    id: int
    is_plan_forced: bool
    month_rule: Aggregation
    parts_rule: PartsRule
    target_id: int | None
    target: Decimal | None


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
            Indicator.id, Indicator.is_plan_forced, Indicator.month_rule, Indicator.parts_rule, Target.id, Target.value
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


def _earlier(
    obligation: Obligation, version: FormVersion, spec: FormSpec
) -> tuple[dict[str, list[Decimal]], dict[str, Value]]:
    """Return the values of this office's earlier reports of the year on this form, and the last period's.

    A column's value is the sum of its rows. Drafts do not count: nobody has stood up for them yet. What was answered
    in another version of the form is carried over by its field map.
    """
    period = obligation.period
    rows = tuples(
        Answer.select(
            FormVersion.number,
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
        .group_by(FormVersion.number, Period.number, Answer.key)
        .order_by(Period.number)
    )
    found: dict[tuple[int, str], Decimal] = {}
    last: dict[str, Value] = {}
    carrying = _Carrying(version)
    for old, number, asked, stored, text, mark in rows:
        for key, factor in carrying.ways(old, asked):
            question = spec.asked.get(key)
            if question is None:
                continue
            if stored is not None:
                value = round(Decimal(stored) / SCALE * factor, 4)
                found[number, key] = found.get((number, key), Decimal(0)) + value
            elif number == period.number - 1 and mark == Mark.VALUE and "." not in key and not question.columns:
                last[key] = kinds.of(question).from_store(None, text)
    earlier: dict[str, list[Decimal]] = defaultdict(list)
    for (number, key), value in found.items():
        earlier[key].append(value)
        if number == period.number - 1:
            last[key] = value
    return earlier, last


class _Carrying:
    """Where the answers of other versions of a form stand in this one; nothing is asked when there is only one."""

    def __init__(self, version: FormVersion) -> None:
        self._version = version
        self._known: dict[int, dict[str, list[tuple[str, Decimal]]]] = {}

    def ways(self, old: int, key: str) -> list[tuple[str, Decimal]]:
        """Return the keys, each with a factor, at which an answer of version `old` counts here."""
        if old >= self._version.number:
            return [(key, Decimal(1))]
        if old not in self._known:
            self._known[old] = self._led(old)
        return self._known[old].get(key, [])

    def _led(self, old: int) -> dict[str, list[tuple[str, Decimal]]]:
        stages = list(
            FormVersion.select()
            .where(FormVersion.form == self._version.form_id, FormVersion.number.between(old, self._version.number))
            .order_by(FormVersion.number)
        )
        led = {key: [(key, Decimal(1))] for key in spec_of(stages[0]).asked}
        for before, after in itertools.pairwise(stages):
            step = field_maps.ways(spec_of(before), spec_of(after), after.field_map)
            for key, listed in led.items():
                led[key] = [
                    (way.key, factor * (way.factor if way.factor is not None else 1))
                    for at, factor in listed
                    for way in step.get(at, ())
                    if way.factor is not None or len(step[at]) == 1  # a split without shares leads nowhere
                ]
        return led


def _children(parents: set[int]) -> dict[int, dict[int, Decimal]]:
    if not parents:
        return {}
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    rows = Indicator.select(Indicator.parent, Indicator.id, Indicator.weight).where(
        Indicator.parent.in_(sorted(parents))
    )
    for parent, child, weight in tuples(rows.order_by(Indicator.position, Indicator.id)):
        found[parent][child] = weight
    return dict(found)


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
    children: Mapping[int, Mapping[int, Decimal]],
    shut: Mapping[str, Lock],
) -> dict[str, Parts]:
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
        found[key] = (
            one.parts_rule, listed, tuple((v, weight) for child, weight in listed.items() for v in elsewhere[child])
        )  # fmt: skip
    return found
