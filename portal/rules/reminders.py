"""Whom to remind of what today. Reminders go to those who still owe, once each for one due day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

DAYS_BEFORE = 3
LONGEST_AFTER = 30
"""Days after a due day until which the reminder that follows it is made up for, if the portal slept."""


class Reminder(StrEnum):
    """When, seen from the due day, a reminder is sent."""

    BEFORE = "due_before"
    TODAY = "due_today"
    AFTER = "due_after"


@dataclass(frozen=True)
class Due:
    """So many things are owed by one person on one day."""

    person: int
    due_on: dt.date
    count: int


@dataclass(frozen=True)
class ToRemind:
    """One reminder to one person: all that is due on one day, said together."""

    person: int
    reminder: Reminder
    due_on: dt.date
    count: int

    @property
    def about(self) -> str:
        """Return what makes the reminder one of its kind; a due day that was moved is another day."""
        return self.due_on.isoformat()


def reminder_on(due_on: dt.date, today: dt.date) -> Reminder | None:
    """Return which reminder of a due day is due on `today`, if any: three days before, on the day, after it.

    A day slept through is made up for: the first reminder until the day itself, the last for a month.
    """
    if today < due_on - dt.timedelta(days=DAYS_BEFORE):
        return None
    if today < due_on:
        return Reminder.BEFORE
    if today == due_on:
        return Reminder.TODAY
    return Reminder.AFTER if today <= due_on + dt.timedelta(days=LONGEST_AFTER) else None


def to_remind(owed: Iterable[Due], said: frozenset[tuple[int, str, str]], today: dt.date) -> list[ToRemind]:
    """Return the reminders to send today for what is still owed.

    `said` holds (person, reminder, about) of those already sent; none is sent twice.
    """
    counts: dict[tuple[int, dt.date], int] = {}
    for one in owed:
        counts[one.person, one.due_on] = counts.get((one.person, one.due_on), 0) + one.count
    found = []
    for (person, due_on), count in sorted(counts.items()):
        reminder = reminder_on(due_on, today)
        if reminder is None or count < 1:
            continue
        one_more = ToRemind(person, reminder, due_on, count)
        if (person, str(reminder), one_more.about) not in said:
            found.append(one_more)
    return found
