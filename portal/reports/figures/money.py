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

from peewee import JOIN, ModelSelect, Value, fn

from models import BudgetCategory, BudgetLine, Disbursement, DisbursementTarget, MoneySum, Project, Region, Unit
from portal.database import tuples
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import within, year_id
from portal.rules import money
from portal.rules.progress import Standing, share, standing
from portal.rules.terms import Certainty, MoneySide, Nature, TargetKind

DISBURSED = {
    None: TargetKind.DISBURSED_OVERALL,
    Nature.RECURRENT: TargetKind.DISBURSED_RECURRENT,
    Nature.INVESTMENT: TargetKind.DISBURSED_INVESTMENT,
}
MOST_ITEMS = 60
MOST_UNSPENT = {True: 10, False: 2_000}  # of a pack, of a book
SPENT = {
    None: TargetKind.SPENT_OVERALL,
    Nature.RECURRENT: TargetKind.SPENT_RECURRENT,
    Nature.INVESTMENT: TargetKind.SPENT_INVESTMENT,
}


@dataclass(frozen=True)
class Sum:
    """Amounts added up: granted (after transfers), received, and by month what was paid, ordered, reserved.

    `act` is what the Budget Act grants, 0 where no file has told it.
    """

    granted: int
    received: int
    paid: tuple[int, ...]
    ordered: tuple[int, ...]
    reserved: tuple[int, ...]
    act: int = 0

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
        sum(each.act for each in listed),
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


def last_month(fiscal_year: int) -> int | None:
    """Return the last month of a fiscal year (by its identifier) in which any money moved; None where none did."""
    moved = (MoneySum.disbursed != 0) | (MoneySum.ordered != 0) | (MoneySum.reserved != 0)
    of_year = MoneySum.select(fn.MAX(MoneySum.month)).where(
        MoneySum.fiscal_year == fiscal_year, MoneySum.side == MoneySide.CATEGORY, MoneySum.month > 0, moved
    )
    found: int | None = of_year.scalar()
    return found


@reading
def ledger(cut: Cut) -> Ledger:
    """Return the year's money up to the cut's month."""
    if cut.scope:
        by_category = _added(cut, (*tuples(_granted(cut)), *tuples(_moved(cut))))
        return Ledger(_of_scope(cut, MoneySide.UNIT), _of_scope(cut, MoneySide.PROJECT), by_category)
    return Ledger(*(_view(cut, side) for side in (MoneySide.UNIT, MoneySide.PROJECT, MoneySide.CATEGORY)))


_AMOUNTS = (
    MoneySum.act, MoneySum.after_transfers, MoneySum.received, MoneySum.disbursed, MoneySum.ordered, MoneySum.reserved,
)  # fmt: skip


def _view(cut: Cut, side: MoneySide) -> dict[Any, Sum]:
    """Read the store's own sums of one side, which hold the grants as month 0; a project of 0 is none."""
    column = MoneySum._meta.fields[side.value]
    rows = (
        MoneySum.select(column, MoneySum.nature, MoneySum.month, *_AMOUNTS)
        .where(MoneySum.fiscal_year == year_id(cut), MoneySum.side == side, MoneySum.month <= cut.last_period)
    )  # fmt: skip
    return _added(cut, tuples(rows))


def _of_scope(cut: Cut, side: MoneySide) -> dict[Any, Sum]:
    """As `_view`, of the money of some offices or of a division's projects, from the sums by both."""
    column = MoneySum._meta.fields[side.value]
    rows = (
        MoneySum.select(column, MoneySum.nature, MoneySum.month, *(fn.SUM(amount) for amount in _AMOUNTS))
        .where(MoneySum.fiscal_year == year_id(cut), MoneySum.side == MoneySide.BOTH, MoneySum.month <= cut.last_period)
        .group_by(column, MoneySum.nature, MoneySum.month)
    )
    return _added(cut, tuples(_scoped(rows, cut, MoneySum.unit, MoneySum.project)))


