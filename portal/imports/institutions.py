"""A list of institutions held against the registry: what is new, what would change, what is wrong and where.

Nothing is written here. An empty cell leaves a column as it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import Cooperative, CooperativeType, FiscalYear, Kept, Person, Province, Unit
from portal import checks
from portal.cooperatives import plain_name
from portal.errors import PortalError, RuleBroken
from portal.imports.rows import Number, Sheet, letter
from portal.imports.source import MOST_FAULTS, Fault, Heading
from portal.rules import inputs
from portal.rules.access import Role
from portal.rules.terms import InstitutionKind, InstitutionStatus, Sector

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
    """One row of the file that adds a record (`held` None) or changes one; `values` are the columns to write.

    A record of an institution (its year, a remark) names it by `number`, for it may be new in the same file.
    """

    row: int
    number: str
    name: str
    held: Kept | None
    values: dict[str, Any]
    differs: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Reading:
    """A file held against the registry: changes of institutions, of their years, and of auditors' remarks."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    changes: list[Change] = field(default_factory=list)
    years: list[Change] = field(default_factory=list)
    remarks: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    twins: list[tuple[int, str, str]] = field(default_factory=list)
    fault_count: int = 0

    @property
    def count(self) -> int:
        """Return how many records would be written."""
        return len(self.changes) + len(self.years) + len(self.remarks)

    def fault(self, error: PortalError, sheet: str = "", row: int | None = None, column: int | None = None) -> None:
        """Note something wrong at a row and a column (from 0)."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(error, sheet, row, "" if column is None else letter(column + 1)))

    def report(self) -> dict[str, Any]:
        """Return the preview as plain values."""
        shown = [*self.changes[:SHOWN], *self.years[:SHOWN], *self.remarks[:SHOWN]][:SHOWN]
        return {
            "new": self.new, "changed": self.changed, "same": self.same, "fault_count": self.fault_count,
            "years": len(self.years), "remarks": len(self.remarks),
            "faults": [one.as_json() for one in self.faults], "twins": [list(one) for one in self.twins[:SHOWN]],
            "changes": [
                {"row": c.row, "number": c.number, "name": c.name,
                 "is_new": c.held is None and "registration_number" in c.values,
                 "differs": {k: list(v) for k, v in c.differs.items()}}
                for c in shown
            ],
        }  # fmt: skip


class Known:
    """The registry as it stands, and what names in a file mean to the person who sent it."""

    def __init__(self, by: Person) -> None:
        self.by = by
        self.central = by.role == Role.ADMIN
        self.held: dict[str, Cooperative] = {c.registration_number: c for c in Cooperative.select()}
        self.added: dict[str, str] = {}  # the names of those that are new in this file, by number
        self.fiscal_years: dict[int, FiscalYear] = {year.year: year for year in FiscalYear.select()}
        self.types = {key_of(n): t for t in CooperativeType.select() for n in (t.name, t.code)}
        self.units = {key_of(n): u for u in Unit.select() for n in (u.name, u.short, u.code)}
        self.provinces = {key_of(n): p for p in Province.select() for n in (p.name, p.code)}
        self.people: dict[tuple[int, str], Person] = {(p.unit_id, key_of(p.name)): p for p in Person.select()}
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

    def institution(self, number: str) -> Cooperative | None:
        """Return the institution of a registration number. Raises RuleBroken when it is another office's."""
        held = self.held.get(number)
        if held is not None and not self.central and held.unit_id != self.by.unit_id:
            raise RuleBroken("This registration number belongs to another office.")
        return held


class Cells:
    """The cells of one row by the names of their columns, and what is wrong with them: one thing a cell."""

    def __init__(self, said: Reading, sheet: str, row: int, cells: list[str], columns: Mapping[str, int]) -> None:
        self._said, self._sheet, self.row, self._cells, self._columns = said, sheet, row, cells, columns
        self._told: set[str] = set()

    def at(self, name: str) -> str:
        """Return what stands in a column, "" where there is none."""
        index = self._columns.get(name)
        return self._cells[index].strip() if index is not None and index < len(self._cells) else ""

    def wrong(self, error: PortalError, name: str) -> None:
        """Note that something is wrong in a column."""
        if name not in self._told:
            self._told.add(name)
            self._said.fault(error, self._sheet, self.row, self._columns.get(name))

    @property
    def is_right(self) -> bool:
        """Return whether nothing is wrong so far."""
        return not self._told

    def number(self) -> str:
        """Return the registration number, "" (and noted) when it is none."""
        try:
            return inputs.check_registration_number(self.at("registration_number").lstrip("'"))
        except PortalError as refusal:
            self.wrong(refusal, "registration_number")
            return ""

    def value(self, name: str, read: Callable[[str], Any]) -> Any:
        """Return what `read` makes of a column, None where it is empty or (noted) wrong."""
        typed = self.at(name)
        if not typed:
            return None
        try:
            return read(typed)
        except PortalError as refusal:
            self.wrong(refusal, name)
            return None


def rows_of(
    said: Reading, sheet: Sheet, heading: Heading, columns: Mapping[str, int], beat: Callable[[], None]
) -> Iterator[Cells]:
    """Yield the rows below the headings. More than a file may have are noted and not read."""
    for index in heading.twice:
        said.fault(RuleBroken("A heading stands twice."), sheet.name, heading.first, index)
    for number, cells in sheet.rows():
        if number <= heading.last:
            continue
        said.rows += 1
        if said.rows > MOST_ROWS:
            said.fault(RuleBroken("A file may have {most} rows at most.", most=MOST_ROWS), sheet.name, number)
            return
        if said.rows % 500 == 0:
            beat()
        yield Cells(said, sheet.name, number, cells, columns)


