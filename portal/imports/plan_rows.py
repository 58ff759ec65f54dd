"""A workbook of a year's plan held against the plan as it stands: what is new, what would change, what is wrong.

Nothing is written here. Lines are known by their codes; a reference may go to a line of the same file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any

from models import (
    Activity,
    BudgetCategory,
    FiscalYear,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Plan,
    Project,
    ProjectBudget,
    Target,
    Unit,
    text_of,
)
from portal.errors import PortalError, RuleBroken
from portal.imports.rows import Number, Sheet, letter, sheets
from portal.imports.source import MOST_FAULTS, Fault
from portal.rules import inputs
from portal.rules.progress import Direction
from portal.workbooks.plan_book import LEAVES, NO, NONE, WORDS, YES, Col

EXCEL_DAY_ONE = dt.date(1899, 12, 30)
MOST_ROWS = 60_000
SHOWN = 300
GONE = object()  # a dash: the value is taken away
# What a line of a kind must say before it can be new.
NEEDED = {
    "plan": ("name",), "project": ("name", "owner", "starts_on", "ends_on"), "activity": ("name",),
    "budget": ("amount",), "indicator": ("plan", "project", "activity", "name", "measure_unit"), "target": ("value",),
}  # fmt: skip
# What a line refers to: the field, the kind of line, and the columns that make its key.
REFERENCES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "project": {"plan": ("plan", ("plan",))},
    "budget": {"project": ("project", ("plan", "project"))},
    "activity": {"project": ("project", ("plan", "project"))},
    "indicator": {"activity": ("activity", ("plan", "project", "activity"))},
    "target": {"indicator": ("indicator", ("indicator",))},
}
Key = tuple[str, ...]


@dataclass
class Line:
    """One line of the file that adds something or changes it. `held` is the record, None when it is new.

    `values` are what to write, by field; references are keys of this or another sheet. `months` are monthly plans by
    fiscal month, None takes one away.
    """

    kind: str
    key: Key
    sheet: str
    row: int
    name: str
    held: Any
    values: dict[str, Any]
    months: dict[int, Decimal | None] = field(default_factory=dict)
    differs: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Reading:
    """A workbook held against the plan."""

    rows: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    @property
    def count(self) -> int:
        """Return how many lines would be written."""
        return len(self.lines)

    def fault(self, error: PortalError, sheet: str = "", row: int | None = None, column: int | None = None) -> None:
        """Note something wrong at a row and a column (from 0)."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(error, sheet, row, "" if column is None else letter(column + 1)))

    def report(self) -> dict[str, Any]:
        """Return the preview as plain values."""
        return {
            "counts": self.counts, "fault_count": self.fault_count, "faults": [one.as_json() for one in self.faults],
            "new": self._sum("new"), "changed": self._sum("changed"), "same": self._sum("same"),
            "changes": [
                {"sheet": one.sheet, "row": one.row, "code": " / ".join(one.key), "name": one.name,
                 "is_new": one.held is None, "differs": {k: list(v) for k, v in list(one.differs.items())[:20]}}
                for one in self.lines[:SHOWN]
            ],
        }  # fmt: skip

    def _sum(self, what: str) -> int:
        return sum(one[what] for one in self.counts.values())


