"""The passports of a pack and of the chapters that a book shares with it.

Covered are the seven measures of the month, project results, timeliness, visits, disbursement, the table of offices,
and the pages of offices and projects (`places`). Charts and the other chapters are not. The printed value is the
chapter's own; the formula is worked out apart from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal import formats
from portal.reports.chapter import Cut, Member
from portal.reports.chapters.disbursement import Amount, DisbursementPage
from portal.reports.chapters.projects import ProjectsPage
from portal.reports.chapters.summary import SummaryPage
from portal.reports.chapters.timeliness import TimelinessPage
from portal.reports.chapters.visits import Follow, VisitsPage
from portal.reports.figures import money, results
from portal.reports.figures.offices import by_region, offices
from portal.reports.passports import Passports, meeting, places
from portal.reports.passports.inputs import CLASSES, take_inputs
from portal.rules.formulas import Formula
from portal.rules.progress import Aggregation, Direction, Standing
from portal.rules.terms import Nature

LOWEST = 5  # offices furthest below their targets that a pack has room for


def passports(cut: Cut, pages: Mapping[str, Any]) -> Passports:
    """Return the passports of a book's pages (chapters' pages by slug). Call while its figures are being gathered."""
    made = Passports()
    take_inputs(cut, made)
    leads = _leads(cut)
    if "projects" in pages or "summary" in pages:
        _standings(cut, made, leads)
    if "summary" in pages:
        _summary(cut, made, pages["summary"])
    if "projects" in pages:
        _projects(cut, made, pages["projects"], leads)
    if "timeliness" in pages:
        _timeliness(cut, made, pages["timeliness"])
    if "visits" in pages:
        _visits(cut, made, pages["visits"])
    if "disbursement" in pages:
        _disbursement(cut, made, pages["disbursement"])
    if "offices" in pages:
        places.of_offices(cut, made, pages["offices"])
    if "office" in pages:
        places.of_office_pages(cut, made, pages["office"])
    if any(slug in pages for slug in ("project", "risk")):
        places.of_project_pages(cut, made, _project_pages(pages))
    if "kpi" in pages:
        meeting.of_indicators(cut, made, pages["kpi"], _indicator_formulas(cut))
    if "changes" in pages:
        meeting.of_changes(cut, made, pages["changes"], leads)
    if "decisions" in pages:
        meeting.of_decisions(made, pages["decisions"], leads)
    if "quality" in pages:
        meeting.of_quality(made, pages["quality"])
    return made


def _indicator_formulas(cut: Cut) -> dict[str, tuple[Formula, Formula, Formula]]:
    """Return value, plan to date and the year's target of each leading indicator, by its code."""
    now = cut.last_period
    return {facts.code: (_value(facts, now), _plan(facts, now), _target(facts)) for facts in results.leading(cut)}


def _project_pages(pages: Mapping[str, Any]) -> list[Member]:
    """Return the members whose pages show a project: of the book's chapter, else those raised in a pack."""
    if "project" in pages:
        return list(pages["project"])
    return [replace(member, page=member.page.page) for member in pages["risk"]]


def _leads(cut: Cut) -> dict[str, list[results.IndicatorFacts]]:
    """Return the indicators each project is judged by, by the project's code."""
    codes = {project.id: project.code for project in results.projects(cut)}
    made: dict[str, list[results.IndicatorFacts]] = {}
    for facts in results.leading(cut):
        made.setdefault(codes.get(facts.project_id, f"#{facts.project_id}"), []).append(facts)
    return made


def _value(facts: results.IndicatorFacts, month: int) -> Formula:
    return ["combine", "answer", {"indicator": facts.code}, month, facts.month_rule.value, facts.unit_rule.value]


def _target(facts: results.IndicatorFacts) -> Formula:
    rule = facts.unit_rule.value
    return ["combine", "year_target", {"indicator": facts.code}, 1, Aggregation.LAST.value, rule]


def _plan(facts: results.IndicatorFacts, month: int) -> Formula:
    where = {"indicator": facts.code}
    return ["combine", "plan", where, month, facts.month_rule.value, facts.unit_rule.value]


