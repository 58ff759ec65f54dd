"""A form's description as a web form: one control for each cell, made by WTForms, read and refused as everywhere."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.utils import unset_value

from portal.errors import PortalError
from portal.forms import kinds, problems
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Question
from portal.forms.values import Cell, Entry
from portal.rules.locks import Lock
from portal.sheets import Sheet
from portal.web.language import gettext, language

FIELD = "q-"  # before a cell's name, in a posted form
APPLIES_NOT = "na-"
SPARE = 1  # empty rows offered under an open table


def name_of(cell: Cell) -> str:
    """Return how a cell is called in pages and requests: `key`, or `table.column-row`."""
    return f"{cell.key}-{cell.row}" if cell.row else cell.key


def cell_of(name: str) -> Cell:
    """Return the cell of that name; what is no name of a cell becomes one that no form has."""
    key, dash, row = name.rpartition("-")
    if not dash:
        return Cell(name)
    return Cell(key, int(row)) if row.isascii() and row.isdigit() and len(row) < 5 else Cell(name)


class Control:
    """Draws the control of a cell: a box for figures and words, a list of choices, ticks for several of a list."""

    def __call__(self, field: CellField, **more: Any) -> Markup:
        """Return the control. `more` are further attributes."""
        question, shut = field.question, field.lock is not None
        attributes: dict[str, Any] = {
            "id": field.id, "data-cell": field.called, "data-version": field.held_version or None,
            "aria-describedby": f"m-{field.called}" if field.errors or more.pop("told", False) else None,
            "aria-invalid": "true" if field.errors else None,
            "aria-required": "true" if question.required else None, "autocomplete": "off", **more,
        }  # fmt: skip
        if field.typed != field.was:
            attributes["data-was"] = field.was
        draw = _DRAWN.get(question.kind, _line)
        return draw(field, attributes, shut)


def _line(field: CellField, attributes: dict[str, Any], shut: bool) -> Markup:
    is_number = kinds.of(field.question).counts
    if is_number:
        attributes["inputmode"] = "decimal"
    if field.question.kind == "cooperative":
        attributes["list"] = "institutions"
    attributes |= {"readonly": "readonly" if shut else None, "class": "num" if is_number else "in"}
    given = {"name": field.name, "value": field.typed, **attributes}
    named = Markup('<small class="named" title="{0}">{0}</small>').format(field.named) if field.named else ""
    return Markup(f'<input type="text"{_written(given)}>{named}')


def _lines(field: CellField, attributes: dict[str, Any], shut: bool) -> Markup:
    attributes |= {"readonly": "readonly" if shut else None, "class": "in", "rows": 3}
    return Markup('<textarea name="{}"{}>\n{}</textarea>').format(field.name, _written(attributes), field.typed)


def _list(field: CellField, attributes: dict[str, Any], shut: bool) -> Markup:
    offered = [("", "")] + [(written, label) for written, label in _options(field.question)]
    known = {written for written, _ in offered}
    if field.typed not in known:  # refused, or that it does not apply: still to be seen
        offered.append((field.typed, field.typed))
    if kinds.DOES_NOT_APPLY[0] not in known | {field.typed}:
        offered.append((kinds.DOES_NOT_APPLY[0], gettext("does not apply")))
    options = Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(
            written, Markup(" selected") if written == field.typed else "", label
        )
        for written, label in offered
    )
    attributes |= {"disabled": "disabled" if shut else None, "class": "in"}
    return Markup('<select name="{}"{}>{}</select>').format(field.name, _written(attributes), options)


def _ticks(field: CellField, attributes: dict[str, Any], shut: bool) -> Markup:
    chosen, belongs = set(field.typed.split("; ")), attributes.pop("form", None)
    attributes |= {"role": "group", "class": "ticks", "aria-required": None}
    ticks = []
    for written, label in _options(field.question):
        given = {"checked": "" if written in chosen else None, "disabled": "" if shut else None, "form": belongs}
        ticks.append(
            Markup('<label class="pick"><input type="checkbox" name="{}" value="{}"{}>{}</label>').format(
                field.name, written, _written(given), label
            )
        )
    return Markup("<span{}>{}</span>").format(_written(attributes), Markup("").join(ticks))


_DRAWN = {"long_text": _lines, "choice": _list, "yes_no": _list, "choices": _ticks}


def _options(question: Question) -> list[tuple[str, str]]:
    """Return what can be chosen: as it is typed, and as it is shown."""
    kind = kinds.of(question)
    values: list[Any] = [True, False] if question.kind == "yes_no" else [choice.code for choice in question.choices]
    if question.kind == "choices":
        return [(kind.write(question, (one,)), kind.show(question, (one,), language())) for one in values]
    return [(kind.write(question, one), kind.show(question, one, language())) for one in values]


def _written(attributes: Mapping[str, Any]) -> Markup:
    # Every value is escaped; some thousand attributes make a page, so they are joined as plain text.
    parts = [f' {name}="{escape(value)}"' for name, value in attributes.items() if value is not None]
    return Markup("".join(parts))


class CellField(Field):
    """One cell. `typed` is its text, as typed or as the store has it; `entry` what that means, once it was read.

    `named` is what stands under a number that says nothing by itself: the name of the institution it belongs to.
    """

    widget = Control()
    raw_data: list[str] | None

    def __init__(
        self, question: Question, cell: Cell, version: int = 0, lock: Lock | None = None, **kwargs: Any
    ) -> None:
        super().__init__(label=question.title(language()), id=f"c-{name_of(cell)}", **kwargs)
        self.question, self.cell, self.held_version, self.lock = question, cell, version, lock
        self.called = name_of(cell)
        self.was = self.typed = self.named = ""
        self.entry: Entry | None = None
        self.is_posted = False
        self.refusal: PortalError | None = None

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take the stored entry, and over it what was typed. What cannot be read is in `refusal` and `errors`."""
        self.process_errors: list[str] = []
        self.errors: tuple[str, ...] = ()
        self.entry = self.data = None if data is unset_value else data
        self.was = self.typed = kinds.write(self.question, self.entry)
        if not formdata or self.lock is not None or not (self.name in formdata or self._na() in formdata):
            return
        self.is_posted = True
        typed = "; ".join(formdata.getlist(self.name)) if self.question.kind == "choices" else formdata.get(self.name)
        self.raw_data = [typed or ""]
        self.typed = kinds.DOES_NOT_APPLY[0] if self._na() in formdata else (typed or "")
        try:
            self.entry = self.data = kinds.read(self.question, self.typed)
        except PortalError as refusal:
            self.refusal = refusal
            self.process_errors.append(refusal.words(gettext))
            self.errors = tuple(self.process_errors)

    def _na(self) -> str:
        return APPLIES_NOT + name_of(self.cell)


