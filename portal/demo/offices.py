"""The 78 offices as the demonstration imagines them: how large, how prompt, how far ahead; and their people."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from models import Person, Province, Region, Unit
from portal.database import tuples
from portal.demo import names
from portal.records import Work
from portal.rules.access import Role
from portal.rules.terms import UnitKind

# Rough size by province code, 1 = the median; the rest get a size by lot between 0.55 and 1.05.
_SIZES = {
    "30": 2.7, "34": 1.9, "40": 1.95, "50": 2.0, "31": 1.6, "41": 1.55, "80": 1.85, "33": 1.45, "32": 1.4, "90": 1.5,
    "20": 1.5, "45": 1.35, "57": 1.4, "60": 1.25, "84": 1.25, "36": 1.1, "44": 1.05, "46": 1.0, "47": 1.15, "70": 1.1,
    "72": 1.1, "73": 1.1, "11": 1.0, "12": 1.05, "13": 1.0, "65": 1.1, "67": 1.05, "71": 1.05, "14": 1.0, "52": 1.1,
    "85": 0.25, "75": 0.25, "58": 0.35, "23": 0.3, "82": 0.3, "83": 0.35, "17": 0.3, "15": 0.38, "26": 0.33, "91": 0.35,
    "38": 0.38, "49": 0.36, "37": 0.37, "39": 0.42, "61": 0.4, "18": 0.42, "81": 0.5, "96": 0.5, "95": 0.45, "94": 0.5,
}  # fmt: skip
PROMPT, USUAL, SLOW, CHRONIC = "prompt", "usual", "slow", "chronic"
_CHRONIC = ("P23", "P37", "P58", "P85", "P95")
_SLOW = ("P16", "P26", "P38", "P49", "P63", "P71", "P82", "P91", "P10-2")
LOGIN_OFFICE = "P40"  # where the logins `reporter` and `approver` work


@dataclass
class Office:
    """One field office. `pace` multiplies what its projects achieve."""

    id: int
    code: str
    province_id: int
    province: str
    province_code: str
    region: str
    size: float
    habit: str
    pace: float
    reporter: int = 0
    approver: int = 0
    officers: tuple[int, ...] = ()


def known() -> list[Office]:
    """Return the field offices with their characters, in the order of their codes."""
    query = (
        Unit.select(Unit.id, Unit.code, Province.id, Province.name, Province.code, Region.code)
        .join(Province)
        .join(Region)
        .where(Unit.kind == UnitKind.PROVINCIAL)
        .order_by(Unit.code)
    )
    rng = Random("2566/offices")
    region_pace: dict[str, float] = {}
    out = []
    for ident, code, province_id, province, province_code, region in tuples(query):
        base = region_pace.setdefault(region, rng.uniform(0.95, 1.045))
        size = _SIZES.get(province_code, round(rng.uniform(0.55, 1.05), 2))
        if code in _CHRONIC:
            habit, pace = CHRONIC, rng.uniform(0.68, 0.84)
        elif code in _SLOW:
            habit, pace = SLOW, rng.uniform(0.82, 0.97)
        elif code == LOGIN_OFFICE:
            habit, pace = USUAL, 1.0
        else:
            habit = PROMPT if rng.random() < 0.6 else USUAL
            pace = rng.uniform(0.95, 1.06)
        if code.startswith("P10"):
            size = 1.5
        out.append(Office(ident, code, province_id, province, province_code, region, size, habit, base * pace))
    return out


def people(work: Work, offices: list[Office], password: str) -> dict[str, int]:
    """Add the people of every office and of the central units; return the central ones' ids by unit code and login.

    `password` is the stored hash that all of them share. The six logins are named after their roles.
    """
    rng = Random("2566/people")
    used: dict[int, set[str]] = {}
    units = dict(tuples(Unit.select(Unit.code, Unit.id)))
    taken = {name for (name,) in tuples(Person.select(Person.username))}
    ids: dict[str, int] = {}

    def add(username: str, role: Role, unit: int, login: bool = False) -> int:
        if username in taken:
            return int(Person.get(Person.username == username).id)
        name = names.person(rng)
        while name in used.setdefault(unit, set()):
            name = names.person(rng)
        used[unit].add(name)
        held = work.create(
            Person, username=username, name=name, role=role, unit=unit, password=password if login else ""
        )
        return held.id

    for login, role, unit in (
        ("admin", Role.ADMIN, "C-ICT"),
        ("planning", Role.PLANNING, "C-PLAN"),
        ("division", Role.DIVISION, "C-AGR"),
        ("executive", Role.EXECUTIVE, "CPD"),
    ):
        ids[login] = add(login, role, units[unit], login=True)
    ids["C-AGR"] = ids["division"]
    for code, unit in sorted(units.items()):
        if code.startswith("C-") and code not in ("C-AGR", "C-INSP"):
            ids[code] = add(f"{code[2:].lower()}.review", Role.DIVISION, unit, login=True)
    for office in offices:
        is_login = office.code == LOGIN_OFFICE
        stem = office.code.lower()
        office.reporter = add("reporter" if is_login else f"{stem}.report", Role.REPORTER, office.id, login=True)
        office.approver = add("approver" if is_login else f"{stem}.approve", Role.APPROVER, office.id, login=True)
        officers = [add(f"{stem}.{n}", Role.REPORTER, office.id) for n in range(1, 3 + round(office.size * 2))]
        office.officers = tuple(officers)
    return ids