def _standings(cut: Cut, made: Passports, leads: Mapping[str, list[results.IndicatorFacts]]) -> None:
    """Take in how each project and leading indicator stands this month and last."""
    outcomes = results.headlines(cut)
    for month in {cut.last_period, max(1, cut.last_period - 1)}:
        for code, listed in leads.items():
            keys = []
            for facts in listed:
                plan = _plan(facts, month)
                formula = ["standing", _value(facts, month), plan, facts.direction.value]
                formula.append(["share", plan, _target(facts)])
                if facts.thresholds is not None:
                    formula += [str(facts.thresholds.ok), str(facts.thresholds.watch)]
                key = f"standing.{facts.code}.{month}"
                found = outcomes[facts.id][month - 1].standing.value
                made.add("projects", key, f"สถานะตัวชี้วัด {facts.name}", "standing", found, formula)
                keys.append(["figure", f"projects.{key}"])
            worst = results.worst(outcomes[facts.id][month - 1].standing for facts in listed).value
            made.add(
                "projects", f"standing.{code}.{month}", f"สถานะโครงการ {code}", "standing", worst, ["worst", *keys]
            )


def _standing_keys(made: Passports, codes: Iterable[str], month: int) -> list[Formula]:
    keys = (f"projects.standing.{code}.{month}" for code in codes)
    return [["figure", key] for key in keys if key in made.figures]


def _summary(cut: Cut, made: Passports, page: SummaryPage) -> None:
    formulas = [
        *(_measured_money(nature) for nature in (None, Nature.RECURRENT, Nature.INVESTMENT)),
        _measured_states(made, list(_leads(cut))),
        _measured_states(made, [facts.code for facts in results.leading(cut)]),
        lambda m: ["share", ["sum", "visit_done", {}, 1, m], ["sum", "visit_plan", {}, 1, m]],
        lambda m: ["share", ["sum", "due_in_time", {}, m, m], ["known", "due_in_time", {}, m, m]],
    ]
    targets: list[Formula | None] = [_money_target(n, cut) for n in (None, Nature.RECURRENT, Nature.INVESTMENT)]
    targets += [None, None, ["number", "100"], ["number", "100"]]
    month = cut.last_period
    for n, (measure, formula, target) in enumerate(zip(page.measures, formulas, targets, strict=True), 1):
        key = f"summary.{n}"
        made.add("summary", f"{n}.value", measure.label, "share", measure.value, formula(month))
        if month > 1:
            made.add("summary", f"{n}.before", f"{measure.label} เดือนก่อน", "share", measure.before, formula(month - 1))
            change = ["minus", ["figure", f"{key}.value"], ["figure", f"{key}.before"]]
            made.add("summary", f"{n}.change", f"{measure.label} ต่างจากเดือนก่อน", "points", measure.change, change)
        if target is not None:
            made.add("summary", f"{n}.target", f"{measure.label} เป้าหมาย", "share", measure.target, target)
            gap = ["minus", ["figure", f"{key}.value"], ["figure", f"{key}.target"]]
            made.add("summary", f"{n}.gap", f"{measure.label} ต่างจากเป้าหมาย", "points", measure.gap, gap)
    _sentences(cut, made, page, formulas)


