"""Shape (b): the extract for the Digital Government Agency: text, `|` between columns, ISO-8859-11, baht by month.

A "Grand Total" line comes first; `#` stands for not assigned; amounts are of one month and may be negative; a month
is written with the fiscal year; the same key may repeat; the % column is of its line only and never summed. Source:
shared domain.md section 5.3 (b).
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.errors import RuleBroken
from portal.imports import source
from portal.imports.rows import Number, Row, Sheet
from portal.imports.source import Given, Heading, Line, Shape, Statement
from portal.rules import gfmis
from portal.rules.fiscal import last_day

HEADINGS = {
    "strategy": ("รหัสยุทธศาสตร์การจัดสรร",),
    "agency": ("รหัสหน่วยงาน",),
    "unit": ("รหัสจังหวัด (พื้นที่)", "รหัสจังหวัด", "รหัสพื้นที่"),
    "work": ("รหัสลักษณะงาน",),
    "category": ("รหัสหมวดรายจ่าย",),
    "code": ("รหัสงบประมาณ",),
    "month": ("เดือน/ปีงบประมาณ", "เดือน/ปี งบประมาณ"),
    "nature": ("รหัสรายจ่ายประจำ/ลงทุน", "รายจ่ายประจำ/ลงทุน"),
    "act": ("พรบ.", "พ.ร.บ."),
    "after_transfers": ("งบฯ หลังโอน/ปป. ทั้งสิ้น",),
    "disbursed": ("เบิกจ่ายทั้งสิ้น (YTM)", "เบิกจ่ายทั้งสิ้น"),
    "percent": ("%", "ร้อยละ"),
}
NEEDED = ("unit", "category", "code", "month", "nature", "act", "after_transfers", "disbursed")
AMOUNTS = ("act", "after_transfers", "disbursed")


def heading(head: Sequence[Row]) -> Heading | None:
    """Return where the headings stand."""
    return source.find_heading(head, HEADINGS, NEEDED)


def read(sheet: Sheet, found: Heading, given: Given) -> Statement:
    """Read the lines of each month; the Grand Total line is the file's control total."""
    made = source.begin(SHAPE.slug, sheet, found, given)
    made.is_cumulative = False
    width = len(found.text)
    months: set[int] = set()
    last = found.last
    for number, row in sheet.rows():
        if number <= found.last:
            continue
        last = number
        if found.holds(row):
            source.note_repeated_heading(made, number)
        elif any(source.is_total(cell) for cell in row[:3]):
            _total(made, number, row, found)
        elif len(row) != width:
            made.fault(
                RuleBroken(
                    "The row has {n} columns, the headings have {of}: the file may have been cut off.",
                    n=len(row),
                    of=width,
                ),
                number,
            )
        else:
            _line(made, number, row, found, months)
    made.months = tuple(sorted(months))
    if made.year is not None and months and made.as_of is None:
        made.as_of = last_day(made.year, max(months))
    return source.finish(made, sheet, found, given, last)


def _total(made: Statement, number: int, row: Sequence[str], found: Heading) -> None:
    if made.totals is not None:
        made.fault(RuleBroken("A second total of the file: two files may have been put into one."), number)
    made.totals = source.amounts_at(made, number, row, found, AMOUNTS)
    made.checked += 1


def _line(made: Statement, number: int, row: Sequence[str], found: Heading, months: set[int]) -> None:
    amounts = source.amounts_at(made, number, row, found, AMOUNTS)
    cell = row[found.columns["code"]]
    code = gfmis.NOT_ASSIGNED
    if cell.strip() != gfmis.NOT_ASSIGNED:
        try:
            code = gfmis.budget_code(cell, is_number=isinstance(cell, Number))
        except RuleBroken as wrong:
            made.fault(wrong, number, found.columns["code"])
    source.note_lost_words(made, number, row, found, "unit", "category", "nature")
    month = _month(made, number, row, found)
    if month is not None:
        months.add(month)
    made.lines.append(
        Line(
            number,
            code="" if code == gfmis.NOT_ASSIGNED else code,
            unit=source.text_at(row, found, "unit"),
            category=source.text_at(row, found, "category"),
            nature=source.text_at(row, found, "nature"),
            month=month,
        ).put(amounts)
    )


def _month(made: Statement, number: int, row: Sequence[str], found: Heading) -> int | None:
    try:
        year, month = gfmis.month(row[found.columns["month"]])
    except RuleBroken as wrong:
        made.fault(wrong, number, found.columns["month"])
        return None
    if made.year is None:
        made.year = year
    elif made.year != year:
        made.fault(
            RuleBroken("Two fiscal years in one file: {year} and {other}.", year=made.year, other=year),
            number,
            found.columns["month"],
        )
    return month


SHAPE = Shape("extract", "GFMIS extract", heading, read)