def _scoped(query: ModelSelect, cut: Cut, unit: Any, project: Any) -> ModelSelect:
    """Narrow a query of money to the offices of the cut, or to the projects of its division, by its two columns."""
    if cut.division_code is not None:
        owned = Project.select(Project.id).join(Unit).where(Unit.code == cut.division_code)
        return query.where(project.in_(owned))
    return within(query, cut, unit)


def _granted(cut: Cut) -> ModelSelect:
    """What was granted to the cut's scope, by category, as month 0: no sum of the store's is by all three sides."""
    sums = (fn.SUM(BudgetLine.act), fn.SUM(BudgetLine.after_transfers), fn.SUM(BudgetLine.received))
    rows = (
        BudgetLine.select(BudgetLine.category, BudgetLine.nature, Value(0), *sums, Value(0), Value(0), Value(0))
        .where(BudgetLine.fiscal_year == year_id(cut))
        .group_by(BudgetLine.category, BudgetLine.nature)
    )
    return _scoped(rows, cut, BudgetLine.unit, BudgetLine.project)


def _moved(cut: Cut) -> ModelSelect:
    """What was paid, ordered and reserved of it, by category and month."""
    sums = (fn.SUM(Disbursement.disbursed), fn.SUM(Disbursement.ordered), fn.SUM(Disbursement.reserved))
    rows = (
        Disbursement.select(
            BudgetLine.category, BudgetLine.nature, Disbursement.month, Value(0), Value(0), Value(0), *sums
        )
        .join(BudgetLine)
        .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month <= cut.last_period)
        .group_by(BudgetLine.category, BudgetLine.nature, Disbursement.month)
    )
    return _scoped(rows, cut, BudgetLine.unit, BudgetLine.project)


def _added(cut: Cut, rows: Iterable[tuple[Any, ...]]) -> dict[Any, Sum]:
    """Return rows of (key, nature, month, six amounts) as sums by key and nature."""
    grants: dict[Any, tuple[int, ...]] = defaultdict(lambda: (0, 0, 0))
    moved: dict[Any, list[tuple[int, ...]]] = defaultdict(lambda: [(0, 0, 0)] * cut.last_period)
    for which, nature, month, *found in rows:
        key, sums = (which or None, Nature(nature)), tuple(int(amount) for amount in found)
        if month:
            moved[key][month - 1] = sums[3:]
        else:
            grants[key] = sums[:3]
    made = {}
    for key in sorted(grants.keys() | moved.keys(), key=lambda each: (each[0] or 0, each[1])):
        act, granted, received = grants[key]
        if act or granted or received or any(any(month) for month in moved[key]):
            paid, ordered, reserved = zip(*moved[key], strict=True)
            made[key] = Sum(granted, received, paid, ordered, reserved, act)
    return made


@reading
def office_projects(cut: Cut) -> dict[int, list[tuple[int | None, int, int, int]]]:
    """Return, for each office's id, its projects with granted, paid and bound to date, largest grant first."""
    rows = (
        MoneySum.select(
            MoneySum.unit,
            MoneySum.project,
            fn.SUM(MoneySum.after_transfers),
            fn.SUM(MoneySum.disbursed),
            fn.SUM(MoneySum.ordered + MoneySum.reserved),
        )
        .where(MoneySum.fiscal_year == year_id(cut), MoneySum.side == MoneySide.BOTH, MoneySum.month <= cut.last_period)
        .group_by(MoneySum.unit, MoneySum.project)
    )
    made: dict[int, list[tuple[int | None, int, int, int]]] = defaultdict(list)
    for unit, project, *amounts in tuples(_scoped(rows, cut, MoneySum.unit, MoneySum.project)):
        granted, paid, bound = (int(amount) for amount in amounts)
        if granted or paid or bound:
            made[unit].append((project or None, granted, paid, bound))
    for listed in made.values():
        listed.sort(key=lambda each: (-each[1], each[0] or 0))
    return dict(made)


