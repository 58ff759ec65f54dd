"""Spark line: twelve months in the width of a word."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from portal.reports.charts.drawing import EARLIER, INK, Drawing


def spark(
    values: Sequence[float | None],
    plan: Sequence[float | None] = (),
    *,
    width: float = 17,
    height: float = 5,
    top: float = 100,
) -> Markup:
    """Return the plan in grey and the values in ink with the last one marked, on one scale from 0 to `top`.

    Both run from October; months without a value are bridged, months to come stay empty.
    """
    d = Drawing(width, height)

    def at(month: int, value: float) -> tuple[float, float]:
        return width * (month + 0.5) / 12, height - 0.5 - (height - 1) * max(0.0, min(value, top)) / top

    d.line([at(i, v) for i, v in enumerate(plan) if v is not None], EARLIER, 0.3)
    known = [at(i, v) for i, v in enumerate(values) if v is not None]
    d.line(known, INK, 0.42)
    if known:
        d.dot(*known[-1], 0.62, INK)
    return d.markup()


def spark_axis(width: float = 17) -> Markup:
    """Return the first and last month under a column of spark lines."""
    d = Drawing(width, 2.6)
    d.text(width * 0.5 / 12, 2.3, "ต.ค.", 6.4)
    d.text(width, 2.3, "ก.ย.", 6.4, "end")
    return d.markup()
