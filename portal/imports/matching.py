"""What a line of a finance file means here: which budget code, unit, project, category and nature.

First what a person has said before (CodeMap), then what the records themselves tell, and never a guess: what is not
told by exactly one record is left to a person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from models import BudgetCategory, BudgetLine, CodeMap, Plan, Project, Province, Unit
from portal.database import tuples
from portal.imports.source import Line
from portal.rules import gfmis
from portal.rules.terms import MapKind, Nature, UnitKind

BANGKOK = "10"
"""Two offices and the centre stand in this province, so that its code names no unit."""

OF_A_YEAR = frozenset({MapKind.PROJECT, MapKind.CODE})
"""Kinds whose codes mean something else each fiscal year."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a line means; `lacks` are the kinds nobody has told, with the words of the file that would be mapped."""

    code: str
    unit: int | None
    project: int | None
    category: int | None
    nature: str
    lacks: tuple[tuple[MapKind, str], ...]


class Matcher:
    """Reads the maps and records of one fiscal year once, and matches any number of lines."""

    def __init__(self, year: int, year_id: int) -> None:
        self._maps: dict[tuple[str, str], Any] = {}
        for kind, _year, value, *target in tuples(
            CodeMap.select(
                CodeMap.kind,
                CodeMap.year,
                CodeMap.value,
                CodeMap.unit,
                CodeMap.project,
                CodeMap.category,
                CodeMap.meant,
            )
            .where(CodeMap.year.in_((0, year)))
            .order_by(CodeMap.year)
        ):
            place = {MapKind.UNIT: 0, MapKind.PROJECT: 1, MapKind.CATEGORY: 2}.get(MapKind(kind), 3)
            self._maps[str(kind), value] = target[place]
        self._units = _units()
        self._categories, self._natures = _categories()
        self._projects = _names(
            tuples(Project.select(Project.name, Project.id).join(Plan).where(Plan.fiscal_year == year_id))
        )
        self._of_code: dict[str, set[int | None]] = defaultdict(set)
        self._code_of_name: dict[str, set[str]] = defaultdict(set)
        self._codes: dict[tuple[int, int | None, int], set[str]] = defaultdict(set)
        self._nature_of: dict[tuple[str, int, int], set[str]] = defaultdict(set)
        for code, name, unit, project, category, nature in tuples(
            BudgetLine.select(
                BudgetLine.code, BudgetLine.name, BudgetLine.unit, BudgetLine.project, BudgetLine.category,
                BudgetLine.nature,
            ).where(BudgetLine.fiscal_year == year_id)
        ):  # fmt: skip
            self._of_code[code].add(project)
            self._codes[unit, project, category].add(code)
            self._nature_of[code, unit, category].add(str(nature))
            if name:
                self._code_of_name[name].add(code)
        self._known: dict[tuple[str, ...], Match] = {}

    def match(self, line: Line) -> Match:
        """Return what the line means; lines that say the same mean the same."""
        said = (line.code, line.name if not line.code else "", line.unit, line.project, line.category, line.nature)
        if said not in self._known:
            self._known[said] = self._matched(line)
        return self._known[said]

    def _matched(self, line: Line) -> Match:
        lacks: list[tuple[MapKind, str]] = []
        category = self._map(MapKind.CATEGORY, line.category) or self._categories.get(gfmis.plain(line.category))
        if category is None:
            lacks.append((MapKind.CATEGORY, line.category or gfmis.NOT_ASSIGNED))
        unit = self._map(MapKind.UNIT, line.unit) or self._units.get(gfmis.plain(line.unit))
        if unit is None:
            lacks.append((MapKind.UNIT, line.unit or gfmis.NOT_ASSIGNED))
        code = line.code or self._named_code(line, unit, category)
        if not code:
            lacks.append((MapKind.CODE, code_key(line)))
        project, is_told = self._project(line, code)
        if not is_told:
            lacks.append((MapKind.PROJECT, project_key(line, code)))
        nature = self._nature(line, code, unit, category)
        if not nature and category is not None:
            lacks.append((MapKind.NATURE, line.nature or line.category))
        return Match(code, unit, project, category, nature, tuple(lacks))

    def _map(self, kind: MapKind, value: str) -> Any:
        return self._maps.get((str(kind), value or gfmis.NOT_ASSIGNED))

    def _named_code(self, line: Line, unit: int | None, category: int | None) -> str:
        told = self._map(MapKind.CODE, code_key(line))
        if told:
            return str(told)
        by_name = self._code_of_name.get(line.name, set()) if line.name else set()
        if len(by_name) == 1:
            return next(iter(by_name))
        for name in (line.name, line.project):
            project = self._projects.get(gfmis.plain(name)) if name else None
            if project is not None and unit is not None and category is not None:
                codes = self._codes.get((unit, project, category), set())
                if len(codes) == 1:
                    return next(iter(codes))
        return ""

    def _project(self, line: Line, code: str) -> tuple[int | None, bool]:
        """Return the project, and whether anything tells it; a code may be known to belong to none."""
        key = (str(MapKind.PROJECT), project_key(line, code))
        if key in self._maps:
            return self._maps[key], True
        of_code = self._of_code.get(code, set())
        if len(of_code) == 1:
            return next(iter(of_code)), True
        for name in (line.project, line.name):
            found = self._projects.get(gfmis.plain(name)) if name else None
            if found is not None:
                return found, True
        return None, False

    def _nature(self, line: Line, code: str, unit: int | None, category: int | None) -> str:
        """The file's own flag decides; without one, the line that is there, then the category if it is of one kind."""
        told = self._map(MapKind.NATURE, line.nature or line.category)
        if told:
            return str(told)
        if line.nature:
            word = gfmis.plain(line.nature)
            return Nature.INVESTMENT if "ลงทุน" in word else Nature.RECURRENT if "ประจำ" in word else ""
        if unit is not None and category is not None:
            known = self._nature_of.get((code, unit, category), set())
            if len(known) == 1:
                return next(iter(known))
        usual = self._natures.get(category or 0, "")
        return usual if usual in set(Nature) else ""


