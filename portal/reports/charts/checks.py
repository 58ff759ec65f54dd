"""Matrix of checks: every office a column, every check a row; shade says how much was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import BAD, BRAND, HAIR, INK, INK2, Drawing

SHADES = {"clean": "#e1e8ed", "few": "#b3c5d2", "some": "#7592a8", "many": BAD}
HEIGHT, GAP, ZONE_GAP, LEFT, RIGHT, TOP = 3.1, 0.22, 1.35, 22.0, 12.0, 6.1
SOME, MANY = 3, 10


@dataclass(frozen=True)
class CheckColumn:
    """One office: its two-letter mark, and what each check found (None = not checked)."""

    mark: str
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class CheckGroup:
    """An inspection region and its offices."""

    name: str
    columns: tuple[CheckColumn, ...]


def shade(count: int | None) -> str:
    """Return the shade of a count: clean, few, some (from 3), many (from 10); empty where nothing was checked."""
    if count is None:
        return ""
    return "clean" if not count else "few" if count < SOME else "some" if count < MANY else "many"


def checks(groups: Sequence[CheckGroup], names: Sequence[str], *, width: float = 179) -> Markup:
    """Return the matrix in two rows of regions; how many offices are not clean stands at each row's right."""
    half, upper, split = sum(len(g.columns) for g in groups) / 2, 0, 0
    while split < len(groups) and upper < half:
        upper += len(groups[split].columns)
        split += 1
    above, below = groups[:split], groups[split:]
    room = width - LEFT - RIGHT - (len(above) - 1) * ZONE_GAP - upper * GAP
    cell = min(room / upper if upper else 4.0, 4.4)
    parts = [_panel(each, names, cell, width) for each in (above, below) if each]
    return Markup('<div style="height:2mm"></div>').join(parts)


def _panel(groups: Sequence[CheckGroup], names: Sequence[str], cell: float, width: float) -> Markup:
    step = HEIGHT + GAP
    d = Drawing(width, TOP + len(names) * step, alt="ผลการตรวจคุณภาพข้อมูลรายหน่วยงาน")
    filled: dict[str, list[tuple[float, float, float, float]]] = {}
    hollow: list[tuple[float, float, float, float]] = []
    crosses: list[tuple[float, float, float, float]] = []
    x = LEFT
    for group in groups:
        start = x
        for column in group.columns:
            is_bad = any(shade(count) == "many" for count in column.counts)
            d.text(x + cell / 2, TOP - 0.75, column.mark, 6.4, "middle", BAD if is_bad else INK, 700 if is_bad else 400)
            for n, count in enumerate(column.counts):
                y, tone = TOP + n * step, shade(count)
                if not tone:
                    hollow.append((x + 0.12, y + 0.12, cell - 0.24, HEIGHT - 0.24))
                    continue
                filled.setdefault(tone, []).append((x, y, cell, HEIGHT))
                if tone == "many":
                    cx, cy, i = x + cell / 2, y + HEIGHT / 2, 0.62
                    crosses += [(cx - i, cy - i, cx + i, cy + i), (cx - i, cy + i, cx + i, cy - i)]
            x += cell + GAP
        d.text(start, 1.75, group.name, 6.4, "start", BRAND, 600)
        d.segments([(start, 2.5, x - GAP, 2.5)], BRAND, 0.28)
        x += ZONE_GAP
    for tone, places in filled.items():
        d.boxes(places, SHADES[tone])
    d.segments(crosses, "#fff", 0.3)
    d.boxes(hollow, "none", HAIR)
    d.text(width, TOP - 0.75, "หน่วย", 6.4, "end", INK2)
    for n, name in enumerate(names):
        y = TOP + n * step + HEIGHT * 0.78
        found = sum(bool(column.counts[n]) for group in groups for column in group.columns)
        d.text(LEFT - 1.4, y, name, 7, "end", INK)
        d.text(width, y, found or "-", 7, "end", INK, 600 if found else 400)
    return d.markup()


def checks_key(tone: str) -> Markup:
    """Return the sample of one shade for the key; an empty one was not checked."""
    d = Drawing(3.4, 2.4)
    if tone in SHADES:
        d.rect(0, 0, 3.4, 2.4, SHADES[tone])
        if tone == "many":
            d.segments([(1.08, 0.58, 2.32, 1.82), (1.08, 1.82, 2.32, 0.58)], "#fff", 0.3)
    else:
        d.boxes([(0.12, 0.12, 3.16, 2.16)], "none", "#aeb8c0", 0.16)
    return d.markup()
