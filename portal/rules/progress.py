"""Target, achieved, share, state, forecast: each kind of percentage by its own name and denominator.

Sums over months, over units and over parts follow the indicator's own rules; a percentage is never summed.
Thresholds: shared report-design.md section 3 (95 % of the target to date; five points while it is under 20), unless an
indicator has its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Aggregation(StrEnum):
    """How values become one, over months or over units."""

    SUM = "sum"
    LAST = "last"
    AVERAGE = "average"
    GREATEST = "greatest"
    NONE = "none"


class PartsRule(StrEnum):
    """How the values of sub-indicators become their parent's (กระทบค่าไปที่ตัวชี้วัดแม่)."""

    SUM = "sum"
    WEIGHTED = "weighted"  # Σ weight × value ÷ Σ weight of the parts that have a value
    AVERAGE = "average"
    GREATEST = "greatest"
    NONE = "none"  # the parent is reported by itself


class Direction(StrEnum):
    """Which way is good."""

    MORE = "more"
    LESS = "less"


class Standing(StrEnum):
    """How a figure stands against its target."""

    ON_TRACK = "ok"
    WATCH = "warn"
    PROBLEM = "bad"
    NO_VALUE = "none"


@dataclass(frozen=True)
class Thresholds:
    """An indicator's own thresholds, in percent of the target to date: green from `ok`, amber from `watch`."""

    ok: Decimal
    watch: Decimal


def combined(values: Iterable[Decimal | None], rule: Aggregation) -> Decimal | None:
    """Return the values (oldest first, None = not reported) as one by `rule`; None when there is nothing to combine."""
    known = [v for v in values if v is not None]
    if not known or rule is Aggregation.NONE:
        return None
    if rule is Aggregation.SUM:
        return sum(known, Decimal(0))
    if rule is Aggregation.LAST:
        return known[-1]
    if rule is Aggregation.GREATEST:
        return max(known)
    return sum(known, Decimal(0)) / len(known)


def planned_to_date(
    planned: Sequence[Decimal | None], target: Decimal | None, month: int, rule: Aggregation
) -> Decimal | None:
    """Return what was planned up to fiscal `month`, from the plan of the year's twelve months and the year's target.

    Added up over months: what was planned to date; None where no month of the year is planned. Levels (last, average,
    greatest) are planned as levels, month by month, and become one as their values do: what is asked in May is May's
    level, not September's. Only where no month is planned a level is asked to be the year's target all year; before
    the first planned month nothing is asked, None. Sources: shared domain.md, 9.1 (a rule over months for each
    indicator), report-design.md, 3 (a state is judged against the target to date).
    """
    if all(value is None for value in planned):
        return None if rule is Aggregation.SUM else target
    if rule is Aggregation.SUM:
        return sum((value for value in planned[:month] if value is not None), Decimal(0))
    return combined(planned[:month], rule)


def rolled(parts: Iterable[tuple[Decimal | None, Decimal]], rule: PartsRule) -> Decimal | None:
    """Return a parent's value from its parts, each a value (None = not reported) and its weight.

    WEIGHTED leaves out parts without a value together with their weight, so that one silent part does not lower the
    rest; None when no part has a value, or all weights are 0.
    """
    known = [(value, weight) for value, weight in parts if value is not None]
    if rule is PartsRule.WEIGHTED:
        whole = sum((weight for _, weight in known), Decimal(0))
        return sum((value * weight for value, weight in known), Decimal(0)) / whole if whole else None
    return combined((value for value, _ in known), Aggregation(rule.value))


