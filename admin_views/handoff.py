"""Screens: dispatches to other systems, the rows keyed there by hand, and the mappings. All are worked on on pages."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import Dispatch, HandoffMap, KeyedRow, Person
from portal.exports import EXPORTS
from portal.web.language import gettext


def _title(slug: str) -> str:
    """Return the name of an outside system; the word itself for one that is no longer there."""
    return next((one.title for one in EXPORTS if one.slug == slug), slug)


def _to_dispatch(dispatch: Dispatch, person: Person) -> tuple[str, str]:
    return gettext("Files, steps and keying"), f"/admin/handoff/dispatch/?id={dispatch.id}"


def _to_map(row: HandoffMap, person: Person) -> tuple[str, str]:
    return gettext("Which column holds what"), f"/admin/handoff/map/?system={row.system}"


class DispatchScreen(Screen):
    """Every dispatch there has been, with its hash and receipt."""

    table = Dispatch
    open_to = CENTRAL
    icon = "out"
    adds = changes = False
    column_list = (
        "system", "period", "number", "state", "is_changes_only", "is_provisional", "rows", "differs", "receipt",
        "person", "at", "sent_at", "acknowledged_at",
    )  # fmt: skip
    column_filters = ("system", "period", "state", "is_changes_only", "is_provisional", "person", "at", "sent_at")
    column_default_sort = ("id", True)
    not_shown = ("files", "data_key")
    worded = {"system": _title}
    ways = (_to_dispatch,)
    not_typed = (
        "system", "period", "number", "state", "is_changes_only", "is_provisional", "based_on", "map_version", "rows",
        "differs", "broken", "word", "files", "sha256", "data_key", "data_sha256", "person", "unit", "at", "sent_at",
        "sent_by", "receipt", "acknowledged_at", "note",
    )  # fmt: skip


class KeyedRowScreen(Screen):
    """Rows that somebody has keyed into another system."""

    table = KeyedRow
    open_to = CENTRAL
    icon = "tick"
    adds = changes = False
    column_list = ("dispatch", "sheet", "key", "person", "at")
    column_filters = ("dispatch", "sheet", "person", "at")
    column_default_sort = ("id", True)
    not_typed = ("dispatch", "sheet", "key", "person", "at")


class HandoffMapScreen(Screen):
    """The mappings that planning has changed; they are edited on a page of their own, with a dry run."""

    table = HandoffMap
    open_to = CENTRAL
    small = True
    icon = "cols"
    adds = changes = False
    column_list = ("system", "version")
    column_default_sort = ("id", False)
    not_shown = ("spec",)
    worded = {"system": _title}
    ways = (_to_map,)
    not_typed = ("system", "spec")
