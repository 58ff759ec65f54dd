"""Set chapters to one book: page numbers, links, bookmarks, one copy of each typeface. Only here is pikepdf known.

Chapters know neither where they stand nor how long the book is, so a page added to one makes no other stale.
What depends on the whole is written here: "หน้า x จาก y", the foot line, the demonstration mark, and the page
numbers of the contents and of every reference to another page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.resources
import io
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pikepdf
import uharfbuzz
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream, String

from portal import fonts
from portal.reports import dress, thai_text, xmp
from portal.reports.structure import Structure

# Chapters write links that leave them with the first prefix, boxes that want the number of the page an anchor
# stands on with the second, boxes that want the standing of the edition with the third, and figures that have a
# passport with the fourth.
LINK = "https://book.invalid/to#"
NUMBER = "https://book.invalid/page#"
STANDING = "https://book.invalid/standing#"
FIGURE = "https://book.invalid/figure#"
CHAPTER = "c-"  # how the anchor of a chapter begins
MM = 72 / 25.4
PRODUCER = "WeasyPrint, bound with pikepdf"
STAMP_FACES = ("Sarabun-400", "Sarabun-600")
# How the colours of a page are meant, as WeasyPrint carries it for archives.
COLOURS = importlib.resources.files("weasyprint.pdf") / "sRGB2014.icc"
PRINTED = 4  # a link, too, belongs to the page when it is printed
INK2, ALERT = "0.275 0.322 0.369", "0.584 0.122 0.086"


class BrokenBook(ValueError):
    """The parts do not fit together: a link leads nowhere, or a stamp's typeface is not among the parts."""


@dataclass(frozen=True)
class Sheet:
    """One set chapter, ready to be bound.

    `facts` is what `render.to_pdf` said of it. `level` is the bookmark level of its title; `above` the
    bookmarks (level, title) that open right before it. A sheet that is not `numbered` (a cover) gets no foot.
    """

    pdf: Path
    facts: dict[str, Any]
    level: int = 1
    above: tuple[tuple[int, str], ...] = ()
    numbered: bool = True


@dataclass(frozen=True)
class Imprint:
    """What is said of the whole book, on its pages and in its data.

    Margins are in millimetres; `mirrored` shifts even pages so that the inner margin stays at the spine.
    `mark` stands on top of every page (a demonstration, figures not whole); `standing` is written wherever a
    page leaves a box for it. `passports` is the address under which the passports of `figures` are read.
    """

    title: str
    author: str
    subject: str
    foot: str
    made_at: dt.datetime
    inner: float
    outer: float
    foot_at: float
    mirrored: bool = False
    mark: str = ""
    standing: str = ""
    thai_digits: bool = False
    passports: str = ""
    figures: frozenset[str] = frozenset()
    language: str = "th"


@dataclass(frozen=True)
class Attachment:
    """A file inside the book: its name, its kind (`application/json`), what it is, and its bytes."""

    name: str
    kind: str
    about: str
    content: bytes


Attach = Callable[[Mapping[str, int], Sequence[str]], Iterable[Attachment]]
"""Makes what is put into the book from the page (from 1) each figure stands on and the hash of each page."""


def bind(sheets: Sequence[Sheet], imprint: Imprint, out: Path, attach: Attach | None = None) -> int:
    """Bind `sheets` in order into the file `out`, with what `attach` makes inside; return the number of pages.

    The same sheets and imprint always make the same bytes. What leads to a chapter that is not in the book is no link,
    and its number is not written. Raises BrokenBook when any other link leads to nothing.
    """
    with pikepdf.new() as pdf:
        book = _Book(imprint, pdf)
        book.append(pdf, sheets)
        book.stamp(pdf)
        book.link(pdf)
        book.share_faces(pdf)
        book.bookmark(pdf)
        _describe(pdf, imprint, is_tagged=book.structure.close())
        if attach is not None:
            _put_inside(pdf, attach(book.figures, page_hashes(pdf)), imprint)
        # Written in memory first: on a full disk qpdf would not raise but end the whole process.
        bound = io.BytesIO()
        pdf.save(
            bound,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            min_version="1.7",
        )
    book.close()
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(bound.getbuffer())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return len(book.pages)


@dataclass(frozen=True)
class _Stamp:
    """A short text on a page: baseline start (or end, for `right`) in points, size, face, colour; the number under
    which it belongs to the structure of a tagged page."""

    text: str
    x: float
    y: float
    size: float
    face: str = STAMP_FACES[0]
    align: str = "left"
    colour: str = INK2
    is_artifact: bool = True
    mark: int | None = None


