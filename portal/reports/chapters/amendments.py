"""Chapter: who is missing and what part of the plan they hold, and what changed in earlier months since told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from models import Unit
from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import amendments, coverage
from portal.rules import fiscal
from portal.rules.terms import RunKind

MOST_CELLS = {True: 24, False: 120}  # of a pack, of a book
MOST_MISSING = 20
MOST_LATE = 12


@dataclass(frozen=True)
class CellLine:
    """One figure that changed, as it is printed."""

    month: str
    office: str
    what: str
    unit: str
    old: str
    new: str
    by: str
    at: dt.datetime
    why: str


@dataclass(frozen=True)
class LateLine:
    """What one office handed in for earlier months after they had been printed."""

    office: str
    months: str
    reports: int
    visits: int


@dataclass(frozen=True)
class AmendmentsPage:
    """`base` is the edition compared with, in words, empty for the first; `more` of each list are not printed."""

    month: str
    is_year: bool
    covered: coverage.Coverage
    missing: tuple[coverage.Missing, ...]
    more_missing: tuple[str, ...]
    base: str
    cells: tuple[CellLine, ...]
    more_cells: int
    late: tuple[LateLine, ...]
    more_late: int
    pending: int
    lead: str


def gather(cut: Cut) -> AmendmentsPage:
    """Gather how whole the figures are and what changed."""
    covered, changed = coverage.coverage(cut), amendments.amendments(cut)
    names = dict(Unit.select(Unit.id, Unit.short).tuples())
    most = MOST_CELLS[cut.period is not None]
    missing = sorted(covered.missing, key=lambda each: (-(each.plan or Decimal(0)), each.code))
    late = sorted(changed.late, key=lambda each: (-each.reports, -each.visits, each.office))
    base = _named(changed.base) if changed.base else ""
    return AmendmentsPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        is_year=cut.period is None,
        covered=covered,
        missing=tuple(missing[:MOST_MISSING]),
        more_missing=tuple(each.name for each in missing[MOST_MISSING:]),
        base=base,
        cells=tuple(
            CellLine(
                formats.month_short(each.month),
                names.get(each.office, ""),
                each.what,
                each.unit,
                each.old,
                each.new,
                each.by,
                each.at,
                each.why,
            )
            for each in changed.cells[:most]
        ),
        more_cells=max(0, len(changed.cells) - most),
        late=tuple(
            LateLine(
                names.get(each.office, ""),
                " ".join(formats.month_short(month) for month in each.months),
                each.reports,
                each.visits,
            )
            for each in late[:MOST_LATE]
        ),
        more_late=max(0, len(late) - MOST_LATE),
        pending=changed.pending,
        lead=_lead(covered, changed, base),
    )


def _named(base: amendments.Base) -> str:
    what = "ชุดรายงานผู้บริหาร" if base.book == RunKind.PACK else "รายงานประจำปี"
    return f"{what} {_subject(base.subject)} ฉบับที่ {base.number} ตัดยอด {formats.moment(base.cut_at)}"


def _subject(subject: str) -> str:
    return formats.month_long(*fiscal.parse_month(subject)) if "-" in subject else subject


def _lead(covered: coverage.Coverage, changed: amendments.Amendments, base: str) -> str:
    if covered.is_whole:
        said = f"หน่วยงานส่งรายงานครบ **{covered.owing} หน่วย**" if covered.owing else "ยังไม่มีหน่วยงานที่ต้องส่งรายงาน"
    else:
        said = f"ส่งครบแล้ว **{covered.reported} จาก {covered.owing} หน่วย**"
        if covered.plan is not None:
            said += f" หน่วยที่ยังขาดถือแผนร้อยละ **{formats.percent(covered.plan)}**"
    if changed.base is None:
        return f"{said} ไม่มีฉบับก่อนหน้าให้เทียบการแก้ไข"
    if changed.is_nothing:
        return f"{said} **ไม่มีการแก้ไขข้อมูลย้อนหลัง**ตั้งแต่{base}"
    late = sum(each.reports for each in changed.late)
    visits = sum(each.visits for each in changed.late)
    parts = [f"แก้ไขตัวเลขของเดือนก่อน **{len(changed.cells)} รายการ**"] if changed.cells else []
    if late:
        parts.append(f"ส่งรายงานของเดือนก่อนเพิ่ม **{late} ฉบับ**")
    if visits:
        parts.append(f"บันทึกการเข้าแนะนำย้อนหลัง **{formats.num(visits)} ครั้ง**")
    return f"{said} ตั้งแต่{base} {' '.join(parts)}"


CHAPTER = Chapter("amendments", "ความครบถ้วนและการแก้ไขข้อมูลย้อนหลัง", gather)
