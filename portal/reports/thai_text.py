"""The text inside a PDF, made right for Thai, so that it can be searched, copied and read aloud.

WeasyPrint gives each glyph the text of the first cluster it is met in. Thai fonts reuse glyphs across
clusters (sara am is drawn as nikhahit and sara aa; tone marks swap with low vowels), so the page looks right
and its text is not. Two corrections: the text of a glyph comes from the font itself, and a span of replacement
text stands around the glyphs of each sara am.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pydyf
from fontTools import agl
from fontTools.ttLib import TTFont

from portal import fonts

NIKHAHIT, SARA_AA, SARA_AM, TONES = "\u0e4d", "\u0e32", "\u0e33", "\u0e48\u0e49\u0e4a\u0e4b\u0e4c"
# Thai fonts keep old presentation forms of their marks here; they are no text.
PRIVATE_USE = range(0xE000, 0xF900)


class Face:
    """What the text layer needs to know of one font file."""

    def __init__(self, path: Path) -> None:
        font = TTFont(path, lazy=True)
        order = {name: index for index, name in enumerate(font.getGlyphOrder())}
        text: dict[str, str] = {}
        for code, name in font.getBestCmap().items():
            if code not in PRIVATE_USE:
                text.setdefault(name, chr(code))
        singles, ligatures = _substitutions(font)
        for first, others in ligatures:
            for ligature in others:
                parts = [first, *ligature.Component]
                if ligature.LigGlyph not in text and all(part in text for part in parts):
                    text[ligature.LigGlyph] = "".join(text[part] for part in parts)
        for _ in range(4):
            for before, after in singles:
                if before in text:
                    text.setdefault(after, text[before])
        for name in order:
            if name not in text and (guess := agl.toUnicode(name.split(".")[0])):
                text[name] = guess
        self.text = {order[name]: t for name, t in text.items() if name in order}
        self.sara_aa = {b"%04x" % g for g, t in self.text.items() if t == SARA_AA}
        # Nikhahit, alone or joined with a tone mark in one glyph: that tone mark.
        self.nikhahit = {
            b"%04x" % g: t.replace(NIKHAHIT, "")
            for g, t in self.text.items()
            if NIKHAHIT in t and set(t) <= set(NIKHAHIT + TONES)
        }
        self.tones = {b"%04x" % g: t for g, t in self.text.items() if t in TONES}


def _substitutions(font: TTFont) -> tuple[list[tuple[str, str]], list[tuple[str, Any]]]:
    """Return the font's one-for-one glyph substitutions and its ligatures."""
    singles: list[tuple[str, str]] = []
    ligatures: list[tuple[str, Any]] = []
    for lookup in font["GSUB"].table.LookupList.Lookup if "GSUB" in font else ():
        for subtable in lookup.SubTable:
            subtable = getattr(subtable, "ExtSubTable", subtable)
            if subtable.LookupType == 1:
                singles += subtable.mapping.items()
            elif subtable.LookupType == 3:
                singles += [(a, b) for a, others in subtable.alternates.items() for b in others]
            elif subtable.LookupType == 4:
                ligatures += subtable.ligatures.items()
    return singles, ligatures


@functools.cache
def face(name: str) -> Face | None:
    """Return what is known of the face `name` (such as "Sarabun-400"), or None for a face not ours."""
    path = fonts.files().get(name)
    return Face(path) if path and path.is_file() else None


def name_of(font: Any) -> str:
    """Return the name in `portal.fonts` of a font met by WeasyPrint."""
    if font.family == "Laksaman":
        return "Laksaman-Bold" if int(font.weight) >= 600 else "Laksaman"
    return f"{font.family}-{int(font.weight)}"


def character_map(text_of: Mapping[int, str]) -> bytes:
    """Return the ToUnicode program that gives each glyph number its text."""
    out = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <ffff>",
        "endcodespacerange",
    ]
    items = sorted(text_of.items())
    for start in range(0, len(items), 100):
        part = items[start : start + 100]
        out.append(f"{len(part)} beginbfchar")
        out += [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in part]
        out.append("endbfchar")
    out += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(out).encode()


def marked(items: Iterable[Any], faces: Mapping[str, Face]) -> list[Any]:
    """Return the operators of a content stream with replacement text around each sara am.

    `faces` names the faces by their names in the page's resources.
    """
    out: list[Any] = []
    current: Face | None = None
    # Where a span would begin, and the tone marks inside it; kept between two operators of one word.
    pending: tuple[int, str] | None = None
    for item in items:
        if not isinstance(item, bytes) or not item.endswith((b" Tf", b"] TJ", b"ET")):
            out.append(item)
            continue
        if not item.endswith(b"] TJ"):
            pending = None
            if item.endswith(b" Tf"):
                current = faces.get(item[1 : item.index(b" ")].decode())
            out.append(item)
            continue
        if not current or not (pending or any(glyph in item for glyph in current.nikhahit)):
            out.append(item)
            continue
        pending = _mark_word(item, current, pending, out)
    return out


def _mark_word(item: bytes, face: Face, pending: tuple[int, str] | None, out: list[Any]) -> tuple[int, str] | None:
    buffer: list[bytes] = []

    def flush() -> None:
        if buffer:
            out.append(b"[" + b"".join(buffer).replace(b"><", b"") + b"] TJ")
            buffer.clear()

    for token in re.findall(rb"<[0-9a-f]*>|[^<>]+", item[1:-4]):
        if token[:1] != b"<":
            buffer.append(token + b" ")
            continue
        for code in re.findall(rb"[0-9a-f]{4}", token):
            if code in face.nikhahit:
                flush()
                pending = len(out), face.nikhahit[code]
            buffer.append(b"<" + code + b">")
            if pending and code in face.sara_aa:
                flush()
                text = (pending[1] + SARA_AM).encode("utf-16-be").hex().encode()
                out.insert(pending[0], b"/Span <</ActualText <feff" + text + b">>> BDC")
                out.append(b"EMC")
                pending = None
            elif pending and code in face.tones:
                pending = pending[0], pending[1] + face.tones[code]
            elif code not in face.nikhahit:
                pending = None
    flush()
    return pending


def correct(document: Any, pdf: Any) -> None:
    """WeasyPrint finisher: correct the text layer of `pdf` in place."""
    by_hash: dict[str, Face] = {}
    by_name: dict[bytes, Any] = {}
    for font in document.fonts.values():
        if known := face(name_of(font)):
            by_hash[font.hash], by_name[font.name] = known, font
    for obj in pdf.objects:
        if isinstance(obj, pydyf.Stream) and b"BT" in obj.stream:
            obj.stream = marked(obj.stream, by_hash)
        elif isinstance(obj, dict) and obj.get("BaseFont") in by_name and "ToUnicode" in obj:
            font = by_name[obj["BaseFont"]]
            text = by_hash[font.hash].text
            stream = pdf.objects[int(obj["ToUnicode"].split()[0])]
            stream.stream = [character_map({g: text.get(g, t) for g, t in font.to_unicode.items()})]
