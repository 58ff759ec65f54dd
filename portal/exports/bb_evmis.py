"""BB EvMIS of the Budget Bureau: สงป.301, work by activity and unit of measure; สงป.302, spending by expense.

As built in a sister department's system (domain.md section 6.1): twelve planned and twelve reached figures, of single
months; problems as text. The Bureau's own upload layout is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal import formats
from portal.exports.figures import Figures, baht, planned_spending
from portal.exports.target import Record, Sheet, Target, by_month, fields, months_of
from portal.rules.handoffs import Span
from portal.rules.mappings import Value
from portal.rules.terms import Duty, Nature, PeriodKind

NATURES = {Nature.RECURRENT: "รายจ่ายประจำ", Nature.INVESTMENT: "รายจ่ายลงทุน"}

_HEAD = (
    ("year", "ปีงบประมาณ"), ("month", "เดือนที่รายงาน"), ("plan_code", "รหัสแผนงาน"), ("plan", "แผนงาน"),
    ("project_code", "รหัสผลผลิต/โครงการ"), ("project", "ผลผลิต/โครงการ"),
)  # fmt: skip

WORK = Sheet(
    "301",
    "สงป.301",
    (
        *fields(
            *_HEAD, ("main_code", "รหัสกิจกรรมหลัก"), ("main", "กิจกรรมหลัก"), ("activity_code", "รหัสกิจกรรมย่อย"),
            ("activity", "กิจกรรมย่อย"), ("indicator_code", "รหัสตัวชี้วัด"), ("indicator", "ตัวชี้วัด"),
            ("measure_code", "รหัสหน่วยนับ"), ("measure", "หน่วยนับ"), ("target", "เป้าหมายทั้งปี"),
        ),
        *by_month("plan", "แผน"),
        *by_month("result", "ผล"),
        *fields(
            ("work", "ผลการดำเนินงานของเดือน"), ("problems", "ปัญหา/อุปสรรค"), ("remedies", "แนวทางแก้ไข"),
            ("owner", "หน่วยงานเจ้าภาพ"),
        ),
    ),
)  # fmt: skip

SPENDING = Sheet(
    "302",
    "สงป.302",
    (
        *fields(
            *_HEAD, ("main", "กิจกรรมหลัก"), ("category_code", "รหัสงบรายจ่าย"), ("category", "งบรายจ่าย"),
            ("nature", "ประเภทรายจ่าย"), ("act", "งบประมาณตาม พ.ร.บ."), ("granted", "งบประมาณหลังโอนเปลี่ยนแปลง"),
            ("received", "เงินจัดสรร"),
        ),
        *by_month("plan", "แผนการใช้จ่าย"),
        *by_month("result", "ผลการเบิกจ่าย"),
        *fields(("ordered", "ก่อหนี้ (PO) คงค้าง"), ("reserved", "กันเงินมีหนี้"), ("left", "คงเหลือ")),
    ),
)  # fmt: skip


def gather(figures: Figures, span: Span) -> Mapping[str, Sequence[Record]]:
    """Return the rows of both forms."""
    return {WORK.slug: list(_work(figures, span)), SPENDING.slug: list(_spending(figures, span))}


def _head(figures: Figures, span: Span) -> dict[str, Value]:
    return {"year": span.year, "month": formats.month_long(span.year, span.last)}


def _work(figures: Figures, span: Span) -> Sequence[Record]:
    made = []
    for project in figures.projects:
        problems, remedies = figures.told(project.id, span.months)
        for one in figures.indicators_of(project.id):
            activity, main = figures.activities[one.activity], figures.main(one.activity)
            sub = activity if activity.id != main.id else None
            reached = figures.to_date(one, figures.results[one.id], span.first, span.last)
            values: dict[str, Value] = {
                **_head(figures, span), "plan_code": project.plan_code, "plan": project.plan,
                "project_code": project.code, "project": project.name, "main_code": main.code, "main": main.name,
                "activity_code": sub.code if sub else None, "activity": sub.name if sub else None,
                "indicator_code": one.code, "indicator": one.name, "measure_code": one.measure_code,
                "measure": one.measure, "target": figures.targets[one.id],
                **months_of("plan", figures.plans[one.id]), **months_of("result", figures.results[one.id]),
                "work": None if reached is None else f"{one.name} {formats.quantity(reached)} {one.measure}",
                "problems": problems, "remedies": remedies, "owner": project.owner,
            }  # fmt: skip
            of_project = ("Project", project.id)
            made.append(
                Record(
                    one.code, values, ("Indicator", one.id),
                    {"project": of_project, "project_code": of_project, "main": ("Activity", main.id),
                     "main_code": ("Activity", main.id), "activity": ("Activity", activity.id)},
                )
            )  # fmt: skip
    return made


def _spending(figures: Figures, span: Span) -> Sequence[Record]:
    known = {project.id: project for project in figures.projects}
    made = []
    order = {project.id: n for n, project in enumerate(figures.projects)}
    for line in sorted(figures.lines, key=lambda one: order.get(one.project or 0, len(order))):
        project = known.get(line.project or 0)
        code, name = figures.categories[line.category]
        paid, ordered, reserved = sum(line.paid), sum(line.ordered), sum(line.reserved)
        spent = [baht(each) if month <= span.last else None for month, each in enumerate(line.paid, 1)]
        values: dict[str, Value] = {
            **_head(figures, span), "plan_code": project.plan_code if project else None,
            "plan": project.plan if project else None, "project_code": project.code if project else None,
            "project": project.name if project else None, "main": None, "category_code": code, "category": name,
            "nature": NATURES[line.nature], "act": baht(line.act) if line.act else None,
            "granted": baht(line.granted), "received": baht(line.received),
            **months_of("plan", planned_spending(line, figures.course)), **months_of("result", spent),
            "ordered": baht(ordered), "reserved": baht(reserved),
            "left": baht(line.granted - paid - ordered - reserved),
        }  # fmt: skip
        about = ("Project", project.id) if project else ("BudgetLine", 0)
        key = f"{project.key if project else '-'}|{code}|{line.nature}"
        made.append(Record(key, values, about, {"category": ("BudgetCategory", line.category)}))
    return made


TARGET = Target(
    "bb_evmis", "BB EvMIS", "สำนักงบประมาณ", PeriodKind.QUARTER, (WORK, SPENDING), gather,
    due_by=Duty.HANDOFF, meets=Duty.HANDOFF,
)  # fmt: skip
