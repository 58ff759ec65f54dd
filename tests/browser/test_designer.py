"""A form is designed in a real browser, by keyboard and by dragging: tried, published, renamed, published again."""

import pytest

from models import FormVersion
from portal import clock, sign_ins
from portal.forms import versions
from portal.forms.spec import FormSpec
from portal.rules.access import Role
from portal.rules.terms import FormState
from tests import make
from tests.browser import test_journeys as journeys

strict_page = journeys.strict_page


def somebody(unit=None):
    """A person of a division who has set a password."""
    person = make.person(Role.DIVISION, unit)
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), journeys.WORDS, at=clock.now())
    return person


@pytest.fixture
def person(sqlite_store):
    return somebody()


@pytest.fixture
def page(person, live_portal, strict_page):
    """The designer with a new, empty form on it."""
    journeys.sign_in(strict_page, live_portal, person)
    strict_page.goto(f"{live_portal}admin/designer/")
    strict_page.get_by_role("button", name="แบบใหม่").first.click()
    strict_page.get_by_label("ชื่อแบบรายงาน").fill("การรวบรวมผลผลิต")
    strict_page.keyboard.press("Enter")
    strict_page.wait_for_url("**/admin/designer/?version=*")
    return strict_page


def press(page, name):
    page.get_by_role("button", name=name, exact=True).press("Enter")


def add(page, kind, label):
    """Add a question from the shelf by keyboard; its label is typed where the focus went."""
    press(page, "เพิ่มคำถาม")
    page.locator(f'#shelf [data-kind="{kind}"]').press("Enter")
    page.keyboard.type(label)


def entry(page, label):
    return page.locator("#questions li, #rules li").filter(has_text=label).first


def labels(page):
    return [text.split("\n")[0] for text in page.locator("#questions li .tx").all_inner_texts()]


def saved(page):
    page.locator('#saved[data-state="saved"]').wait_for()


def spec_of(page):
    return FormSpec.from_json(FormVersion.get_by_id(int(page.url.rpartition("=")[2])).spec)


