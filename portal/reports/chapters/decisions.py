"""Chapter: what the meeting has to decide, derived from the figures; what was open before, and what is settled.

There is no register of decisions: matters are raised by rules said on the page, options and what follows from them are
worked out, and whether an earlier one is settled is seen from the results.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import money, portfolio, reporting, results, voices
from portal.reports.figures.offices import offices
from portal.reports.said import said
from portal.rules.deadlines import Timeliness
from portal.rules.fiscal import last_day
from portal.rules.progress import Standing, share
from portal.rules.terms import Nature

RAISED_AFTER = 2  # months in a row below what is asked
LATE_AFTER = 3  # months in a row not in time
MOST_PROJECTS = 2
MOST_OPEN = 14
MOST_NAMED = 6
MOST_ROWS = 22  # of the tables of one page
PLANNING = "กองแผนงาน"


@dataclass(frozen=True)
class Option:
    """One way to decide, and what follows from it."""

    name: str
    consequence: str


@dataclass(frozen=True)
class Matter:
    """One matter. `months` it has stood, 0 where not counted; `last_on` the last day on which deciding helps."""

    code: str
    short: str
    question: str
    facts: str
    cause: str
    options: tuple[Option, ...]
    proposer: str
    months: int
    last_on: dt.date | None
    last_why: str
    see: str


@dataclass(frozen=True)
class OpenMatter:
    """A project below what is asked: since which month, and its least share of the plan to date then and now."""

    code: str
    name: str
    owner: str
    since: int
    months: int
    then: Decimal | None
    now: Decimal | None
    standing: Standing


@dataclass(frozen=True)
class DecisionsPage:
    """This month's matters; earlier ones that are still open, oldest first; those settled since last month.

    `coming` are projects that fell below what is asked only this month, and those watched, nearest to falling first:
    what the meeting may have to decide next.
    """

    month: str
    lead: str
    matters: tuple[Matter, ...]
    opened: tuple[OpenMatter, ...]
    more_opened: int
    settled: tuple[OpenMatter, ...]
    raised_after: int = RAISED_AFTER
    late_after: int = LATE_AFTER
    coming: tuple[OpenMatter, ...] = ()
    more_coming: int = 0
    number: int = 0


def gather(cut: Cut) -> DecisionsPage:
    """Gather what is to be decided."""
    opened = _opened(cut)
    raised, settled, coming = matters(cut), _settled(cut), _coming(cut)
    most = max(0, MOST_ROWS - min(len(opened), MOST_OPEN) - len(settled) - 4 * max(0, len(raised) - 1))
    return DecisionsPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        lead=_lead(raised, len(opened)),
        matters=raised,
        opened=tuple(opened[:MOST_OPEN]),
        more_opened=max(0, len(opened) - MOST_OPEN),
        settled=settled,
        number=cut.last_period,
        coming=tuple(coming[:most]) if most > 2 else (),
        more_coming=max(0, len(coming) - most) if most > 2 else 0,
    )


def matters(cut: Cut) -> tuple[Matter, ...]:
    """Return the month's matters: projects first, then investment money, then offices that are late again and again."""
    made: list[Matter] = []
    for path in portfolio.at_risk(cut):
        if path.behind >= RAISED_AFTER and len(made) < MOST_PROJECTS:
            made.append(of_project(cut, path))
    for other in (_investment(cut), _late_offices(cut)):
        if other is not None:
            made.append(other)
    return tuple(made)


def of_project(cut: Cut, path: portfolio.Path) -> Matter:
    """Return the matter of one project: go on as planned, or change the plan."""
    facts = portfolio.weakest(cut, path)
    told = voices.told([v for v in voices.voices(cut) if v.project == path.project.id], 1)
    cause = f"{told[0].problem} ({told[0].offices} หน่วย)" if told else ""
    name = path.project.name
    if facts is None:
        return Matter(
            path.project.code, name, f"จะดำเนินโครงการ “{name}” ต่ออย่างไร", "ยังไม่มีผลให้ตัดสิน", cause, (),
            path.project.owner, path.behind, None, "", "projects",
        )  # fmt: skip
    now, ahead = results.headlines(cut)[facts.id][-1], portfolio.outlook(cut, facts)
    last_on, last_why = _last_day(cut, ahead)
    key = f"projects.{path.project.code}.{facts.code}"
    reached = said(f"{key}.reached", formats.percent(now.reached))
    return Matter(
        code=path.project.code,
        short=f"{name} ได้ร้อยละ **{reached}** ต่ำกว่าเกณฑ์ **{path.behind} เดือน**",
        question=f"เร่งรัดตามแผนเดิม หรือปรับแผนโครงการ “{name}”",
        facts=(
            f"{facts.name} ได้ **{said(f'{key}.value', formats.num(now.value, facts.decimals))}** จากแผนสะสม "
            f"**{said(f'{key}.plan', formats.num(now.plan, facts.decimals))} {facts.unit}** "
            f"(ร้อยละ **{reached}**) "
            f"ต่ำกว่าเกณฑ์ติดต่อกัน **{path.behind} เดือน**"
        ),
        cause=cause,
        options=_options(cut, facts, now, ahead, told[0].remedy if told else ""),
        proposer=path.project.owner,
        months=path.behind,
        last_on=last_on,
        last_why=last_why,
        see=f"risk-{path.project.code}",
    )


