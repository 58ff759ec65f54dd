"""Fill in a report: the page is the form. Each cell is saved as it is left; without scripts, all of them at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask import Response, flash, jsonify, redirect, request
from flask_admin import BaseView, expose

from models import Attachment, Comment, Indicator, Obligation, Target
from portal import answers, attachments, clock, formats, plans, scope, sheets, submissions, unlocks
from portal.answers import Saved
from portal.errors import MoveRefused, NotFound, RuleBroken
from portal.forms import kinds
from portal.forms.values import Cell
from portal.rules import inputs
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.locks import LockRule
from portal.rules.workflow import State
from portal.sheets import NOTHING, Sheet
from portal.web import sheet_view
from portal.web.form_page import SheetForm, cell_of, changed_since, name_of, seen_of
from portal.web.kept import kept_files
from portal.web.language import gettext, language, lazy, ngettext
from portal.web.sheet_told import explained, names_of, progress, reply, words_for_script
from portal.web.sign_in import me

MOST_CELLS = 20_000  # in one request


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

    # ------------------------------------------------------------ the sheet

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Show the sheet; save all of it when it is sent without scripts."""
        sheet = opened(request.args.get("obligation"))
        if request.method == "GET":
            return self._page(sheet, SheetForm(sheet))
        form = SheetForm(sheet, request.form)
        if sheet.lock is not None:
            raise sheet.lock.refusal()
        typed, seen = changed_since(form, request.form.get("seen", ""))
        reasons = {
            cell_of(name[7:]): words for name, words in request.form.items() if name.startswith("reason-")
        }  # fmt: skip
        saved = answers.fill_in(sheet, typed, by=me(), at=clock.now(), seen=seen, reasons=_changed(sheet, reasons))
        if saved.refused or saved.clashed:
            form = SheetForm(saved.sheet, request.form)
            return self._page(saved.sheet, form, saved, 422 if saved.refused else 409)
        if "send" in request.form:
            return redirect(f"/admin/answers/send?obligation={sheet.obligation.id}")
        flash(gettext("Your answers are saved. They are sent when the head of the office presses “Send”."), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}")

    def _page(self, sheet: Sheet, form: SheetForm, saved: Saved | None = None, status: int = 200) -> Any:
        marks = marks_of(sheet)
        people = names_of(
            [m.person_id for m in marks] + [c.theirs.saved_by for c in saved.clashed.values() if c.theirs]
            if saved
            else [m.person_id for m in marks]
        )
        parts = sheet_view.parts_of(sheet, form, measures=sheets.measures(), marks=marks, people=people, saved=saved)
        shown = self.render(
            "submissions/sheet.html",
            sheet=sheet, form=form, parts=parts, marks=marks, people=people, seen=seen_of(form),
            progress=progress(sheet), before=sheet_view.before_name(sheet.obligation.period),
            lock=explained(sheet, sheet.lock), saved=saved,
            locks={key: explained(sheet, lock, key) for key, lock in sheet.cell_locks.items()},
            first=_first(sheet, marks), words=words_for_script(), number_of=sheet_view.number_of,
            states=sheet_view.STATES,
            mark_names={m.id: sheet.spec.name(Cell(m.key, m.row), language()) for m in marks}, name_of=name_of,
            since=clock.now().isoformat(), plans=_planned(sheet),
            may_send=me().role == Role.APPROVER, months=formats.FISCAL_MONTHS, files=files_of(sheet),
            accepted=lambda question: kinds.of(question).accepted(question),  # type: ignore[attr-defined]
        )  # fmt: skip
        return shown, status

    @expose("/cell", methods=("POST",))
    def cell(self) -> Any:
        """Save cells as they are left, or pasted; what became of each is told, and what else changed with them."""
        given = _given()
        sheet = opened(given.get("obligation"))
        if sheet.lock is not None:
            return jsonify(error=sheet_view.lock_words(sheet.lock), locked=True), 409
        cells = _named(given, "cells", str)
        seen = _named(given, "seen", int)
        now = clock.now()
        saved = answers.fill_in(sheet, cells, by=me(), at=now, seen=seen, reasons=_named(given, "reasons", str))
        return jsonify(reply(saved, cells, str(given.get("since", "")), now))

    # ------------------------------------------------------------ handing it in

    @expose("/send", methods=("GET", "POST"))
    def send(self) -> Any:
        """Show once more what is to be sent, and what stands in the way; send it."""
        sheet = opened(request.args.get("obligation"))
        if request.method == "POST":
            if sheet.submission is None:
                raise MoveRefused("This report has not been begun.")
            version = request.form.get("version", "")
            if version.isascii() and version.isdigit() and len(version) < 10:
                sheet.submission.version = int(version)
            submissions.submit(sheet.submission, by=me(), at=clock.now())
            flash(gettext("The report was sent."), "success")
            return redirect("/admin/")
        form = SheetForm(sheet)
        parts = sheet_view.parts_of(sheet, form, measures=sheets.measures())
        return self.render(
            "submissions/send.html",
            sheet=sheet, parts=parts, progress=progress(sheet), lock=explained(sheet, sheet.lock),
            blocking=[
                (name_of(p.cell), sheet.spec.name(p.cell, language()), p.error.words(gettext)) for p in sheet.blocking
            ],
            reasoned=[
                (sheet.spec.name(p.cell, language()), p.error.words(gettext), p.reason)
                for p in sheet.problems if p.severity == "warn" and p.reason
            ],
            may_send=me().role == Role.APPROVER,
        )  # fmt: skip

    # ------------------------------------------------------------ what opens a lock

    @expose("/plan", methods=("POST",))
    def plan(self) -> Any:
        """Take in an office's monthly plan of one indicator, from the very cell that asks for it."""
        sheet = opened(request.form.get("obligation"))
        target = _target(sheet, request.form.get("key", ""))
        measure = target.indicator.measure_unit
        months: dict[int, Decimal | None] = {}
        for month in plans.MONTHS:
            text = request.form.get(f"m{month}", "").strip()
            months[month] = inputs.parse_number(text, decimals=measure.decimals) if text else None
        plans.plan_months(target, months, by=me(), at=clock.now())
        flash(gettext("The plan is kept; the result can be filled in now."), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}#c-{request.form.get('key', '')}")

    @expose("/ask", methods=("POST",))
    def ask(self) -> Any:
        """Ask that a lock be lifted."""
        sheet = opened(request.form.get("obligation"))
        rule, key = request.form.get("rule", ""), request.form.get("key", "")
        if rule not in set(LockRule):
            raise NotFound("There is no such field.")
        ident = sheet.spec.feeds.get(key)
        indicator = Indicator.get_by_id(ident) if ident is not None and key in sheet.cell_locks else None
        unlocks.ask(
            sheet.obligation, LockRule(rule), by=me(), at=clock.now(), reason=request.form.get("reason", ""),
            indicator=indicator,
        )  # fmt: skip
        flash(gettext("Your request is on its way; the answer comes to your notices."), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}")

    @expose("/settle", methods=("POST",))
    def settle(self) -> Any:
        """Answer a mark of the division without changing the figure."""
        sheet = opened(request.form.get("obligation"))
        ident = request.form.get("comment", "")
        mark = next((m for m in marks_of(sheet) if str(m.id) == ident), None)
        if mark is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        if sheet.lock is not None:
            raise sheet.lock.refusal()
        submissions.settle(mark, by=me(), at=clock.now(), answer=request.form.get("answer", ""))
        flash(gettext("Your answer goes to the division with the report."), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}#c-{name_of(Cell(mark.key, mark.row))}")

    # ------------------------------------------------------------ files

    @expose("/file", methods=("GET", "POST"))
    def file(self) -> Any:
        """Keep a file with a cell; or send one back."""
        if request.method == "GET":
            return sent(request.args.get("id"))
        sheet = opened(request.form.get("obligation"))
        cell = cell_of(request.form.get("cell", ""))
        given = [one for one in request.files.getlist("file") if one.filename]
        if not given:
            raise RuleBroken("Please choose a file.", field="file")
        for one in given:
            content = one.stream.read(attachments.MOST_BYTES + 1)
            saved = attachments.attach(
                sheet, cell, one.filename or "", content, by=me(), at=clock.now(), store=kept_files()
            )
            sheet = saved.sheet
        flash(ngettext("{count} file was attached.", "{count} files were attached.", len(given)), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}#f-{name_of(cell)}")

    @expose("/unfile", methods=("POST",))
    def unfile(self) -> Any:
        """Take a file away."""
        sheet = opened(request.form.get("obligation"))
        ident = request.form.get("id", "")
        if not (ident.isascii() and ident.isdigit() and len(ident) < 10):
            raise NotFound("This file is no longer here.")
        attachments.detach(sheet, int(ident), by=me(), at=clock.now())
        flash(gettext("The file was taken away."), "success")
        return redirect(f"/admin/answers/?obligation={sheet.obligation.id}")


