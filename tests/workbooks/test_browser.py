"""An office's day with Excel, by hand: fetch, fill in, send in, read what is wrong, mend the returned file, save."""

import pytest

from portal import clock, sign_ins
from portal.forms.values import Cell
from tests.workbooks.office import GOOD, Office, Pen

WORDS = "ฝนตกหนักที่เชียงคาน"


@pytest.fixture
def office(sqlite_store):
    return Office()


@pytest.fixture
def page(office, live_portal, browser_page):
    person = office.reporter
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), WORDS, at=clock.now())
    browser_page.goto(live_portal)
    browser_page.get_by_label("ชื่อผู้ใช้").fill(person.username)
    browser_page.get_by_label("รหัสผ่าน").fill(WORDS)
    browser_page.get_by_role("button", name="เข้าสู่ระบบ").click()
    browser_page.wait_for_url("**/admin/")
    return browser_page


def fetched(page, link, path):
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    download.value.save_as(path)
    return path


def send(page, path):
    page.get_by_label("สมุดงานของงวด").set_input_files(path)
    page.get_by_role("button", name="ส่งและดูผลตรวจ").click()
    page.wait_for_url("**/look?**")


def test_from_what_is_owed_to_excel_and_back(office, page, tmp_path):
    page.get_by_role("link", name="กรอกใน Excel").click()
    file = fetched(page, "ดาวน์โหลดสมุดงาน", tmp_path / "ผลงาน.xlsx")
    file.write_bytes(Pen(file.read_bytes(), office.sheet()).type(GOOD | {Cell("rate"): "101"}).saved())

    send(page, file)
    assert page.get_by_role("row", name="ร้อยละความพึงพอใจ").get_by_text("“101”").is_visible()
    back = fetched(page, "ดาวน์โหลดไฟล์ที่ทำช่องผิดเป็นสีแดง", tmp_path / "กลับมา.xlsx")
    page.get_by_role("button", name="ช่องที่ถูกต้อง").click()
    page.wait_for_load_state()
    assert len(office.entries()) == len(GOOD) - 1

    back.write_bytes(Pen(back.read_bytes(), office.sheet()).type({Cell("rate"): "88.25"}).saved())
    page.get_by_role("link", name="สมุดงาน Excel").last.click()
    send(page, back)
    page.get_by_role("button", name="บันทึก 1 ช่อง").click()
    page.wait_for_url("**/workbooks/?period=*")

    other = Office()
    other.fill(GOOD)
    assert office.entries() == other.entries()


def test_a_file_that_is_no_workbook_is_told_beside_the_form(page, tmp_path):
    path = tmp_path / "ปลอม.xlsx"
    path.write_bytes(b"%PDF-1.7")
    page.get_by_role("link", name="กรอกใน Excel").click()

    page.get_by_label("สมุดงานของงวด").set_input_files(path)
    page.get_by_role("button", name="ส่งและดูผลตรวจ").click()

    assert page.get_by_role("alert").filter(has_text="ไม่ใช่สมุดงาน Excel").is_visible()
    assert page.get_by_label("สมุดงานของงวด").get_attribute("aria-invalid") == "true"
