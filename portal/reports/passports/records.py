"""The records behind a figure: a report as it was when an edition was cut, and the inputs as they would be now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models import Answer, AuditEntry, Revision, Submission
from portal.errors import NotFound
from portal.reports import figures
from portal.reports.chapter import Cut
from portal.reports.passports import Passports
from portal.reports.passports.inputs import take_inputs
from portal.rules.formulas import Inputs


@dataclass(frozen=True)
class Then:
    """One answer as it was and as it is now: `number`, else `text`, else that it does not apply. None = no answer."""

    key: str
    row: int
    was: str | None
    now: str | None

    @property
    def is_changed(self) -> bool:
        """Return whether the answer is no longer what it was."""
        return self.was != self.now


@dataclass(frozen=True)
class ReportThen:
    """A report as it was at a moment, beside what it is now."""

    submission: Submission
    state: str
    answers: tuple[Then, ...]


def as_it_was(submission_id: int, at: dt.datetime) -> ReportThen:
    """Return a report with its answers as they were at `at`: what was changed since is read back from its revisions.

    Raises NotFound when there is no such report.
    """
    submission = Submission.get_or_none(Submission.id == submission_id)
    if submission is None:
        raise NotFound("This record is no longer there.")
    now = {row.id: _picture(row) for row in Answer.select().where(Answer.submission == submission_id)}
    was = dict(now)
    rows = (
        Revision.select(Revision.row_id, Revision.before, Revision.after)
        .join(AuditEntry)
        .where(Revision.table_name == "Answer", AuditEntry.at > at)
        .order_by(Revision.id.desc())
    )
    removed = [
        row
        for row, before, after in rows.where(Revision.after.is_null()).tuples()
        if before and before.get("submission") == submission_id
    ]
    for row, before, _ in rows.where(Revision.row_id.in_([*now, *removed])).tuples():
        if before is not None and before.get("submission") == submission_id:
            was[row] = before
        else:
            was.pop(row, None)
    return ReportThen(submission, _state_then(submission, at), tuple(_beside(was, now)))


def _picture(row: Answer) -> dict[str, Any]:
    number = None if row.number is None else format(row.number.normalize(), "f")
    return {"key": row.key, "row": row.row, "number": number, "text": row.text, "mark": str(row.mark)}


def _state_then(submission: Submission, at: dt.datetime) -> str:
    """The report's state at a moment: what the first change after it found."""
    before = (
        Revision.select(Revision.before)
        .join(AuditEntry)
        .where(Revision.table_name == "Submission", Revision.row_id == submission.id, AuditEntry.at > at)
        .order_by(Revision.id)
        .limit(1)
        .scalar()
    )
    return str(before["state"]) if before else str(submission.state)


def _beside(was: Mapping[int, dict[str, Any]], now: Mapping[int, dict[str, Any]]) -> list[Then]:
    made = []
    for ident in {*was, *now}:
        picture = was.get(ident) or now[ident]
        made.append(Then(picture["key"], int(picture["row"]), _said(was.get(ident)), _said(now.get(ident))))
    return sorted(made, key=lambda each: (each.key, each.row))


def _said(picture: dict[str, Any] | None) -> str | None:
    if picture is None:
        return None
    if picture.get("mark") == "not_applicable":
        return "–"
    if picture.get("number") is not None:
        return format(Decimal(picture["number"]).normalize(), "f")
    return str(picture.get("text") or "")


def inputs_now(cut: Cut) -> dict[str, Inputs]:
    """Return the inputs of the same months as they would be read now, to set beside those that were frozen."""
    made = Passports()
    with figures.shared():
        take_inputs(cut, made)
    return made.tables
