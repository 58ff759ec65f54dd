"""Screens: visits to institutions, the plans they are made by, and the kinds of promotion work."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask_admin import expose

from admin_views import panels
from admin_views.base import CENTRAL, Button, Screen
from models import Person, Visit, VisitActivity, VisitPlan, VisitPlanLine
from portal import visit_plans, visits
from portal.errors import RuleBroken
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import PlanState, VisitState
from portal.web.language import gettext, lazy

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


def to_grid(row: VisitPlan, person: Person) -> tuple[str, str] | None:
    """Lead to the plan as a grid, activities down and months across."""
    return gettext(
        "Plan month by month"
    ), f"/admin/visit-plans/institution/?id={row.cooperative_id}&year={row.fiscal_year.year}"


def story_of_plan(row: VisitPlan, person: Person) -> tuple[str, str] | None:
    """Lead to the institution's story."""
    return gettext("The institution's story"), f"/admin/story/?id={row.cooperative_id}"


def mend(row: Visit, person: Person) -> tuple[str, str] | None:
    """Lead the office to the page on which it mends a visit, while the visit is with it."""
    if person.role in OFFICE_ROLES and row.state in visits.WITH_OFFICE:
        return gettext("Mend this visit"), f"/admin/visits/record/?id={row.id}"
    return None


def look_at(row: Visit, person: Person) -> tuple[str, str] | None:
    """Lead to the visit as it was recorded, with its photos and what was agreed."""
    return gettext("The visit with its photos"), f"/admin/visits/visit/?id={row.id}"


class VisitPlanScreen(Screen):
    """What an office plans for one institution in one year."""

    table = VisitPlan
    icon = "cal"
    empty = lazy("No plan of visits has been made yet.")
    column_list = ("cooperative", "unit", "fiscal_year", "officer", "class_now", "class_wanted", "state")
    column_filters = ("unit", "unit.region", "fiscal_year", "state", "officer", "cooperative.type", "cooperative")
    column_default_sort = ("id", True)
    form_columns = ("cooperative", "fiscal_year", "unit", "officer", "class_now", "class_wanted", "problems")
    not_typed = ("state", "approved_by", "approved_at", "revision", "change_reason")
    starts = {"unit": lambda person: person.unit_id}
    buttons = (
        Button("approve", lazy("Approve the plan"), visit_plans.approve, APPROVER,
               fits=lambda row, person: row.state == PlanState.DRAFT,
               sure=lazy("Approve the chosen plans?")),
    )  # fmt: skip
    panels = (panels.plan_lines,)
    ways = (to_grid, story_of_plan)

    def put_over(self, row: Any, values: dict[str, Any], *, seen: int | None, by: Person, at: Any) -> Any:
        """Save the facts of a plan by its verb: what is approved changes with a reason only."""
        facts = {n: v for n, v in values.items() if n not in ("cooperative", "fiscal_year", "unit")}
        visit_plans.set_facts(row, by=by, at=at, seen=row.version if seen is None else seen, **facts)


class VisitPlanLineScreen(Screen):
    """How many visits of one kind are planned in one month."""

    table = VisitPlanLine
    icon = "list"
    column_list = ("plan.cooperative", "plan.unit", "activity", "month", "visits")
    column_filters = ("plan.unit", "activity", "month")
    column_editable_list = ("visits",)
    column_default_sort = ("id", True)
    adds = False
    form_columns = ("visits",)
    not_typed = ("plan", "activity", "month")

    def put_over(self, row: Any, values: dict[str, Any], *, seen: int | None, by: Person, at: Any) -> Any:
        """Save one cell of a plan by its verb."""
        count = int(values.get("visits", row.visits) or 0)
        visit_plans.change_line(row, by=by, at=at, seen=row.version if seen is None else seen, visits=count)


class VisitScreen(Screen):
    """Promotion visits. A visit outside the plan is kept, flagged, with its reason."""

    table = Visit
    icon = "pin"
    empty = lazy("No visit has been recorded here yet.")
    column_list = ("cooperative", "visited_on", "unit", "subject", "officer", "is_unplanned", "state")
    column_filters = (
        "unit", "unit.region", "visited_on", "cooperative", "cooperative.type", "cooperative.province",
        "cooperative.promotion_group", "activity", "officer", "state", "is_unplanned", "is_late", "place",
        "action_state", "action_due_on",
    )  # fmt: skip
    column_default_sort = ("visited_on", True)
    column_export_list = (
        "cooperative.registration_number", "cooperative", "cooperative.type", "unit", "visited_on", "activity",
        "officer", "place", "people_met", "met", "subject", "findings", "advice", "agreed_action", "action_due_on",
        "action_state", "action_result", "next_visit_on", "is_unplanned", "unplanned_reason", "is_late", "state",
        "recorded_at", "note",
    )  # fmt: skip
    form_columns = (
        "cooperative", "unit", "visited_on", "activity", "officer", "place", "people_met", "met", "subject", "findings",
        "advice", "agreed_action", "action_due_on", "next_visit_on", "unplanned_reason",
    )  # fmt: skip
    not_typed = (
        "state", "recorded_at", "recorded_by", "checked_by", "checked_at", "note", "is_unplanned", "against_month",
        "is_late", "action_state", "action_result", "action_settled_on", "settled_in", "sent_key",
    )  # fmt: skip
    not_shown = ("sent_key",)
    buttons = (
        Button("verify", lazy("Verify"), visits.verify, DIVISION,
               fits=lambda row, person: row.state == VisitState.RECORDED and visits.may_check(row, person),
               sure=lazy("Verify the chosen visits?")),
        Button("send_back", lazy("Return to the office"), visits.send_back, DIVISION, asks_note=True, icon="undo",
               fits=lambda row, person: row.state != VisitState.RETURNED and visits.may_check(row, person)),
    )  # fmt: skip
    ways = (look_at, mend)
    panels = (panels.visit_works, panels.visit_officers, panels.visit_files)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """Lead to the page that records a visit; a form sent here is read all the same."""
        return (
            redirect("/admin/visits/record/") if request.method == "GET" and self.can_create else super().create_view()
        )

    def put_in(self, values: dict[str, Any], *, by: Person, at: Any) -> Any:
        """Record the visit by its verb."""
        return visits.record(by=by, at=at, **self._own(values, by))

    def put_over(self, row: Any, values: dict[str, Any], *, seen: int | None, by: Person, at: Any) -> Any:
        """Mend the visit by its verb."""
        visits.correct(row, by=by, at=at, seen=seen, **self._own(values, by))

    def _own(self, values: dict[str, Any], by: Person) -> dict[str, Any]:
        unit = values.get("unit")
        if unit is not None and getattr(unit, "id", unit) != by.unit_id:
            raise RuleBroken("This record belongs to another office.", field="unit")
        return {name: value for name, value in values.items() if name != "unit"}
