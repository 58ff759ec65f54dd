"""Figures within sentences and labels: words that carry the key of their passport until they are printed."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Letters that no text of ours or of others has: they belong to no alphabet.
OPENS, PARTS, ENDS = "\ue010", "\ue011", "\ue012"
_SAID = re.compile(f"{OPENS}([^{OPENS}{PARTS}{ENDS}]*){PARTS}([^{OPENS}{PARTS}{ENDS}]*){ENDS}")


def said(key: str, words: str) -> str:
    """Return the words of a figure, to stand in a sentence or a label, with the key of its passport."""
    return f"{OPENS}{key}{PARTS}{words}{ENDS}"


def keys(text: str) -> frozenset[str]:
    """Return the keys of the figures that stand in a text."""
    return frozenset(key for key, _ in _SAID.findall(text))


def plain(text: str) -> str:
    """Return a text as it reads, without the keys of its figures."""
    return _SAID.sub(r"\2", text)


def fig(key: str, words: str) -> Markup:
    """Return a printed figure with the quiet link to its passport; what has no passport has no link in the book."""
    return Markup('<a class="fg" href="https://book.invalid/figure#{}">{}</a>').format(key, words)


def linked(text: str) -> Markup:
    """Return a text as HTML, its figures linked to their passports, all else escaped."""
    made, place = Markup(""), 0
    for found in _SAID.finditer(text):
        made += escape(text[place : found.start()]) + fig(found[1], found[2])
        place = found.end()
    return made + escape(text[place:])
