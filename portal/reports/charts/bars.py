"""Bars: plan outlined, actual solid; month by month, or one under another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import (
    ACTUAL,
    BAD,
    BRAND,
    BRAND2,
    EARLIER,
    HAIR,
    INK,
    INK2,
    INK3,
    MONTHS,
    Drawing,
    round_top,
)


def months(
    plan: Sequence[float | None],
    actual: Sequence[float | None],
    *,
    now: int,
    unit: str,
    width: float = 86.5,
    height: float = 40,
) -> Markup:
    """Return twelve pairs of bars: the plan as an outline, what was done as a solid bar inside it."""
    known = [v for v in (*plan, *actual) if v is not None]
    end, step = round_top(max(known, default=0.0))
    left, upper, lower = 9.0, 4.0, 4.6
    w, h = width - left, height - upper - lower
    d = Drawing(width, height, alt=f"{unit} รายเดือน แผนและผล")

    def y(value: float) -> float:
        return upper + h * (1 - max(0.0, value) / end)

    ticks = [step * i for i in range(round(end / step) + 1)]
    d.segments([(left, y(v), left + w, y(v)) for v in ticks[1:]], HAIR, 0.2)
    for value in ticks:
        d.text(left - 1.2, y(value) + 0.8, f"{value:,.10g}", 6.6, "end")
    d.text(0, 1.9, unit, 6.6)
    slot = w / 12
    for month in range(12):
        x = left + slot * month
        d.text(
            x + slot / 2,
            height - 1.1,
            MONTHS[month],
            6.2,
            "middle",
            INK if month < now else INK3,
            700 if month == now - 1 else 400,
        )
        meant = plan[month] if month < len(plan) else None
        done = actual[month] if month < len(actual) else None
        if done is not None:
            d.rect(x + slot * 0.24, y(done), slot * 0.52, upper + h - y(done), ACTUAL)
        if meant is not None:
            d.rect(
                x + slot * 0.12, y(meant), slot * 0.76, upper + h - y(meant), "none", INK if month < now else INK3, 0.26
            )
    d.segments([(left, upper + h, left + w, upper + h)], INK, 0.3)
    return d.markup()


def share_bar(parts: Sequence[float], tones: Sequence[str] = (), *, width: float = 42, height: float = 4.2) -> Markup:
    """Return one bar split in proportion to `parts`; dark to light unless `tones` says otherwise."""
    d = Drawing(width, height)
    total = sum(parts)
    x = 0.0
    for i, part in enumerate(parts):
        w = width * part / total if total else 0.0
        tone = tones[i] if tones else (BRAND, BRAND2, "#dfe6e8", "#eef2f3", "#f6f8f8")[min(i, 4)]
        d.rect(x, 0, max(0.0, w - 0.25), height, tone)
        x += w
    if not total:
        d.segments([(0, height / 2, width, height / 2)], HAIR, 0.3)
    return d.markup()


@dataclass(frozen=True)
class Row:
    """One line of `stacked`: a name and its parts."""

    name: str
    parts: tuple[int, ...]
    is_strong: bool = False


def stacked(rows: Sequence[Row], heads: Sequence[str], *, width: float = 51, left: float = 10) -> Markup:
    """Return bars of equal length split by share, each part with its count, parts named above the first bar."""
    tones = (BRAND, BRAND2, "#dfe6e8", "#ffffff")
    d = Drawing(width, 4.4 + 9.2 * len(rows), alt=" ".join(f"{r.name}: {', '.join(map(str, r.parts))}" for r in rows))
    for i, row in enumerate(rows):
        y, x, total = 4.4 + i * 9.2, left, sum(row.parts)
        d.text(left - 1.6, y + 4.1, row.name, 7.4, "end", INK, 700 if row.is_strong else 400)
        if not total:
            d.text(left, y + 4.1, "ไม่มีข้อมูล", 7.2)
            continue
        for j, count in enumerate(row.parts):
            w = (width - left) * count / total
            d.rect(x, y, w - 0.25, 6, tones[j], INK3 if j == 3 else "", 0.16)
            if w > 4.2:
                d.text(x + w / 2, y + 4.1, f"{count:,}", 7.4, "middle", "#fff" if j == 0 else INK, 600)
            if i == 0 and w > 4.2:
                d.text(x + w / 2, 2.9, heads[j], 6.6, "middle", INK2)
            x += w
    return d.markup()


def level(
    value: float | None,
    target: float | None,
    *,
    width: float = 34,
    height: float = 3,
    top: float = 120,
    bad: bool = False,
) -> Markup:
    """Return a thin bar with a target tick for a table's row; nothing but a dash where there is no value."""
    d = Drawing(width, height)
    if value is None:
        d.segments([(0, height / 2, 2.2, height / 2)], INK3, 0.3)
        return d.markup()
    k = width / top
    d.rect(0, height * 0.2, width, height * 0.6, "#eef1f3")
    d.rect(0, height * 0.2, max(0.0, min(value, top)) * k, height * 0.6, BAD if bad else ACTUAL)
    if target is not None:
        d.rect(min(target, top) * k - 0.22, 0, 0.44, height, INK2)
    return d.markup()


def spread(counts: Sequence[tuple[str, int]], *, width: float = 82, row: float = 5.2, left: float = 34) -> Markup:
    """Return horizontal bars of counts, longest room for names `left`, each with its number."""
    d = Drawing(width, max(1.0, row * len(counts)), alt=", ".join(f"{name} {count}" for name, count in counts))
    most = max((count for _, count in counts), default=0) or 1
    for i, (name, count) in enumerate(counts):
        y = i * row
        d.text(left - 1.6, y + row * 0.66, name, 7.6, "end", INK)
        d.rect(left, y + row * 0.18, (width - left - 13) * count / most, row * 0.58, EARLIER if i else ACTUAL)
        d.text(left + (width - left - 13) * count / most + 1.2, y + row * 0.66, f"{count:,}", 7.4, "start", INK, 600)
    return d.markup()
