"""The registry of institutions: what must be true of each, and of its yearly class and grade."""

from __future__ import annotations

from models import Cooperative
from portal import records
from portal.errors import RuleBroken
from portal.rules.inputs import check_registration_number
from portal.rules.terms import InstitutionKind, Sector


@records.checked(Cooperative)
def _is_sound(row: Cooperative) -> None:
    check_registration_number(row.registration_number)
    if row.unit.province_id != row.province_id:
        raise RuleBroken("This province is not the responsible office's.", field="province")
    if row.officer is not None and row.officer.unit_id != row.unit_id:
        raise RuleBroken("This officer belongs to another office.", field="officer")
    is_group = row.type.sector == Sector.FARMER_GROUP
    if (row.kind == InstitutionKind.FARMER_GROUP) != is_group and row.kind != InstitutionKind.OCCUPATIONAL_GROUP:
        raise RuleBroken("Kind and type do not belong together.", field="type")
    if row.dissolved_on and row.registered_on and row.dissolved_on < row.registered_on:
        raise RuleBroken("It cannot be dissolved before it was registered.", field="dissolved_on")
