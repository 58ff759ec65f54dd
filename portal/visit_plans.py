"""Plans of visits: what an office plans for each institution in a year, cell by cell, by copy, or for a whole group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import Cooperative, CooperativeYear, FiscalYear, Person, VisitActivity, VisitPlan, VisitPlanLine
from portal import records
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken
from portal.rules import inputs
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import InstitutionStatus, PlanState
from portal.rules.visits import MOST_VISITS, changed_lines

MOST_CELLS = 5_000  # of one pasted block
MOST_INSTITUTIONS = 2_000  # planned at once
Key = tuple[int, int]  # activity, fiscal month


@dataclass(frozen=True)
class Cell:
    """One cell of a plan as a person typed it: visits of an activity at an institution in a fiscal month."""

    cooperative: int
    activity: int
    month: int
    typed: str


@dataclass
class Saved:
    """What became of a block of cells: how many changed, which were refused and why, and how each plan stands now."""

    changed: int = 0
    refused: list[tuple[Cell, PortalError]] = field(default_factory=list)
    plans: dict[int, VisitPlan] = field(default_factory=dict)


# ---------------------------------------------------------------- reading


def plan_of(cooperative_id: int, year: FiscalYear) -> VisitPlan | None:
    """Return the plan of an institution for a year."""
    found: VisitPlan | None = VisitPlan.get_or_none(
        VisitPlan.cooperative == cooperative_id, VisitPlan.fiscal_year == year.id
    )
    return found


def lines_of(plan_ids: Iterable[int]) -> dict[int, dict[Key, int]]:
    """Return the lines of many plans: by plan, the visits of each activity and month."""
    held: dict[int, dict[Key, int]] = {}
    for plan, activity, month, visits in tuples(
        VisitPlanLine.select(
            VisitPlanLine.plan, VisitPlanLine.activity, VisitPlanLine.month, VisitPlanLine.visits
        ).where(VisitPlanLine.plan.in_(list(plan_ids)))
    ):
        held.setdefault(plan, {})[activity, month] = visits
    return held


def activities() -> list[VisitActivity]:
    """Return the activities that are planned by, in the manual's order."""
    return list(
        VisitActivity.select().where(VisitActivity.is_active).order_by(VisitActivity.position, VisitActivity.id)
    )


# ---------------------------------------------------------------- writing


def save_cells(year: FiscalYear, cells: Sequence[Cell], *, by: Person, at: dt.datetime, reason: str = "") -> Saved:
    """Save a block of cells, however many institutions it touches; an empty cell or 0 takes the line away.

    A cell that cannot be read is refused alone, the others are saved. A plan begins as a draft with the first cell.
    After it was approved only the head of the office changes it, with a reason; the change counts as a revision.
    """
    _check_office(by)
    if len(cells) > MOST_CELLS:
        raise RuleBroken("At most {most} cells at once; paste it in parts.", most=MOST_CELLS)
    out = Saved()
    wanted: dict[int, dict[Key, int]] = {}
    known = {ident for (ident,) in tuples(VisitActivity.select(VisitActivity.id))}
    for cell in cells:
        try:
            if cell.activity not in known or not 1 <= cell.month <= 12:
                raise NotFound("There is no such field.")
            wanted.setdefault(cell.cooperative, {})[cell.activity, cell.month] = count_of(cell.typed)
        except PortalError as refusal:
            out.refused.append((cell, refusal))
    with records.changing(by=by, verb="plan_visits", at=at, note=reason, as_verb=True) as work:
        own = _own(wanted, by)
        plans = {p.cooperative_id: p for p in _plans(year, own)}
        before = lines_of(p.id for p in plans.values())
        for ident, changes in wanted.items():
            if ident not in own:
                for (activity, month), count in changes.items():
                    stranger = NotFound("There is no such record, or it belongs to another office.")
                    out.refused.append((Cell(ident, activity, month, str(count)), stranger))
                continue
            plan = plans.get(ident)
            old = before.get(plan.id, {}) if plan else {}
            new = changed_lines(old, {**old, **changes})
            if not new:
                continue
            plan = plan or _begun(work, own[ident], year)
            _changed(work, plan, reason, by)
            _write(work, plan, new)
            out.changed += len(new)
            out.plans[ident] = plan
    return out


