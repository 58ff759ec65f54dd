"""Publishing a draft: what is still wrong, what has changed, how each question of the version before goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import FormVersion, Submission
from portal import clock
from portal.errors import PortalError, StaleRow
from portal.forms import kinds, versions
from portal.forms.faults import Fault
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.writing import FormFaulty
from portal.rules.inputs import parse_text
from portal.rules.workflow import State
from portal.web import drafts
from portal.web.designer import DesignerPage
from portal.web.form_changes import changes
from portal.web.language import gettext, lazy
from portal.web.sign_in import me

PARTS = 3  # into how many questions one may be split on the page
ALIKE = 0.72  # from which likeness of two labels a rename is suggested


@dataclass
class Target:
    """Where a question goes: as which new one, in which unit, with which words at the break."""

    key: str = ""
    factor: str = ""
    note: str = ""
    breaks: bool = False


@dataclass
class Goes:
    """A question of the version before, and how it goes on."""

    key: str
    label: str
    targets: list[Target] = field(default_factory=list)
    asks: bool = False
    suggested: bool = False
    errors: list[str] = field(default_factory=list)


class PublishPage(BaseView):
    """The last page before a draft becomes a version that never changes."""

    def __init__(self) -> None:
        super().__init__(lazy("Publish"), None, endpoint="publishing", url="/admin/designer/publish")

    is_accessible = DesignerPage.is_accessible
    inaccessible_callback = DesignerPage.inaccessible_callback

    def is_visible(self) -> bool:
        """It is reached from the designer, not from the menu."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Show what publishing would mean."""
        version = drafts.drawable(request.args.get("version"))
        return self._page(version, version.field_map or {}, version.note, suggest=not version.field_map)

    @expose("/", methods=("POST",))
    def publish(self) -> Any:
        """Keep the field map and the note; publish, if that was pressed and nothing is wrong."""
        version = drafts.drawable(request.form.get("version"))
        earlier = versions.before(version)
        field_map = _read_map(earlier, version) if earlier else {}
        note = parse_text(request.form.get("note", ""), many_lines=True)[:2000]
        seen = request.form.get("seen", "")
        try:
            versions.save_draft(
                version, version.spec, by=me(), at=clock.now(), field_map=field_map, note=note,
                seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0,
            )  # fmt: skip
            if request.form.get("do") != "publish":
                flash(gettext("The field map and the note are kept with the draft."), "success")
                return redirect(f"/admin/designer/publish/?version={version.id}")
            versions.publish(version, by=me(), at=clock.now())
        except StaleRow:
            version = drafts.drawable(version.id)
            words = gettext("Somebody has changed the draft since this page was opened. Look again, then publish.")
            return self._page(version, field_map, note, refusal=words), 409
        except FormFaulty:
            return self._page(version, field_map, note), 422
        except PortalError as refusal:
            return self._page(version, field_map, note, refusal=refusal.words(gettext)), refusal.status
        flash(gettext("Version {n} is published; new reports are made with it.", n=version.number), "success")
        return redirect(f"/admin/versions/?form={version.form_id}")

    def _page(
        self, version: FormVersion, field_map: Mapping[str, Any], note: str, *, suggest: bool = False, refusal: str = ""
    ) -> Any:
        earlier = versions.before(version)
        new = FormSpec.from_json(version.spec)
        old = versions.spec_of(earlier) if earlier else FormSpec()
        version.field_map = dict(field_map)
        found = versions.faults_of(version)
        rows = goes_on(old, new, field_map, found, suggest=suggest)
        renamed = {row.key: row.targets[0].key for row in rows if len(row.targets) == 1 and row.targets[0].key}
        return self.render(
            "designer/publish.html",
            version=version, form=version.form, earlier=earlier, note=note, refusal=refusal, rows=rows, parts=PARTS,
            faults=[(f.path, f.error.words(gettext), _place(version.spec, f.path)) for f in _of_form(found)],
            changes=changes(old, new, renamed) if earlier else [], count=len(new.questions),
            options=list(_named(new).items()),
            sent=_sent(version.form_id),
        )  # fmt: skip


# ---------------------------------------------------------------- how each question goes on


