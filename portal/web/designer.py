"""The form designer: drafts of report forms drawn without code, tried while they are drawn, saved as one goes.

The description is JSON (portal.forms); the page holds it, this file saves it with the version that was looked at, so
that of two who draw at once neither is overwritten. A published version opens for reading only.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_admin import BaseView, expose

from models import Form, FormVersion, Indicator, MeasureUnit
from portal import clock
from portal.errors import NotAllowed, NotFound, PortalError, RuleBroken, StaleRow
from portal.forms import versions
from portal.forms.faults import faults
from portal.forms.spec import FormSpec
from portal.rules.access import CENTRAL_ROLES, Role
from portal.rules.inputs import parse_text
from portal.rules.progress import Aggregation
from portal.rules.terms import FormState, PeriodKind
from portal.web import drafts, shelf, trial
from portal.web.language import Lazy, gettext, language
from portal.web.sign_in import me

FOUND = 20


class DesignerPage(BaseView):
    """The forms one may draw, and the drawing of one."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="designer", url="/admin/designer", menu_icon_value="pen")

    def is_accessible(self) -> bool:
        """Forms are made by the central units."""
        return me().role in CENTRAL_ROLES - {Role.EXECUTIVE}

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Report forms are made by the central units.")

    @expose("/")
    def index(self) -> Any:
        """Show one version, or the forms there are."""
        if "version" not in request.args:
            return self.render("designer/index.html", forms=drafts.forms_of(me()), kinds=list(PeriodKind))
        version = drafts.readable(request.args.get("version"))
        person = me()
        writes = drafts.may_design(person, version.form)
        read_only = not writes or version.state != FormState.DRAFT
        published = versions.published(version.form)
        shown = trial.drawn(trial.tried(versions.spec_of(version), {}))
        return self.render(
            "designer/page.html",
            version=version, form=version.form, published=published, read_only=read_only, may_write=writes,
            preview=shown, shelf=shelf.groups(), grab=shelf.GRAB, aggregations=list(Aggregation),
            given=drafts.given(version, read_only=read_only),
        )  # fmt: skip

    @expose("/new/", methods=("POST",))
    def new(self) -> Any:
        """Begin a form with an empty first draft."""
        name, code = parse_text(request.form.get("name", "")), parse_text(request.form.get("code", ""))
        kind = request.form.get("kind", "")
        try:
            version = versions.begin(
                code=code or _free_code(), name=name, owner=me().unit, by=me(), at=clock.now(),
                kind=PeriodKind(kind) if kind in list(PeriodKind) else PeriodKind.MONTH,
            )  # fmt: skip
        except PortalError as refusal:
            flash(refusal.words(gettext), "error")
            return redirect("/admin/designer/")
        return redirect(f"/admin/designer/?version={version.id}")

    @expose("/draft/", methods=("POST",))
    def draft(self) -> Any:
        """Open the draft of a form, a new one where there is none."""
        version = versions.draft(drafts.form_of(request.form.get("form")), by=me(), at=clock.now())
        return redirect(f"/admin/designer/?version={version.id}")

    @expose("/save/", methods=("POST",))
    def save(self) -> Any:
        """Keep a draft as the page holds it, unless somebody else has saved it since."""
        asked = drafts.asked_json()
        version = drafts.drawable(asked.get("version"))
        spec = drafts.tidied(asked.get("spec"))
        seen = asked.get("seen")
        if not isinstance(seen, int) or isinstance(seen, bool):
            raise RuleBroken("This request could not be understood")
        now = clock.now()
        try:
            field_map = self._map(version, spec, asked.get("renames"))
            found = versions.save_draft(version, spec, by=me(), at=now, seen=seen, field_map=field_map)
        except StaleRow:
            return self._stale(version)
        return jsonify(seen=version.version, faults=drafts.faults_told(found), at=_clock(now), spec=version.spec)

    def _map(self, version: FormVersion, spec: dict[str, Any], renames: Any) -> dict[str, Any]:
        earlier = versions.before(version)
        if earlier is None:
            return {}
        old = versions.spec_of(earlier)
        return drafts.carried_on(old, FormSpec.from_json(spec), version.field_map or {}, renames)

    def _stale(self, version: FormVersion) -> Any:
        fresh = drafts.drawable(version.id)
        entry = drafts.last_saved(fresh)
        return jsonify(
            error=gettext("Somebody else has saved this form meanwhile."), theirs=fresh.spec, seen=fresh.version,
            who=entry[0], at=entry[1],
        ), 409  # fmt: skip

    @expose("/preview/", methods=("POST",))
    def preview(self) -> Any:
        """Draw the form that the page holds, with what was typed into it for trial."""
        asked = drafts.asked_json()
        drafts.readable(asked.get("version"))
        spec = drafts.tidied(asked.get("spec"))
        typed = asked.get("answers")
        tried = trial.tried(FormSpec.from_json(spec), typed if isinstance(typed, dict) else {})
        html = trial.drawn(tried, beside=asked.get("beside") is True)
        return jsonify(html=html, words=tried.told(), faults=drafts.faults_told(faults(spec, versions.register())))

    @expose("/find/")
    def find(self) -> Any:
        """Return units of measure or indicators whose code or name holds what is typed: [id, name] each."""
        text = parse_text(request.args.get("query", ""))[:100]
        model: Any = Indicator if request.args.get("what") == "indicator" else MeasureUnit
        query = model.select(model.id, model.code, model.name)
        if text:
            query = query.where(model.code.contains(text) | model.name.contains(text))
        query = query.order_by(model.position, model.code) if model is Indicator else query.order_by(model.id)
        if model is MeasureUnit:
            return jsonify([(code, name) for _id, code, name in query.limit(FOUND * 2).tuples()])
        return jsonify([(ident, f"{code} · {name}") for ident, code, name in query.limit(FOUND).tuples()])

    @expose("/indicator/")
    def indicator(self) -> Any:
        """Return what a question that feeds this indicator has to agree with."""
        found = drafts.indicators(
            {int(i)} if (i := request.args.get("id", "")).isdecimal() and len(i) < 10 else set(), set()
        )
        if not found:
            raise NotFound("There is no such record, or it belongs to another office.")
        return jsonify(next(iter(found.values())))


def _free_code() -> str:
    taken = {code for (code,) in Form.select(Form.code).where(Form.code.startswith("F-")).tuples()}
    return next(code for n in range(1, 100_000) if (code := f"F-{n:03d}") not in taken)


def _clock(at: dt.datetime) -> str:
    return f"{at:%H.%M} น." if language() == "th" else f"{at:%H:%M}"