@dataclass(frozen=True)
class Item:
    """One investment item: what is bought, by whom, and what became of its money. Satang."""

    code: str
    name: str
    office: str
    project: str
    granted: int
    paid: int
    ordered: int
    reserved: int

    @property
    def key(self) -> str:
        """What tells it from all others of its year."""
        return f"{self.code}-{self.office}" if self.office else self.code

    @property
    def bound(self) -> int:
        """Ordered or reserved."""
        return self.ordered + self.reserved

    @property
    def left(self) -> int:
        """Granted, neither paid nor bound."""
        return money.remaining(self.granted, self.paid, self.ordered, self.reserved)

    @property
    def stage(self) -> str:
        """How far it has come, as its money says: no file tells the state of a procurement itself."""
        if self.granted and self.paid >= self.granted:
            return "เบิกจ่ายครบ"
        if self.ordered:
            return "มีสัญญา เบิกจ่ายบางงวด" if self.paid else "มีสัญญา ยังไม่เบิกจ่าย"
        if self.reserved:
            return "กันเงินมีหนี้ผูกพัน"
        return "เบิกจ่ายบางส่วน ยังไม่มีสัญญา" if self.paid else "ยังไม่ก่อหนี้"


@dataclass(frozen=True)
class Unspent:
    """Named investments with money neither paid nor bound, most first; of all of them how many, and what is left."""

    items: tuple[Item, ...]
    count: int
    left: int


@reading
def unspent(cut: Cut) -> Unspent:
    """Return the named investments with money neither paid nor bound: the first `MOST_UNSPENT` of a month or a year."""
    paid, ordered, reserved = (
        fn.COALESCE(fn.SUM(column), 0)
        for column in (Disbursement.disbursed, Disbursement.ordered, Disbursement.reserved)
    )
    left = BudgetLine.after_transfers - paid - ordered - reserved
    rows = (
        BudgetLine.select(
            fn.COUNT(BudgetLine.id).over(), fn.SUM(left).over(), BudgetLine.code, BudgetLine.name, Unit.short,
            Project.name, BudgetLine.after_transfers, paid, ordered, reserved,
        )
        .join_from(BudgetLine, Unit)
        .join_from(BudgetLine, Project, JOIN.LEFT_OUTER)
        .join_from(
            BudgetLine,
            Disbursement,
            JOIN.LEFT_OUTER,
            on=((Disbursement.line == BudgetLine.id) & (Disbursement.month <= cut.last_period)),
        )
        .where(
            BudgetLine.fiscal_year == year_id(cut), BudgetLine.nature == Nature.INVESTMENT, BudgetLine.name != "",
            BudgetLine.after_transfers > 0,
        )
        .group_by(
            BudgetLine.id, BudgetLine.code, BudgetLine.name, Unit.short, Project.name, BudgetLine.after_transfers
        )
        .having(left > 0)
        .order_by(left.desc(), BudgetLine.code, BudgetLine.id)
        .limit(MOST_UNSPENT[cut.period is not None])
    )  # fmt: skip
    found = list(tuples(_scoped(rows, cut, BudgetLine.unit, BudgetLine.project)))
    listed = tuple(
        Item(code, name, office, project or "", *(int(amount) for amount in amounts))
        for _, _, code, name, office, project, *amounts in found
    )
    return Unspent(listed, *((int(found[0][0]), int(found[0][1])) if found else (0, 0)))


@reading
def items(cut: Cut) -> tuple[Item, ...]:
    """Return the investments that the finance files name, largest first, at most `MOST_ITEMS`."""
    named = (
        BudgetLine.select(
            BudgetLine.id, BudgetLine.code, BudgetLine.name, Unit.short, Project.name, BudgetLine.after_transfers
        )
        .join_from(BudgetLine, Unit)
        .join_from(BudgetLine, Project, JOIN.LEFT_OUTER)
        .where(
            BudgetLine.fiscal_year == year_id(cut), BudgetLine.nature == Nature.INVESTMENT, BudgetLine.name != "",
            BudgetLine.after_transfers != 0,
        )
        .order_by(BudgetLine.after_transfers.desc(), BudgetLine.code, BudgetLine.unit)
        .limit(MOST_ITEMS)
    )  # fmt: skip
    lines = list(tuples(_scoped(named, cut, BudgetLine.unit, BudgetLine.project)))
    moved = (
        Disbursement.select(
            Disbursement.line,
            fn.SUM(Disbursement.disbursed),
            fn.SUM(Disbursement.ordered),
            fn.SUM(Disbursement.reserved),
        )
        .where(Disbursement.line.in_([line[0] for line in lines]), Disbursement.month <= cut.last_period)
        .group_by(Disbursement.line)
    )
    known = {line: tuple(int(amount) for amount in amounts) for line, *amounts in tuples(moved)}
    return tuple(
        Item(code, name, office, project or "", int(granted), *known.get(line, (0, 0, 0)))
        for line, code, name, office, project, granted in lines
    )