class _Book:
    def __init__(self, imprint: Imprint, pdf: pikepdf.Pdf) -> None:
        self.imprint = imprint
        self.structure = Structure(pdf)
        self.faces = _Faces()
        self.sources: list[pikepdf.Pdf] = []
        self.pages: list[Any] = []
        self.numbered: list[bool] = []
        self.places: dict[str, tuple[int, float, float]] = {}
        self.outline: list[tuple[int, str, int, float, float]] = []
        self.resources: list[tuple[Any, list[str]]] = []
        self.figures: dict[str, int] = {}

    def close(self) -> None:
        for source in self.sources:
            source.close()

    def append(self, pdf: pikepdf.Pdf, sheets: Iterable[Sheet]) -> None:
        for sheet in sheets:
            first = len(self.pages)
            source = pikepdf.open(sheet.pdf)
            self.sources.append(source)
            pdf.pages.extend(source.pages)
            self.pages += [page.obj for page in list(pdf.pages)[first:]]
            headings = [title for _, title, *_ in sheet.facts["headings"]]
            self.structure.take(source, self.pages[first:], headings[0] if headings else self.imprint.title)
            self.numbered += [sheet.numbered] * sheet.facts["pages"]
            named = self.pages[first].Resources.Font
            ours = [
                f"/{key}" for key, face in sheet.facts["fonts"].items() if self.faces.add(key, face, named[f"/{key}"])
            ]
            self.resources.append((named, ours))
            top = float(self.pages[first].MediaBox[3])
            self.outline += [(level, title, first, 0, top) for level, title in sheet.above]
            self.outline += [
                (level + sheet.level - 1, title, first + page, x, y)
                for level, title, page, x, y in sheet.facts["headings"]
            ]
            for name, (page, x, y) in sheet.facts["anchors"].items():
                self.places.setdefault(name, (first + page, x, y))

    def shift(self, page: int) -> float:
        """Points by which the contents of a page are moved to the right (even pages of a mirrored book)."""
        return (self.imprint.outer - self.imprint.inner) * MM if self.imprint.mirrored and page % 2 else 0.0

    def stamp(self, pdf: pikepdf.Pdf) -> None:
        wanted = [self._foot(page) + self._numbers(page) for page in range(len(self.pages))]
        if self.imprint.thai_digits:
            wanted = [[replace(stamp, text=dress.thai(stamp.text)) for stamp in stamps] for stamps in wanted]
        self.faces.shape(wanted)
        opening: dict[float, Any] = {}
        for number, (page, stamps) in enumerate(zip(self.pages, wanted, strict=True)):
            shift = self.shift(number)
            if shift:
                _move_links(page, shift)
            if not stamps and not shift:
                continue
            if shift not in opening:
                opening[shift] = pdf.make_stream(f"q 1 0 0 1 {shift:.2f} 0 cm\n".encode() if shift else b"q\n")
            drawn = b"\nQ\n" + b"\n".join(self.faces.drawn(stamp) for stamp in stamps)
            page.Contents = Array([opening[shift], page.Contents, pdf.make_stream(drawn)])

    def _foot(self, page: int) -> list[_Stamp]:
        imprint, width = self.imprint, float(self.pages[page].MediaBox[2])
        made = []
        if imprint.mark:
            height = float(self.pages[page].MediaBox[3])
            made.append(_Stamp(imprint.mark, width / 2, height - 7 * MM, 7.2, STAMP_FACES[1], "centre", ALERT))
        if self.numbered[page]:
            left, right = imprint.inner, imprint.outer
            if imprint.mirrored and page % 2:
                left, right = right, left
            y = imprint.foot_at * MM
            made.append(_Stamp(imprint.foot, left * MM, y, 7))
            text = f"หน้า {page + 1} จาก {len(self.pages)}"
            made.append(_Stamp(text, width - right * MM, y, 7.6, align="right"))
        return made

    def _numbers(self, page: int) -> list[_Stamp]:
        """What one page leaves boxes for. A box may be cut into several annotations: one is enough."""
        made: dict[tuple[str, int, int], _Stamp] = {}
        for annotation in self.pages[page].get("/Annots", ()):
            address = _address(annotation)
            if not address.startswith((NUMBER, STANDING)):
                continue
            name, size, align = (*address.partition("#")[2].split("~"), "", "")[:3]
            if address.startswith(STANDING):
                words = self.imprint.standing
            elif name in self.places:
                words = str(self.places[name][0] + 1)
            elif name.startswith(CHAPTER):
                continue  # a chapter that this table of contents does not have
            else:
                raise BrokenBook(f"a page number is asked for “{name}”, which is not in the book")
            x0, y0, x1, y1 = (float(v) for v in annotation.Rect)
            points = float(size or 8)
            base = (min(y0, y1) + max(y0, y1)) / 2 - points * 0.34
            x = {"left": min(x0, x1), "centre": (x0 + x1) / 2}.get(align, max(x0, x1))
            place = name, round(x), round(base)
            if place in made:
                continue
            made[place] = _Stamp(
                words,
                x + self.shift(page),
                base,
                points,
                STAMP_FACES[address.startswith(STANDING)],
                align=align or "right",
                colour="0.086 0.125 0.169",
                is_artifact=False,
                mark=self.structure.add_words(self.pages[page], annotation),
            )
        return list(made.values())

    def link(self, pdf: pikepdf.Pdf) -> None:
        for number, page in enumerate(self.pages, 1):
            if "/Annots" in page:
                kept = []
                for annotation in page.Annots:
                    if self._stays(annotation, number):
                        kept.append(annotation)
                    else:
                        self.structure.unlink(annotation)
                page.Annots = Array(kept)
            for annotation in page.get("/Annots", ()):
                annotation.F = PRINTED
                address = _address(annotation)
                if address.startswith(FIGURE):
                    annotation.A.URI = String(self.imprint.passports + address.removeprefix(FIGURE))
                    self.structure.describe(annotation, "ที่มาของตัวเลข")
                    continue
                if address.startswith((LINK, NUMBER)):
                    name = address.partition("#")[2].partition("~")[0]
                    del annotation["/A"]
                elif isinstance(annotation.get("/Dest"), String):
                    name = str(annotation.Dest)
                else:
                    continue
                if name not in self.places:
                    raise BrokenBook(f"a link leads to “{name}”, which is not in the book")
                target, x, y = self.places[name]
                annotation.Dest = self._place(target, x, y)
                self.structure.describe(annotation, f"ไปหน้า {target + 1}")

    def _stays(self, annotation: Any, page: int) -> bool:
        """Return whether a link stays in the book; a figure is noted with the page it stands on first."""
        address = _address(annotation)
        if address.startswith(FIGURE):
            key = address.removeprefix(FIGURE)
            if key in self.imprint.figures:
                self.figures.setdefault(key, page)
                return bool(self.imprint.passports)
            return False
        if address.startswith((LINK, NUMBER)):
            name = address.partition("#")[2].partition("~")[0]
            return name in self.places or not name.startswith(CHAPTER)
        return not address.startswith(STANDING)

    def _place(self, page: int, x: float, y: float) -> Array:
        return Array([self.pages[page], Name.XYZ, round(x + self.shift(page), 2), y, 0])

    def share_faces(self, pdf: pikepdf.Pdf) -> None:
        made = self.faces.build(pdf)
        for named, ours in self.resources:
            for key in ours:
                named[key] = made[key]
            for face, key in self.faces.stamps.items():
                named[f"/Stamp-{face}"] = made[key]

    def bookmark(self, pdf: pikepdf.Pdf) -> None:
        root = pdf.make_indirect(Dictionary(Type=Name.Outlines))
        kin: list[tuple[Any, list[Any]]] = [(root, [])]
        open_: list[tuple[int, Any, list[Any]]] = [(0, root, kin[0][1])]
        for level, title, page, x, y in self.outline:
            while open_[-1][0] >= level:
                open_.pop()
            entry = Dictionary(Title=String(title), Dest=self._place(page, x, y), Parent=open_[-1][1])
            node = pdf.make_indirect(entry)
            open_[-1][2].append(node)
            kin.append((node, []))
            open_.append((level, node, kin[-1][1]))
        for parent, children in kin:
            for one, other in itertools.pairwise(children):
                one.Next, other.Prev = other, one
            if children:
                parent.First, parent.Last = children[0], children[-1]
                parent.Count = len(children) if parent.objgen == root.objgen else -len(children)
        pdf.Root.Outlines = root


