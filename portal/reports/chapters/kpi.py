"""Chapter: the indicators by which projects are judged: target, result, outlook, and why some are behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import amendments, money, portfolio, remarks, results, voices
from portal.reports.said import said
from portal.rules.fiscal import last_day
from portal.rules.progress import Standing

FAR = Decimal(10)  # percent of the plan beyond which a result is explained
MOST_LETTERS = 110


@dataclass(frozen=True)
class Line:
    """One leading indicator. `trend` is its share of the year's target at each month's end, `plan_trend` the plan's.

    `quarters` are its values at the ends of the quarters, None for those to come; `cause` and `remedy` are what offices
    report most, given where the result is further than ten percent from its plan.
    """

    project: str
    code: str
    name: str
    unit: str
    decimals: int
    is_less_better: bool
    target: Decimal | None
    plan: Decimal | None
    value: Decimal | None
    reached: Decimal | None
    of_year: Decimal | None
    ahead: Decimal | None
    standing: Standing
    before: Standing
    trend: tuple[Decimal | None, ...]
    plan_trend: tuple[Decimal | None, ...]
    quarters: tuple[Decimal | None, ...]
    owner: str
    offices: int
    owing: int
    cause: str
    remedy: str
    times: int
    note: int = 0
    project_code: str = ""
    is_revised: bool = False

    @property
    def is_far(self) -> bool:
        """Whether the result is further than ten percent from the plan to date, above or below."""
        return self.reached is not None and abs(self.reached - 100) > FAR


@dataclass(frozen=True)
class KpiPage:
    """`behind` are the lines below their plan, furthest first; `beyond` those far above it."""

    month: str
    lead: str
    lines: tuple[Line, ...]
    behind: tuple[Line, ...]
    beyond: tuple[Line, ...]
    ends_on: dt.date
    next_on: dt.date
    money_day: dt.date | None
    notes: tuple[str, ...] = ()


def gather(cut: Cut) -> KpiPage:
    """Gather the leading indicators."""
    notes = remarks.Notes()
    heard: dict[int | None, list[voices.Voice]] = {}
    for voice in voices.voices(cut):
        heard.setdefault(voice.project, []).append(voice)
    lines = tuple(
        _line(cut, path, facts, heard.get(path.project.id, []), notes)
        for path in portfolio.paths(cut)
        for facts in path.leads
    )
    behind = [each for each in lines if each.standing is Standing.PROBLEM]
    behind.sort(key=lambda each: (each.reached or Decimal(0), each.code))
    beyond = [each for each in lines if each.is_far and each.standing is not Standing.PROBLEM]
    beyond.sort(key=lambda each: (-(each.reached or Decimal(0)), each.code))
    month = cut.last_period
    return KpiPage(
        month=formats.month_long(cut.fiscal_year, month),
        lead=_lead(lines, behind, beyond),
        lines=lines,
        behind=tuple(behind),
        beyond=tuple(beyond),
        ends_on=last_day(cut.fiscal_year, month),
        next_on=last_day(cut.fiscal_year, min(12, month + 1)),
        money_day=money.data_day(cut),
        notes=tuple(notes.listed),
    )


def _line(
    cut: Cut, path: portfolio.Path, facts: results.IndicatorFacts, heard: list[voices.Voice], notes: remarks.Notes
) -> Line:
    listed = results.headlines(cut)[facts.id]
    now = listed[-1]
    told = voices.told(heard, 1)
    return Line(
        project=path.project.name,
        code=facts.code,
        name=facts.name,
        unit=facts.unit,
        decimals=facts.decimals,
        is_less_better=facts.direction.value == "less",
        target=now.target,
        plan=now.plan,
        value=now.value,
        reached=now.reached,
        of_year=now.of_year,
        ahead=portfolio.outlook(cut, facts).ahead,
        standing=now.standing,
        before=listed[-2].standing if len(listed) > 1 else Standing.NO_VALUE,
        trend=tuple(each.of_year for each in listed),
        plan_trend=tuple(_of(each.plan, each.target) for each in listed),
        quarters=tuple(listed[3 * n - 1].value if 3 * n <= len(listed) else None for n in range(1, 5)),
        owner=path.project.owner,
        offices=now.offices,
        owing=now.owing,
        cause=_short(told[0].problem) if told else "",
        remedy=_short(told[0].remedy) if told else "",
        times=told[0].times if told else 0,
        note=notes.number(remarks.beside(cut, facts.id)),
        project_code=path.project.code,
        is_revised=amendments.revised(cut).has(facts.id),
    )


def _of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part * 100 / whole


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"


def _lead(lines: tuple[Line, ...], behind: list[Line], beyond: list[Line]) -> str:
    known = [each for each in lines if each.standing is not Standing.NO_VALUE]
    if not known:
        return "ยังไม่มีตัวชี้วัดหลักที่มีผลในปีนี้"
    good = sum(each.standing is Standing.ON_TRACK for each in known)
    words = (
        f"ตัวชี้วัดหลักถึงแผนสะสม **{said('kpi.lead.good', formats.num(good))} จาก "
        f"{said('kpi.lead.known', formats.num(len(known)))} ตัวชี้วัด** "
        f"ต่ำกว่าเกณฑ์ **{said('kpi.lead.behind', formats.num(len(behind)))}**"
    )
    if beyond:
        words += f" สูงกว่าแผนเกินร้อยละ 10 **{len([e for e in beyond if (e.reached or 0) > 100])}** ซึ่งต้องทบทวนการตั้งเป้า"
    return words


CHAPTER = Chapter("kpi", "ผลตามตัวชี้วัดหลักและคำอธิบาย", gather)
