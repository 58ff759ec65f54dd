"""Screens: submissions, looked at here and moved by the buttons, never typed into; remarks, reopenings, requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin_views import answers, panels
from admin_views.base import Button, Screen
from models import Comment, Person, Reopening, Submission, UnlockRequest
from portal import submissions, unlocks
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.workflow import MOVES, VERBS, WITH_THE_OFFICE, open_verbs
from portal.web.language import gettext, lazy
from portal.web.words import word

LABELS = {
    "submit": (lazy("Send"), lazy("Send the chosen reports to the division?"), "mail"),
    "send_back": (lazy("Return to the office"), None, "undo"),
    "verify": (lazy("Verify"), lazy("Verify the chosen reports?"), "tick"),
    "consolidate": (lazy("Take into the department's figures"), lazy("Take the chosen reports over?"), "grid"),
    "reopen": (lazy("Reopen for a correction"), None, "undo"),
}


STEPS: Mapping[str, Any] = submissions.STEPS


def _step(verb: str) -> Button:
    label, sure, icon = LABELS[verb]
    moves = [move for move in MOVES if move.verb == verb]
    return Button(
        verb, label, STEPS[verb], frozenset(move.role for move in moves), icon=icon, sure=sure,
        fits=lambda row, person: verb in open_verbs(row.state, person.role),
        asks_note=any(move.needs_note for move in moves),
    )  # fmt: skip


def fill_in(row: Submission, person: Person) -> tuple[str, str] | None:
    """Lead the office to the page on which it answers, and everybody else to the one on which it is checked."""
    if person.role in OFFICE_ROLES:
        open_ = row.state in WITH_THE_OFFICE
        return gettext("Fill in") if open_ else gettext(
            "Look at the sheet"
        ), f"/admin/answers/?obligation={row.obligation_id}"
    return gettext("Check"), f"/admin/review/?submission={row.id}"


class SubmissionScreen(Screen):
    """One unit's report on one form for one period."""

    table = Submission
    icon = "form"
    adds = changes = False
    empty = lazy("Reports appear here as soon as an office begins one.")
    column_list = ("form_version.form", "unit", "period", "state", "submitted_at", "submitted_by", "verified_at")
    column_filters = (
        "state", "unit", "unit.region", "period", "period.fiscal_year", "form_version.form",
        "form_version.form.owner", "submitted_at",
    )  # fmt: skip
    column_default_sort = ("submitted_at", True)
    not_typed = (
        "obligation", "unit", "period", "form_version", "state", "first_submitted_at", "submitted_at",
        "submitted_by", "verified_at", "verified_by", "note",
    )  # fmt: skip
    buttons = tuple(_step(verb) for verb in VERBS)
    ways = (fill_in,)
    panels = (answers.answers, answers.edits, panels.comments, panels.attachments)


class CommentScreen(Screen):
    """Remarks on submissions."""

    table = Comment
    icon = "talk"
    adds = changes = False
    column_list = ("text", "submission.form_version.form", "submission.unit", "person", "at")
    column_filters = ("submission.unit", "person", "at")
    column_default_sort = ("id", True)
    not_typed = ("submission", "key", "text", "person", "at", "row", "settled_at")


class ReopeningScreen(Screen):
    """Reports that are or were open again for some working days."""

    table = Reopening
    icon = "undo"
    adds = changes = False
    empty = lazy("Reports that are opened again for a correction appear here.")
    column_list = ("obligation.form", "unit", "obligation.period", "reason", "opened_at", "until_on", "closed_at")
    column_filters = ("unit", "obligation.form", "obligation.period", "opened_at", "until_on")
    column_default_sort = ("until_on", True)
    not_typed = ("obligation", "unit", "reason", "opened_by", "opened_at", "until_on", "closed_at")
    buttons = (
        Button(
            "end_reopening", lazy("Close it now"), submissions.end_reopening, frozenset({Role.PLANNING}),
            fits=lambda row, person: row.closed_at is None, sure=lazy("Close the chosen reports again?"), icon="lock",
        ),
    )  # fmt: skip


class UnlockRequestScreen(Screen):
    """What offices ask to have opened, answered here by those who can."""

    table = UnlockRequest
    icon = "key"
    adds = changes = False
    empty = lazy("Requests to open what is locked appear here.")
    column_list = ("rule", "obligation.form", "indicator", "unit", "reason", "asked_at", "granted", "answered_at")
    column_filters = ("unit", "obligation.form", "granted", "asked_at")
    column_default_sort = ("asked_at", True)
    worded = {"rule": word}
    not_typed = (
        "unit", "obligation", "indicator", "rule", "reason", "asked_by", "asked_at", "granted", "answer",
        "answered_by", "answered_at",
    )  # fmt: skip
    buttons = (
        Button(
            "grant", lazy("Open it"), unlocks.grant, frozenset({Role.DIVISION, Role.PLANNING}),
            fits=lambda row, person: unlocks.may_answer(row, person), asks_note=True, icon="tick",
        ),
        Button(
            "refuse", lazy("Leave it locked"), unlocks.refuse, frozenset({Role.DIVISION, Role.PLANNING}),
            fits=lambda row, person: unlocks.may_answer(row, person), asks_note=True, icon="x",
        ),
    )  # fmt: skip
