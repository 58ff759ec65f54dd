"""A month of an officer on a telephone: plan, three visits, no connection for a while, one returned, mended, told."""

import subprocess

import pytest
from PIL import Image

from models import Attachment, Cooperative, Unit, Visit, VisitActivity, VisitPlan, db
from portal import clock, sign_ins, visits
from portal.reports import editions
from portal.reports.chapter import Cut
from portal.rules import fiscal
from portal.rules.access import Role
from portal.rules.terms import PlanState, VisitState
from portal.web.sign_in import COOKIE
from tests import make

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(browser_page):
    browser_page.set_viewport_size(PHONE)
    return browser_page


def enter(page, address, person):
    page.context.clear_cookies()
    token = sign_ins.begin_sign_in(person, agent="tests", at=clock.now())
    db.close()
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_plan_record_lose_the_connection_mend_and_see_the_story(sqlite_store, live_portal, phone):
    today = clock.today()
    year, month = fiscal.year_of(today), fiscal.month_of(today)
    make.period(month, year)
    division = make.unit(is_office=False)
    first = make.cooperative(reviewer=division, name="สหกรณ์โคนมวังน้ำเย็น จำกัด")
    office = Unit.get_by_id(first.unit_id)
    officer, head = make.person(Role.REPORTER, office), make.person(Role.APPROVER, office)
    second = make.cooperative(office, reviewer=division, name="สหกรณ์การเกษตรเมืองเลย จำกัด")
    for one in (first, second):
        Cooperative.update(officer=officer).where(Cooperative.id == one.id).execute()
    work, _meeting, other = VisitActivity.select().order_by(VisitActivity.position).limit(3)

    # Plan: two institutions, this month; the head approves.
    enter(phone, live_portal, officer)
    phone.goto(f"{live_portal}admin/visit-plans/?year={year}&activity={work.id}")
    for one in (first, second):
        cell = phone.locator(f'input[name="c-{one.id}-{work.id}-{month}"]')
        cell.fill("1")
        cell.press("Enter")
        phone.wait_for_selector(f'input[name="c-{one.id}-{work.id}-{month}"].saved')
    enter(phone, live_portal, head)
    phone.goto(f"{live_portal}admin/visit-plans/?year={year}&activity={work.id}")
    phone.get_by_role("button", name="อนุมัติฉบับร่าง").click()
    phone.locator("#ask [data-ok]").click()
    phone.get_by_text("อนุมัติแล้ว 2 แผน").wait_for()
    assert {p.state for p in VisitPlan.select()} == {PlanState.APPROVED}
    db.close()

    # The first visit: institution, what was done, what was found. Nothing else is asked for.
    enter(phone, live_portal, officer)
    phone.goto(f"{live_portal}admin/visits/record/")
    phone.locator(f'[data-pick="{first.id}"]').click()
    phone.get_by_label(work.name).check()
    phone.get_by_label("สิ่งที่พบ").fill("บัญชีเป็นปัจจุบัน")
    assert not scrolls_sideways(phone)
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.wait_for_url("**/admin/visits/visit/**")
    one = Visit.get()
    assert (one.cooperative_id, one.against_month, one.is_unplanned) == (first.id, month, False)
    db.close()

    # The second one, outside the plan, found as one types; its reason is one touch.
    phone.goto(f"{live_portal}admin/visits/record/")
    phone.get_by_role("combobox", name="สหกรณ์/กลุ่ม").fill("เมืองเลย")
    phone.get_by_role("option", name=second.name, exact=True).click()
    phone.get_by_label(work.name).wait_for()
    phone.locator("select[name=other]").select_option(str(other.id))
    phone.get_by_label("สมาชิกร้องเรียน").check()
    phone.get_by_label("สิ่งที่พบ").fill("มีข้อร้องเรียนเรื่องเงินรับฝาก")
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.wait_for_url("**/admin/visits/visit/**")
    assert phone.get_by_text("นอกแผน").first.is_visible()

    # The third one without a connection: it waits on the telephone, and is sent once when it is back.
    phone.goto(f"{live_portal}admin/visits/record/?cooperative={second.id}")
    phone.get_by_label(work.name).check()
    phone.get_by_label("สิ่งที่พบ").fill("ปิดบัญชีแล้ว")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.locator("#outbox").wait_for()
    phone.get_by_role("button", name="บันทึก", exact=True).click()  # impatience does no harm
    assert Visit.select().count() == 2
    db.close()
    phone.context.set_offline(False)
    phone.wait_for_url("**/admin/visits/visit/**")
    made = Visit.select().order_by(Visit.id)
    assert made.count() == 3 and made[2].findings == "ปิดบัญชีแล้ว" and not made[2].is_unplanned

    # The division returns the second one; the officer mends it from the month's page and sends it again.
    reviewer = make.person(Role.DIVISION, division)
    visits.send_back(made[1], by=reviewer, at=clock.now(), note="โปรดระบุข้อตกลง")
    db.close()
    phone.goto(f"{live_portal}admin/visits/")
    assert phone.get_by_text("โปรดระบุข้อตกลง").is_visible()
    phone.get_by_role("link", name="แก้ไข").first.click()
    phone.get_by_text("มีข้อตกลง", exact=True).click()
    phone.locator("#agreed_action").fill("ชี้แจงสมาชิกภายในเดือน")
    phone.get_by_role("button", name="ใน 30 วัน").click()
    phone.get_by_role("button", name="บันทึกและส่งอีกครั้ง").click()
    phone.wait_for_url("**/admin/visits/visit/**")
    mended = Visit.get_by_id(made[1].id)
    assert (mended.state, mended.agreed_action) == (VisitState.RECORDED, "ชี้แจงสมาชิกภายในเดือน")
    assert (mended.action_due_on - today).days == 30 and Visit.select().count() == 3
    db.close()

    # The institution's story tells it all.
    phone.goto(f"{live_portal}admin/story/?id={second.id}")
    assert phone.get_by_text("ชี้แจงสมาชิกภายในเดือน").first.is_visible()
    assert phone.get_by_text("มีข้อร้องเรียนเรื่องเงินรับฝาก").is_visible()
    assert phone.get_by_text("ปิดบัญชีแล้ว").is_visible() and not scrolls_sideways(phone)

    # And so does the month's pack.
    cut = Cut(fiscal_year=year, period=month, cut_at=clock.now())
    made = editions.reissue(editions.take_snapshot("pack", cut), sqlite_store.folder / "pack")
    printed = subprocess.run(["pdftotext", "-layout", made.path, "-"], check=True, capture_output=True, text=True)
    said = "".join(printed.stdout.split())  # a PDF's Thai comes back with blanks that were never there
    assert "เข้าแนะนำส่งเสริมแล้ว3" in said and "จากแผนสะสม2" in said and "นอกแผน1" in said
    # Two planned, three made; both institutions of the registry have plans and were reached; one action open, none
    # overdue; one visit outside the plan.
    assert "รวมทั้งสิ้น23150.02222100.01-1" in said