def _sentences(cut: Cut, made: Passports, page: SummaryPage, formulas: list[Any]) -> None:
    """Take in what the first page's sentences work out, and the counts behind three of its measures."""
    month, said = cut.last_period, meeting.in_sentences(page)
    for n in (1, 2, 3):
        measure, value = page.measures[n - 1], ["figure", f"summary.{n}.value"]
        if f"summary.lead.apart{n}" in said and measure.gap is not None:
            formula: Formula = ["distance", value, ["figure", f"summary.{n}.target"]]
            label = f"{measure.label} ห่างจากเป้าหมาย (จุด)"
            made.add("summary", f"lead.apart{n}", label, "quantity1", abs(measure.gap), formula)
        if f"summary.lead.end{n}" in said and measure.value is not None:
            start = (measure.series[month - 4] if month > 3 else Decimal(0)) or Decimal(0)
            then = formulas[n - 1](month - 3) if month > 3 else ["number", "0"]
            end = min(Decimal(100), measure.value + (measure.value - start) / 3 * (12 - month))
            made.add(
                "summary", f"lead.end{n}", f"{measure.label} คาดสิ้นปี", "share", end, ["pace", value, then, 3, 12 - month]
            )
        if f"summary.lead.aim{n}" in said:
            kind = money.DISBURSED[(None, *Nature)[n - 1]].value
            made.add(
                "summary", f"lead.aim{n}", f"{measure.label} เป้าหมายสิ้นปี", "share", measure.plan[11],
                _at("target", {"kind": kind}, 12),
            )  # fmt: skip
    for n in (4, 5, 7):
        if f"summary.{n}.part" in said:
            measure = page.measures[n - 1]
            part = formulas[n - 1](month)[1]
            count = int(measure.note.split(" ")[0].replace(",", ""))
            made.add("summary", f"{n}.part", f"{measure.label} จำนวน", "count", count, part)


def _measured_money(nature: Nature | None) -> Any:
    where = {"nature": nature.value} if nature else {}
    return lambda m: ["share", ["sum", "unit_paid", where, 1, m], ["sum", "unit_granted", where]]


def _money_target(nature: Nature | None, cut: Cut) -> Formula:
    return _at("target", {"kind": money.DISBURSED[nature].value}, cut.last_period)


def _at(table: str, where: Mapping[str, Any], month: int) -> Formula:
    """One value of a table: of a month, of the one row chosen."""
    return ["at", table, dict(where), month]


def _measured_states(made: Passports, codes: list[str]) -> Any:
    def formula(month: int) -> Formula:
        keys = _standing_keys(made, codes, month)
        return ["share", ["tally", Standing.ON_TRACK.value, *keys], ["tally", "known", *keys]]

    return formula


def _projects(cut: Cut, made: Passports, page: ProjectsPage, leads: Mapping[str, list[results.IndicatorFacts]]) -> None:
    month, lines = cut.last_period, [line for group in page.groups for line in group.lines]
    for line in lines:
        facts_of = {facts.code: facts for facts in leads.get(line.code, ())}
        for lead in line.leads:
            facts = facts_of[lead.code]
            words, as_ = f"{line.name} · {lead.name}", {0: "count"}.get(lead.decimals, f"quantity{lead.decimals}")
            key = f"{line.code}.{lead.code}"
            value, plan = _value(facts, month), _plan(facts, month)
            inverse = facts.direction is Direction.LESS
            made.add("projects", f"{key}.plan", f"{words} แผนสะสม ({lead.unit})", as_, lead.plan, plan)
            made.add("projects", f"{key}.value", f"{words} ผลสะสม ({lead.unit})", as_, lead.value, value)
            reached = ["inverse" if inverse else "share", value, plan]
            made.add("projects", f"{key}.reached", f"{words} ร้อยละของแผนสะสม", "share", lead.reached, reached)
        granted, paid = (
            ["sum", "project_granted", {"project": line.code}],
            ["sum", "project_paid", {"project": line.code}, 1, month],
        )
        made.add("projects", f"{line.code}.granted", f"{line.name} จัดสรร (ล้านบาท)", "million", line.granted, granted)
        made.add(
            "projects", f"{line.code}.paid", f"{line.name} ร้อยละเบิกจ่าย", "share", line.paid, ["share", paid, granted]
        )
    codes = [line.code for line in lines if line.leads]
    silent = len(lines) - len(codes)
    for name, counts, at in (("now", page.counts, month), ("before", page.counts_before, month - 1)):
        if at:
            keys = _standing_keys(made, codes, at)
            for state, count in zip(meeting.STATES, counts, strict=True):
                formula: Formula = ["tally", state.value, *keys]
                if state is Standing.NO_VALUE:
                    formula = ["plus", formula, ["number", str(silent)]]
                made.add(
                    "projects", f"{name}.{state.value}", f"จำนวนโครงการ {name} {state.value}", "count", count, formula
                )

    said = meeting.in_sentences(page.lead)
    made.add(
        "projects", "lead.total", "จำนวนโครงการ", "count", page.total,
        ["plus", *(["figure", f"projects.now.{state.value}"] for state in meeting.STATES)],
    )  # fmt: skip
    if "projects.lead.moved" in said:
        worse = [["figure", f"projects.{at}.{Standing.PROBLEM.value}"] for at in ("now", "before")]
        moved = abs(page.counts[0] - page.counts_before[0])
        made.add("projects", "lead.moved", "โครงการที่ต่ำกว่าเกณฑ์ ต่างจากเดือนก่อน", "count", moved, ["distance", *worse])
    for line in page.problems:
        if f"projects.lead.{line.code}" in said:
            least = min((lead.reached for lead in line.leads if lead.reached is not None), default=Decimal(0))
            formula = meeting.reached(leads[line.code], month)
            made.add("projects", f"lead.{line.code}", f"{line.name} ร้อยละของแผนสะสม", "share", least, formula)


