"""Planning writes a foreword into the offices' books, has one compiled, turns its pages and sends it."""

from playwright.sync_api import expect

from models import BookEntry, Edition, MailingAddress, MailingList, Sending
from portal import clock, sign_ins
from portal.reports import outlines
from portal.rules.access import Role
from portal.rules.terms import EntryKind
from tests import forks, make, services
from tests.pdf.year import fill

WORDS = "ฝนตกหนักที่เชียงคาน"


def test_a_foreword_is_written_and_an_office_s_book_compiled_read_and_sent(
    sqlite_store, settings, live_portal, browser_page
):
    page = browser_page
    fill(offices=2, projects=1, until=9)
    make.period(9)
    planner = make.person(Role.PLANNING)
    sign_ins.use_link(sign_ins.make_link(planner, by=None, at=clock.now()), WORDS, at=clock.now())
    to = make.row(MailingList, name="ผู้บริหาร")
    make.row(MailingAddress, mailing_list=to, name="อธิบดี", email="dg@example.go.th")
    office = make.Unit.select().where(make.Unit.kind == "provincial").order_by(make.Unit.id).first()
    page.goto(live_portal)
    page.get_by_label("ชื่อผู้ใช้").fill(planner.username)
    page.get_by_label("รหัสผ่าน").fill(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")

    page.goto(f"{live_portal}admin/contents/?book=book_office")
    page.get_by_role("button", name="แก้สารบัญนี้").click()
    page.get_by_label("ชื่อ", exact=True).fill("คำนำ")
    page.get_by_role("button", name="ข้อความ").click()
    page.get_by_label("ข้อความ", exact=True).fill("ขอขอบคุณ**ทุกสหกรณ์**\n\n- ข้อแรก")
    page.get_by_role("button", name="บันทึก").click()
    expect(page.locator(".own-shown b")).to_have_text("ทุกสหกรณ์")
    page.goto(f"{live_portal}admin/contents/?book=book_office")
    page.get_by_role("button", name="ไปบนสุด: คำนำ").click()
    expect(page.locator(".toc-lines li").first).to_contain_text("คำนำ")
    for entry in BookEntry.select().where(BookEntry.kind == EntryKind.CHAPTER, BookEntry.chapter != "office"):
        outlines.switch(entry, False, by=planner, at=clock.now())

    worker = forks.FORKS.start("worker", settings.environment(), settings.data / "worker.log")
    try:
        page.goto(f"{live_portal}admin/reports/")
        page.get_by_label("หนังสือผลงานประจำปี").check()
        page.get_by_label("ปี", exact=True).select_option("2566")
        page.get_by_label("ของใคร (หนังสือ)").select_option(office.code)
        page.get_by_role("button", name="จัดทำ").click()
        page.locator("section[aria-labelledby=editions] a.nm").first.wait_for(timeout=120_000)
    finally:
        services.end_group(worker)

    edition = Edition.get()
    assert (edition.subject, edition.unit_id) == (f"2566/{office.code}", office.id)
    page.locator("section[aria-labelledby=editions] a.nm").first.click()
    expect(page.locator(".page-view [role=status]")).to_have_text(f"หน้า 1 จาก {edition.pages}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".page-view [role=status]")).to_have_text(f"หน้า 2 จาก {edition.pages}")
    expect(page.locator(".page-view img")).to_have_js_property("complete", True)
    assert page.locator(".page-view img").evaluate("image => image.naturalWidth") == 1400
    page.get_by_role("link", name="อ่านเป็นหน้าเว็บ").click()
    expect(page.locator(".printed")).to_contain_text("ทุกสหกรณ์")
    page.goto(f"{live_portal}admin/reports/edition/?id={edition.id}")
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.locator("dialog[open] button[value=yes], dialog[open] .pri").first.click()
    expect(page.locator("#sent")).to_contain_text("dg@example.go.th")
    assert Sending.get().edition_id == edition.id
