"""The year's budget, some 2,700 million baht, and what was paid, ordered and reserved month by month. Satang."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from models import BudgetCategory, BudgetLine, Disbursement, FiscalYear, Unit
from portal.database import tuples
from portal.demo import curves
from portal.demo.catalogue import PLANS, Venture
from portal.demo.ledger import next_id
from portal.demo.offices import CHRONIC, SLOW, Office
from portal.demo.planning import Held
from portal.records import Work

AGENCY = "07012"
MILLION = 100_000_000  # satang in a million baht
STEP = 10_000  # grants are whole hundreds of baht

# Cumulative share paid at the end of each month, before a project's and an office's own pace.
_SALARIES = (8.1, 16.3, 24.6, 33.0, 41.4, 49.8, 58.2, 66.6, 75.0, 83.4, 91.7, 99.6)
_RUNNING = (9.5, 24.5, 40.0, 49.0, 57.5, 66.0, 74.0, 82.0, 89.5, 93.5, 97.0, 99.5)
_INVESTED = (0.5, 4.0, 12.5, 19.0, 26.0, 34.0, 39.0, 45.0, 51.5, 57.5, 64.5, 73.0)
_ORDERED = (2.0, 12.0, 27.0, 44.0, 55.0, 63.0, 69.0, 76.0, 82.0, 88.0, 93.0, 97.5)  # paid or under contract
Kinds = tuple[tuple[str, float], ...]
# Which categories a grant is split over, with their shares.
_SALARY_KINDS = (("1", 0.94), ("2", 0.06))
_RUNNING_KINDS = (("2", 0.74), ("4.1", 0.18), ("5", 0.08))
_INVESTED_KINDS = (("3.1", 0.45), ("3.2", 0.55))

_BOUGHT = {
    "3.1": (
        "เครื่องชั่งน้ำหนักรถบรรทุก 60 ตัน", "รถตักล้อยาง", "เครื่องอบลดความชื้น 30 ตัน", "ตู้แช่แข็งขนาด 20 คิว",
        "เครื่องบรรจุสุญญากาศ", "รถแทรกเตอร์ 95 แรงม้า", "เครื่องคัดขนาดผลผลิต",
    ),
    "3.2": (
        "ลานตากผลผลิต 3,200 ตารางเมตร", "โกดังเก็บผลผลิต 500 ตัน", "ฉางเก็บข้าวเปลือก 1,000 ตัน", "โรงคลุมลานตาก",
        "อาคารรวบรวมผลผลิต", "ถนนคอนกรีตภายในนิคม", "ระบบสูบน้ำพลังงานแสงอาทิตย์",
    ),
}  # fmt: skip


@dataclass
class Grant:
    """One budget line to be."""

    code: str
    unit: int
    project: int
    category: int
    nature: str
    act: int
    after: int
    pace: float
    is_salary: bool
    name: str = ""


def build(work: Work, year: FiscalYear, held: list[Held], offices: list[Office], as_of: dict[int, dt.date]) -> int:
    """Store budget lines and their monthly disbursements; return how many lines there are."""
    categories = dict(tuples(BudgetCategory.select(BudgetCategory.code, BudgetCategory.id)))
    central = dict(tuples(Unit.select(Unit.code, Unit.id)))
    grants = [grant for project in held for grant in _grants(project, offices, central, categories)]
    first = next_id(BudgetLine)
    rng = Random("2566/received")
    work.insert_rows(
        BudgetLine,
        (
            "id", "fiscal_year", "code", "name", "unit", "project", "category", "nature", "act", "after_transfers",
            "received",
        ),
        (
            (
                first + n, year.id, g.code, g.name, g.unit, g.project, g.category, g.nature, g.act, g.after,
                g.after if g.is_salary or rng.random() < 0.7 else g.after // 100 * rng.randint(96, 100),
            )
            for n, g in enumerate(grants)
        ),
    )  # fmt: skip
    work.insert_rows(
        Disbursement,
        ("line", "month", "disbursed", "ordered", "reserved", "data_as_of"),
        _months(first, grants, as_of),
    )
    return len(grants)


def kinds_of(venture: Venture) -> tuple[Kinds, Kinds]:
    """Return over which categories a project's recurrent money and its investments are split, each with its share."""
    return (_SALARY_KINDS if venture.code == "01" else _RUNNING_KINDS), _INVESTED_KINDS


