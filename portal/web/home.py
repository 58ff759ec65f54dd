"""My work today: what I owe, what waits for me, how the month stands; told by my role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_admin import AdminIndexView, expose
from peewee import JOIN, SQL, fn

from admin_views import lookups
from models import (
    AuditEntry,
    Cooperative,
    Edition,
    FiscalYear,
    Form,
    Indicator,
    Obligation,
    Period,
    Person,
    Project,
    Run,
    Submission,
    Table,
    Unit,
    Visit,
    VisitPlan,
    db,
)
from portal import actions, clock, formats, notices, obligations, periods, reviews, scope, standings, visit_months
from portal import visits as seen
from portal.errors import NotFound, PortalError
from portal.reports.chapter import Cut
from portal.reports.figures import money, shared
from portal.rules import fiscal
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import ObligationState, RunKind, RunState
from portal.rules.workflow import State
from portal.web import owed
from portal.web.language import Lazy, gettext, lazy
from portal.web.money import MARKS as MONEY_MARKS
from portal.web.sign_in import me
from portal.web.words import period_name

UNTOLD = ("sign_in", "make_password_link", "seed", "demo")  # acts that are no news
LOST = dt.timedelta(days=30)
TOLD: dict[str, type[Table]] = {
    model.__name__: model
    for model in (Submission, Visit, VisitPlan, Cooperative, Form, Project, Indicator, Person, Unit, Edition)
}  # records of which news tells the name
FIND_LEAST, FIND_MOST = 2, 6
FINDS: tuple[tuple[type[Table], Lazy, str], ...] = (
    (Cooperative, lazy("Cooperatives and groups"), "/admin/story/"),
    (Indicator, lazy("Indicators"), "/admin/progress/indicator/"),
    (Project, lazy("Projects"), "/admin/project/details/"),
    (Form, lazy("Report forms"), "/admin/form/details/"),
    (Unit, lazy("Offices and divisions"), "/admin/unit/details/"),
)  # what the box that goes anywhere finds besides pages, and where each is looked at


@dataclass(frozen=True)
class Figure:
    """One figure of the strip under the title."""

    kind: str
    label: str
    value: int
    note: str = ""
    url: str = ""


class HomePage(AdminIndexView):
    """The first page after signing in."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name=name, category=category, url="/admin", menu_icon_value="home")
        self.static_folder = None  # Flask-Admin's own scripts are not used, so they are not served

    @expose("/")
    def index(self) -> Any:
        """Show my work today."""
        person, today = me(), clock.today()
        lines, period = owed.of_unit(person, today), standings.present_month()
        shared = {
            "today": today, "lines": lines, "groups": owed.grouped(lines), "lead": owed.lead(lines),
            "recent": _recent(person), "period": period, "period_name": period_name,
            "is_more": len(lines) >= owed.SHOWN,
        }  # fmt: skip
        page, more = PAGES[person.role]
        return self.render(page, **shared, **more(person, today, period, lines))

    @expose("/find/")
    def find(self) -> Any:
        """Return the records whose name holds what is typed, some of each kind, for the box that goes anywhere."""
        text = request.args.get("q", "").strip()
        if len(text) < FIND_LEAST:
            return jsonify([])
        person = me()
        return jsonify([
            {"kind": str(kind), "name": name, "url": f"{address}?id={ident}"}
            for model, kind, address in FINDS
            for ident, name in lookups.found(model, text, person, limit=FIND_MOST)
        ])  # fmt: skip

    @expose("/done/", methods=("POST",))
    def done(self) -> Any:
        """Say that a duty outside the portal is done, with a word on where it went."""
        text = request.form.get("id", "")
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        row = scope.narrowed(Obligation.select(), me()).where(Obligation.id == int(text)).first() if is_number else None
        if row is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        try:
            obligations.say_done(row, by=me(), at=clock.now(), note=request.form.get("note", ""))
        except PortalError as refusal:
            flash(refusal.words(gettext), "error")
        else:
            flash(gettext("Noted as done."), "success")
        return redirect("/admin/")


# ---------------------------------------------------------------- offices


