"""The versions of a form: what stands on each, two compared, files, copies, reports moved to a newer one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request
from flask_admin import BaseView, expose
from peewee import fn

from models import AuditEntry, Form, FormVersion, Obligation, Period, Person, Submission, Unit
from portal import clock
from portal.errors import MoveRefused, NotFound, PortalError
from portal.forms import kinds, moving, versions
from portal.forms.spec import FormSpec
from portal.forms.values import Cell
from portal.rules.inputs import parse_text
from portal.rules.terms import FormState
from portal.rules.workflow import State
from portal.web import drafts
from portal.web.designer import DesignerPage
from portal.web.form_changes import changes
from portal.web.language import gettext, language, lazy
from portal.web.sign_in import me

MOVABLE = (State.DRAFT, State.RETURNED)
SHOWN = 200
LINES = 60


@dataclass(frozen=True)
class Standing:
    """One version with how many reports stand on it, and how many of those somebody still works on."""

    version: FormVersion
    all: int
    movable: int


class VersionsPage(BaseView):
    """The history of one form, and what can be done with it."""

    def __init__(self) -> None:
        super().__init__(lazy("Versions"), None, endpoint="versions", url="/admin/versions")

    is_accessible = DesignerPage.is_accessible
    inaccessible_callback = DesignerPage.inaccessible_callback

    def is_visible(self) -> bool:
        """It is reached from the designer and from a form's record."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Show the versions of a form, newest first."""
        form = drafts.form_of(request.args.get("form"))
        listed = _standing(form)
        writes = drafts.may_design(me(), form)
        published = versions.published(form)
        behind = sum(one.movable for one in listed if published and one.version.number < published.number)
        return self.render(
            "versions/index.html",
            form=form, listed=[one for one in listed if writes or one.version.state != FormState.DRAFT],
            writes=writes, published=published, behind=behind,
        )  # fmt: skip

    @expose("/compare/")
    def compare(self) -> Any:
        """Show what differs between two versions of one form."""
        old, new = sorted(
            (drafts.readable(request.args.get("a")), drafts.readable(request.args.get("b"))), key=lambda v: v.number
        )
        if old.form_id != new.form_id:
            raise NotFound("There is no such record, or it belongs to another office.")
        renamed = _renamed(new) if versions.before(new) == old else {}
        found = changes(versions.spec_of(old), versions.spec_of(new), renamed)
        return self.render("versions/compare.html", form=new.form, old=old, new=new, changes=found)

    @expose("/json/")
    def export(self) -> Any:
        """Send a version as a file that can be imported here or elsewhere."""
        version = drafts.readable(request.args.get("version"))
        return _file(versions.export_json(version), f"{version.form.code} {version.number}.json")

    @expose("/schema/")
    def schema(self) -> Any:
        """Send the JSON Schema of a version's answers."""
        version = drafts.readable(request.args.get("version"))
        text = json.dumps(versions.json_schema(version), ensure_ascii=False, indent=1)
        return _file(f"{text}\n".encode(), f"{version.form.code} {version.number}.schema.json")

    @expose("/copy/", methods=("POST",))
    def copy(self) -> Any:
        """Make a new form with the same questions."""
        form = drafts.form_of(request.form.get("form"))
        code, name = parse_text(request.form.get("code", "")), parse_text(request.form.get("name", ""))
        made = versions.copy(form, code=code, name=name, by=me(), at=clock.now())
        flash(gettext("The copy feeds no indicator: two forms that feed one would count everything twice."), "watch")
        return redirect(f"/admin/designer/?version={made.id}")

    @expose("/discard/", methods=("POST",))
    def discard(self) -> Any:
        """Throw a draft away."""
        version = drafts.drawable(request.form.get("version"))
        versions.discard(version, by=me(), at=clock.now())
        flash(gettext("The draft is thrown away; it stays in the history of the form."), "success")
        return redirect(f"/admin/versions/?form={version.form_id}")

    @expose("/move/")
    def moves(self) -> Any:
        """List the reports that could be moved to the newest version, or show what moving one would do."""
        form = drafts.form_of(request.args.get("form"))
        if "submission" in request.args:
            return self._preview(form, _report(form, request.args["submission"]), back=request.args.get("back") == "1")
        published = versions.published(form)
        if published is None:
            raise MoveRefused("This form has no published version yet; its owner publishes one.")
        reports = _reports(form)
        behind = [s for s in reports if s.form_version.number < published.number]
        back = _moved({s.id for s in reports} - {s.id for s in behind})
        moved = [s for s in reports if s.id in back]
        return self.render(
            "versions/moves.html",
            form=form,
            published=published,
            behind=behind,
            moved=moved,
            more=len(reports) == SHOWN,
        )

    def _preview(self, form: Form, submission: Submission, *, back: bool) -> Any:
        plan = versions.preview_move_back(submission) if back else versions.preview_move(submission)
        shown = language()
        kept = [
            {
                "from": ", ".join(plan.old_spec.name(cell, shown) for cell in line.sources),
                "to": plan.new_spec.name(line.cell, shown),
                "before": ", ".join(
                    kinds.show(plan.old_spec.asked[cell.key], entry, shown)
                    for cell, entry in zip(line.sources, line.before, strict=True)
                ),
                "after": kinds.show(plan.new_spec.asked[line.cell.key], line.after, shown),
                "note": line.note if line.is_break else "",
                "breaks": line.is_break,
            }
            for line in plan.kept
        ]
        old = plan.old_spec
        left = [(old.name(one.cell, shown), _said(old, one, shown), one.why.words(gettext)) for one in plan.left]
        fresh = [plan.new_spec.name(Cell(key), shown) for key in plan.new_keys]
        return self.render(
            "versions/move.html",
            form=form, submission=submission, plan=plan, kept=kept, left=left, fresh=fresh, back=back, lines=LINES,
        )  # fmt: skip

    @expose("/move/", methods=("POST",))
    def move(self) -> Any:
        """Move reports to the newest version, or one back; each is done or refused by itself."""
        form = drafts.form_of(request.form.get("form"))
        back = request.form.get("back") == "1"
        done, refused = 0, []
        for ident in request.form.getlist("submission")[:SHOWN]:
            submission = _report(form, ident)
            try:
                (versions.move_back if back else versions.move)(submission, by=me(), at=clock.now())
                done += 1
            except PortalError as refusal:
                refused.append(f"{submission.unit.short}: {refusal.words(gettext)}")
        if done and back:
            flash(gettext("{n} reports are back in the version they came from.", n=done), "success")
        elif done:
            flash(gettext("{n} reports were moved to the newest version. This can be taken back.", n=done), "success")
        for words in refused[:20]:
            flash(words, "error")
        return redirect(f"/admin/versions/move/?form={form.id}")


