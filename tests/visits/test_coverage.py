"""Plan against actual by whatever one asks for, gaps, class movement, and an institution's story."""

import datetime as dt
import html
import re
from dataclasses import replace

import pytest

from models import AuditorRemark, CooperativeYear, Visit
from portal import class_moves, cooperatives, coverage, records, visits
from portal.coverage import By, Cut
from portal.rules.access import Role
from portal.rules.visits import Done
from tests import make
from tests.make import NOON
from tests.visits.conftest import values

MAY = Cut(2566, 8, 8)


@pytest.fixture
def worked(office):
    """One visit with two planned works, one outside the plan, one sent back."""
    first, second, _third, fourth = office.works
    say = lambda works, **more: visits.record(by=office.officer, at=NOON, works=works, **values(office, **more))  # noqa: E731
    say([Done(first.id, 8), Done(second.id, 8)])
    say([Done(fourth.id, None)], unplanned_reason="ลอง", cooperative=office.elsewhere.id)
    back = say([Done(second.id, 8)], visited_on=dt.date(2023, 5, 12))
    visits.send_back(back, by=office.reviewer, at=NOON, note="ไม่ชัด")
    return office


@pytest.mark.parametrize("by", list(By))
def test_every_cut_adds_up_to_the_same(worked, by):
    rows = coverage.lines(by, MAY)
    whole = coverage.total(rows)

    assert (whole.planned, whole.done, whole.visits, whole.unplanned) == (3, 3, 2, 1)


def test_rows_are_named_and_have_their_share(worked):
    (one,) = coverage.lines(By.UNIT, MAY)
    kinds = {line.name: (line.planned, line.done) for line in coverage.lines(By.ACTIVITY, MAY)}

    assert (one.name, one.institutions, one.reached, round(one.share)) == (worked.unit.short, 1, 2, 100)
    assert kinds == {
        worked.works[0].name: (1, 1), worked.works[1].name: (2, 1), worked.works[3].name: (0, 1),
    }  # fmt: skip


def test_months_are_fiscal_and_in_order(worked):
    rows = coverage.lines(By.MONTH, Cut(2566, 1, 12))

    assert [(line.key, line.planned, line.done) for line in rows] == [(7, 1, 0), (8, 3, 3), (9, 1, 0)]


def test_a_cut_by_kind_and_activity_counts_that_alone(worked):
    kind = worked.institution.type_id
    (one,) = coverage.lines(By.COOPERATIVE, Cut(2566, 8, 8, kind=kind))
    (work,) = coverage.lines(By.UNIT, Cut(2566, 8, 8, activity=worked.works[1].id))

    assert (one.key, one.planned, one.done) == (worked.institution.id, 3, 2)
    assert (work.planned, work.done) == (2, 1)


def test_a_plan_that_is_not_approved_is_no_plan(worked):
    with records.changing(by=None, verb="make") as work:
        work.update(worked.plan, state="draft")

    assert coverage.total(coverage.lines(By.UNIT, MAY)).planned == 0


def test_provinces_have_their_share_on_the_map(worked):
    mark = worked.unit.province.short

    assert coverage.by_province(MAY) == ({mark: 100.0} if mark else {})


def test_who_was_planned_and_not_visited_is_named(office):
    (gap,) = coverage.gaps(MAY)
    assert (gap.cooperative_id, gap.planned, gap.last_on) == (office.institution.id, 3, None)

    visits.record(by=office.officer, at=NOON, **values(office))
    assert coverage.gaps(MAY) == []
    (later,) = coverage.gaps(Cut(2566, 9, 9))
    assert later.last_on == dt.date(2023, 5, 10)


