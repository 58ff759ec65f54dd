"""Filling in a report: saved as often as one likes, told in words what is wrong, never written over."""

import datetime as dt
import html
import json
import re
from decimal import Decimal

import pytest
from flask import g

from models import Answer, Comment, MonthPlan, Obligation, Revision, Submission, Target, UnlockRequest
from portal import submissions
from portal.database import db
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.locks import REASONS, LockRule
from portal.rules.workflow import State
from portal.web.language import gettext
from portal.web.sheet_view import STATES
from tests import make

SHEET = {
    "sections": [
        {"key": "a", "title": "ผลงาน", "questions": [
            {"key": "kind", "kind": "choice", "label": "ประเภท", "choices": [
                {"code": "x", "label": "กลุ่ม"}, {"code": "y", "label": "สหกรณ์"}]},
            {"key": "done", "kind": "whole", "label": "ทำได้", "required": True, "least": "0"},
            {"key": "cost", "kind": "money", "label": "ค่าใช้จ่าย", "shown_when": "done > 0"},
            {"key": "each", "kind": "computed", "label": "เฉลี่ย", "formula": "cost / done"},
            {"key": "note", "kind": "long_text", "label": "หมายเหตุ"},
        ]},
        {"key": "b", "title": "ผลผลิต", "questions": [
            {"key": "crops", "kind": "table", "label": "ผลผลิต", "rows_greatest": 5, "totals": ["tons"], "columns": [
                {"key": "name", "kind": "text", "label": "ชนิด"},
                {"key": "tons", "kind": "number", "label": "ตัน", "least": "0"}]},
        ]},
    ],
    "rules": [
        {"key": "few", "expression": "done >= 2", "message": "น้อยผิดปกติ", "severity": "warn", "at": "done"},
        {"key": "most", "expression": "done <= 1000", "message": "เกินกว่าที่เป็นไปได้", "severity": "block", "at": "done"},
    ],
}  # fmt: skip


@pytest.fixture
def office(database, sign_in):
    """A reporter signed in, with one report owed."""
    person = make.person(Role.REPORTER)
    sign_in(person)
    return person


def owed(office, spec=None, **values):
    return make.obligation(unit=office.unit, form=make.form(spec=spec or SHEET), **values)


def address(obligation):
    return f"/admin/answers/?obligation={obligation.id}"


def seen(client, obligation):
    return re.search(r'name="seen" value="([^"]*)"', client.get(address(obligation)).text)[1]


def put(client, obligation, cells, **more):
    """What a script sends when cells are left, and what it is told."""
    body = {"obligation": str(obligation.id), "cells": cells, "seen": {}} | more
    answer = client.post("/admin/answers/cell", data=json.dumps(body), content_type="application/json")
    return answer, answer.get_json()


def value_of(page, name):
    return html.unescape(re.search(rf'name="q-{name}" value="([^"]*)"', page)[1])


# ---------------------------------------------------------------- without scripts


def test_the_first_save_begins_the_report_and_keeps_the_answers(office, client):
    obligation = owed(office)

    answer = client.post(
        address(obligation), data={"seen": seen(client, obligation), "q-done": "๑,๒๓๔", "q-note": "ฝนตก\nน้ำท่วม"}
    )

    begun = Submission.get(Submission.obligation == obligation)
    assert answer.location == address(obligation)
    assert begun.state == State.DRAFT
    kept = {a.key: a for a in Answer.select().where(Answer.submission == begun)}
    assert kept["done"].number == Decimal(1234)
    assert kept["note"].text == "ฝนตก\nน้ำท่วม"
    assert (kept["done"].saved_by_id, kept["done"].saved_at is not None) == (office.id, True)


def test_what_is_no_number_is_told_at_its_cell_and_the_others_are_saved(office, client):
    obligation = owed(office)

    answer = client.post(
        address(obligation), data={"seen": seen(client, obligation), "q-done": "สิบสอง", "q-note": "ยังไม่เสร็จ"}
    )

    assert answer.status_code == 422
    assert value_of(answer.text, "done") == "สิบสอง"
    assert re.search(r'id="m-done">.*ไม่ใช่ตัวเลข', answer.text, re.DOTALL)
    assert [a.key for a in Answer.select()] == ["note"]


