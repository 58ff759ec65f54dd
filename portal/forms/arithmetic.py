"""What the signs and functions of the expression language do: exact numbers, blanks passed on, kinds kept apart.

A blank on either side of a sign makes a blank; what does not go together is refused in words, never guessed.
"""

from __future__ import annotations

import ast
import datetime as dt
import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from portal.errors import RuleBroken
from portal.rules.inputs import parse_date

Worth: TypeAlias = Decimal | str | bool | dt.date | tuple[str, ...] | list[Any] | None


def truth(worth: Worth) -> bool | None:
    if worth is None or isinstance(worth, bool):
        return worth
    raise RuleBroken("“{text}” is neither true nor false. Compare it with something.", text=_said(worth))


def sound(worth: Worth) -> Worth:
    """Refuse a number that no cell could hold, so that none is ever compared or shown."""
    if isinstance(worth, Decimal) and not (worth.is_finite() and abs(worth) < 10**30):
        raise RuleBroken("The result is too large a number.")
    return worth


def _said(worth: Worth) -> str:
    return ", ".join(str(one) for one in worth[:3]) if isinstance(worth, list) else str(worth)[:40]


def _mismatch(sign: str, a: Worth, b: Worth) -> RuleBroken:
    return RuleBroken("“{a}” {sign} “{b}”: these do not go together.", a=_said(a), b=_said(b), sign=sign)


def _plus(a: Worth, b: Worth) -> Worth:
    if a is None or b is None:
        return None
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return a + b
    if isinstance(a, dt.date) and isinstance(b, Decimal):
        return _moved(a, b)
    raise _mismatch("+", a, b)


def _minus(a: Worth, b: Worth) -> Worth:
    if a is None or b is None:
        return None
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return a - b
    if isinstance(a, dt.date) and isinstance(b, dt.date):
        return Decimal((a - b).days)
    if isinstance(a, dt.date) and isinstance(b, Decimal):
        return _moved(a, -b)
    raise _mismatch("−", a, b)


def _moved(day: dt.date, days: Decimal) -> dt.date:
    return day + dt.timedelta(days=int(days))


def _of_numbers(sign: str, work: Callable[[Decimal, Decimal], Decimal | None]) -> Callable[[Worth, Worth], Worth]:
    def worked(a: Worth, b: Worth) -> Worth:
        if a is None or b is None:
            return None
        if isinstance(a, Decimal) and isinstance(b, Decimal):
            return work(a, b)
        raise _mismatch(sign, a, b)

    return worked


def _negated(a: Worth) -> Worth:
    if a is None or isinstance(a, Decimal):
        return None if a is None else -a
    raise RuleBroken("“{text}” is not a number.", text=_said(a))


def _kept(a: Worth) -> Worth:
    if a is None or isinstance(a, Decimal):
        return a
    raise RuleBroken("“{text}” is not a number.", text=_said(a))


def _not(a: Worth) -> Worth:
    told = truth(a)
    return None if told is None else not told


def _alike(sign: str, a: Worth, b: Worth) -> bool:
    for kind in (bool, Decimal, dt.date, str, tuple):
        if isinstance(a, kind) and isinstance(b, kind):
            return True
    raise _mismatch(sign, a, b)


def _equal(a: Worth, b: Worth) -> Worth:
    return None if a is None or b is None else _alike("=", a, b) and a == b


def _unequal(a: Worth, b: Worth) -> Worth:
    return _not(_equal(a, b))


def _ordered(sign: str, work: Callable[[Any, Any], bool]) -> Callable[[Worth, Worth], Worth]:
    def worked(a: Worth, b: Worth) -> Worth:
        if a is None or b is None:
            return None
        if any(isinstance(a, kind) and isinstance(b, kind) for kind in (Decimal, dt.date)):
            return work(a, b)
        raise _mismatch(sign, a, b)

    return worked


def _within(a: Worth, b: Worth) -> Worth:
    if b is None or a is None:
        return None
    if isinstance(b, tuple) and isinstance(a, str):
        return a in b
    if isinstance(b, list):
        found = [_equal(a, one) for one in b]
        return True if True in found else None if None in found else False
    raise _mismatch("in", a, b)


