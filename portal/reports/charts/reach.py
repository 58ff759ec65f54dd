"""Plan, actual and forecast bars: how far each thing is on the way to its year's target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, HAIR, INK, INK2, Drawing

ROW = 7.2


@dataclass(frozen=True)
class Reach:
    """One bar, all in percent of the year's target: planned to date, done, expected at the year's end."""

    name: str
    plan: float | None
    done: float | None
    ahead: float | None
    words: str = ""
    is_bad: bool = False


def reach(
    rows: Sequence[Reach], *, width: float = 179, left: float = 70, right: float = 34, top: float = 120
) -> Markup:
    """Return the bars: plan outlined, actual solid, forecast hatched on from it; the target is the line at 100."""
    d = Drawing(width, 5 + ROW * len(rows), alt="; ".join(f"{r.name}: {r.words}" for r in rows))
    w = width - left - right
    bottom = 4.4 + ROW * len(rows)

    def x(value: float) -> float:
        return left + w * max(0.0, min(value, top)) / top

    for tick in (0, 25, 50, 75, 100):
        d.text(x(tick), 2.6, f"{tick}", 6.4, "middle")
    d.segments([(x(tick), 3.6, x(tick), bottom) for tick in (25, 50, 75)], HAIR, 0.2)
    d.segments([(x(100), 3.6, x(100), bottom)], INK, 0.35)
    d.segments([(x(0), 3.6, x(0), bottom)], INK, 0.3)
    for n, row in enumerate(rows):
        y = 4.4 + ROW * n
        d.text(0, y + 4.4, row.name, 7.8, "start", INK)
        if row.plan is not None:
            d.rect(x(0), y + 0.7, x(row.plan) - x(0), 2.2, "#fff", INK, 0.24)
        if row.done is None:
            d.text(x(0) + 1.5, y + 5.4, "ยังไม่มีผล", 6.8, "start", INK2)
        else:
            colour = BAD if row.is_bad else ACTUAL
            d.rect(x(0), y + 3.4, x(row.done) - x(0), 2.4, colour)
            if row.ahead is not None and x(row.ahead) > x(row.done) + 0.4:
                a, b = x(row.done), x(row.ahead)
                d.rect(a, y + 3.4, b - a, 2.4, "#fff", colour, 0.22)
                lines, at = [], a + 1.0
                while at < b + 2.4:
                    x1, x2 = max(a, at - 2.4), min(b, at)
                    lines.append((x1, y + 5.8 - (x1 - (at - 2.4)), x2, y + 3.4 + (at - x2)))
                    at += 1.1
                d.segments(lines, colour, 0.2)
        d.text(width, y + 4.4, row.words, 7.4, "end", BAD if row.is_bad else INK, 600)
    return d.markup()


def reach_key(what: str) -> Markup:
    """Return the sample of `plan`, `done` or `ahead` for the key."""
    d = Drawing(6.4, 2.4)
    if what == "plan":
        d.rect(0.2, 0.3, 5.8, 1.8, "#fff", INK, 0.24)
    elif what == "done":
        d.rect(0.2, 0.3, 5.8, 1.8, ACTUAL)
    else:
        d.rect(0.2, 0.3, 5.8, 1.8, "#fff", ACTUAL, 0.22)
        d.segments([(0.6 + n * 1.1, 2.1, min(6, 2.4 + n * 1.1), 0.3) for n in range(4)], ACTUAL, 0.2)
    return d.markup()
