"""What a page shows of a sheet: lines with what stands beside each number, tables, and what is said about each cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import Comment, MeasureUnit, Period
from portal import formats
from portal.forms import kinds
from portal.forms.kinds.table import most_rows
from portal.forms.problems import Problem, offered
from portal.forms.questions import Question, Section
from portal.forms.values import Cell, Entry, NotApplicable
from portal.rules.inputs import MONTHS_SHORT
from portal.rules.locks import Lock
from portal.rules.terms import PeriodKind
from portal.sheets import NOTHING, Beside, Held, Sheet
from portal.web.form_page import CellField, SheetForm, name_of
from portal.web.language import gettext, language

LATER = frozenset({"required", "rows"})  # what is only said when the report is to be sent
STATES = {
    "empty": ("dash", "not answered yet"),
    "must": ("dash", "must be answered"),
    "saved": ("tick", "saved"),
    "na": ("none", "does not apply"),
    "computed": ("none", "computed"),
    "locked": ("lock", "locked"),
    "returned": ("back", "returned"),
    "block": ("bad", "to be mended"),
    "warn": ("watch", "needs a reason"),
    "reasoned": ("watch", "with a reason"),
    "refused": ("bad", "not saved"),
    "clash": ("watch", "two answers"),
}


@dataclass
class Said:
    """One thing that is said about a cell: `kind` is block, warn, returned, lock, refused or clash."""

    kind: str
    words: str
    reason: str = ""
    who: str = ""
    comment: int = 0
    lock: Lock | None = None
    theirs: Held | None = None


@dataclass
class CellView:
    """One cell as it is shown: a control, or what the portal worked out."""

    name: str
    control: CellField | None
    text: str = ""
    state: str = "empty"
    said: list[Said] = field(default_factory=list)
    version: int = 0


@dataclass
class Line:
    """A question outside tables."""

    question: Question
    label: str
    help: str
    unit: str
    cell: CellView
    beside: Beside
    total: str
    is_shown: bool
    offer: str = ""

    @property
    def is_number(self) -> bool:
        """Return whether last month, plan and total may stand beside it."""
        return kinds.of(self.question).counts


@dataclass
class Grid:
    """A table: rows by columns, its totals, and how a new row looks."""

    question: Question
    label: str
    help: str
    is_shown: bool
    columns: list[tuple[Question, str, str]]  # the column, its label, its unit of measure
    rows: list[tuple[int, str, list[CellView]]]
    totals: dict[str, str]
    lasts: dict[str, str]
    most: int
    spare: list[CellView] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Return whether rows may be added."""
        return not self.question.rows

    @property
    def has_totals(self) -> bool:
        """Return whether any column has a total."""
        return bool(self.totals)


@dataclass
class Part:
    """A section as it is shown: lines and tables in reading order."""

    section: Section
    title: str
    blocks: list[Any] = field(default_factory=list)  # ("lines", [Line…]) or ("grid", Grid) or ("note", text, key)
    has_last = has_plan = has_total = False

    @property
    def is_shown(self) -> bool:
        """Return whether anything of it is shown."""
        return any(self._shown(*block) for block in self.blocks)

    @staticmethod
    def _shown(kind: str, held: Any) -> bool:
        return any(line.is_shown for line in held) if kind == "lines" else bool(held.is_shown)


@dataclass
class Note:
    """Words between the questions."""

    question: Question
    label: str
    help: str
    is_shown: bool


def parts_of(
    sheet: Sheet,
    form: SheetForm,
    *,
    measures: Mapping[str, MeasureUnit],
    marks: Iterable[Comment] = (),
    people: Mapping[int, str] | None = None,
    saved: Any = None,
) -> list[Part]:
    """Return the sections of a sheet with everything that is said about their cells.

    `saved` is what came of saving what the form holds, if that was tried.
    """
    told = _told(sheet, marks, people or {}, saved)
    drawing = _Drawing(sheet, form, measures, told, offered(sheet.spec, sheet.context))
    return [drawing.part(section) for section in sheet.spec.sections]


