"""What every screen does: named fields, one way to write, few statements a page, refusals in words."""

import csv
import io
import re
import zipfile

import pytest
from peewee import ForeignKeyField

from admin_views import columns
from models import (
    ALL,
    AuditEntry,
    Cooperative,
    Holiday,
    Kept,
    Obligation,
    Person,
    Region,
    Revision,
    Submission,
    Unit,
    Visit,
    VisitPlanLine,
    db,
)
from portal import records
from portal.rules.access import Role
from tests import make
from tests.admin import walking

STATEMENTS = 5


@pytest.fixture
def admin(database, sign_in):
    return sign_in(make.person(Role.ADMIN))


@pytest.fixture
def planner(demo, sign_in):
    client = sign_in(Person.select().where(Person.role == Role.PLANNING).get())
    client.get("/admin/region/")  # whether this is a demonstration is asked once a minute, here
    return client


class Counted:
    """Counts the statements that reach the store."""

    def __enter__(self):
        self.asked = []
        self.real = db.obj._execute_cursor

        def execute(sql, params=None):
            self.asked.append(sql)
            return self.real(sql, params)

        db.obj._execute_cursor = execute
        return self.asked

    def __exit__(self, *_):
        db.obj._execute_cursor = self.real


def region_form(**values):
    return {"code": "R77", "name": "เขตทดลอง", "name_en": "", "is_active": "y", "version": "1"} | values


# ---------------------------------------------------------------- declarations


def test_every_column_of_every_table_is_typed_or_left_out_on_purpose(app, database):
    for screen in walking.screens(app):
        fields = {n for n in screen.table._meta.sorted_field_names if n not in ("id", "version", "name_sort")}
        named = {str(n) for n in screen.form_columns or ()} | set(screen.not_typed)
        assert named == fields, f"{type(screen).__name__}: {sorted(named ^ fields)}"


def test_every_column_that_is_shown_has_a_thai_name(app, database):
    with app.test_request_context(headers={"Accept-Language": "th"}):
        for screen in walking.screens(app):
            shown = {n for n in screen.table._meta.sorted_field_names if n not in ("id", "version", "name_sort")}
            for path in (shown - set(screen.not_shown)) | set(screen.column_list or ()):
                name = columns.name_of(path)
                assert re.search("[ก-๛]", name) or name == "SHA-256", f"{type(screen).__name__}.{path}: {name}"


def test_every_table_that_people_work_with_has_a_screen(app, database):
    shown = {screen.table for screen in walking.screens(app)}

    without = {m.__name__ for m in ALL} - {m.__name__ for m in shown}

    # Shown as parts of other records' pages, or machines' own.
    assert without == {
        "PasswordLink", "Answer", "Attachment", "RunStep", "StoreFact", "KeptReply",
        "MoneySum",
        "VisitWork", "VisitOfficer",
    }  # fmt: skip


def test_a_large_table_is_sorted_by_indexed_columns_only(app, database):
    for screen in walking.screens(app):
        if not screen.small:
            assert set(screen.sorts.values()) <= columns.indexed(screen.table), type(screen).__name__
            order = screen.column_default_sort
            first = order[0] if isinstance(order, tuple) else order[0][0]
            assert first in columns.indexed(screen.table), f"{type(screen).__name__} begins sorted by {first}"


def test_no_screen_edits_a_related_row_in_a_list(app, database):
    for screen in walking.screens(app):
        for name in screen.column_editable_list or ():
            assert not isinstance(screen.table._meta.fields[name], ForeignKeyField)
            assert name in (screen.form_columns or ())


# ---------------------------------------------------------------- reading


def test_no_list_page_asks_more_than_five_statements(app, planner):
    for screen in walking.screens(app):
        for query in ("", "?page=1", "?sort=0&desc=1", "?search=สหกรณ์", "?page_size=100"):
            with Counted() as asked:
                answer = planner.get(f"{screen.url}/{query}")
            if answer.status_code == 200:
                assert len(asked) <= STATEMENTS, f"{screen.url}/{query}: " + "\n".join(asked)


def test_a_list_narrowed_by_related_rows_stays_within_five_statements(planner):
    unit = Unit.get(Unit.kind == "provincial")
    region = unit.region_id
    address = f"/admin/visit/?flt0_unit_is={unit.id}&flt1_unit_region_is={region}&flt2_visited_on_from=1/5/66"

    with Counted() as asked:
        page = planner.get(address + "&flt3_visited_on_to=31 พ.ค. 2566&sort=1&desc=1").text

    assert len(asked) <= STATEMENTS
    days = re.findall(r'<td class="nb" data-l="วันที่เข้าแนะนำ">(\d+ \S+ \d\d)', page)
    assert days and all(day.endswith("พ.ค. 66") for day in days)
    shown = set(re.findall(r'data-l="หน่วยงาน">([^<]+)', page))
    assert shown == {unit.short}