def test_a_form_is_designed_tried_published_and_published_again_under_other_names(page, person):
    press(page, "เพิ่มหมวด")
    page.keyboard.type("ผลงานเดือนนี้")
    add(page, "whole", "จำนวนสหกรณ์")
    page.locator("#p-unit").fill("แห่ง")
    page.locator('#p-unit-list [aria-selected="true"]', has_text="แห่ง").wait_for()
    page.keyboard.press("Enter")
    add(page, "money", "มูลค่ารวบรวม")
    add(page, "money", "มูลค่าจำหน่าย")
    add(page, "computed", "ร้อยละที่จำหน่าย")
    page.locator("#p-formula").fill("share(value_sold, value_coll")
    page.locator('#panel [data-put="value_collected"]').press("Enter")
    page.keyboard.type(")")
    add(page, "long_text", "เหตุผลที่เหลือ")
    page.locator("#p-shown_when").fill("value_sold < value_collected")
    add(page, "table", "รายชนิด")
    for kind, label in (("text", "ชนิด"), ("number", "ปริมาณ")):
        entry(page, "รายชนิด").locator(".item").press("Enter")
        press(page, "เพิ่มคอลัมน์")
        page.locator(f'#shelf [data-kind="{kind}"]').press("Enter")
        page.keyboard.type(label)
    entry(page, "รายชนิด").locator(".item").press("Enter")
    page.get_by_label("ปริมาณ", exact=True).first.check()
    press(page, "เพิ่มกฎ")
    page.keyboard.type("จำหน่ายมากกว่าที่รวบรวม")
    page.locator("#p-expression").fill("value_sold <= value_collected and")
    page.locator("#w-expression .error").wait_for()
    assert page.get_by_role("button", name="ต้องแก้ 1 แห่ง").is_visible()
    page.locator("#p-expression").fill("value_sold <= value_collected")
    page.locator("#p-at").select_option("value_sold")
    page.locator("#faults").wait_for(state="hidden")

    # Moved by keyboard, then by dragging; each is told aloud and undone in one step.
    entry(page, "จำนวนสหกรณ์").locator(".item").click()
    page.keyboard.press("Alt+ArrowDown")
    assert labels(page)[1:3] == ["มูลค่ารวบรวม", "จำนวนสหกรณ์"]
    page.locator("#told").filter(has_text="“จำนวนสหกรณ์” เป็นลำดับ 2").wait_for()
    page.keyboard.press("Control+z")
    assert labels(page)[1:3] == ["จำนวนสหกรณ์", "มูลค่ารวบรวม"]
    drag(page, "เหตุผลที่เหลือ", onto="มูลค่ารวบรวม")
    assert labels(page)[1:4] == ["จำนวนสหกรณ์", "เหตุผลที่เหลือ", "มูลค่ารวบรวม"]
    page.keyboard.press("Delete")
    assert "เหตุผลที่เหลือ" not in labels(page)
    page.locator("#toasts").get_by_role("button", name="เลิกทำ").click()
    assert "เหตุผลที่เหลือ" in labels(page)

    # Tried: conditions, sums and the rule work on what is typed into the preview.
    sheet = page.locator("#sheet")
    sheet.get_by_label("มูลค่ารวบรวม").fill("1,000")
    sheet.get_by_label("มูลค่าจำหน่าย").fill("๙๐๐")
    sheet.locator(".worked", has_text="90.00").wait_for()
    sheet.get_by_label("เหตุผลที่เหลือ").wait_for()
    sheet.get_by_label("มูลค่าจำหน่าย").fill("1200")
    sheet.get_by_text("จำหน่ายมากกว่าที่รวบรวม").wait_for()
    sheet.get_by_label("เหตุผลที่เหลือ").wait_for(state="detached")
    sheet.get_by_label("ปริมาณ 1").fill("2.5")
    sheet.get_by_label("ปริมาณ 2").fill("3")
    sheet.locator("tfoot", has_text="5.5").wait_for()
    saved(page)
    spec = spec_of(page)
    assert [q.key for q in spec.sections[0].questions][0] == "number_coop"
    assert spec.questions["number_coop"].unit == "PLACE"

    page.locator("#publish").press("Enter")
    page.get_by_role("button", name="เผยแพร่รุ่น 1").press("Enter")
    page.wait_for_url("**/admin/versions/?form=*")
    assert FormVersion.get(FormVersion.number == 1).state == FormState.PUBLISHED

    # The second version: one question renamed, which carries its series on, another split off with a factor.
    page.get_by_role("button", name="ทำร่างใหม่").press("Enter")
    page.wait_for_url("**/admin/designer/?version=*")
    entry(page, "มูลค่าจำหน่าย").locator(".item").press("Enter")
    page.locator("#p-label").fill("มูลค่าขาย (ล้านบาท)")
    page.locator("#p-key").fill("sales")
    page.keyboard.press("Tab")
    page.wait_for_timeout(100)
    assert spec_in_page(page)["rules"][0]["expression"] == "sales <= value_collected"
    saved(page)
    page.locator("#publish").press("Enter")
    assert page.locator('select[name="to-value_sold-0"]').input_value() == "sales"
    page.locator('input[name="factor-value_sold-0"]').fill("0.0001")
    page.locator('input[name="note-value_sold-0"]').fill("เปลี่ยนเป็นล้านบาท")
    page.get_by_label("หมายเหตุถึงหน่วยงาน").fill("ตามหนังสือเวียน")
    page.get_by_role("button", name="เผยแพร่รุ่น 2").press("Enter")
    page.wait_for_url("**/admin/versions/?form=*")

    second = FormVersion.get(FormVersion.number == 2)
    assert second.state == FormState.PUBLISHED and second.published_by_id == person.id
    assert second.field_map["value_sold"] == [{"key": "sales", "factor": "0.0001", "note": "เปลี่ยนเป็นล้านบาท"}]


def drag(page, label, *, onto):
    """Drag a question by its handle to just above another one, in steps as a hand does."""
    grip = entry(page, label).locator(".grab").bounding_box()
    goal = entry(page, onto).bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 40, steps=4)
    page.mouse.move(goal["x"] + 40, goal["y"] + 4, steps=3)
    page.mouse.up()


def spec_in_page(page):
    return page.evaluate("design.plain(design.spec)")


