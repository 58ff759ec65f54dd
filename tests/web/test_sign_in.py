"""Signing in and out: who gets in, for how long, and what a stranger learns."""

import datetime as dt
import html
import re

import pytest

from models import Person, Region, SignIn, StoreFact
from portal import clock, people, sign_ins
from portal.rules.access import Role
from portal.web.sign_in import COOKIE, Tries, own_path
from tests import make
from tests.conftest import TOKEN

WORDS = "ฝนตกหนักที่เชียงคาน"


def with_password(role=Role.PLANNING, password=WORDS, **values):
    person = make.person(role, **values)
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), password, at=clock.now())
    return person


def enter(client, username, password, **more):
    page = client.get("/sign-in/").text
    token = re.search(r'name="csrf_token" value="([\w.]+)"', page)[1]
    return client.post("/sign-in/", data={"username": username, "password": password, "csrf_token": token, **more})


def test_the_right_password_lets_in_and_the_page_knows_who_it_is(database, client):
    person = with_password()

    answer = enter(client, person.username, WORDS)

    assert answer.status_code == 302
    assert answer.location == "/"
    assert person.name in client.get("/admin/").text


def test_the_cookie_is_kept_from_scripts_and_other_sites(database, client):
    person = with_password()

    given = enter(client, person.username, WORDS).headers.getlist("Set-Cookie")
    cookie = next(one for one in given if one.startswith(COOKIE))

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert len(client.get_cookie(COOKIE).value) > 40


def test_a_stranger_is_sent_to_sign_in_and_then_where_they_wanted(database, client):
    person = with_password()

    answer = client.get("/admin/visit/?page=2")

    assert answer.location == "/sign-in/?next=/admin/visit/%3Fpage%3D2"
    assert enter(client, person.username, WORDS, next="/admin/visit/?page=2").location == "/admin/visit/?page=2"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:a()", "\\\\e"]
)
def test_no_door_leads_outside(wanted):
    assert own_path(wanted) == "/"


def test_a_refusal_is_the_same_for_an_unknown_name_a_wrong_password_and_a_closed_account(database, client):
    person, gone = with_password(), with_password()
    people.leave(gone, by=make.person(Role.ADMIN), at=clock.now())

    pages = [enter(client, name, "wrong password 123") for name in (person.username, "nobody-here", gone.username)]

    assert {p.status_code for p in pages} == {403}
    plain = {re.sub(r'(value|v)="?[^"> ]*"?', "", re.sub(r'csrf_token" value="[\w.]+"', "", p.text)) for p in pages}
    assert len(plain) == 1


def test_after_five_wrong_passwords_the_account_waits_a_moment_but_nobody_can_lock_it_for_good(database, client):
    person = with_password()
    for _ in range(5):
        enter(client, person.username, "wrong password 123")

    assert enter(client, person.username, WORDS).status_code == 403

    assert Person.get_by_id(person.id).wait_until <= clock.now() + dt.timedelta(minutes=1)
    sign_ins.check_sign_in(person.username, WORDS, at=clock.now() + dt.timedelta(minutes=1, seconds=1))


def test_an_address_that_guesses_waits_longer_each_time():
    tries = Tries(free=3)
    for _ in range(3):
        tries.refused("10.0.0.1")
    assert not tries.must_wait("10.0.0.1")

    tries.refused("10.0.0.1")

    assert tries.must_wait("10.0.0.1")
    assert not tries.must_wait("10.0.0.2")


def test_signing_out_makes_the_old_cookie_worthless(database, client, app):
    person = with_password()
    enter(client, person.username, WORDS)
    kept = client.get_cookie(COOKIE).value
    token = re.search(r'data-csrf="([\w.]+)"', client.get("/admin/").text)[1]

    client.post("/sign-out/", data={"csrf_token": token})

    thief = app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert thief.get("/admin/").status_code == 302


def test_switching_a_person_off_ends_their_sign_in_with_the_next_request(database, client, sign_in):
    person = make.person(Role.PLANNING)
    sign_in(person)
    assert client.get("/admin/").status_code == 200

    people.leave(person, by=make.person(Role.ADMIN), at=clock.now())

    assert client.get("/admin/").status_code == 302


def test_a_role_taken_away_is_gone_with_the_next_request(database, client, sign_in):
    person = make.person(Role.ADMIN)
    sign_in(person)
    assert client.get("/admin/signin/").status_code == 200

    Person.update(role=Role.DIVISION).where(Person.id == person.id).execute()

    assert client.get("/admin/signin/").status_code == 403


def test_a_sign_in_left_alone_too_long_is_over(database, client, sign_in):
    sign_in(make.person(Role.PLANNING))

    SignIn.update(seen_at=clock.now() - sign_ins.IDLE - dt.timedelta(minutes=1)).execute()

    assert client.get("/admin/").status_code == 302


def test_a_one_time_link_sets_a_password_once(database, client):
    person = make.person(Role.PLANNING)
    token = sign_ins.make_link(person, by=None, at=clock.now())
    page = client.get(f"/first/{token}/")
    csrf = re.search(r'name="csrf_token" value="([\w.]+)"', page.text)[1]
    assert person.name in page.text

    first = client.post(f"/first/{token}/", data={"csrf_token": csrf, "password": WORDS, "again": WORDS})

    assert first.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert client.get(f"/first/{token}/").status_code == 404
    sign_ins.check_sign_in(person.username, WORDS, at=clock.now())


