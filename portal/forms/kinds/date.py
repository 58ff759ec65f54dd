"""Kind: a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from portal import formats
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value
from portal.rules import inputs


class Date(Kind):
    """A day, typed and shown in the Buddhist Era."""

    name = "date"

    def parse(self, question: Question, text: str) -> Value:
        return inputs.parse_date(text)

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, dt.date):
            raise not_one(question, value)
        inputs.parse_date(formats.day_input(value))

    def write(self, question: Question, value: Value) -> str:
        return formats.day_input(_day(value))

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return formats.day_english(_day(value)) if language == "en" else formats.day_short(_day(value))

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        return None, _day(value).isoformat()

    def from_store(self, number: Decimal | None, text: str) -> Value:
        return dt.date.fromisoformat(text)

    def plain(self, value: Value) -> Any:
        return _day(value).isoformat()

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


def _day(value: Value) -> dt.date:
    assert isinstance(value, dt.date)
    return value


KIND = Date()
