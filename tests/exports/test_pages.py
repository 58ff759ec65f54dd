"""The hand-off through its pages: what is to be sent, the dry run, a dispatch to its receipt, keying, the mapping."""

import html
import re
from pathlib import Path

import pytest

from models import Dispatch, HandoffMap, KeyedRow, Revision
from portal import exports
from portal.exports import dispatches, mappings
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.handoffs import DispatchState
from portal.rules.terms import RunKind
from tests import make
from tests.make import NOON

BASE = "/admin/handoff"
SHOWN = {"system": "bb_evmis", "period": "2566-q3"}


@pytest.fixture
def planner(year, sign_in, settings):
    year.files.folder = Path(settings.data) / "files"
    return sign_in(year.planning)


def work(year, dispatch):
    """What a worker does when the bell rings."""

    def do(asked, progress):
        dispatches.make(dispatches.of_run(asked.subject), files=year.files, teller=progress, now=lambda: NOON)

    runs.carry_out(dispatches.run_of(dispatch).id, kinds=(RunKind.EXPORT,), do=do, now=lambda: NOON)


def typed(page):
    """The mapping's form as a browser would send it back."""
    form = {}
    body = page[page.index('id="map-form"') :].partition("</form>")[0]
    for tag in re.findall(r"<input [^>]*>", body):
        at = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if at.get("type") != "checkbox" or " checked" in tag:
            form[at["name"]] = html.unescape(at.get("value", ""))
    for name, inside in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r"<option([^>]*) selected[^>]*>([^<]*)", inside)
        value = re.search(r'value="([^"]*)"', chosen[1]) if chosen else None
        form[name] = value[1] if value else chosen[2] if chosen else ""
    for name, inside in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.DOTALL):
        form[name] = html.unescape(inside)
    return form


def test_a_dispatch_goes_from_the_dry_run_to_its_receipt(planner, year):
    assert "ยังไม่ได้จัดทำ" in planner.get(f"{BASE}/").text
    looked = planner.get(f"{BASE}/check/", query_string=SHOWN).text
    assert 'id="wrong-count">0' in looked and Dispatch.select().count() == 0

    asked = planner.post(f"{BASE}/check/", data=SHOWN)
    dispatch = Dispatch.get()
    assert asked.location == f"{BASE}/dispatch/?id={dispatch.id}"
    assert 'data-state="busy"' in planner.get(asked.location).text
    work(year, dispatch)
    page = planner.get(asked.location).text
    for file in Dispatch.get().files:
        assert file["sha256"] in page
        got = planner.get(f"{BASE}/file/", query_string={"id": dispatch.id, "name": file["name"]})
        assert len(got.data) == file["size"]
    assert planner.get(f"{BASE}/file/?id={dispatch.id}&name=../secret").status_code == 404

    assert planner.post(f"{BASE}/step/", data={"id": dispatch.id, "step": "record"}).status_code == 422
    assert planner.post(f"{BASE}/step/", data={"id": dispatch.id, "step": "upload"}).status_code == 302
    answer = {"id": dispatch.id, "step": "acknowledge", "receipt": "BB 66/1"}
    assert planner.post(f"{BASE}/step/", data=answer).status_code == 302
    assert "BB 66/1" in planner.get(f"{BASE}/").text and Dispatch.get().state is DispatchState.ACKNOWLEDGED
    assert planner.post(f"{BASE}/step/", data=answer).status_code == 409


def test_rows_are_keyed_one_after_the_other_to_the_last(planner, year):
    dispatch = year.dispatch("bb_evmis")
    page = planner.get(f"{BASE}/key/?id={dispatch.id}").text
    assert ">07012<" in page and 'data-copy="cell1"' in page

    first = planner.post(f"{BASE}/key/", data={"id": dispatch.id, "sheet": "301", "row": 1, "keyed": "y"})
    assert first.location.endswith("sheet=301&row=2")
    second = planner.post(f"{BASE}/key/", data={"id": dispatch.id, "sheet": "301", "row": 2, "keyed": "y"})
    assert second.location.endswith("sheet=302")
    planner.post(f"{BASE}/key/", data={"id": dispatch.id, "sheet": "301", "row": 1})
    assert KeyedRow.select().count() == 1
    for sheet, row in (("301", 1), ("302", 1)):
        last = planner.post(f"{BASE}/key/", data={"id": dispatch.id, "sheet": sheet, "row": row, "keyed": "y"})
    assert last.location == f"{BASE}/dispatch/?id={dispatch.id}"
    assert planner.post(f"{BASE}/step/", data={"id": dispatch.id, "step": "record"}).status_code == 302
    assert planner.get(f"{BASE}/key/?id={dispatch.id}&sheet=301&row=9").status_code == 404