def test_the_last_page_is_the_first_page_turned_round(planner):
    ordered = [i for (i,) in Visit.select(Visit.id).order_by(Visit.visited_on.desc(), Visit.id.desc()).tuples()]
    last = (len(ordered) - 1) // 50

    for page in (0, 1, last // 2 + 1, last - 1, last):
        shown = re.findall(r'<tr data-id="(\d+)"', planner.get(f"/admin/visit/?sort=1&desc=1&page={page}").text)
        assert [int(i) for i in shown] == ordered[page * 50 : page * 50 + 50], page
    assert "ไม่มีหน้านี้" in planner.get(f"/admin/visit/?page={last + 1}").text


def test_search_finds_a_word_inside_unspaced_thai(planner):
    name = Cooperative.select().order_by(Cooperative.id).first().name
    word = name[-14:-6].strip()

    page = planner.get(f"/admin/cooperative/?search={word}").text

    assert name in page
    assert all(word in shown for shown in re.findall(r'class="nm" href="[^"]+">([^<]+)', page))


def test_a_percent_sign_is_searched_for_as_it_stands(planner):
    assert "ไม่มีแถวที่ตรงเงื่อนไข" in planner.get("/admin/person/?search=%25").text


def test_a_filter_stands_above_the_list_and_can_be_taken_away(planner):
    page = planner.get("/admin/submission/?flt0_state_is=returned").text

    assert re.search(r'class="chip">สถานะ <b>ส่งคืน</b>', page)
    assert 'href="/admin/submission/?page_size=50"' in page


def test_a_record_s_page_shows_who_changed_it(admin):
    admin.post("/admin/region/new/", data=region_form())
    region = Region.get(Region.code == "R77")
    admin.post(f"/admin/region/edit/?id={region.id}", data=region_form(name="เขตที่เปลี่ยนชื่อ"))

    page = admin.get(f"/admin/region/details/?id={region.id}").text

    assert 'เขตทดลอง</span> → <span class="new">เขตที่เปลี่ยนชื่อ' in page


# ---------------------------------------------------------------- files


def test_a_file_holds_what_the_list_shows_all_its_pages_and_no_more(planner):
    text = planner.get("/admin/submission/export/csv/?flt0_state_is=returned").get_data()
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))

    assert text.startswith(b"\xef\xbb\xbf")
    assert len(rows) - 1 == Submission.select().where(Submission.state == "returned").count() > 50
    state = rows[0].index("สถานะ")
    assert {row[state] for row in rows[1:]} == {"ส่งคืน"}


def test_a_file_is_named_in_thai_after_its_list(planner):
    answer = planner.get("/admin/region/export/csv/")

    assert "filename*=UTF-8''%E0%B9%80" in answer.headers["Content-Disposition"]


