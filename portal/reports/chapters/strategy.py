"""Chapter: from the national strategy down to projects, each with its state, its results and its money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters.projects import Line, line
from portal.reports.figures import money, organisation, results
from portal.rules.progress import Standing
from portal.rules.terms import Nature

NO_STRATEGY = "ยังไม่ได้ระบุยุทธศาสตร์"


@dataclass(frozen=True)
class PlanNode:
    """A plan with its links and its projects; money in satang."""

    name: str
    master_plan: str
    action_plan: str
    lines: tuple[Line, ...]
    granted: int
    disbursed: int
    paid: Decimal | None
    aim: Decimal | None


@dataclass(frozen=True)
class StrategyNode:
    """A strategy, its plans, and how many of its projects are a problem, to be watched, on track, without a value."""

    name: str
    plans: tuple[PlanNode, ...]
    counts: tuple[int, int, int, int]
    granted: int
    disbursed: int
    paid: Decimal | None


@dataclass(frozen=True)
class StrategyPage:
    """The tree."""

    lead: str
    nodes: tuple[StrategyNode, ...]
    money_day: dt.date | None


def gather(cut: Cut) -> StrategyPage:
    """Gather the tree from strategy to project."""
    links = {link.plan: link for link in organisation.links(cut)}
    grouped: dict[str, dict[str, list[results.ProjectFacts]]] = {}
    for project in results.projects(cut):
        link = links.get(project.plan)
        strategy = link.strategy if link and link.strategy else NO_STRATEGY
        grouped.setdefault(strategy, {}).setdefault(project.plan, []).append(project)
    nodes = []
    for strategy, plans in grouped.items():
        made = tuple(_plan(cut, name, links.get(name), listed) for name, listed in plans.items())
        standings = [each.standing for plan in made for each in plan.lines]
        whole = money.added(money.ledger(cut).project(project.id) for listed in plans.values() for project in listed)
        nodes.append(
            StrategyNode(
                strategy,
                made,
                (
                    standings.count(Standing.PROBLEM),
                    standings.count(Standing.WATCH),
                    standings.count(Standing.ON_TRACK),
                    standings.count(Standing.NO_VALUE),
                ),
                whole.granted,
                whole.disbursed,
                whole.share,
            )
        )
    return StrategyPage(_lead(nodes), tuple(nodes), money.data_day(cut))


def _plan(cut: Cut, name: str, link: organisation.Link | None, listed: list[results.ProjectFacts]) -> PlanNode:
    ledger, targets = money.ledger(cut), money.targets(cut)
    parts = [(nature, money.added(ledger.project(each.id, nature) for each in listed)) for nature in Nature]
    whole = money.added(each for _, each in parts)
    return PlanNode(
        name,
        link.master_plan if link else "",
        link.action_plan if link else "",
        tuple(line(cut, each) for each in listed),
        whole.granted,
        whole.disbursed,
        whole.share,
        money.weighted_target((each.granted, targets.at(nature, cut.last_period)) for nature, each in parts),
    )


def _lead(nodes: list[StrategyNode]) -> str:
    if not nodes:
        return "ยังไม่มีแผนงานในปีงบประมาณนี้"
    plans = sum(len(node.plans) for node in nodes)
    projects = sum(sum(node.counts) for node in nodes)
    good = sum(node.counts[2] for node in nodes)
    named = sum(node.name != NO_STRATEGY for node in nodes)
    where = f"**{named} ยุทธศาสตร์** " if named else ""
    return f"ปีนี้ดำเนินการภายใต้ {where}**{plans} แผนงาน** **{projects} โครงการ** ถึงแผนสะสม **{good} โครงการ**"


CHAPTER = Chapter("strategy", "ผลตามยุทธศาสตร์ แผนงาน และโครงการ", gather)
