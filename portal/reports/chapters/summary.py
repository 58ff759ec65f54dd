"""Chapter: the month on one page. Are we on target, what changed, who is late, what needs a look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from models import Period
from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import decisions
from portal.reports.charts.timeliness import Column, Group
from portal.reports.figures import money, reporting, results, visiting
from portal.reports.figures.offices import by_region, offices, year_id
from portal.reports.said import plain, said
from portal.rules.deadlines import Timeliness
from portal.rules.progress import Standing, share, standing
from portal.rules.terms import Nature, PeriodKind

HUNDRED = Decimal(100)
PARTIAL = "เบิกจ่ายครบทุกหน่วยเพราะมาจาก GFMIS แต่ผลงานและการเข้าแนะนำ**ยังไม่ใช่ยอดทั้งกรม** จึงยังไม่เทียบเป้าหมาย"


@dataclass(frozen=True)
class Measure:
    """One row of the page: a share in percent, its target, last month's value, and its course over the year."""

    label: str
    note: str
    value: Decimal | None
    target: Decimal | None
    before: Decimal | None
    series: tuple[Decimal | None, ...]
    plan: tuple[Decimal | None, ...]
    standing: Standing

    @property
    def gap(self) -> Decimal | None:
        """Points above (+) or below (−) the target."""
        return None if self.value is None or self.target is None else self.value - self.target

    @property
    def change(self) -> Decimal | None:
        """Points gained or lost since last month."""
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True)
class Point:
    """One line of a list: its mark, a sentence with figures between double stars, the chapter that says more."""

    mark: str
    words: str
    see: str = ""


@dataclass(frozen=True)
class SummaryPage:
    """The whole page. `reported` offices of `owing` have handed in all that was due for the month."""

    month: str
    month_short: str
    cut_at: dt.datetime
    meets_on: dt.date | None
    reported: int
    owing: int
    is_partial: bool
    lead: tuple[str, ...]
    measures: tuple[Measure, ...]
    groups: tuple[Group, ...]
    look: tuple[Point, ...]
    changes: tuple[Point, ...]
    watch: tuple[Point, ...]
    money_day: dt.date | None
    visit_day: dt.date | None
    inferred: bool


def gather(cut: Cut) -> SummaryPage:
    """Gather the month's headline figures."""
    listed, month = offices(cut), cut.last_period
    due = reporting.months_due(cut)
    now = [reporting.due(due, office.id)[month - 1] for office in listed]
    is_partial = any(each.waiting for each in now)
    measures = _measures(cut, is_partial)
    meets_on = (
        Period.select(Period.meets_on)
        .where(Period.fiscal_year == year_id(cut), Period.kind == PeriodKind.MONTH, Period.number == month)
        .scalar()
    )
    return SummaryPage(
        month=formats.month_long(cut.fiscal_year, month),
        month_short=f"{formats.month_short(month)} {(cut.fiscal_year - (month <= 3)) % 100:02d}",
        cut_at=cut.cut_at,
        meets_on=meets_on,
        reported=sum(each.owed > 0 and not each.missing and not each.waiting for each in now),
        owing=sum(each.owed > 0 for each in now),
        is_partial=is_partial,
        lead=_lead(cut, measures, is_partial),
        measures=measures,
        groups=_groups(cut),
        look=_to_decide(cut),
        changes=_changes(cut, measures),
        watch=_watch(cut),
        money_day=money.data_day(cut),
        visit_day=visiting.latest_day(cut),
        inferred=bool(money.targets(cut).inferred & set(money.DISBURSED.values())),
    )


def _measures(cut: Cut, is_partial: bool) -> tuple[Measure, ...]:
    made = [
        _paid(cut, "เบิกจ่ายภาพรวม", None),
        _paid(cut, "เบิกจ่ายรายจ่ายประจำ", Nature.RECURRENT),
        _paid(cut, "เบิกจ่ายรายจ่ายลงทุน", Nature.INVESTMENT),
        _on_plan(cut),
        _indicators(cut, is_partial),
        _visits(cut, is_partial),
        _on_time(cut, is_partial),
    ]
    return tuple(made)


