"""A made-up fiscal year for pages to be set from: small or large, tame or wild, the same every time."""

import datetime as dt
import random
from decimal import Decimal

from peewee import chunked

from models import (
    Activity,
    Answer,
    BookEntry,
    BudgetCategory,
    BudgetLine,
    Cooperative,
    CooperativeType,
    CooperativeYear,
    Disbursement,
    FiscalYear,
    Form,
    FormVersion,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Obligation,
    Period,
    Person,
    Plan,
    Project,
    Submission,
    Target,
    Unit,
    Visit,
    VisitActivity,
    VisitPlan,
    VisitPlanLine,
    db,
)
from portal import database
from portal.reports import books, outlines
from portal.rules.access import Role
from portal.rules.fiscal import first_day

LONG = "สนับสนุนการพัฒนาศักยภาพสหกรณ์และกลุ่มเกษตรกรเพื่อเพิ่มขีดความสามารถในการแข่งขันด้วยนวัตกรรมและเทคโนโลยี"
SHORT = ("summary", "timeliness", "disbursement", "projects", "visits", "method")
SHAPE = (4, 6, 8, 8, 9, 10, 10, 10, 10, 9, 9, 7)


def _insert(model, rows):
    """Insert dictionaries in bulk and return the ids given."""
    first = (model.select(model.id).order_by(model.id.desc()).limit(1).scalar() or 0) + 1
    for n, row in enumerate(rows):
        row["id"] = first + n
    for part in chunked(rows, 500):
        model.insert_many(part).execute()
    if rows and not database.is_sqlite():
        table = model._meta.table_name
        database.db.execute_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows[-1]['id']})")
    return [row["id"] for row in rows]


def fill(
    *,
    offices=6,
    projects=3,
    forms=2,
    institutions=9,
    visits=3,
    until=12,
    name=lambda n: f"โครงการตัวอย่างที่ {n}",
    late=0.1,
    problem="",
):
    """Fill fiscal year 2566 of a store with reference data, up to fiscal month `until`.

    Only the first `offices` offices are open. `problem` is what offices write when they have one.
    """
    chance = random.Random(2566)
    with db.atomic():
        year = FiscalYear.get(FiscalYear.year == 2566)
        before = FiscalYear.get_or_none(FiscalYear.year == 2565) or FiscalYear.create(
            year=2565, starts_on=dt.date(2021, 10, 1), ends_on=dt.date(2022, 9, 30)
        )
        every = list(Unit.select().where(Unit.kind == "provincial").order_by(Unit.id))
        offices = every[:offices]
        Unit.update(closed_on=dt.date(2020, 1, 1)).where(
            Unit.id.in_([u.id for u in every[len(offices) :]] or [0])
        ).execute()
        owners = list(Unit.select().where(Unit.kind == "central", Unit.parent.is_null(False)).order_by(Unit.id))
        sender, checker = _people(offices, owners)
        plans = _insert(
            Plan,
            [{"fiscal_year": year.id, "code": f"P{n}", "name": f"แผนงานตัวอย่างที่ {n}", "position": n} for n in (1, 2)],
        )
        places = MeasureUnit.get(MeasureUnit.code == "PLACE")
        lines = []
        made = _insert(
            Project,
            [
                {
                    "plan": plans[n % 2],
                    "code": f"66-{n:02d}",
                    "name": name(n),
                    "owner": owners[n % len(owners)].id,
                    "objective": "เพื่อทดสอบหน้ารายงาน " + LONG,
                    "expected_outcome": "สหกรณ์เข้มแข็งขึ้น",
                    "starts_on": year.starts_on,
                    "ends_on": year.ends_on,
                    "is_priority": n == 1,
                    "position": n,
                }
                for n in range(1, projects + 1)
            ],
        )
        activities = _insert(
            Activity, [{"project": p, "code": f"{p}.1", "name": f"กิจกรรม {p}", "position": 1} for p in made]
        )
        rules = ("sum", "last", "average")
        indicators = _insert(
            Indicator,
            [
                {
                    "activity": a,
                    "code": f"I{a}-{k}",
                    "name": f"จำนวนสหกรณ์ที่ได้รับการพัฒนา {k}",
                    "measure_unit": places.id,
                    "month_rule": rules[k % 3],
                    "unit_rule": "sum" if k % 3 < 2 else "average",
                    "is_headline": k == 0,
                    "position": k,
                }
                for a in activities
                for k in range(2)
            ],
        )
        targets = _insert(
            Target, [{"indicator": i, "unit": o.id, "value": Decimal(100)} for i in indicators for o in offices]
        )
        _insert(
            MonthPlan,
            [{"target": t, "month": m + 1, "value": Decimal(v)} for t in targets for m, v in enumerate(SHAPE)],
        )
        categories = list(
            BudgetCategory.select().where(BudgetCategory.code.in_(["2", "3.1"])).order_by(BudgetCategory.id)
        )
        for p in made:
            for c, category in enumerate(categories):
                for o in offices:
                    granted = chance.randrange(20_000_000, 90_000_000)
                    lines.append(
                        {
                            "fiscal_year": year.id,
                            "code": f"07012{p:05d}{c}{o.id:09d}",
                            "unit": o.id,
                            "project": p,
                            "category": category.id,
                            "nature": "investment" if c else "recurrent",
                            "act": granted,
                            "after_transfers": granted,
                            "received": granted,
                        }
                    )
        ids = _insert(BudgetLine, lines)
        _insert(
            Disbursement,
            [
                {
                    "line": line,
                    "month": m + 1,
                    "disbursed": values["after_transfers"] * SHAPE[m] * chance.randrange(80, 105) // 10_000,
                    "ordered": 100_000,
                    "reserved": 0,
                    "data_as_of": first_day(2566, m + 1) + dt.timedelta(days=19),
                }
                for line, values in zip(ids, lines, strict=True)
                for m in range(until)
            ],
        )
        _reports(chance, offices, owners, forms, until, late, indicators, sender, checker, problem, made)
        _institutions(chance, year, before, offices, institutions, visits, until, sender)


