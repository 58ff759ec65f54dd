"""A finished book read by others' tools: is the file whole, do its words, links, feet and bookmarks hold."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdf

WORD = re.compile("[ก-ฮะ-ฺเ-๎]{2,}")
# pypdf knows no replacement text: there a sara am comes out as the two glyphs it is drawn with.
APART = str.maketrans({"\u0e33": "\u0e4d\u0e32"})


@dataclass(frozen=True)
class Reading:
    """What two extractors and qpdf found. Shares are of 1."""

    pages: int
    size: int
    is_clean: bool
    poppler: float
    pypdf: float
    feet: float
    links: int
    lost_links: int
    bookmarks: int
    fonts: int
    faces: int


def joined(text: str) -> str:
    """Return text without blanks; marks over one letter in one order, so that two ways to write it are the same."""
    text = re.sub(r"\s+", "", text)
    return re.sub("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{2,}", lambda found: "".join(sorted(found.group())), text)


def words(html: str) -> set[str]:
    """Return the Thai words of a page as people see them."""
    text = re.sub(r"<head>.*?</head>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL)
    return {joined(word) for word in WORD.findall(text)}


def extracted(path: Path) -> str:
    """Return the text of a file as Poppler reads it, joined."""
    return joined(_told("pdftotext", "-raw", str(path), "-"))


def share(wanted: set[str], text: str) -> float:
    """Return how many of the words are in the text, of 1."""
    return sum(word in text for word in wanted) / len(wanted)


def read(path: Path, wanted: set[str]) -> Reading:
    """Read the book at `path`, in which every word of `wanted` should be found."""
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    book = pypdf.PdfReader(path)
    by_pypdf = joined("".join(page.extract_text() for page in book.pages).translate(APART))
    feet = [joined(page) for page in _told("pdftotext", "-layout", str(path), "-").split("\f")[:-1]]
    right = sum(f"หน้า{number}จาก{len(feet)}" in text for number, text in enumerate(feet, 1))
    targets, lost, fonts = 0, 0, {}
    numbers = {page.indirect_reference.idnum for page in book.pages if page.indirect_reference}
    for page in book.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            fonts[font.indirect_reference.idnum] = font["/BaseFont"]
        for annotation in page.get("/Annots", ()):
            place = annotation.get_object().get("/Dest")
            targets += 1
            lost += place is None or place[0].idnum not in numbers
    return Reading(
        pages=len(book.pages),
        size=path.stat().st_size,
        is_clean=checked.returncode == 0 and "No syntax or stream encoding errors" in checked.stdout,
        poppler=share(wanted, extracted(path)),
        pypdf=share({joined(word.translate(APART)) for word in wanted}, by_pypdf),
        feet=right / len(feet),
        links=targets,
        lost_links=lost,
        bookmarks=_count(book.outline),
        fonts=len(fonts),
        faces=len(set(fonts.values())),
    )


def _count(outline: Sequence[object]) -> int:
    return sum(_count(entry) if isinstance(entry, list) else 1 for entry in outline)


def _told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