class SheetForm(BaseForm):
    """All cells of a sheet that a person types into; `validate` says whether it could be sent as it stands here."""

    def __init__(self, sheet: Sheet, formdata: Any = None) -> None:
        self.sheet = sheet
        self.rows: dict[str, list[int]] = {}
        self.form_errors: list[str] = []
        fields: dict[str, Any] = {}
        entries: dict[str, Entry] = {}
        for key, question in sheet.spec.asked.items():
            if not kinds.of(question).typed:
                continue
            for row in self._rows(key, formdata):
                cell = Cell(key, row)
                held = sheet.answers.get(cell)
                name = FIELD + name_of(cell)
                fields[name] = CellField(question, cell, held.version if held else 0, sheet.locked(cell))
                if (entry := sheet.entries.get(cell)) is not None:
                    entries[name] = entry
        super().__init__(fields)
        self.process(formdata, data=entries)

    def field(self, cell: Cell) -> CellField | None:
        """Return the control of a cell, None where none is shown."""
        found: CellField | None = self._fields.get(FIELD + name_of(cell))
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether these answers could be sent. What is wrong stands in the fields' `errors`, the rest in
        `form_errors`."""
        self.form_errors = []
        entries = {field.cell: field.entry for field in self if field.entry is not None and field.refusal is None}
        reasons = {cell: held.reason for cell, held in self.sheet.answers.items()}
        wrong = {field.cell: list(field.process_errors) for field in self}
        for problem in problems.problems(self.sheet.spec, entries, reasons, self.sheet.context):
            if problem.stops:
                told = wrong.get(problem.cell, self.form_errors)
                told.append(problem.error.words(gettext))
        for field in self:
            field.errors = tuple(dict.fromkeys(wrong[field.cell]))
        return not any(field.errors for field in self) and not self.form_errors

    def _rows(self, key: str, formdata: Any) -> list[int]:
        table = self.sheet.spec.table_of(key)
        if table is None:
            return [0]
        if table.key not in self.rows:
            there = self.sheet.spec.rows(table, self.sheet.answers)
            posted = {cell_of(name.removeprefix(FIELD)) for name in formdata or () if name.startswith(FIELD)}
            there += [row for row in self.sheet.spec.rows(table, posted) if row not in there]
            if not table.rows:
                last = max(there, default=0)
                wanted = max(table.rows_least - len(there), SPARE)
                there += range(last + 1, min(last + wanted, most_rows(table)) + 1)
            self.rows[table.key] = sorted(there)
        return self.rows[table.key]


def seen_of(form: SheetForm) -> str:
    """Return what the page shows, cell by cell: version and a mark of the text, to know later who changed what."""
    return ";".join(f"{name_of(f.cell)}:{f.held_version}:{_mark(f.was)}" for f in form)


def changed_since(form: SheetForm, seen: str) -> tuple[dict[Cell, str], dict[Cell, int]]:
    """Return the cells that were typed into since the page was made, and the version each had then."""
    shown: dict[Cell, tuple[int, str]] = {}
    for part in seen.split(";"):
        name, _, rest = part.partition(":")
        version, _, mark = rest.partition(":")
        if version.isascii() and version.isdigit() and len(version) < 10:
            shown[cell_of(name)] = (int(version), mark)
    typed: dict[Cell, str] = {}
    versions: dict[Cell, int] = {}
    for field in form:
        held = shown.get(field.cell, (0, _mark("")))
        if field.is_posted and _mark(field.typed) != held[1]:
            typed[field.cell] = field.typed
            versions[field.cell] = held[0]
    return typed, versions


def _mark(text: str) -> str:
    return f"{zlib.crc32(text.replace(chr(13), '').encode()):08x}"
