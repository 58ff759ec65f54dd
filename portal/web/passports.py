"""The passport of a printed figure: what it says, how it follows from its inputs, and the records behind them."""

from __future__ import annotations

import functools
import json
from typing import Any

from flask import current_app, redirect, request
from flask_admin import BaseView, expose

from models import Edition
from portal import files, scope
from portal.errors import NotFound
from portal.reports import ledger, passports, snapshot
from portal.reports.chapter import Cut
from portal.reports.passports import Passports, records
from portal.web import workings
from portal.web.sign_in import me
from portal.web.subjects import subject_words


class PassportPage(BaseView):
    """Passports, at the addresses that printed figures link to."""

    def __init__(self) -> None:
        super().__init__("Passport", endpoint="passport", url="/admin/passport")

    def is_visible(self) -> bool:
        """It is reached from a figure, not from the menu."""
        return False

    def is_accessible(self) -> bool:
        """Everybody may come; whose edition it is decides what is shown."""
        return True

    @expose("/")
    def index(self) -> Any:
        """Passports belong to an edition: show the editions."""
        return redirect("/admin/reports/")

    @expose("/<edition>/")
    def figures(self, edition: str) -> Any:
        """List the figures of an edition that have a passport."""
        row, cut, held = _opened(edition)
        asked = request.args.get("q", "").strip()[:80]
        listed = [
            figure
            for figure in held.figures.values()
            if figure.shown_as != "standing" and asked.lower() in f"{figure.key} {figure.label}".lower()
        ]
        return self.render(
            "reports/figures.html", edition=row, name=edition, figures=listed[:400], asked=asked, cut=cut,
            words=subject_words,
        )  # fmt: skip

    @expose("/<edition>/<key>/")
    def passport(self, edition: str, key: str) -> Any:
        """Show the passport of one figure; `now` sets what would be read now beside its inputs."""
        row, cut, held = _opened(edition)
        figure = held.figures.get(key)
        if figure is None:
            raise NotFound("There is no figure “{key}” in this edition.", key=key[:80])
        now = records.inputs_now(cut) if "now" in request.args else None
        sheet = held.sheet()
        return self.render(
            "reports/passport.html",
            edition=row,
            name=edition,
            cut=cut,
            words=subject_words,
            figure=figure,
            steps=list(workings.steps(figure.formula, held, sheet, cut)),
            tables=list(workings.tables(figure, held, cut, now)),
            compared=now is not None,
            agrees=sheet.figure(key) == figure.value,
        )

    @expose("/<edition>/<key>/report/<int:report>/")
    def report(self, edition: str, key: str, report: int) -> Any:
        """Show one report as it was when the edition was cut."""
        row, cut, held = _opened(edition)
        if key not in held.figures or report not in _reports(held):
            raise NotFound("This report is not among the inputs of this edition.")
        then = records.as_it_was(report, cut.cut_at)
        return self.render("reports/report_then.html", edition=row, name=edition, key=key, cut=cut, then=then)


def _opened(name: str) -> tuple[Edition, Cut, Passports]:
    """Return an edition the reader may see, with its cut and its passports."""
    edition = ledger.named(name)
    if scope.narrowed(Edition.select(), me()).where(Edition.id == edition.id).first() is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    settings = current_app.config["PORTAL"]
    cut, held = _thawed(edition.snapshot_key, edition.id, settings.files, str(settings.data))
    if not held.figures:
        raise NotFound("No figures were filed with this edition; only its file was.")
    return edition, cut, held


@functools.lru_cache(maxsize=4)
def _thawed(key: str, edition: int, place: str, data: str) -> tuple[Cut, Passports]:
    """Read the figures of an edition; kept for a while, since they never change and one page follows another."""
    settings = current_app.config["PORTAL"]
    plain = json.loads(ledger.figures(Edition.get_by_id(edition), files.connect(settings.files, settings.data)))
    return snapshot.thaw(Cut, plain["cut"]), passports.thawed(plain.get("passports", {}))


def _reports(held: Passports) -> set[int]:
    table = held.tables.get("submission")
    return {int(value) for _, values in table.rows for value in values if value is not None} if table else set()
