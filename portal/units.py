"""Offices and divisions: open and closed. A closed one keeps everything it ever reported."""

from __future__ import annotations

import datetime as dt

from models import Person, Unit
from portal import records
from portal.errors import RuleBroken


@records.checked(Unit)
def _is_sound(unit: Unit) -> None:
    seen: set[int | None] = {unit.id} if unit.id else set()
    above = unit.parent
    while above is not None:
        if above.id in seen:
            raise RuleBroken("A unit cannot stand under itself.", field="parent")
        seen.add(above.id)
        above = above.parent


def close(unit: Unit, *, on: dt.date, by: Person, at: dt.datetime) -> None:
    """Close a unit on a day: it keeps its past obligations and gains none for periods that begin later."""
    with records.changing(by=by, verb="close_unit", at=at) as work:
        work.update(unit, closed_on=on)
