"""The report forms of the demonstration year: one for each project, and the general ones every office fills in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from models import Form, FormAssignment, FormVersion, Unit
from portal.database import tuples
from portal.demo import shelved
from portal.demo.offices import Office
from portal.demo.planning import Goal, Held
from portal.records import Work
from portal.rules.terms import FormState, PeriodKind

_BEING_REVISED = ("G01", "G08")  # a second version of these is in draft
PARTED = ("BAHT", "TON", "RAI")  # units of which there are parts
PUBLISHED = dt.datetime.combine(dt.date(2022, 9, 26), dt.time(10, 0))


@dataclass(frozen=True)
class Count:
    """A question of a general form that no indicator stands behind; `size` is a month's usual figure."""

    key: str
    label: str
    label_en: str
    unit: str
    size: float
    kind: str = "number"


@dataclass
class Sheet:
    """One stored form, ready to be filled in."""

    id: int
    version_id: int
    code: str
    name: str
    owner_id: int
    owner: str
    goals: list[Goal]
    counts: tuple[Count, ...]
    only: frozenset[int] | None  # unit ids that owe it; None = all offices
    is_shipped: bool = False  # its answers are made by `shelved`


C = Count
# (code, owner, name, English name, questions, regions that owe it: empty = every office)
GENERAL: tuple[tuple[str, str, str, str, tuple[Count, ...], str], ...] = (
    ("G01", "C-PLAN", "แบบรายงานผลการปฏิบัติงานนอกแผน", "Work outside the plan", (
        C("jobs", "จำนวนงานที่ได้รับมอบหมายนอกแผน", "Jobs outside the plan", "ITEM", 2.2),
        C("people", "จำนวนผู้ปฏิบัติงาน", "Officers on them", "PERSON", 3.5)), ""),
    ("G02", "C-PLAN", "แบบรายงานการเบิกจ่ายของหน่วยงาน", "Disbursement by the office", (
        C("paid", "เบิกจ่ายในเดือน", "Paid this month", "BAHT", 210_000, "money"),
        C("bound", "ก่อหนี้ผูกพันคงค้าง", "Committed, unpaid", "BAHT", 90_000, "money")), ""),
    ("G03", "C-HRD", "แบบรายงานอัตรากำลัง", "Staffing", (
        C("officials", "ข้าราชการที่ปฏิบัติงานจริง", "Officials at work", "PERSON", 24),
        C("employees", "พนักงานราชการที่ปฏิบัติงานจริง", "Government employees at work", "PERSON", 11),
        C("vacant", "ตำแหน่งว่าง", "Vacant posts", "PERSON", 1.6)), ""),
    ("G04", "C-REG", "แบบรายงานการจัดตั้งและเลิกสหกรณ์", "Set up and closed", (
        C("founded", "สหกรณ์ที่จดทะเบียนใหม่", "Newly registered", "PLACE", 0.2),
        C("closed", "สหกรณ์ที่สั่งเลิก", "Ordered closed", "PLACE", 0.3)), ""),
    ("G05", "C-REG", "แบบรายงานเรื่องร้องเรียน", "Complaints", (
        C("received", "เรื่องที่รับใหม่", "Received", "ITEM", 0.7),
        C("settled", "เรื่องที่ยุติแล้ว", "Settled", "ITEM", 0.6)), ""),
    ("G06", "C-NONAGR", "แบบรายงานการประชุมใหญ่และการจัดสรรกำไร", "General meetings", (
        C("held", "สหกรณ์ที่จัดประชุมใหญ่แล้ว", "Meetings held", "PLACE", 6),
        C("dividend", "เงินปันผลและเฉลี่ยคืน", "Dividends and rebates", "BAHT", 3_200_000, "money")), ""),
    ("G07", "C-AGR", "แบบรายงานราคาและการรวบรวมผลผลิต", "Produce collected", (
        C("rice", "ข้าวเปลือกที่รวบรวม", "Paddy collected", "TON", 420),
        C("other", "ผลผลิตอื่นที่รวบรวม", "Other produce collected", "TON", 260)), ""),
    ("G08", "C-SUP", "แบบรายงานภัยพิบัติที่กระทบสมาชิกสหกรณ์", "Disasters", (
        C("hit", "สมาชิกที่ได้รับผลกระทบ", "Members affected", "CASE", 18),
        C("area", "พื้นที่เสียหาย", "Area damaged", "RAI", 60)), ""),
    ("G09", "C-ICT", "แบบรายงานความพร้อมของระบบและข้อมูล", "Systems and data", (
        C("broken", "วันที่ระบบใช้งานไม่ได้", "Days out of order", "DAY", 0.3),
        C("mended", "ระเบียนที่แก้ไข", "Records mended", "ITEM", 14)), ""),
    ("G10", "C-MACH", "แบบรายงานการใช้พื้นที่นิคมสหกรณ์", "Use of settlement land", (
        C("used", "พื้นที่ใช้ประโยชน์", "Land in use", "RAI", 5200),), "R05 R06 R07 R08 R09 R16 R17 R18"),
    ("G11", "C-ROYAL", "แบบรายงานการเตรียมการรับเสด็จและงานพระราชพิธี", "Royal visits and ceremonies", (
        C("events", "จำนวนครั้ง", "Times", "TIME", 0.4),), "R13 R15 R16 R17"),
)  # fmt: skip


