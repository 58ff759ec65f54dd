"""Files of the finance system: send one, look at what it would do, say what its codes mean, take it in, undo it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import BudgetCategory, FiscalYear, ImportBatch, ImportLine, Project, Run, Unit
from portal import clock, formats, scope
from portal.errors import NotAllowed, PortalError, RuleBroken
from portal.imports import IMPORTS, batches, codes, control, plan, registry, underway
from portal.imports.source import Given
from portal.reports import runs
from portal.rules import access
from portal.rules.access import CENTRAL_ROLES
from portal.rules.inputs import parse_date
from portal.rules.terms import BatchState, MapKind, Nature
from portal.web import sent_files
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

OURS = ImportBatch.source.not_in((registry.SOURCE, plan.SOURCE))
NAMES = {
    "act": Lazy("Budget Act"), "after_transfers": Lazy("After transfers"), "received": Lazy("Received"),
    "disbursed": Lazy("Disbursed"), "ordered": Lazy("PO"), "reserved": Lazy("Reserved with obligation"),
}  # fmt: skip
SHOWN = 200
NO_PROJECT = "none"


class ImportsPage(BaseView):
    """Finance files on their way into the year's money."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="imports", url="/admin/imports", menu_icon_value="get")

    def is_accessible(self) -> bool:
        """Central roles look; planning and administrators take files in."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Finance files are taken in by the planning division.")

    @expose("/")
    def index(self) -> Any:
        """Show the files there have been, newest first."""
        return self._index("", 200)

    def _index(self, problem: str, status: int) -> Any:
        listed = list(scope.narrowed(ImportBatch.select(), me()).where(OURS).order_by(ImportBatch.id.desc()).limit(50))
        years = [y.year for y in FiscalYear.select().order_by(FiscalYear.year.desc()).limit(20)]
        shown = self.render(
            "imports/index.html", batches=listed, years=years, problem=problem, marks=sent_files.MARKS, at=clock.now(),
            may=_may(), shapes={shape.slug: gettext(shape.title) for shape in IMPORTS}, offices=codes.units_to_map(),
        )  # fmt: skip
        return shown, status

    @expose("/", methods=("POST",))
    def send(self) -> Any:
        """Keep a file and ask for it to be read."""
        try:
            given = _given()
            with sent_files.sent_file() as (path, name):
                is_whole = request.form.get("whole") == "y"
                batch = batches.receive(
                    path, name, given, is_whole=is_whole, by=me(), files=kept_files(), at=clock.now()
                )
        except PortalError as refusal:
            return self._index(refusal.words(gettext), refusal.status)
        if batch.state is BatchState.TAKEN:
            flash(gettext("This very file was taken in before, as number {n}. Nothing was done.", n=batch.id), "watch")
        sent_files.ring(batch)
        return redirect(f"/admin/imports/file/?id={batch.id}")

    @expose("/file/")
    def file(self) -> Any:
        """Show one file: its preview and what it lacks, or how it comes along."""
        return self._shown(_batch(), "", 200)

    def _shown(self, batch: ImportBatch, problem: str, status: int) -> Any:
        shown = self.render(
            "imports/file.html", **_state_of(batch), **_to_map(batch), problem=problem, names=NAMES, baht=formats.baht,
            may=_may(), at=clock.now(), natures=list(Nature), word_typed=request.form.get("word", ""),
            lines=_unmatched(batch), shapes={shape.slug: gettext(shape.title) for shape in IMPORTS},
        )  # fmt: skip
        return shown, status

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of a file's page that changes while a worker is at it."""
        batch = _batch()
        arrived = request.args.get("was") != str(batch.state)
        return self.render("imports/progress.html", **_state_of(batch), arrived=arrived)

    @expose("/codes/", methods=("POST",))
    def codes(self) -> Any:
        """Keep what codes mean and match the lines anew."""
        return self._done(lambda batch: codes.map_codes(batch, _told(batch), by=me(), at=clock.now()))

    @expose("/take/", methods=("POST",))
    def take(self) -> Any:
        """Say yes to a file."""
        return self._done(
            lambda batch: batches.accept(batch, request.form.get("word", "")[:2000], by=me(), at=clock.now())
        )

    @expose("/refuse/", methods=("POST",))
    def refuse(self) -> Any:
        """Put a file aside."""
        return self._done(lambda batch: batches.refuse(batch, by=me(), at=clock.now()))

    @expose("/undo/", methods=("POST",))
    def undo(self) -> Any:
        """Put the money back to what it was before the file."""
        return self._done(lambda batch: batches.ask_undo(batch, by=me(), at=clock.now()))

    @expose("/again/", methods=("POST",))
    def again(self) -> Any:
        """Let a run that failed be done after all."""
        return self._done(sent_files.again)

    def _done(self, do: Any) -> Any:
        batch = _batch()
        try:
            do(batch)
        except PortalError as refusal:
            return self._shown(underway.of_run(str(batch.id)), refusal.words(gettext), refusal.status)
        sent_files.ring(batch)
        return redirect(f"/admin/imports/file/?id={batch.id}")