def share(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """Return 100 × part / whole, unrounded; None where either is unknown or the whole is 0."""
    if part is None or not whole:
        return None
    return Decimal(part) * 100 / Decimal(whole)


def of_plan_to_date(
    value: Decimal | None, plan: Decimal | None, direction: Direction = Direction.MORE
) -> Decimal | None:
    """Return the result in percent of the plan to date. Denominator: what was planned up to this month.

    Where less is better it is the plan in percent of the result, so that 100 and above is good either way; a result
    of 0 is then 100. Unrounded; None where either is unknown or the denominator is 0.
    """
    if direction is Direction.LESS and value is not None and plan is not None:
        return share(plan, value) if value else Decimal(100)
    return share(value, plan)


def of_year_target(value: Decimal | None, target: Decimal | None) -> Decimal | None:
    """Return the result in percent of the year's target. Denominator: the target of the whole fiscal year.

    Also where less is better: then it says how much of what is allowed has been used. Unrounded.
    """
    return share(value, target)


class NoForecast(StrEnum):
    """Why there is no forecast."""

    TOO_EARLY = "too_early"  # fewer than FORECAST_FROM months have passed
    NO_VALUE = "no_value"
    NO_TARGET = "no_target"
    LITTLE_PLANNED = "little_planned"  # less than LEAST_PLANNED percent of the year was planned to date


FORECAST_FROM = 3
"""Forecasts begin with the third month: one quarter, the least that shows a pace."""
LEAST_PLANNED = Decimal(5)
RATIO_LEAST, RATIO_MOST = Decimal("0.5"), Decimal("1.5")


@dataclass(frozen=True)
class Forecast:
    """What the year comes to if it goes on like this, or why nobody can say.

    `ratio` is the pace that was used (1 = as planned), `is_bounded` whether it was cut to its bounds.
    """

    value: Decimal | None
    ratio: Decimal | None = None
    is_bounded: bool = False
    why_not: NoForecast | None = None


def forecast(
    value: Decimal | None,
    plan: Decimal | None,
    target: Decimal | None,
    month: int,
    month_rule: Aggregation = Aggregation.SUM,
) -> Forecast:
    """Return the value to expect at the end of the year, from the result and the plan up to fiscal `month`.

    Added up over months: result + (year's target - plan to date) x pace, where pace = result / plan to date, held
    within 0.5 and 1.5, because a few early months say little about the rest. Levels (last, average, greatest) stay
    as they are. Unrounded. The rule is the department's own to change: no source prescribes one.
    """
    if value is None:
        return Forecast(None, why_not=NoForecast.NO_VALUE)
    if target is None:
        return Forecast(None, why_not=NoForecast.NO_TARGET)
    if month >= 12:
        return Forecast(value)
    if month < FORECAST_FROM:
        return Forecast(None, why_not=NoForecast.TOO_EARLY)
    if month_rule is not Aggregation.SUM:
        return Forecast(value)
    planned = share(plan, target)
    if not plan or planned is None or planned < LEAST_PLANNED:
        return Forecast(None, why_not=NoForecast.LITTLE_PLANNED)
    pace = value / plan
    ratio = min(max(pace, RATIO_LEAST), RATIO_MOST)
    return Forecast(value + max(target - plan, Decimal(0)) * ratio, ratio, ratio != pace)


def standing(
    value: Decimal | None,
    target: Decimal | None,
    direction: Direction = Direction.MORE,
    share_of_year: Decimal | None = None,
    thresholds: Thresholds | None = None,
) -> Standing:
    """Judge an unrounded `value` against the `target` to date.

    On track at or beyond the target; watch within 5 % of it; while the target to date is under 20 % of the
    year (`share_of_year`, or the target itself where it is a percentage) watch reaches five points of a hundred.
    An indicator's own `thresholds` replace both rules.
    """
    if value is None or target is None:
        return Standing.NO_VALUE
    if thresholds is not None:
        reached = of_plan_to_date(value, target, direction)
        if reached is None or reached >= thresholds.ok:  # nothing was to be done yet
            return Standing.ON_TRACK
        return Standing.WATCH if reached >= thresholds.watch else Standing.PROBLEM
    if direction is Direction.LESS:
        if value <= target:
            return Standing.ON_TRACK
        return Standing.WATCH if value * 95 <= target * 100 else Standing.PROBLEM
    if value >= target:
        return Standing.ON_TRACK
    early = share_of_year if share_of_year is not None else target
    if early < 20 and early > 0:
        floor = target * (early - 5) / early if early > 5 else Decimal(0)
    else:
        floor = target * 95 / 100
    return Standing.WATCH if value >= floor else Standing.PROBLEM