def test_two_who_draw_at_once_join_what_both_did(page, person, live_portal, chromium):
    add(page, "whole", "ข้อหนึ่ง")
    add(page, "whole", "ข้อสอง")
    add(page, "whole", "ข้อสาม")
    saved(page)
    colleague = somebody(person.unit)
    other = chromium.new_context(locale="th-TH", viewport={"width": 1366, "height": 768}).new_page()
    journeys.sign_in(other, live_portal, colleague)
    other.goto(page.url)
    entry(other, "ข้อหนึ่ง").locator(".item").press("Enter")
    other.locator("#p-label").fill("ข้อหนึ่งของเขา")
    entry(other, "ข้อสาม").locator(".item").press("Enter")
    other.locator("#p-help").fill("คำอธิบายของเขา")
    saved(other)
    other.context.close()

    entry(page, "ข้อหนึ่ง").locator(".item").press("Enter")
    page.locator("#p-label").fill("ข้อหนึ่งของฉัน")
    entry(page, "ข้อสอง").locator(".item").press("Enter")
    page.locator("#p-help").fill("คำอธิบายของฉัน")

    dialog = page.locator("#clash")
    dialog.wait_for()
    assert colleague.name in dialog.inner_text()
    assert "ข้อหนึ่งของเขา" in dialog.inner_text() and "ข้อหนึ่งของฉัน" in dialog.inner_text()
    dialog.get_by_label("ของคุณ").check()
    dialog.get_by_role("button", name="รวมทั้งสองฝ่าย").click()
    page.wait_for_timeout(300)
    saved(page)

    questions = list(spec_of(page).questions.values())
    assert [q.label for q in questions] == ["ข้อหนึ่งของฉัน", "ข้อสอง", "ข้อสาม"]
    assert [q.help for q in questions] == ["", "คำอธิบายของฉัน", "คำอธิบายของเขา"]


def test_what_is_drawn_while_the_portal_cannot_be_reached_is_saved_when_it_is_back(page):
    page.context.set_offline(True)
    add(page, "text", "พิมพ์ตอนไม่มีสัญญาณ")
    page.locator('#saved[data-state="away"]').wait_for()

    page.context.set_offline(False)
    page.locator("#saved").click()
    saved(page)

    assert [q.label for q in spec_of(page).questions.values()] == ["พิมพ์ตอนไม่มีสัญญาณ"]


def test_the_page_that_publishes_leads_to_each_fault(page):
    add(page, "computed", "ร้อยละ")
    add(page, "choice", "ชนิด")
    page.locator("#publish").click()  # what is not saved yet goes along

    page.get_by_role("link", name="ร้อยละ", exact=True).click()
    page.locator("#p-formula").wait_for()

    assert page.evaluate("document.activeElement.id") == "p-formula"
    assert page.locator("#w-formula .error").is_visible()
    assert page.locator("#questions li.sel").inner_text().startswith("ร้อยละ")


def test_a_published_version_is_looked_through_and_tried_but_not_changed(page, person):
    add(page, "whole", "ข้อหนึ่ง")
    add(page, "whole", "ข้อสอง")
    saved(page)
    version = FormVersion.get_by_id(int(page.url.rpartition("=")[2]))
    versions.publish(version, by=person, at=clock.now())
    page.reload()

    entry(page, "ข้อสอง").locator(".item").click()
    page.keyboard.press("Delete")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Control+z")

    assert labels(page)[1:] == ["ข้อหนึ่ง", "ข้อสอง"]
    assert page.locator("#p-label").input_value() == "ข้อสอง" and page.locator("#p-label").is_disabled()
    page.locator("#sheet").get_by_label("ข้อหนึ่ง").fill("สิบ")
    page.locator("#sheet").get_by_text("ไม่ใช่ตัวเลข").wait_for()
    page.get_by_role("button", name="ทำร่างใหม่").click()
    page.locator("#publish").wait_for()
    assert spec_of(page).to_json() == FormSpec.from_json(version.spec).to_json()


def test_choices_pasted_from_a_list_become_one_each(page):
    add(page, "choice", "ชนิดผลผลิต")
    press(page, "เพิ่มตัวเลือก")
    page.evaluate(
        """() => {
          const clip = new DataTransfer()
          clip.setData('text', 'ข้าวเปลือก\\tpaddy\\r\\nยางพารา\\trubber\\nปาล์มน้ำมัน')
          const paste = { clipboardData: clip, bubbles: true, cancelable: true }
          document.activeElement.dispatchEvent(new ClipboardEvent('paste', paste))
        }"""
    )
    saved(page)

    choices = spec_of(page).sections[0].questions[0].choices
    assert [(c.label, c.label_en) for c in choices] == [("ข้าวเปลือก", "paddy"), ("ยางพารา", "rubber"), ("ปาล์มน้ำมัน", "")]
    page.keyboard.press("Control+z")
    page.wait_for_timeout(100)
    assert [c["label"] for c in spec_in_page(page)["sections"][0]["questions"][0]["choices"]] == [""]
