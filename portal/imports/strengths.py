"""What a list says of institutions beside their own columns: class and grade by year, and auditors' remarks.

Class and grade stand in columns that name their year ("ชั้นความเข้มแข็ง 2566", "ระดับมาตรฐาน 2566") or in a sheet with a
column for the year. What a year has on file is never overwritten by a list. Remarks are a sheet of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from models import AuditorRemark, CooperativeYear
from portal import formats
from portal.errors import PortalError, RuleBroken
from portal.imports.institutions import Cells, Change, Known, Reading, day, one_of_words, rows_of
from portal.imports.rows import Sheet
from portal.imports.source import Heading
from portal.rules import inputs
from portal.rules.terms import Grade, RemarkKind, RemarkState

NUMBER = ("เลขทะเบียน", "เลขทะเบียนสหกรณ์", "เลขทะเบียน 13 หลัก", "รหัสสหกรณ์ 13 หลัก")
YEARS: dict[str, tuple[str, ...]] = {
    "registration_number": NUMBER,
    "year": ("ปีงบประมาณ", "ปี", "ปี พ.ศ."),
    "strength_class": ("ชั้นความเข้มแข็ง", "ชั้น", "ระดับชั้น"),
    "grade": ("ระดับมาตรฐาน", "มาตรฐาน", "เกรด"),
}
REMARKS: dict[str, tuple[str, ...]] = {
    "registration_number": NUMBER,
    "text": ("ข้อความ", "รายละเอียด", "ข้อสังเกต", "ข้อบกพร่อง", "ข้อสังเกต/ข้อบกพร่อง", "ข้อสังเกตของผู้สอบบัญชี"),
    "found_on": ("วันที่พบ", "พบเมื่อ", "วันที่ตรวจพบ"),
    "kind": ("ชนิด", "ลักษณะ"),
    "amount": ("จำนวนเงิน (บาท)", "จำนวนเงิน", "ความเสียหาย (บาท)"),
    "state": ("สถานะ", "สถานะการแก้ไข"),
    "settled_on": ("วันที่แก้ไขแล้ว", "แก้ไขเมื่อ", "วันที่แก้ไข"),
    "result": ("ผลการแก้ไข", "ผล"),
}
GRADES = {
    "ดีเลิศ": "excellent", "ดีมาก": "very_good", "ดี": "good", "ต่ำกว่าเกณฑ์": "below", "ต่ำกว่ามาตรฐาน": "below",
    "ไม่ผ่าน": "below", "ไม่ได้ประเมิน": "not_assessed", "ยังไม่ประเมิน": "not_assessed", "-": "not_assessed",
}  # fmt: skip
KINDS = {"ข้อสังเกต": "observation", "ข้อบกพร่อง": "defect"}
STATES = {
    "ยังไม่แก้ไข": "open", "ค้างแก้ไข": "open", "ค้างส่ง": "open", "กำลังแก้ไข": "mending", "แก้ไขแล้ว": "settled",
    "แก้ไขแล้วเสร็จ": "settled",
}  # fmt: skip
WORDS = {
    "strength_class": "ชั้นความเข้มแข็ง", "grade": "ระดับมาตรฐาน", "text": "ข้อความ", "found_on": "วันที่พบ", "kind": "ลักษณะ",
    "amount": "จำนวนเงิน (บาท)", "state": "สถานะการแก้ไข", "settled_on": "วันที่แก้ไขแล้ว", "result": "ผลการแก้ไข",
}  # fmt: skip
_OF_YEAR = re.compile(r"(ชั้นความเข้มแข็ง|ชั้น|ระดับชั้น|ระดับมาตรฐาน|มาตรฐาน|เกรด)(?:ปีงบประมาณ|ปี)?(?:พศ)?(25\d\d)")


def columns_of_years(heading: Heading) -> dict[tuple[str, int], int]:
    """Return the columns of a list that hold a class or a grade of one year, by (column of the table, year)."""
    found: dict[tuple[str, int], int] = {}
    for index, text in enumerate(heading.text):
        said = _OF_YEAR.fullmatch(text.translate(inputs.THAI_DIGITS))
        if said:
            name = "grade" if said[1] in YEARS["grade"] else "strength_class"
            found.setdefault((name, int(said[2])), index)
    return found


class Years:
    """The years on file, and what a list adds to them."""

    def __init__(self, said: Reading, known: Known) -> None:
        self._said, self._known = said, known
        of_year = {year.id: year.year for year in known.fiscal_years.values()}
        of_number = {one.id: number for number, one in known.held.items()}
        self._held: dict[tuple[str, int], CooperativeYear] = {
            (of_number[row.cooperative_id], of_year[row.fiscal_year_id]): row for row in CooperativeYear.select()
        }
        self._seen: dict[tuple[str, int, str], int] = {}
        self._made: dict[tuple[str, int], Change] = {}

    def take(self, line: Cells, number: str, year: int, name: str, column: str) -> None:
        """Hold one cell (a class or a grade of a year, in `column`) against what is on file."""
        value = line.value(column, _class if name == "strength_class" else _grade)
        if value is None or value is Grade.NOT_ASSESSED:
            return
        if year not in self._known.fiscal_years:
            line.wrong(RuleBroken("The fiscal year {year} is not in the portal.", year=year), column)
            return
        first = self._seen.setdefault((number, year, name), line.row)
        if first != line.row:
            line.wrong(RuleBroken("This number stands in row {row} already.", row=first), column)
            return
        held = self._held.get((number, year))
        old = getattr(held, name) if held is not None else None
        if old is not None and old is not Grade.NOT_ASSESSED:
            if old != value:
                filed = RuleBroken(
                    "{year} has “{old}” on file, and a list overwrites no filed year. If that was wrong, correct it in "
                    "“Strength and grade”; its history is kept.",
                    year=year, old=_said(name, old),
                )  # fmt: skip
                line.wrong(filed, column)
            return
        self._note(line, number, year, name, value, held)

    def _note(self, line: Cells, number: str, year: int, name: str, value: Any, held: CooperativeYear | None) -> None:
        change = self._made.get((number, year))
        if change is None:
            values = {} if held is not None else {"fiscal_year": self._known.fiscal_years[year]}
            change = Change(line.row, number, _name(self._known, number), held, values)
            self._made[number, year] = change
            self._said.years.append(change)
        change.values[name] = value
        change.differs[f"{WORDS[name]} {year}"] = ("", _said(name, value))


def take_years(
    said: Reading, sheet: Sheet, heading: Heading, known: Known, years: Years, beat: Callable[[], None]
) -> None:
    """Read a sheet that has a row for each institution and year."""
    for line in rows_of(said, sheet, heading, heading.columns, beat):
        number = _institution(line, known)
        year = line.value("year", lambda typed: int(inputs.parse_number(typed, decimals=0)))
        if not line.at("year"):
            line.wrong(RuleBroken("Please fill this in."), "year")
        if number and year is not None:
            for name in ("strength_class", "grade"):
                years.take(line, number, year, name, name)


def take_remarks(said: Reading, sheet: Sheet, heading: Heading, known: Known, beat: Callable[[], None]) -> None:
    """Read a sheet of auditors' remarks. One is known by institution, day and text; its state may change."""
    of_id = {one.id: number for number, one in known.held.items()}
    held: dict[tuple[str, Any, str], AuditorRemark] = {
        (of_id[row.cooperative_id], row.found_on, row.text): row for row in AuditorRemark.select()
    }
    seen: dict[tuple[str, Any, str], int] = {}
    for line in rows_of(said, sheet, heading, heading.columns, beat):
        number = _institution(line, known)
        values = {
            "text": line.value("text", lambda typed: inputs.parse_text(typed, many_lines=True)),
            "found_on": line.value("found_on", day),
            "kind": line.value("kind", lambda typed: one_of_words(typed, KINDS, RemarkKind)),
            "amount": line.value("amount", inputs.parse_money),
            "state": line.value("state", lambda typed: one_of_words(typed, STATES, RemarkState)),
            "settled_on": line.value("settled_on", day),
            "result": line.value("result", lambda typed: inputs.parse_text(typed, many_lines=True)),
        }
        for name in ("text", "found_on"):
            if not line.at(name):
                line.wrong(RuleBroken("Please fill this in."), name)
        if not number or not line.is_right:
            continue
        key = (number, values["found_on"], values["text"])
        if key in seen:
            line.wrong(RuleBroken("This remark stands in row {row} already.", row=seen[key]), "text")
            continue
        seen[key] = line.row
        change = _remark(line, number, {n: v for n, v in values.items() if v is not None}, held.get(key), known)
        if change is not None:
            said.remarks.append(change)


