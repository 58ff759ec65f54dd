"""The tables of contents: which chapters make which book, in print order. A new chapter is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import (
    amendments,
    approval,
    book_cover,
    contents,
    cooperatives,
    disbursement,
    indicators,
    method,
    office,
    offices,
    project,
    projects,
    summary,
    timeliness,
    visits,
    year,
)


@dataclass(frozen=True)
class Part:
    """A part of a book; chapters of a part with an empty title stand by themselves."""

    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Book:
    """A printed whole. `style` is the class its pages are set in; margins in millimetres, inner at the spine."""

    slug: str
    title: Callable[[Cut], str]
    short: Callable[[Cut], str]
    style: str
    inner: float
    outer: float
    foot_at: float
    mirrored: bool
    parts: tuple[Part, ...]


def _pack_title(cut: Cut) -> str:
    month = formats.month_long(cut.fiscal_year, cut.last_period)
    return f"รายงานสรุปผลประจำเดือนเสนอผู้บริหาร เดือน{month}"


def _pack_short(cut: Cut) -> str:
    return f"ชุดรายงานผู้บริหาร {formats.month_long(cut.fiscal_year, cut.last_period)}"


def _book_title(cut: Cut) -> str:
    return f"รายงานผลการดำเนินงานประจำปีงบประมาณ พ.ศ. {cut.fiscal_year}"


PACK = Book(
    slug="pack",
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
                amendments.CHAPTER,
                timeliness.CHAPTER,
                projects.CHAPTER,
                disbursement.CHAPTER,
                visits.CHAPTER,
                offices.CHAPTER,
                method.CHAPTER,
            ),
        ),
    ),
)
BOOK = Book(
    slug="book",
    title=_book_title,
    short=_book_title,
    style="book",
    inner=25,
    outer=18,
    foot_at=11,
    mirrored=True,
    parts=(
        Part("", (book_cover.CHAPTER, approval.CHAPTER, contents.CHAPTER)),
        Part("สรุปผลการดำเนินงานภาพรวม", (year.CHAPTER, projects.CHAPTER, timeliness.CHAPTER)),
        Part("ผลการดำเนินงานรายโครงการ", (project.CHAPTER,)),
        Part("การส่งเสริมสหกรณ์และกลุ่มเกษตรกร", (cooperatives.CHAPTER, visits.CHAPTER)),
        Part("ผลการเบิกจ่ายงบประมาณ", (disbursement.CHAPTER, offices.CHAPTER)),
        Part("ผลการดำเนินงานรายหน่วยงาน", (office.CHAPTER,)),
        Part("ภาคผนวก", (indicators.CHAPTER, amendments.CHAPTER, method.CHAPTER)),
    ),
)
BOOKS: dict[str, Book] = {book.slug: book for book in (PACK, BOOK)}
