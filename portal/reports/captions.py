"""Captions of tables and figures, read off the very pages that are set; and marked there, so that lists find them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape

TABLE, FIGURE = "ตารางที่", "ภาพที่"
# How a caption begins: its kind and its number in bold, `ตารางที่ 4.2.1`.
_BEGIN = re.compile(rf"<b>(?P<kind>{TABLE}|{FIGURE}) (?P<number>\d[\d.]*)</b>")
_WHOLE = re.compile(
    rf'<(?P<tag>div|figcaption) class="(?:cap|figno)[^"]*"[^>]*>\s*<b id="(?P<anchor>[^"]+)">'
    rf"(?P<kind>{TABLE}|{FIGURE}) (?P<number>[\d.]+)</b>(?P<words>.*?)</(?P=tag)>",
    re.S,
)
# What stands in a caption beside its words: the unit, and what is of this member of a family only.
_ASIDE = re.compile(r'<span class="(sub|soft)[^"]*">.*?</span>', re.S)
_ITS = re.compile(r'<span class="its">.*?</span>', re.S)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Caption:
    """One table or figure. `last` is its number in the last of a family's chapters, empty if it is of one chapter;
    `anchor` is where it stands, of a family in the first chapter."""

    kind: str
    number: str
    words: str
    anchor: str
    last: str = ""


@dataclass(frozen=True)
class CaptionGroup:
    """The captions of one chapter, or of a family of `count` chapters, each of which has them."""

    number: str
    title: str
    captions: tuple[Caption, ...]
    count: int = 1


def marked(html: str) -> str:
    """Return a page whose captions can be found by their anchors."""
    return _BEGIN.sub(
        lambda found: f'<b id="{_anchor(found["kind"], found["number"])}">{found["kind"]} {found["number"]}</b>',
        html,
    )


def read(html: str, *, of_family: bool = False) -> list[Caption]:
    """Return the captions of a page that `marked` has marked; `of_family`: without what is of this member only."""
    made = []
    for found in _WHOLE.finditer(html):
        words = _ASIDE.sub("", found["words"])
        if of_family:
            words = _ITS.sub("", words)
        plain = " ".join(unescape(_TAG.sub("", words)).split())
        made.append(Caption(found["kind"], found["number"], plain, found["anchor"]))
    return made


def of_all(captions: Sequence[Caption], first: str, last: str) -> list[Caption]:
    """Return the captions of a family's first chapter, numbered `first`, as those of all its chapters to `last`."""
    return [
        replace(each, last=last + each.number.removeprefix(first)) if each.number.startswith(f"{first}.") else each
        for each in captions
    ]


def _anchor(kind: str, number: str) -> str:
    return f"{'t' if kind == TABLE else 'f'}-{number}"
