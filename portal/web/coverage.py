"""Plan against actual of promotion visits: by whatever one asks for, as a table, a map of provinces, or a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import abort, request
from flask_admin import BaseView, expose
from markupsafe import Markup

from admin_views import exporting
from models import CooperativeType, FiscalYear, Person, Province, Region, Unit, VisitPlan
from portal import class_moves, clock, coverage, formats, visit_plans
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
            "coverage/index.html",
            rows=[(_name(asked, one), one, _way(asked, one), _visits(asked, one)) for one in rows[:SHOWN]],
            total=coverage.total(rows), count=len(rows), most=SHOWN, tilemap=drawn, edges=EDGES,
            steps=steps, **_controls(asked),
        )  # fmt: skip

    @expose("/export/<kind>/")
    def export(self, kind: str) -> Any:
        """Send the table as a file."""
        if kind not in exporting.TYPES:
            abort(404)
        asked = _asked(me())
        headings = (
            ROWS[asked.by], lazy("Planned"), lazy("Done"), lazy("Share"), lazy("Institutions planned"),
            lazy("Institutions reached"), lazy("Visits"), lazy("outside the plan"),
        )  # fmt: skip
        rows = (
            (_name(asked, one), one.planned, one.done, None if one.share is None else round(one.share, 1),
             one.institutions, one.reached, one.visits, one.unplanned)
            for one in coverage.lines(asked.by, asked.cut)
        )  # fmt: skip
        return exporting.table(kind, gettext("Plan against actual"), list(map(str, headings)), rows)

    @expose("/gaps/")
    def gaps(self) -> Any:
        """Show the institutions with planned work and no visit."""
        asked = _asked(me())
        return self.render("coverage/gaps.html", gaps=coverage.gaps(asked.cut), most=500, **_controls(asked))

    @expose("/gaps/export/<kind>/")
    def export_gaps(self, kind: str) -> Any:
        """Send all institutions with planned work and no visit as a file."""
        if kind not in exporting.TYPES:
            abort(404)
        headings = (
            lazy("Cooperative/group"), lazy("Office"), lazy("Officer"), lazy("Planned"), lazy("Last visit"),
        )  # fmt: skip
        rows = (
            (one.name, one.unit, one.officer, one.planned, formats.day_input(one.last_on) if one.last_on else "")
            for one in coverage.gaps(_asked(me()).cut, limit=None)
        )
        return exporting.table(kind, gettext("Planned and not visited"), list(map(str, headings)), rows)

    @expose("/classes/")
    def classes(self) -> Any:
        """Show how strength classes moved since the year before, by rows that lead to the institutions."""
        asked, chosen = _of_classes()
        by_institution = asked.by is By.COOPERATIVE
        lines = [] if by_institution else class_moves.lines(asked.by, asked.cut)
        named = class_moves.institutions(asked.cut, limit=SHOWN, **chosen) if by_institution else []
        return self.render(
            "coverage/classes.html", whole=class_moves.whole(asked.cut), classes=class_moves.CLASSES, chosen=chosen,
            lines=[(one, _way(asked, one, "classes/")) for one in lines], institutions=named, most=SHOWN,
            cell=lambda before, after: "?" + urlencode(
                _query(asked) | {"rows": By.COOPERATIVE.value, "before": before, "after": after}
            ),
            whole_list="?" + urlencode(_query(asked) | {"rows": By.COOPERATIVE.value}),
            **_controls(asked) | {"choices": {by: ROWS[by] for by in (*class_moves.ROWS, By.COOPERATIVE)}},
        )  # fmt: skip

    @expose("/classes/export/<kind>/")
    def export_classes(self, kind: str) -> Any:
        """Send the movement of classes as a file: its rows from class to class, or the institutions one by one."""
        if kind not in exporting.TYPES:
            abort(404)
        asked, chosen = _of_classes()
        rows: list[tuple[Any, ...]]
        if asked.by is By.COOPERATIVE:
            headings = [
                gettext("Registration number"), gettext("Cooperative/group"), gettext("Office"),
                gettext("Class of {year}", year=asked.cut.year - 1), gettext("Class of {year}", year=asked.cut.year),
            ]  # fmt: skip
            found = class_moves.institutions(asked.cut, limit=None, **chosen)
            rows = [(one.number, one.name, one.unit, one.before, one.after) for one in found]
        else:
            pairs = [(before, after) for before in class_moves.CLASSES for after in class_moves.CLASSES]
            headings = [
                str(ROWS[asked.by]), gettext("better"), gettext("as before"), gettext("worse"),
                gettext("With a class in both years"),
                *(gettext("class {before} to {after}", before=before, after=after) for before, after in pairs),
            ]  # fmt: skip
            rows = [
                (one.name, one.up, one.same, one.down, one.total, *(one.flow.get(pair, 0) for pair in pairs))
                for one in class_moves.lines(asked.by, asked.cut)
            ]
        return exporting.table(kind, gettext("Movement of classes"), headings, rows)


def _of_classes() -> tuple[Asked, dict[str, int]]:
    """Return what is asked of the movement of classes, and from which class to which when one of its cells is."""
    asked = _asked(me())
    if asked.by not in (*class_moves.ROWS, By.COOPERATIVE):
        asked = replace(asked, by=By.UNIT if asked.unit is None else By.COOPERATIVE)
    chosen = {name: _number(request.args.get(name)) for name in ("before", "after")}
    return asked, chosen if all(n in class_moves.CLASSES for n in chosen.values()) else {}


def _name(asked: Asked, line: Line) -> str:
    if asked.by is By.MONTH:
        return formats.month_long(asked.cut.year, int(line.key))
    return line.name or gettext("not named")


def _way(asked: Asked, line: Line | class_moves.Moves, page: str = "") -> str:
    """Return where a row leads: an institution to its story, a region to its offices, others to their institutions."""
    if line.key is None or (asked.by is By.GROUP and not line.key):
        return ""
    if asked.by is By.COOPERATIVE:
        return f"/admin/story/?id={line.key}"
    given = _query(asked)
    if asked.by is By.MONTH:
        given |= {"first": line.key, "last": line.key}
    else:
        given[str(asked.by)] = line.key
    rows = By.UNIT if asked.by in (By.REGION, By.KIND, By.ACTIVITY, By.MONTH) and asked.unit is None else By.COOPERATIVE
    return f"/admin/coverage/{page}?{urlencode(given | {'rows': rows.value})}"


VISITS_BY = {
    By.UNIT: "unit_is", By.REGION: "unit_region_is", By.KIND: "cooperative_type_is", By.ACTIVITY: "activity_is",
    By.OFFICER: "officer_is", By.COOPERATIVE: "cooperative_is", By.PROVINCE: "cooperative_province_is",
    By.GROUP: "cooperative_promotion_group_has",
}  # fmt: skip


def _visits(asked: Asked, line: Line) -> str:
    """Return where the visits of a row are listed; an activity's list holds the visits whose main work it was."""
    cut = asked.cut
    first, last = (line.key, line.key) if asked.by is By.MONTH else (cut.first, cut.last)
    chosen: dict[By, Any] = {
        By.UNIT: cut.unit, By.REGION: cut.region, By.KIND: cut.kind, By.ACTIVITY: cut.activity,
        By.PROVINCE: cut.province, By.OFFICER: cut.officer, By.GROUP: cut.group,
    }  # fmt: skip
    if asked.by is not By.MONTH:
        if line.key in (None, ""):
            return ""
        chosen[asked.by] = line.key
    tests = [(VISITS_BY[by], value) for by, value in chosen.items() if value not in (None, "")]
    tests.append(("visited_on_from", formats.day_input(fiscal.first_day(cut.year, first))))
    tests.append(("visited_on_to", formats.day_input(fiscal.last_day(cut.year, last))))
    return "/admin/visit/?" + urlencode({f"flt{n}_{test}": value for n, (test, value) in enumerate(tests)})


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
        _number(args.get("activity")) or None, _number(args.get("region")) or None,
        _number(args.get("province")) or None, _number(args.get("officer")) or None, args.get("group") or None,
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
    query = _query(asked)
    return {
        "asked": asked, "choices": ROWS, "months": [(m, formats.month_short(m)) for m in range(1, 13)],
        "years": [y for (y,) in FiscalYear.select(FiscalYear.year).order_by(FiscalYear.year.desc()).tuples()],
        "units": [] if person.role in OFFICE_ROLES else list(
            Unit.select().where(Unit.kind == "provincial").order_by(Unit.name_sort)
        ),
        "kinds": list(CooperativeType.select().order_by(CooperativeType.code)),
        "activities": visit_plans.activities(),
        "query": urlencode(query), "chips": _chips(asked, query),
    }  # fmt: skip


