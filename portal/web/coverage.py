"""Plan against actual of promotion visits: by whatever one asks for, as a table, a map of provinces, or a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import abort, request
from flask_admin import BaseView, expose
from markupsafe import Markup

from admin_views import exporting
from admin_views.columns import Column
from models import CooperativeType, FiscalYear, Person, Unit, Visit, VisitPlan
from portal import clock, coverage, formats, visit_plans
from portal.coverage import By, Cut, Line
from portal.reports.charts import drawing, tiles
from portal.rules import fiscal
from portal.rules.access import OFFICE_ROLES
from portal.web.language import Lazy, gettext, lazy
from portal.web.sign_in import me

EDGES = (50.0, 75.0, 90.0, 100.0)
ROWS = {
    By.UNIT: lazy("Office"), By.REGION: lazy("Region"), By.PROVINCE: lazy("Province"),
    By.KIND: lazy("Kind of cooperative"), By.ACTIVITY: lazy("Activity"), By.MONTH: lazy("Month"),
    By.GROUP: lazy("Promotion group"), By.OFFICER: lazy("Officer"), By.COOPERATIVE: lazy("Cooperative/group"),
}  # fmt: skip
SHOWN = 400


@dataclass(frozen=True)
class Asked:
    """What the page's address asks for."""

    by: By
    cut: Cut
    unit: Unit | None
    months: str


class CoveragePage(BaseView):
    """How far planned promotion work is done, where nobody has been, how classes moved."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="coverage", url="/admin/coverage", menu_icon_value="grid")

    @expose("/")
    def index(self) -> Any:
        """Show the table, and for the whole country the map."""
        asked = _asked(me())
        rows = coverage.lines(asked.by, asked.cut)
        with drawing.on_screen():
            drawn: Markup | None = None
            if asked.unit is None:
                drawn = tiles.shares(coverage.by_province(asked.cut), EDGES)
            steps = [tiles.step_key(n) for n in range(5)]
        return self.render(
            "coverage/index.html", rows=[(_name(asked, one), one, _way(asked, one)) for one in rows[:SHOWN]],
            total=coverage.total(rows), count=len(rows), most=SHOWN, tilemap=drawn, edges=EDGES,
            steps=steps, **_controls(asked),
        )  # fmt: skip

    @expose("/export/<kind>/")
    def export(self, kind: str) -> Any:
        """Send the table as a file."""
        if kind not in exporting.TYPES:
            abort(404)
        asked = _asked(me())
        names = ("name", "planned", "done", "share", "institutions", "reached", "visits", "unplanned")
        columns = [Column(name, (name,), str, None, "", Visit.id) for name in names]
        return exporting.answer(kind, gettext("Plan against actual"), columns, _batches(asked))

    @expose("/gaps/")
    def gaps(self) -> Any:
        """Show the institutions with planned work and no visit."""
        asked = _asked(me())
        return self.render("coverage/gaps.html", gaps=coverage.gaps(asked.cut), **_controls(asked))

    @expose("/classes/")
    def classes(self) -> Any:
        """Show how strength classes moved since the year before."""
        asked = _asked(me())
        found = coverage.movements(asked.cut.year, asked.cut.unit, asked.cut.kind)
        held = {(one.before, one.after): one for one in found}
        return self.render("coverage/classes.html", held=held, movements=found, **_controls(asked))


def _batches(asked: Asked) -> Iterator[list[tuple[Any, ...]]]:
    rows = coverage.lines(asked.by, asked.cut)
    if rows:
        yield [
            (n, _name(asked, one), one.planned, one.done, None if one.share is None else round(one.share, 1),
             one.institutions, one.reached, one.visits, one.unplanned)
            for n, one in enumerate(rows)
        ]  # fmt: skip


def _name(asked: Asked, line: Line) -> str:
    if asked.by is By.MONTH:
        return formats.month_long(asked.cut.year, int(line.key))
    return line.name or gettext("not named")


def _way(asked: Asked, line: Line) -> str:
    """Return where a row leads: an institution to its story, another row to its institutions."""
    months = f"year={asked.cut.year}&first={asked.cut.first}&last={asked.cut.last}"
    if line.key is None:
        return ""
    if asked.by is By.COOPERATIVE:
        return f"/admin/story/?id={line.key}"
    if asked.by is By.UNIT:
        return f"/admin/coverage/?rows=cooperative&unit={line.key}&{months}"
    if asked.by is By.MONTH:
        return f"/admin/coverage/?rows=unit&year={asked.cut.year}&first={line.key}&last={line.key}"
    if asked.by in (By.KIND, By.ACTIVITY):
        return f"/admin/coverage/?rows=unit&{asked.by}={line.key}&{months}"
    return ""


def _asked(person: Person) -> Asked:
    args = request.args
    year, first, last = _months(args.get("month", ""))
    if (given := _number(args.get("year"))) and 2400 < given < 2700:
        year = given
        first, last = _within(args.get("first"), 1), _within(args.get("last"), 12)
    unit = person.unit if person.role in OFFICE_ROLES else Unit.get_or_none(Unit.id == _number(args.get("unit")))
    fallback = By.COOPERATIVE if person.role in OFFICE_ROLES else By.UNIT
    by = By(args["rows"]) if args.get("rows") in tuple(By) else fallback
    cut = Cut(
        year, min(first, last), max(first, last), unit.id if unit else None, _number(args.get("kind")) or None,
        _number(args.get("activity")) or None,
    )  # fmt: skip
    return Asked(by, cut, unit, f"{cut.year}/{cut.first}-{cut.last}")


def _months(text: str) -> tuple[int, int, int]:
    """Return year, first and last month: of a month like `2566-05`, else of the latest year there are plans for."""
    try:
        year, month = fiscal.parse_month(text)
    except ValueError:
        today = clock.today()
        year, month = fiscal.year_of(today), fiscal.month_of(today)
        planned = VisitPlan.select(VisitPlan.fiscal_year)
        years = [y for (y,) in FiscalYear.select(FiscalYear.year).where(FiscalYear.id.in_(planned)).tuples()]
        if years and year not in years:
            return max(years), 1, 12
        return year, 1, month
    return year, month, month


def _controls(asked: Asked) -> dict[str, Any]:
    person = me()
    query = {
        "rows": asked.by, "year": asked.cut.year, "first": asked.cut.first, "last": asked.cut.last,
        "unit": asked.cut.unit or "", "kind": asked.cut.kind or "", "activity": asked.cut.activity or "",
    }  # fmt: skip
    return {
        "asked": asked, "choices": ROWS, "months": [(m, formats.month_short(m)) for m in range(1, 13)],
        "years": [y for (y,) in FiscalYear.select(FiscalYear.year).order_by(FiscalYear.year.desc()).tuples()],
        "units": [] if person.role in OFFICE_ROLES else list(
            Unit.select().where(Unit.kind == "provincial").order_by(Unit.name_sort)
        ),
        "kinds": list(CooperativeType.select().order_by(CooperativeType.code)),
        "activities": visit_plans.activities(),
        "query": "&".join(f"{name}={value}" for name, value in query.items() if value != ""),
    }  # fmt: skip


def _within(text: Any, usual: int) -> int:
    number = _number(text)
    return number if 1 <= number <= 12 else usual


def _number(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
