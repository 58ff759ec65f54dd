"""The form designer's page: whose drafts it opens and saves, what it refuses, how a form is tried while it is drawn."""

import json

import pytest
from hypothesis import HealthCheck
from hypothesis import given as given_some
from hypothesis import settings as some
from hypothesis import strategies as st

from models import Form, FormVersion, db
from portal.forms import kinds, problems, versions
from portal.forms.spec import FormSpec
from portal.rules.access import Role
from portal.rules.terms import FormState
from portal.web import drafts, shelf, trial
from portal.web.form_page import name_of
from tests import make
from tests.forms.strategies import answers as answers_to
from tests.forms.strategies import specs
from tests.web.drawing import SPEC, begun, given, post, reworded

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
