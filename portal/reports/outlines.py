"""Tables of contents as planning sets them: what is printed, in which order, with which texts and photographs.

A kind of book has the shipped table of contents until planning changes it, for one fiscal year or for every year. What
is compiled takes the contents along with its figures, so that a change touches later editions only.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models import BookEntry, BookOutline, BookPhoto, Person, Region, Unit
from portal import photos, records
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken
from portal.files import Files
from portal.reports import books
from portal.reports.books import Book
from portal.reports.chapter import Chapter
from portal.reports.chapters import own_text, photographs
from portal.reports.chapters.photographs import PhotographsPage, Picture
from portal.reports.dress import PLAIN, Dress
from portal.rules import markup
from portal.rules.access import Role
from portal.rules.editions import ScopeKind
from portal.rules.inputs import parse_text
from portal.rules.terms import EntryKind, RunKind, UnitKind

MAY_SET = frozenset({Role.PLANNING, Role.ADMIN})
MOST_ENTRIES = 120
OWN_KINDS = (EntryKind.TEXT, EntryKind.PHOTOGRAPHS)
MOST_PHOTOS = 24  # of one entry
PRINTED_EDGE = 1_600  # points: 230 to the inch over the whole width of the text


@dataclass(frozen=True)
class Planned:
    """A chapter in its place. `code` and `page` are of own texts and photographs only; the others gather theirs.

    `behind` is the code of the office behind whose pages it stands in the department's book.
    """

    part: str
    chapter: Chapter
    title: str
    code: str = ""
    page: Any = None
    behind: str = ""


# ---------------------------------------------------------------- reading


def of(book: Book, year: int) -> BookOutline | None:
    """Return the table of contents set for a book of a fiscal year, else the one for every year; None: the shipped."""
    found = BookOutline.select().where(BookOutline.book == book.slug, BookOutline.year.in_((0, year)))
    outline: BookOutline | None = found.order_by(BookOutline.year.desc()).first()
    return outline


def entries(outline: BookOutline) -> list[BookEntry]:
    """Return its lines in order."""
    return list(BookEntry.select().where(BookEntry.outline == outline.id).order_by(BookEntry.position, BookEntry.id))


def photos_of(entry: BookEntry) -> list[BookPhoto]:
    """Return an entry's photographs in order."""
    return list(BookPhoto.select().where(BookPhoto.entry == entry.id).order_by(BookPhoto.position, BookPhoto.id))


def dress_of(book: Book, year: int) -> Dress:
    """Return how planning has chosen to have a book of a fiscal year set; as shipped: plain."""
    outline = of(book, year)
    return PLAIN if outline is None else Dress(outline.thai_digits, outline.official_margins)


def planned(book: Book, year: int, files: Files | None = None, *, scope: str = "") -> list[Planned]:
    """Return what is to be printed, in order. Without `files`, photographs are left blank with their captions.

    `scope` is the code of whose book it is: lines of others are left out. So is a chapter that the portal no longer
    has, or that makes no sense in this book.
    """
    outline = of(book, year)
    if outline is None:
        return [Planned(part.title, chapter, chapter.title) for part in book.parts for chapter in part.chapters]
    made, part = [], ""
    for entry in entries(outline):
        if entry.kind is EntryKind.PART:
            part = entry.title
        elif not entry.is_on or (entry.scope and scope and entry.scope != scope):
            continue
        elif entry.kind is EntryKind.CHAPTER:
            chapter = books.CHAPTERS.get(entry.chapter)
            if chapter is not None and books.may_hold(book, chapter):
                made.append(Planned(part, chapter, chapter.title))
        elif entry.kind is EntryKind.TEXT:
            page = own_text.page(entry.body)
            made.append(Planned(part, own_text.CHAPTER, entry.title, str(entry.id), page, entry.scope))
        else:
            shown = PhotographsPage(tuple(_picture(photo, files) for photo in photos_of(entry)))
            made.append(Planned(part, photographs.CHAPTER, entry.title, str(entry.id), shown, entry.scope))
    return [replace(each, behind="") for each in made] if scope else made


