"""Chapter: every indicator of the year in one table, with its rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import results
from portal.rules.progress import Aggregation, Direction, Standing

RULES = {
    Aggregation.SUM: "รวม",
    Aggregation.LAST: "ล่าสุด",
    Aggregation.AVERAGE: "เฉลี่ย",
    Aggregation.GREATEST: "สูงสุด",
    Aggregation.NONE: "ไม่รวม",
}


@dataclass(frozen=True)
class Line:
    """One indicator over all offices."""

    code: str
    name: str
    unit: str
    decimals: int
    rules: str
    is_less_better: bool
    target: Decimal | None
    plan: Decimal | None
    value: Decimal | None
    reached: Decimal | None
    standing: Standing
    offices: int
    owing: int


@dataclass(frozen=True)
class ProjectGroup:
    """A project and its indicators."""

    code: str
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class IndicatorsPage:
    """All indicators, by project."""

    groups: tuple[ProjectGroup, ...]
    total: int


def gather(cut: Cut) -> IndicatorsPage:
    """Gather all indicators of the year."""
    cells = results.cells(cut)
    of_project: dict[int, list[Line]] = {}
    for each in results.indicators(cut):
        found = results.outcome(each, cells.get(each.id, {}).values())
        of_project.setdefault(each.project_id, []).append(
            Line(
                each.code, each.name, each.unit, each.decimals, f"{RULES[each.month_rule]}/{RULES[each.unit_rule]}",
                each.direction is Direction.LESS, found.target, found.plan, found.value, found.reached, found.standing,
                found.offices, found.owing,
            )
        )  # fmt: skip
    groups = tuple(
        ProjectGroup(project.code, project.name, tuple(of_project[project.id]))
        for project in results.projects(cut)
        if project.id in of_project
    )
    return IndicatorsPage(groups, sum(len(group.lines) for group in groups))


CHAPTER = Chapter("indicators", "ผลตามตัวชี้วัดทั้งหมด", gather)
