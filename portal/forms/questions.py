"""The parts of a form's description: a section, a question with its choices, columns and rows, a rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
LONGEST_CELL_KEY = 60  # `table.column`, as the store keeps it
MOST_ROWS = 200
DEFAULTS = ("", "last_month", "cumulative", "plan")
SEVERITIES = ("block", "warn")
RULES = ("sum", "last", "average", "greatest", "none")  # how values become one; portal.rules.progress.Aggregation


@dataclass(frozen=True)
class Choice:
    """One of a list: `code` is kept, the labels are shown."""

    code: str
    label: str
    label_en: str = ""


@dataclass(frozen=True)
class Row:
    """A fixed row of a table; its place in the list, counted from 1, is the row of its cells."""

    key: str
    label: str
    label_en: str = ""


@dataclass(frozen=True)
class Question:
    """One question. What an attribute means, and which kinds have it, stands in the README of this folder's contract:

    `unit` is a unit of measure's code; `decimals` None = as usual for the kind; `default` what an empty cell offers;
    `shown_when`, `formula` expressions; `indicator_id` the indicator it feeds with `month_rule` and `unit_rule`;
    `columns` with `rows` (fixed) or `rows_least`…`rows_greatest` (open) make a table; `totals` are keys of columns;
    `accepts` kinds of file.
    """

    key: str
    kind: str
    label: str = ""
    label_en: str = ""
    help: str = ""
    help_en: str = ""
    unit: str = ""
    required: bool = False
    least: Decimal | None = None
    greatest: Decimal | None = None
    decimals: int | None = None
    default: str = ""
    shown_when: str = ""
    indicator: str | None = None
    indicator_id: int | None = None
    month_rule: str = ""
    unit_rule: str = ""
    choices: tuple[Choice, ...] = ()
    columns: tuple[Question, ...] = ()
    rows: tuple[Row, ...] = ()
    rows_least: int = 0
    rows_greatest: int = 0
    totals: tuple[str, ...] = ()
    formula: str = ""
    accepts: tuple[str, ...] = ()

    def title(self, language: str = "th") -> str:
        """Return the label in a language; Thai where there is no English."""
        return (self.label_en if language == "en" else "") or self.label or self.key

    def hint(self, language: str = "th") -> str:
        """Return the help in a language; Thai where there is no English."""
        return (self.help_en if language == "en" else "") or self.help

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Question:
        """Return the question described. What cannot be read is left at its default: `faults` tells what is wrong."""
        return cls(
            key=_text(given, "key"),
            kind=_text(given, "kind") or "text",
            label=_text(given, "label"),
            label_en=_text(given, "label_en"),
            help=_text(given, "help"),
            help_en=_text(given, "help_en"),
            unit=_text(given, "unit"),
            required=given.get("required") is True,
            least=number(given.get("least")),
            greatest=number(given.get("greatest")),
            decimals=_whole(given, "decimals", None),
            default=_text(given, "default"),
            shown_when=_text(given, "shown_when"),
            indicator=_text(given, "indicator") or None,
            indicator_id=_whole(given, "indicator_id", None),
            month_rule=_text(given, "month_rule"),
            unit_rule=_text(given, "unit_rule"),
            choices=tuple(
                Choice(_text(c, "code"), _text(c, "label"), _text(c, "label_en")) for c in parts(given, "choices")
            ),
            columns=tuple(Question.from_json(c) for c in parts(given, "columns")),
            rows=tuple(Row(_text(r, "key"), _text(r, "label"), _text(r, "label_en")) for r in parts(given, "rows")),
            rows_least=_whole(given, "rows_least", 0) or 0,
            rows_greatest=_whole(given, "rows_greatest", 0) or 0,
            totals=_texts(given, "totals"),
            formula=_text(given, "formula"),
            accepts=_texts(given, "accepts"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the description; what is as usual is left out, but for what every reader asks for."""
        out: dict[str, Any] = {
            "key": self.key, "kind": self.kind, "label": self.label, "label_en": self.label_en, "unit": self.unit,
            "required": self.required, "indicator": self.indicator, "indicator_id": self.indicator_id,
        }  # fmt: skip
        out |= {name: value for name in _PLAIN if (value := getattr(self, name)) not in ("", 0, None)}
        if self.decimals is not None:
            out["decimals"] = self.decimals
        for name in ("least", "greatest"):
            if (limit := getattr(self, name)) is not None:
                out[name] = format(limit, "f")
        for name in ("totals", "accepts"):
            if listed := getattr(self, name):
                out[name] = list(listed)
        if self.choices:
            out["choices"] = [{"code": c.code, "label": c.label, "label_en": c.label_en} for c in self.choices]
        if self.rows:
            out["rows"] = [{"key": r.key, "label": r.label, "label_en": r.label_en} for r in self.rows]
        if self.columns:
            out["columns"] = [column.to_json() for column in self.columns]
        return out


_PLAIN = (
    "help", "help_en", "default", "shown_when", "month_rule", "unit_rule", "rows_least", "rows_greatest", "formula",
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """Questions under one heading, shown together or not at all."""

    key: str
    title: str = ""
    title_en: str = ""
    shown_when: str = ""
    questions: tuple[Question, ...] = ()

    def heading(self, language: str = "th") -> str:
        """Return the title in a language; Thai where there is no English."""
        return (self.title_en if language == "en" else "") or self.title

    @classmethod
    def from_json(cls, given: Mapping[str, Any], position: int = 1) -> Section:
        """Return the section described; one without a key is called by its place."""
        return cls(
            _text(given, "key") or f"s{position}",
            _text(given, "title"),
            _text(given, "title_en"),
            _text(given, "shown_when"),
            tuple(Question.from_json(q) for q in parts(given, "questions")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the description."""
        out: dict[str, Any] = {"key": self.key, "title": self.title, "title_en": self.title_en}
        if self.shown_when:
            out["shown_when"] = self.shown_when
        return out | {"questions": [q.to_json() for q in self.questions]}


@dataclass(frozen=True)
class Rule:
    """What must be true of the answers. `at` is the cell's key it is told at; `warn` passes with a reason."""

    key: str
    expression: str
    message: str = ""
    message_en: str = ""
    severity: str = "block"
    at: str = ""

    @classmethod
    def from_json(cls, given: Mapping[str, Any], position: int = 1) -> Rule:
        """Return the rule described; one without a key is called by its place."""
        return cls(
            _text(given, "key") or f"r{position}",
            _text(given, "expression"),
            _text(given, "message"),
            _text(given, "message_en"),
            _text(given, "severity") or "block",
            _text(given, "at"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the description."""
        return {
            "key": self.key, "expression": self.expression, "message": self.message, "message_en": self.message_en,
            "severity": self.severity, "at": self.at,
        }  # fmt: skip


def number(given: Any) -> Decimal | None:
    """Return a limit as a number; None where there is none or it is no finite number of a usual size."""
    if given is None or given == "" or isinstance(given, bool):
        return None
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 10**15 and value == round(value, 4) else None


def parts(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the list of objects called `name`; what is no object is left out."""
    listed = given.get(name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    listed = given.get(name)
    return (
        tuple(one for one in listed if isinstance(one, str))
        if isinstance(listed, Iterable) and not isinstance(listed, str)
        else ()
    )


def _whole(given: Mapping[str, Any], name: str, usual: int | None) -> int | None:
    value = given.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else usual
