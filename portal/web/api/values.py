"""How a column's value is written in JSON and read back: one pair a kind of column.

Days and moments are ISO 8601 in the Gregorian calendar (moments with Bangkok's offset), money is whole satang,
other quantities are numbers with at most four decimals, a related record is its number.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
)
from playhouse.fields import EnumField

from models import SCALE, NumberField
from portal.errors import RuleBroken

OFFSET = "+07:00"
WORDS = 10_000  # the longest text of a column without a length of its own
NEWEST_GREGORIAN = 2300  # a year above it is one of the Buddhist Era


def writer(field: Field) -> Callable[[Any], Any] | None:
    """Return what turns the store's own value into its JSON value; None when it is one already."""
    if isinstance(field, NumberField):
        return number
    if isinstance(field, BooleanField):
        return lambda value: None if value is None else bool(value)
    if isinstance(field, DateTimeField):
        return moment
    if isinstance(field, DateField):
        return lambda value: value.isoformat() if isinstance(value, dt.date) else value
    if isinstance(field, JSONField):
        return lambda value: json.loads(value) if isinstance(value, str) else value
    return None


def text_writer(field: Field) -> Callable[[Any], Any] | None:
    """Return what turns the store's own value into what stands in CSV; None when it is that already."""
    if isinstance(field, BooleanField):
        return {None: None, 0: "false", 1: "true"}.get
    if isinstance(field, JSONField):
        return lambda value: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return writer(field)


def number(stored: int | None) -> int | float | None:
    """Return a stored quantity (ten-thousandths) as a number."""
    if stored is None:
        return None
    whole, rest = divmod(int(stored), SCALE)
    return int(stored) / SCALE if rest else whole


def moment(value: Any) -> str | None:
    """Return a moment of the store (Bangkok, without an offset) with its offset."""
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value).replace(" ", "T")
    return f"{text}{OFFSET}"


def read(field: Field, value: Any) -> Any:
    """Return a JSON value as the column's value. Raises RuleBroken, naming the property, for any other kind."""
    name = field.column_name
    if value is None:
        if field.null:
            return None
        raise RuleBroken("Please fill this in.", field=name)
    if isinstance(field, EnumField):
        known = [str(one) for one in field.enum_class]
        if not isinstance(value, str) or value not in known:
            raise RuleBroken("“{text}” is not one of: {known}.", field=name, text=_said(value), known=", ".join(known))
        return field.enum_class(value)
    if isinstance(field, BooleanField):
        return _checked(value, isinstance(value, bool), name, "true or false")
    if isinstance(field, JSONField):
        return value
    if isinstance(field, NumberField):
        return _quantity(value, name)
    if isinstance(field, (ForeignKeyField, IntegerField)):
        whole = _checked(value, isinstance(value, int) and not isinstance(value, bool), name, "a whole number")
        most = 2**63 if isinstance(field, BigIntegerField) else 2**31
        return _checked(whole, -most <= whole < most, name, "a whole number")
    if isinstance(field, DateTimeField):
        return _moment(value, name)
    if isinstance(field, DateField):
        return _day(value, name)
    text = _checked(value, is_text(value), name, "a text")
    longest = field.max_length if isinstance(field, CharField) else 1_000_000
    if len(text) > longest:
        raise RuleBroken("This is longer than {longest} characters.", field=name, longest=longest)
    return text


def read_text(field: Field, text: str) -> Any:
    """Return a value written in an address as the column's value. Raises RuleBroken, naming the property."""
    name = field.column_name
    if isinstance(field, BooleanField):
        _checked(text, text in ("true", "false", "1", "0"), name, "true or false")
        return text in ("true", "1")
    if isinstance(field, (ForeignKeyField, IntegerField)) and not isinstance(field, NumberField):
        plain = text.removeprefix("-")
        _checked(text, plain.isascii() and plain.isdigit() and len(plain) < 19, name, "a whole number")
        return read(field, int(text))
    if isinstance(field, JSONField):
        raise RuleBroken("This property cannot be filtered by.", field=name)
    return read(field, text)


def read_moment(text: str, name: str) -> dt.datetime:
    """Return a moment of an address, in Bangkok's time. Raises RuleBroken, naming the argument."""
    return _moment(text, name)


def read_day(value: Any, name: str) -> dt.date:
    """Return a day. Raises RuleBroken, naming the property."""
    return _day(value, name)


def read_quantity(value: Any, name: str) -> Decimal:
    """Return a quantity of at most four decimals. Raises RuleBroken, naming the property."""
    return _quantity(value, name)


def whole(text: str, name: str, most: int, *, least: int = 1) -> int:
    """Return a whole number of an address between `least` and `most`. Raises RuleBroken, naming the argument."""
    if not (text.isascii() and text.isdigit() and len(text) < 11 and least <= int(text) <= most):
        words = "“{name}” is a whole number from {least} to {most}."
        raise RuleBroken(words, field=name, name=name, least=least, most=most)
    return int(text)


def _quantity(value: Any, name: str) -> Decimal:
    right = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    try:
        found = Decimal(str(_checked(value, right, name, "a number")))
    except InvalidOperation:
        found = Decimal("NaN")
    _checked(value, found.is_finite() and abs(found) < 10**14, name, "a number")
    if found != round(found, 4):
        raise RuleBroken("“{text}” has more than {decimals} decimals.", field=name, text=_said(value), decimals=4)
    return found


def _day(value: Any, name: str) -> dt.date:
    words = "a day such as 2023-06-20"
    try:
        day = dt.date.fromisoformat(_checked(value, isinstance(value, str) and len(value) == 10, name, words))
    except ValueError:
        raise RuleBroken("“{text}” is not {words}.", field=name, text=_said(value), words=words) from None
    _gregorian(day, name)
    return day


def _moment(value: Any, name: str) -> dt.datetime:
    words = "a moment such as 2023-06-20T16:00:00+07:00"
    try:
        found = dt.datetime.fromisoformat(_checked(value, isinstance(value, str) and len(value) < 40, name, words))
        if found.tzinfo is not None:
            found = found.astimezone(dt.timezone(dt.timedelta(hours=7))).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise RuleBroken("“{text}” is not {words}.", field=name, text=_said(value), words=words) from None
    _gregorian(found, name)
    return found


def _gregorian(day: dt.date, name: str) -> None:
    if day.year > NEWEST_GREGORIAN:
        raise RuleBroken("The year {year} is Buddhist; programs write the Gregorian one.", field=name, year=day.year)


def _checked(value: Any, right: bool, name: str, words: str) -> Any:
    if not right:
        raise RuleBroken("“{text}” is not {words}.", field=name, text=_said(value), words=words)
    return value


def is_text(value: Any) -> bool:
    """Return whether a value is text that a store can hold: no zero characters, no halves of characters."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _said(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()[:60]
