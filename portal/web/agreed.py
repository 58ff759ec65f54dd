"""What was agreed at visits: open, due and done, narrowed to one's own office."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_admin import BaseView, expose

from models import Cooperative, Person, Unit, Visit
from portal import actions, clock, formats, scope
from portal.rules.access import OFFICE_ROLES
from portal.rules.terms import ActionState
from portal.web.language import Lazy
from portal.web.sign_in import me

SHOWN = 200


class ActionsPage(BaseView):
    """Agreed actions, the one due first in front."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="actions", url="/admin/actions", menu_icon_value="talk")

    @expose("/")
    def index(self) -> Any:
        """Show what is open and overdue, open, done or given up."""
        person, today = me(), clock.today()
        which = request.args.get("state", "")
        query = (
            scope.narrowed(Visit.select(Visit, Cooperative, Unit, Person), person)
            .join_from(Visit, Cooperative)
            .join_from(Visit, Unit, on=(Visit.unit == Unit.id))
            .join_from(Visit, Person, on=(Visit.officer == Person.id))
        )
        settled = which in (ActionState.DONE, ActionState.DROPPED)
        if settled:
            query = query.where(Visit.action_state == which).order_by(Visit.visited_on.desc(), Visit.id.desc())
        else:
            query = query.where(Visit.action_state == ActionState.OPEN)
            query = query.where(Visit.action_due_on < today) if which == "overdue" else query
            query = query.order_by(Visit.action_due_on, Visit.id)
        mine = person.role in OFFICE_ROLES
        if request.args.get("mine") and mine:
            query = query.where(Visit.officer == person.id)
        unit = person.unit_id if mine else None
        tests = {
            "action_state_is": which if which in (ActionState.DONE, ActionState.DROPPED) else ActionState.OPEN.value
        }
        if which == "overdue":
            tests["action_due_on_to"] = formats.day_input(today - dt.timedelta(days=1))
        if request.args.get("mine") and mine:
            tests["officer_is"] = str(person.id)
        return self.render(
            "coverage/actions.html", rows=list(query.limit(SHOWN)), which=which, today=today, most=SHOWN, mine=mine,
            counts=actions.counts(unit, today), only_mine=bool(request.args.get("mine")), query="",
            listed=urlencode({f"flt{n}_{test}": value for n, (test, value) in enumerate(tests.items())}),
        )  # fmt: skip
