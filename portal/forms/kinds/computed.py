"""Kind: an answer that the portal works out from others by a formula."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from portal import formats
from portal.forms.kinds.kind import not_one
from portal.forms.kinds.numbers import NumberKind
from portal.forms.questions import Question
from portal.forms.values import Value


class Computed(NumberKind):
    """A number worked out, rounded half up to the question's decimals; nobody types it."""

    name = "computed"
    typed = False
    most = 4
    asks_for: ClassVar[tuple[str, ...]] = ("unit", "decimals", "formula", "indicator")

    def decimals(self, question: Question) -> int:
        """Return how many decimals the result is rounded to: two unless the question says."""
        return super().decimals(question) if question.decimals is not None else 2

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, Decimal) or not value.is_finite() or abs(value) >= 10**14:
            raise not_one(question, value)

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return formats.num(Decimal(str(value)), self.decimals(question))

    def schema(self, question: Question) -> dict[str, Any]:
        return {"type": "number", "x-decimals": self.decimals(question), "readOnly": True}


KIND = Computed()
