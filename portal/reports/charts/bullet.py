"""Bullet graph (Few): a dark bar for the value, a tick for the target, three greys for the bands."""

from __future__ import annotations

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, BANDS, EARLIER, INK, INK2, RULE, Drawing

WARN_FROM = 0.95


def bullet(
    value: float | None,
    target: float | None,
    before: float | None = None,
    *,
    standing: str = "ok",
    width: float = 58,
    height: float = 5.2,
    top: float = 100,
) -> Markup:
    """Return a bullet graph from 0 to `top`; `before` (last month) is a notch.

    No value: a dashed track. No target: no bands and no verdict. A value beyond `top` ends at it.
    """
    words = "ไม่มีค่า" if value is None else f"ผล {value:.1f}" + ("" if target is None else f" เป้าหมาย {target:.1f}")
    d = Drawing(width, height, alt=words)
    k = width / top
    if value is None:
        d.line(
            [
                (0.1, height * 0.3),
                (width - 0.1, height * 0.3),
                (width - 0.1, height * 0.7),
                (0.1, height * 0.7),
                (0.1, height * 0.3),
            ],
            RULE,
            0.2,
            ".9 .7",
        )
        return d.markup()
    if target is None:
        d.rect(0, 0, width, height, BANDS[2])
    else:
        aim = min(target, top)
        d.rect(0, 0, aim * WARN_FROM * k, height, BANDS[0])
        d.rect(aim * WARN_FROM * k, 0, aim * (1 - WARN_FROM) * k, height, BANDS[1])
        d.rect(aim * k, 0, width - aim * k, height, BANDS[2])
    bar = max(0.0, min(value, top))
    d.rect(0, height * 0.3, bar * k, height * 0.4, {"bad": BAD, "none": EARLIER}.get(standing, ACTUAL))
    if before is not None:
        x = max(0.0, min(before, top)) * k
        d.segments([(x, height * 0.3, x, height * 0.7)], "#fff" if before < value else INK2, 0.32)
    if target is not None:
        d.rect(min(target, top) * k - 0.28, height * 0.08, 0.56, height * 0.84, INK)
    return d.markup()


def bullet_axis(width: float = 58, top: float = 100) -> Markup:
    """Return the common axis under a column of bullet graphs."""
    d = Drawing(width, 2.6)
    for part in (0, 0.25, 0.5, 0.75, 1):
        align = "start" if part == 0 else "end" if part == 1 else "middle"
        d.text(width * part, 2.3, f"{top * part:g}", 6.4, align)
    return d.markup()


def deviation(points: float | None, *, width: float = 22, height: float = 3, top: float = 15) -> Markup:
    """Return a bar left (below) or right (above) of the target line; `points` are percentage points."""
    d = Drawing(width, height)
    centre = width / 2
    d.segments([(centre, 0, centre, height)], INK2, 0.25)
    if points is not None:
        x = max(-top, min(top, points)) / top * centre
        d.rect(centre + min(0.0, x), 0.65, abs(x), height - 1.3, ACTUAL if points >= 0 else BAD)
    return d.markup()
