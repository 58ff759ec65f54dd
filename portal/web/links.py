"""The one-time link with which somebody sets a password, shown once to the administrator who asked for it."""

from __future__ import annotations

import datetime as dt

from flask import flash, request

from models import Person
from portal import sign_ins
from portal.web.language import gettext


def password_link(person: Person, *, by: Person, at: dt.datetime) -> None:
    """Make a new link for `person` and show it once."""
    token = sign_ins.make_link(person, by=by, at=at)
    address = f"{request.host_url}first/{token}/"
    words = gettext("Give {name} this link; it works once, for a few days: {link}", name=person.name, link=address)
    flash(words, "watch")
