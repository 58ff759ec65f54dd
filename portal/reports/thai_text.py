"""The text inside a PDF, made right for Thai, so that it can be searched, copied and read aloud.

WeasyPrint gives each glyph the text of the first cluster it is met in. Thai fonts reuse glyphs across
clusters (sara am is drawn as nikhahit and sara aa; tone marks swap with low vowels), so the page looks right
and its text is not. Corrections: the text of a glyph comes from the font itself; a span of replacement text stands
around the glyphs of each sara am, and around each letter with a vowel and a tone mark: marks take no room of their own,
so that a reader who sorts by place (pdftotext) cannot tell which of two comes first.
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
CONSONANTS, ASCENDING = "".join(map(chr, range(0x0E01, 0x0E2F))), "ปฝฟ"
VOWELS = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39"
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
        self.vowels = {b"%04x" % g: t for g, t in self.text.items() if t in VOWELS}
        # What may need a span: a nikhahit, or a vowel right before a tone mark.
        marks = rb"(?:%s)(?:>[^<]*<)*(?:%s)" % (b"|".join(sorted(self.vowels)), b"|".join(sorted(self.tones)))
        self.needs_care = re.compile(b"|".join([*sorted(self.nikhahit), marks]))


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
    """Return the operators of a content stream with replacement text around each sara am and each stack of marks.

    `faces` names the faces by their names in the page's resources.
    """
    out: list[Any] = []
    current: Face | None = None
    # Where a span would begin, and the tone marks inside it; kept between two operators of one word.
    pending: tuple[int, str] | None = None
    listed = list(items)
    at = 0
    while at < len(listed):
        item = listed[at]
        at += 1
        if not isinstance(item, bytes) or not item.endswith((b" Tf", b"] TJ", b"ET")):
            out.append(item)
            continue
        if not item.endswith(b"] TJ"):
            pending = None
            if item.endswith(b" Tf"):
                current = faces.get(item[1 : item.index(b" ")].decode())
            out.append(item)
            continue
        # A mark that is lifted stands between two rises, in an operator of its own.
        word = [item]
        while at + 1 < len(listed) and _is(listed[at], b" Ts") and _is(listed[at + 1], b"] TJ"):
            word += listed[at : at + 2]
            at += 2
        if not current or not (pending or current.needs_care.search(b"".join(word))):
            out += word
            continue
        pending = _mark_word(word, current, pending, out)
    return out


def _is(item: Any, operator: bytes) -> bool:
    return isinstance(item, bytes) and item.endswith(operator)


def _mark_word(
    word: list[bytes], face: Face, pending: tuple[int, str] | None, out: list[Any]
) -> tuple[int, str] | None:
    # Glyphs, and between them what moves the next one.
    parts: list[bytes] = []
    for item in word:
        if item.endswith(b" Ts"):
            parts.append(item)
            continue
        for token in re.findall(rb"<[0-9a-f]*>|[^<>]+", item[1:-4]):
            parts += re.findall(rb"[0-9a-f]{4}", token) if token[:1] == b"<" else [token + b" "]
    glyphs = [(n, part) for n, part in enumerate(parts) if part[-1:] not in b" s"]
    buffer: list[bytes] = []

    def flush() -> None:
        if buffer:
            out.append(b"[" + b"".join(buffer).replace(b"><", b"") + b"] TJ")
            buffer.clear()

    def begin(text: str) -> bytes:
        return b"/Span <</ActualText <feff" + text.encode("utf-16-be").hex().encode() + b">>> BDC"

    stacks = _stacks(glyphs, face)
    end = -1
    for n, code in enumerate(parts):
        if n in stacks:
            end, text = stacks[n]
            flush()
            out.append(begin(text))
        if code[-1:] == b" ":
            buffer.append(code)
            continue
        if code[-1:] == b"s":
            flush()
            out.append(code)
            continue
        if code in face.nikhahit:
            flush()
            pending = len(out), face.nikhahit[code]
        buffer.append(b"<" + code + b">")
        if pending and code in face.sara_aa:
            flush()
            out.insert(pending[0], begin(pending[1] + SARA_AM))
            out.append(b"EMC")
            pending = None
        elif pending and code in face.tones:
            pending = pending[0], pending[1] + face.tones[code]
        elif code not in face.nikhahit:
            pending = None
        if n == end:
            flush()
            out.append(b"EMC")
    flush()
    return pending


def _stacks(glyphs: list[tuple[int, bytes]], face: Face) -> dict[int, tuple[int, str]]:
    """Return where a letter with a vowel and a tone mark begins, with where that ends and its text."""
    found: dict[int, tuple[int, str]] = {}
    codes = [code for _, code in glyphs]

    def is_stacked(n: int) -> bool:
        return n + 2 < len(codes) and codes[n + 1] in face.vowels and codes[n + 2] in face.tones

    for n, (at, letter) in enumerate(glyphs):
        base = face.text.get(int(letter, 16), "")
        if not base or not is_stacked(n):
            continue
        end, text = glyphs[n + 2][0], base + face.vowels[codes[n + 1]] + face.tones[codes[n + 2]]
        after = face.text.get(int(codes[n + 3], 16), "") if n + 3 < len(codes) else ""
        # Marks stand aside of a letter that ascends, which would be read as a blank before the next letter.
        if base in ASCENDING and after in CONSONANTS and after and not is_stacked(n + 3):
            end, text = glyphs[n + 3][0], text + after
        found[at] = end, text
    return found


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
