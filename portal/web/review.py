"""Check reports: what waits, one report beside last month and its plan, cells marked with reasons, and the next one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import Comment, Obligation, Period, Person, Reopening, Submission
from portal import clock, reviews, scope, sheets, submissions
from portal.database import tuples
from portal.errors import NotAllowed, NotFound, PortalError
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.deviations import Deviation, deviations
from portal.rules.workflow import State, open_verbs
from portal.sheets import Sheet
from portal.web import sheet_view
from portal.web.form_page import SheetForm, cell_of, name_of
from portal.web.language import gettext, language, lazy, ngettext
from portal.web.sheet_told import explained, progress
from portal.web.shell import day
from portal.web.sign_in import me
from portal.web.submissions import files_of, sent

CHECKERS = frozenset({Role.DIVISION, Role.PLANNING})
READERS = CHECKERS | {Role.ADMIN, Role.EXECUTIVE}
AT_ONCE = 2_000
DEVIATIONS = {
    Deviation.ABOVE_LAST: lazy("more than twice the period before"),
    Deviation.BELOW_LAST: lazy("less than half of the period before"),
    Deviation.ABOVE_PLAN: lazy("more than half above the plan"),
    Deviation.BELOW_PLAN: lazy("less than half of the plan"),
    Deviation.ABOVE_TARGET: lazy("above the target of the year"),
}


class ReviewPage(BaseView):
    """The pages on which divisions verify and return reports, and planning takes them over and opens them again."""

    def __init__(self, name: Any, category: Any) -> None:
        super().__init__(name, category, endpoint="review", url="/admin/review", menu_icon_value="tick")

    def is_accessible(self) -> bool:
        """Central people read; who may take a step is asked by the verbs."""
        return me().role in READERS

    def is_visible(self) -> bool:
        """It stands in the menu of those who have steps to take."""
        return me().role in CHECKERS

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("This page belongs to other roles.")

    @expose("/")
    def index(self) -> Any:
        """Show what waits; or one report."""
        ident = request.args.get("submission")
        if ident is None:
            return self._waiting(None)
        return self._report(_submission(ident))

    def _report(self, submission: Submission, refusal: PortalError | None = None) -> Any:
        sheet = sheets.of_submission(submission, at=clock.now())
        current = sheet.submission
        assert current is not None
        comments = list(Comment.select().where(Comment.submission == current.id).order_by(Comment.id))
        people = _names(comments, current)
        form = SheetForm(sheet)
        parts = sheet_view.parts_of(sheet, form, measures=sheets.measures(), people=people)
        touched = reviews.touched(current)
        is_second = touched is not None and current.state is State.SUBMITTED
        only = touched if is_second and touched is not None and "all" not in request.args else None
        said: dict[str, list[Comment]] = {}
        for comment in comments:
            if comment.key:
                said.setdefault(name_of(Cell(comment.key, comment.row)), []).append(comment)
        shown = self.render(
            "submissions/review.html",
            sheet=sheet, submission=current, parts=parts, people=people, said=said, odd=odd_cells(sheet),
            touched={name_of(cell) for cell in touched or ()}, only=_only(only, said), is_second=is_second,
            verbs=open_verbs(current.state, me().role) if _owns(current) else (), progress=progress(sheet),
            before=sheet_view.before_name(sheet.obligation.period), number_of=sheet_view.number_of,
            remarks=[c for c in comments if not c.key], lock=explained(sheet, sheet.lock),
            edits=reviews.made_inside(current), followed=reviews.worked_out_since(current),
            cell_name=lambda cell: sheet.spec.name(cell, language()),
            reopening=sheet.reopening, files=files_of(sheet), refusal=refusal.words(gettext) if refusal else "",
            may_reopen=me().role == Role.PLANNING, usual_days=submissions.USUAL_DAYS, most_days=submissions.MOST_DAYS,
            left=len(reviews.ids_waiting(me(), period=current.period_id, form=current.form_version.form_id)),
        )  # fmt: skip
        return (shown, refusal.status) if refusal else shown

    @expose("/step", methods=("POST",))
    def step(self) -> Any:
        """Verify a report or take it over, and go on to the next."""
        submission = _submission(request.form.get("submission"))
        verb = request.form.get("verb", "")
        if verb not in ("verify", "consolidate"):
            raise NotFound("There is no such field.")
        _seen(submission)
        try:
            submissions.STEPS[verb](submission, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._report(_submission(submission.id), refusal)
        words = gettext("Verified.") if verb == "verify" else gettext("Taken into the department's figures.")
        flash(words, "success")
        return _onward(submission)

    @expose("/return", methods=("POST",))
    def send_back(self) -> Any:
        """Return a report with its marked cells, and go on to the next."""
        submission = _submission(request.form.get("submission"))
        _seen(submission)
        note = request.form.get("note", "").strip()
        marks: dict[Cell, str] = {}
        for name in request.form:
            if name.startswith("mark-"):
                marks[cell_of(name[5:])] = request.form.get(f"why-{name[5:]}", "").strip() or note
        try:
            submissions.send_back(submission, by=me(), at=clock.now(), note=note, cells=marks)
        except PortalError as refusal:
            return self._report(_submission(submission.id), refusal)
        flash(gettext("Returned to the office."), "success")
        return _onward(submission)

    @expose("/file")
    def file(self) -> Any:
        """Send a file of a report."""
        return sent(request.args.get("id"))

    @expose("/all", methods=("POST",))
    def all(self) -> Any:
        """Verify every report that waits for one form and period, and show what became of each."""
        narrowed = {name: _number(request.form.get(name)) for name in ("period", "form")}
        idents = reviews.ids_waiting(me(), **narrowed)[:AT_ONCE]
        if me().role == Role.PLANNING:
            outcomes = submissions.consolidate_all(idents, by=me(), at=clock.now())
        else:
            outcomes = submissions.verify_all(idents, by=me(), at=clock.now())
        done = sum(outcome.refusal is None for outcome in outcomes)
        if me().role == Role.PLANNING:
            flash(ngettext("{count} report was taken over.", "{count} reports were taken over.", done), "success")
        else:
            flash(ngettext("{count} report was verified.", "{count} reports were verified.", done), "success")
        rows = [
            (
                o.id, str(o.submission.unit) if o.submission else "",
                str(o.submission.form_version.form) if o.submission else "",
                o.refusal.words(gettext) if o.refusal else "",
            )
            for o in outcomes
        ]  # fmt: skip
        return self._waiting(rows)

    def _waiting(self, outcomes: list[tuple[int, str, str, str]] | None) -> Any:
        """Show what waits, the newest period first, and what became of a step that many took."""
        waiting = reviews.waiting(me())
        by_period: dict[int, tuple[Period, list[reviews.Waiting]]] = {}
        for one in reversed(waiting):
            by_period.setdefault(one.period.id, (one.period, []))[1].insert(0, one)
        return self.render(
            "submissions/waiting.html", waiting=waiting, by_period=list(by_period.values()), outcomes=outcomes
        )

    @expose("/reopen", methods=("POST",))
    def reopen(self) -> Any:
        """Open one office's report again for some working days."""
        obligation = _obligation(request.form.get("obligation"))
        days = _number(request.form.get("days")) or 0
        made = submissions.reopen(obligation, by=me(), at=clock.now(), reason=request.form.get("note", ""), days=days)
        words = gettext("Open again until the end of {day}", day=day(made.until_on))
        flash(words, "success")
        return _back(obligation)

    @expose("/close", methods=("POST",))
    def close(self) -> Any:
        """Close a report again before its days are over."""
        obligation = _obligation(request.form.get("obligation"))
        held = obligation.reopenings.where(Reopening.closed_at.is_null()).first()
        if held is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        submissions.end_reopening(held, by=me(), at=clock.now())
        flash(gettext("Closed again."), "success")
        return _back(obligation)


