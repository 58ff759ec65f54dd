"""Versions of the annual plan: its whole content is frozen at each approval, and any two can be compared.

Over twenty approvals a year are normal (shared domain.md section 4.3). The tables hold the plan as it is being worked
on; a version holds it as it was approved, as text with its hash, packed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import zlib
from typing import Any

from peewee import JOIN, fn

from models import (
    Activity,
    BudgetCategory,
    FiscalYear,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Person,
    Plan,
    PlanVersion,
    Project,
    ProjectBudget,
    Target,
    Unit,
    text_of,
)
from portal import database, records
from portal.database import tuples
from portal.errors import NotAllowed, RuleBroken, StaleRow
from portal.rules import access, plan_changes
from portal.rules.plan_changes import Change, State

FORMAT = 1
_PLAN = ("code", "name", "name_en", "strategy", "master_plan", "action_plan", "position")
_PROJECT = (
    "code", "kind", "name", "name_en", "objective", "expected_outcome", "area", "master_plan", "action_plan",
    "starts_on", "ends_on", "is_priority", "position",
)  # fmt: skip
_ACTIVITY = ("code", "name", "starts_on", "ends_on", "position")
_INDICATOR = (
    "code", "name", "name_en", "direction", "month_rule", "unit_rule", "parts_rule", "weight", "green_at", "amber_at",
    "is_headline", "is_plan_forced", "position",
)  # fmt: skip


def content(year: FiscalYear) -> dict[str, Any]:
    """Return the plan of a year as it stands now, in plain values (`rules.plan_changes` says how). Seven statements."""
    nodes: dict[str, dict[str, Any]] = {}
    plans = Plan.select().where(Plan.fiscal_year == year.id).order_by(Plan.position, Plan.code)
    for plan in plans:
        nodes[f"plan-{plan.id}"] = {"under": "", **_texts(plan, _PLAN)}
    units = dict(tuples(Unit.select(Unit.id, Unit.code)))
    projects = Project.select().join(Plan).where(Plan.fiscal_year == year.id)
    for project in projects.order_by(Plan.position, Plan.code, Project.position, Project.code):
        nodes[f"project-{project.id}"] = {
            "under": f"plan-{project.plan_id}", **_texts(project, _PROJECT), "owner": units[project.owner_id],
        }  # fmt: skip
    activities = Activity.select().join(Project).join(Plan).where(Plan.fiscal_year == year.id)
    for activity in activities.order_by(Activity.project, Activity.position, Activity.code):
        under = f"activity-{activity.parent_id}" if activity.parent_id else f"project-{activity.project_id}"
        owner = units.get(activity.owner_id, "")
        nodes[f"activity-{activity.id}"] = {"under": under, **_texts(activity, _ACTIVITY), "owner": owner}
    indicators = (
        Indicator.select(Indicator, MeasureUnit.code.alias("measured"))
        .join(MeasureUnit)
        .switch(Indicator)
        .join(Activity)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .order_by(Activity.project, Indicator.position, Indicator.code)
        .objects()
    )
    for one in indicators:
        nodes[f"indicator-{one.id}"] = {
            "under": f"activity-{one.activity_id}", **_texts(one, _INDICATOR), "measure_unit": one.measured,
            "feeds": f"indicator-{one.parent_id}" if one.parent_id else "",
        }  # fmt: skip
    return {
        "format": FORMAT, "year": year.year, "nodes": nodes, "budgets": _budgets(year), "targets": _targets(year),
    }  # fmt: skip


def _texts(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: text_of(getattr(row, name)) for name in names}


def _budgets(year: FiscalYear) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = (
        ProjectBudget.select(ProjectBudget.project, BudgetCategory.code, ProjectBudget.amount)
        .join(BudgetCategory)
        .switch(ProjectBudget)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .order_by(ProjectBudget.project, BudgetCategory.code)
    )
    for project, category, amount in tuples(rows):
        found.setdefault(f"project-{project}", {})[category] = amount
    return found


def _targets(year: FiscalYear) -> dict[str, dict[str, list[int | None]]]:
    found: dict[str, dict[str, list[int | None]]] = {}
    rows = (
        Target.select(Target.indicator, Unit.code, Target.value, MonthPlan.month, MonthPlan.value)
        .join(Unit)
        .switch(Target)
        .join(MonthPlan, JOIN.LEFT_OUTER)
        .switch(Target)
        .join(Indicator)
        .join(Activity)
        .join(Project)
        .join(Plan)
        .where(Plan.fiscal_year == year.id)
        .order_by(Target.indicator, Unit.code)
    )
    before: tuple[int, str] | None = None
    held: list[int | None] = []
    for indicator, unit, value, month, planned in database.unconverted(rows):
        if (indicator, unit) != before:
            before = indicator, unit
            held = found.setdefault(f"indicator-{indicator}", {})[unit] = [value, *[None] * 12]
        if month is not None:
            held[month] = planned
    return found


# ---------------------------------------------------------------- approving


def sha256_of(state: State) -> str:
    """Return the hash of a plan's content: the same plan has the same hash, whenever it is read."""
    return hashlib.sha256(_text(state)).hexdigest()