def test_a_question_that_does_not_apply_is_kept_as_such_and_an_empty_one_is_taken_away(office, client):
    obligation = owed(office)
    client.post(address(obligation), data={"seen": seen(client, obligation), "q-done": "5", "q-note": "x"})

    client.post(address(obligation), data={"seen": seen(client, obligation), "na-done": "on", "q-note": ""})

    kept = {a.key: a for a in Answer.select()}
    assert kept["done"].mark == "not_applicable" and kept["done"].number is None
    assert "note" not in kept


def test_two_who_answer_at_once_see_both_answers(office, client, app, sign_in):
    obligation = owed(office)
    client.post(address(obligation), data={"seen": seen(client, obligation), "q-done": "5", "q-note": "เดิม"})
    mine = seen(client, obligation)
    colleague = sign_in(make.person(Role.REPORTER, office.unit), app.test_client())
    colleague.post(address(obligation), data={"seen": mine, "q-done": "6", "q-note": "ของเพื่อน"})

    answer = client.post(address(obligation), data={"seen": mine, "q-done": "7", "q-note": "เดิม", "q-cost": "10"})

    assert answer.status_code == 409
    assert value_of(answer.text, "done") == "7"
    assert re.search(r"clash.*“6”", answer.text, re.DOTALL)
    kept = {a.key: a for a in Answer.select()}
    assert kept["done"].number == 6
    assert kept["note"].text == "ของเพื่อน"  # what I did not touch is not mine to change
    assert kept["cost"].number == 10  # what nobody else touched is saved
    again = re.search(r'name="seen" value="([^"]*)"', answer.text)[1]
    assert client.post(address(obligation), data={"seen": again, "q-done": "7"}).status_code == 302
    assert Answer.get(Answer.key == "done").number == 7


def test_the_largest_sheets_come_whole_without_scripts(office, client):
    columns = [{"key": f"c{n}", "kind": "whole", "label": f"ช่อง {n}"} for n in range(12)]
    rows = [{"key": f"r{n}", "label": f"แถว {n}"} for n in range(1, 201)]
    table = {"key": "big", "kind": "table", "label": "ตาราง", "columns": columns, "rows": rows}
    obligation = owed(office, {"sections": [{"questions": [table]}]})
    typed = {
        f"q-big.c{column}-{row}": str(row) if column == 11 else "" for row in range(1, 201) for column in range(12)
    }

    page = client.get(address(obligation)).text
    answer = client.post(address(obligation), data={"seen": ""} | typed)

    # As parts of a mixed body, an empty answer at the end of a piece read would take the next part's head for its text.
    assert "multipart" not in re.search(r'<form[^>]*id="sheet"[^>]*>', page)[0]
    assert (len(typed), answer.status_code) == (2400, 302)
    assert {a.row: a.number for a in Answer.select()} == {row: row for row in range(1, 201)}


def test_a_row_is_added_to_an_open_table_without_scripts(office, client):
    obligation = owed(office)

    client.post(
        address(obligation),
        data={"seen": seen(client, obligation), "q-crops.name-1": "ข้าว", "q-crops.tons-1": "12.5"},
    )

    assert Answer.get(Answer.key == "crops.tons", Answer.row == 1).number == Decimal("12.5")
    assert 'name="q-crops.tons-2"' in client.get(address(obligation)).text


# ---------------------------------------------------------------- cell by cell


def test_a_cell_is_saved_as_it_is_left_and_what_follows_from_it_is_told(office, client):
    obligation = owed(office)

    put(client, obligation, {"done": "๔"})
    _, told = put(client, obligation, {"cost": "1,000"})

    assert told["cells"]["cost"] == {"state": "saved", "typed": "1,000", "version": 1}
    assert told["computed"]["each"] == "250.00"
    assert told["hidden"] == []
    _, told = put(client, obligation, {"done": "0"}, seen={"done": 1})
    assert told["hidden"] == ["cost"]
    assert told["computed"]["each"] == "-"


