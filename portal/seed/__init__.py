"""Reference data every store starts with: places, units, kinds, the calendar of 2566; idempotent."""

from portal.seed.loader import load
from portal.seed.tables import YEAR

__all__ = ["YEAR", "load"]
