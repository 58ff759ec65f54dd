"""Kind: a percentage. It is never summed, neither over months nor over offices nor down a column."""

from __future__ import annotations

from portal.forms.kinds.numbers import NumberKind
from portal.forms.questions import Question
from portal.forms.values import Value


class Percent(NumberKind):
    """A share of a hundred, two decimals at most; 100 and more is possible unless the question limits it."""

    name = "percent"
    most = 2

    def parse(self, question: Question, text: str) -> Value:
        return self._number(question, text.strip().removeprefix("ร้อยละ").removesuffix("%").strip())


KIND = Percent()
