"""Filling in a report: saved as often as one likes, told in words what is wrong, never written over."""

import re
from decimal import Decimal

import pytest

from models import Answer, Obligation, Submission
from portal import submissions
from portal.rules.access import Role
from portal.rules.workflow import State
from tests import make


@pytest.fixture
def office(database, sign_in):
    """A reporter signed in, with one report owed."""
    person = make.person(Role.REPORTER)
    sign_in(person)
    return person


def owed(office):
    return make.obligation(unit=office.unit)


def address(obligation):
    return f"/admin/answers/?obligation={obligation.id}"


def stamp(client, obligation):
    return re.search(r'name="stamp" value="(\w+)"', client.get(address(obligation)).text)[1]


def test_the_first_save_begins_the_report_and_keeps_the_answers(office, client):
    obligation = owed(office)

    answer = client.post(
        address(obligation), data={"stamp": stamp(client, obligation), "q-done": "๑,๒๓๔", "q-note": "ฝนตก\nน้ำท่วม"}
    )

    begun = Submission.get(Submission.obligation == obligation)
    assert answer.location == f"/admin/submission/details/?id={begun.id}"
    assert begun.state == State.DRAFT
    kept = {a.key: a for a in Answer.select().where(Answer.submission == begun)}
    assert kept["done"].number == Decimal(1234)
    assert kept["note"].text == "ฝนตก\nน้ำท่วม"


def test_what_is_no_number_is_told_beside_its_line_and_nothing_is_saved(office, client):
    obligation = owed(office)

    answer = client.post(
        address(obligation), data={"stamp": stamp(client, obligation), "q-done": "สิบสอง", "q-note": "ยังไม่เสร็จ"}
    )

    assert answer.status_code == 422
    assert 'value="สิบสอง"' in answer.text
    assert "ยังไม่เสร็จ" in answer.text
    assert re.search(r'id="error-done">.*ไม่ใช่ตัวเลข', answer.text)
    assert not Submission.select().where(Submission.obligation == obligation).exists()


def test_a_question_that_does_not_apply_is_kept_as_such_and_an_empty_one_is_taken_away(office, client):
    obligation = owed(office)
    client.post(address(obligation), data={"stamp": stamp(client, obligation), "q-done": "5", "q-note": "x"})

    client.post(address(obligation), data={"stamp": stamp(client, obligation), "na-done": "on", "q-note": ""})

    kept = {a.key: a for a in Answer.select()}
    assert kept["done"].mark == "not_applicable" and kept["done"].number is None
    assert "note" not in kept


def test_two_who_answer_at_once_see_both_answers(office, client, app, sign_in):
    obligation = owed(office)
    client.post(address(obligation), data={"stamp": stamp(client, obligation), "q-done": "5"})
    mine = stamp(client, obligation)
    colleague = sign_in(make.person(Role.REPORTER, office.unit), app.test_client())
    colleague.post(address(obligation), data={"stamp": mine, "q-done": "6"})

    answer = client.post(address(obligation), data={"stamp": mine, "q-done": "7"})

    assert answer.status_code == 409
    assert 'value="7"' in answer.text
    assert re.search(r'id="theirs-done">.*<b>6</b>', answer.text)
    assert Answer.get(Answer.key == "done").number == 6
    again = re.search(r'name="stamp" value="(\w+)"', answer.text)[1]
    assert client.post(address(obligation), data={"stamp": again, "q-done": "7"}).status_code == 302
    assert Answer.get(Answer.key == "done").number == 7


def test_a_report_that_was_sent_cannot_be_filled_in(office, client):
    obligation = owed(office)
    client.post(address(obligation), data={"stamp": stamp(client, obligation), "q-done": "5"})
    sent = Submission.get(Submission.obligation == obligation)
    submissions.submit(sent, by=make.person(Role.APPROVER, office.unit), at=make.NOON)

    answer = client.post(address(obligation), data={"q-done": "9"})

    assert answer.location == f"/admin/submission/details/?id={sent.id}"
    assert Answer.get(Answer.key == "done").number == 5


def test_another_office_s_report_is_not_there(office, client):
    theirs = make.obligation()
    before = Submission.select().count()

    for ident in (theirs.id, 0, "x", ""):
        assert client.get(f"/admin/answers/?obligation={ident}").status_code == 404
    assert client.post(address(theirs), data={"q-done": "1"}).status_code == 404
    assert Submission.select().count() == before


def test_central_units_do_not_fill_in(database, client, sign_in):
    sign_in(make.person(Role.ADMIN))

    assert client.get(address(Obligation.select().first() or make.obligation())).status_code == 403


def test_what_is_owed_leads_from_the_first_page_to_its_questions(office, client):
    obligation = owed(office)

    page = client.get("/admin/").text

    assert address(obligation) in page
    assert "ทำได้" in client.get(address(obligation)).text
