"""What differs between two versions of a form, in words: what is new, what is gone, what was moved, what reads anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any

from portal.forms.questions import Choice, Question, Row, Rule, Section
from portal.forms.spec import FormSpec
from portal.web import shelf
from portal.web.designer_words import properties
from portal.web.language import gettext
from portal.web.words import word

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
_INNER = frozenset({"columns", "questions", "indicator_id"})  # told on lines of their own, or by another name


@dataclass(frozen=True)
class Detail:
    """One property that differs: its name, what it was, what it is."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One thing that differs: `what` is called how, and in which properties."""

    kind: str
    what: str
    sort: str
    details: tuple[Detail, ...] = ()


Part = Section | Question | Rule


def changes(old: FormSpec, new: FormSpec, renamed: Mapping[str, str] | None = None) -> list[Change]:
    """Return what differs, in the order of the new version, what is gone last. `renamed` leads old keys to new ones."""
    before, after = _parts(old), _parts(new)
    goes = {key: _goes(key, renamed or {}) for key in before}
    comes = {v: k for k, v in goes.items() if v in after}
    strays = _moved([goes[k] for k in before if goes[k] in after], [k for k in after if k in comes])
    out = []
    for key, part in after.items():
        if key not in comes:
            out.append(Change(ADDED, _title(part), _sort(key)))
            continue
        details = _differences(before[comes[key]], part)
        if details:
            out.append(Change(CHANGED, _title(part), _sort(key), tuple(details)))
        elif key in strays:
            out.append(Change(MOVED, _title(part), _sort(key)))
    gone = [k for k in before if goes[k] not in after]
    return out + [Change(REMOVED, _title(before[key]), _sort(key)) for key in gone]


def _goes(key: str, renamed: Mapping[str, str]) -> str:
    """Return where a part went; a column goes with its table unless it has a way of its own."""
    kind, _, name = key.partition(":")
    if kind != "question":
        return key
    table, dot, column = name.partition(".")
    return f"question:{renamed.get(name) or renamed.get(table, table) + dot + column}"


def _parts(spec: FormSpec) -> dict[str, Part]:
    out: dict[str, Part] = {}
    for section in spec.sections:
        out[f"section:{section.key}"] = section
        for question in section.questions:
            out[f"question:{question.key}"] = question
            out |= {f"question:{question.key}.{column.key}": column for column in question.columns}
    return out | {f"rule:{rule.key}": rule for rule in spec.rules}


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    still = {key for block in blocks for key in after[block.b : block.b + block.size]}
    return set(after) - still


def _differences(before: Part, after: Part) -> list[Detail]:
    said = properties()
    return [
        Detail(said.get(f.name, f.name), _shown(f.name, a), _shown(f.name, b))
        for f in fields(after)
        if f.name not in _INNER and (a := getattr(before, f.name, None)) != (b := getattr(after, f.name))
    ]


def _shown(name: str, value: Any) -> str:
    if value in (None, "", (), 0) and not isinstance(value, bool):
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, tuple):
        return ", ".join((one.label or "–") if isinstance(one, (Choice, Row)) else str(one) for one in value)
    if name == "kind":
        return shelf.name_of(str(value))
    if name in ("month_rule", "unit_rule"):
        return word(str(value))
    return str(value)


def _title(part: Part) -> str:
    text = part.title if isinstance(part, Section) else part.message if isinstance(part, Rule) else part.label
    return text or part.key


def _sort(key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == "question":
        return gettext("Column") if "." in name else gettext("Question")
    return gettext("Section") if kind == "section" else gettext("Rule")
