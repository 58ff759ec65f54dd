"""Money: whole satang in, whole satang out. 100 satang = 1 baht.

Definitions: shared domain.md section 4.4 (Comptroller General's Department).
"""

from __future__ import annotations

from decimal import Decimal


def spent(disbursed: int, ordered: int, reserved: int) -> int:
    """Return ใช้จ่าย: disbursed + purchase orders + reservations with obligation."""
    return disbursed + ordered + reserved


def remaining(received: int, disbursed: int, ordered: int = 0, reserved: int = 0) -> int:
    """Return what is left of `received` after what was paid, ordered and reserved."""
    return received - spent(disbursed, ordered, reserved)


def month_target(quarter_ends: dict[int, Decimal], month: int) -> Decimal | None:
    """Return the cumulative target in percent at the end of fiscal `month` (1..12).

    A straight line between quarter ends, from 0 on 1 October (CGD letter for FY2569). None when a quarter
    end that the line needs is unknown: a missing target is "no target", never 0.
    """
    quarter = (month - 1) // 3 + 1
    end = quarter_ends.get(quarter)
    start = Decimal(0) if quarter == 1 else quarter_ends.get(quarter - 1)
    if end is None or start is None:
        return end if month == quarter * 3 else None
    return start + (end - start) * (month - (quarter - 1) * 3) / 3