def sent(ident: Any) -> Response:
    """Return a file of a report that the person may see. It is saved by the browser, never opened on our pages."""
    text = str(ident)
    held = None
    if text.isascii() and text.isdigit() and len(text) < 10:
        held = scope.narrowed(Attachment.select(), me()).where(Attachment.id == int(text)).first()
    if held is None or held.submission_id is None:
        raise NotFound("This file is no longer here.")
    content = kept_files().open(held.file_key)
    response = Response(content, mimetype=held.media_type)
    response.headers["Content-Length"] = str(held.size)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(held.name)}"
    return response


def files_of(sheet: Sheet) -> dict[str, list[Attachment]]:
    """Return the files of a report by the names of their cells."""
    found: dict[str, list[Attachment]] = {}
    if any(question.kind in ("file", "photo") for question in sheet.spec.asked.values()):
        for one in attachments.of(sheet):
            found.setdefault(name_of(Cell(one.key, one.row)), []).append(one)
    return found


# ---------------------------------------------------------------- what pages and scripts are told


def opened(ident: Any) -> Sheet:
    """Return the sheet of an obligation that the person may see. Raises NotFound for any other."""
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row = scope.narrowed(Obligation.select(Obligation.id, Obligation.form), me())
        found = row.where(Obligation.id == int(text)).first()
        if found is not None and found.form_id is not None:
            return sheets.sheet_of(found.id, at=clock.now())
    raise NotFound("There is no such record, or it belongs to another office.")


