"""A year's plan as a workbook, out and in, and a year copied into another; each looked at before anything changes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request
from flask_admin import BaseView, expose

from models import FiscalYear, ImportBatch
from portal import clock, plan_copies, scope
from portal.errors import NotAllowed, NotFound, PortalError, RuleBroken
from portal.imports import plan
from portal.plan_copies import Choice
from portal.rules.access import CENTRAL_ROLES, may_write
from portal.web import sent_files, table_file
from portal.web.kept import kept_files
from portal.web.language import gettext
from portal.web.plan_tree import asked_year
from portal.web.sign_in import me
from portal.workbooks import plan_book

OURS = ImportBatch.source == plan.SOURCE


class PlanBooksPage(BaseView):
    """The plan from and to Excel, and into another year."""

    def __init__(self) -> None:
        super().__init__(endpoint="plan_books", url="/admin/plan-books")

    def is_visible(self) -> bool:
        """Reached from the plan tree."""
        return False

    def is_accessible(self) -> bool:
        """Whole plans are given out to central units."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Whole plans are given out to central units.")

    @expose("/")
    def index(self) -> Any:
        """Show the ways in and out of one year."""
        return self._index("", 200)

    def _index(self, problem: str, status: int, **more: Any) -> Any:
        year, years = asked_year()
        held = scope.narrowed(ImportBatch.select(), me()).where(OURS)
        shown = self.render(
            "plan_books/index.html", year=year, years=years,
            batches=list(held.order_by(ImportBatch.id.desc()).limit(20)), problem=problem, marks=sent_files.MARKS,
            may=may_write(me().role, "Plan"), typed=request.values,
            prefix=plan_copies.usual_prefix, **{"copying": None, **more},
        )  # fmt: skip
        return shown, status

    @expose("/export/")
    def export(self) -> Any:
        """Send the year's plan as a workbook that can be changed and sent back."""
        year, _ = asked_year()
        if year is None:
            raise NotFound("This record is no longer there.")
        with tempfile.TemporaryDirectory(prefix="plan-") as folder:
            path = Path(folder) / "plan.xlsx"
            plan_book.write(path, year)
            body = path.read_bytes()
        name = f"แผนปฏิบัติงาน {year.year} {clock.now():%Y-%m-%d %H%M}.xlsx"
        response = Response(body, mimetype=table_file.TYPES["xlsx"])
        response.headers["Content-Disposition"] = f"attachment; filename=plan.xlsx; filename*=UTF-8''{quote(name)}"
        return response

    @expose("/", methods=("POST",))
    def send(self) -> Any:
        """Keep a workbook and ask for it to be read."""
        year, _ = asked_year()
        try:
            with sent_files.sent_file() as (path, name):
                if year is None:
                    raise NotFound("This record is no longer there.")
                batch = plan.WAY.receive(path, name, year=year, by=me(), files=kept_files(), at=clock.now())
        except PortalError as refusal:
            return self._index(refusal.words(gettext), refusal.status)
        sent_files.ring(batch)
        return redirect(f"/admin/plan-books/file/?id={batch.id}")

    @expose("/file/")
    def file(self) -> Any:
        """Show one workbook: what is new, what would change, what is wrong and where."""
        return self.render("plan_books/file.html", **_state_of(_batch()))

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of a workbook's page that changes while a worker is at it."""
        return self.render("parts/sent_file.html", **_state_of(_batch()))

    @expose("/take/", methods=("POST",))
    def take(self) -> Any:
        """Say yes to a workbook."""
        batch = _batch()
        plan.WAY.accept(batch, by=me(), at=clock.now())
        sent_files.ring(batch)
        return redirect(f"/admin/plan-books/file/?id={batch.id}")

    @expose("/refuse/", methods=("POST",))
    def refuse(self) -> Any:
        """Put a workbook aside."""
        batch = _batch()
        plan.WAY.refuse(batch, by=me(), at=clock.now())
        flash(gettext("The workbook was put aside; nothing was changed."), "success")
        return redirect(f"/admin/plan-books/?year={batch.fiscal_year.year}")

    @expose("/undo/", methods=("POST",))
    def undo(self) -> Any:
        """Ask for the plan to be put back to what it was before a workbook."""
        batch = _batch()
        plan.WAY.ask_undo(batch, by=me(), at=clock.now())
        sent_files.ring(batch)
        return redirect(f"/admin/plan-books/file/?id={batch.id}")

    @expose("/again/", methods=("POST",))
    def again(self) -> Any:
        """Let work that failed or was stopped be done after all."""
        batch = _batch()
        plan.WAY.check_may(me())
        sent_files.again(batch)
        return redirect(f"/admin/plan-books/file/?id={batch.id}")

    @expose("/copy/", methods=("POST",))
    def copy(self) -> Any:
        """Show what copying a year would bring, or with `sure` copy it."""
        try:
            source, target, choice, prefix = _copying()
            found = plan_copies.preview(source, target, choice, prefix)
            if request.form.get("sure") != "y":
                return self._index("", 200, copying=found, source=source, target=target, choice=choice, chosen=prefix)
            counts = plan_copies.copy(source, target, choice, prefix, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._index(refusal.words(gettext), refusal.status)
        flash(gettext("{n} lines were copied into {year}.", n=f"{sum(counts.values()):,}", year=target.year), "success")
        return redirect(f"/admin/plan-tree/?year={target.year}")


def _copying() -> tuple[FiscalYear, FiscalYear, Choice, str]:
    form = request.form
    if not may_write(me().role, "Plan"):
        raise NotAllowed("Years are copied by the planning division.")
    source, target = (_year(form.get(name, "")) for name in ("source", "target"))
    if source.id == target.id:
        raise RuleBroken("Choose two different years.")
    has = {name: form.get(name) == "y" for name in ("indicators", "targets", "months", "budgets")}
    has["targets"] = has["targets"] or has["months"]
    has["indicators"] = has["indicators"] or has["targets"]
    prefix = form.get("prefix", "").strip()[:10] or plan_copies.usual_prefix(target)
    return source, target, Choice(**has), prefix


def _year(text: str) -> FiscalYear:
    found = FiscalYear.get_or_none(FiscalYear.year == int(text)) if text.isascii() and text.isdigit() else None
    if found is None:
        raise RuleBroken("Choose one of the list.")
    year: FiscalYear = found
    return year


def _state_of(batch: ImportBatch) -> dict[str, Any]:
    headings = {col.field: col.heading for _, columns in plan_book.LEAVES.values() for col in columns if col.field}
    return sent_files.state_of(batch) | {
        "leaves": {kind: name for kind, (name, _) in plan_book.LEAVES.items()}, "headings": headings,
        "may": may_write(me().role, "Plan"), "here": f"/admin/plan-books/file/?id={batch.id}",
    }  # fmt: skip


def _batch() -> ImportBatch:
    return sent_files.asked_batch(OURS)