def odd_cells(sheet: Sheet) -> dict[str, list[str]]:
    """Return what stands out, in words, by the names of cells."""
    found: dict[str, list[str]] = {}
    for key, beside in sheet.beside.items():
        cell = Cell(key)
        value = sheet.entries.get(cell, sheet.worked_out.get(cell))
        if isinstance(value, Decimal) and "." not in key:
            last = beside.last if isinstance(beside.last, Decimal) else None
            reasons = deviations(value, last=last, plan=beside.plan, total=beside.total(value), target=beside.target)
            if reasons:
                found[name_of(cell)] = [str(DEVIATIONS[one]) for one in reasons]
    return found


def _only(touched: frozenset[Cell] | None, said: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the cells that the second look is about: touched since the return, or marked then. None = all."""
    return None if touched is None else frozenset(name_of(cell) for cell in touched) | frozenset(said)


def _submission(ident: Any) -> Submission:
    number = _number(str(ident))
    row: Submission | None = scope.narrowed(Submission.select(), me()).where(Submission.id == number).first()
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def _obligation(ident: Any) -> Obligation:
    number = _number(ident)
    row: Obligation | None = scope.narrowed(Obligation.select(), me()).where(Obligation.id == number).first()
    if row is None or row.form_id is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def _number(text: Any) -> int | None:
    word = str(text or "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def _seen(submission: Submission) -> None:
    """Let the step be taken on the report as it was looked at: a later change refuses it."""
    version = _number(request.form.get("version"))
    if version is not None:
        submission.version = version


def _owns(submission: Submission) -> bool:
    return me().role != Role.DIVISION or submission.form_version.form.owner_id == me().unit_id


def _onward(submission: Submission) -> Any:
    following = reviews.next_waiting(me(), submission)
    return redirect(f"/admin/review/?submission={following}" if following else "/admin/review/")


def _back(obligation: Obligation) -> Any:
    report = Submission.get_or_none(Submission.obligation == obligation.id)
    if report is None:
        return redirect(f"/admin/obligation/details/?id={obligation.id}")
    return redirect(f"/admin/review/?submission={report.id}")


def _names(comments: list[Comment], submission: Submission) -> dict[int, str]:
    wanted = {c.person_id for c in comments} | {submission.submitted_by_id, submission.verified_by_id}
    known = sorted(ident for ident in wanted if ident is not None)
    return dict(tuples(Person.select(Person.id, Person.name).where(Person.id.in_(known)))) if known else {}
