"""What packs and books are called on the screen: of what time, and of whom."""

from __future__ import annotations

from flask import g

from models import Region, Unit
from portal.rules.inputs import MONTHS_LONG
from portal.rules.terms import RunKind
from portal.web.language import gettext, language


def month_of(subject: str) -> str:
    """Return `พฤษภาคม 2566` for `2566-05`, and a year as it is; what stands after a slash is left out."""
    time = subject.partition("/")[0]
    year, _, month = time.partition("-")
    if language() == "en":
        return time
    return f"{MONTHS_LONG[int(month) - 1]} {year}" if month.isdigit() and 1 <= int(month) <= 12 else time


def subject_words(subject: str) -> str:
    """Return time and owner of a subject: `พฤษภาคม 2566`, `2566 · สสจ.ขอนแก่น`."""
    code = subject.partition("/")[2]
    return f"{month_of(subject)} · {scope_words(code)}" if code else month_of(subject)


def scope_words(code: str) -> str:
    """Return what an office, region or division is called, its code where it is none."""
    if "scope_names" not in g:
        names = dict(Region.select(Region.code, Region.name).tuples())
        g.scope_names = names | dict(Unit.select(Unit.code, Unit.short).tuples())
    return str(g.scope_names.get(code, code))


def title(kind: str, subject: str) -> str:
    """Return what a run makes, in words: `ชุดรายงานผู้บริหาร พฤษภาคม 2566`."""
    if kind == RunKind.PACK:
        return gettext("Executive pack {month}", month=subject_words(subject))
    if kind == RunKind.BOOK:
        return gettext("Annual book {year}", year=subject_words(subject))
    return f"{kind} {subject}"
