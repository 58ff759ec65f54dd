"""The pages of an edition as a web page: the same chapters and charts, in the portal's shell and under its rules.

What is printed carries its lengths in style attributes, which a page of ours may not: they become classes of a style
sheet. The sheet of print is narrowed to what stands inside `.printed`, and its classes begin with `x-` there, so that
neither it nor the portal's own sheet reaches into the other.
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
_CHART = re.compile(r'<div class="ch".*?</div>', re.DOTALL)
_NAMED = re.compile(r"\.([a-zA-Z][\w-]*)")
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

    body = _LINK.sub(link, body)
    for wide in (_TABLE, _CHART):
        body = wide.sub(lambda each: f'<div class="scroll">{each.group()}</div>', body)
    return f'<div class="{_own(classes)}">{_TAG.sub(lambda each: _classed(each, styles), body)}</div>'


def _classed(tag: re.Match[str], styles: dict[str, str]) -> str:
    """Return a tag with its style as a class, and its classes as they are called on the screen."""
    name, given, end = tag.groups()
    style, held = _STYLE.search(given), _CLASS.search(given)
    if style is None and held is None:
        return tag.group()
    classes = _own(held[1]) if held is not None else ""
    if style is not None:
        rules = unescape(style[1]).strip().rstrip(";")
        if re.search(r"[{}@\\<]|url\(|expression", rules):
            rules = ""
        classes += " " + styles.setdefault(rules, f"s{hashlib.sha256(rules.encode()).hexdigest()[:10]}")
    for taken in (style, held):
        given = given.replace(taken.group(), "", 1) if taken is not None else given
    return f'<{name} class="{classes.strip()}"{given}{end}>'


def _own(classes: str) -> str:
    return " ".join(each if each == "scroll" else f"x-{each}" for each in classes.split())


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
    return f"{INSIDE} {_NAMED.sub(lambda each: f'.x-{each[1]}', selector)}"
