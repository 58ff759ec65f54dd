"""The passports of what speaks to the month's meeting: unspent investments, indicators, changes, decisions, quality,
and of the figures in sentences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.reports import snapshot
from portal.reports.chapter import Cut
from portal.reports.chapters.changes import ChangesPage
from portal.reports.chapters.decisions import DecisionsPage
from portal.reports.chapters.disbursement import DisbursementPage
from portal.reports.chapters.kpi import KpiPage
from portal.reports.chapters.quality import QualityPage
from portal.reports.figures import quality, results
from portal.reports.passports import Passports
from portal.reports.said import keys
from portal.rules.formulas import Formula, Inputs
from portal.rules.progress import Standing
from portal.rules.terms import Nature

STATES = (Standing.PROBLEM, Standing.WATCH, Standing.ON_TRACK, Standing.NO_VALUE)
Leads = Mapping[str, Sequence[results.IndicatorFacts]]


def in_sentences(page: Any) -> frozenset[str]:
    """Return the keys of the figures in a page's sentences."""
    return keys(json.dumps(snapshot.freeze(page), ensure_ascii=False))


def of_money(
    cut: Cut, made: Passports, page: DisbursementPage, target: Callable[[Nature | None, Cut], Formula]
) -> None:
    """Take in the unspent investments one by one, the ends of the curves, and the sentence."""
    until, said = cut.last_period, in_sentences(page.lead)
    times = Counter(item.key for item in page.unspent_items)
    held = [item for item in page.unspent_items if times[item.key] == 1]
    for name, values in (
        ("granted", [item.granted for item in held]),
        ("paid", [item.paid for item in held]),
        ("bound", [item.bound for item in held]),
    ):
        rows = tuple(((item.key,), (Decimal(value),)) for item, value in zip(held, values, strict=True))
        made.tables[f"item_{name}"] = Inputs(("item",), rows)
    for item in held:
        given, used, owed = (["sum", f"item_{name}", {"item": item.key}] for name in ("granted", "paid", "bound"))
        for name, words, value, formula in (
            ("granted", "จัดสรร", item.granted, given),
            ("paid", "เบิกจ่าย", item.paid, used),
            ("bound", "ก่อหนี้", item.bound, owed),
            ("left", "คงเหลือ", item.left, ["minus", given, ["plus", used, owed]]),
        ):
            label = f"{item.name} {item.office} {words} (ล้านบาท)"
            made.add("disbursement", f"item.{item.key}.{name}", label, "million", value, formula)
    for n, (course, nature) in enumerate(zip(page.courses, (None, *Nature), strict=True), 1):
        where = {"nature": nature.value} if nature else {}
        granted: Formula = ["sum", "category_granted", where]
        paid: Formula = ["sum", "category_paid", where, 1, until]
        bound: Formula = ["sum", "category_bound", where, 1, until]
        spent = ["share", ["plus", paid, bound], granted]
        if course.now_spent is not None:
            label = f"เบิกจ่ายรวมก่อหนี้{course.name} ร้อยละ"
            made.add("disbursement", f"course.{n}.spent", label, "share", course.now_spent, spent)
        if course.target[11] is not None:
            end = ["at", "target", target(nature, cut)[2], 12]
            label = f"เป้าหมายสิ้นปี{course.name} ร้อยละ"
            made.add("disbursement", f"course.{n}.end", label, "share", course.target[11], end)
        if f"disbursement.lead.apart{n}" in said and course.gap is not None:
            apart = ["distance", ["share", paid, granted], target(nature, cut)]
            label = f"{course.name} ห่างจากเป้าหมาย (จุด)"
            made.add("disbursement", f"lead.apart{n}", label, "quantity1", abs(course.gap), apart)
        if n == 1 and "disbursement.lead.spent" in said:
            made.add("disbursement", "lead.spent", "เบิกจ่ายรวมก่อหนี้ ร้อยละ", "share", course.now_spent, spent)
        if n == 3 and "disbursement.lead.left" in said:
            left = ["minus", granted, ["plus", paid, bound]]
            made.add("disbursement", "lead.left", "รายจ่ายลงทุนยังไม่ก่อหนี้ (ล้านบาท)", "million", course.left, left)


