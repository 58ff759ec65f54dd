"""An office with a form of every kind of question, and a pen: fill in its workbook as somebody would in Excel."""

import io
from decimal import Decimal

import openpyxl

from models import FormVersion
from portal import answers
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.workbooks import desk, layout, taking, writing
from tests import make

SECRET = "kept-for-tests-0123456789-abcdefghij"
SPEC = {
    "sections": [
        {"key": "work", "title": "ผลการดำเนินงาน", "questions": [
            {"key": "trained", "kind": "whole", "label": "ผู้เข้าอบรม", "unit": "person", "required": True, "least": "0",
             "greatest": "5000", "help": "นับเฉพาะผู้ที่อยู่จนจบ"},
            {"key": "spent", "kind": "money", "label": "ค่าใช้จ่าย", "least": "0"},
            {"key": "rate", "kind": "percent", "label": "ร้อยละความพึงพอใจ", "least": "0", "greatest": "100"},
            {"key": "area", "kind": "number", "label": "พื้นที่", "decimals": 2},
            {"key": "each", "kind": "computed", "label": "ค่าใช้จ่ายต่อคน", "formula": "spent / trained"},
            {"key": "done_on", "kind": "date", "label": "วันที่จัด"},
            {"key": "is_public", "kind": "yes_no", "label": "เปิดให้ประชาชนทั่วไป"},
            {"key": "place", "kind": "choice", "label": "สถานที่", "choices": [
                {"code": "office", "label": "สำนักงาน"}, {"code": "field", "label": "แปลง, นา"}]},
            {"key": "topics", "kind": "choices", "label": "หัวข้อ", "choices": [
                {"code": "a", "label": "บัญชี"}, {"code": "b", "label": "การตลาด"}, {"code": "c", "label": "กฎหมาย"}]},
            {"key": "host", "kind": "cooperative", "label": "สหกรณ์เจ้าภาพ"},
            {"key": "title", "kind": "text", "label": "ชื่อหลักสูตร"},
            {"key": "problems", "kind": "long_text", "label": "ปัญหา", "shown_when": "trained < 10"},
            {"key": "papers", "kind": "file", "label": "เอกสาร"},
            {"key": "remark", "kind": "note", "label": "โปรดตรวจทานก่อนส่ง"},
        ]},
        {"key": "produce", "title": "ผลผลิต", "questions": [
            {"key": "crops", "kind": "table", "label": "ผลผลิตที่รวบรวม", "rows_least": 1, "rows_greatest": 40,
             "totals": ["tons", "value"], "columns": [
                 {"key": "crop", "kind": "text", "label": "ชนิด", "required": True},
                 {"key": "tons", "kind": "number", "label": "ตัน", "decimals": 3, "least": "0", "unit": "ton"},
                 {"key": "value", "kind": "money", "label": "มูลค่า", "least": "0"},
                 {"key": "price", "kind": "computed", "label": "บาทต่อกก.", "formula": "value / (tons * 1000)"}]},
            {"key": "by_sex", "kind": "table", "label": "แยกตามเพศ", "totals": ["count"],
             "rows": [{"key": "men", "label": "ชาย"}, {"key": "women", "label": "หญิง"}],
             "columns": [{"key": "count", "kind": "whole", "label": "จำนวน", "least": "0"}]},
        ]},
    ],
    "rules": [
        {"key": "sexes", "expression": "sum(by_sex.count) <= trained", "message": "ชายหญิงรวมกันเกินจำนวนผู้เข้าอบรม",
         "message_en": "More men and women than people", "severity": "block", "at": "by_sex.count"},
        {"key": "dear", "expression": "spent <= 1000000", "message": "ค่าใช้จ่ายสูงผิดปกติ", "message_en": "Unusually dear",
         "severity": "warn", "at": "spent"},
    ],
}  # fmt: skip
GOOD = {
    Cell("trained"): "120", Cell("spent"): "45,000.50", Cell("rate"): "88.25", Cell("area"): "12.5",
    Cell("done_on"): "15/05/2566", Cell("is_public"): "ใช่", Cell("place"): "แปลง, นา", Cell("topics"): "บัญชี; กฎหมาย",
    Cell("title"): "=การบัญชี+1", Cell("crops.crop", 1): "ข้าวหอมมะลิ", Cell("crops.tons", 1): "3.125",
    Cell("crops.value", 1): "40000", Cell("crops.crop", 2): "มันสำปะหลัง", Cell("crops.tons", 2): "0",
    Cell("by_sex.count", 1): "50", Cell("by_sex.count", 2): "70",
}  # fmt: skip


def form(spec=None, number=1, **values):
    made = make.form(**values)
    FormVersion.update(spec=spec or SPEC, number=number).where(FormVersion.form == made.id).execute()
    return made


class Office:
    """One office with its people, one obligation, and what is done with its workbook."""

    def __init__(self, spec=None, *, period=None, unit=None):
        self.unit = unit or make.unit()
        self.reporter = make.person(Role.REPORTER, self.unit)
        self.period = period or make.period()
        self.form = form(spec)
        self.owed = make.obligation(self.unit, self.form, self.period)

    def desk(self):
        return desk.gather(self.unit, self.period, at=make.NOON)

    def sheet(self):
        return self.desk().sheets[0]

    def fill(self, typed):
        return answers.fill_in(self.sheet(), typed, by=self.reporter, at=make.NOON)

    def entries(self):
        return {cell: held.entry for cell, held in self.sheet().answers.items()}

    def workbook(self, returned=None):
        out = io.BytesIO()
        writing.write(self.desk(), out, secret=SECRET, at=make.NOON, returned=returned)
        return out.getvalue()

    def look(self, content, **given):
        given = {"unit": self.unit, "by": self.reporter, "at": make.NOON, "secret": SECRET} | given
        return taking.look(io.BytesIO(content), **given)

    def send(self, content, whole=False):
        return taking.take(self.look(content), by=self.reporter, at=make.NOON, whole=whole)

    def pen(self, content):
        return Pen(content, self.sheet())


class Pen:
    """Writes into a workbook, as Excel would store it."""

    def __init__(self, content, sheet):
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        self.sheet = sheet
        self.name = next(name for name in self.book.sheetnames if name.startswith(sheet.version.form.code))
        self.page = self.book[self.name]
        self.plan = layout.lay_out(sheet.spec, layout.rows_for(sheet.spec, sheet.answers))

    def at(self, cell):
        row, column = self.plan.spots[cell]
        return self.page.cell(row + 1, column + 1)

    def put(self, cell, value):
        self.at(cell).value = value
        return self

    def type(self, typed):
        """Type as people do: Excel makes numbers of what looks like one, all else stays text."""
        for cell, text in typed.items():
            plain = text.replace(",", "")
            held = self.at(cell)
            try:
                held.value = Decimal(plain)
            except ArithmeticError:
                held.value = text
                held.data_type = "s"
        return self

    def reason(self, key, row, text):
        spot = self.plan.reasons[key, row]
        self.page.cell(spot[0] + 1, spot[1] + 1).value = text
        return self

    def saved(self):
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()
