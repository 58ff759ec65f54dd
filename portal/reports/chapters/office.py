"""Chapter, once for every field office: its year on two pages, beside all the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portal import formats
from portal.errors import NotFound
from portal.reports.chapter import Chapter, Cut, Member
from portal.reports.chapters.offices import judged_indicators
from portal.reports.charts.bars import Row
from portal.reports.charts.strip import Strip
from portal.reports.figures import followed, money, registry, remarks, reporting, results, visiting, voices
from portal.reports.figures.offices import Office, by_region, offices
from portal.rules.deadlines import Timeliness
from portal.rules.progress import Standing, share
from portal.rules.terms import InstitutionKind, Nature

RANKED_FROM = 9  # months handed in of twelve; with fewer no rank is given
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class OwnIndicator:
    """One leading indicator in this office."""

    project: str
    name: str
    unit: str
    decimals: int
    target: Decimal | None
    plan: Decimal | None
    value: Decimal | None
    reached: Decimal | None
    standing: Standing
    applies: bool = True
    note: int = 0
    code: str = ""


@dataclass(frozen=True)
class OwnProject:
    """One project's money in this office, in satang."""

    code: str
    name: str
    granted: int
    disbursed: int
    bound: int
    paid: Decimal | None


@dataclass(frozen=True)
class OwnType:
    """Institutions of one type that this office looks after; `asked` have visits planned to date, `reached` of them."""

    name: str
    count: int
    operating: int
    members: int
    capital: int
    asked: int = 0
    reached: int = 0


@dataclass(frozen=True)
class OfficePage:
    """The whole chapter."""

    kind: str
    place: str
    mark: str
    around: tuple[str, ...]
    region: str
    neighbours: str
    complete: int
    months: int
    gaps: tuple[str, ...]
    sent_by: str
    sent_at: dt.datetime | None
    money_day: dt.date | None
    lead: tuple[str, ...]
    cooperatives: int
    groups: int
    members: int
    capital: int
    granted: int
    strips: tuple[Strip, ...]
    paid: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]
    visits_plan: tuple[Decimal | None, ...]
    visits_done: tuple[Decimal | None, ...]
    classes: tuple[Row, ...]
    indicators: tuple[OwnIndicator, ...]
    more_indicators: int
    projects: tuple[OwnProject, ...]
    disbursed: int
    bound: int
    paid_share: Decimal | None
    types: tuple[OwnType, ...]
    how: tuple[str, ...]
    days: tuple[int, ...]
    problems: tuple[voices.Told, ...]
    notes: tuple[str, ...] = ()
    code: str = ""
    visited: tuple[str, ...] = ()


def gather(cut: Cut) -> OfficePage:
    """Gather the page of the office named in the cut."""
    for member in members(cut):
        if member.code == cut.unit_code:
            page: OfficePage = member.page
            return page
    raise NotFound("There is no office “{code}” in this year.", code=cut.unit_code or "")


def members(cut: Cut) -> Sequence[Member]:
    """Gather every office's page, by region; of a cut of some offices theirs, beside all the others."""
    wanted = {office.code for office in offices(cut)}
    cut = cut.nation
    listed = offices(cut)
    said: dict[int, list[voices.Voice]] = {}
    for voice in voices.voices(cut):
        said.setdefault(voice.office, []).append(voice)
    measures = _Measures(cut, listed)
    stock: dict[int, list[registry.Stock]] = {}
    for each in registry.stock(cut):
        stock.setdefault(each.office, []).append(each)
    made = []
    for first, group in by_region(listed):
        for office in group:
            if office.code not in wanted:
                continue
            page = _page(cut, office, group, measures, stock.get(office.id, []), said.get(office.id, []))
            made.append(Member(office.code, office.place, first.region, page))
    return made