def marks_of(sheet: Sheet) -> list[Comment]:
    """Return the cells that the division marked and that are not settled yet, in reading order."""
    if sheet.submission is None or sheet.submission.submitted_at is None:
        return []
    open_marks = Comment.select().where(
        Comment.submission == sheet.submission.id, Comment.key != "", Comment.settled_at.is_null()
    )
    order = {key: n for n, key in enumerate(sheet.spec.asked)}
    return sorted(open_marks, key=lambda mark: (order.get(mark.key, len(order)), mark.row))


def _first(sheet: Sheet, marks: list[Comment]) -> str:
    """Return the cell on which the page opens: the first that the division marked."""
    return name_of(Cell(marks[0].key, marks[0].row)) if marks and sheet.state is State.RETURNED else ""


def _planned(sheet: Sheet) -> dict[str, dict[str, Any]]:
    """Return, for each cell that waits for a plan, the target and the months planned so far."""
    found = {}
    for key, lock in sheet.cell_locks.items():
        if lock.rule is LockRule.PLAN_FIRST:
            beside = sheet.beside.get(key, NOTHING)
            found[key] = {"target": sheet_view.number_of(beside.target)}
    return found


def _target(sheet: Sheet, key: str) -> Target:
    ident = sheet.spec.feeds.get(key)
    found: Target | None = Target.get_or_none(Target.indicator == ident, Target.unit == sheet.obligation.unit_id)
    if ident is None or found is None:
        raise NotFound("There is no such field.")
    return found


def _changed(sheet: Sheet, reasons: Mapping[Cell, str]) -> dict[Cell, str]:
    held = {cell: sheet.answers[cell].reason if cell in sheet.answers else "" for cell in reasons}
    return {cell: words.strip() for cell, words in reasons.items() if words.strip() != held[cell]}


def _given() -> Mapping[str, Any]:
    try:
        given = json.loads(request.get_data(cache=True) or b"{}")
    except ValueError as wrong:
        raise RuleBroken("This request could not be read.") from wrong
    if not isinstance(given, dict):
        raise RuleBroken("This request could not be read.")
    return given


def _named(given: Mapping[str, Any], name: str, kind: type) -> dict[Cell, Any]:
    held = given.get(name, {})
    if not isinstance(held, dict) or len(held) > MOST_CELLS:
        raise RuleBroken("This request could not be read.")
    if any(type(value) is not kind for value in held.values()):
        raise RuleBroken("This request could not be read.")
    return {cell_of(str(key)): value for key, value in held.items()}


__all__ = ["AnswersPage", "explained", "files_of", "marks_of", "opened", "progress", "reply", "sent"]
