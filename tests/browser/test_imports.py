"""A finance file in a real browser, with a real worker: sent, mapped, taken in, undone; the money page follows."""

import pytest

from models import BudgetLine, ImportBatch
from portal import clock, sign_ins
from portal.rules.terms import BatchState
from tests import forks, services
from tests.browser.test_journeys import WORDS, sign_in
from tests.imports import golden
from tests.imports.conftest import Money

PAID = "13,491,252.85"


@pytest.fixture
def worker(settings):
    process = forks.FORKS.start("worker", settings.environment(), settings.data / "worker.log")
    yield process
    services.end_group(process)


def shown_money(page, address):
    page.goto(f"{address}admin/money/?year=2566&month=8")
    return page.locator("main").inner_text()


def work_is_done(page, shows):
    """Follow the page while a worker is at it, as a person would, until it shows the result."""
    wanted, onward = page.locator(shows).first, page.get_by_role("link", name="แสดงผล")
    wanted.or_(onward).first.wait_for(timeout=90_000)
    if not wanted.is_visible():
        onward.click()
    wanted.wait_for()


def test_a_file_is_sent_mapped_taken_in_and_undone_and_the_money_follows(
    sqlite_store, settings, live_portal, worker, browser_page
):
    money, page = Money(settings.data), browser_page
    sign_ins.use_link(sign_ins.make_link(money.by, by=None, at=clock.now()), WORDS, at=clock.now())
    sign_in(page, live_portal, money.by)
    assert PAID not in shown_money(page, live_portal)

    page.get_by_role("link", name="นำเข้าไฟล์การเงิน").first.click()
    page.get_by_label("ไฟล์", exact=True).set_input_files(golden.FOLDER / "extract.txt")
    page.get_by_role("button", name="อ่านไฟล์").click()
    page.wait_for_url("**/admin/imports/file/**")
    work_is_done(page, "#unmatched")
    assert page.locator("#unmatched").inner_text() == "53"
    assert PAID not in shown_money(page, live_portal)

    batch = ImportBatch.get()
    page.goto(f"{live_portal}admin/imports/file/?id={batch.id}")
    for number in golden.PROJECTS:
        plan = next(i.plan for i in golden.ITEMS if i.project == number)
        page.get_by_label(f"07012{plan}{number}", exact=True).select_option(str(money.projects[number].id))
    page.get_by_role("button", name="จำไว้และจับคู่ใหม่").click()
    page.locator("#matched", has_text="53").wait_for()
    assert page.get_by_text("ยอดรวมตรงกันถึงสตางค์").is_visible()
    page.get_by_role("button", name="นำเข้าไฟล์นี้").click()
    page.wait_for_url("**/admin/imports/file/**")
    work_is_done(page, "button:has-text('ยกเลิกการนำเข้า')")

    assert ImportBatch.get().state is BatchState.TAKEN
    assert PAID in shown_money(page, live_portal)
    assert page.locator("#money-months tbody tr").count() == 8

    page.goto(f"{live_portal}admin/imports/file/?id={batch.id}")
    page.get_by_role("button", name="ยกเลิกการนำเข้า").click()
    page.locator("dialog[open] [data-ok]").click()
    page.get_by_text("ยกเลิกการนำเข้าแล้ว").first.wait_for()

    assert PAID not in shown_money(page, live_portal)
    assert BudgetLine.select().count() == 0
