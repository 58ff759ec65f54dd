"""How a whole book is dressed: Thai digits instead of Arabic ones, and the margins of official letters.

Tables in Thai digits are set in Laksaman, whose digits are all of one width. Source: shared report-design.md section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from portal.reports.books import Book

OFFICIAL_INNER, OFFICIAL_OUTER = 30.0, 20.0  # mm
THAI_DIGITS, ARABIC_DIGITS = "๐๑๒๓๔๕๖๗๘๙", "0123456789"
_TO_THAI = str.maketrans(ARABIC_DIGITS, THAI_DIGITS)
_TO_ARABIC = str.maketrans(THAI_DIGITS, ARABIC_DIGITS)
# What is read of a page: the text between tags, and two attributes that the head of a page repeats.
_READ = re.compile(r'(?<=>)[^<>]+(?=<)|(?<=data-carry=")[^"]*|(?<=data-cont=")[^"]*')
# Character references and hashes stay as they are.
_KEPT = re.compile(r"&#?\w+;|\b[0-9a-f]{8,64}\b")
_DIGIT = re.compile(rf"{_KEPT.pattern}|[0-9]+")


@dataclass(frozen=True)
class Dress:
    """`official_margins` change books, not packs: a pack's pages need their whole width."""

    thai_digits: bool = False
    official_margins: bool = False


PLAIN = Dress()


def dressed(book: Book, dress: Dress) -> Book:
    """Return a book as it is to be set."""
    made = replace(book, thai_digits=dress.thai_digits)
    if dress.official_margins and book.style == "book":
        made = replace(made, inner=OFFICIAL_INNER, outer=OFFICIAL_OUTER)
    return made


def thai(words: str) -> str:
    """Return words with Thai digits, but for hashes."""
    return _DIGIT.sub(lambda found: found[0] if _KEPT.fullmatch(found[0]) else found[0].translate(_TO_THAI), words)


def arabic(words: str) -> str:
    """Return words with the digits in which figures are kept."""
    return words.translate(_TO_ARABIC)


def thai_html(html: str) -> str:
    """Return a page with Thai digits in all that is read of it; tags, addresses and character references stay."""
    return _READ.sub(lambda found: thai(found[0]), html)
