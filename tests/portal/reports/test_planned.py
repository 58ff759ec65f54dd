"""Pages and screens ask of an indicator what is planned for the month, worked out by either kind of store alike."""

import datetime as dt
from decimal import Decimal

from models import Indicator, MonthPlan, Target
from portal.reports.chapter import Cut
from portal.reports.chapters import projects
from portal.reports.figures import progress, results
from portal.reports.passports import issued
from portal.rules.progress import Aggregation, planned_to_date
from tests.pdf.year import fill

CUT = Cut(fiscal_year=2566, period=5, cut_at=dt.datetime(2023, 3, 5, 9, 0))


def _plan(target, months):
    MonthPlan.delete().where(MonthPlan.target == target).execute()
    for month, value in months.items():
        MonthPlan.create(target=target, month=month, value=Decimal(value))


def test_levels_are_judged_by_the_months_level_on_pages_on_screens_and_in_passports(database):
    fill(offices=2, projects=3, until=5)
    rules = (Aggregation.LAST, Aggregation.AVERAGE, Aggregation.GREATEST)
    for n, indicator in enumerate(Indicator.select().order_by(Indicator.id)):
        Indicator.update(
            month_rule=rules[n % 3],
            unit_rule=(Aggregation.SUM, Aggregation.AVERAGE)[n % 2],
            is_headline=True,
            green_at=Decimal(90 if n % 2 else 110),
            amber_at=Decimal(70),
        ).where(Indicator.id == indicator.id).execute()
    late, early = dict.fromkeys(range(7, 13), 40), dict.fromkeys(range(1, 6), 8)
    shapes = ({m: 10 * m for m in range(1, 13)}, {}, late, {1: 5, 3: 30}, early)
    for n, target in enumerate(Target.select().order_by(Target.id)):
        _plan(target, shapes[n % len(shapes)])

    cells, outcomes = results.cells(CUT), results.headlines(CUT)
    screen = progress.Progress(CUT, progress.Narrowed())
    held = issued.passports(CUT, {"projects": projects.gather(CUT)})

    seen = set()
    for facts in results.leading(CUT):
        plans = progress.plans_of(facts.id)
        for office, cell in cells[facts.id].items():
            planned = [plans.get((office, month)) for month in range(1, 13)]
            assert cell.plan == planned_to_date(planned, cell.target, 5, facts.month_rule)
            seen.add(cell.plan)
        outcome = outcomes[facts.id][-1]
        course = progress.course(screen, facts, progress.answers_of(CUT, facts.id), plans)
        assert screen.figure(facts).plan == outcome.plan == course[4].plan_to_date
        assert screen.figure(facts).standing is outcome.standing
    assert {None, Decimal(100), Decimal(50)} <= seen and len(seen) > 3
    sheet = held.sheet()
    assert [key for key, figure in held.figures.items() if sheet.figure(key) != figure.value] == []
