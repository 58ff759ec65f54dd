"""Chapter: the department itself: its offices on the map, its central units and what they answer for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import money, organisation, registry, results
from portal.reports.figures.offices import by_region, offices
from portal.rules.progress import share
from portal.rules.terms import InstitutionKind


@dataclass(frozen=True)
class CentralLine:
    """A central unit: its projects, and the money granted to them, in satang."""

    short: str
    name: str
    projects: int
    granted: int
    paid: Decimal | None


@dataclass(frozen=True)
class RegionLine:
    """An inspection region: its offices, what they look after, and their money in satang."""

    name: str
    places: tuple[str, ...]
    marks: tuple[str, ...]
    cooperatives: int
    groups: int
    members: int
    granted: int


@dataclass(frozen=True)
class DepartmentPage:
    """`unowned` is money of no project."""

    lead: str
    centrals: tuple[CentralLine, ...]
    regions: tuple[RegionLine, ...]
    total: RegionLine
    registry_on: dt.date
    money_day: dt.date | None

    @property
    def tones(self) -> dict[str, float]:
        """Each province's mark with its region's number, for the map."""
        return {mark: float(n % 4) for n, region in enumerate(self.regions) for mark in region.marks}


def gather(cut: Cut) -> DepartmentPage:
    """Gather the department's structure."""
    ledger, stock = money.ledger(cut), registry.stock(cut)
    owned: dict[str, list[int]] = {}
    for project in results.projects(cut):
        owned.setdefault(project.owner, []).append(project.id)
    centrals = []
    for unit in organisation.central(cut):
        whole = money.added(ledger.project(i) for i in owned.get(unit.short, ()))
        centrals.append(CentralLine(unit.short, unit.name, len(owned.get(unit.short, ())), whole.granted, whole.share))
    regions = []
    for first, group in by_region(offices(cut)):
        ids = {office.id for office in group}
        mine = [each for each in stock if each.office in ids]
        regions.append(
            RegionLine(
                first.region,
                tuple(office.brief for office in group),
                tuple(office.province_mark for office in group),
                sum(each.count for each in mine if each.kind is InstitutionKind.COOPERATIVE),
                sum(each.count for each in mine if each.kind is not InstitutionKind.COOPERATIVE),
                sum(each.members for each in mine),
                sum(ledger.office(i).granted for i in ids),
            )
        )
    total = RegionLine(
        f"รวม {sum(len(each.places) for each in regions)} หน่วย",
        (),
        (),
        sum(each.cooperatives for each in regions),
        sum(each.groups for each in regions),
        sum(each.members for each in regions),
        sum(each.granted for each in regions),
    )
    return DepartmentPage(
        lead=_lead(centrals, regions, total, ledger.total()),
        centrals=tuple(centrals),
        regions=tuple(regions),
        total=total,
        registry_on=cut.cut_at.date(),
        money_day=money.data_day(cut),
    )


def _lead(centrals: list[CentralLine], regions: list[RegionLine], total: RegionLine, whole: money.Sum) -> str:
    offices_ = sum(len(each.places) for each in regions)
    said = (
        f"กรมส่งเสริมสหกรณ์มีหน่วยงานส่วนกลาง **{len(centrals)} หน่วย** และหน่วยงานในส่วนภูมิภาค **{offices_} หน่วย** "
        f"ใน {len(regions)} เขตตรวจราชการ"
    )
    part = share(total.granted, whole.granted)
    if part is not None:
        said += f" งบประมาณร้อยละ **{formats.percent(part)}** จัดสรรให้หน่วยงานในส่วนภูมิภาค"
    return said


CHAPTER = Chapter("department", "กรมส่งเสริมสหกรณ์", gather)