def test_one_refused_cell_of_a_block_leaves_the_others_alone(office, client):
    obligation = owed(office)

    answer, told = put(client, obligation, {"done": "3", "cost": "abc", "crops.tons-1": "-1", "crops.tons-6": "1"})

    assert answer.status_code == 200
    assert {name: cell["state"] for name, cell in told["cells"].items()} == {
        "done": "saved", "cost": "refused", "crops.tons-1": "refused", "crops.tons-6": "refused",
    }  # fmt: skip
    assert "ไม่ใช่ตัวเลข" in told["cells"]["cost"]["words"]
    assert [a.key for a in Answer.select()] == ["done"]


def test_of_two_people_each_is_told_the_others_value_and_the_second_decides(office, client, app, sign_in):
    obligation = owed(office)
    put(client, obligation, {"done": "5"})
    friend = make.person(Role.REPORTER, office.unit)
    colleague = sign_in(friend, app.test_client())
    put(colleague, obligation, {"done": "6"}, seen={"done": 1})

    _, told = put(client, obligation, {"done": "7", "note": "ของฉัน"}, seen={"done": 1, "note": 0})

    assert told["cells"]["done"] == {"state": "clash", "theirs": "6", "version": 2, "who": friend.name}
    assert told["cells"]["note"]["state"] == "saved"
    assert Answer.get(Answer.key == "done").number == 6
    _, told = put(client, obligation, {"done": "7"}, seen={"done": 2})
    assert told["cells"]["done"]["state"] == "saved"
    _, told = put(client, obligation, {"done": "7"}, seen={"done": 1})
    assert told["cells"]["done"]["state"] == "saved"  # the same value is no disagreement


def test_what_others_changed_meanwhile_comes_with_the_answer(office, client, app, sign_in):
    obligation = owed(office)
    _, told = put(client, obligation, {"done": "5"})
    colleague = sign_in(make.person(Role.REPORTER, office.unit), app.test_client())
    put(colleague, obligation, {"cost": "99"})

    _, told = put(client, obligation, {"note": "x"}, since=told["at"])

    assert told["others"] == {"cost": {"typed": "99", "version": 1}}


def test_a_warning_asks_for_a_reason_and_a_block_stops_the_sending(office, client, app, sign_in):
    obligation = owed(office)
    approver = sign_in(make.person(Role.APPROVER, office.unit), app.test_client())
    _, told = put(client, obligation, {"done": "1"})
    assert told["problems"] == [{"cell": "done", "severity": "warn", "words": "น้อยผิดปกติ", "reason": ""}]
    page = approver.get(f"/admin/answers/send?obligation={obligation.id}").text
    assert "น้อยผิดปกติ" in page
    assert approver.post(f"/admin/answers/send?obligation={obligation.id}").status_code == 422

    _, told = put(client, obligation, {}, reasons={"done": "ฝนตกทั้งเดือน"})

    assert told["problems"][0]["reason"] == "ฝนตกทั้งเดือน"
    assert approver.post(f"/admin/answers/send?obligation={obligation.id}").location == "/admin/"
    assert Answer.get(Answer.key == "done").reason == "ฝนตกทั้งเดือน"


def test_each_thing_in_the_way_of_sending_leads_to_its_cell(office, client, app, sign_in):
    obligation = owed(office)
    put(client, obligation, {"done": "5000"})
    approver = sign_in(make.person(Role.APPROVER, office.unit), app.test_client())

    page = approver.get(f"/admin/answers/send?obligation={obligation.id}").text

    assert f'href="{address(obligation).replace("&", "&amp;")}#c-done"' in page
    assert "เกินกว่าที่เป็นไปได้" in page