def test_classes_move_from_year_to_year(office):
    before, now = make.fiscal_year(2565), office.year
    for institution, old, new in ((office.institution, 3, 2), (office.elsewhere, 1, 2)):
        make.row(CooperativeYear, cooperative=institution, fiscal_year=before, strength_class=old)
        make.row(CooperativeYear, cooperative=institution, fiscal_year=now, strength_class=new)

    cut = Cut(2566, 1, 12)
    found = class_moves.whole(cut)
    assert (found.flow, found.up, found.down, found.same) == ({(1, 2): 1, (3, 2): 1}, 1, 1, 0)
    for by in class_moves.ROWS:
        assert sum(one.total for one in class_moves.lines(by, cut)) == 2
    (row,) = class_moves.lines(By.UNIT, replace(cut, unit=office.unit.id))
    assert (row.name, row.up, row.total) == (
        office.unit.short,
        1,
        class_moves.whole(replace(cut, unit=office.unit.id)).total,
    )
    assert [(one.name, one.moved) for one in class_moves.institutions(cut, before=3, after=2)] == [
        (office.institution.name, "up")
    ]
    assert len(class_moves.institutions(cut)) == 2
    assert [(c.year, c.strength, c.moved) for c in cooperatives.classes_of(office.institution.id)] == [
        (2565, 3, ""), (2566, 2, "up"),
    ]  # fmt: skip


def test_rows_and_cells_of_moving_classes_lead_to_their_institutions(office, sign_in):
    for year, strength in ((2565, 3), (2566, 2)):
        row = {"fiscal_year": make.fiscal_year(year), "strength_class": strength}
        make.row(CooperativeYear, cooperative=office.institution, **row)
    client = sign_in(make.person(Role.EXECUTIVE))

    page = html.unescape(client.get("/admin/coverage/classes/?year=2566&rows=region").text)
    (to_offices,) = re.findall(r'<a class="nm" href="([^"]*rows=unit[^"]*)"', page)
    page = html.unescape(client.get(to_offices).text)
    (to_named,) = re.findall(r'<a class="nm" href="([^"]*rows=cooperative[^"]*)"', page)
    assert f"/admin/story/?id={office.institution.id}" in client.get(to_named).text
    (cell,) = re.findall(r'href="([^"]*before=3&after=2)#named"', page)
    page = client.get(f"/admin/coverage/classes/{cell}").text
    assert office.institution.name in page
    assert office.institution.name not in client.get("/admin/coverage/classes/?year=2566&before=1&after=2").text
    listed = client.get(f"/admin/coverage/classes/export/csv/{cell}").text
    assert office.institution.registration_number in listed and listed.count("\n") == 2
    by_kind = client.get("/admin/coverage/classes/export/csv/?year=2566&rows=kind").text
    assert by_kind.count("\n") == 2 and "จากชั้น 3 เป็นชั้น 2" in by_kind


# ---------------------------------------------------------------- the story


def test_the_story_holds_everything_newest_first(worked):
    make.row(
        AuditorRemark, cooperative=worked.institution, found_on=dt.date(2023, 1, 5), kind="defect", text="เงินขาดบัญชี"
    )
    story = cooperatives.story(worked.institution)

    assert [one.visit.visited_on.day for one in story.visits] == [12, 10]
    assert story.visits[1].works == (worked.works[0].name, worked.works[1].name)
    assert [(p.year, p.planned, p.done) for p in story.plans] == [(2566, 5, 1)]
    assert [r.text for r in story.remarks] == ["เงินขาดบัญชี"] and story.visit_count == 2


def test_the_story_is_a_page_and_a_pdf_of_one_s_own_office(worked, app, sign_in):
    client = sign_in(worked.officer)
    page = client.get(f"/admin/story/?id={worked.institution.id}")
    pdf = client.get(f"/admin/story/pdf/?id={worked.institution.id}")
    stranger = sign_in(make.person(Role.REPORTER), app.test_client())

    assert worked.works[1].name in page.text and pdf.data.startswith(b"%PDF-") and pdf.mimetype == "application/pdf"
    assert stranger.get(f"/admin/story/?id={worked.institution.id}").status_code == 404
    assert stranger.get(f"/admin/story/pdf/?id={worked.institution.id}").status_code == 404