# ---------------------------------------------------------------- below: what is read


def _standing(form: Form) -> list[Standing]:
    counts = {
        version: (whole, movable)
        for version, whole, movable in Submission.select(
            Submission.form_version,
            fn.COUNT(Submission.id),
            fn.COUNT(Submission.id).filter(Submission.state.in_(MOVABLE)),
        )
        .join(FormVersion)
        .where(FormVersion.form == form.id)
        .group_by(Submission.form_version)
        .tuples()
    }
    listed = (
        FormVersion.select(FormVersion, Person)
        .left_outer_join(Person, on=(FormVersion.published_by == Person.id))
        .where(FormVersion.form == form.id)
        .order_by(FormVersion.number.desc())
    )
    return [Standing(version, *counts.get(version.id, (0, 0))) for version in listed]


def _renamed(version: FormVersion) -> dict[str, str]:
    return {
        old: str(targets[0].get("key", ""))
        for old, targets in (version.field_map or {}).items()
        if isinstance(targets, list) and len(targets) == 1 and isinstance(targets[0], dict)
    }


def _reports(form: Form) -> list[Submission]:
    """Return the reports of a form that are with their offices, those of this person's forms."""
    return list(
        Submission.select(Submission, FormVersion, Unit, Period, Obligation)
        .join_from(Submission, FormVersion)
        .join_from(Submission, Unit)
        .join_from(Submission, Period)
        .join_from(Submission, Obligation)
        .where(FormVersion.form == form.id, Submission.state.in_(MOVABLE))
        .order_by(Period.starts_on.desc(), Unit.name_sort)
        .limit(SHOWN)
    )


def _moved(ids: set[int]) -> set[int]:
    """Return which of these reports were moved and not taken back since."""
    verbs = (moving.MOVED, moving.MOVED_BACK)
    last = (
        AuditEntry.select(fn.MAX(AuditEntry.id))
        .where(AuditEntry.table_name == "Submission", AuditEntry.row_id.in_(ids), AuditEntry.verb.in_(verbs))
        .group_by(AuditEntry.row_id)
    )
    query = AuditEntry.select(AuditEntry.row_id).where(AuditEntry.id.in_(last), AuditEntry.verb == moving.MOVED)
    return {ident for (ident,) in query.tuples()}


def _report(form: Form, ident: str) -> Submission:
    if ident.isascii() and ident.isdigit() and len(ident) < 10:
        row = (
            Submission.select(Submission, FormVersion, Unit, Period)
            .join_from(Submission, FormVersion)
            .join_from(Submission, Unit)
            .join_from(Submission, Period)
            .where(Submission.id == int(ident), FormVersion.form == form.id)
            .first()
        )
        if row is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")


def _said(spec: FormSpec, one: Any, shown: str) -> str:
    question = spec.asked.get(one.cell.key)
    return kinds.show(question, one.entry, shown) if question is not None else str(one.entry)


def _file(data: bytes, name: str) -> Response:
    response = Response(data, mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=form.json; filename*=UTF-8''{quote(name)}"
    return response
