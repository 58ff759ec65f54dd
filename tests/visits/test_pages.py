"""Pages of visits: recording by form and by script, photos, the month, what an institution offers."""

import datetime as dt
import io
import re

import pytest
from PIL import Image

from models import Attachment, Obligation, Visit
from portal import visits
from portal.rules.access import Role
from portal.rules.terms import ObligationState, VisitState
from tests import make
from tests.make import NOON

SCRIPT = {"X-Requested-With": "portal"}


@pytest.fixture
def reporter(office, sign_in):
    return sign_in(office.officer)


def typed(office, **more):
    return {
        "cooperative": office.institution.id, "visited_on": "10/05/2566", "officer": office.officer.id,
        "place": "on_site", "work": f"{office.works[0].id}:8", "findings": "บัญชีเป็นปัจจุบัน", "sent_key": "k1",
    } | more  # fmt: skip


def photo():
    made = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(made, "JPEG")
    return made.getvalue()


def test_three_fields_beyond_the_defaults_record_a_visit(office, reporter):
    page = reporter.get(f"/admin/visits/record/?cooperative={office.institution.id}&on=10/05/2566").text
    chosen = re.findall(r'name="(visited_on|officer|place)"', page)
    form = typed(office)

    answer = reporter.post("/admin/visits/record/", data=form)

    visit = Visit.get()
    assert set(chosen) == {"visited_on", "officer", "place"}
    assert answer.location == f"/admin/visits/visit/?id={visit.id}"
    assert (visit.subject, visit.against_month, visit.is_unplanned) == (office.works[0].name, 8, False)


def test_what_is_planned_this_month_is_offered_first(office, reporter):
    page = reporter.get(f"/admin/visits/offered/?cooperative={office.institution.id}&on=10/05/2566").text

    offered = re.findall(r'name="work" value="(\d+:\d+)"', page)
    assert offered == [f"{office.works[0].id}:8", f"{office.works[1].id}:8", f"{office.works[1].id}:7"]


def test_institutions_of_one_s_own_come_first(office, reporter):
    mine = make.cooperative(office.unit, name="สหกรณ์ฮ.นกฮูก จำกัด", officer=office.officer)

    found = reporter.get("/admin/visits/institutions/?query=").json
    searched = reporter.get("/admin/visits/institutions/?query=นกฮูก").json

    assert found[0] == [mine.id, mine.name] and len(found) == 3
    assert searched == [[mine.id, mine.name]]


def test_a_visit_outside_the_plan_needs_one_touch_more(office, reporter):
    form = typed(office, other=office.works[3].id)
    del form["work"]

    refused = reporter.post("/admin/visits/record/", data=form, headers=SCRIPT)
    taken = reporter.post("/admin/visits/record/", data=form | {"usual_reason": "สมาชิกร้องเรียน"}, headers=SCRIPT)

    assert refused.status_code == 422 and list(refused.json["errors"]) == ["unplanned_reason"]
    assert taken.status_code == 200 and Visit.get_by_id(taken.json["id"]).unplanned_reason == "สมาชิกร้องเรียน"


def test_sent_twice_by_script_it_is_one_visit(office, reporter):
    first, again = (reporter.post("/admin/visits/record/", data=typed(office), headers=SCRIPT).json for _ in range(2))

    assert first == again and Visit.select().count() == 1


def test_every_wrong_field_is_told_at_once_and_nothing_typed_is_lost(office, reporter):
    wrong = typed(office, visited_on="31 ก.พ. 66", people_met="หลายคน", action_due_on="เร็ว ๆ นี้", findings="พิมพ์ไว้แล้ว")

    told = reporter.post("/admin/visits/record/", data=wrong, headers=SCRIPT)
    page = reporter.post("/admin/visits/record/", data=wrong)

    assert told.status_code == page.status_code == 422
    assert set(told.json["errors"]) == {"visited_on", "people_met", "action_due_on"}
    assert "พิมพ์ไว้แล้ว" in page.text and 'value="31 ก.พ. 66"' in page.text and "ต้องแก้ 3 ช่อง" in page.text


def test_another_office_s_institution_cannot_be_named(office, reporter):
    theirs = make.cooperative()

    answer = reporter.post("/admin/visits/record/", data=typed(office, cooperative=theirs.id), headers=SCRIPT)

    assert answer.status_code == 422 and list(answer.json["errors"]) == ["cooperative"]
    assert reporter.get(f"/admin/visits/offered/?cooperative={theirs.id}&on=10/05/2566").status_code == 404


@pytest.mark.parametrize("role", [Role.DIVISION, Role.PLANNING, Role.ADMIN, Role.EXECUTIVE])
def test_only_offices_open_the_page_that_records(office, sign_in, role):
    client = sign_in(make.person(role))

    assert client.get("/admin/visits/record/").status_code == 403
    assert client.post("/admin/visits/record/", data=typed(office)).status_code == 403


def test_photos_come_with_the_visit_and_what_is_no_photo_is_told(office, reporter):
    files = [(io.BytesIO(photo()), "a.jpg"), (io.BytesIO(b"<script>"), "b.jpg")]
    answer = reporter.post("/admin/visits/record/", data=typed(office) | {"files": files}, headers=SCRIPT)

    assert answer.status_code == 200 and len(answer.json["refused"]) == 1 and "b.jpg" in answer.json["refused"][0]
    row = Attachment.get()
    small, whole = (reporter.get(f"/admin/visits/file/?id={row.id}{more}") for more in ("&small=1", ""))
    assert small.mimetype == whole.mimetype == "image/jpeg" and len(small.data) < len(whole.data)


