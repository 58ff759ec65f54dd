"""A whole month through the API alone, from the open period to the printed pack."""

import datetime as dt

import pytest

from jobs import queue
from models import FormVersion, Obligation
from portal import clock
from portal.forms import versions
from portal.rules.access import Role
from tests import make, services
from tests.workers import AtWork

TABLE = {"sections": [{"key": "s1", "title": "ผลงาน", "questions": [
    {"key": "held", "kind": "whole", "label": "จัดอบรม (ครั้ง)", "required": True, "least": "0"},
    {"key": "on", "kind": "date", "label": "วันที่จัดครั้งล่าสุด"},
    {"key": "was_full", "kind": "yes_no", "label": "ผู้เข้าอบรมครบ"},
    {"key": "topics", "kind": "table", "label": "หัวข้อ", "rows_least": 0, "rows_greatest": 5, "totals": ["people"],
     "columns": [{"key": "name", "kind": "text", "label": "ชื่อหัวข้อ"},
                 {"key": "people", "kind": "whole", "label": "ผู้เข้าอบรม", "unit": ""}]},
]}], "rules": []}  # fmt: skip
ANSWERS = {
    "held": 3, "on": "2023-05-12", "was_full": True,
    "topics": [{"name": "บัญชีสหกรณ์", "people": 20}, {"name": "กฎหมาย", "people": 15}],
}  # fmt: skip


@pytest.fixture
def owed(migrated):
    """An office that owes one form for May 2566, its people, and the programs of each."""
    form = make.form(spec=TABLE)
    period = make.period()
    office = make.unit()
    return make.obligation(office, form, period)


@pytest.fixture
def worker(settings, redis_url):
    queue.use(redis_url)
    at_work = AtWork(settings).start()
    yield at_work
    at_work.end()


def test_answers_go_in_and_out_as_the_form_s_schema_says(api, owed):
    program = api(make.person(Role.REPORTER, owed.unit))
    path = f"/forms/{owed.form.code}/submissions/2566-05/{owed.unit.code}"

    empty = program.get(path)
    saved = program.ask("PUT", path, {"answers": ANSWERS}, If_Match=empty.headers["ETag"])
    late = program.ask("PUT", path, {"answers": {"held": 4}}, If_Match=empty.headers["ETag"])

    assert empty.get_json()["state"] is None and empty.get_json()["answers"] == {}
    assert saved.status_code == 200, saved.get_data(as_text=True)
    assert saved.get_json()["answers"] == ANSWERS
    assert late.status_code == 412 and late.get_json()["current"]["answers"]["held"] == 3
    schema = program.get(f"/forms/{owed.form.code}/schema").get_json()
    assert set(ANSWERS) <= set(schema["properties"])
    listed = program.get(f"/forms/{owed.form.code}/submissions?period=2566-05&unit={owed.unit.code}").get_json()
    assert [one["answers"] for one in listed["items"]] == [ANSWERS]
    fewer = program.ask("PUT", path, {"answers": {"topics": ANSWERS["topics"][:1], "was_full": None}}, If_Match="*")
    assert fewer.get_json()["answers"] == ANSWERS | {"topics": ANSWERS["topics"][:1], "was_full": None}