def test_a_cell_that_looks_like_a_formula_goes_out_as_text(admin):
    for n, name in enumerate(("=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)")):
        make.row(Region, code=f"R6{n}", name=name)

    rows = list(csv.reader(io.StringIO(admin.get("/admin/region/export/csv/").get_data().decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    book = admin.get("/admin/region/export/xlsx/").get_data()
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")

    assert "'=cmd|' /C calc'!A0" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert b"<f>" not in sheet


def test_a_spreadsheet_holds_numbers_as_numbers(planner):
    data = planner.get("/admin/budgetline/export/xlsx/").get_data()

    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()

    assert re.search(r'<c r="I2"(?: s="\d+")?><v>[\d.]+</v>', sheet)
    # Budget codes have 20 digits: text, or a spreadsheet ruins them.
    assert re.search(r'<c r="A2"[^>]* t="(?:inlineStr|s)"', sheet)


# ---------------------------------------------------------------- writing


def test_adding_a_record_keeps_a_revision_and_an_entry(admin):
    answer = admin.post("/admin/region/new/", data=region_form())

    assert answer.location == "/admin/region/"
    region = Region.get(Region.code == "R77")
    revision = Revision.get(Revision.table_name == "Region", Revision.row_id == region.id)
    assert revision.before is None and revision.after["name"] == "เขตทดลอง"
    assert AuditEntry.get_by_id(revision.entry_id).verb == "create"


def test_a_wrong_value_is_told_beside_its_field_and_nothing_typed_is_lost(admin):
    answer = admin.post("/admin/holiday/new/", data={"day": "31/02/2566", "name": "วันหยุดพิเศษ"})

    assert answer.status_code == 422
    assert 'value="31/02/2566"' in answer.text
    assert 'value="วันหยุดพิเศษ"' in answer.text
    assert re.search(r'id="error-day"[^>]*>.*ไม่ใช่วันที่', answer.text)
    assert re.search(r'<input[^>]*aria-describedby="hint-day error-day"[^>]*aria-invalid="true"', answer.text)
    assert not Holiday.select().where(Holiday.name == "วันหยุดพิเศษ").exists()


def test_days_are_understood_in_thai_and_buddhist_years(admin):
    for n, typed in enumerate(("๑๗/๐๑/๒๕๖๖", "18 ม.ค. 66", "2566-01-19")):
        assert admin.post("/admin/holiday/new/", data={"day": typed, "name": f"วันที่ {n}"}).status_code == 302

    assert [str(h.day) for h in Holiday.select().where(Holiday.name.startswith("วันที่ ")).order_by(Holiday.day)] == [
        "2023-01-17", "2023-01-18", "2023-01-19",
    ]  # fmt: skip


def test_thai_text_is_mended_as_it_comes_in(admin):
    admin.post("/admin/region/new/", data=region_form(name="ส\u0e4d\u0e32นักงาน\u200bเขต"))

    assert Region.get(Region.code == "R77").name == "สำนักงานเขต"


def test_a_code_used_twice_is_told_in_words(admin):
    admin.post("/admin/region/new/", data=region_form())

    answer = admin.post("/admin/region/new/", data=region_form(name="อีกเขต"))

    assert answer.status_code == 409
    assert "มีรายการอื่นใช้รหัส" in answer.text
    assert 'value="อีกเขต"' in answer.text


def test_a_stale_save_is_refused_with_both_texts_and_then_decided(admin, app, sign_in):
    region = make.row(Region, code="R77", name="ชื่อแรก")
    edit = f"/admin/region/edit/?id={region.id}"
    other = sign_in(make.person(Role.ADMIN), app.test_client())
    assert other.post(edit, data=region_form(name="ของเขา")).status_code == 302

    answer = admin.post(edit, data=region_form(name="ของฉัน"))

    assert answer.status_code == 409
    assert Region.get_by_id(region.id).name == "ของเขา"
    conflict = re.search(r'id="conflict".*?</section>', answer.text, re.S)[0]
    assert "ของฉัน" in conflict and "ของเขา" in conflict
    version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)[1]
    assert version == "2"
    assert admin.post(edit, data=region_form(name="ของฉัน", version=version)).status_code == 302
    assert Region.get_by_id(region.id).name == "ของฉัน"


def test_a_save_without_its_version_is_refused(admin):
    region = make.row(Region, code="R77", name="ชื่อแรก")

    for version in ("", "0", "x", "99", "-1"):
        assert admin.post(f"/admin/region/edit/?id={region.id}", data=region_form(version=version)).status_code == 409

    assert Region.get_by_id(region.id).name == "ชื่อแรก"


def test_what_a_form_does_not_ask_for_cannot_be_written(admin):
    person = make.person(Role.PLANNING)
    form = {"username": person.username, "name": "ชื่อใหม่", "email": "", "role": "planning", "unit": str(person.unit_id),
            "language": "th", "is_active": "y", "version": "1"}  # fmt: skip
    before = walking.picture(person) | {"password": Person.get_by_id(person.id).password}

    answer = admin.post(f"/admin/person/edit/?id={person.id}", data=walking.every_field(Person, form))

    assert answer.status_code == 302
    fresh = Person.get_by_id(person.id)
    after = walking.picture(fresh) | {"password": fresh.password}
    assert {k for k in before if before[k] != after[k]} == {"name", "version"}


def test_no_form_of_any_screen_takes_a_field_it_does_not_name(app, admin):
    for screen in walking.screens(app):
        form = screen._create_form_class(None)
        names = {str(n) for n in screen.form_columns or ()} | ({"version"} if issubclass(screen.table, Kept) else set())
        assert {field.name for field in form} == names


def test_removing_keeps_the_history_and_refuses_what_others_need(admin):
    holiday = make.row(Holiday, day="2023-03-03", name="วันพิเศษ")

    assert admin.post("/admin/holiday/delete/", data={"id": str(holiday.id)}).status_code == 302

    assert not Holiday.select().where(Holiday.id == holiday.id).exists()
    assert Revision.get(Revision.table_name == "Holiday", Revision.row_id == holiday.id, Revision.after.is_null())
    assert admin.post("/admin/region/delete/", data={"id": "1"}).status_code == 403


def test_one_cell_is_changed_in_place_by_the_same_way(demo, sign_in):
    office = Person.select().where(Person.role == Role.REPORTER).order_by(Person.id).first()
    line = walking.own(VisitPlanLine, office)
    with records.changing(by=None, verb="make") as work:
        work.update(line.plan, state="draft")  # an approved plan changes with a reason only
    client = sign_in(office)
    told = client.get(f"/admin/visitplanline/ajax/cell/?id={line.id}&name=visits").json
    form = {"id": str(line.id), "name": "visits", "version": str(told["version"])}

    assert 'name="visits"' in told["control"]
    wrong = client.post("/admin/visitplanline/ajax/update/", data=form | {"visits": "มาก"})
    right = client.post("/admin/visitplanline/ajax/update/", data=form | {"visits": "๗"})
    stale = client.post("/admin/visitplanline/ajax/update/", data=form | {"visits": "9"})

    assert wrong.status_code == 422 and "ไม่ใช่ตัวเลข" in wrong.json["error"]
    assert right.status_code == 200 and right.json["shown"] == "7"
    assert stale.status_code == 409
    assert VisitPlanLine.get_by_id(line.id).visits == 7


def test_a_step_is_taken_with_many_records_and_each_refusal_is_told(demo, sign_in):
    planner = Person.select().where(Person.role == Role.PLANNING).get()
    client = sign_in(planner)
    ready = _ids("verified", 3)
    not_ready = _ids("submitted", 2)

    answer = client.post("/admin/submission/action/", data={"action": "consolidate", "rowid": [*ready, *not_ready]})
    page = client.get(answer.location).text

    assert "รวบรวมเป็นภาพรวมกรม: 3 รายการ" in page
    assert "ไม่สำเร็จ 2 รายการ" in page
    assert len(_ids("consolidated", 3, within=ready)) == 3


def test_a_step_that_needs_a_reason_is_refused_without_one(demo, sign_in):
    client = sign_in(Person.select().where(Person.role == Role.PLANNING).get())
    ident = _ids("verified", 1)[0]

    without = client.post("/admin/submission/action/", data={"action": "send_back", "rowid": ident})
    assert "โปรดบอกเหตุผล" in client.get(without.location).text

    client.post("/admin/submission/action/", data={"action": "send_back", "rowid": ident, "note": "ตัวเลขไม่ตรง"})
    assert _ids("returned", 1, within=[ident])


def test_all_that_match_are_moved_not_only_the_page(demo, sign_in):
    client = sign_in(Person.select().where(Person.role == Role.PLANNING).get())
    unit = Obligation.select().where(Obligation.state == "open").first().unit
    address = f"/admin/obligation/action/?flt0_state_is=open&flt1_unit_is={unit.id}"

    client.post(address, data={"action": "waive", "everything": "1", "note": "น้ำท่วม"})

    assert _open(unit) == 0


def test_a_step_is_refused_to_other_roles(demo, sign_in):
    client = sign_in(Person.select().where(Person.role == Role.EXECUTIVE).get())

    answer = client.post("/admin/submission/action/", data={"action": "consolidate", "rowid": _ids("verified", 1)})

    assert answer.status_code == 403


def test_a_new_link_for_a_password_is_shown_once(admin):
    person = make.person(Role.PLANNING)

    answer = admin.post("/admin/person/action/", data={"action": "password_link", "rowid": str(person.id)})

    assert re.search(r"http://localhost/first/[\w-]{20,}/", admin.get(answer.location).text)
    assert "/first/" not in admin.get("/admin/person/").text


def test_script_in_a_name_is_shown_as_text(admin):
    name = "<script>alert(1)</script>\"'&"
    make.row(Region, code="R66", name=name)
    region = Region.get(Region.code == "R66")

    for page in ("/admin/region/", f"/admin/region/details/?id={region.id}", f"/admin/region/edit/?id={region.id}"):
        text = admin.get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def _ids(state, count, within=None):
    query = Submission.select(Submission.id).where(Submission.state == state)
    if within:
        query = query.where(Submission.id.in_(within))
    return [str(i) for (i,) in query.order_by(Submission.id).limit(count).tuples()]


def _open(unit):
    return Obligation.select().where(Obligation.unit == unit, Obligation.state == "open").count()


def test_a_period_is_found_by_the_words_people_use(planner):
    found = planner.get("/admin/submission/ajax/lookup/?name=period&query=พ.ค. 25").json
    years = planner.get("/admin/submission/ajax/lookup/?name=period.fiscal_year&query=66").json

    assert "พ.ค. 2566" in [name for _ident, name in found]
    assert [name for _ident, name in years] == ["2566"]


def test_a_look_up_is_short_however_much_is_asked_for(planner):
    answer = planner.get("/admin/visit/ajax/lookup/?name=cooperative&query=&limit=1000000&offset=-5")

    assert 0 < len(answer.json) <= 20
    assert planner.get("/admin/visit/ajax/lookup/?name=password&query=").status_code == 404
