"""The pages on which reports are checked, and the files kept with answers."""

import io
import re
import zipfile

import pytest
from PIL import Image

from models import Answer, Attachment, Comment, Reopening, Submission
from portal import answers, submissions
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.workflow import State
from tests import make
from tests.make import NOON

SPEC = {
    "sections": [{"title": "ผลงาน", "questions": [
        {"key": "done", "kind": "whole", "label": "ทำได้"},
        {"key": "note", "kind": "text", "label": "หมายเหตุ"},
        {"key": "paper", "kind": "file", "label": "เอกสาร", "accepts": ["pdf", "xlsx", "csv"]},
        {"key": "photo", "kind": "photo", "label": "ภาพ"},
        {"key": "t", "kind": "table", "label": "ตาราง", "columns": [{"key": "a", "kind": "whole", "label": "ก"}],
         "rows": [{"key": "x", "label": "หนึ่ง"}, {"key": "y", "label": "สอง"}]},
    ]}]
}  # fmt: skip


@pytest.fixture
def form(migrated):
    return make.form(spec=SPEC)


def sent(form, unit=None, **typed):
    owed = make.obligation(form=form, unit=unit)
    person = make.person(Role.REPORTER, owed.unit)
    report = submissions.begin(owed, by=person, at=NOON)
    cells = {Cell(key): value for key, value in ({"done": "5"} | typed).items()}
    answers.save_cells(report, cells | {Cell("t.a", 1): "7"}, by=person, at=NOON)
    submissions.submit(Submission.get_by_id(report.id), by=make.person(Role.APPROVER, owed.unit), at=NOON)
    return Submission.get_by_id(report.id)


@pytest.fixture
def reviewer(form, sign_in):
    person = make.person(Role.DIVISION, form.owner)
    sign_in(person)
    return person


# ---------------------------------------------------------------- one report


def test_a_report_is_verified_and_the_next_one_follows(form, reviewer, client):
    first, second = sent(form), sent(form)

    answer = client.post(
        "/admin/review/step", data={"submission": first.id, "version": first.version, "verb": "verify"}
    )

    assert answer.location == f"/admin/review/?submission={second.id}"
    assert Submission.get_by_id(first.id).verified_by_id == reviewer.id
    last = client.post("/admin/review/step", data={"submission": second.id, "verb": "verify"})
    assert last.location == "/admin/review/"
    assert "ไม่มีรายงานรอท่าน" in client.get("/admin/review/").text


def test_marked_cells_go_back_with_their_reasons(form, reviewer, client):
    report = sent(form)

    answer = client.post(
        "/admin/review/return",
        data={
            "submission": report.id, "version": report.version, "note": "ตรวจใหม่", "mark-done": "on",
            "why-done": "ไม่ตรงกับทะเบียน", "mark-t.a-1": "on", "why-t.a-1": "", "why-note": "ไม่ได้เลือก",
        },
    )  # fmt: skip

    assert answer.location == "/admin/review/"
    marks = {(c.key, c.row): c.text for c in Comment.select()}
    assert marks == {("", 0): "ตรวจใหม่", ("done", 0): "ไม่ตรงกับทะเบียน", ("t.a", 1): "ตรวจใหม่"}
    assert Submission.get_by_id(report.id).state is State.RETURNED


def test_nothing_is_returned_without_a_reason_and_the_page_says_so(form, reviewer, client):
    report = sent(form)

    answer = client.post("/admin/review/return", data={"submission": report.id})

    assert answer.status_code == 409
    assert "เหตุผล" in answer.text
    assert Submission.get_by_id(report.id).state is State.SUBMITTED


def test_the_second_look_shows_what_was_touched_and_a_switch_shows_all(form, reviewer, client):
    report = sent(form, note="เดิม")
    submissions.send_back(report, by=reviewer, at=NOON, cells={Cell("done"): "แก้"})
    office = make.person(Role.REPORTER, report.unit)
    answers.save_cells(Submission.get_by_id(report.id), {Cell("done"): "6"}, by=office, at=NOON)
    submissions.submit(Submission.get_by_id(report.id), by=make.person(Role.APPROVER, report.unit), at=NOON)

    some = client.get(f"/admin/review/?submission={report.id}").text
    whole = client.get(f"/admin/review/?submission={report.id}&all=1").text

    assert 'id="c-done"' in some and 'id="c-note"' not in some
    assert 'id="c-done"' in whole and 'id="c-note"' in whole


