"""A form on trial: the sheet that an office will fill in, with conditions, sums and rules at work on answers that are
kept nowhere. It is made and judged by the same code as the page of a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import render_template
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from models import FormVersion, MeasureUnit, Obligation
from portal.answers import Saved
from portal.errors import PortalError
from portal.forms import kinds
from portal.forms.spec import Cell, FormSpec
from portal.rules.progress import Aggregation
from portal.sheets import Beside, Held, Sheet
from portal.web.form_page import APPLIES_NOT, FIELD, SheetForm, cell_of
from portal.web.language import gettext, language
from portal.web.sheet_view import STATES, CellView, Part, number_of, parts_of

REASON = "reason-"
BESIDE = ("last_month", "plan", "cumulative")
MOST = 6000  # fields of one trial


@dataclass
class Trial:
    """A form with trial answers, ready to be drawn."""

    sheet: Sheet
    parts: list[Part]
    beside: dict[tuple[str, str], str]

    @property
    def cells(self) -> dict[str, CellView]:
        """Return the cells that are drawn, by name: `key`, or `table.column-row`."""
        found: dict[str, CellView] = {}
        for part in self.parts:
            for kind, block in part.blocks:
                if kind == "lines":
                    found |= {line.cell.name: line.cell for line in block}
                elif kind == "grid":
                    found |= {cell.name: cell for _row, _label, cells in block.rows for cell in cells}
        return found

    def told(self) -> str:
        """Return in one line how the trial stands."""
        said = [one.kind for name, cell in self.cells.items() for one in cell.said if self._is_shown(name)]
        stops, warns = sum(kind != "warn" for kind in said), said.count("warn")
        if not self.sheet.spec.questions:
            return ""
        if not said:
            return gettext("These answers could be sent")
        return gettext("{stops} to mend, {warns} warnings", stops=stops, warns=warns)

    def _is_shown(self, name: str) -> bool:
        return cell_of(name).key in self.sheet.shown


def tried(spec: FormSpec, typed: Mapping[str, Any]) -> Trial:
    """Return the form with what was typed into it, by the names that its fields have on the page."""
    posted = _posted(typed)
    beside, words = _beside(spec, typed)
    bare = _sheet(spec, {}, beside)
    form = SheetForm(bare, posted)
    reasons = {cell_of(n.removeprefix(REASON)): str(v)[:500] for n, v in typed.items() if n.startswith(REASON)}
    answers = {
        field.cell: Held(0, field.entry, 0, reasons.get(field.cell, ""), None, None)
        for field in form
        if field.entry is not None and field.refusal is None
    }
    sheet = _sheet(spec, answers, beside)
    form.sheet = sheet
    refused = {field.cell: field.refusal for field in form if field.refusal is not None}
    measures = {m.code: m for m in MeasureUnit.select().where(MeasureUnit.code.in_(_units(spec)))}
    parts = parts_of(sheet, form, measures=measures, saved=Saved(sheet, refused=refused))
    return Trial(sheet, parts, words)


def drawn(trial: Trial, *, beside: bool = False) -> Markup:
    """Return the trial as a piece of a page; with `beside` one can type what would stand beside each number."""
    html = render_template(
        "designer/trial.html",
        trial=trial, parts=trial.parts, spec=trial.sheet.spec, beside=beside, lang=language(), states=STATES,
        number_of=number_of, endings=_endings,
    )  # fmt: skip
    return Markup(html)


def _posted(typed: Mapping[str, Any]) -> MultiDict[str, str]:
    """Return the fields as a browser posts them. Blank cells of tables are left out: they do not make a row."""
    out: MultiDict[str, str] = MultiDict()
    for name, given in list(typed.items())[:MOST]:
        if not name.startswith((FIELD, APPLIES_NOT)):
            continue
        listed = [str(one)[:4000] for one in given] if isinstance(given, list) else [str(given)[:4000]]
        cell = cell_of(name.removeprefix(FIELD)) if name.startswith(FIELD) else None
        if any(listed) or (cell is not None and not cell.row):
            out.setlist(name, listed)
    return out


def _sheet(spec: FormSpec, answers: dict[Cell, Held], beside: dict[str, Beside]) -> Sheet:
    sheet = Sheet(Obligation(), None, FormVersion(), spec, answers, beside, None, {})
    sheet.__dict__["cooperatives"] = None  # no office's registry: any well-formed number is taken
    return sheet


def _beside(spec: FormSpec, typed: Mapping[str, Any]) -> tuple[dict[str, Beside], dict[tuple[str, str], str]]:
    """Return what was typed as last month's value, the plan and the total before, and those words themselves."""
    words: dict[tuple[str, str], str] = {}
    known: dict[str, dict[str, Decimal]] = {}
    for name, given in list(typed.items())[:MOST]:
        what, _, key = name.partition(":")
        question = spec.asked.get(key)
        if what not in BESIDE or question is None or not kinds.of(question).counts:
            continue
        words[what, key] = str(given)[:40]
        try:
            value = kinds.of(question).read(question, words[what, key])
        except PortalError:
            continue
        if isinstance(value, Decimal):
            known.setdefault(key, {})[what] = value
    beside = {}
    for key, values in known.items():
        rule = spec.asked[key].month_rule
        last, before = values.get("last_month"), values.get("cumulative", values.get("last_month"))
        beside[key] = Beside(
            Aggregation(rule) if rule in set(Aggregation) else Aggregation.SUM, last,
            () if before is None else (before,), values.get("plan"), values.get("plan"),
        )  # fmt: skip
    return beside, words


def _units(spec: FormSpec) -> set[str]:
    return {question.unit for question in spec.asked.values() if question.unit}


def _endings(question: Any) -> str:
    kind: Any = kinds.of(question)
    return ", ".join(kind.accepted(question))
