"""Builders: a unit, a person, a form with its obligation and submission … with the least that each needs."""

import datetime as dt
import itertools
from decimal import Decimal

from models import (
    Activity,
    Cooperative,
    CooperativeType,
    FiscalYear,
    Form,
    FormVersion,
    Indicator,
    MeasureUnit,
    Obligation,
    Period,
    Person,
    Plan,
    Project,
    Province,
    Region,
    Submission,
    Unit,
    Visit,
    VisitActivity,
)
from portal import records, submissions
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.fiscal import first_day, last_day
from portal.rules.workflow import State

NOON = dt.datetime(2023, 5, 18, 12, 0)
_numbers = itertools.count(1)


def row(model, **values):
    with records.changing(by=None, verb="make", at=NOON) as work:
        return work.create(model, **values)


def _one(model, **values):
    return model.get_or_none(*[getattr(model, k) == v for k, v in values.items()])


def region():
    return _one(Region, code="R98") or row(Region, code="R98", name="เขตตัวอย่าง")


def province():
    return _one(Province, code="99") or row(Province, code="99", name="จังหวัดตัวอย่าง", region=region())


def unit(*, is_office=True, **values):
    n = next(_numbers)
    values.setdefault("code", f"U{n}")
    values.setdefault("name", f"หน่วยตัวอย่าง {n}")
    values.setdefault("short", f"ตย.{n}")
    kind = "provincial" if is_office else "central"
    return row(Unit, kind=kind, province=province(), region=region(), **values)


def person(role=Role.REPORTER, unit=None, **values):
    n = next(_numbers)
    at = unit or globals()["unit"](is_office=role in OFFICE_ROLES)
    return row(Person, username=f"person{n}", name=f"คนตัวอย่าง {n}", role=role, unit=at, **values)


def fiscal_year(year=2566):
    there = _one(FiscalYear, year=year)
    return there or row(FiscalYear, year=year, starts_on=first_day(year), ends_on=last_day(year))


def period(number=8, year=2566, *, is_open=True):
    fy = fiscal_year(year)
    there = Period.get_or_none(Period.fiscal_year == fy, Period.kind == "month", Period.number == number)
    begins = first_day(year, number)
    made = there or row(
        Period,
        fiscal_year=fy,
        kind="month",
        number=number,
        starts_on=begins,
        ends_on=last_day(year, number),
        opens_on=begins,
    )
    if is_open and made.opened_at is None:
        with records.changing(by=None, verb="make", at=NOON) as work:
            work.update(made, opened_at=NOON)
    return made


def indicator(*, decimals=0, is_percentage=False, **values):
    n = next(_numbers)
    fy = fiscal_year()
    plan = _one(Plan, code="T1") or row(Plan, fiscal_year=fy, code="T1", name="แผนงานตัวอย่าง")
    project = row(
        Project, plan=plan, code=f"T{n}", name=f"โครงการตัวอย่าง {n}", owner=unit(is_office=False),
        starts_on=fy.starts_on, ends_on=fy.ends_on,
    )  # fmt: skip
    activity = row(Activity, project=project, code=f"T{n}", name="กิจกรรมตัวอย่าง")
    measure = row(MeasureUnit, code=f"T{n}", name=f"หน่วยนับ {n}", decimals=decimals, is_percentage=is_percentage)
    values.setdefault("name", f"ตัวชี้วัดตัวอย่าง {n}")
    return row(Indicator, activity=activity, code=f"T{n}", measure_unit=measure, **values)


def form(owner=None, spec=None, **values):
    n = next(_numbers)
    made = row(Form, code=f"T-{n}", name=f"แบบรายงานตัวอย่าง {n}", owner=owner or unit(is_office=False), **values)
    spec = spec or {"sections": [{"title": "ผลงาน", "questions": [
        {"key": "done", "kind": "whole", "label": "ทำได้", "required": True},
        {"key": "note", "kind": "text", "label": "หมายเหตุ"},
    ]}]}  # fmt: skip
    row(FormVersion, form=made, number=1, spec=spec, state="published", published_at=NOON)
    return made


def obligation(unit=None, form=None, period=None, due_on=dt.date(2023, 5, 20)):
    form, period = form or globals()["form"](), period or globals()["period"]()
    return row(Obligation, unit=unit or globals()["unit"](), form=form, subject=form.code, period=period, due_on=due_on)


def submission(state=State.DRAFT, unit=None, form=None, period=None):
    """A submission taken to `state` by the same steps that people take."""
    owed = obligation(unit, form, period)
    office = owed.unit
    made = submissions.begin(owed, by=person(Role.REPORTER, office), at=NOON)
    submissions.save_answers(made, {"done": Decimal(5)}, by=person(Role.REPORTER, office), at=NOON)
    if state == State.DRAFT:
        return made
    submissions.submit(made, by=person(Role.APPROVER, office), at=NOON)
    owner = owed.form.owner
    if state == State.RETURNED:
        submissions.send_back(made, by=person(Role.DIVISION, owner), at=NOON, note="ตัวเลขไม่ตรงกับแผน")
    elif state in (State.VERIFIED, State.CONSOLIDATED):
        submissions.verify(made, by=person(Role.DIVISION, owner), at=NOON)
    if state == State.CONSOLIDATED:
        submissions.consolidate(made, by=person(Role.PLANNING), at=NOON)
    return Submission.get_by_id(made.id)


def cooperative(unit=None, reviewer=None, **values):
    n = next(_numbers)
    office = unit or globals()["unit"]()
    kind = _one(CooperativeType, code=f"T{reviewer.id}" if reviewer else "TAGR") or row(
        CooperativeType, code=f"T{reviewer.id}" if reviewer else "TAGR",
        name=f"สหกรณ์ตัวอย่าง {n}", sector="agricultural", reviewer=reviewer or globals()["unit"](is_office=False),
    )  # fmt: skip
    values.setdefault("name", f"สหกรณ์ตัวอย่างที่ {n} จำกัด")
    return row(Cooperative, registration_number=f"{n:013d}", type=kind, unit=office, province=office.province, **values)


def visit(cooperative=None, **values):
    institution = cooperative or globals()["cooperative"]()
    activity = _one(VisitActivity, code="TV") or row(VisitActivity, code="TV", name="แนะนำตัวอย่าง")
    values.setdefault("visited_on", dt.date(2023, 5, 10))
    values.setdefault("subject", "แนะนำการจัดทำบัญชี")
    return row(
        Visit, cooperative=institution, unit=institution.unit, activity=activity,
        officer=person(Role.REPORTER, institution.unit), recorded_at=NOON, **values,
    )  # fmt: skip
