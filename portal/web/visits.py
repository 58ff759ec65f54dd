"""Visits: an office's month, recording one on a telephone, looking at one with its photos, sending the month."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from flask import Response, flash, jsonify, redirect, request
from flask_admin import BaseView, expose

from models import Attachment, Cooperative, Period, Person, Visit, VisitOfficer
from portal import actions, clock, photos, scope, visit_months, visits
from portal.errors import NotAllowed, NotFound, PortalError
from portal.rules import fiscal
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import ActionState
from portal.web import guard, visit_form, visit_month
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext, lazy
from portal.web.sign_in import me
from portal.web.visit_form import Typed

# What is often the reason for a visit outside the plan: chosen with one touch, or another one is typed.
USUAL_REASONS = (
    lazy("The institution asked for advice"),
    lazy("A member's complaint"),
    lazy("Ordered by the province or the department"),
    lazy("After a disaster"),
    lazy("Following up an agreed action"),
)


class VisitsPage(BaseView):
    """The month's visits of an office, and the page on which one is recorded."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="visits", url="/admin/visits", menu_icon_value="pin")

    def is_visible(self) -> bool:
        """It is an office's page; others reach a visit from lists."""
        return me().role in OFFICE_ROLES

    @expose("/")
    def index(self) -> Any:
        """Show the month: what is planned and not done, what was returned, the calendar of what was done."""
        person, today = me(), clock.today()
        if person.role not in OFFICE_ROLES:
            return redirect("/admin/visit-check/" if person.role == Role.DIVISION else "/admin/coverage/")
        period = visit_month.chosen(request.args.get("month", ""), today)
        return self.render("visits/month.html", today=today, **visit_month.page(person, period, today))

    @expose("/month/", methods=("POST",))
    def month(self) -> Any:
        """Say that the month's visits are complete."""
        period = _period(request.form.get("period"))
        counted = visit_months.send_month(period, by=me(), at=clock.now(), reason=request.form.get("reason", "")[:500])
        words = gettext(
            "The month's visits are sent: {done} done of {planned} planned.", done=counted.done, planned=counted.planned
        )
        flash(words, "success")
        return redirect(f"/admin/visits/?month={period.be_month}")

    # ------------------------------------------------------------ recording

    @expose("/record/", methods=("GET", "POST"))
    def record(self) -> Any:
        """Record a visit, or mend one that is with its office."""
        person = me()
        if person.role not in OFFICE_ROLES:
            raise NotAllowed("Only the office itself records its visits.")
        visit = _visit(request.args["id"]) if "id" in request.args else None
        if visit is not None and visit.state not in visits.WITH_OFFICE:
            return redirect(f"/admin/visits/visit/?id={visit.id}")
        if request.method == "POST":
            return self._sent(person, visit)
        if visit is not None:
            return self._page(Typed(visit_form.as_typed(visit)), visit)
        institution = _institution(request.args.get("cooperative"))
        day = _day_asked(request.args.get("on", "")) or clock.today()
        return self._page(Typed(visit_form.begun(person, day, institution)), None)

    def _sent(self, person: Person, visit: Visit | None) -> Any:
        typed = visit_form.read(request.form)
        names = {one.id: one.name for one in visit_form.kinds_of_work()}
        visit_form.named(typed, names)
        institution = _institution(request.form.get("cooperative"))
        if institution is None and "cooperative" not in typed.errors:
            typed.errors["cooperative"] = gettext("There is no such record, or it belongs to another office.")
        status, refusal = 422, ""
        if not typed.errors:
            try:
                made = self._kept(person, visit, typed)
            except PortalError as wrong:
                status = wrong.status
                if wrong.field:
                    typed.errors[wrong.field] = wrong.words(gettext)
                else:
                    refusal = wrong.words(gettext)
            else:
                return self._done(made, person)
        if guard.wants_data():
            return jsonify(errors=typed.errors, error=refusal), status
        return self._page(typed, visit, status, refusal)

    def _kept(self, person: Person, visit: Visit | None, typed: Typed) -> Visit:
        given: dict[str, Any] = {"works": typed.works, "along": typed.along, "settled": typed.settled}
        if visit is None:
            key = request.form.get("sent_key", "")[:40]
            return visits.record(by=person, at=clock.now(), sent_key=key, **given, **typed.values)
        seen = typed.text.get("version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
        visits.correct(visit, by=person, at=clock.now(), seen=version, **given, **typed.values)
        return visit

    def _done(self, visit: Visit, person: Person) -> Any:
        refused = _photos_kept(visit, person)
        words = gettext("The visit is recorded.")
        if visit.is_unplanned:
            words = gettext("The visit is recorded as one outside the plan.")
        flash(words, "success")
        for one in refused:
            flash(one, "error")
        address = f"/admin/visits/visit/?id={visit.id}"
        if guard.wants_data():
            return jsonify(id=visit.id, url=address, refused=refused)
        return redirect(address)

    def _page(self, typed: Typed, visit: Visit | None, status: int = 200, refusal: str = "") -> Any:
        person = me()
        institution = _institution(typed.text.get("cooperative"))
        day = _day_asked(typed.text.get("visited_on", ""))
        offered = visit_form.offer(institution, day or clock.today(), clock.now(), visit) if institution else None
        shown = self.render(
            "visits/record.html",
            typed=typed.text, errors=typed.errors, refusal=refusal, visit=visit, offer=offered, institution=institution,
            field_name=visit_form.field_name, colleagues=visit_form.colleagues(person),
            kinds=visit_form.kinds_of_work(), usual=USUAL_REASONS,
            mine=visit_form.institutions(person, "")[:6] if institution is None else (),
        )  # fmt: skip
        return shown, status

    @expose("/offered/")
    def offered(self) -> Any:
        """Return the part of the form that depends on the institution and the day."""
        institution = _institution(request.args.get("cooperative"))
        day = _day_asked(request.args.get("on", "")) or clock.today()
        if institution is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        visit = _visit(request.args["id"]) if request.args.get("id") else None
        typed = visit_form.as_typed(visit) if visit is not None else {}
        return self.render(
            "visits/offered.html",
            offer=visit_form.offer(institution, day, clock.now(), visit), typed=typed, errors={},
            kinds=visit_form.kinds_of_work(),
        )  # fmt: skip

    @expose("/institutions/")
    def institutions(self) -> Any:
        """Return the own office's institutions as one types, one's own first."""
        return jsonify(visit_form.institutions(me(), request.args.get("query", "")[:100]))

    # ------------------------------------------------------------ looking at one

    @expose("/visit/")
    def visit(self) -> Any:
        """Show one visit with its photos, what was agreed, and what may be done with it."""
        person, visit = me(), _visit(request.args.get("id"))
        along = (
            Person.select(Person.name).join(VisitOfficer).where(VisitOfficer.visit == visit.id).order_by(Person.name)
        )
        names = {one.id: one.name for one in visit_form.kinds_of_work()}
        names |= {visit.activity_id: visit.activity.name}
        mine = person.unit_id == visit.unit_id and person.role in OFFICE_ROLES
        return self.render(
            "visits/visit.html",
            visit=visit, works=visits.works_of(visit), names=names, files=photos.of(visit.id), located=photos.LOCATED,
            along=[name for (name,) in along.tuples()], mine=mine, may_check=visits.may_check(visit, person),
            may_mend=mine and visit.state in visits.WITH_OFFICE,
            now=clock.now(),
            settles=list(Visit.select().where(Visit.settled_in == visit.id).order_by(Visit.visited_on)),
        )  # fmt: skip

    @expose("/settle/", methods=("POST",))
    def settle(self) -> Any:
        """Say how an agreed action came out."""
        visit = _visit(request.form.get("id"))
        state = ActionState.DROPPED if request.form.get("state") == ActionState.DROPPED else ActionState.DONE
        actions.settle(visit, by=me(), at=clock.now(), state=state, result=request.form.get("result", ""))
        flash(gettext("The outcome is kept."), "success")
        return redirect(_back(f"/admin/visits/visit/?id={visit.id}"))

    # ------------------------------------------------------------ photos and files

    @expose("/photos/", methods=("POST",))
    def add_photos(self) -> Any:
        """Keep photos and files with a visit."""
        visit = _visit(request.form.get("id"))
        refused = _photos_kept(visit, me())
        for one in refused:
            flash(one, "error")
        if guard.wants_data():
            return jsonify(refused=refused), 422 if refused else 200
        return redirect(f"/admin/visits/visit/?id={visit.id}")

    @expose("/photos/remove/", methods=("POST",))
    def remove_photo(self) -> Any:
        """Take a photo or file away."""
        held = _attachment(request.form.get("id"))
        photos.remove(held, by=me(), at=clock.now(), store=kept_files())
        return redirect(f"/admin/visits/visit/?id={held.visit_id}")

    @expose("/file/")
    def file(self) -> Any:
        """Send a photo, its thumbnail, or a file of a visit the person may see."""
        held = _attachment(request.args.get("id"))
        is_small = "small" in request.args and held.thumbnail_key
        key = held.thumbnail_key if is_small else held.file_key
        store = kept_files()
        with store.open(key) as source:
            content = source.read()
        response = Response(content, mimetype="image/jpeg" if is_small else held.media_type)
        how = "inline" if held.media_type.startswith("image/") else "attachment"
        response.headers["Content-Disposition"] = f"{how}; filename=file; filename*=UTF-8''{quote(held.name)}"
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response


def _photos_kept(visit: Visit, person: Person) -> list[str]:
    """Keep every file sent along; return what was refused, in words. A refused photo does not undo the visit."""
    refused = []
    for sent in request.files.getlist("files"):
        if not sent.filename:
            continue
        try:
            content = sent.stream.read(photos.MOST_BYTES + 1)
            located = "with_location" in request.form
            photos.keep(
                visit, sent.filename, content, by=person, at=clock.now(), store=kept_files(), with_location=located
            )
        except PortalError as wrong:
            refused.append(wrong.words(gettext))
    return refused


def _number(ident: Any) -> int:
    text = str(ident)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _visit(ident: Any) -> Visit:
    row: Visit | None = scope.narrowed(Visit.select(), me()).where(Visit.id == _number(ident)).first()
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def _attachment(ident: Any) -> Attachment:
    row: Attachment | None = Attachment.get_or_none(
        Attachment.id == _number(ident), Attachment.visit.is_null(False)
    )  # fmt: skip
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    _visit(row.visit_id)
    return row


def _institution(ident: Any) -> Cooperative | None:
    number = _number(ident)
    if not number:
        return None
    row: Cooperative | None = scope.narrowed(Cooperative.select(), me()).where(Cooperative.id == number).first()
    return row


def _period(ident: Any) -> Period:
    row: Period | None = Period.get_or_none(Period.id == _number(ident))
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def _day_asked(text: str) -> dt.date | None:
    typed = visit_form.read({"visited_on": text})
    day: dt.date | None = typed.values["visited_on"]
    return day if day is not None and 2400 < day.year + fiscal.ERA < 2700 else None


def _back(usual: str) -> str:
    return visit_month.own(request.form.get("url", ""), usual)