class _Measures:
    """Five measures of every office, so that each can be shown among all."""

    def __init__(self, cut: Cut, listed: Sequence[Office]) -> None:
        ledger, self.targets = money.ledger(cut), money.targets(cut)
        due, courses = reporting.months_due(cut), visiting.courses(cut)
        self.cut = cut
        self.paid = {o.id: ledger.office(o.id).share for o in listed}
        self.invested = {o.id: ledger.office(o.id, Nature.INVESTMENT).share for o in listed}
        self.judged = {o.id: judged_indicators(cut, o.id) for o in listed}
        self.reached = {i: share(each.count(Standing.ON_TRACK), len(each)) for i, each in self.judged.items()}
        self.visited = {o.id: courses[o.id].share if o.id in courses else None for o in listed}
        months = {o.id: [m for m in reporting.due(due, o.id)[: cut.last_period] if m.owed] for o in listed}
        self.months = {i: len(each) for i, each in months.items()}
        self.complete = {i: sum(not (m.missing or m.waiting) for m in each) for i, each in months.items()}
        self.in_time = {
            i: Decimal(sum(m.how is Timeliness.ON_TIME for m in each)) if each else None for i, each in months.items()
        }

    def strips(self, office: Office) -> tuple[Strip, ...]:
        """Return this office among all, measure by measure."""
        month, i = self.cut.last_period, office.id
        judged = self.judged[i]
        good = judged.count(Standing.ON_TRACK)
        return (
            self._strip("เบิกจ่ายภาพรวม", "ร้อยละ", self.paid, i, self.targets.at(None, month)),
            self._strip("เบิกจ่ายรายจ่ายลงทุน", "ร้อยละ", self.invested, i, self.targets.at(Nature.INVESTMENT, month)),
            self._strip("ตัวชี้วัดหลักถึงแผน", f"ร้อยละ · {good} จาก {len(judged)} ตัวชี้วัด", self.reached, i, None),
            self._strip("เข้าแนะนำส่งเสริมตามแผน", "ร้อยละของแผนสะสม", self.visited, i, HUNDRED),
            self._strip("ส่งรายงานทันกำหนด", f"เดือน จาก {month}", self.in_time, i, Decimal(month), is_count=True),
        )

    def _strip(
        self,
        name: str,
        unit: str,
        values: dict[int, Decimal | None],
        mine: int,
        target: Decimal | None,
        *,
        is_count: bool = False,
    ) -> Strip:
        known = [value for value in values.values() if value is not None]
        own = values[mine]
        may_rank = own is not None and self.complete[mine] * 12 >= RANKED_FROM * self.cut.last_period
        rank = 1 + sum(value > own for value in known) if own is not None and may_rank else None
        return Strip(
            name=name,
            unit=unit,
            mine=None if own is None else float(own),
            target=None if target is None else float(target),
            all=tuple(sorted(float(value) for value in known)),
            digits=0 if is_count else 1,
            rank=rank,
            is_shared_rank=own is not None and known.count(own) > 1,
            is_count=is_count,
        )


