"""Verbs beside the workflow: what each is told, who may, and that it does what the page does."""

import pytest

from models import BookEntry, Edition, Form, FormVersion, Indicator, MailingList, Notice, Reopening, Run, Target
from portal.rules.access import Role
from portal.rules.workflow import State
from portal.web.api import handed_off, planned, reported, sent_in
from tests import make

ACTS = (*sent_in.ACTS, *handed_off.ACTS, *planned.ACTS, *reported.ACTS)
SPEC = {"sections": [{"key": "s", "title": "ก", "questions": [
    {"key": "held", "kind": "whole", "label": "ครั้ง", "required": True}]}], "rules": []}  # fmt: skip
ODD = {bool: 1, int: "1", str: 1, list: {}, dict: []}


@pytest.fixture
def boss(api, migrated):
    return api(make.person(Role.PLANNING, make.unit(is_office=False)), per_minute=100_000)


def test_every_property_of_every_verb_is_named_when_it_is_of_another_kind(boss, app):
    """Read as the door reads it: a wrong kind, a lack and an unknown property are refused by name, never a fault."""
    with app.test_request_context():
        for act in ACTS:
            for part in act.parts:
                with pytest.raises(Exception) as caught:
                    part.read(ODD.get(part.kind, "9999-99-99"))
                assert caught.value.field == part.name, (act.ident, part.name)
            with pytest.raises(Exception) as caught:
                act.given({"colour": 1})
            assert caught.value.field == "colour"
            for part in act.parts:
                if part.needed:
                    with pytest.raises(Exception) as caught:
                        act.given({})
                    assert caught.value.field in {p.name for p in act.parts if p.needed}


def test_who_only_looks_takes_no_verb_and_a_narrowed_token_takes_none_of_the_whole(api, boss):
    looker, period = api(make.person(Role.EXECUTIVE, make.unit(is_office=False))), make.period()
    narrow = api(make.person(Role.PLANNING, make.unit(is_office=False)), units=(make.unit().code,))
    year = period.fiscal_year_id

    for verb in ("copy_visit_plans", "approve_visit_plans"):
        assert looker.post(f"/fiscal-years/{year}/{verb}", {}, If_Match="*").status_code == 403, verb
    assert looker.post("/forms/begin", {"code": "F1", "name": "ก"}).status_code == 403
    assert looker.post("/book-outlines/begin", {"book": "pack"}).status_code == 403
    assert looker.post(f"/periods/{period.id}/remind", {}, If_Match="*").status_code == 403
    assert narrow.post(f"/periods/{period.id}/remind", {}, If_Match="*").status_code == 403
    assert boss.post(f"/periods/{period.id}/remind", {}, If_Match="*").status_code == 200
    assert boss.post(f"/periods/{period.id}/remind", {}).status_code == 428


def test_a_plan_is_shaped_approved_and_copied_by_program(api, boss):
    indicator = make.indicator()
    activity, year = indicator.activity, indicator.activity.project.plan.fiscal_year
    other = make.row(
        Indicator, activity=activity, code="ZZ", name="อื่น", measure_unit=indicator.measure_unit, position=9
    )
    office = make.unit()
    target = make.row(Target, indicator=indicator, unit=office, value=12)
    own = api(make.person(Role.REPORTER, office))

    months = own.post(f"/targets/{target.id}/plan_months", {"months": {"1": 5, "2": 7}}, If_Match="*")
    assert months.get_json() == {"months": {"1": 5, "2": 7}}
    strange = api(make.person(Role.REPORTER)).post(f"/targets/{target.id}/plan_months", {"months": {}}, If_Match="*")
    assert strange.status_code == 404
    assert own.post(f"/targets/{target.id}/plan_months", {"months": {"13": 1}}, If_Match="*").status_code == 422

    assert boss.post(f"/indicators/{other.id}/shift", {"down": False}, If_Match="*").status_code == 200
    said = {"approved_on": "2022-09-30", "approver": "อธิบดี", "document_number": "กษ 1"}
    approved = boss.post(f"/fiscal-years/{year.id}/approve_plan", said, If_Match="*")
    assert (approved.status_code, approved.get_json()["number"]) == (200, 1)
    assert boss.post(f"/indicators/{other.id}/remove", {}, If_Match="*").get_json() == {}
    into = make.fiscal_year(2567)
    copied = boss.post(f"/fiscal-years/{year.id}/copy_plan", {"into": into.id, "indicators": True}, If_Match="*")
    assert copied.status_code == 200 and Indicator.select().count() == 2
    assert (
        boss.post(f"/fiscal-years/{year.id}/copy_plan", {"into": year.id}, If_Match="*").get_json()["field"] == "into"
    )


