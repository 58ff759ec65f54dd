"""Filling in by hand: keys, a pasted block, undo, a lost connection, two people in one cell, a report come back."""

import json

import pytest

from models import Answer, Submission
from portal import answers, clock, sign_ins, submissions
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.workflow import State
from tests import make
from tests.make import NOON

WORDS = "ฝนตกหนักที่เชียงคาน"
SPEC = {
    "sections": [
        {"key": "a", "title": "ผลงาน", "questions": [
            {"key": "one", "kind": "whole", "label": "หนึ่ง", "required": True},
            {"key": "two", "kind": "money", "label": "สอง"},
            {"key": "three", "kind": "whole", "label": "สาม"},
            {"key": "why", "kind": "long_text", "label": "เพราะ", "shown_when": "one > 10"},
        ]},
        {"key": "b", "title": "ตาราง", "questions": [
            {"key": "t", "kind": "table", "label": "ผลผลิต", "rows_greatest": 9, "totals": ["b"], "columns": [
                {"key": "a", "kind": "text", "label": "ชนิด"}, {"key": "b", "kind": "number", "label": "ตัน"}]}]},
    ],
    "rules": [{"key": "r", "expression": "three <= one", "message": "ต้องไม่มากกว่าข้อแรก",
               "severity": "warn", "at": "three"}],
}  # fmt: skip
PASTE = """text => { const data = new DataTransfer(); data.setData('text/plain', text)
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
  document.activeElement.dispatchEvent(event) }"""


@pytest.fixture
def owed(sqlite_store):
    return make.obligation(form=make.form(spec=SPEC))


def sign_in(page, address, person):
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), WORDS, at=clock.now())
    page.goto(address)
    page.get_by_label("ชื่อผู้ใช้").fill(person.username)
    page.get_by_label("รหัสผ่าน").fill(WORDS)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url("**/admin/")


@pytest.fixture
def page(owed, live_portal, browser_page):
    """The sheet of what is owed, opened by a reporter."""
    sign_in(browser_page, live_portal, make.person(Role.REPORTER, owed.unit))
    browser_page.sheet = f"{live_portal}admin/answers/?obligation={owed.id}"
    browser_page.goto(browser_page.sheet)
    return browser_page


def box(page, name):
    return page.locator(f'[data-cell="{name}"]').first


def state(page, name, word):
    page.locator(f'[data-state="{name}"]').get_by_text(word).wait_for()


def kept(page):
    return json.loads(
        page.evaluate("() => Object.entries(localStorage).find(([k]) => k.startsWith('sheet '))?.[1] || '{}'")
    )


def numbers():
    return {(a.key, a.row): a.number for a in Answer.select() if a.number is not None}


def test_a_sheet_is_filled_in_without_the_mouse(page):
    box(page, "one").focus()
    page.keyboard.type("๑๒")
    page.keyboard.press("Enter")
    page.keyboard.type("1,250.50")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("7")
    page.keyboard.press("Shift+Enter")
    assert page.evaluate("document.activeElement.dataset.cell") == "two"
    state(page, "three", "บันทึกแล้ว")

    assert numbers() == {("one", 0): 12, ("two", 0): 1250.5, ("three", 0): 7}
    assert box(page, "one").input_value() == "12"
    assert box(page, "why").is_visible()  # what 12 brings up
    box(page, "three").focus()
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert box(page, "three").input_value() == "7"
    page.keyboard.press("Alt+n")
    state(page, "three", "ไม่เกี่ยวข้อง")
    assert Answer.get(Answer.key == "three").mark == "not_applicable"


def test_arrows_walk_in_a_number_only_at_its_ends(page):
    box(page, "two").focus()
    page.keyboard.type("123")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("9")
    assert box(page, "two").input_value() == "1923"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.cell") == "three"


def test_what_is_refused_stays_in_its_cell_with_the_reason(page):
    box(page, "one").fill("สิบ")
    page.keyboard.press("Enter")

    state(page, "one", "ไม่ได้บันทึก")
    assert "ไม่ใช่ตัวเลข" in page.locator("#m-one").inner_text()
    assert box(page, "one").get_attribute("aria-invalid") == "true"
    assert not Answer.select().exists()
    box(page, "one").fill("10")
    page.keyboard.press("Enter")
    state(page, "one", "บันทึกแล้ว")
    assert page.locator("#m-one").is_hidden()


def test_a_block_from_excel_fills_right_and_down_and_is_undone_in_one_step(page):
    box(page, "t.b-1").focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.locator('[data-worked="t.b"]').get_by_text("5", exact=True).wait_for()
    box(page, "t.a-1").focus()
    with page.expect_request("**/answers/cell") as sent:
        page.evaluate(PASTE, 'ข้าว\t"1,200"\r\n"ข้าวโพด ""หวาน"""\t๓๐\r\nอ้อย\tสามสิบ\tเกิน\r\n')
    page.get_by_text("วาง 6 ช่อง: บันทึก 5 ไม่ได้บันทึก 1").wait_for()

    assert len(json.loads(sent.value.post_data)["cells"]) == 6
    assert numbers() == {("t.b", 1): 1200, ("t.b", 2): 30}
    assert Answer.get(Answer.key == "t.a", Answer.row == 2).text == 'ข้าวโพด "หวาน"'
    assert page.locator('[data-worked="t.b"]').inner_text() == "1,230"
    assert box(page, "t.b-3").input_value() == "สามสิบ"
    page.get_by_text("มี 1 ค่าที่ไม่มีช่องให้วาง").wait_for()

    page.keyboard.press("Control+z")
    page.get_by_text("ย้อนกลับแล้ว").wait_for()
    assert numbers() == {("t.b", 1): 5}
    assert not Answer.select().where(Answer.key == "t.a").exists()


