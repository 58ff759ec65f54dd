"""Kind: a number with decimals."""

from __future__ import annotations

from portal.forms.kinds.numbers import NumberKind


class Number(NumberKind):
    """A measured quantity, four decimals at most."""

    name = "number"
    most = 4


KIND = Number()
