"""Drawings in millimetres: shapes as SVG, labels as HTML laid over them.

WeasyPrint sets SVG text letter by letter, which breaks Thai vowels and tone marks; a label laid over the drawing
is right in print and on the screen, and can be searched. Colours carry meaning by lightness first, so that a
grey copy says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape

from markupsafe import Markup

from portal.reports.said import linked, plain

INK, INK2, INK3, RULE, HAIR = "#16202b", "#46525e", "#6a7681", "#aeb8c0", "#d9dfe3"
ACTUAL, EARLIER, BRAND, BRAND2 = "#22384c", "#9fadb9", "#0b4f4a", "#9db8b5"
BAD, WARN = "#951f16", "#d4841c"
BANDS = ("#cfd6db", "#dfe4e8", "#eef1f3")
MONTHS = ("ต.ค.", "พ.ย.", "ธ.ค.", "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.")

ASCENT, DESCENT = 1.068, 0.232  # Sarabun, em
POINT = 0.3528  # mm

Point = tuple[float, float]

_on_screen: ContextVar[bool] = ContextVar("drawn for the screen", default=False)


@contextmanager
def on_screen() -> Iterator[None]:
    """Let drawings made inside be pictures whole in themselves: labels are SVG text, and nothing needs a style.

    A browser sets Thai rightly in SVG, and the portal's pages allow no style within a page.
    """
    mark = _on_screen.set(True)
    try:
        yield
    finally:
        _on_screen.reset(mark)


@dataclass
class Drawing:
    """A drawing of `width` by `height` mm that grows shape by shape. `alt` says it in words."""

    width: float
    height: float
    alt: str = ""
    kind: str = ""
    shapes: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "", line: float = 0.2) -> None:
        """Add a box; one of no width or height is left out."""
        if w <= 0 or h <= 0:
            return
        edge = f' stroke="{stroke}" stroke-width="{line}"' if stroke else ""
        self.shapes.append(f'<path d="{box(x, y, w, h)}" fill="{fill}"{edge}/>')

    def boxes(
        self, places: Iterable[tuple[float, float, float, float]], fill: str, stroke: str = "", line: float = 0.16
    ) -> None:
        """Add many boxes of one colour as one shape: a thousand cells cost no more than a few."""
        d = "".join(box(*place) for place in places)
        if d:
            edge = f' stroke="{stroke}" stroke-width="{line}"' if stroke else ""
            self.shapes.append(f'<path d="{d}" fill="{fill}"{edge}/>')

    def segments(
        self, ends: Iterable[tuple[float, float, float, float]], stroke: str = INK, line: float = 0.25, dash: str = ""
    ) -> None:
        """Add straight lines of one make as one shape."""
        d = "".join(f"M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}" for x1, y1, x2, y2 in ends)
        if d:
            self.shapes.append(f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{line}"{_dash(dash)}/>')

    def line(self, points: Sequence[Point], stroke: str = INK, line: float = 0.35, dash: str = "") -> None:
        """Add a broken line through `points`."""
        if len(points) > 1:
            d = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
            self.shapes.append(
                f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{line}" '
                f'stroke-linejoin="round"{_dash(dash)}/>'
            )

    def dot(self, x: float, y: float, r: float, fill: str, stroke: str = "", line: float = 0.3) -> None:
        """Add a disc."""
        edge = f' stroke="{stroke}" stroke-width="{line}"' if stroke else ""
        self.shapes.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" fill="{fill}"{edge}/>')

    def shape(self, d: str, fill: str = "none", stroke: str = "", line: float = 0.3) -> None:
        """Add a path written in SVG's own words."""
        edge = f' stroke="{stroke}" stroke-width="{line}" stroke-linejoin="round"' if stroke else ""
        self.shapes.append(f'<path d="{d}" fill="{fill}"{edge}/>')

    def text(
        self,
        x: float,
        y: float,
        words: object,
        size: float = 6.6,
        align: str = "start",
        colour: str = INK2,
        weight: int = 400,
    ) -> None:
        """Add a label with its baseline at (x, y); `size` in points; `align` start, middle or end.

        A figure with a passport stands in it as `portal.reports.said.said` writes it.
        """
        top = y - size * POINT * (0.5 + (ASCENT - DESCENT) / 2)
        place = {
            "start": f"left:{x:.2f}mm",
            "end": f"right:{self.width - x:.2f}mm;text-align:right",
            "middle": f"left:{x - 20:.2f}mm;width:40mm;text-align:center",
        }[align]
        style = f"{place};top:{top:.2f}mm;font-size:{size:g}pt;color:{colour}" + (
            f";font-weight:{weight}" if weight != 400 else ""
        )
        self.labels.append(f'<span style="{style}">{linked(str(words))}</span>')
        heavy = f' font-weight="{weight}"' if weight != 400 else ""
        self.texts.append(
            f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size * POINT:.2f}" text-anchor="{align}" fill="{colour}"'
            f"{heavy}>{escape(plain(str(words)))}</text>"
        )

    def markup(self) -> Markup:
        """Return the drawing as HTML."""
        w, h = f"{self.width:g}", f"{self.height:g}"
        role = f' role="img" aria-label="{escape(plain(self.alt))}"' if self.alt else ' aria-hidden="true"'
        kind = f' class="{self.kind}"' if self.kind else ""
        svg = (
            f'<svg{kind}{role} xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" '
            f'viewBox="0 0 {w} {h}">{"".join(self.shapes)}</svg>'
        )
        if _on_screen.get():
            box = f'viewBox="0 0 {w} {h}"'
            drawn = "".join((*self.shapes, *self.texts))
            return Markup(f'<svg{kind}{role} xmlns="http://www.w3.org/2000/svg" {box}>{drawn}</svg>')
        if not self.labels:
            return Markup(svg)
        return Markup(f'<div class="ch" style="width:{w}mm;height:{h}mm">{svg}{"".join(self.labels)}</div>')


def box(x: float, y: float, w: float, h: float) -> str:
    """Return the path of a box."""
    return f"M{x:.2f} {y:.2f}h{w:.2f}v{h:.2f}h{-w:.2f}z"


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def round_top(greatest: float) -> tuple[float, float]:
    """Return a round end for an axis from 0 that holds `greatest`, and the step between its lines."""
    if greatest <= 0:
        return 1.0, 1.0
    size = 1.0
    while size * 10 <= greatest:
        size *= 10
    while size > greatest:
        size /= 10
    for steps, top in (
        (5, 1.0),
        (4, 1.2),
        (4, 1.6),
        (4, 2.0),
        (5, 2.5),
        (3, 3.0),
        (4, 4.0),
        (5, 5.0),
        (3, 6.0),
        (4, 8.0),
        (5, 10.0),
    ):
        if greatest <= size * top * 1.0001:
            return size * top, size * top / steps
    return size * 10, size * 2
