"""Drafts of forms as the designer's pages read and keep them: whose they are, what comes in, what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from peewee import JOIN, fn

from models import AuditEntry, Form, FormVersion, Indicator, MeasureUnit, Person, Submission, Unit
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken
from portal.forms import versions
from portal.forms.faults import Fault
from portal.forms.kinds import BY_NAME
from portal.forms.spec import FormSpec
from portal.forms.writing import check_may_design
from portal.rules.access import Role
from portal.rules.inputs import parse_text
from portal.rules.terms import FormState
from portal.web import designer_words, shelf
from portal.web.language import gettext
from portal.web.shell import moment
from portal.web.sign_in import me

LARGEST = 4 * 1024 * 1024  # bytes of one description; 300 questions with long help take some 500,000
DEEPEST = 12
TEXTS = frozenset({"title", "title_en", "label", "label_en", "help", "help_en", "message", "message_en"})


def may_design(person: Person, form: Form) -> bool:
    """Return whether a person may change this form: its owner's people, the planning division, administrators."""
    try:
        check_may_design(person, form.owner_id)
    except NotAllowed:
        return False
    return True


def readable(ident: Any) -> FormVersion:
    """Return a version that this person may look at: any that was published, drafts of one's own forms."""
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        version = FormVersion.select(FormVersion, Form).join(Form).where(FormVersion.id == int(text)).first()
        if version is not None and (version.state != FormState.DRAFT or may_design(me(), version.form)):
            return version
        if version is not None:
            raise NotAllowed("This draft belongs to another unit. Its owner shows it by publishing it.")
    raise NotFound("There is no such record, or it belongs to another office.")


def form_of(ident: Any) -> Form:
    """Return a form by its number."""
    text = str(ident)
    form = Form.get_or_none(Form.id == int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if form is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return form


def drawable(ident: Any) -> FormVersion:
    """Return a draft that this person may change."""
    version = readable(ident)
    check_may_design(me(), version.form.owner_id)
    if version.state != FormState.DRAFT:
        raise MoveRefused("A published version never changes. Make a new version of the form.")
    return version


# ---------------------------------------------------------------- what comes in and goes out


def tidied(spec: Any) -> dict[str, Any]:
    """Return a description that came from a page as it may be kept; refuse what is none or far too large."""
    if not isinstance(spec, dict) or not all(isinstance(spec.get(part, []), list) for part in ("sections", "rules")):
        raise RuleBroken("This is no description of a form.")
    made: dict[str, Any] = _tidied(spec, 0, "")
    return made


def _tidied(value: Any, depth: int, name: str) -> Any:
    if depth > DEEPEST:
        raise RuleBroken("This is no description of a form.")
    if isinstance(value, dict):
        return {str(k)[:40]: _tidied(v, depth + 1, str(k)) for k, v in list(value.items())[:100]}
    if isinstance(value, list):
        if len(value) > 2000:
            raise RuleBroken("This is no description of a form.")
        return [_tidied(one, depth + 1, name) for one in value]
    if isinstance(value, str):
        plain = value.encode("utf-8", "replace").decode()
        return parse_text(plain, many_lines=True)[:4000] if name in TEXTS else plain.replace("\x00", "")[:4000]
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15):
        return value
    return str(value)[:40]


def faults_told(found: Iterable[Fault]) -> list[dict[str, Any]]:
    """Return faults as the script needs them: the steps to the place in the description, and the words for it."""
    return [
        {
            "path": [int(s) if s.isdecimal() else s for s in fault.path.split(".") if s],
            "words": fault.error.words(gettext),
        }
        for fault in found
        if not fault.path.startswith("field_map")
    ]


def asked_json() -> dict[str, Any]:
    """Return the JSON object that a page sent; refuse anything else."""
    if (request.content_length or 0) > LARGEST:
        raise RuleBroken("This is no description of a form.")
    try:
        asked = request.get_json(silent=True)
    except RecursionError:
        asked = None
    if not isinstance(asked, dict):
        raise RuleBroken("This request could not be understood")
    return asked


def came(field_map: Mapping[str, Any]) -> dict[str, str]:
    """Return the new key of each question that goes on under another one, with its old key."""
    return {
        str(targets[0].get("key")): old
        for old, targets in field_map.items()
        if isinstance(targets, list) and len(targets) == 1 and isinstance(targets[0], dict)
    }


