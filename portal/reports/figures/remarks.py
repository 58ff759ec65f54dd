"""What must be said beside a figure: reasons given for warnings, breaks in a series, values that are not the last."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from models import Answer, Period, Submission
from portal import formats
from portal.reports.chapter import Cut
from portal.reports.figures import amendments, reading, restored, results, series
from portal.reports.figures.offices import offices, year_id
from portal.reports.figures.voices import shortened
from portal.rules.terms import Mark, PeriodKind
from portal.rules.workflow import COUNTED

MOST = 3  # reasons printed beside one figure; the record keeps them all


@dataclass
class Notes:
    """The footnotes of one page: each gets the next number, the same words the same number."""

    listed: list[str] = field(default_factory=list)

    def number(self, words: str) -> int:
        """Return the number of a footnote, from 1; 0 for one that says nothing."""
        if not words:
            return 0
        if words not in self.listed:
            self.listed.append(words)
        return self.listed.index(words) + 1


@dataclass(frozen=True)
class Remarks:
    """By (indicator, office): reasons with their months; and offices for which an indicator does not apply."""

    reasons: dict[tuple[int, int], tuple[tuple[int, str], ...]]
    not_applicable: frozenset[tuple[int, int]]


@reading
def remarks(cut: Cut) -> Remarks:
    """Return what offices said beside the numbers of their counted reports up to the cut's month."""
    reasons: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    silent: set[tuple[int, int]] = set()
    rows = (
        Answer.select(Answer.indicator, Submission.unit, Period.number, Answer.reason, Answer.mark)
        .join(Submission, on=(Answer.submission == Submission.id))
        .join(Period, on=(Submission.period == Period.id))
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
            Submission.state.in_(COUNTED),
            Answer.indicator.is_null(False),
            (Answer.reason != "") | (Answer.mark == Mark.NOT_APPLICABLE),
        )
        .order_by(Period.number, Submission.unit, Answer.key)
    )
    for indicator, office, month, reason, mark in rows.tuples():
        if reason:
            reasons[indicator, office].append((month, shortened(reason)))
        if mark == Mark.NOT_APPLICABLE:
            silent.add((indicator, office))
    cells = results.cells(cut)
    return Remarks(
        {key: tuple(said) for key, said in reasons.items()},
        frozenset(key for key in silent if (cell := cells.get(key[0], {}).get(key[1])) is None or cell.value is None),
    )


def beside(cut: Cut, indicator: int, office: int | None = None) -> str:
    """Return the footnote of an indicator's figure, over all offices or of one; empty where nothing is to be said."""
    said = [
        f"ตั้งแต่{formats.month_short(each.month)} นับต่างจากเดือนก่อนหน้า{': ' + each.note if each.note else ''}"
        for each in series.series(cut).breaks.get(indicator, ())
    ]
    back = {
        each.office for each in restored.restored(cut) if each.indicator == indicator and office in (None, each.office)
    }
    if back:
        said.append(
            f"รวมค่าที่ตรวจแล้วครั้งสุดท้ายของ {len(back)} หน่วยซึ่งรายงานอยู่ระหว่างแก้ไข"
            if office is None
            else "ค่าที่ตรวจแล้วครั้งสุดท้าย รายงานอยู่ระหว่างแก้ไข"
        )
    if amendments.revised(cut).has(indicator, office):
        said.append("r แก้ไขหลังพิมพ์ฉบับก่อน")
    return " · ".join([*said, *_reasons(cut, indicator, office)])


def _reasons(cut: Cut, indicator: int, office: int | None) -> list[str]:
    """The latest reasons first; offices are named where they are not named by the table."""
    found = [
        (month, each, words)
        for (which, each), listed in remarks(cut).reasons.items()
        if which == indicator and office in (None, each)
        for month, words in listed
    ]
    found.sort(key=lambda one: (-one[0], one[1]))
    names = {each.id: each.brief for each in offices(cut)}
    said = [
        f"{formats.month_short(month)} {names.get(each, '') + ' ' if office is None else ''}{words}"
        for month, each, words in found[:MOST]
    ]
    if len(found) > MOST:
        said.append(f"และอีก {len(found) - MOST} เหตุผล")
    return said
