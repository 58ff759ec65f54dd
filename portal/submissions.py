"""Submissions: begin, save answers, and each step of the workflow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import Answer, Comment, Form, FormVersion, Obligation, Period, Person, Submission
from portal import records
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules import workflow
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import FormState, Mark, ObligationState
from portal.rules.workflow import State


def published(form: Form) -> FormVersion | None:
    """Return the newest published version of a form."""
    return (
        FormVersion.select()
        .where(FormVersion.form == form.id, FormVersion.state == FormState.PUBLISHED)
        .order_by(FormVersion.number.desc())
        .first()
    )


def questions(version: FormVersion) -> dict[str, dict[str, Any]]:
    """Return the questions of a form version by key, in reading order."""
    sections = version.spec.get("sections", [])
    return {q["key"]: q for section in sections for q in section.get("questions", [])}


def begin(obligation: Obligation, *, by: Person, at: dt.datetime) -> Submission:
    """Return the submission that meets `obligation`, a new draft if there is none yet."""
    there = Submission.get_or_none(Submission.obligation == obligation.id)
    if there is not None:
        return there
    _check_office(by)
    version = published(obligation.form) if obligation.form is not None else None
    if version is None:
        raise MoveRefused("This form has no published version yet; its owner publishes one.")
    with records.changing(by=by, verb="begin", at=at, as_verb=True) as work:
        return work.create(
            Submission,
            obligation=obligation,
            unit=obligation.unit_id,
            period=obligation.period_id,
            form_version=version,
        )


def save_answers(
    submission: Submission,
    values: Mapping[str, Decimal | str | None],
    *,
    by: Person,
    at: dt.datetime,
    seen: int | None = None,
) -> None:
    """Save answers by key. A Decimal is a number, "n/a" means it does not apply, None takes the answer away.

    Refused while the submission is not with the office, or when its period is closed.
    """
    _check_office(by)
    if submission.state not in (State.DRAFT, State.RETURNED):
        raise MoveRefused("This report has been sent; it can be changed when it is returned.")
    _check_open(submission.period)
    known = questions(submission.form_version)
    there = {a.key: a for a in Answer.select().where(Answer.submission == submission.id, Answer.row == 0)}
    with records.changing(by=by, verb="save_answers", at=at, as_verb=True) as work:
        for key, value in values.items():
            if key not in known:
                raise RuleBroken("There is no question “{key}” in this form.", field=key, key=key)
            if value is None:
                if key in there:
                    work.remove(there[key])
                continue
            columns: dict[str, Any] = {"mark": Mark.VALUE, "number": None, "text": ""}
            if isinstance(value, Decimal):
                columns["number"] = value
            elif value == "n/a":
                columns["mark"] = Mark.NOT_APPLICABLE
            else:
                columns["text"] = value
            if key in there:
                work.update(there[key], **columns)
            else:
                work.create(
                    Answer,
                    submission=submission,
                    key=key,
                    indicator=known[key].get("indicator_id"),
                    **columns,
                )
        if work.kept:
            work.touch(submission, seen=seen)


def submit(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Hand a report in. Its obligation is met, at the first hand-in for good."""
    _check_open(submission.period)
    missing = [
        str(q.get("label", key))
        for key, q in questions(submission.form_version).items()
        if q.get("required")
        and not Answer.select().where(Answer.submission == submission.id, Answer.key == key).exists()
    ]
    if missing:
        raise RuleBroken("Please answer first: {names}", field="answers", names=", ".join(missing[:5]))
    with records.changing(by=by, verb="submit", at=at, as_verb=True) as work:
        first = submission.first_submitted_at or at
        _move(
            work,
            submission,
            "submit",
            by,
            submitted_at=at,
            submitted_by=by,
            first_submitted_at=first,
            note="",
        )
        if submission.obligation.state == ObligationState.OPEN:
            work.update(submission.obligation, state=ObligationState.MET, met_at=first)


def send_back(submission: Submission, *, by: Person, at: dt.datetime, note: str) -> None:
    """Return a report to its office with a reason."""
    _check_owner(submission, by)
    with records.changing(by=by, verb="send_back", at=at, note=note, as_verb=True) as work:
        _move(work, submission, "send_back", by, note=note, verified_at=None, verified_by=None)
        work.create(Comment, submission=submission, text=note, person=by, at=at)


def verify(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Confirm a report's figures; only the division that owns the form, and never its sender."""
    _check_owner(submission, by)
    workflow.check_two_persons(submission.submitted_by_id, by.id)
    with records.changing(by=by, verb="verify", at=at, as_verb=True) as work:
        _move(work, submission, "verify", by, verified_at=at, verified_by=by)


def consolidate(submission: Submission, *, by: Person, at: dt.datetime) -> None:
    """Take a verified report into the department's figures."""
    with records.changing(by=by, verb="consolidate", at=at, as_verb=True) as work:
        _move(work, submission, "consolidate", by)


def reopen(submission: Submission, *, by: Person, at: dt.datetime, note: str) -> None:
    """Give a consolidated report back to its office for a correction, with a reason."""
    with records.changing(by=by, verb="reopen", at=at, note=note, as_verb=True) as work:
        _move(work, submission, "reopen", by, note=note, verified_at=None, verified_by=None)
        work.create(Comment, submission=submission, text=note, person=by, at=at)


STEPS = {
    "submit": submit, "send_back": send_back, "verify": verify, "consolidate": consolidate, "reopen": reopen,
}  # fmt: skip


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


def _check_office(by: Person) -> None:
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself fills in its report.")


def _check_open(period: Period) -> None:
    if period.opened_at is None or period.closed_at is not None:
        raise MoveRefused("This period is closed; the planning division can open it for you.")


def _check_owner(submission: Submission, by: Person) -> None:
    if by.role == Role.DIVISION and submission.form_version.form.owner_id != by.unit_id:
        raise NotAllowed("Only the division that owns this form checks its reports.")