class Known:
    """The plan of one year as it stands, by codes, with every relation at hand so that no check asks again."""

    def __init__(self, year: FiscalYear) -> None:
        self.year = year
        self.units = {u.id: u for u in Unit.select()}
        self.measures = {m.id: m for m in MeasureUnit.select()}
        self.categories = {c.id: c for c in BudgetCategory.select()}
        self.rows: dict[str, dict[Key, Any]] = {kind: {} for kind in LEAVES}
        plans = {p.id: p for p in Plan.select().where(Plan.fiscal_year == year.id)}
        projects = {p.id: p for p in Project.select().where(Project.plan.in_(list(plans)))}
        activities = {a.id: a for a in Activity.select().where(Activity.project.in_(list(projects)))}
        indicators = {i.id: i for i in Indicator.select().where(Indicator.activity.in_(list(activities)))}
        targets = {t.id: t for t in Target.select().where(Target.indicator.in_(list(indicators)))}
        self.months: dict[int, dict[int, MonthPlan]] = {}
        self._tie(plans, "fiscal_year", {year.id: year})
        self._tie(projects, "plan", plans)
        self._tie(activities, "project", projects)
        self._tie(activities, "parent", activities)
        self._tie(indicators, "activity", activities)
        self._tie(indicators, "parent", indicators)
        self._tie(indicators, "measure_unit", self.measures)
        self._tie(targets, "indicator", indicators)
        self._tie(targets, "unit", self.units)
        query = (
            MonthPlan.select()
            .join(Target)
            .join(Indicator)
            .join(Activity)
            .join(Project)
            .join(Plan)
            .where(Plan.fiscal_year == year.id)
        )
        for month in query:
            month.target = targets[month.target_id]
            month._dirty.clear()
            self.months.setdefault(month.target_id, {})[month.month] = month
        self.rows["plan"] = {(p.code,): p for p in plans.values()}
        self.rows["project"] = {(p.plan.code, p.code): p for p in projects.values()}
        self.rows["activity"] = {(a.project.plan.code, a.project.code, a.code): a for a in activities.values()}
        self.rows["indicator"] = {(i.code,): i for i in indicators.values()}
        self.rows["target"] = {(t.indicator.code, t.unit.code): t for t in targets.values()}
        for budget in ProjectBudget.select().where(ProjectBudget.project.in_(list(projects))):
            project = projects[budget.project_id]
            key = (project.plan.code, project.code, self.categories[budget.category_id].code)
            self.rows["budget"][key] = budget
        taken = Indicator.select(Indicator.code).where(Indicator.activity.not_in(list(activities)))
        self.elsewhere = {code for (code,) in taken.tuples()}
        self.names: dict[str, dict[str, Any]] = {
            "unit": {_plain(n): u for u in self.units.values() for n in (u.code, u.short, u.name)},
            "measure": {_plain(n): m for m in self.measures.values() for n in (m.code, m.name)},
            "category": {_plain(n): c for c in self.categories.values() for n in (c.code, c.name)},
        }

    def _tie(self, rows: Mapping[int, Any], name: str, related: Mapping[int, Any]) -> None:
        for row in rows.values():
            held = row.__data__.get(name)
            setattr(row, name, related[held] if held is not None else None)
            row._dirty.clear()


def read(path: Path, year: FiscalYear, *, beat: Callable[[], None] = lambda: None) -> tuple[Reading, Known]:
    """Return a workbook held against the year's plan, and the plan it was held against; nothing is written."""
    said, known = Reading(), Known(year)
    by_name = {_plain(name): kind for kind, (name, _) in LEAVES.items()}
    seen: dict[str, dict[Key, int]] = {kind: {} for kind in LEAVES}
    pages: dict[str, list[tuple[int, list[str]]]] = {}
    heads: dict[str, tuple[str, dict[int, Col]]] = {}
    for sheet in sheets(path):
        kind = by_name.get(_plain(sheet.name))
        if kind is not None and kind not in pages:
            _page(said, sheet, kind, pages, heads, beat)
    if not pages:
        names = ", ".join(name for name, _ in LEAVES.values())
        said.fault(RuleBroken("No sheet of this file is one of a plan: {names}.", names=names))
    for kind in LEAVES:  # from plans to targets, whatever their order in the file
        said.counts[kind] = {"new": 0, "changed": 0, "same": 0}
        name, columns = heads.get(kind, ("", {}))
        for number, cells in pages.get(kind, ()):
            _Row(said, known, seen, kind, name, number, cells, columns).read()
    return said, known


def _page(said: Reading, sheet: Sheet, kind: str, pages: Any, heads: Any, beat: Callable[[], None]) -> None:
    if not sheet.head:
        return
    first, headings = sheet.head[0]
    wanted = {_plain(col.heading): col for col in LEAVES[kind][1]}
    columns: dict[int, Col] = {}
    for place, heading in enumerate(headings):
        col = wanted.get(_plain(heading))
        if col is None:
            continue
        if col in columns.values():
            said.fault(RuleBroken("A heading stands twice."), sheet.name, first, place)
        columns[place] = col
    for col in LEAVES[kind][1]:
        if col.is_key and col not in columns.values():
            said.fault(RuleBroken("The sheet has no column “{heading}”.", heading=col.heading), sheet.name, first)
            return
    rows = []
    for number, cells in sheet.rows():
        if number == first:
            continue
        if [_plain(cell) for cell in cells] == [_plain(cell) for cell in headings]:
            said.fault(RuleBroken("The headings stand here again: two files were put together."), sheet.name, number)
            return
        said.rows += 1
        if said.rows > MOST_ROWS:
            said.fault(RuleBroken("A file may have {most} rows at most.", most=MOST_ROWS), sheet.name, number)
            return
        if said.rows % 500 == 0:
            beat()
        rows.append((number, cells))
    for top, left, bottom, _right in sheet.merged:
        if bottom > first:
            said.fault(RuleBroken("Cells are merged across data; take the merge apart."), sheet.name, max(top, first),
                       left - 1)  # fmt: skip
            return
    pages[kind], heads[kind] = rows, (sheet.name, columns)


