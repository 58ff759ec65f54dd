"""Chapter, once for every project the meeting has to look at: where it stands and goes, why, and what to choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.errors import NotFound
from portal.reports.chapter import Chapter, Cut, Member
from portal.reports.chapters import decisions, project
from portal.reports.charts.reach import Reach
from portal.reports.charts.squares import Pile
from portal.reports.figures import portfolio, results
from portal.reports.said import said
from portal.rules import progress
from portal.rules.progress import Aggregation, Standing

MOST_SITES = 8
MOST_BARS = 5
MOST_TOLD = 3


@dataclass(frozen=True)
class RiskPage:
    """A project's page of the book with what the meeting needs beside it.

    `ahead` is the leading indicator's course from now to the year's end, cumulative, None before now; `why_not` says
    why there is none. `before` is the state of last month.
    """

    page: project.ProjectPage
    before: Standing
    behind: int
    lead: tuple[str, ...]
    ahead: tuple[Decimal | None, ...]
    why_not: str
    piles: tuple[Pile, ...]
    bars: tuple[Reach, ...]
    sites: tuple[project.PlaceLine, ...]
    more_sites: int
    matter: decisions.Matter
    cut_at: dt.datetime


def gather(cut: Cut) -> RiskPage:
    """Gather the page of the project named in the cut."""
    for member in members(cut):
        if member.code == cut.project_code:
            page: RiskPage = member.page
            return page
    raise NotFound("There is no project “{code}” in this year.", code=cut.project_code or "")


def members(cut: Cut) -> Sequence[Member]:
    """Gather the projects that the decisions page raises."""
    raised = [path for path in portfolio.at_risk(cut) if path.behind >= decisions.RAISED_AFTER]
    pages = {member.code: member for member in project.pages(cut)} if raised else {}
    made = []
    for path in raised[: decisions.MOST_PROJECTS]:
        member = pages[path.project.code]
        made.append(Member(member.code, member.title, "", _page(cut, path, member.page)))
    return made


def _page(cut: Cut, path: portfolio.Path, page: project.ProjectPage) -> RiskPage:
    facts = portfolio.weakest(cut, path)
    sites = project.sites(cut, facts)
    behind = [each for each in sites if each.standing is Standing.PROBLEM]
    behind.sort(key=lambda each: (each.reached or Decimal(0), each.name))
    ahead, why_not = _ahead(cut, facts)
    return RiskPage(
        page=page,
        before=path.before,
        behind=path.behind,
        lead=_lead(cut, facts, page),
        ahead=ahead,
        why_not=why_not,
        piles=_piles(sites),
        bars=_bars(cut, page),
        sites=tuple(behind[:MOST_SITES]),
        more_sites=max(0, len(behind) - MOST_SITES),
        matter=decisions.of_project(cut, path),
        cut_at=cut.cut_at,
    )


def _ahead(cut: Cut, facts: results.IndicatorFacts | None) -> tuple[tuple[Decimal | None, ...], str]:
    """Return the straight line from now to what is expected; a line says no more than its two ends."""
    if facts is None or facts.month_rule is not Aggregation.SUM or cut.last_period == 12:
        return (), ""
    now = results.headlines(cut)[facts.id][-1]
    found = portfolio.outlook(cut, facts).ahead
    if found is None or now.value is None:
        return (), "ยังคาดการณ์ไม่ได้: ข้อมูลยังไม่ถึง 3 เดือน หรือแผนถึงเดือนนี้น้อยเกินไป"
    left = 12 - cut.last_period
    line = (now.value + (found - now.value) * step / left for step in range(left + 1))
    return (*(None,) * (cut.last_period - 1), *line), ""


def _piles(sites: Sequence[project.PlaceLine]) -> tuple[Pile, ...]:
    """Return the offices by how far they are."""
    done = [each for each in sites if each.value is not None and each.target is not None and each.value >= each.target]
    rest = [each for each in sites if each not in done]
    return (
        Pile("done", "ถึงเป้าทั้งปีแล้ว", len(done)),
        Pile("going", "ตามแผนสะสม", sum(each.standing is Standing.ON_TRACK for each in rest)),
        Pile("begun", "เฝ้าระวัง", sum(each.standing is Standing.WATCH for each in rest)),
        Pile("late", "ต่ำกว่าเกณฑ์", sum(each.standing is Standing.PROBLEM for each in rest)),
        Pile("none", "ยังไม่มีผล", sum(each.standing is Standing.NO_VALUE for each in rest)),
    )


def _bars(cut: Cut, page: project.ProjectPage) -> tuple[Reach, ...]:
    """Return the project's indicators on the way to their targets; those without a target are left to the table."""
    made = []
    for each in page.indicators:
        if not each.target:
            continue
        done = progress.of_year_target(each.value, each.target)
        ahead = progress.forecast(each.value, each.plan, each.target, cut.last_period).value if each.is_summed else None
        of_year = progress.of_year_target(ahead, each.target)
        words = "ยังไม่มีผล" if done is None else f"ร้อยละ {formats.percent(done)}"
        if of_year is not None and cut.last_period < 12:
            words += f" คาด {formats.percent(of_year)}"
        made.append(
            Reach(
                _short(each.name), _float(progress.share(each.plan, each.target)), _float(done), _float(of_year), words,
                each.standing is Standing.PROBLEM,
            )
        )  # fmt: skip
    return tuple(made[:MOST_BARS])


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 4))


def _short(name: str, most: int = 46) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _lead(cut: Cut, facts: results.IndicatorFacts | None, page: project.ProjectPage) -> tuple[str, ...]:
    if facts is None:
        return page.lead
    now, ahead = results.headlines(cut)[facts.id][-1], portfolio.outlook(cut, facts)
    key, digits = f"projects.{page.line.code}.{facts.code}", facts.decimals
    sentences = [
        f"{facts.name} ได้ **{said(f'{key}.value', formats.num(now.value, digits))}** จากแผนสะสม "
        f"**{said(f'{key}.plan', formats.num(now.plan, digits))} {facts.unit}** "
        f"(ร้อยละ **{said(f'{key}.reached', formats.percent(now.reached))}**)"
    ]
    if page.problems:
        sentences.append(f"ปัญหาที่รายงานมากที่สุดคือ{page.problems[0].problem} (**{page.problems[0].offices} หน่วย**)")
    if ahead.ahead is not None and cut.last_period < 12:
        sentences.append(
            f"หากเป็นไปตามอัตราปัจจุบัน สิ้นปีจะได้ "
            f"**{said(f'kpi.{facts.code}.ahead', formats.num(ahead.ahead, digits))} {facts.unit}** "
            f"จากเป้าทั้งปี {said(f'kpi.{facts.code}.target', formats.num(now.target, digits))}"
        )
    left = page.left
    if left > 0:
        sentences.append(f"และยังไม่ก่อหนี้ **{said(f'project.{page.line.code}.left', formats.million(left))} ล้านบาท**")
    return tuple(sentences)


CHAPTER = Chapter("risk", "โครงการที่ต้องพิจารณา", gather, members)
