"""Everything a division checks, in one workbook: every office beside every question of its forms, this period and the
one before, who has not sent, and the register of results with its units of measure.

Rows go to the file as they are read, a form at a time, so that a department of any size takes the room of one form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from peewee import JOIN
from xlsxwriter.utility import xl_col_to_name

from models import Answer, Form, FormVersion, Obligation, Period, Region, Submission, Unit
from portal import formats, sheets
from portal.database import one_reading, tuples
from portal.forms import kinds
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules import deadlines
from portal.rules.terms import Mark, ObligationState
from portal.rules.workflow import State
from portal.workbooks import desk, measures
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


@dataclass
class Office:
    """One office's line of a form: where its report stands, and what it says this period and said the one before."""

    code: str
    region: str
    name: str
    due_on: dt.date
    state: State | None
    waived: bool
    submitted_at: dt.datetime | None
    first_at: dt.datetime | None
    version: int | None
    obligation: int
    now: dict[Cell, Entry] = field(default_factory=dict)
    before: dict[str, Decimal] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def late(self) -> int:
        """Return how many days after its due day the report was first sent, 0 when in time or not sent."""
        return deadlines.days_late(self.due_on, self.first_at) or 0


@dataclass
class FormPage:
    """One form for a period: its newest description, and the line of each office that owes it."""

    form: Form
    spec: FormSpec
    offices: list[Office]


def forms_of(period: Period, owner: Unit | None, form: Form | None = None) -> list[Form]:
    """Return the forms owed for a period, of one division or of all, in their order."""
    owed = Obligation.select(Obligation.form).where(Obligation.period == period.id, Obligation.form.is_null(False))
    query = Form.select().where(Form.id.in_(owed)).order_by(Form.position, Form.code)
    if owner is not None:
        query = query.where(Form.owner == owner.id)
    if form is not None:
        query = query.where(Form.id == form.id)
    return list(query)


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
        writer.summary(_standing(period, forms), owner)
        for one in forms:
            writer.form(_page(one, period))
        writer.register({one.code for one in forms} if owner is not None or form is not None else None)
    book.close()
    return {"forms": len(forms), "offices": writer.offices, "cells": writer.cells}


# ---------------------------------------------------------------- reading


def _standing(period: Period, forms: list[Form]) -> list[tuple[Form, dict[str, int]]]:
    """Return, for each form, how many offices owe it and where their reports stand."""
    counts: dict[int, dict[str, int]] = {form.id: {} for form in forms}
    rows = tuples(
        Obligation.select(Obligation.form, Obligation.state, Submission.state)
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.obligation == Obligation.id))
        .where(Obligation.period == period.id, Obligation.form.in_(list(counts)))
    )
    for form, owed, state in rows:
        name = "ยกเว้น" if owed == ObligationState.WAIVED else STATES[state]
        counts[form][name] = counts[form].get(name, 0) + 1
    return [(form, counts[form.id]) for form in forms]


def _page(form: Form, period: Period) -> FormPage:
    """Read one form of a period: three statements, whatever the number of offices."""
    offices: dict[int, Office] = {}
    used: dict[int, FormVersion] = {}
    rows = (
        Obligation.select(
            Obligation.id, Obligation.due_on, Obligation.state, Unit.code, Unit.short, Region.code, Region.name,
            Submission.id, Submission.state, Submission.submitted_at, Submission.first_submitted_at,
            Submission.form_version,
        )
        .join(Unit)
        .join(Region, JOIN.LEFT_OUTER)
        .switch(Obligation)
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.obligation == Obligation.id))
        .where(Obligation.period == period.id, Obligation.form == form.id)
        .order_by(Region.code, Unit.name_sort)
    )  # fmt: skip
    for version in FormVersion.select().where(FormVersion.form == form.id).order_by(FormVersion.number):
        used[version.id] = version
    by_submission: dict[int, Office] = {}
    for ident, due, owed, code, name, _region, region, sent, state, sent_at, first_at, version_id in tuples(rows):
        number = used[version_id].number if version_id in used else None
        waived = owed == ObligationState.WAIVED
        office = Office(code, region or "", name, due, state, waived, sent_at, first_at, number, ident)
        offices[ident] = office
        if sent is not None and state is not State.DRAFT:
            by_submission[sent] = office
    spec = _newest(form, used.values())
    _answers(by_submission, spec)
    _before(form, period, {office.code: office for office in offices.values()}, spec)
    return FormPage(form, spec, list(offices.values()))


def _newest(form: Form, versions: Iterable[FormVersion]) -> FormSpec:
    newest = sheets.published(form) or max(versions, key=lambda v: v.number, default=None)
    return sheets.spec_of(newest) if newest is not None else FormSpec()