class _Row:
    """One row on its way to being a Line."""

    def __init__(
        self, said: Reading, known: Known, seen: dict[str, dict[Key, int]], kind: str, sheet: str, number: int,
        cells: list[str], columns: dict[int, Col],
    ) -> None:  # fmt: skip
        self.said, self.known, self.seen, self.kind = said, known, seen, kind
        self.sheet, self.number, self.cells, self.columns = sheet, number, cells, columns
        self.before = said.fault_count

    def wrong(self, error: PortalError, place: int | None) -> None:
        self.said.fault(error, self.sheet, self.number, place)

    def place(self, name: str) -> int | None:
        return next((place for place, col in self.columns.items() if col.field == name), None)

    def read(self) -> None:
        """Put the row among the lines, count it, or note what is wrong with it."""
        values: dict[str, Any] = {}
        for place, col in self.columns.items():
            typed = self.cells[place] if place < len(self.cells) else ""
            if col.field and typed.strip():
                try:
                    values[col.field] = self._value(col, typed)
                except PortalError as refusal:
                    self.wrong(refusal, place)
            elif col.is_key:
                self.wrong(RuleBroken("The code is missing."), place)
        if self.said.fault_count > self.before:
            return
        key = tuple(_text_key(values[col.field]) for col in LEAVES[self.kind][1] if col.is_key)
        if key in self.seen[self.kind]:
            self.wrong(RuleBroken("This line stands in row {row} already.", row=self.seen[self.kind][key]), None)
            return
        self.seen[self.kind][key] = self.number
        self._refer(values)
        held = self.known.rows[self.kind].get(key)
        if held is None:
            self._check_new(key, values)
        if self.said.fault_count > self.before:
            return
        self._keep(key, held, values)

    def _refer(self, values: dict[str, Any]) -> None:
        """Put keys of lines in the place of references, and refuse those that lead nowhere."""
        ways = REFERENCES.get(self.kind, {})
        for name, (kind, parts) in ways.items():
            if not all(part in values for part in parts):
                continue
            key = tuple(values[part] for part in parts)
            if not self._there(kind, key):
                self.wrong(RuleBroken("There is no line “{code}” in the plan or in this file.", code=" / ".join(key)),
                           self.place(parts[-1]))  # fmt: skip
            values[name] = key
            for part in parts[:-1]:
                values.pop(part)
        if isinstance(values.get("parent"), str):
            code = values["parent"]
            key = (code,)
            if self.kind == "activity":
                key = (*values["project"], code) if "project" in values else key
            if not self._there(self.kind, key) and not self._later(self.kind, code):
                self.wrong(RuleBroken("There is no line “{code}” in the plan or in this file.", code=code),
                           self.place("parent"))  # fmt: skip
            values["parent"] = key

    def _there(self, kind: str, key: Key) -> bool:
        return key in self.known.rows[kind] or key in self.seen[kind]

    def _later(self, kind: str, code: str) -> bool:
        """Return whether a line further down may be meant; writing finds out which."""
        return bool(code) and kind in ("activity", "indicator")

    def _check_new(self, key: Key, values: dict[str, Any]) -> None:
        for name in NEEDED[self.kind]:
            # plan and project of an indicator have become part of its activity's key
            if name not in values and not (name in ("plan", "project") and "activity" in values):
                heading = next((col.heading for col in LEAVES[self.kind][1] if col.field == name), name)
                self.wrong(RuleBroken("A new line needs its “{heading}”.", heading=heading), self.place(name))
        if self.kind == "indicator" and key[0] in self.known.elsewhere:
            self.wrong(RuleBroken("Another year has an indicator with this code."), self.place("code"))

    def _keep(self, key: Key, held: Any, values: dict[str, Any]) -> None:
        months = {int(name[1:]): values.pop(name) for name in list(values) if re.fullmatch(r"m\d+", name)}
        planned = self.known.months.get(held.id, {}) if self.kind == "target" and held is not None else {}
        changes, differs = {}, {}
        for name, value in values.items():
            if held is not None and name in [col.field for col in LEAVES[self.kind][1] if col.is_key]:
                continue
            old = _held_text(self.known, self.kind, held, name) if held is not None else ""
            new = _text(None if value is GONE else value)
            if held is None or old != new:
                changes[name] = None if value is GONE else value
                differs[name] = (old, new)
        moved: dict[int, Decimal | None] = {}
        for month, value in months.items():
            was = planned[month].value if month in planned else None
            now = None if value is GONE else value
            if was != now:
                moved[month] = now
                differs[f"m{month}"] = (_text(was), _text(now))
        counts = self.said.counts[self.kind]
        if held is not None and not differs:
            counts["same"] += 1
            return
        counts["new" if held is None else "changed"] += 1
        name = str(values.get("name") or getattr(held, "name", "") or "")
        told = differs if held is not None else {}
        self.said.lines.append(Line(self.kind, key, self.sheet, self.number, name, held, changes, moved, told))

    def _value(self, col: Col, typed: str) -> Any:
        is_code = col.how in ("code", "ref") or (col.how in ("unit", "category") and col.is_key)
        if is_code and isinstance(typed, Number):
            raise RuleBroken("A code is text; this cell holds a number. Format the column as text.")
        text = inputs.parse_text(typed, many_lines=col.how == "long")
        if text == NONE and not col.is_key:
            return self._gone(col)
        if col.how in ("unit", "measure", "category"):
            found = self.known.names[col.how].get(_plain(text))
            if found is None:
                raise RuleBroken("“{text}” is not known here.", text=text[:60])
            return found
        if isinstance(typed, Number):
            text = _as_excel_shows(typed)
        if col.how in ("number", "whole"):
            value = inputs.parse_number(text, decimals=4 if col.how == "number" else 0, least=Decimal(0))
            return value if col.how == "number" else int(value)
        if col.how == "money":
            return inputs.parse_money(text)
        if col.how == "day":
            if isinstance(typed, Number) and 10_000 < float(typed) < 80_000:
                return EXCEL_DAY_ONE + dt.timedelta(days=int(float(typed)))
            return inputs.parse_date(text)
        if col.how == "flag":
            if text not in (YES, NO):
                raise RuleBroken("Write {yes} or {no}.", yes=YES, no=NO)
            return text == YES
        if col.how == "words":
            words = WORDS[col.field]
            if text not in words:
                raise RuleBroken("“{text}” is none of: {words}.", text=text[:60], words=", ".join(words))
            return words[text]
        return text

    def _gone(self, col: Col) -> Any:
        """Return what a dash means in a column. Raises RuleBroken where something must stand."""
        if re.fullmatch(r"m\d+", col.field) or col.field in ("green_at", "amber_at", "parent"):
            return GONE
        if col.how in ("long", "day") and self.kind == "activity":
            return GONE
        if col.field == "owner" and self.kind == "activity":
            return GONE
        if col.how in ("text", "long") and col.field != "name":
            return ""
        raise RuleBroken("Something must stand here; a dash takes nothing away.")


