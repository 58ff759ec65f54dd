"""What differs between two states of a year's plan: nodes, fields, targets, monthly plans, budgets. Plain values only.

A state is what `portal.plan_versions.content` returns: `nodes` by key (`plan-1`, `project-2`, `activity-3`,
`indicator-4`), each with `under` and its fields as text; `budgets` by project and category, in satang; `targets` by
indicator and unit: the year's target and twelve months, in ten-thousandths, None where nothing is planned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

State = Mapping[str, Any]


class ChangeKind(StrEnum):
    """What happened between two states of a plan."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RENAMED = "renamed"
    CHANGED = "changed"
    TARGET = "target"
    MONTH = "month_plan"
    BUDGET = "budget"


class Change(NamedTuple):
    """One difference. `node` is the key, `code` and `name` what it is called now (or was, when it is gone).

    `field` is the column of CHANGED, `unit` the office's code of TARGET and MONTH, `month` the fiscal month of MONTH,
    `category` the code of BUDGET. `old` and `new` are text, or whole numbers as the store holds them; None = nothing.
    """

    kind: ChangeKind
    node: str
    code: str
    name: str
    old: str | int | None = None
    new: str | int | None = None
    field: str = ""
    unit: str = ""
    month: int = 0
    category: str = ""


EMPTY: State = {"nodes": {}, "budgets": {}, "targets": {}}


def compare(old: State, new: State) -> list[Change]:
    """Return every difference, nodes in the order of the newer plan, what is gone last."""
    return [*_nodes(old, new), *_budgets(old, new), *_targets(old, new)]


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes there are of each kind, and how many units have a changed target or month."""
    listed = list(changes)
    counted = Counter(str(one.kind) for one in listed)
    units = {one.unit for one in listed if one.unit}
    return dict(counted) | ({"units": len(units)} if units else {})


def named(state: State, key: str) -> str:
    """Return code and name of a node; its bare key where the state does not know it."""
    node = state["nodes"].get(key)
    return f"{node['code']} {node['name']}" if node else key


def _nodes(old: State, new: State) -> Iterator[Change]:
    before, after = old["nodes"], new["nodes"]
    for key, node in after.items():
        called = (key, node["code"], node["name"])
        was = before.get(key)
        if was is None:
            yield Change(ChangeKind.ADDED, *called, new=named(new, node["under"]) if node["under"] else None)
            continue
        if was["under"] != node["under"]:
            yield Change(ChangeKind.MOVED, *called, named(old, was["under"]), named(new, node["under"]))
        if was["name"] != node["name"]:
            yield Change(ChangeKind.RENAMED, *called, was["name"], node["name"])
        for field in node:
            if field not in ("under", "name") and was.get(field) != node[field]:
                yield Change(ChangeKind.CHANGED, *called, was.get(field), node[field], field=field)
    for key, node in before.items():
        if key not in after:
            yield Change(ChangeKind.REMOVED, key, node["code"], node["name"], named(old, node["under"]) or None)


def _called(old: State, new: State, key: str) -> tuple[str, str, str]:
    node = new["nodes"].get(key) or old["nodes"].get(key) or {"code": key, "name": ""}
    return key, node["code"], node["name"]


def _budgets(old: State, new: State) -> Iterator[Change]:
    for key in dict.fromkeys((*new["budgets"], *old["budgets"])):
        before, after = old["budgets"].get(key, {}), new["budgets"].get(key, {})
        for category in sorted({*before, *after}):
            if before.get(category) != after.get(category):
                yield Change(
                    ChangeKind.BUDGET, *_called(old, new, key), before.get(category), after.get(category),
                    category=category,
                )  # fmt: skip


def _targets(old: State, new: State) -> Iterator[Change]:
    for key in dict.fromkeys((*new["targets"], *old["targets"])):
        before, after = old["targets"].get(key, {}), new["targets"].get(key, {})
        if before == after:
            continue
        called = _called(old, new, key)
        for unit in sorted({*before, *after}):
            was, now = before.get(unit) or [None] * 13, after.get(unit) or [None] * 13
            if was[0] != now[0]:
                yield Change(ChangeKind.TARGET, *called, was[0], now[0], unit=unit)
            for month in range(1, 13):
                if was[month] != now[month]:
                    yield Change(ChangeKind.MONTH, *called, was[month], now[month], unit=unit, month=month)
