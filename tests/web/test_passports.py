"""Passports in the portal: the working of a figure, its inputs, and the reports behind them as they were."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest

from models import Answer, Edition, FiscalYear, Submission, Unit
from portal import files, people, records
from portal.reports import editions, ledger, scopes, snapshot
from portal.reports.chapter import Cut
from portal.rules import formulas
from portal.rules.access import Role
from portal.rules.terms import RunKind
from portal.web import workings
from tests import make
from tests.pdf.year import fill

CUT = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 6, 23, 16, 30))
HOME = "/admin/passport/pack-2566-06-2"


@pytest.fixture
def planner(sqlite_store, sign_in):
    fill(offices=3, projects=2)
    person = people.add(username="p", name="วางแผน", role=Role.PLANNING, unit=Unit.get(Unit.code == "CPD"), by=None)
    sign_in(person)
    return person


@pytest.fixture
def edition(planner, settings):
    kept = files.connect(settings.files, settings.data)
    text = editions.take_snapshot("pack", CUT)
    return make.row(
        Edition, book="pack", subject="2566-06", number=2, sha256="a" * 64, pages=12,
        file_key=kept.keep("a.pdf", b"%PDF"), snapshot_sha256=snapshot.digest(text),
        snapshot_key=ledger.keep_figures(text, kept), cut_at=CUT.cut_at,
        made_at=CUT.cut_at, unit=planner.unit, fiscal_year=FiscalYear.get(FiscalYear.year == 2566),
    )  # fmt: skip


def _lead(settings, edition):
    """The key of a project's reported figure, and its indicator."""
    plain = json.loads(ledger.figures(edition, files.connect(settings.files, settings.data)))["passports"]
    key, formula = next((f[0], f[5]) for f in plain["figures"] if f[0].endswith(".value") and f[1] == "projects")
    return key, formula[2]["indicator"]


def test_every_passport_of_an_edition_opens_and_agrees_with_what_is_printed(client, edition, settings):
    plain = json.loads(ledger.figures(edition, files.connect(settings.files, settings.data)))["passports"]

    assert set(plain["tables"]) <= set(workings.TABLES), "every table of inputs has its words"
    for key, *_ in plain["figures"]:
        page = client.get(f"{HOME}/{key}/")
        assert page.status_code == 200, key
        assert "ตามที่พิมพ์ไว้" in page.text and "สูตรให้ค่าไม่ตรง" not in page.text, key


def test_every_operation_of_formulas_has_its_words():
    assert set(re.findall(r'\["([a-z]+)"', formulas.__doc__)) <= set(workings.OPERATIONS)


def test_the_link_on_paper_leads_to_the_passport(client, edition):
    told = client.get(f"{HOME}/summary.1.value", follow_redirects=True)

    assert told.status_code == 200
    assert "ตัวหาร" in told.text and "เบิกจ่าย รายหน่วยงานรายเดือน" in told.text


def test_a_reported_figure_leads_to_its_reports_as_they_were(client, edition, settings, planner):
    key, _indicator = _lead(settings, edition)
    page = client.get(f"{HOME}/{key}/").text
    report = int(re.search(rf"{re.escape(key)}/report/(\d+)/", page)[1])
    answer = Answer.get(Answer.submission == report, Answer.number.is_null(False))
    was = answer.number
    with records.changing(by=planner, verb="save_answers", at=CUT.cut_at + dt.timedelta(days=1), as_verb=True) as work:
        work.update(answer, number=Decimal("77777"))
        work.update(Submission.get_by_id(report), state="returned", note="แก้")

    then = client.get(f"{HOME}/{key}/report/{report}/").text
    again = client.get(f"{HOME}/{key}/").text
    compared = client.get(f"{HOME}/{key}/?now=1").text

    assert format(was.normalize(), "f") in then and "77777" in then
    assert "77,777" not in again
    assert "ขณะนี้" in compared


def test_an_answer_removed_or_added_since_is_told(client, edition, settings, planner):
    key, _ = _lead(settings, edition)
    report = int(re.search(r"/report/(\d+)/", client.get(f"{HOME}/{key}/").text)[1])
    with records.changing(by=planner, verb="save_answers", at=CUT.cut_at + dt.timedelta(days=1), as_verb=True) as work:
        work.remove(Answer.get(Answer.submission == report, Answer.number.is_null(False)))
        work.create(Answer, submission=report, key="brand_new", row=0, number=Decimal(4242))

    then = client.get(f"{HOME}/{key}/report/{report}/").text

    assert "brand_new" in then and "4242" in then


def test_figures_are_listed_and_searched(client, edition):
    everything = client.get(f"{HOME}/").text
    some = client.get(f"{HOME}/?q=summary.7").text

    assert everything.count("<tr>") > some.count("<tr>") > 1


@pytest.mark.parametrize(
    "address",
    ["nowhere.1/", "summary.1.value/report/999999/", "summary.1.value/report/0/", "..%2F..%2Fetc/"],
)
def test_what_is_not_in_the_edition_is_told(client, edition, address):
    assert client.get(f"{HOME}/{address}").status_code == 404


def test_an_edition_that_is_not_there_is_told(client, planner):
    assert client.get("/admin/passport/pack-2566-06-9/summary.1.value/").status_code == 404
    assert client.get("/admin/passport/").status_code == 302


def test_an_office_reads_the_passports_of_its_own_book_and_of_no_other(client, edition, settings, sign_in):
    kept, at = files.connect(settings.files, settings.data), dt.datetime(2023, 10, 20, 9)
    own, other = (Unit.get(Unit.code == code) for code in ("P10-1", "P10-2"))
    for unit in (own, other):
        book, cut = scopes.cut_of(RunKind.BOOK, f"2566/{unit.code}", at=at, is_demo=False)
        text = editions.take_snapshot(book.slug, cut)
        make.row(
            Edition, book="book", subject=cut.subject, number=1, sha256="a" * 64, pages=12,
            file_key=kept.keep("a.pdf", b"%PDF"), snapshot_sha256=snapshot.digest(text),
            snapshot_key=ledger.keep_figures(text, kept), cut_at=at, made_at=at, unit=unit,
            fiscal_year=FiscalYear.get(FiscalYear.year == 2566),
        )  # fmt: skip
    sign_in(make.person(Role.REPORTER, own))
    listed = client.get("/admin/passport/book-2566-P10-1-1/").text
    links = re.findall(r'href="(/admin/passport/book-2566-P10-1-1/[^"]+/)"', listed)

    for address in links[:: max(1, len(links) // 25)]:
        page = client.get(address)
        assert page.status_code == 200 and other.short not in page.text, address
        for report in re.findall(r'href="([^"]+/report/\d+/)"', page.text)[:1]:
            assert client.get(report).status_code == 200
    assert len(links) > 25
    for name in ("pack-2566-06-2", "book-2566-P10-2-1"):
        assert client.get(f"/admin/passport/{name}/").status_code == 404, "as if it were not there"
