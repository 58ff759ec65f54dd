"""Screens: report forms, their versions, and the units that owe a form that is not for all."""

from __future__ import annotations

from admin_views import panels
from admin_views.base import CENTRAL, Screen
from models import Form, FormAssignment, FormVersion


class FormScreen(Screen):
    """Report forms, each owned by a central unit."""

    table = Form
    small = True
    icon = "form"
    column_list = ("name", "code", "owner", "project", "kind", "for_all_offices", "is_active")
    column_filters = ("owner", "project", "kind", "for_all_offices", "is_active")
    column_default_sort = ("position", False)
    form_columns = (
        "code", "name", "name_en", "owner", "project", "kind", "for_all_offices", "is_active", "position",
    )  # fmt: skip


class FormVersionScreen(Screen):
    """The questions of a form at one time; a published version never changes."""

    table = FormVersion
    small = True
    icon = "copy"
    adds = changes = False
    column_list = ("form", "number", "state", "published_at")
    column_filters = ("form", "state")
    column_default_sort = ("id", True)
    not_typed = ("form", "number", "spec", "state", "published_at", "published_by", "note", "field_map")
    not_shown = ("spec",)
    panels = (panels.questions,)


class FormAssignmentScreen(Screen):
    """Which units owe a form that is not for all offices."""

    table = FormAssignment
    open_to = CENTRAL
    icon = "people"
    column_list = ("form", "unit", "unit.region")
    column_filters = ("form", "unit", "unit.region")
    column_default_sort = ("form", False)
    changes = False
    removes = True
    form_columns = ("form", "unit")
