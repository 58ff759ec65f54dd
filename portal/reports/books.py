"""The tables of contents: which chapters make which book, in print order. A new chapter is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import (
    amendments,
    approval,
    book_cover,
    certified,
    changes,
    contents,
    cooperatives,
    decisions,
    department,
    disbursement,
    indicators,
    kpi,
    lists,
    method,
    office,
    offices,
    own_text,
    photographs,
    problems,
    project,
    projects,
    quality,
    reading,
    risk,
    strategy,
    summary,
    timeliness,
    visits,
    year,
)
from portal.rules.editions import ScopeKind
from portal.rules.terms import RunKind


@dataclass(frozen=True)
class Part:
    """A part of a book; chapters of a part with an empty title stand by themselves."""

    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Book:
    """A printed whole. `style` is the class its pages are set in; margins in millimetres, inner at the spine.

    `short` is the title in running heads and at the foot, where the number of a page has to find room beside it.
    `kind` and `scope` say what is asked for: a month's pack or a year's book, of whom. `parts` are its shipped table
    of contents; the planning division may have another one (portal.reports.outlines).
    """

    slug: str
    kind: RunKind
    scope: ScopeKind
    title: Callable[[Cut], str]
    short: Callable[[Cut], str]
    style: str
    inner: float
    outer: float
    foot_at: float
    mirrored: bool
    parts: tuple[Part, ...]
    thai_digits: bool = False


def _pack_title(cut: Cut) -> str:
    month = formats.month_long(cut.fiscal_year, cut.last_period)
    return f"รายงานสรุปผลประจำเดือนเสนอผู้บริหาร เดือน{month}"


def _pack_short(cut: Cut) -> str:
    return f"ชุดรายงานผู้บริหาร {formats.month_long(cut.fiscal_year, cut.last_period)}"


def _book_title(cut: Cut) -> str:
    return f"รายงานผลการดำเนินงานประจำปีงบประมาณ พ.ศ. {cut.fiscal_year}"


def _book_short(cut: Cut) -> str:
    return f"รายงานประจำปี {cut.fiscal_year}"


PACK = Book(
    slug="pack",
    kind=RunKind.PACK,
    scope=ScopeKind.NATION,
    title=_pack_title,
    short=_pack_short,
    style="pack",
    inner=18,
    outer=13,
    foot_at=8.5,
    mirrored=False,
    parts=(
        Part(
            "",
            (
                summary.CHAPTER,
                changes.CHAPTER,
                decisions.CHAPTER,
                timeliness.CHAPTER,
                disbursement.CHAPTER,
                projects.CHAPTER,
                risk.CHAPTER,
                kpi.CHAPTER,
                visits.CHAPTER,
                quality.CHAPTER,
                offices.CHAPTER,
                method.CHAPTER,
            ),
        ),
    ),
)
BOOK = Book(
    slug="book",
    kind=RunKind.BOOK,
    scope=ScopeKind.NATION,
    title=_book_title,
    short=_book_short,
    style="book",
    inner=25,
    outer=18,
    foot_at=11,
    mirrored=True,
    parts=(
        Part("", (book_cover.CHAPTER, approval.CHAPTER, reading.CHAPTER, contents.CHAPTER, lists.CHAPTER)),
        Part(
            "สรุปผลการดำเนินงานภาพรวม",
            (year.CHAPTER, department.CHAPTER, strategy.CHAPTER, projects.CHAPTER, timeliness.CHAPTER),
        ),
        Part("ผลการดำเนินงานรายโครงการ", (project.CHAPTER,)),
        Part("การส่งเสริมสหกรณ์และกลุ่มเกษตรกร", (cooperatives.CHAPTER, visits.CHAPTER)),
        Part("ผลการเบิกจ่ายงบประมาณ", (disbursement.CHAPTER, offices.CHAPTER)),
        Part("ผลการดำเนินงานรายหน่วยงาน", (office.CHAPTER,)),
        Part("ผลตามตัวชี้วัด ปัญหา และข้อเสนอแนะ", (kpi.CHAPTER, problems.CHAPTER)),
        Part("ภาคผนวก", (indicators.CHAPTER, amendments.CHAPTER, certified.CHAPTER, method.CHAPTER)),
    ),
)


def _without(parts: tuple[Part, ...], *slugs: str) -> tuple[Part, ...]:
    """Return the parts without some chapters, and without parts that are empty then."""
    left = (Part(part.title, tuple(each for each in part.chapters if each.slug not in slugs)) for part in parts)
    return tuple(part for part in left if part.chapters)


def _of_scope(title: Callable[[Cut], str]) -> Callable[[Cut], str]:
    return lambda cut: f"{title(cut)} {cut.scope_name}"


def _of_scope_short(title: Callable[[Cut], str]) -> Callable[[Cut], str]:
    return lambda cut: f"{title(cut)} {cut.scope_short or cut.scope_name}"


# What speaks to the month's meeting, and has no place in a year's book.
OF_A_MONTH = frozenset({"summary", "changes", "decisions", "risk", "quality"})
# What makes no sense of one office: what sets offices side by side, and what the whole department answers for.
NOT_OF = {
    ScopeKind.NATION: frozenset[str](),
    ScopeKind.REGION: frozenset[str](),
    ScopeKind.OFFICE: frozenset({"year", "offices", "department", "certified"}),
    ScopeKind.DIVISION: frozenset(
        {
            "year",
            "offices",
            "office",
            "cooperatives",
            "visits",
            "department",
            "certified",
        }
    ),
}

PACK_OF_REGION = replace(
    PACK, slug="pack_region", scope=ScopeKind.REGION, title=_of_scope(_pack_title), short=_of_scope_short(_pack_short),
    parts=_without(PACK.parts, *NOT_OF[ScopeKind.REGION]),
)  # fmt: skip
BOOK_OF_OFFICE = replace(
    BOOK, slug="book_office", scope=ScopeKind.OFFICE, title=_of_scope(_book_title), short=_of_scope_short(_book_short),
    parts=(
        Part("", (book_cover.CHAPTER, approval.CHAPTER, reading.CHAPTER, contents.CHAPTER, lists.CHAPTER)),
        Part("ผลการดำเนินงานของหน่วยงาน", (office.CHAPTER,)),
        Part("ผลงานตามโครงการและตัวชี้วัด", (projects.CHAPTER, kpi.CHAPTER, indicators.CHAPTER)),
        Part("การส่งเสริมสหกรณ์และกลุ่มเกษตรกร", (cooperatives.CHAPTER, visits.CHAPTER)),
        Part("ผลการเบิกจ่ายงบประมาณ", (disbursement.CHAPTER,)),
        Part("ภาคผนวก", (amendments.CHAPTER, method.CHAPTER)),
    ),
)  # fmt: skip
BOOK_OF_DIVISION = replace(
    BOOK, slug="book_division", scope=ScopeKind.DIVISION, title=_of_scope(_book_title),
    short=_of_scope_short(_book_short),
    parts=_without(BOOK.parts, *NOT_OF[ScopeKind.DIVISION]),
)  # fmt: skip
BOOKS: dict[str, Book] = {book.slug: book for book in (PACK, BOOK, PACK_OF_REGION, BOOK_OF_OFFICE, BOOK_OF_DIVISION)}
# Chapters of which a table of contents may hold any number, each with what was written or filed for it.
OWN = (own_text.CHAPTER, photographs.CHAPTER)
CHAPTERS: dict[str, Chapter] = {
    chapter.slug: chapter
    for chapter in (*OWN, *(each for book in BOOKS.values() for part in book.parts for each in part.chapters))
}


def may_hold(book: Book, chapter: Chapter) -> bool:
    """Return whether a chapter makes sense in a book: a month's pages in a pack, others in both."""
    fronts = {each.slug for part in book.parts for each in part.chapters if each.sees_book or not each.in_contents}
    if chapter.sees_book or not chapter.in_contents:
        return chapter.slug in fronts
    only_of_packs = chapter.slug in OF_A_MONTH and book.kind is RunKind.BOOK
    return chapter.slug not in NOT_OF[book.scope] and not only_of_packs
