"""The screens of forms and versions: who is offered what, and that each button does it."""

import json

import pytest

from models import Form, FormVersion
from portal.forms import versions
from portal.rules.access import Role
from portal.rules.terms import FormState
from tests import make
from tests.make import NOON


@pytest.fixture
def division(sqlite_store):
    return make.person(Role.DIVISION)


@pytest.fixture
def form(division):
    spec = {
        "sections": [
            {
                "key": "s1",
                "title": "ผลงาน",
                "questions": [
                    {"key": "done", "kind": "whole", "label": "ทำได้", "required": True},
                    {
                        "key": "lots",
                        "kind": "table",
                        "label": "ตาราง",
                        "columns": [
                            {"key": "tons", "kind": "number", "label": "ปริมาณ", "unit": "TON"},
                            {"key": "twice", "kind": "computed", "label": "สองเท่า", "formula": "tons * 2"},
                        ],
                    },
                ],
            }
        ],
        "rules": [{"key": "r", "expression": "done <= 9", "message": "ไม่เกินเก้า", "severity": "warn", "at": "done"}],
    }
    draft = versions.begin(code="F-1", name="แบบทดลอง", owner=division.unit, by=division, at=NOON, spec=spec)
    return versions.publish(draft, by=division, at=NOON).form


def test_a_form_shows_its_versions_and_leads_to_the_drawing(form, division, sign_in):
    page = sign_in(division).get(f"/admin/form/details/?id={form.id}").text

    assert f"/admin/versions/?form={form.id}" in page and "/admin/designer/import/" in page
    assert f"/admin/designer/?version={versions.newest(form).id}" in page
    assert division.name in page


def test_a_version_shows_its_questions_columns_formulas_and_rules(form, division, sign_in):
    version = versions.newest(form)

    page = sign_in(division).get(f"/admin/formversion/details/?id={version.id}").text

    for words in ("ทำได้", "lots.tons", "ตัน", "tons * 2", "done &lt;= 9", "ไม่เกินเก้า", "ผ่านได้เมื่อให้เหตุผล"):
        assert words in page, words
    assert f"/admin/versions/json/?version={version.id}" in page
    assert f"/admin/versions/schema/?version={version.id}" in page


def test_the_links_of_a_version_send_its_files(form, division, sign_in):
    version, client = versions.newest(form), sign_in(division)

    assert client.get(f"/admin/versions/json/?version={version.id}").data == versions.export_json(version)
    assert json.loads(client.get(f"/admin/versions/schema/?version={version.id}").data)["$id"] == "urn:cpd:form:F-1:1"


def press(client, screen, step, row):
    address = f"/admin/{screen}/"
    return client.post(f"{address}action/", data={"action": step, "rowid": str(row.id), "url": address})


def test_a_new_version_is_drawn_published_and_the_old_taken_out_of_use(form, division, sign_in):
    client, first = sign_in(division), versions.newest(form)

    press(client, "form", "draft", form)
    second = versions.draft_of(form)
    assert (second.number, second.spec) == (2, first.spec)
    press(client, "formversion", "publish", second)
    press(client, "formversion", "retire", first)

    assert [v.state for v in FormVersion.select().where(FormVersion.form == form).order_by(FormVersion.number)] == [
        FormState.RETIRED, FormState.PUBLISHED,
    ]  # fmt: skip


def test_a_draft_is_thrown_away(form, division, sign_in):
    client = sign_in(division)
    press(client, "form", "draft", form)

    press(client, "formversion", "discard", versions.draft_of(form))

    assert versions.draft_of(form) is None


@pytest.mark.parametrize("role", [Role.DIVISION, Role.REPORTER, Role.APPROVER, Role.EXECUTIVE])
def test_nobody_else_is_offered_the_buttons_and_pressing_them_does_nothing(form, role, sign_in):
    client = sign_in(make.person(role))

    page = client.get(f"/admin/form/details/?id={form.id}").text
    press(client, "form", "draft", form)

    assert 'value="draft"' not in page
    assert versions.draft_of(form) is None
    assert Form.get_by_id(form.id).version == form.version
