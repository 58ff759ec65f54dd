"""OAE/MOAC: one page a month for each of the ministry's priority projects.

Seen for 2562 as a page with project, month, agencies, objective, target, duration and progress (domain.md section
6.3); the form of 2566 was not found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal import formats
from portal.exports.figures import Figures, ProjectFacts
from portal.exports.target import Record, Sheet, Target, fields
from portal.rules.handoffs import Span
from portal.rules.mappings import Value
from portal.rules.progress import share
from portal.rules.terms import Duty, PeriodKind

PAGE = Sheet(
    "page", "โครงการสำคัญของกระทรวง",
    fields(
        ("project_code", "รหัสโครงการ"), ("project", "ชื่อโครงการ"), ("month", "ประจำเดือน"), ("year", "ปีงบประมาณ"),
        ("owner", "หน่วยงานรับผิดชอบ"), ("objective", "วัตถุประสงค์"), ("goals", "เป้าหมาย"), ("starts_on", "วันเริ่มต้น"),
        ("ends_on", "วันสิ้นสุด"), ("area", "พื้นที่ดำเนินการ"), ("granted", "งบประมาณ (บาท)"),
        ("paid", "เบิกจ่ายในเดือน (บาท)"), ("paid_to_date", "เบิกจ่ายสะสม (บาท)"), ("paid_share", "ร้อยละเบิกจ่ายต่องบประมาณ"),
        ("progress", "ผลการดำเนินงานในเดือน"), ("progress_to_date", "ผลการดำเนินงานสะสม"), ("problems", "ปัญหา/อุปสรรค"),
        ("remedies", "แนวทางแก้ไข"),
    ),
    as_pages=True,
)  # fmt: skip


def gather(figures: Figures, span: Span) -> Mapping[str, Sequence[Record]]:
    """Return a page for each priority project and month of the span."""
    return {
        PAGE.slug: [
            _page(figures, span, project, month)
            for project in figures.projects
            if project.is_priority
            for month in span.months
        ]
    }


def _page(figures: Figures, span: Span, project: ProjectFacts, month: int) -> Record:
    problems, remedies = figures.told(project.id, (month,))
    granted, paid = figures.granted(project.id), figures.paid(project.id, 1, month)
    values: dict[str, Value] = {
        "project_code": project.key, "project": project.name, "month": formats.month_long(span.year, month),
        "year": span.year, "owner": project.owner, "objective": project.objective,
        "goals": _lines(figures, project, None, None), "starts_on": project.starts_on, "ends_on": project.ends_on,
        "area": project.area, "granted": granted, "paid": figures.paid(project.id, month, month), "paid_to_date": paid,
        "paid_share": None if (part := share(paid, granted)) is None else round(part, 2),
        "progress": _lines(figures, project, month, month), "progress_to_date": _lines(figures, project, 1, month),
        "problems": problems, "remedies": remedies,
    }  # fmt: skip
    return Record(f"{project.key}|{month:02d}", values, ("Project", project.id))


def _lines(figures: Figures, project: ProjectFacts, first: int | None, last: int | None) -> str:
    """Return the project's leading indicators as text: targets without months, else what they reached in them."""
    said = []
    for one in figures.leading(project.id):
        if first is None or last is None:
            value = figures.targets[one.id]
        else:
            value = figures.to_date(one, figures.results[one.id], first, last)
        if value is not None:
            said.append(f"{one.name} {formats.quantity(value)} {one.measure}")
    return "; ".join(said)


TARGET = Target(
    "oae_moac", "OAE/MOAC", "สำนักงานเศรษฐกิจการเกษตร และกระทรวงเกษตรและสหกรณ์", PeriodKind.MONTH, (PAGE,), gather,
    due_by=Duty.CONSOLIDATE,
)  # fmt: skip
