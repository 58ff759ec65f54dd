"""The registry from a spreadsheet: a preview of what changes, faults by row and column, all of it or nothing."""

import io

import openpyxl
import pytest

from models import AuditEntry, Cooperative, CooperativeType, ImportBatch, Revision
from portal import files, records
from portal.errors import MoveRefused, NotAllowed, PortalError, StaleRow
from portal.imports import registry, underway
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import BatchState, RunKind
from tests import make
from tests.make import NOON

HEAD = ("เลขทะเบียน", "ชื่อ", "ประเภทสหกรณ์", "อำเภอ", "สถานะ", "วันเลิก", "สมาชิก", "ทุนดำเนินงาน (บาท)")


@pytest.fixture
def kept(migrated):
    return files.FolderFiles(migrated.folder / "files")


def workbook(folder, *rows, head=HEAD):
    book = openpyxl.Workbook()
    book.active.append(head)
    for row in rows:
        book.active.append(row)
    path = folder / "list.xlsx"
    book.save(path)
    return path


def text(folder, content, encoding="utf-8-sig"):
    path = folder / "list.csv"
    path.write_bytes(content.encode(encoding))
    return path


def worked(batch, kept):
    """A worker does what the batch waits for, as the job does."""

    def do(asked, progress):
        registry.WAY.go_on(underway.of_run(asked.subject), files=kept, teller=progress, now=lambda: NOON)

    runs.carry_out(underway.run_of(batch).id, kinds=(RunKind.IMPORT,), do=do, now=lambda: NOON)
    return ImportBatch.get_by_id(batch.id)


def taken(office, kept, path, by=None):
    by = by or office.officer
    batch = worked(registry.WAY.receive(path, path.name, by=by, files=kept, at=NOON), kept)
    if batch.state != BatchState.STAGED:
        return batch
    registry.WAY.accept(batch, by=by, at=NOON)
    return worked(batch, kept)


def kind_of(office):
    return CooperativeType.get_by_id(office.institution.type_id).name


def test_a_list_changes_and_adds_by_number_in_one_act(office, kept, migrated):
    number = office.institution.registration_number
    path = workbook(
        migrated.folder,
        (number, None, None, "เมือง", None, None, "1,250", 2_500_000.50),
        ("4001000099999", "สหกรณ์ใหม่ จำกัด", kind_of(office), "ชุมแพ", "ดำเนินงาน", None, 40, None),
    )
    before = AuditEntry.select().count()
    batch = taken(office, kept, path)

    held = Cooperative.get_by_id(office.institution.id)
    new = Cooperative.get(Cooperative.registration_number == "4001000099999")
    assert batch.state == BatchState.TAKEN and (batch.report["new"], batch.report["changed"]) == (1, 1)
    assert (held.members, held.capital, held.district, held.name) == (
        1250,
        250_000_050,
        "เมือง",
        office.institution.name,
    )
    assert (new.unit_id, new.province_id, new.members) == (office.unit.id, office.unit.province_id, 40)
    assert AuditEntry.select().where(AuditEntry.verb == "take_registry").count() == 1
    assert AuditEntry.select().count() == before + 4  # asked for, read, said yes to, taken in
    assert Revision.select().where(Revision.table_name == "Cooperative", Revision.row_id == held.id).count() == 2


def test_the_preview_says_what_changes_and_writes_nothing(office, kept, migrated):
    path = workbook(migrated.folder, (office.institution.registration_number, "ชื่อใหม่ จำกัด", *[None] * 6))
    batch = registry.WAY.receive(path, "a.xlsx", by=office.officer, files=kept, at=NOON)
    worked(batch, kept)

    (change,) = ImportBatch.get_by_id(batch.id).report["changes"]
    assert change["differs"] == {"name": [office.institution.name, "ชื่อใหม่ จำกัด"]} and change["row"] == 2
    assert Cooperative.get_by_id(office.institution.id).name == office.institution.name


