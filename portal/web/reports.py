"""Ask for a pack or a book, watch it being made chapter by chapter, fetch the file."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import BaseView, expose

from jobs import queue
from models import Edition, FiscalYear, Period, Run, RunStep
from portal import clock, files, scope
from portal.errors import NotAllowed, NotFound, PortalError
from portal.reports import runs
from portal.rules.access import CENTRAL_ROLES
from portal.rules.inputs import MONTHS_LONG
from portal.rules.terms import PeriodKind, RunKind, RunState
from portal.web.language import Lazy, gettext, language
from portal.web.sign_in import me

OPEN = (RunState.WAITING, RunState.RUNNING)
MARKS = {"waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none"}
TILES = 26  # more chapters than these are drawn as tiles, not as a list


class ReportsPage(BaseView):
    """Packs and books: asking, making, fetching."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="reports", url="/admin/reports", menu_icon_value="book")

    def is_accessible(self) -> bool:
        """Packs and books are the department's: its central roles ask for them."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Packs and books of the department are asked for by its central units.")

    @expose("/")
    def index(self) -> Any:
        """Show the page."""
        return self.render("reports/index.html", **_asked_for(), **_ledger(), problem="", chosen="")

    @expose("/", methods=("POST",))
    def ask(self) -> Any:
        """Ask for a pack or book; asking twice for the same thing makes one run."""
        kind = RunKind.BOOK if request.form.get("kind") == "book" else RunKind.PACK
        subject = request.form.get(str(kind), "")
        try:
            run = runs.ask(kind, subject[:20], by=me(), at=clock.now())
        except PortalError as refusal:
            words = refusal.words(gettext)
            shown = self.render("reports/index.html", **_asked_for(), **_ledger(), problem=words, chosen=kind)
            return shown, refusal.status
        queue.ring("compile_run", run.id, turn=run.attempt)
        flash(gettext("Asked for. You may close this page; the work goes on."), "success")
        return redirect("/admin/reports/")

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of the page that changes while runs are being made."""
        return self.render("reports/progress.html", **_ledger())

    @expose("/cancel/", methods=("POST",))
    def cancel(self) -> Any:
        """Stop a run."""
        runs.cancel(_run(request.form.get("id")), by=me(), at=clock.now())
        flash(gettext("The run is being stopped."), "success")
        return redirect("/admin/reports/")

    @expose("/retry/", methods=("POST",))
    def retry(self) -> Any:
        """Make a failed or cancelled run after all."""
        run = _run(request.form.get("id"))
        runs.retry(run, by=me(), at=clock.now())
        queue.ring("compile_run", run.id, turn=run.attempt)
        flash(gettext("Asked for again."), "success")
        return redirect("/admin/reports/")

    @expose("/file/")
    def file(self) -> Any:
        """Send the PDF of a run or of an edition."""
        if "edition" in request.args:
            edition = _one(Edition, request.args.get("edition"))
            return _sent(edition.file_key, f"{edition.book} {edition.subject} {edition.number}.pdf")
        run = _run(request.args.get("id"))
        return _sent(run.file_key, run.file_name or f"{run.kind} {run.subject}.pdf")


def title(run: Run) -> str:
    """Return what a run makes, in words: `ชุดรายงานผู้บริหาร พฤษภาคม 2566`."""
    if run.kind == RunKind.PACK:
        return gettext("Executive pack {month}", month=month_of(run.subject))
    if run.kind == RunKind.BOOK:
        return gettext("Annual book {year}", year=run.subject)
    return f"{run.kind} {run.subject}"


def month_of(subject: str) -> str:
    """Return `พฤษภาคม 2566` for `2566-05`."""
    year, _, month = subject.partition("-")
    if language() == "en":
        return subject
    return f"{MONTHS_LONG[int(month) - 1]} {year}" if month.isdigit() and 1 <= int(month) <= 12 else subject


def _asked_for() -> dict[str, Any]:
    months = (
        Period.select()
        .where(Period.kind == PeriodKind.MONTH, Period.opened_at.is_null(False))
        .order_by(Period.starts_on.desc())
        .limit(36)
    )
    begun = Period.select(Period.fiscal_year).where(Period.opened_at.is_null(False))
    years = FiscalYear.select().where(FiscalYear.id.in_(begun)).order_by(FiscalYear.year.desc()).limit(20)
    return {"months": [p.be_month for p in months], "years": [y.year for y in years]}


def _ledger() -> dict[str, Any]:
    """Return the runs being made with their chapters, those that have ended, and the editions."""
    mine = scope.narrowed(Run.select(), me()).where(Run.kind.in_((RunKind.PACK, RunKind.BOOK)))
    making = list(mine.where(Run.state.in_(OPEN)).order_by(Run.asked_at))
    ended = list(mine.where(Run.state.not_in(OPEN)).order_by(Run.ended_at.desc(), Run.id.desc()).limit(8))
    steps: dict[int, list[RunStep]] = {run.id: [] for run in making}
    for step in RunStep.select().where(RunStep.run.in_(list(steps))).order_by(RunStep.run, RunStep.position):
        steps[step.run_id].append(step)
    editions = scope.narrowed(Edition.select(), me()).order_by(Edition.made_at.desc(), Edition.id.desc()).limit(12)
    return {
        "making": making, "ended": ended, "steps": steps, "editions": list(editions), "title": title, "marks": MARKS,
        "tiles": TILES, "month_of": month_of, "at": clock.now(),
    }  # fmt: skip


def _run(ident: Any) -> Run:
    run: Run = _one(Run, ident)
    return run


def _one(model: Any, ident: Any) -> Any:
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row = scope.narrowed(model.select(), me()).where(model.id == int(text)).first()
        if row is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")


def _sent(key: str, name: str) -> Response:
    if not key:
        raise NotFound("This run has no file yet.")
    settings = current_app.config["PORTAL"]
    store = files.connect(settings.files, settings.data)
    held = store.open(key)

    def parts() -> Any:
        with held:
            while part := held.read(256 * 1024):
                yield part

    response = Response(parts(), mimetype="application/pdf")
    response.headers["Content-Length"] = str(store.size(key))
    response.headers["Content-Disposition"] = f"inline; filename=report.pdf; filename*=UTF-8''{quote(name)}"
    return response