def _may() -> bool:
    return access.may_write(me().role, "BudgetLine")


def _given() -> Given:
    year, day = request.form.get("year", ""), request.form.get("as_of", "").strip()
    unit = request.form.get("unit", "")
    return Given(int(year) if year.isascii() and year.isdigit() else None, parse_date(day) if day else None, unit[:200])


def _batch() -> ImportBatch:
    return sent_files.asked_batch(OURS)


def _state_of(batch: ImportBatch) -> dict[str, Any]:
    run: Run | None = underway.run_of(batch)
    is_busy = run is not None and run.state in runs.OPEN
    faults = [_fault(each) for each in batch.report.get("faults", [])[:SHOWN]]
    return {
        "batch": batch, "run": run, "steps": sent_files.steps_of(run), "is_busy": is_busy,
        "marks": sent_files.MARKS, "faults": faults,
        "controls": control.controls(batch) if "matched" in batch.report else [],
        "holds": [_said(each) for each in control.holds(batch)] if batch.state is BatchState.STAGED else [],
        "step_marks": {"waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none"},
        "changes": batch.report.get("changes", {}),
    }  # fmt: skip


def _fault(kept: dict[str, Any]) -> tuple[str, Any, str, str]:
    """Return where something is wrong and what, in the reader's language."""
    sentence = kept["says"]
    return kept["sheet"], kept["row"], kept["column"], PortalError(sentence, **kept["values"]).words(gettext)


def _said(error: PortalError) -> str:
    if "name" in error.values and error.values["name"] in NAMES:
        error.values["name"] = str(NAMES[error.values["name"]])
    return error.words(gettext)


def _to_map(batch: ImportBatch) -> dict[str, Any]:
    """Return the codes that nobody has told yet, and what they may be mapped to."""
    if batch.state is not BatchState.STAGED or not batch.lines_refused:
        return {"unknown": [], "units": [], "projects": [], "categories": []}
    return {
        "unknown": codes.unknown(batch)[:SHOWN],
        "units": codes.units_to_map(),
        "projects": codes.projects_of(batch),
        "categories": list(BudgetCategory.select().order_by(BudgetCategory.code)),
    }


def _unmatched(batch: ImportBatch) -> list[ImportLine]:
    rows = ImportLine.select().where(ImportLine.batch == batch.id, ~ImportLine.is_matched).order_by(ImportLine.row)
    return list(rows.limit(20))


def _told(batch: ImportBatch) -> dict[tuple[MapKind, str], Any]:
    """Return what the form says that codes mean; a code left empty stays unknown."""
    told: dict[tuple[MapKind, str], Any] = {}
    for one in codes.unknown(batch):
        answer = request.form.get(f"{one.kind}:{one.value}", "").strip()
        if not answer:
            continue
        told[one.kind, one.value] = _target(one.kind, answer)
    if not told:
        raise RuleBroken("Say what at least one code means.")
    return told


def _target(kind: MapKind, answer: str) -> Any:
    if kind is MapKind.PROJECT and answer == NO_PROJECT:
        return None
    if kind in (MapKind.NATURE, MapKind.CODE):
        return answer
    table: Any = {MapKind.UNIT: Unit, MapKind.CATEGORY: BudgetCategory}.get(kind) or Project
    row = table.get_or_none(table.id == int(answer)) if answer.isascii() and answer.isdigit() else None
    if row is None:
        raise RuleBroken("Choose one of the list.")
    return row