WRONG = [
    (("12345", "x"), "A"), (("400100009999X", "x"), "A"), (("4001000099999", None, "{kind}"), "B"),
    (("4001000099999", "ชื่อ", "ไม่มีจริง"), "C"), (("{mine}", None, None, None, "เลิกแล้ว"), "F"),
    (("{mine}", None, None, None, "หายไป"), "E"), (("{mine}", None, None, None, None, "31/02/2566"), "F"),
    (("{mine}", None, None, None, None, None, "สิบ"), "G"), (("{mine}", None, None, None, None, None, -1), "G"),
    (("{mine}", None, None, None, None, None, None, "1.234"), "H"), (("{theirs}", "ชื่อใหม่"), "A"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "column"), WRONG, ids=lambda part: str(part)[:50])
def test_what_is_wrong_is_told_by_row_and_column_and_nothing_is_taken(office, kept, migrated, row, column):
    theirs = make.cooperative()
    words = {
        "kind": kind_of(office),
        "mine": office.institution.registration_number,
        "theirs": theirs.registration_number,
    }
    filled = [cell.format(**words) if isinstance(cell, str) else cell for cell in row]
    good = (office.elsewhere.registration_number, "ชื่อที่ถูกต้อง จำกัด")
    batch = taken(office, kept, workbook(migrated.folder, good, filled))

    assert batch.state == BatchState.REFUSED
    assert [(f["row"], f["column"]) for f in batch.report["faults"]] == [(3, column)]
    assert Cooperative.get_by_id(office.elsewhere.id).name == office.elsewhere.name


def test_a_number_that_stands_twice_is_told(office, kept, migrated):
    number = office.institution.registration_number
    batch = taken(office, kept, workbook(migrated.folder, (number, "ก"), (number, "ข")))

    assert batch.state == BatchState.REFUSED and batch.report["faults"][0]["values"] == {"row": 2}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp874"])
def test_a_text_in_any_thai_encoding_is_read(office, kept, migrated, encoding):
    content = f"เลขทะเบียน,อำเภอ\r\n{office.institution.registration_number},บ้านไผ่\r\n"
    batch = taken(office, kept, text(migrated.folder, content, encoding))

    assert batch.state == BatchState.TAKEN and Cooperative.get_by_id(office.institution.id).district == "บ้านไผ่"


def test_a_list_without_numbers_is_refused(office, kept, migrated):
    batch = taken(office, kept, text(migrated.folder, "ชื่อ,อำเภอ\r\nก,ข\r\n"))

    assert batch.state == BatchState.REFUSED and batch.report["fault_count"] == 1


def test_a_new_one_with_nearly_the_name_of_another_is_pointed_out(office, kept, migrated):
    make.cooperative(office.unit, name="สหกรณ์โคนมวังน้ำเย็น จำกัด")
    row = ("4001000099999", "สหกรณ์ โคนมวังน้ำเย็น จำกัด", kind_of(office))
    batch = taken(office, kept, workbook(migrated.folder, row))

    assert batch.state == BatchState.TAKEN and batch.report["twins"][0][0] == 2


def test_the_same_list_again_changes_nothing(office, kept, migrated):
    path = workbook(migrated.folder, (office.institution.registration_number, None, None, "บ้านไผ่"))
    taken(office, kept, path)
    version = Cooperative.get_by_id(office.institution.id).version
    again = taken(office, kept, path)

    assert (again.report["changed"], again.report["same"]) == (0, 1)
    assert Cooperative.get_by_id(office.institution.id).version == version


def test_an_administrator_takes_in_every_office_s_and_others_none(office, kept, migrated):
    theirs = make.cooperative()
    path = workbook(migrated.folder, (theirs.registration_number, None, None, "บ้านไผ่"))
    assert taken(office, kept, path, by=make.person(Role.ADMIN)).state == BatchState.TAKEN

    for role in (Role.DIVISION, Role.PLANNING, Role.EXECUTIVE):
        with pytest.raises(NotAllowed):
            registry.WAY.receive(path, "a.xlsx", by=make.person(role), files=kept, at=NOON)


