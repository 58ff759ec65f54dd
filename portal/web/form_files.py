"""Forms that come in as files: what is in the file, what cannot be taken over, and then the draft it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import Form
from portal import clock
from portal.errors import PortalError
from portal.forms import exchange, xlsform
from portal.forms.exchange import Parcel
from portal.forms.faults import Fault
from portal.forms.spec import FormSpec
from portal.forms.writing import FormFaulty
from portal.forms.xlsheets import Remark
from portal.rules.inputs import parse_text
from portal.web import drafts, trial
from portal.web.designer import DesignerPage
from portal.web.language import gettext, lazy
from portal.web.sign_in import me

WORKBOOKS = (".xlsx", ".xls", ".xlsm")
MOST = 300  # remarks that are listed


@dataclass
class Looked:
    """A file as it was understood: the form in it, how it would look, and what is lost or wrong."""

    parcel: Parcel | None = None
    questions: int = 0
    rules: int = 0
    preview: str = ""
    lost: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    data: str = ""


class ImportPage(BaseView):
    """A JSON file of this portal, or an XLSForm workbook: looked at first, then made a draft."""

    def __init__(self) -> None:
        super().__init__(lazy("Import a form"), None, endpoint="form_files", url="/admin/designer/import")

    is_accessible = DesignerPage.is_accessible
    inaccessible_callback = DesignerPage.inaccessible_callback

    def is_visible(self) -> bool:
        """It is reached from the designer and from the list of forms."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Ask for the file."""
        return self._page(None)

    @expose("/", methods=("POST",))
    def take(self) -> Any:
        """Look at the file that was chosen; make it a draft when that was pressed on what was looked at."""
        if "data" in request.form:
            return self._take_in()
        given = request.files.get("file")
        if given is None or not given.filename:
            return self._page(None, refusal=gettext("Choose a file first.")), 422
        try:
            looked = look_at(given.filename, given.read())
        except PortalError as refusal:
            return self._page(None, refusal=refusal.words(gettext)), refusal.status
        return self._page(looked), 422 if looked.wrong else 200

    def _take_in(self) -> Any:
        code = parse_text(request.form.get("code", ""))
        into = request.form.get("into", "")
        looked: Looked | None = None
        try:
            looked = look_at("form.json", request.form["data"].encode())
            if looked.parcel is None:
                return self._page(looked), 422
            form = drafts.form_of(into) if into else None
            made = exchange.take_in(looked.parcel, by=me(), at=clock.now(), form=form, code=code)
        except PortalError as refusal:
            return self._page(looked, refusal=refusal.words(gettext), code=code, into=into), refusal.status
        for remark in made.remarks[:20]:
            flash(remark.error.words(gettext), "watch")
        flash(gettext("The form has come in as a draft. Look at it, then publish it."), "success")
        return redirect(f"/admin/designer/?version={made.version.id}")

    def _page(self, looked: Looked | None, *, refusal: str = "", code: str = "", into: str = "") -> Any:
        mine = [one["form"] for one in drafts.forms_of(me()) if one["draft"] is None] if looked else []
        proposed = looked.parcel.code if looked and looked.parcel else ""
        return self.render(
            "designer/import.html", looked=looked, refusal=refusal, code=code or proposed, into=into, forms=mine,
            taken=bool(proposed) and Form.select().where(Form.code == proposed).exists(),
        )  # fmt: skip


def look_at(name: str, data: bytes) -> Looked:
    """Return what a file holds. Refuses what is no form at all."""
    try:
        if name.lower().endswith(WORKBOOKS) or data[:4] == b"PK\x03\x04":
            read = xlsform.read_xlsform(data)
            return _shown(read.parcel, _listed(read.remarks))
        return _shown(exchange.read_parcel(data))
    except xlsform.NothingTaken as nothing:
        return Looked(wrong=_listed(nothing.remarks))
    except FormFaulty as faulty:
        return Looked(wrong=[_told(fault) for fault in faulty.faults[:MOST]])


def _listed(remarks: Sequence[Remark]) -> list[tuple[str, str]]:
    return [(_place(remark), remark.error.words(gettext)) for remark in remarks[:MOST]]


def _place(remark: Remark) -> str:
    if not remark.row:
        return remark.sheet
    place = gettext("{sheet}, row {row}", sheet=remark.sheet, row=remark.row)
    return f"{place}, {remark.column}" if remark.column else place


def _shown(parcel: Parcel, lost: list[tuple[str, str]] | None = None) -> Looked:
    spec = FormSpec.from_json(parcel.spec)
    return Looked(
        parcel, len(spec.questions), len(spec.rules), trial.drawn(trial.tried(spec, {})), lost or [],
        data=exchange.written(parcel).decode(),
    )  # fmt: skip


def _told(fault: Fault) -> tuple[str, str]:
    return fault.path, fault.error.words(gettext)
