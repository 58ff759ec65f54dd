"""Submissions: each step of the workflow, from the first answer to the department's figures, and back for a correction.

Filling in stands in portal.answers, what lies on the desk in portal.sheets; both are offered here by their usual names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models import Answer, Comment, FormVersion, Obligation, Person, Reopening, Submission, db
from portal import formats, notices, parts, periods, records, scope, sheets
from portal.answers import NOT_APPLICABLE, Saved, begin, save_answers, save_cells
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.values import Cell, Context
from portal.rules import locks, workflow
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import ObligationState
from portal.rules.workflow import WITH_THE_OFFICE
from portal.sheets import Sheet, published

USUAL_DAYS = 3  # working days for which a report is open again, unless somebody says otherwise
MOST_DAYS = 30

__all__ = [
    "NOT_APPLICABLE", "STEPS", "USUAL_DAYS", "Outcome", "Saved", "begin", "close_due", "consolidate",
    "consolidate_all", "context_of",
    "end_reopening", "published", "questions", "reopen", "save_answers", "save_cells", "send_back", "settle", "submit",
    "verify", "verify_all",
]  # fmt: skip


def questions(version: FormVersion) -> dict[str, dict[str, Any]]:
    """Return the questions of a form version by key, in reading order, as they are described."""
    sections = version.spec.get("sections", [])
    return {q["key"]: q for section in sections for q in section.get("questions", [])}


def context_of(submission: Submission, *, at: dt.datetime) -> Context:
    """Return what rules and formulas may name beside the answers: last month, plan, total to date."""
    return sheets.of_submission(submission, at=at).context


def submit(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Hand a report in. Its obligation is met, at the first hand-in for good.

    Refused while a rule blocks it, with the names of the cells to mend. What the portal works out is kept with the
    answers from now on; answers to questions that do not come up are taken away. Figures in
    reports sent earlier that are made of this one's follow.
    """
    if by.role in OFFICE_ROLES and by.unit_id != submission.unit_id:
        raise NotAllowed("This record belongs to another office.")
    sheet = sheets.of_submission(submission, at=at)
    if sheet.lock is not None:
        raise sheet.lock.refusal()
    if sheet.blocking:
        names = dict.fromkeys(sheet.spec.name(problem.cell) for problem in sheet.blocking)
        raise RuleBroken("Please mend or answer first: {names}", field="answers", names=", ".join([*names][:5]))
    with db.atomic():
        with records.changing(by=by, verb="submit", at=at, as_verb=True) as work:
            first = submission.first_submitted_at or at
            _move(work, submission, "submit", by, submitted_at=at, submitted_by=by, first_submitted_at=first, note="")
            _keep_worked_out(work, sheet, at)
            obligation = submission.obligation
            if obligation.state == ObligationState.OPEN:
                work.update(obligation, state=ObligationState.MET, met_at=first)
        parts.follow(submission, sheet.spec, at=at)


def send_back(
    submission: Submission, *, by: Person, at: dt.datetime, note: str = "", cells: Mapping[Cell, str] | None = None
) -> None:
    """Return a report to its office with a reason, and with the cells that are to be mended, each with its own."""
    _check_owner(submission, by)
    marks = {cell: words.strip() for cell, words in (cells or {}).items()}
    for cell, words in marks.items():
        if not words:
            raise RuleBroken("Please say what is to be mended in each marked cell.", field=cell.key)
    said = note.strip() or " / ".join(dict.fromkeys(marks.values()))
    with records.changing(by=by, verb="send_back", at=at, note=said, as_verb=True) as work:
        _move(work, submission, "send_back", by, note=said, verified_at=None, verified_by=None)
        _settle_marks(work, submission, at)
        if note.strip() or not marks:
            work.create(Comment, submission=submission, text=said, person=by, at=at)
        for cell, words in marks.items():
            work.create(Comment, submission=submission, key=cell.key, row=cell.row, text=words, person=by, at=at)
        _tell_office(submission.obligation, at, "returned", f"ถูกส่งคืน: {said}")


