"""Screens: the registry of institutions, their kinds, and their class and grade year by year."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import Cooperative, CooperativeType, CooperativeYear
from portal.web.language import lazy


class CooperativeTypeScreen(Screen):
    """Kinds of cooperative and the division that reviews each."""

    table = CooperativeType
    open_to = CENTRAL
    small = True
    icon = "list"
    column_list = ("name", "code", "sector", "reviewer", "name_en")
    column_default_sort = ("code", False)
    form_columns = ("code", "name", "name_en", "sector", "reviewer")


class CooperativeScreen(Screen):
    """Cooperatives, farmer groups and occupational groups."""

    table = Cooperative
    icon = "people"
    empty = lazy("No institution is registered here yet.")
    column_list = ("name", "registration_number", "type", "unit", "district", "status", "members", "officer")
    column_filters = ("type", "status", "kind", "unit", "unit.region", "province", "officer", "members", "capital")
    column_default_sort = ("name_sort", False)
    column_export_list = (
        "registration_number", "name", "kind", "type", "unit", "province", "district", "promotion_group", "officer",
        "status", "registered_on", "dissolved_on", "year_end", "members", "capital", "business_volume",
    )  # fmt: skip
    form_columns = (
        "registration_number", "name", "kind", "type", "unit", "province", "district", "promotion_group", "officer",
        "status", "registered_on", "dissolved_on", "year_end", "members", "capital", "business_volume",
    )  # fmt: skip
    starts = {"unit": lambda person: person.unit_id}


class CooperativeYearScreen(Screen):
    """Strength class and standard grade of an institution in one year."""

    table = CooperativeYear
    icon = "chart"
    column_list = ("cooperative", "cooperative.unit", "fiscal_year", "strength_class", "grade")
    column_filters = ("fiscal_year", "strength_class", "grade", "cooperative.unit", "cooperative.type", "cooperative")
    column_default_sort = ("id", True)
    form_columns = ("cooperative", "fiscal_year", "strength_class", "grade")