def test_a_report_is_opened_again_and_a_form_drawn_by_program(api, boss):
    report = make.submission(State.VERIFIED)
    owed = report.obligation_id
    opened = boss.post(f"/obligations/{owed}/reopen", {"reason": "แก้ยอด", "days": 2}, If_Match="*")
    assert opened.status_code == 200 and Reopening.select().count() == 1

    begun = boss.post("/forms/begin", {"code": "NEW1", "name": "แบบใหม่"}).get_json()
    draft = f"/form-versions/{begun['id']}"
    wrong = boss.post(
        f"{draft}/save", {"spec": {"sections": [{"key": "s", "title": "", "questions": []}]}}, If_Match="*"
    )
    assert wrong.status_code == 200 and wrong.get_json()["faults"]
    assert boss.post(f"{draft}/save", {"spec": SPEC, "note": "ก"}, If_Match="*").get_json()["faults"] == []
    assert boss.post(f"{draft}/publish", {}, If_Match="*").status_code == 200
    copied = boss.post(f"/forms/{begun['form_id']}/copy", {"code": "NEW2", "name": "สำเนา"}, If_Match="*")
    assert copied.status_code == 200 and Form.select().where(Form.code == "NEW2").exists()
    assert boss.post(f"{draft}/save", {"spec": SPEC}, If_Match="*").status_code == 409  # published: it never changes
    assert FormVersion.get_by_id(begun["id"]).spec


def test_contents_are_set_letters_sent_and_notices_read_by_program(api, boss):
    begun = boss.post("/book-outlines/begin", {"book": "pack", "year": 2566}).get_json()
    outline = f"/book-outlines/{begun['id']}"
    added = boss.post(f"{outline}/add", {"kind": "text", "title": "คำนำ", "body": "ก"}, If_Match="*").get_json()
    line = f"/book-entries/{added['id']}"
    assert boss.post(f"{line}/write", {"title": "คำชี้แจง", "steps": -200}, If_Match="*").status_code == 200
    first = BookEntry.select().where(BookEntry.outline == begun["id"]).order_by(BookEntry.position).first()
    assert first.title == "คำชี้แจง"
    assert boss.post(f"{line}/take_out", {}, If_Match="*").get_json() == {}
    worn = boss.post(f"{outline}/wear", {"thai_digits": True}, If_Match="*")
    assert worn.status_code == 200 and worn.get_json()["thai_digits"] is True

    office = make.unit(is_office=False)
    run = make.row(Run, kind="pack", subject="2566-05", unit=office, asked_by=make.person(), asked_at=make.NOON)
    edition = make.row(
        Edition, fiscal_year=make.fiscal_year(),
        book="pack", subject="2566-05", number=1, run=run, unit=office, cut_at=make.NOON, made_at=make.NOON,
        snapshot_sha256="0" * 64, sha256="0" * 64, pages=1, file_key="aa/" + "0" * 30,
    )  # fmt: skip
    empty = make.row(MailingList, name="ผู้บริหาร")
    sent = boss.post(f"/editions/{edition.id}/send", {"list": empty.id}, If_Match="*")
    assert (sent.status_code, sent.get_json()["field"]) == (422, "list")

    who = make.person(Role.REPORTER)
    notice = make.row(Notice, person=who, at=make.NOON, text="ก")
    assert api(make.person()).post(f"/notices/{notice.id}/mark_read", {}, If_Match="*").status_code == 404
    assert api(who).post(f"/notices/{notice.id}/mark_read", {}, If_Match="*").get_json()["read_at"] is not None
