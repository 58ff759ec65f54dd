"""Codes of finance files that nobody has told yet: which they are, what people say they mean, matched anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models import CodeMap, ImportBatch, ImportLine, Person, Project, Unit
from portal import budget, database
from portal.errors import RuleBroken
from portal.imports.batches import check_staged, tally
from portal.imports.matching import OF_A_YEAR, Matcher, code_key
from portal.imports.source import Line
from portal.rules.terms import MapKind, Nature


@dataclass(frozen=True)
class Unknown:
    """A code of a file that nobody has told yet, the lines it holds up and their budget in satang."""

    kind: MapKind
    value: str
    lines: int
    amount: int
    name: str


def unknown(batch: ImportBatch) -> list[Unknown]:
    """Return the codes to be mapped, those that hold up most money first within each kind."""
    found: dict[tuple[MapKind, str], list[Any]] = {}
    for line, lacks, amount in _lacking(batch):
        for kind in lacks:
            held = found.setdefault((kind, _value(line, kind)), [0, 0, line.name])
            held[0] += 1
            held[1] += amount
    rows = [Unknown(kind, value, *held) for (kind, value), held in found.items()]
    order = list(MapKind)
    return sorted(rows, key=lambda each: (order.index(each.kind), -abs(each.amount), each.value))


def _lacking(batch: ImportBatch) -> Iterator[tuple[ImportLine, list[MapKind], int]]:
    rows = ImportLine.select().where(ImportLine.batch == batch.id, ~ImportLine.is_matched).order_by(ImportLine.id)
    for line in rows.iterator():
        lacks = [MapKind(word) for word in line.lacks.split()]
        yield line, lacks, line.after_transfers or line.disbursed or 0


def _value(line: ImportLine, kind: MapKind) -> str:
    if kind is MapKind.CODE:
        return code_key(_as_read(line))
    return str(getattr(line, f"said_{kind}"))


def _as_read(line: ImportLine) -> Line:
    lacks = line.lacks.split()
    return Line(
        line.row,
        code=line.code,
        name=line.name,
        unit=line.said_unit,
        project="" if line.code else line.said_project,
        category=line.said_category,
        nature="" if MapKind.NATURE in lacks and line.said_nature == line.said_category else line.said_nature,
    )


def map_codes(
    batch: ImportBatch, told: Mapping[tuple[MapKind, str], Any], *, by: Person, at: dt.datetime
) -> ImportBatch:
    """Keep what codes mean, for this file and those after it, and match the batch's lines anew.

    A target is a Unit, a Project (None: no project), a BudgetCategory, a nature or a budget code of 20 digits.
    """
    budget.check_may_take(by)
    check_staged(batch)
    with budget.changing(by, "map_codes", at) as work:
        for (kind, value), target in told.items():
            _keep_map(work, batch, kind, value, target)
        _match_anew(batch)
        tally(work, batch)
    return batch


def _keep_map(work: Any, batch: ImportBatch, kind: MapKind, value: str, target: Any) -> None:
    year = batch.fiscal_year.year if kind in OF_A_YEAR else 0
    if kind is MapKind.NATURE and target not in set(Nature):
        raise RuleBroken("Say whether this is recurrent or investment.", field="nature")
    if kind is MapKind.CODE:
        target = typed_code(str(target))
    column = kind.value if kind in (MapKind.UNIT, MapKind.PROJECT, MapKind.CATEGORY) else "meant"
    there = CodeMap.get_or_none(CodeMap.kind == kind, CodeMap.year == year, CodeMap.value == value)
    if there is None:
        work.create(CodeMap, kind=kind, year=year, value=value, **{column: target})
    else:
        work.update(there, **{column: target})


def typed_code(text: str) -> str:
    """Return a budget code that a person typed, or refuse it."""
    tidy = "".join(text.split())
    if not (len(tidy) == 20 and tidy.isascii() and tidy.isdigit()):
        raise RuleBroken("A budget code has 20 digits, no more and no fewer.", field="code")
    return tidy


def _match_anew(batch: ImportBatch) -> None:
    year = batch.fiscal_year
    matcher = Matcher(year.year, year.id)
    rows = []
    for line, _, _ in _lacking(batch):
        match = matcher.match(_as_read(line))
        lacks = " ".join(kind for kind, _ in match.lacks)
        flag = dict(match.lacks).get(MapKind.NATURE, line.said_nature)
        rows.append(
            (match.code, match.unit, match.project, match.category, str(match.nature), flag, lacks, not lacks, line.id)
        )
    columns = ("line_code", "unit", "project", "category", "nature", "said_nature", "lacks", "is_matched")
    database.change(ImportLine, columns, rows)


def projects_of(batch: ImportBatch) -> list[Project]:
    """Return the projects of a batch's year, in the order of their codes."""
    plans = Project.plan.rel_model
    return list(Project.select().join(plans).where(plans.fiscal_year == batch.fiscal_year_id).order_by(Project.code))


def units_to_map() -> list[Unit]:
    """Return all units by name, to map a code to."""
    return list(Unit.select().order_by(Unit.kind, Unit.name_sort, Unit.id))