def _options(
    cut: Cut, facts: results.IndicatorFacts, now: results.Outcome, ahead: portfolio.Outlook, remedy: str
) -> tuple[Option, ...]:
    digits = max(facts.decimals, 1)
    first = f"ตามแนวทางที่หน่วยงานเสนอมากที่สุด: {remedy}" if remedy else "หน่วยงานยังไม่เสนอแนวทาง"
    if ahead.needed is not None and ahead.pace is not None:
        first += (
            f" · ต้องทำเดือนละ {formats.num(ahead.needed, digits)} {facts.unit} อีก {12 - cut.last_period} เดือน "
            f"(3 เดือนล่าสุดทำได้เดือนละ {formats.num(ahead.pace, digits)})"
        )
    if ahead.ahead is None:
        second = "ยังคาดการณ์ผลสิ้นปีไม่ได้"
    else:
        second = (
            f"หากเป็นไปตามอัตราปัจจุบัน สิ้นปีจะได้ "
            f"{said(f'kpi.{facts.code}.ahead', formats.num(ahead.ahead, facts.decimals))} {facts.unit} "
            f"(ร้อยละ {formats.percent(ahead.of_target)} ของเป้าทั้งปี "
            f"{said(f'kpi.{facts.code}.target', formats.num(now.target, facts.decimals))})"
        )
    return Option("เร่งรัดตามแผนเดิม", first), Option("ปรับแผนหรือเป้าหมาย", second)


def _last_day(cut: Cut, ahead: portfolio.Outlook) -> tuple[dt.date | None, str]:
    if ahead.last_month is None:
        return None, ""
    if ahead.last_month < cut.last_period:
        return None, "พ้นแล้ว แม้ทำได้เท่าเดือนที่ดีที่สุดก็ไม่ถึงเป้า"
    if ahead.last_month == cut.last_period:
        return None, "ต้องเริ่มทันที และทำให้ได้เท่าเดือนที่ดีที่สุดทุกเดือน"
    return last_day(cut.fiscal_year, ahead.last_month), "หลังจากนี้ แม้ทำได้เท่าเดือนที่ดีที่สุดก็ไม่ถึงเป้า"


def _investment(cut: Cut) -> Matter | None:
    """Raise investment money that is not bound while the government's target is missed."""
    whole = money.ledger(cut).total(Nature.INVESTMENT)
    aim = money.targets(cut).at(Nature.INVESTMENT, cut.last_period)
    if money.judged(whole.share, aim) is not Standing.PROBLEM or whole.left <= 0 or aim is None or whole.share is None:
        return None
    bound, moved = share(whole.spent, whole.granted), share(whole.disbursed, whole.granted - whole.left)
    names = {project.id: project.name for project in results.projects(cut)}
    found = sorted(
        (
            (-each.left, names[project])
            for (project, nature), each in money.ledger(cut).by_project.items()
            if nature is Nature.INVESTMENT and project in names and each.left > 0
        )
    )
    left_words = said("disbursement.lead.left", formats.million(whole.left))
    where = " · ".join(f"{name} {formats.million(-left)}" for left, name in found[:2])
    return Matter(
        code="investment",
        short=f"รายจ่ายลงทุนยังไม่ก่อหนี้ **{left_words} ล้านบาท**",
        question="เร่งก่อหนี้ หรือโอนงบลงทุนที่ยังไม่ก่อหนี้",
        facts=(
            f"เบิกจ่ายลงทุนร้อยละ **{said('disbursement.course.3.now', formats.percent(whole.share))}** "
            f"ต่ำกว่าเป้าหมาย **{said('disbursement.lead.apart3', formats.num(aim - whole.share, 1))} จุด** "
            f"ยังไม่ก่อหนี้ **{left_words} ล้านบาท**" + (f" มากที่สุดคือ {where}" if where else "")
        ),
        cause="",
        options=(
            Option(
                "เร่งก่อหนี้และเบิกจ่าย",
                f"หากเบิกจ่ายเฉพาะที่ก่อหนี้แล้วได้ครบ จะเป็นร้อยละ "
                f"{said('disbursement.course.3.spent', formats.percent(bound))} ของงบลงทุน",
            ),
            Option(
                "โอนวงเงินที่ยังไม่ก่อหนี้",
                f"หากโอน {left_words} ล้านบาท ผลเบิกจ่ายจะเป็นร้อยละ {formats.percent(moved)} ของวงเงินที่เหลือ",
            ),
        ),
        proposer=PLANNING,
        months=0,
        last_on=last_day(cut.fiscal_year),
        last_why="สิ้นปีงบประมาณ",
        see="disbursement",
    )


