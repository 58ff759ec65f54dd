"""Thai words: the order of a dictionary, and the text a search looks through."""

from __future__ import annotations

import unicodedata

_LEADING = "เแโใไ"
_MARKS = {c: i for i, c in enumerate("็่้๊๋์ํ๎", 1)}  # compared last, as in the Royal Society's dictionary


def sort_key(text: str) -> str:
    """Return a text that sorts, byte by byte, in the order of a Thai dictionary.

    A leading vowel counts after its consonant; tone and other marks count only between words otherwise
    equal. Digits in a name sort by value up to six digits.
    """
    letters, marks, number = [], [], ""
    chars = list(unicodedata.normalize("NFC", text).casefold())
    i = 0
    while i < len(chars):
        c = chars[i]
        if c.isascii() and c.isdigit():
            number += c
        elif number:
            letters.append(number.zfill(6))
            number = ""
            continue
        elif c in _LEADING and i + 1 < len(chars) and "\u0e01" <= chars[i + 1] <= "\u0e2e":
            letters += [chars[i + 1], c]
            i += 1
        elif c in _MARKS:
            marks.append(f"{len(letters):02x}{_MARKS[c]}")
        else:
            letters.append(c)
        i += 1
    if number:
        letters.append(number.zfill(6))
    return "".join(letters) + "\x01" + "".join(marks)


def search_text(*parts: str | None) -> str:
    """Return the text that substring search looks through: parts joined, folded, marks kept."""
    return " ".join(unicodedata.normalize("NFC", p).casefold() for p in parts if p)
