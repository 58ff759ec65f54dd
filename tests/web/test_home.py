"""What one owes is the first page: every role's open obligations, overdue on top, one way on from each."""

import datetime as dt
import re

import pytest

from models import Notice, Obligation, Person, Submission, Unit
from portal import clock, notices, obligations, periods
from portal.rules.access import Role
from portal.rules.terms import Duty, ObligationState, PeriodKind
from portal.rules.workflow import State
from portal.web import shell
from tests import make
from tests.counting import Counted

NOW = dt.datetime(2023, 5, 18, 10)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """It is the 18th of May 2566: two days are left for the reports of May, those of April are overdue."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: NOW.date())


@pytest.fixture
def months(database):
    """April and May 2566 open with one form of C-AGR."""
    form = make.form(Unit.get(Unit.code == "C-AGR"))
    for number in (7, 8):
        periods.open_period(make.period(number, is_open=False), by=None, at=dt.datetime(2023, 4, 1, 8))
    return form


def _office():
    return Unit.get(Unit.code == "P40")


def _lines(page):
    """Return (group, name, period, time) of each line of what is owed."""
    out, group = [], ""
    for part in re.findall(r'<tr class="grp">.*?</tr>|<tr><td><span class="row nw ts">.*?</tr>', page, re.DOTALL):
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "|", part))
        cells = [one.strip() for one in words.split("|") if one.strip()]
        if "grp" in part[:20]:
            group = cells[0]
        else:
            out.append((group, *cells))
    return out


def test_an_office_finds_all_it_owes_overdue_on_top_each_with_its_day_and_one_way_on(months, client, sign_in):
    page = sign_in(make.person(Role.REPORTER, _office())).get("/admin/").text

    lines = _lines(page)
    assert [line[0] for line in lines] == ["เลยกำหนด"] * 2 + ["ครบกำหนดใน 3 วัน"] * 2
    report = next(line for line in lines if months.name in line)
    assert "เมษายน 2566" in report and "20 เม.ย. 66" in report and "เกิน 28 วัน" in report
    owed = Obligation.get(Obligation.unit == _office(), Obligation.form == months)
    assert f'href="/admin/answers/?obligation={owed.id}"' in page
    assert 'href="/admin/visits/?month=2566-04"' in page


def test_what_is_overdue_stays_on_top_until_it_is_waived_with_a_reason(months, client, sign_in):
    office = sign_in(make.person(Role.APPROVER, _office()))
    overdue = Obligation.select().where(Obligation.unit == _office(), Obligation.due_on < NOW.date())
    for owed in list(overdue):
        obligations.waive(owed, by=make.person(Role.PLANNING), at=NOW, reason="น้ำท่วมสำนักงาน")

    assert {line[0] for line in _lines(office.get("/admin/").text)} == {"ครบกำหนดใน 3 วัน"}


def test_a_returned_report_comes_first_with_its_reason(months, client, sign_in):
    report = make.submission(State.RETURNED, unit=_office(), form=make.form(months.owner), period=make.period(8))

    client = sign_in(make.person(Role.REPORTER, _office()))
    page = client.get("/admin/").text
    lines = _lines(page)

    assert lines[0][1] == report.form_version.form.name and "ตัวเลขไม่ตรงกับแผน" in lines[0][2]
    way = re.search(r'<a class="nm" href="([^"]+)"', page)[1]
    assert client.get(way).status_code == 200 and report.form_version.form.name in client.get(way).text
    assert sum(report.form_version.form.name in line for line in lines) == 1


def test_an_office_sees_nothing_of_another(months, client, sign_in):
    other = Unit.get(Unit.code == "P50")
    page = sign_in(make.person(Role.REPORTER, _office())).get("/admin/").text

    theirs = Obligation.select(Obligation.id).where(Obligation.unit == other)
    assert not [o.id for o in theirs if f"obligation={o.id}" in page]


def test_a_division_sees_what_waits_for_its_check_by_form_and_what_it_owes(months, client, sign_in):
    form = make.form(months.owner)
    for code in ("P40", "P50"):
        make.submission(State.SUBMITTED, unit=Unit.get(Unit.code == code), form=form, period=make.period(8))
    first = Submission.select().order_by(Submission.id).first()

    page = sign_in(make.person(Role.DIVISION, months.owner)).get("/admin/").text

    assert f'href="/admin/review/?submission={first.id}">{form.name}' in page
    assert re.search(rf"{form.name}</a></td><td class=\"nb\">พฤษภาคม 2566</td><td class=\"n\"><b>2</b>", page)
    assert [line[0] for line in _lines(page)] == ["เลยกำหนด", "ยังไม่ถึงกำหนด"]


def test_planning_sees_the_month_by_region_the_divisions_that_have_not_checked_and_its_hand_offs(
    months, client, sign_in
):
    periods.open_period(_period(PeriodKind.QUARTER, 2), by=None, at=NOW)
    planner = sign_in(make.person(Role.PLANNING, Unit.get(Unit.code == "C-PLAN")))

    page = planner.get("/admin/").text

    assert "0/" in page and page.count("<progress") >= 19
    assert "กองที่ยังตรวจไม่เสร็จ" in page and "กพก." in page
    handoff = Obligation.get(Obligation.duty == Duty.HANDOFF)
    assert f'name="id" value="{handoff.id}"' in page


def test_an_executive_sees_the_coverage_and_the_pack(months, client, sign_in):
    page = sign_in(make.person(Role.EXECUTIVE)).get("/admin/").text

    assert "ชุดรายงานผู้บริหาร" in page and "<progress" in page and "/admin/done/" not in page


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_first_page_before_anything_is_open(database, client, sign_in, role):
    assert sign_in(make.person(role)).get("/admin/").status_code == 200


def test_a_hand_off_is_noted_as_done_with_where_it_went(months, client, sign_in):
    periods.open_period(_period(PeriodKind.QUARTER, 2), by=None, at=NOW)
    owed = Obligation.get(Obligation.duty == Duty.HANDOFF)
    planner = sign_in(make.person(Role.PLANNING, owed.unit))

    empty = planner.post("/admin/done/", data={"id": owed.id, "note": ""}, follow_redirects=True)
    assert "เลขที่หนังสือ" in empty.text and Obligation.get_by_id(owed.id).state == ObligationState.OPEN
    planner.post("/admin/done/", data={"id": owed.id, "note": "นร 0714/12"})

    assert Obligation.get_by_id(owed.id).state == ObligationState.MET
    assert planner.post("/admin/done/", data={"id": 999999, "note": "x"}).status_code == 404


def test_nobody_notes_another_units_duty_as_done(months, client, sign_in):
    periods.open_period(_period(PeriodKind.QUARTER, 2), by=None, at=NOW)
    owed = Obligation.get(Obligation.duty == Duty.HANDOFF)

    sign_in(make.person(Role.DIVISION)).post("/admin/done/", data={"id": owed.id, "note": "x"})
    office = sign_in(make.person(Role.APPROVER, _office()))
    answer = office.post("/admin/done/", data={"id": owed.id, "note": "x"})

    assert answer.status_code == 404 and Obligation.get_by_id(owed.id).state == ObligationState.OPEN


def test_letters_that_could_not_be_sent_are_told_to_the_administrator(months, client, sign_in):
    person = make.person(Role.REPORTER, _office())
    notices.tell([person.id], "ทดสอบ", at=NOW)
    Notice.update(mail_tries=notices.MOST_TRIES, mail_error="550").execute()

    assert "อีเมลที่ส่งไม่ได้" in sign_in(make.person(Role.ADMIN)).get("/admin/").text


@pytest.mark.parametrize("role", list(Role))
def test_the_statements_of_the_first_page_do_not_grow_with_what_is_owed(months, client, sign_in, role):
    unit = {Role.DIVISION: months.owner, Role.REPORTER: _office(), Role.APPROVER: _office()}.get(role)
    browser = sign_in(make.person(role, unit))
    browser.get("/admin/")
    with Counted() as few:
        browser.get("/admin/")
    for _ in range(5):
        form = make.form(months.owner)
        for code in ("P40", "P50", "P60"):
            make.submission(State.SUBMITTED, unit=Unit.get(Unit.code == code), form=form, period=make.period(8))
    periods.open_period(make.period(9, is_open=False), by=None, at=NOW)
    periods.open_period(make.period(8), by=None, at=NOW)
    with Counted() as many:
        browser.get("/admin/")

    assert len(many) <= len(few) + 2 and len(many) <= 22  # what waits adds the names of its forms and periods


def _period(kind, number):
    return periods.Period.get(periods.Period.kind == kind, periods.Period.number == number)


# ---------------------------------------------------------------- the bell


def test_the_bell_counts_what_is_new_and_leads_to_it(months, client, sign_in):
    person = make.person(Role.REPORTER, _office())
    notices.tell([person.id], "แบบ ก ถูกส่งคืน", at=NOW, link="/admin/answers/?obligation=1")
    browser = sign_in(person)
    assert "มีเรื่องที่ยังไม่ได้อ่าน 1 เรื่อง" in browser.get("/admin/").text

    page = browser.get("/admin/notices/").text
    assert "<b>แบบ ก ถูกส่งคืน</b>" in page
    opened = browser.post("/admin/notices/open/", data={"id": Notice.get().id})

    assert opened.location == "/admin/answers/?obligation=1"
    assert "มีเรื่องที่ยังไม่ได้อ่าน" not in browser.get("/admin/").text


def test_everything_is_marked_as_read_at_once(months, client, sign_in):
    person = make.person(Role.REPORTER, _office())
    notices.tell([person.id], "ก", at=NOW)
    notices.tell([person.id], "ข", at=NOW)

    sign_in(person).post("/admin/notices/read/")

    assert notices.unread(person.id) == 0


def test_nobody_opens_the_notice_of_another(months, client, sign_in):
    notices.tell([make.person(Role.REPORTER, _office()).id], "ลับ", at=NOW)
    other = sign_in(make.person(Role.PLANNING))

    assert "ลับ" not in other.get("/admin/notices/").text
    assert other.post("/admin/notices/open/", data={"id": Notice.get().id}).status_code == 404
    assert Notice.get().read_at is None


def test_a_link_out_of_the_portal_leads_home(months, client, sign_in):
    person = make.person(Role.REPORTER, _office())
    notices.tell([person.id], "ก", at=NOW, link="https://elsewhere.example/")

    opened = sign_in(person).post("/admin/notices/open/", data={"id": Notice.get().id})

    assert opened.location == "/"


def test_one_chooses_whether_letters_come(months, client, sign_in):
    person = make.person(Role.REPORTER, _office(), email="a@example.go.th")
    browser = sign_in(person)

    browser.post("/admin/notices/mail/", data={"wants": "0"})
    assert Person.get_by_id(person.id).wants_mail is False
    browser.post("/admin/notices/mail/", data={"wants": "1"})
    assert Person.get_by_id(person.id).wants_mail is True


def test_a_report_handed_in_leaves_the_first_page(months, client, sign_in):
    office = _office()
    report = make.submission(State.SUBMITTED, unit=office, form=make.form(months.owner), period=make.period(8))
    page = sign_in(make.person(Role.REPORTER, office)).get("/admin/").text

    assert not any(report.form_version.form.name in line for line in _lines(page))


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_begins_with_what_a_role_does_and_names_every_page_once(role, migrated, client, sign_in):
    page = sign_in(make.person(role)).get("/admin/").text
    menu = page[page.index('<nav class="nav"') : page.index("</nav>")]

    first, _, rest = menu.partition("<details")
    links = re.findall(r'<a href="([^"]+)"', menu)

    assert first.count("<a ") == len(shell.WORK[role]) and links[0] == "/admin/"
    assert len(links) == len(set(links))
    assert "<details open" not in "<details" + rest


def test_the_box_that_goes_anywhere_finds_records_within_reach_only(migrated, client, sign_in):
    office, other = make.unit(), make.unit()
    make.cooperative(office, name="สหกรณ์การเกษตรบ้านทุ่งทดสอบ จำกัด")
    make.cooperative(other, name="สหกรณ์โคนมบ้านทุ่งทดสอบ จำกัด")
    browser = sign_in(make.person(Role.REPORTER, office))

    found = browser.get("/admin/find/?q=ทุ่งทดสอบ").json

    assert [one["name"] for one in found] == ["สหกรณ์การเกษตรบ้านทุ่งทดสอบ จำกัด"]
    assert browser.get(found[0]["url"]).status_code == 200
    assert browser.get("/admin/find/?q=ท").json == []
