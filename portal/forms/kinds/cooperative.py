"""Kind: an institution of the registry, found by name and kept by its registration number."""

from __future__ import annotations

import re
from typing import Any

from portal.errors import PortalError
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value
from portal.rules.inputs import check_registration_number


class Cooperative(Kind):
    """A 13-digit registration number; whether the office may name that institution is asked with the whole form."""

    name = "cooperative"

    def parse(self, question: Question, text: str) -> Value:
        # A look-up may have put the name before the number: "สหกรณ์… (4700000125271)".
        found = re.search(r"\(([\d\s-]{13,20})\)\s*$", text)
        try:
            return check_registration_number(found.group(1) if found else text)
        except PortalError as refusal:
            refusal.field = question.key
            raise

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, str):
            raise not_one(question, value)
        try:
            if check_registration_number(value) != value:
                raise not_one(question, value)
        except PortalError as refusal:
            refusal.field = question.key
            raise

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{13}$"}


KIND = Cooperative()