def _picture(photo: BookPhoto, files: Files | None) -> Picture:
    content = ""
    if files is not None:
        try:
            with files.open(photo.file_key) as held:
                content = base64.b64encode(held.read()).decode()
        except (OSError, PortalError):
            content = ""  # the page says so; no other chapter suffers
    return Picture(content, photo.width, photo.height, photo.caption, photo.credit, photo.consent)


# ---------------------------------------------------------------- changing


def begin(book: Book, year: int, *, by: Person, at: dt.datetime) -> BookOutline:
    """Return the table of contents of this book and fiscal year (0 = every year) to be changed: as it is in force."""
    _check_may_set(by)
    there: BookOutline | None = BookOutline.get_or_none(BookOutline.book == book.slug, BookOutline.year == year)
    if there is not None:
        return there
    model = of(book, year)
    with records.changing(by=by, verb="begin_outline", at=at, as_verb=True) as work:
        outline = work.create(BookOutline, book=book.slug, year=year)
        if model is not None:
            for old in entries(model):
                entry = work.create(BookEntry, outline=outline, **_copied(old, BookEntry, "outline"))
                for photo in photos_of(old):
                    work.create(BookPhoto, entry=entry, **_copied(photo, BookPhoto, "entry"))
            return outline
        position = 0
        for part in book.parts:
            if part.title:
                position += 1
                work.create(BookEntry, outline=outline, position=position, kind=EntryKind.PART, title=part.title)
            for chapter in part.chapters:
                position += 1
                work.create(BookEntry, outline=outline, position=position, kind=EntryKind.CHAPTER, chapter=chapter.slug)
    return outline


def _copied(row: Any, model: type[Any], parent: str) -> dict[str, Any]:
    left_out = {"id", "version", parent}
    return {name: getattr(row, name) for name in model._meta.fields if name not in left_out}


def reset(outline: BookOutline, *, by: Person, at: dt.datetime) -> None:
    """Go back to the shipped table of contents (or, of one year, to that of every year); the trail keeps this one."""
    _check_may_set(by)
    with records.changing(by=by, verb="reset_outline", at=at, as_verb=True) as work:
        for entry in entries(outline):
            for photo in photos_of(entry):
                work.remove(photo)
            work.remove(entry)
        work.remove(outline)


def add(
    outline: BookOutline,
    kind: EntryKind,
    *,
    by: Person,
    at: dt.datetime,
    chapter: str = "",
    title: str = "",
    body: str = "",
    scope: str = "",
) -> BookEntry:
    """Add a line at the end. Raises RuleBroken for a chapter that is there already or makes no sense in this book, and
    for a text or photographs of somebody (`scope`) who has no such book."""
    _check_may_set(by)
    listed = entries(outline)
    if len(listed) >= MOST_ENTRIES:
        raise RuleBroken("A table of contents has at most {most} lines.", field="title", most=MOST_ENTRIES)
    values: dict[str, Any] = {"kind": kind}
    if kind is EntryKind.CHAPTER:
        known = books.CHAPTERS.get(chapter)
        if known is None or not books.may_hold(book_of(outline), known) or known in books.OWN:
            raise RuleBroken("This chapter makes no sense in this book.", field="chapter")
        if any(each.kind is EntryKind.CHAPTER and each.chapter == chapter for each in listed):
            raise RuleBroken("This chapter is in the table of contents already.", field="chapter")
        values["chapter"] = chapter
    else:
        values |= _written(kind, title, body) | _scoped(book_of(outline), kind, scope)
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        work.touch_any(outline)
        position = max((each.position for each in listed), default=0) + 1
        return work.create(BookEntry, outline=outline, position=position, **values)