def test_the_story_hides_from_the_other_division_what_waits_for_its_own(worked, sign_in):
    page = sign_in(worked.stranger).get(f"/admin/story/?id={worked.institution.id}").text

    assert "/admin/visits/visit/?id=" in page  # the one that was sent back
    assert page.count("/admin/visits/visit/?id=") == 1 and Visit.select().where(Visit.state == "recorded").count() == 2


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("by", list(By))
def test_every_cut_is_a_page_and_a_file(worked, sign_in, by):
    client = sign_in(make.person(Role.PLANNING))
    query = f"rows={by}&year=2566&first=8&last=8"

    assert client.get(f"/admin/coverage/?{query}").status_code == 200
    file = client.get(f"/admin/coverage/export/csv/?{query}").get_data(as_text=True)
    assert len(file.strip().splitlines()) == len(coverage.lines(by, MAY)) + 1


def test_an_office_sees_its_own_coverage_whatever_it_asks_for(worked, app, sign_in):
    client = sign_in(make.person(Role.APPROVER))
    for address in ("", "gaps/", "classes/"):
        page = client.get(f"/admin/coverage/{address}?rows=cooperative&year=2566&unit={worked.unit.id}").text
        assert worked.institution.name not in page and worked.unit.short not in page
    assert client.get(f"/admin/coverage/export/csv/?rows=unit&year=2566&unit={worked.unit.id}").text.count("\n") == 1
    assert worked.institution.name in sign_in(worked.officer, app.test_client()).get(
        "/admin/coverage/?rows=cooperative&year=2566").text  # fmt: skip


def test_odd_questions_do_no_harm(worked, sign_in):
    client = sign_in(make.person(Role.EXECUTIVE))
    for query in (
        "rows=x",
        "year=1",
        "year=9999&first=99",
        "first=9&last=2&year=2566",
        "unit=๑",
        "month=2566-99",
        "kind=-1",
    ):
        for page in ("", "gaps/", "classes/"):
            assert client.get(f"/admin/coverage/{page}?{query}").status_code == 200, query
    assert client.get("/admin/coverage/export/exe/").status_code == 404


def test_agreed_actions_are_listed_by_how_they_stand(office, app, sign_in):
    visits.record(
        by=office.officer, at=NOON, **values(office, agreed_action="ปิดบัญชี", action_due_on=dt.date(2023, 5, 12))
    )
    client = sign_in(office.officer)

    page = client.get("/admin/actions/").text
    assert "ปิดบัญชี" in page and "ยังไม่เสร็จ" in page and "ค้างส่ง" not in page  # nothing is owed to anybody
    listed = client.get("/admin/visit/export/csv/").text
    assert "ยังไม่เสร็จ" in listed and "ค้างส่ง" not in listed
    assert "ปิดบัญชี" in client.get("/admin/actions/?state=overdue").text
    assert "ปิดบัญชี" not in client.get("/admin/actions/?state=done").text
    assert "ปิดบัญชี" not in sign_in(make.person(Role.REPORTER), app.test_client()).get("/admin/actions/").text


# ---------------------------------------------------------------- twins


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("สหกรณ์การเกษตรเมืองเลย จำกัด", "สหกรณ์การเกษตร เมืองเลย จำกัด", True),
    ("สหกรณ์การเกษตรเมืองเลย จำกัด", "กลุ่มเกษตรกรการเกษตรเมืองเลย", True),
    ("สหกรณ์โคนมวังน้ำเย็น จำกัด", "สหกรณ์โคนมวังน้ำเย็น จํากัด", True),
    ("สหกรณ์บ้านมั่นคงที่ 1 จำกัด", "สหกรณ์บ้านมั่นคงที่ 2 จำกัด", False),
    ("สหกรณ์การเกษตรเมืองเลย จำกัด", "สหกรณ์การเกษตรด่านซ้าย จำกัด", False),
])  # fmt: skip
def test_names_that_are_all_but_the_same_are_noticed(one, other, alike):
    assert cooperatives.are_alike(cooperatives.plain_name(one), cooperatives.plain_name(other)) is alike


