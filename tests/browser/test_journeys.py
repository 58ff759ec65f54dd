"""Five journeys through the real portal in a real browser: sign in, find, mend an error, disagree, fetch a pack."""

import re

import pytest
from playwright.sync_api import expect

from models import Cooperative, Person, Region, Run, Visit
from portal import clock, sign_ins
from portal.rules.access import Role
from tests import forks, services

WORDS = "ฝนตกหนักที่เชียงคาน"


def login(role):
    """A person of the demonstration year with this role, who has set a password."""
    person = Person.select().where(Person.role == role).order_by(Person.id).first()
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), WORDS, at=clock.now())
    return person


def sign_in(page, address, person):
    page.goto(address)
    page.get_by_label("ชื่อผู้ใช้").fill(person.username)
    page.get_by_label("รหัสผ่าน").fill(WORDS)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url("**/admin/")


@pytest.fixture
def strict_page(browser_page):
    """The page fails the test on any word of the browser about our own policy against foreign scripts."""
    browser_page.on(
        "console",
        lambda said: (
            browser_page.complaints.append(said.text)
            if said.type == "error" and "Content Security Policy" in said.text
            else None
        ),
    )
    return browser_page


def test_signing_in_with_a_wrong_and_then_the_right_password(sqlite_demo, live_portal, strict_page):
    person, page = login(Role.REPORTER), strict_page
    page.goto(live_portal)
    page.get_by_label("ชื่อผู้ใช้").fill(person.username)
    page.get_by_label("รหัสผ่าน").fill("ไม่ใช่รหัสนี้แน่")
    page.keyboard.press("Enter")
    assert "ไม่ถูกต้อง" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("ชื่อผู้ใช้").input_value() == person.username

    page.get_by_label("รหัสผ่าน").fill(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")

    assert page.get_by_role("heading", level=1).inner_text() == "งานของฉันวันนี้"
    page.keyboard.press("Control+k")
    page.keyboard.type("สหกรณ์และ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/cooperative/")
    page.locator("summary.who").click()
    page.get_by_role("button", name="ออกจากระบบ").click()
    page.wait_for_url("**/sign-in/")


def test_finding_visits_by_filter_search_and_order(sqlite_demo, live_portal, strict_page):
    person, page = login(Role.PLANNING), strict_page
    unit = Visit.select().order_by(Visit.id).first().unit
    sign_in(page, live_portal, person)
    page.goto(f"{live_portal}admin/visit/")

    page.get_by_role("button", name="ตัวกรอง").click()
    page.get_by_role("combobox", name="หน่วยงาน", exact=True).fill(unit.short)
    page.get_by_role("option", name=unit.short, exact=True).click()
    page.get_by_label("วันที่เข้าแนะนำ ตั้งแต่").fill("1 พ.ค. 66")
    page.get_by_label("วันที่เข้าแนะนำ ถึง").fill("31/5/2566")
    page.get_by_role("button", name="แสดง").click()

    page.locator(".chip").first.wait_for()
    assert page.locator(".chip").count() == 3
    assert set(page.locator('td[data-l="หน่วยงาน"]').all_inner_texts()) == {unit.short}
    page.get_by_role("link", name="วันที่เข้าแนะนำ", exact=True).click()
    page.wait_for_url("**sort=1**")
    days = page.locator('td[data-l="วันที่เข้าแนะนำ"]').all_inner_texts()
    assert [int(day.split()[0]) for day in days] == sorted(int(day.split()[0]) for day in days)
    page.locator("tbody .nm").first.click()
    page.locator(".head .k a").click()
    page.wait_for_url("**flt0_unit_is**")


def test_an_error_is_mended_and_nothing_typed_is_lost(sqlite_demo, live_portal, strict_page):
    person, page = login(Role.REPORTER), strict_page
    institution = (
        Cooperative.select()
        .where(Cooperative.unit == person.unit_id, Cooperative.status == "operating")
        .order_by(Cooperative.id)
        .first()
    )
    before = Visit.select().count()
    sign_in(page, live_portal, person)
    page.get_by_role("link", name="บันทึกเข้าแนะนำ").last.click()

    page.get_by_role("combobox", name="สหกรณ์/กลุ่ม").fill(institution.name)
    page.get_by_role("option", name=institution.name, exact=True).click()
    page.locator("select[name=other]").select_option(index=3)
    page.get_by_text("ผู้ที่พบ เรื่อง และครั้งถัดไป").click()
    page.get_by_label("วันที่เข้าแนะนำ").fill("31 ก.พ. 66")
    page.get_by_label("สมาชิกร้องเรียน").check()
    page.get_by_label("จำนวนผู้พบ").fill("๑๒")
    page.get_by_label("เรื่อง", exact=True).fill("ทดลองบันทึก")
    page.get_by_role("button", name="บันทึก", exact=True).click()

    page.locator("#error-visited_on").wait_for()
    field = page.get_by_label("วันที่เข้าแนะนำ")
    assert field.input_value() == "31 ก.พ. 66"
    assert page.get_by_label("เรื่อง", exact=True).input_value() == "ทดลองบันทึก"
    assert page.get_by_role("combobox", name="สหกรณ์/กลุ่ม").input_value() == institution.name
    field.fill("10 ส.ค. 66")
    page.get_by_role("button", name="บันทึก", exact=True).click()

    page.wait_for_url("**/admin/visits/visit/**")
    made = Visit.get(Visit.subject == "ทดลองบันทึก")
    assert Visit.select().count() == before + 1
    assert (made.people_met, str(made.visited_on), made.cooperative_id) == (12, "2023-08-10", institution.id)


def test_what_is_picked_while_the_plan_is_still_on_its_way_stays(sqlite_demo, live_portal, strict_page):
    person, page = login(Role.REPORTER), strict_page
    institution = (
        Cooperative.select().where(Cooperative.unit == person.unit_id, Cooperative.status == "operating").first()
    )
    under_way = []
    page.route("**/offered/**", lambda route: under_way.append(route))
    sign_in(page, live_portal, person)
    page.goto(f"{live_portal}admin/visits/record/")
    page.get_by_role("combobox", name="สหกรณ์/กลุ่ม").fill(institution.name[:14])
    with page.expect_request("**/offered/**"):
        page.get_by_role("option", name=institution.name, exact=True).click()
    chosen = page.locator("select[name=other]").select_option(index=3)
    with page.expect_response("**/offered/**"):
        under_way[-1].continue_()

    expect(page.locator("#offered .sub").first).to_contain_text("เข้าแนะนำ")
    expect(page.locator("select[name=other]")).to_have_value(chosen[0])
    expect(page.get_by_label("สมาชิกร้องเรียน")).to_be_visible()


def test_two_people_at_one_record_see_both_texts(sqlite_demo, live_portal, chromium, strict_page):
    person, mine = login(Role.ADMIN), strict_page
    region = Region.select().order_by(Region.id).first()
    edit = f"{live_portal}admin/region/edit/?id={region.id}"
    context = chromium.new_context(locale="th-TH")
    theirs = context.new_page()
    sign_in(mine, live_portal, person)
    sign_in(theirs, live_portal, person)
    mine.goto(edit)
    theirs.goto(edit)

    theirs.get_by_label("ชื่อภาษาอังกฤษ").fill("Theirs")
    theirs.get_by_role("button", name="บันทึก", exact=True).click()
    theirs.wait_for_url("**/admin/region/")
    mine.get_by_label("ชื่อภาษาอังกฤษ").fill("Mine")
    mine.get_by_role("button", name="บันทึก", exact=True).click()

    conflict = mine.locator("#conflict")
    conflict.wait_for()
    assert "Mine" in conflict.inner_text()
    assert "Theirs" in conflict.inner_text()
    assert Region.get_by_id(region.id).name_en == "Theirs"
    conflict.get_by_role("button", name="ใช้ค่าในระบบ").click()
    assert mine.get_by_label("ชื่อภาษาอังกฤษ").input_value() == "Theirs"
    mine.get_by_role("button", name="บันทึก", exact=True).click()
    mine.wait_for_url("**/admin/region/")
    context.close()


def test_a_pack_is_asked_for_watched_and_fetched(sqlite_demo, settings, live_portal, strict_page):
    person, page = login(Role.PLANNING), strict_page
    worker = forks.FORKS.start("worker", settings.environment(), settings.data / "worker.log")
    try:
        sign_in(page, live_portal, person)
        page.goto(f"{live_portal}admin/reports/")
        page.get_by_label("เดือน", exact=True).select_option(label="พฤษภาคม 2566")
        page.get_by_role("button", name="จัดทำ").click()
        page.locator("[data-run]").wait_for()

        page.locator("section[aria-labelledby=ended] a:has-text('PDF')").first.wait_for(timeout=180_000)

        run = Run.select().order_by(Run.id.desc()).first()
        assert (run.kind, run.subject, run.state) == ("pack", "2566-05", "done")
        answer = page.request.get(f"{live_portal}admin/reports/file/?id={run.id}")
        assert answer.body().startswith(b"%PDF")
        assert re.search(r"filename\*=UTF-8''", answer.headers["content-disposition"])
    finally:
        services.end_group(worker)
