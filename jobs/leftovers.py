"""Jobs that clear up: files that no record names."""

from __future__ import annotations

from jobs.worker import at_work
from portal import leftovers


def remove_leftovers(number: int) -> None:
    """Remove what killed work left among the kept files. Safe to repeat; `number` is the day it is done for."""
    with at_work() as work:
        leftovers.remove(work.files)
