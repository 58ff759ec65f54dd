"""Chapter: every office in one table, by inspection region; months left out and two-letter marks explained."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import amendments, money, reporting, results, visiting
from portal.reports.figures.offices import Office, by_region, offices
from portal.rules.deadlines import Timeliness
from portal.rules.progress import Standing, share
from portal.rules.terms import Nature


@dataclass(frozen=True)
class Line:
    """One office, or the sum of several. Money in satang; `sent` months in time of `months` owed."""

    code: str
    name: str
    mark: str
    granted: int
    disbursed: int
    paid: Decimal | None
    aim: Decimal | None
    bound: int
    sent: int
    months: int
    reached: int
    judged: int
    planned: int
    visited: int
    is_missing: bool
    is_paid_revised: bool = False
    is_visited_revised: bool = False

    @property
    def gap(self) -> Decimal | None:
        """Points above (+) or below (−) the target to date."""
        return None if self.paid is None or self.aim is None else self.paid - self.aim

    @property
    def visit_share(self) -> Decimal | None:
        """Visits done in percent of planned to date."""
        return share(self.visited, self.planned)


@dataclass(frozen=True)
class RegionGroup:
    """A region's offices and their sum."""

    name: str
    lines: tuple[Line, ...]
    total: Line


@dataclass(frozen=True)
class OfficesPage:
    """The table of all offices."""

    month: str
    groups: tuple[RegionGroup, ...]
    total: Line
    money_day: dt.date | None
    visit_day: dt.date | None


def gather(cut: Cut) -> OfficesPage:
    """Gather one line for each office."""
    groups = []
    every: list[Line] = []
    for first, group in by_region(offices(cut)):
        lines = [line(cut, office) for office in group]
        every += lines
        groups.append(
            RegionGroup(
                first.region,
                tuple(lines),
                _sum(cut, first.region_code, f"รวม {len(lines)} หน่วย", [o.id for o in group], lines),
            )
        )
    return OfficesPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        groups=tuple(groups),
        total=_sum(cut, "all", f"รวมทั้งสิ้น {len(every)} หน่วย", [office.id for office in offices(cut)], every),
        money_day=money.data_day(cut),
        visit_day=visiting.latest_day(cut),
    )


def line(cut: Cut, office: Office) -> Line:
    """Return one office's line."""
    due = reporting.due(reporting.months_due(cut), office.id)[: cut.last_period]
    owed = [month for month in due if month.owed]
    judged = judged_indicators(cut, office.id)
    course = visiting.courses(cut).get(office.id)
    return _line(
        cut,
        office.code,
        office.brief,
        office.mark,
        [office.id],
        sent=sum(month.how is Timeliness.ON_TIME for month in owed),
        months=len(owed),
        reached=judged.count(Standing.ON_TRACK),
        judged=len(judged),
        planned=course.planned if course else 0,
        visited=course.total if course else 0,
        is_missing=bool(due and due[-1].missing),
    )


def judged_indicators(cut: Cut, office: int) -> list[Standing]:
    """Return how the office stands in each leading indicator that it has a plan and a value for."""
    cells = results.cells(cut)
    made: list[Standing] = []
    for indicator in results.leading(cut):
        cell = cells.get(indicator.id, {}).get(office)
        if cell is not None:
            found = results.outcome(indicator, [cell]).standing
            if found is not Standing.NO_VALUE:
                made.append(found)
    return made


def _sum(cut: Cut, code: str, name: str, ids: list[int], lines: list[Line]) -> Line:
    """Add up; in time is here the number of offices in time every month."""
    return _line(
        cut,
        code,
        name,
        "",
        ids,
        sent=sum(each.sent == each.months and each.months > 0 for each in lines),
        months=len(lines),
        reached=sum(each.reached for each in lines),
        judged=sum(each.judged for each in lines),
        planned=sum(each.planned for each in lines),
        visited=sum(each.visited for each in lines),
        is_missing=False,
    )


def _line(
    cut: Cut,
    code: str,
    name: str,
    mark: str,
    ids: list[int],
    *,
    sent: int,
    months: int,
    reached: int,
    judged: int,
    planned: int,
    visited: int,
    is_missing: bool,
) -> Line:
    ledger, targets = money.ledger(cut), money.targets(cut)
    parts = [(nature, money.added(ledger.office(i, nature) for i in ids)) for nature in Nature]
    whole = money.added(each for _, each in parts)
    aim = money.weighted_target((each.granted, targets.at(nature, cut.last_period)) for nature, each in parts)
    revised = amendments.revised(cut)
    return Line(
        code,
        name,
        mark,
        whole.granted,
        whole.disbursed,
        whole.share,
        aim,
        whole.bound,
        sent,
        months,
        reached,
        judged,
        planned,
        visited,
        is_missing,
        not revised.money.isdisjoint(ids),
        not revised.visits.isdisjoint(ids),
    )


CHAPTER = Chapter("offices", "ผลรายหน่วยงาน", gather)
