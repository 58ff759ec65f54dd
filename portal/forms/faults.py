"""What is wrong with a form's description, each fault with its place, in words for whoever designs it."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.errors import PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.kinds.file import File
from portal.forms.questions import (
    CODE,
    DEFAULTS,
    KEY,
    LONGEST_CELL_KEY,
    MOST_ROWS,
    RULES,
    SEVERITIES,
    Question,
    number,
)
from portal.forms.trial import Trial

MOST_QUESTIONS = 400
MOST_COLUMNS = 30
MOST_CHOICES = 500
MOST_RULES = 200
RESERVED = frozenset(keyword.kwlist) | {"true", "false", "yes", "no", "blank", "and", "or", "not"}

_FORM = {"sections", "rules"}
_SECTION = {"key", "title", "title_en", "shown_when", "questions"}
_RULE = {"key", "expression", "message", "message_en", "severity", "at"}
_ALWAYS = {"key", "kind", "label", "label_en", "help", "help_en", "required", "shown_when"}
_TEXTS = (
    "label", "label_en", "help", "help_en", "unit", "default", "shown_when", "month_rule", "unit_rule", "formula",
)  # fmt: skip
_OF = {"indicator": ("indicator", "indicator_id", "month_rule", "unit_rule")}


@dataclass(frozen=True)
class Measure:
    """A unit of measure of the register, as far as a form must agree with it."""

    decimals: int
    is_percentage: bool


@dataclass(frozen=True)
class Fed:
    """An indicator as far as a question that feeds it must agree with it; `unit` is its unit of measure's code."""

    code: str
    unit: str
    month_rule: str
    unit_rule: str


