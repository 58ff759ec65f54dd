"""Screen: tokens of the API. They are given out on the page of the API and revoked here."""

from __future__ import annotations

from admin_views.base import EVERYBODY, Button, Screen
from models import ApiToken
from portal import tokens
from portal.web.language import lazy


class TokenScreen(Screen):
    """Tokens by which programs ask; each person's own, all for an administrator."""

    table = ApiToken
    icon = "key"
    adds = changes = False
    small = True
    empty = lazy("No token has been given out. The page “API” does it.")
    column_list = ("name", "begins", "person", "system", "may_write", "may_step", "expires_at", "used_at", "revoked_at")
    column_filters = ("person", "expires_at")
    column_default_sort = ("id", True)
    not_typed = (
        "name", "token_hash", "begins", "person", "system", "may_write", "may_step", "units", "forms", "per_minute",
        "made_at", "expires_at", "used_at", "revoked_at",
    )  # fmt: skip
    buttons = (
        Button("revoke", lazy("Revoke"), tokens.revoke, EVERYBODY, icon="x",
               fits=lambda row, person: row.revoked_at is None,
               sure=lazy("Revoke it? Programs that use it are turned away at once.")),
    )  # fmt: skip
