"""The one checker behind form, paste, bulk edit, workbook and API: what stands between answers and handing them in.

Also what the portal works out itself: computed answers, totals of columns, which questions are shown, what an empty
cell offers. Everything here is a pure function of the form, the answers and what is known beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from portal.errors import PortalError, RuleBroken
from portal.forms import expressions, kinds
from portal.forms.arithmetic import Worth
from portal.forms.kinds.computed import KIND as COMPUTED
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Question, Rule
from portal.forms.spec import FormSpec
from portal.forms.values import EMPTY, Cell, Context, Entry, NotApplicable, Value

BLOCK, WARN = "block", "warn"


@dataclass(frozen=True)
class Problem:
    """What is wrong, where. `rule` is the form's own rule by its key, or one of the words below for the usual ones:

    value, choice, required, unknown, rows, computed, cooperative. A warning that has its `reason` stops nothing.
    """

    cell: Cell
    rule: str
    severity: str
    error: PortalError
    reason: str = ""

    @property
    def stops(self) -> bool:
        """Whether the report cannot be handed in while this stands."""
        return self.severity == BLOCK or not self.reason


class RuleSays(RuleBroken):
    """The words of a form's own rule, in the reader's language where the form has them."""

    def __init__(self, thai: str, english: str, *, field: str = "") -> None:
        super().__init__(english or thai, field=field)
        self.thai = thai

    def words(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence. A reader for whom the portal's own sentences stay English reads the English one."""
        known = "Please answer this."
        return self.msgid if translate(known) == known else self.thai or self.msgid


def problems(
    spec: FormSpec,
    answers: Mapping[Cell, Entry],
    reasons: Mapping[Cell, str] | None = None,
    context: Context = EMPTY,
) -> list[Problem]:
    """Return everything wrong with these answers, in reading order; never raises.

    Answers to hidden questions and to computed ones are left aside: the first do not count, the second are worked out.
    """
    form = _Worked(spec, answers, context)
    found = [*_strangers(spec, answers), *form.cells(), *form.rules(reasons or {})]
    place = {key: n for n, key in enumerate(spec.asked)}
    return sorted(found, key=lambda p: (_place(spec, place, p.cell), p.cell.row))


def check(spec: FormSpec, cell: Cell, entry: Entry, context: Context = EMPTY) -> None:
    """Refuse an answer that this cell does not take, whatever the others say. For saving one cell."""
    question = spec.asked.get(cell.key)
    table = spec.table_of(cell.key)
    if question is None or (table is None) != (cell.row == 0):
        raise _no_such(cell)
    if table is not None and not 1 <= cell.row <= most_rows(table):
        raise RuleBroken("This table has {most} rows at most.", field=cell.key, most=most_rows(table))
    if not kinds.of(question).typed:
        raise RuleBroken("This answer is worked out by the form and is not typed.", field=cell.key)
    if isinstance(entry, NotApplicable):
        return
    try:
        kinds.of(question).check(question, entry)
        if question.kind == "cooperative" and context.cooperatives is not None and entry not in context.cooperatives:
            raise RuleBroken("“{text}” is not an institution of this office.", text=str(entry))
    except PortalError as refusal:
        refusal.field = cell.key
        raise


def computed(spec: FormSpec, answers: Mapping[Cell, Entry], context: Context = EMPTY) -> dict[Cell, Value]:
    """Return what the portal works out: computed answers and the totals of columns (row 0). A blank has no entry."""
    form = _Worked(spec, answers, context)
    out: dict[Cell, Entry] = {}
    for key in spec.asked:
        table = spec.table_of(key)
        if not kinds.of(spec.asked[key]).typed and key in form.shown:
            rows = [0] if table is None else spec.rows(table, answers)
            out |= {Cell(key, row): v for row in rows if (v := form.entries.get(Cell(key, row))) is not None}
        if key in spec.totalled and key in form.shown and isinstance(total := form.total(key), Decimal):
            out[Cell(key, 0)] = total
    return {cell: value for cell, value in out.items() if not isinstance(value, NotApplicable)}


def shown(spec: FormSpec, answers: Mapping[Cell, Entry], context: Context = EMPTY) -> set[str]:
    """Return the keys of the questions that are shown (columns as `table.column`); conditions hide the others."""
    form = _Worked(spec, answers, context)
    return {key for key in [*spec.questions, *spec.asked] if key in form.shown}