OPERATORS: dict[type, Callable[..., Worth]] = {
    ast.Add: _plus,
    ast.Sub: _minus,
    ast.Mult: _of_numbers("×", lambda a, b: a * b),
    ast.Div: _of_numbers("÷", lambda a, b: a / b if b else None),
    ast.Mod: _of_numbers("%", lambda a, b: a % b if b else None),
    ast.USub: _negated,
    ast.UAdd: _kept,
    ast.Not: _not,
    ast.Eq: _equal,
    ast.NotEq: _unequal,
    ast.Lt: _ordered("<", lambda a, b: a < b),
    ast.LtE: _ordered("≤", lambda a, b: a <= b),
    ast.Gt: _ordered(">", lambda a, b: a > b),
    ast.GtE: _ordered("≥", lambda a, b: a >= b),
    ast.In: _within,
    ast.NotIn: lambda a, b: _not(_within(a, b)),
}


# ---------------------------------------------------------------- functions


def _numbers(given: tuple[Worth, ...]) -> list[Decimal]:
    """Return the numbers among values and columns; blanks are left out."""
    out: list[Decimal] = []
    for one in given:
        for value in one if isinstance(one, list) else [one]:
            if isinstance(value, Decimal):
                out.append(value)
            elif value is not None:
                raise RuleBroken("“{text}” is not a number.", text=_said(value))
    return out


def _sum(*given: Worth) -> Worth:
    found = _numbers(given)
    return sum(found, Decimal(0)) if found else None


def _average(*given: Worth) -> Worth:
    found = _numbers(given)
    return sum(found, Decimal(0)) / len(found) if found else None


def _least(*given: Worth) -> Worth:
    return min(_numbers(given), default=None)


def _greatest(*given: Worth) -> Worth:
    return max(_numbers(given), default=None)


def _count(*given: Worth) -> Worth:
    return Decimal(sum(v is not None for one in given for v in (one if isinstance(one, list) else [one])))


def _rounded(value: Worth, decimals: Worth = Decimal(0)) -> Worth:
    if value is None or decimals is None:
        return None
    if not isinstance(value, Decimal) or not isinstance(decimals, Decimal) or decimals not in range(5):
        raise RuleBroken("“round” takes a number and 0 to 4 decimals.")
    return value.quantize(Decimal(1).scaleb(-int(decimals)), decimal.ROUND_HALF_UP)


def _absolute(value: Worth) -> Worth:
    return abs(number) if isinstance(number := _kept(value), Decimal) else None


def _answered(*given: Worth) -> Worth:
    return all(any(v is not None for v in one) if isinstance(one, list) else one is not None for one in given)


def _if_blank(value: Worth, instead: Worth) -> Worth:
    return instead if value is None else value


def _share(part: Worth, whole: Worth) -> Worth:
    """100 × part ÷ whole."""
    worth = OPERATORS[ast.Div](part, whole)
    return worth * 100 if isinstance(worth, Decimal) else None


def _length(text: Worth) -> Worth:
    if text is None or isinstance(text, (str, tuple)):
        return None if text is None else Decimal(len(text))
    raise RuleBroken("“{text}” is not a text.", text=_said(text))


def _date(text: Worth) -> Worth:
    if text is None or isinstance(text, str):
        return None if text is None else parse_date(text)
    raise RuleBroken("“{text}” is not a text.", text=_said(text))


FUNCTIONS: dict[str, Callable[..., Worth]] = {
    "sum": _sum, "average": _average, "least": _least, "greatest": _greatest, "min": _least, "max": _greatest,
    "count": _count, "round": _rounded, "abs": _absolute, "answered": _answered, "if_blank": _if_blank,
    "share": _share, "length": _length, "date": _date,
}  # fmt: skip
ARGUMENTS = {
    "sum": (1, 50), "average": (1, 50), "least": (1, 50), "greatest": (1, 50), "min": (1, 50), "max": (1, 50),
    "count": (1, 50), "answered": (1, 50), "round": (1, 2), "if_blank": (2, 2), "share": (2, 2), "cell": (2, 2),
}  # fmt: skip
