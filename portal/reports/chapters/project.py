"""Chapter, once for every project: what it was for, what it reached, what it cost, where, and what stood in the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.errors import NotFound
from portal.reports.chapter import Chapter, Cut, Member
from portal.reports.chapters.projects import Line, line
from portal.reports.figures import money, reading, remarks, results, series, voices
from portal.reports.figures.offices import by_region, offices
from portal.rules.progress import Aggregation, Standing, share
from portal.rules.terms import Nature

LOWEST = 12


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator of the project over all offices."""

    name: str
    activity: str
    unit: str
    decimals: int
    value: Decimal | None
    plan: Decimal | None
    target: Decimal | None
    reached: Decimal | None
    standing: Standing
    offices: int
    owing: int
    is_leading: bool
    note: int = 0
    is_summed: bool = False


@dataclass(frozen=True)
class PlaceLine:
    """The project in one region or office: its leading indicator, and its money in satang."""

    name: str
    note: str
    target: Decimal | None
    plan: Decimal | None
    value: Decimal | None
    reached: Decimal | None
    standing: Standing
    granted: int
    disbursed: int
    paid: Decimal | None


@dataclass(frozen=True)
class ProjectPage:
    """The whole chapter. `course` is the leading indicator's cumulative plan and value, empty where not added up."""

    line: Line
    plan: str
    owner: str
    objective: str
    outcome: str
    starts_on: dt.date
    ends_on: dt.date
    lead: tuple[str, ...]
    left: int
    offices: int
    leading: str
    leading_unit: str
    leading_decimals: int
    course_plan: tuple[Decimal | None, ...]
    course_value: tuple[Decimal | None, ...]
    paid: tuple[Decimal | None, ...]
    spent: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]
    indicators: tuple[IndicatorLine, ...]
    regions: tuple[PlaceLine, ...]
    lowest: tuple[PlaceLine, ...]
    problems: tuple[voices.Told, ...]
    money_day: dt.date | None
    notes: tuple[str, ...] = ()
    breaks: tuple[int, ...] = ()


def gather(cut: Cut) -> ProjectPage:
    """Gather the page of the project named in the cut."""
    for member in members(cut):
        if member.code == cut.project_code:
            page: ProjectPage = member.page
            return page
    raise NotFound("There is no project “{code}” in this year.", code=cut.project_code or "")


def members(cut: Cut) -> Sequence[Member]:
    """Gather every project's page, in the order of the plans."""
    return pages(cut)


@reading
def pages(cut: Cut) -> tuple[Member, ...]:
    """Gather every project's page; once for all chapters that print parts of them."""
    said: dict[int | None, list[voices.Voice]] = {}
    for voice in voices.voices(cut):
        said.setdefault(voice.project, []).append(voice)
    at: dict[int | None, dict[int, tuple[int, int]]] = {}
    for office, listed in money.office_projects(cut).items():
        for project, granted, disbursed, _ in listed:
            at.setdefault(project, {})[office] = (granted, disbursed)
    made = []
    for facts in results.projects(cut):
        page = _page(cut, facts, said.get(facts.id, []), at.get(facts.id, {}))
        made.append(Member(facts.code, facts.name, facts.plan, page))
    return tuple(made)


def _page(
    cut: Cut, facts: results.ProjectFacts, said: list[voices.Voice], granted: dict[int, tuple[int, int]]
) -> ProjectPage:
    mine = line(cut, facts)
    ledger, targets = money.ledger(cut), money.targets(cut)
    whole = ledger.project(facts.id)
    leading = [each for each in results.leading(cut) if each.project_id == facts.id]
    first = leading[0] if leading else None
    course = results.courses(cut).get(first.id) if first else None
    cells = results.cells(cut)
    listed = [each for each in results.indicators(cut) if each.project_id == facts.id]
    working = {office for each in listed for office in cells.get(each.id, {})} | set(granted)
    target = tuple(
        money.weighted_target(
            (ledger.project(facts.id, nature).granted, targets.at(nature, month)) for nature in Nature
        )
        for month in range(1, 13)
    )
    places = _places(cut, first, granted)
    notes = remarks.Notes()
    return ProjectPage(
        line=mine,
        plan=facts.plan,
        owner=facts.owner_name,
        objective=voices.shortened(facts.objective),
        outcome=voices.shortened(facts.expected_outcome),
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
        lead=_lead(mine, whole),
        left=whole.left,
        offices=sum(office.id in working for office in offices(cut)),
        leading=first.name if first else "",
        leading_unit=first.unit if first else "",
        leading_decimals=first.decimals if first else 0,
        course_plan=results.cumulated(course.plan, 12) if course else (),
        course_value=results.cumulated(course.value, cut.last_period) if course else (),
        paid=whole.curve() if whole.granted else (),
        spent=whole.curve("spent") if whole.granted else (),
        target=target,
        indicators=tuple(
            _indicator(each, cells.get(each.id, {}), each in leading, notes.number(remarks.beside(cut, each.id)))
            for each in listed
        ),
        regions=places[0],
        lowest=places[1],
        problems=voices.told(said, 4),
        money_day=money.data_day(cut),
        notes=tuple(notes.listed),
        breaks=tuple(each.month for each in series.series(cut).breaks.get(first.id, ())) if first else (),
    )


