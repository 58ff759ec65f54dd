"""Screens: visits to institutions, the plans they are made by, and the kinds of promotion work."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import CENTRAL, Button, Screen
from models import Visit, VisitActivity, VisitPlan, VisitPlanLine
from portal import clock, visits
from portal.rules.access import Role
from portal.rules.terms import PlanState, VisitState
from portal.web.language import lazy

DIVISION = frozenset({Role.DIVISION})
APPROVER = frozenset({Role.APPROVER})


class VisitActivityScreen(Screen):
    """Kinds of promotion work from the manual."""

    table = VisitActivity
    open_to = CENTRAL
    small = True
    icon = "list"
    column_list = ("name", "code", "name_en", "is_active", "position")
    column_default_sort = ("position", False)
    form_columns = ("code", "name", "name_en", "is_active", "position")


class VisitPlanScreen(Screen):
    """What an office plans for one institution in one year."""

    table = VisitPlan
    icon = "cal"
    empty = lazy("No plan of visits has been made yet.")
    column_list = ("cooperative", "unit", "fiscal_year", "officer", "class_now", "class_wanted", "state")
    column_filters = ("unit", "unit.region", "fiscal_year", "state", "officer", "cooperative.type", "cooperative")
    column_default_sort = ("id", True)
    form_columns = ("cooperative", "fiscal_year", "unit", "officer", "class_now", "class_wanted", "problems")
    not_typed = ("state", "approved_by", "approved_at")
    starts = {"unit": lambda person: person.unit_id}
    buttons = (
        Button("approve", lazy("Approve the plan"), visits.approve_plan, APPROVER,
               fits=lambda row, person: row.state == PlanState.DRAFT,
               sure=lazy("Approve the chosen plans?")),
    )  # fmt: skip
    panels = (panels.plan_lines,)


class VisitPlanLineScreen(Screen):
    """How many visits of one kind are planned in one month."""

    table = VisitPlanLine
    icon = "list"
    column_list = ("plan.cooperative", "plan.unit", "activity", "month", "visits")
    column_filters = ("plan.unit", "activity", "month")
    column_editable_list = ("visits",)
    column_default_sort = ("id", True)
    removes = True
    form_columns = ("plan", "activity", "month", "visits")


class VisitScreen(Screen):
    """Promotion visits. A visit outside the plan is kept, flagged, with its reason."""

    table = Visit
    icon = "pin"
    empty = lazy("No visit has been recorded here yet.")
    column_list = ("cooperative", "visited_on", "unit", "subject", "officer", "is_unplanned", "state")
    column_filters = (
        "unit", "unit.region", "visited_on", "cooperative", "cooperative.type", "activity", "officer", "state",
        "is_unplanned", "place",
    )  # fmt: skip
    column_default_sort = ("visited_on", True)
    column_export_list = (
        "cooperative.registration_number", "cooperative", "cooperative.type", "unit", "visited_on", "activity",
        "officer", "place", "people_met", "subject", "findings", "advice", "agreed_action", "action_due_on",
        "is_unplanned", "unplanned_reason", "state", "recorded_at",
    )  # fmt: skip
    form_columns = (
        "cooperative", "unit", "visited_on", "activity", "officer", "place", "people_met", "subject", "findings",
        "advice", "agreed_action", "action_due_on", "is_unplanned", "unplanned_reason",
    )  # fmt: skip
    not_typed = ("state", "recorded_at")
    fills = {"recorded_at": lambda person: clock.now()}
    starts = {
        "unit": lambda person: person.unit_id,
        "officer": lambda person: person.id,
        "visited_on": lambda person: clock.today(),
    }
    buttons = (
        Button("verify", lazy("Verify"), visits.verify, DIVISION,
               fits=lambda row, person: row.state == VisitState.RECORDED,
               sure=lazy("Verify the chosen visits?")),
        Button("send_back", lazy("Return to the office"), visits.send_back, DIVISION, asks_note=True, icon="undo",
               fits=lambda row, person: row.state == VisitState.RECORDED),
    )  # fmt: skip