def _timeliness(cut: Cut, made: Passports, page: TimelinessPage) -> None:
    for line in page.months:
        m, words = line.month, formats.month_short(line.month)
        in_time, owing = ["sum", "due_in_time", {}, m, m], ["known", "due_in_time", {}, m, m]
        made.add("timeliness", f"{m}.in_time", f"หน่วยที่ส่งทันกำหนด {words}", "count", line.in_time, in_time)
        made.add("timeliness", f"{m}.owing", f"หน่วยที่ต้องส่ง {words}", "count", line.owing, owing)
        made.add("timeliness", f"{m}.share", f"ร้อยละที่ส่งทัน {words}", "share", line.share, ["share", in_time, owing])
        for state in ("draft", "submitted", "returned", "verified", "consolidated"):
            formula = ["sum", "report_state", {"state": state}, m, m]
            made.add("timeliness", f"{m}.{state}", f"รายงาน {state} {words}", "count", getattr(line, state), formula)
    now = cut.last_period
    if "timeliness.lead.missing" in meeting.in_sentences(page.lead):
        made.add(
            "timeliness",
            "lead.missing",
            "หน่วยที่ยังส่งไม่ครบ",
            "count",
            page.missing,
            ["found", "due_missing", {}, now, now],
        )
    for late in page.late:
        for name, count in (("missing", late.missing), ("late", late.late), ("owed", late.owed), ("days", late.days)):
            if name in ("missing", "owed") and not late.missing:
                continue
            formula = ["sum", f"due_{name}", {"unit": late.code}, now, now]
            made.add("timeliness", f"late.{late.code}.{name}", f"{late.name} {name}", "count", count, formula)
    for form in page.forms:
        for name, count in (("owed", form.owed), ("met", form.met)):
            formula = ["sum", f"form_{name}", {"form": form.code}]
            made.add("timeliness", f"form.{form.code}.{name}", f"{form.name} {name}", "count", count, formula)
        left = ["minus", ["sum", "form_owed", {"form": form.code}], ["sum", "form_met", {"form": form.code}]]
        made.add("timeliness", f"form.{form.code}.left", f"{form.name} ยังไม่ส่ง", "count", form.owed - form.met, left)


