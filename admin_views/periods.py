"""Screens: the calendar. Holidays, reporting periods, deadlines, and who owes what."""

from __future__ import annotations

import datetime as dt

from admin_views.base import CENTRAL, Button, Screen
from models import Deadline, FiscalYear, Holiday, Obligation, Period, Person
from portal import obligations, periods
from portal.rules import duties
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import Duty, ObligationState
from portal.seed import calendar
from portal.web.language import gettext, lazy
from portal.web.words import word

KEEPERS = frozenset({Role.ADMIN, Role.PLANNING})


def make_calendar(year: FiscalYear, *, by: Person, at: dt.datetime) -> int:
    """Make the months, quarters, deadlines and public holidays of a fiscal year where they lack."""
    return periods.make_year(year.year, holidays=calendar.public_holidays(year.year), by=by, at=at)


class HolidayScreen(Screen):
    """Public holidays; special ones are added by hand."""

    table = Holiday
    open_to = CENTRAL
    small = True
    icon = "sun"
    column_list = ("name", "day")
    column_filters = ("day",)
    column_default_sort = ("day", False)
    removes = True
    form_columns = ("day", "name")


class PeriodScreen(Screen):
    """Months, quarters and years that are reported on; opened and closed by the buttons."""

    table = Period
    small = True
    icon = "cal"
    column_list = (
        "starts_on", "kind", "number", "fiscal_year", "ends_on", "data_as_of", "meets_on", "opened_at", "closed_at",
    )  # fmt: skip
    column_filters = ("fiscal_year", "kind", "starts_on")
    column_default_sort = ("starts_on", True)
    form_columns = (
        "fiscal_year", "kind", "number", "starts_on", "ends_on", "opens_on", "closes_on", "data_as_of", "meets_on",
    )  # fmt: skip
    not_typed = ("opened_at", "closed_at")
    buttons = (
        Button("open", lazy("Open the period"), periods.open_period, KEEPERS, icon="play",
               fits=lambda row, person: row.closed_at is None,
               sure=lazy("Open it? Every office then owes what is due in it.")),
        Button("close", lazy("Close the period"), periods.close_period, KEEPERS, icon="lock",
               fits=lambda row, person: row.opened_at is not None and row.closed_at is None,
               sure=lazy("Close it? Nothing in it can be handed in or changed afterwards.")),
    )  # fmt: skip


class DeadlineScreen(Screen):
    """By which day each duty is due."""

    table = Deadline
    open_to = CENTRAL
    small = True
    icon = "clock"
    column_list = ("duty", "kind", "fiscal_year", "day", "months_after", "from_number", "roll", "certainty")
    column_filters = ("fiscal_year", "duty", "kind")
    column_default_sort = ("id", False)
    form_columns = ("fiscal_year", "duty", "kind", "day", "months_after", "from_number", "roll", "certainty")


def _waive(obligation: Obligation, **given: object) -> None:
    obligations.waive(obligation, reason=given.pop("note"), **given)  # type: ignore[arg-type]


def _say_done(obligation: Obligation, **given: object) -> None:
    obligations.say_done(obligation, **given)  # type: ignore[arg-type]


def _may_say(row: Obligation, person: Person) -> bool:
    own = row.unit_id == person.unit_id and row.state == ObligationState.OPEN
    return own and person.role in duties.SAYERS.get(row.duty, frozenset())


def fill_in(row: Obligation, person: Person) -> tuple[str, str] | None:
    """Lead the office to the page on which it answers what it owes."""
    if person.role in OFFICE_ROLES and row.form_id is not None:
        return gettext("Fill in"), f"/admin/answers/?obligation={row.id}"
    return None


DUTIES = frozenset(map(str, Duty))


def _owed(subject: str) -> str:
    # A form is called by its code, which stands on the paper as well; other duties by their own word.
    return word(subject) if subject in DUTIES else subject


class ObligationScreen(Screen):
    """Who owes which form for which period, by when."""

    table = Obligation
    icon = "bell"
    adds = changes = False
    column_list = ("subject", "form.name", "unit", "period", "due_on", "state", "met_at")
    column_filters = ("state", "duty", "unit", "unit.region", "form", "period", "due_on")
    column_default_sort = ("due_on", True)
    not_typed = ("unit", "period", "subject", "form", "due_on", "state", "met_at", "waived_reason", "duty")
    worded = {"subject": _owed}
    ways = (fill_in,)
    buttons = (
        Button("waive", lazy("Waive"), _waive, KEEPERS, asks_note=True, icon="x",
               fits=lambda row, person: row.state == ObligationState.OPEN),
        Button("say_done", lazy("It is done"), _say_done, frozenset({Role.DIVISION, Role.PLANNING}), asks_note=True,
               fits=_may_say),
    )  # fmt: skip