class _Drawing:
    def __init__(
        self,
        sheet: Sheet,
        form: SheetForm,
        measures: Mapping[str, MeasureUnit],
        told: dict[Cell, list[Said]],
        offers: Mapping[str, Any],
    ) -> None:
        self.sheet, self.form, self.told, self.offers = sheet, form, told, offers
        self.units = {
            code: one.name if language() == "th" else one.name_en or one.name for code, one in measures.items()
        }

    def part(self, section: Section) -> Part:
        made = Part(section, section.heading(language()))
        lines: list[Line] = []
        for question in section.questions:
            if question.kind in ("table", "note"):
                lines = []
                block = self.grid(question) if question.kind == "table" else self.note(question)
                made.blocks.append(("grid" if question.kind == "table" else "note", block))
                continue
            if not lines:
                made.blocks.append(("lines", lines))
            line = self.line(question)
            lines.append(line)
            if line.is_number:
                made.has_last = made.has_last or line.beside.last is not None
                made.has_plan = made.has_plan or line.beside.plan is not None or line.beside.target is not None
                made.has_total = made.has_total or bool(line.beside.earlier) or line.beside.plan is not None
        return made

    def note(self, question: Question) -> Note:
        said = question.title(language()), question.hint(language())
        return Note(question, *said, question.key in self.sheet.shown)

    def line(self, question: Question) -> Line:
        key = question.key
        beside = self.sheet.beside.get(key, NOTHING)
        cell = self.cell(Cell(key), question)
        offer = kinds.write(question, self.offers[key]) if key in self.offers else ""
        entry = self.sheet.entries.get(Cell(key), self.sheet.worked_out.get(Cell(key)))
        return Line(
            question, question.title(language()), question.hint(language()),
            self.units.get(question.unit, question.unit), cell, beside, total_of(beside, entry),
            key in self.sheet.shown, offer,
        )  # fmt: skip

    def grid(self, question: Question) -> Grid:
        sheet = self.sheet
        columns = [
            (c, c.title(language()), self.units.get(c.unit, c.unit))
            for c in question.columns
            if f"{question.key}.{c.key}" in sheet.shown
        ]
        numbers = self.form.rows.get(question.key) or sheet.spec.rows(question, sheet.answers)
        rows = []
        for row in numbers:
            label = str(row)
            if question.rows:
                named = question.rows[row - 1]
                label = (named.label_en if language() == "en" else "") or named.label or named.key
            cells = [self.cell(Cell(f"{question.key}.{c.key}", row), c) for c, _, _ in columns]
            rows.append((row, label, cells))
        totals, lasts = {}, {}
        for column in question.columns:
            key = f"{question.key}.{column.key}"
            if key in sheet.spec.totalled:
                total = sheet.worked_out.get(Cell(key))
                totals[column.key] = shown_text(column, total)
                last = sheet.beside.get(key, NOTHING).last
                if last is not None:
                    lasts[column.key] = kinds.show(column, last, language())
        made = Grid(
            question, question.title(language()), question.hint(language()), question.key in sheet.shown, columns, rows,
            totals, lasts, most_rows(question),
        )  # fmt: skip
        if made.is_open and sheet.lock is None:
            made.spare = [self.spare(Cell(f"{question.key}.{c.key}", 0), c) for c, _, _ in columns]
        return made

    def spare(self, cell: Cell, question: Question) -> CellView:
        """Return a cell of a row that is yet to be added; its name holds row 0."""
        name = f"{cell.key}-0"
        if not kinds.of(question).typed:
            return CellView(name, None, state="computed")
        bound = CellField(question, cell).bind(self.form, name=f"q-{name}")
        bound.process(None)
        bound.id, bound.called = f"c-{name}", name
        return CellView(name, bound)

    def cell(self, cell: Cell, question: Question) -> CellView:
        control = self.form.field(cell)
        held = self.sheet.answers.get(cell)
        entry = self.sheet.entries.get(cell)
        said = self.told.get(cell, [])
        made = CellView(name_of(cell), control, said=said, version=held.version if held else 0)
        made.text = shown_text(question, self.sheet.worked_out.get(cell, entry) if control is None else entry)
        if question.kind == "cooperative" and isinstance(entry, str) and self.sheet.cooperatives is not None:
            name = self.sheet.cooperatives.get(entry, "")
            made.text = f"{name} ({entry})" if name else entry
            if control is not None and control.typed == entry:
                control.named = name
        made.state = state_of(question, entry, said, control is None)
        return made


def state_of(question: Question, entry: Entry | None, said: Iterable[Said], is_worked_out: bool) -> str:
    """Return the word of STATES for a cell: the worst of what is said about it, else how it is answered."""
    kinds_said = {one.kind for one in said}
    for kind in ("refused", "clash", "lock", "returned", "block"):
        if kind in kinds_said:
            return "locked" if kind == "lock" else kind
    if "warn" in kinds_said:
        return "warn" if any(one.kind == "warn" and not one.reason for one in said) else "reasoned"
    if is_worked_out:
        return "computed"
    if entry is None:
        return "must" if question.required else "empty"
    return "na" if isinstance(entry, NotApplicable) else "saved"


def shown_text(question: Question, entry: Entry | None) -> str:
    """Return an answer as it is read, `-` where there is none."""
    return kinds.show(question, entry, language()) if entry is not None else formats.NONE


def total_of(beside: Beside, entry: Entry | None) -> str:
    """Return the year's total with this answer, as it is read."""
    total = beside.total(entry)
    return formats.quantity(round(total, 4)) if total is not None else formats.NONE


def number_of(value: Any) -> str:
    """Return a number beside a question as it is read."""
    return formats.quantity(value) if isinstance(value, Decimal) else formats.NONE


def problems_shown(sheet: Sheet) -> list[Problem]:
    """Return the problems that are said while one fills in; what is merely missing is said when it is sent."""
    return [problem for problem in sheet.problems if problem.rule not in LATER]


def lock_words(lock: Lock) -> str:
    """Return the sentence of a lock."""
    return gettext(lock.msgid)


def before_name(period: Period) -> str:
    """Return the name of the period before, short enough to head a column."""
    if period.kind != PeriodKind.MONTH:
        return gettext("Before")
    return MONTHS_SHORT[(period.starts_on.month - 2) % 12]


def _told(sheet: Sheet, marks: Iterable[Comment], people: Mapping[int, str], saved: Any) -> dict[Cell, list[Said]]:
    told: dict[Cell, list[Said]] = {}
    for mark in marks:
        if mark.key and mark.settled_at is None:
            said = Said("returned", mark.text, who=people.get(mark.person_id, ""), comment=mark.id)
            told.setdefault(Cell(mark.key, mark.row), []).append(said)
    for problem in problems_shown(sheet):
        words = problem.error.words(gettext)
        told.setdefault(problem.cell, []).append(Said(problem.severity, words, reason=problem.reason))
    if sheet.lock is None:
        for key, lock in sheet.cell_locks.items():
            told.setdefault(Cell(key), []).append(Said("lock", lock_words(lock), lock=lock))
    if saved is not None:
        for cell, refusal in saved.refused.items():
            if cell not in saved.locks:
                told.setdefault(cell, []).insert(0, Said("refused", refusal.words(gettext)))
        for cell, clash in saved.clashed.items():
            who = people.get(clash.theirs.saved_by or 0, "") if clash.theirs else ""
            told.setdefault(cell, []).insert(0, Said("clash", "", who=who, theirs=clash.theirs))
    return told
