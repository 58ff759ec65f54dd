"""Tables of contents: what each book holds, in which order, with which texts and photographs; planning sets them."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request
from flask_admin import BaseView, expose

from models import BookEntry, BookOutline, BookPhoto, FiscalYear
from portal import clock, photos
from portal.errors import NotAllowed, NotFound, PortalError
from portal.reports import books, outlines
from portal.reports.books import Book
from portal.reports.dress import Dress
from portal.rules import markup
from portal.rules.access import CENTRAL_ROLES
from portal.rules.inputs import parse_date
from portal.rules.terms import EntryKind
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me
from portal.web.subjects import scope_words
from portal.web.words import word

HOME = "/admin/contents/"
STEPS: dict[str | None, int] = {"up": -1, "down": 1, "top": -outlines.MOST_ENTRIES}


class ContentsPage(BaseView):
    """The tables of contents of packs and books."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="contents", url="/admin/contents", menu_icon_value="list")

    def is_accessible(self) -> bool:
        """Central roles look at them; planning changes them."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Packs and books of the department are asked for by its central units.")

    @expose("/")
    def index(self) -> Any:
        """Show one book's table of contents, as it is in force for one year or for every year."""
        return self._index(_book(request.args.get("book", "pack")), _year(request.args.get("year", "0")))

    @expose("/begin/", methods=("POST",))
    def begin(self) -> Any:
        """Begin a table of contents of one's own, as the one in force stands."""
        book, year = _book(request.form.get("book")), _year(request.form.get("year", "0"))
        outlines.begin(book, year, by=me(), at=clock.now())
        return redirect(_address(book.slug, year))

    @expose("/reset/", methods=("POST",))
    def reset(self) -> Any:
        """Go back to what was in force before."""
        outline = _one(BookOutline, request.form.get("id"))
        outlines.reset(outline, by=me(), at=clock.now())
        flash(gettext("The shipped table of contents is in force again."), "success")
        return redirect(_address(outline.book, outline.year))

    @expose("/add/", methods=("POST",))
    def add(self) -> Any:
        """Add a part, a chapter, a text or photographs."""
        outline = _one(BookOutline, request.form.get("id"))
        asked = request.form
        kind = asked.get("kind", "")
        try:
            entry = outlines.add(
                outline, EntryKind(kind) if kind in set(EntryKind) else EntryKind.CHAPTER, by=me(), at=clock.now(),
                chapter=asked.get("chapter", ""), title=asked.get("title", ""), scope=asked.get("scope", ""),
            )  # fmt: skip
        except PortalError as refusal:
            shown = self._index(outlines.book_of(outline), outline.year, refusal)
            return shown, refusal.status
        if entry.kind in (EntryKind.TEXT, EntryKind.PHOTOGRAPHS):
            return redirect(f"{HOME}entry/?id={entry.id}")
        return redirect(_address(outline.book, outline.year))

    @expose("/dress/", methods=("POST",))
    def wear(self) -> Any:
        """Choose digits and margins."""
        outline, asked = _one(BookOutline, request.form.get("id")), request.form
        chosen = Dress("thai_digits" in asked, "official_margins" in asked)
        outlines.wear(outline, chosen, by=me(), at=clock.now())
        flash(gettext("Saved. Editions that are compiled from now on say so."), "success")
        return redirect(_address(outline.book, outline.year))

    @expose("/change/", methods=("POST",))
    def change(self) -> Any:
        """Move a line, have it printed or not, take it out."""
        entry = _one(BookEntry, request.form.get("id"))
        outline, verb = entry.outline, request.form.get("verb")
        try:
            if verb in STEPS:
                outlines.move(entry, STEPS[verb], by=me(), at=clock.now())
            elif verb in ("on", "off"):
                outlines.switch(entry, verb == "on", by=me(), at=clock.now())
            elif verb == "out":
                outlines.take_out(entry, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._index(outlines.book_of(outline), outline.year, refusal), refusal.status
        return redirect(f"{_address(outline.book, outline.year)}#e-{entry.id}")

    @expose("/entry/")
    def entry(self) -> Any:
        """Show one line's words and photographs to be changed."""
        return self._entry(_one(BookEntry, request.args.get("id")))

    @expose("/entry/", methods=("POST",))
    def write(self) -> Any:
        """Save a line's words."""
        entry, typed = _one(BookEntry, request.form.get("id")), request.form
        seen = int(typed["version"]) if typed.get("version", "").isdigit() else None
        try:
            outlines.write(
                entry, title=typed.get("title", ""), body=typed.get("body", ""), scope=typed.get("scope", ""),
                seen=seen, by=me(), at=clock.now(),
            )  # fmt: skip
        except PortalError as refusal:
            return self._entry(entry, refusal), refusal.status
        flash(gettext("Saved. Editions that are compiled from now on say so."), "success")
        return redirect(f"{HOME}entry/?id={entry.id}")

    @expose("/photo/", methods=("POST",))
    def take_photo(self) -> Any:
        """Keep a photograph with a line."""
        entry, sent, typed = _one(BookEntry, request.form.get("id")), request.files.get("photo"), request.form
        try:
            day = typed.get("consent_on", "").strip()
            outlines.add_photo(
                entry, (sent.filename if sent else "") or "photo", sent.read(photos.MOST_BYTES + 1) if sent else b"",
                caption=typed.get("caption", ""), credit=typed.get("credit", ""), consent=typed.get("consent", ""),
                consent_on=parse_date(day) if day else None, by=me(), at=clock.now(), store=kept_files(),
            )  # fmt: skip
        except PortalError as refusal:
            return self._entry(entry, refusal), refusal.status
        return redirect(f"{HOME}entry/?id={entry.id}#photos")

    @expose("/photo/out/", methods=("POST",))
    def take_photo_out(self) -> Any:
        """Take a photograph out."""
        photo = _one(BookPhoto, request.form.get("id"))
        entry = photo.entry_id
        outlines.remove_photo(photo, by=me(), at=clock.now())
        return redirect(f"{HOME}entry/?id={entry}#photos")

    @expose("/photo/")
    def photo(self) -> Any:
        """Send a photograph's small picture."""
        photo = _one(BookPhoto, request.args.get("id"))
        with kept_files().open(photo.thumbnail_key) as held:
            response = Response(held.read(), mimetype="image/jpeg")
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    def _index(self, book: Book, year: int, refusal: PortalError | None = None) -> Any:
        outline = BookOutline.get_or_none(BookOutline.book == book.slug, BookOutline.year == year)
        in_force = outline or outlines.of(book, year)
        own = {one.book for one in BookOutline.select(BookOutline.book)}
        years = [one.year for one in FiscalYear.select().order_by(FiscalYear.year.desc()).limit(4)]
        return self.render(
            "contents/index.html",
            book=book, year=year, years=years, kinds=[(each, each.slug in own) for each in books.BOOKS.values()],
            outline=outline, in_force=in_force, lines=_lines(book, in_force),
            left_out=[] if outline is None else outlines.left_out(outline), may=me().role in outlines.MAY_SET,
            problem=refusal.words(gettext) if refusal else "", own_kinds=(EntryKind.TEXT, EntryKind.PHOTOGRAPHS),
            title_of=book_words, scopes=outlines.scopes_of(book),
        )  # fmt: skip

    def _entry(self, entry: BookEntry, refusal: PortalError | None = None) -> Any:
        book = outlines.book_of(entry.outline)
        return self.render(
            "contents/entry.html",
            entry=entry, book=book, scopes=outlines.scopes_of(book) if entry.kind in outlines.OWN_KINDS else [],
            photos=outlines.photos_of(entry), typed=request.form,
            blocks=markup.blocks(entry.body), may=me().role in outlines.MAY_SET,
            problem=refusal.words(gettext) if refusal else "", at_field=refusal.field if refusal else "",
            most=markup.MOST_LETTERS, title_of=book_words, address=_address(entry.outline.book, entry.outline.year),
        )  # fmt: skip


def book_words(book: Book) -> str:
    """Return what a kind of book is called: `ชุดรายงานรายเขต`."""
    return word(book.slug)


def _lines(book: Book, outline: BookOutline | None) -> list[dict[str, Any]]:
    """Return the lines of a table of contents as the page shows them."""
    if outline is not None:
        return [
            {
                "id": entry.id, "kind": entry.kind, "is_on": entry.is_on,
                "title": books.CHAPTERS[entry.chapter].title if entry.chapter in books.CHAPTERS else entry.title,
                "photos": len(outlines.photos_of(entry)) if entry.kind is EntryKind.PHOTOGRAPHS else 0,
                "is_empty": entry.kind is EntryKind.TEXT and not entry.body.strip(),
                "scope": scope_words(entry.scope) if entry.scope else "",
            }
            for entry in outlines.entries(outline)
        ]  # fmt: skip
    made: list[dict[str, Any]] = []
    for part in book.parts:
        if part.title:
            made.append({"id": 0, "kind": EntryKind.PART, "title": part.title, "is_on": True})
        made += [{"id": 0, "kind": EntryKind.CHAPTER, "title": each.title, "is_on": True} for each in part.chapters]
    return made


def _address(book: str, year: int) -> str:
    return f"{HOME}?book={book}" + (f"&year={year}" if year else "")


def _book(slug: str | None) -> Book:
    if slug not in books.BOOKS:
        raise NotFound("There is no book called “{slug}”.", slug=str(slug)[:40])
    return books.BOOKS[slug]


def _year(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) == 4 else 0


def _one(model: Any, ident: Any) -> Any:
    text = str(ident)
    row = model.get_or_none(model.id == int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if row is None:
        raise NotFound("This record is no longer there.")
    return row
