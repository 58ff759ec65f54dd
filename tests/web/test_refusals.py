"""What a person sees when something is refused or fails: words in their language, never a stack trace."""

import logging

import pytest
from peewee import OperationalError

from portal import sign_ins
from portal.rules.access import Role
from tests import make


@pytest.fixture
def planner(database, sign_in):
    person = make.person(Role.PLANNING)
    sign_in(person)
    return person


def test_an_unknown_page_is_told_in_thai_inside_the_shell(planner, client):
    answer = client.get("/admin/nowhere/")

    assert answer.status_code == 404
    assert "ไม่มีหน้าหรือรายการนี้" in answer.text
    assert planner.name in answer.text


def test_a_wrong_way_of_asking_is_told_too(planner, client):
    assert client.get("/admin/visit/delete/").status_code == 405


def test_a_form_that_is_too_large_is_refused(planner, client):
    answer = client.post("/admin/visit/action/", data={"note": "ก" * 3_000_000})

    assert answer.status_code == 413
    assert "ใหญ่เกินไป" in answer.text


def test_a_page_of_another_role_is_refused_in_words(planner, client):
    answer = client.get("/admin/signin/")

    assert answer.status_code == 403
    assert "หน้านี้สำหรับบทบาทอื่น" in answer.text


def test_a_script_gets_its_words_as_data(planner, client):
    answer = client.get("/admin/visit/details/?id=999999", headers={"X-Requested-With": "portal"})

    assert answer.status_code == 404
    assert "หน่วยงานอื่น" in answer.json["error"]


def test_a_failure_shows_a_number_and_no_trace(planner, client, app, monkeypatch, caplog):
    monkeypatch.setitem(app.view_functions, "admin.index", lambda: 1 / 0)

    answer = client.get("/admin/")

    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["X-Request-Id"] in caplog.text


def test_a_store_that_is_away_is_told_as_such(planner, client, app, monkeypatch):
    def away():
        raise OperationalError("could not connect")

    monkeypatch.setitem(app.view_functions, "admin.index", away)

    answer = client.get("/admin/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "could not connect" not in answer.text


def test_no_log_line_holds_a_name_or_what_was_typed(planner, client, caplog):
    caplog.set_level(logging.INFO)

    client.get("/admin/visit/?search=ความลับของสมาชิก")

    assert f"person={planner.id}" in caplog.text
    assert planner.name not in caplog.text
    assert "ความลับ" not in caplog.text
    assert not any(token in caplog.text for token in ("scrypt", sign_ins.METHOD))


CROOKED = ["page=-5", "page=99999999999", "page=x", "sort=99", "sort=-1", "page_size=1000000", "desc=a",
           "flt0_state_is=nonsense", "flt0_unit_is=0", "flt0_unit_is=๑", "flt0_visited_on_from=31/02/2566",
           "search=%00", "search=%25_%27%22--", "search=ab", "flt=1", "flt_", "flt9999_x=1",
           "search=" + "ก" * 500]  # fmt: skip


def test_a_crooked_address_of_a_list_is_no_failure(planner, client):
    for query in CROOKED:
        assert client.get(f"/admin/visit/?{query}").status_code == 200, query


def test_a_crooked_number_of_a_record_is_told_as_not_there(planner, client):
    for ident in ("", "0", "-1", "x", "1;DROP TABLE visit", "๑", "99999999999999999999", "1.0", "%00"):
        for way in ("details", "edit"):
            assert client.get(f"/admin/visit/{way}/?id={ident}").status_code == 404, ident
