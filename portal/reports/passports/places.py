"""The passports of offices' lines and pages, of projects' pages, and of the first page's sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from portal.reports.chapter import Cut, Member
from portal.reports.chapters.offices import Line, OfficesPage
from portal.reports.figures import money, results
from portal.reports.figures.offices import by_region, offices
from portal.reports.passports import Passports
from portal.rules.formulas import Formula
from portal.rules.progress import Aggregation, Direction
from portal.rules.terms import Nature


def of_offices(cut: Cut, made: Passports, page: OfficesPage) -> None:
    """Take in the table of all offices: its lines, its regions' sums, and the whole."""
    listed = offices(cut)
    members = {first.region_code: [office.code for office in group] for first, group in by_region(listed)}
    everyone = [office.code for office in listed]
    for group in page.groups:
        for line in group.lines:
            _line(cut, made, line, [line.code])
            owed, in_time = ["known", "due_in_time", {"unit": line.code}, 1, cut.last_period], [
                "sum", "due_in_time", {"unit": line.code}, 1, cut.last_period,
            ]  # fmt: skip
            made.add("offices", f"{line.code}.sent", f"{line.name} เดือนที่ส่งทัน", "count", line.sent, in_time)
            made.add("offices", f"{line.code}.months", f"{line.name} เดือนที่ต้องส่ง", "count", line.months, owed)
        _line(cut, made, group.total, members[group.total.code])
    _line(cut, made, page.total, everyone)


def _line(cut: Cut, made: Passports, line: Line, codes: list[str]) -> None:
    month, where = cut.last_period, {"unit": codes}
    granted, paid, bound, share_paid = _money("unit", where, month)
    aim = ["weighted", *_weighted(cut, where)]
    planned, done = ["sum", "visit_plan", where, 1, month], ["sum", "visit_done", where, 1, month]
    for name, words, as_, value, formula in (
        ("granted", "จัดสรร (ล้านบาท)", "million", line.granted, granted),
        ("disbursed", "เบิกจ่าย (ล้านบาท)", "million", line.disbursed, paid),
        ("paid", "ร้อยละเบิกจ่าย", "share", line.paid, share_paid),
        ("gap", "ต่างจากเป้าหมาย", "points", line.gap, ["minus", share_paid, aim]),
        ("bound", "ก่อหนี้คงค้าง (ล้านบาท)", "million", line.bound, bound),
        ("planned", "แผนเข้าแนะนำ (ครั้ง)", "count", line.planned, planned),
        ("visited", "เข้าแนะนำ (ครั้ง)", "count", line.visited, done),
        ("visit_share", "ร้อยละของแผนเข้าแนะนำ", "share", line.visit_share, ["share", done, planned]),
    ):
        made.add("offices", f"{line.code}.{name}", f"{line.name} {words}", as_, value, formula)


def _money(view: str, where: dict[str, Any], month: int) -> tuple[Formula, Formula, Formula, Formula]:
    granted, paid = ["sum", f"{view}_granted", where], ["sum", f"{view}_paid", where, 1, month]
    return granted, paid, ["sum", f"{view}_bound", where, 1, month], ["share", paid, granted]


def _weighted(cut: Cut, where: dict[str, Any]) -> Iterable[list[Formula]]:
    for nature in Nature:
        target = ["at", "target", {"kind": money.DISBURSED[nature].value}, cut.last_period]
        yield [["sum", "unit_granted", {**where, "nature": nature.value}], target]


def of_office_pages(cut: Cut, made: Passports, members: Sequence[Member]) -> None:
    """Take in each office's own page: its money, its projects' money, and its leading indicators."""
    month, rules = cut.last_period, {facts.code: facts for facts in results.leading(cut)}
    for member in members:
        page, code = member.page, member.code
        granted, paid, bound, share_paid = _money("unit", {"unit": code}, month)
        for name, words, as_, value, formula in (
            ("granted", "จัดสรร (ล้านบาท)", "million", page.granted, granted),
            ("disbursed", "เบิกจ่าย (ล้านบาท)", "million", page.disbursed, paid),
            ("bound", "ก่อหนี้ (ล้านบาท)", "million", page.bound, bound),
            ("paid", "ร้อยละเบิกจ่าย", "share", page.paid_share, share_paid),
        ):
            made.add("office", f"{code}.{name}", f"{member.title} {words}", as_, value, formula)
        for own in page.projects:
            if own.code not in ("", "-"):
                where = {"unit": code, "project": own.code}
                given, spent, held, part = _money("both", where, 1)
                for name, words, as_, value, formula in (
                    ("granted", "จัดสรร (ล้านบาท)", "million", own.granted, given),
                    ("disbursed", "เบิกจ่าย (ล้านบาท)", "million", own.disbursed, spent),
                    ("bound", "ก่อหนี้ (ล้านบาท)", "million", own.bound, held),
                    ("paid", "ร้อยละเบิกจ่าย", "share", own.paid, part),
                ):
                    label = f"{member.title} · {own.name} {words}"
                    made.add("office", f"{code}.{own.code}.{name}", label, as_, value, formula)
        for each in page.indicators:
            if each.code in rules:
                _indicator(
                    made, f"{code}.{each.code}", f"{member.title} · {each.name}", each, rules[each.code], month, code
                )


def _indicator(
    made: Passports, key: str, words: str, own: Any, facts: results.IndicatorFacts, month: int, unit: str
) -> None:
    where, rule = {"indicator": facts.code, "unit": unit}, facts.unit_rule.value
    value: Formula = ["combine", "answer", where, month, facts.month_rule.value, rule]
    target: Formula = ["combine", "year_target", where, 1, Aggregation.LAST.value, rule]
    plan: Formula = ["combine", "plan", where, month, facts.month_rule.value, rule]
    as_ = {0: "count"}.get(own.decimals, f"quantity{own.decimals}")
    reached = ["inverse" if facts.direction is Direction.LESS else "share", value, plan]
    for name, said, how, figure, formula in (
        ("target", f"เป้าทั้งปี ({own.unit})", as_, own.target, target),
        ("plan", f"แผนสะสม ({own.unit})", as_, own.plan, plan),
        ("value", f"ผลสะสม ({own.unit})", as_, own.value, value),
        ("reached", "ร้อยละของแผนสะสม", "share", own.reached, reached),
    ):
        made.add("office", f"{key}.{name}", f"{words} {said}", how, figure, formula)


def of_project_pages(cut: Cut, made: Passports, members: Sequence[Member]) -> None:
    """Take in each project's own page: its money, beside the figures it shares with the table of projects."""
    for member in members:
        line, where = member.page.line, {"project": member.code}
        granted, paid, bound, share_paid = _money("project", where, cut.last_period)
        left = ["minus", granted, ["plus", paid, bound]]
        for name, words, as_, value, formula in (
            ("granted", "จัดสรร (ล้านบาท)", "million", line.granted, granted),
            ("disbursed", "เบิกจ่าย (ล้านบาท)", "million", line.disbursed, paid),
            ("bound", "ก่อหนี้ (ล้านบาท)", "million", line.bound, bound),
            ("left", "ยังไม่ก่อหนี้ (ล้านบาท)", "million", member.page.left, left),
            ("paid", "ร้อยละเบิกจ่าย", "share", line.paid, share_paid),
        ):
            made.add("project", f"{member.code}.{name}", f"{member.title} {words}", as_, value, formula)
