"""Files and hand-offs through the API alone: what the pages of sent files and dispatches do, a program does."""

import io

import pytest

from models import BudgetLine, Cooperative, Dispatch, ImportBatch
from portal import files
from portal.imports import underway
from portal.imports.codes import Unknown
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import MapKind, RunKind
from portal.web.api.sent_in import WAYS
from tests import make
from tests.exports.conftest import Year
from tests.imports import golden
from tests.imports.conftest import Money


def upload(program, path, **form):
    """Send a file as programs do."""
    with open(path, "rb") as source:
        data = form | {"file": (io.BytesIO(source.read()), path.name)}
    return program.client.post(
        "/api/v1/import-batches", data=data, headers={"Authorization": f"Bearer {program.token}"}
    )


@pytest.fixture
def kept(app, settings):
    return files.connect(settings.files, settings.data)


@pytest.fixture
def money(app, store, tmp_path, kept):
    made = Money(tmp_path)
    made.files = kept
    return made


def test_a_finance_file_goes_in_and_out_again_by_program(api, money):
    program = api(money.by)
    path = money.write("extract.txt", golden.extract)

    sent = upload(program, path, kind="gfmis")
    again = upload(program, path, kind="gfmis")
    assert sent.status_code == 202, sent.get_json()
    ident = sent.get_json()["id"]
    money.work(ImportBatch.get_by_id(ident))
    looked = program.get(f"/import-batches/{ident}/preview").get_json()

    assert (sent.status_code, again.get_json()["id"]) == (202, ident)
    assert looked["state"] == "staged" and looked["unknown"] and looked["holds"] and looked["run"]["state"] == "done"

    while open_codes := program.get(f"/import-batches/{ident}/preview").get_json()["unknown"]:
        told = [{"kind": one["kind"], "value": one["value"], "means": means(money, one)} for one in open_codes]
        answer = program.post(f"/import-batches/{ident}/codes", {"codes": told}, If_Match="*")
        assert answer.status_code == 200, answer.get_json()
    taken = program.post(f"/import-batches/{ident}/take", {"word": "ทดสอบ"}, If_Match="*")
    money.work(ImportBatch.get_by_id(ident))

    assert taken.status_code == 202 and program.get(f"/import-batches/{ident}").get_json()["state"] == "taken"
    assert BudgetLine.select().exists()

    undone = program.post(f"/import-batches/{ident}/undo", If_Match="*")
    money.work(ImportBatch.get_by_id(ident))

    assert undone.status_code == 202 and program.get(f"/import-batches/{ident}").get_json()["state"] == "undone"
    assert not BudgetLine.select().exists()


def means(money, one):
    """What a code means, as the person would say it to a program: by code."""
    found = money.meaning(Unknown(MapKind(one["kind"]), one["value"], 0, 0, ""))
    return found if isinstance(found, str) else found.code


def test_a_list_of_the_registry_is_its_office_s_own(api, migrated, app, kept, tmp_path):
    one, other = make.cooperative(), make.unit()
    office = api(make.person(Role.REPORTER, one.unit))
    path = tmp_path / "list.csv"
    path.write_text(f"เลขทะเบียน,ชื่อ\n{one.registration_number},สหกรณ์ตัวอย่างใหม่ จำกัด\nไม่มี,ก\n", encoding="utf-8-sig")

    sent = upload(office, path, kind="registry")
    assert sent.status_code == 202, sent.get_json()
    ident = sent.get_json()["id"]
    carry_out(ident, kept)
    looked = office.get(f"/import-batches/{ident}/preview").get_json()
    refused = office.post(f"/import-batches/{ident}/take", If_Match="*")

    assert sent.status_code == 202 and looked["state"] == "refused"
    assert looked["faults"][0]["row"] == 3 and "{" not in looked["faults"][0]["detail"]
    assert refused.status_code == 409
    for verb in ("take", "undo", "refuse", "again"):
        stranger = api(make.person(Role.REPORTER, other)).post(f"/import-batches/{ident}/{verb}", If_Match="*")
        assert stranger.status_code == 404, verb
    assert api(make.person(Role.REPORTER, other)).get(f"/import-batches/{ident}/preview").status_code == 404
    assert upload(api(make.person(Role.DIVISION)), path, kind="registry").status_code == 403
    assert upload(office, path, kind="plan", year="2566").status_code in (403, 422)
    assert upload(office, path, kind="sums").get_json()["field"] == "kind"
    assert Cooperative.get_by_id(one.id).name == one.name


