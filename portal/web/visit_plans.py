"""Plans of visits as a spreadsheet: institutions down and months across for one activity, or one institution's year."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_admin import BaseView, expose

from models import Cooperative, CooperativeType, FiscalYear, Person, Unit, VisitPlan
from portal import clock, scope, search, visit_plans
from portal.errors import NotFound, PortalError, RuleBroken
from portal.rules import fiscal
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import InstitutionStatus, PlanState
from portal.visit_plans import Cell
from portal.web import guard
from portal.web.language import Lazy, gettext, ngettext
from portal.web.sign_in import me

SHOWN = 300
MONTHS = range(1, 13)


@dataclass(frozen=True)
class Row:
    """One row of the grid: an institution or an activity, its plan, its twelve months."""

    cooperative: int
    activity: int
    name: str
    note: str
    plan: VisitPlan | None
    months: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return the visits of the year."""
        return sum(self.months)


class VisitPlansPage(BaseView):
    """The office's plan of visits for a year."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="visit_plans", url="/admin/visit-plans", menu_icon_value="cal")

    @expose("/")
    def index(self) -> Any:
        """Show institutions down and months across for one activity."""
        person, asked = me(), request.args
        year, unit = _year(asked.get("year", "")), _unit(person, asked.get("unit", ""))
        works = visit_plans.activities()
        work = next((one for one in works if str(one.id) == asked.get("activity")), works[0] if works else None)
        rows = _institutions(unit, year, work.id if work else 0, person) if unit is not None and year else []
        drafts = sum(1 for row in rows if row.plan is not None and row.plan.state == PlanState.DRAFT)
        return self.render(
            "visit_plans/grid.html",
            rows=rows, year=year, years=_years(), unit=unit, works=works, work=work, asked=asked,
            may=_may(person, unit),
            drafts=drafts, kinds=list(CooperativeType.select().order_by(CooperativeType.code)),
            approved=any(row.plan is not None and row.plan.state == PlanState.APPROVED for row in rows),
            units=_units(person), most=SHOWN, now_month=_month_now(year), is_head=person.role == Role.APPROVER,
        )  # fmt: skip

    @expose("/institution/")
    def institution(self) -> Any:
        """Show one institution's year: activities down, months across, and what the plan wants to reach."""
        person = me()
        institution = _institution(request.args.get("id"))
        year = _year(request.args.get("year", ""))
        if year is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        plan = visit_plans.plan_of(institution.id, year)
        lines = visit_plans.lines_of([plan.id]).get(plan.id, {}) if plan else {}
        rows = [
            Row(institution.id, one.id, one.name, one.code, plan, tuple(lines.get((one.id, m), 0) for m in MONTHS))
            for one in visit_plans.activities()
        ]
        may = _may(person, institution.unit)
        return self.render(
            "visit_plans/institution.html",
            institution=institution, year=year, years=_years(), plan=plan, rows=rows, may=may,
            officers=list(Person.select().where(Person.unit == institution.unit_id, Person.is_active)),
            now_month=_month_now(year), last_class=visit_plans.last_class(institution.id, year),
            is_head=person.role == Role.APPROVER,
        )  # fmt: skip

    # ------------------------------------------------------------ writing

    @expose("/cells/", methods=("POST",))
    def cells(self) -> Any:
        """Save one block of cells, typed or pasted."""
        year = _year(request.form.get("year", ""))
        if year is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        saved = visit_plans.save_cells(
            year, _cells(), by=me(), at=clock.now(), reason=request.form.get("reason", "").strip()
        )
        refused = [
            {"cooperative": c.cooperative, "activity": c.activity, "month": c.month, "error": wrong.words(gettext)}
            for c, wrong in saved.refused
        ]
        if guard.wants_data():
            return jsonify(changed=saved.changed, refused=refused), 422 if refused and not saved.changed else 200
        for one in refused[:5]:
            flash(str(one["error"]), "error")
        flash(ngettext("{count} cell saved", "{count} cells saved", saved.changed), "success")
        return redirect(_back())

    @expose("/group/", methods=("POST",))
    def group(self) -> Any:
        """Plan the same lines for all chosen institutions."""
        year = _year(request.form.get("year", ""))
        activity = _number(request.form.get("activity"))
        if year is None or not activity:
            raise RuleBroken("Please choose institutions, and at least one activity with its months.", field="activity")
        lines = {(activity, month): int(n) for month in MONTHS if (n := _typed_month(month)) is not None}
        chosen = [number for text in request.form.getlist("rowid") if (number := _number(text))]
        reason = request.form.get("reason", "").strip()
        saved = visit_plans.plan_group(year, chosen, lines, by=me(), at=clock.now(), reason=reason)
        words = ngettext("{count} institution planned", "{count} institutions planned", len(saved.plans))
        flash(words, "success")
        return redirect(_back())

    @expose("/copy/", methods=("POST",))
    def copy(self) -> Any:
        """Begin the year's plans with last year's lines."""
        year = _year(request.form.get("year", ""))
        if year is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        copied, left = visit_plans.copy_last_year(year, by=me(), at=clock.now())
        flash(gettext("{copied} plans copied, {left} left as they are.", copied=copied, left=left), "success")
        return redirect(_back())

    @expose("/approve/", methods=("POST",))
    def approve(self) -> Any:
        """Approve one plan, or every draft of the office."""
        year = _year(request.form.get("year", ""))
        if year is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        if request.form.get("id"):
            plan = visit_plans.plan_of(_institution(request.form["id"]).id, year)
            if plan is None:
                raise NotFound("This plan has no line yet: plan at least one visit.")
            visit_plans.approve(plan, by=me(), at=clock.now())
            count = 1
        else:
            count = visit_plans.approve_all(year, by=me(), at=clock.now())
        flash(ngettext("{count} plan approved", "{count} plans approved", count), "success")
        return redirect(_back())

    @expose("/facts/", methods=("POST",))
    def facts(self) -> Any:
        """Set what a plan wants to reach: classes, problems, officer."""
        year = _year(request.form.get("year", ""))
        plan = visit_plans.plan_of(_institution(request.form.get("id")).id, year) if year else None
        if plan is None:
            raise NotFound("This plan has no line yet: plan at least one visit.")
        form = request.form
        officer = _number(form.get("officer"))
        if officer and not Person.select().where(Person.id == officer, Person.unit == plan.unit_id).exists():
            raise RuleBroken("This officer belongs to another office.", field="officer")
        visit_plans.set_facts(
            plan, by=me(), at=clock.now(), seen=_number(form.get("version")), reason=form.get("reason", "").strip(),
            class_now=_class(form.get("class_now", "")), class_wanted=_class(form.get("class_wanted", "")),
            problems=form.get("problems", "")[:4000], officer=officer or None,
        )  # fmt: skip
        flash(gettext("The record was saved."), "success")
        return redirect(_back())


