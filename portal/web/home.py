"""My work today: what I owe or what waits for me, told by my role, and where to go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_admin import AdminIndexView, expose
from peewee import JOIN, SQL, fn

from models import (
    AuditEntry,
    Cooperative,
    CooperativeType,
    FiscalYear,
    Form,
    FormVersion,
    Obligation,
    Period,
    Person,
    Run,
    Submission,
    Unit,
    Visit,
    VisitPlan,
    VisitPlanLine,
    db,
)
from portal import clock, obligations, scope
from portal.rules import fiscal
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import ObligationState, PeriodKind, RunState, VisitState
from portal.rules.workflow import State
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

SOON = dt.timedelta(days=3)
SHOWN = 30
UNTOLD = ("sign_in", "make_password_link", "seed", "demo")  # acts that are no news


@dataclass(frozen=True)
class Figure:
    """One figure of the strip under the title."""

    kind: str
    label: str
    value: int
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Owed:
    """One thing the office owes."""

    name: str
    period: Period
    due_on: dt.date
    days: int
    state: str
    url: str
    note: str


class HomePage(AdminIndexView):
    """The first page after signing in."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name=name, category=category, url="/admin", menu_icon_value="home")
        self.static_folder = None  # Flask-Admin's own scripts are not used, so they are not served

    @expose("/")
    def index(self) -> Any:
        """Show my work today."""
        person, today = me(), clock.today()
        period = _present_period(today)
        if person.role in OFFICE_ROLES:
            return self.render("home/office.html", **_office(person, today, period))
        return self.render("home/central.html", **_central(person, today, period))


def _present_period(today: dt.date) -> Period | None:
    """Return the month being reported on: the last one that was opened."""
    return (
        Period.select(Period, FiscalYear)
        .join(FiscalYear)
        .where(Period.kind == PeriodKind.MONTH, Period.opened_at.is_null(False))
        .order_by(Period.closed_at.is_null(False), Period.starts_on.desc())
        .first()
    )


def _office(person: Person, today: dt.date, period: Period | None) -> dict[str, Any]:
    owed = obligations.owed_by(person.unit_id, limit=SHOWN)
    begun = {
        s.obligation_id: s
        for s in Submission.select(Submission.id, Submission.obligation, Submission.state).where(
            Submission.obligation.in_([o.id for o in owed])
        )
    }
    returned = list(
        Submission.select(Submission, FormVersion, Form, Period, Obligation.due_on)
        .join_from(Submission, FormVersion)
        .join_from(FormVersion, Form)
        .join_from(Submission, Period)
        .join_from(Submission, Obligation)
        .where(Submission.unit == person.unit_id, Submission.state == State.RETURNED)
        .order_by(Submission.id.desc())
        .limit(SHOWN)
    )
    rows = [
        Owed(
            s.form_version.form.name, s.period, s.obligation.due_on, (s.obligation.due_on - today).days,
            State.RETURNED, f"/admin/answers/?obligation={s.obligation_id}", s.note,
        )
        for s in returned
    ]  # fmt: skip
    for one in owed:
        held = begun.get(one.id)
        if held is not None and held.state == State.RETURNED:
            continue
        url = f"/admin/answers/?obligation={one.id}" if one.form_id else "/admin/visit/"
        name = one.form.name if one.form_id else gettext("Visit records")
        state = str(held.state) if held else "not_begun"
        rows.append(Owed(name, one.period, one.due_on, (one.due_on - today).days, state, url, ""))
    where = (Obligation.unit == person.unit_id, Obligation.state == ObligationState.OPEN)
    opened = Obligation.select(
        fn.COUNT(Obligation.id).filter(Obligation.due_on < today),
        fn.COUNT(Obligation.id).filter(Obligation.due_on.between(today, today + SOON)),
    ).join(Period)
    overdue, soon = opened.where(*where, Period.opened_at.is_null(False)).tuples().get()
    waiting = _counted(
        Submission.select().where(Submission.unit == person.unit_id, Submission.state == State.SUBMITTED)
    )
    made, planned = _visits_of(person.unit_id, period)
    figures = (
        Figure("bad", gettext("Overdue"), overdue, url=_list("obligation", unit_is=person.unit_id, state_is="open")),
        Figure("watch", gettext("Due within three days"), soon),
        Figure("back", gettext("Returned to us"), len(returned), url=_list("submission", state_is="returned")),
        Figure("half", gettext("Waiting for the division"), waiting, url=_list("submission", state_is="submitted")),
        Figure("ok", gettext("Visits this month"), made, gettext("of {n} planned", n=planned) if planned else ""),
    )
    return {
        "period": period, "today": today, "figures": figures, "groups": _grouped(rows), "overdue": overdue,
        "soon": soon, "recent": _recent(person), "returned": len(returned),
    }  # fmt: skip


