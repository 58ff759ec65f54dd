"""Screens: budget categories, disbursement targets, budget lines and what was paid from them."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import CENTRAL, Screen
from models import BudgetCategory, BudgetLine, Disbursement, DisbursementTarget


class BudgetCategoryScreen(Screen):
    """Categories of expense."""

    table = BudgetCategory
    open_to = CENTRAL
    small = True
    icon = "coin"
    column_list = ("name", "code", "gfmis_code", "nature", "parent")
    column_default_sort = ("code", False)
    form_columns = ("code", "name", "name_en", "parent", "gfmis_code", "nature")


class DisbursementTargetScreen(Screen):
    """The cabinet's targets: cumulative percent at the end of each quarter."""

    table = DisbursementTarget
    open_to = CENTRAL
    small = True
    icon = "flag"
    column_list = ("kind", "fiscal_year", "quarter", "percent", "certainty", "source")
    column_filters = ("fiscal_year", "quarter", "kind", "certainty")
    column_default_sort = ("id", False)
    form_columns = ("fiscal_year", "quarter", "kind", "percent", "certainty", "source")


class BudgetLineScreen(Screen):
    """One unit's grant for one project and category, in baht."""

    table = BudgetLine
    icon = "coin"
    column_list = (
        "code", "name", "fiscal_year", "unit", "project", "category", "nature", "after_transfers", "received",
    )  # fmt: skip
    column_filters = ("fiscal_year", "unit", "unit.region", "project", "category", "nature", "received")
    column_default_sort = ("id", True)
    column_export_list = (
        "code", "fiscal_year", "unit", "project", "category", "nature", "act", "after_transfers", "received", "name",
    )  # fmt: skip
    form_columns = (
        "fiscal_year", "code", "name", "unit", "project", "category", "nature", "act", "after_transfers", "received",
    )  # fmt: skip
    panels = (panels.disbursements,)


class DisbursementScreen(Screen):
    """What happened to a budget line in one month, not cumulative."""

    table = Disbursement
    icon = "coin"
    column_list = ("line", "line.unit", "month", "disbursed", "ordered", "reserved", "data_as_of")
    column_filters = ("line.fiscal_year", "line.unit", "line.project", "line.category", "month", "disbursed")
    column_default_sort = ("id", True)
    form_columns = ("line", "month", "disbursed", "ordered", "reserved", "data_as_of")
