"""Pages to PDF. The only file that knows WeasyPrint, and the only one that fills templates."""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import logging
import re
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import jinja2
import weasyprint
from markupsafe import Markup
from tinyhtml5 import inputstream
from tinyhtml5.tokenizer import ascii_letters, space_characters
from weasyprint.logger import LOGGER
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal import fonts, formats
from portal.errors import RuleBroken
from portal.reports import shortcuts, tagging, thai_text
from portal.reports.charts import CHARTS
from portal.reports.said import fig, linked

HOME = Path(__file__).resolve().parents[2]
TEMPLATES = HOME / "pdf_templates"
# What decides how a page looks beside its figures; their bytes are part of every chapter's key.
SOURCES = ("pdf_templates", "portal/reports", "portal/rules", "portal/formats.py", "portal/fonts.py")
SCALE = 0.75  # CSS px to PDF pt
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
MOST_PICTURE_BYTES = 8_000_000
FORMATS = (
    formats.num, formats.quantity, formats.baht, formats.million, formats.percent, formats.day_short, formats.day_long,
    formats.moment, formats.month_short, formats.month_long,
)  # fmt: skip
# How a number is marked that is written with its exact value, and what its value is divided by.
EXACT = "\ue000\ue001\ue002"
SCALES: dict[Callable[..., str], int] = {
    formats.num: 1, formats.quantity: 1, formats.percent: 1, formats.baht: 100, formats.million: 100_000_000,
}  # fmt: skip

# Figures with a passport: their keys, and their words as printed.
FIGURES = re.compile(r'<a class="fg" href="https://book\.invalid/figure#([^"]+)">([^<]*)</a>')

_configuration: FontConfiguration | None = None
_style: weasyprint.CSS | None = None


class NotOurs(ValueError):
    """A page named something that is not one of the report's own assets."""


class Assets(URLFetcher):
    """Serves the files of `pdf_templates` by name (`asset:fonts/Sarabun-400.ttf`) and pictures written into
    the page as data. Everything else is refused and stops the page: no network, no file, no redirect."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the asset named by `url`; raise NotOurs for anything else."""
        if url.startswith("asset:"):
            path = assets().get(url.removeprefix("asset:"))
            if path is None:
                raise NotOurs(f"no such asset: {url[:200]}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "application/octet-stream"})
        if url.startswith("data:image/"):
            return self._picture(url)
        raise NotOurs(f"the page may not fetch {url[:200]}")

    def _picture(self, url: str) -> URLFetcherResponse:
        kind = url[len("data:") :].partition(";")[0]
        if kind not in PICTURES or len(url) > MOST_PICTURE_BYTES * 4 // 3:
            raise NotOurs(f"a picture of the kind “{kind[:40]}” or of this size is not printed")
        with urllib.request.urlopen(url) as response:
            content = response.read()
        if not content.startswith(PICTURES[kind]):
            raise NotOurs(f"the picture is not what it says it is ({kind})")
        return URLFetcherResponse(url, content, {"Content-Type": kind})


@functools.cache
def assets() -> dict[str, Path]:
    """Return the files a page may name: typefaces and drawings of `pdf_templates`, by their paths in it."""
    kept = {".ttf", ".png"}
    return {
        path.relative_to(TEMPLATES).as_posix(): path
        for path in sorted(TEMPLATES.rglob("*"))
        if path.suffix in kept and path.is_file()
    }


@functools.cache
def texts() -> dict[str, str]:
    """Return templates and style sheets by their paths in `pdf_templates`, as this process first found them.

    A process prints with one version of them from its first page to its last, and names that version in its keys,
    whatever is brought in beneath it meanwhile.
    """
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATES.rglob("*"))
        if path.suffix in (".html", ".css") and path.is_file()
    }


