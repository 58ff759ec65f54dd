"""Figures made of parts in reports that were sent already: they follow when a part is sent later.

An office sends the report on a whole before the one on its part, or corrects the part afterwards. Until the whole is
consolidated, the portal works its figure out anew, in an entry of its own in the trail, and tells who had verified it;
the page that checks reports lists every such change. What is consolidated stands as it was taken over.
"""

from __future__ import annotations

import datetime as dt

from models import Answer, FormVersion, Indicator, Submission
from portal import notices, records, sheets
from portal.database import tuples
from portal.forms import kinds
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules.progress import PartsRule
from portal.rules.terms import Mark
from portal.rules.workflow import State
from portal.sheets import Sheet

FOLLOWING = (State.SUBMITTED, State.VERIFIED)


def follow(submission: Submission, spec: FormSpec, *, at: dt.datetime) -> int:
    """Work out anew what the figures of this report feed, and what that feeds in turn; return how many answers changed.

    Call within the transaction in which the report is sent.
    """
    changed, wanted, done = 0, _wholes(set(spec.feeds.values())), {submission.id}
    while wanted:
        further: set[int] = set()
        for whole in _sent(submission, wanted, done):
            done.add(whole.id)
            sheet = sheets.of_submission(whole, at=at)
            count = _follow(sheet, at)
            changed += count
            further |= set(sheet.spec.feeds.values()) if count else set()
        wanted = _wholes(further)
    return changed


def worked_out(sheet: Sheet) -> dict[Cell, Entry]:
    """Return what the portal keeps beside what was typed: computed answers, totals that feed an indicator, and figures
    made of parts."""
    spec, found = sheet.spec, dict[Cell, Entry]()
    for cell, value in sheet.worked_out.items():
        if cell.row > 0 or spec.table_of(cell.key) is None or cell.key in spec.feeds:
            found[cell] = value
    for key in sheet.parts:
        if (entry := sheet.entries.get(Cell(key))) is not None:
            found[Cell(key)] = entry
    return found


def keep(work: records.Work, sheet: Sheet, wanted: dict[Cell, Entry], at: dt.datetime) -> int:
    """Keep what was worked out as answers that nobody typed, and return how many are new or other than before."""
    spec, count = sheet.spec, 0
    for cell, entry in wanted.items():
        there = sheet.answers.get(cell)
        if there is not None and there.entry == entry:
            continue
        count += 1
        applies, number, text = kinds.to_store(spec.asked[cell.key], entry)
        mark = Mark.VALUE if applies else Mark.NOT_APPLICABLE
        if there is None:
            feeds = spec.feeds.get(cell.key) if cell.row == 0 else None
            work.create(
                Answer, submission=sheet.submission, key=cell.key, row=cell.row, indicator=feeds, saved_at=at,
                mark=mark, number=number, text=text,
            )  # fmt: skip
        else:
            work.update(Answer(id=there.id), saved_at=at, saved_by=None, mark=mark, number=number, text=text)
    return count


# ---------------------------------------------------------------- below: how


def _wholes(indicators: set[int]) -> set[int]:
    """Return the indicators that are made of these."""
    if not indicators:
        return set()
    whole = Indicator.alias()
    rows = (
        Indicator.select(whole.id)
        .join(whole, on=(Indicator.parent == whole.id))
        .where(Indicator.id.in_(sorted(indicators)), whole.parts_rule != PartsRule.NONE)
    )
    return {ident for (ident,) in tuples(rows)}


def _sent(submission: Submission, wholes: set[int], done: set[int]) -> list[Submission]:
    """Return the reports of the same office and period that were sent and ask for one of these indicators."""
    rows = (
        Submission.select(Submission, FormVersion)
        .join(FormVersion)
        .where(
            Submission.unit == submission.unit_id,
            Submission.period == submission.period_id,
            Submission.state.in_(FOLLOWING),
            Submission.id.not_in(sorted(done)),
        )
        .order_by(Submission.id)
    )
    return [one for one in rows if wholes & set(sheets.spec_of(one.form_version).feeds.values())]


def _follow(sheet: Sheet, at: dt.datetime) -> int:
    report = sheet.submission
    assert report is not None
    with records.changing(by=None, verb="work_out", at=at, as_verb=True) as work:
        wanted = worked_out(sheet)
        count = keep(work, sheet, wanted, at)
        for cell, held in sheet.answers.items():
            if cell not in wanted and (cell.key in sheet.parts or not kinds.of(sheet.spec.asked[cell.key]).typed):
                work.remove(Answer(id=held.id))
                count += 1
        if count:
            work.touch_any(report)  # who looks at the figure of before is told to look again
    if count and report.state is State.VERIFIED and report.verified_by_id is not None:
        notices.tell(
            [report.verified_by_id],
            f"{sheet.version.form.name} {sheet.obligation.unit.short}: ตัวเลขที่ตรวจแล้วคำนวณใหม่ตามส่วนย่อยที่ส่งภายหลัง",
            at=at, kind="worked_out", about=f"{report.id}/{at.isoformat()}",
            link=f"/admin/review/?submission={report.id}",
        )  # fmt: skip
    return count