def goes_on(
    old: FormSpec, new: FormSpec, field_map: Mapping[str, Any], found: list[Fault], *, suggest: bool
) -> list[Goes]:
    """Return the questions of the old version with where they go; `asks` marks those that somebody has to decide on.

    With `suggest`, a question that would end is offered the new one that is called almost the same.
    """
    before, after = _named(old), _named(new)
    free = [key for key in after if key not in before]
    rows = []
    for key, label in before.items():
        table = key.partition(".")[0]
        if "." in key and table not in new.questions and key not in field_map:
            continue  # it goes where its table goes
        row = Goes(key, label)
        if key in field_map:
            row.targets = [_target(one) for one in field_map[key] if isinstance(one, Mapping)]
            row.asks = True
        elif key in after:
            row.targets = [Target(key)]
            row.asks = _measured_anew(old, new, key)
        else:
            row.asks = True
            likely = _likely(label, _question(old, key), free, after, new) if suggest else ""
            if likely:
                row.targets, row.suggested = [Target(likely)], True
                free.remove(likely)
        start = f"field_map.{key}"
        row.errors = [f.error.words(gettext) for f in found if f.path == start or f.path.startswith(f"{start}.")]
        rows.append(row)
    return rows


def _named(spec: FormSpec) -> dict[str, str]:
    """Return what answers go by: every key, a table's as a whole too, with what it is called."""
    out = {}
    for key, question in spec.questions.items():
        if question.kind == "note":
            continue
        out[key] = question.title()
        out |= {f"{key}.{column.key}": f"{question.title()} · {column.title()}" for column in question.columns}
    return out


def _question(spec: FormSpec, key: str) -> Question | None:
    return spec.asked.get(key) or spec.questions.get(key)


def _measured_anew(old: FormSpec, new: FormSpec, key: str) -> bool:
    before, after = _question(old, key), _question(new, key)
    return before is not None and after is not None and (before.unit, before.kind) != (after.unit, after.kind)


def _likely(label: str, before: Question | None, free: list[str], after: Mapping[str, str], new: FormSpec) -> str:
    best, likeness = "", ALIKE
    for key in free:
        question = _question(new, key)
        if before is None or question is None or kinds.of(before).counts != kinds.of(question).counts:
            continue
        if (before.kind == "table") != (question.kind == "table"):
            continue
        same = SequenceMatcher(None, label, after[key]).ratio()
        if before.indicator_id is not None and before.indicator_id == question.indicator_id:
            same = 1.0
        if same > likeness:
            best, likeness = key, same
    return best


def _target(one: Mapping[str, Any]) -> Target:
    factor = str(one.get("factor") or "")
    return Target(
        str(one.get("key", "")), "" if factor == "1" else factor, str(one.get("note") or ""), one.get("break") is True
    )


def _read_map(earlier: FormVersion, version: FormVersion) -> dict[str, Any]:
    """Return the field map that was chosen on the page; what goes on under its own key as it is needs no entry."""
    new = _named(FormSpec.from_json(version.spec))
    out: dict[str, Any] = {}
    for key in _named(versions.spec_of(earlier)):
        if f"to-{key}-0" not in request.form:
            continue
        targets = []
        for n in range(PARTS):
            goal = request.form.get(f"to-{key}-{n}", "")
            if not goal:
                continue
            target: dict[str, Any] = {"key": goal[:100]}
            if factor := request.form.get(f"factor-{key}-{n}", "").strip().replace(",", ""):
                target["factor"] = factor[:30]
            if note := parse_text(request.form.get(f"note-{key}-{n}", ""))[:500]:
                target["note"] = note
            if request.form.get(f"break-{key}-{n}"):
                target["break"] = True
            targets.append(target)
        if targets == [{"key": key}] or (not targets and key not in new):
            continue
        out[key] = targets
    return out


# ---------------------------------------------------------------- what is told


def _of_form(found: list[Fault]) -> list[Fault]:
    return [fault for fault in found if not fault.path.startswith("field_map")]


def _place(spec: Any, path: str) -> str:
    """Return what the faulty part is called, as far as it has words."""
    at, name = spec, ""
    for step in path.split("."):
        try:
            at = at[int(step)] if step.isdecimal() else at[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(at, dict):
            name = str(at.get("label") or at.get("title") or at.get("message") or at.get("key") or name)
    return name or gettext("The form")


def _sent(form_id: int) -> tuple[int, int]:
    """Return how many reports of this form were sent, and how many somebody still works on."""
    mine = Submission.select().join(FormVersion).where(FormVersion.form == form_id)
    busy = mine.where(Submission.state.in_((State.DRAFT, State.RETURNED))).count()
    return mine.count() - busy, busy
