"""Kind: yes or no."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.errors import RuleBroken
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value

YES = ("ใช่", "yes", "y", "true", "1", "มี")
NO = ("ไม่ใช่", "no", "n", "false", "0", "ไม่", "ไม่มี")


class YesNo(Kind):
    """Yes or no; unanswered is neither."""

    name = "yes_no"

    def parse(self, question: Question, text: str) -> Value:
        word = text.strip().casefold()
        if word in YES or word in NO:
            return word in YES
        raise RuleBroken("“{text}” is neither yes nor no.", field=question.key, text=text.strip()[:60])

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, bool):
            raise not_one(question, value)

    def write(self, question: Question, value: Value) -> str:
        return YES[0] if value else NO[0]

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return (YES if value else NO)[1 if language == "en" else 0].capitalize()

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        return None, "yes" if value else "no"

    def from_store(self, number: Decimal | None, text: str) -> Value:
        return text == "yes"

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "boolean"}


KIND = YesNo()
