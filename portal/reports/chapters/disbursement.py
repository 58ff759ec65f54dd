"""Chapter: money against the government's targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import money, results
from portal.reports.figures.offices import offices
from portal.reports.said import said
from portal.rules.progress import Standing
from portal.rules.terms import Nature

NAMES = {None: "ภาพรวม", Nature.RECURRENT: "รายจ่ายประจำ", Nature.INVESTMENT: "รายจ่ายลงทุน"}
QUARTERS = (3, 6, 9, 12)


@dataclass(frozen=True)
class Course:
    """One kind of spending over the year, cumulative shares in percent, against its target."""

    name: str
    granted: int
    disbursed: int
    bound: int
    left: int
    paid: tuple[Decimal | None, ...]
    spent: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]
    now: Decimal | None
    now_spent: Decimal | None
    aim: Decimal | None
    standing: Standing
    is_inferred: bool

    @property
    def gap(self) -> Decimal | None:
        """Points above (+) or below (−) the target to date."""
        return None if self.now is None or self.aim is None else self.now - self.aim


@dataclass(frozen=True)
class Amount:
    """One line of a table of money (an office, a project, a category by its `code`), in satang; shares of granted."""

    code: str
    name: str
    note: str
    granted: int
    disbursed: int
    bound: int
    left: int
    paid: Decimal | None
    spent: Decimal | None
    aim: Decimal | None
    standing: Standing

    @property
    def gap(self) -> Decimal | None:
        """Points above (+) or below (−) the target to date."""
        return None if self.paid is None or self.aim is None else self.paid - self.aim


@dataclass(frozen=True)
class DisbursementPage:
    """Curves, tables by category and plan, the spread of offices, unspent investments: of all how many, and how much.

    A pack lists the largest, a year's book every one.
    """

    month: str
    lead: str
    courses: tuple[Course, ...]
    categories: tuple[Amount, ...]
    total: Amount
    shares: tuple[Decimal, ...]
    lowest: tuple[Amount, ...]
    unspent: tuple[Amount, ...]
    money_day: dt.date | None
    days_old: int | None
    investments: tuple[money.Item, ...] = ()
    unspent_items: tuple[money.Item, ...] = ()
    unspent_count: int = 0
    unspent_left: int = 0


def gather(cut: Cut) -> DisbursementPage:
    """Gather the year's money up to the cut's month."""
    ledger = money.ledger(cut)
    courses = tuple(_course(cut, nature) for nature in (None, Nature.RECURRENT, Nature.INVESTMENT))
    by_office = [
        amount(cut, office.code, office.brief, office.region_brief, [(n, ledger.office(office.id, n)) for n in Nature])
        for office in offices(cut)
    ]
    known = [each for each in by_office if each.paid is not None]
    known.sort(key=lambda each: (each.gap if each.gap is not None else each.paid or Decimal(0), each.name))
    day, items = money.data_day(cut), money.unspent(cut)
    return DisbursementPage(
        month=formats.month_long(cut.fiscal_year, cut.last_period),
        lead=_lead(courses),
        courses=courses,
        categories=_categories(cut),
        total=_total(cut),
        shares=tuple(each.paid for each in known if each.paid is not None),
        lowest=tuple(known[:10]),
        unspent=_unspent(cut),
        money_day=day,
        days_old=(cut.cut_at.date() - day).days if day else None,
        unspent_items=items.items,
        unspent_count=items.count,
        unspent_left=items.left,
    )


@dataclass(frozen=True)
class Line:
    """One line of the screen's tables: all amounts of one thing, in satang; shares in percent of granted."""

    name: str
    note: str
    act: int
    granted: int
    received: int
    paid: int
    ordered: int
    reserved: int
    spent: int
    left: int
    share: Decimal | None
    spent_share: Decimal | None
    aim: Decimal | None
    spent_aim: Decimal | None
    standing: Standing
    is_inferred: bool