def _before(series: Sequence[Decimal | None]) -> Decimal | None:
    return series[-2] if len(series) > 1 else None


def _paid(cut: Cut, label: str, nature: Nature | None) -> Measure:
    summed, targets = money.ledger(cut).total(nature), money.targets(cut)
    series = summed.curve()
    value, target = series[-1] if series else None, targets.at(nature, cut.last_period)
    note = f"{formats.million(summed.disbursed)} จาก {formats.million(summed.granted)} ล้านบาท"
    return Measure(
        label, note, value, target, _before(series), series, targets.course(nature), money.judged(value, target)
    )


def _on_plan(cut: Cut) -> Measure:
    of_project: dict[int, list[tuple[results.Outcome, ...]]] = {}
    outcomes = results.headlines(cut)
    for indicator in results.indicators(cut):
        if indicator.id in outcomes:
            of_project.setdefault(indicator.project_id, []).append(outcomes[indicator.id])
    series = []
    counts = (0, 0)
    for month in range(cut.last_period):
        judged = [results.worst(outcome[month].standing for outcome in each) for each in of_project.values()]
        known = [each for each in judged if each is not Standing.NO_VALUE]
        counts = sum(each is Standing.ON_TRACK for each in known), len(known)
        series.append(share(*counts))
    note = f"{counts[0]} จาก {counts[1]} โครงการที่มีผล"
    return Measure("โครงการเป็นไปตามแผน", note, series[-1], None, _before(series), tuple(series), (), Standing.NO_VALUE)


def _indicators(cut: Cut, is_partial: bool) -> Measure:
    series = []
    counts = (0, 0)
    for month in range(cut.last_period):
        known = [
            each[month] for each in results.headlines(cut).values() if each[month].standing is not Standing.NO_VALUE
        ]
        counts = sum(each.standing is Standing.ON_TRACK for each in known), len(known)
        series.append(share(*counts))
    note = f"{counts[0]} จาก {counts[1]} ตัวชี้วัดหลักที่มีผล"
    return Measure("ตัวชี้วัดหลักถึงแผนสะสม", note, series[-1], None, _before(series), tuple(series), (), Standing.NO_VALUE)


def _visits(cut: Cut, is_partial: bool) -> Measure:
    whole = visiting.added(list(visiting.courses(cut).values()), cut.last_period)
    series = tuple(share(sum(whole.done[:month]), sum(whole.plan[:month])) for month in range(1, cut.last_period + 1))
    note = f"{formats.num(whole.total)} จาก {formats.num(whole.planned)} ครั้ง"
    judged = Standing.NO_VALUE if is_partial else standing(series[-1], HUNDRED)
    return Measure("เข้าแนะนำส่งเสริมตามแผน", note, series[-1], HUNDRED, _before(series), series, (HUNDRED,) * 12, judged)


def _on_time(cut: Cut, is_partial: bool) -> Measure:
    series, counts = [], (0, 0)
    for month in range(cut.last_period):
        counts = on_time(cut, month + 1)
        series.append(share(*counts))
    judged = Standing.NO_VALUE if is_partial else standing(series[-1], HUNDRED)
    note = f"{counts[0]} จาก {counts[1]} หน่วย"
    return Measure(
        "ส่งรายงานทันกำหนดทุกแบบ", note, series[-1], HUNDRED, _before(series), tuple(series), (HUNDRED,) * 12, judged
    )


def on_time(cut: Cut, month: int) -> tuple[int, int]:
    """Return how many offices sent all in time for a fiscal month, and how many owed anything."""
    due = reporting.months_due(cut)
    found = [reporting.due(due, office.id)[month - 1] for office in offices(cut)]
    owing = [each for each in found if each.owed]
    return sum(each.how is Timeliness.ON_TIME for each in owing), len(owing)


