"""Charts: one kind a file, drawn for print and screen alike. CHARTS are the names a page may use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portal.reports.charts.bars import level, months, share_bar, spread, stacked
from portal.reports.charts.bullet import bullet, bullet_axis, deviation
from portal.reports.charts.checks import checks, checks_key
from portal.reports.charts.curve import Line, control, curve
from portal.reports.charts.dumbbell import dumbbell
from portal.reports.charts.marks import key, mark
from portal.reports.charts.pareto import pareto
from portal.reports.charts.reach import reach, reach_key
from portal.reports.charts.spark import spark, spark_axis
from portal.reports.charts.squares import squares
from portal.reports.charts.strip import Strip, spread_strip, strips
from portal.reports.charts.tiles import locator, region_map, shares, step_key
from portal.reports.charts.timeliness import timeliness, timeliness_key


def _floats(value: Any) -> Any:
    """Return exact numbers as those of drawings; everything else as it is."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (tuple, list)):
        return tuple(_floats(item) for item in value)
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    return value


def _drawn(chart: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(chart)
    def draw(*values: Any, **named: Any) -> Any:
        return chart(*_floats(values), **_floats(named))

    return draw


CHARTS: dict[str, Callable[..., Any]] = {
    each.__name__.lower(): _drawn(each)
    for each in (
        Line,
        Strip,
        bullet,
        bullet_axis,
        checks,
        checks_key,
        control,
        curve,
        deviation,
        dumbbell,
        key,
        level,
        locator,
        mark,
        months,
        pareto,
        reach,
        reach_key,
        region_map,
        share_bar,
        shares,
        spark,
        spark_axis,
        spread,
        spread_strip,
        squares,
        stacked,
        step_key,
        strips,
        timeliness,
        timeliness_key,
    )
}
