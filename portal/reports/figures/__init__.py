"""Figures that several chapters print, each read with one query: a reading is made once for all chapters of a book."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from portal.reports.chapter import Cut

Figures = TypeVar("Figures")

_made: ContextVar[dict[tuple[str, Cut], Any] | None] = ContextVar("readings made", default=None)


@contextmanager
def shared() -> Iterator[None]:
    """Keep what is read inside, so that chapters asking for the same reading of the same cut share it.

    For the length of one reading transaction only: outside, every call reads the store anew.
    """
    mark = _made.set({})
    try:
        yield
    finally:
        _made.reset(mark)


def reading(read: Callable[[Cut], Figures]) -> Callable[[Cut], Figures]:
    """Let a function that reads figures of a cut be made once inside `shared`."""
    name = f"{read.__module__}.{read.__qualname__}"

    @functools.wraps(read)
    def once(cut: Cut) -> Figures:
        made = _made.get()
        if made is None:
            return read(cut)
        if (name, cut) not in made:
            made[name, cut] = read(cut)
        found: Figures = made[name, cut]
        return found

    return once
