"""What is made beside a book: the annex with every table, pictures of pages, the book as a web page."""

import datetime as dt
import io
import json
import re

import openpyxl
import pytest
from PIL import Image

from portal import database
from portal.errors import NotFound
from portal.reports import annex, editions, pictures, screen, sheets, snapshot
from portal.reports.chapter import Cut
from portal.reports.whole import NO_ISSUE
from tests.pdf.year import fill

CUT = Cut(fiscal_year=2566, period=6, cut_at=dt.datetime(2023, 4, 5, 9, 0), is_demo=True)
LIE = 'น้ำท่วม <img src=x onerror=alert(1)> "style="color:red'


@pytest.fixture(scope="module")
def frozen(stores, tmp_path_factory):
    store = stores.new("sqlite", "reference", tmp_path_factory.mktemp("beside"))
    database.use(store.url)
    fill(offices=4, projects=3, until=6, problem=LIE)
    texts = {"pack": editions.take_snapshot("pack", CUT)}
    texts["book"] = editions.take_snapshot("book", Cut(fiscal_year=2566, cut_at=dt.datetime(2023, 10, 20, 9, 0)))
    stores.drop(store)
    return texts


def test_every_printed_table_is_in_the_annex_with_its_caption(frozen):
    for text in frozen.values():
        held = sheets.thawed(text)
        listed = [each for each in sheets.sheets(held, NO_ISSUE) if each.chapter.in_contents]
        pages = "".join(sheets.filled(each, held.book, held.cut) for each in listed)
        printed = re.findall(r'<table class="(?:t|bul)\b', pages)
        captions = re.findall(r"<b>(ตารางที่ [^<]*)</b>(?:(?!ตารางที่|class=.none).)*?<table", pages, re.DOTALL)
        found = annex.tables(text)

        assert len(found) >= len(printed) > 5
        assert set(captions) <= {" ".join(table.caption.split()[:2]) for table in found}
        assert all(row.cells for table in found for row in table.rows)


def test_numbers_of_the_annex_are_exact_and_its_totals_add_up(frozen):
    book = openpyxl.load_workbook(io.BytesIO(annex.workbook(frozen["pack"])))
    formulas = numbers = 0
    for sheet in book.worksheets[1:]:
        for row in sheet.iter_rows():
            for cell in row:
                numbers += isinstance(cell.value, int | float)
                if not (isinstance(cell.value, str) and cell.value.startswith("=")):
                    continue
                formulas += 1
                ranges = cell.value.removeprefix("=SUM(").removesuffix(")").split(",")
                parts = [each for part in ranges for each in _cells(sheet, part)]
                assert all(each.row < cell.row for each in parts)

    assert formulas > 5 < numbers
    cached = openpyxl.load_workbook(io.BytesIO(annex.workbook(frozen["pack"])), data_only=True)
    assert any(isinstance(c.value, float) and c.value % 0.01 for s in cached.worksheets for r in s for c in r)


def _cells(sheet, part):
    found = sheet[part]
    return [cell for row in found for cell in row] if isinstance(found, tuple) else [found]


def test_the_annex_of_the_same_figures_is_the_same_file(frozen):
    assert annex.workbook(frozen["pack"]) == annex.workbook(frozen["pack"])


def test_the_annex_takes_no_words_for_a_formula(frozen):
    book = openpyxl.load_workbook(io.BytesIO(annex.workbook(frozen["pack"])))

    said = [c.value for sheet in book.worksheets for row in sheet for c in row if isinstance(c.value, str)]
    assert all(words.startswith("=SUM(") for words in said if words.startswith("="))


def test_a_pack_as_a_web_page_has_no_style_no_script_and_no_address_of_print(frozen):
    shown = screen.shown(frozen["pack"], NO_ISSUE, "pack-2566-03-1")
    html = "".join(article.html for article in shown.articles)

    assert all(article.html for article in shown.articles)
    assert " style=" not in re.sub(r'"[^"]*"', '""', html) and "book.invalid" not in html
    assert "<script" not in html and "<img src=x" not in html
    assert 'href="/admin/passport/pack-2566-03-1/summary.1.value/"' in html
    assert not re.search(r"[@<]|url\(", shown.style)
    assert all(line.startswith(".printed") for line in shown.style.splitlines() if "{" in line)


def test_a_book_is_read_chapter_by_chapter(frozen):
    first = screen.first(frozen["book"], NO_ISSUE)

    shown = screen.shown(frozen["book"], NO_ISSUE, "book-2566-1", first)

    assert [article.anchor for article in shown.articles if article.html] == [first]
    assert len(shown.articles) > 8


def test_a_page_is_drawn_as_a_picture_of_the_width_asked_for(frozen, tmp_path):
    plain = json.loads(frozen["pack"])
    plain |= {"pieces": [each for each in plain["pieces"] if each["chapter"] == "method"], "passports": {}}
    made = editions.reissue(snapshot.text_of(plain), tmp_path)

    drawn = Image.open(io.BytesIO(pictures.page(made.path, 1, 240)))

    assert (drawn.format, drawn.width) == ("PNG", 240)
    assert drawn.convert("L").getextrema()[0] < 100
    for number in (0, made.pages + 1):
        with pytest.raises(NotFound):
            pictures.page(made.path, number, 240)
