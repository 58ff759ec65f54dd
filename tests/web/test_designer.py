"""The form designer's pages: whose drafts they open and save, what they refuse, what publishing and moving mean."""

import html
import io
import json
import re

import pytest
import xlsxwriter
from hypothesis import HealthCheck
from hypothesis import given as given_some
from hypothesis import settings as some
from hypothesis import strategies as st

from models import Answer, Form, FormVersion, Submission, db
from portal.forms import kinds, problems, versions
from portal.forms.spec import FormSpec
from portal.rules.access import Role
from portal.rules.terms import FormState
from portal.web import drafts, shelf, trial
from portal.web.form_changes import changes
from portal.web.form_page import name_of
from tests import make
from tests.forms.strategies import answers as answers_to
from tests.forms.strategies import specs

SPEC = {
    "sections": [
        {
            "key": "trade",
            "title": "ธุรกิจ",
            "questions": [
                {"key": "collected", "kind": "money", "label": "รวบรวม"},
                {"key": "sold", "kind": "money", "label": "จำหน่าย"},
                {"key": "share", "kind": "computed", "label": "ร้อยละ", "formula": "share(sold, collected)"},
                {"key": "why", "kind": "text", "label": "เหตุผล", "shown_when": "sold > collected"},
            ],
        }
    ],
    "rules": [
        {"key": "more", "expression": "sold <= collected", "message": "ขายเกิน", "severity": "warn", "at": "sold"},
        {
            "key": "none",
            "expression": "collected > 0",
            "message": "ต้องมากกว่าศูนย์",
            "severity": "block",
            "at": "collected",
        },
    ],
}


def reworded(old, new):
    """The description with one word instead of another, wherever it stands."""
    return json.loads(json.dumps(SPEC, ensure_ascii=False).replace(old, new))


@pytest.fixture
def division(sqlite_store, sign_in):
    """A division signed in."""
    person = make.person(Role.DIVISION)
    sign_in(person)
    return person


@pytest.fixture
def kept(database, sign_in):
    """The same on both stores, for what the store itself has a part in."""
    person = make.person(Role.DIVISION)
    sign_in(person)
    return person


def begun(person, spec=None, code="D-1"):
    return versions.begin(code=code, name="แบบของกอง", owner=person.unit, by=person, at=make.NOON, spec=spec or SPEC)


def post(client, where, **asked):
    return client.post(f"/admin/designer/{where}/", json=asked, headers={"X-Requested-With": "portal"})


def given(page):
    return json.loads(re.search(r'id="designer-given">(.*?)</script>', page.text, re.S)[1])


# ---------------------------------------------------------------- saving


def test_a_new_form_begins_with_an_empty_draft_that_says_what_belongs_there(kept, client):
    answer = client.post("/admin/designer/new/", data={"name": "แบบใหม่ของกอง", "kind": "quarter"})

    form = Form.get(Form.name == "แบบใหม่ของกอง")
    assert (form.owner_id, form.kind, form.code) == (kept.unit_id, "quarter", "F-001")
    page = client.get(answer.location)
    assert "ยังไม่มีคำถาม" in page.text
    assert given(page)["spec"] == {"sections": [], "rules": []}


def test_what_is_drawn_is_saved_tidied_and_told_what_is_wrong_with_it(kept, client):
    draft = begun(kept)
    spec = json.loads(json.dumps(SPEC))
    spec["sections"][0]["questions"][0]["label"] = "รวบรวม\u200b  "
    spec["sections"][0]["questions"][2]["formula"] = "share(sold, nobody)"

    answer = post(client, "save", version=draft.id, seen=draft.version, spec=spec)

    assert answer.status_code == 200
    assert answer.json["seen"] == draft.version + 1
    assert [fault["path"] for fault in answer.json["faults"]] == [["sections", 0, "questions", 2, "formula"]]
    assert "nobody" in answer.json["faults"][0]["words"]
    kept = FormVersion.get_by_id(draft.id)
    assert kept.spec["sections"][0]["questions"][0]["label"] == "รวบรวม"
    assert kept.spec == answer.json["spec"]


