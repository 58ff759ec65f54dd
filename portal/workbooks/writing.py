"""Write one office's forms for a period as a workbook: a sheet for each form, locked but for the answers.

What is printed on a sheet is Thai, as all papers of the department are. Text is written as text, whatever it begins
with, so that no answer becomes a formula.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from portal import formats
from portal.errors import PortalError
from portal.forms import kinds
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, NotApplicable, Value
from portal.rules import inputs
from portal.sheets import NOTHING, Sheet
from portal.workbooks import identity, layout
from portal.workbooks.desk import Desk
from portal.workbooks.identity import Before, Identity, Leaf
from portal.workbooks.layout import ANSWER, FIRST, HEADS, LABEL, LAST, PLAN, REASON, REMARK, TOTAL, UNIT, Layout, Line
from portal.workbooks.looks import Looks

NOT_APPLICABLE = kinds.DOES_NOT_APPLY[0]
WIDTHS = {LABEL: 46, ANSWER: 22, UNIT: 12, LAST: 14, PLAN: 14, TOTAL: 16, REASON: 28, REMARK: 36}
LONGEST_NAME = 31  # Excel's limit for the name of a sheet
LONGEST_LIST = 5_000  # institutions offered in a drop-down

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Mark:
    """What a returned workbook says at a cell: `wrong` cells are red and were not taken, others only warn."""

    words: str
    wrong: bool = True


@dataclass
class Returned:
    """What goes back into a workbook that was sent in: what stood in its cells, and what was wrong with them."""

    typed: Mapping[Cell, str] = field(default_factory=dict)
    reasons: Mapping[tuple[str, int], str] = field(default_factory=dict)
    marks: Mapping[Cell, list[Mark]] = field(default_factory=dict)


def write(
    desk: Desk,
    out: BinaryIO,
    *,
    secret: str,
    at: dt.datetime,
    translate: Translate = str,
    returned: Mapping[int, Returned] | None = None,
) -> Identity:
    """Write the workbook of a desk to `out` and return what it says of itself.

    `secret` seals its identity. `returned` gives, by obligation, what comes back in red.
    """
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"แบบรายงาน {desk.unit.short} {desk.period_name}", "created": at})
    writer = _Writer(book, desk, translate)
    cover = book.add_worksheet("คำชี้แจง")
    leaves = []
    for sheet in desk.sheets:
        leaves.append(writer.form(sheet, (returned or {}).get(sheet.obligation.id)))
    writer.cover(cover, leaves, at)
    own = Identity(desk.unit.code, desk.period.id, desk.period_name, at.isoformat(timespec="seconds"), tuple(leaves))
    writer.hidden(identity.SHEET, identity.written(own, secret))
    writer.lists()
    book.close()
    return own


class _Writer:
    """One workbook being written."""

    def __init__(self, book: Any, desk: Desk, translate: Translate) -> None:
        self.book, self.desk, self.translate = book, desk, translate
        self.looks = Looks(book)
        self.names: set[str] = {"คำชี้แจง", identity.SHEET, identity.LISTS}
        self.listed: dict[tuple[str, ...], int] = {}  # drop-downs by their column on the hidden sheet

    # -- a form

    def form(self, sheet: Sheet, returned: Returned | None) -> Leaf:
        """Write the sheet of one form and return what is to be remembered of it."""
        form, back = sheet.version.form, returned or Returned()
        rows = layout.rows_for(sheet.spec, {**sheet.answers, **dict.fromkeys(back.typed)})
        plan = layout.lay_out(sheet.spec, rows)
        name = self._name(f"{form.code} {form.name}")
        page = self.book.add_worksheet(name)
        self._set_up(page, plan)
        self._head(page, sheet)
        for n, line in enumerate(plan.lines):
            self._line(page, FIRST + n, line, sheet, plan, back)
        before: dict[Cell, Before] = {}
        for cell, spot in plan.spots.items():
            held = sheet.answers.get(cell)
            question = sheet.spec.asked[cell.key]
            if layout.is_answered(question):
                text = kinds.write(question, held.entry) if held else ""
                if held:
                    before[cell] = Before(held.version, text)
                self._answer(page, spot, cell, question, sheet, back)
            else:
                self._worked_out(page, spot, cell, question, sheet)
        self._reasons(page, sheet, plan, back)
        self._remarks(page, plan, back)
        digest = identity.digest_of(sheet.version.spec)
        return Leaf(name, sheet.obligation.id, form.code, sheet.version.number, digest, rows, before)

    def _set_up(self, page: Any, plan: Layout) -> None:
        page.hide_gridlines(2)
        page.freeze_panes(FIRST, 1)
        for column in range(plan.columns):
            page.set_column(column, column, WIDTHS.get(column, 16))
        page.protect("", {"format_columns": True, "format_rows": True})
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0, FIRST - 1)
        page.print_area(0, 0, FIRST + len(plan.lines), plan.columns - 1)
        page.set_footer("&L&F&C&A&Rหน้า &P/&N")

    def _head(self, page: Any, sheet: Sheet) -> None:
        looks, form = self.looks, sheet.version.form
        page.set_row(0, 30)
        page.write_string(0, LABEL, f"{form.code} {form.name}", looks.get("title"))
        owed = sheet.obligation
        due = f"กำหนดส่ง {formats.day_long(owed.due_on)}"
        page.write_string(1, LABEL, f"{self.desk.unit.name}   งวด {self.desk.period_name}   {due}", looks.get("plain"))
        page.write_string(2, LABEL, f"แบบรายงานรุ่นที่ {sheet.version.number}", looks.get("quiet"))
        if sheet.lock is not None:
            words = f"แผ่นนี้ปิดอยู่: {self.translate(sheet.lock.msgid)}"
            page.write_string(3, LABEL, words, looks.get("shut_words"))
        else:
            page.write_string(3, LABEL, "กรอกเฉพาะช่องสีเหลืองอ่อน", looks.get("quiet"))
        page.set_row(FIRST - 1, 24)
        for column, words in enumerate(HEADS):
            page.write_string(FIRST - 1, column, words, looks.get("head"))

    def _line(self, page: Any, at: int, line: Line, sheet: Sheet, plan: Layout, back: Returned) -> None:
        looks, question = self.looks, line.question
        if line.kind == "section" and line.section is not None:
            page.set_row(at, 24)
            for column in range(plan.columns):
                page.write_blank(at, column, None, looks.get("section"))
            page.write_string(at, LABEL, line.section.heading(), looks.get("section"))
            if line.section.shown_when:
                condition = _in_words(line.section.shown_when, sheet.spec)
                page.write_comment(at, LABEL, f"ตอบหมวดนี้เมื่อ {condition}", looks.note)
        elif question is None:
            return
        elif line.kind == "note":
            page.write_string(at, LABEL, question.title(), looks.get("note"))
        elif line.kind == "question":
            self._label(page, at, question, sheet, "label")
            self._beside(page, at, question, sheet)
        elif line.kind == "table":
            page.set_row(at, 24)
            self._label(page, at, question, sheet, "table")
        elif line.kind == "heads":
            self._heads(page, at, question)
        elif line.kind == "row":
            named = question.rows[line.number - 1].label if line.number <= len(question.rows) else str(line.number)
            page.write_string(at, LABEL, named, looks.get("row"))
        else:
            self._sums(page, at, line, sheet, plan)

    def _label(self, page: Any, at: int, question: Question, sheet: Sheet, look: str) -> None:
        starred = f"{question.title()} *" if question.required else question.title()
        page.write_string(at, LABEL, starred, self.looks.get(look))
        help_words = [question.hint(), *_limits(question)]
        if question.shown_when:
            help_words.append(f"ตอบเมื่อ {_in_words(question.shown_when, sheet.spec)}")
        if question.kind == "choices":
            help_words.append("ตอบได้หลายข้อ คั่นด้วย ; : " + ", ".join(c.label or c.code for c in question.choices))
        if text := "\n".join(filter(None, help_words)):
            page.write_comment(at, LABEL, text[:2000], self.looks.note)

    def _beside(self, page: Any, at: int, question: Question, sheet: Sheet) -> None:
        looks = self.looks
        unit = self.desk.measures.get(question.unit, question.unit)
        page.write_string(at, UNIT, "บาท" if question.kind == "money" and not unit else unit, looks.get("unit"))
        beside = sheet.beside.get(question.key, NOTHING)
        for column, value in ((LAST, beside.last), (PLAN, beside.plan), (TOTAL, beside.before)):
            self._quiet(page, at, column, question, value)

    def _quiet(self, page: Any, at: int, column: int, question: Question, value: Value | None) -> None:
        if isinstance(value, Decimal):
            page.write_number(at, column, float(value), self.looks.get("beside", number=number_format(question)))
        else:
            words = kinds.show(question, value) if value is not None else ""
            page.write_string(at, column, words, self.looks.get("beside_text"))

    def _heads(self, page: Any, at: int, table: Question) -> None:
        looks = self.looks
        page.set_row(at, 36)
        page.write_string(at, LABEL, "รายการ", looks.get("heads"))
        for n, column in enumerate(table.columns):
            unit = self.desk.measures.get(column.unit, column.unit)
            words = column.title() + (" *" if column.required else "") + (f" ({unit})" if unit else "")
            page.write_string(at, ANSWER + n, words, looks.get("heads"))
            if text := "\n".join(filter(None, [column.hint(), *_limits(column)])):
                page.write_comment(at, ANSWER + n, text[:2000], looks.note)
        after = ANSWER + len(table.columns)
        page.write_string(at, after, HEADS[REASON], looks.get("heads"))
        page.write_string(at, after + 1, HEADS[REMARK], looks.get("heads"))

    def _sums(self, page: Any, at: int, line: Line, sheet: Sheet, plan: Layout) -> None:
        table = line.question
        assert table is not None
        words = {"total": "รวม", "last": "รวมงวดก่อน", "plan": "แผนงวดนี้", "before": "สะสมก่อนงวดนี้", "blank": ""}
        look = "sum" if line.kind == "total" else "beside"
        page.write_string(at, LABEL, words[line.kind], self.looks.get("sum_label" if look == "sum" else "beside_label"))
        for n, column in enumerate(table.columns):
            key = f"{table.key}.{column.key}"
            if key not in sheet.spec.totalled:
                page.write_blank(at, ANSWER + n, None, self.looks.get(look))
                continue
            shape = self.looks.get(look, number=number_format(column))
            if line.kind == "total":
                first = plan.spots[Cell(key, 1)]
                last = plan.spots[Cell(key, sum(1 for cell in plan.spots if cell.key == key))]
                area = f"{xl_rowcol_to_cell(*first)}:{xl_rowcol_to_cell(*last)}"
                known = sheet.worked_out.get(Cell(key, 0))
                page.write_formula(
                    at, ANSWER + n, f"=SUM({area})", shape, float(known) if isinstance(known, Decimal) else 0
                )
                continue
            beside = sheet.beside.get(key, NOTHING)
            value = {"last": beside.last, "plan": beside.plan, "before": beside.before}[line.kind]
            self._quiet(page, at, ANSWER + n, column, value)

    # -- answers

    def _answer(
        self, page: Any, spot: tuple[int, int], cell: Cell, question: Question, sheet: Sheet, back: Returned
    ) -> None:
        held = sheet.answers.get(cell)
        marks = back.marks.get(cell, [])
        lock = sheet.locked(cell)
        look = "shut" if lock is not None else "answer"
        if marks:
            look = "wrong" if any(mark.wrong for mark in marks) else "warned"
        elif sheet.shown and cell.key.partition(".")[0] not in sheet.shown and lock is None:
            look = "hidden"
        is_number = kinds.of(question).counts
        shape = self.looks.get(look, number=number_format(question) if is_number else "@", many_lines=not is_number)
        if cell in back.typed:
            self._put(page, spot, question, back.typed[cell], shape)
        elif held is None:
            page.write_blank(*spot, None, shape)
        elif isinstance(held.entry, Decimal):
            page.write_number(*spot, float(held.entry), shape)
        else:
            page.write_string(*spot, self._text(question, held.entry, sheet), shape)
        words = [mark.words for mark in marks] or ([self.translate(lock.msgid)] if lock and not sheet.lock else [])
        if words:
            page.write_comment(*spot, "\n".join(words)[:2000], self.looks.note)
        if lock is None:
            self._validate(page, spot, question, sheet)

    def _put(self, page: Any, spot: tuple[int, int], question: Question, typed: str, shape: Any) -> None:
        """Write what somebody typed: a number where it reads as one, else the very text."""
        if not typed:
            page.write_blank(*spot, None, shape)
            return
        if kinds.of(question).counts:
            try:
                page.write_number(*spot, float(inputs.parse_number(typed, decimals=15)), shape)
                return
            except PortalError:
                pass  # what is no number stands there as it was typed
        page.write_string(*spot, typed, shape)

    def _text(self, question: Question, entry: Value | NotApplicable, sheet: Sheet) -> str:
        if (
            question.kind == "cooperative"
            and isinstance(entry, str)
            and (known := (sheet.cooperatives or {}).get(entry))
        ):
            return f"{known} ({entry})"
        return kinds.write(question, entry)

    def _worked_out(self, page: Any, spot: tuple[int, int], cell: Cell, question: Question, sheet: Sheet) -> None:
        value = sheet.worked_out.get(cell)
        if isinstance(value, Decimal):
            page.write_number(*spot, float(value), self.looks.get("worked_out", number=number_format(question)))
            return
        held = sheet.answers.get(cell)
        words = kinds.show(question, held.entry) if held else ""
        page.write_string(*spot, words, self.looks.get("worked_out", number="@"))
        if cell.row == 0:
            how = "แนบไฟล์ในระบบ" if question.kind in ("file", "photo") else "ระบบคำนวณให้เมื่อบันทึก"
            page.write_comment(*spot, how, self.looks.note)

    def _validate(self, page: Any, spot: tuple[int, int], question: Question, sheet: Sheet) -> None:
        at, kind = xl_rowcol_to_cell(*spot), kinds.of(question)
        if kind.counts:
            least = _number(question.least if question.least is not None else Decimal(-(10**14)))
            greatest = _number(question.greatest if question.greatest is not None else Decimal(10**14))
            places = kind.decimals(question)  # type: ignore[attr-defined]
            rule = f"{at}>={least},{at}<={greatest},ROUND({at},{places})={at}"
            page.data_validation(
                *spot, *spot,
                {
                    "validate": "custom", "ignore_blank": True,
                    "value": f'=IF(ISNUMBER({at}),AND({rule}),{at}="{NOT_APPLICABLE}")',
                    "error_title": "ค่าไม่ถูกต้อง",
                    "error_message": ("\n".join([*_limits(question), f"หรือพิมพ์ “{NOT_APPLICABLE}”"]))[:255],
                },
            )  # fmt: skip
        elif question.kind in ("yes_no", "choice", "cooperative"):
            if (offered := self._offered(question, sheet)) is None:
                return
            page.data_validation(
                *spot, *spot,
                {
                    "validate": "list", "source": self._list(offered), "error_title": "ไม่มีในรายการ",
                    "error_message": "โปรดเลือกจากรายการ",
                },
            )  # fmt: skip
        elif question.kind in ("text", "long_text"):
            longest = kind.longest  # type: ignore[attr-defined]
            page.data_validation(
                *spot, *spot,
                {
                    "validate": "length", "criteria": "<=", "value": longest, "error_title": "ยาวเกินไป",
                    "error_message": f"ไม่เกิน {longest:,} ตัวอักษร",
                },
            )  # fmt: skip
        elif question.kind == "date":
            page.data_validation(
                *spot, *spot,
                {"validate": "any", "input_title": "วันที่", "input_message": "พิมพ์ วัน/เดือน/ปี พ.ศ. เช่น 20/06/2566"},
            )  # fmt: skip

    def _offered(self, question: Question, sheet: Sheet) -> tuple[str, ...] | None:
        if question.kind == "yes_no":
            return (kinds.write(question, True), kinds.write(question, False), NOT_APPLICABLE)
        if question.kind == "choice":
            return (*(kinds.write(question, choice.code) for choice in question.choices), NOT_APPLICABLE)
        known = sheet.cooperatives or {}
        if not known or len(known) > LONGEST_LIST:
            return None
        return (*(f"{name} ({number})" for number, name in known.items()), NOT_APPLICABLE)

    def _list(self, offered: tuple[str, ...]) -> str:
        column = self.listed.setdefault(offered, len(self.listed))
        first, last = (xl_rowcol_to_cell(row, column, True, True) for row in (0, len(offered) - 1))
        return f"='{identity.LISTS}'!{first}:{last}"

    def _reasons(self, page: Any, sheet: Sheet, plan: Layout, back: Returned) -> None:
        said: dict[tuple[str, int], str] = {}
        for cell, held in sheet.answers.items():
            if held.reason:
                said.setdefault((cell.key.partition(".")[0], cell.row), held.reason)
        said |= back.reasons
        for where, spot in plan.reasons.items():
            key = where[0]
            question = sheet.spec.questions[key]
            shut = sheet.lock is not None or (question.kind != "table" and not layout.is_answered(question))
            shape = self.looks.get("shut" if shut else "reason", number="@", many_lines=True)
            page.write_string(*spot, said.get(where, ""), shape)

    def _remarks(self, page: Any, plan: Layout, back: Returned) -> None:
        said: dict[tuple[str, int], list[str]] = {}
        for cell, marks in back.marks.items():
            said.setdefault((cell.key.partition(".")[0], cell.row), []).extend(mark.words for mark in marks)
        for where, spot in plan.remarks.items():
            words = "\n".join(dict.fromkeys(said.get(where, [])))
            page.write_string(*spot, words, self.looks.get("remark" if words else "beside_text", many_lines=True))

    # -- the other sheets

    def cover(self, page: Any, leaves: list[Leaf], at: dt.datetime) -> None:
        """Write the first sheet: whose workbook this is, what is in it, how it is filled in."""
        looks = self.looks
        page.hide_gridlines(2)
        page.set_column(0, 0, 14)
        page.set_column(1, 1, 70)
        page.set_column(2, 3, 20)
        page.protect("", {"format_columns": True})
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.write_string(0, 0, "แบบรายงานสำหรับกรอกใน Excel", looks.get("title"))
        page.set_row(0, 30)
        for n, words in enumerate(
            (self.desk.unit.name, f"งวด {self.desk.period_name}", f"ดาวน์โหลดเมื่อ {formats.moment(at)}")
        ):
            page.write_string(1 + n, 0, words, looks.get("plain"))
        for column, words in enumerate(("รหัส", "แบบรายงาน", "กำหนดส่ง", "สถานะ")):
            page.write_string(5, column, words, looks.get("head"))
        for n, (sheet, leaf) in enumerate(zip(self.desk.sheets, leaves, strict=True)):
            at_row, form = 6 + n, sheet.version.form
            page.write_string(at_row, 0, form.code, looks.get("row"))
            page.write_url(at_row, 1, f"internal:'{leaf.sheet}'!B{FIRST + 1}", looks.get("link"), form.name)
            page.write_string(at_row, 2, formats.day_long(sheet.obligation.due_on), looks.get("row"))
            page.write_string(at_row, 3, "ปิดอยู่ แก้ไขไม่ได้" if sheet.lock else "กรอกได้", looks.get("row"))
        start = 8 + len(leaves)
        page.write_string(start, 0, "วิธีกรอก", looks.get("section"))
        page.write_blank(start, 1, None, looks.get("section"))
        for n, (look, words) in enumerate(_HOW):
            page.write_string(start + 1 + n, 0, "", looks.get(look, number="@"))
            page.write_string(start + 1 + n, 1, words, looks.get("note"))
        page.activate()

    def hidden(self, name: str, lines: list[str]) -> None:
        """Write a sheet that nobody is shown, one text a line."""
        page = self.book.add_worksheet(name)
        page.very_hidden()
        page.protect("")
        for n, line in enumerate(lines):
            page.write_string(n, 0, line)

    def lists(self) -> None:
        """Write what the drop-downs offer."""
        page = self.book.add_worksheet(identity.LISTS)
        page.very_hidden()
        page.protect("")
        for offered, column in self.listed.items():
            for row, words in enumerate(offered):
                page.write_string(row, column, words)

    def _name(self, wanted: str) -> str:
        """Return a name for a sheet that Excel takes and no other sheet has."""
        tidy = "".join(" " if c in "[]:*?/\\'" else c for c in wanted)
        tidy = " ".join(tidy.split())[:LONGEST_NAME].strip() or "แบบ"
        name, n = tidy, 1
        while name.casefold() in {known.casefold() for known in self.names}:
            n += 1
            name = f"{tidy[: LONGEST_NAME - len(str(n)) - 1]} {n}"
        self.names.add(name)
        return name


_HOW = (
    ("answer", "กรอกเฉพาะช่องสีนี้ ช่องอื่นล็อกไว้"),
    ("wrong", "ช่องสีนี้ระบบไม่รับ เหตุผลอยู่ในช่องหมายเหตุและความเห็นของเซลล์"),
    ("warned", "ช่องสีนี้ระบบรับแต่เตือน โปรดแก้ไขหรือให้เหตุผล"),
    ("shut", "ช่องสีนี้ปิดอยู่ แก้ไขไม่ได้"),
    ("note", f"เว้นว่าง = ยังไม่รายงาน   0 = นับแล้วเป็นศูนย์   “{NOT_APPLICABLE}” = ไม่เกี่ยวข้องกับหน่วยงาน"),
    ("note", "เครื่องหมาย * คือข้อที่ต้องตอบก่อนส่ง คำอธิบายอยู่ในความเห็นของเซลล์คำถาม"),
    ("note", "บันทึกแล้วอัปโหลดที่หน้า “สมุดงาน Excel” ระบบจะแสดงผลตรวจก่อนบันทึกจริง"),
    ("note", "อัปโหลดไฟล์เดิมซ้ำไม่ทำให้ข้อมูลเปลี่ยน ช่องที่ไม่ได้แก้ในไฟล์จะไม่ทับข้อมูลใหม่ในระบบ"),
)


def number_format(question: Question) -> str:
    """Return how Excel shows a number of this question: never with fewer decimals than it has."""
    kind = kinds.of(question)
    places = kind.decimals(question) if hasattr(kind, "decimals") else 0
    if places == 0:
        return "#,##0"
    if question.kind in ("money", "computed") or (question.decimals is not None and places <= 2):
        return "#,##0." + "0" * places
    return "General"


def _limits(question: Question) -> list[str]:
    """Return in words what a number may be."""
    kind = kinds.of(question)
    if not kind.counts or not kind.typed:
        return []
    places = kind.decimals(question)  # type: ignore[attr-defined]
    words = ["จำนวนเต็ม" if not places else f"ตัวเลข ทศนิยมไม่เกิน {places} ตำแหน่ง"]
    if question.least is not None:
        words.append(f"ไม่น้อยกว่า {formats.quantity(question.least)}")
    if question.greatest is not None:
        words.append(f"ไม่เกิน {formats.quantity(question.greatest)}")
    return [" ".join(words)]


def _in_words(condition: str, spec: FormSpec) -> str:
    """Return a condition with the questions' labels in place of their keys."""

    def label(found: re.Match[str]) -> str:
        question = spec.questions.get(found[0])
        return f"“{question.title()}”" if question is not None else found[0]

    return re.sub(r"(?<![\"'\w.])[a-z][a-z0-9_]*(?![\w\"'(])", label, condition)


def _number(value: Decimal) -> str:
    return format(value, "f")