def _visits(cut: Cut, made: Passports, page: VisitsPage) -> None:
    until, listed = cut.last_period, offices(cut)
    members = {first.region_code: [office.code for office in group] for first, group in by_region(listed)}
    everyone = [office.code for office in listed]
    is_month = cut.period is not None
    for line in (page.total, *page.regions, *(() if is_month and page.follow_regions else page.least)):
        where = {"unit": everyone if line.code == "all" else members.get(line.code, [line.code])}
        planned, done = ["sum", "visit_plan", where, 1, until], ["sum", "visit_done", where, 1, until]
        stock, visited = ["sum", "registry", where], ["sum", "visit_reach", where]
        for name, words, as_, value, formula in (
            ("planned", "แผนสะสม (ครั้ง)", "count", line.planned, planned),
            ("done", "ผลสะสม (ครั้ง)", "count", line.done, done),
            ("share", "ร้อยละของแผนสะสม", "share", line.share, ["share", done, planned]),
            ("stock", "สถาบันในทะเบียน (แห่ง)", "count", line.stock, stock),
            ("visited", "เข้าถึง (แห่ง)", "count", line.visited, visited),
            ("reach", "ร้อยละที่เข้าถึง", "share", line.reach, ["share", visited, stock]),
            ("unplanned", "นอกแผน (ครั้ง)", "count", line.unplanned, ["sum", "visit_unplanned", where]),
        ):
            if name == "reach" and is_month and page.follow_regions:
                continue  # a pack's table has the institutions with a plan instead
            made.add("visits", f"{line.code}.{name}", f"เข้าแนะนำส่งเสริม {line.name} {words}", as_, value, formula)
    marks: dict[str, list[str]] = {}
    for office in listed:
        marks.setdefault(office.province_mark, []).append(office.code)
    for mark, value in page.tiles.items():
        if value is not None:
            where = {"unit": marks[mark]}
            reached = ["share", ["sum", "visit_done", where, 1, until], ["sum", "visit_plan", where, 1, until]]
            made.add("visits", f"tile.{mark}", f"ร้อยละของแผนสะสม จังหวัด {mark}", "count", value, reached)
    for n, row in enumerate(page.types, 1):
        typed = {"type": row.name}
        stock, visited = ["sum", "registry", typed], ["sum", "type_reach", typed]
        for name, words, as_, value, formula in (
            ("stock", "ในทะเบียน (แห่ง)", "count", row.stock, stock),
            ("visited", "เข้าถึง (แห่ง)", "count", row.visited, visited),
            ("reach", "ร้อยละที่เข้าถึง", "share", row.reach, ["share", visited, stock]),
            ("visits", "จำนวนครั้ง", "count", row.visits, ["sum", "type_visits", typed]),
            ("asked", "มีแผน (แห่ง)", "count", row.asked, ["sum", "asked_institutions", typed]),
            ("asked_reached", "มีแผนและเข้าแล้ว (แห่ง)", "count", row.asked_reached, ["sum", "asked_reached", typed]),
            ("asked_share", "ร้อยละของแห่งที่มีแผน", "share", row.asked_share,
             ["share", ["sum", "asked_reached", typed], ["sum", "asked_institutions", typed]]),
        ):  # fmt: skip
            made.add("visits", f"type.{n}.{name}", f"{row.name} {words}", as_, value, formula)
    for held in (page.follow, *page.follow_regions, *page.follow_offices):
        if held is not None:
            _follow(made, held, is_month, everyone if held.code == "all" else members.get(held.code, [held.code]))
    for before, row_of in zip(CLASSES, page.flow, strict=False):
        for after, count in zip(CLASSES, row_of, strict=True):
            chosen: dict[str, Any] = {"unit": everyone, "before": before, "after": after}
            label = f"สหกรณ์จากชั้น {before} เป็นชั้น {after} (แห่ง)"
            made.add("visits", f"moved.{before}.{after}", label, "count", count, ["sum", "class_moves", chosen])


def _follow(made: Passports, held: Follow, is_month: bool, codes: list[str]) -> None:
    """Take in what followed the plans of a region or an office."""
    where = {"unit": codes}
    asked, reached = ["sum", "asked_institutions", where], ["sum", "asked_reached", where]
    for name, words, as_, value, formula in (
        ("asked", "มีแผน (แห่ง)", "count", held.asked, asked),
        ("asked_reached", "มีแผนและเข้าแล้ว (แห่ง)", "count", held.reached, reached),
        ("asked_share", "ร้อยละของแห่งที่มีแผน", "share", held.share, ["share", reached, asked]),
        ("left", "มีแผนแต่ยังไม่ได้เข้า (แห่ง)", "count", held.left, ["minus", asked, reached]),
        ("agreed", "ข้อตกลงในปี (เรื่อง)", "count", held.agreed, ["sum", "action_agreed", where]),
        ("settled", "ข้อตกลงที่เสร็จสิ้น (เรื่อง)", "count", held.settled, ["sum", "action_settled", where]),
        ("open", "ข้อตกลงคงค้าง (เรื่อง)", "count", held.open, ["sum", "action_open", where]),
        ("overdue", "ข้อตกลงเกินกำหนด (เรื่อง)", "count", held.overdue, ["sum", "action_overdue", where]),
    ):
        # The narrow table of offices has room for what is overdue, not for all that was agreed.
        hidden = ("agreed", "settled", "open") if codes == [held.code] else ()
        if is_month:
            hidden = ("agreed", "settled", *hidden, *(("left",) if held.code != "all" else ()))
        if name not in hidden and (value or name != "left" or not is_month):
            made.add("visits", f"{held.code}.{name}", f"{held.name} {words}", as_, value, formula)