def test_the_second_of_two_who_draw_at_once_gets_both_and_nothing_is_overwritten(kept, client, app, sign_in):
    draft = begun(kept)
    other = make.person(Role.DIVISION, kept.unit)
    colleague = sign_in(other, app.test_client())
    theirs = {"sections": [{"key": "s", "title": "ของเขา", "questions": []}], "rules": []}
    assert post(colleague, "save", version=draft.id, seen=draft.version, spec=theirs).status_code == 200

    answer = post(client, "save", version=draft.id, seen=draft.version, spec=SPEC)

    assert answer.status_code == 409
    assert answer.json["theirs"] == theirs
    assert answer.json["who"] == other.name
    assert FormVersion.get_by_id(draft.id).spec == theirs
    assert post(client, "save", version=draft.id, seen=answer.json["seen"], spec=SPEC).status_code == 200


def test_a_key_that_is_changed_carries_its_series_on(kept, client):
    first = begun(kept)
    versions.publish(first, by=kept, at=make.NOON)
    draft = versions.draft(first.form, by=kept, at=make.NOON)
    renamed = reworded("sold", "sales")

    answer = post(client, "save", version=draft.id, seen=draft.version, spec=renamed, renames={"sold": "sales"})

    assert answer.status_code == 200
    assert FormVersion.get_by_id(draft.id).field_map == {"sold": [{"key": "sales"}]}
    post(client, "save", version=draft.id, seen=answer.json["seen"], spec=SPEC, renames={})
    assert FormVersion.get_by_id(draft.id).field_map == {}


@pytest.mark.parametrize(
    "renames", [None, "x", {"nobody": "sales"}, {"sold": "nobody"}, {"sold": 7}, {"collected": "share"}]
)
def test_a_rename_that_means_nothing_leaves_the_map_alone(renames):
    old = FormSpec.from_json(SPEC)

    assert drafts.carried_on(old, old, {"why": []}, renames) == {"why": []}


# ---------------------------------------------------------------- whose, and what never changes

POSTS = ("save", "preview", "publish", "draft", "discard")


def tried(client, where, version):
    if where in ("save", "preview"):
        return post(client, where, version=version.id, seen=version.version, spec=SPEC, answers={})
    address = "/admin/versions/discard/" if where == "discard" else f"/admin/designer/{where}/"
    asked = {"version": version.id, "form": version.form_id, "seen": version.version, "do": "publish", "note": "x"}
    return client.post(address, data=asked)


@pytest.mark.parametrize("where", POSTS)
def test_another_division_cannot_touch_a_foreign_draft(division, client, where):
    owner = make.person(Role.DIVISION)
    draft = begun(owner)
    before = FormVersion.get_by_id(draft.id).version

    assert tried(client, where, draft).status_code == 403

    fresh = FormVersion.get_by_id(draft.id)
    assert (fresh.version, fresh.state) == (before, FormState.DRAFT)
    assert FormVersion.select().where(FormVersion.form == draft.form).count() == 1


def test_another_division_does_not_see_a_foreign_draft_but_reads_what_is_published(division, client):
    owner = make.person(Role.DIVISION)
    draft = begun(owner)

    for address in (
        "designer/?version",
        "versions/json/?version",
        "versions/schema/?version",
        "designer/publish/?version",
    ):
        assert client.get(f"/admin/{address}={draft.id}").status_code == 403
    assert "แบบของกอง" not in client.get("/admin/designer/").text
    assert f"version={draft.id}" not in client.get(f"/admin/versions/?form={draft.form_id}").text
    versions.publish(draft, by=owner, at=make.NOON)
    page = client.get(f"/admin/designer/?version={draft.id}")
    assert page.status_code == 200
    assert given(page)["read_only"] is True
    assert "ทำร่างใหม่" not in page.text


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER, Role.EXECUTIVE])
def test_whoever_makes_no_forms_is_refused_in_words(database, client, sign_in, role):
    draft = begun(make.person(Role.DIVISION))
    sign_in(make.person(role))

    for address in (
        "designer/",
        f"designer/?version={draft.id}",
        f"versions/?form={draft.form_id}",
        "designer/import/",
    ):
        answer = client.get(f"/admin/{address}")
        assert answer.status_code == 403
        assert "หน่วยงานส่วนกลาง" in answer.text
    assert post(client, "save", version=draft.id, seen=1, spec=SPEC).status_code == 403


