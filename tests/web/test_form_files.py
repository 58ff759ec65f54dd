"""Forms that come in as files, looked at first: JSON and XLSForm workbooks."""

import html
import io
import re

import pytest
import xlsxwriter

from models import Form, FormVersion
from portal.forms import versions
from portal.forms.spec import FormSpec
from portal.rules.access import Role
from tests import make
from tests.web.drawing import begun


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
