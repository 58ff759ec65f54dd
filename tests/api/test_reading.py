"""Lists and records by address: tests, order, marks of pages, related records, formats, and nobody else's rows."""

import csv
import datetime as dt
import io
import json

import openpyxl
import pytest

from models import ALL, Cooperative, Person, Visit
from portal import records
from portal.rules.access import Role
from tests import make
from tests.admin import walking


@pytest.fixture
def visited(migrated):
    """Twelve visits of one office and three of another."""
    institution, other = make.cooperative(name="สหกรณ์การเกษตรบ้านไผ่ จำกัด"), make.cooperative()
    for day in range(1, 13):
        make.visit(institution, visited_on=dt.date(2023, 5, day), people_met=day)
    for day in range(1, 4):
        make.visit(other, visited_on=dt.date(2023, 5, day))
    return institution


def items(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["items"]


def test_every_record_type_with_a_screen_is_a_resource_and_no_other(app, migrated):
    held = {one.table for one in app.extensions["portal_resources"].values()}

    assert held == {screen.table for screen in walking.screens(app)}
    assert held <= set(ALL)


def test_a_list_is_walked_page_by_page_while_rows_are_added(api, visited):
    program = api()
    seen, path = [], "/visits?sort=-visited_on&limit=4"
    while path:
        page = program.get(path).get_json()
        seen += [item["id"] for item in page["items"]]
        make.visit(visited, visited_on=dt.date(2023, 5, 14))  # before everything already read
        path = page["next"] and f"/visits?sort=-visited_on&limit=4&after={page['next']}"

    assert len(seen) == len(set(seen)) == 15
    days = [Visit.get_by_id(ident).visited_on for ident in seen]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("order", ["submitted_at", "-submitted_at"])
def test_rows_without_a_value_are_walked_as_well(api, migrated, order):
    for state in ("draft", "submitted", "draft", "submitted", "draft"):
        make.submission(make.State(state))
    program = api()
    seen, after = [], ""
    while after is not None:
        page = program.get(f"/submissions?sort={order}&limit=2{after}").get_json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"] and f"&after={page['next']}"

    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    "asked, count",
    [
        ("people_met=3", 1), ("people_met__gte=10", 3), ("people_met__in=1,2,77", 2), ("people_met__ne=0", 12),
        ("visited_on__lt=2023-05-03", 4), ("subject__contains=บัญชี", 15), ("subject__starts=บัญชี", 0),
        ("cooperative__name__contains=บ้านไผ่", 12), ("state=recorded&people_met__lte=2", 5),
        ("action_due_on__isnull=1", 15), ("is_unplanned=true", 0), ("search=การจัดทำ", 15),
        ('where={"or":[{"people_met":1},{"and":[{"people_met__gt":10},{"visited_on":"2023-05-12"}]}]}', 2),
    ],
)  # fmt: skip
def test_a_list_is_narrowed_by_what_the_address_says(api, visited, asked, count):
    page = api().get(f"/visits?count=1&{asked}").get_json()

    assert page["count"] == len(page["items"]) == count


def test_only_the_properties_asked_for_come_and_related_records_with_them(api, visited):
    one = items(api().get("/visits?fields=id,visited_on&expand=cooperative&people_met=3"))[0]

    assert set(one) == {"id", "visited_on", "cooperative"}
    assert one["visited_on"] == "2023-05-03"
    assert one["cooperative"]["name"] == "สหกรณ์การเกษตรบ้านไผ่ จำกัด"


def test_quantities_money_and_moments_keep_their_kind(api, migrated):
    institution = make.cooperative(capital=123_456_789)
    period = make.period()
    program = api()

    assert program.get(f"/cooperatives/{institution.id}").get_json()["capital"] == 123_456_789
    assert program.get(f"/periods/{period.id}").get_json()["opened_at"] == "2023-05-18T12:00:00+07:00"
    assert items(program.get("/cooperatives?registration_number=" + institution.registration_number))


def test_the_same_list_comes_as_csv_ndjson_and_xlsx(api, visited):
    program = api()
    asked = "/visits?sort=visited_on&fields=id,visited_on,people_met,subject,is_unplanned"
    whole = items(program.get(asked + "&limit=1000"))

    text = program.get(asked, Accept="text/csv").get_data().decode("utf-8-sig")
    lines = [json.loads(line) for line in program.get(f"{asked}&format=ndjson").get_data(as_text=True).splitlines()]
    sheet = openpyxl.load_workbook(io.BytesIO(program.get(f"{asked}&format=xlsx").data)).active

    assert lines == whole
    read = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["id"]) for row in read] == [item["id"] for item in whole]
    assert read[0]["subject"] == "แนะนำการจัดทำบัญชี" and read[0]["is_unplanned"] == "false"
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [item["id"] for item in whole]
    assert rows[1][2] == whole[0]["people_met"]