def _groups(cut: Cut) -> tuple[Group, ...]:
    due = reporting.months_due(cut)
    return tuple(
        Group(
            first.region_brief,
            tuple(
                Column(office.mark, tuple(each.how.value for each in reporting.due(due, office.id))) for office in group
            ),
        )
        for first, group in by_region(offices(cut))
    )


def _points(value: Decimal, measure: int) -> str:
    return f"**{said(f'summary.lead.apart{measure}', formats.num(abs(value), 1))} จุด**"


def _lead(cut: Cut, measures: tuple[Measure, ...], is_partial: bool) -> tuple[str, ...]:
    """Write what the figures say: where we stand, where the year's end will be, what is to be decided."""
    overall, recurrent, investment = measures[:3]
    sentences = []
    if is_partial:
        sentences.append(PARTIAL)
    paid = "" if overall.value is None else said("summary.1.value", formats.percent(overall.value))
    if overall.value is None:
        sentences.append("ยังไม่มีข้อมูลการเบิกจ่ายของงวดนี้")
    elif overall.gap is None:
        sentences.append(f"เบิกจ่ายสะสมร้อยละ **{paid}** (ยังไม่มีเป้าหมายของงวดนี้)")
    else:
        side = "สูงกว่า" if overall.gap >= 0 else "ต่ำกว่า"
        words = f"เบิกจ่ายสะสมร้อยละ **{paid}** {side}เป้าหมาย {_points(overall.gap, 1)}"
        lagging = min(
            (each for each in (recurrent, investment) if each.gap is not None),
            key=lambda each: each.gap or 0,
            default=None,
        )
        if overall.gap < 0 and lagging is not None and lagging.gap is not None and lagging.gap < 0:
            apart = _points(lagging.gap, measures.index(lagging) + 1)
            words += f" เหตุหลักคือ{lagging.label.removeprefix('เบิกจ่าย')}ซึ่งต่ำกว่าเป้าหมาย {apart}"
        elif lagging is not None and lagging.gap is not None and lagging.gap < 0:
            apart = _points(lagging.gap, measures.index(lagging) + 1)
            words += f" แต่{lagging.label.removeprefix('เบิกจ่าย')}ต่ำกว่าเป้าหมาย {apart}"
        sentences.append(words)
    if (ahead := _year_end(cut, overall, investment)) is not None:
        sentences.append(ahead)
    plan, sent = measures[3], measures[6]
    if cut.period is None:
        sentences.append(
            f"โครงการเป็นไปตามแผน **{plan.note.removesuffix('ที่มีผล')}** หน่วยงานส่งรายงานทันกำหนด **{sent.note}**"
        )
    elif raised := len(decisions.matters(cut)):
        sentences.append(f"จึงขอให้ที่ประชุมตัดสินใจ **{raised} เรื่อง**")
    return tuple(sentences)


def _year_end(cut: Cut, overall: Measure, investment: Measure) -> str | None:
    """Carry the last three months' pace on to September; None before three months are known, and in September."""
    month = cut.last_period
    if not 3 <= month < 12 or overall.value is None:
        return None
    sentences: list[str] = []
    for n, measure, name in ((1, overall, "ภาพรวม"), (3, investment, "รายจ่ายลงทุน")):
        start = measure.series[month - 4] if month > 3 else Decimal(0)
        if measure.value is None or start is None:
            continue
        end = min(HUNDRED, measure.value + (measure.value - start) / 3 * (12 - month))
        aim = measure.plan[11]
        verb = "จะถึง" if aim is None or end >= aim else "จะได้เพียง"
        tail = f" (เป้า {said(f'summary.lead.aim{n}', formats.percent(aim))})" if aim is not None else ""
        sentences.append(
            f"{'แต่' if sentences and aim is not None and end < aim else ''}"
            f"{name}{verb}ร้อยละ **{said(f'summary.lead.end{n}', formats.percent(end))}**{tail}"
        )
    return "หากรักษาอัตราเฉลี่ย 3 เดือนล่าสุด สิ้นปี" + " ".join(sentences) if sentences else None