def _grouped(rows: Sequence[Owed]) -> list[tuple[str, list[Owed]]]:
    groups = (
        (gettext("Returned to be mended"), [r for r in rows if r.state == State.RETURNED]),
        (gettext("Overdue"), [r for r in rows if r.state != State.RETURNED and r.days < 0]),
        (gettext("Due within three days"), [r for r in rows if r.state != State.RETURNED and 0 <= r.days <= SOON.days]),
        (gettext("Later"), [r for r in rows if r.state != State.RETURNED and r.days > SOON.days]),
    )
    return [(title, held) for title, held in groups if held]


def _visits_of(unit_id: int, period: Period | None) -> tuple[int, int]:
    if period is None:
        return 0, 0
    made = _counted(
        Visit.select().where(Visit.unit == unit_id, Visit.visited_on.between(period.starts_on, period.ends_on))
    )
    month = fiscal.month_of(period.starts_on)
    planned = (
        VisitPlanLine.select(fn.SUM(VisitPlanLine.visits))
        .join(VisitPlan)
        .where(VisitPlan.unit == unit_id, VisitPlan.fiscal_year == period.fiscal_year_id, VisitPlanLine.month == month)
        .scalar()
    )
    return made, int(planned or 0)


def _central(person: Person, today: dt.date, period: Period | None) -> dict[str, Any]:
    figures: list[Figure] = []
    if person.role == Role.DIVISION:
        mine = (
            Submission.select()
            .join(FormVersion)
            .join(Form)
            .where(Form.owner == person.unit_id, Submission.state == State.SUBMITTED)
        )
        seen = (
            Visit.select()
            .join(Cooperative)
            .join(CooperativeType)
            .where(CooperativeType.reviewer == person.unit_id, Visit.state == VisitState.RECORDED)
        )
        reports = _list("submission", state_is="submitted", form_version_form_owner_is=person.unit_id)
        figures.append(Figure("half", gettext("Reports to verify"), _counted(mine), url=reports))
        figures.append(
            Figure("half", gettext("Visits to verify"), _counted(seen), url=_list("visit", state_is="recorded"))
        )
    else:
        verified = Submission.select().where(Submission.state == State.VERIFIED)
        url = _list("submission", state_is="verified")
        figures.append(Figure("tick", gettext("Verified, to take over"), _counted(verified), url=url))
    late = Obligation.select().where(Obligation.state == ObligationState.OPEN, Obligation.due_on < today)
    figures.append(Figure("bad", gettext("Overdue"), _counted(late), url=_list("obligation", state_is="open")))
    returned = Submission.select().where(Submission.state == State.RETURNED)
    figures.append(
        Figure("back", gettext("Returned to offices"), _counted(returned), url=_list("submission", state_is="returned"))
    )
    owing, met, of = _of_period(period)
    if period is not None:
        figures.append(Figure("done", gettext("Handed in this month"), met, gettext("of {n}", n=f"{of:,}")))
    return {
        "period": period, "today": today, "figures": figures, "owing": owing, "met": met, "of": of,
        "runs": _runs(person), "recent": _recent(person),
    }  # fmt: skip


def _of_period(period: Period | None) -> tuple[list[tuple[int, str, int, int]], int, int]:
    """Return the offices that still owe most, and how many obligations of the month are met, of how many."""
    if period is None:
        return [], 0, 0
    is_open = Obligation.state == ObligationState.OPEN
    owing = fn.COUNT(Obligation.id).filter(is_open)
    rows = (
        Unit.select(Unit.id, Unit.short, owing, fn.COUNT(Obligation.id))
        .join(Obligation, on=(Obligation.unit == Unit.id))
        .where(Obligation.period == period.id, Obligation.state != ObligationState.WAIVED)
        .group_by(Unit.id, Unit.short)
        .order_by(owing.desc(), Unit.id)
    )
    units = [(ident, name, count, of) for ident, name, count, of in rows.tuples()]
    of = sum(u[3] for u in units)
    return [u for u in units if u[2]][:8], of - sum(u[2] for u in units), of


def _runs(person: Person) -> list[Run]:
    return list(
        scope.narrowed(Run.select(), person)
        .order_by(Run.state.in_([RunState.RUNNING, RunState.WAITING]).desc(), Run.asked_at.desc())
        .limit(4)
    )


def _recent(person: Person) -> list[AuditEntry]:
    entries = AuditEntry.select(AuditEntry, Person).join(Person, JOIN.LEFT_OUTER).where(AuditEntry.verb.not_in(UNTOLD))
    return list(scope.narrowed(entries, person).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(6))


def _counted(query: Any) -> int:
    """Return how many rows there are, 10,000 at most: nobody reads more off a front page."""
    model = query.model
    capped = query.select(model.id).limit(10_000)
    return int(db.execute(model.select(fn.COUNT(SQL("1"))).from_(capped)).fetchone()[0])


def _list(screen: str, **filters: Any) -> str:
    return f"/admin/{screen}/?" + "&".join(f"flt{n}_{key}={value}" for n, (key, value) in enumerate(filters.items()))
