"""The forms that come with the portal: one JSON file each in `library/`, put into a store when their code is new there.

They are published but not in use: a division switches on what it wants, or copies it and draws it anew.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from peewee import fn

from models import Form, FormVersion, Unit
from portal.database import tuples
from portal.forms.exchange import Parcel, read_parcel
from portal.records import Work
from portal.rules.terms import FormState

LAST = 900
LIBRARY = Path(__file__).parent / "library"


def files() -> list[Path]:
    """Return the files of the library by name."""
    return sorted(LIBRARY.glob("*.json"))


def parcels() -> list[Parcel]:
    """Return the shipped forms in the order of their codes."""
    return sorted((read_parcel(path.read_bytes()) for path in files()), key=lambda parcel: parcel.code)


def add_new(work: Work, at: dt.datetime) -> int:
    """Put into the store the forms whose code it does not have, and return how many."""
    have = {code for (code,) in tuples(Form.select(Form.code))}
    units = dict(tuples(Unit.select(Unit.code, Unit.id)))
    position = max(Form.select(fn.MAX(Form.position)).scalar() or 0, LAST)  # after the forms that are in use
    new = [parcel for parcel in parcels() if parcel.code not in have]
    for n, parcel in enumerate(new, 1):
        form = work.create(
            Form, code=parcel.code, name=parcel.name, name_en=parcel.name_en, owner=units[parcel.owner],
            kind=parcel.kind, for_all_offices=parcel.for_all_offices, is_active=False, position=position + n,
        )  # fmt: skip
        work.create(
            FormVersion, form=form, number=1, spec=parcel.spec, note=parcel.note, state=FormState.PUBLISHED,
            published_at=at,
        )  # fmt: skip
    return len(new)