def write(
    entry: BookEntry, *, title: str, body: str, seen: int | None, by: Person, at: dt.datetime, scope: str | None = None
) -> None:
    """Change the words of a part, a text or photographs, and whose book they are in (None: as it is). Raises StaleRow
    when somebody else has saved meanwhile."""
    _check_may_set(by)
    kind = EntryKind(entry.kind)
    whose = entry.scope if scope is None else scope
    values = _written(kind, title, body) | _scoped(book_of(entry.outline), kind, whose)
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        work.update(entry, seen=seen, **values)
        work.touch_any(entry.outline)


def _written(kind: EntryKind, title: str, body: str) -> dict[str, Any]:
    shown = parse_text(title)
    if not shown:
        raise RuleBroken("Please give it a title.", field="title")
    if len(shown) > 200:
        raise RuleBroken("A title has at most {most} letters.", field="title", most=200)
    if len(body) > markup.MOST_LETTERS:
        raise RuleBroken("A text has at most {most} letters.", field="body", most=markup.MOST_LETTERS)
    return {"title": shown, "body": body if kind is EntryKind.TEXT else ""}


def _scoped(book: Book, kind: EntryKind, scope: str) -> dict[str, Any]:
    if scope and (kind not in OWN_KINDS or scope not in dict(scopes_of(book))):
        raise RuleBroken("There is no such book of “{code}”.", field="scope", code=scope[:20])
    return {"scope": scope}


def scopes_of(book: Book) -> list[tuple[str, str]]:
    """Return whose a text or photographs of this book may be: code and short name; of the department's, its offices."""
    if book.kind is RunKind.PACK and book.scope is ScopeKind.NATION:
        return []
    if book.scope is ScopeKind.REGION:
        return list(Region.select(Region.code, Region.name).order_by(Region.id).tuples())
    of_divisions = book.scope is ScopeKind.DIVISION
    kind = Unit.kind != UnitKind.PROVINCIAL if of_divisions else Unit.kind == UnitKind.PROVINCIAL
    return list(Unit.select(Unit.code, Unit.short).where(kind, Unit.closed_on.is_null()).order_by(Unit.code).tuples())


def wear(outline: BookOutline, dress: Dress, *, by: Person, at: dt.datetime) -> None:
    """Have a book set with Thai digits or official margins from now on. A pack keeps its margins."""
    _check_may_set(by)
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        work.update(outline, thai_digits=dress.thai_digits, official_margins=dress.official_margins)


def switch(entry: BookEntry, is_on: bool, *, by: Person, at: dt.datetime) -> None:
    """Have a line printed, or not. Raises RuleBroken for the last line of a book."""
    _check_may_set(by)
    outline = entry.outline
    others = [each for each in entries(outline) if each.is_on and each.id != entry.id]
    if not is_on and not any(each.kind is not EntryKind.PART for each in others):
        raise RuleBroken("A book has at least one chapter.", field="is_on")
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        work.update(entry, is_on=is_on)
        work.touch_any(outline)


def arrange(outline: BookOutline, order: Sequence[int], *, by: Person, at: dt.datetime) -> None:
    """Put the lines in this order of their identifiers. Raises MoveRefused when a line came or went meanwhile."""
    _check_may_set(by)
    rows = {each.id: each for each in entries(outline)}
    if sorted(order) != sorted(rows):
        raise MoveRefused("Somebody else has changed this table of contents. Please look again.")
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        for position, ident in enumerate(order, 1):
            if rows[ident].position != position:
                work.update(rows[ident], position=position)
        work.touch_any(outline)


def move(entry: BookEntry, steps: int, *, by: Person, at: dt.datetime) -> None:
    """Move a line up (negative) or down; at the end it stays."""
    order = [each.id for each in entries(entry.outline)]
    old = order.index(entry.id)
    order.insert(max(0, min(len(order) - 1, old + steps)), order.pop(old))
    arrange(entry.outline, order, by=by, at=at)


