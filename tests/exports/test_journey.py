"""The hand-off in a real browser, with a real worker: mapped, tried, sent, receipted; then one correction alone."""

from decimal import Decimal
from pathlib import Path

import pytest

from models import Dispatch
from portal import clock, sign_ins
from portal.rules.handoffs import DispatchState
from tests import forks, services
from tests.browser.test_journeys import WORDS, sign_in
from tests.exports.conftest import Year


@pytest.fixture
def worker(settings):
    process = forks.FORKS.start("worker", settings.environment(), settings.data / "worker.log")
    yield process
    services.end_group(process)


def made(page):
    """Follow the page of a dispatch until a worker has made its files."""
    page.wait_for_url("**/admin/handoff/dispatch/**")
    files, onward = page.locator("#file-table"), page.get_by_role("link", name="แสดงผล")
    files.or_(onward).first.wait_for(timeout=90_000)
    if not files.is_visible():
        onward.click()
    files.wait_for()


def test_a_quarter_is_mapped_tried_sent_and_its_one_correction_sent_alone(
    sqlite_store, settings, live_portal, worker, browser_page
):
    year, page = Year(settings.data), browser_page
    year.all_reports()
    sign_ins.use_link(sign_ins.make_link(year.planning, by=None, at=clock.now()), WORDS, at=clock.now())
    sign_in(page, live_portal, year.planning)

    page.goto(f"{live_portal}admin/handoff/")
    page.get_by_role("link", name="BB EvMIS").last.click()
    page.get_by_label("หัวคอลัมน์ 10", exact=True).first.fill("YEAR")
    page.get_by_label("ลองกับงวด").fill("2566-q3")
    page.get_by_role("button", name="ลองตรวจ").click()
    page.locator("#all-well").wait_for()
    page.get_by_role("button", name="บันทึก", exact=True).click()
    page.get_by_text("บันทึกผังคอลัมน์แล้ว").first.wait_for()

    page.goto(f"{live_portal}admin/handoff/")
    page.get_by_label("งวด", exact=True).select_option("2566-q3")
    page.get_by_role("button", name="ลองตรวจ").click()
    assert page.locator("#wrong-count").inner_text() == "0"
    assert page.get_by_role("columnheader", name="YEAR").is_visible()
    page.locator("#prepare-form button").click()
    made(page)

    with page.expect_download() as fetched:
        page.get_by_role("link", name="bb_evmis-2566-q3.xlsx").click()
    assert Path(fetched.value.path()).read_bytes()[:2] == b"PK"
    page.locator("#upload-form button").click()
    page.get_by_label("เลขที่ใบรับ").fill("BB-66/0042")
    page.get_by_role("button", name="บันทึกใบรับ").click()
    page.locator("#receipt-shown", has_text="BB-66/0042").wait_for()
    first = Dispatch.get()
    assert (first.state, first.map_version) == (DispatchState.ACKNOWLEDGED, 1)

    year.correct(1, 8, quality=Decimal("99.5"), people=Decimal(9))
    page.goto(f"{live_portal}admin/handoff/check/?system=bb_evmis&period=2566-q3")
    # One answer of one office: the month's average of two offices, 97.5 before.
    assert page.locator("#change-count").inner_text() == "1"
    row = page.locator("#change-table tbody tr").inner_text()
    assert "I2" in row and "97.5" in row and "98.75" in row
    page.get_by_label("เฉพาะแถวที่เปลี่ยน").check()
    page.locator("#prepare-form button").click()
    made(page)
    second = Dispatch.select().order_by(Dispatch.id.desc()).first()
    assert (second.rows, second.differs, second.based_on_id) == (1, 1, first.id)
    assert page.locator("#change-table tbody tr").count() == 1
