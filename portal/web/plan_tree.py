"""The plan tree on one page: the whole year with totals and state at each node, and what may be done with one node."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView, expose

from models import FiscalYear, MeasureUnit
from portal import clock, formats, plan_tree, plan_versions
from portal.errors import NotFound, PortalError
from portal.plan_tree import UNDER, Node
from portal.rules import access, fiscal
from portal.rules.terms import Ready
from portal.web.language import Lazy, gettext, lazy
from portal.web.sign_in import me

MARKS = {Ready.READY: "ok", Ready.DIFFERS: "watch", Ready.LACKING: "bad", Ready.EMPTY: "none"}
KINDS = {
    "strategy": lazy("Strategy"), "plan": lazy("Plan"), "project": lazy("Project"), "activity": lazy("Activity"),
    "indicator": lazy("Indicator"),
}  # fmt: skip
LEVELS = {
    "1": lazy("Level 1: national strategy"), "2": lazy("Level 2: master plan"), "3": lazy("Level 3: action plan"),
}  # fmt: skip
TABLE_OF = {"plan": "Plan", "project": "Project", "activity": "Activity", "indicator": "Indicator"}


class PlanTreePage(BaseView):
    """The year's plan from strategy to indicator."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="plan_tree", url="/admin/plan-tree", menu_icon_value="tree")

    @expose("/")
    def index(self) -> Any:
        """Show the tree, and beside it the node that the address names."""
        return self._shown("", 200)

    def _shown(self, problem: str, status: int) -> Any:
        year, years = asked_year()
        if year is None:
            return self.render("plan_tree/index.html", year=None, years=years), status
        root = plan_tree.tree(year)
        nodes = list(root.walk())[1:]
        wanted = request.values.get("q", "").strip()[:100]
        chosen = next((node for node in nodes if node.key == request.values.get("node") and node.id), None)
        role = me().role
        may = {kind: access.may_write(role, table) for kind, table in TABLE_OF.items()}
        row = plan_tree.find(chosen.key) if chosen is not None else None
        shown = self.render(
            "plan_tree/index.html", year=year, years=years, root=root, nodes=_found(nodes, wanted), wanted=wanted,
            chosen=chosen, row=row, may=may, problem=problem, marks=MARKS, kinds=KINDS, levels=LEVELS,
            places=plan_tree.places(row) if row is not None and chosen and may[chosen.kind] else [],
            below=[kind for kind, above in UNDER.items() if may[kind] and chosen and chosen.kind in above],
            measures=list(MeasureUnit.select().order_by(MeasureUnit.name)), formats=formats, number=number,
            version=plan_versions.latest(year), ready=_counted(nodes), typed=request.form,
        )  # fmt: skip
        return shown, status

    @expose("/add/", methods=("POST",))
    def add(self) -> Any:
        """Add a node under another."""

        def do() -> str:
            under = _under(request.form.get("under", ""))
            kind = request.form.get("kind", "")
            measure = MeasureUnit.get_or_none(MeasureUnit.id == _number(request.form.get("measure_unit")))
            made = plan_tree.add(
                kind, under, code=_said("code"), name=_said("name"), measure_unit=measure, by=me(), at=clock.now()
            )
            flash(gettext("“{name}” was added.", name=made.name), "success")
            return f"{kind}-{made.id}"

        return self._done(do)

    @expose("/rename/", methods=("POST",))
    def rename(self) -> Any:
        """Give a node another code or name."""

        def do() -> str:
            row = plan_tree.find(_said("node"))
            seen = _number(request.form.get("version"))
            plan_tree.rename(row, code=_said("code"), name=_said("name"), seen=seen, by=me(), at=clock.now())
            return _said("node")

        return self._done(do)

    @expose("/move/", methods=("POST",))
    def move(self) -> Any:
        """Put a node under another."""

        def do() -> str:
            row, under = plan_tree.find(_said("node")), _under(_said("under"))
            plan_tree.move(row, under, seen=_number(request.form.get("version")), by=me(), at=clock.now())
            flash(gettext("“{name}” was moved; its targets and results stay with it.", name=row.name), "success")
            return _said("node")

        return self._done(do)

    @expose("/shift/", methods=("POST",))
    def shift(self) -> Any:
        """Put a node further up or down among its siblings."""

        def do() -> str:
            steps = 1 if request.form.get("steps") == "1" else -1
            plan_tree.shift(plan_tree.find(_said("node")), steps, by=me(), at=clock.now())
            return _said("node")

        return self._done(do)

    @expose("/remove/", methods=("POST",))
    def remove(self) -> Any:
        """Remove a node that nothing needs."""

        def do() -> str:
            row = plan_tree.find(_said("node"))
            plan_tree.remove(row, by=me(), at=clock.now())
            flash(gettext("“{name}” was removed.", name=row.name), "success")
            return ""

        return self._done(do)

    def _done(self, do: Any) -> Any:
        try:
            key = do()
        except PortalError as refusal:
            return self._shown(refusal.words(gettext), refusal.status)
        year, _ = asked_year()
        return redirect(f"/admin/plan-tree/?year={year.year if year else ''}&node={key}#{key}")


def asked_year() -> tuple[FiscalYear | None, list[FiscalYear]]:
    """Return the fiscal year that the address asks for, and all years.

    Without one it is this year, or when that has no plan yet, the latest year that has one.
    """
    years = list(FiscalYear.select().order_by(FiscalYear.year.desc()).limit(30))
    by_year = {one.year: one for one in years}
    wanted = _number(request.values.get("year"))
    if wanted in by_year:
        return by_year[wanted], years
    planned = plan_tree.planned_years()
    now = fiscal.year_of(clock.today())
    usual = now if now in planned or not planned else max(planned)
    return by_year.get(usual, years[0] if years else None), years


def number(value: Any, decimals: int = 0) -> str:
    """Return a quantity as it is shown in tables, with as many decimals as it needs up to `decimals`."""
    if value is None:
        return formats.NONE
    short = value == round(value)
    return formats.num(value, 0 if short else max(decimals, 1))


def _found(nodes: list[Node], wanted: str) -> list[Node]:
    """Return the nodes that a search leaves: those whose code or name holds the words, with what they stand under."""
    if not wanted:
        return nodes
    kept: set[str] = set()
    for node in nodes:
        if wanted.casefold() in f"{node.code} {node.name} {node.owner}".casefold():
            at: Node | None = node
            while at is not None:
                kept.add(at.key)
                at = at.parent
    return [node for node in nodes if node.key in kept]


def _counted(nodes: list[Node]) -> dict[Ready, int]:
    states = [node.ready for node in nodes if node.kind == "indicator"]
    return {ready: states.count(ready) for ready in Ready}


def _under(key: str) -> Any:
    if key.startswith("year-"):
        year = FiscalYear.get_or_none(FiscalYear.id == _number(key.removeprefix("year-")))
        if year is None:
            raise NotFound("This record is no longer there.")
        return year
    return plan_tree.find(key)


def _said(name: str) -> str:
    return request.form.get(name, "").strip()[:400]


def _number(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
