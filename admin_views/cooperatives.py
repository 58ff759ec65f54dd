"""Screens: the registry of institutions, their kinds, and their class and grade year by year."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import AuditorRemark, Cooperative, CooperativeType, CooperativeYear, Person
from portal.web.language import gettext, lazy


def to_story(row: Cooperative, person: Person) -> tuple[str, str]:
    """Lead to all that is known of the institution: classes, plans, visits, what was agreed."""
    return gettext("The institution's story"), f"/admin/story/?id={row.id}"


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
        "status", "registered_on", "stopped_on", "dissolving_on", "dissolved_on", "year_end", "members", "capital",
        "business_volume", "sub_type",
    )  # fmt: skip
    form_columns = (
        "registration_number", "name", "kind", "type", "unit", "province", "district", "promotion_group", "officer",
        "status", "registered_on", "stopped_on", "dissolving_on", "dissolved_on", "year_end", "members", "capital",
        "business_volume", "sub_type",
    )  # fmt: skip
    starts = {"unit": lambda person: person.unit_id}
    ways = (to_story,)


class CooperativeYearScreen(Screen):
    """Strength class and standard grade of an institution in one year."""

    table = CooperativeYear
    icon = "chart"
    column_list = ("cooperative", "cooperative.unit", "fiscal_year", "strength_class", "grade")
    column_filters = ("fiscal_year", "strength_class", "grade", "cooperative.unit", "cooperative.type", "cooperative")
    column_default_sort = ("id", True)
    column_export_list = (
        "cooperative.registration_number", "cooperative", "cooperative.unit", "fiscal_year", "strength_class", "grade",
    )  # fmt: skip
    form_columns = ("cooperative", "fiscal_year", "strength_class", "grade")


class AuditorRemarkScreen(Screen):
    """What auditors and the registrar found at an institution, and how far it is mended."""

    table = AuditorRemark
    icon = "flag"
    empty = lazy("No observation or defect has been noted here yet.")
    column_list = ("cooperative", "found_on", "kind", "text", "amount", "state", "settled_on")
    column_filters = ("state", "kind", "found_on", "cooperative.unit", "cooperative.type", "cooperative")
    column_default_sort = ("found_on", True)
    column_export_list = (
        "cooperative.registration_number", "cooperative", "cooperative.unit", "found_on", "kind", "text", "amount",
        "state", "settled_on", "result",
    )  # fmt: skip
    form_columns = ("cooperative", "found_on", "kind", "text", "amount", "state", "settled_on", "result")
