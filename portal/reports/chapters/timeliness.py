"""Chapter: who reported in time, who is late, and whether the share in time moves more than by chance."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, replace
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters.summary import on_time
from portal.reports.figures import quality, reporting
from portal.reports.figures.offices import offices
from portal.reports.said import said
from portal.rules.deadlines import Timeliness
from portal.rules.progress import share
from portal.rules.workflow import State

LIMITS_FROM = 12  # points before natural limits mean anything
MOST_FORMS = 8
MOST_CAUSES = 6
MOST_LATE = {True: 14, False: 78}  # of a pack, of a book


@dataclass(frozen=True)
class LateOffice:
    """An office that was late this month or has not sent all. `months` not in time this year, `run` in a row."""

    code: str
    name: str
    region: str
    missing: int
    late: int
    owed: int
    days: int
    months: int
    run: int


@dataclass(frozen=True)
class FormLine:
    """A form that not every office has sent for the month."""

    code: str
    name: str
    owed: int
    met: int


@dataclass(frozen=True)
class MonthLine:
    """One month: offices in time, of how many, and its submissions by state."""

    month: int
    in_time: int
    owing: int
    share: Decimal | None
    draft: int
    submitted: int
    returned: int
    verified: int
    consolidated: int


@dataclass(frozen=True)
class TimelinessPage:
    """`low`, `centre`, `high` are the natural limits of the share in time (XmR); limits None under 12 months."""

    month: str
    lead: str
    late: tuple[LateOffice, ...]
    forms: tuple[FormLine, ...]
    more_forms: int
    months: tuple[MonthLine, ...]
    shares: tuple[Decimal | None, ...]
    centre: Decimal | None
    low: Decimal | None
    high: Decimal | None
    as_of: dt.date
    labels: tuple[str, ...] = ()
    causes: tuple[tuple[str, int], ...] = ()
    more_causes: int = 0
    more_late: int = 0
    missing: int = 0


def gather(cut: Cut) -> TimelinessPage:
    """Gather how obligations were met up to the cut's month."""
    lines = _months(cut)
    earlier = _year_before(cut)
    shares = (*(each for _, each in earlier), *(line.share for line in lines))
    causes, most = quality.causes_of_return(cut), MOST_LATE[cut.period is not None]
    centre, low, high = natural_limits(shares)
    late = _late(cut)
    short = [
        FormLine(form.code, form.name, form.owed, form.met) for form in reporting.forms_due(cut) if form.met < form.owed
    ]
    short.sort(key=lambda each: each.met - each.owed)
    return TimelinessPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        lead=_lead(lines[-1], late),
        late=late[:most],
        forms=tuple(short[:MOST_FORMS]),
        more_forms=max(0, len(short) - MOST_FORMS),
        months=lines,
        shares=shares,
        centre=centre,
        low=low,
        high=high,
        as_of=cut.cut_at.date(),
        labels=(*(name for name, _ in earlier), *(formats.month_short(line.month) for line in lines)),
        causes=causes[:MOST_CAUSES],
        more_causes=max(0, len(causes) - MOST_CAUSES),
        more_late=max(0, len(late) - most),
        missing=sum(1 for each in late if each.missing),
    )


def _year_before(cut: Cut) -> list[tuple[str, Decimal | None]]:
    """Return name and share in time of the fiscal year before's months, as many as make 24 with this year's; none
    where nobody owed anything then."""
    before = replace(cut, fiscal_year=cut.fiscal_year - 1, period=12)
    found = [on_time(before, month) for month in range(1, 13)]
    if not any(owing for _, owing in found):
        return []
    shown = range(12 - min(12, 24 - cut.last_period), 12)
    return [(formats.month_short(n + 1), share(*found[n])) for n in shown if found[n][1]]


def natural_limits(shares: tuple[Decimal | None, ...]) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return centre, lower and upper limit of an XmR chart; under 12 points the median and no limits."""
    known = [each for each in shares if each is not None]
    if len(known) < LIMITS_FROM:
        return (sorted(known)[len(known) // 2] if known else None), None, None
    centre = sum(known, Decimal(0)) / len(known)
    moves = [abs(b - a) for a, b in itertools.pairwise(known)]
    reach = Decimal("2.66") * sum(moves, Decimal(0)) / len(moves)
    return centre, max(Decimal(0), centre - reach), min(Decimal(100), centre + reach)


def _months(cut: Cut) -> tuple[MonthLine, ...]:
    states = reporting.states(cut)
    made = []
    for month in range(1, cut.last_period + 1):
        in_time, owing = on_time(cut, month)
        of = states[month]
        made.append(
            MonthLine(
                month,
                in_time,
                owing,
                share(in_time, owing),
                of[State.DRAFT],
                of[State.SUBMITTED],
                of[State.RETURNED],
                of[State.VERIFIED],
                of[State.CONSOLIDATED],
            )
        )
    return tuple(made)


def _late(cut: Cut) -> tuple[LateOffice, ...]:
    due = reporting.months_due(cut)
    made = []
    for office in offices(cut):
        months = reporting.due(due, office.id)[: cut.last_period]
        now = months[-1]
        if not now.missing and not now.late:
            continue
        slow = [month.owed > 0 and month.how is not Timeliness.ON_TIME for month in months]
        run = next((n for n, was in enumerate(reversed(slow)) if not was), len(slow))
        made.append(
            LateOffice(
                office.code,
                office.brief,
                office.region_brief,
                now.missing,
                now.late,
                now.owed,
                now.days,
                sum(slow),
                run,
            )
        )
    made.sort(key=lambda each: (-each.missing, -each.days, -each.run))
    return tuple(made)


def _lead(now: MonthLine, late: tuple[LateOffice, ...]) -> str:
    if not now.owing:
        return "งวดนี้ยังไม่มีหน่วยงานใดถึงกำหนดส่งรายงาน"
    missing = sum(1 for each in late if each.missing)
    words = f"ส่งทันกำหนดครบทุกแบบ **{_now(now, 'in_time')} จาก {_now(now, 'owing')} หน่วย** (ร้อยละ {_now(now, 'share')})"
    if missing:
        words += f" ยังส่งไม่ครบ **{said('timeliness.lead.missing', formats.num(missing))} หน่วย**"
    often = [each for each in late if each.run >= 3]
    if often:
        words += " ล่าช้าติดต่อกันตั้งแต่ 3 เดือน ได้แก่ " + " ".join(f"{each.name} ({each.run} เดือน)" for each in often[:5])
    return words


def _now(now: MonthLine, figure: str) -> str:
    value = getattr(now, figure)
    return said(f"timeliness.{now.month}.{figure}", formats.percent(value) if figure == "share" else formats.num(value))


CHAPTER = Chapter("timeliness", "การส่งรายงานตามกำหนด", gather)