def test_twins_are_looked_for_in_the_same_province(office):
    make.cooperative(office.unit, name="สหกรณ์โคนมวังน้ำเย็น จำกัด")
    far = make.cooperative(name="สหกรณ์โคนมวังน้ำเย็น จำกัด")

    found = cooperatives.twins("สหกรณ์ โคนมวังน้ำเย็น จำกัด", office.unit.province_id, but=far.id)
    assert [one.unit_id for one in found] == [office.unit.id]


# ---------------------------------------------------------------- from a row to what is behind it


@pytest.mark.parametrize("by", [By.UNIT, By.REGION, By.PROVINCE, By.KIND, By.ACTIVITY, By.MONTH, By.GROUP, By.OFFICER])
def test_a_row_leads_to_its_institutions_and_visits(worked, app, sign_in, by):
    with records.changing(by=None, verb="make") as work:
        work.update(worked.institution, promotion_group="กลุ่มส่งเสริมสหกรณ์ 1", officer=worked.officer)
    client = sign_in(make.person(Role.PLANNING))
    page = client.get(f"/admin/coverage/?rows={by}&year=2566&first=8&last=8").text
    ways = [html.unescape(way) for way in re.findall(r'class="nm" href="(/admin/coverage/[^"]+)"', page)]
    lists = [html.unescape(way) for way in re.findall(r'href="(/admin/visit/\?[^"]+)"', page)]

    assert ways and lists
    behind = [client.get(way) for way in ways]
    assert all(answer.status_code == 200 for answer in behind)
    assert any(worked.institution.name in answer.text or worked.unit.short in answer.text for answer in behind)
    # Every visit that counts is in one of the lists; an activity's list holds those whose main work it was.
    listed = [re.findall(r"/admin/visit/details/\?id=(\d+)", client.get(way).text) for way in lists]
    counted = {str(v.id) for v in Visit.select().where(Visit.state != "returned", Visit.is_unplanned == False)}  # noqa: E712
    assert counted <= {ident for found in listed for ident in found}


def test_a_cut_of_a_region_province_officer_or_group_counts_its_own(worked):
    with records.changing(by=None, verb="make") as work:
        work.update(worked.institution, promotion_group="ก", officer=worked.officer)
    far = make.cooperative()
    cuts = [
        {"region": worked.unit.region_id}, {"province": worked.institution.province_id},
        {"officer": worked.officer.id}, {"group": "ก"},
    ]  # fmt: skip
    others = [
        {"region": far.unit.region_id}, {"province": far.province_id}, {"officer": worked.head.id}, {"group": "ข"},
    ]  # fmt: skip
    for one, other in zip(cuts, others, strict=True):
        mine = coverage.total(coverage.lines(By.COOPERATIVE, replace(MAY, **one)))
        assert (mine.planned, mine.visits) == (3, 1 if "group" in one else 2), one
        if other != one:
            assert coverage.total(coverage.lines(By.COOPERATIVE, replace(MAY, **other))).planned == 0, other
    assert coverage.gaps(replace(MAY, officer=worked.officer.id)) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_view_of_coverage_is_a_file_of_its_own_office(worked, app, sign_in, kind):
    client = sign_in(worked.officer)
    query = "year=2566&first=9&last=9"
    for view in ("gaps/export", "classes/export", "export"):
        answer = client.get(f"/admin/coverage/{view}/{kind}/?{query}")
        assert answer.status_code == 200 and len(answer.data) > 20
    mine = client.get(f"/admin/coverage/gaps/export/csv/?{query}").text
    theirs = sign_in(make.person(Role.APPROVER), app.test_client())
    assert worked.institution.name in mine
    assert worked.institution.name not in theirs.get(f"/admin/coverage/gaps/export/csv/?{query}").text
