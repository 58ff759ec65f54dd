"""Screens: sent files, lines of finance files as they were read, what their codes mean. Taking a file in is a page."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import CodeMap, ImportBatch, ImportLine, Person
from portal.imports import plan, registry
from portal.web.language import gettext

PAGES = {registry.SOURCE: "/admin/registry/list/", plan.SOURCE: "/admin/plan-books/file/"}  # all else: finance
NAMES = {registry.SOURCE: "Registry from a spreadsheet", plan.SOURCE: "Plan from a workbook"}


def _name(source: str) -> str:
    return gettext(NAMES.get(source, "Finance files"))


def _to_file(batch: ImportBatch, person: Person) -> tuple[str, str]:
    return gettext("Preview and steps"), f"{PAGES.get(batch.source, '/admin/imports/file/')}?id={batch.id}"


class ImportBatchScreen(Screen):
    """Every file that was sent to be taken in, and what came of it; an office sees its own."""

    table = ImportBatch
    icon = "get"
    adds = changes = False
    column_list = (
        "file_name", "source", "state", "lines_read", "lines_taken", "lines_refused", "fiscal_year", "person", "at",
        "taken_at", "undone_at",
    )  # fmt: skip
    column_filters = ("source", "state", "fiscal_year", "unit", "person", "at", "taken_at")
    column_default_sort = ("id", True)
    not_shown = ("report", "file_key")
    worded = {"source": _name}
    ways = (_to_file,)
    not_typed = (
        "source", "file_name", "file_sha256", "file_key", "state", "lines_read", "lines_taken", "lines_refused",
        "report", "person", "unit", "at", "fiscal_year", "as_of", "is_whole", "word", "taken_by", "taken_at",
        "entry_number", "undone_by", "undone_at",
    )  # fmt: skip


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