@dataclass(frozen=True)
class Month:
    """One month: what was paid, ordered and reserved in it, and the share paid by its end against the target."""

    name: str
    paid: int
    ordered: int
    reserved: int
    share: Decimal | None
    aim: Decimal | None


@dataclass(frozen=True)
class MoneyTables:
    """What the screen shows of a year's money up to a month."""

    page: DisbursementPage
    total: tuple[Line, ...]
    categories: tuple[Line, ...]
    projects: tuple[Line, ...]
    units: tuple[Line, ...]
    months: tuple[Month, ...]


def tables(cut: Cut) -> MoneyTables:
    """Gather the year's money up to the cut's month by everything it is told apart by."""
    ledger = money.ledger(cut)
    names = {project.id: (project.name, project.owner) for project in results.projects(cut)}
    kinds, units = money.categories(cut), money.unit_names(cut)
    return MoneyTables(
        page=replace(gather(cut), investments=money.items(cut)),
        total=tuple(
            _line(cut, NAMES[nature], "", [(nature, ledger.total(nature))], nature)
            for nature in (None, Nature.RECURRENT, Nature.INVESTMENT)
        ),
        categories=_lines(cut, ledger.by_category, lambda key: (kinds[key][1], kinds[key][0])),
        projects=_lines(cut, ledger.by_project, lambda key: names.get(key, ("ไม่ระบุโครงการ", ""))),
        units=_lines(cut, ledger.by_office, lambda key: units[key]),
        months=_months(cut),
    )


def _lines(
    cut: Cut, view: Mapping[tuple[Any, Nature], money.Sum], named: Callable[[Any], tuple[str, str]]
) -> tuple[Line, ...]:
    parts: dict[Any, list[tuple[Nature | None, money.Sum]]] = {}
    for (key, nature), each in view.items():
        parts.setdefault(key, []).append((nature, each))
    made = [_line(cut, *named(key), each, None) for key, each in parts.items()]
    return tuple(sorted(made, key=lambda line: (-line.granted, line.name)))


def _line(cut: Cut, name: str, note: str, parts: list[tuple[Nature | None, money.Sum]], nature: Nature | None) -> Line:
    """Return sums as one line. Of one nature it has that nature's target; of a mix, a target weighted by the grants."""
    whole, targets, month = money.added(each for _, each in parts), money.targets(cut), cut.last_period

    def aim(of: str) -> Decimal | None:
        if len(parts) == 1:
            return targets.at(parts[0][0], month, of)
        return money.weighted_target((each.granted, targets.at(kind, month, of)) for kind, each in parts)

    return Line(
        name=name,
        note=note,
        act=whole.act,
        granted=whole.granted,
        received=whole.received,
        paid=whole.disbursed,
        ordered=sum(whole.ordered),
        reserved=sum(whole.reserved),
        spent=whole.spent,
        left=whole.left,
        share=whole.share,
        spent_share=whole.spent_share,
        aim=aim("paid"),
        spent_aim=aim("spent"),
        standing=money.judged(whole.share, aim("paid")),
        is_inferred=any(targets.is_inferred(kind, month, of) for kind, _ in parts for of in ("paid", "spent")),
    )


def _months(cut: Cut) -> tuple[Month, ...]:
    whole, targets = money.ledger(cut).total(), money.targets(cut)
    shares = whole.curve()
    return tuple(
        Month(
            formats.month_long(cut.fiscal_year, n + 1),
            paid, whole.ordered[n], whole.reserved[n], shares[n], targets.at(None, n + 1),
        )
        for n, paid in enumerate(whole.paid)
    )  # fmt: skip


def _total(cut: Cut) -> Amount:
    """The department's line, judged by the government's target for the whole, not by a weighted one."""
    made = amount(cut, "all", "รวมทั้งสิ้น", "", [(nature, money.ledger(cut).total(nature)) for nature in Nature])
    aim = money.targets(cut).at(None, cut.last_period)
    return replace(made, aim=aim, standing=money.judged(made.paid, aim))


