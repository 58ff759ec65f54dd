"""Pareto: causes by how often they are told, with the share that they and all before them make."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, EARLIER, INK, INK2, Drawing

ROW = 6.2


def pareto(rows: Sequence[tuple[str, int]], *, total: int, width: float = 167, left: float = 92) -> Markup:
    """Return one bar a cause, in the order given; `total` counts everything told, also what is not shown."""
    d = Drawing(width, 4.6 + ROW * len(rows), alt="; ".join(f"{name} {count}" for name, count in rows))
    most = max((count for _, count in rows), default=0) or 1
    right, passed = 34.0, 0
    d.text(width, 2.4, "สะสมร้อยละ", 6.6, "end")
    for n, (name, count) in enumerate(rows):
        y = 4.6 + ROW * n
        before, passed = passed, passed + count
        # Those that together make the first four fifths are dark.
        is_vital = total > 0 and before * 100 < total * 80
        d.text(left - 1.6, y + 3.9, name, 7.4, "end", INK)
        d.rect(left, y + 0.9, (width - left - right) * count / most, ROW - 2, ACTUAL if is_vital else EARLIER)
        d.text(left + (width - left - right) * count / most + 1.2, y + 3.9, f"{count:,}", 7.4, "start", INK, 600)
        if total:
            d.text(width, y + 3.9, f"{passed * 100 / total:.1f}", 7.2, "end", INK2)
    return d.markup()
