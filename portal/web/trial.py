"""A form on trial: drawn as an office will see it, with conditions, sums and rules at work on answers that are kept
nowhere. What is typed is read by the kinds and judged by the one checker, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import render_template
from markupsafe import Markup

from models import MeasureUnit
from portal.errors import PortalError
from portal.forms import kinds, problems
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Question
from portal.forms.spec import Cell, Context, Entry, FormSpec, Value
from portal.forms.values import NOT_APPLICABLE
from portal.web.language import gettext, language

BESIDE = ("last_month", "plan", "cumulative")
SPARE = 1  # empty rows at the end of a table to which the office adds


@dataclass
class Box:
    """One cell of the trial: what it is called on the page, what is typed, what is wrong with that."""

    name: str
    question: Question
    typed: str = ""
    worked: str | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reason: str = ""
    asks_reason: bool = False


@dataclass
class Trial:
    """A form with trial answers, ready to be drawn."""

    spec: FormSpec
    shown: set[str]
    boxes: dict[Cell, Box]
    rows: dict[str, list[int]]
    beside: dict[tuple[str, str], str]
    count: int = 0

    def box(self, key: str, row: int = 0) -> Box:
        """Return the box of a cell."""
        return self.boxes[Cell(key, row)]

    def told(self) -> str:
        """Return in one line how the trial stands."""
        stops = sum(len(box.errors) for box in self.boxes.values())
        warns = sum(len(box.warnings) for box in self.boxes.values())
        if not self.spec.questions:
            return ""
        if not stops and not warns:
            return gettext("These answers could be sent")
        return gettext("{stops} to mend, {warns} warnings", stops=stops, warns=warns)


def tried(spec: FormSpec, typed: Mapping[str, Any]) -> Trial:
    """Return the form with what was typed into it, by the names that `Trial` gave its boxes."""
    answers: dict[Cell, Entry] = {}
    refused: dict[Cell, str] = {}
    words: dict[Cell, str] = {}
    reasons: dict[Cell, str] = {}
    for name, given in typed.items():
        what, _, place = name.partition(":")
        key, _, row = place.rpartition(":")
        if what not in ("a", "r", "na") or not row.isascii() or not row.isdigit() or len(row) > 4:
            continue
        cell = Cell(key, int(row))
        question = spec.asked.get(key)
        text = ";".join(map(str, given)) if isinstance(given, list) else str(given)
        if question is None:
            continue
        if what == "r":
            reasons[cell] = text[:500]
        elif what == "na":
            answers[cell] = NOT_APPLICABLE
        elif cell not in answers:
            words[cell] = text[:2000]
            try:
                entry = kinds.read(question, words[cell])
            except PortalError as refusal:
                refused[cell] = refusal.words(gettext)
                continue
            if entry is not None:
                answers[cell] = entry
    context, beside = _context(spec, typed)
    return _told(spec, answers, refused, words, reasons, context, beside)


def drawn(trial: Trial, *, beside: bool = False) -> Markup:
    """Return the trial as a piece of a page."""
    units: dict[str, str] = dict(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).tuples())
    return Markup(
        render_template(
            "designer/trial.html", trial=trial, spec=trial.spec, units=units, beside=beside, lang=language()
        )
    )


def _context(spec: FormSpec, typed: Mapping[str, Any]) -> tuple[Context, dict[tuple[str, str], str]]:
    known: dict[str, dict[str, Value]] = {name: {} for name in BESIDE}
    beside: dict[tuple[str, str], str] = {}
    for name, given in typed.items():
        what, _, key = name.partition(":")
        question = spec.asked.get(key)
        if what not in BESIDE or question is None or not kinds.of(question).counts:
            continue
        beside[what, key] = str(given)[:40]
        try:
            value = kinds.of(question).read(question, beside[what, key])
        except PortalError:
            continue
        if value is not None:
            known[what][key] = value
    return Context(known["last_month"], known["cumulative"], known["plan"]), beside


def _told(
    spec: FormSpec,
    answers: dict[Cell, Entry],
    refused: dict[Cell, str],
    words: dict[Cell, str],
    reasons: dict[Cell, str],
    context: Context,
    beside: dict[tuple[str, str], str],
) -> Trial:
    offered = problems.offered(spec, context)
    for key, value in offered.items():
        cell = Cell(key, 0)
        if cell not in words and cell not in answers:
            answers[cell] = value
            words[cell] = kinds.write(spec.asked[key], value)
    worked = problems.computed(spec, answers, context)
    rows = {key: _rows(spec, table, answers, words) for key, table in spec.questions.items() if table.kind == "table"}
    boxes: dict[Cell, Box] = {}
    for key, question in spec.asked.items():
        table = spec.table_of(key)
        for row in [0] if table is None else [0, *rows[table.key]]:
            cell = Cell(key, row)
            box = Box(f"{key}:{row}", question, words.get(cell, ""), reason=reasons.get(cell, ""))
            if not kinds.of(question).typed or (table is not None and row == 0):
                box.worked = kinds.show(question, worked.get(cell), language()) or "–"
            if answers.get(cell) is NOT_APPLICABLE:
                box.worked = kinds.show(question, NOT_APPLICABLE, language())
            if cell in refused:
                box.errors.append(refused[cell])
            boxes[cell] = box
    trial = Trial(spec, problems.shown(spec, answers, context), boxes, rows, beside)
    asked_for = bool(words or reasons)
    for problem in problems.problems(spec, answers, reasons, context):
        at = boxes.get(problem.cell)
        # Before anything is typed, nobody is told that everything is missing.
        if at is None or problem.cell in refused or (problem.rule in ("required", "rows") and not asked_for):
            continue
        told = problem.error.words(gettext)
        if problem.severity == problems.WARN:
            at.warnings.append(told)
            at.asks_reason = True
        else:
            at.errors.append(told)
    return trial


def _rows(spec: FormSpec, table: Question, answers: Mapping[Cell, Entry], words: Mapping[Cell, str]) -> list[int]:
    if table.rows:
        return list(range(1, len(table.rows) + 1))
    begun = {cell.row for cell, text in words.items() if text and cell.key.startswith(f"{table.key}.")}
    last = max(begun | set(spec.rows(table, answers)), default=0)
    return list(range(1, min(max(last + SPARE, table.rows_least, 1), most_rows(table)) + 1))
