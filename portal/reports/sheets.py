"""A frozen book laid out as documents to set: each chapter with its figures, its number and its place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

from portal.errors import NotFound, RuleBroken
from portal.reports import captions, dress, render, snapshot
from portal.reports.books import BOOKS, CHAPTERS, OWN, Book
from portal.reports.captions import CaptionGroup
from portal.reports.chapter import Chapter, Cut
from portal.reports.dress import Dress
from portal.reports.figures.coverage import Coverage
from portal.reports.outlines import Planned
from portal.reports.whole import Entry, Issue, Source, Whole


@dataclass(frozen=True)
class Frozen:
    """Frozen figures read back: whose they are, how whole, and the pieces still as plain JSON."""

    book: Book
    cut: Cut
    sha256: str
    coverage: Coverage
    pieces: list[dict[str, Any]]
    passports: dict[str, Any]
    address: str

    @property
    def figures(self) -> list[str]:
        """Return the keys of the figures that have a passport."""
        return [figure[0] for figure in self.passports.get("figures", ())]


def thawed(text: str) -> Frozen:
    """Read frozen figures back. Raises NotFound for a book that there is not."""
    plain = json.loads(text)
    return Frozen(
        book=dress.dressed(book(plain["book"]), snapshot.thaw(Dress, plain.get("dress", {}))),
        cut=snapshot.thaw(Cut, plain["cut"]),
        sha256=snapshot.digest(text),
        coverage=snapshot.thaw(Coverage, plain.get("coverage", {})),
        pieces=plain["pieces"],
        passports=plain.get("passports", {}),
        address=plain.get("address", ""),
    )


def book(slug: str) -> Book:
    """Return the book called `slug`, or raise NotFound."""
    if slug not in BOOKS:
        raise NotFound("There is no book called “{slug}”.", slug=slug)
    return BOOKS[slug]


@dataclass(frozen=True)
class Sheet:
    """One document to set: a chapter with its figures, still frozen, and where it stands in the book."""

    chapter: Chapter
    anchor: str
    number: str
    title: str
    above: tuple[tuple[int, str], ...]
    level: int
    plain: Any
    whole: Any
    key: str


def numbered(planned: Sequence[Planned]) -> Iterator[tuple[str, Planned]]:
    """Yield each entry with its number: `3` in a book without parts, `2` for a whole part of one family,
    `2.1` otherwise; pages about the book itself have none, nor have texts before the first part of a book."""
    part_number = plain_number = 0
    has_parts = any(entry.part for entry in planned)
    for part, group in itertools.groupby(planned, key=lambda entry: entry.part):
        listed = list(group)
        counted = [each for each in listed if each.chapter.in_contents and not each.chapter.sees_book]
        part_number += bool(part)
        inside = 0
        for entry in listed:
            if entry not in counted or (entry.code and not part and has_parts):
                yield "", entry
            elif not part:
                plain_number += 1
                yield str(plain_number), entry
            elif entry.chapter.members is not None and len(counted) == 1:
                yield str(part_number), entry
            else:
                inside += 1
                yield f"{part_number}.{inside}", entry


def sheets(frozen: Frozen, issue: Issue, *, captioned: bool = False) -> list[Sheet]:
    """Return every document of a frozen book, in print order, as it is issued.

    To list its tables and figures (`captioned`), chapters are filled, which takes a third of a second.
    """
    book, cut = frozen.book, frozen.cut
    # Figures that were frozen before tables of contents were data name no parts: theirs are the shipped ones.
    part_of = {chapter.slug: part.title for part in book.parts for chapter in part.chapters}
    part_number = 0
    entries: list[Entry] = []
    sources: list[Source] = []
    drafts: list[dict[str, Any]] = []
    last_part, last_group = "", ""
    for piece in frozen.pieces:
        chapter = _chapter(piece["chapter"])
        anchor = f"c-{chapter.slug}-{piece['code']}" if piece["code"] else f"c-{chapter.slug}"
        part, group = piece.get("part", part_of.get(chapter.slug, "")), piece["group"]
        above: list[tuple[int, str]] = []
        if part != last_part:
            last_part, last_group = part, ""
            if part:
                part_number += 1
                above.append((1, f"ส่วนที่ {part_number} {part}"))
                entries.append(Entry("part", str(part_number), part, anchor))
        if group != last_group:
            last_group = group
            if group:
                above.append((2, group))
                entries.append(Entry("group", "", group, anchor))
        level = 1 + bool(part) + bool(group)
        if chapter.in_contents:
            entries.append(Entry("chapter", piece["number"], piece["title"], anchor))
            reads = f"{chapter.gather.__module__}.{chapter.gather.__qualname__}"
            if not chapter.sees_book and chapter not in OWN:
                sources.append(
                    Source(piece["number"], piece["title"], reads, snapshot.digest(snapshot.text_of(piece["page"])))
                )
        elif chapter.is_numbered:
            entries.append(Entry("front", "", piece["title"], anchor))
        drafts.append({"chapter": chapter, "anchor": anchor, "above": tuple(above), "level": level, "piece": piece})
    whole = Whole(tuple(entries), tuple(sources), frozen.sha256, cut.cut_at, issue, frozen.coverage)
    made_of = render.fingerprint()
    if captioned and any("captions" in draft["chapter"].sees for draft in drafts):
        whole = replace(whole, captions=_captions(drafts, whole, book, cut))
    return [_sheet(draft, whole, made_of, book, cut) for draft in drafts]


def _captions(drafts: Sequence[dict[str, Any]], whole: Whole, book: Book, cut: Cut) -> tuple[CaptionGroup, ...]:
    """Return the tables and figures of a book by chapter, those of a family once for all its chapters."""
    families: dict[str, list[dict[str, Any]]] = {}
    for draft in drafts:
        chapter = draft["chapter"]
        if chapter.in_contents and not chapter.sees_book:
            families.setdefault(chapter.slug if chapter.members else draft["anchor"], []).append(draft)
    made = []
    for family in families.values():
        # Only the first of a family is laid out: the others have the same tables.
        first, last, is_family = _sheet(family[0], whole, "", book, cut), family[-1]["piece"], len(family) > 1
        found = captions.read(captions.marked(_page_html(first, book, cut)), of_family=is_family)
        if is_family:
            found = captions.of_all(found, first.number, last["number"])
        if found:
            title = first.chapter.title if is_family else first.title
            made.append(CaptionGroup(first.number, title, tuple(found), len(family)))
    return tuple(made)


def _sheet(draft: dict[str, Any], whole: Whole, made_of: str, book: Book, cut: Cut) -> Sheet:
    chapter, piece = draft["chapter"], draft["piece"]
    seen = snapshot.freeze(whole.only(chapter.sees)) if chapter.sees_book else None
    # What of the book is on the page: a pack's pages do not name it, so that another book may use what is set.
    named = f"{book.title(cut)} {book.short(cut)}" if book.style == "book" or chapter.sees_book else ""
    about = [
        book.style,
        book.inner,
        book.outer,
        book.thai_digits,
        named,
        cut.scope_name,
        cut.fiscal_year,
        cut.period,
        draft["anchor"],
    ]
    content = snapshot.text_of([about, piece, seen, made_of])
    return Sheet(
        chapter=chapter,
        anchor=draft["anchor"],
        number=piece["number"],
        title=piece["title"],
        above=draft["above"],
        level=draft["level"],
        plain=piece["page"],
        whole=seen,
        key=snapshot.digest(content)[:40],
    )


def filled(sheet: Sheet, book: Book, cut: Cut, *, is_exact: bool = False) -> str:
    """Return the HTML of one document, its numbers with their exact values when `is_exact`.

    Raises RuleBroken for figures that another version of the chapter froze.
    """
    html = _page_html(sheet, book, cut, is_exact=is_exact)
    if is_exact:
        return html
    if book.style == "book":
        html = captions.marked(html)
    return dress.thai_html(html) if book.thai_digits else html


def _page_html(sheet: Sheet, book: Book, cut: Cut, *, is_exact: bool = False) -> str:
    kind = get_type_hints(sheet.chapter.gather)["return"]
    try:
        page = snapshot.thaw(kind, sheet.plain)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as wrong:
        raise RuleBroken(
            "These figures were frozen by another version of the portal, which this one cannot print. "
            "The file that was issued is kept; compile anew for a new edition."
        ) from wrong
    return render.page_html(
        page_of(sheet.chapter),
        is_exact=is_exact,
        is_official=book.inner == dress.OFFICIAL_INNER,
        is_thai=book.thai_digits,
        chapter=page,
        title=sheet.title,
        number=sheet.number,
        anchor=sheet.anchor,
        fiscal_year=cut.fiscal_year,
        period=cut.period,
        last_period=cut.last_period,
        book_title=book.title(cut),
        book_short=book.short(cut),
        book_style=book.style,
        scope_name=cut.scope_name,
        width=210 - book.inner - book.outer,
        whole=None if sheet.whole is None else snapshot.thaw(Whole, sheet.whole),
    )


def _chapter(slug: str) -> Chapter:
    if slug not in CHAPTERS:
        raise RuleBroken(
            "These figures were frozen by another version of the portal, which this one cannot print. "
            "The file that was issued is kept; compile anew for a new edition."
        )
    return CHAPTERS[slug]


def is_tagged(book: Book) -> bool:
    """Return whether a book carries its structure for those who hear it: packs do (PDF/UA-1). For the year's book
    that would be two thirds more to send, and memory by the page to bind."""
    return book.style == "pack"


def page_of(chapter: Chapter) -> str:
    """Return the path of a chapter's template."""
    return f"chapters/{chapter.slug}.html"