def _page(
    cut: Cut,
    office: Office,
    group: Sequence[Office],
    measures: _Measures,
    stock: list[registry.Stock],
    said: list[voices.Voice],
) -> OfficePage:
    ledger = money.ledger(cut)
    whole = ledger.office(office.id)
    due = reporting.due(reporting.months_due(cut), office.id)
    course = visiting.courses(cut).get(office.id)
    indicators = _indicators(cut, office)
    notes = remarks.Notes()
    shown = tuple(
        replace(each, note=notes.number(remarks.beside(cut, ident, office.id)))
        for ident, each in indicators[:MOST_INDICATORS]
    )
    sent = voices.last_sent(cut).get(office.id)
    names = {project.id: (project.code, project.name) for project in results.projects(cut)}
    projects = [
        OwnProject(*names.get(project, ("-", "ไม่ระบุโครงการ")), granted, paid, bound, share(paid, granted))  # type: ignore[arg-type]
        for project, granted, paid, bound in money.office_projects(cut).get(office.id, [])
    ]
    target = tuple(
        money.weighted_target(
            (ledger.office(office.id, nature).granted, measures.targets.at(nature, month)) for nature in Nature
        )
        for month in range(1, 13)
    )
    return OfficePage(
        kind=office.kind,
        place=office.place,
        mark=office.province_mark,
        around=tuple(dict.fromkeys(each.province_mark for each in group)),
        region=office.region,
        neighbours=" ".join(each.place for each in group if each.id != office.id),
        complete=measures.complete[office.id],
        months=measures.months[office.id],
        gaps=tuple(formats.month_short(n) for n, month in enumerate(due[: cut.last_period], 1) if month.missing),
        sent_by=sent.name if sent else "",
        sent_at=sent.at if sent else None,
        money_day=money.data_day(cut),
        lead=_lead(cut, office, measures, whole),
        cooperatives=sum(each.count for each in stock if each.kind is InstitutionKind.COOPERATIVE),
        groups=sum(each.count for each in stock if each.kind is not InstitutionKind.COOPERATIVE),
        members=sum(each.members for each in stock),
        capital=sum(each.capital for each in stock),
        granted=whole.granted,
        strips=measures.strips(office),
        paid=whole.curve() if whole.granted else (),
        target=target if whole.granted else (),
        visits_plan=results.cumulated([Decimal(v) for v in course.plan], 12) if course else (),
        visits_done=results.cumulated([Decimal(v) for v in course.done], cut.last_period) if course else (),
        classes=_classes(cut, office),
        indicators=shown,
        more_indicators=max(0, len(indicators) - MOST_INDICATORS),
        projects=_largest(projects),
        disbursed=whole.disbursed,
        bound=whole.bound,
        paid_share=whole.share,
        types=_types(cut, office, stock),
        how=tuple(month.how.value for month in due),
        days=tuple(month.days for month in due),
        problems=voices.told(said, 3),
        notes=tuple(notes.listed),
        code=office.code,
        visited=_visited(cut, office),
    )


MOST_PROJECTS = 8
MOST_INDICATORS = 20


def _largest(projects: list[OwnProject]) -> tuple[OwnProject, ...]:
    """Return the projects with most money, the rest as one line."""
    kept, rest = projects[:MOST_PROJECTS], projects[MOST_PROJECTS:]
    if not rest:
        return tuple(kept)
    granted, paid, bound = (sum(getattr(each, name) for each in rest) for name in ("granted", "disbursed", "bound"))
    return (*kept, OwnProject("", f"โครงการอื่น {len(rest)} โครงการ", granted, paid, bound, share(paid, granted)))


def _classes(cut: Cut, office: Office) -> tuple[Row, ...]:
    found = registry.classes(cut)
    years = (cut.fiscal_year - 1, cut.fiscal_year)
    return tuple(
        Row(str(year), found[office.id, year], year == cut.fiscal_year) for year in years if (office.id, year) in found
    )


def _urgency(own: OwnIndicator) -> int:
    """Order: behind the plan, not reported, on the plan, not applicable."""
    if own.standing is Standing.NO_VALUE and own.value is None:
        return 2 if own.applies else 4
    return {Standing.PROBLEM: 0, Standing.WATCH: 1}.get(own.standing, 3)


def _indicators(cut: Cut, office: Office) -> list[tuple[int, OwnIndicator]]:
    """The office's leading indicators with their ids, those furthest from the plan first."""
    silent = remarks.remarks(cut).not_applicable
    cells, made = results.cells(cut), []
    codes = {project.id: project.code for project in results.projects(cut)}
    for each in results.leading(cut):
        cell = cells.get(each.id, {}).get(office.id)
        if cell is None:
            continue
        found = results.outcome(each, [cell])
        own = OwnIndicator(
            codes.get(each.project_id, ""),
            each.name,
            each.unit,
            each.decimals,
            found.target,
            found.plan,
            found.value,
            found.reached,
            found.standing,
            (each.id, office.id) not in silent,
            code=each.code,
        )
        made.append((each.id, own))
    made.sort(key=lambda one: (_urgency(one[1]), one[1].reached or Decimal(0), one[1].project))
    return made


