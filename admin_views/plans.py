"""Screens: fiscal years, units of measure, plans, projects with their budgets, activities, indicators, targets, monthly
plans, approved versions of the plan."""

from __future__ import annotations

from admin_views.base import CENTRAL, Button, Screen
from admin_views.periods import KEEPERS, make_calendar
from models import (
    Activity,
    FiscalYear,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Plan,
    PlanVersion,
    Project,
    ProjectBudget,
    Target,
)
from portal.web.language import lazy


class FiscalYearScreen(Screen):
    """Budget years, each with its first and last day."""

    table = FiscalYear
    open_to = CENTRAL
    small = True
    icon = "cal"
    column_list = ("year", "starts_on", "ends_on", "note")
    column_default_sort = ("year", True)
    form_columns = ("year", "starts_on", "ends_on", "note")
    buttons = (
        Button("calendar", lazy("Make the year’s calendar"), make_calendar, KEEPERS, icon="cal",
               sure=lazy("Make its months, quarters, deadlines and public holidays? What is there already stays.")),
    )  # fmt: skip


class MeasureUnitScreen(Screen):
    """Units of measure: controlled, because they must never be mixed in a sum."""

    table = MeasureUnit
    open_to = CENTRAL
    small = True
    icon = "list"
    column_list = ("name", "code", "name_en", "decimals", "is_percentage")
    column_filters = ("is_percentage",)
    column_default_sort = ("code", False)
    form_columns = ("code", "name", "name_en", "decimals", "is_percentage")


class PlanScreen(Screen):
    """Plans of a fiscal year."""

    table = Plan
    open_to = CENTRAL
    small = True
    icon = "flag"
    column_list = ("name", "code", "fiscal_year", "strategy", "position")
    column_filters = ("fiscal_year",)
    column_default_sort = ("position", False)
    form_columns = (
        "fiscal_year", "code", "name", "name_en", "strategy", "master_plan", "action_plan", "position",
    )  # fmt: skip


class ProjectScreen(Screen):
    """Projects of a plan, each owned by one central unit."""

    table = Project
    small = True
    icon = "flag"
    column_list = ("name", "code", "kind", "plan", "owner", "starts_on", "ends_on", "is_priority")
    column_filters = ("plan", "plan.fiscal_year", "kind", "owner", "is_priority")
    column_default_sort = ("position", False)
    form_columns = (
        "plan", "code", "kind", "name", "name_en", "owner", "objective", "expected_outcome", "area", "master_plan",
        "action_plan", "starts_on", "ends_on", "is_priority", "position",
    )  # fmt: skip


class ProjectBudgetScreen(Screen):
    """What a project may cost by the plan, category by category."""

    table = ProjectBudget
    small = True
    removes = True
    icon = "coin"
    column_list = ("project", "category", "amount")
    column_filters = ("project", "project.plan.fiscal_year", "category", "amount")
    column_editable_list = ("amount",)
    column_default_sort = ("project", False)
    form_columns = ("project", "category", "amount")


class ActivityScreen(Screen):
    """Main activities of a project, and their parts."""

    table = Activity
    small = True
    icon = "list"
    column_list = ("name", "code", "project", "parent", "owner", "position")
    column_filters = ("project", "project.plan", "owner")
    column_default_sort = ("position", False)
    form_columns = ("project", "parent", "code", "name", "owner", "starts_on", "ends_on", "position")


class IndicatorScreen(Screen):
    """Indicators, each with its own rules for adding up months and units."""

    table = Indicator
    small = True
    icon = "chart"
    column_list = (
        "name", "code", "activity.project", "measure_unit", "direction", "month_rule", "unit_rule", "is_headline",
    )  # fmt: skip
    column_filters = ("activity.project", "measure_unit", "direction", "month_rule", "unit_rule", "is_headline")
    column_default_sort = ("code", False)
    form_columns = (
        "activity", "code", "name", "name_en", "measure_unit", "direction", "month_rule", "unit_rule", "parent",
        "parts_rule", "weight", "green_at", "amber_at", "is_headline", "is_plan_forced", "position",
    )  # fmt: skip


class TargetScreen(Screen):
    """The year's target of an indicator for one unit."""

    table = Target
    icon = "flag"
    column_list = ("indicator", "unit", "value", "indicator.measure_unit")
    column_filters = ("indicator", "unit", "unit.region", "indicator.activity.project", "value")
    column_editable_list = ("value",)
    column_default_sort = ("indicator", False)
    removes = True
    form_columns = ("indicator", "unit", "value")


class MonthPlanScreen(Screen):
    """What a unit plans for one month of its target."""

    table = MonthPlan
    icon = "cal"
    column_list = ("target.indicator", "target.unit", "month", "value")
    column_filters = ("target.indicator", "target.unit", "month")
    column_editable_list = ("value",)
    column_default_sort = ("target", False)
    removes = True
    form_columns = ("target", "month", "value")


class PlanVersionScreen(Screen):
    """The year's plan as it was approved, time after time. Approved on its own page, never typed into."""

    table = PlanVersion
    small = True
    adds = changes = False
    icon = "flag"
    column_list = ("number", "fiscal_year", "approved_on", "approver", "document_number", "note", "recorded_by")
    column_filters = ("fiscal_year", "approved_on")
    column_default_sort = ("recorded_at", True)
    not_shown = ("changes",)
    not_typed = (
        "fiscal_year", "number", "approved_on", "approver", "document_number", "note", "recorded_by", "recorded_at",
        "sha256", "packed", "changes",
    )  # fmt: skip
