"""Progress on one page: indicators, projects, offices and regions at the end of a month; what is behind; one indicator
through the year. An office's people see their own office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import abort, request
from flask_admin import BaseView, expose
from markupsafe import Markup

from models import FiscalYear, Indicator, PlanVersion, Region, Unit
from portal import clock, database, formats, plan_tree, plan_versions
from portal.errors import NotFound
from portal.reports import runs
from portal.reports.chapter import Cut
from portal.reports.charts import CHARTS
from portal.reports.charts.drawing import on_screen
from portal.reports.figures import progress, results, shared
from portal.reports.figures.progress import By, Line, Narrowed
from portal.rules.access import OFFICE_ROLES
from portal.rules.progress import RATIO_LEAST, RATIO_MOST, Standing
from portal.web import table_file
from portal.web.language import Lazy, gettext, lazy
from portal.web.plan_tree import asked_year, number
from portal.web.sign_in import me

MARKS = {Standing.ON_TRACK: "ok", Standing.WATCH: "watch", Standing.PROBLEM: "bad", Standing.NO_VALUE: "none"}
STATES = {
    Standing.PROBLEM: lazy("behind plan"), Standing.WATCH: lazy("to be watched"), Standing.ON_TRACK: lazy("on plan"),
    Standing.NO_VALUE: lazy("no result or no plan yet"),
}  # fmt: skip
ROWS = {
    By.PROJECT: lazy("Project"), By.INDICATOR: lazy("Indicator"), By.UNIT: lazy("Office"), By.REGION: lazy("Region"),
}  # fmt: skip
HEADINGS = (
    lazy("Code"), lazy("Indicator"), lazy("Project"), lazy("Unit of measure"), lazy("The month alone"),
    lazy("Result to date"), lazy("Plan to date"), lazy("Result in percent of plan to date"), lazy("Target of the year"),
    lazy("Result in percent of the year’s target"), lazy("Forecast of the year"),
    lazy("Forecast in percent of the year’s target"),
    lazy("State"), lazy("Offices with a result"), lazy("Offices with a target"), lazy("Offices behind"),
)  # fmt: skip
GROUPED = (
    lazy("Code"), lazy("Name"), lazy("behind plan"), lazy("to be watched"), lazy("on plan"),
    lazy("no result or no plan yet"), lazy("Judged"), lazy("On plan, percent of judged"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the page's address asks for."""

    year: FiscalYear
    month: int
    by: By
    narrowed: Narrowed
    basis: PlanVersion | None


