"""Ask for a pack or a book, watch it being made chapter by chapter, see the editions there are."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_admin import expose

from jobs import queue
from models import Edition, FiscalYear, Period, Region, Run, RunStep, Unit
from portal import clock, scope
from portal.errors import PortalError
from portal.reports import outlines, runs
from portal.rules.access import CENTRAL_ROLES
from portal.rules.editions import SCOPES, ScopeKind
from portal.rules.terms import PeriodKind, RunKind, RunState, UnitKind
from portal.web.editions import EDITION_MARKS, EditionPages, one
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me
from portal.web.subjects import month_of, scope_words, subject_words, title

OPEN = (RunState.WAITING, RunState.RUNNING)
MARKS = {"waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none"}
TILES = 26  # more chapters than these are drawn as tiles, not as a list
SHOWN = 24  # editions


class ReportsPage(EditionPages):
    """Packs and books: asking, making, fetching. An office's people see their own office's."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="reports", url="/admin/reports", menu_icon_value="book")

    @expose("/")
    def index(self) -> Any:
        """Show the page."""
        return self._index()

    @expose("/", methods=("POST",))
    def ask(self) -> Any:
        """Ask for a pack or book; asking twice for the same thing makes one run."""
        kind = RunKind.BOOK if request.form.get("kind") == "book" else RunKind.PACK
        time, code = request.form.get(str(kind), "")[:20], request.form.get(f"{kind}_scope", "")[:20]
        if me().role not in CENTRAL_ROLES and not code:
            code = me().unit.code
        try:
            run = runs.ask(kind, f"{time}/{code}" if code else time, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._index(refusal.words(gettext), kind), refusal.status
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
        runs.cancel(one(Run, request.form.get("id")), by=me(), at=clock.now())
        flash(gettext("The run is being stopped."), "success")
        return redirect("/admin/reports/")

    @expose("/retry/", methods=("POST",))
    def retry(self) -> Any:
        """Make a failed or cancelled run after all."""
        run = one(Run, request.form.get("id"))
        runs.retry(run, by=me(), at=clock.now())
        queue.ring("compile_run", run.id, turn=run.attempt)
        flash(gettext("Asked for again."), "success")
        return redirect("/admin/reports/")

    def _index(self, problem: str = "", chosen: str = "") -> Any:
        return self.render(
            "reports/index.html", **_asked_for(), **_ledger(), problem=problem, chosen=chosen,
            is_central=me().role in CENTRAL_ROLES, may_set=me().role in outlines.MAY_SET,
        )  # fmt: skip


def _asked_for() -> dict[str, Any]:
    """Return the months and years there are, and of whom packs and books are made."""
    months = (
        Period.select()
        .where(Period.kind == PeriodKind.MONTH, Period.opened_at.is_null(False))
        .order_by(Period.starts_on.desc())
        .limit(36)
    )
    begun = Period.select(Period.fiscal_year).where(Period.opened_at.is_null(False))
    years = FiscalYear.select().where(FiscalYear.id.in_(begun)).order_by(FiscalYear.year.desc()).limit(20)
    units = Unit.select(Unit.code, Unit.short, Unit.kind).where(Unit.closed_on.is_null(), Unit.parent.is_null(False))
    of_kind: dict[str, list[tuple[str, str]]] = {kind.value: [] for kind in UnitKind}
    for code, short, kind in units.order_by(Unit.name_sort).tuples():
        of_kind[str(kind)].append((code, short))
    regions = list(Region.select(Region.code, Region.name).where(Region.is_active).order_by(Region.code).tuples())
    return {
        "months": [p.be_month for p in months], "years": [y.year for y in years], "regions": regions,
        "offices": of_kind[UnitKind.PROVINCIAL], "divisions": of_kind[UnitKind.CENTRAL],
    }  # fmt: skip


def _ledger() -> dict[str, Any]:
    """Return the runs being made with their chapters, those that have ended, and the editions."""
    mine = scope.narrowed(Run.select(), me()).where(Run.kind.in_((RunKind.PACK, RunKind.BOOK)))
    making = list(mine.where(Run.state.in_(OPEN)).order_by(Run.asked_at))
    ended = list(mine.where(Run.state.not_in(OPEN)).order_by(Run.ended_at.desc(), Run.id.desc()).limit(8))
    steps: dict[int, list[RunStep]] = {run.id: [] for run in making}
    for step in RunStep.select().where(RunStep.run.in_(list(steps))).order_by(RunStep.run, RunStep.position):
        steps[step.run_id].append(step)
    found, chosen = _editions(request.args.get("of", ""))
    return {
        "making": making, "ended": ended, "steps": steps, "editions": found, "title": title, "marks": MARKS,
        "tiles": TILES, "month_of": month_of, "words": subject_words, "whose": scope_words, "at": clock.now(),
        "tag_of": EDITION_MARKS, "chosen_of": chosen, "kinds": tuple(SCOPES),
    }  # fmt: skip


def _editions(slug: str) -> tuple[list[Edition], str]:
    """Return the latest editions the person may see, all or of one kind of book, and that kind."""
    rows = scope.narrowed(Edition.select(), me()).order_by(Edition.made_at.desc(), Edition.id.desc()).limit(SHOWN)
    whose = SCOPES.get(slug)
    if whose is None:
        return list(rows), ""
    rows = rows.where(Edition.book == slug.partition("_")[0])
    if whose is ScopeKind.NATION:
        return list(rows.where(~Edition.subject.contains("/"))), slug
    of_offices = Unit.select(Unit.id).where(Unit.kind == UnitKind.PROVINCIAL)
    rows = rows.where(Edition.subject.contains("/"))
    if whose is ScopeKind.OFFICE:
        rows = rows.where(Edition.unit.in_(of_offices))
    elif whose is ScopeKind.DIVISION:
        rows = rows.where(Edition.unit.not_in(of_offices))
    return list(rows), slug