def frozen(state: State) -> dict[str, str]:
    """Return the columns that keep a plan's content: its hash and its packed text."""
    text = _text(state)
    packed = base64.b85encode(zlib.compress(text, 6)).decode("ascii")
    return {"sha256": hashlib.sha256(text).hexdigest(), "packed": packed}


def content_of(version: PlanVersion) -> dict[str, Any]:
    """Return what was approved. Raises RuleBroken when it is no longer what its hash says."""
    text = zlib.decompress(base64.b85decode(version.packed))
    if hashlib.sha256(text).hexdigest() != version.sha256:
        raise RuleBroken("Version {number} of the plan is damaged: its hash differs.", number=version.number)
    found: dict[str, Any] = json.loads(text)
    return found


def versions(year: FiscalYear) -> list[PlanVersion]:
    """Return the approved versions of a year without their content, newest first."""
    listed = [f for f in PlanVersion._meta.sorted_fields if f.name != "packed"]
    rows = PlanVersion.select(*listed, Person).join(Person).where(PlanVersion.fiscal_year == year.id)
    return list(rows.order_by(PlanVersion.number.desc()))


def version_of(year: FiscalYear, number: int) -> PlanVersion | None:
    """Return one version with its content."""
    found: PlanVersion | None = PlanVersion.get_or_none(
        PlanVersion.fiscal_year == year.id, PlanVersion.number == number
    )
    return found


def latest(year: FiscalYear) -> PlanVersion | None:
    """Return the version approved last, with its content."""
    found: PlanVersion | None = (
        PlanVersion.select().where(PlanVersion.fiscal_year == year.id).order_by(PlanVersion.number.desc()).first()
    )
    return found


def in_force(year: FiscalYear, day: dt.date) -> int | None:
    """Return the number of the version that was in force on a day, None before the first approval."""
    number: int | None = (
        PlanVersion.select(fn.MAX(PlanVersion.number))
        .where(PlanVersion.fiscal_year == year.id, PlanVersion.approved_on <= day)
        .scalar()
    )
    return number


def may_approve(person: Person) -> bool:
    """Return whether a person may write an approval down: those who keep the plans."""
    return access.may_write(person.role, "Plan")


def approve(
    year: FiscalYear,
    *,
    approved_on: dt.date,
    approver: str,
    document_number: str,
    note: str = "",
    seen: str = "",
    by: Person,
    at: dt.datetime,
) -> PlanVersion:
    """Freeze the plan as it stands as the year's next version; return it.

    `seen` is the hash of what the person looked at: a plan changed meanwhile is refused, as is one in which nothing
    has changed since the version before. Raises NotAllowed, RuleBroken, StaleRow.
    """
    if not may_approve(by):
        raise NotAllowed("Approvals of the plan are written down by the planning division.")
    with records.changing(by=by, verb="approve_plan", at=at, note=note, as_verb=True) as work:
        work.touch_any(year)  # on PostgreSQL a second approval waits here for the first
        before = latest(year)
        now = content(year)
        digest = sha256_of(now)
        if seen and seen != digest:
            raise StaleRow(records.STALE, theirs={}, mine={})
        if not now["nodes"]:
            raise RuleBroken("There is nothing in the plan of {year} to approve.", year=year.year)
        if before is not None and before.sha256 == digest:
            raise RuleBroken("Nothing has changed since version {number} was approved.", number=before.number)
        if approved_on > at.date():
            raise RuleBroken("An approval cannot lie in the future.", field="approved_on")
        if before is not None and approved_on < before.approved_on:
            raise RuleBroken("This lies before the approval of version {number}.", field="approved_on",
                             number=before.number)  # fmt: skip
        changes = plan_changes.compare(content_of(before) if before else plan_changes.EMPTY, now)
        made: PlanVersion = work.create(
            PlanVersion, fiscal_year=year, number=(before.number if before else 0) + 1, approved_on=approved_on,
            approver=approver, document_number=document_number, note=note, recorded_by=by, recorded_at=at,
            changes=plan_changes.summary(changes), **frozen(now),
        )  # fmt: skip
    return made


def _text(state: State) -> bytes:
    return json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# ---------------------------------------------------------------- comparing


def state(year: FiscalYear, number: int | None) -> State:
    """Return a version's content by its number; 0 is the empty plan before the first, None the plan as it stands now.

    Raises RuleBroken for a number there is not.
    """
    if number is None:
        return content(year)
    if number == 0:
        return plan_changes.EMPTY
    found = version_of(year, number)
    if found is None:
        raise RuleBroken("There is no version {number} of the plan of {year}.", number=number, year=year.year)
    return content_of(found)


def differences(year: FiscalYear, old: int | None, new: int | None) -> list[Change]:
    """Return what differs between two states of a year's plan (see `state`)."""
    return plan_changes.compare(state(year, old), state(year, new))
