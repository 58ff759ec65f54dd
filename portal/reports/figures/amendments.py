"""What changed in earlier months since they were last printed: cells of reports, visits, money, with who and why.

Read from the revisions of the records, so that nothing has to be remembered by whoever changes a figure.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import JOIN, Case, ModelSelect, fn

from models import (
    Answer,
    AuditEntry,
    BudgetLine,
    Disbursement,
    Edition,
    Form,
    FormVersion,
    Indicator,
    Period,
    Person,
    Revision,
    Submission,
    Unit,
    Visit,
)
from portal import formats
from portal.reports.chapter import Cut
from portal.reports.figures import reading
from portal.reports.figures.offices import offices, within, year_id
from portal.reports.figures.voices import shortened
from portal.rules.fiscal import first_day, last_day
from portal.rules.terms import EditionState, Mark, PeriodKind, RunKind, VisitState
from portal.rules.workflow import COUNTED

ISSUED = (EditionState.FOR_MEETING, EditionState.FINAL, EditionState.APPROVED)
NOT_APPLICABLE = "–"
UPKEEP = ("verify", "verify_visit", "make", "migrate")
"""Verbs after which a visit counts as before."""


MONEY, VISITS = "money", "visits"


@dataclass(frozen=True)
class Base:
    """The edition that figures are compared with: everything that counted at its cut was told."""

    book: str
    subject: str
    number: int
    cut_at: dt.datetime


@dataclass(frozen=True)
class Amendment:
    """One figure of an earlier month that is no longer what was printed. `old` and `new` are as people read them.

    `indicator` is the id of the indicator it belongs to, if it is an answer's; `side` is money or visits of the others.
    """

    office: int
    month: int
    what: str
    unit: str
    old: str
    new: str
    by: str
    at: dt.datetime
    why: str
    indicator: int | None = None
    side: str = ""


@dataclass(frozen=True)
class Late:
    """What an office handed in for earlier months after they were printed."""

    office: int
    months: tuple[int, ...]
    reports: int
    visits: int


@dataclass(frozen=True)
class Amendments:
    """Everything that changed since `base`; `pending` reports are being corrected and count as before."""

    base: Base | None
    cells: tuple[Amendment, ...]
    late: tuple[Late, ...]
    pending: int

    @property
    def is_nothing(self) -> bool:
        """Return whether every earlier figure is still what was printed."""
        return not (self.cells or self.late)


@reading
def amendments(cut: Cut) -> Amendments:
    """Return what changed in the months told before: those before the cut's, or all of a whole year."""
    since = base(cut)
    if since is None:
        return Amendments(None, (), (), 0)
    until = (cut.period or 13) - 1
    cells = list(_answers(cut, since, until))
    if cut.division_code is None:
        cells += [*_visits(cut, since, until), *_money(cut, since, until)]
    late = _late(cut, since, until)
    if cut.is_of_offices:
        here = {office.id for office in offices(cut)}
        cells = [each for each in cells if each.office in here]
        late = tuple(each for each in late if each.office in here)
    cells.sort(key=lambda each: (-each.month, each.office, each.what, each.at))
    return Amendments(since, tuple(cells), late, _pending(cut, since, until))


@dataclass(frozen=True)
class Revised:
    """What is to be marked as revised: indicators by (id, office), and offices whose money or visits changed."""

    indicators: frozenset[tuple[int, int]]
    money: frozenset[int]
    visits: frozenset[int]

    def has(self, indicator: int, office: int | None = None) -> bool:
        """Return whether a figure to date of an indicator was revised, at any office or at one."""
        return any(each == indicator and office in (None, at) for each, at in self.indicators)


@reading
def revised(cut: Cut) -> Revised:
    """Return whose figures to date hold a value that was changed since it was last printed."""
    cells = amendments(cut).cells
    return Revised(
        frozenset((each.indicator, each.office) for each in cells if each.indicator is not None),
        frozenset(each.office for each in cells if each.side == MONEY),
        frozenset(each.office for each in cells if each.side == VISITS),
    )