def carried_on(old: FormSpec, spec: FormSpec, field_map: Mapping[str, Any], renames: Any) -> dict[str, Any]:
    """Return the field map with the keys that were changed in the designer; what else was said in it stays.

    `renames` leads keys of the version before to those of the draft. A rename that was taken back is forgotten.
    """
    out = dict(field_map)
    known, now = {**old.questions, **old.asked}, {**spec.questions, **spec.asked}
    for after, before in came(field_map).items():
        if after not in now and before in now:
            del out[before]
    for before, after in list(renames.items())[:500] if isinstance(renames, dict) else []:
        if before not in known or before in now or after not in now:
            continue
        held = out.get(before)
        if not held or (isinstance(held, list) and len(held) == 1 and isinstance(held[0], dict)):
            out[before] = [{**(held[0] if held else {}), "key": after}]
    return out


def last_saved(version: FormVersion) -> tuple[str, str]:
    """Return who saved a version last, and when, in words."""
    entry = (
        AuditEntry.select(AuditEntry, Person)
        .join(Person, JOIN.LEFT_OUTER)
        .where(AuditEntry.table_name == "FormVersion", AuditEntry.row_id == version.id)
        .order_by(AuditEntry.id.desc())
        .first()
    )
    if entry is None or entry.person is None:
        return gettext("The portal"), moment(entry.at) if entry else ""
    return entry.person.name, moment(entry.at)


def given(version: FormVersion, *, read_only: bool) -> dict[str, Any]:
    """Return what the designer's script needs to know of a version."""
    spec = version.spec if isinstance(version.spec, dict) else {}
    asked = [q for s in _dicts(spec.get("sections")) for q in _dicts(s.get("questions"))]
    asked += [column for question in asked for column in _dicts(question.get("columns"))]
    codes = {str(q["unit"]) for q in asked if q.get("unit")}
    units = MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).where(MeasureUnit.code.in_(codes))
    ids = {q["indicator_id"] for q in asked if isinstance(q.get("indicator_id"), int)}
    names = {str(q["indicator"]) for q in asked if q.get("indicator")}
    earlier = versions.before(version)
    before = versions.spec_of(earlier) if earlier else FormSpec()
    return {
        "version": version.id, "seen": version.version, "spec": spec, "read_only": read_only,
        "faults": [] if read_only else faults_told(versions.faults_of(version)),
        "kinds": shelf.described(), "units": dict(units.tuples()),
        "indicators": indicators(ids, names), "kept_keys": [*before.questions, *before.asked],
        "came": came(version.field_map or {}),
        "functions": designer_words.functions(), "words": designer_words.sentences(),
        "endings": {"file": BY_NAME["file"].endings, "photo": BY_NAME["photo"].endings},  # type: ignore[attr-defined]
    }  # fmt: skip


def indicators(ids: set[int], codes: set[str]) -> dict[int, dict[str, Any]]:
    """Return what a question that feeds one of these indicators has to agree with, by the indicator's id."""
    if not ids and not codes:
        return {}
    query = (
        Indicator.select(Indicator, MeasureUnit)
        .join(MeasureUnit)
        .where(Indicator.id.in_(ids) | Indicator.code.in_(codes))
    )
    return {
        i.id: {
            "id": i.id, "code": i.code, "name": i.name, "unit": i.measure_unit.code, "unit_name": i.measure_unit.name,
            "month_rule": str(i.month_rule), "unit_rule": str(i.unit_rule),
        }
        for i in query
    }  # fmt: skip


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def forms_of(person: Person) -> list[dict[str, Any]]:
    """Return the forms this person may draw, each with its newest published version and its draft."""
    forms = (
        Form.select(Form, Unit)
        .join(Unit, on=(Form.owner == Unit.id))
        .order_by(Form.is_active.desc(), Form.position, Form.code)
    )
    if person.role == Role.DIVISION:
        forms = forms.where(Form.owner == person.unit_id)
    listed = list(forms)
    held: dict[int, list[FormVersion]] = {form.id: [] for form in listed}
    plain = (FormVersion.id, FormVersion.form, FormVersion.number, FormVersion.state, FormVersion.published_at)
    for one in FormVersion.select(*plain).where(FormVersion.form.in_(list(held))).order_by(FormVersion.number.desc()):
        held[one.form_id].append(one)
    counts: dict[int, int] = dict(
        Submission.select(FormVersion.form, fn.COUNT(Submission.id))
        .join(FormVersion)
        .where(FormVersion.form.in_(list(held)))
        .group_by(FormVersion.form)
        .tuples()
    )
    return [
        {
            "form": form,
            "draft": next((v for v in held[form.id] if v.state == FormState.DRAFT), None),
            "published": next((v for v in held[form.id] if v.state == FormState.PUBLISHED), None),
            "versions": len(held[form.id]),
            "submissions": counts.get(form.id, 0),
        }
        for form in listed
    ]
