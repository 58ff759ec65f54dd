"""The extract's companion: what each budget code is called, and from when to when it is valid. No money.

Text as the extract is, or a sheet: budget code, end date, start date, name (shared domain.md section 5.3 b; the
headings themselves are not told there, so the usual words for each are known). It names the budget lines of its year.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence

from portal.errors import RuleBroken
from portal.imports import source
from portal.imports.rows import Number, Row, Sheet
from portal.imports.source import Given, Heading, Line, Shape, Statement
from portal.rules import fiscal, gfmis
from portal.rules.inputs import parse_date

HEADINGS = {
    "code": ("รหัสงบประมาณ",),
    "ends": ("วันที่สิ้นสุด", "วันสิ้นสุด", "ถึงวันที่", "มีผลถึงวันที่"),
    "starts": ("วันที่เริ่มต้น", "วันเริ่มต้น", "ตั้งแต่วันที่", "จากวันที่", "มีผลตั้งแต่วันที่"),
    "name": ("ชื่อรหัสงบประมาณ", "ชื่อ", "ชื่อรายการ", "คำอธิบาย", "รายการ"),
}
FOR_EVER = re.compile(r"31[./-]12[./-]9999|9999-12-31", re.ASCII)


def heading(head: Sequence[Row]) -> Heading | None:
    """Return where the headings stand."""
    return source.find_heading(head, HEADINGS, HEADINGS)


def read(sheet: Sheet, found: Heading, given: Given) -> Statement:
    """Read the names; those not valid at any time in the file's year are left out.

    The year is the one that was said, else the one in which most of the codes begin.
    """
    made = source.begin(SHAPE.slug, sheet, found, given)
    made.is_cumulative = False
    spans: list[tuple[Line, dt.date, dt.date]] = []
    names: dict[str, str] = {}
    last = found.last
    for number, row in sheet.rows():
        if number <= found.last:
            continue
        last = number
        if found.holds(row):
            source.note_repeated_heading(made, number)
            continue
        code, name = _code(made, number, row, found), source.text_at(row, found, "name")
        starts, ends = (_day(made, number, row, found, column) for column in ("starts", "ends"))
        source.note_lost_words(made, number, row, found, "name")
        if not name:
            made.fault(RuleBroken("This code has no name."), number, found.columns["name"])
        if starts is not None and ends is not None and ends < starts:
            made.fault(RuleBroken("The code ends before it begins."), number, found.columns["ends"])
        if code and starts is not None and ends is not None:
            spans.append((Line(number, code=code, name=name), starts, ends))
    year = given.year or made.year or _year(spans)
    for line, starts, ends in spans:
        if year is not None and starts <= fiscal.last_day(year) and ends >= fiscal.first_day(year):
            if names.setdefault(line.code, line.name) != line.name:
                made.fault(RuleBroken("Two names for one code in the same year."), line.row, found.columns["name"])
            made.lines.append(line)
    made.year = made.year or year
    return source.finish(made, sheet, found, given, last)


def _year(spans: Sequence[tuple[Line, dt.date, dt.date]]) -> int | None:
    counted = Counter(fiscal.year_of(starts) for _, starts, _ in spans)
    return max(counted, key=lambda year: (counted[year], year), default=None)


def _code(made: Statement, number: int, row: Sequence[str], found: Heading) -> str:
    cell = row[found.columns["code"]] if found.columns["code"] < len(row) else ""
    try:
        return gfmis.budget_code(cell, is_number=isinstance(cell, Number))
    except RuleBroken as wrong:
        made.fault(wrong, number, found.columns["code"])
        return ""


def _day(made: Statement, number: int, row: Sequence[str], found: Heading, column: str) -> dt.date | None:
    text = source.text_at(row, found, column)
    if FOR_EVER.fullmatch(text):
        return dt.date.max
    try:
        return parse_date(text)
    except RuleBroken as wrong:
        made.fault(wrong, number, found.columns[column])
        return None


SHAPE = Shape("companion", "Names of budget codes", heading, read)