def _answers(by_submission: Mapping[int, Office], spec: FormSpec) -> None:
    """Put every answer to its office. Those to questions that the newest version no longer asks are left out."""
    rows = tuples(
        Answer.select(
            Answer.submission, Answer.key, Answer.row, Answer.mark, Answer.number, Answer.text, Answer.reason
        ).where(Answer.submission.in_(list(by_submission)))
    )
    for sent, key, row, mark, number, text, reason in rows:
        question = spec.asked.get(key)
        if question is not None:
            office = by_submission[sent]
            try:
                office.now[Cell(key, row)] = kinds.from_store(question, mark == Mark.VALUE, number, text)
            except ValueError:  # kept by a version in which this was another kind
                continue
            if reason:
                office.reasons.append(f"{spec.name(Cell(key, row))}: {reason}")


def _before(form: Form, period: Period, offices: Mapping[str, Office], spec: FormSpec) -> None:
    """Put what was reported for the period before beside it: numbers, a column of a table by its sum."""
    previous = (
        Period.select()
        .where(Period.kind == period.kind, Period.ends_on < period.starts_on)
        .order_by(Period.ends_on.desc())
        .first()
    )
    if previous is None:
        return
    rows = tuples(
        Answer.select(Unit.code, Answer.key, Answer.number)
        .join(Submission)
        .join(Unit)
        .switch(Submission)
        .join(FormVersion)
        .where(
            FormVersion.form == form.id,
            Submission.period == previous.id,
            Submission.state != State.DRAFT,
            Answer.number.is_null(False),
            (Answer.row > 0) | ~Answer.key.contains("."),
        )
    )
    for code, key, number in rows:
        if code in offices and key in spec.asked:
            held = offices[code].before
            held[key] = held.get(key, Decimal(0)) + number


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

    def summary(self, standing: list[tuple[Form, dict[str, int]]], owner: Unit | None) -> None:
        """Write how each form stands: the first sheet."""
        page = self._page("สรุป", [12, 60] + [14] * 8)
        whose = owner.name if owner is not None else "ทุกหน่วยงานส่วนกลาง"
        self._title(page, f"ข้อมูลเพื่อตรวจสอบ งวด {desk.name_of(self.period)}", whose)
        heads = ["รหัส", "แบบรายงาน", "ต้องส่ง", *STATES.values(), "ยกเว้น"]
        self._heads(page, heads)
        for n, (form, counts) in enumerate(standing):
            row = FIRST + n
            page.write_string(row, 0, form.code, self.looks.get("row"))
            page.write_string(row, 1, form.name, self.looks.get("row"))
            page.write_number(row, 2, sum(counts.values()), self.looks.get("row", number="#,##0"))
            for column, name in enumerate(heads[3:], 3):
                page.write_number(row, column, counts.get(name, 0), self.looks.get("row", number="#,##0"))

    def form(self, given: FormPage) -> None:
        """Write one form: its offices line by line, then its tables row by row."""
        columns = list(_columns(given.spec))
        wide = sum(4 if column.is_number else 1 for column in columns)
        page = self._page(given.form.code, [9, 16, 22, 16, 14, 16, 9, 6] + [14] * (wide + 1))
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
        self._heads(page, [*heads, "เหตุผลที่หน่วยงานให้"])
        for n, office in enumerate(given.offices):
            self._office(page, FIRST + n, office, columns, given.spec)
        last = FIRST + len(given.offices)
        self._totals(page, last, columns, len(given.offices))
        page.autofilter(FIRST - 1, 0, max(last - 1, FIRST), len(heads))
        for place in shaded:
            self._deviations(page, place, last)
        for table in given.spec.questions.values():
            if table.kind == "table":
                self._table(given, table)

    def _office(self, page: Any, row: int, office: Office, columns: list[_Column], spec: FormSpec) -> None:
        looks, text = self.looks, self.looks.get("row")
        state = "ยกเว้น" if office.waived else STATES[office.state]
        is_late = _owes(office, self.at)
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
        self.offices += 1

    def _value(self, page: Any, row: int, at: int, office: Office, column: _Column, spec: FormSpec) -> int:
        text = self.looks.get("row")
        entry: Entry | None = office.now.get(Cell(column.key))
        if spec.table_of(column.key) is not None:
            found = [v for cell, v in office.now.items() if cell.key == column.key and cell.row > 0]
            numbers = [v for v in found if isinstance(v, Decimal)]
            entry = sum(numbers, Decimal(0)) if numbers else entry
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
        if before is not None and isinstance(entry, Decimal):
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


def _owes(office: Office, at: dt.datetime) -> bool:
    """Return whether an office still owes its report although the day is over."""
    return office.first_at is None and not office.waived and at.date() > office.due_on


def _columns(spec: FormSpec) -> Iterator[_Column]:
    """Yield what goes across a form's sheet: plain questions, and the columns of tables that have a sum."""
    for key, question in spec.asked.items():
        table = spec.table_of(key)
        if table is None:
            yield _Column(key, question, question.title())
        elif kinds.of(question).counts and question.kind != "percent" and key in spec.totalled:
            yield _Column(key, question, f"{table.title()}: {question.title()} (รวม)")
