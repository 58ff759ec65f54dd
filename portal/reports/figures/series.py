"""Series that go on through the versions of a form: renamed, merged, in another unit; and where they break.

Answers given in an older version count in the terms of the newest one, as its field maps say. A question that was
split ends there: nobody knows how much of it belongs to which part.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from peewee import fn

from models import FormVersion, Period, Submission
from portal.forms import field_maps, versions
from portal.forms.field_maps import Stage
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import year_id
from portal.rules.terms import FormState, PeriodKind


@dataclass(frozen=True)
class Goal:
    """What an answer of an older version counts as: of which indicator (None = of none), multiplied by what."""

    indicator: int | None
    factor: Decimal


@dataclass(frozen=True)
class Break:
    """From this fiscal month on an indicator's series is not comparable with what went before, and why."""

    month: int
    note: str


@dataclass(frozen=True)
class Series:
    """`goals` by (form version, key), of answers that count as something else than they say; breaks by indicator."""

    goals: dict[tuple[int, str], Goal]
    breaks: dict[int, tuple[Break, ...]]


@reading
def series(cut: Cut) -> Series:
    """Return how the answers of older versions count. Where no form was mapped, one small query says so."""
    ids: dict[tuple[int, int], int] = {}
    mapped: set[int] = set()
    rows = FormVersion.select(FormVersion.id, FormVersion.form, FormVersion.number, FormVersion.field_map)
    for ident, form, number, field_map in rows.where(FormVersion.state != FormState.DRAFT).tuples():
        ids[form, number] = ident
        if field_map:
            mapped.add(form)
    goals: dict[tuple[int, str], Goal] = {}
    broken: dict[int, set[Break]] = defaultdict(set)
    for form in sorted(mapped):
        stages = versions.stages(form)
        newest = stages[-1].spec
        for place, stage in enumerate(stages[:-1]):
            for key, question in stage.spec.asked.items():
                end, factor, breaks = _followed(stages[place:], key)
                indicator = newest.asked[end].indicator_id if end is not None else None
                if (indicator, factor) != (question.indicator_id, Decimal(1)) and (indicator or question.indicator_id):
                    goals[ids[form, stage.number], key] = Goal(indicator, factor)
                for number, note in breaks if indicator is not None else ():
                    month = _first_month(cut, form, number)
                    if indicator is not None and month > 1:
                        broken[indicator].add(Break(month, note))
    made = {key: tuple(sorted(each, key=lambda one: one.month)) for key, each in broken.items()}
    return Series(goals, made)


def _followed(stages: Sequence[Stage], key: str) -> tuple[str | None, Decimal, list[tuple[int, str]]]:
    """Follow a key from the first stage to the last: where it ends, multiplied by what, and breaks by version."""
    factor, breaks = Decimal(1), []
    for earlier, later in itertools.pairwise(stages):
        found = field_maps.ways(earlier.spec, later.spec, later.field_map).get(key, ())
        breaks += [(later.number, way.note) for way in found if way.is_break]
        if len(found) != 1:
            return None, Decimal(1), []
        (way,) = found
        key, factor = way.key, factor * (way.factor if way.factor is not None else 1)
    return key, factor, breaks


def _first_month(cut: Cut, form: int, number: int) -> int:
    """Return the first fiscal month reported in this version of a form or a later one; 0 when there is none."""
    month = (
        Submission.select(fn.MIN(Period.number))
        .join(Period, on=(Submission.period == Period.id))
        .switch(Submission)
        .join(FormVersion, on=(Submission.form_version == FormVersion.id))
        .where(
            FormVersion.form == form,
            FormVersion.number >= number,
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
        )
        .scalar()
    )
    return int(month or 0)
