"""What a chapter is, and the cut of the records it is made from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.rules.fiscal import ERA, first_day


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Which records a book shows, and when they were read.

    `fiscal_year` is a Buddhist year; `period` a month of it, 1 (October) to 12 (September), or None for the
    whole year. One of `unit_code`, `region_code` and `division_code` narrows a book to one office, to the offices of
    one inspection region, or to the projects of one division; `scope_name` is what that is called in print,
    `scope_short` where room is short.
    `project_code` narrows it to one project. `cut_at` is the Bangkok time at which the records were read.
    """

    fiscal_year: int
    cut_at: dt.datetime
    period: int | None = None
    unit_code: str | None = None
    project_code: str | None = None
    is_demo: bool = False
    region_code: str | None = None
    division_code: str | None = None
    scope_name: str = ""
    scope_short: str = ""

    @property
    def last_period(self) -> int:
        """The last month the book counts: its own month, or September for a whole year."""
        return self.period or 12

    @property
    def time(self) -> str:
        """The book's time in one word: `2566-05` for a month (of the calendar, B.E.), `2566` for a year."""
        if self.period is None:
            return str(self.fiscal_year)
        day = first_day(self.fiscal_year, self.period)
        return f"{day.year + ERA}-{day.month:02d}"

    @property
    def scope(self) -> str:
        """The code of the office, region or division that the book is of; empty for the whole department."""
        return self.unit_code or self.region_code or self.division_code or ""

    @property
    def subject(self) -> str:
        """What the book is about in one word: `2566-05`, `2566`, `2566/P40`, `2566-05/R12`."""
        return f"{self.time}/{self.scope}" if self.scope else self.time

    @property
    def is_of_offices(self) -> bool:
        """Whether only some offices' records are shown."""
        return self.unit_code is not None or self.region_code is not None

    @property
    def nation(self) -> Cut:
        """The same time and moment for the whole department, for what is shown beside all others."""
        return replace(self, unit_code=None, region_code=None, division_code=None, scope_name="", scope_short="")


@dataclass(frozen=True)
class Member:
    """One chapter of a family: the page of one office or of one project.

    `group` heads its entry in the contents (an inspection region, a plan); an empty one heads nothing.
    """

    code: str
    title: str
    group: str
    page: Any


@dataclass(frozen=True)
class Chapter:
    """One chapter of a book. Its page is `pdf_templates/chapters/<slug>.html`.

    `gather` reads the records of a cut and returns a frozen dataclass of plain values, never a row; the page
    sees nothing else. Such pages lie frozen in the files of issued editions: a field that is added has a default,
    and one that is there keeps its type and its meaning, so that an older edition can still be printed. A chapter
    that is set once for every office or project also has `members`, which gathers all of them with a few queries;
    `gather` then returns the page of the one named in the cut.

    `sees_book` is for pages about the book itself (cover, contents, provenance): they are set when all else
    is gathered. `sees` names what of it they see, fields of portal.reports.whole.Whole, so that they are not set
    again for anything else; empty: all but the captions. `in_contents` and `is_numbered` say whether it is listed,
    and whether its pages carry a foot.
    `applies` says whether a cut has such a chapter at all: the first month has no month before.
    """

    slug: str
    title: str
    gather: Callable[[Cut], Any]
    members: Callable[[Cut], Sequence[Member]] | None = None
    sees_book: bool = False
    sees: tuple[str, ...] = ()
    in_contents: bool = True
    is_numbered: bool = True
    applies: Callable[[Cut], bool] = lambda cut: True


@dataclass(frozen=True)
class Nothing:
    """The page of a chapter that needs no figures of its own."""


def nothing(cut: Cut) -> Nothing:
    """Gather nothing: for pages that only speak of the book."""
    return Nothing()
