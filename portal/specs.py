"""The description of a form version, read once; and which version of a form is asked for now."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from peewee import Database

from models import Form, FormVersion, db
from portal.forms.spec import FormSpec
from portal.rules.terms import FormState

_KNOWN: WeakKeyDictionary[Database, dict[tuple[int, int], FormSpec]] = WeakKeyDictionary()


def spec_of(version: FormVersion) -> FormSpec:
    """Return the description of a form version, read once for each of its versions."""
    known = _KNOWN.setdefault(db.obj, {})
    key = (version.id, version.version)
    if key not in known:
        known[key] = FormSpec.from_json(version.spec)
    return known[key]


def published(form: Form) -> FormVersion | None:
    """Return the newest published version of a form."""
    found: FormVersion | None = (
        FormVersion.select()
        .where(FormVersion.form == form.id, FormVersion.state == FormState.PUBLISHED)
        .order_by(FormVersion.number.desc())
        .first()
    )
    return found
