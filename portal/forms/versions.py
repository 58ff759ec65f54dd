"""Forms and their versions: begin, draft, save, publish, copy, throw a draft away; and the other verbs' public names.

A published version never changes; what is to be different goes into a new draft. There is one draft of a form at most.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from peewee import fn

from models import Form, FormVersion, Person, Submission, Unit
from portal import records
from portal.errors import MoveRefused, NotAllowed, StoreRefused
from portal.forms import field_maps
from portal.forms.exchange import export_json, import_json, read_json, read_parcel
from portal.forms.faults import Fault, Register, faults
from portal.forms.moving import move, move_back, preview_move, preview_move_back
from portal.forms.reading import before, draft_of, newest, published, register, spec_of, stages
from portal.forms.schema_of import json_schema
from portal.forms.writing import FormFaulty, check_may_design, checked, without_indicators
from portal.rules import access
from portal.rules.access import Role
from portal.rules.terms import FormState, PeriodKind
from portal.rules.workflow import State

__all__ = [
    "FormFaulty", "before", "begin", "copy", "discard", "draft", "draft_of", "export_json", "faults_of", "import_json",
    "json_schema", "move", "move_back", "newest", "preview_move", "preview_move_back", "publish", "published",
    "read_json", "read_parcel", "register", "retire", "save_draft", "spec_of", "stages",
]  # fmt: skip

SITTING = dt.timedelta(minutes=30)  # without a save: what comes later is another sitting
OPEN = (State.DRAFT, State.RETURNED, State.SUBMITTED)  # submissions that somebody still works on


def begin(
    *,
    code: str,
    name: str,
    owner: Unit,
    by: Person,
    at: dt.datetime,
    name_en: str = "",
    kind: PeriodKind = PeriodKind.MONTH,
    for_all_offices: bool = True,
    spec: Mapping[str, Any] | None = None,
) -> FormVersion:
    """Make a new form with an empty first draft, or with the description given, and return that draft."""
    check_may_design(by, owner.id)
    position = (Form.select(fn.MAX(Form.position)).scalar() or 0) + 1
    with records.changing(by=by, verb="begin_form", at=at) as work:
        form = work.create(
            Form, code=code, name=name, name_en=name_en, owner=owner, kind=kind, for_all_offices=for_all_offices,
            position=position,
        )  # fmt: skip
        return work.create(FormVersion, form=form, number=1, spec=dict(spec or {"sections": [], "rules": []}))


def draft(form: Form, *, by: Person, at: dt.datetime) -> FormVersion:
    """Return the draft of a form: the one there is, or a new copy of its newest version."""
    check_may_design(by, form.owner_id)
    there = draft_of(form)
    if there is not None:
        return there
    last = newest(form)
    number = last.number + 1 if last else 1
    spec = last.spec if last else {"sections": [], "rules": []}
    try:
        with records.changing(by=by, verb="draft", at=at) as work:
            return work.create(FormVersion, form=form, number=number, spec=spec)
    except StoreRefused:  # two began in one moment: it is one draft
        there = draft_of(form)
        if there is None:
            raise
        return there


def save_draft(
    version: FormVersion,
    spec: Mapping[str, Any],
    *,
    by: Person,
    at: dt.datetime,
    seen: int | None = None,
    field_map: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> list[Fault]:
    """Save a draft as it is, faults and all, and return what is still wrong with it.

    What one person saves in one sitting is one picture in its history: the designer saves every few seconds.
    Raises StaleRow when the draft is no longer at the version `seen`, MoveRefused when it has been published.
    """
    check_may_design(by, version.form.owner_id)
    _check_draft(version)
    values: dict[str, Any] = {"spec": checked(spec)}
    if field_map is not None:
        values["field_map"] = checked(field_map)
    if note is not None:
        values["note"] = note
    with records.changing(by=by, verb="save_draft", at=at) as work:
        work.update(version, seen=seen, **values)
        work.join_last(version, since=at - SITTING)
    return faults_of(version)


def faults_of(version: FormVersion, known: Register | None = None) -> list[Fault]:
    """Return what is wrong with a version: its description, and its field map (paths begin with `field_map.`)."""
    found = faults(version.spec, known or register())
    earlier = before(version)
    if earlier is not None and version.field_map:
        wrong = field_maps.map_faults(spec_of(earlier), spec_of(version), version.field_map)
        found += [Fault(f"field_map.{fault.path}", fault.error) for fault in wrong]
    return found


def publish(version: FormVersion, *, by: Person, at: dt.datetime) -> FormVersion:
    """Publish a draft: from now on new submissions are made with it, and it never changes.

    Decimals that were left open are taken from the unit of measure. Older versions stay as they are, for the
    submissions made with them. Raises FormFaulty with every fault, StaleRow when somebody saved the draft meanwhile.
    """
    check_may_design(by, version.form.owner_id)
    _check_draft(version)
    known = register()
    found = faults_of(version, known)
    if found:
        raise FormFaulty(found)
    with records.changing(by=by, verb="publish", at=at) as work:
        work.update(
            version,
            seen=version.version,
            spec=_with_decimals(version.spec, known),
            state=FormState.PUBLISHED,
            published_at=at,
            published_by=by,
        )
    return version


def copy(
    form: Form, *, code: str, name: str, by: Person, at: dt.datetime, owner: Unit | None = None, name_en: str = ""
) -> FormVersion:
    """Make a new form with the questions of another, and return its draft.

    The copy feeds no indicator: two forms that feed one would count everything twice.
    """
    last = newest(form)
    if last is None:
        raise MoveRefused("This form has no version yet.")
    return begin(
        code=code, name=name, name_en=name_en, owner=owner or _own(form, by), by=by, at=at, kind=form.kind,
        for_all_offices=form.for_all_offices, spec=without_indicators(last.spec),
    )  # fmt: skip


def retire(version: FormVersion, *, by: Person, at: dt.datetime) -> None:
    """Take a published version out of use; refused while somebody still works on a submission made with it."""
    check_may_design(by, version.form.owner_id)
    if version.state != FormState.PUBLISHED:
        raise MoveRefused("Only a published version is taken out of use.")
    open_ones = Submission.select().where(Submission.form_version == version.id, Submission.state.in_(OPEN)).count()
    if open_ones:
        raise MoveRefused("{count} reports in this version are still being worked on.", count=open_ones)
    with records.changing(by=by, verb="retire", at=at) as work:
        work.update(version, state=FormState.RETIRED)


def discard(version: FormVersion, *, by: Person, at: dt.datetime) -> None:
    """Throw a draft away; it stays in the history of the form."""
    check_may_design(by, version.form.owner_id)
    _check_draft(version)
    with records.changing(by=by, verb="discard_draft", at=at) as work:
        work.remove(version)


# ---------------------------------------------------------------- below: how


def _own(form: Form, by: Person) -> Unit:
    """A division copies into its own hands; planning and administrators leave the owner as it is."""
    if by.role == Role.DIVISION:
        return by.unit
    if not access.may_write(by.role, "Form"):
        raise NotAllowed("You may look at these records but not change them.")
    return form.owner


def _check_draft(version: FormVersion) -> None:
    fresh = FormVersion.get_or_none(FormVersion.id == version.id)
    if fresh is None or fresh.state != FormState.DRAFT:
        raise MoveRefused("A published version never changes. Make a new version of the form.")


def _with_decimals(spec: Mapping[str, Any], known: Register) -> dict[str, Any]:
    """Return the description with decimals where only the unit of measure said how many."""
    out: dict[str, Any] = json.loads(json.dumps(spec))
    questions = [q for section in out.get("sections", []) for q in section.get("questions", [])]
    for question in questions + [c for q in questions for c in q.get("columns", [])]:
        measure = known.units.get(question.get("unit") or "")
        kind = question.get("kind")
        if measure is not None and kind in ("number", "percent", "computed") and question.get("decimals") is None:
            question["decimals"] = min(measure.decimals, 2) if kind == "percent" else measure.decimals
    return out