def _to_decide(cut: Cut) -> tuple[Point, ...]:
    """The matters that the meeting is asked to decide."""
    return tuple(Point("bad", _clipped(each.short), "decisions") for each in decisions.matters(cut))


def _clipped(words: str, most: int = 62) -> str:
    """Return a sentence without the end of its first words, so that its figures stay."""
    if len(plain(words)) <= most:
        return words
    name, mark, figures = words.partition(" ได้ร้อยละ ")
    return name[: max(12, most - len(plain(figures)))].rstrip() + "…" + mark + figures


def _changes(cut: Cut, measures: tuple[Measure, ...]) -> tuple[Point, ...]:
    """Say what moved since last month; nothing in the first month."""
    if cut.last_period == 1:
        return ()
    made = []
    overall = measures[0]
    paid = sum(money.ledger(cut).total().paid[-1:])
    if overall.change is not None:
        mark = "up" if paid > 0 else "down" if paid < 0 else "none"
        made.append(
            Point(
                mark,
                f"เบิกจ่ายในเดือน **{formats.million(paid)} ล้านบาท** ({_moved(1, overall.change)} จุด)",
                "disbursement",
            )
        )
    for n, measure, name, see in (
        (4, measures[3], "โครงการตามแผน", "projects"),
        (5, measures[4], "ตัวชี้วัดหลักถึงแผน", "projects"),
        (7, measures[6], "หน่วยที่ส่งทันกำหนด", "timeliness"),
    ):
        if measure.change is None:
            continue
        count = said(f"summary.{n}.part", measure.note.split(" ")[0])
        verb = "เพิ่มขึ้น" if measure.change > 0 else "ลดลง" if measure.change < 0 else "เท่าเดิม"
        mark = "up" if measure.change > 0 else "down" if measure.change < 0 else "none"
        made.append(Point(mark, f"{name}{verb} อยู่ที่ **{count}** ({_moved(n, measure.change)} จุด)", see))
    return tuple(made)


def _moved(measure: int, change: Decimal) -> str:
    return said(f"summary.{measure}.change", formats.num(change, 1, sign=True))


def _watch(cut: Cut) -> tuple[Point, ...]:
    due, month = reporting.months_due(cut), cut.last_period
    missing, late = [], []
    for office in offices(cut):
        now = reporting.due(due, office.id)[month - 1]
        if now.missing:
            missing.append(office.brief)
        elif now.late:
            late.append((now.days, office.brief))
    late.sort(key=lambda each: (-each[0], each[1]))
    made = []
    if missing:
        made.append(Point("bad", f"**ยังไม่ส่งครบ {len(missing)}** {_names(missing)}", "timeliness"))
    if late:
        made.append(Point("warn", f"**ส่งช้า {len(late)}** {_names([name for _, name in late])}", "timeliness"))
    ledger, targets = money.ledger(cut), money.targets(cut)
    aim = targets.at(None, month)
    behind = []
    for office in offices(cut):
        paid = ledger.office(office.id).share
        if paid is not None and aim is not None and money.judged(paid, aim) is Standing.PROBLEM:
            behind.append((paid, office.brief))
    behind.sort()
    if behind:
        made.append(
            Point("bad", f"**เบิกจ่ายต่ำกว่าเกณฑ์ {len(behind)}** {_names([name for _, name in behind])}", "offices")
        )
    return tuple(made)


def _names(names: list[str], letters: int = 44) -> str:
    """Return the first names, as many as two lines hold, and how many more there are."""
    shown: list[str] = []
    for name in names:
        if shown and sum(map(len, shown)) + 3 * len(shown) + len(name) > letters:
            break
        shown.append(name)
    left = len(names) - len(shown)
    return " · ".join(shown) + (f" และอีก {left}" if left else "")


CHAPTER = Chapter("summary", "สรุปผลประจำเดือน", gather)