def _office(person: Person, today: dt.date, period: Period | None, lines: list[owed.Owed]) -> dict[str, Any]:
    waiting = _counted(
        Submission.select().where(Submission.unit == person.unit_id, Submission.state == State.SUBMITTED)
    )
    return {
        "figures": (
            *_mine(lines, person),
            Figure("half", gettext("Waiting for the division"), waiting, url=_list("submission", state_is="submitted")),
            *_visits(person, today, period),
        )
    }


def _visits(person: Person, today: dt.date, period: Period | None) -> Iterator[Figure]:
    """Tell how the office's month of visits stands: done of planned, returned, agreed actions overdue."""
    if period is not None:
        held = visit_months.tally(person.unit_id, period)
        of = gettext("of {n} planned", n=held.planned) if held.planned else ""
        month = f"/admin/visits/?month={period.be_month}"
        yield Figure("ok", gettext("Visits this month"), held.done, of, url=month)
        if held.returned:
            yield Figure("back", gettext("Visits returned to us"), held.returned, url=month)
    _, overdue = actions.counts(person.unit_id, today)
    if overdue:
        yield Figure("bad", gettext("Agreed actions overdue"), overdue, url="/admin/actions/?state=overdue")


def _mine(lines: list[owed.Owed], person: Person) -> tuple[Figure, ...]:
    back = sum(one.state == State.RETURNED for one in lines)
    overdue = sum(one.days < 0 and one.state != State.RETURNED for one in lines)
    soon = sum(0 <= one.days <= owed.SOON.days and one.state != State.RETURNED for one in lines)
    all_open = _list("obligation", unit_is=person.unit_id, state_is="open")
    figures = (
        Figure("bad", gettext("Overdue"), overdue, url=all_open),
        Figure("watch", gettext("Due within three days"), soon),
    )
    if person.role not in OFFICE_ROLES:
        return figures
    return (*figures, Figure("back", gettext("Returned to us"), back, url=_list("submission", state_is="returned")))


# ---------------------------------------------------------------- central units


def _division(person: Person, today: dt.date, period: Period | None, lines: list[owed.Owed]) -> dict[str, Any]:
    waiting = reviews.waiting(person)
    visits = _counted(Visit.select().where(seen.waits_for(person)))
    reports = sum(one.count for one in waiting)
    return {
        "figures": (
            *_mine(lines, person),
            Figure("half", gettext("Reports to verify"), reports, url="/admin/review/"),
            Figure("half", gettext("Visits to verify"), visits, url="/admin/visit-check/"),
        ),
        "waiting": waiting,
        "visits": visits,
    }


def _whole(period: Period | None, today: dt.date) -> dict[str, Any]:
    """Return how the month stands, by region, and what the divisions have checked."""
    if period is None:
        return {"regions": [], "sums": None, "unchecked": [], "checked": 0}
    regions = standings.by_region(period, today)
    checks = standings.checks(period)
    unchecked = [
        (short, due, (due - today).days) for _, short, due, state, _ in checks if state == ObligationState.OPEN
    ]
    return {
        "regions": regions, "sums": standings.total(regions), "unchecked": unchecked,
        "checked": len(checks) - len(unchecked),
    }  # fmt: skip


def _planning(person: Person, today: dt.date, period: Period | None, lines: list[owed.Owed]) -> dict[str, Any]:
    whole = _whole(period, today)
    sums = whole["sums"]
    waiting = reviews.waiting(person)
    figures = [
        *_mine(lines, person),
        Figure("tick", gettext("Verified, to take over"), sum(one.count for one in waiting), url="/admin/review/"),
    ]
    if sums is not None and period is not None:
        url = f"/admin/matrix/?period={period.id}"
        of = gettext("of {n}", n=f"{sums.of:,}")
        figures.append(Figure("done", gettext("Handed in this month"), sums.met, of, url))
        figures.append(Figure("bad", gettext("Offices’ reports overdue"), sums.overdue, url=f"{url}&state=missing"))
    return {"figures": figures, "waiting": waiting, "runs": _runs(person), "no_year": _no_year(today), **whole}


def _admin(person: Person, today: dt.date, period: Period | None, lines: list[owed.Owed]) -> dict[str, Any]:
    given = _planning(person, today, period, lines)
    lost = notices.never_mailed(clock.now() - LOST)
    if lost:
        label = gettext("Letters that could not be sent")
        given["figures"].append(Figure("watch", label, lost, gettext("in {n} days", n=LOST.days)))
    return given


