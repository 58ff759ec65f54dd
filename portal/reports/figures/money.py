"""Money of the year: what was granted, paid and ordered, by office, project and category, against the targets.

Whole satang. Shares are of the budget after transfers, as the Comptroller General's Department counts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import fn

from models import BudgetCategory, BudgetLine, Disbursement, DisbursementTarget
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import year_id
from portal.rules import money
from portal.rules.progress import Standing, share, standing
from portal.rules.terms import Certainty, Nature, TargetKind

DISBURSED = {
    None: TargetKind.DISBURSED_OVERALL,
    Nature.RECURRENT: TargetKind.DISBURSED_RECURRENT,
    Nature.INVESTMENT: TargetKind.DISBURSED_INVESTMENT,
}


@dataclass(frozen=True)
class Sum:
    """Amounts added up: granted (after transfers), received, and by month what was paid, ordered, reserved."""

    granted: int
    received: int
    paid: tuple[int, ...]
    ordered: tuple[int, ...]
    reserved: tuple[int, ...]

    @property
    def disbursed(self) -> int:
        """Paid to date."""
        return sum(self.paid)

    @property
    def bound(self) -> int:
        """Ordered and reserved to date, not yet paid."""
        return sum(self.ordered) + sum(self.reserved)

    @property
    def spent(self) -> int:
        """Paid, ordered and reserved to date (ใช้จ่าย)."""
        return money.spent(self.disbursed, sum(self.ordered), sum(self.reserved))

    @property
    def left(self) -> int:
        """Granted, neither paid nor bound."""
        return self.granted - self.spent

    @property
    def share(self) -> Decimal | None:
        """Paid in percent of granted, unrounded."""
        return share(self.disbursed, self.granted)

    @property
    def spent_share(self) -> Decimal | None:
        """Paid, ordered and reserved in percent of granted, unrounded."""
        return share(self.spent, self.granted)

    def curve(self, of: str = "paid") -> tuple[Decimal | None, ...]:
        """Return the cumulative share in percent at each month's end: `paid`, or `spent` with what is bound."""
        made: list[Decimal | None] = []
        total = 0
        for month, paid in enumerate(self.paid):
            total += paid + (self.ordered[month] + self.reserved[month] if of == "spent" else 0)
            made.append(share(total, self.granted))
        return tuple(made)


def added(sums: Iterable[Sum]) -> Sum:
    """Return several sums as one."""
    listed = list(sums)
    months = max((len(each.paid) for each in listed), default=0)

    def by_month(name: str) -> tuple[int, ...]:
        return tuple(
            sum(moved[month] for moved in (getattr(each, name) for each in listed) if moved) for month in range(months)
        )

    return Sum(
        sum(each.granted for each in listed),
        sum(each.received for each in listed),
        by_month("paid"),
        by_month("ordered"),
        by_month("reserved"),
    )


@dataclass(frozen=True)
class Ledger:
    """The year's money in three views; keys are ids (None for lines without a project) with the nature."""

    by_office: dict[tuple[int, Nature], Sum]
    by_project: dict[tuple[int | None, Nature], Sum]
    by_category: dict[tuple[int, Nature], Sum]

    def total(self, nature: Nature | None = None) -> Sum:
        """Return the department's sum, of one nature or of both."""
        return added(each for (_, kind), each in self.by_category.items() if nature in (None, kind))

    def office(self, office: int, nature: Nature | None = None) -> Sum:
        """Return one office's sum."""
        return self._of(self.by_office, office, nature)

    def project(self, project: int | None, nature: Nature | None = None) -> Sum:
        """Return one project's sum."""
        return self._of(self.by_project, project, nature)

    def _of(self, view: dict[Any, Sum], which: int | None, nature: Nature | None) -> Sum:
        return added(view[which, kind] for kind in Nature if nature in (None, kind) and (which, kind) in view)


@reading
def ledger(cut: Cut) -> Ledger:
    """Return the year's money up to the cut's month."""
    return Ledger(_view(cut, BudgetLine.unit), _view(cut, BudgetLine.project), _view(cut, BudgetLine.category))


