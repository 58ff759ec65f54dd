"""Target, achieved, share, state: each kind of percentage by its own name and denominator.

Sums over months and over units follow the indicator's own rules; a percentage is never summed.
Thresholds: shared report-design.md section 3 (95 % of the target to date; five points while it is under 20).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum


class Aggregation(StrEnum):
    """How values become one, over months or over units."""

    SUM = "sum"
    LAST = "last"
    AVERAGE = "average"
    GREATEST = "greatest"
    NONE = "none"


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


def share(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """Return 100 × part / whole, unrounded; None where either is unknown or the whole is 0."""
    if part is None or not whole:
        return None
    return Decimal(part) * 100 / Decimal(whole)


def standing(
    value: Decimal | None,
    target: Decimal | None,
    direction: Direction = Direction.MORE,
    share_of_year: Decimal | None = None,
) -> Standing:
    """Judge an unrounded `value` against the `target` to date.

    On track at or beyond the target; watch within 5 % of it; while the target to date is under 20 % of the
    year (`share_of_year`, or the target itself where it is a percentage) watch reaches five points of a hundred.
    """
    if value is None or target is None:
        return Standing.NO_VALUE
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