def test_the_one_time_password_printed_at_first_start_leads_to_setting_a_real_one(database, client):
    person = make.person(Role.ADMIN)
    token = sign_ins.make_link(person, by=None, at=clock.now())

    answer = enter(client, person.username, token)

    assert answer.location == f"/first/{token}/"


def test_an_easy_password_is_refused_in_words(database, client):
    token = sign_ins.make_link(make.person(Role.PLANNING), by=None, at=clock.now())
    csrf = re.search(r'name="csrf_token" value="([\w.]+)"', client.get(f"/first/{token}/").text)[1]

    for easy in ("short", "aaaaaaaaaaaaa", "1234567890", "password123", "สหกรณ์123"):
        answer = client.post(f"/first/{token}/", data={"csrf_token": csrf, "password": easy, "again": easy})

        assert answer.status_code == 422, easy
        assert "รหัสผ่าน" in answer.text


def test_a_new_password_signs_other_browsers_out_but_not_this_one(database, client, app, sign_in):
    person = with_password()
    other = sign_in(person, app.test_client())
    sign_in(person)
    data = {"old": WORDS, "password": WORDS + " อีกครั้ง", "again": WORDS + " อีกครั้ง"}

    answer = client.post("/password/", data=data)

    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


def test_the_present_password_is_asked_for(database, client, sign_in):
    sign_in(with_password())

    answer = client.post("/password/", data={"old": "not this one", "password": WORDS + "1", "again": WORDS + "1"})

    assert answer.status_code == 422
    assert "รหัสผ่านปัจจุบันไม่ถูกต้อง" in answer.text


def test_every_changing_request_without_our_token_is_refused(database, client, app, sign_in):
    sign_in(make.person(Role.ADMIN))
    client.environ_base.pop(TOKEN)
    rules = {r.rule for r in app.url_map.iter_rules() if "POST" in r.methods and "<" not in r.rule}
    posts = sorted(rule for rule in rules if not rule.startswith("/api/"))  # the API takes no cookie to begin with
    assert len(posts) > 100

    for rule in posts:
        for forged in ({}, {"csrf_token": "0" * 64}, {"csrf_token": "1." + "0" * 64}, {"csrf_token": "ก.ก"}):
            answer = client.post(rule, data=forged)
            assert answer.status_code == 400, rule


def test_another_person_s_token_is_no_token(database, client, app, sign_in):
    theirs = sign_in(make.person(Role.ADMIN), app.test_client()).environ_base[TOKEN]
    sign_in(make.person(Role.ADMIN))
    client.environ_base[TOKEN] = theirs

    assert client.post("/admin/region/new/", data={"code": "R9", "name": "x"}).status_code == 400


def test_a_request_from_another_site_is_refused(database, client, sign_in):
    sign_in(make.person(Role.ADMIN))

    answer = client.post("/sign-out/", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 400
    assert client.get("/admin/").status_code == 200


def test_pages_carry_the_headers_that_keep_them_to_themselves(database, client, sign_in):
    sign_in(make.person(Role.ADMIN))

    headers = client.get("/admin/").headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{2}", headers["X-Request-Id"])


def test_a_person_chooses_the_language_they_read(database, client, sign_in):
    sign_in(make.person(Role.ADMIN))
    assert "งานของฉันวันนี้" in client.get("/admin/").text

    answer = client.post("/language/", data={"language": "en", "url": "/admin/"})

    assert answer.location == "/admin/"
    assert "My work today" in client.get("/admin/").text


def test_what_was_typed_survives_a_sign_in_that_ended_meanwhile(database, client):
    person = with_password(Role.ADMIN)
    enter(client, person.username, WORDS)
    page = client.get("/admin/region/new/").text
    form = {
        "csrf_token": re.search(r'name="csrf_token" value="([\w.]+)"', page)[1],
        "code": "R77",
        "name": "เขต\nทดลอง<b>",
    }
    sign_ins.end_all(person, at=clock.now())

    told = client.post("/admin/region/new/", data=form)
    kept = re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', told.text, re.S)

    assert told.status_code == 401
    assert {name: html.unescape(value) for name, value in kept} == form
    assert not Region.select().where(Region.code == "R77").exists()
    enter(client, person.username, WORDS)
    assert client.post("/admin/region/new/", data=form).status_code == 302
    assert Region.select().where(Region.code == "R77").exists()


def test_the_page_for_sending_again_takes_nothing_from_another_site(database, client):
    client.get("/sign-in/")

    answer = client.post("/admin/region/new/", data={"name": "<script>", "csrf_token": "5." + "0" * 64})

    assert answer.status_code == 400
    assert "<textarea" not in answer.text


def test_a_demonstration_says_so_on_every_page_and_a_real_store_does_not(database, app, client, sign_in):
    sign_in(make.person(Role.ADMIN))
    assert "ข้อมูลสาธิต" not in client.get("/admin/").text

    make.row(StoreFact, key="demo", value="1")
    app.extensions.pop("portal_demo")

    for page in ("/admin/", "/admin/visit/", "/admin/region/new/", "/nowhere/", "/password/"):
        assert "ข้อมูลสาธิต" in client.get(page).text, page
    assert "ข้อมูลสาธิต" in app.test_client().get("/sign-in/").text
