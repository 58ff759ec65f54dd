"""Tokens: given out once, kept as hashes, no wider than their person, revoked at once, limited by the minute."""

import base64
import datetime as dt

import pytest

from jobs import queue
from models import ApiToken, Form, Person, Submission, Unit
from portal import clock, tokens
from portal.errors import NotAllowed, RuleBroken
from portal.rules.access import Role
from tests import make


def test_a_token_is_kept_as_a_hash_and_knows_its_person(migrated):
    person = make.person(Role.PLANNING, make.unit(is_office=False))

    text, row = tokens.issue(person, name="สรุปรายเดือน", by=person, at=make.NOON)

    assert text not in str(ApiToken.get_by_id(row.id).__data__)
    assert tokens.holder(text, at=make.NOON).person == person
    assert tokens.holder(text + "x", at=make.NOON) is None
    assert tokens.holder(text, at=make.NOON + dt.timedelta(days=91)) is None


def test_a_revoked_token_and_one_of_a_person_switched_off_open_nothing(migrated):
    person = make.person(Role.REPORTER)
    text, row = tokens.issue(person, name="ก", by=person, at=make.NOON)
    other, _ = tokens.issue(person, name="ข", by=person, at=make.NOON)

    tokens.revoke(row, by=person, at=make.NOON)
    assert tokens.holder(text, at=make.NOON) is None
    assert tokens.holder(other, at=make.NOON) is not None
    Person.update(is_active=False).where(Person.id == person.id).execute()
    assert tokens.holder(other, at=make.NOON) is None


def test_nobody_gives_out_or_revokes_another_s_token(migrated):
    mine, other = make.person(Role.REPORTER), make.person(Role.REPORTER)
    _text, row = tokens.issue(mine, name="ก", by=mine, at=make.NOON)

    with pytest.raises(NotAllowed):
        tokens.issue(mine, name="ก", by=other, at=make.NOON)
    with pytest.raises(NotAllowed):
        tokens.revoke(row, by=other, at=make.NOON)
    with pytest.raises(NotAllowed):
        tokens.issue(mine, name="ก", system="BB EvMIS", by=mine, at=make.NOON)


def test_a_system_s_token_belongs_to_an_account_nobody_signs_in_with(migrated):
    admin = make.person(Role.ADMIN, make.unit(is_office=False))
    machine = make.person(Role.PLANNING, make.unit(is_office=False))
    human = make.person(Role.PLANNING, make.unit(is_office=False), password="scrypt:x")

    assert tokens.issue(machine, name="EvMIS", system="BB EvMIS", by=admin, at=make.NOON)[1].system == "BB EvMIS"
    with pytest.raises(RuleBroken):
        tokens.issue(human, name="EvMIS", system="BB EvMIS", by=admin, at=make.NOON)


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 367}, {"name": " "}, {"units": ["NOPE"]}, {"forms": ["NOPE"]}], ids=str
)
def test_a_token_that_means_nothing_is_refused(migrated, wrong):
    person = make.person(Role.REPORTER)

    with pytest.raises(RuleBroken):
        tokens.issue(person, **({"name": "ก"} | wrong), by=person, at=make.NOON)


def test_without_a_good_token_nothing_is_told(app, migrated):
    browser = app.test_client()
    for headers in ({}, {"Authorization": "Bearer cpd_nothing"}, {"Authorization": "Basic !!"}):
        answer = browser.get("/api/v1/visits", headers=headers)
        assert answer.status_code == 401
        assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert browser.get("/api/v1/nothing").status_code == 401


def test_a_cookie_opens_no_door_of_the_api(app, sign_in, migrated):
    signed_in = sign_in(make.person(Role.ADMIN, make.unit(is_office=False)))

    assert signed_in.get("/api/v1/visits").status_code == 401
    assert signed_in.post("/api/v1/regions", json={"code": "R99", "name": "x"}).status_code == 401


def test_a_spreadsheet_may_send_the_token_as_a_password(app, api, migrated):
    program = api()
    given = base64.b64encode(f"excel:{program.token}".encode()).decode()

    assert app.test_client().get("/api/v1/visits", headers={"Authorization": f"Basic {given}"}).status_code == 200


