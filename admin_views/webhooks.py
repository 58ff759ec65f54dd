"""Screens: outside systems that are told of changes, and each try to tell them."""

from __future__ import annotations

from flask import current_app

from admin_views.base import Button, Screen
from admin_views.panels import Panel
from models import Person, Webhook, WebhookDelivery
from portal import webhooks
from portal.rules.access import Role
from portal.web.language import gettext, lazy

ADMIN = frozenset({Role.ADMIN})


def secret(hook: Webhook, person: Person) -> Panel:
    """What a receiver checks signatures with."""
    key = str(current_app.secret_key)
    return Panel(
        gettext("Signature"),
        (gettext("What"), gettext("Value")),
        (
            (gettext("Secret"), webhooks.secret_of(hook, key)),
            (gettext("Header"), "X-Portal-Signature: sha256=HMAC-SHA256(secret, X-Portal-Timestamp + '.' + body)"),
        ),
    )


class WebhookScreen(Screen):
    """Outside systems that are told when something changed."""

    table = Webhook
    open_to = ADMIN
    small = True
    icon = "bell"
    removes = True
    empty = lazy("No outside system is told of changes.")
    column_list = ("name", "url", "is_active", "told_up_to", "tries", "next_try_at")
    column_filters = ("is_active",)
    column_default_sort = ("id", True)
    form_columns = ("name", "url", "records", "person", "may_be_private", "is_active")
    not_typed = ("secret_turn", "told_up_to", "tries", "next_try_at")
    starts = {"person": lambda person: person.id}
    panels = (secret,)
    buttons = (
        Button("renew_secret", lazy("Make the secret anew"), webhooks.renew_secret, ADMIN, icon="key",
               sure=lazy("Make it anew? Until the other system knows it, it takes our messages for forged.")),
    )  # fmt: skip


class WebhookDeliveryScreen(Screen):
    """Each try to tell an outside system."""

    table = WebhookDelivery
    open_to = ADMIN
    icon = "list"
    adds = changes = False
    empty = lazy("Nothing was sent yet.")
    column_list = ("webhook", "at", "status", "error", "after", "up_to")
    column_filters = ("webhook", "at", "status")
    column_default_sort = ("at", True)
    not_typed = ("webhook", "after", "up_to", "at", "status", "error", "body")
    buttons = (
        Button("tell_again", lazy("Tell again from here on"), webhooks.tell_again, ADMIN, icon="undo",
               sure=lazy("Tell the system once more of everything from here on?")),
    )  # fmt: skip
