"""Changes by programs go the one way to write: versions, keys for asking again, steps, many at once, taken back."""

import datetime as dt

import pytest

from models import (
    AuditEntry,
    Cooperative,
    Holiday,
    KeptReply,
    Region,
    Revision,
    Submission,
    Unit,
    VisitActivity,
    VisitPlan,
    VisitPlanLine,
)
from portal import records
from portal.rules.access import Role
from tests import make


@pytest.fixture
def admin(migrated):
    return make.person(Role.ADMIN, make.unit(is_office=False))


def region(**values):
    return {"code": "R77", "name": "เขตทดลอง", "name_en": "Trial"} | values


def test_a_record_is_added_changed_and_its_history_read(api, admin):
    program = api(admin)
    made = program.post("/regions", region())
    ident = made.get_json()["id"]

    changed = program.patch(f"/regions/{ident}", {"name": "เขตใหม่"}, If_Match=made.headers["ETag"])

    assert made.status_code == 201 and made.headers["Location"].endswith(f"/regions/{ident}")
    assert changed.status_code == 200 and changed.get_json()["name"] == "เขตใหม่"
    assert changed.headers["ETag"] != made.headers["ETag"]
    told = program.get(f"/regions/{ident}/history").get_json()["items"]
    assert [one["verb"] for one in told] == ["edit", "create"]
    assert told[0]["before"]["name"] == "เขตทดลอง" and told[0]["after"]["name"] == "เขตใหม่"
    assert AuditEntry.select().where(AuditEntry.person == admin.id, AuditEntry.verb == "edit").count() == 1


