"""Kind: several of a list."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from portal.errors import RuleBroken
from portal.forms.kinds.choice import code_of, label_of, not_listed, written
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value


class SeveralOf(Kind):
    """Any number of the question's choices, kept in the list's order. Typed apart by `;`, a comma or a new line."""

    name = "choices"
    asks_for = ("choices",)

    def parse(self, question: Question, text: str) -> Value | None:
        chosen: set[str] = set()
        for piece in filter(str.strip, re.split(r"[;\n\r]", text)):
            try:
                chosen.add(code_of(question, piece))
            except RuleBroken:  # no choice as a whole: perhaps several, with commas between
                chosen |= {code_of(question, one) for one in piece.split(",") if one.strip()}
        return tuple(c.code for c in question.choices if c.code in chosen) or None

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, tuple):
            raise not_one(question, value)
        known = {c.code for c in question.choices}
        for code in value:
            if code not in known:
                raise not_listed(question, code)

    def write(self, question: Question, value: Value) -> str:
        words = [(code, written(question, code)) for code in _codes(value)]
        return "; ".join(code if re.search(r"[;,\n\r]", word) else word for code, word in words)

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return ", ".join(label_of(question, code, language) for code in _codes(value))

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        return None, ",".join(_codes(value))

    def from_store(self, number: Decimal | None, text: str) -> Value:
        return tuple(filter(None, text.split(",")))

    def plain(self, value: Value) -> Any:
        return list(_codes(value))

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "array", "items": {"enum": [c.code for c in question.choices]}, "uniqueItems": True}


def _codes(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


KIND = SeveralOf()