# ---------------------------------------------------------------- below: how


def _cells() -> list[Cell]:
    """Read the block of a request: JSON from the grid's script, or the fields of the plain form."""
    given = request.form.get("cells")
    if given is None:
        out = []
        for name, value in request.form.items():
            parts = name.split("-")
            if len(parts) == 4 and parts[0] == "c" and all(map(_number, parts[1:])):
                out.append(Cell(int(parts[1]), int(parts[2]), int(parts[3]), value))
        return out
    try:
        block = json.loads(given)
        return [Cell(int(c), int(a), int(m), str(typed)[:20]) for c, a, m, typed in block]
    except (ValueError, TypeError, OverflowError) as wrong:
        raise RuleBroken("This request could not be read.") from wrong


def _typed_month(month: int) -> int | None:
    text = request.form.get(f"m-{month}", "").strip()
    if not text:
        return None
    try:
        return visit_plans.count_of(text)
    except PortalError as wrong:
        wrong.field = f"m-{month}"
        raise


def _institutions(unit: Unit, year: FiscalYear, activity: int, person: Person) -> list[Row]:
    asked = request.args
    query = Cooperative.select(Cooperative, CooperativeType).join(CooperativeType).where(
        Cooperative.unit == unit.id, Cooperative.status != InstitutionStatus.DISSOLVED
    )  # fmt: skip
    if kind := _number(asked.get("kind")):
        query = query.where(Cooperative.type == kind)
    if asked.get("mine"):
        query = query.where(Cooperative.officer == person.id)
    matching = search.matching(Cooperative, asked.get("q", ""))
    if matching is not None:
        query = query.where(matching)
    held = list(query.order_by(Cooperative.name_sort, Cooperative.id).limit(SHOWN))
    plans = {
        p.cooperative_id: p
        for p in VisitPlan.select().where(
            VisitPlan.fiscal_year == year.id, VisitPlan.cooperative.in_([c.id for c in held])
        )
    }
    lines = visit_plans.lines_of(p.id for p in plans.values())
    out = []
    for one in held:
        plan = plans.get(one.id)
        mine = lines.get(plan.id, {}) if plan else {}
        months = tuple(mine.get((activity, m), 0) for m in MONTHS)
        out.append(Row(one.id, activity, one.name, one.type.name, plan, months))
    return out


def _may(person: Person, unit: Unit | None) -> bool:
    return unit is not None and person.role in OFFICE_ROLES and person.unit_id == unit.id


def _unit(person: Person, text: str) -> Unit | None:
    if person.role in OFFICE_ROLES:
        return person.unit
    found: Unit | None = Unit.get_or_none(Unit.id == _number(text))
    return found


def _units(person: Person) -> list[Unit]:
    if person.role in OFFICE_ROLES:
        return []
    return list(Unit.select().where(Unit.kind == "provincial").order_by(Unit.name_sort))


def _years() -> list[FiscalYear]:
    return list(FiscalYear.select().order_by(FiscalYear.year.desc()))


def _year(text: str) -> FiscalYear | None:
    """Return the year asked for, else the present one, else the latest that has plans."""
    if text.isascii() and text.isdigit() and len(text) == 4:
        found: FiscalYear | None = FiscalYear.get_or_none(FiscalYear.year == int(text))
        return found
    present = FiscalYear.get_or_none(FiscalYear.year == fiscal.year_of(clock.today()))
    if present is not None:
        return present
    planned = VisitPlan.select(VisitPlan.fiscal_year)
    years = FiscalYear.select().order_by(FiscalYear.year.desc())
    return years.where(FiscalYear.id.in_(planned)).first() or years.first()


def _month_now(year: FiscalYear | None) -> int:
    today = clock.today()
    return fiscal.month_of(today) if year is not None and fiscal.year_of(today) == year.year else 0


def _institution(ident: Any) -> Cooperative:
    row: Cooperative | None = (
        scope.narrowed(Cooperative.select(), me()).where(Cooperative.id == _number(ident)).first()
    )  # fmt: skip
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return row


def _number(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


def _class(text: str) -> int | None:
    if not text:
        return None
    if text not in ("1", "2", "3"):
        raise RuleBroken("A strength class is 1, 2 or 3.", field="class_wanted")
    return int(text)


def _back() -> str:
    wanted = request.form.get("url", "")
    return wanted if wanted.startswith("/admin/visit-plans/") else "/admin/visit-plans/"