@pytest.mark.parametrize("where", ["save", "publish", "discard"])
def test_a_published_version_is_changed_by_no_post(division, client, where):
    version = versions.publish(begun(division), by=division, at=make.NOON)
    before = FormVersion.get_by_id(version.id)

    assert tried(client, where, version).status_code == 409

    after = FormVersion.get_by_id(version.id)
    assert (after.spec, after.version, after.state) == (before.spec, before.version, before.state)


def test_a_published_version_opens_for_reading_and_offers_a_new_draft(division, client):
    version = versions.publish(begun(division), by=division, at=make.NOON)

    page = client.get(f"/admin/designer/?version={version.id}")

    assert given(page)["read_only"] is True
    assert "อ่านได้อย่างเดียว" in page.text
    answer = client.post("/admin/designer/draft/", data={"form": version.form_id})
    draft = FormVersion.get(FormVersion.form == version.form, FormVersion.number == 2)
    assert answer.location == f"/admin/designer/?version={draft.id}"
    assert given(client.get(answer.location))["read_only"] is False


# ---------------------------------------------------------------- hostile input

EVIL = "<script>alert(1)</script>{{7*7}}\"'><img src=x onerror=alert(2)>"


def test_markup_in_words_is_shown_as_words_everywhere(division, client):
    spec = {
        "sections": [
            {"key": "s", "title": EVIL, "questions": [
                {"key": "a", "kind": "whole", "label": EVIL, "help": EVIL, "unit": EVIL, "required": True},
                {"key": "b", "kind": "choice", "label": EVIL, "choices": [{"code": "c", "label": EVIL}]},
                {"key": "t", "kind": "table", "label": EVIL, "columns": [{"key": "c", "kind": "text", "label": EVIL}],
                 "rows": [{"key": "r", "label": EVIL}]},
                {"key": "n", "kind": "note", "label": EVIL},
            ]},
        ],
        "rules": [{"key": "r", "expression": "a > 1", "message": EVIL, "severity": "block", "at": "a"}],
    }  # fmt: skip
    draft = begun(division, spec)
    typed = {"q-a": "0", "q-t.c-1": EVIL, "plan:a": EVIL}
    pages = [
        client.get(f"/admin/designer/?version={draft.id}").text,
        post(
            client,
            "preview",
            version=draft.id,
            spec=spec,
            answers=typed,
            beside=True,
        ).json["html"],
        client.get(f"/admin/designer/publish/?version={draft.id}").text,
        client.get(f"/admin/versions/?form={draft.form_id}").text,
    ]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in pages[1]


@pytest.mark.parametrize(
    "expression",
    ["__import__('os').system('x')", "().__class__.__bases__", "10**10**10", "'a' * 99999999",
          "(" * 500 + "1" + ")" * 500, "lambda: 1", "[x for x in (1,2)]",
     "collected" + " + collected" * 3000, "\x00", "sold.__class__"],
)  # fmt: skip
def test_a_hostile_expression_is_told_at_its_place_in_a_moment(division, client, expression):
    draft = begun(division)
    spec = json.loads(json.dumps(SPEC))
    spec["sections"][0]["questions"][2]["formula"] = expression

    saved = post(client, "save", version=draft.id, seen=draft.version, spec=spec)
    shown = post(client, "preview", version=draft.id, spec=spec, answers={"q-collected": "5", "q-sold": "4"})

    assert saved.status_code == 200 and shown.status_code == 200
    assert ["sections", 0, "questions", 2, "formula"] in [fault["path"] for fault in saved.json["faults"]]
    assert client.post("/admin/designer/publish/", data={
        "version": draft.id, "seen": saved.json["seen"], "do": "publish",
    }).status_code == 422  # fmt: skip
    assert FormVersion.get_by_id(draft.id).state == FormState.DRAFT


NESTED = json.loads("[" * 200 + "]" * 200)


