"""What is wrong with a form's description, each fault with its place, in words for whoever designs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.errors import PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.questions import KEY


@dataclass(frozen=True)
class Measure:
    """A unit of measure of the register, as far as a form must agree with it."""

    decimals: int
    is_percentage: bool


@dataclass(frozen=True)
class Fed:
    """An indicator as far as a question that feeds it must agree with it."""

    code: str
    unit: str
    month_rule: str
    unit_rule: str


@dataclass(frozen=True)
class Register:
    """What the store knows of units of measure (by code) and indicators (by id)."""

    units: Mapping[str, Measure] = field(default_factory=dict)
    indicators: Mapping[int, Fed] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One fault. `path` leads to it through the JSON: `sections.0.questions.2.formula`."""

    path: str
    error: PortalError


def faults(given: Mapping[str, Any], register: Register | None = None) -> list[Fault]:
    """Return everything wrong with a description, in its order; never raises. Without `register`, units of measure
    and indicators are taken as they stand.
    """
    return list(_faults(given))


def _faults(given: Mapping[str, Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    sections = given.get("sections")
    for s, section in enumerate(sections if isinstance(sections, list) else []):
        for q, question in enumerate(section.get("questions", []) if isinstance(section, dict) else []):
            path = f"sections.{s}.questions.{q}"
            key = question.get("key") if isinstance(question, dict) else None
            if not isinstance(key, str) or not KEY.fullmatch(key):
                yield Fault(
                    f"{path}.key", RuleBroken("A key starts with a small letter and has small letters, digits and _.")
                )
            elif key in seen:
                yield Fault(f"{path}.key", RuleBroken("Another question has this key.", key=key))
            else:
                seen.add(key)
            if isinstance(question, dict) and question.get("kind") not in kinds.BY_NAME:
                yield Fault(f"{path}.kind", RuleBroken("There is no such kind of question."))
