"""One edition: its pages, its annex, itself as a web page; what changed, who was sent it, and the steps it may take."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import BaseView, expose

from jobs import queue
from models import Edition, MailingList, Run, RunStep, Sending
from portal import clock, scope
from portal.errors import NotFound, PortalError
from portal.reports import books, issuing, ledger, passports, previews, scopes, screen, sendings
from portal.reports.previews import Previews
from portal.rules import editions
from portal.rules.access import Role
from portal.rules.editions import Signature
from portal.rules.inputs import parse_date
from portal.rules.terms import EditionState, RunKind
from portal.web.kept import kept_files
from portal.web.language import gettext
from portal.web.sign_in import me
from portal.web.subjects import subject_words

EDITION_MARKS = {
    "final": ("done", "pill final"), "approved": ("done", "pill final"), "for_meeting": ("half", "pill prov"),
    "draft": ("dash", "pill"), "superseded": ("none", "pill"),
}  # fmt: skip
CHANGED = 40
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class EditionPages(BaseView):
    """What the page of packs and books shows of one edition."""

    @expose("/edition/")
    def edition(self) -> Any:
        """Show one edition: how whole it is, its hashes, its pages, and the steps it may take."""
        return self._edition(one(Edition, request.args.get("id")))

    @expose("/step/", methods=("POST",))
    def step(self) -> Any:
        """Issue the figures of an edition anew, as what the step makes of it."""
        edition = one(Edition, request.form.get("id"))
        verb, note = request.form.get("verb", "")[:20], request.form.get("note", "")[:2000]
        try:
            signed = _signature()
            run = issuing.take_step(edition, verb, by=me(), at=clock.now(), signature=signed, note=note)
        except PortalError as refusal:
            return self._edition(edition, refusal), refusal.status
        queue.ring("compile_run", run.id, turn=run.attempt)
        flash(gettext("Decided. The new edition is being printed; the work goes on without this page."), "success")
        return redirect("/admin/reports/")

    @expose("/send/", methods=("POST",))
    def send(self) -> Any:
        """Have an edition sent to everybody of a list who has not been sent it."""
        edition = one(Edition, request.form.get("id"))
        text = request.form.get("list", "")
        to = MailingList.get_or_none(MailingList.id == int(text)) if text.isdigit() and len(text) < 10 else None
        try:
            if to is None:
                raise NotFound("This record is no longer there.")
            count = sendings.send(edition, to, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._edition(edition, refusal), refusal.status
        for held in Sending.select(Sending.id).where(Sending.edition == edition.id, Sending.sent_at.is_null()):
            queue.ring("send_edition", held.id)
        if count:
            flash(gettext("{count} letters are on their way.", count=count), "success")
        else:
            flash(gettext("Everybody of this list has been sent this edition already."), "info")
        return redirect(f"/admin/reports/edition/?id={edition.id}#sent")

    @expose("/page/")
    def page(self) -> Response:
        """Send one page of an edition as a picture."""
        edition = one(Edition, request.args.get("edition"))
        number, width = (_number(request.args.get(name), most) for name, most in (("n", 1), ("w", 900)))
        response = Response(_previews().page(edition, number, width), mimetype="image/png")
        response.headers["Cache-Control"] = "private, max-age=86400"
        if "save" in request.args:
            response.headers["Content-Disposition"] = _named(f"{ledger.name(edition)}-p{number}.png", "attachment")
        return response

    @expose("/annex/")
    def annex(self) -> Response:
        """Send every table of an edition as a spreadsheet."""
        edition = one(Edition, request.args.get("edition"))
        response = Response(_previews().annex(edition), mimetype=XLSX)
        response.headers["Content-Disposition"] = _named(f"{ledger.name(edition)}.xlsx", "attachment")
        return response

    @expose("/read/")
    def read(self) -> Any:
        """Show an edition as a web page: a pack whole, a book chapter by chapter."""
        edition = one(Edition, request.args.get("id"))
        shown = self._shown(edition, request.args.get("chapter", ""))
        return self.render(
            "reports/read.html", edition=edition, name=ledger.name(edition), shown=shown, tag_of=EDITION_MARKS,
            words=subject_words, chapter=request.args.get("chapter", ""),
        )  # fmt: skip

    @expose("/read/style/")
    def read_style(self) -> Response:
        """Send the style sheet of an edition as a web page."""
        edition = one(Edition, request.args.get("id"))
        shown = self._shown(edition, request.args.get("chapter", ""))
        response = Response(shown.style, mimetype="text/css")
        response.headers["Cache-Control"] = "private, max-age=300"
        return response

    def _shown(self, edition: Edition, chapter: str) -> screen.Shown:
        text = ledger.figures(edition, kept_files())
        issue, name = ledger.issue_of(edition), ledger.name(edition)
        if edition.book == RunKind.BOOK and not chapter:
            chapter = screen.first(text, issue)
        return screen.shown(text, issue, name, chapter)

    def _edition(self, edition: Edition, refusal: PortalError | None = None) -> Any:
        others = Edition.select().where(Edition.book == edition.book, Edition.subject == edition.subject)
        whose = scopes.scope_of(edition.subject)
        steps = editions.open_steps(edition.book, whose.kind, EditionState(edition.state), Role(me().role))
        may_send = me().role in sendings.MAY_SEND
        shown = self.render(
            "reports/edition.html",
            edition=edition,
            name=ledger.name(edition),
            others=list(others.order_by(Edition.number.desc())),
            chapters=_chapters(edition),
            changed=_changed(edition),
            steps=steps if edition.sha256 else (),
            typed=request.form,
            problem=refusal.words(gettext) if refusal else "",
            at_field=refusal.field if refusal else "",
            post=editions.head(whose.kind, whose.name),
            words=subject_words,
            tag_of=EDITION_MARKS,
            number=min(max(1, _number(request.args.get("n"), 1)), edition.pages or 1),
            sent=sendings.of(edition),
            lists=list(MailingList.select().where(MailingList.is_active).order_by(MailingList.name))
            if may_send
            else [],
            may_send=may_send and bool(edition.sha256) and edition.state is not EditionState.SUPERSEDED,
            mails=bool(current_app.config["PORTAL"].mail),
            signs=current_app.config["PORTAL"].signing is not None,
            most_tries=sendings.MOST_TRIES,
        )
        return shown

    @expose("/file/")
    def file(self) -> Any:
        """Send the PDF of a run or of an edition."""
        if "edition" in request.args:
            edition = one(Edition, request.args.get("edition"))
            if "signed" in request.args:
                if not edition.signed_key:
                    raise NotFound("This edition has no signed copy.")
                return _sent(edition.signed_key, f"{ledger.name(edition)}-signed.pdf")
            return _sent(edition.file_key, f"{ledger.name(edition)}.pdf")
        run = one(Run, request.args.get("id"))
        return _sent(run.file_key, run.file_name or f"{run.kind} {run.subject}.pdf")


def one(model: Any, ident: Any) -> Any:
    """Return the row with this number that the person may see. Raises NotFound."""
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row = scope.narrowed(model.select(), me()).where(model.id == int(text)).first()
        if row is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _signature() -> Signature:
    """Read who stands for an edition, as typed."""
    day = request.form.get("document_on", "").strip()
    try:
        on = parse_date(day) if day else None
    except PortalError as wrong:
        wrong.field = "document_on"
        raise
    name, post, number = (request.form.get(f, "").strip()[:200] for f in ("signer", "signer_post", "document_number"))
    return Signature(name, post, number[:100], on)


def _chapters(edition: Edition) -> list[tuple[str, int, int]]:
    """Return title, first page and length of each chapter of an edition, as its run set them."""
    made, page = [], 1
    steps = RunStep.select().where(RunStep.run == edition.run_id, RunStep.pages.is_null(False))
    for step in steps.order_by(RunStep.position):
        made.append((step.title, page, step.pages))
        page += step.pages
    return made


def _changed(edition: Edition) -> list[dict[str, Any]]:
    """Return, by chapter, the figures that are not those of the edition before: how many, and the first of them."""
    earlier = ledger.before(edition)
    if not edition.differs or earlier is None or not earlier.snapshot_key:
        return []
    old, new = (json.loads(ledger.figures(each, kept_files())).get("passports", {}) for each in (earlier, edition))
    before, after = passports.thawed(old).figures, passports.thawed(new).figures
    made: dict[str, dict[str, Any]] = {}
    for key in passports.differing(old, new):
        figure = after.get(key) or before[key]
        if figure.shown_as == "standing":
            continue
        chapter = books.CHAPTERS.get(figure.chapter)
        one = made.setdefault(figure.chapter, {"title": chapter.title if chapter else "", "count": 0, "rows": []})
        one["count"] += 1
        if len(one["rows"]) < CHANGED:
            one["rows"].append((key, figure.label, _value(before.get(key)), _value(after.get(key))))
    return list(made.values())


def _value(figure: passports.Figure | None) -> str:
    return "-" if figure is None else figure.shown


def _previews() -> Previews:
    return Previews(current_app.config["PORTAL"].data / previews.FOLDER, kept_files())


def _named(name: str, how: str = "inline") -> str:
    ending = name.rpartition(".")[2]
    return f"{how}; filename=report.{ending}; filename*=UTF-8''{quote(name)}"


def _sent(key: str, name: str) -> Response:
    if not key:
        raise NotFound("This run has no file yet.")
    store = kept_files()
    held = store.open(key)

    def parts() -> Any:
        with held:
            while part := held.read(256 * 1024):
                yield part

    response = Response(parts(), mimetype="application/pdf")
    response.headers["Content-Length"] = str(store.size(key))
    response.headers["Content-Disposition"] = _named(name)
    return response
