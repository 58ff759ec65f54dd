"""The tables of inputs: sums by office, project, category and month, as the chapters read them too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from models import Unit
from portal.reports.chapter import Cut
from portal.reports.figures import followed, money, registry, reporting, results, visiting
from portal.reports.figures.offices import offices
from portal.reports.passports import Passports
from portal.rules.deadlines import Timeliness
from portal.rules.formulas import Inputs
from portal.rules.progress import Aggregation

CLASSES = ("1", "2", "3", "none")


def take_inputs(cut: Cut, made: Passports) -> None:
    """Take in every table. The readings are those of the chapters: but for the names of units nothing is asked anew."""
    codes = {ident: (code, short) for ident, code, short in Unit.select(Unit.id, Unit.code, Unit.short).tuples()}
    made.names.update(dict(sorted(codes.values())))
    unit = {ident: code for ident, (code, _) in codes.items()}
    _money_inputs(cut, made, unit)
    _result_inputs(cut, made, unit)
    _due_inputs(cut, made, unit)
    _visit_inputs(cut, made, unit)


def _table(columns: str, rows: Iterable[tuple[tuple[str, ...], Iterable[Decimal | int | None]]]) -> Inputs:
    listed = ((keys, tuple(Decimal(v) if isinstance(v, int) else v for v in values)) for keys, values in rows)
    return Inputs(tuple(columns.split()), tuple(listed))


def _money_inputs(cut: Cut, made: Passports, unit: Mapping[int, str]) -> None:
    ledger, categories = money.ledger(cut), money.categories(cut)
    projects = {project.id: project.code for project in results.projects(cut)}
    made.names.update({f"category {code}": name for code, name in categories.values()})
    views: tuple[tuple[str, Mapping[Any, money.Sum], Mapping[Any, str]], ...] = (
        ("unit", ledger.by_office, unit),
        ("project", ledger.by_project, projects),
        ("category", ledger.by_category, {ident: code for ident, (code, _) in categories.items()}),
    )
    for view, sums, code_of in views:
        listed = sorted((code_of.get(which, ""), nature.value, each) for (which, nature), each in sums.items() if each)
        for name, values in (
            ("granted", lambda s: (s.granted,)),
            ("paid", lambda s: s.paid),
            ("bound", lambda s: tuple(map(sum, zip(s.ordered, s.reserved, strict=True)))),
        ):
            made.tables[f"{view}_{name}"] = _table(
                f"{view} nature", (((code, nature), values(each)) for code, nature, each in listed)
            )
    both = [
        (code, projects[project], amounts)
        for office, listed in money.office_projects(cut).items()
        if (code := unit.get(office, ""))
        for project, *amounts in listed
        if project in projects
    ]
    for n, name in enumerate(("granted", "paid", "bound")):
        made.tables[f"both_{name}"] = _table(
            "unit project", (((code, project), (amounts[n],)) for code, project, amounts in sorted(both))
        )
    made.tables["target"] = _table(
        "kind", (((kind.value,), months) for kind, months in money.targets(cut).months.items())
    )


def _result_inputs(cut: Cut, made: Passports, unit: Mapping[int, str]) -> None:
    found = results.monthly(cut)
    code = {facts.id: facts.code for facts in results.leading(cut)}
    levels = {facts.id for facts in results.leading(cut) if facts.month_rule is not Aggregation.SUM}
    made.names.update({facts.code: facts.name for facts in results.leading(cut)})
    keys = sorted(key for key in {*found.targets, *found.values} if key[0] in code)

    def named(key: tuple[int, int]) -> tuple[str, str]:
        return code[key[0]], unit.get(key[1], "")

    made.tables["answer"] = _table(
        "indicator unit", ((named(key), found.values[key]) for key in keys if key in found.values)
    )
    made.tables["submission"] = _table(
        "indicator unit", ((named(key), found.sources[key]) for key in keys if key in found.sources)
    )
    # A level of which no month is planned is asked to be the year's target all year (rules.progress.planned_to_date).
    plans = {key: (found.targets[key],) * 12 for key in found.targets if key[0] in levels} | found.plans
    made.tables["plan"] = _table("indicator unit", ((named(key), plans[key]) for key in keys if key in plans))
    made.tables["year_target"] = _table(
        "indicator unit", ((named(key), (found.targets[key],)) for key in keys if key in found.targets)
    )


def _due_inputs(cut: Cut, made: Passports, unit: Mapping[int, str]) -> None:
    due, until = reporting.months_due(cut), cut.last_period
    listed = [(office.code, reporting.due(due, office.id)[:until]) for office in offices(cut)]
    for name, value in (
        ("owed", lambda m: m.owed),
        ("late", lambda m: m.late),
        ("missing", lambda m: m.missing),
        ("days", lambda m: m.days),
        ("in_time", lambda m: int(m.how is Timeliness.ON_TIME) if m.owed else None),
    ):
        made.tables[f"due_{name}"] = _table("unit", (((code,), map(value, months)) for code, months in listed))
    states = reporting.states(cut)
    made.tables["report_state"] = _table(
        "state", (((state.value,), [states[month][state] for month in range(1, until + 1)]) for state in states[1])
    )
    forms = reporting.forms_due(cut)
    made.names.update({f"form {form.code}": form.name for form in forms})
    made.tables["form_owed"] = _table("form", (((form.code,), (form.owed,)) for form in forms))
    made.tables["form_met"] = _table("form", (((form.code,), (form.met,)) for form in forms))


def _visit_inputs(cut: Cut, made: Passports, unit: Mapping[int, str]) -> None:
    courses, reach = visiting.courses(cut), visiting.reach(cut)
    made.tables["visit_plan"] = _table("unit", (((unit.get(o, ""),), c.plan) for o, c in courses.items()))
    made.tables["visit_done"] = _table("unit", (((unit.get(o, ""),), c.done) for o, c in courses.items()))
    made.tables["visit_reach"] = _table(
        "unit", (((unit.get(o, ""),), (r.institutions,)) for o, r in sorted(reach.items()))
    )
    made.tables["visit_unplanned"] = _table(
        "unit", (((unit.get(o, ""),), (r.unplanned,)) for o, r in sorted(reach.items()))
    )
    made.tables["registry"] = _table(
        "unit type kind",
        (((unit.get(each.office, ""), each.type, each.kind.value), (each.count,)) for each in registry.stock(cut)),
    )
    by_type = visiting.by_type(cut)
    made.tables["type_visits"] = _table("type", (((name,), (visits,)) for _, name, visits, _ in by_type))
    made.tables["type_reach"] = _table("type", (((name,), (visited,)) for _, name, _, visited in by_type))
    _follow_inputs(cut, made, unit)


def _follow_inputs(cut: Cut, made: Passports, unit: Mapping[int, str]) -> None:
    asked = followed.asked(cut)
    for name in ("institutions", "reached"):
        made.tables[f"asked_{name}"] = _table(
            "unit type kind",
            (((unit.get(one.office, ""), one.type, one.kind.value), (getattr(one, name),)) for one in asked),
        )
    for name in ("agreed", "settled", "open", "overdue"):
        made.tables[f"action_{name}"] = _table(
            "unit", (((unit.get(o, ""),), (getattr(one, name),)) for o, one in followed.actions(cut).items())
        )
    made.tables["class_moves"] = _table(
        "unit before after",
        (
            ((unit.get(office, ""), before, after), (count,))
            for office, flow in followed.flows(cut).items()
            for before, row in zip(CLASSES, flow, strict=True)
            for after, count in zip(CLASSES, row, strict=True)
            if count
        ),
    )
