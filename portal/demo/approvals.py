"""What the year's plan may cost, category by category, and how the plan was approved: three times, each with changes.

The first versions are made from the plan as it is by taking back a few things that the later approvals brought.
"""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from models import BudgetCategory, FiscalYear, Person, PlanVersion, ProjectBudget
from portal import plan_versions
from portal.database import tuples
from portal.demo import curves
from portal.demo.money import MILLION, STEP, kinds_of
from portal.demo.planning import Held
from portal.records import Work
from portal.rules import plan_changes

APPROVER = "อธิบดีกรมส่งเสริมสหกรณ์ (สาธิต)"
# Day, document, note of each approval.
APPROVALS = (
    (dt.date(2022, 9, 28), "กษ 1105/สาธิต 001", "แผนปฏิบัติงานต้นปี"),
    (dt.date(2022, 12, 19), "กษ 1105/สาธิต 014", "ปรับเป้าหมายและแผนรายเดือนโครงการเครื่องจักรกล"),
    (dt.date(2023, 3, 6), "กษ 1105/สาธิต 023", "เพิ่มโครงการกระจายผลไม้และปรับชื่อโครงการ"),
)


def build(work: Work, year: FiscalYear, held: list[Held]) -> None:
    """Store budgets by category and three approved versions of the plan; the last is the plan as it stands."""
    _budgets(work, held)
    planner = Person.get(Person.username == "planning")
    last = plan_versions.content(year)
    second = _without(last, held, "32")
    _called(second, held, "34", "พัฒนาโครงสร้างพื้นฐานนิคมสหกรณ์")
    first = copy.deepcopy(second)
    _smaller(first, held, "30")
    before: Any = plan_changes.EMPTY
    for number, (state, (day, document, note)) in enumerate(zip((first, second, last), APPROVALS, strict=True), 1):
        changes = plan_changes.summary(plan_changes.compare(before, state))
        work.create(
            PlanVersion, fiscal_year=year, number=number, approved_on=day, approver=APPROVER, document_number=document,
            note=note, recorded_by=planner, recorded_at=dt.datetime.combine(day, dt.time(15, 0)), changes=changes,
            **plan_versions.frozen(state),
        )  # fmt: skip
        before = state


def _budgets(work: Work, held: list[Held]) -> None:
    categories = dict(tuples(BudgetCategory.select(BudgetCategory.code, BudgetCategory.id)))
    rows = []
    for project in held:
        total = round(project.venture.money * MILLION / STEP)
        invested = round(total * project.venture.invest)
        amounts: dict[str, int] = {}
        for share, kinds in zip((total - invested, invested), kinds_of(project.venture), strict=True):
            parts = curves.apportion(share, [weight for _, weight in kinds]) if share else []
            for (code, _), part in zip(kinds, parts, strict=False):
                amounts[code] = amounts.get(code, 0) + part * STEP
        rows += [(project.id, categories[code], amount) for code, amount in amounts.items()]
    work.insert_rows(ProjectBudget, ("project", "category", "amount"), rows)


def _of(held: list[Held], code: str) -> Held:
    return next(project for project in held if project.venture.code == code)


def _without(state: dict[str, Any], held: list[Held], code: str) -> dict[str, Any]:
    """Return the plan without one project and everything below it."""
    gone = {f"project-{_of(held, code).id}"}
    while more := {key for key, node in state["nodes"].items() if node["under"] in gone} - gone:
        gone |= more
    return copy.deepcopy(state) | {
        name: {key: copy.deepcopy(value) for key, value in state[name].items() if key not in gone}
        for name in ("nodes", "budgets", "targets")
    }


def _called(state: dict[str, Any], held: list[Held], code: str, name: str) -> None:
    state["nodes"][f"project-{_of(held, code).id}"]["name"] = name


def _smaller(state: dict[str, Any], held: list[Held], code: str) -> None:
    """Take back what the second approval added to a project: a step in every fourth office, in its last month."""
    for goal in _of(held, code).goals[:1]:
        step = 10 ** (4 - goal.decimals)
        for numbers in list(state["targets"][f"indicator-{goal.id}"].values())[::4]:
            last = max(month for month in range(1, 13) if numbers[month] or month == 1)
            if numbers[0] > step and (numbers[last] or 0) >= step:
                numbers[0] -= step
                numbers[last] -= step
