"""Marks of state and of change, drawn, never typed: no face of ours has the letters."""

from __future__ import annotations

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, BRAND, INK, INK2, INK3, WARN, Drawing

WORDS = {"bad": "ต่ำกว่าเกณฑ์", "warn": "เฝ้าระวัง", "ok": "ถึงเป้าหมาย", "none": "ไม่มีค่า", "up": "เพิ่มขึ้น", "down": "ลดลง"}


def mark(state: str, size: float = 2.6) -> Markup:
    """Return the mark of a standing (`bad`, `warn`, `ok`, `none`) or a change (`up`, `down`), `size` mm."""
    d, c = Drawing(size, size, alt=WORDS[state], kind="st"), size / 2
    if state == "bad":
        d.shape(f"M{c} 0L{size} {c}L{c} {size}L0 {c}Z", BAD)
    elif state == "warn":
        d.shape(f"M{c} .15L{size} {size - 0.15:.2f}L0 {size - 0.15:.2f}Z", WARN, INK, 0.16)
    elif state == "ok":
        d.dot(c, c, c - 0.25, "none", INK3, 0.34)
    elif state == "none":
        d.segments([(0.3, c, size - 0.3, c)], INK3, 0.34)
    else:
        tip, foot = (0.3, size - 0.1) if state == "up" else (size - 0.3, 0.1)
        wing = c + 0.2 if state == "up" else c - 0.2
        colour = INK if state == "up" else BAD
        d.segments([(c, tip, size - 0.2, wing), (c, tip, 0.2, wing), (c, tip, c, foot)], colour, 0.38)
    return d.markup()


def key(what: str) -> Markup:
    """Return a small sample of a chart's mark for its key."""
    d = Drawing(6.4, 2.4)
    if what == "actual":
        d.rect(0, 0.5, 5.8, 1.4, ACTUAL)
    elif what == "target":
        d = Drawing(1.4, 2.4)
        d.rect(0.4, 0.1, 0.56, 2.2, INK)
    elif what == "before":
        d = Drawing(3.2, 2.4)
        d.rect(0, 0.5, 3.2, 1.4, ACTUAL)
        d.segments([(1.6, 0.5, 1.6, 1.9)], "#fff", 0.32)
    elif what == "plan-bar":
        d.rect(0.2, 0.4, 5.6, 1.6, "#fff", INK, 0.3)
    elif what == "plan-line":
        d.segments([(0, 1.2, 6, 1.2)], INK3, 0.4)
    elif what == "actual-line":
        d.segments([(0, 1.2, 6, 1.2)], ACTUAL, 0.85)
    elif what == "spent-line":
        d.segments([(0, 1.2, 6, 1.2)], "#9fadb9", 0.7)
    elif what == "others":
        d.segments([(x, 0.2, x, 2.2) for x in (0.8, 1.9, 2.7, 3.8, 4.6)], "#8c99a4", 0.24)
    elif what == "median":
        d = Drawing(1.4, 2.4)
        d.segments([(0.7, 0, 0.7, 2.4)], INK2, 0.45)
    elif what == "aim":
        d = Drawing(2.6, 2.4)
        d.shape("M1.3 .4l1 1.6h-2z", "#fff", INK, 0.28)
    elif what in ("was", "is", "worse"):
        d = Drawing(2.8, 2.4)
        fill = {"was": "#fff", "is": ACTUAL, "worse": BAD}[what]
        d.dot(1.3, 1.2, 1.0, fill, INK2 if what == "was" else "", 0.35)
    elif what == "mine":
        d = Drawing(2.8, 2.4)
        d.dot(1.3, 1.2, 1.1, BRAND)
    return d.markup()
