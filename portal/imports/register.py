"""Shape (d): the register that an office keeps of its own money. Baht, sums to date, totals repeated at each level.

Rows nest plan, main activity or project, item; a line of money is a row that names its category of expense, the rows
above it repeat the sums of what lies under them. The form of fiscal 2566 has one row of headings, that of 2568 three,
with an increase or decrease and with disbursed split into with and without purchase orders. Source: shared domain.md
section 5.3 (d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.errors import RuleBroken
from portal.imports import source
from portal.imports.rows import Row, Sheet
from portal.imports.source import Given, Heading, Line, Shape, Statement
from portal.rules import gfmis
from portal.rules.inputs import parse_text

HEADINGS = {
    "title": ("แผนงาน/กิจกรรม/โครงการ", "แผนงาน/กิจกรรมหลัก/โครงการ", "แผนงาน/โครงการ/กิจกรรม", "แผนงาน/กิจกรรม/รายการ"),
    "category": ("งบรายจ่าย",),
    "planned": ("งบประมาณตามแผน",),
    "change": ("เพิ่ม/ลด", "เพิ่ม/(ลด)", "โอนเพิ่ม/ลด"),
    "received": ("งบประมาณที่รับโอน", "งบประมาณที่ได้รับโอน"),
    "disbursed": ("เบิกจ่ายแล้ว", "เบิกจ่ายแล้วไม่รวมPO", "เบิกจ่ายไม่รวมPO"),
    "with_orders": ("เบิกจ่ายแล้วรวมPO", "เบิกจ่ายรวมPO", "เบิกจ่ายแล้วทั้งหมด", "เบิกจ่ายทั้งหมด", "เบิกจ่ายทั้งหมด(รวมPO)"),
    "left": ("คงเหลือทั้งสิ้น", "คงเหลือ"),
    "percent": ("ร้อยละเบิกจ่าย", "ร้อยละเบิกจ่ายไม่รวมPO"),
    "percent_with": ("ร้อยละเบิกจ่ายรวมPO", "ร้อยละเบิกจ่ายทั้งหมด", "ร้อยละเบิกจ่ายทั้งหมด(รวมPO)"),
}
NEEDED = ("title", "category", "planned", "received", "disbursed", "left")
AMOUNTS = ("planned", "change", "received", "disbursed", "with_orders", "left")
OFFICES = ("สำนักงานสหกรณ์จังหวัด", "สำนักงานส่งเสริมสหกรณ์")


def heading(head: Sequence[Row]) -> Heading | None:
    """Return where the headings stand, one to three rows of them."""
    return source.find_heading(head, HEADINGS, NEEDED, depth=3)


@dataclass
class _Level:
    """A row that repeats the sums of the lines under it."""

    row: int
    title: str
    is_plan: bool
    said: dict[str, int]
    summed: dict[str, int] = field(default_factory=dict)
    has_lines: bool = False


def read(sheet: Sheet, found: Heading, given: Given) -> Statement:
    """Read the lines; hold every repeated sum against the lines under it."""
    made = source.begin(SHAPE.slug, sheet, found, given)
    made.covers_one_unit = True
    office = _office(sheet, found) or given.unit
    if not office:
        made.fault(RuleBroken("The file does not say which office it is of. Please say so."))
    open_levels: list[_Level] = []
    last = found.last
    for number, row in sheet.rows():
        if number <= found.last:
            continue
        last = number
        title = source.text_at(row, found, "title") or next((parse_text(c) for c in row if c.strip()), "")
        if found.holds(row):
            source.note_repeated_heading(made, number)
            continue
        if source.is_total(title):
            _close(made, open_levels, 0)
            if made.totals is not None:
                made.fault(RuleBroken("A second total of the file: two files may have been put into one."), number)
            made.totals = _carried(source.amounts_at(made, number, row, found, AMOUNTS))
            made.checked += 1
        elif source.text_at(row, found, "category"):
            _line(made, open_levels, number, row, found, office)
        elif title:
            is_plan = gfmis.plain(title).startswith("แผนงาน")
            _close(made, open_levels, 0 if is_plan else sum(1 for level in open_levels if level.is_plan))
            said = source.amounts_at(made, number, row, found, AMOUNTS)
            open_levels.append(_Level(number, title, is_plan, said))
            made.checked += 1
    _close(made, open_levels, 0)
    return source.finish(made, sheet, found, given, last)


def _office(sheet: Sheet, found: Heading) -> str:
    for number, row in sheet.head:
        for cell in row if number < found.first else ():
            text = parse_text(cell)
            for start in OFFICES:
                if start in text:
                    return text[text.index(start) :].split("  ")[0].split(" ปีงบประมาณ")[0].strip()
    return ""


def _line(made: Statement, levels: list[_Level], number: int, row: Sequence[str], found: Heading, office: str) -> None:
    amounts = source.amounts_at(made, number, row, found, AMOUNTS)
    if made.totals is not None:
        made.fault(RuleBroken("A line of money stands below the total of the file."), number)
    left = amounts.get("received", 0) - amounts.get("with_orders", amounts.get("disbursed", 0))
    if "left" in amounts and amounts["left"] != left:
        made.fault(
            RuleBroken(
                "The row does not add up: remaining is {said}, the other columns leave {made}.",
                said=f"{amounts['left'] / 100:,.2f}",
                made=f"{left / 100:,.2f}",
            ),
            number,
            found.columns["left"],
        )
    for level in levels:
        level.has_lines = True
        for name, value in amounts.items():
            level.summed[name] = level.summed.get(name, 0) + value
    source.note_lost_words(made, number, row, found, "title", "category")
    own = source.text_at(row, found, "title")
    above = next((level.title for level in reversed(levels) if not level.is_plan), "")
    made.lines.append(
        Line(
            number,
            name=_bare(own or above),
            unit=office,
            project=_bare(above or own),
            category=source.text_at(row, found, "category"),
        ).put(_carried(amounts))
    )


def _carried(amounts: dict[str, int]) -> dict[str, int]:
    """Return a row's amounts under the names that lines carry."""
    made = {"after_transfers": amounts.get("planned", 0) + amounts.get("change", 0)}
    made |= {name: amounts[name] for name in ("received", "disbursed") if name in amounts}
    if "with_orders" in amounts:
        made["ordered"] = amounts["with_orders"] - amounts.get("disbursed", 0)
    return made


def _close(made: Statement, levels: list[_Level], down_to: int) -> None:
    """End the levels below the first `down_to`, and hold what each said against its lines."""
    while len(levels) > down_to:
        level = levels.pop()
        if level.said and any(level.said.values()) and level.said != {n: level.summed.get(n, 0) for n in level.said}:
            made.fault(RuleBroken("This sum is not that of the lines under it."), level.row)


def _bare(title: str) -> str:
    """Return a title without its number or dash in front: "1.2 โครงการ…" is "โครงการ…"."""
    return title.lstrip("0123456789.)-•– ").removeprefix("กิจกรรมหลัก").removeprefix(":").strip() or title


SHAPE = Shape("register", "Provincial register", heading, read)
