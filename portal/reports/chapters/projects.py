"""Chapter: every project against its plan and its money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import amendments, money, remarks, results
from portal.reports.said import said
from portal.rules.progress import Standing, share
from portal.rules.terms import Nature


@dataclass(frozen=True)
class Lead:
    """A leading indicator of a project: its figures to date over all offices."""

    code: str
    name: str
    unit: str
    decimals: int
    value: Decimal | None
    plan: Decimal | None
    target: Decimal | None
    reached: Decimal | None
    of_year: Decimal | None
    standing: Standing
    offices: int
    owing: int
    note: int = 0
    is_revised: bool = False

    @property
    def plan_of_year(self) -> Decimal | None:
        """Plan to date in percent of the year's target: where the bar should be by now."""
        return share(self.plan, self.target)


@dataclass(frozen=True)
class Line:
    """One project of the portfolio. `before` is its standing a month ago; money in satang."""

    code: str
    name: str
    owner: str
    is_priority: bool
    leads: tuple[Lead, ...]
    standing: Standing
    before: Standing
    granted: int
    disbursed: int
    bound: int
    paid: Decimal | None
    paid_target: Decimal | None
    paid_standing: Standing
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class PlanGroup:
    """A plan and its projects."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ProjectsPage:
    """`counts` of projects by standing now and a month ago: problem, watch, on track, no value."""

    month: str
    lead: tuple[str, ...]
    groups: tuple[PlanGroup, ...]
    counts: tuple[int, int, int, int]
    counts_before: tuple[int, int, int, int]
    problems: tuple[Line, ...]
    total: int
    money_day: dt.date | None
    notes: tuple[str, ...] = ()


def gather(cut: Cut) -> ProjectsPage:
    """Gather the portfolio."""
    groups: dict[str, list[Line]] = {}
    notes = remarks.Notes()
    for project in results.projects(cut):
        groups.setdefault(project.plan, []).append(line(cut, project, notes))
    lines = [each for group in groups.values() for each in group]
    problems = sorted((each for each in lines if each.standing is Standing.PROBLEM), key=_least_reached)
    counts, before = _counts([each.standing for each in lines]), _counts([each.before for each in lines])
    return ProjectsPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        lead=_lead(counts, before, problems, len(lines), cut),
        groups=tuple(PlanGroup(name, tuple(group)) for name, group in groups.items()),
        counts=counts,
        counts_before=before,
        problems=tuple(problems),
        total=len(lines),
        money_day=money.data_day(cut),
        notes=tuple(notes.listed),
    )


def line(cut: Cut, project: results.ProjectFacts, notes: remarks.Notes | None = None) -> Line:
    """Return one project's line; what must be said beside its figures goes to `notes`."""
    outcomes = results.headlines(cut)
    facts = [each for each in results.indicators(cut) if each.project_id == project.id and each.id in outcomes]
    now = [outcomes[each.id][-1] for each in facts]
    last = [outcomes[each.id][-2] for each in facts] if cut.last_period > 1 else []
    ledger, targets = money.ledger(cut), money.targets(cut)
    whole = ledger.project(project.id)
    aim = money.weighted_target(
        (ledger.project(project.id, nature).granted, targets.at(nature, cut.last_period)) for nature in Nature
    )
    return Line(
        code=project.code,
        name=project.name,
        owner=project.owner,
        is_priority=project.is_priority,
        leads=tuple(
            Lead(
                each.code,
                each.name,
                each.unit,
                each.decimals,
                found.value,
                found.plan,
                found.target,
                found.reached,
                found.of_year,
                found.standing,
                found.offices,
                found.owing,
                notes.number(remarks.beside(cut, each.id)) if notes else 0,
                amendments.revised(cut).has(each.id),
            )
            for each, found in zip(facts, now, strict=True)
        ),
        standing=results.worst(each.standing for each in now),
        before=results.worst(each.standing for each in last),
        granted=whole.granted,
        disbursed=whole.disbursed,
        bound=whole.bound,
        paid=whole.share,
        paid_target=aim,
        paid_standing=money.judged(whole.share, aim),
        ends_on=project.ends_on,
    )


def _least_reached(each: Line) -> tuple[Decimal, str]:
    return min((lead.reached for lead in each.leads if lead.reached is not None), default=Decimal(0)), each.code


def _counts(found: list[Standing]) -> tuple[int, int, int, int]:
    return (
        found.count(Standing.PROBLEM),
        found.count(Standing.WATCH),
        found.count(Standing.ON_TRACK),
        found.count(Standing.NO_VALUE),
    )


def _lead(
    now: tuple[int, int, int, int], before: tuple[int, int, int, int], problems: list[Line], total: int, cut: Cut
) -> tuple[str, ...]:
    if not total:
        return ("ยังไม่มีโครงการในปีงบประมาณนี้",)
    words = [
        f"โครงการทั้งหมด **{said('projects.lead.total', formats.num(total))} โครงการ** เป็นไปตามแผน **{_count(now, 2)}** "
        f"เฝ้าระวัง **{_count(now, 1)}** ต่ำกว่าเกณฑ์ **{_count(now, 0)}**"
        + (f" ยังไม่มีผล **{_count(now, 3)}**" if now[3] else "")
    ]
    if cut.last_period > 1 and now[0] != before[0]:
        words.append(
            f"โครงการที่ต่ำกว่าเกณฑ์{'เพิ่มขึ้น' if now[0] > before[0] else 'ลดลง'}"
            f"จากเดือนก่อน **{said('projects.lead.moved', formats.num(abs(now[0] - before[0])))} โครงการ**"
        )
    if problems:
        worst = problems[0]
        reached = _least_reached(worst)[0]
        least = said(f"projects.lead.{worst.code}", formats.percent(reached))
        words.append(f"ต่ำที่สุดคือ {worst.name} ได้ร้อยละ **{least}** ของแผนสะสม")
    return tuple(words)


def _count(now: tuple[int, int, int, int], place: int) -> str:
    state = (Standing.PROBLEM, Standing.WATCH, Standing.ON_TRACK, Standing.NO_VALUE)[place]
    return said(f"projects.now.{state.value}", formats.num(now[place]))


CHAPTER = Chapter("projects", "ผลงานโครงการเทียบเป้าหมาย", gather)
