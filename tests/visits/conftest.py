"""An office with a plan: what the tests of visits begin with."""

import datetime as dt
from types import SimpleNamespace

import pytest

from models import Unit, VisitActivity, VisitPlan, VisitPlanLine
from portal.rules.access import Role
from tests import make
from tests.make import NOON

TODAY = NOON.date()


@pytest.fixture
def office(migrated):
    """One office in May 2566: an agricultural institution with planned work in April, May and June, and its people."""
    agricultural, other = make.unit(is_office=False), make.unit(is_office=False)
    institution = make.cooperative(reviewer=agricultural)
    unit = Unit.get_by_id(institution.unit_id)
    make.period(7)
    month = make.period(8)
    works = [
        make.row(VisitActivity, code=f"W{n}", name=name, position=n)
        for n, name in enumerate(("แนะนำการบัญชี", "ร่วมประชุม", "ตรวจการ", "ส่งเสริมการตลาด"), 1)
    ]
    plan = make.row(
        VisitPlan, cooperative=institution, fiscal_year=month.fiscal_year_id, unit=unit, state="approved",
        approved_by=make.person(Role.APPROVER, unit), approved_at=NOON,
    )  # fmt: skip
    for work, number, count in ((works[0], 8, 1), (works[1], 8, 2), (works[1], 7, 1), (works[2], 9, 1)):
        make.row(VisitPlanLine, plan=plan, activity=work, month=number, visits=count)
    elsewhere = make.cooperative(unit, reviewer=other)
    return SimpleNamespace(
        unit=unit, institution=institution, elsewhere=elsewhere, works=works, plan=plan, month=month,
        officer=make.person(Role.REPORTER, unit), head=make.person(Role.APPROVER, unit),
        reviewer=make.person(Role.DIVISION, agricultural), stranger=make.person(Role.DIVISION, other),
        year=month.fiscal_year,
    )  # fmt: skip


def values(office, **more):
    """What a person types for a planned visit."""
    return {
        "cooperative": office.institution.id, "visited_on": dt.date(2023, 5, 10), "officer": office.officer.id,
        "activity": office.works[0].id, "subject": "แนะนำการบัญชี", "findings": "บัญชีเป็นปัจจุบัน",
    } | more  # fmt: skip
