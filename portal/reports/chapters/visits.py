"""Chapter: promotion visits, planned and done, by region, kind of institution and work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import followed, registry, visiting
from portal.reports.figures.offices import by_region, offices
from portal.reports.said import said
from portal.rules.progress import Standing, share, standing
from portal.rules.terms import Sector

SECTORS = {
    Sector.AGRICULTURAL: "ภาคการเกษตร",
    Sector.NON_AGRICULTURAL: "นอกภาคการเกษตร",
    Sector.FARMER_GROUP: "กลุ่มเกษตรกร",
}
STEPS = (Decimal(80), Decimal(90), Decimal(95), Decimal(100))
HUNDRED = Decimal(100)
GAPS = 15


@dataclass(frozen=True)
class Line:
    """Visits of a region or an office (by its `code`): planned and done to date, institutions looked after, visited."""

    code: str
    name: str
    planned: int
    done: int
    share: Decimal | None
    stock: int
    visited: int
    reach: Decimal | None
    unplanned: int
    standing: Standing


@dataclass(frozen=True)
class TypeLine:
    """Visits to one type of institution."""

    sector: str
    name: str
    stock: int
    visited: int
    reach: Decimal | None
    visits: int
    asked: int = 0
    asked_reached: int = 0
    asked_share: Decimal | None = None


@dataclass(frozen=True)
class Follow:
    """A region or an office (by its `code`): institutions with work planned to date, reached, left; what was agreed."""

    code: str
    name: str
    region: str
    asked: int
    reached: int
    share: Decimal | None
    left: int
    agreed: int
    settled: int
    open: int
    overdue: int


@dataclass(frozen=True)
class GapLine:
    """An institution with work planned to date and no visit; the day of its latest visit before."""

    name: str
    office: str
    planned: int
    last_on: dt.date | None


@dataclass(frozen=True)
class VisitsPage:
    """`tiles` are shares of the plan by province mark (None = no plan); Bangkok's two offices are added up.

    `office_shares` are the shares of the plan of every office that has one, least first.
    `flow` has a row for each class (1, 2, 3, none) of the year before and in it a column for each class of this year.
    """

    month: str
    lead: str
    total: Line
    regions: tuple[Line, ...]
    least: tuple[Line, ...]
    types: tuple[TypeLine, ...]
    activities: tuple[tuple[str, int], ...]
    plan: tuple[int, ...]
    done: tuple[int, ...]
    tiles: dict[str, Decimal | None]
    steps: tuple[Decimal, ...]
    visit_day: dt.date | None
    follow: Follow | None = None
    follow_regions: tuple[Follow, ...] = ()
    follow_offices: tuple[Follow, ...] = ()
    gaps: tuple[GapLine, ...] = ()
    flow: followed.Flow = ()
    due_day: dt.date | None = None
    office_shares: tuple[Decimal, ...] = ()


def gather(cut: Cut) -> VisitsPage:
    """Gather the year's visits up to the cut's month."""
    listed = offices(cut)
    courses, until = visiting.courses(cut), cut.last_period
    empty = visiting.Course((0,) * 12, (0,) * until)
    whole = visiting.added(list(courses.values()), until)
    everyone = follow(cut, "all", "รวมทั้งสิ้น", "", [office.id for office in listed])
    places = {office.id: office.brief for office in listed}
    total = line(cut, "all", "รวมทั้งสิ้น", [office.id for office in listed])
    single = [line(cut, office.code, office.place, [office.id]) for office in listed]
    known = sorted(
        (each for each in single if each.share is not None), key=lambda each: (each.share or Decimal(0), each.name)
    )
    marks: dict[str, list[visiting.Course]] = {}
    for office in listed:
        marks.setdefault(office.province_mark, []).append(courses.get(office.id, empty))
    return VisitsPage(
        month=formats.month_long(cut.fiscal_year, until),
        lead=_lead(total, everyone),
        total=total,
        regions=tuple(
            line(cut, first.region_code, first.region, [office.id for office in group])
            for first, group in by_region(listed)
        ),
        least=tuple(known[:10]),
        types=_types(cut),
        activities=visiting.by_activity(cut)[:12],
        plan=whole.plan,
        done=whole.done,
        tiles={mark: visiting.added(each, until).share for mark, each in marks.items()},
        steps=STEPS,
        visit_day=visiting.latest_day(cut),
        follow=everyone,
        follow_regions=tuple(
            follow(cut, first.region_code, first.region, "", [office.id for office in group])
            for first, group in by_region(listed)
        ),
        follow_offices=tuple(
            follow(cut, office.code, office.brief, office.region_brief, [office.id]) for office in listed
        ),
        gaps=tuple(
            GapLine(gap.name, places[gap.office], gap.planned, gap.last_on)
            for gap in followed.gaps(cut)[:GAPS]
            if gap.office in places
        ),
        flow=followed.flow(cut),
        due_day=followed.as_of(cut),
        office_shares=tuple(each.share for each in known if each.share is not None),
    )


def follow(cut: Cut, code: str, name: str, region: str, ids: list[int]) -> Follow:
    """Return what followed the plans of several offices as one line."""
    held = set(ids)
    sought = followed.sought(one for one in followed.asked(cut) if one.office in held)
    agreed = followed.agreed(cut, ids)
    return Follow(
        code, name, region, sought.institutions, sought.reached, sought.share, sought.left,
        agreed.agreed, agreed.settled, agreed.open, agreed.overdue,
    )  # fmt: skip


def line(cut: Cut, code: str, name: str, ids: list[int]) -> Line:
    """Return the visits of several offices as one line."""
    courses, reached = visiting.courses(cut), visiting.reach(cut)
    whole = visiting.added([courses[i] for i in ids if i in courses], cut.last_period)
    stock = sum(each.count for each in registry.stock(cut) if each.office in set(ids))
    visited = sum(reached[i].institutions for i in ids if i in reached)
    return Line(
        code=code,
        name=name,
        planned=whole.planned,
        done=whole.total,
        share=whole.share,
        stock=stock,
        visited=visited,
        reach=share(visited, stock),
        unplanned=sum(reached[i].unplanned for i in ids if i in reached),
        standing=standing(whole.share, HUNDRED),
    )


def _types(cut: Cut) -> tuple[TypeLine, ...]:
    stock: dict[str, int] = {}
    sectors: dict[str, Sector] = {}
    for each in registry.stock(cut):
        stock[each.type] = stock.get(each.type, 0) + each.count
        sectors[each.type] = each.sector
    visits = {name: (count, visited) for _, name, count, visited in visiting.by_type(cut)}
    planned = {name: followed.sought(one for one in followed.asked(cut) if one.type == name) for name in stock}
    order = list(SECTORS)
    made = [
        TypeLine(
            SECTORS[sectors[name]],
            name,
            count,
            visits.get(name, (0, 0))[1],
            share(visits.get(name, (0, 0))[1], count),
            visits.get(name, (0, 0))[0],
            planned[name].institutions,
            planned[name].reached,
            planned[name].share,
        )
        for name, count in stock.items()
    ]
    made.sort(key=lambda each: (order.index(sectors[each.name]), -each.stock))
    return tuple(made)


def _lead(total: Line, everyone: Follow) -> str:
    if not total.planned:
        return f"ยังไม่มีแผนการเข้าแนะนำส่งเสริมที่อนุมัติ บันทึกแล้ว **{formats.num(total.done)} ครั้ง**"
    words = (
        f"เข้าแนะนำส่งเสริมแล้ว **{_of_all('done', total.done)} ครั้ง** "
        f"จากแผนสะสม **{_of_all('planned', total.planned)} ครั้ง** "
        f"(ร้อยละ **{said('visits.all.share', formats.percent(total.share))}**)"
    )
    if total.stock:
        words += (
            f" เข้าถึง **{_of_all('visited', total.visited)} แห่ง** จาก **{_of_all('stock', total.stock)} แห่ง** ในทะเบียน"
        )
    if total.unplanned:
        words += f" เป็นการเข้านอกแผน **{_of_all('unplanned', total.unplanned)} ครั้ง**"
    if everyone.left:
        words += f" ยังไม่ได้เข้าสถาบันที่มีแผน **{_of_all('left', everyone.left)} แห่ง**"
    if everyone.overdue:
        words += f" ข้อตกลงเกินกำหนด **{_of_all('overdue', everyone.overdue)} เรื่อง**"
    return words


def _of_all(figure: str, count: int) -> str:
    return said(f"visits.all.{figure}", formats.num(count))


CHAPTER = Chapter("visits", "การเข้าแนะนำส่งเสริมสหกรณ์และกลุ่มเกษตรกร", gather)
