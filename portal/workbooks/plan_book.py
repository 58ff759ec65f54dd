"""The workbook of a year's plan: six sheets from plans to targets, written in the shape in which it is read back.

A line is known by its codes. An empty cell leaves a value as it is; a dash takes a target, a month or whatever else
may be empty away. Columns that only help to read (names of offices and indicators) are written and never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from models import (
    SCALE,
    Activity,
    BudgetCategory,
    FiscalYear,
    Indicator,
    MeasureUnit,
    Plan,
    Project,
    Unit,
)
from portal.plan_versions import content
from portal.rules.inputs import MONTHS_SHORT
from portal.rules.progress import Aggregation, Direction, PartsRule
from portal.rules.terms import ProjectKind
from portal.workbooks import looks

YES, NO, NONE = "ใช่", "ไม่ใช่", "-"
RULES = {
    "รวม": Aggregation.SUM, "ค่าสุดท้าย": Aggregation.LAST, "เฉลี่ย": Aggregation.AVERAGE,
    "ค่าสูงสุด": Aggregation.GREATEST, "ไม่รวม": Aggregation.NONE,
}  # fmt: skip
PARTS = {
    "รวม": PartsRule.SUM, "ถ่วงน้ำหนัก": PartsRule.WEIGHTED, "เฉลี่ย": PartsRule.AVERAGE, "ค่าสูงสุด": PartsRule.GREATEST,
    "ไม่รวม": PartsRule.NONE,
}  # fmt: skip
DIRECTIONS = {"มากดี": Direction.MORE, "น้อยดี": Direction.LESS}
KINDS = {"โครงการ": ProjectKind.PROJECT, "ผลผลิต": ProjectKind.OUTPUT}
WORDS: dict[str, Mapping[str, Any]] = {
    "direction": DIRECTIONS, "month_rule": RULES, "unit_rule": RULES, "parts_rule": PARTS, "kind": KINDS,
}  # fmt: skip
MONTHS = tuple(MONTHS_SHORT[(month + 8) % 12] for month in range(1, 13))  # ต.ค. first


@dataclass(frozen=True)
class Col:
    """One column: the field it fills, its heading, and how its cells are read.

    `how` is code, text, long, day, whole, number, money, flag, words, unit, measure, category, ref or shown (written
    only). `key` columns say which line it is.
    """

    field: str
    heading: str
    how: str = "text"
    is_key: bool = False
    width: int = 14


_P = Col("plan", "รหัสแผนงาน", "code", True)
_J = Col("project", "รหัสโครงการ", "code", True)
_ORDER = Col("position", "ลำดับ", "whole", width=8)
LEAVES: dict[str, tuple[str, tuple[Col, ...]]] = {
    "plan": ("แผนงาน", (
        Col("code", "รหัสแผนงาน", "code", True), Col("name", "ชื่อแผนงาน", width=50), Col("name_en", "ชื่ออังกฤษ", width=30),
        Col("strategy", "ระดับ 1 ยุทธศาสตร์ชาติ", width=40), Col("master_plan", "ระดับ 2 แผนแม่บท", width=40),
        Col("action_plan", "ระดับ 3 แผนปฏิบัติราชการ", width=40), _ORDER,
    )),
    "project": ("โครงการ", (
        _P, Col("code", "รหัสโครงการ", "code", True), Col("kind", "ชนิด", "words"), Col("name", "ชื่อโครงการ", width=50),
        Col("name_en", "ชื่ออังกฤษ", width=30), Col("owner", "หน่วยงานเจ้าของ", "unit"),
        Col("objective", "วัตถุประสงค์", "long", width=40), Col("expected_outcome", "ผลที่คาดว่าจะได้รับ", "long", width=40),
        Col("area", "พื้นที่ดำเนินการ", "long", width=30), Col("master_plan", "ระดับ 2 แผนแม่บท", width=30),
        Col("action_plan", "ระดับ 3 แผนปฏิบัติราชการ", width=30), Col("starts_on", "วันเริ่ม", "day"),
        Col("ends_on", "วันสิ้นสุด", "day"), Col("is_priority", "โครงการสำคัญ", "flag"), _ORDER,
    )),
    "budget": ("งบประมาณ", (
        _P, _J, Col("category", "รหัสงบรายจ่าย", "category", True), Col("", "งบรายจ่าย", "shown", width=24),
        Col("amount", "จำนวนเงิน (บาท)", "money", width=20),
    )),
    "activity": ("กิจกรรม", (
        _P, _J, Col("code", "รหัสกิจกรรม", "code", True), Col("name", "ชื่อกิจกรรม", width=50),
        Col("parent", "รหัสกิจกรรมหลัก", "ref"), Col("owner", "หน่วยงานเจ้าของ", "unit"), Col("starts_on", "วันเริ่ม", "day"),
        Col("ends_on", "วันสิ้นสุด", "day"), _ORDER,
    )),
    "indicator": ("ตัวชี้วัด", (
        Col("code", "รหัสตัวชี้วัด", "code", True), Col("plan", "รหัสแผนงาน", "ref"),
        Col("project", "รหัสโครงการ", "ref"), Col("activity", "รหัสกิจกรรม", "ref"), Col("name", "ชื่อตัวชี้วัด", width=50),
        Col("name_en", "ชื่ออังกฤษ", width=30), Col("measure_unit", "รหัสหน่วยนับ", "measure"),
        Col("", "หน่วยนับ", "shown"), Col("direction", "ทิศทาง", "words"), Col("month_rule", "วิธีรวมรายเดือน", "words"),
        Col("unit_rule", "วิธีรวมหน่วยงาน", "words"), Col("parent", "รหัสตัวชี้วัดแม่", "ref"),
        Col("parts_rule", "วิธีรวมจากตัวชี้วัดย่อย", "words"), Col("weight", "น้ำหนัก", "number"),
        Col("green_at", "เกณฑ์เขียว", "number"), Col("amber_at", "เกณฑ์เหลือง", "number"),
        Col("is_headline", "ตัวชี้วัดหลัก", "flag"), Col("is_plan_forced", "บังคับวางแผน", "flag"), _ORDER,
    )),
    "target": ("เป้าหมาย", (
        Col("indicator", "รหัสตัวชี้วัด", "code", True), Col("", "ชื่อตัวชี้วัด", "shown", width=40),
        Col("unit", "รหัสหน่วยงาน", "unit", True), Col("", "หน่วยงาน", "shown"), Col("value", "เป้าหมายทั้งปี", "number"),
        *(Col(f"m{month}", name, "number", width=10) for month, name in enumerate(MONTHS, 1)),
    )),
}  # fmt: skip
TABLES = {"plan": Plan, "project": Project, "activity": Activity, "indicator": Indicator}


def write(path: Path, year: FiscalYear) -> None:
    """Write the year's plan as a workbook that can be changed and sent back."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        head = book.add_format({**looks.BASE, **looks.LOOKS["head"], "font_size": 14})
        text = book.add_format({**looks.BASE, "font_size": 14, "num_format": "@"})
        quiet = book.add_format({**looks.BASE, "font_size": 14, "font_color": looks.QUIET})
        figure = book.add_format({**looks.BASE, "font_size": 14, "num_format": "#,##0.####"})
        for kind, rows in lines(year).items():
            name, columns = LEAVES[kind]
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, sum(col.is_key for col in columns))
            for place, col in enumerate(columns):
                sheet.set_column(place, place, col.width, text if col.how in ("code", "ref", "unit") else None)
                sheet.write_string(0, place, col.heading, head)
            for number, row in enumerate(rows, 1):
                for place, (col, value) in enumerate(zip(columns, row, strict=True)):
                    if value is None or value == "":
                        continue
                    if isinstance(value, Decimal | int):
                        sheet.write_number(number, place, value, figure)
                    else:
                        sheet.write_string(number, place, str(value), quiet if col.how == "shown" else text)


