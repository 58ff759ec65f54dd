"""Shape (a): NFMA46, disbursement status by budget code, as the finance screen saves it. Baht, sums to date.

Title and sub-total rows lie between the data rows; a data row is one that holds a budget code. Columns D to N: code,
name, two more, net budget, one more, reserved, purchase orders, disbursed, disbursed by others, remaining. Known
headings decide; without any, those places do. Source: shared domain.md section 5.3 (a); what the three columns
without a published name hold is taken from their headings.
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.errors import RuleBroken
from portal.imports import source
from portal.imports.rows import Number, Row, Sheet
from portal.imports.source import Blocks, Given, Heading, Line, Shape, Statement
from portal.rules import gfmis

HEADINGS = {
    "code": ("รหัสงบประมาณ",),
    "name": ("ชื่อรหัสงบประมาณ", "ชื่องบประมาณ", "รายการ", "รายละเอียด"),
    "fund": ("แหล่งของเงิน", "รหัสแหล่งของเงิน"),
    "unit": ("หน่วยรับงบประมาณ", "รหัสหน่วยรับงบประมาณ", "หน่วยเบิกจ่าย", "รหัสหน่วยเบิกจ่าย", "ศูนย์ต้นทุน"),
    "after_transfers": ("งบประมาณสุทธิ", "งบสุทธิ"),
    "received": ("เงินจัดสรร", "งบจัดสรร", "งบประมาณจัดสรร"),
    "reserved": ("สำรองเงิน", "สำรอง", "สำรองเงิน(มีหนี้)", "เงินสำรอง"),
    "ordered": ("PO", "ใบสั่งซื้อ", "ใบสั่งซื้อ/สัญญา", "ใบสั่งซื้อ/สัญญา(PO)"),
    "disbursed": ("เบิกจ่าย", "เบิกจ่ายสะสม"),
    "by_others": ("เบิกแทน", "เบิกแทนกัน", "เบิกจ่ายแทนกัน"),
    "remaining": ("คงเหลือ", "งบประมาณคงเหลือ"),
}
NEEDED = ("code", "after_transfers", "reserved", "ordered", "disbursed", "remaining")
AMOUNTS = ("after_transfers", "received", "reserved", "ordered", "disbursed", "by_others", "remaining")
# D to N, where the file has no headings we know.
PLACES = {
    "code": 3, "name": 4, "after_transfers": 7, "reserved": 9, "ordered": 10, "disbursed": 11, "by_others": 12,
    "remaining": 13,
}  # fmt: skip


def heading(head: Sequence[Row]) -> Heading | None:
    """Return where the headings stand, or the places they usually have when column D holds budget codes."""
    found = source.find_heading(head, HEADINGS, NEEDED)
    if found is not None:
        return found
    for number, row in head:
        if len(row) >= 12 and gfmis.looks_like_code(row[3]):
            return Heading(number - 1, number - 1, PLACES)
    return None


def read(sheet: Sheet, found: Heading, given: Given) -> Statement:
    """Read the lines; hold each against its own remaining amount, and each sub-total against the lines above it."""
    made = source.begin(SHAPE.slug, sheet, found, given)
    blocks, last = Blocks(), found.last
    code_at = found.columns["code"]
    for number, row in sheet.rows():
        if number <= found.last:
            continue
        last = number
        if found.holds(row):
            source.note_repeated_heading(made, number)
            continue
        code = row[code_at] if code_at < len(row) else ""
        if gfmis.looks_like_code(code) or isinstance(code, Number):
            _line(made, blocks, number, row, found)
        else:
            _between(made, blocks, number, row, found)
    return source.finish(made, sheet, found, given, last)


def _line(made: Statement, blocks: Blocks, number: int, row: Sequence[str], found: Heading) -> None:
    amounts = source.amounts_at(made, number, row, found, AMOUNTS)
    cell = row[found.columns["code"]]
    try:
        code = gfmis.budget_code(cell, is_number=isinstance(cell, Number))
    except RuleBroken as wrong:
        made.fault(wrong, number, found.columns["code"])
        code = ""
    if made.totals is not None:
        made.fault(RuleBroken("A line of money stands below the total of the file."), number)
    blocks.add(amounts)
    _check_remaining(made, number, amounts, found)
    source.note_lost_words(made, number, row, found, "name", "unit", "fund")
    fund = source.text_at(row, found, "fund")
    _check_fund_year(made, number, fund, found)
    made.lines.append(
        Line(
            number,
            code=code,
            name=source.text_at(row, found, "name"),
            unit=source.text_at(row, found, "unit"),
            category=fund[4:7] if len(fund) == 7 and fund.isdigit() else gfmis.category_of(code),
            after_transfers=amounts.get("after_transfers"),
            received=amounts.get("received"),
            disbursed=amounts.get("disbursed", 0) + amounts.get("by_others", 0),
            ordered=amounts.get("ordered"),
            reserved=amounts.get("reserved"),
        )
    )


def _check_remaining(made: Statement, number: int, amounts: dict[str, int], found: Heading) -> None:
    parts = ("reserved", "ordered", "disbursed", "by_others")
    if "remaining" not in amounts or "after_transfers" not in amounts:
        return
    left = amounts["after_transfers"] - sum(amounts.get(name, 0) for name in parts)
    if left != amounts["remaining"]:
        made.fault(
            RuleBroken(
                "The row does not add up: remaining is {said}, the other columns leave {made}.",
                said=_baht(amounts["remaining"]),
                made=_baht(left),
            ),
            number,
            found.columns["remaining"],
        )


def _check_fund_year(made: Statement, number: int, fund: str, found: Heading) -> None:
    """The first two digits of a fund of seven are its fiscal year (domain.md section 5.1)."""
    year = made.year
    if year is None and made.as_of is not None:
        year = made.as_of.year + 543 + (made.as_of.month >= 10)
    if year is not None and len(fund) == 7 and fund.isdigit() and int(fund[:2]) != year % 100:
        made.fault(
            RuleBroken("The fund {fund} is of another fiscal year than {year}.", fund=fund, year=year),
            number,
            found.columns["fund"],
        )


def _between(made: Statement, blocks: Blocks, number: int, row: Sequence[str], found: Heading) -> None:
    """A title, a sub-total or the total of the file: recognised, held against the lines, not taken in."""
    title = next((cell for cell in row if cell.strip() and not isinstance(cell, Number)), "")
    if source.is_total(title):
        said = source.amounts_at(made, number, row, found, AMOUNTS)
        if made.totals is not None:
            made.fault(RuleBroken("A second total of the file: two files may have been put into one."), number)
        said["disbursed"] = said.get("disbursed", 0) + said.pop("by_others", 0)
        said.pop("remaining", None)
        made.totals = said
        made.checked += 1
    elif source.is_subtotal(title):
        said = source.amounts_at(made, number, row, found, AMOUNTS)
        made.checked += 1
        if not blocks.close(said):
            made.fault(RuleBroken("This sub-total is not the sum of the lines above it."), number)
    elif any(isinstance(cell, Number) for cell in row) or _has_amounts(row, found):
        made.fault(RuleBroken("This row has amounts but no budget code."), number, found.columns["code"])
    else:
        made.titles += 1


def _has_amounts(row: Sequence[str], found: Heading) -> bool:
    cells = [row[found.columns[n]] for n in AMOUNTS if n in found.columns and found.columns[n] < len(row)]
    return sum(1 for cell in cells if cell.strip() and cell.strip()[-1:].isdigit()) > 1


def _baht(satang: int) -> str:
    return f"{'-' if satang < 0 else ''}{abs(satang) // 100:,}.{abs(satang) % 100:02d}"


SHAPE = Shape("nfma46", "NFMA46", heading, read)
