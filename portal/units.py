"""Offices and divisions: open and closed. A closed one keeps everything it ever reported."""

from __future__ import annotations

import datetime as dt

from models import Person, Unit
from portal import records


def close(unit: Unit, *, on: dt.date, by: Person, at: dt.datetime) -> None:
    """Close a unit on a day: it keeps its past obligations and gains none for periods that begin later."""
    with records.changing(by=by, verb="close_unit", at=at) as work:
        work.update(unit, closed_on=on)
