"""A form as a file, out of one portal and into another or the same: what comes out goes in and comes out equal."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import fn

from models import Form, FormVersion, Indicator, Person, Unit
from portal import records
from portal.database import tuples
from portal.errors import PortalError, RuleBroken
from portal.forms.faults import Fault, faults
from portal.forms.reading import draft_of, newest, register
from portal.forms.writing import LARGEST, FormFaulty, check_may_design
from portal.rules.access import Role
from portal.rules.terms import PeriodKind, UnitKind

MARK = "portal_form"
LAYOUT = 1
_KNOWN = {MARK, "code", "name", "name_en", "kind", "for_all_offices", "number", "note", "field_map", "spec", "owner"}


@dataclass(frozen=True)
class Parcel:
    """A form as a file describes it."""

    code: str
    name: str
    name_en: str
    kind: PeriodKind
    for_all_offices: bool
    spec: dict[str, Any]
    field_map: dict[str, Any]
    note: str
    owner: str = ""


@dataclass(frozen=True)
class Imported:
    """The draft that a file became, and what of the file could not be taken over, in words."""

    version: FormVersion
    remarks: list[Fault]


def parcel_of(version: FormVersion) -> Parcel:
    """Return a version as a file describes it. Which store it comes from does not show: indicators go by their code."""
    form = version.form
    spec = json.loads(json.dumps(version.spec))
    for question in _questions(spec):
        question.pop("indicator_id", None)
    return Parcel(
        form.code, form.name, form.name_en, PeriodKind(form.kind), bool(form.for_all_offices), spec,
        dict(version.field_map or {}), version.note, form.owner.code,
    )  # fmt: skip


def export_json(version: FormVersion) -> bytes:
    """Return a version as a JSON file, the same bytes every time."""
    return written(parcel_of(version))


def written(parcel: Parcel) -> bytes:
    """Return a parcel as a JSON file."""
    out = {
        MARK: LAYOUT, "code": parcel.code, "name": parcel.name, "name_en": parcel.name_en, "owner": parcel.owner,
        "kind": parcel.kind.value, "for_all_offices": parcel.for_all_offices, "note": parcel.note,
        "field_map": parcel.field_map, "spec": parcel.spec,
    }  # fmt: skip
    return (json.dumps(out, ensure_ascii=False, indent=1) + "\n").encode()


def read_json(data: bytes) -> Any:
    """Return the JSON in a file, or refuse what is too large, no text, no JSON or nested too deeply."""
    if len(data) > 4 * LARGEST:
        raise RuleBroken("This file is larger than a form may be.", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleBroken("This file is not text in UTF-8.", field="file")
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise RuleBroken("This file is not JSON: line {line}, column {column}.", field="file", line=error.lineno,
                         column=error.colno)  # fmt: skip
    except (ValueError, RecursionError):
        raise RuleBroken("This file is nested too deeply or holds a number that is none.", field="file")


def read_parcel(data: bytes) -> Parcel:
    """Return the form that a file describes. Raises FormFaulty with all that is wrong, RuleBroken if it is no form."""
    given = read_json(data)
    if not isinstance(given, dict) or given.get(MARK) != LAYOUT:
        raise RuleBroken("This is no form of this portal.", field="file")
    wrong = [
        Fault(str(name)[:40], RuleBroken("The portal knows nothing called “{text}” here.", text=str(name)[:40]))
        for name in given.keys() - _KNOWN
    ]
    for name in ("code", "name", "name_en", "note", "owner"):
        if not isinstance(given.get(name, ""), str):
            wrong.append(Fault(name, RuleBroken("This should be a text.")))
    if given.get("kind", "month") not in set(PeriodKind):
        words = RuleBroken("“{text}” is not a choice here.", text=str(given.get("kind"))[:40])
        wrong.append(Fault("kind", words))
    if not isinstance(given.get("field_map", {}), dict):
        wrong.append(Fault("field_map", RuleBroken("This is not a field map.")))
    spec: Any = given.get("spec")
    found = [Fault(f"spec.{f.path}".rstrip("."), f.error) for f in faults(_without_ids(spec)) if not _is_link(f)]
    if wrong or found:
        raise FormFaulty([*sorted(wrong, key=lambda f: f.path), *found])
    return Parcel(
        given.get("code", ""), given.get("name", ""), given.get("name_en", ""), PeriodKind(given.get("kind", "month")),
        given.get("for_all_offices") is not False, spec, given.get("field_map", {}), given.get("note", ""),
        given.get("owner", ""),
    )  # fmt: skip


def import_json(
    data: bytes,
    *,
    by: Person | None,
    at: dt.datetime,
    owner: Unit | None = None,
    form: Form | None = None,
    code: str = "",
) -> Imported:
    """Take a file in: as the next draft of `form`, else as a new form of `owner`.

    Without `owner` it belongs to the unit that the file names, or to its maker's where that is none of theirs.

    `code` is used instead of the file's own. Indicators are found by their code; one that this portal does not have,
    or a unit of measure that it does not know, is told in `remarks` and stays for the designer to mend.
    """
    return take_in(read_parcel(data), by=by, at=at, owner=owner, form=form, code=code)


def take_in(
    parcel: Parcel,
    *,
    by: Person | None,
    at: dt.datetime,
    owner: Unit | None = None,
    form: Form | None = None,
    code: str = "",
) -> Imported:
    """Make a draft of a parcel; as `import_json`."""
    if form is not None and draft_of(form) is not None:
        raise RuleBroken("This form has a draft already. Publish it or throw it away first.", field="form")
    unit = form.owner if form is not None else owner or _owner(parcel, by)
    check_may_design(by, unit.id)
    code = code or parcel.code
    if form is None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", code):
        raise RuleBroken("A code has letters, digits and the signs - _ . only.", field="code")
    if form is None and Form.select().where(Form.code == code).exists():
        raise RuleBroken("There is a form “{code}” already. Give another code.", field="code", code=code)
    spec, remarks = _linked(parcel.spec)
    if form is None and parcel.field_map:
        words = RuleBroken("The file's field map belongs to a version that is not here; it was left out.")
        remarks.append(Fault("field_map", words))
    with records.changing(by=by, verb="import_form", at=at) as work:
        values: dict[str, Any] = {"spec": spec, "note": parcel.note}
        if form is None:
            form = work.create(
                Form, code=code, name=parcel.name or code, name_en=parcel.name_en, owner=unit, kind=parcel.kind,
                for_all_offices=parcel.for_all_offices, position=(Form.select(fn.MAX(Form.position)).scalar() or 0) + 1,
            )  # fmt: skip
            number = 1
        else:
            last = newest(form)
            number, values["field_map"] = (last.number + 1, parcel.field_map) if last else (1, {})
        version = work.create(FormVersion, form=form, number=number, **values)
    return Imported(version, remarks + faults(spec, register()))


# ---------------------------------------------------------------- below: how


def _owner(parcel: Parcel, by: Person | None) -> Unit:
    named: Unit | None = Unit.get_or_none(Unit.code == parcel.owner, Unit.kind == UnitKind.CENTRAL)
    if named is not None and (by is None or by.role != Role.DIVISION):
        return named
    if by is None:
        raise RuleBroken("Say which unit is to own the form.", field="owner")
    own: Unit = by.unit
    return own


def _questions(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    top = [q for section in spec.get("sections", []) for q in section.get("questions", [])]
    return top + [c for q in top for c in q.get("columns", [])]


def _without_ids(spec: Any) -> Any:
    """Return a description as it is looked at before it is linked: numbers of another store's rows mean nothing."""
    try:
        plain = json.loads(json.dumps(spec))
        for question in _questions(plain):
            question.pop("indicator_id", None)
        return plain
    except (AttributeError, TypeError):
        return spec


def _is_link(fault: Fault) -> bool:
    """A code of an indicator is looked up when the form is taken in, not before."""
    return fault.path.endswith(".indicator")


def _linked(spec: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    out = json.loads(json.dumps(spec))
    codes = sorted({str(q["indicator"]) for q in _questions(out) if q.get("indicator")})
    known = (
        dict(tuples(Indicator.select(Indicator.code, Indicator.id).where(Indicator.code.in_(codes)))) if codes else {}
    )
    remarks = []
    for question in _questions(out):
        question.pop("indicator_id", None)
        code = question.get("indicator")
        if code and code in known:
            question["indicator_id"] = known[code]
        elif code:
            question["indicator"] = None
            words: PortalError = RuleBroken(
                "This portal has no indicator “{text}”; “{key}” feeds none.", text=str(code)[:40], key=question["key"]
            )
            remarks.append(Fault(str(question["key"]), words))
    return out, remarks


def _no_number(text: str) -> Any:
    raise ValueError(text)