def test_a_lost_connection_loses_nothing(page):
    context = page.context
    context.set_offline(True)
    box(page, "one").fill("41")
    page.keyboard.press("Enter")
    page.keyboard.type("42")
    page.keyboard.press("Enter")
    page.get_by_text("ยังไม่ได้บันทึก 2 ช่อง").wait_for()
    assert page.get_by_text("การเชื่อมต่อขาด").is_visible()

    context.set_offline(False)
    state(page, "two", "บันทึกแล้ว")

    assert numbers() == {("one", 0): 41, ("two", 0): 42}
    assert page.get_by_text("การเชื่อมต่อขาด").is_hidden()
    assert kept(page) == {}


def test_killing_the_browser_loses_at_most_the_cell_being_typed(page):
    context = page.context
    box(page, "two").fill("77")
    context.set_offline(True)
    page.keyboard.press("Enter")
    page.keyboard.type("8")
    page.get_by_text("ยังไม่ได้บันทึก").wait_for()
    held = context.storage_state()
    page.close()

    context.set_offline(False)
    again = context.browser.new_context(locale="th-TH", timezone_id="Asia/Bangkok", storage_state=held)
    back = again.new_page()
    back.goto(page.sheet)

    state(back, "three", "บันทึกแล้ว")
    assert numbers() == {("two", 0): 77, ("three", 0): 8}
    again.close()


def test_of_two_people_in_one_cell_the_second_is_asked_which(page, owed):
    friend = make.person(Role.REPORTER, owed.unit)
    box(page, "one").fill("5")
    page.keyboard.press("Enter")
    state(page, "one", "บันทึกแล้ว")
    answers.save_cells(Submission.get(), {Cell("one"): "6", Cell("two"): "60"}, by=friend, at=clock.now())

    box(page, "one").fill("7")
    page.keyboard.press("Enter")

    state(page, "one", "มีสองค่า")
    assert f"{friend.name} ใส่ “6”" in page.locator("#m-one").inner_text()
    assert box(page, "two").input_value() == "60"  # theirs elsewhere is simply shown
    page.get_by_role("button", name="ใช้ของฉัน: 7").click()
    state(page, "one", "บันทึกแล้ว")
    assert Answer.get(Answer.key == "one").number == 7


def test_a_warning_takes_its_reason_right_there(page):
    box(page, "one").fill("1")
    page.keyboard.press("Enter")
    box(page, "three").fill("4")
    page.keyboard.press("Enter")
    state(page, "three", "ขอเหตุผล")

    page.locator('[data-reason="three"]').fill("นับรวมเดือนก่อน")
    page.keyboard.press("Enter")

    state(page, "three", "มีเหตุผลแล้ว")
    assert Answer.get(Answer.key == "three").reason == "นับรวมเดือนก่อน"


def test_a_returned_report_opens_on_its_first_marked_cell_and_is_sent_again(owed, live_portal, browser_page):
    reporter, approver = make.person(Role.REPORTER, owed.unit), make.person(Role.APPROVER, owed.unit)
    report = submissions.begin(owed, by=reporter, at=NOON)
    answers.save_cells(report, {Cell("one"): "5", Cell("two"): "9"}, by=reporter, at=NOON)
    submissions.submit(Submission.get(), by=approver, at=NOON)
    submissions.send_back(
        Submission.get(), by=make.person(Role.DIVISION, owed.form.owner), at=NOON, cells={Cell("two"): "ไม่ตรงกับบัญชี"}
    )
    page = browser_page
    sign_in(page, live_portal, approver)
    page.goto(f"{live_portal}admin/answers/?obligation={owed.id}")

    assert page.evaluate("document.activeElement.dataset.cell") == "two"
    state(page, "two", "ส่งคืน")
    page.keyboard.type("19")
    page.keyboard.press("Enter")
    state(page, "two", "บันทึกแล้ว")
    page.get_by_role("button", name="ตรวจทานแล้วส่ง").click()
    page.wait_for_url("**/answers/send?**")
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.wait_for_url("**/admin/")

    assert Submission.get().state is State.SUBMITTED
    assert Answer.get(Answer.key == "two").number == 19


def test_a_figure_made_of_its_parts_follows_them(sqlite_store, live_portal, browser_page):
    whole = make.indicator()
    part = make.indicator(parent=whole)
    questions = [
        {"key": "all", "kind": "whole", "label": "รวม", "indicator_id": whole.id},
        {"key": "one", "kind": "whole", "label": "หนึ่ง", "indicator_id": part.id},
    ]
    owed = make.obligation(form=make.form(spec={"sections": [{"questions": questions}]}))
    page = browser_page
    sign_in(page, live_portal, make.person(Role.REPORTER, owed.unit))
    page.goto(f"{live_portal}admin/answers/?obligation={owed.id}")
    assert "มาจาก" in page.locator("#m-all").inner_text()

    box(page, "one").fill("12")
    page.keyboard.press("Enter")
    state(page, "one", "บันทึกแล้ว")

    assert box(page, "all").input_value() == "12"
