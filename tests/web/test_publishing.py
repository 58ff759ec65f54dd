"""Publishing a draft and moving reports: faults, what changed, how questions go on, versions side by side."""

import json
import re

from models import Answer, Form, FormVersion, Submission
from portal.forms import versions
from portal.forms.spec import FormSpec
from portal.rules.access import Role
from portal.rules.terms import FormState
from portal.web.form_changes import changes
from tests import make
from tests.web.drawing import SPEC, begun, post, reworded

# ---------------------------------------------------------------- publishing


def publish(client, version, **data):
    seen = FormVersion.get_by_id(version.id).version
    return client.post("/admin/designer/publish/", data={"version": version.id, "seen": seen, "do": "publish", **data})


def test_a_faulty_draft_is_not_published_and_its_faults_are_listed(division, client):
    spec = json.loads(json.dumps(SPEC))
    spec["sections"][0]["questions"][0]["label"] = ""
    draft = begun(division, spec)

    page = client.get(f"/admin/designer/publish/?version={draft.id}")
    answer = publish(client, draft)

    assert "ต้องแก้ 1 แห่ง" in page.text
    assert answer.status_code == 422
    assert FormVersion.get_by_id(draft.id).state == FormState.DRAFT


def test_publishing_keeps_the_note_and_how_each_question_goes_on(kept, client):
    first = versions.publish(begun(kept), by=kept, at=make.NOON)
    second = versions.draft(first.form, by=kept, at=make.NOON)
    spec = reworded("sold", "sales")
    post(client, "save", version=second.id, seen=second.version, spec=spec)

    page = client.get(f"/admin/designer/publish/?version={second.id}")
    answer = publish(
        client, second, note="เปลี่ยนชื่อ",
        **{"to-sold-0": "sales", "factor-sold-0": "1,000", "note-sold-0": "เดิมเป็นพันบาท", "to-collected-0": "collected"},
    )  # fmt: skip

    assert re.search(r'name="to-sold-0".*?value="sales" selected', page.text, re.S), "a rename is suggested"
    assert answer.location == f"/admin/versions/?form={first.form_id}"
    second = FormVersion.get_by_id(second.id)
    assert second.state == FormState.PUBLISHED
    assert second.field_map == {"sold": [{"key": "sales", "factor": "1000", "note": "เดิมเป็นพันบาท"}]}
    assert (second.note, second.published_by_id) == ("เปลี่ยนชื่อ", kept.id)
    assert FormVersion.get_by_id(first.id).spec == first.spec


def test_a_map_that_leads_nowhere_is_told_at_its_row(division, client):
    first = versions.publish(begun(division), by=division, at=make.NOON)
    second = versions.draft(first.form, by=division, at=make.NOON)

    answer = publish(client, second, **{"to-sold-0": "nobody", "factor-sold-0": "x"})

    assert answer.status_code == 422
    assert "nobody" in answer.text
    assert FormVersion.get_by_id(second.id).state == FormState.DRAFT


def test_whoever_publishes_what_somebody_has_changed_meanwhile_is_told_to_look_again(division, client):
    draft = begun(division)
    seen = draft.version
    post(client, "save", version=draft.id, seen=seen, spec=reworded("รวบรวม", "รับซื้อ"))

    answer = client.post("/admin/designer/publish/", data={"version": draft.id, "seen": seen, "do": "publish"})

    assert answer.status_code == 409
    assert FormVersion.get_by_id(draft.id).state == FormState.DRAFT


def test_what_differs_is_told_question_by_question(app):
    new = json.loads(json.dumps(SPEC))
    questions = new["sections"][0]["questions"]
    questions[0]["label"], questions[1]["key"] = "รับซื้อ", "sales"
    questions[2]["formula"] = "share(sales, collected)"
    del questions[3]
    questions.append({"key": "place", "kind": "text", "label": "ที่ใด"})

    with app.test_request_context():
        found = changes(FormSpec.from_json(SPEC), FormSpec.from_json(new), {"sold": "sales"})

    told = {(c.kind, c.what): [(d.before, d.after) for d in c.details] for c in found}
    assert told["changed", "รับซื้อ"] == [("รวบรวม", "รับซื้อ")]
    assert told["changed", "จำหน่าย"] == [("sold", "sales")]
    assert ("added", "ที่ใด") in told and ("removed", "เหตุผล") in told
    assert ("moved", "ร้อยละ") not in told


