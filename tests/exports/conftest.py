"""A small year to hand off: two offices report one project's two figures and their problems, and money is spent."""

import datetime as dt
from decimal import Decimal

import pytest

from models import (
    Activity,
    BudgetCategory,
    BudgetLine,
    Disbursement,
    DisbursementTarget,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Obligation,
    Period,
    Plan,
    Project,
    Submission,
    Target,
)
from portal import exports, submissions
from portal.exports import dispatches
from portal.files import FolderFiles
from portal.reports import runs
from portal.rules import handoffs
from portal.rules.access import Role
from portal.rules.fiscal import first_day, last_day
from portal.rules.terms import RunKind
from tests import make
from tests.make import NOON

QUARTER = handoffs.span("2566-q3")
CODE = "07012140002002000010"
LATER = dt.datetime(2023, 8, 1, 9, 0)


class Year:
    """The records, and the few acts that the tests need."""

    def __init__(self, folder):
        self.files = FolderFiles(folder / "files")
        self.year = make.fiscal_year()
        self.periods = {m: make.period(m) for m in (7, 8, 9)}
        begins, ends = first_day(2566, 7), last_day(2566, 9)
        of_quarter = {"fiscal_year": self.year, "kind": "quarter", "number": 3}
        self.quarter = make._one(Period, **of_quarter) or make.row(
            Period, **of_quarter, starts_on=begins, ends_on=ends, opens_on=begins, opened_at=NOON
        )
        self.division = make.unit(is_office=False, name="กองตัวอย่างนำส่ง")
        self.planning = make.person(Role.PLANNING, make.unit(is_office=False, duty="planning"))
        self.checker = make.person(Role.DIVISION, self.division)
        self.taker = make.person(Role.PLANNING)
        plan = make.row(
            Plan, fiscal_year=self.year, code="14", name="แผนงานพื้นฐาน", strategy="ด้านการสร้างความสามารถในการแข่งขัน"
        )
        self.project = make.row(
            Project, plan=plan, code="02", name="ส่งเสริมสหกรณ์", owner=self.division, starts_on=self.year.starts_on,
            ends_on=self.year.ends_on, objective="เพื่อพัฒนาสหกรณ์", expected_outcome="สหกรณ์เข้มแข็ง", is_priority=True,
        )  # fmt: skip
        main = make.row(Activity, project=self.project, code="A1", name="อบรม")
        part = make.row(Activity, project=self.project, code="A1.1", name="อบรมกรรมการ", parent=main)
        person = make._one(MeasureUnit, name="คน") or make.row(MeasureUnit, code="PERSON", name="คน", decimals=0)
        share = make._one(MeasureUnit, name="ร้อยละ") or make.row(
            MeasureUnit, code="PCT", name="ร้อยละ", decimals=2, is_percentage=True
        )
        self.people = make.row(
            Indicator, activity=part, code="I1", name="ผู้เข้าอบรม", measure_unit=person, is_headline=True
        )
        rules = {"month_rule": "last", "unit_rule": "average"}
        self.quality = make.row(Indicator, activity=main, code="I2", name="ผู้สอบผ่าน", measure_unit=share, **rules)
        self.offices = [make.unit(), make.unit()]
        for office in self.offices:
            target = make.row(Target, indicator=self.people, unit=office, value=Decimal(120))
            for month in range(1, 13):
                make.row(MonthPlan, target=target, month=month, value=Decimal(10))
        question = {"kind": "number", "required": False}
        spec = {"sections": [{"title": "ผล", "questions": [
            {"key": "people", "label": "คน", "indicator": "I1", "indicator_id": self.people.id, **question},
            {"key": "quality", "label": "ร้อยละ", "indicator": "I2", "indicator_id": self.quality.id, **question},
            {"key": "problems", "label": "ปัญหา", "kind": "long_text", "required": False},
            {"key": "remedies", "label": "แนวทางแก้ไข", "kind": "long_text", "required": False},
        ]}]}  # fmt: skip
        self.form = make.form(self.division, spec, project=self.project)
        self.category = make._one(BudgetCategory, code="2") or make.row(
            BudgetCategory, code="2", name="งบดำเนินงาน", gfmis_code="2XX", nature="recurrent"
        )
        self.line = make.row(
            BudgetLine, fiscal_year=self.year, code=CODE, unit=self.offices[0], project=self.project,
            category=self.category, nature="recurrent", act=120_000_00, after_transfers=100_000_00,
            received=100_000_00,
        )  # fmt: skip
        for month in (7, 8, 9):
            paid = {"disbursed": month * 1000_00, "ordered": 0, "reserved": 0, "data_as_of": dt.date(2023, 6, 30)}
            make.row(Disbursement, line=self.line, month=month, **paid)
        for quarter, percent in enumerate((32, 52, 75, 93), 1) if not DisbursementTarget.select().exists() else ():
            make.row(
                DisbursementTarget, fiscal_year=self.year, quarter=quarter, kind="disbursed_recurrent",
                percent=Decimal(percent), certainty="sourced",
            )  # fmt: skip
        self.handoff = make.row(
            Obligation, unit=self.planning.unit, period=self.quarter, subject="handoff", duty="handoff",
            due_on=dt.date(2023, 7, 15),
        )  # fmt: skip
        self.reports = {}

    def report(self, office, month, *, people, quality, problem="", remedy="", verified=True):
        """An office's report of a month, sent and, unless told otherwise, verified."""
        unit, period = self.offices[office], self.periods[month]
        owed = make.obligation(unit, self.form, period)
        by = make.person(Role.REPORTER, unit)
        made = submissions.begin(owed, by=by, at=NOON)
        answers = {"people": people, "quality": quality, "problems": problem, "remedies": remedy}
        submissions.save_answers(made, {k: v for k, v in answers.items() if v != ""}, by=by, at=NOON)
        submissions.submit(made, by=make.person(Role.APPROVER, unit), at=NOON)
        if verified:
            submissions.verify(made, by=self.checker, at=NOON)
        self.reports[office, month] = made.id
        return made

    def all_reports(self):
        for office in (0, 1):
            for month in (7, 8, 9):
                self.report(
                    office, month, people=Decimal(month + office), quality=Decimal(90 + month - office),
                    problem="ฝนตกหนัก" if month == 8 else "", remedy="เลื่อนอบรม" if month == 8 else "",
                )  # fmt: skip

    def correct(self, office, month, *, verified=True, **answers):
        """The office's report comes back, is changed, sent and verified again."""
        report = Submission.get_by_id(self.reports[office, month])
        submissions.send_back(report, by=self.taker, at=NOON, note="ตัวเลขผิด")
        unit = self.offices[office]
        submissions.save_answers(report, answers, by=make.person(Role.REPORTER, unit), at=NOON)
        submissions.submit(Submission.get_by_id(report.id), by=make.person(Role.APPROVER, unit), at=NOON)
        if verified:
            submissions.verify(Submission.get_by_id(report.id), by=self.checker, at=NOON)

    def look(self, system, span=QUARTER, **given):
        given = {"is_provisional": False, "at": NOON} | given
        return dispatches.look(exports.target(system), span, files=self.files, **given)

    def dispatch(self, system, span=QUARTER, *, at=NOON, **given):
        """A dispatch as a worker makes it; the run must have come to a good end."""
        dispatch, run = self.asked(system, span, at=at, **given)
        assert run.state == "done", run.error
        return dispatch

    def asked(self, system, span=QUARTER, *, at=NOON, **given):
        """A dispatch and its run, whatever came of it."""
        given = {"is_changes_only": False, "is_provisional": False} | given
        dispatch, _run = dispatches.ask(exports.target(system), span, by=self.planning, at=at, **given)
        return self.make(dispatch, at=at)

    def make(self, dispatch, *, at=NOON):
        """Do what a worker does when the bell rings for a dispatch; return it and its run."""

        def do(asked, progress):
            dispatches.make(dispatches.of_run(asked.subject), files=self.files, teller=progress, now=lambda: at)

        runs.carry_out(dispatches.run_of(dispatch).id, kinds=(RunKind.EXPORT,), do=do, now=lambda: at)
        return dispatches.of_run(str(dispatch.id)), dispatches.run_of(dispatch)

    def content(self, dispatch, ending):
        """The bytes of a dispatch's file whose name ends so."""
        one = next(each for each in dispatch.files if each["name"].endswith(ending))
        with self.files.open(one["key"]) as source:
            return source.read()


def rows(data, slug):
    """A sheet's rows by key, each cell by its heading."""
    sheet = next(each for each in data.sheets if each.slug == slug)
    return {
        row.key: {h.text: cell for h, cell in zip(sheet.headings, row.cells, strict=True)} for row in sheet.rows
    }  # fmt: skip


@pytest.fixture
def year(migrated, tmp_path):
    """The year with all reports of its third quarter verified."""
    made = Year(tmp_path)
    made.all_reports()
    return made