def fill_small(at):
    """Fill a small year with a planner, and shorten the pack's contents to a few chapters, soon set."""
    fill()
    central = Unit.get(Unit.code == "CPD")
    planner = Person.create(username="planner", name="ผู้วางแผน ตัวอย่าง", role=Role.PLANNING, unit=central)
    outline = outlines.begin(books.PACK, 0, by=planner, at=at)
    BookEntry.update(is_on=False).where(BookEntry.outline == outline.id, BookEntry.chapter.not_in(SHORT)).execute()


def _people(offices, owners):
    at = _insert(
        Person,
        [
            {"username": "maker", "name": "ผู้รายงาน ตัวอย่าง", "role": "reporter", "unit": offices[0].id},
            {"username": "checker", "name": "ผู้ตรวจ ตัวอย่าง", "role": "division", "unit": owners[0].id},
        ],
    )
    return at


def _reports(chance, offices, owners, forms, until, late, indicators, sender, checker, problem, projects):
    versions, codes = [], []
    form_ids = _insert(
        Form,
        [
            {
                "code": f"F{n:02d}",
                "name": f"แบบรายงานผลที่ {n}",
                "owner": owners[0].id,
                "project": projects[n % len(projects)],
                "position": n,
            }
            for n in range(1, forms + 1)
        ],
    )
    for n, form in enumerate(form_ids, 1):
        codes.append(f"F{n:02d}")
        versions.append({"form": form, "spec": {}, "state": "published", "published_at": dt.datetime(2022, 9, 1)})
    version_ids = _insert(FormVersion, versions)
    obligations, submissions, answers = [], [], []
    for period in Period.select().where(Period.kind == "month", Period.number <= until).order_by(Period.number):
        due = period.ends_on.replace(day=20)
        for o in offices:
            slow = chance.random() < late
            days = chance.choice([1, 2, 4, 9]) if slow else -chance.randrange(0, 5)
            lost = slow and chance.random() < 0.15
            for f, form in enumerate(form_ids):
                at = dt.datetime.combine(due + dt.timedelta(days=days), dt.time(15))
                obligations.append(
                    {
                        "unit": o.id,
                        "period": period.id,
                        "subject": codes[f],
                        "form": form,
                        "due_on": due,
                        "state": "open" if lost else "met",
                        "met_at": None if lost else at,
                    }
                )
                if not lost:
                    state = "returned" if chance.random() < 0.01 else "consolidated"
                    submissions.append(
                        {
                            "obligation": len(obligations),
                            "unit": o.id,
                            "period": period.id,
                            "form_version": version_ids[f],
                            "state": state,
                            "first_submitted_at": at,
                            "submitted_at": at,
                            "submitted_by": sender,
                            "verified_at": at if state == "consolidated" else None,
                            "verified_by": checker if state == "consolidated" else None,
                            "note": "ฝนตกหนัก เข้าพื้นที่ไม่ได้" if chance.random() < 0.05 else "",
                        }
                    )
                    month = period.number - 1
                    if problem and chance.random() < 0.3:
                        for key in ("problems", "remedies"):
                            answers.append(
                                {
                                    "submission": len(submissions),
                                    "key": key,
                                    "text": problem,
                                    "indicator": None,
                                    "number": None,
                                }
                            )
                    for i in indicators[f :: len(form_ids)]:
                        answers.append(
                            {
                                "submission": len(submissions),
                                "key": f"q{i}",
                                "text": "",
                                "indicator": i,
                                "number": Decimal(SHAPE[month] * chance.randrange(70, 118)) / 100,
                            }
                        )
    ids = _insert(Obligation, obligations)
    for row in submissions:
        row["obligation"] = ids[row["obligation"] - 1]
    ids = _insert(Submission, submissions)
    for row in answers:
        row["submission"] = ids[row["submission"] - 1]
    _insert(Answer, answers)


