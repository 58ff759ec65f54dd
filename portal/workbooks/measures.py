"""Whether units of measure agree: between a question and its indicator, within one sum, up the tree of indicators.

คน and ราย must never be added together (domain.md, reference data). Each finding says what disagrees and where; it is
printed in the register of results, so its words are Thai.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models import Form, FormVersion, Indicator, MeasureUnit
from portal import sheets
from portal.database import tuples
from portal.errors import RuleBroken
from portal.forms import expressions, kinds
from portal.forms.spec import FormSpec
from portal.rules.terms import FormState


@dataclass(frozen=True)
class Asked:
    """One question of numbers in a published version of a form. `adds` are the keys that its formula adds up."""

    form: str
    version: int
    key: str
    label: str
    kind: str
    unit: str
    indicator: int | None = None
    month_rule: str = ""
    unit_rule: str = ""
    is_summed: bool = False
    adds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """One indicator of the register: its unit of measure by code, its rules, and the indicator that it feeds."""

    id: int
    code: str
    name: str
    unit: str
    month_rule: str
    unit_rule: str
    parent: int | None = None


@dataclass(frozen=True)
class Finding:
    """What disagrees. `rule` is one of: none, unknown, differs, rule, mixed, parts, versions, formula."""

    rule: str
    form: str
    version: int
    key: str
    words: str


def cross_check(asked: Iterable[Asked], indicators: Mapping[int, Known], units: Mapping[str, str]) -> list[Finding]:
    """Return everything about units of measure that does not agree, in the order of the questions.

    `units` names the units of the register by code.
    """
    listed = list(asked)
    out: list[Finding] = []
    by_place = {(a.form, a.version, a.key): a for a in listed}
    feeding: dict[int, list[Asked]] = defaultdict(list)
    earlier: dict[tuple[str, str], Asked] = {}
    for one in listed:
        if one.indicator is not None:
            feeding[one.indicator].append(one)
        out += [Finding(rule, one.form, one.version, one.key, words) for rule, words in _alone(one, indicators, units)]
        before = earlier.get((one.form, one.key))
        if before is not None and before.unit != one.unit:
            was, now = _named(before.unit, units), _named(one.unit, units)
            words = f"รุ่น {before.version} นับเป็น {was} รุ่น {one.version} นับเป็น {now}: รวมข้ามรุ่นไม่ได้"
            out.append(Finding("versions", one.form, one.version, one.key, words))
        earlier[one.form, one.key] = one
        added = {by_place[at].unit for key in one.adds if (at := (one.form, one.version, key)) in by_place}
        if len(added) > 1:
            words = "สูตรบวกคนละหน่วยนับ: " + ", ".join(sorted(_named(unit, units) for unit in added))
            out.append(Finding("formula", one.form, one.version, one.key, words))
    for ident, many in feeding.items():
        found = sorted({one.unit for one in many})
        if len(found) > 1:
            words = f"ตัวชี้วัด {indicators[ident].code if ident in indicators else ident} รับค่าจากหลายหน่วยนับ: "
            words += ", ".join(_named(unit, units) for unit in found)
            out += [Finding("mixed", one.form, one.version, one.key, words) for one in many]
    return out + list(_parts(indicators, units, feeding))


def gather() -> tuple[list[Asked], dict[int, Known], dict[str, str]]:
    """Return what `cross_check` looks at, from the store: published versions of forms in use, indicators, units."""
    asked: list[Asked] = []
    rows = (
        FormVersion.select(FormVersion, Form)
        .join(Form)
        .where(FormVersion.state == FormState.PUBLISHED, Form.is_active)
        .order_by(Form.position, Form.code, FormVersion.number)
    )
    for version in rows:
        asked += questions_of(version.form.code, version.number, sheets.spec_of(version))
    known = {
        row[0]: Known(*row)
        for row in tuples(
            Indicator.select(
                Indicator.id, Indicator.code, Indicator.name, MeasureUnit.code, Indicator.month_rule,
                Indicator.unit_rule, Indicator.parent,
            ).join(MeasureUnit)
        )
    }  # fmt: skip
    units = dict(tuples(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name)))
    return asked, known, units


def questions_of(form: str, version: int, spec: FormSpec) -> list[Asked]:
    """Return the questions of numbers that a form asks."""
    out = []
    for key, question in spec.asked.items():
        if kinds.of(question).counts:
            table = spec.table_of(key)
            label = f"{table.title()}: {question.title()}" if table is not None else question.title()
            out.append(
                Asked(
                    form, version, key, label, question.kind, question.unit, question.indicator_id,
                    question.month_rule, question.unit_rule, key in spec.totalled, _added(question.formula, table),
                )
            )  # fmt: skip
    return out


# ---------------------------------------------------------------- below: how


def _alone(one: Asked, indicators: Mapping[int, Known], units: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with one question by itself."""
    indicator = indicators.get(one.indicator or 0)
    if not one.unit:
        if one.kind in ("whole", "number") and (indicator is not None or one.is_summed):
            yield "none", "ไม่ได้ระบุหน่วยนับ"
    elif one.unit not in units:
        yield "unknown", f"หน่วยนับ “{one.unit}” ไม่มีในทะเบียนหน่วยนับ"
    if indicator is None:
        return
    if one.unit and one.unit != indicator.unit:
        here, there = _named(one.unit, units), _named(indicator.unit, units)
        yield "differs", f"แบบนับเป็น {here} แต่ตัวชี้วัด {indicator.code} นับเป็น {there}"
    for name, mine, theirs in (
        ("เดือน", one.month_rule, indicator.month_rule),
        ("หน่วยงาน", one.unit_rule, indicator.unit_rule),
    ):
        if mine and mine != theirs:
            yield "rule", f"วิธีรวมระหว่าง{name}ของแบบ ({mine}) ไม่ตรงกับตัวชี้วัด {indicator.code} ({theirs})"


def _parts(
    indicators: Mapping[int, Known], units: Mapping[str, str], feeding: Mapping[int, list[Any]]
) -> Iterable[Finding]:
    """Yield the indicators that are summed into one of another unit."""
    for one in indicators.values():
        parent = indicators.get(one.parent or 0)
        if parent is not None and parent.unit != one.unit:
            here, there = _named(one.unit, units), _named(parent.unit, units)
            words = f"ตัวชี้วัดย่อย {one.code} นับเป็น {here} แต่ส่งค่าให้ {parent.code} ที่นับเป็น {there}"
            for asked in feeding.get(one.id, []):
                yield Finding("parts", asked.form, asked.version, asked.key, words)


def _named(code: str, units: Mapping[str, str]) -> str:
    return units.get(code, code) if code else "(ไม่ระบุ)"


def _added(formula: str, table: Any) -> tuple[str, ...]:
    """Return the keys whose values a formula adds or takes away and does nothing else with."""
    if not formula.strip():
        return ()
    try:
        expression = expressions.parse(formula)
    except RuleBroken:
        return ()
    if not all(c not in formula for c in "*/%"):
        return ()
    if not any(c in formula for c in "+-"):
        return ()
    inner = {column.key for column in table.columns} if table is not None else set()
    return tuple(f"{table.key}.{name}" if name in inner else name for name in expression.names)
