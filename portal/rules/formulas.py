"""How a printed figure follows from its inputs: formulas as plain lists, worked out from tables of numbers.

The printed value comes from the chapters; the formula beside it is worked out again by these few operations alone,
from inputs that anybody can read, so that the two can be compared on paper, in the portal, or offline.

A formula is a list: its operation, then what it is done with.

    ["number", "100"]                                    a constant
    ["at", table, where, month]                          one value: of the first row chosen
    ["sum", table, where, first, last]                   all values of the rows chosen, of months first to last
    ["known", table, where, first, last]                 how many of those are known
    ["rows", table, where, first, last]                  how many rows have any of those known
    ["found", table, where, first, last]                 how many rows have any of those that is not 0
    ["combine", table, where, until, by_month, by_unit]  each row's months as one, then the rows as one
    ["share", part, whole]  ["minus", a, b]  ["plus", a, b, ...]
    ["inverse", value, plan]                             share where less is better
    ["forecast", value, plan, target, month, by_month]   what the year comes to (rules.progress.forecast)
    ["pace", now, then, months, left]                    a share that goes on as in the last months, at most 100
    ["least", a, b, ...]  ["distance", a, b]             the least of them; how far two are apart
    ["weighted", [weight, value], ...]                   the mean of values by weight
    ["standing", value, plan, direction, share_of_year]  ok, warn, bad or none
    ["standing", …, ok, watch]                           the same by an indicator's own thresholds
    ["worst", standing, ...]  ["tally", standing, ...]   the worst of them; how many are the first
    ["pairs", a, b, [x, y], ...]                         how many pairs of standings are a and then b
    ["figure", key]                                      another figure of the same list

`where` chooses rows by their columns: a value, or a list of values of which one. Months count from 1; a table that has
no months has one value in each row. Nothing known gives None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any

from portal.errors import RuleBroken
from portal.rules.progress import Aggregation, Direction, Standing, Thresholds, combined, forecast, share, standing

Formula = list[Any]
Result = Decimal | str | None
HUNDRED = Decimal(100)
DEEPEST = 60
WORST = (Standing.PROBLEM, Standing.WATCH, Standing.ON_TRACK, Standing.NO_VALUE)


@dataclass(frozen=True)
class Inputs:
    """One table of inputs: the names of its columns, and its rows, each (columns …, values by month)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Decimal | None, ...]], ...]

    def chosen(self, where: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[Decimal | None, ...]]]:
        """Yield the rows that `where` chooses, in their order. Raises RuleBroken for an unknown column."""
        tests = []
        for column, wanted in where.items():
            if column not in self.columns:
                raise RuleBroken("The formula names a column “{name}” that its inputs do not have.", name=column)
            allowed = frozenset(wanted) if isinstance(wanted, list) else frozenset((wanted,))
            tests.append((self.columns.index(column), allowed))
        for keys, values in self.rows:
            if all(keys[place] in allowed for place, allowed in tests):
                yield keys, values


