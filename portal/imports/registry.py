"""The registry of institutions taken in from a spreadsheet by registration number: what is new, what would change, what
is wrong and where; then all of it or nothing.

An empty cell leaves a column as it is. A list exported from the registry's own screen can be changed and sent back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from models import Cooperative, CooperativeType, ImportBatch, Person, Province, Run, Unit
from portal import checks, records
from portal.cooperatives import plain_name
from portal.errors import MoveRefused, NotAllowed, PortalError, RuleBroken
from portal.files import Files
from portal.imports.batches import Teller
from portal.imports.rows import Number, Sheet, letter, sheets
from portal.imports.source import MOST_FAULTS, Fault, Heading, find_heading
from portal.reports import runs
from portal.rules import access, inputs
from portal.rules.access import Role
from portal.rules.terms import BatchState, InstitutionKind, InstitutionStatus, RunKind, Sector

SOURCE = "registry"
STEPS = ("อ่านไฟล์", "เทียบกับทะเบียน")
TAKING = ("เทียบกับทะเบียน", "บันทึกลงทะเบียน")
SHOWN = 300  # changes that the preview spells out
MOST_ROWS = 50_000
EXCEL_DAY_ONE = dt.date(1899, 12, 30)

HEADINGS: dict[str, tuple[str, ...]] = {
    "registration_number": ("เลขทะเบียน", "เลขทะเบียนสหกรณ์", "เลขทะเบียน 13 หลัก", "รหัสสหกรณ์ 13 หลัก"),
    "name": ("ชื่อ", "ชื่อสหกรณ์", "ชื่อสหกรณ์/กลุ่มเกษตรกร", "ชื่อสถาบัน"),
    "kind": ("ชนิด",),
    "type": ("ประเภทสหกรณ์", "ประเภท"),
    "unit": ("หน่วยงาน", "สำนักงาน"),
    "province": ("จังหวัด",),
    "district": ("อำเภอ",),
    "promotion_group": ("กลุ่มส่งเสริม", "กลุ่มส่งเสริมสหกรณ์"),
    "officer": ("เจ้าหน้าที่", "ผู้รับผิดชอบ"),
    "status": ("สถานะ",),
    "registered_on": ("วันจดทะเบียน",),
    "stopped_on": ("วันที่หยุดดำเนินงาน",),
    "dissolving_on": ("วันที่เริ่มเลิก",),
    "dissolved_on": ("วันเลิก", "วันที่เลิก"),
    "year_end": ("วันสิ้นปีบัญชี (ดด-วว)", "วันสิ้นปีบัญชี"),
    "members": ("สมาชิก", "จำนวนสมาชิก"),
    "capital": ("ทุนดำเนินงาน (บาท)", "ทุนดำเนินงาน"),
    "business_volume": ("ปริมาณธุรกิจ (บาท)", "ปริมาณธุรกิจ"),
    "sub_type": ("ประเภทย่อย",),
}
KINDS = {"สหกรณ์": "cooperative", "กลุ่มเกษตรกร": "farmer_group", "กลุ่มอาชีพ": "occupational_group"}
STATUSES = {
    "ดำเนินงาน": "operating", "หยุดดำเนินงาน": "stopped", "อยู่ระหว่างชำระบัญชี": "dissolving", "เลิกแล้ว": "dissolved",
    "เลิก": "dissolved",
}  # fmt: skip
_DAYS = ("registered_on", "stopped_on", "dissolving_on", "dissolved_on")
_MONEY = ("capital", "business_volume")
_RELATED = ("type", "unit", "province", "officer")


@dataclass
class Change:
    """One row of the file that adds an institution (`held` None) or changes one; `values` are the columns to write."""

    row: int
    number: str
    name: str
    held: Cooperative | None
    values: dict[str, Any]
    differs: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Reading:
    """A file held against the registry."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    twins: list[tuple[int, str, str]] = field(default_factory=list)
    fault_count: int = 0

    def fault(self, error: PortalError, sheet: str = "", row: int | None = None, column: int | None = None) -> None:
        """Note something wrong at a row and a column (from 0)."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(error, sheet, row, "" if column is None else letter(column + 1)))

    def report(self) -> dict[str, Any]:
        """Return the preview as plain values."""
        return {
            "new": self.new, "changed": self.changed, "same": self.same, "fault_count": self.fault_count,
            "faults": [one.as_json() for one in self.faults], "twins": [list(one) for one in self.twins[:SHOWN]],
            "changes": [
                {"row": c.row, "number": c.number, "name": c.name, "is_new": c.held is None,
                 "differs": {k: list(v) for k, v in c.differs.items()}}
                for c in self.changes[:SHOWN]
            ],
        }  # fmt: skip


# ---------------------------------------------------------------- a file on its way


def receive(file: Path, name: str, *, by: Person, files: Files, at: dt.datetime) -> ImportBatch:
    """Keep a file and ask for it to be read; return its batch. A file that is still on its way is not kept twice."""
    check_may(by)
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    underway = (BatchState.WAITING, BatchState.STAGED, BatchState.ACCEPTED)
    there: ImportBatch | None = ImportBatch.get_or_none(
        ImportBatch.source == SOURCE, ImportBatch.file_sha256 == digest, ImportBatch.state.in_(underway),
        ImportBatch.unit == by.unit_id,
    )  # fmt: skip
    if there is not None:
        return there
    key = files.keep(name, file)
    with records.changing(by=by, verb="ask_import", at=at, as_verb=True) as work:
        batch: ImportBatch = work.create(
            ImportBatch, source=SOURCE, file_name=name[-300:], file_sha256=digest, file_key=key,
            state=BatchState.WAITING, person=by, unit=by.unit, at=at,
        )  # fmt: skip
        runs.add(work, RunKind.IMPORT, str(batch.id), by, at)
    return batch


def go_on(batch: ImportBatch, *, files: Files, teller: Teller, now: Callable[[], dt.datetime]) -> None:
    """Do what a batch's state asks for: read a waiting one for its preview, take in an accepted one. Else nothing."""
    if batch.state not in (BatchState.WAITING, BatchState.ACCEPTED):
        teller.end()
        return
    with _at_hand(batch, files) as path:
        if batch.state is BatchState.WAITING:
            _stage(batch, path, teller, now())
        else:
            _take(batch, path, teller, now())


