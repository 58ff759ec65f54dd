"""Plans by program: versions approved, a year copied, nodes moved, visits planned by the block."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, g

from models import FiscalYear, Table, Target
from portal import plan_copies, plan_tree, plan_versions, plans, visit_plans
from portal.errors import NotAllowed, RuleBroken
from portal.plan_copies import Choice
from portal.rules.access import may_write
from portal.visit_plans import Cell, Saved
from portal.web.api import acts, door, values
from portal.web.api.acts import Act, Given, Part, by
from portal.web.language import gettext

planned = Blueprint("api_planned", __name__, url_prefix="/api/v1")
planned.before_request(door.enter)
planned.after_request(door.leave)

REASON = Part("reason", longest=500, says="Why what is approved changes.")
CELL = ("cooperative_id", "activity_id", "month", "visits")


def _approve(year: FiscalYear, given: Given) -> Table:
    return plan_versions.approve(
        year, approved_on=given["approved_on"], approver=given["approver"], document_number=given["document_number"],
        note=given.get("note", ""), **by(),
    )  # fmt: skip


def _copy(year: FiscalYear, given: Given) -> dict[str, Any]:
    if not may_write(g.person.role, "Plan"):
        raise NotAllowed("Years are copied by the planning division.")
    target = given["into"]
    if target.id == year.id:
        raise RuleBroken("Choose two different years.", field="into")
    has = {name: given.get(name, False) for name in ("indicators", "targets", "months", "budgets")}
    has["targets"] = has["targets"] or has["months"]
    has["indicators"] = has["indicators"] or has["targets"]
    prefix = given.get("prefix", "").strip() or plan_copies.usual_prefix(target)
    return plan_copies.copy(year, target, Choice(**has), prefix, **by())


def _shift(node: Any, given: Given) -> None:
    plan_tree.shift(node, 1 if given["down"] else -1, **by())


def _move(node: Any, given: Given) -> None:
    if ("under" in given) == ("parent" in given):
        raise RuleBroken("Please fill this in.", field="under")
    plan_tree.move(node, given.get("under") or given["parent"], seen=node.version, **by())


def _plan_months(target: Target, given: Given) -> dict[str, Any]:
    months = {}
    for name, value in given["months"].items():
        month = values.whole(name, "months", 12)
        months[month] = None if value is None else values.read_quantity(value, "months")
    return {"months": {str(month): float(one) for month, one in plans.plan_months(target, months, **by()).items()}}


def _plan_visits(year: FiscalYear, given: Given) -> dict[str, Any]:
    cells = []
    for item in given["cells"]:
        if not isinstance(item, dict) or set(item) != set(CELL) or not all(map(_is_count, item.values())):
            example = '{"cells": [{"cooperative_id": 1, "activity_id": 1, "month": 8, "visits": 1}]}'
            raise RuleBroken("The body is {example}.", field="cells", example=example)
        cells.append(Cell(item["cooperative_id"], item["activity_id"], item["month"], str(item["visits"])))
    return _told(visit_plans.save_cells(year, cells, reason=given.get("reason", ""), **by()))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _told(saved: Saved) -> dict[str, Any]:
    refused = [
        {"cooperative_id": c.cooperative, "activity_id": c.activity, "month": c.month, "detail": wrong.words(gettext)}
        for c, wrong in saved.refused
    ]
    return {"changed": saved.changed, "refused": refused}


def _copy_visits(year: FiscalYear, given: Given) -> dict[str, Any]:
    copied, left = visit_plans.copy_last_year(year, **by())
    return {"copied": copied, "left": left}


def _approve_visits(year: FiscalYear, given: Given) -> dict[str, Any]:
    return {"approved": visit_plans.approve_all(year, **by())}


def _remove(node: Any, given: Given) -> dict[str, Any]:
    plan_tree.remove(node, **by())
    return {}


def _node_acts(resource: str) -> tuple[Act, ...]:
    parents = {
        "projects": (Part("under", int, of=plan_tree.TABLES["plan"]),),
        "activities": (
            Part("under", int, of=plan_tree.TABLES["project"]), Part("parent", int, of=plan_tree.TABLES["activity"]),
        ),
        "indicators": (Part("under", int, of=plan_tree.TABLES["activity"]),),
    }  # fmt: skip
    shift = Act(
        resource, "shift", "Put it one place up or down among its siblings", _shift,
        (Part("down", bool, needed=True),),
    )  # fmt: skip
    remove = Act(resource, "remove", "Remove it, if nothing needs it", _remove)
    if resource not in parents:
        return (shift, remove)
    words = "Put it, with all below it, under another of the same year, as the last one there"
    return (shift, remove, Act(resource, "move", words, _move, parents[resource]))


ACTS = (
    Act(
        "fiscal-years", "approve_plan", "Write an approval down: the plan as it stands is its next version", _approve,
        (
            Part("approved_on", dt.date, needed=True), Part("approver", needed=True, longest=200),
            Part("document_number", needed=True, longest=100), Part("note"),
        ),
    ),
    Act(
        "fiscal-years", "copy_plan", "Copy its plans, projects and activities into another year", _copy,
        (
            Part("into", int, needed=True, of=FiscalYear), Part("indicators", bool), Part("targets", bool),
            Part("months", bool), Part("budgets", bool),
            Part("prefix", longest=10, says="What codes of indicators begin with."),
        ),
    ),
    Act(
        "fiscal-years", "plan_visits", "Save a block of cells of the office's plan of visits; each is saved or refused",
        _plan_visits,
        (Part("cells", list, needed=True, says="cooperative_id, activity_id, month (fiscal, 1-12), visits."), REASON),
    ),
    Act("fiscal-years", "copy_visit_plans", "Begin the office's plans of visits with last year's lines", _copy_visits),
    Act("fiscal-years", "approve_visit_plans", "Approve every draft of the office's plans of visits", _approve_visits),
    Act(
        "targets", "plan_months", "Keep the months of a target's plan", _plan_months,
        (Part("months", dict, needed=True, says='By fiscal month: {"1": 10, "2": 5}; null takes one out.'),),
    ),
    *(act for name in ("plans", "projects", "activities", "indicators") for act in _node_acts(name)),
)  # fmt: skip
acts.install(planned, ACTS)
