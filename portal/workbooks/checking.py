"""Everything a division checks, in one workbook: every office beside every question of its forms, this period and the
one before, who has not sent, and the register of results with its units of measure.

Rows go to the file as they are read, a form at a time, so that a department of any size takes the room of one form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from models import Form, Period, Unit
from portal import formats, sheets
from portal.database import one_reading
from portal.forms import kinds
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules.workflow import State
from portal.workbooks import desk, measures
from portal.workbooks.gathering import FormPage, Office, forms_of, page_of, standing
from portal.workbooks.looks import Looks
from portal.workbooks.writing import number_format

FIRST = 4  # lines above the first office: title, what it is, blank, heads
FIXED = ("รหัส", "เขต", "หน่วยงาน", "สถานะ", "กำหนดส่ง", "ส่งเมื่อ", "ช้า (วัน)", "รุ่น")
DEVIATES = 50  # percent, up or down, against the period before
STATES = {
    None: "ยังไม่เริ่ม", State.DRAFT: "ร่าง", State.SUBMITTED: "ส่งแล้ว รอตรวจ", State.RETURNED: "ส่งกลับให้แก้",
    State.VERIFIED: "ตรวจแล้ว", State.CONSOLIDATED: "รวมยอดแล้ว",
}  # fmt: skip
MOST_DETAIL = 1_000_000  # rows that Excel holds in a sheet, less some


def write(
    period: Period, out: BinaryIO, *, at: dt.datetime, owner: Unit | None = None, form: Form | None = None
) -> dict[str, int]:
    """Write the workbook of a period to `out`: of the forms of one division, of one form, or of all.

    Returns how many forms, offices and cells it holds. What offices are still drafting is not shown.
    """
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"ข้อมูลเพื่อตรวจสอบ {desk.name_of(period)}", "created": at})
    writer = _Writer(book, period, at)
    with one_reading():
        forms = forms_of(period, owner, form)
        writer.summary(standing(period, forms), owner)
        for one in forms:
            writer.form(page_of(one, period))
        writer.register({one.code for one in forms} if owner is not None or form is not None else None)
    book.close()
    return {"forms": len(forms), "offices": writer.offices, "cells": writer.cells}


# ---------------------------------------------------------------- writing


@dataclass(frozen=True)
class _Column:
    """One question as it goes across a sheet; `key` names a table's column by its sum."""

    key: str
    question: Question
    label: str

    @property
    def is_number(self) -> bool:
        return kinds.of(self.question).counts