def page_hashes(pdf: pikepdf.Pdf) -> list[str]:
    """Return the SHA-256 of what is drawn on each page: any change of a page's contents shows."""
    made = []
    for page in pdf.pages:
        sums = hashlib.sha256()
        contents = page.obj.Contents
        for stream in contents if isinstance(contents, Array) else (contents,):
            sums.update(stream.read_bytes())
        made.append(sums.hexdigest())
    return made


@dataclass(frozen=True)
class Opened:
    """What a finished book carries: its attachments by name, and the hash of each of its pages as they are."""

    attached: dict[str, bytes]
    pages: list[str]


def opened(path: Path) -> Opened:
    """Read a finished book. Raises BrokenBook for a file that is none."""
    try:
        with pikepdf.open(path) as pdf:
            attached = {name: bytes(spec.get_file().read_bytes()) for name, spec in pdf.attachments.items()}
            return Opened(attached, page_hashes(pdf))
    except (pikepdf.PdfError, AttributeError, ValueError) as wrong:
        raise BrokenBook(f"{path.name} is not a PDF that can be read: {wrong}") from wrong


def _put_inside(pdf: pikepdf.Pdf, attachments: Iterable[Attachment], imprint: Imprint) -> None:
    moment = xmp.day(imprint.made_at)
    for each in attachments:
        pdf.attachments[each.name] = pikepdf.AttachedFileSpec(
            pdf,
            each.content,
            description=each.about,
            filename=each.name,
            mime_type=each.kind,
            creation_date=moment,
            mod_date=moment,
            relationship=Name.Data,
        )
    pdf.Root.AF = Array([pdf.attachments[name].obj for name in pdf.attachments])


