"""Screens: submissions, looked at here and moved by the buttons, never typed into; and the remarks on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin_views import panels
from admin_views.base import Button, Screen
from models import Comment, Person, Submission
from portal import submissions
from portal.rules.access import OFFICE_ROLES
from portal.rules.workflow import MOVES, VERBS, State, open_verbs
from portal.web.language import gettext, lazy

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
    """Lead the office to the page on which it answers, while the report is with it."""
    if person.role in OFFICE_ROLES and row.state in (State.DRAFT, State.RETURNED):
        return gettext("Fill in"), f"/admin/answers/?obligation={row.obligation_id}"
    return None


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
    panels = (panels.answers, panels.comments, panels.attachments)


class CommentScreen(Screen):
    """Remarks on submissions."""

    table = Comment
    icon = "talk"
    adds = changes = False
    column_list = ("text", "submission.form_version.form", "submission.unit", "person", "at")
    column_filters = ("submission.unit", "person", "at")
    column_default_sort = ("id", True)
    not_typed = ("submission", "key", "text", "person", "at", "row", "settled_at")
