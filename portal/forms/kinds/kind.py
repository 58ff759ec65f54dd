"""What a kind of question is: how what somebody typed becomes a value, and how a value is written, shown and kept."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, ClassVar

from portal.errors import PortalError, RuleBroken
from portal.forms.questions import Question
from portal.forms.values import Value


class Kind:
    """One kind of question. A member of the shelf sets the names below and overrides what differs from plain text.

    For every value `v` that `check` passes: read(question, write(question, v)) == v and
    from_store(*to_store(v)) == v.
    """

    name: ClassVar[str]
    holds: ClassVar[bool] = True  # it has an answer of its own
    typed: ClassVar[bool] = True  # a person gives that answer; False: the portal works it out
    counts: ClassVar[bool] = False  # its values are numbers, so it may feed an indicator
    in_tables: ClassVar[bool] = True  # it may stand in a column
    asks_for: ClassVar[tuple[str, ...]] = ()  # what of a question means something to it, beside what all kinds have

    def read(self, question: Question, typed: str) -> Value | None:
        """Return what was typed as a value, None where nothing was. Raises PortalError with the question's key."""
        text = "".join(c for c in typed if unicodedata.category(c) != "Cs")
        if not text.strip():
            return None
        try:
            value = self.parse(question, text)
            if value is not None:
                self.check(question, value)
        except PortalError as refusal:
            refusal.field = refusal.field or question.key
            raise
        return value

    def parse(self, question: Question, text: str) -> Value | None:
        """Return text that is not blank as a value, or refuse it; limits are `check`'s."""
        raise NotImplementedError

    def check(self, question: Question, value: Value) -> None:
        """Refuse a value that this question does not take, in the words in which `read` refuses it."""

    def write(self, question: Question, value: Value) -> str:
        """Return a value as a person would type it."""
        return str(value)

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        """Return a value as it is read on screens and paper."""
        return self.write(question, value)

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        """Return the number and the text that the store keeps for a value."""
        return None, str(value)

    def from_store(self, number: Decimal | None, text: str) -> Value:
        """Return the value that the store keeps as this number and text."""
        return text

    def plain(self, value: Value) -> Any:
        """Return a value as JSON holds it; `schema` describes that."""
        return value

    def schema(self, question: Question) -> dict[str, Any]:
        """Return the JSON Schema of `plain` values."""
        return {"type": "string"}


def not_one(question: Question, text: object) -> RuleBroken:
    """Return the refusal of a value that is no such thing at all."""
    return RuleBroken("“{text}” is no answer to this question.", field=question.key, text=str(text)[:60])
