"""How one thing that an office owes stands, in one word, one shade and one mark: the cells of the matrix."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from portal.rules.deadlines import days_late
from portal.rules.terms import ObligationState
from portal.rules.workflow import State


class Standing(StrEnum):
    """Where it stands."""

    NOT_BEGUN = "not_begun"
    BEGUN = "begun"
    MISSING = "missing"
    WAITING = "waiting_check"
    RETURNED = "returned"
    CHECKED = "checked"
    WAIVED = "waived"


@dataclass(frozen=True)
class Look:
    """What one cell says: where it stands, and how many days late it is or came (0 = in time or not due)."""

    standing: Standing
    days: int

    @property
    def step(self) -> int:
        """Return the shade of a cell that was handed in: 0 in time, 1–2, 3–5, over 5 days late as 1, 2, 3."""
        return 0 if self.days == 0 else 1 if self.days <= 2 else 2 if self.days <= 5 else 3


STILL_OWED = frozenset({Standing.NOT_BEGUN, Standing.BEGUN, Standing.MISSING})


def look(
    state: ObligationState, due_on: dt.date, met_at: dt.datetime | None, report: State | None, today: dt.date
) -> Look:
    """Return how an obligation stands on `today`. `report` is the state of its submission, None while there is none.

    What has no submission (visit records) is checked once it is met: its records are checked one by one.
    """
    if state == ObligationState.WAIVED:
        return Look(Standing.WAIVED, 0)
    if state == ObligationState.OPEN:
        over = max(0, (today - due_on).days)
        if over:
            return Look(Standing.MISSING, over)
        return Look(Standing.NOT_BEGUN if report is None else Standing.BEGUN, 0)
    late = days_late(due_on, met_at) or 0
    if report == State.RETURNED:
        return Look(Standing.RETURNED, late)
    return Look(Standing.WAITING if report == State.SUBMITTED else Standing.CHECKED, late)