class Sheet:
    """Tables of inputs and the formulas of figures by key, worked out once each."""

    def __init__(self, tables: Mapping[str, Inputs], formulas: Mapping[str, Formula]) -> None:
        self._tables, self._formulas = tables, formulas
        self._known: dict[str, Result] = {}

    def figure(self, key: str) -> Result:
        """Work out the figure called `key`. Raises RuleBroken for a formula that cannot be worked out."""
        return self._figure(key, 0)

    def work(self, formula: Formula) -> Result:
        """Work out a formula."""
        return self._work(formula, 0)

    def _figure(self, key: str, depth: int) -> Result:
        if key not in self._known:
            if key not in self._formulas:
                raise RuleBroken("The formula names a figure “{name}” that is not in the list.", name=key)
            self._known[key] = self._work(self._formulas[key], depth + 1)
        return self._known[key]

    def _work(self, formula: Formula, depth: int) -> Result:
        if depth > DEEPEST:
            raise RuleBroken("The formula goes round in a circle or is too deep.")
        try:
            return self._done(formula[0], formula[1:], depth + 1)
        except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as wrong:
            raise RuleBroken("The formula cannot be worked out: {reason}", reason=repr(wrong)[:200]) from wrong

    def _done(self, operation: str, given: Sequence[Any], depth: int) -> Result:
        if operation == "number":
            return Decimal(given[0])
        if operation == "figure":
            return self._figure(given[0], depth)
        if operation in ("sum", "known"):
            found = [value for value in self._values(*given) if value is not None]
            return sum(found, Decimal(0)) if operation == "sum" else Decimal(len(found))
        if operation in ("rows", "found"):
            return Decimal(self._rows(operation == "found", *given))
        if operation == "pace":
            now, then = (self._number(each, depth) for each in given[:2])
            return None if now is None or then is None else min(HUNDRED, now + (now - then) / given[2] * given[3])
        if operation == "forecast":
            value, plan, target = (self._number(each, depth) for each in given[:3])
            return forecast(value, plan, target, given[3], Aggregation(given[4])).value
        if operation == "at":
            table, where, month = given
            return next((values[month - 1] for _, values in self._tables[table].chosen(where)), None)
        if operation == "combine":
            return self._combined(*given)
        if operation == "weighted":
            return weighted((self._number(weight, depth), self._number(value, depth)) for weight, value in given)
        if operation == "standing":
            return self._standing(given, depth)
        if operation == "pairs":
            first, second, *pairs = given
            return Decimal(sum(self._work(x, depth) == first and self._work(y, depth) == second for x, y in pairs))
        if operation in ("worst", "tally"):
            return self._counted(operation, given, depth)
        return _arithmetic(operation, [self._number(each, depth) for each in given])

    def _number(self, formula: Formula, depth: int) -> Decimal | None:
        found = self._work(formula, depth)
        if isinstance(found, str):
            raise TypeError(f"{found} is no number")
        return found

    def _values(
        self, table: str, where: Mapping[str, Any], first: int = 1, last: int | None = None
    ) -> Iterator[Decimal | None]:
        for _, values in self._tables[table].chosen(where):
            yield from values[first - 1 : last]

    def _rows(
        self, is_found: bool, table: str, where: Mapping[str, Any], first: int = 1, last: int | None = None
    ) -> int:
        chosen = (values[first - 1 : last] for _, values in self._tables[table].chosen(where))
        return sum(any(value is not None and not (is_found and not value) for value in values) for values in chosen)

    def _combined(
        self, table: str, where: Mapping[str, Any], until: int, by_month: str, by_unit: str
    ) -> Decimal | None:
        months = Aggregation(by_month)
        rows = (values[:until] for _, values in self._tables[table].chosen(where))
        return combined([combined(values, months) for values in rows], Aggregation(by_unit))

    def _standing(self, given: Sequence[Any], depth: int) -> str:
        value, plan, direction, of_year, *own = given
        judged = standing(
            self._number(value, depth), self._number(plan, depth), Direction(direction), self._number(of_year, depth),
            Thresholds(*map(Decimal, own)) if own else None,
        )  # fmt: skip
        return judged.value

    def _counted(self, operation: str, given: Sequence[Any], depth: int) -> Result:
        if operation == "worst":
            found = [Standing(str(self._work(each, depth))) for each in given]
            return min(found, key=WORST.index, default=Standing.NO_VALUE).value
        states = [str(self._work(each, depth)) for each in given[1:]]
        if given[0] == "known":
            return Decimal(sum(state != Standing.NO_VALUE for state in states))
        return Decimal(states.count(given[0]))


def _arithmetic(operation: str, values: Sequence[Decimal | None]) -> Decimal | None:
    if operation == "share":
        part, whole = values
        return share(part, whole)
    if operation == "inverse":
        value, plan = values
        return None if value is None or plan is None else HUNDRED if not value else share(plan, value)
    known = [value for value in values if value is not None]
    if operation == "minus":
        return None if len(known) < 2 else known[0] - known[1]
    if operation == "distance":
        return None if len(known) < 2 else abs(known[0] - known[1])
    if operation == "least":
        return min(known, default=None)
    if operation == "plus":
        return sum(known, Decimal(0))
    raise ValueError(f"there is no operation {operation}")


def weighted(parts: Iterable[tuple[Decimal | None, Decimal | None]]) -> Decimal | None:
    """Return the mean of values by their weights; None when a weighed value is unknown, or nothing weighs."""
    listed = [(weight, value) for weight, value in parts if weight]
    if not listed or any(value is None for _, value in listed):
        return None
    whole = sum((weight for weight, _ in listed), Decimal(0))
    try:
        return sum((weight * value for weight, value in listed if value is not None), Decimal(0)) / whole
    except (DivisionByZero, InvalidOperation):
        return None