def test_a_hand_off_goes_from_the_dry_run_to_the_receipt_by_program(api, app, migrated, tmp_path, kept):
    year = Year(tmp_path)
    year.files = kept
    year.all_reports()
    program, asked = api(year.planning), {"system": "bb_evmis", "period": "2566-q3"}

    looked = program.post("/dispatches/check", asked).get_json()
    made = program.post("/dispatches/ask", asked, Idempotency_Key="once")
    same = program.post("/dispatches/ask", asked, Idempotency_Key="once")
    assert made.status_code == 202, made.get_json()
    ident = made.get_json()["id"]
    year.make(Dispatch.get_by_id(ident))

    assert looked["rows"] > 0 and looked["figures"]["sheets"] and Dispatch.select().count() == 1
    assert (made.status_code, same.get_json()["id"]) == (202, ident)
    listed = program.get(f"/dispatches/{ident}/files").get_json()["items"]
    for one in listed:
        fetched = program.get(f"/dispatches/{ident}/files/{one['name']}")
        assert (fetched.status_code, len(fetched.data)) == (200, one["size"])
    rows = program.get(f"/dispatches/{ident}/rows").get_json()["items"]
    assert len(rows) == looked["rows"] and not any(row["keyed"] for row in rows)
    left = program.post(f"/dispatches/{ident}/record", If_Match="*")
    for row in rows:
        ticked = {"sheet": row["sheet"], "key": row["key"]}
        assert program.post(f"/dispatches/{ident}/key", ticked, If_Match="*").status_code == 200
    recorded = program.post(f"/dispatches/{ident}/record", If_Match="*")
    stale = program.post(f"/dispatches/{ident}/upload", If_Match='"1"')
    sent = program.post(f"/dispatches/{ident}/upload", If_Match=recorded.headers["ETag"])
    nameless = program.post(f"/dispatches/{ident}/acknowledge", {}, If_Match="*")
    ended = program.post(f"/dispatches/{ident}/acknowledge", {"receipt": "ร 1/2566"}, If_Match="*")

    assert left.get_json()["field"] == "note" and stale.status_code == 412
    assert [each.get_json()["state"] for each in (recorded, sent, ended)] == ["keyed", "uploaded", "acknowledged"]
    assert nameless.get_json()["field"] == "receipt" and ended.get_json()["receipt"] == "ร 1/2566"
    looker = api(make.person(Role.EXECUTIVE))
    assert looker.get(f"/dispatches/{ident}/rows").status_code == 200
    assert looker.post("/dispatches/ask", asked).status_code == 403
    assert api(make.person(Role.REPORTER)).get(f"/dispatches/{ident}/files").status_code == 403


def test_a_mapping_is_read_tried_and_kept_by_program(api, migrated, app):
    program = api(make.person(Role.PLANNING))
    held = program.get("/handoff-maps/bb_evmis/spec").get_json()
    broken = held["spec"] | {"sheets": [{"sheet": "nowhere", "title": "", "columns": []}]}

    kept = program.post("/handoff-maps/keep", {"system": "bb_evmis", "spec": held["spec"], "seen": held["version"]})
    stale = program.post("/handoff-maps/keep", {"system": "bb_evmis", "spec": held["spec"], "seen": 0})
    refused = program.post("/handoff-maps/keep", {"system": "bb_evmis", "spec": broken, "seen": 1})

    assert kept.status_code == 200 and program.get("/handoff-maps/bb_evmis/spec").get_json()["version"] == 1
    assert (stale.status_code, refused.status_code) == (409, 422)
    odd = program.post("/dispatches/check", {"system": "bb_evmis", "period": "2566-q3", "spec": [1]})
    assert odd.get_json()["field"] == "spec", odd.get_json()


def carry_out(ident, kept):
    """What a worker does when the bell rings for a batch."""

    def do(asked, progress):
        batch = underway.of_run(asked.subject)
        WAYS[batch.source].go_on(batch, files=kept, teller=progress, now=lambda: make.NOON)

    runs.carry_out(
        underway.run_of(ImportBatch.get_by_id(ident)).id, kinds=(RunKind.IMPORT,), do=do, now=lambda: make.NOON
    )
