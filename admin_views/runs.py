"""Screens: runs and editions, as they stand in the ledger. Asking for a book is a page of portal.web."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import CENTRAL, Screen
from models import Edition, Run
from portal.web.words import word


class RunScreen(Screen):
    """Every asking for a pack, book, import or export."""

    table = Run
    open_to = CENTRAL
    icon = "play"
    adds = changes = False
    column_list = ("subject", "kind", "state", "asked_by", "asked_at", "started_at", "ended_at", "pages")
    column_filters = ("kind", "state", "asked_by", "asked_at")
    column_default_sort = ("asked_at", True)
    not_typed = (
        "kind", "subject", "state", "asked_by", "unit", "asked_at", "started_at", "ended_at", "lease_until",
        "attempt", "steps_done", "steps_total", "cancel_asked_at", "error", "file_key", "file_name", "pages", "sha256",
    )  # fmt: skip
    not_shown = ("file_key", "lease_until")
    panels = (panels.steps,)


class EditionScreen(Screen):
    """Packs and books as they were issued."""

    table = Edition
    open_to = CENTRAL
    icon = "book"
    adds = changes = False
    worded = {"book": word}
    column_list = ("subject", "book", "number", "state", "reported", "owing", "pages", "cut_at", "made_at", "sha256")
    column_filters = ("book", "fiscal_year", "state", "made_at", "decided_by")
    column_default_sort = ("id", True)
    not_typed = (
        "book", "fiscal_year", "period", "subject", "number", "state", "issued_as", "unit", "run", "based_on",
        "superseded_by", "cut_at", "made_at", "snapshot_sha256", "snapshot_key", "made_with", "sha256", "pages",
        "file_key", "is_demo", "reported", "owing", "missing_plan", "differs", "decided_by", "decided_at", "signer",
        "signer_post", "document_number", "document_on", "note", "signed_key", "signed_sha256", "signed_at",
    )  # fmt: skip
    not_shown = ("file_key", "snapshot_key", "signed_key")
