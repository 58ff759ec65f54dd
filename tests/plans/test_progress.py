"""Progress against the plan: each figure with its denominator, groups that count, measured against a version, pages."""

import datetime as dt
from decimal import Decimal as D

import pytest

from models import BudgetCategory, BudgetLine, Disbursement, Indicator, Region, Target
from portal import plan_versions, plans, records, submissions
from portal.reports.chapter import Cut
from portal.reports.figures import progress, results
from portal.reports.figures.progress import By, Narrowed, Progress
from portal.rules.access import Role
from portal.rules.progress import NoForecast, Standing
from portal.rules.workflow import State
from tests import make
from tests.counting import Counted

AT = dt.datetime(2023, 1, 16, 9, 0)
PLAN = {1: D(10), 2: D(20), 3: D(30), 12: D(60)}  # 120 in the year, 60 by December


@pytest.fixture
def year(migrated):
    """One indicator of two offices in one region: one has done 45 of 60 by December, the other 66."""
    indicator, planner = make.indicator(), make.person(Role.PLANNING)
    owner = indicator.activity.project.owner
    questions = [
        {"key": "done", "kind": "whole", "label": "ทำได้", "indicator_id": indicator.id},
        {"key": "problems", "kind": "text", "label": "ปัญหา"}, {"key": "remedies", "kind": "text", "label": "แนวทาง"},
    ]  # fmt: skip
    form = make.form(owner=owner, spec={"sections": [{"questions": questions}]}, project=indicator.activity.project)
    offices = [make.unit(code="P40"), make.unit(code="P41")]
    for office, done in zip(offices, ((15, 15, 15), (22, 22, 22)), strict=True):
        target = make.row(Target, indicator=indicator, unit=office, value=D(120))
        plans.plan_months(target, PLAN, by=planner, at=AT)
        for month, value in enumerate(done, 1):
            answers = {"done": D(value), "problems": "ฝนตก", "remedies": "เลื่อนวัน"}
            report(office, form, month, answers)
    return indicator, offices, planner


def report(office, form, month, answers):
    owed = make.obligation(office, form, make.period(month), due_on=dt.date(2023, 1, 20))
    made = submissions.begin(owed, by=make.person(Role.REPORTER, office), at=AT)
    submissions.save_answers(made, answers, by=make.person(Role.REPORTER, office), at=AT)
    submissions.submit(made, by=make.person(Role.APPROVER, office), at=AT)
    assert made.state is State.SUBMITTED


def at(month=3, version=None, **narrowed):
    cut = Cut(fiscal_year=2566, period=month, cut_at=AT)
    return Progress(cut, Narrowed(**narrowed), version)


def facts_of(found, indicator):
    return next(one for one in found.indicators if one.id == indicator.id)


def test_every_figure_of_an_indicator_has_its_own_denominator(year):
    indicator, offices, _ = year
    found = at()
    one = found.figure(facts_of(found, indicator))

    assert (one.month, one.value, one.plan, one.target) == (37, 111, 120, 240)
    assert (one.of_plan, one.of_year) == (D("92.5"), D("46.25"))
    assert one.forecast.value == D(111) + 120 * D("0.925")
    assert (one.standing, one.offices, one.owing, one.behind) == (Standing.PROBLEM, 2, 2, 1)
    alone = at(unit=offices[1].id)
    assert alone.figure(facts_of(alone, indicator)).of_plan == 110


def test_the_same_figures_are_printed(year):
    indicator, *_ = year
    found = at()
    printed = results.outcome(facts_of(found, indicator), results.cells(found.cut)[indicator.id].values())
    one = found.figure(facts_of(found, indicator))

    assert (one.value, one.plan, one.of_plan, one.of_year) == (
        printed.value, printed.plan, printed.reached, printed.of_year)  # fmt: skip


def test_groups_count_indicators_and_add_no_percentages(year):
    indicator, *_ = year
    found = at()
    units = {line.code: line.tally for line in found.lines(By.UNIT)}

    assert units["P40"].counts == {Standing.PROBLEM: 1}
    assert units["P41"].counts == {Standing.ON_TRACK: 1}
    assert (units["P41"].on_track, units["P40"].on_track, units["P40"].judged) == (100, 0, 1)
    (region,) = found.lines(By.REGION)
    assert (region.name, region.tally.counts) == (Region.get().name, {Standing.PROBLEM: 1})
    (project,) = found.lines(By.PROJECT)
    assert project.key == str(indicator.activity.project_id)


def test_results_are_measured_against_the_version_asked_for(year):
    indicator, offices, planner = year
    fiscal = make.fiscal_year()
    plan_versions.approve(fiscal, approved_on=AT.date(), approver="อธิบดี", document_number="1", by=planner, at=AT)
    for target in Target.select():
        plans.plan_months(target, {3: D(10)}, by=planner, at=AT)

    now, then = at(), at(version=plan_versions.state(fiscal, 1))

    assert now.figure(facts_of(now, indicator)).plan == 80
    held = then.figure(facts_of(then, indicator))
    assert (held.value, held.plan, held.of_plan) == (111, 120, D("92.5"))
    assert len(offices) == 2