def _grants(
    project: Held, offices: list[Office], central: dict[str, int], categories: dict[str, int]
) -> Iterator[Grant]:
    """Share a project's money over offices and its owner, each by category; transfers between them add up to nil."""
    venture = project.venture
    rng = Random(f"2566/money/{venture.code}")
    is_salary = venture.code == "01"
    taking = [o for o in offices if is_salary or any(o.id in goal.targets for goal in project.goals)]
    owners = _owners(venture.owner, central, is_salary)
    running, investing = kinds_of(venture)
    total = round(venture.money * MILLION / STEP)
    invested = round(total * venture.invest)
    for share, nature, at_centre, kinds in (
        (total - invested, "recurrent", 0.24 if is_salary else 0.3, running),
        (invested, "investment", 0.85 if venture.code == "07" else 0.06, investing),
    ):
        if not share:
            continue
        own = round(share * at_centre)
        parts = curves.apportion(share - own, [o.size * rng.uniform(0.7, 1.3) + 0.15 for o in taking])
        parts += curves.apportion(own, [1.0] * len(owners))
        units = [o.id for o in taking] + owners
        paces = [_pace(o) for o in taking] + [1.0] * len(owners)
        split = [curves.apportion(part, [weight for _, weight in kinds]) for part in parts]
        for column, (code, _) in enumerate(kinds):
            acts = [row[column] for row in split]
            moved = [0] * len(acts) if is_salary else _transfers(rng, acts)
            for unit, pace, act, change in zip(units, paces, acts, moved, strict=True):
                if act:
                    pace *= curves.around(rng, 0.04) * (1 - _drag(venture.pace, is_salary))
                    yield Grant(
                        _code(venture.plan, int(venture.code), code), unit, project.id, categories[code], nature,
                        act * STEP, (act + change) * STEP, pace, is_salary, _bought(venture.code, code, unit),
                    )  # fmt: skip


def _bought(project: str, category: str, unit: int) -> str:
    """Return what an investment line buys; running costs have no name."""
    kinds = _BOUGHT.get(category, ())
    return kinds[(int(project) + unit) % len(kinds)] if kinds else ""


def _transfers(rng: Random, acts: list[int]) -> list[int]:
    """Return what moves between neighbours: every tenth gives some of its grant to the next."""
    moved = [0] * len(acts)
    for giver in range(0, len(acts) - 1, 2):
        if rng.random() < 0.2 and acts[giver + 1]:
            moved[giver + 1] = acts[giver] * rng.randint(2, 8) // 100
            moved[giver] = -moved[giver + 1]
    return moved


def _owners(owner: str, central: dict[str, int], is_salary: bool) -> list[int]:
    if is_salary:
        return [unit for code, unit in sorted(central.items()) if code.startswith("C-")]
    return [central[owner]]


def _pace(office: Office) -> float:
    return {CHRONIC: 0.90, SLOW: 0.955}.get(office.habit, 1.0)


def _drag(pace: float, is_salary: bool) -> float:
    """A project that falls behind in work pays later too."""
    return 0.0 if is_salary else max(0.0, (0.97 - pace) * 0.45)


def _code(plan: int, project: int, category: str) -> str:
    """Return a budget code of 20 digits: agency 5, plan 2, output 4, 1, 1, category 3, running 4."""
    digits = {"1": "100", "2": "200", "3.1": "310", "3.2": "320", "4.1": "410", "5": "500"}[category]
    return f"{AGENCY}{PLANS[plan][0]}{project:04d}00{digits}{project * 10:04d}"


def _months(first: int, grants: list[Grant], as_of: dict[int, dt.date]) -> Iterator[tuple[Any, ...]]:
    rng = Random("2566/paid")
    for n, grant in enumerate(grants):
        paid_before = bound_before = reserved_before = 0
        curve = _SALARIES if grant.is_salary else _RUNNING if grant.nature == "recurrent" else _INVESTED
        wobble = 0.004 if grant.is_salary else 0.05
        for month in curves.MONTHS:
            share = min(curve[month - 1] * grant.pace * curves.around(rng, wobble) / 100, 1.0)
            paid = max(int(grant.after * share), paid_before)
            if grant.nature == "investment":
                bound = max(int(grant.after * min(_ORDERED[month - 1] * grant.pace / 100, 1.0)) - paid, 0)
            else:
                bound = 0 if grant.is_salary else int((grant.after - paid) * 0.04 * rng.random())
            reserved = (grant.after - paid - bound) * 6 // 10 if month == 12 and grant.nature == "investment" else 0
            yield (
                first + n, month, paid - paid_before, bound - bound_before, reserved - reserved_before,
                as_of[month].isoformat(),
            )  # fmt: skip
            paid_before, bound_before, reserved_before = paid, bound, reserved
