"""Chapter: how sound the month's figures are: offices by checks, who is missing, and what was carried forward."""

from __future__ import annotations

from dataclasses import dataclass

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import amendments
from portal.reports.charts.checks import CheckColumn, CheckGroup
from portal.reports.figures import quality
from portal.reports.figures.offices import by_region, offices

MOST_CARRIED = 8


@dataclass(frozen=True)
class CheckLine:
    """One check over all offices: how many it found something at, and how much altogether."""

    name: str
    words: str
    offices: int
    found: int
    checked: int
    code: str = ""


@dataclass(frozen=True)
class QualityPage:
    """`covered` tells who is missing, as the page of amendments does."""

    month: str
    lead: str
    checks: tuple[CheckLine, ...]
    groups: tuple[CheckGroup, ...]
    carried: tuple[quality.Carried, ...]
    more_carried: int
    covered: amendments.AmendmentsPage

    @property
    def names(self) -> tuple[str, ...]:
        """The checks' names, in order."""
        return tuple(each.name for each in self.checks)


def gather(cut: Cut) -> QualityPage:
    """Gather the checks of the cut's month."""
    found = {each.code: each for each in quality.findings(cut)}
    lines = []
    for n, (code, name, words) in enumerate(quality.CHECKS):
        counts = [count for each in found.values() if (count := each.counts[n]) is not None]
        lines.append(CheckLine(name, words, sum(count > 0 for count in counts), sum(counts), len(counts), code))
    groups = tuple(
        CheckGroup(first.region_brief, tuple(CheckColumn(office.mark, found[office.code].counts) for office in group))
        for first, group in by_region(offices(cut))
    )
    carried = quality.carried(cut)
    clean = sum(all(not count for count in each.counts) for each in found.values())
    return QualityPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        lead=_lead(clean, len(found), lines),
        checks=tuple(lines),
        groups=groups,
        carried=carried[:MOST_CARRIED],
        more_carried=max(0, len(carried) - MOST_CARRIED),
        covered=amendments.gather(cut),
    )


def _lead(clean: int, every: int, lines: list[CheckLine]) -> str:
    if not every:
        return "ยังไม่มีหน่วยงานให้ตรวจ"
    if clean == every:
        return f"ตรวจ **{len(lines)} รายการ** กับ **{every} หน่วยงาน** ไม่พบข้อสังเกต"
    worst = max(lines, key=lambda each: each.offices)
    return (
        f"ตรวจ **{len(lines)} รายการ** กับ **{every} หน่วยงาน** ไม่พบข้อสังเกต **{clean} หน่วย** "
        f"ที่พบมากที่สุดคือ{worst.words} **{worst.offices} หน่วย**"
    )


CHAPTER = Chapter("quality", "คุณภาพและความครบถ้วนของข้อมูล", gather)
