"""Kind: a whole number."""

from __future__ import annotations

from typing import ClassVar

from portal.forms.kinds.numbers import NumberKind


class Whole(NumberKind):
    """Counted things: no decimals."""

    name = "whole"
    most = 0
    asks_for: ClassVar[tuple[str, ...]] = ("unit", "least", "greatest", "default", "indicator")


KIND = Whole()
