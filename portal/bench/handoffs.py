"""A year handed to each other system: 300 indicators of 78 offices, twelve months, and 50,000 budget lines.

Beside each target, in the same run, what its figures cost asked for row by row.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peewee import fn

from models import (
    Activity,
    Answer,
    BudgetLine,
    Disbursement,
    Form,
    FormVersion,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Obligation,
    Period,
    Plan,
    Project,
    Submission,
    Target,
    Unit,
    db,
)
from portal import exports, records
from portal.database import tuples
from portal.exports import dispatches, writing
from portal.exports.composing import Data
from portal.files import FolderFiles
from portal.rules import handoffs
from portal.rules.terms import UnitKind
from portal.rules.workflow import State

AT = dt.datetime(2023, 10, 2, 9, 0)
WHOLE_YEAR = "2566"
INDICATORS = 10  # of each project
MOST_SECONDS = 10.0
PLAIN_ROWS = 3  # of each kind, asked for one by one
ONE = 10_000
TWELVE = range(1, 13)


def fill() -> None:
    """Add activities, indicators, targets, plans and verified reports to the projects that are there."""
    projects = [i for (i,) in tuples(Project.select(Project.id).order_by(Project.id))]
    offices = [i for (i,) in tuples(Unit.select(Unit.id).where(Unit.kind == UnitKind.PROVINCIAL).order_by(Unit.id))]
    months = dict(tuples(Period.select(Period.number, Period.id).where(Period.kind == "month")))
    measure = MeasureUnit.select(MeasureUnit.id).where(~MeasureUnit.is_percentage).order_by(MeasureUnit.id).scalar()
    owner = Unit.get(Unit.parent.is_null())
    moment = AT.isoformat(sep=" ")
    with records.changing(by=None, verb="bench", at=AT) as work:
        forms = []
        for plan in Plan.select():
            work.update(plan, strategy="ด้านการสร้างความสามารถในการแข่งขัน")
        for row in Project.select():
            work.update(row, is_priority=True, objective="เพื่อการวัด", expected_outcome="วัดได้")
        for n, project in enumerate(projects, 1):
            activity = work.create(Activity, project=project, code=f"B{n:02d}", name=f"กิจกรรมที่ {n}")
            for m in range(1, INDICATORS + 1):
                work.create(
                    Indicator, activity=activity, code=f"B{n:02d}-{m:02d}", name=f"ตัวชี้วัดที่ {n}.{m}", measure_unit=measure
                )
            form = work.create(Form, code=f"B-{n:02d}", name=f"แบบที่ {n}", owner=owner, project=project)
            version = work.create(FormVersion, form=form, spec={}, state="published", published_at=AT)
            forms.append((form.id, version.id))
        indicators = [i for (i,) in tuples(Indicator.select(Indicator.id).order_by(Indicator.id))]

        def targets() -> Iterator[tuple[Any, ...]]:
            for n, indicator in enumerate(indicators):
                for m, office in enumerate(offices):
                    yield n * len(offices) + m + 1, indicator, office, 120 * ONE

        def reports() -> Iterator[tuple[Any, ...]]:
            ident = 0
            for form, version in forms:
                for office in offices:
                    for month in TWELVE:
                        ident += 1
                        yield ident, form, version, office, months[month]

        work.insert_rows(Target, ("id", "indicator", "unit", "value"), targets())
        count = len(indicators) * len(offices)
        plans = ((target, month, 10 * ONE) for target in range(1, count + 1) for month in TWELVE)
        work.insert_rows(MonthPlan, ("target", "month", "value"), plans)
        work.insert_rows(
            Obligation,
            ("id", "unit", "period", "subject", "form", "due_on", "state", "met_at"),
            (
                (i, office, month, f"B-{form}", form, "2023-10-20", "met", moment)
                for i, form, _, office, month in reports()
            ),
        )
        work.insert_rows(
            Submission,
            ("id", "obligation", "unit", "period", "form_version", "state", "submitted_at", "verified_at"),
            (
                (i, i, office, month, version, State.VERIFIED.value, moment, moment)
                for i, _, version, office, month in reports()
            ),
        )
        first = {form: n * INDICATORS for n, (form, _) in enumerate(forms)}
        work.insert_rows(
            Answer,
            ("submission", "key", "indicator", "number"),
            (
                (i, f"q{m}", indicators[first[form] + m], (i * 7 + m) % 20 * ONE)
                for i, form, *_ in reports()
                for m in range(INDICATORS)
            ),
        )
    db.execute_sql("ANALYZE")


def measure(engine: str) -> bool:
    """Hand the whole year to each target, print what it costs, and return whether each keeps within its limit."""
    span = handoffs.span(WHOLE_YEAR)
    answers, lines = Answer.select().count(), BudgetLine.select().count()
    print(f"\na year handed off ({engine}): {answers:,} answers, {lines:,} budget lines of twelve months")
    print(f"{'':24}{'rows':>8}{'seconds':>9}{'row by row':>12}{'times':>8}")
    reached = []
    per_line, per_indicator = _row_by_row()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        place = FolderFiles(Path(folder))
        for target in exports.EXPORTS:
            began = time.monotonic()
            looked = dispatches.look(target, span, is_provisional=False, files=place, at=AT)
            made = writing.files(target, looked.data, [], is_changes_only=False)
            taken = time.monotonic() - began
            assert made and looked.data.count and not looked.composed.violations, looked.composed.violations[:3]
            plain = _plainly(looked.data, per_line, per_indicator)
            print(f"{target.title:24}{looked.data.count:>8,}{taken:>9.1f}{plain:>12.1f}{plain / taken:>8.1f}")
            reached.append(taken <= MOST_SECONDS)
    return all(reached)


def _plainly(data: Data, per_line: float, per_indicator: float) -> float:
    """Return the seconds in which the figures of these rows would have come, each asked for by itself."""
    money = {"302": per_line, "m4b": per_line}
    work = {"301": per_indicator, "m5": per_indicator, "page": per_indicator + per_line}
    return sum(len(sheet.rows) * (money.get(sheet.slug, 0) + work.get(sheet.slug, 0)) for sheet in data.sheets)


def _row_by_row() -> tuple[float, float]:
    """Return the seconds that a row of money and a row of results cost when each of its months is a query."""
    began = time.monotonic()
    keys = (BudgetLine.project, BudgetLine.category)
    for project, category in list(tuples(BudgetLine.select(*keys).distinct().limit(PLAIN_ROWS))):
        for month in TWELVE:
            paid = Disbursement.select(fn.SUM(Disbursement.disbursed)).join(BudgetLine)
            of_row = (BudgetLine.project == project, BudgetLine.category == category, Disbursement.month == month)
            paid.where(*of_row).scalar()
    per_line = (time.monotonic() - began) / PLAIN_ROWS
    began = time.monotonic()
    for (indicator,) in list(tuples(Indicator.select(Indicator.id).order_by(Indicator.id).limit(PLAIN_ROWS))):
        for month in TWELVE:
            done = Answer.select(fn.SUM(Answer.number).coerce(False)).join(Submission).join(Period)
            done.where(Answer.indicator == indicator, Period.number == month, Submission.state == "verified").scalar()
            plan = MonthPlan.select(fn.SUM(MonthPlan.value).coerce(False)).join(Target)
            plan.where(Target.indicator == indicator, MonthPlan.month == month).scalar()
    return per_line, (time.monotonic() - began) / PLAIN_ROWS