def test_only_what_was_read_and_is_right_can_be_accepted(office, kept, migrated):
    batch = registry.WAY.receive(
        workbook(migrated.folder, ("1", "x")), "a.xlsx", by=office.officer, files=kept, at=NOON
    )  # fmt: skip
    with pytest.raises(MoveRefused):
        registry.WAY.accept(batch, by=office.officer, at=NOON)
    registry.WAY.refuse(batch, by=office.officer, at=NOON)
    with pytest.raises(MoveRefused):
        registry.WAY.refuse(ImportBatch.get_by_id(batch.id), by=office.officer, at=NOON)


def test_a_list_is_sent_and_shown_by_its_page_to_its_own_office(office, app, sign_in, tmp_path):
    path = workbook(tmp_path, (office.institution.registration_number, "ชื่อใหม่ จำกัด"), ("12", "x"))
    client = sign_in(office.officer)
    answer = client.post("/admin/registry/", data={"file": (io.BytesIO(path.read_bytes()), "ทะเบียน.xlsx")})
    batch = ImportBatch.get()
    worked(batch, files.FolderFiles(tmp_path / "files"))
    page = client.get(answer.location).text

    assert "ทะเบียน.xlsx" in page and "ชื่อใหม่ จำกัด" in page and "13 หลัก" in page
    assert sign_in(make.person(Role.REPORTER), app.test_client()).get(answer.location).status_code == 404
    assert sign_in(make.person(Role.PLANNING), app.test_client()).get("/admin/registry/").status_code == 403


# ---------------------------------------------------------------- many rows, each in its own columns


def test_many_rows_change_each_in_its_own_columns(office):
    one, two = Cooperative.get_by_id(office.institution.id), Cooperative.get_by_id(office.elsewhere.id)
    with records.changing(by=office.officer, verb="edit", at=NOON) as work:
        assert work.update_many([(one, {"district": "เมือง"}), (two, {"members": 7, "capital": 100})]) == 2

    first, second = Cooperative.get_by_id(one.id), Cooperative.get_by_id(two.id)
    assert (first.district, first.version, second.members, second.capital, second.version) == ("เมือง", 2, 7, 100, 2)
    kept = Revision.select().where(Revision.table_name == "Cooperative", Revision.row_id == one.id)
    last = kept.order_by(Revision.id.desc()).first()
    assert (last.before["district"], last.after["district"], last.after["version"]) == ("", "เมือง", 2)


def test_a_row_saved_meanwhile_makes_the_whole_act_stale(office):
    one, two = Cooperative.get_by_id(office.institution.id), Cooperative.get_by_id(office.elsewhere.id)
    with records.changing(by=None, verb="make", at=NOON) as work:
        work.update(Cooperative.get_by_id(two.id), members=3)

    with pytest.raises(StaleRow), records.changing(by=office.officer, verb="edit", at=NOON) as work:
        work.update_many([(one, {"members": 9}), (two, {"members": 9})])
    assert {Cooperative.get_by_id(c.id).members for c in (one, two)} == {0, 3}


def test_many_rows_of_another_office_or_with_a_wrong_value_are_refused(office):
    theirs = make.cooperative()
    for row, values in ((theirs, {"members": 9}), (office.institution, {"members": 10**12})):
        with pytest.raises(PortalError), records.changing(by=office.officer, verb="edit", at=NOON) as work:
            work.update_many([(Cooperative.get_by_id(row.id), values)])
    with pytest.raises(NotAllowed), records.changing(by=office.reviewer, verb="edit", at=NOON) as work:
        work.update_many([(Cooperative.get_by_id(office.institution.id), {"members": 9})])
    assert not Cooperative.select().where(Cooperative.members > 0).exists()


def test_a_list_that_cannot_be_read_is_put_aside_with_what_to_do(office, kept, migrated, app, sign_in):
    path = migrated.folder / "list.csv"
    path.write_bytes("เลขทะเบียน,ชื่อ\n".encode("utf-16-be"))
    batch = taken(office, kept, path)

    assert (batch.state, batch.report["fault_count"]) == (BatchState.REFUSED, 1)
    page = sign_in(office.officer).get(f"/admin/registry/list/?id={batch.id}").text
    assert "ไม่ใช่สมุดงาน (.xlsx)" in page and "../again/" not in page
