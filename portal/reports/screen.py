"""The pages of an edition as a web page: the same chapters and charts, in the portal's shell and under its rules.

What is printed carries its lengths in style attributes, which a page of ours may not: they become classes of a style
sheet, and the sheet of print is narrowed to what stands inside `.printed`.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

from portal.reports import render, sheets
from portal.reports.whole import Issue

INSIDE = ".printed"
_BODY = re.compile(r'<body class="([^"]*)">(.*)</body>', re.DOTALL)
_TAG = re.compile(r"<([a-z][a-z0-9]*)((?:\s[^<>]*?)?)(/?)>", re.DOTALL)
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_CLASS = re.compile(r'\sclass="([^"]*)"')
_LINK = re.compile(r'<a [^>]*href="https://book\.invalid/(to|page|standing|figure)#([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_TABLE = re.compile(r'<table class="(?:t|bul)\b.*?</table>', re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Article:
    """One chapter: its anchor, number and title, and its HTML; `html` is empty when it is not asked for."""

    anchor: str
    number: str
    title: str
    html: str


@dataclass(frozen=True)
class Shown:
    """The chapters of an edition for the screen, and the style sheet they need."""

    title: str
    articles: tuple[Article, ...]
    style: str


def shown(text: str, issue: Issue, name: str, wanted: str = "") -> Shown:
    """Return a book frozen before as it is shown: all its chapters, or of a long one the one with the anchor `wanted`.

    `name` is the edition's, under which its figures' passports are found. Covers and contents are left out.
    """
    frozen = sheets.thawed(text)
    listed = [sheet for sheet in sheets.sheets(frozen, issue) if sheet.chapter.in_contents]
    figures = frozenset(frozen.figures)
    styles: dict[str, str] = {}
    made = []
    for sheet in listed:
        html = ""
        if not wanted or sheet.anchor == wanted:
            html = _article(sheets.filled(sheet, frozen.book, frozen.cut), issue, name, figures, styles)
        made.append(Article(sheet.anchor, sheet.number, sheet.title, html))
    # Named thrice, so that they prevail over what the sheet says, as style attributes do.
    own = "".join(f"{INSIDE * 3} .{each} {{ {rules} }}\n" for rules, each in sorted(styles.items()))
    return Shown(frozen.book.title(frozen.cut), tuple(made), print_style() + own)


def first(text: str, issue: Issue) -> str:
    """Return the anchor of a book's first chapter that can be shown."""
    listed = sheets.sheets(sheets.thawed(text), issue)
    return next((sheet.anchor for sheet in listed if sheet.chapter.in_contents), "")


def _article(page: str, issue: Issue, name: str, figures: frozenset[str], styles: dict[str, str]) -> str:
    found = _BODY.search(page)
    if found is None:
        return ""
    classes, body = found.groups()

    def link(each: re.Match[str]) -> str:
        kind, target, words = each.groups()
        if kind == "to":
            return f'<a href="#{escape(target.partition("~")[0])}">{words}</a>'
        if kind == "standing":
            return f"<span>{escape(issue.standing)}</span>"
        if kind == "figure" and unescape(target) in figures:
            return f'<a class="fg" href="/admin/passport/{escape(name)}/{target}/">{words}</a>'
        return words if kind == "figure" else ""  # a page has no number here

    body = _TABLE.sub(lambda each: f'<div class="scroll" tabindex="0">{each.group()}</div>', _LINK.sub(link, body))
    return f'<div class="{escape(classes)}">{_TAG.sub(lambda each: _classed(each, styles), body)}</div>'


def _classed(tag: re.Match[str], styles: dict[str, str]) -> str:
    """Return a tag with its style as a class."""
    name, given, end = tag.groups()
    style = _STYLE.search(given)
    if style is None:
        return tag.group()
    rules = unescape(style[1]).strip().rstrip(";")
    if re.search(r"[{}@\\<]|url\(|expression", rules):
        rules = ""
    own = styles.setdefault(rules, f"s{hashlib.sha256(rules.encode()).hexdigest()[:10]}")
    given = given.replace(style.group(), "", 1)
    held = _CLASS.search(given)
    if held is not None:
        return f"<{name}{given.replace(held.group(), f' class={chr(34)}{held[1]} {own}{chr(34)}', 1)}{end}>"
    return f'<{name} class="{own}"{given}{end}>'


@functools.cache
def print_style() -> str:
    """Return the style sheet of print for what stands inside `.printed`: pages and their margins are left out."""
    css = _COMMENT.sub("", (render.TEMPLATES / "book.css").read_text(encoding="utf-8"))
    return "".join(f"{selector} {{{rules}}}\n" for selector, rules in _narrowed(css))


def _narrowed(css: str) -> Iterator[tuple[str, str]]:
    place = 0
    while (opens := css.find("{", place)) >= 0:
        deep, end = 1, opens + 1
        while deep and end < len(css):
            deep += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        head, rules = css[place:opens].strip(), css[opens + 1 : end - 1]
        place = end
        if not head.startswith("@"):
            yield ", ".join(_inside(each.strip()) for each in head.split(",")), rules


def _inside(selector: str) -> str:
    if selector in ("html", "body"):
        return INSIDE
    return f"{INSIDE} {selector}"