def _late_offices(cut: Cut) -> Matter | None:
    """Raise offices that were not in time again and again."""
    found = []
    for office in offices(cut):
        months = reporting.due(reporting.months_due(cut), office.id)[: cut.last_period]
        slow = [month.owed > 0 and month.how is not Timeliness.ON_TIME for month in months]
        run = next((n for n, was in enumerate(reversed(slow)) if not was), len(slow))
        if run >= LATE_AFTER:
            found.append((-run, office.brief))
    if not found:
        return None
    found.sort()
    names = " · ".join(f"{name} ({-run} เดือน)" for run, name in found[:MOST_NAMED])
    more = f" และอีก {len(found) - MOST_NAMED} หน่วย" if len(found) > MOST_NAMED else ""
    return Matter(
        code="late",
        short=f"หน่วยงานส่งไม่ทันติดต่อกันตั้งแต่ {LATE_AFTER} เดือน **{len(found)} หน่วย**",
        question="มอบผู้ตรวจราชการติดตามหน่วยงานที่ส่งรายงานไม่ทันติดต่อกัน",
        facts=f"ส่งไม่ทันกำหนดติดต่อกันตั้งแต่ {LATE_AFTER} เดือน **{len(found)} หน่วย** ได้แก่ {names}{more}",
        cause="",
        options=(),
        proposer=PLANNING,
        months=-found[0][0],
        last_on=None,
        last_why="",
        see="timeliness",
    )


def _opened(cut: Cut) -> list[OpenMatter]:
    made = []
    for path in portfolio.paths(cut):
        if path.now is Standing.PROBLEM and path.behind >= RAISED_AFTER:
            since = cut.last_period - path.behind + 1
            made.append(_open(path, since, path.behind))
    made.sort(key=lambda each: (each.since, each.now if each.now is not None else Decimal(0), each.code))
    return made


def _settled(cut: Cut) -> tuple[OpenMatter, ...]:
    made = []
    for path in portfolio.paths(cut):
        before = portfolio.behind(path.standings[:-1])
        if before >= RAISED_AFTER and path.now in (Standing.WATCH, Standing.ON_TRACK):
            made.append(_open(path, cut.last_period - before, before))
    return tuple(made)


def _coming(cut: Cut) -> list[OpenMatter]:
    """Return the projects below what is asked for less than `RAISED_AFTER` months, then those watched."""
    made = []
    for path in portfolio.paths(cut):
        if path.now is Standing.PROBLEM and path.behind < RAISED_AFTER:
            made.append(_open(path, cut.last_period - path.behind + 1, path.behind))
        elif path.now is Standing.WATCH and portfolio.behind(path.standings[:-1]) < RAISED_AFTER:
            made.append(_open(path, cut.last_period, 0))
    made.sort(key=lambda each: (not each.months, each.now if each.now is not None else Decimal(0), each.code))
    return made


def _open(path: portfolio.Path, since: int, months: int) -> OpenMatter:
    return OpenMatter(
        path.project.code, path.project.name, path.project.owner, since, months, path.reached[since - 1],
        path.reached[-1], path.now,
    )  # fmt: skip


def _lead(raised: tuple[Matter, ...], opened: int) -> str:
    if not raised:
        return "ไม่มีเรื่องเสนอให้ตัดสินใจในงวดนี้"
    return f"เสนอให้ที่ประชุมพิจารณา **{len(raised)} เรื่อง** โครงการที่ต่ำกว่าเกณฑ์ต่อเนื่องจากเดือนก่อน **{opened} โครงการ**"


CHAPTER = Chapter("decisions", "เรื่องเสนอเพื่อพิจารณา", gather)
