"""How sound the figures are: for every office what each check finds, and what was carried forward instead.

All checks read what the chapters have read already; none asks the store anew but for the reasons of returned reports.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from peewee import fn

from models import Period, Submission
from portal.reports.chapter import Cut
from portal.reports.figures import amendments, reading, reporting, restored, results
from portal.reports.figures.offices import offices, within, year_id
from portal.rules.progress import Aggregation
from portal.rules.terms import PeriodKind
from portal.rules.workflow import State

BEYOND_YEAR = Decimal("1.5")  # times the year's target: more is asked about
JUMP = 4  # times the mean of the months before, and twice what was planned

CHECKS = (
    ("complete", "ครบ", "รายงานของงวดนี้ที่ยังไม่ส่ง (ฉบับ)"),
    ("in_time", "ทันกำหนด", "รายงานของงวดนี้ที่ส่งช้า (ฉบับ)"),
    ("returned", "ไม่ถูกส่งคืน", "รายงานที่อยู่ระหว่างแก้ไข (ฉบับ)"),
    ("valued", "มีค่า", "ตัวชี้วัดหลักที่มีเป้าหมายแต่ยังไม่มีผล (ตัว)"),
    ("in_range", "อยู่ในช่วง", "ตัวชี้วัดหลักที่ผลเกิน 1.5 เท่าของเป้าทั้งปี (ตัว)"),
    ("adds_up", "บวกได้", "ตัวชี้วัดสะสมที่มีเดือนติดลบ (ตัว)"),
    ("steady", "ไม่กระโดด", "ตัวชี้วัดหลักที่ผลของเดือนเกิน 4 เท่าของค่าเฉลี่ยเดือนก่อน และเกิน 2 เท่าของแผน (ตัว)"),
    ("settled", "ไม่แก้ย้อนหลัง", "ตัวเลขของเดือนก่อนที่แก้หลังพิมพ์ (รายการ)"),
)


@dataclass(frozen=True)
class Found:
    """What the checks find at one office, in the order of CHECKS: 0 is nothing, None that it could not be checked."""

    code: str
    name: str
    mark: str
    counts: tuple[int | None, ...]


@reading
def findings(cut: Cut) -> tuple[Found, ...]:
    """Return every office's findings, in the order of offices."""
    due, back = reporting.months_due(cut), Counter(each.office for each in _returned(cut))
    silent, beyond, negative, jumped = _values(cut)
    changed = amendments.amendments(cut)
    revised = Counter(cell.office for cell in changed.cells)
    made = []
    for office in offices(cut):
        now, i = reporting.due(due, office.id)[cut.last_period - 1], office.id
        counts = (
            now.missing + now.waiting, now.late, back[i], silent[i], beyond[i], negative[i], jumped[i],
            revised[i] if changed.base else None,
        )  # fmt: skip
        made.append(Found(office.code, office.brief, office.mark, counts if now.owed else (None,) * len(CHECKS)))
    return tuple(made)


@dataclass(frozen=True)
class _Back:
    office: int
    note: str


@reading
def _returned(cut: Cut) -> tuple[_Back, ...]:
    """Return the reports that are back at their offices, of all months up to the cut's."""
    rows = (
        Submission.select(Submission.unit, Submission.note)
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state == State.RETURNED,
        )
        .order_by(Submission.id)
    )
    return tuple(_Back(office, note) for office, note in within(rows, cut, Submission.unit).tuples())


@reading
def causes_of_return(cut: Cut) -> tuple[tuple[str, int], ...]:
    """Return why reports of the cut's month were sent back, most often first; a blank reason is told as such."""
    rows = (
        Submission.select(Submission.note, fn.COUNT(Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number == cut.last_period,
            Submission.state == State.RETURNED,
        )
        .group_by(Submission.note)
    )
    found = [(" ".join(note.split()), int(count)) for note, count in within(rows, cut, Submission.unit).tuples()]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def _values(cut: Cut) -> tuple[Counter[int], Counter[int], Counter[int], Counter[int]]:
    """Count, by office, leading indicators without a value, beyond the year's target, negative, and jumping."""
    silent, beyond, negative, jumped = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    rules = {facts.id: facts for facts in results.leading(cut)}
    found = results.monthly(cut)
    for (indicator, office), target in found.targets.items():
        if not target or indicator not in rules:
            continue
        values = found.values.get((indicator, office), [])
        known = [value for value in values if value is not None]
        months = found.plans.get((indicator, office), [])[: cut.last_period]
        planned = sum((value for value in months if value is not None), Decimal(0))
        if not known:
            silent[office] += bool(planned)
            continue
        if rules[indicator].month_rule is not Aggregation.SUM:
            continue
        beyond[office] += sum(known) > target * BEYOND_YEAR
        negative[office] += any(value < 0 for value in known)
        before = [value for value in values[:-1] if value is not None]
        now = values[-1] if values else None
        if now is not None and len(before) >= 3 and sum(before) > 0:
            meant = (found.plans.get((indicator, office)) or [None] * 12)[cut.last_period - 1] or Decimal(0)
            jumped[office] += now > max(sum(before) / len(before) * JUMP, meant * 2)
    return silent, beyond, negative, jumped


@dataclass(frozen=True)
class Carried:
    """A leading indicator in which verified values stand for reports that are being corrected: of `offices` offices,
    together `value` of `whole`, the figure that is printed."""

    name: str
    unit: str
    decimals: int
    offices: int
    value: Decimal
    whole: Decimal | None


@reading
def carried(cut: Cut) -> tuple[Carried, ...]:
    """Return what was carried forward in leading indicators that are added up, largest part first."""
    rules = {facts.id: facts for facts in results.leading(cut)}
    values: dict[int, Decimal] = defaultdict(Decimal)
    at: dict[int, set[int]] = defaultdict(set)
    for each in restored.restored(cut):
        if each.indicator in rules and rules[each.indicator].month_rule is Aggregation.SUM:
            values[each.indicator] += each.number
            at[each.indicator].add(each.office)
    outcomes: Mapping[int, tuple[results.Outcome, ...]] = results.headlines(cut)
    made = [
        Carried(rules[i].name, rules[i].unit, rules[i].decimals, len(at[i]), value, outcomes[i][-1].value)
        for i, value in values.items()
    ]
    return tuple(sorted(made, key=lambda each: (-(each.value / each.whole if each.whole else Decimal(0)), each.name)))