def test_what_the_portal_works_out_is_kept_when_the_report_is_sent(office, client):
    obligation = owed(office)
    put(client, obligation, {"done": "4", "cost": "1000", "crops.tons-1": "2", "crops.tons-2": "3"})
    report = Submission.get()

    submissions.submit(report, by=make.person(Role.APPROVER, office.unit), at=make.NOON)

    assert Answer.get(Answer.key == "each").number == 250
    assert Answer.get(Answer.key == "each").saved_by_id is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"obligation": 1, "cells": []}', b'{"cells": {"done": 1}}',
     b'{"cells": {"done": "1"}, "seen": {"x": "x"}}'],
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_refused_in_words(office, client, body):
    obligation = owed(office)
    text = body.replace(b'{"cells"', f'{{"obligation": {obligation.id}, "cells"'.encode())

    answer = client.post("/admin/answers/cell", data=text, content_type="application/json")

    assert answer.status_code in (404, 422)
    assert not Submission.select().exists()


@pytest.mark.parametrize(
    "name", ["nothing", "each", "crops", "crops.tons", "crops.tons-0", "done-1", "crops.x-1", "-1", ""]
)
def test_a_cell_that_the_form_does_not_ask_for_is_refused(office, client, name):
    obligation = owed(office)

    _, told = put(client, obligation, {name: "1"})

    assert next(iter(told["cells"].values()))["state"] == "refused"
    assert not Answer.select().exists()


# ---------------------------------------------------------------- what is locked


def test_a_report_that_was_sent_says_why_it_cannot_be_changed_and_who_can_open_it(office, client):
    obligation = owed(office)
    put(client, obligation, {"done": "5"})
    sent = Submission.get(Submission.obligation == obligation)
    submissions.submit(sent, by=make.person(Role.APPROVER, office.unit), at=make.NOON)

    answer, told = put(client, obligation, {"done": "9"})
    page = client.get(address(obligation)).text

    assert answer.status_code == 409
    assert "แก้ได้เมื่อถูกส่งคืน" in told["error"]
    assert client.post(address(obligation), data={"q-done": "9"}).status_code == 409
    assert Answer.get(Answer.key == "done").number == 5
    assert obligation.form.owner.short in page
    assert 'name="rule" value="awaiting_review"' in page
    assert re.search(r'name="q-done" value="5"[^>]*readonly', page)


def forced(office, *, target=Decimal(120)):
    indicator = make.indicator(is_plan_forced=True)
    if target is not None:
        make.row(Target, indicator=indicator, unit=office.unit, value=target)
    question = {
        "key": "done",
        "kind": "whole",
        "label": "ทำได้",
        "indicator": indicator.code,
        "indicator_id": indicator.id,
    }
    return owed(office, {"sections": [{"title": "ผลงาน", "questions": [question]}]}), indicator


def test_a_result_waits_for_its_plan_which_is_filled_in_right_there(office, client):
    obligation, _ = forced(office)
    _, told = put(client, obligation, {"done": "5"})
    assert told["cells"]["done"]["state"] == "locked"
    assert 'action="/admin/answers/plan"' in client.get(address(obligation)).text

    answer = client.post(
        "/admin/answers/plan", data={"obligation": obligation.id, "key": "done", "m1": "10", "m8": "๑๒"}
    )

    assert answer.location.endswith("#c-done")
    assert sorted(MonthPlan.select(MonthPlan.month, MonthPlan.value).tuples()) == [(1, 10), (8, 12)]
    _, told = put(client, obligation, {"done": "5"})
    assert told["cells"]["done"]["state"] == "saved"
    assert told["totals"] == {"done": "5"}
    page = client.get(address(obligation)).text
    assert re.search(r'data-l="แผน">12<.*data-l="แผนสะสม">22<', page, re.DOTALL)


def test_a_target_that_is_not_there_forces_no_plan(office, client):
    obligation, _ = forced(office, target=None)

    _, told = put(client, obligation, {"done": "5"})

    assert told["cells"]["done"]["state"] == "saved"