@pytest.mark.parametrize(
    "spec",
    [None, [], "x", 7, {"sections": "x"}, {"sections": [], "rules": {}}, {"sections": NESTED},
     {"sections": [[]] * 3000},
     {"sections": [{"key": "k", "questions": [{"key": "q", "kind": "nope", "label": ["x"], "columns": "y"}]}]},
     {"sections": [7, None, {"questions": [7, {"key": {}, "choices": [1], "rows": [2], "columns": [[]]}]}]},
     {"rules": [3]}],
)  # fmt: skip
def test_what_is_no_description_breaks_no_page(division, client, spec):
    draft = begun(division)

    saved = post(client, "save", version=draft.id, seen=draft.version, spec=spec)
    shown = post(client, "preview", version=draft.id, spec=spec, answers=[1])

    assert saved.status_code in (200, 422)
    assert shown.status_code in (200, 422)
    assert client.get(f"/admin/designer/?version={draft.id}").status_code == 200
    assert client.get(f"/admin/designer/publish/?version={draft.id}").status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[", b"null", b"[1]", b"\xff", b'{"version": "1 or 1=1", "spec": {}}', b"[" * 100_000]
)
def test_what_is_no_request_is_refused(division, client, body):
    for where in ("save", "preview"):
        answer = client.post(f"/admin/designer/{where}/", data=body, content_type="application/json")
        assert answer.status_code in (400, 404, 422)


def test_a_request_without_our_token_saves_nothing(division, client):
    draft = begun(division)
    client.environ_base.clear()

    assert post(client, "save", version=draft.id, seen=draft.version, spec=SPEC).status_code == 400
    assert FormVersion.get_by_id(draft.id).version == draft.version


# ---------------------------------------------------------------- trying it


def cells(answers, spec=None):
    tried = trial.tried(FormSpec.from_json(spec or SPEC), answers)
    return tried, tried.cells


def said(cell):
    return [(one.kind, one.words) for one in cell.said]


def test_sums_conditions_and_rules_work_in_the_trial(app):
    with app.test_request_context():
        calm, less = cells({"q-collected": "1,000", "q-sold": "๙๐๐"})
        over, more = cells({"q-collected": "1000", "q-sold": "1200", "reason-sold": "ขายของเดือนก่อน"})

        assert less["share"].text == "90.00"
        assert "why" not in calm.sheet.shown and "why" in over.sheet.shown
        assert said(less["sold"]) == []
        assert said(more["sold"]) == [("warn", "ขายเกิน")]
        assert (more["sold"].state, more["sold"].said[0].reason) == ("reasoned", "ขายของเดือนก่อน")
        assert calm.told() == "คำตอบชุดนี้ส่งได้"


def test_the_trial_says_what_the_checker_says_and_nothing_before_one_types(app):
    with app.test_request_context():
        _, untouched = cells({})
        _, wrong = cells({"q-collected": "สิบ", "q-sold": "1.234"})
        _, zero = cells({"q-collected": "0"})
        _, without = cells({"q-collected": "5", "na-sold": ["1"]})

    assert not any(cell.said for cell in untouched.values())
    assert "สิบ" in said(wrong["collected"])[0][1] and wrong["collected"].control.typed == "สิบ"
    assert said(wrong["sold"])[0][0] == "refused"
    assert said(zero["collected"]) == [("block", "ต้องมากกว่าศูนย์")]
    assert without["sold"].state == "na"


def test_what_stands_beside_a_number_is_tried_as_well(app):
    spec = {"sections": [{"key": "s", "questions": [
        {"key": "a", "kind": "whole", "label": "ก", "default": "last_month"},
        {"key": "b", "kind": "computed", "label": "ข", "formula": "a - last_month(a)", "decimals": 0}]}]}  # fmt: skip
    with app.test_request_context():
        tried, worked = cells({"last_month:a": "7", "cumulative:a": "20", "plan:a": "8", "q-a": "9"}, spec)
        line = tried.parts[0].blocks[0][1][0]

    assert worked["b"].text == "2"
    assert (line.offer, line.total) == ("7", "29")
    assert (tried.parts[0].has_last, tried.parts[0].has_plan) == (True, True)


def test_rows_of_a_table_grow_as_they_are_filled_and_add_up(app):
    spec = {"sections": [{"key": "s", "questions": [{"key": "t", "kind": "table", "label": "ต", "totals": ["n"],
        "columns": [{"key": "n", "kind": "whole", "label": "จำนวน"}]}]}]}  # fmt: skip
    with app.test_request_context():
        typed = {"q-t.n-1": "2", "q-t.n-2": "3", "q-t.n-3": ""}
        grid = cells(typed, spec)[0].parts[0].blocks[0][1]
        again = cells(typed, spec)[0].parts[0].blocks[0][1]

    assert [number for number, _, _ in grid.rows] == [1, 2, 3] == [number for number, _, _ in again.rows]
    assert grid.totals["n"] == "5"


@given_some(st.data())
@some(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_form_with_any_answers_is_drawn_and_says_what_the_checker_says(app, data):
    spec = data.draw(specs())
    answers = data.draw(answers_to(spec))
    typed = {f"q-{name_of(cell)}": kinds.write(spec.asked[cell.key], entry) for cell, entry in answers.items()}
    noise = data.draw(st.dictionaries(st.text(max_size=20), st.one_of(st.text(max_size=20), st.lists(st.text()))))

    with app.test_request_context():
        tried = trial.tried(spec, {**noise, **typed})
        page = trial.drawn(tried, beside=True)

        stops = {p.cell for p in problems.problems(spec, answers) if p.rule not in ("required", "rows")}
        told = {name for name, cell in tried.cells.items() if cell.said}
        assert told == {name_of(cell) for cell in stops} & set(tried.cells)
    assert "data-section" in page or not spec.sections


def test_every_kind_of_question_is_on_the_shelf_and_can_be_drawn(division, client):
    assert [offer.kind for offer in shelf.SHELF] and {o.kind for o in shelf.SHELF} == set(kinds.BY_NAME)
    questions = []
    for offer in shelf.SHELF:
        question = {"key": f"k_{offer.kind}", "kind": offer.kind, "label": str(offer.kind), **offer.begins}
        if offer.kind == "table":
            question["columns"] = [
                {"key": f"c_{one.kind}", "kind": one.kind, "label": one.kind, **one.begins}
                for one in shelf.SHELF
                if kinds.BY_NAME[one.kind].in_tables
            ]
        questions.append(question)
    spec = {"sections": [{"key": "s", "title": "ทุกชนิด", "questions": questions}], "rules": []}
    draft = begun(division, spec)

    page = client.get(f"/admin/designer/?version={draft.id}")
    drawn = post(client, "preview", version=draft.id, spec=spec, answers={}, beside=True).json["html"]

    assert page.status_code == 200
    assert all(f'data-question="k_{offer.kind}"' in drawn for offer in shelf.SHELF)


# ---------------------------------------------------------------- looking things up


def test_units_and_indicators_are_found_by_name_and_code(kept, client):
    one = make.indicator()

    units = client.get("/admin/designer/find/?what=unit&query=ล้าน").json
    found = client.get(f"/admin/designer/find/?what=indicator&query={one.code}").json
    told = client.get(f"/admin/designer/indicator/?id={one.id}").json

    assert ["MBAHT", "ล้านบาท"] in units
    assert [one.id, f"{one.code} · {one.name}"] in found
    assert (told["unit"], told["month_rule"], told["unit_rule"]) == (one.measure_unit.code, "sum", "sum")
    assert client.get("/admin/designer/indicator/?id=x").status_code == 404
    assert client.get("/admin/designer/find/?what=unit&query=%25_").json == []


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


def brought(client, data, name="form.json"):
    return client.post("/admin/designer/import/", data={"file": (io.BytesIO(data), name)})


def test_a_form_comes_in_as_a_file_looked_at_first(kept, client):
    version = versions.publish(begun(kept), by=kept, at=make.NOON)
    data = versions.export_json(version)

    looked = brought(client, data)
    assert looked.status_code == 200
    assert "จำหน่าย" in looked.text and "คำถาม 4 ข้อ" in looked.text
    assert Form.select().where(Form.name == "แบบของกอง").count() == 1

    taken = client.post("/admin/designer/import/", data={"data": data.decode(), "code": "D-7"})
    made = Form.get(Form.code == "D-7").versions.get()
    assert taken.location == f"/admin/designer/?version={made.id}"
    assert FormSpec.from_json(made.spec) == FormSpec.from_json(version.spec)
    again = client.post("/admin/designer/import/", data={"data": data.decode(), "into": version.form_id})
    assert again.status_code == 302
    assert FormVersion.select().where(FormVersion.form == version.form_id).count() == 2


def workbook(**sheets):
    """An XLSForm workbook with these sheets, as rows of cells."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    book.close()
    return held.getvalue()


XLSFORM = workbook(
    survey=[
        ["type", "name", "label::Thai (th)", "required"],
        ["integer", "coops", "จำนวนสหกรณ์", "yes"],
        ["select_one crops", "crop", "ชนิดผลผลิต", ""],
        ["geopoint", "gps", "พิกัด", ""],
    ],
    choices=[["list_name", "name", "label::Thai (th)"], ["crops", "rice", "ข้าว"]],
    settings=[["form_title", "form_id"], ["แบบจากสมุดงาน", "xls-1"]],
)


def test_an_xlsform_shows_what_comes_in_and_what_does_not_before_it_is_a_draft(kept, client):
    looked = brought(client, XLSFORM, "form.xlsx")

    assert looked.status_code == 200
    assert "จำนวนสหกรณ์" in looked.text and "คำถาม 2 ข้อ" in looked.text
    assert re.search(r"survey แถว 4.*?</code><br>.*?geopoint", looked.text, re.S)
    assert not Form.select().where(Form.name == "แบบจากสมุดงาน").exists()

    data = html.unescape(re.search(r'name="data" value="(.*?)"', looked.text, re.S)[1])
    taken = client.post("/admin/designer/import/", data={"data": data, "code": "XLS-1"})
    made = Form.get(Form.code == "XLS-1").versions.get()
    assert taken.location == f"/admin/designer/?version={made.id}"
    assert [(q.key, q.kind) for q in FormSpec.from_json(made.spec).questions.values()] == [
        ("coops", "whole"),
        ("crop", "choice"),
    ]


def test_an_xlsform_of_which_nothing_can_be_had_is_refused_with_the_list(division, client):
    answer = brought(client, workbook(survey=[["type", "name", "label"], ["geopoint", "gps", "พิกัด"]]), "form.xlsx")

    assert answer.status_code == 422
    assert "survey แถว 2" in answer.text


@pytest.mark.parametrize(
    ("name", "data"),
    [("x.json", b""), ("x.json", b"{"), ("x.json", b"\xff\xfe"), ("x.json", b"[]"), ("x.json", b"[" * 100_000),
     ("x.json", b'{"portal_form": 1, "spec": {"sections": [{"questions": [{"key": "A b", "kind": "x"}]}]}}'),
     ("x.exe", b"MZ"), ("x.xlsx", b"PK\x03\x04 no workbook")],
)  # fmt: skip
def test_a_file_that_is_no_form_is_refused_with_the_reason_and_makes_nothing(division, client, name, data):
    before = Form.select().count()

    answer = brought(client, data, name)

    assert answer.status_code == 422
    assert 'class="note bad"' in answer.text or 'class="diff"' in answer.text
    assert Form.select().count() == before


def test_a_form_is_not_brought_into_the_hands_of_another_division(division, client):
    foreign = versions.publish(begun(make.person(Role.DIVISION)), by=make.person(Role.ADMIN), at=make.NOON)

    answer = client.post(
        "/admin/designer/import/", data={"data": versions.export_json(foreign).decode(), "into": foreign.form_id}
    )

    assert answer.status_code == 403
    assert FormVersion.select().where(FormVersion.form == foreign.form_id).count() == 1


# ---------------------------------------------------------------- many questions


def test_three_hundred_questions_open_with_the_same_few_queries(division, client, app):
    def draft(n, code):
        questions = [{"key": f"q{i}", "kind": "whole", "label": f"คำถาม {i}", "unit": "PERSON"} for i in range(n)]
        return begun(division, {"sections": [{"key": "s", "title": "ส", "questions": questions}], "rules": []}, code)

    few, many = draft(3, "D-3"), draft(300, "D-300")
    client.get("/admin/designer/")

    counts = [queries(app, lambda v=version: client.get(f"/admin/designer/?version={v.id}")) for version in (few, many)]

    assert counts[0] == counts[1]


def queries(app, act):
    run, asked = db.obj.execute_sql, []
    db.obj.execute_sql = lambda sql, *args, **kwargs: asked.append(sql) or run(sql, *args, **kwargs)
    try:
        assert act().status_code == 200
    finally:
        del db.obj.execute_sql
    return len(asked)
