"""Editions on the screen: what each is, its file to the byte, and the steps a person may take."""

import datetime as dt
import hashlib

import pytest

from models import Edition, FiscalYear, Run, Unit
from portal import files, people
from portal.reports import ledger
from portal.rules.access import Role
from portal.rules.terms import EditionState
from tests import make

CONTENT = b"%PDF-1.7 the pack"
FIGURES = '{"book":"pack"}'
AT = dt.datetime(2023, 6, 23, 16, 30)


@pytest.fixture
def kept(settings):
    return files.connect(settings.files, settings.data)


@pytest.fixture
def central(sqlite_store, sign_in):
    def enter(role):
        unit = Unit.get(Unit.code == "CPD")
        person = people.add(username=str(role), name=f"คน {role}", role=role, unit=unit, by=None)
        sign_in(person)
        return person

    return enter


def edition(kept, **values):
    given = {
        "book": "pack", "subject": "2566-06", "number": 1, "reported": 77, "owing": 78, "missing_plan": "1.25",
        "sha256": hashlib.sha256(CONTENT).hexdigest(), "pages": 12, "file_key": kept.keep("a.pdf", CONTENT),
        "snapshot_sha256": hashlib.sha256(FIGURES.encode()).hexdigest(),
        "snapshot_key": ledger.keep_figures(FIGURES, kept), "cut_at": AT, "made_at": AT,
        "unit": Unit.get(Unit.code == "CPD"), "fiscal_year": FiscalYear.get(FiscalYear.year == 2566),
    }  # fmt: skip
    return make.row(Edition, **given | values)


def test_the_page_of_an_edition_says_what_it_is(central, client, kept):
    central(Role.PLANNING)
    row = edition(kept)

    page = client.get(f"/admin/reports/edition/?id={row.id}").text

    for words in (row.sha256, row.snapshot_sha256, "77 จาก 78", "ถือแผนร้อยละ 1.3", "portal reissue pack-2566-06-1"):
        assert words in page


def test_the_file_of_an_edition_is_the_one_issued_to_the_byte(central, client, kept):
    central(Role.EXECUTIVE)
    row = edition(kept)

    got = client.get(f"/admin/reports/file/?edition={row.id}")

    assert hashlib.sha256(got.data).hexdigest() == row.sha256
    assert got.headers["X-Frame-Options"] == "DENY"


def test_planning_brings_a_pack_to_the_meeting_with_one_button(central, client, kept):
    planner = central(Role.PLANNING)
    row = edition(kept)

    told = client.post("/admin/reports/step/", data={"id": row.id, "verb": "for_meeting"})

    assert told.status_code == 302
    decided = Edition.get(Edition.number == 2)
    assert (decided.state, decided.based_on_id, decided.decided_by_id) == (
        EditionState.FOR_MEETING, row.id, planner.id,
    )  # fmt: skip
    assert Run.get_by_id(decided.run_id).subject == "2566-06"
    assert "กำลังจัดพิมพ์" in client.get(f"/admin/reports/edition/?id={decided.id}").text


def test_a_division_sees_the_edition_but_no_button(central, client, kept):
    central(Role.DIVISION)
    row = edition(kept)

    page = client.get(f"/admin/reports/edition/?id={row.id}").text

    assert 'value="for_meeting"' not in page
    assert client.post("/admin/reports/step/", data={"id": row.id, "verb": "for_meeting"}).status_code == 403


def test_an_approval_without_its_document_says_which_field_and_keeps_what_was_typed(central, client, kept):
    central(Role.EXECUTIVE)
    row = edition(kept, book="book", subject="2566", reported=78)
    typed = {"id": row.id, "verb": "approve", "signer": "นายอธิบดี", "signer_post": "อธิบดี", "document_on": "20 ต.ค. 66"}

    refused = client.post("/admin/reports/step/", data=typed)
    wrong_day = client.post("/admin/reports/step/", data=typed | {"document_number": "1", "document_on": "31 ก.พ. 66"})
    accepted = client.post("/admin/reports/step/", data=typed | {"document_number": "กษ 1101/9"})

    assert "นายอธิบดี" in refused.text and 'id="e-document_number"' in refused.text
    assert 'id="e-document_on"' in wrong_day.text
    assert accepted.status_code == 302
    approved = Edition.get(Edition.number == 2)
    assert (approved.signer, str(approved.document_on)) == ("นายอธิบดี", "2023-10-20")


def test_an_office_sees_its_own_editions_and_no_other(sqlite_store, client, sign_in, kept):
    mine = Unit.get(Unit.code == "P40")
    national, own = edition(kept), edition(kept, book="book", subject="2566/P40", unit=mine)
    sign_in(make.person(Role.APPROVER, mine))

    for way in (
        "edition/?id=",
        "file/?edition=",
        "page/?n=1&edition=",
        "annex/?edition=",
        "read/?id=",
        "read/style/?id=",
    ):
        assert client.get(f"/admin/reports/{way}{national.id}").status_code == 404
    assert client.get(f"/admin/reports/file/?edition={own.id}").data == CONTENT
    page = client.get("/admin/reports/").text
    assert f"edition/?id={own.id}" in page and f"edition/?id={national.id}" not in page


def test_an_office_asks_for_its_own_book_only(sqlite_store, client, sign_in):
    sign_in(make.person(Role.REPORTER, Unit.get(Unit.code == "P40")))

    assert client.post("/admin/reports/", data={"kind": "book", "book": "2566"}).status_code == 302
    assert Run.get().subject == "2566/P40"
    for other in ({"kind": "book", "book": "2566", "book_scope": "P41"}, {"kind": "pack", "pack": "2566-05"}):
        assert client.post("/admin/reports/", data=other).status_code in (403, 422)
    assert Run.select().count() == 1


def test_an_edition_that_is_not_there_is_told(central, client):
    central(Role.PLANNING)

    for ident in ("", "0", "99999", "x", "1 OR 1=1"):
        assert client.get("/admin/reports/edition/", query_string={"id": ident}).status_code == 404