def amount(cut: Cut, code: str, name: str, note: str, parts: list[tuple[Nature, money.Sum]]) -> Amount:
    """Return sums of several natures as one line, its target weighted by what each was granted."""
    whole = money.added(each for _, each in parts)
    targets = money.targets(cut)
    aim = money.weighted_target((each.granted, targets.at(nature, cut.last_period)) for nature, each in parts)
    return Amount(
        code,
        name,
        note,
        whole.granted,
        whole.disbursed,
        whole.bound,
        whole.left,
        whole.share,
        whole.spent_share,
        aim,
        money.judged(whole.share, aim),
    )


def _course(cut: Cut, nature: Nature | None) -> Course:
    whole, targets = money.ledger(cut).total(nature), money.targets(cut)
    aim = targets.at(nature, cut.last_period)
    return Course(
        name=NAMES[nature],
        granted=whole.granted,
        disbursed=whole.disbursed,
        bound=whole.bound,
        left=whole.left,
        paid=whole.curve(),
        spent=whole.curve("spent"),
        target=targets.course(nature),
        now=whole.share,
        now_spent=whole.spent_share,
        aim=aim,
        standing=money.judged(whole.share, aim),
        is_inferred=money.DISBURSED[nature] in targets.inferred,
    )


def _categories(cut: Cut) -> tuple[Amount, ...]:
    ledger, names = money.ledger(cut), money.categories(cut)
    parts: dict[int, list[tuple[Nature, money.Sum]]] = {}
    for (category, nature), each in ledger.by_category.items():
        parts.setdefault(category, []).append((nature, each))
    return tuple(amount(cut, *names[key], "", parts[key]) for key in sorted(parts, key=lambda key: names[key][0]))


def _unspent(cut: Cut) -> tuple[Amount, ...]:
    """The projects with most investment money neither paid nor bound."""
    ledger = money.ledger(cut)
    names = {project.id: (project.code, project.name, project.owner) for project in results.projects(cut)}
    found = []
    for (project, nature), each in ledger.by_project.items():
        if nature is Nature.INVESTMENT and project in names and each.left > 0:
            found.append(amount(cut, *names[project], [(nature, each)]))
    found.sort(key=lambda each: (-each.left, each.name))
    return tuple(found[:10])


def _lead(courses: tuple[Course, ...]) -> str:
    whole, _, investment = courses
    if whole.now is None:
        return "ยังไม่มีข้อมูลงบประมาณหรือการเบิกจ่ายของปีนี้"
    words = (
        f"เบิกจ่ายแล้ว **{said('disbursement.total.all.disbursed', formats.million(whole.disbursed))} ล้านบาท** "
        f"คิดเป็นร้อยละ **{said('disbursement.course.1.now', formats.percent(whole.now))}** ของงบหลังโอนเปลี่ยนแปลง "
        f"**{said('disbursement.total.all.granted', formats.million(whole.granted))} ล้านบาท**"
    )
    if whole.gap is not None:
        words += f" {'สูงกว่า' if whole.gap >= 0 else 'ต่ำกว่า'}เป้าหมาย **{_apart(1, whole.gap)} จุด**"
    if whole.now_spent is not None:
        words += f" เมื่อรวมก่อหนี้ผูกพันเป็นร้อยละ **{said('disbursement.lead.spent', formats.percent(whole.now_spent))}**"
    if investment.now is not None and investment.gap is not None and investment.gap < 0:
        words += f" รายจ่ายลงทุนยังต่ำกว่าเป้าหมาย **{_apart(3, investment.gap)} จุด**"
        left = said("disbursement.lead.left", formats.million(investment.left))
        words += f" และยังไม่ก่อหนี้ **{left} ล้านบาท**"
    return words


def _apart(course: int, gap: Decimal) -> str:
    return said(f"disbursement.lead.apart{course}", formats.num(abs(gap), 1))


CHAPTER = Chapter("disbursement", "ผลการเบิกจ่ายเทียบเป้าหมาย", gather)