def code_key(line: Line) -> str:
    """Return what stands for a budget code where a file has none: the name of the item and its category."""
    return f"{line.name} · {line.category}" if line.name else gfmis.NOT_ASSIGNED


def project_key(line: Line, code: str) -> str:
    """Return what stands for a project in a file: its name, or the part of the budget code that says the output."""
    return line.project or gfmis.output_of(code) or gfmis.NOT_ASSIGNED


def _names(rows: Any) -> dict[str, int]:
    """Return identifiers by plain name, of those names that only one has."""
    found: dict[str, set[int]] = defaultdict(set)
    for name, ident in rows:
        found[gfmis.plain(name)].add(ident)
    return {name: next(iter(idents)) for name, idents in found.items() if len(idents) == 1}


def _units() -> dict[str, int]:
    """Return units by plain name, short name and code, and by the four digits of an area that holds one office only."""
    named: list[tuple[str, int]] = []
    areas: dict[str, set[int]] = defaultdict(set)
    rows = Unit.select(Unit.id, Unit.code, Unit.name, Unit.short, Unit.kind, Province.code).join(
        Province, "LEFT JOIN", on=(Unit.province == Province.id)
    )
    for ident, code, name, short, kind, province in tuples(rows):
        named += [(code, ident), (name, ident), *([(short, ident)] if short else [])]
        if str(kind) == UnitKind.PROVINCIAL and province and province != BANGKOK:
            areas[f"{province}00"].add(ident)
    named += [(area, ident) for area, idents in areas.items() if len(idents) == 1 for ident in idents]
    return _names(named)


def _categories() -> tuple[dict[str, int], dict[int, str]]:
    """Return categories by plain name and by their three digits, and the nature of each."""
    named: dict[str, int] = {}
    natures: dict[int, str] = {}
    patterns: list[tuple[str, int]] = []
    for ident, _code, name, digits, nature in tuples(
        BudgetCategory.select(
            BudgetCategory.id,
            BudgetCategory.code,
            BudgetCategory.name,
            BudgetCategory.gfmis_code,
            BudgetCategory.nature,
        )
    ):
        named[gfmis.plain(name)] = ident
        natures[ident] = str(nature)
        if digits:
            patterns.append((digits, ident))
    # `310` goes before `3XX`: the fewer X, the later it is written over what is there.
    for digits, ident in sorted(patterns, key=lambda each: -each[0].count("X")):
        for number in range(1000):
            if all(p in ("X", n) for p, n in zip(digits, f"{number:03d}", strict=False)) and len(digits) == 3:
                named[f"{number:03d}"] = ident
    return named, natures