def offered(spec: FormSpec, context: Context) -> dict[str, Value]:
    """Return what an empty cell offers, by key: last month's value, the total to date or the plan, as the form says."""
    given = {"last_month": context.last_month, "cumulative": context.cumulative, "plan": context.plan}
    return {
        key: given[q.default][key] for key, q in spec.asked.items() if q.default in given and key in given[q.default]
    }


# ---------------------------------------------------------------- below: how


class _Worked:
    """A form with its answers, gone through once in the order in which questions need each other."""

    def __init__(self, spec: FormSpec, answers: Mapping[Cell, Entry], context: Context) -> None:
        self.spec, self.context = spec, context
        # Computed answers that came along are not believed.
        self.entries: dict[Cell, Entry] = {
            cell: entry
            for cell, entry in answers.items()
            if (q := spec.asked.get(cell.key)) is not None
            and kinds.of(q).typed
            and not (cell.row == 0 and "." in cell.key)
        }
        self.rows = {key: spec.rows(q, self.entries) for key, q in spec.questions.items() if q.kind == "table"}
        self.shown: set[str] = set(spec.asked) | set(spec.questions)
        self.failed: list[tuple[Cell, PortalError]] = []
        for key in [*spec.order, *(key for key in spec.questions if key not in spec.asked)]:
            self._walk(key)

    def _walk(self, key: str) -> None:
        top = self.spec.questions[key.partition(".")[0]]
        question = self.spec.asked.get(key, top)
        conditions = [self.spec.sections_of[top.key].shown_when, top.shown_when]
        if question is not top:
            conditions.append(question.shown_when)
        if not all(self._holds(text) for text in conditions if text.strip()):
            self.shown.discard(key)
            return
        if question.kind == "computed":
            rows = self.rows[top.key] if question is not top else [0]
            for row in rows:
                worth = self._worth(question.formula, _Row(self, top, row), Cell(key, row))
                if isinstance(worth, Decimal):
                    places = Decimal(1).scaleb(-COMPUTED.decimals(question))
                    self.entries[Cell(key, row)] = _rounded(worth, places)

    def _holds(self, text: str) -> bool:
        """A condition that cannot be said hides, one that cannot be read shows."""
        try:
            return expressions.is_true(expressions.evaluate(expressions.parse(text), self, self.context)) is True
        except PortalError:
            return True

    def _worth(self, text: str, look: expressions.Look, cell: Cell) -> Worth:
        try:
            worth = expressions.evaluate(expressions.parse(text), look, self.context)
            if isinstance(worth, Decimal) and abs(worth) >= 10**14:
                raise RuleBroken("The result is too large a number.")
            return worth
        except PortalError as refusal:
            refusal.field = cell.key
            self.failed.append((cell, refusal))
            return None

    # -- what expressions look at

    def value(self, key: str) -> Worth:
        """Return the value under a key; None where it is hidden, not applicable or not reported."""
        if key not in self.shown:
            return None
        table = self.spec.table_of(key)
        if table is None:
            return self.at(Cell(key, 0))
        return [self.at(Cell(key, row)) for row in self.rows[table.key]]

    def at(self, cell: Cell) -> Worth:
        """Return the value of one cell."""
        entry = self.entries.get(cell) if cell.key in self.shown else None
        return None if isinstance(entry, NotApplicable) else entry

    def applies(self, key: str) -> bool:
        """Return whether nobody said that the question does not apply."""
        return not isinstance(self.entries.get(Cell(key, 0)), NotApplicable)

    def cell(self, key: str, row: str) -> Worth:
        """Return the value of a column in the fixed row of that key."""
        table = self.spec.table_of(key)
        places = {r.key: n for n, r in enumerate(table.rows, 1)} if table is not None else {}
        return self.at(Cell(key, places[row])) if row in places else None

    def total(self, key: str) -> Worth:
        """Return the sum of a column, None where nothing was reported in it."""
        values = self.value(key)
        found = [v for v in values if isinstance(v, Decimal)] if isinstance(values, list) else []
        return sum(found, Decimal(0)) if found else None

    # -- what is wrong

    def cells(self) -> Iterator[Problem]:
        """Yield what is wrong with single cells."""
        for cell, refusal in self.failed:
            yield Problem(cell, "computed", BLOCK, refusal)
        for key, question in self.spec.asked.items():
            if key not in self.shown or not kinds.of(question).typed:
                continue
            table = self.spec.table_of(key)
            for row in self.rows[table.key] if table is not None else [0]:
                yield from self._cell(Cell(key, row), question)
        for key, table in self.spec.questions.items():
            if table.kind == "table" and key in self.shown and not table.rows:
                yield from self._rows(table)

    def _cell(self, cell: Cell, question: Question) -> Iterator[Problem]:
        entry = self.entries.get(cell)
        if entry is None:
            if question.required:
                yield Problem(cell, "required", BLOCK, RuleBroken("Please answer this.", field=cell.key))
            return
        try:
            check(self.spec, cell, entry, self.context)
        except PortalError as refusal:
            yield Problem(cell, "cooperative" if question.kind == "cooperative" else "value", BLOCK, refusal)

    def _rows(self, table: Question) -> Iterator[Problem]:
        there, first = len(self.rows[table.key]), next(iter(table.columns), None)
        least = max(table.rows_least, 1 if table.required else 0)
        if there < least and first is not None:
            words = RuleBroken("Please fill in at least {least} rows.", field=table.key, least=least)
            yield Problem(Cell(f"{table.key}.{first.key}", there + 1), "rows", BLOCK, words)

    def rules(self, reasons: Mapping[Cell, str]) -> Iterator[Problem]:
        """Yield which of the form's own rules are broken, and where."""
        for rule in self.spec.rules:
            try:
                expression = expressions.parse(rule.expression)
            except PortalError:
                continue
            key = rule.at or next(iter(expression.names), "")
            table = self.spec.table_of(key)
            columns = {c.key for c in table.columns} if table is not None else set()
            by_row = table is not None and bool(columns & {*expression.names, *expression.remembered})
            looks: list[tuple[int, expressions.Look]] = [(0, self)]
            if table is not None and by_row:
                looks = [(row, _Row(self, table, row)) for row in self.rows[table.key]]
            for row, look in looks:
                yield from self._rule(
                    rule, expression, look, Cell(key, row or (1 if table is not None else 0)), reasons
                )

    def _rule(
        self,
        rule: Rule,
        expression: expressions.Expression,
        look: expressions.Look,
        cell: Cell,
        reasons: Mapping[Cell, str],
    ) -> Iterator[Problem]:
        try:
            holds = expressions.is_true(expressions.evaluate(expression, look, self.context))
        except PortalError as refusal:
            yield Problem(cell, rule.key, BLOCK, refusal)
            return
        if holds is False:
            severity = WARN if rule.severity == WARN else BLOCK
            reason = reasons.get(cell, "").strip() if severity == WARN else ""
            yield Problem(cell, rule.key, severity, RuleSays(rule.message, rule.message_en, field=cell.key), reason)


