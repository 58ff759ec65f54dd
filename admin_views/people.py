"""Screens: people, and the browsers they are signed in with."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import CENTRAL, Button, Screen
from models import Person, SignIn
from portal import people
from portal.rules.access import Role
from portal.web.language import lazy
from portal.web.links import password_link

ADMIN = frozenset({Role.ADMIN})


class PersonScreen(Screen):
    """Everybody who may sign in. A person leaves by the button; nothing they did is lost."""

    table = Person
    open_to = CENTRAL | {Role.APPROVER}
    small = True
    icon = "people"
    column_list = ("name", "username", "role", "unit", "is_active")
    column_filters = ("role", "unit", "unit.region", "is_active")
    column_default_sort = ("name", False)
    form_columns = ("username", "name", "email", "role", "unit", "language", "wants_mail", "is_active")
    not_typed = ("password", "failed_count", "wait_until")
    buttons = (
        Button("password_link", lazy("Give a password link"), password_link, ADMIN, icon="key",
               sure=lazy("Make a new one-time link? Older links of this person stop working.")),
        Button("leave", lazy("Switch the account off"), people.leave, ADMIN, icon="lock",
               fits=lambda row, person: row.is_active and row.id != person.id,
               sure=lazy("Switch the chosen accounts off? Their browsers are signed out at once.")),
    )  # fmt: skip
    panels = (panels.open_sign_ins,)


class SignInScreen(Screen):
    """Who is signed in, from which kind of browser."""

    table = SignIn
    open_to = ADMIN
    icon = "key"
    adds = changes = False
    column_list = ("person", "person.unit", "started_at", "seen_at", "ended_at", "agent")
    column_filters = ("person", "ended_at")
    column_default_sort = ("id", True)
    not_typed = ("token_hash", "person", "started_at", "seen_at", "ended_at", "agent")
    not_shown = ("token_hash",)