@reading
def base(cut: Cut) -> Base | None:
    """Return the edition to compare with: of a pack, that of the month before it; of a book, the last one issued,
    else the year's last pack. An issued edition goes before a draft."""
    if cut.period is None:
        issued = Edition.state.in_(ISSUED) | (Edition.state == EditionState.SUPERSEDED)
        found = _editions(cut, RunKind.BOOK).where(issued).order_by(Edition.number.desc()).first()
        last = 13
    else:
        found, last = None, cut.period
    if found is None:
        rank = Case(None, [(Edition.state.in_(ISSUED), 1)], 0)
        packs = _editions(cut, RunKind.PACK).join(Period).where(Period.number < last)
        found = packs.order_by(Period.number.desc(), rank.desc(), Edition.number.desc()).first()
    return None if found is None else Base(str(found.book), found.subject, found.number, found.cut_at)


def _editions(cut: Cut, kind: RunKind) -> ModelSelect:
    return Edition.select().where(
        Edition.book == kind.value,
        Edition.fiscal_year == year_id(cut),
        Edition.subject.endswith(f"/{cut.scope}") if cut.scope else ~Edition.subject.contains("/"),
        Edition.sha256 != "",
        Edition.cut_at < cut.cut_at,
    )


def _changes(table: type[Any], cut: Cut, since: Base, *columns: Any) -> ModelSelect:
    """Select the revisions of a table made after `since`, oldest first, with who made them and why."""
    return (
        Revision.select(Revision.row_id, Revision.before, Revision.after, AuditEntry.at, Person.name, *columns)
        .join(AuditEntry)
        .join(Person, JOIN.LEFT_OUTER, on=(AuditEntry.person == Person.id))
        .where(Revision.table_name == table.__name__, AuditEntry.at > since.cut_at, AuditEntry.at <= cut.cut_at)
        .order_by(Revision.id)
    )


def _answers(cut: Cut, since: Base, until: int) -> Iterable[Amendment]:
    """Cells of reports that had been handed in before and count now."""
    gone = list(_changes(Answer, cut, since, AuditEntry.note).where(Revision.after.is_null()).tuples())
    left = {before["submission"] for _, before, *_ in gone}
    reports = (
        Submission.select(Submission.id, Submission.unit, Period.number, Submission.form_version, Submission.note)
        .join(Period)
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= until,
            Submission.state.in_(COUNTED),
            Submission.first_submitted_at <= since.cut_at,
            Submission.id.in_(_touched(cut, since)) | Submission.id.in_(sorted(left)),
        )
    )
    told = {
        ident: (unit, month, version, note) for ident, unit, month, version, note in _of_division(reports, cut).tuples()
    }
    if not told:
        return
    rows = _changes(Answer, cut, since, AuditEntry.note).join_from(Revision, Answer, on=(Answer.id == Revision.row_id))
    kept = rows.where(Answer.submission.in_(list(told))).tuples()
    first: dict[int, dict[str, Any] | None] = {}
    last: dict[int, tuple[dict[str, Any] | None, dt.datetime, str, str]] = {}
    for row, before, after, at, by, note in [*kept, *gone]:
        picture = after or before or {}
        if picture.get("submission") in told:
            first.setdefault(row, before)
            last[row] = after, at, by or "", note
    words = _Words({told[_picture(first, last, row)["submission"]][2] for row in last})
    for row, (after, at, by, note) in last.items():
        before, picture = first[row], _picture(first, last, row)
        old, new = _shown(before), _shown(after)
        if old == new:
            continue
        unit, month, version, returned_for = told[picture["submission"]]
        what, measure = words.of(version, picture)
        why = note or (after or {}).get("reason", "") or returned_for
        yield Amendment(unit, month, what, measure, old, new, by, at, shortened(why), picture.get("indicator"))


