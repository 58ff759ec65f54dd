"""A book compiled: its figures frozen in one reading, its chapters set apart and kept, then bound.

The same figures issued as the same edition make the same bytes on any day, in any time zone and process. Chapters
are kept by the hash of everything they are made of, so that after a change only what changed is set again.
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
from typing import Any

from portal import database, fonts, formats
from portal.errors import OutOfReach, PortalError
from portal.reports import binding, figures, manifest, passports, press, render, sheets, snapshot
from portal.reports.books import Book
from portal.reports.chapter import Cut
from portal.reports.figures import coverage
from portal.reports.figures.coverage import Coverage
from portal.reports.passports import issued
from portal.reports.sheets import Frozen, Sheet
from portal.reports.whole import NO_ISSUE, Issue

AUTHOR = "กรมส่งเสริมสหกรณ์"
DEMO_MARK = "ข้อมูลสาธิต ไม่ใช่ผลการดำเนินงานจริง"
PROVISIONAL_MARK = "ข้อมูลยังไม่ครบ"
KEEP_DAYS = 60
UNFINISHED = ".unfinished-"


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
    issue: Issue = NO_ISSUE,
    address: str = "",
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
    text = take_snapshot(book_slug, cut, address)
    return reissue(text, folder, progress, issue=issue, cache=cache, workers=workers, beat=beat)


def take_snapshot(book_slug: str, cut: Cut, address: str = "") -> str:
    """Gather all figures of a book in one reading of the store and return them as JSON text.

    `address` is the portal's own, where the passports of its figures are read; without one, pages have no links to
    them.
    """
    book = sheets.book(book_slug)
    pieces: list[dict[str, Any]] = []
    pages: dict[str, Any] = {}
    with database.one_reading(), figures.shared():
        for number, chapter in sheets.numbered(book):
            if chapter.members is None:
                pages[chapter.slug] = chapter.gather(cut)
                pieces.append(
                    {
                        "chapter": chapter.slug,
                        "code": "",
                        "number": number,
                        "title": chapter.title,
                        "group": "",
                        "page": snapshot.freeze(pages[chapter.slug]),
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
        whole = snapshot.freeze(coverage.coverage(cut))
        traced = passports.plain(issued.passports(cut, pages))
    about = {"book": book_slug, "cut": snapshot.freeze(cut), "coverage": whole, "address": address}
    return snapshot.text_of({**about, "pieces": pieces, "passports": traced})


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
    return [sheets.filled(sheet, frozen.book, frozen.cut) for sheet in sheets.sheets(frozen, issue)]


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
    listed = sheets.sheets(frozen, issue)
    _set_all(listed, book, cut, cache, progress, workers, beat)
    out = folder / f"{name(book, cut)}.pdf"
    parts = list(_bound(listed, cache))
    attach = functools.partial(manifest.attachments, frozen, issue, _shown(parts))
    pages = binding.bind(parts, _imprint(frozen, issue), out, attach)
    beside = out.with_suffix(".json")
    part = beside.with_name(f".{beside.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(beside)
    _tidy(cache)
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    return Made(out, sha256, pages, beside, frozen.sha256, cut, frozen.coverage, render.fingerprint())


def name(book: Book, cut: Cut, issue: Issue = NO_ISSUE) -> str:
    """Return what a book is called, with its number if it is an edition: `pack-2566-05-3`."""
    number = str(issue.number) if issue.number else ""
    return "-".join(word for word in (book.slug, cut.subject, cut.unit_code, cut.project_code, number) if word)


def _set_all(
    listed: list[Sheet],
    book: Book,
    cut: Cut,
    cache: Path,
    progress: Callable[[Step], None],
    workers: int,
    beat: Callable[[], None],
) -> None:
    """Set every sheet that is not kept, each in a process of its own."""
    total, done = len(listed), 0
    position = {sheet.key: number for number, sheet in enumerate(listed, 1)}
    by_key = {sheet.key: sheet for sheet in listed}

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
    render.warm(sheets.page_of(by_key[key].chapter) for key in missing)
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


def _set(sheet: Sheet, book: Book, cut: Cut, cache: Path, folder: Path) -> None:
    """Fill and set one sheet (in a process of its own)."""
    render.set_into(cache, sheet.key, sheets.filled(sheet, book, cut), folder)


def _facts(cache: Path, key: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((cache / f"{key}.json").read_bytes())
    return facts


def _bound(listed: list[Sheet], cache: Path) -> Iterator[binding.Sheet]:
    for sheet in listed:
        yield binding.Sheet(
            cache / f"{sheet.key}.pdf", _facts(cache, sheet.key), sheet.level, sheet.above, sheet.chapter.is_numbered
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
        mark=" · ".join(marks),
        standing=issue.standing,
        passports=f"{frozen.address.rstrip('/')}/admin/passport/{name(book, cut, issue)}/" if frozen.address else "",
        figures=frozenset(frozen.figures),
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
