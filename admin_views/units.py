"""Screens: regions, provinces, offices and divisions."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import Province, Region, Unit


class RegionScreen(Screen):
    """Inspection regions."""

    table = Region
    open_to = CENTRAL
    small = True
    icon = "tree"
    column_list = ("name", "code", "name_en", "is_active")
    column_filters = ("is_active",)
    column_default_sort = ("code", False)
    form_columns = ("code", "name", "name_en", "is_active")


class ProvinceScreen(Screen):
    """Provinces and the region each belongs to."""

    table = Province
    open_to = CENTRAL
    small = True
    icon = "pin"
    column_list = ("name", "code", "short", "region", "name_en")
    column_filters = ("region",)
    column_default_sort = ("name_sort", False)
    form_columns = ("code", "name", "name_en", "short", "region")


class UnitScreen(Screen):
    """Offices and divisions; a closed one keeps its past."""

    table = Unit
    small = True
    icon = "tree"
    column_list = ("name", "short", "kind", "province", "region", "opened_on", "closed_on")
    column_filters = ("kind", "region", "province", "closed_on")
    column_default_sort = ("name_sort", False)
    column_export_list = (
        "code", "name", "short", "kind", "duty", "province", "region", "parent", "opened_on", "closed_on",
    )  # fmt: skip
    form_columns = (
        "code", "kind", "name", "short", "name_en", "duty", "province", "region", "parent", "opened_on", "closed_on",
    )  # fmt: skip
