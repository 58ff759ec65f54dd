"""Versions of the annual plan: what was approved when, what changed between any two, and writing an approval down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose

from models import SCALE, BudgetCategory, FiscalYear, PlanVersion, Unit
from portal import clock, formats, plan_versions
from portal.errors import NotFound, PortalError, RuleBroken
from portal.rules import plan_changes
from portal.rules.inputs import parse_date
from portal.rules.plan_changes import Change, ChangeKind
from portal.web import table_file
from portal.web.language import gettext, lazy
from portal.web.plan_tree import KINDS, asked_year
from portal.web.sign_in import me
from portal.web.words import plain, word

SHOWN = 400
MARKS = {
    ChangeKind.ADDED: "tick", ChangeKind.REMOVED: "none", ChangeKind.MOVED: "back", ChangeKind.RENAMED: "half",
    ChangeKind.CHANGED: "half", ChangeKind.TARGET: "half", ChangeKind.MONTH: "half", ChangeKind.BUDGET: "half",
}  # fmt: skip
HEADINGS = (
    lazy("Kind of line"), lazy("Code"), lazy("Name"), lazy("What happened"), lazy("Field"), lazy("Unit"),
    lazy("Month"), lazy("Before"), lazy("After"),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One change in words, for page and file; `before` and `after` are None where there is nothing."""

    change: Change
    what: str
    field: str
    unit: str
    month: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        return str(KINDS[self.change.node.partition("-")[0]])


class PlanVersionsPage(BaseView):
    """The approvals of a year's plan, and what each changed."""

    def __init__(self) -> None:
        super().__init__(endpoint="plan_versions", url="/admin/plan-versions")

    def is_visible(self) -> bool:
        """Reached from the plan tree."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Show the year's versions, and to planners what the next one would change."""
        return self._shown("", "", 200)

    def _shown(self, problem: str, field: str, status: int) -> Any:
        year, years = asked_year()
        if year is None:
            return self.render("plan_versions/index.html", year=None, years=years), status
        listed = plan_versions.versions(year)
        may, now, waiting = plan_versions.may_approve(me()), None, None
        if may:
            now = plan_versions.content(year)
            last = plan_versions.latest(year)
            before = plan_versions.content_of(last) if last is not None else plan_changes.EMPTY
            waiting = plan_changes.summary(plan_changes.compare(before, now))
        shown = self.render(
            "plan_versions/index.html", year=year, years=years, versions=listed, may=may, waiting=waiting,
            seen=plan_versions.sha256_of(now) if now is not None else "", problem=problem, field=field,
            summary=summary, typed=request.form, today=formats.day_input(clock.today()),
            has_plan=bool(now and now["nodes"]),
        )  # fmt: skip
        return shown, status

    @expose("/approve/", methods=("POST",))
    def approve(self) -> Any:
        """Write an approval down: the plan as it stands becomes the next version."""
        year, _ = asked_year()
        if year is None:
            raise NotFound("This record is no longer there.")
        form = request.form
        try:
            made = plan_versions.approve(
                year, approved_on=_day(form.get("approved_on", "")), approver=form.get("approver", "").strip()[:200],
                document_number=form.get("document_number", "").strip()[:100], note=form.get("note", "").strip()[:4000],
                seen=form.get("seen", ""), by=me(), at=clock.now(),
            )  # fmt: skip
        except PortalError as refusal:
            return self._shown(refusal.words(gettext), refusal.field, refusal.status)
        flash(gettext("The plan of {year} is kept as version {number}.", year=year.year, number=made.number), "success")
        return redirect(f"/admin/plan-versions/compare/?year={year.year}&old={made.number - 1}&new={made.number}")

    @expose("/compare/")
    def compare(self) -> Any:
        """Show what differs between two states of the plan."""
        year, listed, old, new = _two()
        wanted = request.args.get("kind", "")
        changes = plan_versions.differences(year, old, new)
        chosen = [one for one in changes if not wanted or one.kind == wanted]
        return self.render(
            "plan_versions/compare.html", year=year, versions=listed, old=old, new=new, wanted=wanted,
            summary=plan_changes.summary(changes), rows=list(_said(chosen[:SHOWN])), count=len(chosen), most=SHOWN,
            marks=MARKS, kinds=list(ChangeKind), query=f"year={year.year}&old={'' if old is None else old}"
            f"&new={'' if new is None else new}", says=summary,
        )  # fmt: skip

    @expose("/export/<kind>/")
    def export(self, kind: str) -> Any:
        """Send every difference between two states of the plan as a file."""
        if kind not in table_file.TYPES:
            abort(404)
        year, _, old, new = _two()
        rows = [
            (one.kind, one.change.code, one.change.name, one.what, one.field, one.unit, one.month, one.before,
             one.after)
            for one in _said(plan_versions.differences(year, old, new))
        ]  # fmt: skip
        title = gettext("Changes of the plan {year}", year=year.year)
        return table_file.as_file(kind, title, [str(heading) for heading in HEADINGS], rows)


def summary(counted: dict[str, int]) -> str:
    """Return counts of changes in words: `เพิ่ม 2 · เป้าหมาย 14 (หน่วยงาน 9)`."""
    parts = [f"{word(kind)} {counted[kind]:,}" for kind in ChangeKind if counted.get(kind)]
    if counted.get("units"):
        parts.append(gettext("{n} units", n=counted["units"]))
    return " · ".join(parts)


def _two() -> tuple[FiscalYear, list[PlanVersion], int | None, int | None]:
    """Return what the address asks to compare; without saying so, the last version and the plan as it stands."""
    year, _ = asked_year()
    if year is None:
        raise NotFound("This record is no longer there.")
    listed = plan_versions.versions(year)
    last = listed[0].number if listed else 0
    return year, listed, _version("old", last), _version("new", None)


def _version(name: str, usual: int | None) -> int | None:
    text = request.args.get(name)
    if text is None:
        return usual
    if text == "":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise RuleBroken("“{text}” is no version of the plan.", text=text[:20])
    return int(text)


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except PortalError as refusal:
        raise RuleBroken(refusal.msgid, field="approved_on", **refusal.values) from refusal


def _said(changes: list[Change]) -> Iterator[Said]:
    units = dict(Unit.select(Unit.code, Unit.short).tuples())
    categories = dict(BudgetCategory.select(BudgetCategory.code, BudgetCategory.name).tuples())
    for one in changes:
        field = gettext(plain(one.field)) if one.field else ""
        if one.kind is ChangeKind.BUDGET:
            field = categories.get(one.category, one.category)
        yield Said(
            one, word(one.kind), field, units.get(one.unit, one.unit),
            formats.month_short(one.month) if one.month else "", _value(one, one.old), _value(one, one.new),
        )  # fmt: skip


def _value(change: Change, value: Any) -> str | None:
    if value is None:
        return None
    if change.kind is ChangeKind.BUDGET:
        return formats.baht(value)
    if change.kind in (ChangeKind.TARGET, ChangeKind.MONTH):
        return formats.quantity(Decimal(value) / SCALE)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    text = str(value)
    return word(text) if change.field in ("direction", "month_rule", "unit_rule", "parts_rule", "kind") else text
