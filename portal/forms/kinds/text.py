"""Kind: a short text on one line."""

from __future__ import annotations

from typing import Any

from portal.errors import RuleBroken
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value
from portal.rules import inputs


class Text(Kind):
    """One line of text, mended as all Thai text is."""

    name = "text"
    longest = 500
    many_lines = False

    def parse(self, question: Question, text: str) -> Value | None:
        # What holds nothing but invisible marks is empty.
        return inputs.parse_text(text, many_lines=self.many_lines) or None

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, str):
            raise not_one(question, value)
        if len(value) > self.longest:
            raise RuleBroken("This is longer than {longest} characters.", field=question.key, longest=self.longest)

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.longest}


KIND = Text()
