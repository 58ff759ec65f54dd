"""The mapping a target goes by: the one we ship, until planning changes it; every change is a revision.

The shipped ones lie in `shipped/`, one file a target, and say of each column how sure it is.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models import HandoffMap, Person
from portal import records
from portal.errors import StaleRow
from portal.exports.target import Target
from portal.rules import handoffs, mappings
from portal.rules.mappings import Layout

SHIPPED = Path(__file__).parent / "shipped"


@dataclass(frozen=True)
class InUse:
    """The mapping in use; `version` 0 is the one we ship."""

    layout: Layout
    version: int


@cache
def shipped(slug: str) -> Layout:
    """Return the mapping we ship for a target."""
    return mappings.from_json(json.loads((SHIPPED / f"{slug}.json").read_text()))


def in_use(target: Target) -> InUse:
    """Return the mapping that a target goes by now."""
    row = _row(target)
    return InUse(mappings.from_json(row.spec), row.version) if row is not None else InUse(shipped(target.slug), 0)


def check(target: Target, layout: Layout) -> None:
    """Refuse a mapping that this target cannot fill."""
    mappings.check_mapping(layout, {sheet.slug: sheet.names for sheet in target.sheets})


def keep(target: Target, layout: Layout, *, seen: int, by: Person, at: dt.datetime, note: str = "") -> HandoffMap:
    """Keep a changed mapping. `seen` is the version that was looked at; a later one refuses the save."""
    handoffs.check_may_hand_off(by.role)
    check(target, layout)
    with records.changing(by=by, verb="save_mapping", at=at, note=note, as_verb=True) as work:
        row = _row(target)
        if row is not None:
            return work.update(row, seen=seen, spec=mappings.as_json(layout))
        if seen:
            raise StaleRow(records.STALE, theirs={}, mine={})
        return work.create(HandoffMap, system=target.slug, spec=mappings.as_json(layout))


def reset(target: Target, *, seen: int, by: Person, at: dt.datetime) -> None:
    """Go back to the mapping we ship. What planning had written stays in the revisions."""
    keep(target, shipped(target.slug), seen=seen, by=by, at=at, note="shipped")


def is_as_shipped(target: Target, used: InUse) -> bool:
    """Return whether the mapping in use says what the shipped one says."""
    return used.layout == shipped(target.slug)


def _row(target: Target) -> HandoffMap | None:
    row: HandoffMap | None = HandoffMap.get_or_none(HandoffMap.system == target.slug)
    return row
