"""Screens: who did what, and every record before and after it. Nobody writes here."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import Screen
from models import AuditEntry, Revision
from portal.rules.access import Role
from portal.web.words import word

READERS = frozenset({Role.ADMIN, Role.PLANNING, Role.EXECUTIVE, Role.APPROVER})


class AuditEntryScreen(Screen):
    """The trail: each entry bound to the one before by its chain mark."""

    table = AuditEntry
    open_to = READERS
    icon = "clock"
    adds = changes = False
    column_list = ("verb", "at", "person", "table_name", "row_id", "rows", "unit", "note")
    column_filters = ("at", "person", "unit", "table_name", "row_id", "verb")
    column_default_sort = ("at", True)
    not_typed = (
        "at", "person", "verb", "table_name", "row_id", "unit", "rows", "note", "previous", "hash",
    )  # fmt: skip
    worded = {"verb": word, "table_name": word}
    panels = (panels.changes,)


class RevisionScreen(Screen):
    """Records before and after each change."""

    table = Revision
    open_to = READERS
    icon = "copy"
    adds = changes = False
    column_list = ("table_name", "row_id", "entry.verb", "entry.at", "entry.person", "unit")
    column_filters = ("table_name", "row_id", "entry.at", "entry.person", "unit")
    column_default_sort = ("id", True)
    not_typed = ("entry", "table_name", "row_id", "before", "after", "unit")
    not_shown = ("before", "after")
    worded = {"table_name": word, "entry.verb": word}
    panels = (panels.differences,)