def test_a_figure_far_from_the_month_before_stands_out(form, reviewer, client, migrated):
    unit = make.unit()
    before = make.obligation(unit=unit, form=form, period=make.period(7))
    person = make.person(Role.REPORTER, unit)
    early = submissions.begin(before, by=person, at=NOON)
    answers.save_cells(early, {Cell("done"): "100"}, by=person, at=NOON)
    submissions.submit(Submission.get_by_id(early.id), by=make.person(Role.APPROVER, unit), at=NOON)
    report = sent(form, unit=unit, done="5")

    page = client.get(f"/admin/review/?submission={report.id}").text

    assert "น้อยกว่าครึ่งของงวดก่อน" in page
    assert re.search(r'data-l="เม\.ย\.">100<', page)
    assert re.search(r'data-l="ผลสะสม">105<|data-l="สะสม">105<', page)


def test_all_that_wait_are_verified_with_a_result_for_each(form, reviewer, client):
    reports = [sent(form) for _ in range(3)]

    page = client.post("/admin/review/all", data={"period": reports[0].period_id, "form": form.id}).text

    assert {Submission.get_by_id(r.id).state for r in reports} == {State.VERIFIED}
    assert all(r.unit.short in page for r in reports)


def test_another_division_looks_but_takes_no_step(form, client, sign_in):
    report = sent(form)
    sign_in(make.person(Role.DIVISION))

    page = client.get(f"/admin/review/?submission={report.id}").text
    answer = client.post("/admin/review/step", data={"submission": report.id, "verb": "verify"})

    assert 'name="verb"' not in page
    assert answer.status_code == 403
    assert Submission.get_by_id(report.id).state is State.SUBMITTED


def test_a_step_on_a_report_that_changed_meanwhile_is_refused(form, reviewer, client):
    report = sent(form)

    answer = client.post(
        "/admin/review/step", data={"submission": report.id, "version": report.version - 1, "verb": "verify"}
    )

    assert answer.status_code == 409


def test_offices_do_not_check(form, client, sign_in):
    report = sent(form)
    sign_in(make.person(Role.REPORTER, report.unit))

    assert client.get(f"/admin/review/?submission={report.id}").status_code == 403
    assert client.post("/admin/review/step", data={"submission": report.id, "verb": "verify"}).status_code == 403


def test_planning_opens_a_report_again_from_its_page_and_closes_it(form, client, sign_in):
    report = sent(form)
    submissions.verify(report, by=make.person(Role.DIVISION, form.owner), at=NOON)
    sign_in(make.person(Role.PLANNING))

    client.post("/admin/review/reopen", data={"obligation": report.obligation_id, "days": "5", "note": "พบที่ผิด"})
    page = client.get(f"/admin/review/?submission={report.id}").text

    assert Reopening.get().reason == "พบที่ผิด"
    assert "พบที่ผิด" in page
    assert client.post("/admin/review/close", data={"obligation": report.obligation_id}).status_code == 302
    assert Reopening.get().closed_at is not None


# ---------------------------------------------------------------- files


@pytest.fixture
def office(form, sign_in):
    owed = make.obligation(form=form)
    sign_in(make.person(Role.REPORTER, owed.unit))
    return owed


def send(client, owed, cell, name, content):
    data = {"obligation": owed.id, "cell": cell, "file": (io.BytesIO(content), name)}
    return client.post("/admin/answers/file", data=data, content_type="multipart/form-data")


def picture(kind="PNG", size=(40, 30)):
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind)
    return out.getvalue()