@functools.cache
def environment(is_exact: bool = False) -> jinja2.Environment:
    """Return the templates: everything escaped, every unknown name an error, the charts within reach.

    When `is_exact`, every number is written with the exact value that it was rounded from (see `exact`).
    """
    made = jinja2.Environment(
        loader=jinja2.DictLoader(texts()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(CHARTS)
    made.globals.update({each.__name__: each for each in (*FORMATS, months_short, fig)})
    if is_exact:
        made.globals.update({each.__name__: exact(each, scale) for each, scale in SCALES.items()})
    made.filters["strong"] = strong
    made.filters["linked"] = linked
    made.filters["short"] = short
    return made


def style() -> str:
    """Return the style sheet of everything printed."""
    return texts()["fonts.css"] + texts()["book.css"]


def months_short(until: int = 12) -> tuple[str, ...]:
    """Return the short names of the fiscal months from October to month `until`."""
    return tuple(formats.month_short(month) for month in range(1, until + 1))


def short(text: str, most: int) -> str:
    """Return a text cut to `most` letters, for cells that must not grow; the record keeps the whole."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def strong(text: str) -> Markup:
    """Return a sentence with what stands between double stars in bold, kept together on a line; all escaped.

    Its figures are linked to their passports (portal.reports.said)."""
    parts = text.split("**")
    return Markup("").join(
        Markup('<b class="nb">{}</b>').format(linked(part)) if n % 2 else linked(part) for n, part in enumerate(parts)
    )


def exact(write: Callable[..., str], scale: int) -> Callable[..., str]:
    """Return `write` so that it writes `⟨value⟩` before the rounded words, between letters that no text has.

    The value is in the unit of the words: satang divided by `scale`.
    """

    def written(value: Any, *options: Any, **named: Any) -> str:
        words = write(value, *options, **named)
        return words if value is None else f"{EXACT[0]}{Decimal(value) / scale}{EXACT[1]}{words}{EXACT[2]}"

    return written


def page_html(template: str, *, is_exact: bool = False, **values: Any) -> str:
    """Return `template` (a path in `pdf_templates`) filled with `values`, as a whole HTML document."""
    return environment(is_exact).get_template(template).render(**values)


@functools.cache
def fingerprint() -> str:
    """Return a hash of everything beside the figures that decides how a page looks: templates, styles,
    charts, typefaces, and the versions of the libraries that set them."""
    sums = hashlib.sha256()
    for name, text in texts().items():
        sums.update(f"{name}\n{text}".encode())
    for path in _sources():
        sums.update(f"{path.relative_to(HOME)}\n".encode() + path.read_bytes())
    pango_version = str(pango.pango_version())
    for word in (fonts.digest(), weasyprint.__version__, pango_version, jinja2.__version__, sys.version):
        sums.update(f"{word}\n".encode())
    return sums.hexdigest()


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        place = HOME / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in (".py", ".png") and path.is_file():
                yield path


def warm(templates: Iterable[str] = ()) -> None:
    """Load what every chapter needs, and `templates`, once, in the process that will fork for them."""
    global _configuration
    for name in templates:
        environment().get_template(name)
    if _configuration is not None:
        return
    shortcuts.take()
    for name in fonts.files():
        thai_text.face(name)
    with _faces_for_a_moment():
        _configuration = _warmed()
    gc.collect()
    gc.freeze()


def _warmed() -> FontConfiguration:
    global _style
    configuration = FontConfiguration()
    # The style sheet is read once, here: reading it again for each chapter would cost a seventh of its time.
    _style = weasyprint.CSS(string=style(), font_config=configuration, url_fetcher=Assets())
    _read_once()
    # One page with every face and a bit of everything, so that fontconfig has opened each face before the
    # first fork and no chapter pays again for what a first page costs.
    words: dict[str, Any] = dict.fromkeys(("book_title", "book_short", "number", "title", "anchor"), "ก")
    page = page_html("parts/sample.html", book_style="book", weights=fonts.WEIGHTS, **words)
    _render(page, configuration).write_pdf(finisher=thai_text.correct)
    return configuration


@contextmanager
def _faces_for_a_moment() -> Iterator[None]:
    """Have WeasyPrint write its copies of the typefaces into a folder that is gone once they are opened.

    It keeps them for as long as the process lives, and a process that is killed leaves them behind. They are
    mapped into memory by then, here and in every process forked from here.
    """
    held = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="portal-faces-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = held


def _read_once() -> None:
    """Fill the HTML parser's cache of patterns: it files each under the wrong key and would make them anew for
    every stretch of text, a third of the time it takes to read a page."""
    nul = "\0"
    for letters in (("&", "<", nul), ("<", nul), ('"', "&", nul), ("'", "&", nul)):
        cached = "".join(f"\\x{ord(letter):02x}" for letter in letters)
        inputstream.characters_until_regex[letters, False] = re.compile(f"[^{cached}]+")
    for these in (space_characters, ascii_letters):
        wanted = "".join(f"\\x{ord(letter):02x}" for letter in these)
        inputstream.characters_until_regex[these, True] = re.compile(f"[{wanted}]+")


def _render(html: str, configuration: FontConfiguration | None, *, is_tagged: bool = False) -> weasyprint.Document:
    page = weasyprint.HTML(string=html, url_fetcher=Assets())
    if is_tagged:
        tagging.name_drawings(page.etree_element)
    return page.render(font_config=configuration, stylesheets=[_style])


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage()[:300])


def to_pdf(html: str, *, is_tagged: bool = False) -> tuple[bytes, dict[str, Any]]:
    """Set one document. Returns its PDF (without page numbers) and what binding needs to know of it: number
    of pages, headings and anchors with page and place in points, and each face's glyphs with their texts.

    A tagged document carries its structure for readers that do not see it; that costs a fifth of the time.
    """
    warm()
    heard = _Warnings()
    LOGGER.addHandler(heard)
    try:
        document = _render(html, _configuration, is_tagged=is_tagged)
        facts: dict[str, Any] = {"pages": len(document.pages)}
        facts["headings"] = list(_flat(document.make_bookmark_tree(SCALE, transform_pages=True)))
        anchors = facts["anchors"] = {}
        for number, page in enumerate(document.pages):
            for name, (x, y, *_) in page.anchors.items():
                anchors.setdefault(name, [number, round(x * SCALE, 2), round((page.height - y) * SCALE, 2)])

        def finish(document: Any, pdf: Any) -> None:
            thai_text.correct(document, pdf)
            if is_tagged:
                tagging.finish(pdf)
            # Subsets keep the glyph numbers of the font file, so those of all chapters can be united.
            faces = facts["fonts"] = {}
            for font in document.fonts.values():
                face = faces.setdefault(
                    font.hash, {"face": thai_text.name_of(font), "missing": 0, "text": {}, "widths": {}}
                )
                face["missing"] += len(font.missing)
                face["text"].update(font.to_unicode)
                face["widths"].update(font.widths)

        content = document.write_pdf(finisher=finish, pdf_tags=is_tagged)
    except FatalURLFetchingError as refused:  # no Exception, so that nothing but us can let it pass
        raise RuleBroken("A page names something that is not printed: {reason}", reason=str(refused)[:300]) from refused
    finally:
        LOGGER.removeHandler(heard)
    facts["warnings"] = heard.lines
    return content, facts


def _flat(tree: Any, level: int = 1) -> Iterator[list[Any]]:
    for label, (page, x, y), children, _ in tree:
        yield [level, label, page, round(x, 2), round(y, 2)]
        yield from _flat(children, level + 1)


def set_into(folder: Path, key: str, html: str, unfinished: Path, *, is_tagged: bool = False) -> None:
    """Set `html` as a part of a book, without the typefaces that all parts will share, and keep it in `folder` as
    `<key>.pdf` and `<key>.json`; the second stands only when both are whole. Until then they are in `unfinished`, a
    folder on the same disk."""
    with shortcuts.part_of_a_book():
        content, facts = to_pdf(html, is_tagged=is_tagged)
    facts["figures"] = [[key, unescape(words)] for key, words in FIGURES.findall(html)]
    for ending, data in ((".pdf", content), (".json", json.dumps(facts, ensure_ascii=False).encode())):
        part = unfinished / f"{key}{ending}"
        part.write_bytes(data)
        part.replace(folder / f"{key}{ending}")
