"""Who owes which duty, and when what a central unit owes is met.

An office meets a report by handing it in, and its visits by saying that the month is complete. A division's check and
planning's consolidation are read off the rows they are about, so that nobody has to say that he is done; outcome, book
and hand-off happen outside the portal and are said to be done, with a word on where they went.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import Duty

OFFICE_DUTIES = (Duty.REPORT, Duty.VISITS)
"""What field offices owe: completeness, timeliness and every printed figure count these and no others."""

SAID_DONE = frozenset({Duty.OUTCOME, Duty.BOOK, Duty.HANDOFF})
"""Duties that are met by a person of the unit who says so."""

SEEN_DONE = frozenset({Duty.CHECK, Duty.CONSOLIDATE})
"""Duties that are met when the rows say so."""

BOUND: dict[Duty, frozenset[Role]] = {
    Duty.REPORT: OFFICE_ROLES,
    Duty.VISITS: OFFICE_ROLES,
    Duty.CHECK: frozenset({Role.DIVISION, Role.PLANNING}),
    Duty.OUTCOME: frozenset({Role.DIVISION, Role.PLANNING}),
    Duty.BOOK: frozenset({Role.DIVISION, Role.PLANNING}),
    Duty.CONSOLIDATE: frozenset({Role.PLANNING}),
    Duty.HANDOFF: frozenset({Role.PLANNING}),
}
"""Whose work each duty is, among the people of the unit that owes it."""

SAYERS: dict[Duty, frozenset[Role]] = {
    Duty.OUTCOME: frozenset({Role.DIVISION, Role.PLANNING}),
    Duty.BOOK: frozenset({Role.DIVISION, Role.PLANNING}),
    Duty.HANDOFF: frozenset({Role.PLANNING}),
}
"""Who may say that a duty of the own unit is done."""


@dataclass(frozen=True)
class Checking:
    """What a division has to check in one period.

    `owing` reports have not come, `waiting` reports and visit records have come and wait for it; `last_at` is when it
    last verified or returned one; `due_on` is the day by which offices report.
    """

    owing: int
    waiting: int
    last_at: dt.datetime | None
    due_on: dt.date


def checked_at(stand: Checking, at: dt.datetime) -> dt.datetime | None:
    """Return since when a division's check is done at the moment `at`, or None while it is not.

    It is done when nothing that came waits for it any more, and either nothing is still to come or the offices' day
    is over. What an office fails to send is the office's to answer for, and what was returned is with the office.
    """
    if stand.waiting:
        return None
    over = dt.datetime.combine(stand.due_on + dt.timedelta(days=1), dt.time())
    if stand.owing:
        if at < over:
            return None
        return max(over, stand.last_at or over)
    return stand.last_at or at


@dataclass(frozen=True)
class Consolidating:
    """What planning has to take over in one period.

    `checks` of divisions are not done yet; `waiting` reports are handed in or verified and not taken over; `taken` are.
    """

    checks: int
    waiting: int
    taken: int
    closed_at: dt.datetime | None


def consolidated_at(stand: Consolidating, at: dt.datetime) -> dt.datetime | None:
    """Return since when a period is consolidated at the moment `at`, or None while it is not.

    It is when the period is closed, or when every division has checked and all that came is taken over.
    """
    if stand.closed_at is not None:
        return stand.closed_at
    return None if stand.checks or stand.waiting or not stand.taken else at


THAI: dict[Duty, str] = {
    Duty.REPORT: "แบบรายงาน",
    Duty.VISITS: "บันทึกผลการแนะนำส่งเสริม",
    Duty.CHECK: "ตรวจรายงานของหน่วยงาน",
    Duty.CONSOLIDATE: "รวบรวมผลในภาพรวมของกรม",
    Duty.OUTCOME: "รายงานผลสัมฤทธิ์และตัวชี้วัดของไตรมาส",
    Duty.BOOK: "รูปเล่มสรุปผลงานและผลสัมฤทธิ์ประจำปี",
    Duty.HANDOFF: "นำส่งผลให้หน่วยงานภายนอก",
}
"""What each duty is called in letters, which are written in Thai."""