def test_a_change_says_which_version_was_looked_at(api, admin):
    program = api(admin)
    made = program.post("/regions", region())
    path = f"/regions/{made.get_json()['id']}"
    program.patch(path, {"name": "ของคนอื่น"}, If_Match=made.headers["ETag"])

    silent = program.patch(path, {"name": "ของฉัน"})
    late = program.patch(path, {"name": "ของฉัน"}, If_Match=made.headers["ETag"])

    assert silent.status_code == 428
    assert late.status_code == 412 and late.get_json()["current"]["name"] == "ของคนอื่น"
    assert Region.get(Region.code == "R77").name == "ของคนอื่น"
    assert program.patch(path, {"name": "ของฉัน"}, If_Match="*").status_code == 200


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"name": 5}, "name"), ({"colour": "red"}, "colour"), ({"is_active": "yes"}, "is_active"),
        ({"name": "ก" * 201}, "name"), ({"code": None}, "code"), ({"id": 1}, "id"), ({"version": 9}, "version"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_property_is_refused_by_name_and_nothing_is_kept(api, admin, wrong, field):
    answer = api(admin).post("/regions", region(**wrong))

    assert answer.status_code == 422 and answer.get_json()["field"] == field
    assert Region.get_or_none(Region.code == "R77") is None


def test_a_body_that_is_no_object_is_refused(api, admin):
    program = api(admin)

    for body in ("{", "[1]", '"x"', "null"):
        answer = program.client.post(
            "/api/v1/regions", data=body, headers={"Authorization": f"Bearer {program.token}"},
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == 422


def test_the_same_words_as_on_the_screen_refuse_a_bad_value(api, sign_in, migrated):
    office = make.person(Role.APPROVER)
    institution = make.cooperative(unit=office.unit)
    words = api(office).patch(
        f"/cooperatives/{institution.id}", {"year_end": "99-99"}, If_Match="*", Accept_Language="th"
    )

    form = dict.fromkeys((), "") | {"year_end": "99-99"}
    shown = sign_in(office).post(f"/admin/cooperative/edit/?id={institution.id}", data=_form_of(institution) | form)

    assert words.status_code == 422
    assert words.get_json()["detail"] in shown.get_data(as_text=True)


def _form_of(row):
    values = {k: "" if v is None else str(v) for k, v in row.__data__.items() if k not in ("id", "name_sort")}
    return values


def test_the_same_request_under_one_key_is_done_once(api, admin):
    program = api(admin)
    first = program.post("/regions", region(), Idempotency_Key="ก่อน".encode().hex())
    again = program.post("/regions", region(), Idempotency_Key="ก่อน".encode().hex())
    other = program.post("/regions", region(code="R78"), Idempotency_Key="ก่อน".encode().hex())

    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json() and again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert Region.select().where(Region.code.in_(["R77", "R78"])).count() == 1


def test_a_refused_request_leaves_its_key_free(api, admin):
    program = api(admin)

    assert program.post("/regions", region(name=5), Idempotency_Key="k1").status_code == 422
    assert KeptReply.select().count() == 0
    assert program.post("/regions", region(), Idempotency_Key="k1").status_code == 201


def test_steps_of_the_workflow_are_taken_by_those_who_may(api, migrated):
    submission = make.submission(make.State.SUBMITTED)
    division = make.person(Role.DIVISION, submission.form_version.form.owner)
    path = f"/submissions/{submission.id}"
    reporter, checker = api(make.person(Role.REPORTER, submission.unit)), api(division)

    assert reporter.post(f"{path}/verify", {}, If_Match="*").status_code == 403
    assert checker.post(f"{path}/fly", {}, If_Match="*").status_code == 404
    assert checker.post(f"{path}/verify", {"note": 1, "x": 2}, If_Match="*").status_code == 422
    seen = checker.get(path).headers["ETag"]
    done = checker.post(f"{path}/verify", {}, If_Match=seen)
    twice = checker.post(f"{path}/verify", {}, If_Match=seen)

    assert done.status_code == 200 and done.get_json()["state"] == "verified"
    assert twice.status_code == 412
    assert Submission.get_by_id(submission.id).verified_by_id == division.id


def test_many_are_brought_by_their_key_all_or_none(api, admin):
    program = api(admin)
    program.post("/regions", region())
    items = [region(name="เปลี่ยน"), region(code="R78", name="ใหม่")]

    first = program.post("/regions/bulk", {"items": items})
    same = program.post("/regions/bulk", {"items": items})
    wrong = program.post("/regions/bulk", {"items": [region(name="หาย"), region(code="R79", name=7)]})

    assert first.get_json() == {"added": 1, "changed": 1, "same": 0}
    assert same.get_json() == {"added": 0, "changed": 0, "same": 2}
    assert wrong.status_code == 422
    assert wrong.get_json()["items"][0] | {"detail": "", "rule": ""} == {
        "item": 1, "field": "name", "rule": "", "detail": "",
    }  # fmt: skip
    assert Region.get(Region.code == "R77").name == "เปลี่ยน"


def test_a_related_record_is_named_by_its_key(api, migrated):
    office = make.person(Role.APPROVER)
    institution = make.cooperative(unit=office.unit)
    admin = make.person(Role.ADMIN, make.unit(is_office=False))

    answer = api(admin).post(
        "/cooperatives/bulk",
        {
            "items": [
                {
                    "registration_number": institution.registration_number, "district": "เมือง",
                    "unit": {"code": office.unit.code}, "type": {"code": institution.type.code},
                }
            ]
        },
    )  # fmt: skip

    assert answer.get_json() == {"added": 0, "changed": 1, "same": 0}
    assert Cooperative.get_by_id(institution.id).district == "เมือง"


def test_a_removed_record_lies_in_the_trash_and_comes_back_with_its_number(api, admin):
    day = make.row(Holiday, day=dt.date(2023, 5, 4), name="วันฉัตรมงคล")
    program = api(admin)

    gone = program.delete(f"/holidays/{day.id}", If_Match="*")

    assert gone.status_code == 204 and program.get(f"/holidays/{day.id}").status_code == 404
    trash = program.get("/holidays/trash").get_json()["items"]
    assert [(one["id"], one["before"]["day"]) for one in trash] == [(day.id, "2023-05-04")]
    back = program.post(f"/holidays/{day.id}/restore", {})
    assert back.status_code == 201 and back.get_json()["id"] == day.id and back.get_json()["name"] == "วันฉัตรมงคล"
    assert program.get("/holidays/trash").get_json()["items"] == []
    assert program.post(f"/holidays/{day.id}/restore", {}).status_code == 404


def test_another_office_s_record_is_neither_changed_nor_removed(api, migrated):
    mine, theirs = make.person(Role.APPROVER), make.cooperative()
    program, before = api(mine), Revision.select().count()

    for answer in (
        program.patch(f"/cooperatives/{theirs.id}", {"district": "x"}, If_Match="*"),
        program.delete(f"/cooperatives/{theirs.id}", If_Match="*"),
        program.post("/cooperatives/bulk", {"items": [{"registration_number": theirs.registration_number}]}),
    ):
        assert answer.status_code in (403, 404, 409, 422)
    assert Revision.select().count() == before


def test_an_agreed_action_is_settled_and_opened_again_by_its_office(api, migrated):
    visit = make.visit(agreed_action="ส่งงบการเงิน", action_due_on=dt.date(2023, 6, 1), action_state="open")
    office, path = api(make.person(Role.REPORTER, visit.unit)), f"/visits/{visit.id}"

    assert office.post(f"{path}/settle_action", {"state": "open"}, If_Match="*").get_json()["field"] == "state"
    assert office.post(f"{path}/settle_action", {"colour": "x"}, If_Match="*").get_json()["field"] == "colour"
    assert office.post(f"{path}/settle_action", {"state": "done", "result": "ส่งแล้ว"}).status_code == 428
    assert api().post(f"{path}/settle_action", {"state": "done", "result": "x"}, If_Match="*").status_code == 403
    done = office.post(f"{path}/settle_action", {"state": "done", "result": "ส่งแล้ว"}, If_Match='"1"')
    again = office.post(f"{path}/reopen_action", {"note": "งบไม่ครบ"}, If_Match=done.headers["ETag"])

    assert (done.get_json()["action_state"], done.get_json()["action_result"]) == ("done", "ส่งแล้ว")
    assert again.get_json()["action_state"] == "open"


def test_units_are_brought_by_their_code(api, admin):
    office = make.unit()

    answer = api(admin).post("/units/bulk", {"items": [{"code": office.code, "name_en": "Example office"}]})

    assert answer.get_json() == {"added": 0, "changed": 1, "same": 0}
    assert Unit.get_by_id(office.id).name_en == "Example office"


def test_children_that_went_with_a_record_come_back_with_it(migrated):
    office = make.person(Role.APPROVER)
    institution = make.cooperative(unit=office.unit)
    plan = make.row(VisitPlan, cooperative=institution, fiscal_year=make.fiscal_year(), unit=office.unit)
    activity = make.row(VisitActivity, code="X1", name="แนะนำ")
    line = make.row(VisitPlanLine, plan=plan, activity=activity, month=3, visits=2)
    with records.changing(by=office, verb="remove") as work:
        work.remove(plan)

    with records.changing(by=office, verb="restore") as work:
        work.restore(VisitPlan, plan.id)

    assert VisitPlanLine.get_by_id(line.id).plan_id == plan.id


def test_every_wrong_item_is_told_by_its_place_and_none_is_taken(api, migrated):
    admin = make.person(Role.ADMIN, make.unit(is_office=False))
    institution, other = make.cooperative(), make.cooperative()
    good = {
        "registration_number": institution.registration_number, "district": "ใหม่",
    }  # fmt: skip
    items = [
        good,
        good,  # the same key twice
        {"registration_number": other.registration_number, "year_end": "99-99"},  # a rule of the record
        {"registration_number": "1234567890123", "name": "ไม่ครบ"},  # a new one without what it needs
        {"name": "ไม่มีเลขทะเบียน"},  # no key
        {"registration_number": other.registration_number[:-1] + "9", "members": "มาก"},  # not a number
    ]

    answer = api(admin).post("/cooperatives/bulk", {"items": items})

    assert answer.status_code == 422
    told = {(one["item"], one["field"]) for one in answer.get_json()["items"]}
    assert {(1, "registration_number"), (2, "year_end"), (4, "registration_number"), (5, "members")} <= told
    assert 3 in {place for place, _field in told} and 0 not in {place for place, _field in told}
    assert Cooperative.get_by_id(institution.id).district == ""


def test_many_keep_one_revision_each_and_grow_their_versions(api, migrated):
    office = make.person(Role.APPROVER)
    held = [make.cooperative(unit=office.unit) for _ in range(3)]
    before = Revision.select().count()

    items = [{"registration_number": one.registration_number, "members": 7 + n} for n, one in enumerate(held)]
    assert api(office).post("/cooperatives/bulk", {"items": items}).get_json()["changed"] == 3

    fresh = [Cooperative.get_by_id(one.id) for one in held]
    assert [(row.version, row.members) for row in fresh] == [(2, 7), (2, 8), (2, 9)]
    told = Revision.select().where(Revision.table_name == "Cooperative", Revision.id > before)
    assert sorted(r.after["members"] for r in told) == [7, 8, 9]
    assert {r.before["members"] for r in told} == {0}


def test_a_visit_is_recorded_by_its_own_verb_whichever_door_it_comes_through(api, migrated):
    office = make.person(Role.REPORTER)
    institution = make.cooperative(unit=office.unit)
    activity = make.row(VisitActivity, code="X1", name="แนะนำ")
    make.period()
    given = {
        "cooperative_id": institution.id, "unit_id": office.unit_id, "visited_on": "2023-05-10",
        "activity_id": activity.id, "officer_id": office.id, "subject": "แนะนำการทำบัญชี",
    }  # fmt: skip
    program = api(office)

    silent = program.post("/visits", given)
    told = program.post("/visits", given | {"unplanned_reason": "สมาชิกขอให้มา"})

    assert silent.status_code == 422 and silent.get_json()["field"] == "unplanned_reason"
    assert told.status_code == 201 and told.get_json()["is_unplanned"] is True
    assert program.post("/visits", given | {"visited_on": "2999-01-01"}).status_code == 422