def _remark(
    line: Cells, number: str, values: dict[str, Any], held: AuditorRemark | None, known: Known
) -> Change | None:
    changed = {n: v for n, v in values.items() if held is None or getattr(held, n) != v}
    if not changed:
        return None
    whole = AuditorRemark(**((held.__data__ if held is not None else {}) | changed))
    if whole.state is RemarkState.SETTLED and whole.settled_on is None:
        line.wrong(RuleBroken("Please say when it was settled."), "settled_on")
        return None
    differs = {
        WORDS[n]: (_said(n, getattr(held, n)) if held is not None else "", _said(n, v)) for n, v in changed.items()
    }
    return Change(line.row, number, _name(known, number), held, changed, differs)


def _institution(line: Cells, known: Known) -> str:
    """Return the number of an institution that is there, or new in the same file; "" (and noted) otherwise."""
    number = line.number()
    if not number:
        return ""
    try:
        held = known.institution(number)
    except PortalError as refusal:
        line.wrong(refusal, "registration_number")
        return ""
    if held is None and number not in known.added:
        line.wrong(RuleBroken("No institution of the registry has this number."), "registration_number")
        return ""
    return number


def _name(known: Known, number: str) -> str:
    return known.held[number].name if number in known.held else known.added.get(number, "")


def _class(typed: str) -> int | None:
    text = inputs.parse_text(typed).removeprefix("ชั้น").strip()
    if text in ("-", "ไม่จัดชั้น", "ไม่จัด"):
        return None
    number = int(inputs.parse_number(text, decimals=0))
    if number not in (1, 2, 3):
        raise RuleBroken("A strength class is 1, 2 or 3.")
    return number


def _grade(typed: str) -> Grade:
    grade: Grade = one_of_words(typed, GRADES, Grade)
    return grade


_BACK = {
    "grade": {value: word for word, value in reversed(GRADES.items())},
    "kind": {value: word for word, value in KINDS.items()},
    "state": {value: word for word, value in reversed(STATES.items())},
}


def _said(name: str, value: Any) -> str:
    """Return a value as the list writes it."""
    if value is None:
        return ""
    if name in _BACK:
        return _BACK[name][value.value]
    if name == "amount":
        return f"{value / 100:,.2f}"
    return formats.day_input(value) if name.endswith("_on") else str(value)
