"""Charts: one kind a file, drawn for print and screen alike. CHARTS are the names a page may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.reports.charts.bars import level, months, share_bar, spread, stacked
from portal.reports.charts.bullet import bullet, bullet_axis, deviation
from portal.reports.charts.curve import control, curve
from portal.reports.charts.marks import key, mark
from portal.reports.charts.spark import spark, spark_axis
from portal.reports.charts.strip import spread_strip, strips
from portal.reports.charts.tiles import locator, shares, step_key
from portal.reports.charts.timeliness import timeliness, timeliness_key

CHARTS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        bullet, bullet_axis, control, curve, deviation, key, level, locator, mark, months, share_bar, shares,
        spark, spark_axis, spread, spread_strip, stacked, step_key, strips, timeliness, timeliness_key,
    )
}  # fmt: skip
