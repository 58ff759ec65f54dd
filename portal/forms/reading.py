"""Versions as the rest of the portal reads them: their description, the newest of a form, all of them in a line."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from peewee import Database

from models import Form, FormVersion, Indicator, MeasureUnit, db
from portal.database import tuples
from portal.forms.faults import Fed, Measure, Register
from portal.forms.field_maps import Stage
from portal.forms.spec import FormSpec
from portal.rules.terms import FormState

_KNOWN: WeakKeyDictionary[Database, dict[tuple[int, int], FormSpec]] = WeakKeyDictionary()


def spec_of(version: FormVersion) -> FormSpec:
    """Return a version's description. Reading the same description again costs next to nothing.

    A published one never changes, so that it is known by its number; a draft is known by its text.
    """
    if version.id is None or version.state == FormState.DRAFT:
        return _parsed(json.dumps(version.spec, ensure_ascii=False, sort_keys=False))
    known = _KNOWN.setdefault(db.obj, {})
    key = (version.id, version.version)
    if key not in known:
        known[key] = FormSpec.from_json(version.spec)
    return known[key]


@lru_cache(maxsize=512)
def _parsed(text: str) -> FormSpec:
    return FormSpec.from_json(json.loads(text))


def published(form: Form | int) -> FormVersion | None:
    """Return the newest published version of a form: the one that new submissions are made with."""
    found: FormVersion | None = _of(form).where(FormVersion.state == FormState.PUBLISHED).first()
    return found


def newest(form: Form | int) -> FormVersion | None:
    """Return the newest version of a form in whatever state."""
    found: FormVersion | None = _of(form).first()
    return found


def draft_of(form: Form | int) -> FormVersion | None:
    """Return the draft of a form; there is at most one."""
    found: FormVersion | None = _of(form).where(FormVersion.state == FormState.DRAFT).first()
    return found


def before(version: FormVersion) -> FormVersion | None:
    """Return the version before this one, to whose questions its field map refers."""
    found: FormVersion | None = _of(version.form_id).where(FormVersion.number < version.number).first()
    return found


def stages(form: Form | int) -> list[Stage]:
    """Return all versions of a form that ever were published, oldest first, as plain values."""
    rows = _of(form).where(FormVersion.state != FormState.DRAFT)
    return [Stage(v.number, spec_of(v), v.field_map or {}) for v in reversed(list(rows))]


def register() -> Register:
    """Return what forms must agree with: units of measure and indicators."""
    units = {code: Measure(decimals, percent) for code, decimals, percent in tuples(
        MeasureUnit.select(MeasureUnit.code, MeasureUnit.decimals, MeasureUnit.is_percentage)
    )}  # fmt: skip
    columns = (Indicator.id, Indicator.code, MeasureUnit.code, Indicator.month_rule, Indicator.unit_rule)
    indicators = {
        ident: Fed(code, unit, str(month_rule), str(unit_rule))
        for ident, code, unit, month_rule, unit_rule in tuples(Indicator.select(*columns).join(MeasureUnit))
    }
    return Register(units, indicators)


def _of(form: Form | int) -> Any:
    ident = form if isinstance(form, int) else form.id
    return FormVersion.select().where(FormVersion.form == ident).order_by(FormVersion.number.desc())
