"""Trying a form's expressions before anybody fills it in: unknown names, kinds that do not go together, circles."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from portal.errors import PortalError, RuleBroken
from portal.forms import expressions, kinds
from portal.forms.arithmetic import Worth
from portal.forms.expressions import Expression
from portal.forms.questions import Question
from portal.forms.values import Context, Value


class Trial:
    """The questions of a form with a sample answer each."""

    def __init__(self, asked: Mapping[str, Question], tables: Mapping[str, Question]) -> None:
        self.asked, self.tables = asked, tables
        samples = {key: _sample(question) for key, question in asked.items()}
        self.context = Context(samples, samples, samples)

    def check(self, text: str, table: Question | None, wanted: type) -> Expression:
        """Return the expression if it can be worked out for every answer there may be; refuse it otherwise.

        `table` is the one in whose rows it stands. `wanted` is bool for conditions and rules, int for formulas.
        """
        expression = expressions.parse(text)
        look = _Samples(self, table)
        for key in (*expression.names, *expression.remembered):
            if look.key(key) not in self.asked:
                raise RuleBroken("There is no question “{key}” in this form.", key=key)
        for key, row in expression.cells:
            inside = self.tables.get(key.partition(".")[0])
            if inside is None or row not in {r.key for r in inside.rows}:
                raise RuleBroken("“{key}” is no fixed row of that table.", key=row)
        self._check_codes(expression, look)
        worth = expressions.evaluate(expression, look, self.context, both=True)
        if worth is not None and not isinstance(worth, bool if wanted is bool else Decimal):
            raise RuleBroken(
                "This should be a comparison, something true or false."
                if wanted is bool
                else "This should be a number."
            )
        if wanted is not bool and isinstance(worth, bool):
            raise RuleBroken("This should be a number.")
        return expression

    def _check_codes(self, expression: Expression, look: _Samples) -> None:
        """Refuse a comparison of a choice with a code that is not in its list."""
        for node in ast.walk(expression.tree):
            if not isinstance(node, ast.Compare):
                continue
            sides = [node.left, *node.comparators]
            texts = [s.value for side in sides for s in _parts(side) if isinstance(s, ast.Constant)]
            for side in sides:
                name = side.id if isinstance(side, ast.Name) else ""
                question = self.asked.get(look.key(name))
                if question is not None and question.choices:
                    for text in texts:
                        if isinstance(text, str) and text not in {c.code for c in question.choices}:
                            raise RuleBroken("“{text}” is no code of “{key}”.", text=text[:40], key=name)

    def circles(self, needs: Mapping[str, Iterable[tuple[str, str]]]) -> list[str]:
        """Return where a question depends on itself. `needs` gives the (path, expression) pairs of each key."""
        ways: dict[str, list[tuple[str, str]]] = {}
        for key, pairs in needs.items():
            table = self.tables.get(key.partition(".")[0]) if "." in key else None
            for path, text in pairs:
                for name in _names(text):
                    inner = f"{table.key}.{name}" if table is not None else name
                    ways.setdefault(key, []).append((inner if inner in self.asked else name, path))
        out: list[str] = []
        state: dict[str, int] = {}  # 1 = on the way, 2 = done
        for first in ways:
            if first in state:
                continue
            trail = [(first, iter(ways[first]))]
            state[first] = 1
            while trail:
                key, rest = trail[-1]
                step = next(rest, None)
                if step is None:
                    state[key] = 2
                    trail.pop()
                elif state.get(step[0]) == 1:
                    out.append(step[1])
                elif step[0] not in state:
                    state[step[0]] = 1
                    trail.append((step[0], iter(ways.get(step[0], ()))))
        return list(dict.fromkeys(out))


class _Samples:
    """Sample answers as an expression sees them, in a table's row or outside."""

    def __init__(self, trial: Trial, table: Question | None) -> None:
        self.trial, self.table = trial, table

    def key(self, name: str) -> str:
        """Return the full key: within a table's row a column's key alone means that column."""
        inner = f"{self.table.key}.{name}" if self.table is not None else ""
        return inner if inner in self.trial.asked else name

    def value(self, key: str) -> Worth:
        """Return the sample under a key, two of them for a column."""
        full = self.key(key)
        sample = self.trial.context.last_month.get(full)
        return [sample, sample] if "." in full and full == key else sample

    def applies(self, key: str) -> bool:
        """Every sample applies."""
        return True

    def cell(self, key: str, row: str) -> Worth:
        """Return the sample of a column."""
        return self.trial.context.last_month.get(key)


def _sample(question: Question) -> Value:
    kind = kinds.of(question)
    if kind.counts:
        return Decimal(1)
    first = question.choices[0].code if question.choices else "x"
    samples: dict[str, Value] = {
        "date": dt.date(2023, 5, 20), "yes_no": True, "choice": first, "choices": (first,), "file": ("x.pdf",),
        "photo": ("x.jpg",), "cooperative": "0000000000000",
    }  # fmt: skip
    return samples.get(question.kind, "ก")


def _names(text: str) -> tuple[str, ...]:
    try:
        return expressions.parse(text).names if text.strip() else ()
    except PortalError:
        return ()


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, (ast.Tuple, ast.List)) else [node]