def _indicator(
    each: results.IndicatorFacts, found: dict[int, results.Cell], is_leading: bool, note: int
) -> IndicatorLine:
    outcome = results.outcome(each, found.values())
    return IndicatorLine(
        each.name,
        each.activity,
        each.unit,
        each.decimals,
        outcome.value,
        outcome.plan,
        outcome.target,
        outcome.reached,
        outcome.standing,
        outcome.offices,
        outcome.owing,
        is_leading,
        note,
        each.month_rule is Aggregation.SUM,
    )


def _places(
    cut: Cut, first: results.IndicatorFacts | None, granted: dict[int, tuple[int, int]]
) -> tuple[tuple[PlaceLine, ...], tuple[PlaceLine, ...]]:
    """Return the project by region, and the offices that are furthest behind."""
    found = results.cells(cut).get(first.id, {}) if first else {}
    regions = []
    for head, group in by_region(offices(cut)):
        ids = [office.id for office in group]
        if any(i in found or i in granted for i in ids):
            regions.append(_place(head.region, f"{len(ids)} หน่วย", first, ids, found, granted))
    single = sites(cut, first, granted)
    behind = [each for each in single if each.standing in (Standing.PROBLEM, Standing.WATCH)]
    behind.sort(key=lambda each: (each.reached or Decimal(0), each.name))
    return tuple(regions), tuple(behind[:LOWEST])


def sites(
    cut: Cut, first: results.IndicatorFacts | None, granted: dict[int, tuple[int, int]] | None = None
) -> tuple[PlaceLine, ...]:
    """Return how each office that has part in an indicator stands, in the order of offices."""
    found = results.cells(cut).get(first.id, {}) if first else {}
    return tuple(
        _place(office.brief, office.region_brief, first, [office.id], found, granted or {})
        for office in offices(cut)
        if office.id in found
    )


def _place(
    name: str,
    note: str,
    first: results.IndicatorFacts | None,
    ids: list[int],
    found: dict[int, results.Cell],
    granted: dict[int, tuple[int, int]],
) -> PlaceLine:
    outcome = results.outcome(first, [found[i] for i in ids if i in found]) if first else None
    amounts = [granted[i] for i in ids if i in granted]
    given, paid = sum(each[0] for each in amounts), sum(each[1] for each in amounts)
    return PlaceLine(
        name,
        note,
        outcome.target if outcome else None,
        outcome.plan if outcome else None,
        outcome.value if outcome else None,
        outcome.reached if outcome else None,
        outcome.standing if outcome else Standing.NO_VALUE,
        given,
        paid,
        share(paid, given),
    )


def _lead(mine: Line, whole: money.Sum) -> tuple[str, ...]:
    said = []
    for lead in mine.leads[:1]:
        shown = f"**{formats.num(lead.value, lead.decimals)} {lead.unit}**"
        if lead.value is None:
            said.append(f"ยังไม่มีผลของตัวชี้วัดหลัก {lead.name}")
        elif lead.reached is None:
            said.append(f"{lead.name} ได้ {shown} โดยไม่มีแผนให้เทียบ")
        else:
            verdict = {
                Standing.ON_TRACK: "เป็นไปตามแผน",
                Standing.WATCH: "ต่ำกว่าแผนเล็กน้อย",
                Standing.PROBLEM: "ต่ำกว่าเกณฑ์",
            }
            said.append(
                f"{lead.name} ได้ {shown} จากแผนสะสม {formats.num(lead.plan, lead.decimals)} {lead.unit} "
                f"(ร้อยละ **{formats.percent(lead.reached)}**) {verdict[lead.standing]}"
            )
    if mine.paid is not None:
        words = f"เบิกจ่าย **{formats.million(mine.disbursed)} ล้านบาท** (ร้อยละ **{formats.percent(mine.paid)}**)"
        if mine.paid_target is not None:
            gap = mine.paid - mine.paid_target
            words += f" {'สูงกว่า' if gap >= 0 else 'ต่ำกว่า'}เป้าหมาย **{formats.num(abs(gap), 1)} จุด**"
        if whole.left > 0:
            words += f" คงเหลือยังไม่ก่อหนี้ **{formats.million(whole.left)} ล้านบาท**"
        said.append(words)
    return tuple(said) or ("โครงการนี้ไม่มีตัวชี้วัดและงบประมาณในปีนี้",)


CHAPTER = Chapter("project", "ผลการดำเนินงานรายโครงการ", gather, members)
