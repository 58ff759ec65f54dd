"""Ask for a pack or a book, watch it being made chapter by chapter, fetch the file."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import BaseView, expose

from jobs import queue
from models import Edition, FiscalYear, Period, Run, RunStep
from portal import clock, files, scope
from portal.errors import NotAllowed, NotFound, PortalError
from portal.reports import issuing, ledger, passports, runs
from portal.rules import editions
from portal.rules.access import CENTRAL_ROLES, Role
from portal.rules.editions import Signature
from portal.rules.inputs import MONTHS_LONG, parse_date
from portal.rules.terms import EditionState, PeriodKind, RunKind, RunState
from portal.web import guard
from portal.web.language import Lazy, gettext, language
from portal.web.sign_in import me

OPEN = (RunState.WAITING, RunState.RUNNING)
EDITION_MARKS = {
    "final": ("done", "pill final"), "approved": ("done", "pill final"), "for_meeting": ("half", "pill prov"),
    "draft": ("dash", "pill"), "superseded": ("none", "pill"),
}  # fmt: skip
MARKS = {"waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none"}
# The browser's own reader shows the file inside the page of its edition, and nowhere else.
FRAMES_FILE = f"{guard.POLICY}; frame-src 'self'"
IN_FRAME = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
CHANGED = 40
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

    @expose("/edition/")
    def edition(self) -> Any:
        """Show one edition: how whole it is, its hashes, its pages, and the steps it may take."""
        return self._edition(_one(Edition, request.args.get("id")))

    @expose("/step/", methods=("POST",))
    def step(self) -> Any:
        """Issue the figures of an edition anew, as what the step makes of it."""
        edition = _one(Edition, request.form.get("id"))
        verb, note = request.form.get("verb", "")[:20], request.form.get("note", "")[:2000]
        try:
            signed = _signature()
            run = issuing.take_step(edition, verb, by=me(), at=clock.now(), signature=signed, note=note)
        except PortalError as refusal:
            return self._edition(edition, refusal), refusal.status
        queue.ring("compile_run", run.id, turn=run.attempt)
        flash(gettext("Decided. The new edition is being printed; the work goes on without this page."), "success")
        return redirect("/admin/reports/")

    def _edition(self, edition: Edition, refusal: PortalError | None = None) -> Response:
        others = Edition.select().where(Edition.book == edition.book, Edition.subject == edition.subject)
        steps = editions.open_steps(edition.book, edition.subject, EditionState(edition.state), Role(me().role))
        shown = self.render(
            "reports/edition.html",
            edition=edition,
            name=ledger.name(edition),
            others=list(others.order_by(Edition.number.desc())),
            chapters=_chapters(edition),
            changed=_changed(edition),
            steps=steps if edition.sha256 else (),
            typed=request.form,
            problem=refusal.words(gettext) if refusal else "",
            at_field=refusal.field if refusal else "",
            post=editions.DIRECTOR_GENERAL,
            month_of=month_of,
            tag_of=EDITION_MARKS,
        )
        response = Response(shown)
        response.headers["Content-Security-Policy"] = FRAMES_FILE
        return response

    @expose("/file/")
    def file(self) -> Any:
        """Send the PDF of a run or of an edition; `shown` lets our own page show it in a frame."""
        if "edition" in request.args:
            edition = _one(Edition, request.args.get("edition"))
            response = _sent(edition.file_key, f"{ledger.name(edition)}.pdf")
            if "shown" in request.args:
                response.headers["Content-Security-Policy"] = IN_FRAME
                response.headers["X-Frame-Options"] = "SAMEORIGIN"
            return response
        run = _run(request.args.get("id"))
        return _sent(run.file_key, run.file_name or f"{run.kind} {run.subject}.pdf")


def _signature() -> Signature:
    """Read who stands for an edition, as typed."""
    day = request.form.get("document_on", "").strip()
    try:
        on = parse_date(day) if day else None
    except PortalError as wrong:
        wrong.field = "document_on"
        raise
    name, post, number = (request.form.get(f, "").strip()[:200] for f in ("signer", "signer_post", "document_number"))
    return Signature(name, post, number[:100], on)


def _chapters(edition: Edition) -> list[tuple[str, int, int]]:
    """Return title, first page and length of each chapter of an edition, as its run set them."""
    made, page = [], 1
    steps = RunStep.select().where(RunStep.run == edition.run_id, RunStep.pages.is_null(False))
    for step in steps.order_by(RunStep.position):
        made.append((step.title, page, step.pages))
        page += step.pages
    return made


def _changed(edition: Edition) -> list[tuple[str, str, str, str]]:
    """Return key, label, value before and value now of the first figures that are not those of the edition before."""
    earlier = ledger.before(edition)
    if not edition.differs or earlier is None or not earlier.snapshot_key:
        return []
    settings = current_app.config["PORTAL"]
    store = files.connect(settings.files, settings.data)
    old, new = (json.loads(ledger.figures(each, store)).get("passports", {}) for each in (earlier, edition))
    before, after = passports.thawed(old).figures, passports.thawed(new).figures
    return [
        (key, (after.get(key) or before[key]).label, _shown(before.get(key)), _shown(after.get(key)))
        for key in passports.differing(old, new)
        if (after.get(key) or before[key]).shown_as != "standing"
    ][:CHANGED]


def _shown(figure: passports.Figure | None) -> str:
    return "-" if figure is None else figure.shown


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
        "tiles": TILES, "month_of": month_of, "at": clock.now(), "tag_of": EDITION_MARKS,
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
