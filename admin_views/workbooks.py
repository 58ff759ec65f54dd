"""Screen: workbooks that offices sent in. Sending one in is a page of portal.web."""

from __future__ import annotations

from admin_views.base import Screen
from models import SentWorkbook


class SentWorkbookScreen(Screen):
    """What came in as Excel, and what came of it."""

    table = SentWorkbook
    icon = "list"
    adds = changes = False
    column_list = (
        "file_name",
        "unit",
        "period",
        "person",
        "at",
        "state",
        "cells_changed",
        "cells_wrong",
        "cells_taken",
    )
    column_filters = ("unit", "period", "person", "state", "at")
    column_default_sort = ("at", True)
    not_typed = (
        "unit", "period", "person", "at", "file_name", "file_key", "size", "sha256", "state", "cells_changed",
        "cells_wrong", "cells_taken", "taken_at",
    )  # fmt: skip
    not_shown = ("file_key",)