def _institutions(chance, year, before, offices, institutions, visits, until, officer):
    types = list(CooperativeType.select().order_by(CooperativeType.id))
    activity = list(VisitActivity.select().order_by(VisitActivity.id))
    rows = [
        {
            "registration_number": f"{o.id:06d}{n:07d}",
            "name": f"สหกรณ์ตัวอย่าง {o.id}/{n}",
            "unit": o.id,
            "province": o.province_id,
            "type": types[n % 8].id,
            "kind": "farmer_group" if n % 8 == 7 else "cooperative",
            "members": chance.randrange(50, 4000),
            "capital": chance.randrange(10**8, 10**11),
            "business_volume": chance.randrange(10**8, 10**11),
        }
        for o in offices
        for n in range(institutions)
    ]
    ids = _insert(Cooperative, rows)
    _insert(
        CooperativeYear,
        [
            {
                "cooperative": i,
                "fiscal_year": y,
                "strength_class": chance.choice([1, 1, 2, 2, 2, 3, None]),
                "grade": "good",
            }
            for i in ids
            for y in (before.id, year.id)
        ],
    )
    plans = _insert(
        VisitPlan,
        [
            {
                "cooperative": i,
                "fiscal_year": year.id,
                "unit": row["unit"],
                "state": "approved",
                "approved_at": dt.datetime(2022, 9, 30),
            }
            for i, row in zip(ids, rows, strict=True)
        ],
    )
    _insert(
        VisitPlanLine,
        [{"plan": p, "activity": activity[0].id, "month": m, "visits": 1} for p in plans for m in range(1, 13)],
    )
    made = []
    for m in range(1, until + 1):
        for i, row in zip(ids, rows, strict=True):
            if chance.random() < visits / 4:
                day = first_day(2566, m) + dt.timedelta(days=chance.randrange(0, 26))
                outside = chance.random() < 0.05
                made.append(
                    {
                        "cooperative": i,
                        "unit": row["unit"],
                        "visited_on": day,
                        "activity": chance.choice(activity).id,
                        "officer": officer,
                        "subject": "แนะนำส่งเสริม",
                        "recorded_at": dt.datetime.combine(day, dt.time(16)),
                        "is_unplanned": outside,
                        "unplanned_reason": "สหกรณ์ร้องขอ" if outside else "",
                        "state": "verified",
                    }
                )
    _insert(Visit, made)
