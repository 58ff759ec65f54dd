"""Excel there and back: an office fetches its forms as a workbook and sends it in; a division fetches all to check."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import BaseView, expose

from models import Form, Obligation, Period, SentWorkbook
from portal import clock, scope
from portal.errors import NotAllowed, NotFound, PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.values import Cell
from portal.rules.access import CENTRAL_ROLES, OFFICE_ROLES, Role
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext, language
from portal.web.sign_in import me
from portal.workbooks import checking, desk, gathering, sent, taking, writing
from portal.workbooks.taking import Looked, Preview

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 300  # lines of a preview; the workbook itself shows all of them


class WorkbooksPage(BaseView):
    """Excel there and back."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="workbooks", url="/admin/workbooks", menu_icon_value="grid")

    @expose("/")
    def index(self) -> Any:
        """Show what can be fetched, and where a workbook is sent in."""
        return self._index()

    def _index(self, refusal: PortalError | None = None) -> Any:
        periods = _periods()
        period = _period(request.values.get("period"), periods)
        is_office = me().role in OFFICE_ROLES
        recent = []
        if is_office:
            recent = list(
                scope.narrowed(SentWorkbook.select(), me())
                .order_by(SentWorkbook.at.desc(), SentWorkbook.id.desc())
                .limit(8)
            )
        shown = self.render(
            "workbooks/index.html",
            periods=periods, period=period, name_of=desk.name_of, recent=recent, is_office=is_office,
            forms=_forms(period), refusal=refusal.words(gettext) if refusal else "",
        )  # fmt: skip
        return shown, refusal.status if refusal else 200

    # ------------------------------------------------------------ an office

    @expose("/file")
    def file(self) -> Any:
        """Send the office's forms of a period as a workbook."""
        _only(OFFICE_ROLES)
        period = _chosen()
        own = desk.gather(me().unit, period, at=clock.now())
        out = io.BytesIO()
        writing.write(own, out, secret=_secret(), at=clock.now(), translate=gettext)
        return _sheet(out.getvalue(), f"แบบรายงาน {me().unit.short} {own.period_name}.xlsx")

    @expose("/", methods=("POST",))
    def send(self) -> Any:
        """Look at a workbook that is sent in. Nothing is changed yet."""
        _only(OFFICE_ROLES)
        given = request.files.get("file")
        if given is None or not given.filename:
            return self._index(RuleBroken("Choose a file first.", field="file"))
        content = given.read()
        try:
            period = _period(request.form.get("period"), _periods()) if request.form.get("period") else None
            preview = _looked(io.BytesIO(content), period)
        except PortalError as refusal:
            return self._index(refusal)
        kept = sent.keep(preview, content, given.filename, by=me(), at=clock.now(), store=kept_files())
        return redirect(f"/admin/workbooks/look?id={kept.id}")

    @expose("/look")
    def look(self) -> Any:
        """Show what a workbook would change, and what is wrong with it."""
        return self._preview(_sent(request.args.get("id")))

    def _preview(self, kept: SentWorkbook, refusal: PortalError | None = None) -> Any:
        with sent.opened(kept, kept_files()) as content:
            preview = _looked(content)
        remarks = [(form, remark) for form in preview.forms for remark in form.remarks]
        shown = self.render(
            "workbooks/look.html",
            kept=kept, preview=preview, remarks=remarks[:SHOWN], more=max(0, len(remarks) - SHOWN),
            blocks=any(remark.blocks for _, remark in remarks), changes=_changes(preview), words_of=_words_of,
            refusal=refusal.words(gettext) if refusal else "",
        )  # fmt: skip
        return shown, refusal.status if refusal else 200

    @expose("/take", methods=("POST",))
    def take(self) -> Any:
        """Take what is right in a workbook, or all of it or nothing."""
        kept = _sent(request.form.get("id"))
        with sent.opened(kept, kept_files()) as content:
            preview = _looked(content)
        try:
            taken = taking.take(preview, by=me(), at=clock.now(), whole=request.form.get("how") == "whole")
        except PortalError as refusal:
            return self._preview(kept, refusal)
        if preview.wrong:
            sent.note_partly(kept, taken)
            flash(gettext("{count} cells were saved. The wrong ones are marked in the workbook below: mend them there.",
                          count=taken.saved), "warning")  # fmt: skip
            return redirect(f"/admin/workbooks/look?id={kept.id}")
        sent.note_taken(kept, taken, at=clock.now(), store=kept_files())
        flash(gettext("{count} cells were saved from the workbook.", count=taken.saved), "success")
        return redirect(f"/admin/workbooks/?period={kept.period_id}")

    @expose("/returned")
    def returned(self) -> Any:
        """Send a workbook back with its wrong cells red and annotated."""
        kept = _sent(request.args.get("id"))
        with sent.opened(kept, kept_files()) as content:
            preview = _looked(content)
        out = io.BytesIO()
        writing.write(
            preview.desk, out, secret=_secret(), at=clock.now(), translate=gettext, returned=preview.returned(gettext)
        )
        return _sheet(out.getvalue(), f"ตรวจแล้ว {kept.file_name.removesuffix('.xlsx')}.xlsx")

    # ------------------------------------------------------------ a division

    @expose("/checking")
    def checking(self) -> Any:
        """Send everything for checking: all offices beside all questions of a period."""
        _only(CENTRAL_ROLES)
        period = _chosen()
        owner = me().unit if me().role == Role.DIVISION else None
        form = None
        if request.args.get("form"):
            form = next((one for one in gathering.forms_of(period, owner) if str(one.id) == request.args["form"]), None)
            if form is None:
                raise NotFound("There is no such record, or it belongs to another office.")
        out = io.BytesIO()
        checking.write(period, out, at=clock.now(), owner=owner, form=form)
        return _sheet(out.getvalue(), f"ตรวจสอบ {form.code if form else ''} {desk.name_of(period)}.xlsx")


