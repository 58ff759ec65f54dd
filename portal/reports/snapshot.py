"""Figures frozen: pages of plain values to JSON and back, and the hash that names them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
import hashlib
import json
import types
import typing
from decimal import Decimal
from typing import Any


def freeze(value: Any) -> Any:
    """Return `value` (a dataclass of plain values) as what JSON can hold.

    Raises TypeError for anything that is not a plain value, so that no row slips into a snapshot.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [freeze(item) for item in value]
    if isinstance(value, dict):
        return {str(key): freeze(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: freeze(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not a plain value")


def thaw(kind: Any, plain: Any) -> Any:
    """Return what `freeze` made of a value of type `kind`, as that value again."""
    if plain is None or kind is Any:
        return plain
    if kind in (int, float, str, bool):
        return kind(plain)
    if kind is Decimal:
        return Decimal(plain)
    if kind in (dt.date, dt.datetime):
        return kind.fromisoformat(plain)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(plain)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (only,) = [argument for argument in arguments if argument is not type(None)]
        return thaw(only, plain)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple([thaw(arguments[0], item) for item in plain])
        return tuple([thaw(each, item) for each, item in zip(arguments, plain, strict=True)])
    if origin is dict:
        key, item = arguments
        return {thaw(key, k): thaw(item, v) for k, v in plain.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        kinds = _fields(kind)
        return kind(**{name: thaw(kinds[name], item) for name, item in plain.items()})
    raise TypeError(f"{kind} cannot be read back from a snapshot")


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def text_of(plain: Any) -> str:
    """Return frozen figures as JSON text: the same figures always make the same text."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