def test_asking_for_a_lock_to_be_lifted_reaches_who_can_lift_it(office, client):
    obligation, indicator = forced(office)
    data = {"obligation": obligation.id, "rule": "plan_first", "key": "done", "reason": "แผนยังไม่อนุมัติ"}

    assert client.post("/admin/answers/ask", data=data).status_code == 302

    asked = UnlockRequest.get()
    assert (asked.rule, asked.indicator_id, asked.unit_id) == ("plan_first", indicator.id, office.unit_id)
    assert client.post("/admin/answers/ask", data=data).status_code == 409
    assert client.post("/admin/answers/ask", data=data | {"reason": " "}).status_code == 422


def test_a_parent_figure_is_computed_from_its_parts_and_not_typed(office, client, app, sign_in):
    parent = make.indicator()
    child, other = make.indicator(parent=parent), make.indicator(parent=parent)
    questions = [
        {"key": "all", "kind": "whole", "label": "รวม", "indicator_id": parent.id},
        {"key": "one", "kind": "whole", "label": "หนึ่ง", "indicator_id": child.id},
    ]
    obligation = owed(office, {"sections": [{"questions": questions}]})
    elsewhere = owed(office, {"sections": [{"questions": [
        {"key": "two", "kind": "whole", "label": "สอง", "indicator_id": other.id}]}]})  # fmt: skip
    put(client, elsewhere, {"two": "30"})

    _, told = put(client, obligation, {"one": "12", "all": "1"})

    assert told["cells"]["all"]["state"] == "locked"
    assert told["computed"]["all"] == "42"
    assert f"{child.name}, {other.name}" in client.get(address(obligation)).text  # what it is made of
    submissions.submit(
        Submission.get(Submission.obligation == obligation), by=make.person(Role.APPROVER, office.unit), at=make.NOON
    )
    kept = Answer.get(Answer.key == "all")
    assert (kept.number, kept.indicator_id) == (42, parent.id)


# ---------------------------------------------------------------- returned


def returned(office, client):
    obligation = owed(office)
    put(client, obligation, {"done": "5", "note": "x"})
    report = Submission.get()
    submissions.submit(report, by=make.person(Role.APPROVER, office.unit), at=make.NOON)
    reviewer = make.person(Role.DIVISION, obligation.form.owner)
    submissions.send_back(
        report, by=reviewer, at=make.NOON, cells={Cell("note"): "เขียนให้ชัด", Cell("done"): "ไม่ตรงกับทะเบียน"}
    )
    return obligation


def test_a_returned_report_opens_on_the_first_marked_cell(office, client):
    obligation = returned(office, client)

    page = client.get(address(obligation)).text

    assert 'data-first="done"' in page
    assert "ไม่ตรงกับทะเบียน" in page and "เขียนให้ชัด" in page


def test_a_mark_is_settled_when_the_cell_is_changed_or_answered(office, client):
    obligation = returned(office, client)
    put(client, obligation, {"done": "6"})
    marks = {c.key: c for c in Comment.select().where(Comment.settled_at.is_null(), Comment.key != "")}
    assert list(marks) == ["note"]

    answer = client.post(
        "/admin/answers/settle",
        data={"obligation": obligation.id, "comment": marks["note"].id, "answer": "ตรวจแล้วถูกต้อง"},
    )

    assert answer.location.endswith("#c-note")
    assert not Comment.select().where(Comment.settled_at.is_null(), Comment.key != "").exists()
    assert Comment.get(Comment.text == "ตรวจแล้วถูกต้อง").key == "note"
    again = client.post(
        "/admin/answers/settle", data={"obligation": obligation.id, "comment": marks["note"].id, "answer": "อีก"}
    )
    assert again.status_code == 404


# ---------------------------------------------------------------- who


def test_another_office_s_report_is_not_there(office, client):
    theirs = make.obligation()
    before = Submission.select().count()

    for ident in (theirs.id, 0, "x", ""):
        assert client.get(f"/admin/answers/?obligation={ident}").status_code == 404
        assert put(client, type("O", (), {"id": ident}), {"done": "1"})[0].status_code == 404
    assert client.post(address(theirs), data={"q-done": "1"}).status_code == 404
    assert Submission.select().count() == before


def test_central_units_do_not_fill_in(database, client, sign_in):
    sign_in(make.person(Role.ADMIN))

    assert client.get(address(Obligation.select().first() or make.obligation())).status_code == 403