def _disbursement(cut: Cut, made: Passports, page: DisbursementPage) -> None:
    for n, (course, nature) in enumerate(zip(page.courses, (None, *Nature), strict=True), 1):
        where = {"nature": nature.value} if nature else {}
        now = ["share", ["sum", "category_paid", where, 1, cut.last_period], ["sum", "category_granted", where]]
        made.add("disbursement", f"course.{n}.now", f"เบิกจ่าย{course.name} ร้อยละ", "share", course.now, now)
        gap = ["minus", now, _money_target(nature, cut)]
        made.add("disbursement", f"course.{n}.gap", f"เบิกจ่าย{course.name} ต่างจากเป้าหมาย", "points", course.gap, gap)
    for row in page.categories:
        _amount(cut, made, "category", row, "category", {"category": row.code})
    _amount(cut, made, "total", page.total, "category", {}, aim=_money_target(None, cut))
    for row in page.lowest[:LOWEST] if cut.period is not None else page.lowest:
        _amount(cut, made, "office", row, "unit", {"unit": row.code})
    for row in page.unspent if cut.period is None else ():
        where = {"project": row.code, "nature": Nature.INVESTMENT.value}
        _amount(cut, made, "unspent", row, "project", where)
    meeting.of_money(cut, made, page, _money_target)


def _amount(
    cut: Cut,
    made: Passports,
    kind: str,
    row: Amount,
    view: str,
    where: dict[str, Any],
    aim: Formula | None = None,
) -> None:
    """Take in one line of a table of money."""
    granted, paid, bound = _money_of(view, where, cut.last_period)
    aim = aim or ["weighted", *_weighted(cut, view, where)]
    share_paid = ["share", paid, granted]
    left = ["minus", granted, ["plus", paid, bound]]
    for name, words, as_, value, formula in (
        ("granted", "จัดสรร (ล้านบาท)", "million", row.granted, granted),
        ("disbursed", "เบิกจ่าย (ล้านบาท)", "million", row.disbursed, paid),
        ("bound", "ก่อหนี้ (ล้านบาท)", "million", row.bound, bound),
        ("left", "คงเหลือ (ล้านบาท)", "million", row.left, left),
        ("paid", "ร้อยละเบิกจ่าย", "share", row.paid, share_paid),
        ("aim", "เป้าหมาย", "share", row.aim, aim),
        ("gap", "ต่างจากเป้าหมาย", "points", row.gap, ["minus", share_paid, aim]),
    ):
        made.add("disbursement", f"{kind}.{row.code}.{name}", f"{row.name} {words}", as_, value, formula)


def _money_of(view: str, where: dict[str, Any], month: int) -> tuple[Formula, Formula, Formula]:
    return (
        ["sum", f"{view}_granted", where],
        ["sum", f"{view}_paid", where, 1, month],
        ["sum", f"{view}_bound", where, 1, month],
    )


def _weighted(cut: Cut, view: str, where: dict[str, Any]) -> Iterator[list[Formula]]:
    for nature in Nature:
        if where.get("nature", nature.value) == nature.value:
            narrowed = {**where, "nature": nature.value}
            target = _at("target", {"kind": money.DISBURSED[nature].value}, cut.last_period)
            yield [["sum", f"{view}_granted", narrowed], target]
