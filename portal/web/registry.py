"""The registry from a spreadsheet: send one, look at what it would change, take it in whole or not at all."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_admin import BaseView, expose

from models import ImportBatch
from portal import clock, scope
from portal.errors import NotAllowed, PortalError
from portal.imports import institutions, registry
from portal.rules import access
from portal.web import sent_files
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

OURS = ImportBatch.source == registry.SOURCE


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
        held = scope.narrowed(ImportBatch.select(), me()).where(OURS)
        shown = self.render(
            "story/lists.html", batches=list(held.order_by(ImportBatch.id.desc()).limit(30)), problem=problem,
            marks=sent_files.MARKS, headings=[texts[0] for texts in institutions.HEADINGS.values()],
        )  # fmt: skip
        return shown, status

    @expose("/", methods=("POST",))
    def send(self) -> Any:
        """Keep a list and ask for it to be read."""
        try:
            with sent_files.sent_file() as (path, name):
                batch = registry.WAY.receive(path, name, by=me(), files=kept_files(), at=clock.now())
        except PortalError as refusal:
            return self._index(refusal.words(gettext), refusal.status)
        sent_files.ring(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/list/")
    def list(self) -> Any:
        """Show one list: what is new, what would change, what is wrong and where."""
        batch = _batch()
        return self.render("story/list.html", **_state_of(batch))

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of a list's page that changes while a worker is at it."""
        return self.render("parts/sent_file.html", **_state_of(_batch()))

    @expose("/take/", methods=("POST",))
    def take(self) -> Any:
        """Say yes to a list."""
        batch = _batch()
        registry.WAY.accept(batch, by=me(), at=clock.now())
        sent_files.ring(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/undo/", methods=("POST",))
    def undo(self) -> Any:
        """Ask for the registry to be put back to what it was before a list."""
        batch = _batch()
        registry.WAY.ask_undo(batch, by=me(), at=clock.now())
        sent_files.ring(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/again/", methods=("POST",))
    def again(self) -> Any:
        """Let work that failed or was stopped be done after all."""
        batch = _batch()
        registry.WAY.check_may(me())
        sent_files.again(batch)
        return redirect(f"/admin/registry/list/?id={batch.id}")

    @expose("/refuse/", methods=("POST",))
    def refuse(self) -> Any:
        """Put a list aside."""
        registry.WAY.refuse(_batch(), by=me(), at=clock.now())
        flash(gettext("The list was put aside; nothing was changed."), "success")
        return redirect("/admin/registry/")


def _state_of(batch: ImportBatch) -> dict[str, Any]:
    return sent_files.state_of(batch) | {
        "column_name": lambda name: institutions.HEADINGS.get(name, (name,))[0],
        "here": f"/admin/registry/list/?id={batch.id}", "may": True,
    }  # fmt: skip


def _batch() -> ImportBatch:
    return sent_files.asked_batch(OURS)
