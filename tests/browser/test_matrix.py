"""The matrix by keyboard in a real browser, and the first page beside it: reminding, waiving, saying done."""

import datetime as dt

import pytest

from models import Notice, Obligation, Period, Unit
from portal import clock, periods, sign_ins
from portal.rules.access import Role
from portal.rules.terms import Duty, ObligationState, PeriodKind
from tests import make

WORDS = "ฝนตกหนักที่เชียงคาน"
MARCH = dt.datetime(2023, 3, 1, 8)


@pytest.fixture
def month(sqlite_store):
    """May 2566 open with two forms, long overdue today; Khon Kaen has one person."""
    forms = [make.form(Unit.get(Unit.code == "C-AGR")), make.form()]
    period = make.period(8, is_open=False)
    periods.open_period(period, by=None, at=dt.datetime(2023, 5, 1, 8))
    make.person(Role.REPORTER, Unit.get(Unit.code == "P40"))
    return period, forms


def _enter(page, address, person):
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), WORDS, at=clock.now())
    page.goto(address)
    page.get_by_label("ชื่อผู้ใช้").fill(person.username)
    page.get_by_label("รหัสผ่าน").fill(WORDS)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url("**/admin/")


def test_the_matrix_is_walked_by_arrow_keys_and_told_in_words(month, live_portal, browser_page):
    _, forms = month
    page = browser_page
    _enter(page, live_portal, make.person(Role.PLANNING))
    page.goto(f"{live_portal}admin/matrix/")

    cells = page.locator(".matrix td a")
    assert cells.count() == 78 * 3 and page.locator('.matrix td a[tabindex="0"]').count() == 1
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    words = page.locator("#cell-words").inner_text()
    assert "สสพ.2" in words and forms[1].name in words and "ยังไม่ส่ง" in words
    page.keyboard.press("End")
    assert "บันทึก" in page.locator("#cell-words").inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/obligation/details/**")


def test_reminding_the_missing_and_waiving_one_by_the_panel_of_an_office(month, live_portal, browser_page):
    period, _forms = month
    page = browser_page
    _enter(page, live_portal, make.person(Role.PLANNING))
    page.goto(f"{live_portal}admin/matrix/?period={period.id}")

    page.get_by_role("button", name="เตือน 78 หน่วยงาน").click()
    page.locator("#ask [data-ok]").click()
    page.get_by_text("เตือนแล้ว 1 คน จาก 1 หน่วยงาน").wait_for()
    assert Notice.select().count() == 1

    page.get_by_role("link", name="สสจ.ขอนแก่น", exact=True).first.click()
    panel = page.locator("#panel")
    assert "ยังไม่ส่ง 3 จาก 3" in panel.inner_text()
    panel.locator("details").first.locator("summary").click()
    panel.get_by_label("เหตุใดจึงไม่ต้องรายงาน").first.fill("น้ำท่วมสำนักงาน")
    panel.get_by_role("button", name="ผ่อนผัน", exact=True).first.click()
    page.get_by_text("ผ่อนผันแล้ว พร้อมเหตุผลที่ระบุ").wait_for()

    waived = Obligation.get(Obligation.state == ObligationState.WAIVED)
    assert waived.unit.code == "P40" and waived.waived_reason == "น้ำท่วมสำนักงาน"


def test_on_a_phone_the_matrix_is_a_list_by_office(month, live_portal, browser_page):
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    _enter(page, live_portal, make.person(Role.PLANNING))
    page.goto(f"{live_portal}admin/matrix/")

    assert not page.locator(".mx").is_visible()
    assert page.locator(".by-office li a").count() == 78
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".by-office li a").nth(3).click()
    assert page.locator("#panel").is_visible()


def test_planning_says_on_its_first_page_where_a_hand_off_went(month, live_portal, browser_page):
    quarter = Period.get(Period.kind == PeriodKind.QUARTER, Period.number == 2)
    periods.open_period(quarter, by=None, at=MARCH)
    owed = Obligation.get(Obligation.duty == Duty.HANDOFF)
    page = browser_page
    _enter(page, live_portal, make.person(Role.PLANNING, owed.unit))

    page.get_by_text("ทำแล้ว…").first.click()
    page.get_by_label("ส่งไปที่ใด").first.fill("หนังสือที่ นร 0714/12")
    page.get_by_role("button", name="บันทึกว่าทำแล้ว").first.click()
    page.get_by_text("บันทึกว่าทำแล้ว").first.wait_for()

    assert Obligation.get_by_id(owed.id).state == ObligationState.MET