def key_of(text: str) -> str:
    """Return a name as it is compared: no blanks, small letters."""
    return re.sub(r"\s+", "", inputs.parse_text(text)).casefold()


def take_row(said: Reading, line: Cells, known: Known, seen: dict[str, int]) -> None:
    """Hold one row against the registry, and note what it would change or what is wrong with it."""
    change = _change(said, line, known, seen)
    if not line.is_right or change is None:
        return
    if change.held is None:
        said.new += 1
        known.added[change.number] = change.name
        said.changes.append(change)
    elif change.differs:
        said.changed += 1
        said.changes.append(change)
    else:
        said.same += 1


def _change(said: Reading, line: Cells, known: Known, seen: dict[str, int]) -> Change | None:
    ident = line.number()
    if not ident:
        return None
    if ident in seen:
        line.wrong(RuleBroken("This number stands in row {row} already.", row=seen[ident]), "registration_number")
        return None
    seen[ident] = line.row
    try:
        held = known.institution(ident)
    except PortalError as refusal:
        line.wrong(refusal, "registration_number")
        return None
    values: dict[str, Any] = {}
    for name in HEADINGS:
        if name not in ("registration_number", "officer"):
            found = line.value(name, lambda typed, name=name: _value(name, typed, known))  # type: ignore[misc]
            if found is not None:
                values[name] = found
    unit = values.get("unit") or (known.by_id["unit"][held.unit_id] if held else None)
    if unit is None and not known.central:
        unit = values["unit"] = known.by.unit
    if unit is not None and not known.central and unit.id != known.by.unit_id:
        line.wrong(RuleBroken("This record belongs to another office."), "unit")
    if line.at("officer") and unit is not None:
        person = known.people.get((unit.id, key_of(line.at("officer"))))
        if person is None:
            line.wrong(RuleBroken("“{text}” is no person of this office.", text=line.at("officer")[:60]), "officer")
        else:
            values["officer"] = person
    if held is None:
        made = _new(said, line, ident, values, unit, known)
        if made is not None:
            _check_whole(Cooperative(**made.values), line)
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
        _check_whole(row, line)
    return Change(line.row, ident, held.name, held, {name: values[name] for name in differs}, differs)


def _check_whole(row: Cooperative, line: Cells) -> None:
    """Note what contradicts itself in a row, as the registry's own screen would refuse it."""
    try:
        checks.institution_is_sound(row)
    except PortalError as refusal:
        line.wrong(refusal, refusal.field)


def _new(
    said: Reading, line: Cells, ident: str, values: dict[str, Any], unit: Unit | None, known: Known
) -> Change | None:
    for name in ("name", "type"):
        if name not in values:
            line.wrong(RuleBroken("A new institution needs at least its name and kind."), name)
    if unit is None:
        line.wrong(RuleBroken("A new institution needs its office."), "unit")
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
            said.twins.append((line.row, values["name"], known.names[key]))
        known.names[key] = ident
    return Change(line.row, ident, values["name"], None, {"registration_number": ident, **values})


def _value(name: str, typed: str, known: Known) -> Any:
    if name in _RELATED:
        table = {"type": known.types, "unit": known.units, "province": known.provinces}[name]
        found = table.get(key_of(typed))
        if found is None:
            raise RuleBroken("“{text}” is not known here.", text=typed[:60])
        return found
    if name in _DAYS:
        return day(typed)
    if name in _MONEY:
        return inputs.parse_money(typed)
    if name == "members":
        return int(inputs.parse_number(typed, decimals=0, least=Decimal(0)))
    if name in ("kind", "status"):
        words: dict[str, str] = KINDS if name == "kind" else STATUSES
        return one_of_words(typed, words, InstitutionKind if name == "kind" else InstitutionStatus)
    if name == "year_end" and not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", typed):
        raise RuleBroken("Write month and day of the accounting year end, like 03-31.")
    text = inputs.parse_text(typed)
    longest = getattr(Cooperative._meta.fields[name], "max_length", None)
    if longest and len(text) > longest:
        raise RuleBroken("This is longer than {longest} characters.", longest=longest)
    return text


def day(typed: str) -> dt.date:
    """Return a day as it was typed or as a spreadsheet counts it. Raises RuleBroken."""
    if isinstance(typed, Number) or re.fullmatch(r"\d{5}(\.0+)?", typed):
        serial = float(typed)
        if 10_000 < serial < 80_000:
            return EXCEL_DAY_ONE + dt.timedelta(days=int(serial))
    return inputs.parse_date(typed.split(" 00:00")[0])


def one_of_words(typed: str, words: Mapping[str, str], kind: Any) -> Any:
    """Return the member of an enumeration that a Thai word, or its own value, names. Raises RuleBroken."""
    plain = words.get(inputs.parse_text(typed), typed)
    if plain not in tuple(kind):
        raise RuleBroken("“{text}” is not known here.", text=typed[:60])
    return kind(plain)


def _shown(name: str, value: Any, known: Known) -> str:
    if value is None or value == "":
        return ""
    if name in _RELATED:
        found = known.by_id[name].get(int(value))
        return str(found) if found is not None else str(value)
    if name in _MONEY:
        return f"{int(value) / 100:,.2f}"
    return str(value)
