"""The registry from a spreadsheet: send one, look at what it would change, take it in whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import current_app, flash, redirect, request
from flask_admin import BaseView, expose

from jobs import queue
from models import ImportBatch, Run, RunStep
from portal import clock, files, scope
from portal.errors import NotAllowed, NotFound, PortalError, RuleBroken
from portal.imports import batches, institutions, registry
from portal.rules import access
from portal.rules.terms import BatchState, RunState
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

MARKS = {
    BatchState.WAITING: "run", BatchState.STAGED: "half", BatchState.ACCEPTED: "run", BatchState.TAKEN: "done",
    BatchState.REFUSED: "bad", BatchState.UNDONE: "none",
}  # fmt: skip
BUSY = (BatchState.WAITING, BatchState.ACCEPTED)


class RegistryPage(BaseView):
    """Spreadsheets of institutions on their way into the registry."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="registry", url="/admin/registry", menu_icon_value="get")

    def is_accessible(self) -> bool:
        """Those who keep the registry take lists in."""
        return access.may_write(me().role, "Cooperative")

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("The registry is kept by the offices and the administrators.")

    @expose("/")
    def index(self) -> Any:
        """Show the lists there have been, newest first."""
        return self._index("", 200)

    def _index(self, problem: str, status: int) -> Any:
        held = scope.narrowed(ImportBatch.select(), me()).where(ImportBatch.source == registry.SOURCE)
        shown = self.render(
            "story/lists.html", batches=list(held.order_by(ImportBatch.id.desc()).limit(30)), problem=problem,
            marks=MARKS, headings=[texts[0] for texts in institutions.HEADINGS.values()],
        )  # fmt: skip
        return shown, status

    @expose("/", methods=("POST",))
    def send(self) -> Any:
        """Keep a list and ask for it to be read."""
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise RuleBroken("Choose a file first.", field="file")
            with tempfile.TemporaryDirectory(prefix="sent-") as folder:
                path = Path(folder) / "file"
                path.write_bytes(sent.stream.read())
                batch = registry.receive(path, Path(sent.filename).name, by=me(), files=_files(), at=clock.now())
        except PortalError as refusal:
            return self._index(refusal.words(gettext), refusal.status)
        _ring(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/list/")
    def list(self) -> Any:
        """Show one list: what is new, what would change, what is wrong and where."""
        batch = _batch()
        return self.render("story/list.html", **_state_of(batch))

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of a list's page that changes while a worker is at it."""
        return self.render("story/progress.html", **_state_of(_batch()))

    @expose("/take/", methods=("POST",))
    def take(self) -> Any:
        """Say yes to a list."""
        batch = _batch()
        registry.accept(batch, by=me(), at=clock.now())
        _ring(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/undo/", methods=("POST",))
    def undo(self) -> Any:
        """Put the registry back to what it was before a list."""
        batch = _batch()
        registry.undo(batch, by=me(), at=clock.now())
        flash(gettext("The registry stands as it did before this list."), "success")
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/refuse/", methods=("POST",))
    def refuse(self) -> Any:
        """Put a list aside."""
        registry.refuse(_batch(), by=me(), at=clock.now())
        flash(gettext("The list was put aside; nothing was changed."), "success")
        return redirect("/admin/registry/")


def _state_of(batch: ImportBatch) -> dict[str, Any]:
    run = batches.run_of(batch)
    steps = list(RunStep.select().where(RunStep.run == run.id).order_by(RunStep.position)) if run else []
    faults = [one | {"words": _words(**one)} for one in batch.report.get("faults", [])[:200]]
    failed = run is not None and run.state == RunState.FAILED
    return {
        "batch": batch, "run": run, "steps": steps, "marks": MARKS, "faults": faults, "failed": failed,
        "busy": batch.state in BUSY and not failed, "report": batch.report,
        "column_name": lambda name: institutions.HEADINGS.get(name, (name,))[0],
    }  # fmt: skip


def _words(says: str, values: dict[str, Any], **_place: Any) -> str:
    return gettext(says).format(**values)


def _files() -> files.Files:
    settings = current_app.config["PORTAL"]
    return files.connect(settings.files, settings.data)


def _ring(batch: ImportBatch) -> None:
    run: Run | None = batches.run_of(batch)
    if run is not None and run.state is RunState.WAITING:
        queue.ring("take_import", run.id, turn=run.attempt)


def _batch() -> ImportBatch:
    text = str(request.values.get("id"))
    if text.isascii() and text.isdigit() and len(text) < 10:
        held = scope.narrowed(ImportBatch.select(), me()).where(ImportBatch.source == registry.SOURCE)
        found: ImportBatch | None = held.where(ImportBatch.id == int(text)).first()
        if found is not None:
            return found
    raise NotFound("There is no such record, or it belongs to another office.")