@reading
def categories(cut: Cut) -> dict[int, tuple[str, str]]:
    """Return code and name of every budget category by id."""
    return {
        i: (code, name)
        for i, code, name in BudgetCategory.select(BudgetCategory.id, BudgetCategory.code, BudgetCategory.name).tuples()
    }


@reading
def unit_names(cut: Cut) -> dict[int, tuple[str, str]]:
    """Return short name and region of every unit by id: money lies with offices and with central units."""
    rows = Unit.select(Unit.id, Unit.short, Unit.name, Region.name).join(
        Region, JOIN.LEFT_OUTER, on=(Unit.region == Region.id)
    )
    return {ident: (short or name, region or "") for ident, short, name, region in tuples(rows)}


@reading
def data_day(cut: Cut) -> dt.date | None:
    """Return the day for which the finance figures up to the cut's month stand."""
    found = []
    for month in range(1, cut.last_period + 1):
        # The index gives each month's latest day at once; only days of other fiscal years are passed over.
        latest = (
            Disbursement.select(Disbursement.data_as_of)
            .join(BudgetLine)
            .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month == month)
            .order_by(Disbursement.data_as_of.desc())
            .limit(1)
            .scalar()
        )
        if latest is not None:
            found.append(latest)
    return max(found, default=None)


@dataclass(frozen=True)
class Targets:
    """Cumulative targets in percent by month (None = none is set), and which of them are only inferred.

    `inferred` names the kinds with any inferred quarter end, `guessed` those quarter ends themselves.
    """

    months: dict[TargetKind, tuple[Decimal | None, ...]]
    inferred: frozenset[TargetKind]
    guessed: frozenset[tuple[TargetKind, int]] = frozenset()

    def at(self, nature: Nature | None, month: int, of: str = "paid") -> Decimal | None:
        """Return the target at the end of fiscal `month`: for what is `paid`, or `spent` with what is bound."""
        return self.months[_kind(nature, of)][month - 1]

    def course(self, nature: Nature | None, of: str = "paid") -> tuple[Decimal | None, ...]:
        """Return the twelve months' targets."""
        return self.months[_kind(nature, of)]

    def is_inferred(self, nature: Nature | None, month: int, of: str = "paid") -> bool:
        """Return whether the target at the end of `month` rests on a quarter end that is only inferred."""
        quarter = (month - 1) // 3 + 1
        needed = (quarter,) if month == quarter * 3 else (quarter - 1, quarter)
        return any((_kind(nature, of), each) in self.guessed for each in needed)


def _kind(nature: Nature | None, of: str) -> TargetKind:
    return (SPENT if of == "spent" else DISBURSED)[nature]


@reading
def targets(cut: Cut) -> Targets:
    """Return the government's targets of the year, straight lines between quarter ends."""
    ends: dict[TargetKind, dict[int, Decimal]] = {kind: {} for kind in TargetKind}
    guessed = set()
    rows = DisbursementTarget.select(
        DisbursementTarget.kind, DisbursementTarget.quarter, DisbursementTarget.percent, DisbursementTarget.certainty
    ).where(DisbursementTarget.fiscal_year == year_id(cut))
    for kind, quarter, percent, certainty in rows.tuples():
        ends[TargetKind(kind)][quarter] = percent
        if certainty == Certainty.INFERRED:
            guessed.add((TargetKind(kind), quarter))
    months = {kind: tuple(money.month_target(known, month) for month in range(1, 13)) for kind, known in ends.items()}
    return Targets(months, frozenset(kind for kind, _ in guessed), frozenset(guessed))


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