def test_an_indicators_own_thresholds_decide_how_it_stands(year):
    indicator, *_ = year
    with records.changing(by=None, verb="make", at=AT) as work:
        work.update(Indicator.get_by_id(indicator.id), green_at=D(90), amber_at=D(70))
    found = at()

    assert found.figure(facts_of(found, indicator)).standing is Standing.ON_TRACK


def test_no_forecast_before_the_third_month(year):
    indicator, *_ = year
    found = at(month=2)

    assert found.figure(facts_of(found, indicator)).forecast.why_not is NoForecast.TOO_EARLY


def test_what_is_behind_comes_with_cause_remedy_and_owner(year):
    indicator, offices, _ = year
    (one,) = progress.behind(at())

    assert (one.facts.id, one.figure.behind) == (indicator.id, 1)
    assert [(said.problem, said.remedy, said.offices) for said in one.said] == [("ฝนตก", "เลื่อนวัน", 2)]
    assert one.project.owner == indicator.activity.project.owner.short
    assert progress.behind(at(unit=offices[1].id)) == []


def test_the_months_of_an_indicator_add_up_to_its_figures(year):
    indicator, *_ = year
    found = at()
    facts = facts_of(found, indicator)
    months = progress.course(found, facts, progress.answers_of(found.cut, facts.id), progress.plans_of(facts.id))

    assert [(m.plan, m.value, m.plan_to_date, m.value_to_date) for m in months[:3]] == [
        (20, 37, 20, 37), (40, 37, 60, 74), (60, 37, 120, 111)]  # fmt: skip
    assert (months[3].value_to_date, months[11].plan_to_date) == (None, 240)


def test_the_pages_show_it_and_an_office_sees_its_own_office_alone(year, client, sign_in):
    indicator, offices, planner = year
    sign_in(planner)
    page = client.get("/admin/progress/?year=2566&month=3&rows=indicator").text
    assert "92.5" in page and indicator.name in page
    for rows in By:
        assert client.get(f"/admin/progress/?year=2566&month=3&rows={rows}").status_code == 200
    assert "ฝนตก" in client.get("/admin/progress/behind/?year=2566&month=3").text
    page = client.get(f"/admin/progress/indicator/?id={indicator.id}&month=3").text
    assert "46.3" in page
    assert page.count('role="img"') == 1 and "แผนสะสม 240" in page  # the year as a curve, which says itself in words
    file = client.get("/admin/progress/export/csv/?year=2566&month=3&rows=indicator").text
    assert "92.5" in file and "111" in file
    assert client.get("/admin/progress/export/xlsx/?year=2566&month=3&rows=unit").data[:2] == b"PK"

    sign_in(make.person(Role.REPORTER, offices[1]))
    page = client.get(f"/admin/progress/?year=2566&month=3&rows=indicator&unit={offices[0].id}").text
    assert "110.0" in page and "75.0" not in page
    assert "92.5" not in client.get(f"/admin/progress/indicator/?id={indicator.id}&month=3&region=R98").text


PAGES = (
    *(f"/admin/progress/?year=2566&month=3&rows={rows}" for rows in By), "/admin/progress/behind/?year=2566&month=3",
    "/admin/plan-tree/?year=2566", "/admin/money/?year=2566", "/admin/",
)  # fmt: skip


def asked(client, page):
    assert client.get(page).status_code == 200  # what is kept between requests is kept now
    with Counted() as statements:
        client.get(page)
    return len(statements)


def grow(offices, planner, n):
    """Another indicator of as many offices with targets, months, a form with reports, and money."""
    indicator, category = make.indicator(), make.row(BudgetCategory, code=f"9.{n}", name=f"งบทดสอบ {n}")
    question = {"key": "done", "kind": "whole", "label": "ทำได้", "indicator_id": indicator.id}
    project = indicator.activity.project
    form = make.form(owner=project.owner, spec={"sections": [{"questions": [question]}]}, project=project)
    for office in (*offices, make.unit()):
        target = make.row(Target, indicator=indicator, unit=office, value=D(120))
        plans.plan_months(target, PLAN, by=planner, at=AT)
        report(office, form, 3, {"done": D(5)})
        line = make.row(
            BudgetLine, fiscal_year=make.fiscal_year(), code=f"0700{n:016d}", unit=office, project=project,
            category=category, nature="recurrent", after_transfers=900_00,
        )  # fmt: skip
        make.row(Disbursement, line=line, month=3, disbursed=100_00, data_as_of=AT.date())


def test_no_page_asks_the_store_more_often_when_a_year_holds_more(year, client, sign_in):
    _, offices, planner = year
    sign_in(planner)
    grow(offices, planner, 1)
    few = {page: asked(client, page) for page in PAGES}

    for n in (2, 3, 4):
        grow(offices, planner, n)

    assert {page: asked(client, page) for page in PAGES} == few
