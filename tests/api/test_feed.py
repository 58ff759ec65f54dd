"""The feed of changes: every change once, in order, however often the reader is killed."""

import random

import pytest

from models import Notice, Region, Revision
from portal import records
from portal.rules.access import Role
from tests import make


def edit(first, count):
    for n in range(first, first + count):
        row = Region.get_or_none(Region.code == f"F{n % 7}")
        with records.changing(by=None, verb="edit", at=make.NOON) as work:
            if row is None:
                work.create(Region, code=f"F{n % 7}", name=f"เขต {n}")
            else:
                work.update(row, name=f"เขต {n}")


def test_a_reader_killed_at_random_sees_every_change_once(api, migrated):
    program = api()
    start = program.get("/changes?limit=1000").get_json()["next"]
    chance, kept, mark, written = random.Random(7), [], start, 0
    while True:
        if written < 120:
            edit(written, 10)
            written += 10
        page = program.get(f"/changes?after={mark}&limit={chance.randint(1, 9)}").get_json()
        if chance.random() < 0.4:
            continue  # killed before it wrote down what it read: it asks from the old mark again
        kept += page["items"]
        mark = page["next"]
        if written >= 120 and not page["items"]:
            break

    told = [(item["id"], item["after"]["name"]) for item in kept]
    stored = [(r.row_id, r.after["name"]) for r in Revision.select().where(
        Revision.table_name == "Region", Revision.entry > start).order_by(Revision.id)]  # fmt: skip
    assert told == stored and len(told) == 120


def test_the_feed_shows_no_other_office_s_changes(api, migrated):
    mine, theirs = make.person(Role.APPROVER), make.cooperative(name="สหกรณ์ของผู้อื่น จำกัด")
    own = make.cooperative(unit=mine.unit)

    text = api(mine).get("/changes?limit=1000").get_data(as_text=True)
    central = api().get("/changes?limit=1000").get_data(as_text=True)

    assert own.name in text and theirs.name not in text and theirs.name in central


def test_answers_of_a_report_are_told_under_the_report(api, migrated):
    sent = make.submission(make.State.DRAFT)
    told = api().get("/changes?limit=1000").get_json()["items"]

    mine = [one for one in told if one["resource"] == "submissions" and one["id"] == sent.id]
    parts = [one for one in mine if one.get("part") == "answers"]
    assert [one["after"]["key"] for one in parts] == ["done"] and parts[0]["part_id"]
    assert any("part" not in one for one in mine)
    stranger = api(make.person(Role.REPORTER)).get("/changes?limit=1000").get_json()["items"]
    assert [one for one in stranger if one["resource"] == "submissions"] == []


def test_the_feed_keeps_each_person_s_own_and_a_waiting_visit_to_those_who_may_see_it(api, migrated):
    checker, other = (make.unit(is_office=False) for _ in range(2))
    visit = make.visit(make.cooperative(reviewer=checker))
    mine, theirs = make.person(Role.PLANNING), make.person(Role.PLANNING)
    make.row(Notice, person=theirs, at=make.NOON, text="เฉพาะเจ้าของ")

    def told(person):
        items = api(person, may_write=False).get("/changes?limit=1000").get_json()["items"]
        return [(one["resource"], one["id"]) for one in items]

    assert ("visits", visit.id) in told(make.person(Role.DIVISION, checker))
    assert ("visits", visit.id) not in told(make.person(Role.DIVISION, other))
    assert "notices" in dict(told(theirs)) and "notices" not in dict(told(mine))
    assert len([one for one in told(mine) if one[0] == "api-tokens"]) == 2  # one a call, its own


@pytest.mark.parametrize("asked", ["after=-1", "after=x", "limit=0", "limit=9999"])
def test_a_wrong_mark_is_refused(api, migrated, asked):
    assert api().get(f"/changes?{asked}").status_code == 422


def test_secrets_are_in_no_change(api, migrated):
    program = api()
    text = program.get("/changes?limit=1000").get_data(as_text=True)

    assert "token_hash" not in text and "password" not in text
