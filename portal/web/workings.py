"""A passport laid out for reading: the working of its formula line by line, and the tables of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal import formats
from portal.reports.chapter import Cut
from portal.reports.passports import Figure, Passports
from portal.rules.formulas import Formula, Inputs, Sheet
from portal.web.language import gettext, lazy
from portal.web.words import word

LEAVES = ("at", "sum", "known", "rows", "found", "combine")
MOST_ROWS = 120
TABLES = {
    "unit_granted": lazy("granted after transfers, by office (satang)"),
    "unit_paid": lazy("paid, by office and month (satang)"),
    "unit_bound": lazy("ordered and reserved, by office and month (satang)"),
    "project_granted": lazy("granted after transfers, by project (satang)"),
    "project_paid": lazy("paid, by project and month (satang)"),
    "project_bound": lazy("ordered and reserved, by project and month (satang)"),
    "category_granted": lazy("granted after transfers, by budget category (satang)"),
    "category_paid": lazy("paid, by budget category and month (satang)"),
    "category_bound": lazy("ordered and reserved, by budget category and month (satang)"),
    "both_granted": lazy("granted after transfers, by office and project (satang)"),
    "both_paid": lazy("paid to date, by office and project (satang)"),
    "both_bound": lazy("ordered and reserved to date, by office and project (satang)"),
    "target": lazy("the government's target to date, by month (percent)"),
    "answer": lazy("reported by offices, by month"),
    "submission": lazy("the report each number stands in"),
    "plan": lazy("planned by offices, by month"),
    "year_target": lazy("targets of offices for the year"),
    "due_owed": lazy("reports owed, by office and month"),
    "due_late": lazy("reports sent late, by office and month"),
    "due_missing": lazy("reports missing, by office and month"),
    "due_days": lazy("longest delay, by office and month (days)"),
    "due_in_time": lazy("whether all was sent in time (1 = yes), by office and month"),
    "report_state": lazy("reports by their state and month"),
    "form_owed": lazy("offices that owe a form"),
    "form_met": lazy("offices that sent a form"),
    "visit_plan": lazy("visits planned, by office and month"),
    "visit_done": lazy("visits made, by office and month"),
    "visit_reach": lazy("institutions visited, by office"),
    "visit_unplanned": lazy("visits outside the plan, by office"),
    "registry": lazy("institutions in the registry, by office and kind"),
    "type_visits": lazy("visits, by kind of institution"),
    "type_reach": lazy("institutions visited, by kind"),
    "asked_institutions": lazy("institutions with a visit planned, by office and kind"),
    "asked_reached": lazy("institutions with a visit planned that were visited, by office and kind"),
    "action_agreed": lazy("actions agreed at visits, by office"),
    "action_settled": lazy("agreed actions that are settled, by office"),
    "action_open": lazy("agreed actions still open, by office"),
    "action_overdue": lazy("agreed actions past their day, by office"),
    "class_moves": lazy("institutions by their class before and now, by office"),
    "check": lazy("checks of the records, by office (1 = found)"),
    "item_granted": lazy("granted after transfers, by item of the budget (satang)"),
    "item_paid": lazy("paid, by item of the budget (satang)"),
    "item_bound": lazy("ordered and reserved, by item of the budget (satang)"),
}
OPERATIONS = {
    "number": lazy("constant"),
    "at": lazy("value of"),
    "sum": lazy("sum of"),
    "known": lazy("count of"),
    "rows": lazy("number of rows with a value of"),
    "found": lazy("number of rows above nothing of"),
    "combine": lazy("by the rule of the indicator:"),
    "share": lazy("in percent: the first of the second"),
    "inverse": lazy("in percent, less is better: plan of the value"),
    "minus": lazy("the first less the second"),
    "plus": lazy("added up"),
    "forecast": lazy("what the year comes to: result, plan, target of the year"),
    "pace": lazy("at the pace of the last months"),
    "least": lazy("the least of"),
    "distance": lazy("how far the two are apart"),
    "pairs": lazy("how many go from"),
    "weighted": lazy("mean, weighted by what was granted"),
    "standing": lazy("judged against the plan to date"),
    "worst": lazy("the worst of"),
    "tally": lazy("how many are"),
    "figure": lazy("the figure"),
}
COLUMNS = {"before": lazy("class before"), "after": lazy("class now")}
DENOMINATORS = ("share", "inverse")


@dataclass(frozen=True)
class Step:
    """One line of the working: how deep it stands, what is done, with what result; the key of another figure."""

    depth: int
    words: str
    filters: str
    result: str
    key: str = ""
    is_denominator: bool = False


@dataclass(frozen=True)
class InputRow:
    """One row of inputs: its name, its values by month, what would be read now, and the reports they stand in."""

    name: str
    values: tuple[str, ...]
    now: tuple[str, ...]
    reports: tuple[int | None, ...]


@dataclass(frozen=True)
class InputTable:
    """The rows of one table that a figure rests on. `more` are not shown."""

    words: str
    months: tuple[str, ...]
    rows: tuple[InputRow, ...]
    more: int
    total: str


def steps(
    formula: Formula, held: Passports, sheet: Sheet, cut: Cut, depth: int = 0, below: bool = False
) -> Iterator[Step]:
    """Yield the working of a formula, each operation before what it is done with."""
    operation, given = formula[0], formula[1:]
    words, filters, key, parts = str(OPERATIONS[operation]), "", "", []
    if operation in LEAVES:
        words = f"{words} {TABLES.get(given[0], given[0])}"
        filters = _filters(operation, given, held, cut)
    elif operation == "figure":
        key = given[0]
        figure = held.figures[key]
        words = figure.label
    elif operation == "weighted":
        parts = [part for pair in given for part in pair]
    elif operation == "tally":
        words = f"{words} {word(given[0])}"
        parts = list(given[1:])
    elif operation == "pairs":
        words = f"{words} {word(given[0])} → {word(given[1])}"
        parts = [part for pair in given[2:] for part in pair]
    elif operation == "forecast":
        parts = list(given[:3])
        filters = gettext(
            "until {month}, months: {by_month}", month=formats.month_short(given[3]), by_month=word(given[4])
        )
    elif operation in ("standing", "pace"):
        parts = [given[0], given[1]]
    elif operation != "number":
        parts = list(given)
    yield Step(depth, words, filters, _result(sheet.work(formula)), key, below)
    for place, part in enumerate(parts[:60]):
        yield from steps(part, held, sheet, cut, depth + 1, operation in DENOMINATORS and place == 1)


def _filters(operation: str, given: list[Any], held: Passports, cut: Cut) -> str:
    """Say which rows and months a leaf of a formula takes."""
    chosen = []
    for column, wanted in given[1].items():
        values = wanted if isinstance(wanted, list) else [wanted]
        named = [_named(column, value, held) for value in values]
        shown = " ".join(named[:6]) + (gettext(" and {n} more", n=len(named) - 6) if len(named) > 6 else "")
        chosen.append(f"{COLUMNS.get(column) or word(column)}: {shown}")
    months = _months(operation, given, held, cut)
    if months:
        chosen.append(months)
    if operation == "combine":
        chosen.append(
            gettext("months: {by_month}, offices: {by_unit}", by_month=word(given[3]), by_unit=word(given[4]))
        )
    return " · ".join(chosen)


def _months(operation: str, given: list[Any], held: Passports, cut: Cut) -> str:
    longest = max((len(values) for _, values in held.tables[given[0]].rows), default=1)
    if longest == 1:
        return ""
    if operation == "at":
        return formats.month_short(given[2])
    first, last = (1, given[2]) if operation == "combine" else ((*given[2:4], None, None)[:2])
    first, last = first or 1, last or longest
    if first == last:
        return formats.month_short(first)
    return f"{formats.month_short(first)}–{formats.month_short(last)}"


def _named(column: str, code: str, held: Passports) -> str:
    return held.names.get(f"{column} {code}") or held.names.get(code) or word(code)


def _result(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return word(value)
    return formats.quantity(round(value, 4))


def tables(figure: Figure, held: Passports, cut: Cut, now: Mapping[str, Inputs] | None) -> Iterator[InputTable]:
    """Yield the inputs a figure rests on, each table once for each choice of rows."""
    seen: list[Any] = []
    for leaf in _leaves(figure.formula):
        name, where = leaf[1], leaf[2]
        if (name, where) in seen:
            continue
        seen.append((name, where))
        table = held.tables[name]
        rows = list(table.chosen(where))
        longest = max((len(values) for _, values in rows), default=1)
        until = min(longest, cut.last_period)
        present = dict(now[name].chosen(where)) if now and name in now else {}
        reports = dict(held.tables["submission"].chosen(where)) if name == "answer" else {}
        total = sum((value or Decimal(0) for _, values in rows for value in values[:until]), Decimal(0))
        yield InputTable(
            words=str(TABLES.get(name, name)),
            months=tuple(formats.month_short(month) for month in range(1, until + 1)) if longest > 1 else ("",),
            rows=tuple(
                _row(table.columns, keys, values[:until], present, reports, held) for keys, values in rows[:MOST_ROWS]
            ),
            more=max(0, len(rows) - MOST_ROWS),
            total="" if name in ("target", "due_in_time") else _result(total),
        )


def _row(
    columns: tuple[str, ...],
    keys: tuple[str, ...],
    values: tuple[Decimal | None, ...],
    present: Mapping[tuple[str, ...], tuple[Decimal | None, ...]],
    reports: Mapping[tuple[str, ...], tuple[Decimal | None, ...]],
    held: Passports,
) -> InputRow:
    name = " · ".join(_named(column, key, held) for column, key in zip(columns, keys, strict=True) if key)
    found = present.get(keys, ())
    now = tuple(
        _result(found[n] if n < len(found) else None)
        if present and (found[n] if n < len(found) else None) != value
        else ""
        for n, value in enumerate(values)
    )
    stands = [None if each is None else int(each) for each in reports.get(keys, ())]
    return InputRow(
        name,
        tuple(_result(value) for value in values),
        now,
        tuple(stands[n] if n < len(stands) else None for n in range(len(values))),
    )


def _leaves(formula: Formula) -> Iterator[Formula]:
    if formula[0] in LEAVES:
        yield formula
        return
    for part in formula[1:]:
        if isinstance(part, list) and part:
            if isinstance(part[0], list):
                for each in part:
                    yield from _leaves(each)
            else:
                yield from _leaves(part)
