"""Chapter: the department's year in figures, for the annual book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import projects, summary
from portal.reports.charts.bars import Row
from portal.reports.charts.timeliness import Group
from portal.reports.figures import money, registry, results, visiting, voices
from portal.reports.figures.offices import offices
from portal.rules.progress import Standing
from portal.rules.terms import InstitutionKind, Nature


@dataclass(frozen=True)
class PlanLine:
    """One plan: its projects by standing, its money in satang."""

    name: str
    projects: int
    on_track: int
    watch: int
    problem: int
    no_value: int
    granted: int
    disbursed: int
    bound: int
    paid: Decimal | None
    aim: Decimal | None


@dataclass(frozen=True)
class YearPage:
    """The national summary."""

    lead: tuple[str, ...]
    measures: tuple[summary.Measure, ...]
    groups: tuple[Group, ...]
    owing: int
    offices: int
    cooperatives: int
    farmer_groups: int
    members: int
    granted: int
    visits: int
    plans: tuple[PlanLine, ...]
    paid: tuple[Decimal | None, ...]
    spent: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]
    visits_plan: tuple[int, ...]
    visits_done: tuple[int, ...]
    classes: tuple[Row, ...]
    best: tuple[summary.Point, ...]
    worst: tuple[summary.Point, ...]
    problems: tuple[voices.Told, ...]
    money_day: dt.date | None
    visit_day: dt.date | None


def gather(cut: Cut) -> YearPage:
    """Gather the year."""
    page = summary.gather(cut)
    whole = money.ledger(cut).total()
    stock = registry.stock(cut)
    course = visiting.added(list(visiting.courses(cut).values()), cut.last_period)
    best, worst = _ends(cut)
    return YearPage(
        lead=page.lead,
        measures=page.measures,
        groups=page.groups,
        owing=page.owing,
        offices=len(offices(cut)),
        cooperatives=sum(each.count for each in stock if each.kind is InstitutionKind.COOPERATIVE),
        farmer_groups=sum(each.count for each in stock if each.kind is not InstitutionKind.COOPERATIVE),
        members=sum(each.members for each in stock),
        granted=whole.granted,
        visits=course.total,
        plans=_plans(cut),
        paid=whole.curve(),
        spent=whole.curve("spent"),
        target=money.targets(cut).course(None),
        visits_plan=course.plan,
        visits_done=course.done,
        classes=_classes(cut),
        best=best,
        worst=worst,
        problems=voices.told(voices.voices(cut), 8),
        money_day=page.money_day,
        visit_day=page.visit_day,
    )


def _plans(cut: Cut) -> tuple[PlanLine, ...]:
    ledger, targets = money.ledger(cut), money.targets(cut)
    grouped: dict[str, list[results.ProjectFacts]] = {}
    for project in results.projects(cut):
        grouped.setdefault(project.plan, []).append(project)
    made = []
    for name, listed in grouped.items():
        standings = [projects.line(cut, project).standing for project in listed]
        parts = [(nature, money.added(ledger.project(project.id, nature) for project in listed)) for nature in Nature]
        whole = money.added(each for _, each in parts)
        aim = money.weighted_target((each.granted, targets.at(nature, cut.last_period)) for nature, each in parts)
        made.append(
            PlanLine(
                name=name,
                projects=len(listed),
                on_track=standings.count(Standing.ON_TRACK),
                watch=standings.count(Standing.WATCH),
                problem=standings.count(Standing.PROBLEM),
                no_value=standings.count(Standing.NO_VALUE),
                granted=whole.granted,
                disbursed=whole.disbursed,
                bound=whole.bound,
                paid=whole.share,
                aim=aim,
            )
        )
    return tuple(made)


def _classes(cut: Cut) -> tuple[Row, ...]:
    made = []
    for year in (cut.fiscal_year - 1, cut.fiscal_year):
        found = [counts for (_, of), counts in registry.classes(cut).items() if of == year]
        if found:
            one, two, three, none = (sum(each[n] for each in found) for n in range(4))
            made.append(Row(str(year), (one, two, three, none), year == cut.fiscal_year))
    return tuple(made)


def _ends(cut: Cut) -> tuple[tuple[summary.Point, ...], tuple[summary.Point, ...]]:
    """Return the three projects furthest beyond their plan, and the three furthest behind."""
    found = []
    for project in results.projects(cut):
        for lead in projects.line(cut, project).leads[:1]:
            if lead.reached is not None:
                found.append((lead.reached, project, lead))
    found.sort(key=lambda each: (each[0], each[1].code))

    def point(mark: str, each: tuple[Decimal, results.ProjectFacts, projects.Lead]) -> summary.Point:
        reached, project, lead = each
        words = f"{project.name} – {lead.name} ได้ร้อยละ **{formats.percent(reached)}** ของแผน"
        return summary.Point(mark, words, f"project-{project.code}")

    best = tuple(point("ok", each) for each in reversed(found[-3:]) if each[0] >= summary.HUNDRED)
    worst = tuple(point("bad", each) for each in found[:3] if each[0] < summary.HUNDRED)
    return best, worst


CHAPTER = Chapter("year", "สรุปผลการดำเนินงานภาพรวม", gather)