@pytest.mark.parametrize(
    "wrong, key",
    [
        ({"held": "มาก"}, "held"), ({"held": 2.5}, "held"), ({"held": -1}, "held"), ({"nothing": 1}, "nothing"),
        ({"held": {"a": 1}}, "held"), ({"topics": "x"}, "topics"), ({"topics": [{"price": 1}]}, "topics.price"),
        ({"on": "31/02/2566"}, "on"), ({"held": 7, "was_full": "แล้วแต่"}, "was_full"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_answers_are_refused_by_key_and_nothing_is_kept(api, owed, wrong, key):
    program = api(make.person(Role.REPORTER, owed.unit))
    path = f"/forms/{owed.form.code}/submissions/2566-05/{owed.unit.code}"

    answer = program.ask("PUT", path, {"answers": wrong}, If_Match="*")

    assert answer.status_code == 422
    told = answer.get_json()
    assert key in [told["field"], *(one["field"] for one in told.get("items", []))]
    assert program.get(path).get_json()["answers"] == {}


def test_many_reports_are_brought_by_period_and_unit_all_or_none(api, owed):
    other = make.obligation(make.unit(), owed.form, owed.period)
    program = api(make.person(Role.REPORTER, owed.unit))
    path = f"/forms/{owed.form.code}/submissions/bulk"
    mine = {"period": "2566-05", "unit": owed.unit.code, "answers": {"held": 3}}

    first, same = program.post(path, {"items": [mine]}), program.post(path, {"items": [mine]})
    changed = program.post(path, {"items": [mine | {"answers": {"held": 4}}]})
    wrong = program.post(
        path,
        {
            "items": [
                mine | {"answers": {"held": 5}}, mine, mine | {"unit": other.unit.code}, {"answers": {}},
                mine | {"period": "2566-04"},
            ]
        },
    )  # fmt: skip
    typo = program.post(path, {"items": [mine | {"answers": {"held": "มาก"}}]})

    assert first.get_json() == {"added": 1, "changed": 0, "same": 0}
    assert same.get_json() == {"added": 0, "changed": 0, "same": 1}
    assert changed.get_json() == {"added": 0, "changed": 1, "same": 0}
    assert wrong.status_code == 422 and {one["item"] for one in wrong.get_json()["items"]} == {1, 2, 3, 4}
    assert typo.status_code == 422 and typo.get_json()["items"][0]["field"] == "held"
    report = program.get(f"/forms/{owed.form.code}/submissions/2566-05/{owed.unit.code}").get_json()
    assert report["answers"]["held"] == 4


def test_another_office_s_report_is_not_there(api, owed):
    program = api(make.person(Role.REPORTER))
    path = f"/forms/{owed.form.code}/submissions/2566-05/{owed.unit.code}"

    assert program.get(path).status_code == 404
    assert program.ask("PUT", path, {"answers": {"held": 1}}, If_Match="*").status_code == 404
    assert program.get(f"/forms/{owed.form.code}/submissions").get_json()["items"] == []


def test_a_draft_s_questions_are_not_told(api, owed):
    admin = make.person(Role.ADMIN, make.unit(is_office=False))
    draft = versions.draft(owed.form, by=admin, at=make.NOON)
    assert FormVersion.get_by_id(draft.id).number == 2

    assert api(admin).get(f"/forms/{owed.form.code}/schema?version=2").status_code == 404


def test_a_whole_month_goes_through_the_api_alone(api, worker, database):
    planning = make.person(Role.PLANNING, make.unit(is_office=False))
    form = make.form(spec=TABLE)
    office, today = make.unit(), clock.today()
    reporter, approver = (make.person(role, office) for role in (Role.REPORTER, Role.APPROVER))
    division = make.person(Role.DIVISION, form.owner)
    make.period(8, is_open=False)
    boss = api(planning, per_minute=100_000)

    period = boss.get("/periods?kind=month&starts_on=2023-05-01").get_json()["items"][0]
    opened = boss.post(f"/periods/{period['id']}/open", {}, If_Match="*")
    assert opened.status_code == 200 and opened.get_json()["opened_at"].startswith(today.isoformat())
    assert Obligation.select().where(Obligation.unit == office.id, Obligation.form == form.id).count() == 1

    path = f"/forms/{form.code}/submissions/2566-05/{office.code}"
    filling = api(reporter)
    ident = filling.ask("PUT", path, {"answers": ANSWERS}, If_Match="*").get_json()["id"]
    step = f"/submissions/{ident}"
    assert filling.post(f"{step}/submit", {}, If_Match="*").status_code == 403
    assert api(approver).post(f"{step}/submit", {}, If_Match="*").get_json()["state"] == "submitted"
    checking = api(division)
    back = checking.post(f"{step}/send_back", {"note": "โปรดตรวจจำนวนครั้ง"}, If_Match="*")
    assert back.get_json()["state"] == "returned"
    mended = filling.ask("PUT", path, {"answers": {"held": 4}}, If_Match="*")
    assert mended.get_json()["answers"]["held"] == 4
    api(approver).post(f"{step}/submit", {}, If_Match="*")
    assert checking.post(f"{step}/verify", {}, If_Match="*").get_json()["state"] == "verified"
    assert boss.post(f"{step}/consolidate", {}, If_Match="*").get_json()["state"] == "consolidated"

    asked = boss.post("/runs", {"kind": "pack", "subject": "2566-05"})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    run = f"/runs/{asked.get_json()['id']}"
    services.wait_until(lambda: boss.get(run).get_json()["state"] == "done", seconds=60, what="the pack is made")
    edition = boss.get("/editions?book=pack&subject=2566-05").get_json()["items"][0]
    pdf = boss.get(f"/editions/{edition['id']}/file")
    assert pdf.data.startswith(b"%PDF") and pdf.headers["ETag"] == f'"{edition["sha256"]}"'
    part = boss.get(f"/editions/{edition['id']}/file", Range="bytes=0-4")
    assert (part.status_code, part.data) == (206, b"%PDF-")
    figures = boss.get(f"/editions/{edition['id']}/figures")
    assert figures.headers["ETag"] == f'"{edition["snapshot_sha256"]}"' and figures.get_json()["passports"]
    assert boss.post(f"{run}/retry", {}, If_Match="*").status_code == 409
    assert boss.post(f"/editions/{edition['id']}/finish", {"colour": 1}, If_Match="*").get_json()["field"] == "colour"
    assert boss.post(f"/editions/{edition['id']}/finish", {}, If_Match="*").status_code == 409
    meeting = boss.post(f"/editions/{edition['id']}/for_meeting", {"note": "วาระที่ 3"}, If_Match="*")
    assert meeting.status_code == 202 and meeting.get_json()["subject"] == "2566-05"
    stopped = boss.post(f"/runs/{meeting.get_json()['id']}/cancel", {}, If_Match="*")
    assert stopped.status_code in (200, 409)  # a quick worker has printed it by now
    assert dt.date.fromisoformat(edition["made_at"][:10]) == today