def set_facts(plan: VisitPlan, *, by: Person, at: dt.datetime, seen: int, reason: str = "", **values: Any) -> None:
    """Set the class now and wanted, the problems and the officer of a plan; after approval as for its cells."""
    _check_office(by)
    with records.changing(by=by, verb="plan_visits", at=at, note=reason, as_verb=True) as work:
        before = plan.version
        work.update(plan, seen=seen, **values)
        if plan.version != before:
            _changed(work, plan, reason, by)


def change_line(line: VisitPlanLine, *, by: Person, at: dt.datetime, seen: int, visits: int, reason: str = "") -> None:
    """Change how many visits one line plans; 0 takes the line away."""
    _check_office(by)
    with records.changing(by=by, verb="plan_visits", at=at, note=reason, as_verb=True) as work:
        if not 0 <= visits <= MOST_VISITS:
            raise RuleBroken("Between 0 and {most} visits a month.", field="visits", most=MOST_VISITS)
        _changed(work, line.plan, reason, by)
        if visits:
            work.update(line, seen=seen, visits=visits)
        else:
            work.remove(line)


def plan_group(
    year: FiscalYear,
    institutions: Iterable[int],
    lines: Mapping[Key, int],
    *,
    by: Person,
    at: dt.datetime,
    reason: str = "",
) -> Saved:
    """Plan the same lines for many institutions at once; other lines they have stay. All of them or none."""
    _check_office(by)
    idents = list(dict.fromkeys(institutions))
    if not idents or not lines:
        raise RuleBroken("Please choose institutions, and at least one activity with its months.", field="lines")
    if len(idents) > MOST_INSTITUTIONS:
        raise RuleBroken("At most {most} records at once: narrow the list first.", most=MOST_INSTITUTIONS)
    cells = [Cell(i, activity, month, str(n)) for i in idents for (activity, month), n in lines.items()]
    out = Saved()
    with records.changing(by=by, verb="plan_visits", at=at, note=reason, as_verb=True) as work:
        own = _own(idents, by)
        if len(own) != len(idents):
            raise NotFound("There is no such record, or it belongs to another office.")
        for cell in cells:
            count_of(cell.typed)
        plans = {p.cooperative_id: p for p in _plans(year, own)}
        before = lines_of(p.id for p in plans.values())
        for ident in idents:
            plan = plans.get(ident)
            old = before.get(plan.id, {}) if plan else {}
            new = changed_lines(old, {**old, **lines})
            if new:
                plan = plan or _begun(work, own[ident], year)
                _changed(work, plan, reason, by)
                _write(work, plan, new)
                out.changed += len(new)
                out.plans[ident] = plan
    return out


def copy_last_year(
    year: FiscalYear, *, by: Person, at: dt.datetime, institutions: Iterable[int] | None = None
) -> tuple[int, int]:
    """Begin the office's plans of `year` with the lines of the year before; return how many were copied and left alone.

    An institution that has lines in `year` already, or is dissolved, is left alone. Classes are those last known.
    """
    _check_office(by)
    earlier = FiscalYear.get_or_none(FiscalYear.year == year.year - 1)
    if earlier is None:
        raise MoveRefused("There is no plan of the year before.")
    chosen = Cooperative.select().where(
        Cooperative.unit == by.unit_id, Cooperative.status != InstitutionStatus.DISSOLVED
    )
    if institutions is not None:
        chosen = chosen.where(Cooperative.id.in_(list(institutions)))
    own = {c.id: c for c in chosen}
    with records.changing(by=by, verb="copy_plans", at=at, note=str(year.year), as_verb=True) as work:
        last = {p.cooperative_id: p for p in _plans(earlier, own)}
        there = {p.cooperative_id: p for p in _plans(year, own)}
        lines = lines_of([*(p.id for p in last.values()), *(p.id for p in there.values())])
        copied = 0
        for ident, source in last.items():
            taken = lines.get(source.id, {})
            plan = there.get(ident)
            if not taken or (plan is not None and (lines.get(plan.id) or plan.state == PlanState.APPROVED)):
                continue
            plan = plan or _begun(work, own[ident], year, source)
            work.create_many(
                VisitPlanLine,
                [{"plan": plan.id, "activity": a, "month": m, "visits": n} for (a, m), n in sorted(taken.items())],
            )
            copied += 1
    if not last:
        raise MoveRefused("There is no plan of the year before.")
    return copied, len(last) - copied


