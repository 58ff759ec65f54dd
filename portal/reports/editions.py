"""A book compiled: its figures frozen in one reading, its chapters set apart and kept, then bound.

The same figures issued as the same edition make the same bytes on any day, in any time zone and process. Chapters
are kept by the hash of everything they are made of, so that after a change only what changed is set again.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portal import database, fonts, formats
from portal.errors import OutOfReach
from portal.files import Files
from portal.reports import binding, figures, manifest, outlines, passports, press, render, setting, sheets, snapshot
from portal.reports.books import Book
from portal.reports.chapter import Cut
from portal.reports.chapters import office
from portal.reports.dress import PLAIN, Dress
from portal.reports.figures import coverage
from portal.reports.figures.coverage import Coverage
from portal.reports.outlines import Planned
from portal.reports.passports import issued
from portal.reports.setting import BookFailed as BookFailed
from portal.reports.setting import Document, Step, ignore, set_all
from portal.reports.sheets import Frozen, Sheet
from portal.reports.whole import NO_ISSUE, Issue

AUTHOR = "กรมส่งเสริมสหกรณ์"
DEMO_MARK = "ข้อมูลสาธิต ไม่ใช่ผลการดำเนินงานจริง"
PROVISIONAL_MARK = "ข้อมูลยังไม่ครบ"


@dataclass(frozen=True)
class Made:
    """A finished book: the file, its SHA-256 and pages; the frozen figures, their file and SHA-256,
    which records they show and how whole they are; and with what the pages were made."""

    path: Path
    sha256: str
    pages: int
    snapshot: Path
    snapshot_sha256: str
    cut: Cut
    coverage: Coverage
    made_with: str


def compile_book(
    book_slug: str,
    cut: Cut,
    folder: Path,
    progress: Callable[[Step], None] = ignore,
    *,
    issue: Issue = NO_ISSUE,
    address: str = "",
    cache: Path | None = None,
    workers: int = 2,
    beat: Callable[[], None] = lambda: None,
    files: Files | None = None,
) -> Made:
    """Compile a book from the records as they stand, into `folder`.

    `progress` first hears of every chapter waiting, then of each change; `beat` is called at least every half
    second while chapters are being set. Either may raise to stop: every process is then ended, what was set
    is kept in `cache` (default: `chapters` in `folder`), and the exception goes on to the caller.
    Raises NotFound for an unknown book, OutOfReach when typefaces are missing or the disk refuses, BookFailed
    when a chapter cannot be set.
    """
    text = take_snapshot(book_slug, cut, address, files)
    return reissue(text, folder, progress, issue=issue, cache=cache, workers=workers, beat=beat)


def take_snapshot(book_slug: str, cut: Cut, address: str = "", files: Files | None = None, dress: Dress = PLAIN) -> str:
    """Gather all figures of a book in one reading of the store and return them as JSON text.

    The table of contents is taken along as it is now, with its own texts and, from `files`, its photographs; so are
    the digits and margins chosen with it, unless a `dress` is asked for.
    `address` is the portal's own, where the passports of its figures are read; without one, pages have no links to
    them.
    """
    (text,) = take_snapshots([(book_slug, cut)], address, files, dress)
    return text


def take_snapshots(
    wanted: Sequence[tuple[str, Cut]], address: str = "", files: Files | None = None, dress: Dress = PLAIN
) -> list[str]:
    """Return the snapshots of several books, all from one reading of the store; what they share is read once."""
    listed = [(sheets.book(slug), cut) for slug, cut in wanted]
    with database.one_reading(), figures.shared():
        return [_snapshot(book, cut, address, files, dress) for book, cut in listed]


def _snapshot(book: Book, cut: Cut, address: str, files: Files | None, dress: Dress) -> str:
    pieces: list[dict[str, Any]] = []
    pages: dict[str, Any] = {}
    planned = outlines.planned(book, cut.fiscal_year, files, scope=cut.scope)
    listed = [entry for entry in planned if entry.chapter.applies(cut)]
    behind: dict[str, list[Planned]] = {}
    if any(entry.chapter is office.CHAPTER for entry in listed):
        for entry in listed:
            behind.setdefault(entry.behind, []).append(entry)
        listed = behind.pop("", [])
    for number, entry in sheets.numbered(listed):
        chapter = entry.chapter
        if chapter.members is not None:
            members = pages[chapter.slug] = chapter.members(cut)
            for index, member in enumerate(members, 1):
                own = f"{number}.{index}" if number else ""
                pieces.append(_piece(entry, own, member.code, member.title, member.group, member.page))
                added = behind.get(member.code, ()) if chapter is office.CHAPTER else ()
                for more, one in enumerate(added, 1):
                    one = replace(one, part=entry.part, title=f"{one.title} {member.title}")
                    pieces.append(_piece(one, f"{own}.{more}", one.code, one.title, member.group, one.page))
            continue
        page = entry.page
        if page is None:
            page = pages[chapter.slug] = chapter.gather(cut)
        pieces.append(_piece(entry, number, entry.code, entry.title, "", page))
    whole = snapshot.freeze(coverage.coverage(cut))
    traced = passports.plain(issued.passports(cut, pages))
    about = {"book": book.slug, "cut": snapshot.freeze(cut), "coverage": whole, "address": address}
    worn = outlines.dress_of(book, cut.fiscal_year) if dress == PLAIN else dress
    if worn != PLAIN:
        about["dress"] = snapshot.freeze(worn)
    return snapshot.text_of({**about, "pieces": pieces, "passports": traced})


def _piece(entry: Planned, number: str, code: str, title: str, group: str, page: Any) -> dict[str, Any]:
    return {
        "part": entry.part,
        "chapter": entry.chapter.slug,
        "code": code,
        "number": number,
        "title": title,
        "group": group,
        "page": snapshot.freeze(page),
    }


def reissue(
    text: str,
    folder: Path,
    progress: Callable[[Step], None] = ignore,
    *,
    issue: Issue = NO_ISSUE,
    cache: Path | None = None,
    workers: int = 2,
    beat: Callable[[], None] = lambda: None,
) -> Made:
    """Compile a book from figures frozen before (see `compile_book`): same figures, same bytes."""
    if problems := fonts.problems():
        raise OutOfReach("The typefaces of print are not all there: {problems}", problems="; ".join(problems))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = cache or folder / "chapters"
        kept.mkdir(parents=True, exist_ok=True)
        return _compile(text, issue, folder, kept, progress, workers, beat)
    except OSError as wrong:
        if press.is_full(wrong):
            raise OutOfReach(press.NO_ROOM) from wrong
        raise OutOfReach("The book could not be written: {reason}", reason=str(wrong)) from wrong


def filled(text: str, issue: Issue = NO_ISSUE) -> list[str]:
    """Return the HTML of every document of a book frozen before, in print order."""
    frozen = sheets.thawed(text)
    listed = sheets.sheets(frozen, issue, captioned=True)
    return [sheets.filled(sheet, frozen.book, frozen.cut) for sheet in listed]


def _compile(
    text: str,
    issue: Issue,
    folder: Path,
    cache: Path,
    progress: Callable[[Step], None],
    workers: int,
    beat: Callable[[], None],
) -> Made:
    frozen = sheets.thawed(text)
    book, cut = frozen.book, frozen.cut
    listed = sheets.sheets(frozen, issue, captioned=True)
    set_all([_document(sheet, book, cut, cache) for sheet in listed], cache, progress, workers, beat)
    out = folder / f"{name(book, cut)}.pdf"
    parts = list(_bound(listed, cache))
    attach = functools.partial(manifest.attachments, frozen, issue, _shown(parts))
    pages = binding.bind(parts, _imprint(frozen, issue), out, attach)
    beside = out.with_suffix(".json")
    part = beside.with_name(f".{beside.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(beside)
    setting.tidy(cache)
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    return Made(out, sha256, pages, beside, frozen.sha256, cut, frozen.coverage, render.fingerprint())


def name(book: Book, cut: Cut, issue: Issue = NO_ISSUE) -> str:
    """Return what a book is called, with its number if it is an edition: `pack-2566-05-3`."""
    number = str(issue.number) if issue.number else ""
    subject = cut.subject.replace("/", "-")
    return "-".join(word for word in (str(book.kind), subject, cut.project_code, number) if word)


def _document(sheet: Sheet, book: Book, cut: Cut, cache: Path) -> Document:
    return Document(
        key=sheet.key,
        title=sheet.title,
        do=functools.partial(_set, sheet, book, cut, cache),
        weight=lambda: len(snapshot.text_of(sheet.plain)),
        template=sheets.page_of(sheet.chapter),
    )


def _set(sheet: Sheet, book: Book, cut: Cut, cache: Path, folder: Path) -> None:
    """Fill and set one sheet (in a process of its own)."""
    html = sheets.filled(sheet, book, cut)
    render.set_into(cache, sheet.key, html, folder, is_tagged=sheets.is_tagged(book))


def _bound(listed: list[Sheet], cache: Path) -> Iterator[binding.Sheet]:
    for sheet in listed:
        yield binding.Sheet(
            cache / f"{sheet.key}.pdf",
            setting.facts(cache, sheet.key),
            sheet.level,
            sheet.above,
            sheet.chapter.is_numbered,
        )


def _shown(parts: list[binding.Sheet]) -> dict[str, str]:
    """Return the figures with a passport as they stand on the pages."""
    made: dict[str, str] = {}
    for part in parts:
        for key, words in part.facts.get("figures", ()):
            made.setdefault(key, words)
    return made


def _imprint(frozen: Frozen, issue: Issue) -> binding.Imprint:
    book, cut, covered = frozen.book, frozen.cut, frozen.coverage
    cut_at = formats.moment(cut.cut_at)
    marks = [DEMO_MARK] if cut.is_demo else []
    if not covered.is_whole:
        marks.insert(0, f"{PROVISIONAL_MARK} ส่งแล้ว {covered.reported} จาก {covered.owing} หน่วย")
    return binding.Imprint(
        title=book.title(cut),
        author=AUTHOR,
        subject=f"{issue.words} ตัดยอดข้อมูล {cut_at} ชุดข้อมูล SHA-256 {frozen.sha256}",
        foot=f"{book.short(cut)} · {issue.words} · ตัดยอด {cut_at} · ชุดข้อมูล {frozen.sha256[:8]}",
        made_at=cut.cut_at,
        inner=book.inner,
        outer=book.outer,
        foot_at=book.foot_at,
        mirrored=book.mirrored,
        thai_digits=book.thai_digits,
        mark=" · ".join(marks),
        standing=issue.standing,
        passports=f"{frozen.address.rstrip('/')}/admin/passport/{name(book, cut, issue)}/" if frozen.address else "",
        figures=frozenset(frozen.figures),
    )
