"""Squares: one for each office, in groups by how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, BAD, HAIR, INK, INK2, INK3, Drawing

SIDE, GAP, GROUP_GAP = 3.1, 0.55, 3.4
FILLS = {"done": (ACTUAL, ""), "going": ("#7592a8", ""), "begun": ("#ccd6dd", ""), "late": (BAD, "×"), "none": ("", "")}


@dataclass(frozen=True)
class Pile:
    """Offices that are equally far: `make` is done, going, begun, late or none; `words` stand under the squares."""

    make: str
    words: str
    count: int


def squares(piles: Sequence[Pile], *, width: float = 179, unit: str = "หน่วย") -> Markup:
    """Return the piles side by side, each in as many columns as its share of the width allows, with its count."""
    shown = [pile for pile in piles if pile.count]
    if not shown:
        return Markup("")
    most = max(1, int((width - GROUP_GAP * (len(shown) - 1)) // (SIDE + GAP)))
    total = sum(pile.count for pile in shown)
    rows = max(1, -(-total // max(1, most - 2 * len(shown))))
    columns = [max(6, -(-pile.count // rows)) for pile in shown]
    while sum(columns) > most and rows < 12:
        rows += 1
        columns = [max(6, -(-pile.count // rows)) for pile in shown]
    d = Drawing(width, rows * (SIDE + GAP) + 7.6, alt=", ".join(f"{pile.words} {pile.count} {unit}" for pile in shown))
    x = 0.0
    for pile, wide in zip(shown, columns, strict=True):
        places = [(x + (n % wide) * (SIDE + GAP), (n // wide) * (SIDE + GAP), SIDE, SIDE) for n in range(pile.count)]
        fill, sign = FILLS[pile.make]
        if fill:
            d.boxes(places, fill)
        else:
            d.boxes([(a + 0.1, b + 0.1, w - 0.2, h - 0.2) for a, b, w, h in places], "#fff", INK3, 0.2)
        if sign:
            i = 0.75
            d.segments(
                [
                    line
                    for a, b, w, h in places
                    for line in (
                        (a + i, b + i, a + w - i, b + h - i),
                        (a + i, b + h - i, a + w - i, b + i),
                    )
                ],
                "#fff",
                0.3,
            )
        y = rows * (SIDE + GAP)
        d.text(x, y + 2.6, f"{pile.count:,} {unit}", 7.8, "start", BAD if pile.make == "late" else INK, 700)
        d.text(x, y + 6, pile.words, 7, "start", INK2)
        x += wide * (SIDE + GAP) + GROUP_GAP
    d.segments([(0, d.height - 0.1, 0.1, d.height - 0.1)], HAIR, 0.1)
    return d.markup()
