"""Lists and records as they stood: at a moment, and when the figures of an edition were frozen."""

import datetime as dt
from decimal import Decimal

import pytest

from models import Cooperative, Edition, FormVersion, Holiday, Period, Submission, Target, Visit
from portal import records
from portal.rules.access import Role
from tests import make

THEN = make.NOON.isoformat()
LATER = make.NOON + dt.timedelta(days=30)
RESOURCES = (
    "cooperatives", "visits", "targets", "form-versions", "periods", "units", "regions", "holidays", "submissions",
)  # fmt: skip


@pytest.fixture
def year(migrated):
    """Records of every kind of column: texts, days, moments, money, quantities, yes and no, JSON."""
    one, two = make.cooperative(name="สหกรณ์การเกษตรบ้านไผ่ จำกัด", capital=9_007_199_254_740_993), make.cooperative()
    for day in range(1, 8):
        make.visit(one, visited_on=dt.date(2023, 5, day), people_met=day)
    for value in ("0.5", "0.0001", "99999999999.9999", "7"):
        make.row(Target, indicator=make.indicator(decimals=4), unit=one.unit, value=Decimal(value))
    sent = make.submission(make.State.SUBMITTED)
    make.row(FormVersion, form=sent.form_version.form, number=2, spec={"sections": [{"title": "ผลงาน ‘ก’"}]})
    make.row(Holiday, day=dt.date(2023, 5, 4), name="วันฉัตรมงคล")
    return one, two


def lists(program, asked=""):
    return {name: program.get(f"/{name}?limit=1000{asked}").get_json()["items"] for name in RESOURCES}


def change_everything(year):
    """A month later: every kind of record is changed, one is removed, one is added."""
    one, two = year
    with records.changing(by=None, verb="edit", at=LATER) as work:
        work.update(one, name="สหกรณ์เปลี่ยนชื่อ จำกัด", capital=1, members=77)
        for target in Target.select():
            work.update(target, value=target.value + 1)
        for visit in Visit.select().where(Visit.people_met > 3):
            work.update(visit, people_met=100, visited_on=dt.date(2023, 5, 12), findings="ใหม่")
        version = FormVersion.get(FormVersion.number == 2)
        work.update(version, spec={"sections": []})
        work.update(Period.get(), closed_at=LATER)
        work.update(Submission.get(), note="เปลี่ยน")
        work.remove(Holiday.get())
        work.remove(Visit.get(Visit.people_met == 1))
        work.update(two.unit, name="ชื่อใหม่")
        work.update(two.unit.region, is_active=False)
        old = Visit.get()
        work.create(
            Visit, cooperative=one, unit=one.unit, activity=old.activity, officer=old.officer, subject="เพิ่มทีหลัง",
            visited_on=dt.date(2023, 5, 25), people_met=9, recorded_at=LATER,
        )  # fmt: skip


def test_lists_and_records_are_read_as_they_stood(api, year):
    program = api()
    before = lists(program)

    change_everything(year)
    now, stood = lists(program), lists(program, f"&as_of={THEN}")

    assert stood == before
    assert [name for name in RESOURCES if now[name] == before[name]] == []
    for name in RESOURCES:
        record = before[name][0]
        assert program.get(f"/{name}/{record['id']}?as_of={THEN}").get_json() == record


def test_tests_order_pages_and_files_mean_the_records_as_they_stood(api, year):
    program = api()
    asked = [
        "/visits?sort=-visited_on&people_met__gte=3&fields=id,visited_on,people_met",
        "/visits?cooperative__name__contains=บ้านไผ่&count=1&sort=id",
        "/visits?search=การจัดทำ&fields=id&sort=id",
        "/cooperatives?members__lt=50&sort=-name&search=บ้านไผ่",
        "/regions?is_active=true&sort=id",
        "/targets?value__gt=0.4&sort=id&expand=unit",
        '/visits?where={"or":[{"people_met":1},{"visited_on__gte":"2023-05-06"}]}&sort=visited_on',
    ]
    before = {path: program.get(path).get_json() for path in asked}
    assert all(page["items"] for page in before.values()), before
    csv = program.get("/visits?sort=id&format=csv").data

    change_everything(year)

    for path in asked:
        assert program.get(f"{path}&as_of={THEN}").get_json() == before[path], path
        assert program.get(path).get_json() != before[path]
    assert program.get(f"/visits?sort=id&format=csv&as_of={THEN}").data == csv
    seen, after = [], ""
    while after is not None:
        page = program.get(f"/visits?sort=-visited_on&limit=2&as_of={THEN}{after}").get_json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"] and f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 7


def test_an_edition_names_the_moment_of_its_figures(api, year):
    period = Period.get()
    central = make.unit(is_office=False)
    make.row(
        Edition, book="pack", fiscal_year=period.fiscal_year, period=period, subject="2566-05", number=1, unit=central,
        cut_at=make.NOON, made_at=make.NOON, snapshot_sha256="0" * 64, sha256="1" * 64, pages=3, file_key="x",
    )  # fmt: skip
    planning, office = make.person(Role.PLANNING, central), make.person(Role.REPORTER)
    change_everything(year)
    path = f"/cooperatives/{year[0].id}?fields=capital&as_of=pack-2566-05-1"

    assert api(planning).get(path).get_json() == {"capital": 9_007_199_254_740_993}
    for who, wrong in ((planning, "pack-2566-05-9"), (planning, "yesterday"), (office, "pack-2566-05-1")):
        answer = api(who).get(f"/cooperatives?as_of={wrong}")
        assert (answer.status_code, answer.get_json()["field"]) == (422, "as_of")


def test_what_an_office_had_then_is_what_it_sees_of_then(api, migrated):
    mine, other = make.person(Role.APPROVER), make.person(Role.APPROVER)
    moved = make.cooperative(unit=mine.unit, district="ก่อน")
    stays = make.cooperative(unit=other.unit)
    admin = make.person(Role.ADMIN, make.unit(is_office=False))
    with records.changing(by=admin, verb="edit", at=LATER) as work:
        work.update(moved, unit=other.unit_id, district="หลัง")

    def seen(person, asked):
        return [
            (one["id"], one["district"]) for one in api(person).get(f"/cooperatives?sort=id{asked}").get_json()["items"]
        ]

    assert seen(mine, "") == [] and seen(mine, f"&as_of={THEN}") == [(moved.id, "ก่อน")]
    assert seen(other, f"&as_of={THEN}") == [(stays.id, "")]
    assert api(other).get(f"/cooperatives/{moved.id}?as_of={THEN}").status_code == 404
    assert seen(mine, f"&as_of={THEN}&unit__code={other.unit.code}") == []
    assert Cooperative.get_by_id(moved.id).unit_id == other.unit_id


@pytest.mark.parametrize("path", ["/audit-entries?as_of=2023-05-18", "/visits?as_of=2566-05-18", "/visits?as_of=x"])
def test_what_is_not_kept_as_it_stood_is_said(api, migrated, path):
    answer = api().get(path)

    assert answer.status_code == 422 and answer.get_json()["field"] == "as_of"
