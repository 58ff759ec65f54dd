"""Shape (c): the treasury's workbook for parliament: million baht, "-" for zero, sums to date, names instead of codes.

Carry-over of earlier years stands in columns of its own; it is kept apart from the year's budget and not taken in.
Source: shared domain.md sections 4.4 and 5.3 (c).
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.errors import RuleBroken
from portal.imports import source
from portal.imports.rows import Row, Sheet
from portal.imports.source import Given, Heading, Line, Shape, Statement
from portal.rules import gfmis
from portal.rules.inputs import THAI_DIGITS

HEADINGS = {
    "year": ("ปีงบประมาณ",),
    "ministry": ("กระทรวง",),
    "unit": ("หน่วยงาน",),
    "strategy": ("ยุทธศาสตร์การจัดสรร",),
    "plan": ("แผนงาน",),
    "project": ("ผลผลิต/โครงการ",),
    "work": ("งาน/โครงการ",),
    "category": ("งบรายจ่าย",),
    "nature": ("รายจ่ายประจำ/ลงทุน",),
    "name": ("ชื่อรหัสงบประมาณ",),
    "act": ("พรบ.", "พ.ร.บ."),
    "after_transfers": ("งบฯ หลังโอน/ปป. ทั้งสิ้น",),
    "ordered": ("PO ทั้งสิ้น",),
    "disbursed": ("เบิกจ่ายทั้งสิ้น",),
    "with_orders": ("เบิกจ่ายรวม PO",),
    "carried": ("เงินกันฯ สุทธิ",),
    "carried_paid": ("เบิกจ่ายเหลื่อมปี",),
    "left": ("คงเหลือรวม",),
}
NEEDED = ("year", "unit", "category", "nature", "name", "act", "after_transfers", "ordered", "disbursed")
AMOUNTS = ("act", "after_transfers", "ordered", "disbursed")


def heading(head: Sequence[Row]) -> Heading | None:
    """Return where the headings stand."""
    return source.find_heading(head, HEADINGS, NEEDED)


def read(sheet: Sheet, found: Heading, given: Given) -> Statement:
    """Read the lines; a row whose first text is a sum is held against them."""
    made = source.begin(SHAPE.slug, sheet, found, given)
    blocks, last = source.Blocks(), found.last
    for number, row in sheet.rows():
        if number <= found.last:
            continue
        last = number
        title = next((cell for cell in row if cell.strip()), "")
        if found.holds(row):
            source.note_repeated_heading(made, number)
        elif source.is_total(title):
            if made.totals is not None:
                made.fault(RuleBroken("A second total of the file: two files may have been put into one."), number)
            made.totals = source.amounts_at(made, number, row, found, AMOUNTS, gfmis.MILLION_BAHT)
            made.checked += 1
        elif source.is_subtotal(title):
            made.checked += 1
            if not blocks.close(source.amounts_at(made, number, row, found, AMOUNTS, gfmis.MILLION_BAHT)):
                made.fault(RuleBroken("This sub-total is not the sum of the lines above it."), number)
        elif source.text_at(row, found, "name") or source.text_at(row, found, "category"):
            _line(made, blocks, number, row, found)
        else:
            made.titles += 1
    return source.finish(made, sheet, found, given, last)


def _line(made: Statement, blocks: source.Blocks, number: int, row: Sequence[str], found: Heading) -> None:
    amounts = source.amounts_at(made, number, row, found, (*AMOUNTS, "with_orders"), gfmis.MILLION_BAHT)
    together = amounts.pop("with_orders", None)
    if together is not None and together != amounts.get("ordered", 0) + amounts.get("disbursed", 0):
        made.fault(
            RuleBroken("The row does not add up: disbursed and purchase orders are not what it says they come to."),
            number,
            found.columns["with_orders"],
        )
    year = source.text_at(row, found, "year").translate(THAI_DIGITS)
    if not (year.isascii() and year.isdigit()):
        made.fault(RuleBroken("“{text}” is not a fiscal year.", text=year[:20]), number, found.columns["year"])
    elif made.year is None:
        made.year = int(year)
    elif int(year) != made.year:
        made.fault(
            RuleBroken("Two fiscal years in one file: {year} and {other}.", year=made.year, other=int(year)),
            number,
            found.columns["year"],
        )
    if not source.text_at(row, found, "name"):
        made.fault(RuleBroken("This row has amounts but no name of a budget code."), number, found.columns["name"])
    source.note_lost_words(made, number, row, found, "name", "unit", "project", "category", "nature")
    blocks.add(amounts)
    made.lines.append(
        Line(
            number,
            name=source.text_at(row, found, "name"),
            unit=source.text_at(row, found, "unit"),
            project=source.text_at(row, found, "project"),
            category=source.text_at(row, found, "category"),
            nature=source.text_at(row, found, "nature"),
        ).put(amounts)
    )


SHAPE = Shape("treasury", "Treasury workbook", heading, read)
