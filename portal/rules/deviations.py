"""What in a figure a reviewer should look at first: far from the month before, far from the plan.

Half and double are where an office's own monthly figures rarely go without a reason; small numbers move by chance, so
a difference of less than three is left alone.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

SMALL = 3


class Deviation(StrEnum):
    """Why a figure stands out."""

    ABOVE_LAST = "more_than_twice_last"
    BELOW_LAST = "less_than_half_of_last"
    ABOVE_PLAN = "more_than_half_above_plan"
    BELOW_PLAN = "less_than_half_of_plan"
    ABOVE_TARGET = "above_the_years_target"


def deviations(
    value: Decimal | None,
    *,
    last: Decimal | None = None,
    plan: Decimal | None = None,
    total: Decimal | None = None,
    target: Decimal | None = None,
) -> tuple[Deviation, ...]:
    """Return why `value` stands out beside last period's and the plan, and `total` beside the year's target."""
    if value is None:
        return ()
    found = []
    if last is not None and abs(value - last) >= SMALL:
        if value > 2 * last:
            found.append(Deviation.ABOVE_LAST)
        elif value * 2 < last:
            found.append(Deviation.BELOW_LAST)
    if plan is not None and abs(value - plan) >= SMALL:
        if value * 2 > plan * 3:
            found.append(Deviation.ABOVE_PLAN)
        elif value * 2 < plan:
            found.append(Deviation.BELOW_PLAN)
    if total is not None and target and total > target and total - target >= SMALL:
        found.append(Deviation.ABOVE_TARGET)
    return tuple(found)