class ProgressPage(BaseView):
    """Results against the plan."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="progress", url="/admin/progress", menu_icon_value="chart")

    @expose("/")
    def index(self) -> Any:
        """Show the rows asked for."""
        return self._shown("index")

    @expose("/behind/")
    def behind(self) -> Any:
        """Show what is behind plan, with causes and remedies."""
        return self._shown("behind")

    @expose("/indicator/")
    def indicator(self) -> Any:
        """Show one indicator: by month, by region, by office."""
        row = Indicator.get_or_none(Indicator.id == _number(request.args.get("id")))
        if row is None:
            raise NotFound("This record is no longer there.")
        return self._shown("indicator", row)

    def _shown(self, page: str, row: Indicator | None = None) -> Any:
        year, years = (plan_tree.year_of(row), asked_year()[1]) if row is not None else asked_year()
        if year is None:
            return self.render("progress/index.html", asked=None, years=years)
        asked = _asked(year)
        with database.one_reading(), shared():
            found = _found(asked)
            more: dict[str, Any]
            if row is not None:
                more = _of_indicator(asked, found, row)
            elif page == "behind":
                more = {"rows": progress.behind(found)}
            else:
                rows = found.lines(asked.by)
                more = {"rows": rows, "counts": _counts(rows)}
            projects = results.projects(found.cut)
        return self.render(
            f"progress/{page}.html", asked=asked, years=years, marks=MARKS, states=STATES, choices=ROWS, found=found,
            number=number, page=page, query=_link(asked), projects=projects, link=_link, low=RATIO_LEAST,
            months=[(m, formats.month_short(m)) for m in range(1, 13)], high=RATIO_MOST,
            versions=plan_versions.versions(year), **_choices(), **more,
        )  # fmt: skip

    @expose("/export/<kind>/")
    def export(self, kind: str) -> Any:
        """Send the rows as a file."""
        year, _ = asked_year()
        if kind not in table_file.TYPES or year is None:
            abort(404)
        asked = _asked(year)
        with database.one_reading(), shared():
            found = _found(asked)
            lines = found.lines(asked.by)
        headings = HEADINGS if asked.by is By.INDICATOR else GROUPED
        title = f"{gettext('Progress')} {formats.month_short(asked.month)} {year.year}"
        rows = (_cells(line, found) for line in lines)
        return table_file.as_file(kind, title, [str(heading) for heading in headings], rows)


def _cells(line: Line, found: progress.Progress) -> Sequence[Any]:
    if line.figure is None or line.facts is None:
        counts = line.tally.counts if line.tally else {}
        held = [counts.get(state, 0) for state in STATES]
        judged, share = (line.tally.judged, line.tally.on_track) if line.tally else (0, None)
        return (line.code, line.name, *held, judged, _rounded(share))
    one, facts = line.figure, line.facts
    return (
        line.code, line.name, found.projects[facts.project_id].name, facts.unit, one.month, one.value, one.plan,
        _rounded(one.of_plan), one.target, _rounded(one.of_year), _rounded(one.forecast.value, facts.decimals),
        _rounded(one.expected), str(STATES[one.standing]), one.offices, one.owing, one.behind,
    )  # fmt: skip


def _rounded(value: Decimal | None, decimals: int = 1) -> Decimal | None:
    return None if value is None else round(value, decimals)


def _counts(rows: Sequence[Line]) -> dict[Standing, int]:
    """Return how many rows stand how; for groups, how many indicators in all of them."""
    if rows and rows[0].figure is not None:
        states = [row.figure.standing for row in rows if row.figure is not None and row.figure.target is not None]
        return {state: states.count(state) for state in STATES}
    return {state: sum(row.tally.counts.get(state, 0) for row in rows if row.tally) for state in STATES}


def _of_indicator(asked: Asked, found: progress.Progress, row: Indicator) -> dict[str, Any]:
    facts = next((one for one in found.indicators if one.id == row.id), None)
    if facts is None:
        raise NotFound("This record is no longer there.")
    plans = progress.plans_of(facts.id)
    if asked.basis is not None:
        plans = progress.plans_then(plan_versions.content_of(asked.basis), facts, found.offices.values())
    regions: dict[str, list[int]] = {}
    for office in found.offices.values():
        regions.setdefault(office.region, []).append(office.id)
    held = found.cells.get(facts.id, {})
    course = progress.course(found, facts, progress.answers_of(found.cut, facts.id), plans)
    return {
        "chart": _curve(course, facts, asked.month),
        "facts": facts, "row": row, "figure": found.figure(facts), "project": found.projects[facts.project_id],
        "course": course,
        "regions": [(name, found.figure(facts, listed)) for name, listed in regions.items()
                    if any(ident in held for ident in listed)],
        "by_office": [(one, found.figure(facts, [one.id])) for one in found.offices.values() if one.id in held],
        "parts": list(Indicator.select().where(Indicator.parent == row.id).order_by(Indicator.position)),
    }  # fmt: skip


def _curve(course: Sequence[progress.Month], facts: results.IndicatorFacts, until: int) -> Markup | None:
    """Return plan and result to date over the year as a drawing; None where there is neither, or nothing adds up."""
    plan = tuple(one.plan_to_date for one in course)
    value = tuple(one.value_to_date for one in course[:until])
    if not any(plan) and not any(value):
        return None
    lines = [
        CHARTS["line"]("plan", gettext("Plan to date"), plan),
        CHARTS["line"]("actual", gettext("Result to date"), value),
    ]
    with on_screen():
        drawn: Markup = CHARTS["curve"](
            lines, now=until, unit=facts.unit, width=170, height=62, right=44, digits=facts.decimals
        )
    return drawn


def _found(asked: Asked) -> progress.Progress:
    unit = Unit.get_or_none(Unit.id == asked.narrowed.unit) if asked.narrowed.unit else None
    cut = Cut(
        fiscal_year=asked.year.year, period=asked.month, cut_at=clock.now(), is_demo=runs.is_demo(),
        unit_code=unit.code if unit is not None else None, region_code=asked.narrowed.region,
    )  # fmt: skip
    held = plan_versions.content_of(asked.basis) if asked.basis is not None else None
    return progress.Progress(cut, asked.narrowed, held)


def _asked(year: FiscalYear) -> Asked:
    args, person = request.args, me()
    month = _number(args.get("month"))
    if not 1 <= month <= 12:
        cut = Cut(fiscal_year=year.year, period=12, cut_at=clock.now())
        month = progress.last_month(cut) or 1
    is_office = person.role in OFFICE_ROLES
    usual = By.INDICATOR if is_office else By.PROJECT
    by = By(args["rows"]) if args.get("rows") in tuple(By) else usual
    unit = person.unit_id if is_office else _number(args.get("unit")) or None
    region = None if is_office or unit else args.get("region") or None
    basis = plan_versions.version_of(year, _number(args.get("plan"))) if args.get("plan") else None
    return Asked(year, month, by, Narrowed(unit, region, _number(args.get("project")) or None), basis)


def _link(asked: Asked, **changes: Any) -> str:
    """Return the address's question for what is looked at, with changes; None leaves a part out."""
    held: dict[str, Any] = {
        "year": asked.year.year, "month": asked.month, "rows": asked.by, "unit": asked.narrowed.unit,
        "region": asked.narrowed.region, "project": asked.narrowed.project,
        "plan": asked.basis.number if asked.basis else None,
    } | changes  # fmt: skip
    return "&".join(f"{name}={value}" for name, value in held.items() if value not in (None, ""))


def _choices() -> dict[str, Any]:
    if me().role in OFFICE_ROLES:
        return {"units": [], "regions_to_choose": []}
    return {
        "units": list(Unit.select().where(Unit.kind == "provincial").order_by(Unit.name_sort)),
        "regions_to_choose": list(Region.select().order_by(Region.code)),
    }


def _number(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
