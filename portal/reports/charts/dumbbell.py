"""Dumbbells: where each thing was and where it is now, on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from portal import formats
from portal.reports.charts.drawing import ACTUAL, BAD, HAIR, INK, INK2, INK3, Drawing
from portal.reports.said import said

ROW = 5.6


def dumbbell(
    rows: Sequence[tuple[str, Decimal, Decimal, str]],
    *,
    width: float = 179,
    left: float = 74,
    right: float = 17,
    line: float = 100,
    words: str = "แผนสะสม",
) -> Markup:
    """Return one line a row: an open disc for before, a full one for now, the change at the right.

    A row is a name, its values before and now, and the first part of the keys of their passports.

    The axis holds all values and `line`, which is marked and called `words`; values are in percent.
    """
    d = Drawing(
        width, 7 + ROW * len(rows), alt="; ".join(f"{name} {old:.1f} เป็น {new:.1f}" for name, old, new, _ in rows)
    )
    seen = [float(value) for _, old, new, _ in rows for value in (old, new)] + [line]
    low, high = max(0.0, min(seen)), min(max(seen), 250.0)
    span = max(high - low, 1.0)
    low, high = max(0.0, low - span * 0.06), high + span * 0.06
    w = width - left - right

    def x(value: float) -> float:
        return left + w * (max(low, min(high, value)) - low) / (high - low)

    bottom = 4.4 + ROW * len(rows)
    d.text(x(line), 2.2, f"{words} {line:g}", 6.6, "middle")
    d.segments([(x(line), 3, x(line), bottom)], INK3, 0.25, ".8 .7")
    d.text(width, 2.2, "จุด", 6.6, "end")
    d.segments([(left, 4.4 + ROW * (n + 0.5), left + w, 4.4 + ROW * (n + 0.5)) for n in range(len(rows))], HAIR, 0.2)
    for n, (name, was, now, key) in enumerate(rows):
        old, new = float(was), float(now)
        y = 4.4 + ROW * (n + 0.5)
        worse = new < old
        colour = BAD if worse else ACTUAL
        d.text(0, y + 1, name, 7.8, "start", INK)
        d.segments([(x(old), y, x(new), y)], colour, 0.7)
        d.dot(x(old), y, 1.05, "#fff", INK2, 0.35)
        d.dot(x(new), y, 1.2, colour)
        side, step = ("end", -1.9) if new < old else ("start", 1.9)
        d.text(x(new) + step, y + 1, said(f"{key}.now", formats.percent(now)), 7, side, INK, 600)
        side, step = ("start", 1.7) if new < old else ("end", -1.7)
        d.text(x(old) + step, y + 1, said(f"{key}.was", formats.percent(was)), 6.6, side)
        moved = said(f"{key}.moved", formats.percent(now - was, 1, sign=True))
        d.text(width, y + 1, moved, 7.8, "end", BAD if worse else INK, 700)
    for value in (low, high):
        d.text(x(value), bottom + 2.4, f"{value:.0f}", 6.4, "start" if value == low else "end")
    return d.markup()
