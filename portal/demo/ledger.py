"""What the generators share in writing: the next free identifier, and days as the store holds them."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from peewee import fn


def next_id(model: Any) -> int:
    """Return the identifier after the greatest one in use. Only inside the transaction that takes it."""
    return (model.select(fn.MAX(model.id)).scalar() or 0) + 1


def moment(day: dt.date, rng: Random) -> str:
    """Return a moment of office hours on `day`, as the store holds it."""
    minute = 510 + int(rng.random() * 480)
    return f"{day.isoformat()} {minute // 60:02d}:{minute % 60:02d}:00"
