"""Tile map: one equal square a province, neighbours kept near one another. Provinces go by their two-letter marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from decimal import Decimal

from markupsafe import Markup

from portal import formats
from portal.reports.charts.drawing import BRAND, BRAND2, INK, INK3, Drawing
from portal.reports.said import said

ROWS = (
    ". . ชร . . . . . . .",
    "มส ชม พย นน . . . . . .",
    ". ลพ ลป พร . . นค บก . .",
    ". . สท อต ลย นภ อด สน นพ .",
    ". ตก กพ พล พช ขก มค กส มห .",
    ". อน นว พจ ลบ ชย รอ ยส อจ .",
    ". ชน สห อท สบ นม บร สร ศก อบ",
    "กจ สพ อย ปท นย ปจ สก . . .",
    "รบ นฐ นบ กท ฉช . . . . .",
    "พบ สส สค สป ชบ จบ . . . .",
    "ปข . . . รย ตร . . . .",
    "ชพ . . . . . . . . .",
    "รน สฎ . . . . . . . .",
    "พง กบ นศ . . . . . . .",
    "ภก ตง พท . . . . . . .",
    ". สต สข ปน . . . . . .",
    ". . . ยล นธ . . . . .",
)
PLACES = {mark: (x, y) for y, row in enumerate(ROWS) for x, mark in enumerate(row.split()) if mark != "."}
STEPS = ("#f0f3f4", "#d3dfde", "#9db8b5", "#54857f", "#0b4f4a")


def locator(mine: str, around: Set[str], *, tile: float = 3.05, gap: float = 0.32) -> Markup:
    """Return the map with one province dark and its region's others lighter."""
    d = Drawing(10 * (tile + gap) - gap, len(ROWS) * (tile + gap) - gap)
    tones: dict[str, list[tuple[float, float, float, float]]] = {}
    for mark, (x, y) in PLACES.items():
        tone = BRAND if mark == mine else BRAND2 if mark in around else "#e3e8ea"
        tones.setdefault(tone, []).append((x * (tile + gap), y * (tile + gap), tile, tile))
    for tone, places in tones.items():
        d.boxes(places, tone)
    return d.markup()


def shares(
    values: Mapping[str, Decimal | None],
    edges: tuple[float, float, float, float],
    *,
    tile: float = 8.6,
    gap: float = 0.5,
    key: str = "",
) -> Markup:
    """Return the map shaded in five steps of one hue cut at `edges`, each tile with its mark and whole number;
    a province without a value is hatched by an outline and a dash. `key` begins the keys of the numbers' passports."""
    d = Drawing(10 * (tile + gap) - gap, len(ROWS) * (tile + gap) - gap, alt="แผนที่ตารางรายจังหวัด")
    for mark, (column, row) in PLACES.items():
        x, y = column * (tile + gap), row * (tile + gap)
        value = values.get(mark)
        if value is None:
            d.boxes([(x + 0.1, y + 0.1, tile - 0.2, tile - 0.2)], "#fff", INK3, 0.2)
            shown, ink = "-", INK
        else:
            step = sum(value >= edge for edge in edges)
            d.rect(x, y, tile, tile, STEPS[step])
            shown = said(f"{key}.{mark}", formats.num(value)) if key else f"{value:.0f}"
            ink = "#fff" if step >= 3 else INK
        d.text(x + tile / 2, y + tile * 0.42, mark, 6.4, "middle", ink)
        d.text(x + tile / 2, y + tile * 0.84, shown, 7.8, "middle", ink, 600)
    return d.markup()


def region_map(regions: Sequence[Sequence[str]], *, tile: float = 6.2, gap: float = 0.4) -> Markup:
    """Return the map with every province's mark, neighbouring regions in different tones, each named by its number."""
    d = Drawing(10 * (tile + gap) - gap, len(ROWS) * (tile + gap) - gap, alt="แผนที่ตารางเขตตรวจราชการ")
    for n, marks in enumerate(regions):
        step = n % 4
        places = [
            (PLACES[mark][0] * (tile + gap), PLACES[mark][1] * (tile + gap), tile, tile)
            for mark in dict.fromkeys(marks)
            if mark in PLACES
        ]
        d.boxes(places, STEPS[step + 1])
        for mark, (x, y, _, _) in zip((m for m in dict.fromkeys(marks) if m in PLACES), places, strict=True):
            ink = "#fff" if step >= 2 else INK
            d.text(x + tile / 2, y + tile * 0.45, mark, 6.4, "middle", ink, 600)
            d.text(x + tile / 2, y + tile * 0.86, n or "กทม.", 6.4, "middle", ink)
    return d.markup()


def step_key(step: int) -> Markup:
    """Return the sample of one step for the key (0..4)."""
    d = Drawing(3.4, 2.4)
    d.boxes([(0.1, 0.1, 3.2, 2.2)], STEPS[step], "#aeb8c0", 0.12)
    return d.markup()
