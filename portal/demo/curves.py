"""How work and money run through a year, as whole numbers that add up. Pure."""

from __future__ import annotations

import math
from random import Random

MONTHS = range(1, 13)


def s_curve(first: int, last: int) -> list[float]:
    """Return the share done at the end of fiscal months 0 to 12: slow, fast, slow; 0 before `first`, 1 from `last`."""
    span = last - first + 1
    low, high = _logistic(-3.0), _logistic(3.0)
    out = []
    for month in range(13):
        passed = min(max(month - first + 1, 0), span) / span
        out.append((_logistic(6.0 * passed - 3.0) - low) / (high - low))
    return out


def at(curve: list[float], month: float) -> float:
    """Return the share at the end of `month`, between two months by a straight line."""
    month = min(max(month, 0.0), 12.0)
    whole = int(month)
    if whole == 12:
        return curve[12]
    return curve[whole] + (curve[whole + 1] - curve[whole]) * (month - whole)


def increments(total: int, shares: list[float]) -> list[int]:
    """Return whole monthly parts of `total` whose running sum follows the cumulative `shares` of twelve months."""
    out, before = [], 0
    for share in shares:
        now = round(total * share)
        out.append(now - before)
        before = now
    return out


def apportion(total: int, weights: list[float]) -> list[int]:
    """Return whole parts of `total` in proportion to `weights`, adding up exactly (largest remainder first)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [math.floor(value) for value in exact]
    order = sorted(range(len(weights)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


def around(rng: Random, spread: float) -> float:
    """Return a factor near 1."""
    return 1 + rng.uniform(-spread, spread)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