def _address(annotation: Any) -> str:
    return str(annotation.A.get("/URI", "")) if "/A" in annotation else ""


def _move_links(page: Any, shift: float) -> None:
    for annotation in page.get("/Annots", ()):
        x0, y0, x1, y1 = (float(v) for v in annotation.Rect)
        annotation.Rect = Array([round(x0 + shift, 2), y0, round(x1 + shift, 2), y1])


def _describe(pdf: pikepdf.Pdf, imprint: Imprint, *, is_tagged: bool) -> None:
    """Say what the file is, in its data and, as archives want it (PDF/A-3u), in a packet of XMP; how its colours are
    meant; in which language it speaks."""
    pdf.Root.Lang = String(imprint.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.PageMode = Name.UseOutlines
    packet = xmp.packet(
        title=imprint.title,
        author=imprint.author,
        subject=imprint.subject,
        language=imprint.language,
        producer=PRODUCER,
        made_at=imprint.made_at,
        is_tagged=is_tagged,
    )
    pdf.Root.Metadata = Stream(pdf, packet, Type=Name.Metadata, Subtype=Name.XML)
    moment = xmp.day(imprint.made_at)
    pdf.docinfo = pdf.make_indirect(
        Dictionary(
            Title=String(imprint.title),
            Author=String(imprint.author),
            Subject=String(imprint.subject),
            Producer=String(PRODUCER),
            CreationDate=String(moment),
            ModDate=String(moment),
        )
    )
    profile = Stream(pdf, COLOURS.read_bytes(), N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=pdf.make_indirect(profile),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


class _Faces:
    """The typefaces of all parts united: one font object a face in the whole book.

    WeasyPrint keeps the glyph numbers of the font file in its subsets, so the union of the parts' glyphs is
    subset once and every part's pages point at it, their content untouched.
    """

    def __init__(self) -> None:
        self.united: dict[str, dict[str, Any]] = {}
        self.models: dict[str, Any] = {}
        self.stamps: dict[str, str] = {}
        self._shaped: dict[tuple[str, str, float], tuple[bytes, float]] = {}

    def add(self, key: str, face: dict[str, Any], model: Any) -> bool:
        """Take a part's face; False when it must keep its own (a face not ours, letters it lacks)."""
        path = fonts.files().get(face["face"])
        if face["missing"] or path is None:
            return False
        one = self.united.setdefault(f"/{key}", {"path": path, "face": face["face"], "text": {}, "widths": {}})
        self.models.setdefault(f"/{key}", model)
        for kind in ("text", "widths"):
            for glyph, value in face[kind].items():
                one[kind].setdefault(int(glyph), value)
        return True

    def shape(self, wanted: Iterable[Sequence[_Stamp]]) -> None:
        """Shape every stamp's text once and take its glyphs into the united faces."""
        shapers: dict[str, uharfbuzz.Font] = {}
        for stamp in {(s.face, s.text, s.size): s for stamps in wanted for s in stamps}.values():
            if stamp.face not in shapers:
                key = next((k for k, f in self.united.items() if f["face"] == stamp.face), None)
                if key is None:
                    raise BrokenBook(f"no part of the book is set in {stamp.face}")
                self.stamps[stamp.face] = key
                blob = uharfbuzz.Blob(fonts.files()[stamp.face].read_bytes())
                shapers[stamp.face] = uharfbuzz.Font(uharfbuzz.Face(blob))
            self._shaped[stamp.face, stamp.text, stamp.size] = self._shape(shapers[stamp.face], stamp)

    def _shape(self, font: uharfbuzz.Font, stamp: _Stamp) -> tuple[bytes, float]:
        united = self.united[self.stamps[stamp.face]]
        buffer = uharfbuzz.Buffer()
        buffer.add_str(stamp.text)
        buffer.guess_segment_properties()
        uharfbuzz.shape(font, buffer, {"tnum": True})
        em = font.face.upem / 1000
        items: list[bytes] = [f"/Stamp-{stamp.face} {stamp.size:g} Tf".encode()]
        run, total, rise = "", 0, 0.0
        for glyph, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            number = glyph.codepoint
            united["text"].setdefault(number, stamp.text[glyph.cluster])
            width = united["widths"].setdefault(number, round(font.get_glyph_h_advance(number) / em))
            lift, aside = place.y_offset / em / 1000 * stamp.size, place.x_offset / em
            if lift != rise:
                items += [f"[{run}] TJ".encode()] if run else []
                items.append(f"{lift:.2f} Ts".encode())
                run, rise = "", lift
            after = width + aside - place.x_advance / em
            run += (f"{-aside:g} " if aside else "") + f"<{number:04x}>" + (f"{after:g} " if abs(after) > 0.5 else "")
            total += place.x_advance
        items.append(f"[{run}] TJ".encode())
        if rise:
            items.append(b"0 Ts")
        face = thai_text.face(stamp.face)
        marked = thai_text.marked(items, {f"Stamp-{stamp.face}": face} if face else {})
        return b"\n".join(marked), total / em / 1000 * stamp.size

    def drawn(self, stamp: _Stamp) -> bytes:
        """Return the operators that write a stamp."""
        operators, width = self._shaped[stamp.face, stamp.text, stamp.size]
        x = stamp.x - {"left": 0.0, "centre": width / 2, "right": width}[stamp.align]
        body = f"{stamp.colour} rg BT 1 0 0 1 {x:.2f} {stamp.y:.2f} Tm ".encode() + operators + b" ET"
        if stamp.is_artifact:
            return b"/Artifact <</Type /Pagination>> BDC " + body + b" EMC"
        return body if stamp.mark is None else f"/Span <</MCID {stamp.mark}>> BDC ".encode() + body + b" EMC"

    def build(self, pdf: pikepdf.Pdf) -> dict[str, Any]:
        """Make one font object for each face in `pdf`, modelled on a part's own."""
        made = {}
        for key, face in self.united.items():
            known = thai_text.face(face["face"])
            texts = {g: known.text.get(g, t) if known else t for g, t in face["text"].items()}
            program = _subset(face["path"], set(face["text"]) | set(face["widths"]) | {0})
            old = self.models[key]
            inner = old.DescendantFonts[0]
            about = Dictionary({k: v for k, v in inner.FontDescriptor.items() if not k.startswith("/FontFile")})
            about.FontFile2 = Stream(pdf, program)
            about.FontFile2.Length1 = len(program)
            new = Dictionary({k: v for k, v in inner.items() if k not in ("/W", "/FontDescriptor")})
            new.W = _widths(face["widths"])
            new.FontDescriptor = pdf.make_indirect(about)
            made[key] = pdf.make_indirect(
                Dictionary(
                    Type=Name.Font,
                    Subtype=Name.Type0,
                    BaseFont=old.BaseFont,
                    Encoding=old.Encoding,
                    ToUnicode=Stream(pdf, thai_text.character_map(texts)),
                    DescendantFonts=[pdf.make_indirect(new)],
                )
            )
        return made


def _widths(widths: dict[int, int]) -> Array:
    out: list[Any] = []
    last = None
    for glyph in sorted(widths):
        if last is None or glyph - 1 != last:
            out += [glyph, []]
        out[-1].append(widths[glyph])
        last = glyph
    return Array([Array(each) if isinstance(each, list) else each for each in out])


def _subset(path: Path, glyphs: set[int]) -> bytes:
    """Return the font file with only `glyphs`, their numbers kept."""
    font = TTFont(path, recalcTimestamp=False)
    options = subset.Options(
        retain_gids=True, notdef_outline=True, hinting=False, glyph_names=False, layout_features=[], name_IDs=[]
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "FFTM", "JSTF"]
    cutter = subset.Subsetter(options)
    cutter.populate(gids=sorted(glyphs))
    cutter.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