@pytest.mark.parametrize(
    "asked, field",
    [
        ("nothing=1", "nothing"), ("people_met=many", "people_met"), ("visited_on=12/05/2566", "visited_on"),
        ("visited_on=2566-05-12", "visited_on"), ("state=gone", "state"), ("subject__gt__x=1", "subject__gt__x"),
        ("people_met__contains=1", "people_met__contains"), ("limit=0", "limit"), ("limit=100000", "limit"),
        ("sort=findings", "sort"), ("sort=;drop", "sort"), ("fields=password", "fields"), ("expand=subject", "expand"),
        ("after=zzz", "after"), ("where={", "where"), ("where=[]", "where"), ('where={"or":[]}', "where"),
        ("people_met=99999999999999999999", "people_met"), ("cooperative__unit__secret=1", "cooperative__unit__secret"),
        ("subject=%00", "subject"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_naming_the_argument(api, visited, asked, field):
    answer = api().get(f"/visits?{asked}")

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["field"] == field
    assert answer.get_json()["rule"] and answer.get_json()["detail"]


@pytest.mark.parametrize(
    "path", ["/visits/{id}?colour=1", "/visits/{id}/history?limit=1", "/visits/trash?after=1", "/changes?since=1",
             "/visits/{id}/files?colour=1", "/odata/?colour=1", "/editions/1/file?colour=1"],
)  # fmt: skip
def test_an_argument_that_an_address_does_not_take_is_named(api, visited, path):
    answer = api().get(path.format(id=Visit.get().id))

    assert answer.status_code == 422 and answer.get_json()["field"] in path


def test_names_are_sorted_as_thai_is(api, migrated):
    for name in ("เกษตร", "กลาง", "ไข่", "ขวัญ"):
        make.cooperative(name=name)
    program = api()
    seen, after = [], ""
    while after is not None:
        page = program.get(f"/cooperatives?sort=name&limit=3&fields=name{after}").get_json()
        seen += [one["name"] for one in page["items"]]
        after = page["next"] and f"&after={page['next']}"

    assert seen == ["กลาง", "เกษตร", "ขวัญ", "ไข่"]


def test_groups_of_tests_are_bounded_in_depth_and_number(api, visited):
    deep = '{"and":[' * 6 + '{"id":1}' + "]}" * 6
    many = "&".join(f"id__ne={n}" for n in range(41))

    assert api().get(f"/visits?where={deep}").status_code == 422
    assert api().get(f"/visits?{many}").status_code == 422
    assert api().get("/visits?id__in=" + ",".join(map(str, range(300)))).status_code == 422


def test_an_office_reads_its_own_rows_by_every_way_of_asking(api, visited):
    stranger = make.person(Role.REPORTER)
    other = visited.unit
    mine = make.visit(make.cooperative(unit=stranger.unit))
    theirs = Visit.get(Visit.unit == other)
    program = api(stranger)

    assert [item["id"] for item in items(program.get("/visits?limit=1000"))] == [mine.id]
    assert items(program.get(f"/visits?unit_id={other.id}")) == []
    assert items(program.get(f"/visits?cooperative__name={visited.name}")) == []
    assert items(program.get('/visits?where={"or":[{"id__gt":0},{"people_met__gte":0}]}'))[0]["id"] == mine.id
    for path in (
        f"/visits/{theirs.id}",
        f"/visits/{theirs.id}/history",
        f"/visits/{theirs.id}?as_of=2030-01-01T00:00:00",
    ):
        assert program.get(path).status_code == 404
    unknown, hidden = program.get("/visits/99999999").get_json(), program.get(f"/visits/{theirs.id}").get_json()
    assert {k: v for k, v in unknown.items() if k != "request"} == {k: v for k, v in hidden.items() if k != "request"}
    text = program.get("/visits?format=csv").get_data().decode("utf-8-sig")
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == [str(mine.id)]


def test_related_rows_of_others_can_neither_be_tested_nor_put_in(api, migrated):
    submission = make.submission(make.State.VERIFIED)
    reader = Person.get(Person.unit == submission.unit, Person.role == Role.APPROVER)
    program = api(reader)
    verifier = submission.verified_by

    assert items(program.get(f"/submissions?submitted_by_id={submission.submitted_by_id}")) != []
    assert items(program.get(f"/submissions?verified_by__username={verifier.username}")) == []
    assert items(program.get("/submissions?expand=verified_by"))[0]["verified_by"] is None
    assert (
        items(program.get(f"/submissions?form_version__form__owner__code={submission.form_version.form.owner.code}"))
        == []
    )
    assert items(program.get("/submissions?expand=period"))[0]["period"]["kind"] == "month"
    assert "password" not in api().get("/people").get_data(as_text=True)


def test_a_record_is_read_as_it_stood(api, migrated):
    institution = make.cooperative(district="ก่อน")
    moment = make.NOON + dt.timedelta(days=1)
    with records.changing(by=None, verb="edit", at=moment) as work:
        work.update(institution, district="หลัง")
    program = api()

    before = program.get(f"/cooperatives/{institution.id}?as_of={make.NOON.isoformat()}").get_json()

    assert before["district"] == "ก่อน"
    assert program.get(f"/cooperatives/{institution.id}").get_json()["district"] == "หลัง"
    assert program.get(f"/cooperatives/{institution.id}?as_of=2000-01-01T00:00:00").status_code == 404


def test_an_unchanged_record_need_not_be_sent_again(api, migrated):
    institution = make.cooperative()
    first = api().get(f"/cooperatives/{institution.id}")

    again = api().get(f"/cooperatives/{institution.id}", If_None_Match=first.headers["ETag"])

    assert again.status_code == 304
    assert Cooperative.get_by_id(institution.id).version == int(first.headers["ETag"].strip('"'))


def test_refusals_speak_the_caller_s_language(api, migrated):
    program = api()

    thai = program.get("/visits?limit=0", Accept_Language="th").get_json()["detail"]
    english = program.get("/visits?limit=0", Accept_Language="en").get_json()["detail"]

    assert english.startswith("“limit” is a whole number") and thai != english