def settle(comment: Comment, *, by: Person, at: dt.datetime, answer: str) -> None:
    """Answer a mark without changing the figure: the office says why it stands."""
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself fills in its report.")
    if comment.settled_at is not None or not comment.key:
        raise MoveRefused("This remark has been answered already.")
    if not answer.strip():
        raise RuleBroken("Please write the answer.", field="answer")
    with records.changing(by=by, verb="settle", at=at, as_verb=True) as work:
        work.update(comment, settled_at=at)
        work.create(
            Comment, submission=comment.submission_id, key=comment.key, row=comment.row, text=answer, person=by, at=at,
            settled_at=at,
        )  # fmt: skip


def verify(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Confirm a report's figures; only the division that owns the form, and never its sender."""
    _check_owner(submission, by)
    workflow.check_two_persons(submission.submitted_by_id, by.id)
    with records.changing(by=by, verb="verify", at=at, as_verb=True) as work:
        _move(work, submission, "verify", by, verified_at=at, verified_by=by)
        _settle_marks(work, submission, at)


@dataclass(frozen=True)
class Outcome:
    """What became of one record in a step that many take: `refusal` is None when it was done."""

    id: int
    submission: Submission | None
    refusal: PortalError | None


def verify_all(idents: Iterable[int], *, by: Person, at: dt.datetime) -> list[Outcome]:
    """Verify every report named, each in a transaction of its own; one that is refused leaves the others alone."""
    return _all(verify, idents, by=by, at=at)


def consolidate_all(idents: Iterable[int], *, by: Person, at: dt.datetime) -> list[Outcome]:
    """Take every report named into the department's figures; as `verify_all`."""
    return _all(consolidate, idents, by=by, at=at)


def _all(step: Callable[..., None], idents: Iterable[int], *, by: Person, at: dt.datetime) -> list[Outcome]:
    outcomes = []
    for ident in idents:
        submission = scope.narrowed(Submission.select(), by).where(Submission.id == ident).first()
        refusal: PortalError | None = None
        try:
            if submission is None:
                raise NotFound("This record is no longer there.")
            step(submission, by=by, at=at)
        except PortalError as refused:
            refusal = refused
        outcomes.append(Outcome(ident, submission, refusal))
    return outcomes


def consolidate(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Take a verified report into the department's figures."""
    with records.changing(by=by, verb="consolidate", at=at, as_verb=True) as work:
        _move(work, submission, "consolidate", by)


# ---------------------------------------------------------------- open again, for some days


def reopen(obligation: Obligation, *, by: Person, at: dt.datetime, reason: str, days: int = USUAL_DAYS) -> Reopening:
    """Open one office's report on one form for one period again, for `days` working days, with a reason.

    It works in a closed period too, and closes itself at the end of the last day. A report that was sent, verified
    or consolidated comes back to its office; one still with the office may simply be written and sent again.
    """
    if by.role != Role.PLANNING:
        raise NotAllowed("Only the planning division opens a report again.")
    if not reason.strip():
        raise MoveRefused("Please give a reason: the office needs it to mend the report.", field="note")
    if not 1 <= days <= MOST_DAYS:
        raise RuleBroken("A report is open again for 1 to {most} working days.", field="days", most=MOST_DAYS)
    sheet = sheets.sheet_of(obligation.id, at=at)
    if sheet.lock is None and sheet.reopening is None:
        raise MoveRefused("This report is open to its office already.")
    if sheet.obligation.period.opened_at is None:
        raise MoveRefused("This period is not open yet.")
    until = locks.last_day_open(at.date(), days, periods.holidays())
    with records.changing(by=by, verb="reopen", at=at, note=reason, as_verb=True) as work:
        submission = sheet.submission
        if submission is not None and submission.state not in WITH_THE_OFFICE:
            _move(work, submission, "reopen", by, note=reason, verified_at=None, verified_by=None)
        if submission is not None:
            work.create(Comment, submission=submission, text=reason, person=by, at=at)
        for held in Reopening.select().where(Reopening.obligation == obligation.id, Reopening.closed_at.is_null()):
            work.update(held, closed_at=at)
        made = work.create(
            Reopening, obligation=obligation, unit=obligation.unit_id, reason=reason, opened_by=by, opened_at=at,
            until_on=until,
        )  # fmt: skip
        _tell_office(obligation, at, "reopened", f"เปิดให้แก้ไขถึง {formats.day_short(until)}: {reason}")
    return made


def end_reopening(reopening: Reopening, *, by: Person, at: dt.datetime) -> None:
    """Close a report again before its days are over."""
    if by.role != Role.PLANNING:
        raise NotAllowed("Only the planning division opens a report again.")
    if reopening.closed_at is not None:
        raise MoveRefused("This has been closed already.")
    with records.changing(by=by, verb="end_reopening", at=at, as_verb=True) as work:
        work.update(reopening, closed_at=at)


def close_due(*, at: dt.datetime) -> int:
    """Close the reopenings whose last day is over, and return how many. Coming late is harmless: the lock looks at
    the day itself."""
    due = list(Reopening.select().where(Reopening.closed_at.is_null(), Reopening.until_on < at.date()))
    if due:
        with records.changing(by=None, verb="end_reopening", at=at, as_verb=True) as work:
            for one in due:
                midnight = dt.datetime.combine(one.until_on + dt.timedelta(days=1), dt.time())
                work.update(one, closed_at=min(midnight, at))
    return len(due)


def _reopen_report(submission: Submission, *, by: Person, at: dt.datetime, note: str) -> None:
    """The step of the workflow: open a report again for the usual number of working days."""
    reopen(submission.obligation, by=by, at=at, reason=note)


STEPS: dict[str, Callable[..., None]] = {
    "submit": submit, "send_back": send_back, "verify": verify, "consolidate": consolidate, "reopen": _reopen_report,
}  # fmt: skip


# ---------------------------------------------------------------- below: how


def _move(
    work: records.Work,
    submission: Submission,
    verb: str,
    by: Person,
    *,
    note: str | None = None,
    **changes: Any,
) -> None:
    """Take one step. The UPDATE compares the version again: of two who press at once, one is told to look again."""
    after = workflow.next_state(submission.state, verb, by.role, note or "")
    if note is not None:
        changes["note"] = note
    work.update(submission, seen=submission.version, state=after, **changes)


def _check_owner(submission: Submission, by: Person) -> None:
    if by.role == Role.DIVISION and submission.form_version.form.owner_id != by.unit_id:
        raise NotAllowed("Only the division that owns this form checks its reports.")


def _keep_worked_out(work: records.Work, sheet: Sheet, at: dt.datetime) -> None:
    """Keep what the portal works out beside what was typed, so that every reader finds the same figures."""
    spec, wanted = sheet.spec, parts.worked_out(sheet)
    for cell, held in sheet.answers.items():
        shown = cell.key.partition(".")[0] in sheet.shown
        typed = kinds.of(spec.asked[cell.key]).typed and cell.key not in sheet.parts
        total = cell.row == 0 and spec.table_of(cell.key) is not None
        if cell not in wanted and (not shown or not typed or total):
            work.remove(Answer(id=held.id))
    parts.keep(work, sheet, wanted, at)


def _settle_marks(work: records.Work, submission: Submission, at: dt.datetime) -> None:
    open_marks = Comment.select().where(
        Comment.submission == submission.id, Comment.key != "", Comment.settled_at.is_null()
    )
    for mark in open_marks:
        work.update(mark, settled_at=at)


def _tell_office(obligation: Obligation, at: dt.datetime, kind: str, words: str) -> None:
    """Let the people of an office hear of what became of their report; each of them once."""
    form = obligation.form.name if obligation.form is not None else obligation.subject
    people = Person.select(Person.id).where(
        Person.unit == obligation.unit_id, Person.is_active, Person.role.in_(sorted(OFFICE_ROLES))
    )
    notices.tell(
        [ident for (ident,) in people.tuples()], f"{form} {words}", at=at, kind=kind,
        about=f"{obligation.id}/{at.isoformat()}", link=f"/admin/answers/?obligation={obligation.id}",
    )  # fmt: skip
