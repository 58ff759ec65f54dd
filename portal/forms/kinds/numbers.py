"""What the kinds of number share: one way to read, limit, write and keep them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from portal import formats
from portal.errors import RuleBroken
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value
from portal.rules import inputs

BOUND = 10**14  # the store keeps ten-thousandths in 64 bits


class NumberKind(Kind):
    """A number with at most `most` decimals; the question may allow fewer."""

    counts = True
    asks_for: ClassVar[tuple[str, ...]] = ("unit", "least", "greatest", "decimals", "default", "indicator")
    most: ClassVar[int]

    def decimals(self, question: Question) -> int:
        """Return how many decimals a value may have."""
        return self.most if question.decimals is None else max(0, min(question.decimals, self.most))

    def parse(self, question: Question, text: str) -> Value:
        return self._number(question, text)

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise not_one(question, value)
        self._number(question, self.write(question, value))

    def _number(self, question: Question, text: str) -> Decimal:
        try:
            value = inputs.parse_number(
                text, decimals=self.decimals(question), least=question.least, greatest=question.greatest
            )
        except RuleBroken as refusal:
            refusal.field = question.key
            raise
        if abs(value) >= BOUND:
            raise RuleBroken("“{text}” is too large a number.", field=question.key, text=text)
        return value

    def write(self, question: Question, value: Value) -> str:
        number = Decimal(str(value))
        return format(number.normalize(), ",f") if number else "0"

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return formats.quantity(Decimal(str(value)))

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        return Decimal(str(value)), ""

    def from_store(self, number: Decimal | None, text: str) -> Value:
        return number if number is not None else Decimal(0)

    def plain(self, value: Value) -> Any:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)

    def schema(self, question: Question) -> dict[str, Any]:
        limits = {"minimum": question.least, "maximum": question.greatest}
        return {
            "type": "number" if self.decimals(question) else "integer",
            "x-decimals": self.decimals(question),
            **{name: self.plain(limit) for name, limit in limits.items() if limit is not None},
        }