def _query(asked: Asked) -> dict[str, Any]:
    """Return what the address says, without what it leaves open."""
    cut = asked.cut
    given = {
        "rows": asked.by.value, "year": cut.year, "first": cut.first, "last": cut.last, "unit": cut.unit,
        "kind": cut.kind, "activity": cut.activity, "region": cut.region, "province": cut.province,
        "officer": cut.officer, "group": cut.group,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _chips(asked: Asked, query: dict[str, Any]) -> list[tuple[str, str, str, Any, str]]:
    """Return what a row led to that the filter has no control for: heading, name, field, value, address without it."""
    named: tuple[tuple[By, str, Any], ...] = (
        (By.REGION, "region", Region), (By.PROVINCE, "province", Province), (By.OFFICER, "officer", Person),
    )  # fmt: skip
    made = []
    for by, field, model in named:
        row = model.get_or_none(model.id == query[field]) if field in query else None
        if row is not None:
            made.append((str(ROWS[by]), str(row.name), field, query[field]))
    if asked.cut.group:
        made.append((str(ROWS[By.GROUP]), asked.cut.group, "group", asked.cut.group))
    return [(*one, f"?{urlencode({name: value for name, value in query.items() if name != one[2]})}") for one in made]


def _within(text: Any, usual: int) -> int:
    number = _number(text)
    return number if 1 <= number <= 12 else usual


def _number(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
