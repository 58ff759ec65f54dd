"""Dumbbells: where each thing was and where it is now, on one axis."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, HAIR, INK, INK2, INK3, Drawing

ROW = 5.6


def dumbbell(
    rows: Sequence[tuple[str, float, float]],
    *,
    width: float = 179,
    left: float = 74,
    right: float = 17,
    line: float = 100,
    words: str = "แผนสะสม",
) -> Markup:
    """Return one line a row (name, before, now): an open disc for before, a full one for now, the change at the right.

    The axis holds all values and `line`, which is marked and called `words`; values are in percent.
    """
    d = Drawing(width, 7 + ROW * len(rows), alt="; ".join(f"{name} {old:.1f} เป็น {new:.1f}" for name, old, new in rows))
    seen = [value for _, old, new in rows for value in (old, new)] + [line]
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
    for n, (name, old, new) in enumerate(rows):
        y = 4.4 + ROW * (n + 0.5)
        worse = new < old
        colour = BAD if worse else ACTUAL
        d.text(0, y + 1, name, 7.8, "start", INK)
        d.segments([(x(old), y, x(new), y)], colour, 0.7)
        d.dot(x(old), y, 1.05, "#fff", INK2, 0.35)
        d.dot(x(new), y, 1.2, colour)
        side, step = ("end", -1.9) if new < old else ("start", 1.9)
        d.text(x(new) + step, y + 1, f"{new:.1f}", 7, side, INK, 600)
        side, step = ("start", 1.7) if new < old else ("end", -1.7)
        d.text(x(old) + step, y + 1, f"{old:.1f}", 6.6, side)
        d.text(width, y + 1, f"{new - old:+.1f}".replace("-", "−"), 7.8, "end", BAD if worse else INK, 700)
    for value in (low, high):
        d.text(x(value), bottom + 2.4, f"{value:.0f}", 6.4, "start" if value == low else "end")
    return d.markup()
