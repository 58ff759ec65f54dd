"""Kind: an amount of money in baht, to the satang."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from portal import formats
from portal.forms.kinds.numbers import NumberKind
from portal.forms.questions import Question
from portal.forms.values import Value


class Money(NumberKind):
    """Baht with two decimals at most; kept exactly."""

    name = "money"
    most = 2
    asks_for: ClassVar[tuple[str, ...]] = ("unit", "least", "greatest", "default", "indicator")

    def parse(self, question: Question, text: str) -> Value:
        return self._number(question, text.strip().removeprefix("฿").removesuffix("บาท").strip())

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return formats.num(Decimal(str(value)), 2)


KIND = Money()