def _view(cut: Cut, column: Any) -> dict[Any, Sum]:
    grants = (
        BudgetLine.select(column, BudgetLine.nature, fn.SUM(BudgetLine.after_transfers), fn.SUM(BudgetLine.received))
        .where(BudgetLine.fiscal_year == year_id(cut))
        .group_by(column, BudgetLine.nature)
        .tuples()
    )
    months = (
        Disbursement.select(
            column,
            BudgetLine.nature,
            Disbursement.month,
            fn.SUM(Disbursement.disbursed),
            fn.SUM(Disbursement.ordered),
            fn.SUM(Disbursement.reserved),
        )
        .join(BudgetLine)
        .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month <= cut.last_period)
        .group_by(column, BudgetLine.nature, Disbursement.month)
        .tuples()
    )
    moved: dict[Any, list[tuple[int, int, int]]] = defaultdict(lambda: [(0, 0, 0)] * cut.last_period)
    for which, nature, month, *amounts in months:
        disbursed, ordered, reserved = (int(amount) for amount in amounts)
        moved[which, Nature(nature)][month - 1] = (disbursed, ordered, reserved)
    made = {}
    for which, nature, granted, received in grants:
        by_kind = zip(*moved[which, Nature(nature)], strict=True)
        made[which, Nature(nature)] = Sum(int(granted), int(received), *by_kind)
    return made


@reading
def office_projects(cut: Cut) -> dict[int, list[tuple[int | None, int, int, int]]]:
    """Return, for each office's id, its projects with granted, paid and bound to date, largest grant first."""
    paid = (
        Disbursement.select(
            BudgetLine.unit,
            BudgetLine.project,
            fn.SUM(Disbursement.disbursed),
            fn.SUM(Disbursement.ordered + Disbursement.reserved),
        )
        .join(BudgetLine)
        .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month <= cut.last_period)
        .group_by(BudgetLine.unit, BudgetLine.project)
        .tuples()
    )
    moved = {(unit, project): (int(disbursed), int(bound)) for unit, project, disbursed, bound in paid}
    grants = (
        BudgetLine.select(BudgetLine.unit, BudgetLine.project, fn.SUM(BudgetLine.after_transfers))
        .where(BudgetLine.fiscal_year == year_id(cut))
        .group_by(BudgetLine.unit, BudgetLine.project)
        .tuples()
    )
    made: dict[int, list[tuple[int | None, int, int, int]]] = defaultdict(list)
    for unit, project, granted in grants:
        made[unit].append((project, int(granted), *moved.get((unit, project), (0, 0))))
    for listed in made.values():
        listed.sort(key=lambda each: (-each[1], each[0] or 0))
    return dict(made)


@reading
def categories(cut: Cut) -> dict[int, tuple[str, str]]:
    """Return code and name of every budget category by id."""
    return {
        i: (code, name)
        for i, code, name in BudgetCategory.select(BudgetCategory.id, BudgetCategory.code, BudgetCategory.name).tuples()
    }


@reading
def data_day(cut: Cut) -> dt.date | None:
    """Return the day for which the finance figures up to the cut's month stand."""
    latest: dt.date | None = (
        Disbursement.select(fn.MAX(Disbursement.data_as_of))
        .join(BudgetLine)
        .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month <= cut.last_period)
        .scalar()
    )
    return latest


@dataclass(frozen=True)
class Targets:
    """Cumulative targets in percent by month (None = none is set), and whether any of them is only inferred."""

    months: dict[TargetKind, tuple[Decimal | None, ...]]
    inferred: frozenset[TargetKind]

    def at(self, nature: Nature | None, month: int) -> Decimal | None:
        """Return the disbursement target at the end of fiscal `month`."""
        return self.months[DISBURSED[nature]][month - 1]

    def course(self, nature: Nature | None) -> tuple[Decimal | None, ...]:
        """Return the twelve months' disbursement targets."""
        return self.months[DISBURSED[nature]]


@reading
def targets(cut: Cut) -> Targets:
    """Return the government's targets of the year, straight lines between quarter ends."""
    ends: dict[TargetKind, dict[int, Decimal]] = {kind: {} for kind in TargetKind}
    inferred = set()
    rows = DisbursementTarget.select(
        DisbursementTarget.kind, DisbursementTarget.quarter, DisbursementTarget.percent, DisbursementTarget.certainty
    ).where(DisbursementTarget.fiscal_year == year_id(cut))
    for kind, quarter, percent, certainty in rows.tuples():
        ends[TargetKind(kind)][quarter] = percent
        if certainty == Certainty.INFERRED:
            inferred.add(TargetKind(kind))
    months = {kind: tuple(money.month_target(known, month) for month in range(1, 13)) for kind, known in ends.items()}
    return Targets(months, frozenset(inferred))


def weighted_target(parts: Iterable[tuple[int, Decimal | None]]) -> Decimal | None:
    """Return the target of a mix of budgets: each nature's target weighted by its grant; None if one is unknown."""
    listed = [(granted, target) for granted, target in parts if granted]
    if not listed or any(target is None for _, target in listed):
        return None
    whole = sum(granted for granted, _ in listed)
    return sum((granted * target for granted, target in listed if target is not None), Decimal(0)) / whole


def judged(share_paid: Decimal | None, target: Decimal | None) -> Standing:
    """Judge a share paid against its target to date."""
    return standing(share_paid, target)