def _types(cut: Cut, office: Office, stock: list[registry.Stock]) -> tuple[OwnType, ...]:
    sums: dict[str, list[int]] = {}
    for each in stock:
        one = sums.setdefault(_line_of(each.type, each.kind), [0] * 6)
        for n, value in enumerate((each.count, each.operating, each.members, each.capital)):
            one[n] += value
    for asked in followed.asked(cut):
        name = _line_of(asked.type, asked.kind)
        if asked.office == office.id and name in sums:
            sums[name][4] += asked.institutions
            sums[name][5] += asked.reached
    return tuple(OwnType(name, *values) for name, values in sums.items())


def _line_of(type_name: str, kind: InstitutionKind) -> str:
    return type_name if kind is not InstitutionKind.OCCUPATIONAL_GROUP else "กลุ่มอาชีพ"


MOST_GAPS = 4


def _visited(cut: Cut, office: Office) -> tuple[str, ...]:
    """Tell how visits followed the plan: institutions reached and left, by name, outside the plan, what was agreed."""
    said, reach = [], visiting.reach(cut).get(office.id)
    sought = followed.sought(one for one in followed.asked(cut) if one.office == office.id)
    if sought.institutions:
        said.append(
            f"เข้าแล้ว **{formats.num(sought.reached)} แห่ง** จากที่มีแผน **{formats.num(sought.institutions)} แห่ง** "
            f"(ร้อยละ **{formats.percent(sought.share)}**)"
        )
    if sought.left:
        named = [gap.name for gap in followed.gaps(cut) if gap.office == office.id][:MOST_GAPS]
        more = f" และอีก {formats.num(sought.left - len(named))} แห่ง" if sought.left > len(named) else ""
        said.append(f"ยังไม่ได้เข้า **{formats.num(sought.left)} แห่ง** ได้แก่ {' · '.join(named)}{more}")
    if reach is not None and reach.unplanned:
        said.append(f"เข้านอกแผน **{formats.num(reach.unplanned)} ครั้ง**")
    agreed = followed.agreed(cut, [office.id])
    if agreed.agreed or agreed.open:
        said.append(
            f"ข้อตกลงกับสถาบันในปี **{formats.num(agreed.agreed)} เรื่อง** เสร็จสิ้น **{formats.num(agreed.settled)}** "
            f"คงค้าง **{formats.num(agreed.open)}** เกินกำหนด **{formats.num(agreed.overdue)}**"
        )
    return tuple(said)


def _lead(cut: Cut, office: Office, measures: _Measures, whole: money.Sum) -> tuple[str, ...]:
    said = []
    aim = measures.targets.at(None, cut.last_period)
    if whole.share is not None:
        words = f"เบิกจ่ายได้ร้อยละ **{formats.percent(whole.share)}**"
        if aim is not None:
            gap = whole.share - aim
            words += f" {'สูงกว่า' if gap >= 0 else 'ต่ำกว่า'}เป้าหมาย **{formats.num(abs(gap), 1)} จุด**"
        said.append(words)
    months, in_time = measures.months[office.id], measures.in_time[office.id]
    if months and in_time is not None:
        all_in_time = in_time == months
        said.append(
            f"ส่งรายงานทันกำหนดครบ **{months} เดือน**"
            if all_in_time
            else f"ส่งรายงานทันกำหนด **{in_time} จาก {months} เดือน**"
        )
    judged = measures.judged[office.id]
    if judged:
        said.append(f"ตัวชี้วัดหลักถึงแผน **{judged.count(Standing.ON_TRACK)} จาก {len(judged)}**")
    up, down = registry.rises(cut).get(office.id, (0, 0))
    if up or down:
        said.append(f"สหกรณ์ยกระดับชั้นความเข้มแข็ง **{up} แห่ง** ลดลง **{down} แห่ง**")
    return tuple(said) or ("ยังไม่มีข้อมูลของหน่วยงานนี้ในปีงบประมาณ",)


CHAPTER = Chapter("office", "ผลการดำเนินงานรายหน่วยงาน", gather, members)
