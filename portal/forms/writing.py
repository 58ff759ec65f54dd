"""What every change of a form asks first: may this person, is it no monster, and what to say when it is faulty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from models import Person
from portal.errors import NotAllowed, RuleBroken
from portal.forms.faults import Fault
from portal.rules import access
from portal.rules.access import Role

LARGEST = 1_000_000  # characters of JSON


class FormFaulty(RuleBroken):
    """A description that cannot be published or taken in; `faults` are all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(
            "The form has {count} faults. The first is at {path}: {reason}",
            field="spec", count=len(faults), path=first.path or "-", reason=str(first.error),
        )  # fmt: skip
        self.faults = list(faults)


def check_may_design(by: Person | None, owner_id: int) -> None:
    """Refuse whoever may not change the forms of this owner: a division changes its own only. None = the portal."""
    if by is None:
        return
    access.check_may_write(by.role, "FormVersion")
    if by.role == Role.DIVISION and by.unit_id != owner_id:
        raise NotAllowed("Only the division that owns this form changes it.")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description as plain JSON, or refuse one that is none or too large to be a form."""
    try:
        text = json.dumps(given, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise RuleBroken("This is not the description of a form.", field="spec")
    if len(text) > LARGEST:
        raise RuleBroken("This is larger than a form may be.", field="spec")
    plain = json.loads(text)
    if not isinstance(plain, dict):
        raise RuleBroken("This is not the description of a form.", field="spec")
    return plain


def without_indicators(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description that feeds no indicator."""
    out = checked(spec)
    questions = [q for section in out.get("sections", []) for q in section.get("questions", [])]
    for question in questions + [c for q in questions for c in q.get("columns", [])]:
        for name in ("indicator", "indicator_id", "month_rule", "unit_rule"):
            question.pop(name, None)
    return out
