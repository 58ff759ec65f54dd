"""What time it is, in Bangkok. Nothing below the doors asks; they are told."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

BANGKOK = ZoneInfo("Asia/Bangkok")


def now() -> dt.datetime:
    """Return the moment in Bangkok without its zone, to the second: the form every `_at` column holds."""
    return dt.datetime.now(BANGKOK).replace(tzinfo=None, microsecond=0)


def today() -> dt.date:
    """Return the day in Bangkok."""
    return now().date()