def of_indicators(
    cut: Cut, made: Passports, page: KpiPage, formulas: Mapping[str, tuple[Formula, Formula, Formula]]
) -> None:
    """Take in the table of indicators beside what it shares with the projects, and its sentence."""
    rules = {facts.code: facts.month_rule.value for facts in results.leading(cut)}
    is_month = cut.period is not None
    for line in page.lines:
        value, plan, target = formulas[line.code]
        as_ = {0: "count"}.get(line.decimals, f"quantity{line.decimals}")
        where = {"indicator": line.code}
        sent = ["rows", "answer", where, 1, cut.last_period]
        ahead = ["forecast", value, plan, target, cut.last_period, rules[line.code]]
        listed: list[tuple[str, str, str, Decimal | int | None, Formula]] = [
            ("target", f"เป้าทั้งปี ({line.unit})", as_, line.target, target)
        ]
        if is_month:
            listed += [
                ("ahead", f"คาดสิ้นปี ({line.unit})", as_, line.ahead, ahead),
                ("offices", "หน่วยงานที่ส่งแล้ว", "count", line.offices, sent),
                ("owing", "หน่วยงานที่มีเป้าหมาย", "count", line.owing, ["rows", "year_target", where]),
            ]
        else:
            listed.append(("of_year", "ร้อยละของเป้าทั้งปี", "share", line.of_year, ["share", value, target]))
        for name, words, how, figure, formula in listed:
            made.add("kpi", f"{line.code}.{name}", f"{line.name} {words}", how, figure, formula)
    said = in_sentences(page.lead)
    states = [["figure", f"projects.standing.{line.code}.{cut.last_period}"] for line in page.lines]
    for name, words, state in (
        ("good", "ตัวชี้วัดหลักที่ถึงแผนสะสม", Standing.ON_TRACK.value),
        ("known", "ตัวชี้วัดหลักที่มีผล", "known"),
        ("behind", "ตัวชี้วัดหลักที่ต่ำกว่าเกณฑ์", Standing.PROBLEM.value),
    ):
        if f"kpi.lead.{name}" in said:
            if state == "known":
                count = sum(line.standing is not Standing.NO_VALUE for line in page.lines)
            else:
                count = sum(line.standing.value == state for line in page.lines)
            made.add("kpi", f"lead.{name}", words, "count", count, ["tally", state, *states])


def reached(leads: Sequence[results.IndicatorFacts], month: int) -> Formula:
    """The least share of the plan to date of a project's leading indicators."""
    made: list[Formula] = []
    for facts in leads:
        where, by, rule = {"indicator": facts.code}, facts.month_rule.value, facts.unit_rule.value
        value, plan = (["combine", table, where, month, by, rule] for table in ("answer", "plan"))
        made.append(["inverse" if facts.direction.value == "less" else "share", value, plan])
    return ["least", *made]


def of_changes(cut: Cut, made: Passports, page: ChangesPage, leads: Leads) -> None:
    """Take in the matrix of states, and the projects that moved most."""
    now = cut.last_period
    pairs = [
        [["figure", f"projects.standing.{code}.{month}"] for month in (now - 1, now)]
        for code in leads
        if f"projects.standing.{code}.{now}" in made.figures
    ]
    silent = sum(sum(row) for row in page.matrix) - len(pairs)
    for before, row in zip(STATES, page.matrix, strict=True):
        for after, count in zip(STATES, row, strict=True):
            formula: Formula = ["pairs", before.value, after.value, *pairs]
            if before is after is Standing.NO_VALUE and silent:
                formula = ["plus", formula, ["number", str(silent)]]
            label = f"โครงการที่เดือนก่อน {before.value} เดือนนี้ {after.value}"
            made.add("changes", f"{before.value}.{after.value}", label, "count", count, formula)
    for mover in page.movers:
        old, new = reached(leads[mover.code], now - 1), reached(leads[mover.code], now)
        for name, words, as_, value, formula in (
            ("was", "เดือนก่อน", "share", mover.before, old),
            ("now", "เดือนนี้", "share", mover.now, new),
            ("moved", "ต่างจากเดือนก่อน (จุด)", "points", mover.change, ["minus", new, old]),
        ):
            made.add("changes", f"{mover.code}.{name}", f"{mover.name} ร้อยละของแผน {words}", as_, value, formula)


def of_decisions(made: Passports, page: DecisionsPage, leads: Leads) -> None:
    """Take in the shares of projects that are open, settled, or coming."""
    for row in (*page.opened, *page.settled, *page.coming):
        listed = [("now", "เดือนนี้", row.now, reached(leads[row.code], page.number))]
        if row not in page.coming:
            listed.append(("then", "ขณะนั้น", row.then, reached(leads[row.code], row.since)))
        for name, words, value, formula in listed:
            made.add("decisions", f"{row.code}.{name}", f"{row.name} ร้อยละของแผนสะสม {words}", "share", value, formula)


def of_quality(made: Passports, page: QualityPage) -> None:
    """Take in the checks: how many offices were checked, at how many something was found, how much."""
    codes = [code for code, _, _ in quality.CHECKS]
    rows = [
        ((code, column.mark), (None if count is None else Decimal(count),))
        for group in page.groups
        for column in group.columns
        for code, count in zip(codes, column.counts, strict=True)
    ]
    made.tables["check"] = Inputs(("check", "office"), tuple(rows))
    for code, line in zip(codes, page.checks, strict=True):
        where = {"check": code}
        for name, words, value, formula in (
            ("checked", "หน่วยที่ตรวจ", line.checked, ["rows", "check", where]),
            ("offices", "หน่วยที่พบ", line.offices, ["found", "check", where]),
            ("found", "จำนวนที่พบ", line.found, ["sum", "check", where]),
        ):
            if line.checked or name == "checked":
                made.add("quality", f"{code}.{name}", f"{line.name} {words}", "count", value, formula)