def take_out(entry: BookEntry, *, by: Person, at: dt.datetime) -> None:
    """Take a line out; the trail keeps what it said. Raises RuleBroken for the last chapter."""
    _check_may_set(by)
    outline = entry.outline
    others = [each for each in entries(outline) if each.kind is not EntryKind.PART and each.id != entry.id]
    if not others:
        raise RuleBroken("A book has at least one chapter.", field="is_on")
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        for photo in photos_of(entry):
            work.remove(photo)
        work.remove(entry)
        work.touch_any(outline)


def add_photo(
    entry: BookEntry,
    name: str,
    content: bytes,
    *,
    caption: str,
    credit: str,
    consent: str,
    consent_on: dt.date | None,
    by: Person,
    at: dt.datetime,
    store: Files,
) -> BookPhoto:
    """Keep a photograph for print, drawn anew from its pixels, without what the camera wrote into it.

    Raises RuleBroken for what is no picture or too large, and without caption or consent of those it shows.
    """
    _check_may_set(by)
    if entry.kind is not EntryKind.PHOTOGRAPHS:
        raise RuleBroken("Photographs are added to a line of photographs.", field="photo")
    said, agreed = parse_text(caption), parse_text(consent)
    if not said:
        raise RuleBroken("Say what the photograph shows: it is printed under it.", field="caption")
    if not agreed or consent_on is None:
        raise RuleBroken(
            "Say who agreed to the printing, and when: no face is printed without consent.",
            field="consent" if not agreed else "consent_on",
        )
    if consent_on > at.date():
        raise RuleBroken("Consent cannot lie in the future.", field="consent_on")
    if len(content) > photos.MOST_BYTES:
        raise RuleBroken(
            "“{name}” is larger than {most} MB. Make the picture smaller.", field="photo", name=name[:80], most=10
        )
    found = photos.kind_of(content)
    if found is None or found[0] == "application/pdf":
        raise RuleBroken("“{name}” is not a picture (JPEG, PNG or WebP).", field="photo", name=name[:80])
    held = photos_of(entry)
    if len(held) >= MOST_PHOTOS:
        raise RuleBroken("A line has at most {most} photographs.", field="photo", most=MOST_PHOTOS)
    whole, small, width, height = photos.for_print(content, name[:80], PRINTED_EDGE)
    keys = [store.keep("photo.jpg", whole), store.keep("thumbnail.jpg", small)]
    try:
        with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
            row = work.create(
                BookPhoto, entry=entry, position=len(held) + 1, caption=said[:300], credit=parse_text(credit)[:200],
                consent=agreed[:300], consent_on=consent_on, file_key=keys[0], thumbnail_key=keys[1],
                sha256=hashlib.sha256(whole).hexdigest(), size=len(whole), width=width, height=height, added_by=by,
                added_at=at,
            )  # fmt: skip
            work.touch_any(entry.outline)
            return row
    except BaseException:
        for key in keys:
            store.remove(key)
        raise


def remove_photo(photo: BookPhoto, *, by: Person, at: dt.datetime) -> None:
    """Take a photograph out. Its file stays: an edition that was issued with it can be printed again."""
    _check_may_set(by)
    with records.changing(by=by, verb="change_outline", at=at, as_verb=True) as work:
        outline = photo.entry.outline
        work.remove(photo)
        work.touch_any(outline)


def book_of(outline: BookOutline) -> Book:
    """Return the book that a table of contents is of. Raises NotFound for one that the portal no longer makes."""
    if outline.book not in books.BOOKS:
        raise NotFound("There is no book called “{slug}”.", slug=outline.book)
    return books.BOOKS[outline.book]


def left_out(outline: BookOutline, may: Callable[[Book, Chapter], bool] = books.may_hold) -> list[Chapter]:
    """Return the chapters of the shelf that could be added to a table of contents."""
    book, held = book_of(outline), {each.chapter for each in entries(outline)}
    return [
        each for each in books.CHAPTERS.values() if each.slug not in held and each not in books.OWN and may(book, each)
    ]


def _check_may_set(by: Person) -> None:
    if by.role not in MAY_SET:
        raise NotAllowed("Tables of contents are set by the planning division.")
