"""A whole month by hand: a form is designed and published, the month opened, filled in, sent, returned at a cell,
mended, verified and consolidated, each by the one whose turn it is, and the number stands in the compiled pack."""

import datetime as dt
import subprocess

import pytest

from jobs import queue
from models import Answer, Edition, FormVersion, Obligation, Run, Submission, Target
from portal import clock, files, sign_ins
from portal.rules.access import Role
from portal.rules.terms import RunState
from tests import make, services
from tests.browser import test_designer as designing
from tests.browser import test_filling as filling
from tests.browser import test_journeys as journeys
from tests.workers import AtWork

strict_page = journeys.strict_page
COLLECTED = 4_321  # a figure that stands nowhere else


@pytest.fixture
def worker(settings, sqlite_store, redis_url):
    queue.use(redis_url)
    at_work = AtWork(settings).start()
    yield at_work
    at_work.end()


def somebody(role, unit):
    person = make.person(role, unit)
    sign_ins.use_link(sign_ins.make_link(person, by=None, at=clock.now()), journeys.WORDS, at=clock.now())
    return person


def test_a_month_from_a_drawn_form_to_the_printed_figure(
    sqlite_store, live_portal, chromium, worker, settings, tmp_path
):
    office = make.unit()
    indicator = make.indicator(name="ปริมาณผลผลิตที่รวบรวมได้", is_headline=True)
    make.row(Target, indicator=indicator, unit=office, value=50_000)
    division = indicator.activity.project.owner

    def enter(role, unit):
        page = chromium.new_context(locale="th-TH", viewport={"width": 1366, "height": 768}).new_page()
        page.set_default_timeout(30_000)
        journeys.sign_in(page, live_portal, somebody(role, unit))
        return page

    # The division draws the form and publishes it.
    drawing = enter(Role.DIVISION, division)
    drawing.goto(f"{live_portal}admin/designer/")
    drawing.get_by_role("button", name="แบบใหม่").first.click()
    drawing.get_by_label("ชื่อแบบรายงาน").fill("การรวบรวมผลผลิตของสหกรณ์")
    drawing.keyboard.press("Enter")
    drawing.wait_for_url("**/admin/designer/?version=*")
    designing.press(drawing, "เพิ่มหมวด")
    drawing.keyboard.type("ผลผลิต")
    designing.add(drawing, "whole", "ปริมาณที่รวบรวม")
    drawing.locator("#p-indicator").fill(indicator.name)
    drawing.locator('#p-indicator-list [role="option"]', has_text=indicator.name).click()
    designing.add(drawing, "table", "รายชนิด")
    for kind, label in (("text", "ชนิด"), ("whole", "ตัน")):
        designing.entry(drawing, "รายชนิด").locator(".item").press("Enter")
        designing.press(drawing, "เพิ่มคอลัมน์")
        drawing.locator(f'#shelf [data-kind="{kind}"]').press("Enter")
        drawing.keyboard.type(label)
    designing.saved(drawing)
    drawing.locator("#publish").press("Enter")
    drawing.get_by_role("button", name="เผยแพร่รุ่น 1").press("Enter")
    drawing.wait_for_url("**/admin/versions/?form=*")
    version = FormVersion.select().where(FormVersion.state == "published").order_by(FormVersion.id.desc()).first()
    figure = next(iter(version.spec["sections"][0]["questions"]))["key"]
    table = version.spec["sections"][0]["questions"][1]

    # Planning opens May 2566; the office owes the form.
    planning = enter(Role.PLANNING, make.unit(is_office=False))
    month = make.period(8, is_open=False)
    planning.goto(f"{live_portal}admin/period/details/?id={month.id}")
    planning.get_by_role("button", name="เปิดงวด").click()
    planning.locator("#ask [data-ok]").click()
    services.wait_until(
        lambda: Obligation.select().where(Obligation.unit == office.id, Obligation.form == version.form_id).exists(),
        seconds=30, what="the office owes the form",
    )  # fmt: skip

    # The office fills it in by keyboard and by a pasted block, from its first page.
    reporter = enter(Role.REPORTER, office)
    reporter.get_by_role("link", name="การรวบรวมผลผลิตของสหกรณ์").first.click()
    filling.box(reporter, figure).focus()
    reporter.keyboard.type("1,234")
    reporter.keyboard.press("Enter")
    filling.state(reporter, figure, "บันทึกแล้ว")
    first = f"{table['key']}.{table['columns'][0]['key']}"
    filling.box(reporter, f"{first}-1").focus()
    reporter.evaluate(filling.PASTE, "ข้าวเปลือก\t๔,๐๐๐\r\nข้าวโพด\t321\r\n")
    reporter.get_by_text("วาง 4 ช่อง: บันทึก 4").wait_for()
    report = Submission.get(Submission.form_version == version.id)
    assert Answer.select().where(Answer.submission == report.id).count() >= 5

    # Its head sends it; the division returns one cell with the reason.
    approver = enter(Role.APPROVER, office)
    send(approver, live_portal, report)
    assert Submission.get_by_id(report.id).state == "submitted"
    checking = drawing
    checking.goto(f"{live_portal}admin/review/?submission={report.id}")
    checking.locator(f'input[name="mark-{figure}"]').check()
    checking.locator(f'input[name="why-{figure}"]').fill("ไม่เท่ากับผลรวมรายชนิด")
    checking.locator("[data-back]").click()
    checking.wait_for_url("**/admin/review/")
    assert Submission.get_by_id(report.id).state == "returned"

    # The office opens on that cell, mends it, and sends again.
    reporter.goto(f"{live_portal}admin/answers/?obligation={report.obligation_id}")
    assert reporter.evaluate("document.activeElement.dataset.cell") == figure
    reporter.keyboard.type(str(COLLECTED))
    reporter.keyboard.press("Enter")
    filling.state(reporter, figure, "บันทึกแล้ว")
    send(approver, live_portal, report)

    # The division sees only what was touched, and verifies; planning takes it over.
    checking.goto(f"{live_portal}admin/review/?submission={report.id}")
    assert checking.locator(f'[id="c-{figure}"]').is_visible()
    checking.locator('button[name="verb"][value="verify"]').click()
    services.wait_until(lambda: Submission.get_by_id(report.id).state == "verified", seconds=30, what="it is verified")
    planning.goto(f"{live_portal}admin/review/?submission={report.id}")
    planning.locator('button[name="verb"][value="consolidate"]').click()
    services.wait_until(
        lambda: Submission.get_by_id(report.id).state == "consolidated", seconds=30, what="it is consolidated"
    )

    # The number stands in the compiled pack.
    planning.goto(f"{live_portal}admin/reports/")
    planning.locator('select[name="pack"]').select_option("2566-05")
    planning.locator("#ask-form button.pri").click()
    services.wait_until(
        lambda: Run.select().where(Run.state == RunState.DONE).exists(), seconds=120, what="the pack is made"
    )
    edition = Edition.get(Edition.book == "pack")
    pdf = tmp_path / "pack.pdf"
    with files.connect(settings.files, settings.data).open(edition.file_key) as held:
        pdf.write_bytes(held.read())
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert f"{COLLECTED:,}" in text and indicator.name in text.replace(" ", "").replace("\n", "")
    assert edition.made_at.date() == dt.date.fromisoformat(str(clock.today()))


def send(page, address, report):
    page.goto(f"{address}admin/answers/?obligation={report.obligation_id}")
    page.get_by_role("button", name="ตรวจทานแล้วส่ง").click()
    page.wait_for_url("**/answers/send?**")
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.wait_for_url("**/admin/")
