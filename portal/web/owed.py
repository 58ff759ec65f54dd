"""What a unit owes, line by line, as the first page shows it: in groups, overdue on top, one way on from each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models import Form, FormVersion, Obligation, Period, Person, Submission
from portal import obligations
from portal.rules import duties
from portal.rules.terms import Duty
from portal.rules.workflow import State
from portal.web.language import gettext, ngettext
from portal.web.words import word

SOON = dt.timedelta(days=3)
SHOWN = 120  # sixty forms, and as many left over


@dataclass(frozen=True)
class Owed:
    """One line: what is owed, by when, how it stands, and where to go on. `says` = the person may say it is done."""

    id: int
    name: str
    period: Period
    due_on: dt.date
    days: int
    state: str
    url: str
    way: str
    note: str = ""
    says: bool = False


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    title: str
    lines: Sequence[Owed]


def of_unit(person: Person, today: dt.date) -> list[Owed]:
    """Return every line the person's unit owes: returned reports first, then by due day."""
    owed = obligations.owed_by(person.unit_id, limit=SHOWN)
    begun = {
        s.obligation_id: s
        for s in Submission.select(Submission.id, Submission.obligation, Submission.state).where(
            Submission.obligation.in_([o.id for o in owed if o.form_id])
        )
    }
    lines = _returned(person.unit_id, today)
    told = {line.id for line in lines}
    for one in owed:
        if one.id in told or person.role not in duties.BOUND[one.duty]:
            continue
        held = begun.get(one.id)
        state = str(held.state) if held else "not_begun" if one.duty == Duty.REPORT else "open"
        url, way = _way(one, held is not None)
        says = person.role in duties.SAYERS.get(one.duty, frozenset())
        lines.append(
            Owed(
                one.id, one.form.name if one.form_id else word(one.duty), one.period, one.due_on,
                (one.due_on - today).days, state, url, way, says=says,
            )
        )  # fmt: skip
    return lines


def _returned(unit_id: int, today: dt.date) -> list[Owed]:
    rows = (
        Submission.select(Submission, FormVersion, Form, Period, Obligation.id, Obligation.due_on)
        .join_from(Submission, FormVersion)
        .join_from(FormVersion, Form)
        .join_from(Submission, Period)
        .join_from(Submission, Obligation)
        .where(Submission.unit == unit_id, Submission.state == State.RETURNED)
        .order_by(Submission.id.desc())
        .limit(SHOWN)
    )
    return [
        Owed(
            s.obligation_id, s.form_version.form.name, s.period, s.obligation.due_on,
            (s.obligation.due_on - today).days, State.RETURNED, f"/admin/answers/?obligation={s.obligation_id}",
            gettext("Mend"), s.note,
        )
        for s in rows
    ]  # fmt: skip


def _way(one: Obligation, is_begun: bool) -> tuple[str, str]:
    """Return the address that leads on from what is owed, and the words on it."""
    if one.duty == Duty.REPORT:
        return f"/admin/answers/?obligation={one.id}", gettext("Go on") if is_begun else gettext("Fill in")
    if one.duty == Duty.VISITS:
        return f"/admin/visits/?month={one.period.be_month}", gettext("Record")
    if one.duty == Duty.CHECK:
        return "/admin/review/", gettext("Check")
    if one.duty == Duty.CONSOLIDATE:
        return f"/admin/matrix/?period={one.period_id}", gettext("See")
    return f"/admin/obligation/details/?id={one.id}", gettext("See")


def grouped(lines: Sequence[Owed]) -> list[Group]:
    """Return the lines in groups; those that hold nothing are left out."""
    back = [one for one in lines if one.state == State.RETURNED]
    rest = [one for one in lines if one.state != State.RETURNED]
    groups = (
        Group(gettext("Returned to be mended"), back),
        Group(gettext("Overdue"), [one for one in rest if one.days < 0]),
        Group(gettext("Due within three days"), [one for one in rest if 0 <= one.days <= SOON.days]),
        Group(gettext("Later"), [one for one in rest if one.days > SOON.days]),
    )
    return [group for group in groups if group.lines]


def lead(lines: Sequence[Owed]) -> str:
    """Return in a sentence or two what is to be done first."""
    back = sum(one.state == State.RETURNED for one in lines)
    overdue = sum(one.days < 0 and one.state != State.RETURNED for one in lines)
    soon = sum(0 <= one.days <= SOON.days and one.state != State.RETURNED for one in lines)
    if overdue:
        said = ngettext("{count} thing you owe is overdue.", "{count} things you owe are overdue.", overdue)
    elif soon:
        said = ngettext("{count} thing is due within three days.", "{count} things are due within three days.", soon)
    else:
        said = gettext("Nothing is overdue.")
    if back:
        said += " " + ngettext("{count} was returned to be mended.", "{count} were returned to be mended.", back)
    return said
