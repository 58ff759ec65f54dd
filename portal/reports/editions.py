"""A book compiled: its figures frozen in one reading, its chapters set apart and kept, then bound.

The same snapshot makes the same bytes on any day, in any time zone and process. Chapters are kept by the hash
of everything they are made of, so that after a change only what changed is set again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from portal import database, fonts, formats
from portal.errors import NotFound, OutOfReach, PortalError
from portal.reports import binding, figures, press, render, snapshot
from portal.reports.books import BOOKS, Book
from portal.reports.chapter import Chapter, Cut, Entry, Source, Whole

AUTHOR = "กรมส่งเสริมสหกรณ์"
DEMO_MARK = "ข้อมูลสาธิต ไม่ใช่ผลการดำเนินงานจริง"
KEEP_DAYS = 60
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Made:
    """A finished book: the file, its SHA-256 and pages; the frozen figures, their file and SHA-256."""

    path: Path
    sha256: str
    pages: int
    snapshot: Path
    snapshot_sha256: str


@dataclass(frozen=True)
class Step:
    """News of one chapter. `state` is waiting, running, done, kept (found as set before) or failed.

    `position` counts from 1 in print order; `done` of `total` chapters are finished.
    """

    position: int
    key: str
    title: str
    state: str
    pages: int | None
    seconds: float
    done: int
    total: int
    error: str = ""


class BookFailed(PortalError):
    """Some chapters could not be set; the others are kept for the next try."""

    status = 500


def ignore(step: Step) -> None:
    """Hear of progress and do nothing."""


def compile_book(
    book_slug: str,
    cut: Cut,
    folder: Path,
    progress: Callable[[Step], None] = ignore,
    *,
    cache: Path | None = None,
    workers: int = 2,
    beat: Callable[[], None] = lambda: None,
) -> Made:
    """Compile a book from the records as they stand, into `folder`.

    `progress` first hears of every chapter waiting, then of each change; `beat` is called at least every half
    second while chapters are being set. Either may raise to stop: every process is then ended, what was set
    is kept in `cache` (default: `chapters` in `folder`), and the exception goes on to the caller.
    Raises NotFound for an unknown book, OutOfReach when typefaces are missing or the disk refuses, BookFailed
    when a chapter cannot be set.
    """
    return reissue(take_snapshot(book_slug, cut), folder, progress, cache=cache, workers=workers, beat=beat)


def take_snapshot(book_slug: str, cut: Cut) -> str:
    """Gather all figures of a book in one reading of the store and return them as JSON text."""
    book = _book(book_slug)
    pieces = []
    with database.one_reading(), figures.shared():
        for number, chapter in _numbered(book):
            if chapter.members is None:
                page = snapshot.freeze(chapter.gather(cut))
                pieces.append(
                    {
                        "chapter": chapter.slug,
                        "code": "",
                        "number": number,
                        "title": chapter.title,
                        "group": "",
                        "page": page,
                    }
                )
                continue
            for index, member in enumerate(chapter.members(cut), 1):
                pieces.append(
                    {
                        "chapter": chapter.slug,
                        "code": member.code,
                        "number": f"{number}.{index}" if number else "",
                        "title": member.title,
                        "group": member.group,
                        "page": snapshot.freeze(member.page),
                    }
                )
    return snapshot.text_of({"book": book_slug, "cut": snapshot.freeze(cut), "pieces": pieces})


def reissue(
    text: str,
    folder: Path,
    progress: Callable[[Step], None] = ignore,
    *,
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
        return _compile(text, folder, kept, progress, workers, beat)
    except OSError as wrong:
        if press.is_full(wrong):
            raise OutOfReach(press.NO_ROOM) from wrong
        raise OutOfReach("The book could not be written: {reason}", reason=str(wrong)) from wrong


def filled(text: str) -> list[str]:
    """Return the HTML of every document of a book frozen before, in print order."""
    frozen = json.loads(text)
    book, cut = _book(frozen["book"]), snapshot.thaw(Cut, frozen["cut"])
    return [_filled(sheet, book, cut) for sheet in _sheets(book, cut, frozen["pieces"], snapshot.digest(text))]


def _compile(
    text: str, folder: Path, cache: Path, progress: Callable[[Step], None], workers: int, beat: Callable[[], None]
) -> Made:
    frozen = json.loads(text)
    book, cut = _book(frozen["book"]), snapshot.thaw(Cut, frozen["cut"])
    sheets = _sheets(book, cut, frozen["pieces"], snapshot.digest(text))
    _set_all(sheets, book, cut, cache, progress, workers, beat)
    out = folder / f"{_name(book, cut)}.pdf"
    pages = binding.bind(list(_bound(sheets, cache)), _imprint(book, cut, text), out)
    beside = out.with_suffix(".json")
    part = beside.with_name(f".{beside.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(beside)
    _tidy(cache)
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    return Made(out, sha256, pages, beside, snapshot.digest(text))


@dataclass(frozen=True)
class _Sheet:
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


def _book(slug: str) -> Book:
    if slug not in BOOKS:
        raise NotFound("There is no book called “{slug}”.", slug=slug)
    return BOOKS[slug]


def _name(book: Book, cut: Cut) -> str:
    return "-".join(word for word in (book.slug, cut.subject, cut.unit_code, cut.project_code) if word)


def _numbered(book: Book) -> Iterator[tuple[str, Chapter]]:
    """Yield each chapter with its number: `3` in a book without parts, `2` for a whole part of one family,
    `2.1` otherwise; pages about the book itself have none."""
    part_number = plain_number = 0
    for part in book.parts:
        part_number += bool(part.title)
        inside = 0
        for chapter in part.chapters:
            if not chapter.in_contents or chapter.sees_book:
                yield "", chapter
            elif not part.title:
                plain_number += 1
                yield str(plain_number), chapter
            elif chapter.members is not None:
                yield str(part_number), chapter
            else:
                inside += 1
                yield f"{part_number}.{inside}", chapter


def _sheets(book: Book, cut: Cut, pieces: list[dict[str, Any]], snapshot_sha256: str) -> list[_Sheet]:
    chapters = {chapter.slug: chapter for part in book.parts for chapter in part.chapters}
    part_of = {chapter.slug: part.title for part in book.parts for chapter in part.chapters}
    part_numbers = {part.title: number for number, part in enumerate((p for p in book.parts if p.title), 1)}
    entries: list[Entry] = []
    sources: list[Source] = []
    drafts: list[dict[str, Any]] = []
    last_part, last_group = "", ""
    for piece in pieces:
        chapter = chapters[piece["chapter"]]
        anchor = f"c-{chapter.slug}-{piece['code']}" if piece["code"] else f"c-{chapter.slug}"
        part, group = part_of[chapter.slug], piece["group"]
        above: list[tuple[int, str]] = []
        if part != last_part:
            last_part, last_group = part, ""
            if part:
                title = f"ส่วนที่ {part_numbers[part]} {part}"
                above.append((1, title))
                entries.append(Entry("part", str(part_numbers[part]), part, anchor))
        if group != last_group:
            last_group = group
            if group:
                above.append((2, group))
                entries.append(Entry("group", "", group, anchor))
        level = 1 + bool(part) + bool(group)
        if chapter.in_contents:
            entries.append(Entry("chapter", piece["number"], piece["title"], anchor))
            reads = f"{chapter.gather.__module__}.{chapter.gather.__qualname__}"
            if not chapter.sees_book:
                sources.append(
                    Source(piece["number"], piece["title"], reads, snapshot.digest(snapshot.text_of(piece["page"])))
                )
        drafts.append({"chapter": chapter, "anchor": anchor, "above": tuple(above), "level": level, "piece": piece})
    whole = snapshot.freeze(Whole(tuple(entries), tuple(sources), snapshot_sha256, cut.cut_at))
    made_of = render.fingerprint()
    return [_sheet(draft, whole, made_of, book, cut) for draft in drafts]


def _sheet(draft: dict[str, Any], whole: Any, made_of: str, book: Book, cut: Cut) -> _Sheet:
    chapter, piece = draft["chapter"], draft["piece"]
    seen = whole if chapter.sees_book else None
    about = [book.slug, book.title(cut), cut.fiscal_year, cut.period, draft["anchor"]]
    content = snapshot.text_of([about, piece, seen, made_of])
    return _Sheet(
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


def _set_all(
    sheets: list[_Sheet],
    book: Book,
    cut: Cut,
    cache: Path,
    progress: Callable[[Step], None],
    workers: int,
    beat: Callable[[], None],
) -> None:
    """Set every sheet that is not kept, each in a process of its own."""
    total, done = len(sheets), 0
    position = {sheet.key: number for number, sheet in enumerate(sheets, 1)}
    by_key = {sheet.key: sheet for sheet in sheets}

    def tell(key: str, state: str, pages: int | None = None, seconds: float = 0, error: str = "") -> None:
        progress(Step(position[key], key, by_key[key].title, state, pages, seconds, done, total, error))

    for key in position:
        tell(key, "waiting")
    missing = []
    for key in position:
        if (cache / f"{key}.json").exists() and (cache / f"{key}.pdf").exists():
            done += 1
            for ending in (".pdf", ".json"):
                os.utime(cache / f"{key}{ending}")
            tell(key, "kept", _facts(cache, key)["pages"])
        else:
            missing.append(key)
    if not missing:
        return
    render.warm(_page_of(by_key[key].chapter) for key in missing)
    # The longest first, so that the last process does not finish alone.
    missing.sort(key=lambda key: -len(snapshot.text_of(by_key[key].plain)))
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=cache) as name:
        folder = Path(name)
        pieces = [press.Piece(key, functools.partial(_set, by_key[key], book, cut, cache, folder)) for key in missing]
        for outcome in press.work(
            pieces, workers=workers, folder=folder, started=lambda key: tell(key, "running"), beat=beat
        ):
            if outcome.error == press.NO_ROOM:
                raise OutOfReach(press.NO_ROOM)
            if outcome.error:
                failed.append(f"{by_key[outcome.key].title}: {outcome.error}")
                tell(outcome.key, "failed", seconds=outcome.seconds, error=outcome.error)
            else:
                done += 1
                tell(outcome.key, "done", _facts(cache, outcome.key)["pages"], outcome.seconds)
    if failed:
        raise BookFailed("{count} chapters could not be set. {which}", count=len(failed), which="; ".join(failed[:5]))


def _set(sheet: _Sheet, book: Book, cut: Cut, cache: Path, folder: Path) -> None:
    """Fill and set one sheet (in a process of its own)."""
    render.set_into(cache, sheet.key, _filled(sheet, book, cut), folder)


def _filled(sheet: _Sheet, book: Book, cut: Cut) -> str:
    kind = get_type_hints(sheet.chapter.gather)["return"]
    return render.page_html(
        _page_of(sheet.chapter),
        chapter=snapshot.thaw(kind, sheet.plain),
        title=sheet.title,
        number=sheet.number,
        anchor=sheet.anchor,
        fiscal_year=cut.fiscal_year,
        period=cut.period,
        last_period=cut.last_period,
        book_title=book.title(cut),
        book_style=book.style,
        width=210 - book.inner - book.outer,
        whole=None if sheet.whole is None else snapshot.thaw(Whole, sheet.whole),
    )


def _page_of(chapter: Chapter) -> str:
    return f"chapters/{chapter.slug}.html"


def _facts(cache: Path, key: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((cache / f"{key}.json").read_bytes())
    return facts


def _bound(sheets: list[_Sheet], cache: Path) -> Iterator[binding.Sheet]:
    for sheet in sheets:
        yield binding.Sheet(
            cache / f"{sheet.key}.pdf", _facts(cache, sheet.key), sheet.level, sheet.above, sheet.chapter.is_numbered
        )


def _imprint(book: Book, cut: Cut, text: str) -> binding.Imprint:
    mark = snapshot.digest(text)[:8]
    return binding.Imprint(
        title=book.title(cut),
        author=AUTHOR,
        subject=f"ตัดยอดข้อมูล {formats.moment(cut.cut_at)} ชุดข้อมูล SHA-256 {snapshot.digest(text)}",
        foot=f"{book.short(cut)} · {AUTHOR} · ตัดยอด {formats.moment(cut.cut_at)} · ชุดข้อมูล {mark}",
        made_at=cut.cut_at,
        inner=book.inner,
        outer=book.outer,
        foot_at=book.foot_at,
        mirrored=book.mirrored,
        demo=DEMO_MARK if cut.is_demo else "",
    )


def _tidy(cache: Path) -> None:
    """Remove set chapters that no book has used for a long while, and what a compiler that was killed left."""
    now = time.time()
    for path in cache.iterdir():
        try:
            days = (now - path.stat().st_mtime) / 86400
        except FileNotFoundError:
            continue  # another book is being compiled with the same chapters
        if path.is_dir() and path.name.startswith(UNFINISHED) and days > 1:
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and days > KEEP_DAYS:
            path.unlink(missing_ok=True)