def build(work: Work, held: list[Held], offices: list[Office]) -> list[Sheet]:
    """Store the forms with their published versions; return them in the order of their codes."""
    units = dict(tuples(Unit.select(Unit.code, Unit.id)))
    out = [_project_form(work, project, n) for n, project in enumerate(held, 1)]
    for n, (code, owner, name, english, counts, regions) in enumerate(GENERAL, len(held) + 1):
        chosen = frozenset(o.id for o in offices if o.region in regions.split()) if regions else None
        form = work.create(
            Form, code=code, name=name, name_en=english, owner=units[owner], for_all_offices=chosen is None,
            kind=PeriodKind.MONTH, position=n,
        )  # fmt: skip
        for unit in sorted(chosen or ()):
            work.create(FormAssignment, form=form.id, unit=unit)
        questions = [
            {
                "key": c.key, "kind": c.kind if c.unit in PARTED else "whole", "label": c.label,
                "label_en": c.label_en, "unit": c.unit, "required": True, "indicator": None, "indicator_id": None,
                "least": "0",
            }
            for c in counts
        ]  # fmt: skip
        version = _publish(work, form, [{"title": "รายการ", "title_en": "Items", "questions": questions}, _remarks()])
        out.append(Sheet(form.id, version, code, form.name, units[owner], owner, [], counts, chosen))
        if code in _BEING_REVISED:
            draft = questions[:1] + [{**q, "required": False} for q in questions[1:]]
            sections = [{"title": "รายการ", "title_en": "Items", "questions": draft}, _remarks()]
            work.create(FormVersion, form=form.id, number=2, spec={"sections": sections})
    few = shelved.offices_of(offices)
    owners = {ident: code for code, ident in units.items()}
    for form, version in shelved.put_in_use(work, offices, PUBLISHED):
        owner = owners[form.owner_id]
        out.append(Sheet(form.id, version, form.code, form.name, form.owner_id, owner, [], (), few, is_shipped=True))
    return out


def _project_form(work: Work, project: Held, position: int) -> Sheet:
    venture = project.venture
    code = f"P{venture.code}"
    form = work.create(
        Form, code=code, name=f"แบบรายงานผล{venture.name}", name_en=f"Progress of project {venture.code}",
        owner=project.owner_id, project=project.id, kind=PeriodKind.MONTH, position=position,
    )  # fmt: skip
    questions = [
        {
            "key": key_of(goal), "kind": "number" if goal.decimals else "whole", "label": goal.measure.name,
            "label_en": f"Indicator {goal.code}", "unit": goal.measure.unit, "required": True,
            "indicator": goal.code, "indicator_id": goal.id, **({"decimals": goal.decimals} if goal.decimals else {}),
        }
        for goal in project.goals
    ]  # fmt: skip
    version = _publish(
        work, form, [{"title": "ผลตามตัวชี้วัด", "title_en": "Indicators", "questions": questions}, _remarks()]
    )
    return Sheet(form.id, version, code, form.name, project.owner_id, venture.owner, project.goals, (), None)


def key_of(goal: Goal) -> str:
    """Return the key of the question that asks for an indicator."""
    return "i" + goal.code.replace("-", "_")


def _publish(work: Work, form: Form, sections: list[dict[str, Any]]) -> int:
    version = work.create(
        FormVersion, form=form.id, number=1, spec={"sections": sections}, state=FormState.PUBLISHED,
        published_at=PUBLISHED,
    )  # fmt: skip
    return version.id


def _remarks() -> dict[str, Any]:
    def text(key: str, label: str, english: str) -> dict[str, Any]:
        return {
            "key": key, "kind": "long_text", "label": label, "label_en": english, "unit": "", "required": False,
            "indicator": None, "indicator_id": None,
        }  # fmt: skip

    return {
        "title": "ปัญหาและแนวทางแก้ไข",
        "title_en": "Problems and remedies",
        "questions": [
            text("problems", "ปัญหา/อุปสรรค", "Problems"),
            text("remedies", "แนวทางแก้ไข", "Remedies"),
        ],
    }
