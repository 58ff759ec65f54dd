"""A plan in a real browser, with a real worker: from a workbook, compared, approved, copied into the next year."""

import openpyxl

from models import ImportBatch, Indicator, PlanVersion, Target
from portal import clock, plan_versions, plans, sign_ins
from portal.rules.access import Role
from portal.rules.fiscal import year_of
from portal.rules.terms import BatchState
from tests import make
from tests.browser.test_imports import work_is_done, worker
from tests.browser.test_journeys import WORDS, sign_in

__all__ = ["worker"]  # the same worker as for finance files


def test_a_plan_comes_from_a_workbook_is_compared_approved_and_copied_into_the_next_year(
    sqlite_store, settings, live_portal, worker, browser_page, tmp_path
):
    page, planner = browser_page, make.person(Role.PLANNING)
    indicator, office = make.indicator(name="จำนวนสหกรณ์"), make.unit()
    target = make.row(Target, indicator=indicator, unit=office, value=100)
    plans.plan_months(target, {1: 40, 2: 60}, by=planner, at=clock.now())
    year, following = make.fiscal_year(), make.fiscal_year(year_of(clock.today()) + 1)
    plan_versions.approve(
        year, approved_on=clock.today(), approver="อธิบดี", document_number="กษ 1", by=planner, at=clock.now()
    )
    sign_ins.use_link(sign_ins.make_link(planner, by=None, at=clock.now()), WORDS, at=clock.now())
    sign_in(page, live_portal, planner)

    # the tree under the keys
    page.goto(f"{live_portal}admin/plan-tree/?year=2566")
    page.locator(f"#indicator-{indicator.id}").wait_for(state="hidden")
    page.get_by_label("รหัส ชื่อ หรือเจ้าของ").fill("จำนวนสหกรณ์")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**node=indicator-**")
    assert page.locator(".pane h2").inner_text() == "จำนวนสหกรณ์"

    # out, changed, and in again
    page.get_by_role("link", name="Excel และคัดลอกปี").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="แผนปี 2566 เป็นไฟล์ Excel").click()
    book = tmp_path / "plan.xlsx"
    waiting.value.save_as(book)
    rows = openpyxl.load_workbook(book)
    rows["เป้าหมาย"]["E2"], rows["เป้าหมาย"]["G2"] = 120, 80
    rows.save(book)
    page.get_by_label("ไฟล์ (.xlsx)").set_input_files(book)
    page.get_by_role("button", name="อ่านไฟล์").click()
    page.wait_for_url("**/admin/plan-books/file/**")
    work_is_done(page, "button:has-text('นำเข้า')")
    page.goto(page.url)
    assert "60 → 80" in " ".join(page.locator("main").inner_text().split())
    assert Target.get().value == 100
    page.get_by_role("button", name="นำเข้า").click()
    page.locator("dialog[open] [data-ok]").click()
    page.wait_for_url("**/admin/plan-books/file/**")
    work_is_done(page, "button:has-text('ย้อนกลับ')")
    assert (ImportBatch.get().state, Target.get().value) == (BatchState.TAKEN, 120)

    # compared and approved
    page.goto(f"{live_portal}admin/plan-versions/?year=2566")
    page.get_by_role("link", name="ดูทุกการเปลี่ยนแปลง").click()
    shown = page.locator("table.changes").inner_text()
    assert "100" in shown and "120" in shown and office.short in shown
    page.go_back()
    page.locator("summary", has_text="บันทึกการอนุมัติ").click()
    page.get_by_label("เลขที่หนังสือ").fill("กษ 2")
    page.get_by_label("ผู้อนุมัติแผน").fill("อธิบดี")
    page.get_by_role("button", name="อนุมัติแผนตามที่เป็นอยู่").click()
    page.wait_for_url("**/compare/**")
    assert PlanVersion.select().count() == 2

    # into the next year
    page.goto(f"{live_portal}admin/plan-books/?year=2566")
    page.get_by_label("จาก", exact=True).select_option("2566")
    page.get_by_label("เข้าปี").select_option(str(following.year))
    page.get_by_label("ค่าเป้าหมาย").check()
    page.get_by_role("button", name="ดูผลก่อนคัดลอก").click()
    code = f"{following.year % 100}-{indicator.code}"
    assert page.get_by_role("cell", name=code).is_visible()
    page.get_by_role("button", name="คัดลอกปี").click()
    page.wait_for_url(f"**/plan-tree/?year={following.year}")
    copied = Indicator.get(Indicator.code == code)
    assert Target.get(Target.indicator == copied).value == 120
