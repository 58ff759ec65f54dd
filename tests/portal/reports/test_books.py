"""The shelf of chapters: file, page and place in a book belong together."""

import importlib
import re
from typing import get_type_hints

import pytest

from portal.reports import books, render

CHAPTERS = sorted(
    path.stem for path in (render.HOME / "portal" / "reports" / "chapters").glob("*.py") if path.stem != "__init__"
)
LISTED = set(books.CHAPTERS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_is_in_a_book_and_has_its_page(name):
    chapter = importlib.import_module(f"portal.reports.chapters.{name}").CHAPTER

    assert chapter.slug == name
    assert name in LISTED
    assert (render.TEMPLATES / "chapters" / f"{name}.html").is_file()
    assert "return" in get_type_hints(chapter.gather)


def test_every_page_belongs_to_a_chapter():
    pages = {path.stem for path in (render.TEMPLATES / "chapters").glob("*.html")}

    assert pages == set(CHAPTERS)


@pytest.mark.parametrize("name", sorted(set(CHAPTERS) - {"book_cover", "contents", "lists", "approval", "own_text"}))
def test_every_page_with_a_table_says_its_source_and_its_units(name):
    page = (render.TEMPLATES / "chapters" / f"{name}.html").read_text(encoding="utf-8")

    assert "ที่มา:" in page
    assert page.count("<table") == 0 or "หน่วย" in page


def test_every_table_leaves_room_for_its_names():
    narrow = []
    for path in sorted((render.TEMPLATES / "chapters").glob("*.html")):
        for listed in re.findall(r"cols\(\[([\d, ]+)\]\)", path.read_text(encoding="utf-8")):
            widths = [int(width) for width in listed.split(",")]
            room = 167 - sum(widths)  # the book's text is the narrower of the two
            if widths.count(0) and room / widths.count(0) < 25:
                narrow.append(f"{path.name}: {listed}")

    assert not narrow
