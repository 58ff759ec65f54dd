"""Chapter: cooperatives and farmer groups as the registry has them, and how their strength changed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters.visits import SECTORS
from portal.reports.charts.bars import Row
from portal.reports.figures import registry
from portal.reports.figures.offices import by_region, offices
from portal.rules.progress import share
from portal.rules.terms import InstitutionKind


@dataclass(frozen=True)
class TypeLine:
    """Institutions of one type. Capital and business volume in satang."""

    sector: str
    name: str
    count: int
    operating: int
    members: int
    capital: int
    business: int


@dataclass(frozen=True)
class RegionLine:
    """One region: cooperatives by strength class this year, and how many rose or fell since last year."""

    name: str
    cooperatives: int
    first: int
    second: int
    third: int
    unclassed: int
    strong: Decimal | None
    before: Decimal | None
    up: int
    down: int


@dataclass(frozen=True)
class CooperativesPage:
    """`strong` is the share of classed cooperatives in class 1 or 2, this year and the last."""

    lead: str
    types: tuple[TypeLine, ...]
    total: TypeLine
    classes: tuple[Row, ...]
    regions: tuple[RegionLine, ...]
    department: RegionLine


def gather(cut: Cut) -> CooperativesPage:
    """Gather the registry and the classes of two years."""
    listed = offices(cut)
    regions = tuple(_region(cut, head.region, [office.id for office in group]) for head, group in by_region(listed))
    department = _region(cut, "รวมทั้งสิ้น", [office.id for office in listed])
    types = _types(cut)
    total = TypeLine(
        "",
        "รวมทั้งสิ้น",
        *(
            sum(getattr(each, name) for each in types)
            for name in ("count", "operating", "members", "capital", "business")
        ),
    )
    return CooperativesPage(_lead(cut, total, department), types, total, _classes(cut), regions, department)


def _types(cut: Cut) -> tuple[TypeLine, ...]:
    sums: dict[tuple[str, str], list[int]] = {}
    for each in registry.stock(cut):
        is_group = each.kind is InstitutionKind.OCCUPATIONAL_GROUP
        key = ("กลุ่มอาชีพ", "กลุ่มอาชีพ") if is_group else (SECTORS[each.sector], each.type)
        one = sums.setdefault(key, [0] * 5)
        for n, value in enumerate((each.count, each.operating, each.members, each.capital, each.business)):
            one[n] += value
    order = [*SECTORS.values(), "กลุ่มอาชีพ"]
    keys = sorted(sums, key=lambda key: (order.index(key[0]), -sums[key][0]))
    return tuple(TypeLine(sector, name, *sums[sector, name]) for sector, name in keys)


def _classes(cut: Cut) -> tuple[Row, ...]:
    made = []
    for year in (cut.fiscal_year - 1, cut.fiscal_year):
        found = [counts for (_, of), counts in registry.classes(cut).items() if of == year]
        if found:
            first, second, third, none = (sum(each[n] for each in found) for n in range(4))
            made.append(Row(str(year), (first, second, third, none), year == cut.fiscal_year))
    return tuple(made)


def _region(cut: Cut, name: str, ids: list[int]) -> RegionLine:
    classes, rises = registry.classes(cut), registry.rises(cut)

    def counts(year: int) -> tuple[int, int, int, int]:
        found = [classes[i, year] for i in ids if (i, year) in classes]
        first, second, third, none = (sum(each[n] for each in found) for n in range(4))
        return first, second, third, none

    now, last = counts(cut.fiscal_year), counts(cut.fiscal_year - 1)
    return RegionLine(
        name,
        sum(
            each.count
            for each in registry.stock(cut)
            if each.office in set(ids) and each.kind is InstitutionKind.COOPERATIVE
        ),
        *now,
        share(now[0] + now[1], sum(now[:3])),
        share(last[0] + last[1], sum(last[:3])),
        sum(rises[i][0] for i in ids if i in rises),
        sum(rises[i][1] for i in ids if i in rises),
    )


def _lead(cut: Cut, total: TypeLine, department: RegionLine) -> str:
    words = (
        f"สหกรณ์และกลุ่มในทะเบียน **{formats.num(total.count)} แห่ง** "
        f"ดำเนินการอยู่ **{formats.num(total.operating)} แห่ง** สมาชิก **{formats.num(total.members)} คน**"
    )
    if department.strong is not None:
        words += f" สหกรณ์ที่จัดชั้นแล้วอยู่ในชั้น 1 และ 2 ร้อยละ **{formats.percent(department.strong)}**"
        if department.before is not None:
            gap = department.strong - department.before
            words += f" {'เพิ่มขึ้น' if gap >= 0 else 'ลดลง'}จากปี {cut.fiscal_year - 1} **{formats.num(abs(gap), 1)} จุด**"
    return words


CHAPTER = Chapter("cooperatives", "สหกรณ์และกลุ่มเกษตรกร", gather)
