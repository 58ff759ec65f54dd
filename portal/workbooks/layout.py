"""Where each cell of a form stands on its sheet. One function for the hand that writes and the eye that reads.

A plain question takes a line: label, answer, unit, last period, plan, total so far, reason, remark. A table is a block
of its own: a line of heads, a line for each row with its own reason and remark behind it, and totals below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.forms import kinds
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Question, Section
from portal.forms.spec import FormSpec
from portal.forms.values import Cell

LABEL, ANSWER, UNIT, LAST, PLAN, TOTAL, REASON, REMARK = range(8)
HEADS = ("คำถาม", "คำตอบ", "หน่วยนับ", "งวดก่อน", "แผนงวดนี้", "สะสมก่อนงวดนี้", "เหตุผล (เมื่อระบบเตือน)", "หมายเหตุ")
FIRST = 5  # lines above the first question: title, office, form, lock, heads
SPARE = 5  # empty lines that an open table offers beyond what it holds
SPARE_SMALL = 10  # an empty table offers at least so many

Spot = tuple[int, int]  # line and column, counted from 0


@dataclass(frozen=True)
class Line:
    """One line of a sheet. `kind`: section, note, question, table, heads, row, total, last, plan, before, blank."""

    kind: str
    question: Question | None = None
    number: int = 0
    section: Section | None = None


@dataclass
class Layout:
    """A sheet from top to bottom. `spots` says where each cell stands, `reasons` and `remarks` where its own do.

    Both of these are found by (question's or table's key, row): a table's row has one of each.
    """

    lines: list[Line] = field(default_factory=list)
    spots: dict[Cell, Spot] = field(default_factory=dict)
    reasons: dict[tuple[str, int], Spot] = field(default_factory=dict)
    remarks: dict[tuple[str, int], Spot] = field(default_factory=dict)
    columns: int = REMARK + 1

    def at(self, spot: Spot) -> Cell | None:
        """Return which cell stands at a spot."""
        return self._cells().get(spot)

    def _cells(self) -> dict[Spot, Cell]:
        return {spot: cell for cell, spot in self.spots.items()}


def rows_for(spec: FormSpec, answers: Mapping[Cell, object]) -> dict[str, int]:
    """Return how many rows each table of a form gets on its sheet: what it holds and some to spare."""
    out = {}
    for key, table in spec.questions.items():
        if table.kind == "table":
            held = max(spec.rows(table, answers), default=0)
            wanted = len(table.rows) or max(held + SPARE, table.rows_least, SPARE_SMALL)
            out[key] = min(wanted, most_rows(table))
    return out


def is_answered(question: Question) -> bool:
    """Return whether a workbook takes the answer: the portal works some out, and files are added on the page."""
    kind = kinds.of(question)
    return kind.holds and kind.typed and question.kind not in ("file", "photo")


def lay_out(spec: FormSpec, rows: Mapping[str, int]) -> Layout:
    """Return the sheet of a form whose tables have so many rows."""
    made = Layout()
    for section in spec.sections:
        if section.title:
            made.lines.append(Line("section", section=section))
        for question in section.questions:
            if question.kind == "table":
                _table(made, spec, question, rows.get(question.key, 0))
            elif question.kind == "note":
                made.lines.append(Line("note", question))
            else:
                at = FIRST + len(made.lines)
                made.spots[Cell(question.key)] = (at, ANSWER)
                made.reasons[question.key, 0] = (at, REASON)
                made.remarks[question.key, 0] = (at, REMARK)
                made.lines.append(Line("question", question))
    return made


def _table(made: Layout, spec: FormSpec, table: Question, rows: int) -> None:
    after = ANSWER + len(table.columns)
    made.columns = max(made.columns, after + 2)
    made.lines += [Line("table", table), Line("heads", table)]
    for number in range(1, rows + 1):
        at = FIRST + len(made.lines)
        for n, column in enumerate(table.columns):
            made.spots[Cell(f"{table.key}.{column.key}", number)] = (at, ANSWER + n)
        made.reasons[table.key, number] = (at, after)
        made.remarks[table.key, number] = (at, after + 1)
        made.lines.append(Line("row", table, number))
    if any(f"{table.key}.{column.key}" in spec.totalled for column in table.columns):
        made.lines += [Line(kind, table) for kind in ("total", "last", "plan", "before")]
    made.lines.append(Line("blank"))