@dataclass(frozen=True)
class Register:
    """What the store knows of units of measure (by code) and indicators (by id)."""

    units: Mapping[str, Measure] = field(default_factory=dict)
    indicators: Mapping[int, Fed] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One fault. `path` leads to it through the JSON: `sections.0.questions.2.formula`."""

    path: str
    error: PortalError


def faults(given: Any, register: Register | None = None) -> list[Fault]:
    """Return everything wrong with a description, in its order; never raises.

    Without `register`, units of measure and indicators are taken as they stand.
    """
    return _Reader(register).form(given)


class _Reader:
    """Goes through a description once for its shape, then tries its expressions."""

    def __init__(self, register: Register | None) -> None:
        self.register = register
        self.found: list[Fault] = []
        self.keys: set[str] = set()
        self.section_keys: set[str] = set()
        self.rule_keys: set[str] = set()
        self.fed: set[int] = set()
        self.asked: dict[str, Question] = {}
        self.tables: dict[str, Question] = {}
        # (path, text, table in whose rows it stands, what it must be worth)
        self.expressions: list[tuple[str, str, Question | None, type]] = []
        self.needs: dict[str, list[tuple[str, str]]] = {}

    def wrong(self, path: str, error: PortalError) -> None:
        self.found.append(Fault(path, error))

    def form(self, given: Any) -> list[Fault]:
        if not isinstance(given, Mapping):
            self.wrong("", RuleBroken("This is not the description of a form."))
            return self.found
        self._strangers("", given, _FORM)
        count = 0
        for path, section in self._objects("", given, "sections", most=100):
            count += self._section(path, section)
        if not count:
            self.wrong("sections", RuleBroken("The form has no question yet."))
        if count > MOST_QUESTIONS:
            self.wrong("sections", RuleBroken("A form has {most} questions at most.", most=MOST_QUESTIONS))
        for path, rule in self._objects("", given, "rules", most=MOST_RULES):
            self._rule(path, rule)
        self._try_expressions()
        self.found.sort(key=lambda fault: _steps(fault.path))
        return self.found

    # -- shapes

    def _objects(self, path: str, given: Mapping[str, Any], name: str, most: int) -> Iterable[tuple[str, Any]]:
        listed, here = given.get(name, []), _join(path, name)
        if not isinstance(listed, list):
            self.wrong(here, RuleBroken("This should be a list."))
            return
        if len(listed) > most:
            self.wrong(here, RuleBroken("There are more than {most} entries here.", most=most))
            return
        for n, one in enumerate(listed):
            if isinstance(one, Mapping):
                yield f"{here}.{n}", one
            else:
                self.wrong(f"{here}.{n}", RuleBroken("This is not the description of a form."))

    def _strangers(self, path: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
        for name in given:
            if name not in known:
                text = str(name)[:40]
                self.wrong(_join(path, text), RuleBroken("The portal knows nothing called “{text}” here.", text=text))

    def _texts(self, path: str, given: Mapping[str, Any], names: Iterable[str]) -> None:
        for name in names:
            value = given.get(name, "")
            if not isinstance(value, str) and value is not None:
                self.wrong(_join(path, name), RuleBroken("This should be a text."))
            elif value and len(value) > (500 if name.startswith(("label", "title")) else 4000):
                self.wrong(_join(path, name), RuleBroken("This text is too long."))

    def _key(self, path: str, given: Mapping[str, Any], seen: set[str]) -> str:
        key = given.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.wrong(
                f"{path}.key", RuleBroken("A key starts with a small letter and has small letters, digits and _.")
            )
            return ""
        if key in RESERVED:
            self.wrong(
                f"{path}.key", RuleBroken("“{key}” is a word of the expression language; take another.", key=key)
            )
        if key in seen:
            self.wrong(f"{path}.key", RuleBroken("“{key}” is used twice.", key=key))
        seen.add(key)
        return key

    def _section(self, path: str, given: Mapping[str, Any]) -> int:
        self._strangers(path, given, _SECTION)
        if "key" in given:
            self._key(path, given, self.section_keys)
        self._texts(path, given, ("title", "title_en", "shown_when"))
        condition = given.get("shown_when")
        count = 0
        for below, question in self._objects(path, given, "questions", most=MOST_QUESTIONS):
            self._question(below, question, condition if isinstance(condition, str) else "")
            count += 1
        if isinstance(condition, str) and condition.strip():
            self.expressions.append((f"{path}.shown_when", condition, None, bool))
        return count

    def _question(self, path: str, given: Mapping[str, Any], above: str) -> None:
        key = self._key(path, given, self.keys)
        question = Question.from_json(given)
        self._common(path, given, question)
        if question.kind == "table":
            self._table(path, given, question, above)
            return
        if key and kinds.of(question).holds:
            self.asked[key] = question
        self._noted(path, key, question, None, (above,))

    def _noted(self, path: str, key: str, question: Question, table: Question | None, above: Iterable[str]) -> None:
        """Keep the expressions of a question for when all keys are known."""
        if question.formula.strip() and question.kind == "computed":
            self.expressions.append((f"{path}.formula", question.formula, table, int))
        if question.shown_when.strip():
            self.expressions.append((f"{path}.shown_when", question.shown_when, None, bool))
        here = [(f"{path}.shown_when", question.shown_when), (f"{path}.formula", question.formula)]
        self.needs[key] = [(f"{path}.shown_when", text) for text in above] + here

    def _common(self, path: str, given: Mapping[str, Any], question: Question) -> None:
        kind = kinds.BY_NAME.get(question.kind)
        if kind is None or not isinstance(given.get("kind"), str):
            self.wrong(
                f"{path}.kind", RuleBroken("There is no kind of question called “{text}”.", text=question.kind[:40])
            )
            return
        meant = _ALWAYS | {n for name in kind.asks_for for n in _OF.get(name, (name,))}
        for name, value in given.items():
            if name not in _ALL:
                self._strangers(path, {name: value}, ())
            elif name not in meant and value not in ("", None, False, 0, [], {}):
                self.wrong(f"{path}.{name}", RuleBroken("This means nothing for a question of this kind."))
        self._texts(path, given, _TEXTS)
        if not question.label.strip():
            self.wrong(f"{path}.label", RuleBroken("Please write the question in Thai."))
        if not isinstance(given.get("required", False), bool):
            self.wrong(f"{path}.required", RuleBroken("This is either true or false."))
        if question.required and not kind.typed and question.kind != "table":
            self.wrong(f"{path}.required", RuleBroken("Nobody types this, so it cannot be required."))
        if question.default not in DEFAULTS:
            self.wrong(f"{path}.default", RuleBroken("“{text}” is not a choice here.", text=question.default[:40]))
        if kind.counts:
            self._number(path, given, question)
        if "choices" in kind.asks_for:
            self._choices(path, given)
        if question.kind == "computed" and not question.formula.strip():
            self.wrong(f"{path}.formula", RuleBroken("Please write the formula."))
        if isinstance(kind, File):
            self._accepts(path, given, kind)

    def _number(self, path: str, given: Mapping[str, Any], question: Question) -> None:
        for name in ("least", "greatest"):
            if given.get(name) not in (None, "") and number(given[name]) is None:
                self.wrong(f"{path}.{name}", RuleBroken("“{text}” is not a number.", text=str(given[name])[:40]))
        if question.least is not None and question.greatest is not None and question.least > question.greatest:
            self.wrong(f"{path}.greatest", RuleBroken("The greatest value lies below the least."))
        decimals = given.get("decimals")
        if decimals is not None and (question.decimals is None or not 0 <= question.decimals <= 4):
            self.wrong(f"{path}.decimals", RuleBroken("Decimals are a whole number from 0 to 4."))
        self._measured(path, question)
        if question.indicator_id is not None or question.indicator:
            self._fed(path, question)
        for name in ("month_rule", "unit_rule"):
            rule = getattr(question, name)
            if rule and rule not in RULES:
                self.wrong(f"{path}.{name}", RuleBroken("“{text}” is not a choice here.", text=rule[:40]))
            if rule == "sum" and question.kind == "percent":
                words = RuleBroken("A percentage is never summed: choose last, average or greatest.")
                self.wrong(f"{path}.{name}", words)

    def _measured(self, path: str, question: Question) -> None:
        if self.register is None or not question.unit:
            return
        measure = self.register.units.get(question.unit)
        if measure is None:
            words = RuleBroken("The register has no unit of measure “{text}”.", text=question.unit[:40])
            self.wrong(f"{path}.unit", words)
            return
        if question.kind == "percent" and not measure.is_percentage:
            self.wrong(f"{path}.unit", RuleBroken("A percentage is measured in a unit of percent."))
        if question.decimals is not None and question.decimals > measure.decimals:
            words = RuleBroken("This unit of measure has {most} decimals at most.", most=measure.decimals)
            self.wrong(f"{path}.decimals", words)

    def _fed(self, path: str, question: Question) -> None:
        ident = question.indicator_id
        if ident is None:
            words = RuleBroken("There is no indicator “{text}” here. Choose one.", text=str(question.indicator)[:40])
            self.wrong(f"{path}.indicator", words)
            return
        if ident in self.fed:
            self.wrong(f"{path}.indicator", RuleBroken("Another question of this form feeds this indicator already."))
        self.fed.add(ident)
        if self.register is None:
            return
        fed = self.register.indicators.get(ident)
        if fed is None:
            words = RuleBroken(
                "There is no indicator “{text}” here. Choose one.", text=question.indicator or str(ident)
            )
            self.wrong(f"{path}.indicator", words)
            return
        if question.unit and question.unit != fed.unit:
            words = RuleBroken(
                "The indicator is measured in {unit}; a question that feeds it is as well.", unit=fed.unit
            )
            self.wrong(f"{path}.unit", words)
        for name in ("month_rule", "unit_rule"):
            if getattr(question, name) not in ("", getattr(fed, name)):
                words = RuleBroken("The indicator's own rule is “{rule}”.", rule=getattr(fed, name))
                self.wrong(f"{path}.{name}", words)

    def _choices(self, path: str, given: Mapping[str, Any]) -> None:
        codes: set[str] = set()
        labels: set[str] = set()
        for here, choice in self._objects(path, given, "choices", most=MOST_CHOICES):
            self._strangers(here, choice, ("code", "label", "label_en"))
            code, label = choice.get("code"), choice.get("label")
            if not isinstance(code, str) or not CODE.fullmatch(code):
                self.wrong(f"{here}.code", RuleBroken("A code has letters, digits and the signs - _ . only."))
            elif code in codes:
                self.wrong(f"{here}.code", RuleBroken("“{key}” is used twice.", key=code))
            if not isinstance(label, str) or not label.strip():
                self.wrong(f"{here}.label", RuleBroken("Please write the choice in Thai."))
            elif label.strip().casefold() in labels:
                self.wrong(f"{here}.label", RuleBroken("“{key}” is used twice.", key=label.strip()[:60]))
            codes.add(str(code))
            labels.add(str(label).strip().casefold())
        if not codes:
            self.wrong(f"{path}.choices", RuleBroken("Please give at least one choice."))

    def _accepts(self, path: str, given: Mapping[str, Any], kind: File) -> None:
        listed = given.get("accepts", [])
        if not isinstance(listed, list) or not all(isinstance(one, str) and one in kind.endings for one in listed):
            words = RuleBroken("Kinds of file that can be attached here: {names}", names=", ".join(kind.endings))
            self.wrong(f"{path}.accepts", words)

    # -- tables

    def _table(self, path: str, given: Mapping[str, Any], table: Question, above: str) -> None:
        self.tables[table.key] = table
        seen: set[str] = set()
        for here, column in self._objects(path, given, "columns", most=MOST_COLUMNS):
            key = self._key(here, column, seen)
            question = Question.from_json(column)
            self._common(here, column, question)
            full = f"{table.key}.{key}"
            kind = kinds.BY_NAME.get(question.kind)
            if kind is not None and not kind.in_tables:
                self.wrong(f"{here}.kind", RuleBroken("A question of this kind cannot stand in a table."))
            elif kind is not None and key and table.key:
                self.asked[full] = question
            if len(full) > LONGEST_CELL_KEY:
                words = RuleBroken("The keys of table and column have {most} letters together at most.", most=59)
                self.wrong(f"{here}.key", words)
            if question.kind == "percent" and question.indicator_id is not None:
                words = RuleBroken("A column of percentages has no total, so it feeds no indicator.")
                self.wrong(f"{here}.indicator", words)
            self._noted(here, full, question, table, (above, table.shown_when))
        if not seen:
            self.wrong(f"{path}.columns", RuleBroken("A table has at least one column."))
        if table.shown_when.strip():
            self.expressions.append((f"{path}.shown_when", table.shown_when, None, bool))
        self._rows(path, given, table)
        for key in table.totals:
            column_ = next((c for c in table.columns if c.key == key), None)
            if column_ is None or not kinds.of(column_).counts or column_.kind == "percent":
                words = RuleBroken("“{key}” has no total: only columns of numbers that may be added have one.", key=key)
                self.wrong(f"{path}.totals", words)

    def _rows(self, path: str, given: Mapping[str, Any], table: Question) -> None:
        keys: set[str] = set()
        for here, row in self._objects(path, given, "rows", most=MOST_ROWS):
            self._strangers(here, row, ("key", "label", "label_en"))
            key, label = row.get("key"), row.get("label")
            if not isinstance(key, str) or not KEY.fullmatch(key):
                words = RuleBroken("A key starts with a small letter and has small letters, digits and _.")
                self.wrong(f"{here}.key", words)
            elif key in keys:
                self.wrong(f"{here}.key", RuleBroken("“{key}” is used twice.", key=key))
            keys.add(str(key))
            if not isinstance(label, str) or not label.strip():
                self.wrong(f"{here}.label", RuleBroken("Please write the name of the row in Thai."))
        for name in ("rows_least", "rows_greatest"):
            value = given.get(name, 0)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_ROWS:
                self.wrong(f"{path}.{name}", RuleBroken("A table has {most} rows at most.", most=MOST_ROWS))
        if table.rows_greatest and table.rows_least > table.rows_greatest:
            self.wrong(f"{path}.rows_greatest", RuleBroken("The greatest value lies below the least."))

    # -- rules and expressions

    def _rule(self, path: str, given: Mapping[str, Any]) -> None:
        self._strangers(path, given, _RULE)
        self._texts(path, given, ("expression", "message", "message_en", "at"))
        self._key(path, given, self.rule_keys)
        message, at = given.get("message"), str(given.get("at") or "")
        if not isinstance(message, str) or not message.strip():
            self.wrong(f"{path}.message", RuleBroken("Please write in Thai what the reader is to do."))
        if given.get("severity", "block") not in SEVERITIES:
            text = str(given.get("severity"))[:40]
            self.wrong(f"{path}.severity", RuleBroken("“{text}” is not a choice here.", text=text))
        if at and at not in self.asked:
            self.wrong(f"{path}.at", RuleBroken("There is no question “{key}” in this form.", key=at[:60]))
        table = self.tables.get(at.partition(".")[0]) if "." in at else None
        expression = given.get("expression", "")
        if isinstance(expression, str):
            self.expressions.append((f"{path}.expression", expression, table, bool))

    def _try_expressions(self) -> None:
        trial = Trial(self.asked, self.tables)
        for path, text, table, wanted in self.expressions:
            try:
                trial.check(text, table, wanted)
            except PortalError as refusal:
                self.wrong(path, refusal)
        for path in trial.circles(self.needs):
            self.wrong(path, RuleBroken("This depends on itself, by way of other questions."))


_ALL = _ALWAYS | {
    "unit", "least", "greatest", "decimals", "default", "indicator", "indicator_id", "month_rule", "unit_rule",
    "choices", "columns", "rows", "rows_least", "rows_greatest", "totals", "formula", "accepts",
}  # fmt: skip


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _steps(path: str) -> tuple[tuple[int, int | str], ...]:
    """Return a path as something to sort by: numbers by value; sections come before rules."""
    return tuple(
        (0, int(step)) if step.isdecimal() else (1, {"sections": "", "rules": "~"}.get(step, step))
        for step in path.split(".")
    )
