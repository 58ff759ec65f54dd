"""Pages hold whatever the records hold: nothing at all, the most, the longest, and what is meant to do harm."""

import json
from dataclasses import replace

import pytest

from models import Unit
from portal import fonts
from portal.errors import NotFound, OutOfReach, RuleBroken
from portal.reports import editions, render, snapshot
from tests.pdf.conftest import BOOK, PACK, Printed
from tests.pdf.year import LONG, fill

HARM = "<img src=file:///etc/passwd><script>x</script>{{ 7*7 }}“ก”" + "ก" * 250


def printed(stores, tmp_path, slug, cut, *, only=(), **values):
    """Fill a store, if there are values to fill it with, and print a book: all of it, or `only` these chapters."""
    store = stores.new("sqlite", "reference", tmp_path)
    editions.database.use(store.url)
    if values:
        fill(**values)
    else:
        Unit.update(closed_on="2020-01-01").where(Unit.code > "P12", Unit.kind == "provincial").execute()
    text = editions.take_snapshot(slug, cut)
    if only:
        frozen = json.loads(text)
        text = snapshot.text_of(frozen | {"pieces": [p for p in frozen["pieces"] if p["chapter"] in only]})
    stores.drop(store)
    heard = []
    made = Printed(editions.reissue(text, tmp_path / "out", heard.append), text, None)
    made.lengths = {step.title: step.pages for step in heard if step.state == "done"}
    return made


def test_a_year_without_a_single_record_still_makes_a_pack(stores, tmp_path):
    pack = printed(stores, tmp_path, "pack", PACK)
    text = pack.text("-layout")

    assert pack.lengths["สรุปผลประจำเดือน"] == 1
    assert "ยังไม่มีข้อมูลการเบิกจ่าย" in text
    assert "ยังไม่มีโครงการในปีงบประมาณนี้" in text
    assert "nan" not in text and "None" not in text


def test_a_year_without_a_single_record_still_makes_a_book(stores, tmp_path):
    book = printed(stores, tmp_path, "book", BOOK)

    assert book.lengths["นนทบุรี"] == 2
    assert "ไม่มีงบประมาณที่จัดสรรให้หน่วยงานนี้" in book.text("-layout")


def test_the_first_month_has_no_month_before(stores, tmp_path):
    pack = printed(stores, tmp_path, "pack", replace(PACK, period=1), until=1, offices=78, projects=2)

    assert pack.lengths["สรุปผลประจำเดือน"] == 1
    assert "งวดแรกของปี ไม่มีเดือนก่อนให้เทียบ" in pack.text("-layout")


def test_the_most_and_longest_still_fit_one_page_and_two(stores, tmp_path):
    names = f"{LONG}{HARM}"[:300]
    pack = printed(
        stores,
        tmp_path,
        "pack",
        PACK,
        offices=78,
        projects=40,
        forms=3,
        institutions=8,
        late=1.0,
        name=lambda n: f"{n}{names}"[:300],
        problem=HARM,
    )

    assert pack.lengths["สรุปผลประจำเดือน"] == 1
    text = pack.text("-raw")
    assert "<script>" in text and "{{ 7*7 }}" in text


def test_an_office_has_two_pages_whatever_it_does(stores, tmp_path):
    book = printed(
        stores,
        tmp_path,
        "book",
        BOOK,
        offices=3,
        projects=40,
        forms=2,
        institutions=24,
        only=("book_cover", "contents", "office"),
        problem="ก" * 3000 + " " + LONG * 30,
    )

    assert [book.lengths[place] for place in ("กรุงเทพมหานคร พื้นที่ 1", "กรุงเทพมหานคร พื้นที่ 2")] == [2, 2]


REFERENCES = [
    '<img src="URL">',
    '<link rel="stylesheet" href="URL">',
    '<style>@import "URL";</style>',
    '<style>body{background:url(URL)}</style>',
    '<style>@font-face{font-family:x;src:url(URL)}p{font-family:x}</style><p>ก',
    '<style>li{list-style-image:url(URL)}</style><ul><li>ก</ul>',
    '<style>p::before{content:url(URL)}</style><p>ก',
    '<object data="URL"></object>',
    '<embed src="URL">',
    '<base href="URL"><img src="a.png">',
    '<link rel="attachment" href="URL">',
    '<a rel="attachment" href="URL">ก</a>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="URL" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="URL#a"/></svg>',
    '<img src="data:image/svg+xml,<svg xmlns=\'http://www.w3.org/2000/svg\'><image href=\'URL\'/></svg>">',
    '<img src="data:text/html,<p>ก">',
    '<img src="data:image/png;base64,PHNjcmlwdD4=">',
    '<img src="asset:../config.py">',
    '<img src="asset:book.css">',
]  # fmt: skip


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_page_can_fetch_nothing_but_its_own_assets(reference, scheme, listener, tmp_path):
    address, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("ความลับ")
    page = reference.replace("URL", address if scheme == "http" else secret.as_uri())

    try:
        content, _ = render.to_pdf(f'<html lang="th"><body>{page}</body></html>')
    except RuleBroken as refused:  # told in words, so that no other chapter suffers
        assert "A page names something that is not printed" in refused.msgid
        content = b""

    assert not asked
    assert b"EmbeddedFile" not in content and "ความลับ".encode() not in content


def test_what_people_typed_is_printed_as_they_typed_it():
    assert str(render.strong("<b>**12 & 3**</b>")) == '&lt;b&gt;<b class="nb">12 &amp; 3</b>&lt;/b&gt;'


def test_a_missing_typeface_is_told_in_a_line(year, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "PRINT", tmp_path)

    with pytest.raises(OutOfReach, match=r"Sarabun-400 is missing.*make setup"):
        editions.reissue(year["pack"], tmp_path / "out")


def test_a_full_disk_is_told_in_a_line(year, tmp_path):
    (tmp_path / "out").write_text("not a folder")

    with pytest.raises(OutOfReach, match="could not be written"):
        editions.reissue(year["pack"], tmp_path / "out")


def test_a_book_that_is_not_on_the_shelf_is_refused():
    with pytest.raises(NotFound, match="almanac"):
        editions.take_snapshot("almanac", PACK)


def test_marks_of_every_face_are_there_and_nothing_is_replaced(pack, book):
    for each in (pack, book):
        for facts in each.cache.glob("*.json"):
            assert '"warnings": []' in facts.read_text(encoding="utf-8"), facts


def test_figures_frozen_by_another_version_of_a_chapter_are_told_in_words(year, tmp_path):
    frozen = json.loads(year["pack"])
    piece = next(p for p in frozen["pieces"] if p["chapter"] == "visits")
    piece["page"] = {"total": 7}

    with pytest.raises(editions.BookFailed, match="another version of the portal"):
        editions.reissue(snapshot.text_of(frozen | {"pieces": [piece]}), tmp_path)
