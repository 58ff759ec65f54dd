"""Shipped forms that the offices of one region use in the demonstration year, with answers that their rules admit."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from models import Cooperative, Form, FormAssignment, FormVersion
from portal.database import tuples
from portal.demo import phrases
from portal.demo.offices import LOGIN_OFFICE, Office
from portal.forms import kinds, reading
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Value
from portal.records import Work
from portal.rules.fiscal import first_day
from portal.rules.workflow import State

ONE = 10_000
YEAR = 2566
_COURSES = ("บัญชีสหกรณ์เบื้องต้น", "การบริหารความเสี่ยงสหกรณ์", "คณะกรรมการดำเนินการมือใหม่", "การตลาดออนไลน์สินค้าสหกรณ์",
            "ยุวชนสหกรณ์", "การควบคุมภายใน")  # fmt: skip
_PLACES = ("งบประมาณโอนล่าช้า", "สมาชิกค้างชำระหนี้หลังน้ำท่วม", "ลานตากผลผลิตไม่พอ", "ขาดเจ้าหน้าที่บัญชี", "ราคาผลผลิตตกต่ำ")


def offices_of(offices: list[Office]) -> frozenset[int]:
    """Return the offices that owe the shipped forms: those of the region one signs in to."""
    region = next(o.region for o in offices if o.code == LOGIN_OFFICE)
    return frozenset(o.id for o in offices if o.region == region)


def put_in_use(work: Work, offices: list[Office], at: dt.datetime) -> list[tuple[Form, int]]:
    """Switch the forms on for their offices, published `at`; return each with the id of its version."""
    out = []
    for code in MAKERS:
        form = Form.get(Form.code == code)
        work.update(form, is_active=True, for_all_offices=False)
        for unit in sorted(offices_of(offices)):
            work.create(FormAssignment, form=form.id, unit=unit)
        version = reading.published(form)
        assert version is not None
        work.update(version, published_at=at)
        out.append((form, version.id))
    return out


class Writer:
    """Answers for one form after the other, the same every time."""

    def __init__(self) -> None:
        self.specs: dict[int, FormSpec] = {}
        self.institutions: dict[int, list[str]] = defaultdict(list)
        query = Cooperative.select(Cooperative.unit, Cooperative.registration_number).order_by(Cooperative.id)
        for unit, number in tuples(query):
            if len(self.institutions[unit]) < 40:
                self.institutions[unit].append(number)

    def rows(
        self, submission: int, version: int, code: str, office: Office, month: int, state: State | None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the answers of one report as the store holds them; a draft has only some of a table."""
        if version not in self.specs:
            self.specs[version] = reading.spec_of(FormVersion.get_by_id(version))
        spec = self.specs[version]
        rng = Random(f"2566/{code}/{office.code}/{month}")
        for cell, value in MAKERS[code](rng, office, month, self.institutions[office.id]).items():
            if state is State.DRAFT and cell.row and rng.random() < 0.4:
                continue
            number, text = kinds.of(spec.asked[cell.key]).to_store(value)
            yield submission, cell.key, cell.row, None, "value", None if number is None else int(number * ONE), text


def _cells(
    plain: Mapping[str, Value], table: str = "", rows: list[dict[str, Value]] | None = None
) -> dict[Cell, Value]:
    out = {Cell(key): value for key, value in plain.items()}
    for n, row in enumerate(rows or [], 1):
        out |= {Cell(f"{table}.{key}", n): value for key, value in row.items()}
    return out


def _whole(rng: Random, low: int, high: int) -> Decimal:
    return Decimal(rng.randint(low, high))


def _day(rng: Random, month: int) -> dt.date:
    return first_day(YEAR, month) + dt.timedelta(days=rng.randint(0, 16))


