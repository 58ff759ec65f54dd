"""How many of a pack's figures can be traced: every number in a table has a passport, but for the kinds named here."""

import re
from html import unescape

from portal.reports import render, sheets
from portal.reports.whole import NO_ISSUE

CELL = re.compile(r'<td class="(?:n|c)\b[^"]*"[^>]*>(.*?)</td>', re.DOTALL)
# What has no passport on purpose, by chapter: counts of months, records and words, days, numbers of rows, and what
# belongs to one record or one office and is found under its own address.
WITHOUT = {
    "decisions": r"\d+",  # months in a row below what is asked
    "timeliness": r"\d+ จาก \d+|\d+",  # months late of months due, in a row; reports returned for a cause
    "projects": r"\d+ \S+ \d\d",  # the day on which a project ends
    "risk": r".*",  # offices furthest behind, and how often a problem was told
    "kpi": r"\d+",  # how often a cause was told
    "visits": r"[\d,]+",  # visits planned of one institution, sums of classes
    "quality": r"\d+ จาก \d+|[\d.,]+",  # reports missing and the part of the plan they hold; values carried forward
    "offices": r"\d+|\d+/\d+",  # the number of the row, indicators and offices counted
}


def test_every_number_in_a_packs_tables_has_a_passport_but_for_kinds_that_are_named(year):
    frozen = sheets.thawed(year["pack"])
    known, cells, without = frozenset(frozen.figures), 0, []

    for sheet in sheets.sheets(frozen, NO_ISSUE):
        for cell in CELL.findall(sheets.filled(sheet, frozen.book, frozen.cut)):
            cells += bool(re.search(r"\d", _read(cell)))
            left = _read(render.FIGURES.sub(lambda each: "" if each[1] in known else each[2], cell))
            if re.search(r"\d", left):
                without.append((sheet.chapter.slug, left))

    strange = [(slug, words) for slug, words in without if not re.fullmatch(WITHOUT.get(slug, ""), words)]
    assert strange == []
    assert len(without) < cells / 4


def _read(cell):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", re.sub(r"<svg.*?</svg>", "", cell, flags=re.DOTALL))).split())