def test_a_token_of_some_units_reaches_no_others(api, migrated):
    first, second = make.cooperative(), make.cooperative()
    planning = make.person(Role.ADMIN, make.unit(is_office=False))
    program = api(planning, units=[first.unit.code])

    assert [one["id"] for one in program.get("/cooperatives").get_json()["items"]] == [first.id]
    assert program.get(f"/cooperatives/{second.id}").status_code == 404
    assert program.get(f"/cooperatives?unit__code={second.unit.code}").get_json()["items"] == []
    moved = {"unit_id": second.unit_id, "province_id": second.province_id}
    assert program.patch(f"/cooperatives/{first.id}", moved, If_Match="*").status_code in (403, 422)
    assert [u["code"] for u in program.get("/units").get_json()["items"]] == [first.unit.code]


def test_a_token_of_some_forms_reaches_no_others(api, migrated):
    first, second = make.submission(), make.submission()
    planning = make.person(Role.PLANNING, make.unit(is_office=False))
    program = api(planning, forms=[first.form_version.form.code])

    assert [one["id"] for one in program.get("/submissions").get_json()["items"]] == [first.id]
    assert program.get(f"/submissions/{second.id}").status_code == 404
    assert [f["code"] for f in program.get("/forms").get_json()["items"]] == [first.form_version.form.code]


def test_a_token_to_read_changes_nothing(api, migrated):
    submission = make.submission(make.State.SUBMITTED)
    division = make.person(Role.DIVISION, submission.form_version.form.owner)
    reader, writer = api(division, may_write=False, may_step=False), api(division, may_step=False)

    assert reader.post(f"/submissions/{submission.id}/verify", {}, If_Match="*").status_code == 403
    assert writer.post(f"/submissions/{submission.id}/verify", {}, If_Match="*").status_code == 403
    assert Submission.get_by_id(submission.id).state == "submitted"


def test_the_minute_has_an_end(api, migrated, redis_url):
    queue.use(redis_url)
    person = make.person(Role.REPORTER)
    program = api(person, per_minute=3)

    answers = [program.get("/visits") for _ in range(8)]

    # The minute may turn in the middle of the test: then there are at most two minutes' worth.
    let_in = [a for a in answers if a.status_code == 200]
    turned_away = [a for a in answers if a.status_code == 429]
    assert 3 <= len(let_in) <= 6 and len(let_in) + len(turned_away) == 8
    assert 1 <= int(turned_away[0].headers["Retry-After"]) <= 60
    assert let_in[0].headers["RateLimit-Limit"] == "3"


def test_the_page_shows_a_token_once(app, sign_in, migrated):
    person = make.person(Role.PLANNING, make.unit(is_office=False))
    browser = sign_in(person)

    shown = browser.post("/admin/api/", data={"name": "ดึงข้อมูล", "days": "30", "may_write": "on"})

    token = ApiToken.get(ApiToken.person == person.id)
    assert token.may_write and not token.may_step
    assert token.begins in shown.get_data(as_text=True)
    text = shown.get_data(as_text=True).split('readonly value="')[1].split('"')[0]
    assert tokens.holder(text, at=clock.now()).id == token.id
    assert text not in browser.get("/admin/api/").get_data(as_text=True)
    assert browser.post("/admin/api/", data={"name": "", "days": "30"}).status_code == 422
    assert browser.get("/admin/api/docs").status_code == 200
    assert browser.get("/admin/api/docs/swagger-ui-bundle.js").status_code == 200
    assert browser.get("/admin/api/docs/plugins.py").status_code == 404


def test_the_page_gives_the_addresses_for_excel_of_what_one_may_read(sign_in, migrated):
    shown = sign_in(make.person(Role.REPORTER)).get("/admin/api/").get_data(as_text=True)

    for address in ("/api/v1/odata/<", "/api/v1/odata/visits<", "/api/v1/visits?format=csv<"):
        assert address in shown
    assert "/odata/editions<" not in shown


def test_codes_of_units_and_forms_are_looked_for(migrated):
    person = make.person(Role.REPORTER)
    form = make.form()

    _text, row = tokens.issue(person, name="ก", by=person, at=make.NOON, units=[person.unit.code], forms=[form.code])

    assert row.units == [Unit.get_by_id(person.unit_id).code] and row.forms == [Form.get_by_id(form.id).code]