class _Row:
    """A table's row as its own expressions see it: a column's key alone is this row's value."""

    def __init__(self, form: _Worked, table: Question, row: int) -> None:
        self.form, self.table, self.row = form, table, row

    def value(self, key: str) -> Worth:
        """Return this row's value of a column, or what the form has under the key."""
        inner = f"{self.table.key}.{key}"
        if self.row and inner in self.form.spec.asked:
            return self.form.at(Cell(inner, self.row))
        return self.form.value(key)

    def applies(self, key: str) -> bool:
        """Return whether nobody said that this does not apply."""
        inner = f"{self.table.key}.{key}"
        if self.row and inner in self.form.spec.asked:
            return not isinstance(self.form.entries.get(Cell(inner, self.row)), NotApplicable)
        return self.form.applies(key)

    def cell(self, key: str, row: str) -> Worth:
        """Return the value of a column in the fixed row of that key."""
        return self.form.cell(key, row)


def _rounded(worth: Decimal, places: Decimal) -> Decimal:
    return worth.quantize(places, ROUND_HALF_UP)


def _strangers(spec: FormSpec, answers: Mapping[Cell, Entry]) -> Iterator[Problem]:
    """Yield the answers that stand where this form has no cell."""
    for cell in answers:
        question, table = spec.asked.get(cell.key), spec.table_of(cell.key)
        if question is None or (table is None and cell.row != 0):
            yield Problem(cell, "unknown", BLOCK, _no_such(cell))
        elif table is not None and not 0 <= cell.row <= most_rows(table):
            words = RuleBroken("This table has {most} rows at most.", field=cell.key, most=most_rows(table))
            yield Problem(cell, "rows", BLOCK, words)


def _no_such(cell: Cell) -> RuleBroken:
    return RuleBroken("There is no question “{key}” in this form.", field=cell.key, key=cell.key)


def _place(spec: FormSpec, place: Mapping[str, int], cell: Cell) -> int:
    return place.get(cell.key, len(place))
