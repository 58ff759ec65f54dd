"""FormSpec: a whole form as stored in FormVersion.spec, to and from JSON, and what its parts ask of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from portal.errors import RuleBroken
from portal.forms import expressions, kinds
from portal.forms.faults import Fault, Register, faults
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Choice, Question, Row, Rule, Section, parts
from portal.forms.values import EMPTY, NOT_APPLICABLE, Cell, Context, Entry, Value

__all__ = [
    "EMPTY", "NOT_APPLICABLE", "Cell", "Choice", "Context", "Entry", "Fault", "FormSpec", "Question", "Register",
    "Row", "Rule", "Section", "Value", "faults",
]  # fmt: skip


@dataclass(frozen=True)
class FormSpec:
    """Sections of questions and the rules over them."""

    sections: tuple[Section, ...] = ()
    rules: tuple[Rule, ...] = ()

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> FormSpec:
        """Return the form described. Lenient, so that a draft can be shown: `faults` tells what is wrong with it."""
        return cls(
            tuple(Section.from_json(s, n) for n, s in enumerate(parts(given, "sections"), 1)),
            tuple(Rule.from_json(r, n) for n, r in enumerate(parts(given, "rules"), 1)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the description as stored; from_json(to_json()) is equal."""
        return {"sections": [s.to_json() for s in self.sections], "rules": [r.to_json() for r in self.rules]}

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The questions by key in reading order, tables and notes included, columns not."""
        return {q.key: q for section in self.sections for q in section.questions}

    @cached_property
    def asked(self) -> dict[str, Question]:
        """What holds an answer, by the key of its cells in reading order: `key`, or `table.column` for a column."""
        out: dict[str, Question] = {}
        for key, question in self.questions.items():
            if question.kind == "table":
                out |= {f"{key}.{column.key}": column for column in question.columns}
            elif kinds.of(question).holds:
                out[key] = question
        return out

    @cached_property
    def totalled(self) -> tuple[str, ...]:
        """The keys (`table.column`) of the columns whose sum stands in row 0: those with a total or an indicator."""
        return tuple(
            f"{key}.{c.key}"
            for key, q in self.questions.items()
            if q.kind == "table"
            for c in q.columns
            if kinds.of(c).counts and (c.key in q.totals or c.indicator_id is not None)
        )

    @cached_property
    def feeds(self) -> dict[str, int]:
        """Which indicator (its id) the answer under a key feeds: only row 0, a column by its total."""
        return {key: q.indicator_id for key, q in self.asked.items() if q.indicator_id is not None}

    @cached_property
    def sections_of(self) -> dict[str, Section]:
        """The section in which each question stands."""
        return {q.key: section for section in self.sections for q in section.questions}

    def table_of(self, key: str) -> Question | None:
        """Return the table to which a cell's key belongs, None outside tables."""
        table = self.questions.get(key.partition(".")[0]) if "." in key else None
        return table if table is not None and table.kind == "table" else None

    def rows(self, table: Question, answers: Iterable[Cell]) -> list[int]:
        """Return the rows of a table that are there: all fixed ones; of open ones those with any answer."""
        if table.rows:
            return list(range(1, len(table.rows) + 1))
        start = f"{table.key}."
        found = {cell.row for cell in answers if cell.row > 0 and cell.key.startswith(start)}
        return [row for row in sorted(found) if row <= most_rows(table)]

    def name(self, cell: Cell, language: str = "th") -> str:
        """Return how a cell is called: `question`, or `table: row, column`."""
        question = self.asked.get(cell.key) or self.questions.get(cell.key)
        if question is None:
            return cell.key
        table = self.table_of(cell.key)
        if table is None:
            return question.title(language)
        row = str(cell.row)
        if 0 < cell.row <= len(table.rows):
            named = table.rows[cell.row - 1]
            row = (named.label_en if language == "en" else "") or named.label or named.key
        return f"{table.title(language)}: {row}, {question.title(language)}"

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Keys of `asked`, each after what its formula and conditions need, where there is no circle."""
        out: dict[str, None] = {}
        state: dict[str, int] = {}
        for first in self.asked:
            trail = [(first, iter(self.needs.get(first, ())))]
            state.setdefault(first, 1)
            while trail:
                key, rest = trail[-1]
                following = next((n for n in rest if n in self.asked and n not in state), None)
                if following is None:
                    trail.pop()
                    out[key] = None
                else:
                    state[following] = 1
                    trail.append((following, iter(self.needs.get(following, ()))))
        return tuple(out)

    @cached_property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Keys whose answers each key's formula and conditions look at."""
        out: dict[str, tuple[str, ...]] = {}
        for section in self.sections:
            for question in section.questions:
                above = [section.shown_when, question.shown_when]
                if question.kind != "table":
                    out[question.key] = self._named([*above, question.formula], None)
                for column in question.columns:
                    texts = [*above, column.shown_when, column.formula]
                    out[f"{question.key}.{column.key}"] = self._named(texts, question)
        return out

    def _named(self, texts: list[str], table: Question | None) -> tuple[str, ...]:
        out: dict[str, None] = {}
        for text in filter(str.strip, texts):
            try:
                names = expressions.parse(text).names
            except RuleBroken:
                continue
            for name in names:
                inner = f"{table.key}.{name}" if table is not None else ""
                out[inner if inner in self.asked else name] = None
        return tuple(out)