def approve(plan: VisitPlan, *, by: Person, at: dt.datetime) -> None:
    """Approve an institution's plan for the year; the head of office does."""
    if by.role != Role.APPROVER:
        raise NotAllowed("Only the head of the office approves its plans.")
    with records.changing(by=by, verb="approve_plan", at=at, as_verb=True) as work:
        if plan.state == PlanState.APPROVED:
            raise MoveRefused("This plan is approved already.")
        if not VisitPlanLine.select().where(VisitPlanLine.plan == plan.id).exists():
            raise MoveRefused("This plan has no line yet: plan at least one visit.")
        work.update(plan, seen=plan.version, state=PlanState.APPROVED, approved_by=by, approved_at=at)


def approve_all(year: FiscalYear, *, by: Person, at: dt.datetime) -> int:
    """Approve every plan of the own office that is a draft with lines; return how many. All of them or none."""
    if by.role != Role.APPROVER:
        raise NotAllowed("Only the head of the office approves its plans.")
    planned = VisitPlanLine.select(VisitPlanLine.plan)
    with records.changing(by=by, verb="approve_plan", at=at, note=str(year.year), as_verb=True) as work:
        return work.update_all(
            VisitPlan,
            (VisitPlan.unit == by.unit_id)
            & (VisitPlan.fiscal_year == year.id)
            & (VisitPlan.state == PlanState.DRAFT)
            & VisitPlan.id.in_(planned),
            state=PlanState.APPROVED,
            approved_by=by.id,
            approved_at=at,
        )


# ---------------------------------------------------------------- below: how


def count_of(typed: str) -> int:
    """Return how many visits a cell plans: nothing or a dash is none."""
    text = typed.strip()
    if not text or text in ("-", "–"):
        return 0
    return int(inputs.parse_number(text, decimals=0, least=Decimal(0), greatest=Decimal(MOST_VISITS)))


def _own(idents: Iterable[int], by: Person) -> dict[int, Cooperative]:
    wanted = list(idents)
    return {
        c.id: c for c in Cooperative.select().where(Cooperative.id.in_(wanted), Cooperative.unit == by.unit_id)
    }  # fmt: skip


def _plans(year: FiscalYear, own: Iterable[int]) -> Iterable[VisitPlan]:
    return VisitPlan.select().where(VisitPlan.fiscal_year == year.id, VisitPlan.cooperative.in_(list(own)))


def _begun(
    work: records.Work, institution: Cooperative, year: FiscalYear, source: VisitPlan | None = None
) -> VisitPlan:
    if institution.status == InstitutionStatus.DISSOLVED:
        raise MoveRefused("“{name}” is dissolved; no visit is planned there.", name=institution.name)
    return work.create(
        VisitPlan,
        cooperative=institution,
        fiscal_year=year,
        unit=institution.unit_id,
        officer=institution.officer_id,
        class_now=last_class(institution.id, year),
        class_wanted=source.class_wanted if source else None,
        problems=source.problems if source else "",
    )


def last_class(cooperative_id: int, year: FiscalYear) -> int | None:
    """Return the strength class of an institution as last known before or in `year`."""
    found: int | None = (
        CooperativeYear.select(CooperativeYear.strength_class)
        .join(FiscalYear)
        .where(
            CooperativeYear.cooperative == cooperative_id,
            FiscalYear.year <= year.year,
            CooperativeYear.strength_class.is_null(False),
        )
        .order_by(FiscalYear.year.desc())
        .limit(1)
        .scalar()
    )
    return found


def _changed(work: records.Work, plan: VisitPlan, reason: str, by: Person) -> None:
    """Note a change of a plan: its version grows; after approval it takes the head of the office and a reason."""
    if plan.state == PlanState.DRAFT:
        work.touch(plan)
        return
    if by.role != Role.APPROVER:
        raise NotAllowed("This plan is approved: the head of the office changes it, with a reason.")
    if not reason.strip():
        raise RuleBroken("This plan is approved: please say why it changes.", field="reason")
    work.update(plan, revision=plan.revision + 1, change_reason=reason)


def _write(work: records.Work, plan: VisitPlan, changes: Mapping[Key, int]) -> None:
    held = {(row.activity_id, row.month): row for row in VisitPlanLine.select().where(VisitPlanLine.plan == plan.id)}
    new = []
    for (activity, month), visits in changes.items():
        row = held.get((activity, month))
        if row is None:
            new.append({"plan": plan.id, "activity": activity, "month": month, "visits": visits})
        elif visits:
            work.update(row, visits=visits)
        else:
            work.remove(row)
    if new:
        work.create_many(VisitPlanLine, new)


def _check_office(by: Person) -> None:
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself plans its visits.")