def _training(rng: Random, office: Office, month: int, institutions: list[str]) -> dict[Cell, Value]:
    if rng.random() < 0.25:
        return _cells({"any_training": False})
    rows: list[dict[str, Value]] = []
    for course in rng.sample(_COURSES, rng.randint(1, 3)):
        begins, planned = _day(rng, month), rng.randint(2, 8) * 10
        women = round(planned * rng.uniform(0.4, 0.65))
        rows.append({
            "course": course, "from_on": begins, "to_on": begins + dt.timedelta(days=rng.randint(0, 2)),
            "for_whom": rng.choice(("committee", "staff", "members", "youth")), "planned": Decimal(planned),
            "male": Decimal(planned - women), "female": Decimal(women),
            "spent": Decimal(planned * rng.randint(180, 900)), "satisfied": Decimal(rng.randint(820, 985)) / 10,
        })  # fmt: skip
    return _cells({"any_training": True, "learned": "นำแบบฟอร์มบัญชีไปใช้ในสหกรณ์"}, "courses", rows)


def _produce(rng: Random, office: Office, month: int, institutions: list[str]) -> dict[Cell, Value]:
    if rng.random() < 0.1 or not institutions:
        return _cells({"any": False})
    rows: list[dict[str, Value]] = []
    for number in sorted(rng.sample(institutions, min(len(institutions), rng.randint(2, 6)))):
        crop, price = rng.choice((("paddy", 11_200), ("cassava", 3_100), ("cane", 1_080), ("rubber", 44_000)))
        collected = Decimal(rng.randint(800, 90_000)) / 100
        sold = round(collected * Decimal(rng.randint(60, 100)) / 100, 2)
        paid = Decimal(price + rng.randint(-40, 40) * 10)
        rows.append({
            "institution": number, "crop": crop, "sellers": _whole(rng, 8, 240), "collected": collected,
            "price": paid, "sold": sold, "sales": round(sold * paid * Decimal(rng.randint(101, 109)) / 100, 2),
        })  # fmt: skip
    channels = tuple(c for c in ("mill", "coops", "retail", "online") if rng.random() < 0.5) or ("mill",)
    return _cells({"any": True, "channels": channels}, "lots", rows)


def _problems(rng: Random, office: Office, month: int, institutions: list[str]) -> dict[Cell, Value]:
    if rng.random() < 0.35 or not institutions:
        return _cells({"any": False})
    rows: list[dict[str, Value]] = []
    for problem in rng.sample(_PLACES, rng.randint(1, 3)):
        rows.append({
            "area": rng.choice(("budget", "institution", "market", "disaster")),
            "institution": rng.choice(institutions), "problem": problem, "affected": _whole(rng, 5, 300),
            "remedy": rng.choice(phrases.REMEDIES), "responsible": "กลุ่มส่งเสริมสหกรณ์ 1",
            "due_on": _day(rng, month) + dt.timedelta(days=45), "state": rng.choice(("new", "going", "done")),
        })  # fmt: skip
    return _cells({"any": True, "asked": "ขอรับการสนับสนุนงบประมาณเพิ่มเติม"}, "problems_table", rows)


def _loans(rng: Random, office: Office, month: int, institutions: list[str]) -> dict[Cell, Value]:
    rows: list[dict[str, Value]] = []
    for size in (3, 1, 4, 12, 2):
        due = Decimal(round(size * 120_000 * office.size * rng.uniform(0.6, 1.4)))
        repaid = round(due * Decimal(rng.randint(82, 100)) / 100, 2)
        rows.append({
            "contracts": Decimal(size * 6), "lent": Decimal(size * rng.randint(10, 90) * 1_000), "due": due,
            "repaid": repaid, "overdue": due - repaid, "balance": due * 9,
        })  # fmt: skip
    plain: dict[str, Value] = {
        "visited": _whole(rng, 2, 14), "sued": _whole(rng, 0, 2), "rescheduled": _whole(rng, 0, 5),
        "plan": "ติดตามสหกรณ์ที่ค้างชำระเกินสามเดือนเป็นรายแห่ง",
    }  # fmt: skip
    return _cells(plain, "by_source", rows)


MAKERS: dict[str, Callable[[Random, Office, int, list[str]], dict[Cell, Value]]] = {
    "TR-01": _training, "AG-01": _produce, "PB-01": _problems, "LN-01": _loans,
}  # fmt: skip
