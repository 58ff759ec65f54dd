"""The form of a visit: what it begins with, what it offers for an institution and a day, how what was typed is read.

A visit of one's own institution for planned work takes three touches: the institution, what was done, what was found.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from models import Cooperative, Person, Visit, VisitActivity, VisitOfficer
from portal import actions, scope, search, visit_plans, visits
from portal.actions import Settled
from portal.database import tuples
from portal.errors import PortalError
from portal.rules import fiscal, inputs
from portal.rules import visits as rules
from portal.rules.terms import ActionState, InstitutionStatus, Place
from portal.rules.visits import Done, Line
from portal.web.language import gettext

NAMES = {
    "cooperative": "Cooperative/group", "works": "What was done", "visited_on": "Visited on", "officer": "Officer",
    "action_due_on": "Due on", "next_visit_on": "Next visit on", "people_met": "People met", "along": "Other officers",
    "unplanned_reason": "Outside the plan: why?", "subject": "Subject", "files": "Photos and files",
}  # fmt: skip
TEXTS = ("subject", "findings", "advice", "agreed_action", "met")
DAYS = ("visited_on", "action_due_on", "next_visit_on")
FOUND = 20


@dataclass
class Typed:
    """What a person typed: text by field as it stands in the form, values for the verb, and what is wrong by field."""

    text: MultiDict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    works: list[Done] = field(default_factory=list)
    along: list[int] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """What an institution offers on a day: its planned lines, its open actions, when it was visited last."""

    institution: Cooperative
    day: dt.date
    lines: list[Line]
    open_actions: list[Visit]
    last: Visit | None
    lock: str


def offer(institution: Cooperative, day: dt.date, at: dt.datetime, besides: Visit | None = None) -> Offer:
    """Return what the form offers for a visit of `institution` on `day`; `besides` is the visit being mended."""
    lines = rules.offered(fiscal.month_of(day), visits.lines_of(institution.id, day))
    last = (
        Visit.select()
        .where(Visit.cooperative == institution.id, Visit.id != (besides.id if besides else 0), Visit.visited_on <= day)
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
        .first()
    )
    waiting = [one for one in actions.open_at(institution.id) if besides is None or one.id != besides.id]
    lock = visits.lock_of(institution.unit_id, day, at)
    return Offer(institution, day, lines, waiting, last, gettext(lock.msgid) if lock else "")


def institutions(person: Person, text: str) -> list[tuple[int, str]]:
    """Return (id, name) of institutions of the own office, those in the person's own care first."""
    query = scope.narrowed(Cooperative.select(Cooperative.id, Cooperative.name), person).where(
        Cooperative.status != InstitutionStatus.DISSOLVED
    )
    matching = search.matching(Cooperative, text)
    if matching is not None:
        query = query.where(matching)
    mine = (Cooperative.officer == person.id).desc(nulls="LAST")
    return list(tuples(query.order_by(mine, Cooperative.name_sort, Cooperative.id).limit(FOUND)))


def colleagues(person: Person) -> list[Person]:
    """Return the people of the own office who go out, oneself first."""
    return list(
        Person.select()
        .where(Person.unit == person.unit_id, Person.is_active)
        .order_by((Person.id == person.id).desc(), Person.name)
    )


def kinds_of_work() -> list[VisitActivity]:
    """Return the activities that may be chosen beside the planned ones."""
    return visit_plans.activities()


def field_name(name: str) -> str:
    """Return how a field of the form is called above its refusal."""
    return gettext(NAMES.get(name, "Result of earlier advice" if name.startswith("settled") else "The visit"))


def begun(person: Person, day: dt.date, institution: Cooperative | None) -> MultiDict[str, str]:
    """Return what a new form begins with."""
    start: MultiDict[str, str] = MultiDict(
        {"visited_on": _day(day), "place": str(Place.ON_SITE), "officer": str(person.id), "cooperative": ""}
    )
    if institution is not None:
        start["cooperative"] = str(institution.id)
    return start


def as_typed(visit: Visit) -> MultiDict[str, str]:
    """Return a recorded visit as it would have been typed."""
    out: MultiDict[str, str] = MultiDict(
        {
            "cooperative": str(visit.cooperative_id), "place": str(visit.place), "officer": str(visit.officer_id),
            "people_met": str(visit.people_met or ""), "unplanned_reason": visit.unplanned_reason,
            "version": str(visit.version),
        }
    )  # fmt: skip
    for name in TEXTS:
        out[name] = getattr(visit, name)
    for name in DAYS:
        out[name] = _day(getattr(visit, name))
    for one in visits.works_of(visit):
        if one.against is not None:
            out.add("work", f"{one.activity}:{one.against}")
        else:
            out.add("other", str(one.activity))
    for (ident,) in tuples(VisitOfficer.select(VisitOfficer.person).where(VisitOfficer.visit == visit.id)):
        out.add("along", str(ident))
    return out


def read(given: Mapping[str, Any] | MultiDict[str, str]) -> Typed:
    """Read what was typed. What cannot be read stands in `errors` by field; whether it may be is the verb's to say."""
    text: MultiDict[str, str] = given if isinstance(given, MultiDict) else MultiDict(given)
    out = Typed(text)
    for name in DAYS:
        out.values[name] = _tried(out, name, inputs.parse_date)
    out.values["people_met"] = _tried(out, "people_met", _whole) or 0
    for name in TEXTS:
        out.values[name] = text.get(name, "")
    out.values["place"] = Place(text["place"]) if text.get("place") in tuple(Place) else Place.ON_SITE
    reason = text.get("unplanned_reason", "").strip() or text.get("usual_reason", "").strip()
    out.values["unplanned_reason"] = reason
    for name in ("cooperative", "officer"):
        ident = _number(text.get(name, ""))
        if ident is None:
            out.errors[name] = gettext("Please choose one of the list.") if text.get(name) else _missing()
        out.values[name] = ident
    if out.values["visited_on"] is None and "visited_on" not in out.errors:
        out.errors["visited_on"] = _missing()
    for value in text.getlist("work"):
        found = re.fullmatch(r"(\d{1,9}):(\d{1,2})", value, re.ASCII)
        if found:
            out.works.append(Done(int(found[1]), int(found[2])))
    for value in text.getlist("other"):
        other = _number(value)
        if other is not None:
            out.works.append(Done(other, None))
    out.along = [ident for value in text.getlist("along") if (ident := _number(value)) is not None]
    for name in text:
        found = re.fullmatch(r"settled-(\d{1,9})", name, re.ASCII)
        if found and text[name] in (ActionState.DONE, ActionState.DROPPED):
            out.settled.append(Settled(int(found[1]), ActionState(text[name]), text.get(f"result-{found[1]}", "")))
    return out


def named(out: Typed, names: Mapping[int, str]) -> None:
    """Give a visit without a subject of its own the name of its main work."""
    if not out.values["subject"].strip() and out.works:
        out.values["subject"] = names.get(out.works[0].activity, "")


def _tried(out: Typed, name: str, parse: Any) -> Any:
    typed = out.text.get(name, "").strip()
    if not typed:
        return None
    try:
        return parse(typed)
    except PortalError as refusal:
        out.errors[name] = refusal.words(gettext)
        return None


def _whole(text: str) -> int:
    return int(inputs.parse_number(text, decimals=0, least=Decimal(0), greatest=Decimal(100_000)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(day: dt.date | None) -> str:
    return "" if day is None else f"{day.day:02d}/{day.month:02d}/{day.year + fiscal.ERA}"


def _missing() -> str:
    return gettext("Please fill this in.")