def test_a_photo_is_shown_to_nobody_who_may_not_see_its_visit(office, reporter, app, sign_in):
    files = [(io.BytesIO(photo()), "a.jpg")]
    reporter.post("/admin/visits/record/", data=typed(office) | {"files": files})
    row = Attachment.get()

    for person in (office.stranger, make.person(Role.REPORTER)):
        answer = sign_in(person, app.test_client()).get(f"/admin/visits/file/?id={row.id}")
        assert answer.status_code == 404
    assert sign_in(office.reviewer, app.test_client()).get(f"/admin/visits/file/?id={row.id}").status_code == 200


def test_a_returned_visit_is_mended_on_the_same_page(office, reporter):
    reporter.post("/admin/visits/record/", data=typed(office))
    visit = Visit.get()
    visits.send_back(visit, by=office.reviewer, at=NOON, note="ไม่ชัดเจน")
    page = reporter.get(f"/admin/visits/record/?id={visit.id}").text
    version = re.search(r'name="version" value="(\d+)"', page)[1]

    assert "ไม่ชัดเจน" in page and f'value="{office.works[0].id}:8" checked' in page
    stale = reporter.post(f"/admin/visits/record/?id={visit.id}", data=typed(office, version="1", findings="x"))
    reporter.post(f"/admin/visits/record/?id={visit.id}", data=typed(office, version=version, findings="ชัดแล้ว"))

    kept = Visit.get_by_id(visit.id)
    assert stale.status_code == 409
    assert (kept.state, kept.findings, Visit.select().count()) == (VisitState.RECORDED, "ชัดแล้ว", 1)


def test_the_month_shows_what_is_left_and_is_sent_by_the_head(office, reporter, app, sign_in):
    owed = make.row(
        Obligation, unit=office.unit, period=office.month, subject="visits", duty="visits", due_on=dt.date(2023, 5, 20)
    )
    reporter.post("/admin/visits/record/", data=typed(office))
    page = reporter.get("/admin/visits/?month=2566-05").text
    head = sign_in(office.head, app.test_client())
    refused = reporter.post("/admin/visits/month/", data={"period": office.month.id})
    untold = head.post("/admin/visits/month/", data={"period": office.month.id}, headers=SCRIPT)
    sent = head.post("/admin/visits/month/", data={"period": office.month.id, "reason": "สหกรณ์ขอเลื่อน"})
    check = sign_in(office.reviewer, app.test_client()).get("/admin/visit-check/").text

    assert office.works[1].name in page and "1 <small>/ 3</small>" in page
    assert "data-sure" not in page.partition('class="due"')[2].partition("</div>")[0]
    assert untold.status_code == 409 and "“สหกรณ์ขอเลื่อน”" in check and "1/3" in check
    assert refused.status_code == 403 and sent.status_code == 302
    assert Obligation.get_by_id(owed.id).state == ObligationState.MET


def test_an_agreed_action_is_settled_from_the_visit(office, reporter):
    reporter.post("/admin/visits/record/", data=typed(office, agreed_action="ปิดบัญชี", action_due_on="20/05/2566"))
    visit = Visit.get()
    page = reporter.get(f"/admin/visits/visit/?id={visit.id}").text
    reporter.post("/admin/visits/settle/", data={"id": visit.id, "state": "done", "result": "ปิดแล้ว"})

    assert "ปิดบัญชี" in page and Visit.get().action_result == "ปิดแล้ว"


def test_script_in_what_was_typed_is_shown_as_text(office, reporter):
    evil = "<img src=x onerror=alert(1)>"
    reporter.post(
        "/admin/visits/record/", data=typed(office, findings=evil, agreed_action=evil, action_due_on="20/5/66")
    )

    for address in (f"/admin/visits/visit/?id={Visit.get().id}", f"/admin/visits/record/?id={Visit.get().id}"):
        assert evil not in reporter.get(address).text


def test_the_list_s_own_form_records_by_the_same_rules(office, reporter):
    assert reporter.get("/admin/visit/new/").location == "/admin/visits/record/"
    form = {
        "cooperative": office.institution.id, "unit": office.unit.id, "visited_on": "10/05/2566",
        "activity": office.works[3].id, "officer": office.officer.id, "place": "on_site", "subject": "ลอง",
    }  # fmt: skip

    refused = reporter.post("/admin/visit/new/", data=form)
    taken = reporter.post("/admin/visit/new/", data=form | {"unplanned_reason": "สมาชิกร้องเรียน"})

    assert refused.status_code == 422 and taken.status_code == 302 and Visit.get().is_unplanned


def test_dates_no_calendar_knows_do_no_harm(office, reporter):
    for day in ("", "x", "31/02/2566", "1/1/9999", "9999999999", "๑/๑/๒๕๖๖"):
        assert reporter.get(f"/admin/visits/record/?on={day}").status_code == 200, day
        assert reporter.get(f"/admin/visits/?month={day}").status_code == 200, day
        assert reporter.get(f"/admin/visits/offered/?cooperative={office.institution.id}&on={day}").status_code == 200
    for ident in ("", "0", "x", "99999999999", "๑"):
        assert reporter.get(f"/admin/visits/visit/?id={ident}").status_code == 404, ident
        assert reporter.get(f"/admin/visits/file/?id={ident}").status_code == 404, ident