def test_a_reporter_does_not_send(office, client):
    obligation = owed(office)
    put(client, obligation, {"done": "5"})

    assert client.post(f"/admin/answers/send?obligation={obligation.id}").status_code == 403
    assert Submission.get().state == State.DRAFT


def test_what_is_owed_leads_from_the_first_page_to_its_questions(office, client):
    obligation = owed(office)

    page = client.get("/admin/").text

    assert address(obligation) in page
    assert "ทำได้" in client.get(address(obligation)).text


# ---------------------------------------------------------------- how much it asks of the store


class Counted:
    def __init__(self):
        self.count = 0

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.run(*args, **kwargs)


@pytest.fixture
def statements(monkeypatch):
    """`statements(act)`: how many statements the store is asked while `act()` runs."""

    def count(act):
        counter = Counted()
        counter.run = db.obj.execute_sql
        with monkeypatch.context() as patch:
            patch.setattr(db.obj, "execute_sql", counter)
            act()
        return counter.count

    return count


def wide(columns, rows):
    return {"sections": [{"questions": [{
        "key": "t", "kind": "table", "label": "ตาราง", "totals": [f"c{n}" for n in range(columns)],
        "columns": [{"key": f"c{n}", "kind": "whole", "label": f"สดมภ์ {n}"} for n in range(columns)],
        "rows": [{"key": f"r{n}", "label": f"แถว {n}"} for n in range(rows)]}]}]}  # fmt: skip


def test_the_page_asks_the_store_the_same_however_many_cells_it_has(office, client, statements):
    small, large = owed(office, wide(2, 2)), owed(office, wide(12, 20))
    put(client, small, {f"t.c{c}-{r}": str(c + r) for c in range(2) for r in range(1, 3)})
    put(client, large, {f"t.c{c}-{r}": str(c + r) for c in range(12) for r in range(1, 21)})
    client.get(address(small))

    few, many = (statements(lambda o=o: client.get(address(o))) for o in (small, large))

    assert few == many <= 20


def test_a_saved_cell_costs_the_same_however_many_there_are(office, client, statements):
    small, large = owed(office, wide(2, 2)), owed(office, wide(12, 20))
    put(client, small, {f"t.c{c}-{r}": "1" for c in range(2) for r in range(1, 3)})
    put(client, large, {f"t.c{c}-{r}": "1" for c in range(12) for r in range(1, 21)})

    few, many = (statements(lambda o=o: put(client, o, {"t.c1-1": "7"})) for o in (small, large))

    assert few == many <= 32
    assert Answer.select().where(Answer.key == "t.c1", Answer.row == 1, Answer.number == 7).count() == 2


def test_a_pasted_block_costs_little_more_than_a_cell(office, client, statements):
    obligation = owed(office, wide(12, 20))
    put(client, obligation, {"t.c0-1": "1"})
    block = {f"t.c{c}-{r}": str(c * r) for c in range(12) for r in range(1, 21)}

    new = statements(lambda: put(client, obligation, block))
    over = statements(lambda: put(client, obligation, {name: f"{value}0" for name, value in block.items()}))

    assert max(new, over) <= 36
    assert {(a.key, a.row): a.number for a in Answer.select()} == {
        (f"t.c{c}", r): c * r * 10 for c in range(12) for r in range(1, 21)
    }
    assert (
        Revision.select().where(Revision.table_name == "Answer").count() == 1 + 240 + 220
    )  # a nought stays what it was


def test_the_day_of_a_save_is_kept(office, client):
    obligation = owed(office)

    put(client, obligation, {"done": "5"})

    assert dt.datetime.now() - Answer.get().saved_at < dt.timedelta(minutes=5)


# ---------------------------------------------------------------- words


def test_every_lock_and_every_state_of_a_cell_has_its_thai(app):
    with app.test_request_context():
        g.language = "th"
        for words in [*REASONS.values(), *(word for _, word in STATES.values()), *map(str, LockRule)]:
            assert re.search("[ก-๙]", gettext(words)), words
