"""Strip plots: where one office stands among all, without a league table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import BAD, BRAND, HAIR, INK, INK2, Drawing

LEFT, RIGHT, ROW = 46.0, 36.0, 7.9


@dataclass(frozen=True)
class Strip:
    """One measure of all offices. `mine` None = this office has no value; `rank` None = no rank is given."""

    name: str
    unit: str
    mine: float | None
    target: float | None
    all: tuple[float, ...]
    digits: int = 1
    rank: int | None = None
    is_shared_rank: bool = False
    is_count: bool = False


def strips(rows: Sequence[Strip], *, width: float = 167, who: str = "") -> Markup:
    """Return one strip a measure: every office a tick (a disc where values are counts), the median, the target,
    this office's mark, value and rank. Axes begin and end at the data's own range."""
    d = Drawing(width, 5.4 + len(rows) * ROW - 3.4, alt=f"{who} เทียบกับทุกหน่วยงาน")
    for i, row in enumerate(rows):
        _row(d, row, 5.4 + i * ROW, width - LEFT - RIGHT, i == 0)
    return d.markup()


def _row(d: Drawing, row: Strip, y: float, w: float, is_first: bool) -> None:
    d.text(0, y - 0.3, row.name, 9, "start", INK, 500)
    d.text(0, y + 3.3, row.unit, 7)
    seen = [v for v in (*row.all, row.mine, row.target) if v is not None]
    d.segments([(LEFT, y, LEFT + w, y)], HAIR, 0.2)
    if not row.all or not seen:
        d.text(LEFT, y + 1, "ไม่มีข้อมูล", 7.6)
        d.text(d.width - 20, y + 1.3, "-", 11, "end", INK2, 700)
        return
    low, high = min(seen), max(seen)
    span = max(high - low, 1e-9)

    def x(value: float) -> float:
        return LEFT + w * (0.02 + 0.96 * (value - low) / span)

    if row.is_count:
        for value in sorted(set(row.all)):
            d.dot(x(value), y, 0.42 * row.all.count(value) ** 0.5, "#c3ccd3")
    else:
        d.segments([(x(v), y - 1.35, x(v), y + 1.35) for v in row.all], "#8c99a4", 0.24)
    middle = sorted(row.all)[len(row.all) // 2]
    d.segments([(x(middle), y - 2.2, x(middle), y + 2.2)], INK2, 0.45)
    if is_first:
        d.text(x(middle), y - 2.9, f"ค่ากลาง {len(row.all)} หน่วย", 6.6, "middle")
    if row.target is not None:
        d.shape(f"M{x(row.target):.2f} {y + 1.7:.2f}l1 1.5h-2z", "#fff", INK, 0.28)
    if row.mine is None:
        d.text(LEFT - 1.5, y + 1, "ไม่มีข้อมูล", 6.8, "end")
        d.text(d.width - 20, y + 1.3, "-", 11, "end", INK2, 700)
        return
    good = row.target is None or row.mine >= row.target
    d.dot(x(row.mine), y, 1.55, BRAND if good else BAD, "#fff", 0.35)
    d.text(d.width - 20, y + 1.3, f"{row.mine:,.{row.digits}f}".replace("-", "−"), 11, "end", INK if good else BAD, 700)
    words = "-" if row.rank is None else f"อันดับ {row.rank}" + (" ร่วม" if row.is_shared_rank else "")
    d.text(d.width, y + 1.2, words, 8.2, "end")


def spread_strip(values: Sequence[float], target: float | None, *, width: float = 179, height: float = 11) -> Markup:
    """Return one strip of all offices on a labelled axis with the target above and the median below it.

    The axis reaches from a little below the least to a little above the greatest value, the target within.
    """
    d = Drawing(width, height, alt="การกระจายของทุกหน่วยงาน")
    w, y = width - 4, 5.4
    seen = [float(v) for v in (*values, target) if v is not None] or [0.0, 100.0]
    margin = max(1.0, (max(seen) - min(seen)) * 0.04)
    low, high = max(0.0, min(seen) - margin), max(seen) + margin

    def x(value: float) -> float:
        return 2 + w * (float(value) - low) / (high - low)

    d.segments([(2, y, 2 + w, y)], HAIR, 0.2)
    below = [v for v in values if target is not None and v < target]
    rest = [v for v in values if target is None or v >= target]
    d.segments([(x(v), y - 1.8, x(v), y + 1.8) for v in rest], "#8c99a4", 0.3)
    d.segments([(x(v), y - 1.8, x(v), y + 1.8) for v in below], BAD, 0.34)
    if values:
        middle = sorted(values)[len(values) // 2]
        d.segments([(x(middle), y - 2.6, x(middle), y + 2.6)], INK, 0.5)
        d.text(min(max(x(middle), 16), width - 16), height - 0.4, f"ค่ากลาง {middle:,.1f}", 6.8, "middle", INK, 600)
    if target is not None:
        d.shape(f"M{x(target):.2f} {y - 2:.2f}l1 -1.5h-2z", "#fff", INK, 0.28)
        d.text(min(max(x(target), 12), width - 12) + 2, 2.2, f"เป้า {target:,.1f}", 6.8)
    d.text(2, height - 0.4, f"{low:,.0f}", 6.6)
    d.text(2 + w, height - 0.4, f"{high:,.0f}", 6.6, "end")
    return d.markup()