def _executive(person: Person, today: dt.date, period: Period | None, lines: list[owed.Owed]) -> dict[str, Any]:
    whole = _whole(period, today)
    sums = whole["sums"]
    figures = []
    if sums is not None:
        of = gettext("of {n}", n=f"{sums.of:,}")
        url = f"/admin/matrix/?period={period.id}" if period else ""
        figures = [
            Figure("done", gettext("Handed in this month"), sums.met, of, url),
            Figure("bad", gettext("Offices’ reports overdue"), sums.overdue, url=f"{url}&state=missing"),
            Figure("tick", gettext("Divisions that have checked"), whole["checked"],
                   gettext("of {n}", n=whole["checked"] + len(whole["unchecked"]))),
        ]  # fmt: skip
    editions = Edition.select().order_by(Edition.made_at.desc(), Edition.id.desc()).limit(5)
    packs = Run.select().where(Run.kind == RunKind.PACK).order_by(Run.asked_at.desc()).limit(1)
    return {
        "figures": figures, "editions": list(editions), "pack": packs.first(),
        "spending": _spending(period.fiscal_year) if period else None, **whole,
    }  # fmt: skip


def _spending(year: FiscalYear) -> dict[str, str] | None:
    """Return what was paid in percent of what is granted, against the target to date, in words; None without money."""
    month = money.last_month(year.id)
    if month is None:
        return None
    cut = Cut(fiscal_year=year.year, period=month, cut_at=clock.now())
    with shared():
        paid, aim = money.ledger(cut).total().share, money.targets(cut).at(None, month)
    return {
        "paid": formats.percent(paid, 2), "aim": formats.NONE if aim is None else formats.percent(aim, 2),
        "month": formats.month_short(month), "mark": MONEY_MARKS[money.judged(paid, aim)],
    }  # fmt: skip


PAGES = {
    Role.REPORTER: ("home/office.html", _office),
    Role.APPROVER: ("home/office.html", _office),
    Role.DIVISION: ("home/division.html", _division),
    Role.PLANNING: ("home/planning.html", _planning),
    Role.ADMIN: ("home/planning.html", _admin),
    Role.EXECUTIVE: ("home/executive.html", _executive),
}


def _no_year(today: dt.date) -> int:
    """Return the fiscal year whose calendar is not made although it has begun or begins within a month, else 0."""
    for day in (today, today + dt.timedelta(days=30)):
        number = fiscal.year_of(day)
        if not periods.has_calendar(number):
            return number
    return 0


def _runs(person: Person) -> list[Run]:
    return list(
        scope.narrowed(Run.select(), person)
        .order_by(Run.state.in_([RunState.RUNNING, RunState.WAITING]).desc(), Run.asked_at.desc())
        .limit(4)
    )


@dataclass(frozen=True)
class News:
    """One act lately: what, to which record (where that is told), by whom, when."""

    verb: str
    table_name: str
    told: str
    url: str
    note: str
    by: str
    at: dt.datetime


def _recent(person: Person) -> list[News]:
    query = AuditEntry.select(AuditEntry, Person).join(Person, JOIN.LEFT_OUTER).where(AuditEntry.verb.not_in(UNTOLD))
    latest = scope.narrowed(query, person).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(6)
    entries = list(latest)
    names = {
        table: lookups.names_of(model, {e.row_id for e in entries if e.table_name == table and e.row_id}, person)
        for table, model in TOLD.items()
        if any(e.table_name == table for e in entries)
    }
    return [
        News(
            e.verb, e.table_name, names.get(e.table_name, {}).get(e.row_id or 0, ""),
            f"/admin/{e.table_name.lower()}/details/?id={e.row_id}", e.note, e.person.name if e.person_id else "", e.at,
        )
        for e in entries
    ]  # fmt: skip


def _counted(query: Any) -> int:
    """Return how many rows there are, 10,000 at most: nobody reads more off a front page."""
    model = query.model
    capped = query.select(model.id).limit(10_000)
    return int(db.execute(model.select(fn.COUNT(SQL("1"))).from_(capped)).fetchone()[0])


def _list(screen: str, **filters: Any) -> str:
    return f"/admin/{screen}/?" + "&".join(f"flt{n}_{key}={value}" for n, (key, value) in enumerate(filters.items()))