class _Writer:
    def __init__(self, book: Any, period: Period, at: dt.datetime) -> None:
        self.book, self.period, self.at = book, period, at
        self.looks = Looks(book)
        self.names = {code: one.name for code, one in sheets.measures().items()}
        self.used: set[str] = set()
        self.offices = self.cells = 0

    def summary(self, forms: list[tuple[Form, dict[State | str | None, int]]], owner: Unit | None) -> None:
        """Write how each form stands: the first sheet."""
        page = self._page("สรุป", [12, 60] + [14] * 8)
        whose = owner.name if owner is not None else "ทุกหน่วยงานส่วนกลาง"
        self._title(page, f"ข้อมูลเพื่อตรวจสอบ งวด {desk.name_of(self.period)}", whose)
        heads = ["รหัส", "แบบรายงาน", "ต้องส่ง", *STATES.values(), "ยกเว้น"]
        self._heads(page, heads)
        for n, (form, counts) in enumerate(forms):
            row = FIRST + n
            page.write_string(row, 0, form.code, self.looks.get("row"))
            page.write_string(row, 1, form.name, self.looks.get("row"))
            page.write_number(row, 2, sum(counts.values()), self.looks.get("row", number="#,##0"))
            for column, where in enumerate((*STATES, "waived"), 3):
                page.write_number(row, column, counts.get(where, 0), self.looks.get("row", number="#,##0"))

    def form(self, given: FormPage) -> None:
        """Write one form: its offices line by line, then its tables row by row."""
        columns = list(_columns(given.spec))
        wide = sum(4 if column.is_number else 1 for column in columns)
        page = self._page(given.form.code, [9, 16, 22, 16, 14, 16, 9, 6] + [14] * wide + [40, 40])
        self._title(page, f"{given.form.code} {given.form.name}", f"งวด {desk.name_of(self.period)}")
        page.freeze_panes(FIRST, 3)
        heads, shaded = list(FIXED), []
        for column in columns:
            unit = self.names.get(column.question.unit, column.question.unit)
            label = f"{column.label} ({unit})" if unit else column.label
            heads.append(label)
            if column.is_number:
                heads += ["งวดก่อน", "ต่าง", "ต่าง %"]
                shaded.append(len(heads) - 1)
        self._heads(page, [*heads, "เหตุผลที่หน่วยงานให้", "คำตอบที่ไม่มีในแบบรุ่นล่าสุด"])
        for n, office in enumerate(given.offices):
            self._office(page, FIRST + n, office, columns, given.spec)
        last = FIRST + len(given.offices)
        self._totals(page, last, columns, len(given.offices))
        page.autofilter(FIRST - 1, 0, max(last - 1, FIRST), len(heads) + 1)
        for place in shaded:
            self._deviations(page, place, last)
        for table in given.spec.questions.values():
            if table.kind == "table":
                self._table(given, table)

    def _office(self, page: Any, row: int, office: Office, columns: list[_Column], spec: FormSpec) -> None:
        looks, text = self.looks, self.looks.get("row")
        state = "ยกเว้น" if office.waived else STATES[office.state]
        is_late = office.owes(self.at)
        for place, words in enumerate((office.code, office.region, office.name)):
            page.write_string(row, place, words, text)
        page.write_string(row, 3, state, looks.get("bad") if is_late else text)
        page.write_string(row, 4, formats.day_short(office.due_on), text)
        _say(page, row, 5, formats.moment(office.submitted_at) if office.submitted_at else "", text)
        page.write_number(row, 6, office.late, looks.get("row", number="0;;"))
        _say(page, row, 7, str(office.version or ""), text)
        at = len(FIXED)
        for column in columns:
            at = self._value(page, row, at, office, column, spec)
        _say(page, row, at, "; ".join(office.reasons)[:5000], text)
        _say(page, row, at + 1, "; ".join(office.left)[:5000], text)
        self.offices += 1

    def _value(self, page: Any, row: int, at: int, office: Office, column: _Column, spec: FormSpec) -> int:
        text = self.looks.get("row")
        entry: Entry | None = office.now.get(Cell(column.key))
        if spec.table_of(column.key) is not None:
            entry = office.sum_of(column.key)
        if not column.is_number:
            _say(page, row, at, kinds.show(column.question, entry)[:5000], text)
            self.cells += entry is not None
            return at + 1
        shape = self.looks.get("figure", number=number_format(column.question))
        before = office.before.get(column.key)
        if isinstance(entry, Decimal):
            page.write_number(row, at, float(entry), shape)
            self.cells += 1
        else:
            _say(page, row, at, kinds.show(column.question, entry), text)
        beside = self.looks.get("beside", number=number_format(column.question))
        if before is not None:
            page.write_number(row, at + 1, float(before), beside)
        if before is not None and column.key in office.breaks:
            page.write_string(row, at + 2, "คนละนิยาม", self.looks.get("beside"))
        elif before is not None and isinstance(entry, Decimal):
            page.write_number(row, at + 2, float(entry - before), beside)
            if before:
                page.write_number(
                    row, at + 3, float((entry - before) / before), self.looks.get("beside", number="0.0%")
                )
            elif entry:
                page.write_string(row, at + 3, "ใหม่", self.looks.get("beside"))
        return at + 4

    def _totals(self, page: Any, row: int, columns: list[_Column], offices: int) -> None:
        """Sum what may be summed over offices, with what a filter leaves; percentages never."""
        if not offices:
            return
        page.write_string(row, 2, "รวมที่แสดง", self.looks.get("sum_label"))
        at = len(FIXED)
        for column in columns:
            if column.is_number and column.question.kind != "percent" and column.question.unit_rule in ("", "sum"):
                shape = self.looks.get("sum", number=number_format(column.question))
                for place in (at, at + 1):
                    name = xl_col_to_name(place)
                    page.write_formula(row, place, f"=SUBTOTAL(109,{name}{FIRST + 1}:{name}{FIRST + offices})", shape)
            at += 4 if column.is_number else 1

    def _deviations(self, page: Any, column: int, last: int) -> None:
        limit = DEVIATES / 100
        page.conditional_format(
            FIRST, column, max(last - 1, FIRST), column,
            {
                "type": "cell", "criteria": "not between", "minimum": -limit, "maximum": limit,
                "format": self.looks.get("warned_bare"),
            },
        )  # fmt: skip

    def _table(self, given: FormPage, table: Question) -> None:
        page = self._page(f"{given.form.code} {table.title()}", [9, 16, 22, 30] + [16] * len(table.columns))
        self._title(page, f"{given.form.code} {table.title()}", f"งวด {desk.name_of(self.period)}")
        page.freeze_panes(FIRST, 3)
        self._heads(page, ["รหัส", "เขต", "หน่วยงาน", "แถว", *(column.title() for column in table.columns)])
        at, text = FIRST, self.looks.get("row")
        for office in given.offices:
            rows = sorted({cell.row for cell in office.now if cell.key.partition(".")[0] == table.key and cell.row > 0})
            for number in rows:
                named = table.rows[number - 1].label if number <= len(table.rows) else str(number)
                for column, words in enumerate((office.code, office.region, office.name, named)):
                    page.write_string(at, column, words, text)
                for n, column_of in enumerate(table.columns, 4):
                    entry = office.now.get(Cell(f"{table.key}.{column_of.key}", number))
                    if isinstance(entry, Decimal):
                        page.write_number(at, n, float(entry), self.looks.get("row", number=number_format(column_of)))
                    else:
                        _say(page, at, n, kinds.show(column_of, entry)[:5000], text)
                    self.cells += entry is not None
                at += 1
                if at >= MOST_DETAIL:
                    return
        page.autofilter(FIRST - 1, 0, max(at - 1, FIRST), 3 + len(table.columns))

    def register(self, forms: set[str] | None) -> None:
        """Write the register of results: what each question counts, in what unit, and where units do not agree."""
        asked, known, units = measures.gather()
        findings = measures.cross_check(asked, known, units)
        shown = [one for one in asked if forms is None or one.form in forms]
        page = self._page("ทะเบียนหน่วยนับ", [12, 6, 50, 14, 16, 46, 14, 12, 14, 60])
        wrong = {(f.form, f.version, f.key) for f in findings}
        count = sum((one.form, one.version, one.key) in wrong for one in shown)
        self._title(page, "ทะเบียนผลงานและการตรวจหน่วยนับ", f"คำถามที่เป็นตัวเลข {len(shown):,} ข้อ ไม่สอดคล้อง {count:,} ข้อ")
        page.freeze_panes(FIRST, 3)
        self._heads(
            page,
            ["แบบ", "รุ่น", "คำถาม", "หน่วยนับของแบบ", "ตัวชี้วัด", "ชื่อตัวชี้วัด", "หน่วยนับตัวชี้วัด", "รวมเดือน",
             "รวมหน่วยงาน", "ผลตรวจหน่วยนับ"],
        )  # fmt: skip
        words: dict[tuple[str, int, str], list[str]] = {}
        for finding in findings:
            words.setdefault((finding.form, finding.version, finding.key), []).append(finding.words)
        text = self.looks.get("row")
        for n, one in enumerate(shown):
            row, indicator = FIRST + n, known.get(one.indicator or 0)
            said = "; ".join(words.get((one.form, one.version, one.key), []))
            line = (
                one.form, str(one.version), one.label, units.get(one.unit, one.unit),
                indicator.code if indicator else "", indicator.name if indicator else "",
                units.get(indicator.unit, indicator.unit) if indicator else "",
                RULES.get(one.month_rule, ""), RULES.get(one.unit_rule, ""),
            )  # fmt: skip
            for column, value in enumerate(line):
                page.write_string(row, column, value, text)
            page.write_string(row, len(line), said or "ตรงกัน", self.looks.get("bad" if said else "good"))
        page.autofilter(FIRST - 1, 0, max(FIRST + len(shown) - 1, FIRST), 9)

    # -- what sheets share

    def _page(self, wanted: str, widths: list[int]) -> Any:
        tidy = " ".join("".join(" " if c in "[]:*?/\\'" else c for c in wanted).split())[:31].strip() or "แบบ"
        name, n = tidy, 1
        while name.casefold() in self.used:
            n += 1
            name = f"{tidy[: 30 - len(str(n))]} {n}"
        self.used.add(name.casefold())
        page = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(8)  # A3: all offices beside many questions
        page.fit_to_pages(1, 0)
        page.repeat_rows(0, FIRST - 1)
        page.set_footer("&L&F&C&A&Rหน้า &P/&N")
        return page

    def _title(self, page: Any, title: str, under: str) -> None:
        page.set_row(0, 30)
        page.write_string(0, 0, title, self.looks.get("title"))
        page.write_string(1, 0, f"{under}   ณ {formats.moment(self.at)}", self.looks.get("quiet"))

    def _heads(self, page: Any, heads: list[str]) -> None:
        page.set_row(FIRST - 1, 60)
        for column, words in enumerate(heads):
            page.write_string(FIRST - 1, column, words, self.looks.get("head"))


RULES = {"sum": "ผลรวม", "last": "ค่าล่าสุด", "average": "เฉลี่ย", "greatest": "ค่าสูงสุด", "none": "ไม่รวม"}


def _say(page: Any, row: int, column: int, words: str, look: Any) -> None:
    """Write words, or leave the cell truly blank: what was not reported must not count as text."""
    if words:
        page.write_string(row, column, words, look)
    else:
        page.write_blank(row, column, None, look)


def _columns(spec: FormSpec) -> Iterator[_Column]:
    """Yield what goes across a form's sheet: plain questions, and the columns of tables that have a sum."""
    for key, question in spec.asked.items():
        table = spec.table_of(key)
        if table is None:
            yield _Column(key, question, question.title())
        elif kinds.of(question).counts and question.kind != "percent" and key in spec.totalled:
            yield _Column(key, question, f"{table.title()}: {question.title()} (รวม)")