# ---------------------------------------------------------------- below: how


def _only(roles: frozenset[Role]) -> None:
    if me().role not in roles:
        raise NotAllowed("Only the office itself fills in its report." if roles == OFFICE_ROLES else
                         "Workbooks for checking are for the central units.")  # fmt: skip


def _secret() -> str:
    return str(current_app.config["PORTAL"].secret_key)


def _periods() -> list[Period]:
    """Return the periods of which this person can fetch something, newest first."""
    owed = scope.narrowed(Obligation.select(Obligation.period), me()).where(Obligation.form.is_null(False))
    return list(
        Period.select()
        .where(Period.id.in_(owed), Period.opened_at.is_null(False))
        .order_by(Period.ends_on.desc(), Period.kind)
        .limit(60)
    )


def _period(ident: Any, periods: list[Period]) -> Period | None:
    if ident:
        found = next((period for period in periods if str(period.id) == str(ident)), None)
        if found is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        return found
    return periods[0] if periods else None


def _chosen() -> Period:
    found = _period(request.args.get("period"), _periods())
    if found is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return found


def _forms(period: Period | None) -> list[Form]:
    """Return the forms that a fetched workbook would hold."""
    if period is None:
        return []
    if me().role in OFFICE_ROLES:
        owed = scope.narrowed(Obligation.select(Obligation.form), me()).where(Obligation.period == period.id)
        return list(Form.select().where(Form.id.in_(owed)).order_by(Form.position, Form.code))
    return gathering.forms_of(period, me().unit if me().role == Role.DIVISION else None)


def _sent(ident: Any) -> SentWorkbook:
    _only(OFFICE_ROLES)
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row: SentWorkbook | None = (
            scope.narrowed(SentWorkbook.select(), me()).where(SentWorkbook.id == int(text)).first()
        )
        if row is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")


def _looked(content: Any, period: Period | None = None) -> Preview:
    return taking.look(content, unit=me().unit, by=me(), at=clock.now(), secret=_secret(), period=period)


def _changes(preview: Preview) -> list[tuple[Looked, Cell, str, str]]:
    """Return the first cells that would change: form, cell, what stands there now, what is to stand there."""
    out = []
    for form in preview.forms:
        for cell, typed in form.changes.items():
            question, held = form.sheet.spec.asked[cell.key], form.sheet.answers.get(cell)
            now = kinds.show(question, held.entry if held else None, language())
            out.append((form, cell, now, kinds.show(question, kinds.read(question, typed), language())))
            if len(out) >= SHOWN:
                return out
    return out


def _words_of(error: PortalError) -> str:
    return error.words(gettext)


def _sheet(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=MEDIA)
    response.headers["Content-Disposition"] = f"attachment; filename=report.xlsx; filename*=UTF-8''{quote(name)}"
    return response
