"""Heat map of timeliness: every office a column, every month a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, BRAND, EARLIER, HAIR, INK, INK2, INK3, MONTHS, Drawing

SHADES = {"on_time": "#e1e8ed", "late_1_2": "#b3c5d2", "late_3_5": "#7592a8", "late_over_5": "#33526a", "missing": BAD}
HEIGHT, GAP, ZONE_GAP, LEFT, TOP = 2.6, 0.22, 1.35, 9.5, 6.1


@dataclass(frozen=True)
class Column:
    """One office: its two-letter mark and how it met each month, October first (see `rules.deadlines.Timeliness`)."""

    mark: str
    months: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """An inspection region and its offices."""

    name: str
    columns: tuple[Column, ...]


def timeliness(groups: Sequence[Group], now: int, *, width: float = 179) -> Markup:
    """Return the map in two rows of regions; month `now` (1..12) is boxed, on-time counts stand in the free room."""
    half, upper = sum(len(g.columns) for g in groups) / 2, 0
    split = 0
    while split < len(groups) and upper < half:
        upper += len(groups[split].columns)
        split += 1
    above, below = groups[:split], groups[split:]
    room = width - LEFT - (len(above) - 1) * ZONE_GAP - upper * GAP
    cell = min(room / upper if upper else 4.0, 4.6)
    height = TOP + 12 * (HEIGHT + GAP)
    first, end = _panel(above, cell, now, width, height)
    if not below:
        _counts(first, groups, now, end + 3.2, min(width, end + 40))
        return Markup('<div class="heat">{}</div>').format(first.markup())
    second, end = _panel(below, cell, now, width, height)
    _counts(second, groups, now, end + 3.2, width)
    return Markup('<div class="heat">{}<div style="height:2mm"></div>{}</div>').format(first.markup(), second.markup())


def _panel(groups: Sequence[Group], cell: float, now: int, width: float, height: float) -> tuple[Drawing, float]:
    d = Drawing(width, height, alt="ความตรงเวลาของหน่วยงานรายเดือน")
    x = LEFT
    step = HEIGHT + GAP
    filled: dict[str, list[tuple[float, float, float, float]]] = {}
    crosses: list[tuple[float, float, float, float]] = []
    hollow: list[tuple[float, float, float, float]] = []
    for group in groups:
        x0 = x
        for column in group.columns:
            late = column.months[now - 1] == "missing"
            d.text(x + cell / 2, TOP - 0.75, column.mark, 6.5, "middle", BAD if late else INK, 700 if late else 400)
            for month, how in enumerate(column.months):
                y = TOP + month * step
                if how in SHADES:
                    filled.setdefault(how, []).append((x, y, cell, HEIGHT))
                    if how == "missing":
                        cx, cy, i = x + cell / 2, y + HEIGHT / 2, 0.62
                        crosses += [(cx - i, cy - i, cx + i, cy + i), (cx - i, cy + i, cx + i, cy - i)]
                else:
                    hollow.append((x + 0.12, y + 0.12, cell - 0.24, HEIGHT - 0.24))
            x += cell + GAP
        d.text(x0, 1.75, group.name, 6.4, "start", BRAND, 600)
        d.segments([(x0, 2.5, x - GAP, 2.5)], BRAND, 0.28)
        x += ZONE_GAP
    for how, places in filled.items():
        d.boxes(places, SHADES[how])
    d.segments(crosses, "#fff", 0.3)
    d.boxes(hollow, "none", HAIR)
    for month in range(12):
        here = month == now - 1
        d.text(
            LEFT - 1.2,
            TOP + month * step + HEIGHT * 0.78,
            MONTHS[month],
            6.5,
            "end",
            INK if month < now else INK3,
            700 if here else 400,
        )
    end = x - ZONE_GAP - GAP
    y = TOP + (now - 1) * step
    d.boxes([(LEFT - 0.55, y - 0.35, end - LEFT + 1.1, HEIGHT + 0.7)], "none", INK, 0.28)
    return d, end


def _counts(d: Drawing, groups: Sequence[Group], now: int, left: float, width: float) -> None:
    columns = [column for group in groups for column in group.columns]
    room = width - left - 5.2
    if room < 4:
        return
    d.text(left, 1.75, "ทันกำหนด", 6.4, "start", BRAND, 600)
    d.segments([(left, 2.5, width, 2.5)], BRAND, 0.28)
    d.text(width, TOP - 0.75, "หน่วย", 6.5, "end", INK2)
    for month in range(now):
        count = sum(1 for column in columns if column.months[month] == "on_time")
        y, here = TOP + month * (HEIGHT + GAP), month == now - 1
        d.rect(left, y + 0.35, room * count / max(1, len(columns)), HEIGHT - 0.7, ACTUAL if here else EARLIER)
        d.text(width, y + HEIGHT * 0.78, count, 6.5, "end", INK, 700 if here else 400)


def timeliness_key(how: str) -> Markup:
    """Return the sample of one shade for the key."""
    d = Drawing(3.4, 2.4)
    if how in SHADES:
        d.rect(0, 0, 3.4, 2.4, SHADES[how])
        if how == "missing":
            d.segments([(1.08, 0.58, 2.32, 1.82), (1.08, 1.82, 2.32, 0.58)], "#fff", 0.3)
    else:
        d.boxes([(0.12, 0.12, 3.16, 2.16)], "none", "#aeb8c0", 0.16)
    return d.markup()