def accept(batch: ImportBatch, *, by: Person, at: dt.datetime) -> Run:
    """Say yes to a preview; a worker then takes the file in, all of it or nothing."""
    check_may(by)
    if batch.state is not BatchState.STAGED:
        raise MoveRefused("Only a file that was read and has nothing wrong can be taken in.")
    with records.changing(by=by, verb="accept_import", at=at, as_verb=True) as work:
        work.update(batch, state=BatchState.ACCEPTED, taken_by=by)
        return runs.add(work, RunKind.IMPORT, str(batch.id), by, at)


def refuse(batch: ImportBatch, *, by: Person, at: dt.datetime) -> None:
    """Put a file aside."""
    check_may(by)
    if batch.state not in (BatchState.WAITING, BatchState.STAGED):
        raise MoveRefused("This file is not on its way any more.")
    with records.changing(by=by, verb="refuse_import", at=at, as_verb=True) as work:
        work.update(batch, state=BatchState.REFUSED)


def check_may(by: Person) -> None:
    """Refuse people who may not write the registry."""
    if not access.may_write(by.role, "Cooperative"):
        raise NotAllowed("The registry is kept by the offices and the administrators.")


def _stage(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> None:
    teller.plan(STEPS)
    teller.begin(1)
    said = read(path, by=batch.person, beat=teller.beat)
    teller.finish(1, pages=said.rows)
    teller.begin(2)
    state = BatchState.REFUSED if said.fault_count else BatchState.STAGED
    with records.changing(by=batch.person, verb="stage_import", at=at, as_verb=True) as work:
        work.update(
            batch, state=state, report=said.report(), lines_read=said.rows, lines_taken=said.new + said.changed,
            lines_refused=said.fault_count,
        )  # fmt: skip
        teller.finish(2, pages=len(said.changes))
        teller.end()


def _take(batch: ImportBatch, path: Path, teller: Teller, at: dt.datetime) -> None:
    by = batch.taken_by or batch.person
    teller.plan(TAKING)
    teller.begin(1)
    said = read(path, by=by, beat=teller.beat)
    teller.finish(1, pages=said.rows)
    teller.begin(2)
    if said.fault_count:
        with records.changing(by=by, verb="stage_import", at=at, as_verb=True) as work:
            work.update(batch, state=BatchState.REFUSED, report=said.report(), lines_refused=said.fault_count)
            teller.end()
        return
    with records.changing(by=by, verb="take_registry", at=at, note=batch.file_name) as work:
        write(work, said, teller.beat)
        work.as_verb = True
        work.update(batch, state=BatchState.TAKEN, taken_at=at, report=said.report(), lines_taken=len(said.changes))
        teller.finish(2, pages=len(said.changes))
        teller.end()


def write(work: records.Work, said: Reading, beat: Callable[[], None]) -> None:
    """Write every change of a reading within one act."""
    new = [c.values for c in said.changes if c.held is None]
    if new:
        work.create_many(Cooperative, new)
        beat()
    work.update_many((c.held, c.values) for c in said.changes if c.held is not None)
    beat()


@contextmanager
def _at_hand(batch: ImportBatch, files: Files) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        path = Path(folder) / "file"
        with files.open(batch.file_key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


# ---------------------------------------------------------------- reading


class _Known:
    """The registry as it stands, and what names in a file mean."""

    def __init__(self, by: Person) -> None:
        self.by = by
        self.central = by.role == Role.ADMIN
        self.held = {c.registration_number: c for c in Cooperative.select()}
        self.types = {_key(n): t for t in CooperativeType.select() for n in (t.name, t.code)}
        self.units = {_key(n): u for u in Unit.select() for n in (u.name, u.short, u.code)}
        self.provinces = {_key(n): p for p in Province.select() for n in (p.name, p.code)}
        self.people: dict[tuple[int, str], Person] = {(p.unit_id, _key(p.name)): p for p in Person.select()}
        self.by_id: dict[str, dict[int, Any]] = {
            "type": {t.id: t for t in self.types.values()}, "unit": {u.id: u for u in self.units.values()},
            "province": {p.id: p for p in self.provinces.values()}, "officer": {p.id: p for p in self.people.values()},
        }  # fmt: skip
        for one in self.held.values():  # so that no check has to ask for them again
            for name in _RELATED:
                setattr(one, name, self.by_id[name].get(one.__data__.get(name)))
            one._dirty.clear()
        self.names: dict[tuple[int, str], str] = {
            (c.province_id, plain_name(c.name)): c.registration_number for c in self.held.values()
        }


def _key(text: str) -> str:
    return re.sub(r"\s+", "", inputs.parse_text(text)).casefold()


def read(path: Path, *, by: Person, beat: Callable[[], None] = lambda: None) -> Reading:
    """Return a file held against the registry; nothing is written. Whatever is wrong is listed by row and column."""
    said = Reading()
    for sheet in sheets(path):
        heading = find_heading(sheet.head, HEADINGS, ("registration_number",))
        if heading is not None:
            _read(said, sheet, heading, _Known(by), beat)
            return said
    said.fault(RuleBroken("No sheet has a column “เลขทะเบียน”: institutions are known by their registration number."))
    return said


def _read(said: Reading, sheet: Sheet, heading: Heading, known: _Known, beat: Callable[[], None]) -> None:
    for index in heading.twice:
        said.fault(RuleBroken("A heading stands twice."), sheet.name, heading.first, index)
    seen: dict[str, int] = {}
    for number, cells in sheet.rows():
        if number <= heading.last:
            continue
        said.rows += 1
        if said.rows > MOST_ROWS:
            said.fault(RuleBroken("A file may have {most} rows at most.", most=MOST_ROWS), sheet.name, number)
            return
        if said.rows % 500 == 0:
            beat()
        before = said.fault_count
        change = _row(said, sheet.name, number, cells, heading, known, seen)
        if said.fault_count > before or change is None:
            continue
        if change.held is None:
            said.new += 1
            said.changes.append(change)
        elif change.differs:
            said.changed += 1
            said.changes.append(change)
        else:
            said.same += 1


def _row(
    said: Reading, sheet: str, number: int, cells: list[str], heading: Heading, known: _Known, seen: dict[str, int]
) -> Change | None:
    def at(name: str) -> str:
        index = heading.columns.get(name)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    told: set[str] = set()

    def wrong(error: PortalError, name: str) -> None:
        if name not in told:  # one thing at a time for each cell
            told.add(name)
            said.fault(error, sheet, number, heading.columns.get(name))

    try:
        ident = inputs.check_registration_number(at("registration_number").lstrip("'"))
    except PortalError as refusal:
        wrong(refusal, "registration_number")
        return None
    if ident in seen:
        wrong(RuleBroken("This number stands in row {row} already.", row=seen[ident]), "registration_number")
        return None
    seen[ident] = number
    held = known.held.get(ident)
    if held is not None and not known.central and held.unit_id != known.by.unit_id:
        wrong(RuleBroken("This registration number belongs to another office."), "registration_number")
        return None
    values: dict[str, Any] = {}
    for name in HEADINGS:
        typed = at(name)
        if typed and name not in ("registration_number", "officer"):
            try:
                values[name] = _value(name, typed, known)
            except PortalError as refusal:
                wrong(refusal, name)
    unit = values.get("unit") or (known.by_id["unit"][held.unit_id] if held else None)
    if unit is None and not known.central:
        unit = values["unit"] = known.by.unit
    if unit is not None and not known.central and unit.id != known.by.unit_id:
        wrong(RuleBroken("This record belongs to another office."), "unit")
    if at("officer") and unit is not None:
        person = known.people.get((unit.id, _key(at("officer"))))
        if person is None:
            wrong(RuleBroken("“{text}” is no person of this office.", text=at("officer")[:60]), "officer")
        else:
            values["officer"] = person
    if held is None:
        made = _new(said, number, ident, values, unit, known, wrong)
        if made is not None:
            _check_whole(Cooperative(**made.values), wrong)
        return made
    differs = {
        name: (_shown(name, held.__data__.get(name), known), _shown(name, getattr(value, "id", value), known))
        for name, value in values.items()
        if str(held.__data__.get(name)) != str(getattr(value, "id", value))
    }
    if differs:
        row = Cooperative(**held.__data__)
        for name in _RELATED:
            setattr(row, name, known.by_id[name].get(held.__data__.get(name)))
        for name in differs:
            setattr(row, name, values[name])
        _check_whole(row, wrong)
    return Change(number, ident, held.name, held, {name: values[name] for name in differs}, differs)


def _check_whole(row: Cooperative, wrong: Callable[[PortalError, str], None]) -> None:
    """Note what contradicts itself in a row, as the registry's own screen would refuse it."""
    try:
        checks.institution_is_sound(row)
    except PortalError as refusal:
        wrong(refusal, refusal.field)


def _new(
    said: Reading, number: int, ident: str, values: dict[str, Any], unit: Unit | None, known: _Known, wrong: Any
) -> Change | None:
    for name in ("name", "type"):
        if name not in values:
            wrong(RuleBroken("A new institution needs at least its name and kind."), name)
    if unit is None:
        wrong(RuleBroken("A new institution needs its office."), "unit")
    if "name" not in values or "type" not in values or unit is None:
        return None
    values.setdefault("unit", unit)
    if "province" not in values and unit.province_id is not None:
        values["province"] = known.by_id["province"][unit.province_id]
    is_group = values["type"].sector == Sector.FARMER_GROUP
    values.setdefault("kind", InstitutionKind.FARMER_GROUP if is_group else InstitutionKind.COOPERATIVE)
    if "province" in values:
        key = (values["province"].id, plain_name(values["name"]))
        if key in known.names:
            said.twins.append((number, values["name"], known.names[key]))
        known.names[key] = ident
    return Change(number, ident, values["name"], None, {"registration_number": ident, **values})


def _value(name: str, typed: str, known: _Known) -> Any:
    if name in _RELATED:
        table = {"type": known.types, "unit": known.units, "province": known.provinces}[name]
        found = table.get(_key(typed))
        if found is None:
            raise RuleBroken("“{text}” is not known here.", text=typed[:60])
        return found
    if name in _DAYS:
        if isinstance(typed, Number) or re.fullmatch(r"\d{5}(\.0+)?", typed):
            serial = float(typed)
            if 10_000 < serial < 80_000:
                return EXCEL_DAY_ONE + dt.timedelta(days=int(serial))
        return inputs.parse_date(typed.split(" 00:00")[0])
    if name in _MONEY:
        return inputs.parse_money(typed)
    if name == "members":
        return int(inputs.parse_number(typed, decimals=0, least=Decimal(0)))
    if name in ("kind", "status"):
        words: dict[str, str] = KINDS if name == "kind" else STATUSES
        kind: Any = InstitutionKind if name == "kind" else InstitutionStatus
        plain = words.get(inputs.parse_text(typed), typed)
        if plain not in tuple(kind):
            raise RuleBroken("“{text}” is not known here.", text=typed[:60])
        return kind(plain)
    if name == "year_end" and not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", typed):
        raise RuleBroken("Write month and day of the accounting year end, like 03-31.")
    text = inputs.parse_text(typed)
    longest = getattr(Cooperative._meta.fields[name], "max_length", None)
    if longest and len(text) > longest:
        raise RuleBroken("This is longer than {longest} characters.", longest=longest)
    return text


def _shown(name: str, value: Any, known: _Known) -> str:
    if value is None or value == "":
        return ""
    if name in _RELATED:
        found = known.by_id[name].get(int(value))
        return str(found) if found is not None else str(value)
    if name in _MONEY:
        return f"{int(value) / 100:,.2f}"
    return str(value)
