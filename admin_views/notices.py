"""Screen: what a person was told, each person's own; the page under the bell is portal.web.notices."""

from __future__ import annotations

from admin_views.base import Screen
from models import Notice


class NoticeScreen(Screen):
    """What a person should hear of; each person's own."""

    table = Notice
    icon = "bell"
    adds = changes = False
    column_list = ("text", "at", "read_at", "sent_at")
    column_filters = ("at",)
    column_default_sort = ("at", True)
    not_typed = (
        "person", "at", "text", "link", "read_at", "sent_at", "kind", "about", "mail_tries", "mail_error", "mail_after",
    )  # fmt: skip
    not_shown = ("kind", "about", "mail_tries", "mail_after")
