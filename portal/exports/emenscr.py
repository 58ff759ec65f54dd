"""eMENSCR of the NESDC: a project's modules M1 to M5, with its links of three levels and its progress by quarter.

What the modules hold is inferred (domain.md section 6.2: link to plans, general, detail, activities and budget,
progress and problems); their field lists are not public.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from portal import formats
from portal.exports.figures import Figures, ProjectFacts, baht
from portal.exports.target import Record, Sheet, Target, fields
from portal.rules.fiscal import quarter_of
from portal.rules.handoffs import Span
from portal.rules.mappings import Value
from portal.rules.progress import share
from portal.rules.terms import PeriodKind

_OF = (("project_code", "รหัสโครงการ"), ("project", "ชื่อโครงการ"))

LINKS = Sheet(
    "m1", "M1 ความเชื่อมโยงแผน",
    fields(*_OF, ("level_1", "แผนระดับที่ 1 ยุทธศาสตร์ชาติ"), ("level_2", "แผนระดับที่ 2 แผนแม่บท"),
           ("level_3", "แผนระดับที่ 3 แผนปฏิบัติราชการ"), ("plan_code", "รหัสแผนงาน"), ("plan", "แผนงาน")),
)  # fmt: skip
GENERAL = Sheet(
    "m2", "M2 ข้อมูลทั่วไป",
    fields(*_OF, ("year", "ปีงบประมาณ"), ("owner", "หน่วยงานรับผิดชอบ"), ("starts_on", "วันเริ่มต้น"),
           ("ends_on", "วันสิ้นสุด"), ("priority", "โครงการสำคัญ")),
)  # fmt: skip
DETAIL = Sheet(
    "m3", "M3 รายละเอียด",
    fields(*_OF, ("objective", "วัตถุประสงค์"), ("expected_outcome", "ผลที่คาดว่าจะเกิด"), ("area", "พื้นที่ดำเนินการ"),
           ("goals", "เป้าหมายและตัวชี้วัด")),
)  # fmt: skip
ACTIVITIES = Sheet(
    "m4", "M4 กิจกรรม",
    fields(*_OF, ("activity_code", "รหัสกิจกรรม"), ("activity", "กิจกรรม"), ("main_code", "รหัสกิจกรรมหลัก"),
           ("starts_on", "วันเริ่มต้น"), ("ends_on", "วันสิ้นสุด")),
)  # fmt: skip
BUDGET = Sheet(
    "m4b", "M4 งบประมาณ",
    fields(*_OF, ("year", "ปีงบประมาณ"), ("category_code", "รหัสงบรายจ่าย"), ("category", "งบรายจ่าย"),
           ("act", "งบประมาณตาม พ.ร.บ."), ("granted", "งบประมาณหลังโอนเปลี่ยนแปลง"), ("paid", "เบิกจ่ายสะสม")),
)  # fmt: skip
PROGRESS = Sheet(
    "m5", "M5 ความก้าวหน้า",
    fields(*_OF, ("year", "ปีงบประมาณ"), ("quarter", "ไตรมาส"), ("indicator_code", "รหัสตัวชี้วัด"), ("indicator", "ตัวชี้วัด"),
           ("measure", "หน่วยนับ"), ("target", "เป้าหมายทั้งปี"), ("plan", "แผนของไตรมาส"), ("result", "ผลของไตรมาส"),
           ("plan_to_date", "แผนสะสม"), ("result_to_date", "ผลสะสม"), ("reached", "ร้อยละของแผนสะสม"),
           ("of_year", "ร้อยละของเป้าหมายทั้งปี"), ("paid", "เบิกจ่ายของไตรมาส (บาท)"),
           ("paid_to_date", "เบิกจ่ายสะสม (บาท)"), ("problems", "ปัญหา/อุปสรรค"), ("remedies", "แนวทางแก้ไข")),
)  # fmt: skip


def gather(figures: Figures, span: Span) -> Mapping[str, Sequence[Record]]:
    """Return the rows of every module."""
    made: dict[str, list[Record]] = {sheet.slug: [] for sheet in TARGET.sheets}
    for project in figures.projects:
        about = ("Project", project.id)
        of: dict[str, Value] = {"project_code": project.key, "project": project.name}
        made["m1"].append(
            Record(project.key, of | {
                "level_1": project.strategy, "level_2": project.master or project.plan_master,
                "level_3": project.action or project.plan_action, "plan_code": project.plan_code, "plan": project.plan,
            }, about)
        )  # fmt: skip
        made["m2"].append(
            Record(project.key, of | {
                "year": span.year, "owner": project.owner, "starts_on": project.starts_on, "ends_on": project.ends_on,
                "priority": "ใช่" if project.is_priority else "ไม่ใช่",
            }, about)
        )  # fmt: skip
        made["m3"].append(
            Record(project.key, of | {
                "objective": project.objective, "expected_outcome": project.expected_outcome, "area": project.area,
                "goals": _goals(figures, project),
            }, about)
        )  # fmt: skip
        made["m4"] += _activities(figures, project, of)
        made["m4b"] += _budget(figures, span, project, of)
        made["m5"] += _progress(figures, span, project, of)
    return made


def _goals(figures: Figures, project: ProjectFacts) -> str:
    return "; ".join(
        f"{one.name} {formats.quantity(figures.targets[one.id])} {one.measure}"
        for one in figures.leading(project.id)
        if figures.targets[one.id] is not None
    )


def _activities(figures: Figures, project: ProjectFacts, of: Mapping[str, Value]) -> Iterator[Record]:
    for activity in figures.activities.values():
        if activity.project == project.id:
            main = figures.main(activity.id)
            yield Record(f"{project.key}|{activity.code}", {
                **of, "activity_code": activity.code, "activity": activity.name,
                "main_code": main.code if main.id != activity.id else None,
                "starts_on": activity.starts_on or project.starts_on, "ends_on": activity.ends_on or project.ends_on,
            }, ("Activity", activity.id), {"project": ("Project", project.id)})  # fmt: skip


def _budget(figures: Figures, span: Span, project: ProjectFacts, of: Mapping[str, Value]) -> Iterator[Record]:
    sums: dict[int, list[int]] = {}
    for line in figures.lines:
        if line.project == project.id:
            held = sums.setdefault(line.category, [0, 0, 0])
            for place, amount in enumerate((line.act, line.granted, sum(line.paid))):
                held[place] += amount
    for category, (act, granted, paid) in sorted(sums.items(), key=lambda one: figures.categories[one[0]]):
        code, name = figures.categories[category]
        yield Record(f"{project.key}|{code}", {
            **of, "year": span.year, "category_code": code, "category": name, "act": baht(act) if act else None,
            "granted": baht(granted), "paid": baht(paid),
        }, ("Project", project.id))  # fmt: skip


def _progress(figures: Figures, span: Span, project: ProjectFacts, of: Mapping[str, Value]) -> Iterator[Record]:
    for quarter in range(quarter_of(span.first), quarter_of(span.last) + 1):
        first, last = quarter * 3 - 2, min(quarter * 3, span.last)
        problems, remedies = figures.told(project.id, range(first, last + 1))
        for one in figures.leading(project.id):
            plans, results = figures.plans[one.id], figures.results[one.id]
            planned, reached = (figures.to_date(one, months, 1, last) for months in (plans, results))
            yield Record(f"{project.key}|{one.code}|q{quarter}", {
                **of, "year": span.year, "quarter": quarter, "indicator_code": one.code, "indicator": one.name,
                "measure": one.measure, "target": figures.targets[one.id],
                "plan": figures.to_date(one, plans, first, last), "result": figures.to_date(one, results, first, last),
                "plan_to_date": planned, "result_to_date": reached, "reached": _percent(reached, planned),
                "of_year": _percent(reached, figures.targets[one.id]), "paid": figures.paid(project.id, first, last),
                "paid_to_date": figures.paid(project.id, 1, last), "problems": problems, "remedies": remedies,
            }, ("Indicator", one.id), {"project": ("Project", project.id)})  # fmt: skip


def _percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    found = share(part, whole)
    return None if found is None else found.quantize(Decimal("0.01"), ROUND_HALF_UP)


TARGET = Target(
    "emenscr", "eMENSCR", "สำนักงานสภาพัฒนาการเศรษฐกิจและสังคมแห่งชาติ", PeriodKind.QUARTER,
    (LINKS, GENERAL, DETAIL, ACTIVITIES, BUDGET, PROGRESS), gather,
)  # fmt: skip