def _of_division(reports: ModelSelect, cut: Cut) -> ModelSelect:
    """Narrow a query of reports to the forms of the cut's division; whole for all others."""
    if cut.division_code is None:
        return reports
    owned = FormVersion.select(FormVersion.id).join(Form).join(Unit).where(Unit.code == cut.division_code)
    return reports.where(Submission.form_version.in_(owned))


def _touched(cut: Cut, since: Base) -> ModelSelect:
    """The reports that anything was done to since: saving an answer touches its report, each step changes it."""
    of_answers = (
        Answer.select(Answer.submission)
        .join(Revision, on=((Revision.row_id == Answer.id) & (Revision.table_name == "Answer")))
        .join(AuditEntry)
        .where(AuditEntry.at > since.cut_at, AuditEntry.at <= cut.cut_at)
    )
    of_steps = (
        Revision.select(Revision.row_id)
        .join(AuditEntry)
        .where(Revision.table_name == "Submission", AuditEntry.at > since.cut_at, AuditEntry.at <= cut.cut_at)
    )
    return of_answers.union(of_steps)


def _picture(first: dict[int, Any], last: dict[int, Any], row: int) -> dict[str, Any]:
    picture: dict[str, Any] = last[row][0] or first[row] or {}
    return picture


def _shown(picture: dict[str, Any] | None) -> str:
    """Return what an answer said: a number, a text, that it does not apply, or nothing."""
    if picture is None:
        return formats.NONE
    if picture.get("mark") == Mark.NOT_APPLICABLE:
        return NOT_APPLICABLE
    if picture.get("number") is not None:
        return formats.quantity(Decimal(picture["number"]))
    return shortened(picture.get("text") or "") or formats.NONE


class _Words:
    """What the cells of some form versions are called: the indicator's name, else the question's label."""

    def __init__(self, versions: Iterable[int]) -> None:
        specs = FormVersion.select(FormVersion.id, FormVersion.spec).where(FormVersion.id.in_(list(versions))).tuples()
        self._labels = {
            (version, question.get("key")): str(question.get("label") or question.get("key"))
            for version, spec in specs
            for section in spec.get("sections", ())
            for question in section.get("questions", ())
        }
        self._indicators: dict[int, tuple[str, str]] = {}

    def of(self, version: int, picture: dict[str, Any]) -> tuple[str, str]:
        """Return a cell's name and its unit of measure."""
        indicator = picture.get("indicator")
        if indicator is not None:
            if indicator not in self._indicators:
                row = Indicator.get_by_id(indicator)
                self._indicators[indicator] = row.name, row.measure_unit.name
            return self._indicators[indicator]
        key = str(picture.get("key", ""))
        return self._labels.get((version, key)) or self._labels.get((version, key.split(".")[0])) or key, ""


def _visits(cut: Cut, since: Base, until: int) -> Iterable[Amendment]:
    """Visits of earlier months that no longer count, or count again, added up by office and month."""
    rows = (
        _changes(Visit, cut, since, AuditEntry.note, Visit.unit, Visit.visited_on)
        .join_from(Revision, Visit, on=(Visit.id == Revision.row_id))
        .where(
            Visit.visited_on >= first_day(cut.fiscal_year),
            Visit.visited_on <= last_day(cut.fiscal_year, until) if until else False,
            Visit.recorded_at <= since.cut_at,
            Revision.before.is_null(False),
            AuditEntry.verb.not_in(UPKEEP),
        )
    )
    first: dict[int, bool] = {}
    last: dict[int, tuple[Any, ...]] = {}
    for row, before, after, at, by, note, unit, day in rows.tuples():
        first.setdefault(row, _counts(before))
        last[row] = _counts(after), at, by or "", note, unit, day
    sums: dict[tuple[int, int], dict[str, Any]] = {}
    for row, (counts, at, by, note, unit, day) in last.items():
        if counts != first[row]:
            month = (day.month - 10) % 12 + 1
            one = sums.setdefault((unit, month), {"away": 0, "back": 0})
            one["back" if counts else "away"] += 1
            one.update(at=at, by=by, why=note or one.get("why", ""))
    for (unit, month), one in sums.items():
        now = one["back"] - one["away"]
        yield Amendment(
            unit, month, "การเข้าแนะนำส่งเสริมที่นับ", "ครั้ง", "0", formats.num(now, sign=True),
            one["by"], one["at"], shortened(one["why"]), None, VISITS,
        )  # fmt: skip