def test_what_was_typed_survives_a_page_that_was_closed(sqlite_store, live_portal, phone):
    today = clock.today()
    make.period(fiscal.month_of(today), fiscal.year_of(today))
    institution = make.cooperative()
    officer = make.person(Role.REPORTER, Unit.get_by_id(institution.unit_id))
    enter(phone, live_portal, officer)
    phone.goto(f"{live_portal}admin/visits/record/")
    phone.locator(f'[data-pick="{institution.id}"]').click()
    phone.get_by_label("สิ่งที่พบ").fill("พิมพ์ค้างไว้")
    while not phone.evaluate("Object.keys(localStorage).some(key => key.startsWith('portal-visit-draft'))"):
        phone.wait_for_timeout(50)

    phone.goto("about:blank")
    phone.goto(f"{live_portal}admin/visits/record/")

    assert phone.get_by_label("สิ่งที่พบ").input_value() == "พิมพ์ค้างไว้"
    assert phone.get_by_role("combobox", name="สหกรณ์/กลุ่ม").input_value() == institution.name
    phone.get_by_role("button", name="เริ่มใหม่").click()
    phone.wait_for_load_state()
    assert phone.get_by_label("สิ่งที่พบ").input_value() == ""


def test_a_refusal_that_comes_after_the_connection_is_back_keeps_what_was_typed(sqlite_store, live_portal, phone):
    today = clock.today()
    make.period(fiscal.month_of(today), fiscal.year_of(today))
    institution = make.cooperative()
    officer = make.person(Role.REPORTER, Unit.get_by_id(institution.unit_id))
    activity = VisitActivity.select().first()
    enter(phone, live_portal, officer)
    phone.goto(f"{live_portal}admin/visits/record/?cooperative={institution.id}")
    phone.locator("select[name=other]").select_option(str(activity.id))
    phone.get_by_label("สิ่งที่พบ").fill("ไม่มีเหตุผล")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.locator("#outbox").wait_for()
    phone.context.set_offline(False)

    phone.locator("#error-unplanned_reason").wait_for()
    assert phone.get_by_label("สิ่งที่พบ").input_value() == "ไม่มีเหตุผล" and Visit.select().count() == 0
    assert phone.locator("#outbox").is_hidden()
    phone.get_by_label("สมาชิกร้องเรียน").check()
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.wait_for_url("**/admin/visits/visit/**")
    assert Visit.select().count() == 1


def test_photos_wait_on_the_telephone_with_their_visit_and_come_back_when_it_is_refused(
    sqlite_store, live_portal, phone, tmp_path
):
    today = clock.today()
    make.period(fiscal.month_of(today), fiscal.year_of(today))
    institution = make.cooperative()
    officer = make.person(Role.REPORTER, Unit.get_by_id(institution.unit_id))
    activity = VisitActivity.select().first()
    for name, colour in (("a.jpg", "teal"), ("b.jpg", "navy")):
        Image.new("RGB", (90, 60), colour).save(tmp_path / name, "JPEG")
    enter(phone, live_portal, officer)
    phone.goto(f"{live_portal}admin/visits/record/?cooperative={institution.id}")
    phone.locator("select[name=other]").select_option(str(activity.id))
    phone.get_by_label("สิ่งที่พบ").fill("ถ่ายภาพไว้สองภาพ")
    phone.locator("#files").set_input_files([tmp_path / "a.jpg", tmp_path / "b.jpg"])
    phone.context.set_offline(True)
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.locator("#outbox").wait_for()
    phone.context.set_offline(False)

    # Its reason was forgotten: it comes back into the form with its photos.
    phone.locator("#error-unplanned_reason").wait_for()
    assert phone.evaluate("document.getElementById('files').files.length") == 2
    phone.get_by_label("สมาชิกร้องเรียน").check()
    phone.context.set_offline(True)
    phone.get_by_role("button", name="บันทึก", exact=True).click()
    phone.locator("#outbox").wait_for()
    phone.context.set_offline(False)

    phone.wait_for_url("**/admin/visits/visit/**")
    visit = Visit.get()
    assert visit.findings == "ถ่ายภาพไว้สองภาพ"
    assert [one.name for one in Attachment.select().order_by(Attachment.id)] == ["a.jpg", "b.jpg"]
    assert {one.visit_id for one in Attachment.select()} == {visit.id}
