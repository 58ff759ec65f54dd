"""What every page shares: menu, words, pictures, how dates are written, where static files are."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from flask_admin import Admin
from markupsafe import Markup
from peewee import InterfaceError, OperationalError

from portal import formats
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.inputs import MONTHS_LONG
from portal.web import guard, marks
from portal.web.language import LANGUAGES, gettext, language, ngettext
from portal.web.words import word

THEME_COOKIE = "portal_theme"
ASKED_ANEW = 60.0  # seconds
OFFICE = ("admin", "visits", "visit_plans", "actions", "submission", "cooperative", "workbooks", "reports")
WORK: dict[Role, tuple[str, ...]] = {
    Role.REPORTER: OFFICE,
    Role.APPROVER: (*OFFICE, "progress", "coverage"),
    Role.DIVISION: (
        "admin", "review", "visit_check", "matrix", "designer", "progress", "coverage", "actions", "workbooks",
        "reports",
    ),
    Role.PLANNING: (
        "admin", "review", "matrix", "imports", "money", "progress", "coverage", "handoff", "reports", "contents",
    ),
    Role.EXECUTIVE: ("admin", "reports", "progress", "money", "coverage", "matrix"),
    Role.ADMIN: ("admin", "matrix", "reports", "person", "unit", "period", "auditentry"),
}  # fmt: skip
"""What a role does every month, in order; everything else stands folded below it, by subject."""


@dataclass(frozen=True)
class Entry:
    """One line of the side menu."""

    name: str
    url: str
    endpoint: str
    icon: Markup


def install(app: Flask) -> None:
    """Give every template of `app` the shell's words, pictures and menu."""
    versions: dict[str, str] = {}

    def asset(name: str) -> str:
        """Return the address of a static file; it changes with the file, so browsers may keep it for good."""
        if name not in versions:
            with open(f"{app.static_folder}/{name}", "rb") as file:
                versions[name] = hashlib.sha256(file.read()).hexdigest()[:10]
        return f"/static/{name}?v={versions[name]}"

    app.jinja_env.globals.update(
        _=gettext, ngettext=ngettext, word=word, role_name=word, languages=LANGUAGES,
        icon=marks.icon, mark=marks.mark, tag=marks.tag, sprite=marks.sprite, used=marks.used, seal=marks.SEAL,
        asset=asset, csrf_token=guard.csrf_token, initials=initials, query_of=query_of, chosen_of=chosen_of,
        day=day, moment=moment, formats=formats, MONTHS_LONG=MONTHS_LONG,
    )  # fmt: skip
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def shared() -> dict[str, Any]:
        person = g.get("person")
        chosen = request.cookies.get(THEME_COOKIE, "")
        return {
            "person": person,
            "is_demo": _is_demo(),
            "language": language(),
            "theme_chosen": chosen if chosen in ("light", "dark") else "",
            "menu": menu(person.role) if person else (),
            "current_endpoint": (request.endpoint or "").partition(".")[0],
            "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        }


def _is_demo() -> bool:
    """Return whether the store holds a demonstration; it is asked once a minute, for every page says so."""
    known: tuple[float, bool] = current_app.extensions.get("portal_demo", (0.0, False))
    if time.monotonic() - known[0] < ASKED_ANEW and known[0]:
        return known[1]
    try:
        known = (time.monotonic(), runs.is_demo())
    except (OperationalError, InterfaceError):  # the page that says so must still be drawn
        return known[1]
    current_app.extensions["portal_demo"] = known
    return known[1]


def menu(role: Role) -> list[tuple[str, list[Entry]]]:
    """Return the groups of the side menu with the pages that `role` may open.

    First stands what the role does every month (`WORK`), then the rest by subject, in the order of registration.
    """
    kept: dict[tuple[Role, str], list[tuple[str, list[Entry]]]]
    kept = current_app.extensions.setdefault("portal_menu", {})
    key = (role, language())
    if key not in kept:
        admin: Admin = current_app.extensions["admin"][0]
        work: dict[str, Entry] = {}
        groups: dict[str, list[Entry]] = {}
        for view in admin._views:
            if view.is_visible() and view.is_accessible():
                url = view.url if str(view.url).endswith("/") else f"{view.url}/"
                entry = Entry(str(view.name), url, view.endpoint, marks.icon(view.menu_icon_value or "list"))
                if view.endpoint in WORK[role]:
                    work[view.endpoint] = entry
                else:
                    groups.setdefault(str(view.category), []).append(entry)
        first = [work[endpoint] for endpoint in WORK[role] if endpoint in work]
        kept[key] = [(gettext("Work"), first), *_by_subject(groups)]
    return kept[key]


def _by_subject(groups: dict[str, list[Entry]]) -> list[tuple[str, list[Entry]]]:
    """Return the groups: first the work that the role does not do every month, last what keeps the portal running."""
    rest, system = groups.pop(gettext("Work"), []), groups.pop(gettext("System"), [])
    ordered = [(gettext("Other work"), rest), *groups.items(), (gettext("System"), system)]
    return [one for one in ordered if one[1]]


def query_of(url: str) -> str:
    """Return the part of an address behind its question mark."""
    return url.partition("?")[2]


def chosen_of(one: Any, args: Any) -> str:
    """Return what a filter of a list is set to, or nothing."""
    return next((value for _index, key, value in args.filters or () if key == one.key), "")


def initials(name: str) -> str:
    """Return two letters for a person: the first consonant of each of the first two words."""
    parts = [part.lstrip("เแโใไ") or part for part in name.split()]
    return "".join(part[:1] for part in parts[:2])


def day(value: dt.date | None) -> str:
    """Return a day in the reader's language, Buddhist year in both."""
    return formats.day_short(value) if language() == "th" else formats.day_english(value)


def moment(value: dt.datetime | None) -> str:
    """Return a day and time in the reader's language."""
    return formats.moment(value) if language() == "th" else formats.moment_english(value)