def test_a_mapping_is_tried_saved_and_put_back_and_every_version_stays(planner, year):
    target = exports.target("bb_evmis")
    form = typed(planner.get(f"{BASE}/map/?system=bb_evmis").text)
    unchanged = planner.post(f"{BASE}/map/", data=form | {"do": "try", "period": "2566-q3"}).text
    assert 'id="all-well"' in unchanged and HandoffMap.select().count() == 0

    # The other system wants the unit of measure as its code, of at most three letters, and in front.
    place = next(name[:-8] for name, value in form.items() if name.endswith(".heading") and value == "หน่วยนับ")
    changed = form | {
        f"{place}.heading": "UNIT", f"{place}.source": "measure_code", f"{place}.order": "1", f"{place}.longest": "3",
    }  # fmt: skip
    tried = planner.post(f"{BASE}/map/", data=changed | {"do": "try", "period": "2566-q3"}).text
    assert "wrong-table" in tried and f"/admin/indicator/details/?id={year.people.id}" in tried
    assert HandoffMap.select().count() == 0
    listed = changed | {
        f"{place}.longest": "", f"{place}.codes": "units", "l1.name": "units", "l1.codes": "PERSON = 101\nPCT = 102",
    }  # fmt: skip
    assert planner.post(f"{BASE}/map/", data=listed | {"do": "save"}).status_code == 302
    used = mappings.in_use(target)
    assert (used.version, used.layout.leaf("301").columns[0].heading) == (1, "UNIT")
    sheet = year.look("bb_evmis").data.sheets[0]
    assert [row.cells[0] for row in sheet.rows] == ["102", "101"] and sheet.headings[0].text == "UNIT"
    assert year.dispatch("bb_evmis").map_version == 1

    assert planner.post(f"{BASE}/map/", data=form | {"do": "save"}).status_code == 409  # somebody else saved meanwhile
    for wrong in ({f"{place}.source": "secret"}, {f"{place}.heading": "เดือน"}, {"l0.codes": "รายจ่ายประจำ"}):
        assert planner.post(f"{BASE}/map/", data=listed | {"seen": "1", "do": "save"} | wrong).status_code == 422
    assert planner.post(f"{BASE}/map/", data={"system": "bb_evmis", "seen": "1", "do": "reset"}).status_code == 302
    assert mappings.in_use(target).layout == mappings.shipped("bb_evmis")
    assert Revision.select().where(Revision.table_name == "HandoffMap").count() == 2


def test_who_does_not_hand_off_may_look_and_nothing_more(year, sign_in, app):
    dispatch = year.dispatch("emenscr")
    division = sign_in(make.person(Role.DIVISION), app.test_client())
    office = sign_in(make.person(Role.REPORTER), app.test_client())

    assert division.get(f"{BASE}/dispatch/?id={dispatch.id}").status_code == 200
    for address, form in (
        ("check/", {"system": "emenscr", "period": "2566-q3"}), ("step/", {"id": dispatch.id, "step": "upload"}),
        ("key/", {"id": dispatch.id, "sheet": "m1", "row": 1, "keyed": "y"}),
        ("map/", {"system": "emenscr", "do": "reset", "seen": "0"}),
    ):  # fmt: skip
        assert division.post(f"{BASE}/{address}", data=form).status_code == 403
    for address in ("", "check/?system=emenscr&period=2566-q3", f"dispatch/?id={dispatch.id}", "map/?system=emenscr"):
        assert office.get(f"{BASE}/{address}").status_code == 403
    assert Dispatch.get().state is DispatchState.PREPARED and HandoffMap.select().count() == 0


@pytest.mark.parametrize(
    "query", ["system=nowhere&period=2566-q3", "system=bb_evmis&period=2566-q5", "system=bb_evmis"]
)
def test_a_target_or_period_nobody_knows_is_refused_in_words(planner, query):
    assert planner.get(f"{BASE}/check/?{query}").status_code in (404, 422)
