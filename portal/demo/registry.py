"""The registry of institutions: 6,653 cooperatives by type as counted at the end of 2563, groups beside them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from models import Cooperative, CooperativeType, CooperativeYear, FiscalYear
from portal.database import tuples
from portal.demo import names
from portal.demo.curves import apportion
from portal.demo.ledger import next_id
from portal.demo.offices import Office
from portal.records import Work
from portal.rules import thai

# Cooperatives by type on 31 December 2563 (National Statistical Office) and members a cooperative in December 2565.
COUNTS = {"AGR": 3307, "FIS": 74, "LST": 85, "THR": 1417, "CON": 126, "SVC": 1063, "CUN": 581}
MEMBERS = {"AGR": 1865, "FIS": 148, "LST": 2129, "THR": 2217, "CON": 4320, "SVC": 458, "CUN": 1358, "FGR": 78}
FARMER_GROUPS = 4500  # nobody publishes their number; domain experts plan with about as many
OCCUPATIONAL_GROUPS = 620
# Bangkok's two offices hold 315 and 414 cooperatives, hardly any of them agricultural.
BANGKOK = {
    "P10-1": {"AGR": 8, "FIS": 1, "LST": 0, "THR": 140, "CON": 26, "SVC": 80, "CUN": 60},
    "P10-2": {"AGR": 10, "FIS": 1, "LST": 0, "THR": 165, "CON": 30, "SVC": 128, "CUN": 80},
}
_COAST = frozenset("11 20 21 22 23 24 74 75 76 77 80 81 82 83 84 85 86 90 91 92 93 94 96".split())
_SETTLED = frozenset("R05 R06 R08 R09 R13 R16 R17 R18".split())
_URBAN = frozenset("11 12 13 74 20 83".split())
_CAPITAL = {"AGR": 6.5e6, "FIS": 1.2e6, "LST": 9e6, "THR": 3.1e8, "CON": 1.5e7, "SVC": 8e6, "CUN": 2.6e7, "FGR": 1.6e5}
_YEAR_ENDS = ("03-31", "03-31", "12-31", "12-31", "06-30", "09-30", "01-31", "02-28")


@dataclass
class Institution:
    """What visits and plans need to know of one institution."""

    id: int
    office: Office
    type: str
    kind: str
    status: str
    officer: int
    strength: int | None = None


def build(work: Work, years: dict[int, FiscalYear], offices: list[Office]) -> list[Institution]:
    """Store all institutions with class and grade of 2565 and 2566; return them in the order of their numbers."""
    types = dict(tuples(CooperativeType.select(CooperativeType.code, CooperativeType.id)))
    out: list[Institution] = []
    work.insert_rows(
        Cooperative,
        (
            "id", "registration_number", "name", "kind", "type", "unit", "province", "district", "promotion_group",
            "officer", "status", "registered_on", "dissolved_on", "year_end", "members", "capital", "business_volume",
            "name_sort",
        ),
        _rows(next_id(Cooperative), types, offices, out),
    )  # fmt: skip
    work.insert_rows(
        CooperativeYear,
        ("cooperative", "fiscal_year", "strength_class", "grade"),
        _years(years[2565].id, years[2566].id, out),
    )
    return out


def _spread(offices: list[Office]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield type, kind and how many each office has, in the order of the offices."""
    for code, total in COUNTS.items():
        fixed = [BANGKOK.get(o.code, {}).get(code, 0) for o in offices]
        weights = [0.0 if o.code in BANGKOK else o.size * _taste(code, o) for o in offices]
        shared = apportion(total - sum(fixed), weights)
        yield code, "cooperative", [a + b for a, b in zip(fixed, shared, strict=True)]
    rural = [0.04 if o.code in BANGKOK else o.size * (0.35 if o.province_code in _URBAN else 1.0) for o in offices]
    yield "FGR", "farmer_group", apportion(FARMER_GROUPS, rural)
    yield "FGR", "occupational_group", apportion(OCCUPATIONAL_GROUPS, rural)


def _taste(code: str, office: Office) -> float:
    if code == "FIS":
        return 1.0 if office.province_code in _COAST else 0.06
    if code == "LST":
        return 1.0 if office.region in _SETTLED else 0.15
    if code == "AGR":
        return 0.4 if office.province_code in _URBAN else 1.0
    return 1.7 if office.province_code in _URBAN else 1.0


