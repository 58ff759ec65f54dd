"""What waits for a division: visits of the kinds of institution it reviews, verified together or returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, request
from flask_admin import BaseView, expose
from peewee import fn

from models import Cooperative, CooperativeType, Period, Person, Unit, Visit, VisitActivity
from portal import clock, scope, visit_months, visits
from portal.database import tuples
from portal.errors import NotAllowed, NotFound, PortalError
from portal.rules import fiscal
from portal.rules.access import Role
from portal.rules.terms import PeriodKind
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

AT_ONCE = 500
SHOWN = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one record of a bulk step; `error` is empty when it went."""

    visit_id: int
    name: str
    error: str


class CheckPage(BaseView):
    """The to-check list of one division."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="visit_check", url="/admin/visit-check", menu_icon_value="tick")

    def is_accessible(self) -> bool:
        """Only divisions check visits."""
        return me().role == Role.DIVISION

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Only the division that reviews this kind of institution checks its visits.")

    @expose("/")
    def index(self) -> Any:
        """Show what waits, the oldest first, by office."""
        return self._page([])

    @expose("/", methods=("POST",))
    def step(self) -> Any:
        """Verify or return the chosen visits and say what became of each."""
        person, note = me(), request.form.get("note", "")
        chosen = request.form.getlist("rowid")[:AT_ONCE]
        outcomes = [self._take(ident, person, note) for ident in chosen]
        if len(chosen) == 1 and outcomes[0].error == "":
            return redirect(f"/admin/visits/visit/?id={outcomes[0].visit_id}")
        return self._page(outcomes, 200 if any(not one.error for one in outcomes) or not outcomes else 422)

    def _take(self, ident: str, person: Person, note: str) -> Outcome:
        number = int(ident) if ident.isascii() and ident.isdigit() and len(ident) < 10 else 0
        name = f"#{number}"
        try:
            visit = scope.narrowed(Visit.select(), person).where(Visit.id == number).first()
            if visit is None:
                raise NotFound("There is no such record, or it belongs to another division.")
            name = f"{visit.cooperative.name} · {visit.subject}"
            if request.form.get("step") == "return":
                visits.send_back(visit, by=person, at=clock.now(), note=note)
            else:
                visits.verify(visit, by=person, at=clock.now())
        except PortalError as refusal:
            return Outcome(number, name, refusal.words(gettext))
        return Outcome(number, name, "")

    def _page(self, outcomes: list[Outcome], status: int = 200) -> Any:
        person = me()
        unit = request.args.get("unit", "")
        month = request.args.get("month", "")
        waiting = Visit.select().where(visits.waits_for(person))
        by_office = list(
            tuples(
                Visit.select(Unit.id, Unit.short, fn.COUNT(Visit.id))
                .join(Unit)
                .where(visits.waits_for(person))
                .group_by(Unit.id, Unit.short, Unit.name_sort)
                .order_by(Unit.name_sort)
            )
        )
        if unit.isascii() and unit.isdigit() and len(unit) < 10:
            waiting = waiting.where(Visit.unit == int(unit))
        try:
            first = fiscal.first_day(*fiscal.parse_month(month))
            last = fiscal.last_day(*fiscal.parse_month(month))
            waiting = waiting.where(Visit.visited_on.between(first, last))
        except ValueError:
            month = ""
        rows = list(
            waiting.select(Visit, Cooperative, CooperativeType, Person, Unit, VisitActivity)
            .join_from(Visit, Cooperative)
            .join_from(Cooperative, CooperativeType)
            .join_from(Visit, Person, on=(Visit.officer == Person.id))
            .join_from(Visit, Unit, on=(Visit.unit == Unit.id))
            .join_from(Visit, VisitActivity)
            .order_by(Visit.visited_on, Visit.id)
            .limit(SHOWN)
        )
        days = Visit.select(fn.MIN(Visit.visited_on), fn.MAX(Visit.visited_on)).where(visits.waits_for(person))
        since, until = days.scalar(as_tuple=True)
        months = Period.select().where(
            Period.kind == PeriodKind.MONTH, Period.ends_on >= since, Period.starts_on <= until
        )
        shown = self.render(
            "visits/check.html",
            rows=rows, offices=by_office, unit=unit, month=month, outcomes=outcomes,
            said=visit_months.reasons(_offices_shown(by_office, unit), limit=40),
            total=sum(count for _id, _name, count in by_office), most=SHOWN,
            months=list(months.order_by(Period.starts_on)) if since else [],
        )  # fmt: skip
        return shown, status


def _offices_shown(by_office: list[tuple[int, str, int]], chosen: str) -> list[int]:
    return [ident for ident, _, _ in by_office if not chosen or chosen == str(ident)]