def lines(year: FiscalYear) -> dict[str, Iterator[list[Any]]]:
    """Return the rows of each sheet as they are written: texts, whole numbers, Decimals, None for an empty cell."""
    held = _Held(year)
    return {kind: _lines(kind, held) for kind in LEAVES}


class _Held:
    """The plan as it stands, with what its codes and numbers are called."""

    def __init__(self, year: FiscalYear) -> None:
        held = content(year)
        self.nodes, self.budgets, self.targets = held["nodes"], held["budgets"], held["targets"]
        self.units = dict(Unit.select(Unit.code, Unit.short).tuples())
        self.measures = dict(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).tuples())
        self.categories = dict(BudgetCategory.select(BudgetCategory.code, BudgetCategory.name).tuples())

    def above(self, key: str, kind: str) -> str:
        """Return the code of the plan or project a node stands in; empty where there is none."""
        while key and not key.startswith(f"{kind}-"):
            key = self.nodes[key]["under"]
        return self.nodes[key]["code"] if key else ""


def _lines(kind: str, held: _Held) -> Iterator[list[Any]]:
    if kind == "budget":
        for key, amounts in held.budgets.items():
            for category, amount in amounts.items():
                yield [
                    held.above(key, "plan"), held.nodes[key]["code"], category, held.categories[category],
                    Decimal(amount) / 100,
                ]  # fmt: skip
    elif kind == "target":
        for key, units in held.targets.items():
            node = held.nodes[key]
            for unit, numbers in units.items():
                shown = (None if one is None else Decimal(one) / SCALE for one in numbers)
                yield [node["code"], node["name"], unit, held.units[unit], *shown]
    else:
        for key, node in held.nodes.items():
            if key.startswith(f"{kind}-"):
                yield [_cell(held, key, node, col) for col in LEAVES[kind][1]]


def _cell(held: _Held, key: str, node: Mapping[str, Any], col: Col) -> Any:
    if col.field in ("plan", "project") and col.field not in node:
        return held.above(key, col.field)
    if col.field == "activity":
        return held.nodes[node["under"]]["code"]
    if col.field == "parent":
        above = node["feeds"] if key.startswith("indicator-") else node["under"]
        return held.nodes[above]["code"] if above and above.partition("-")[0] == key.partition("-")[0] else ""
    if col.how == "shown":
        return held.measures[node["measure_unit"]]
    value = node[col.field]
    if col.how == "words":
        return next(word for word, known in WORDS[col.field].items() if known == value)
    if col.how == "flag":
        return YES if value else NO
    if col.how == "number":
        return None if value is None else Decimal(value)
    return value
