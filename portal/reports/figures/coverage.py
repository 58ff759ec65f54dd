"""Who has not handed in yet, and how much of the year's plan those offices hold: how whole the figures are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Cut
from portal.reports.figures import money, reading, reporting, results, visiting
from portal.reports.figures.offices import offices
from portal.rules.progress import Aggregation, share


@dataclass(frozen=True)
class Missing:
    """An office that still owes something: `owes` reports of `owed`, of the months named.

    Its parts of the plan in percent: of the leading indicators added up over offices (the mean of its parts of
    each), of the budget granted to all offices, of all planned visits to date. None where nothing is planned.
    """

    code: str
    name: str
    region: str
    months: tuple[str, ...]
    owes: int
    owed: int
    plan: Decimal | None
    grant: Decimal | None
    visits: Decimal | None


@dataclass(frozen=True)
class Coverage:
    """`reported` offices of `owing` have handed in all that was asked of them; the rest is named.

    `plan`, `grant` and `visits` are what the missing offices hold together, as in Missing.
    """

    reported: int = 0
    owing: int = 0
    missing: tuple[Missing, ...] = ()
    plan: Decimal | None = None
    grant: Decimal | None = None
    visits: Decimal | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether nobody is missing."""
        return not self.missing


@reading
def coverage(cut: Cut) -> Coverage:
    """Return how whole the figures are: of the cut's month, or of every month of a whole year."""
    due, listed = reporting.months_due(cut), offices(cut)
    asked = range(1, 13) if cut.period is None else (cut.period,)
    plans, grants = _plan_parts(cut), {o.id: Decimal(money.ledger(cut).office(o.id).granted) for o in listed}
    visits = {o: Decimal(course.planned) for o, course in visiting.courses(cut).items()}
    owing, missing, ids = 0, [], []
    for office in listed:
        months = [(month, reporting.due(due, office.id)[month - 1]) for month in asked]
        owing += any(each.owed for _, each in months)
        open_ = [(month, each) for month, each in months if each.missing or each.waiting]
        if open_:
            ids.append(office.id)
            missing.append(
                Missing(
                    code=office.code,
                    name=office.brief,
                    region=office.region_brief,
                    months=tuple(formats.month_short(month) for month, _ in open_),
                    owes=sum(each.missing + each.waiting for _, each in open_),
                    owed=sum(each.owed for _, each in months),
                    plan=_part_of_plans([office.id], plans),
                    grant=_part([office.id], grants),
                    visits=_part([office.id], visits),
                )
            )
    return Coverage(
        reported=owing - len(missing),
        owing=owing,
        missing=tuple(missing),
        plan=_part_of_plans(ids, plans),
        grant=_part(ids, grants),
        visits=_part(ids, visits),
    )


def _plan_parts(cut: Cut) -> list[dict[int, Decimal]]:
    """Return each office's target of every leading indicator that is added up over offices."""
    cells = results.cells(cut)
    made = []
    for indicator in results.leading(cut):
        if indicator.unit_rule is Aggregation.SUM:
            targets: dict[int, Decimal] = defaultdict(Decimal)
            for office, cell in cells.get(indicator.id, {}).items():
                targets[office] += cell.target or 0
            made.append(dict(targets))
    return made


def _part(of: Iterable[int], amounts: Mapping[int, Decimal]) -> Decimal | None:
    return share(sum((amounts.get(i, Decimal(0)) for i in of), Decimal(0)), sum(amounts.values(), Decimal(0)))


def _part_of_plans(of: Iterable[int], plans: list[dict[int, Decimal]]) -> Decimal | None:
    """Return the mean of the offices' parts of each indicator's plan: quantities of different units are not added."""
    ids = list(of)
    parts = [part for plan in plans if (part := _part(ids, plan)) is not None]
    return sum(parts, Decimal(0)) / len(parts) if parts else None
