"""Fill in a report: one plain line for each question of its form, saved as often as one likes before it is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import Answer, FormVersion, MeasureUnit, Obligation, Submission
from portal import clock, formats, scope, submissions
from portal.errors import MoveRefused, NotFound, PortalError, StaleRow
from portal.rules import inputs
from portal.rules.access import OFFICE_ROLES
from portal.rules.terms import Mark
from portal.rules.workflow import State
from portal.web.language import gettext, language, lazy
from portal.web.sign_in import me

OPEN = (State.DRAFT, State.RETURNED)
NOT_APPLICABLE = "n/a"


@dataclass
class Line:
    """One question as it stands on the page: what is typed into it, and what is wrong with that."""

    key: str
    label: str
    kind: str
    unit: str
    required: bool
    typed: str = ""
    applies: bool = True
    error: str = ""
    theirs: str | None = None


@dataclass
class Sheet:
    """A report to be filled in: what it meets, what it answers so far, and a mark that changes with the answers."""

    obligation: Obligation
    submission: Submission | None
    version: FormVersion
    sections: list[tuple[str, list[Line]]] = field(default_factory=list)
    stamp: str = ""

    @property
    def lines(self) -> list[Line]:
        """Return the questions in reading order."""
        return [line for _title, lines in self.sections for line in lines]


class AnswersPage(BaseView):
    """The page on which an office fills in what it owes."""

    def __init__(self) -> None:
        super().__init__(lazy("Answers"), None, endpoint="answers", url="/admin/answers")

    def is_visible(self) -> bool:
        """It is reached from what is owed, not from the menu."""
        return False

    def is_accessible(self) -> bool:
        """Only offices fill in; the verbs refuse everybody else as well."""
        return me().role in OFFICE_ROLES

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Show the questions with their answers, and save them."""
        sheet = _sheet(_obligation(request.args.get("obligation")))
        if sheet.submission is not None and sheet.submission.state not in OPEN:
            return redirect(f"/admin/submission/details/?id={sheet.submission.id}")
        if request.method == "GET":
            return self._page(sheet)
        stored = {line.key: (line.typed, line.applies) for line in sheet.lines}
        values = _read(sheet)
        if any(line.error for line in sheet.lines):
            return self._page(sheet, 422)
        if request.form.get("stamp") != sheet.stamp:
            return self._stale(sheet, stored)
        try:
            ident = self._save(sheet, values)
        except StaleRow:
            return self._stale(_typed_again(sheet), stored)
        except PortalError as refusal:
            return self._page(sheet, refusal.status, refusal.words(gettext))
        flash(gettext("Your answers are saved. They are sent when the head of the office presses “Send”."), "success")
        return redirect(f"/admin/submission/details/?id={ident}")

    def _save(self, sheet: Sheet, values: dict[str, Decimal | str | None]) -> int:
        person, now = me(), clock.now()
        begun = sheet.submission or submissions.begin(sheet.obligation, by=person, at=now)
        submissions.save_answers(begun, values, by=person, at=now, seen=begun.version)
        return int(begun.id)

    def _stale(self, sheet: Sheet, stored: dict[str, tuple[str, bool]]) -> Any:
        """Somebody else answered meanwhile: show theirs beside what was typed; saving once more is a decision."""
        for line in sheet.lines:
            typed, applies = stored[line.key]
            if (typed, applies) != (line.typed, line.applies):
                line.theirs = typed if applies else gettext("does not apply")
        words = gettext("Somebody else answered meanwhile. Nothing was overwritten: compare, then save once more.")
        return self._page(sheet, 409, words)

    def _page(self, sheet: Sheet, status: int = 200, refusal: str = "") -> Any:
        errors = [(line.key, line.label, line.error) for line in sheet.lines if line.error]
        shown = self.render("submissions/answers.html", sheet=sheet, errors=errors, refusal=refusal)
        return shown, status


def _obligation(ident: Any) -> Obligation:
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row = scope.narrowed(Obligation.select(), me()).where(Obligation.id == int(text)).first()
        if row is not None and row.form_id is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")


def _sheet(obligation: Obligation) -> Sheet:
    submission = Submission.get_or_none(Submission.obligation == obligation.id)
    version = submission.form_version if submission else submissions.published(obligation.form)
    if version is None:
        raise MoveRefused("This form has no published version yet; its owner publishes one.")
    answers: dict[str, Answer] = {}
    if submission is not None:
        answers = {a.key: a for a in Answer.select().where(Answer.submission == submission.id, Answer.row == 0)}
    sheet = Sheet(obligation, submission, version, stamp=_stamp(answers))
    units: dict[str, str] = dict(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).tuples())
    for section in version.spec.get("sections", []):
        title = section.get("title_en") if language() == "en" else section.get("title")
        lines = [_line(q, units, answers.get(q["key"])) for q in section.get("questions", [])]
        sheet.sections.append((str(title or section.get("title", "")), lines))
    return sheet


def _line(question: dict[str, Any], units: dict[str, str], answer: Answer | None) -> Line:
    code = str(question.get("unit") or "")
    label = str(question.get("label", question["key"]))
    made = Line(
        question["key"], label, str(question.get("kind", "text")), units.get(code, code), bool(question.get("required"))
    )
    if answer is not None:
        made.applies = answer.mark == Mark.VALUE
        made.typed = formats.quantity(answer.number) if answer.number is not None else answer.text
    return made


def _stamp(answers: dict[str, Answer]) -> str:
    held = sorted((a.key, a.id, a.version) for a in answers.values())
    return hashlib.sha256(repr(held).encode()).hexdigest()[:16]


def _read(sheet: Sheet) -> dict[str, Decimal | str | None]:
    """Read what was typed into the lines and return it as values; what is wrong stands in each line's `error`."""
    values: dict[str, Decimal | str | None] = {}
    for line in sheet.lines:
        line.typed = request.form.get(f"q-{line.key}", "")
        line.applies = f"na-{line.key}" not in request.form
        try:
            values[line.key] = _value(line)
        except PortalError as refusal:
            line.error = refusal.words(gettext)
    return values


def _value(line: Line) -> Decimal | str | None:
    if not line.applies:
        return NOT_APPLICABLE
    if not line.typed.strip():
        return None
    if line.kind == "text":
        return inputs.parse_text(line.typed, many_lines=True)
    return inputs.parse_number(line.typed, decimals=2 if line.kind == "money" else 4)


def _typed_again(sheet: Sheet) -> Sheet:
    """Return the report as it stands now, with what was typed still in its lines."""
    fresh = _sheet(sheet.obligation)
    _read(fresh)
    return fresh
