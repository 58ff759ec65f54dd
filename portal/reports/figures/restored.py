"""Reports that were verified and sent back since: they count with the values that were verified last.

Read back from the revisions, for the few reports that are on their way back; source: report-design section 6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models import Answer, Period, Revision, Submission
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import within, year_id
from portal.rules.terms import PeriodKind
from portal.rules.workflow import State

CERTIFIED = (State.VERIFIED.value, State.CONSOLIDATED.value)


@dataclass(frozen=True)
class Restored:
    """One number of a report as it was verified last."""

    submission: int
    version: int
    key: str
    indicator: int
    office: int
    month: int
    number: Decimal


@reading
def restored(cut: Cut) -> tuple[Restored, ...]:
    """Return the numbers of every report of the cut's months that is returned and had been verified before."""
    return last_verified(cut, (State.RETURNED,))


def last_verified(cut: Cut, states: Sequence[State]) -> tuple[Restored, ...]:
    """Return the numbers, as they were verified last, of the cut's reports that are in one of `states` by now."""
    rows = (
        Submission.select(Submission.id, Submission.unit, Period.number, Submission.form_version)
        .join(Period)
        .where(
            Submission.state.in_(states),
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= cut.last_period,
        )
    )
    counted = within(rows, cut, Submission.unit).tuples()
    back = {ident: (unit, month, version) for ident, unit, month, version in counted}
    verified = _last_verified(sorted(back))
    if not verified:
        return ()
    made = []
    for submission, answers in sorted(_as_verified(verified).items()):
        unit, month, version = back[submission]
        for picture in answers:
            if picture.get("number") is not None and picture.get("indicator") is not None:
                key, number = str(picture["key"]), Decimal(picture["number"])
                made.append(Restored(submission, version, key, int(picture["indicator"]), unit, month, number))
    return tuple(sorted(made, key=lambda each: (each.submission, each.key, each.number)))


def _last_verified(submissions: list[int]) -> dict[int, int]:
    """Return, of each report that ever was verified, the last revision that made or left it so."""
    if not submissions:
        return {}
    rows = Revision.select(Revision.id, Revision.row_id, Revision.before, Revision.after).where(
        Revision.table_name == "Submission", Revision.row_id.in_(submissions)
    )
    last: dict[int, int] = {}
    for ident, row, before, after in rows.order_by(Revision.id).tuples():
        if after is not None and after.get("state") in CERTIFIED:
            last[row] = ident
        elif before is not None and before.get("state") in CERTIFIED:
            last[row] = ident - 1  # it was so until this very revision
    return last


def _as_verified(verified: dict[int, int]) -> dict[int, list[dict[str, Any]]]:
    """Return each report's answers as they stood at the revision given."""
    pictures: dict[int, dict[str, Any]] = {}
    rows = Answer.select(Answer.id, Answer.submission, Answer.key, Answer.indicator, Answer.number)
    for ident, submission, key, indicator, number in rows.where(Answer.submission.in_(list(verified))).tuples():
        pictures[ident] = {"submission": submission, "key": key, "indicator": indicator, "number": number}
    later = (
        Revision.select(Revision.id, Revision.row_id, Revision.before, Revision.after)
        .where(Revision.table_name == "Answer", Revision.id > min(verified.values()))
        .order_by(Revision.id.desc())
    )
    touched = later.where(Revision.row_id.in_(list(pictures)) | Revision.after.is_null())
    for ident, row, before, after in touched.tuples():
        owner = (before or after or {}).get("submission")
        if owner in verified and ident > verified[owner]:
            if before is None:
                pictures.pop(row, None)
            else:
                pictures[row] = before
    made: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for picture in pictures.values():
        made[picture["submission"]].append(picture)
    return dict(made)
