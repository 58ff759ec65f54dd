"""People: join, change office or role, leave. A citizen number is never asked for; see sign_ins for passwords."""

from __future__ import annotations

import datetime as dt

from models import Person, Unit
from portal import records, sign_ins
from portal.errors import PortalError
from portal.rules.access import Role


def add(*, username: str, name: str, role: Role, unit: Unit, by: Person | None, email: str = "") -> Person:
    """Add a person; `sign_ins.make_link` gives the link with which they set their first password."""
    with records.changing(by=by, verb="add_person") as work:
        return work.create(Person, username=username.lower(), name=name, role=role, unit=unit, email=email)


def leave(person: Person, *, by: Person, at: dt.datetime) -> None:
    """Switch an account off; every sign-in of it ends at once."""
    if person.id == by.id:
        raise PortalError("You cannot switch your own account off.")
    with records.changing(by=by, verb="leave", at=at) as work:
        work.update(person, is_active=False)
        sign_ins.end_all(person, at=at)
