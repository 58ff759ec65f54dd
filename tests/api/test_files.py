"""Files of reports and visits go in and out by program, as a part or whole, for nobody but those who see the record."""

import io

import pytest
from PIL import Image

from models import Attachment
from portal.rules.access import Role
from tests import make

PDF = b"%PDF-1.7\n" + b"0123456789" * 40
ASKS = {"sections": [{"key": "s1", "title": "เอกสาร", "questions": [
    {"key": "paper", "kind": "file", "label": "เอกสารแนบ", "accepts": ["pdf"]},
    {"key": "done", "kind": "whole", "label": "ทำได้"},
]}], "rules": []}  # fmt: skip


def picture():
    out = io.BytesIO()
    Image.new("RGB", (800, 600), "green").save(out, "JPEG")
    return out.getvalue()


def send(program, path, name, content, **more):
    data = {"file": (io.BytesIO(content), name)} | more.pop("form", {})
    headers = {"Authorization": f"Bearer {program.token}"} | {k.replace("_", "-"): v for k, v in more.items()}
    return program.client.post(f"/api/v1{path}", data=data, headers=headers, content_type="multipart/form-data")


@pytest.fixture
def report(migrated):
    """A report begun on a form that asks for a file, and somebody of its office."""
    owed = make.obligation(form=make.form(spec=ASKS))
    person = make.person(Role.REPORTER, owed.unit)
    from_form = f"/forms/{owed.form.code}/submissions/2566-05/{owed.unit.code}"
    return person, from_form


def test_a_file_of_a_report_goes_in_and_out_whole_and_in_part(api, report):
    person, form = report
    program = api(person)
    ident = program.ask("PUT", form, {"answers": {"done": 1}}, If_Match="*").get_json()["id"]
    path = f"/submissions/{ident}/files"

    sent = send(program, path, "หนังสือนำ.pdf", PDF, form={"key": "paper"}, Idempotency_Key="one")
    again = send(program, path, "หนังสือนำ.pdf", PDF, form={"key": "paper"}, Idempotency_Key="two")

    assert sent.status_code == 201, sent.get_data(as_text=True)
    assert again.status_code == 422
    told = sent.get_json()
    assert program.get(path).get_json()["items"] == [told] and told["size"] == len(PDF) and told["key"] == "paper"
    where = sent.headers["Location"].removeprefix("/api/v1")
    whole, part = program.get(where), program.get(where, Range="bytes=9-18")
    assert whole.data == PDF and whole.headers["ETag"] == sent.headers["ETag"] and "attachment" in whole.headers[
        "Content-Disposition"
    ]  # fmt: skip
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (
        206,
        b"0123456789",
        f"bytes 9-18/{len(PDF)}",
    )
    assert program.get(where, If_None_Match=whole.headers["ETag"]).status_code == 304
    assert program.get(form).get_json()["answers"]["paper"] == ["หนังสือนำ.pdf"]
    assert program.delete(where).status_code == 428
    assert program.delete(where, If_Match='"other"').status_code == 412
    assert program.delete(where, If_Match=whole.headers["ETag"]).status_code == 204
    assert program.get(where).status_code == 404 and Attachment.select().count() == 0


@pytest.mark.parametrize(
    "name, content, form, field",
    [
        ("แบบ.exe", b"MZ", {"key": "paper"}, "paper"), ("แบบ.pdf", b"<html>", {"key": "paper"}, "paper"),
        ("แบบ.pdf", PDF, {"key": "done"}, ""), ("แบบ.pdf", PDF, {}, ""), ("แบบ.pdf", PDF, {"kee": "paper"}, "kee"),
        ("แบบ.pdf", PDF + b"0" * 10_000_001, {"key": "paper"}, "paper"),
    ],
    ids=["kind", "content", "question", "no question", "unknown part", "size"],
)  # fmt: skip
def test_a_file_that_is_not_asked_for_is_refused_and_nothing_is_kept(api, report, name, content, form, field):
    person, address = report
    program = api(person)
    ident = program.ask("PUT", address, {"answers": {"done": 1}}, If_Match="*").get_json()["id"]

    answer = send(program, f"/submissions/{ident}/files", name, content, form=form)

    assert answer.status_code in (404, 422) and answer.get_json()["field"] == field
    assert Attachment.select().count() == 0


def test_a_photo_of_a_visit_is_kept_small_as_well(api, migrated):
    visit = make.visit()
    program = api(make.person(Role.REPORTER, visit.unit))
    path = f"/visits/{visit.id}/files"

    sent = send(program, path, "ภาพ.jpg", picture())

    assert sent.status_code == 201 and sent.get_json()["media_type"] == "image/jpeg"
    where = sent.headers["Location"].removeprefix("/api/v1")
    small = Image.open(io.BytesIO(program.get(f"{where}?small=1").data))
    assert max(small.size) == 320
    assert send(program, path, "ภาพ.jpg", b"no picture").status_code == 422
    assert program.delete(where, If_Match="*").status_code == 204


def test_files_of_another_office_are_not_there_and_central_roles_add_none(api, migrated):
    visit, stranger = make.visit(), make.person(Role.REPORTER)
    mine = make.visit(make.cooperative(unit=stranger.unit))
    office = api(make.person(Role.REPORTER, visit.unit))
    where = send(office, f"/visits/{visit.id}/files", "ภาพ.jpg", picture()).headers["Location"].removeprefix("/api/v1")
    number = where.rpartition("/")[2]
    program, reading = api(stranger), api(make.person(Role.REPORTER, visit.unit), may_write=False, may_step=False)

    for path in (where, f"/visits/{visit.id}/files", f"/visits/{mine.id}/files/{number}"):
        assert program.get(path).status_code == 404
    assert program.delete(where, If_Match="*").status_code == 404
    assert send(program, f"/visits/{visit.id}/files", "ภาพ.jpg", picture()).status_code == 404
    assert api().get(where).status_code == 200
    assert send(api(), f"/visits/{visit.id}/files", "ภาพ.jpg", picture()).status_code == 403
    assert send(reading, f"/visits/{visit.id}/files", "ภาพ.jpg", picture()).status_code == 403
    assert Attachment.select().count() == 1
