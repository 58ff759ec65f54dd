"""Screens: lines of finance files as they were read, and what their codes mean here. Taking a file in is a page."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import CodeMap, ImportLine


class ImportLineScreen(Screen):
    """The lines of the files: a work list of what is not matched yet, by its filter."""

    table = ImportLine
    open_to = CENTRAL
    icon = "list"
    adds = changes = False
    column_list = (
        "row", "code", "name", "said_unit", "said_category", "month", "after_transfers", "disbursed", "ordered",
        "reserved", "lacks", "is_matched",
    )  # fmt: skip
    column_filters = ("batch", "is_matched", "lacks", "month", "unit", "project", "category", "disbursed")
    column_default_sort = ("id", False)
    not_typed = (
        "batch", "sheet", "row", "month", "code", "name", "said_unit", "said_project", "said_category", "said_nature",
        "act", "after_transfers", "received", "disbursed", "ordered", "reserved", "line_code", "unit", "project",
        "category", "nature", "lacks", "is_matched",
    )  # fmt: skip


class CodeMapScreen(Screen):
    """What codes and names of the finance files mean, kept from file to file."""

    table = CodeMap
    open_to = CENTRAL
    small = removes = True
    icon = "coin"
    column_list = ("value", "kind", "year", "unit", "project", "category", "meant")
    column_filters = ("kind", "year", "unit", "project", "category")
    column_default_sort = ("id", False)
    form_columns = ("kind", "year", "value", "unit", "project", "category", "meant")