def _rows(
    first: int, types: dict[str, int], offices: list[Office], out: list[Institution]
) -> Iterator[tuple[Any, ...]]:
    spread = list(_spread(offices))
    ident = first
    for position, office in enumerate(offices):
        rng = Random(f"2566/registry/{office.code}")
        towns = names.districts(office.province, 5 + round(office.size * 7))
        groups = [f"กลุ่มส่งเสริมสหกรณ์ {n}" for n in range(1, 2 + max(1, round(office.size * 2)))]
        seen: set[str] = set()
        for code, kind, counts in spread:
            for _ in range(counts[position]):
                name = _name(rng, code, kind, office, seen)
                status, registered, dissolved = _life(rng, kind)
                members, capital, volume = _size(rng, code)
                officer = rng.choice(office.officers)
                place = rng.randrange(len(towns)) if rng.random() < 0.75 else 0
                number = f"{office.province_code}{'0100' if kind == 'cooperative' else '0200'}{ident:07d}"
                out.append(Institution(ident, office, code, kind, status, officer))
                yield (
                    ident, number, name, kind, types[code], office.id, office.province_id, towns[place],
                    groups[place % len(groups)], officer, status, registered, dissolved, rng.choice(_YEAR_ENDS),
                    members, capital, volume, thai.sort_key(name),
                )  # fmt: skip
                ident += 1


def _name(rng: Random, code: str, kind: str, office: Office, seen: set[str]) -> str:
    for _ in range(6):
        if kind == "cooperative":
            name = names.cooperative(rng, code, office.province)
        elif kind == "farmer_group":
            name = names.farmer_group(rng)
        else:
            name = names.occupational_group(rng)
        if name not in seen:
            break
    seen.add(name)
    return name


def _life(rng: Random, kind: str) -> tuple[str, str, str | None]:
    """Return status, day of registration and day of dissolution."""
    newest = dt.date(2022, 6, 30) if rng.random() < 0.03 else dt.date(2018, 9, 1)
    oldest = dt.date(1972, 1, 1)
    registered = oldest + dt.timedelta(days=int((newest - oldest).days * math.sqrt(rng.random())))
    lot = rng.random()
    if kind == "farmer_group" and lot < 0.008:
        return "dissolved", registered.isoformat(), dt.date(2022, 10 + int(rng.random() * 3), 15).isoformat()
    status = "dissolving" if lot < 0.042 else "stopped" if lot < 0.085 else "operating"
    return status, registered.isoformat(), None


def _size(rng: Random, code: str) -> tuple[int, int, int]:
    """Return members, capital and a year's business in satang."""
    spread = rng.lognormvariate(-0.32, 0.8)
    members = max(10, round(MEMBERS[code] * spread))
    capital = round(_CAPITAL[code] * spread * rng.uniform(0.6, 1.4)) * 100
    return members, capital, round(capital * rng.uniform(0.2, 1.1))


def _years(before: int, now: int, institutions: list[Institution]) -> Iterator[tuple[Any, ...]]:
    rng = Random("2566/classes")
    for held in institutions:
        if held.kind == "occupational_group" or held.status == "dissolved":
            continue
        earlier = _class(rng, held)
        later = earlier
        if earlier is not None:
            lot = rng.random()
            later = max(1, earlier - 1) if lot < 0.09 else min(3, earlier + 1) if lot < 0.12 else earlier
        held.strength = earlier
        grade = _grade(rng, held)
        yield held.id, before, earlier, grade
        yield held.id, now, later, grade if rng.random() < 0.8 else _grade(rng, held)


def _class(rng: Random, held: Institution) -> int | None:
    if held.status != "operating" or rng.random() < 0.02:
        return None
    lot = rng.random()
    if held.kind == "cooperative":
        return 1 if lot < 0.30 else 2 if lot < 0.90 else 3
    return 1 if lot < 0.05 else 2 if lot < 0.31 else 3


def _grade(rng: Random, held: Institution) -> str:
    if held.status != "operating":
        return "not_assessed"
    lot = rng.random()
    for grade, share in (("excellent", 0.13), ("very_good", 0.36), ("good", 0.60), ("below", 0.91)):
        if lot < share:
            return grade
    return "not_assessed"