def workbook(*more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


PDF = b"%PDF-1.7\n%%EOF\n"


def test_a_file_is_kept_with_its_cell_and_fetched_by_those_who_may_see_it(office, client, app, sign_in):
    assert send(client, office, "paper", "ใบเสร็จ.pdf", PDF).status_code == 302
    kept = Attachment.get()

    assert Answer.get(Answer.key == "paper").text == "ใบเสร็จ.pdf"
    answer = client.get(f"/admin/answers/file?id={kept.id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E0")
    division = sign_in(make.person(Role.DIVISION), app.test_client())
    assert division.get(f"/admin/review/file?id={kept.id}").data == PDF
    stranger = sign_in(make.person(Role.REPORTER), app.test_client())
    assert stranger.get(f"/admin/answers/file?id={kept.id}").status_code == 404


def test_a_photo_is_kept_without_what_the_camera_wrote(office, client):
    assert send(client, office, "photo", "งาน.PNG", picture()).status_code == 302

    assert (Attachment.get().name, Attachment.get().media_type) == ("งาน.jpg", "image/jpeg")


def test_two_files_of_one_name_are_kept_apart(office, client):
    send(client, office, "paper", "a.pdf", PDF)
    send(client, office, "paper", "a.pdf", PDF + b"2")

    assert Answer.get(Answer.key == "paper").text == "a.pdf\na (2).pdf"
    assert send(client, office, "paper", "b.pdf", PDF).status_code == 422  # the same bytes again


@pytest.mark.parametrize(
    ("cell", "name", "content"),
    [
        ("photo", "x.jpg", b"<script>alert(1)</script>"),
        ("photo", "x.jpg", PDF),
        ("photo", "x.svg", b"<svg onload='x'/>"),
        ("photo", "x.jpg", b"\xff\xd8\xff" + b"0" * 100),
        ("paper", "x.pdf", b"MZ\x90\x00"),
        ("paper", "x.exe", b"MZ\x90\x00"),
        ("paper", "x.xlsx", PDF),
        ("paper", "x.xlsx", b"PK\x03\x04" + b"0" * 50),
        ("paper", "x.xlsx", workbook("xl/vbaProject.bin")),
        ("paper", "x.csv", b"#!/bin/sh\nrm -rf /"),
        ("paper", "x.csv", b"<html><script>1</script>"),
        ("paper", "x.csv", b"a\0b"),
        ("paper", "x.docx", workbook()),
        ("paper", "../../etc/x.pdf\0.exe", PDF),
        ("done", "x.pdf", PDF),
        ("nothing", "x.pdf", PDF),
        ("paper", "x.pdf", b"%PDF-" + b"0" * 10_000_001),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_what_is_not_what_it_says_is_refused_and_nothing_is_kept(office, client, cell, name, content):
    answer = send(client, office, cell, name, content)

    assert answer.status_code in (404, 413, 422)
    assert not Attachment.select().exists()
    assert not Answer.select().where(Answer.key == cell).exists()


def test_a_picture_that_unfolds_to_too_many_points_is_not_opened(office, client):
    bomb = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 60_000

    assert send(client, office, "photo", "x.png", bomb.getvalue()).status_code == 422
    assert not Attachment.select().exists()


def test_a_csv_and_a_workbook_are_taken_by_their_content(office, client):
    assert send(client, office, "paper", "x.xlsx", workbook()).status_code == 302
    assert send(client, office, "paper", "x.csv", "ชื่อ,จำนวน\nก,1".encode("cp874")).status_code == 302

    assert [a.name for a in Attachment.select().order_by(Attachment.id)] == ["x.xlsx", "x.csv"]


def test_a_file_is_taken_away_and_its_name_cannot_be_typed(office, client):
    send(client, office, "paper", "a.pdf", PDF)
    kept = Attachment.get()

    body = {"obligation": office.id, "cells": {"paper": "a.pdf\nb.pdf"}, "seen": {}}
    told = client.post("/admin/answers/cell", json=body).get_json()
    assert told["cells"]["paper"]["state"] == "refused"
    assert client.post("/admin/answers/unfile", data={"obligation": office.id, "id": kept.id}).status_code == 302

    assert not Attachment.select().exists()
    assert not Answer.select().where(Answer.key == "paper").exists()


def test_files_are_locked_with_the_report(office, client):
    send(client, office, "paper", "a.pdf", PDF)
    report = Submission.get()
    submissions.submit(report, by=make.person(Role.APPROVER, report.unit), at=NOON)

    assert send(client, office, "paper", "b.pdf", PDF + b"2").status_code == 409
    assert (
        client.post("/admin/answers/unfile", data={"obligation": office.id, "id": Attachment.get().id}).status_code
        == 409
    )