def _as_excel_shows(number: str) -> str:
    """Return a number of a cell with the fifteen digits that Excel knows: 0.9399999999999999 was typed as 0.94."""
    with localcontext() as context:
        context.prec = 15
        try:
            return format((+Decimal(number)).normalize(), "f")
        except InvalidOperation:
            return number


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", inputs.parse_text(text)).casefold()


def _text_key(value: Any) -> str:
    return str(value.code) if isinstance(value, (Unit, BudgetCategory)) else str(value)


def _text(value: Any) -> str:
    """Return a value as it is compared and shown in the preview."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " / ".join(value)
    if isinstance(value, (Unit, MeasureUnit, BudgetCategory)):
        return str(value.code)
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Direction):
        return str(value)
    return str(text_of(value))


def _held_text(known: Known, kind: str, held: Any, name: str) -> str:
    """Return a record's value as `_text` would a cell's."""
    if name == "activity":
        activity = held.activity
        return _text((activity.project.plan.code, activity.project.code, activity.code))
    if name == "parent":
        above = held.parent
        if above is None:
            return ""
        return _text(
            (above.code,) if kind == "indicator" else (above.project.plan.code, above.project.code, above.code)
        )
    if name in ("owner", "unit"):
        return _text(known.units.get(held.__data__[name]))
    if name == "measure_unit":
        return _text(held.measure_unit)
    return _text(held.__data__[name])