def _counts(picture: dict[str, Any] | None) -> bool:
    return picture is not None and picture.get("state") != VisitState.RETURNED


def _money(cut: Cut, since: Base, until: int) -> Iterable[Amendment]:
    """What was paid in earlier months, added up over the lines that changed, by office and month."""
    rows = (
        _changes(Disbursement, cut, since, AuditEntry.note, BudgetLine.unit, Disbursement.month)
        .join_from(Revision, Disbursement, on=(Disbursement.id == Revision.row_id))
        .join(BudgetLine)
        .where(BudgetLine.fiscal_year == year_id(cut), Disbursement.month <= until)
    )
    first: dict[int, int] = {}
    last: dict[int, tuple[Any, ...]] = {}
    for row, before, after, at, by, note, unit, month in rows.tuples():
        first.setdefault(row, _paid(before))
        last[row] = _paid(after), at, by or "", note, unit, month
    sums: dict[tuple[int, int], dict[str, Any]] = {}
    for row, (paid, at, by, note, unit, month) in last.items():
        if paid != first[row]:
            one = sums.setdefault((unit, month), {"old": 0, "new": 0, "lines": 0})
            one["old"] += first[row]
            one["new"] += paid
            one["lines"] += 1
            one.update(at=at, by=by, why=note or one.get("why", ""))
    for (unit, month), one in sums.items():
        yield Amendment(
            unit, month, f"เบิกจ่าย {one['lines']} รายการงบ", "บาท", formats.baht(one["old"]), formats.baht(one["new"]),
            one["by"], one["at"], shortened(one["why"]), None, MONEY,
        )  # fmt: skip


def _paid(picture: dict[str, Any] | None) -> int:
    return int((picture or {}).get("disbursed") or 0)


def _late(cut: Cut, since: Base, until: int) -> tuple[Late, ...]:
    """Reports first handed in, and visits first written down, after the months were printed."""
    reports: dict[int, list[int]] = defaultdict(list)
    rows = (
        Submission.select(Submission.unit, Period.number)
        .join(Period)
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= until,
            Submission.state.in_(COUNTED),
            Submission.first_submitted_at > since.cut_at,
            Submission.first_submitted_at <= cut.cut_at,
        )
        .order_by(Submission.unit, Period.number)
    )
    for unit, month in _of_division(rows, cut).tuples():
        reports[unit].append(month)
    visits: dict[int, int] = {}
    if until and cut.division_code is None:
        added = (
            Visit.select(Visit.unit, fn.COUNT(Visit.id))
            .where(
                Visit.visited_on >= first_day(cut.fiscal_year),
                Visit.visited_on <= last_day(cut.fiscal_year, until),
                Visit.recorded_at > since.cut_at,
                Visit.recorded_at <= cut.cut_at,
                Visit.state != VisitState.RETURNED,
            )
            .group_by(Visit.unit)
        )
        visits = dict(added.tuples())
    return tuple(
        Late(unit, tuple(sorted(set(reports.get(unit, ())))), len(reports.get(unit, ())), int(visits.get(unit, 0)))
        for unit in sorted({*reports, *visits})
    )


def _pending(cut: Cut, since: Base, until: int) -> int:
    """How many reports told before are with their offices for correction."""
    asked = (
        Submission.select()
        .join(Period)
        .where(
            Period.fiscal_year == year_id(cut),
            Period.kind == PeriodKind.MONTH,
            Period.number <= until,
            Submission.state.not_in(COUNTED),
            Submission.first_submitted_at <= since.cut_at,
        )
    )
    return int(within(_of_division(asked, cut), cut, Submission.unit).count())