def test_columns_go_with_their_table_when_it_is_renamed(app):
    def spec(key):
        column = {"key": "n", "kind": "whole", "label": "จำนวน"}
        table = {"key": key, "kind": "table", "label": "ตาราง", "columns": [column]}
        return FormSpec.from_json({"sections": [{"key": "s", "questions": [table]}]})

    with app.test_request_context():
        found = changes(spec("old"), spec("new"), {"old": "new"})

    assert [(c.kind, c.what, [(d.before, d.after) for d in c.details]) for c in found] == [
        ("changed", "ตาราง", [("old", "new")])
    ]


def test_a_question_that_only_moved_is_told_as_moved(app):
    new = json.loads(json.dumps(SPEC))
    questions = new["sections"][0]["questions"]
    questions.append(questions.pop(0))

    with app.test_request_context():
        found = changes(FormSpec.from_json(SPEC), FormSpec.from_json(new))

    assert [(c.kind, c.what) for c in found] == [("moved", "รวบรวม")]


# ---------------------------------------------------------------- versions, files, moving


def test_the_versions_page_compares_sends_copies_and_throws_away(kept, client):
    first = versions.publish(begun(kept), by=kept, at=make.NOON)
    second = versions.draft(first.form, by=kept, at=make.NOON)
    spec = reworded("รวบรวม", "รับซื้อ")
    versions.save_draft(second, spec, by=kept, at=make.NOON)

    listed = client.get(f"/admin/versions/?form={first.form_id}")
    compared = client.get(f"/admin/versions/compare/?a={second.id}&b={first.id}")
    file = client.get(f"/admin/versions/json/?version={first.id}")
    schema = client.get(f"/admin/versions/schema/?version={first.id}")
    copied = client.post("/admin/versions/copy/", data={"form": first.form_id, "code": "D-2", "name": "สำเนา"})
    thrown = client.post("/admin/versions/discard/", data={"version": second.id})

    assert "รุ่น 2" in listed.text and "รุ่น 1" in listed.text
    assert "รับซื้อ" in compared.text
    assert json.loads(file.data)["spec"]["sections"][0]["title"] == "ธุรกิจ"
    assert json.loads(schema.data)["properties"]["sold"]
    assert Form.get(Form.code == "D-2").owner_id == kept.unit_id and copied.status_code == 302
    assert thrown.status_code == 302 and not FormVersion.select().where(FormVersion.id == second.id).exists()


def test_two_versions_of_different_forms_are_not_compared(division, client):
    one = versions.publish(begun(division), by=division, at=make.NOON)
    other = versions.publish(begun(division, code="D-9"), by=division, at=make.NOON)

    assert client.get(f"/admin/versions/compare/?a={one.id}&b={other.id}").status_code == 404


def test_a_report_is_moved_to_the_newest_version_and_back_after_being_looked_at(kept, client):
    form = make.form(kept.unit)
    report = make.submission(form=form)
    draft = versions.draft(form, by=kept, at=make.NOON)
    spec = json.loads(json.dumps(draft.spec).replace('"done"', '"finished"'))
    versions.save_draft(draft, spec, by=kept, at=make.NOON, field_map={"done": [{"key": "finished"}]})
    versions.publish(draft, by=kept, at=make.NOON)
    where = f"/admin/versions/move/?form={form.id}"

    listed, looked = client.get(where), client.get(f"{where}&submission={report.id}")
    assert report.unit.short in listed.text
    assert "ไปต่อ" in looked.text and Submission.get_by_id(report.id).form_version_id != draft.id

    client.post("/admin/versions/move/", data={"form": form.id, "submission": [report.id]})
    assert Submission.get_by_id(report.id).form_version_id == draft.id
    assert {a.key for a in Answer.select().where(Answer.submission == report.id)} == {"finished"}

    assert f"submission={report.id}&amp;back=1" in client.get(where).text or "back=1" in client.get(where).text
    assert client.get(f"{where}&submission={report.id}&back=1").status_code == 200
    client.post("/admin/versions/move/", data={"form": form.id, "submission": [report.id], "back": "1"})
    assert {a.key for a in Answer.select().where(Answer.submission == report.id)} == {"done"}


def test_another_division_moves_no_foreign_report(division, client):
    form = make.form()
    report = make.submission(form=form)
    owner = make.person(Role.DIVISION, form.owner)
    second = versions.publish(versions.draft(form, by=owner, at=make.NOON), by=owner, at=make.NOON)

    page = client.post(
        "/admin/versions/move/", data={"form": form.id, "submission": [report.id]}, follow_redirects=True
    )

    assert Submission.get_by_id(report.id).form_version_id != second.id
    assert 'role="alert"' in page.text
