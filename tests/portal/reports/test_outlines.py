"""Tables of contents: as shipped, set by planning, frozen with the figures; own texts and photographs."""

import dataclasses
import datetime as dt
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models import BookEntry, BookOutline, BookPhoto, Revision
from portal import files
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.reports import books, editions, outlines
from portal.reports.chapter import Cut
from portal.reports.chapters import office
from portal.reports.dress import PLAIN, Dress
from portal.rules import markup
from portal.rules.access import Role
from portal.rules.terms import EntryKind
from tests import make
from tests.pdf.year import fill

AT = dt.datetime(2023, 10, 20, 9, 0)
PACK = Cut(fiscal_year=2566, period=9, cut_at=AT)
BOOK = Cut(fiscal_year=2566, cut_at=AT)
CONSENT = {"caption": "ประชุมใหญ่", "credit": "", "consent": "ประธานสหกรณ์", "consent_on": dt.date(2023, 1, 5)}


@pytest.fixture
def planner(migrated):
    return make.person(Role.PLANNING)


def _picture(edge=2000):
    out = io.BytesIO()
    Image.new("RGB", (edge, edge // 2), "teal").save(out, "JPEG")
    return out.getvalue()


def _titles(book, year=2566):
    return [each.title for each in outlines.planned(book, year)]


def test_a_table_of_contents_is_the_shipped_one_until_planning_changes_it_and_again_after_a_reset(planner):
    shipped = _titles(books.PACK)
    outline = outlines.begin(books.PACK, 0, by=planner, at=AT)
    assert _titles(books.PACK) == shipped

    text = outlines.add(outline, EntryKind.TEXT, title="คำนำ", by=planner, at=AT)
    outlines.write(text, title="คำนำ", body="ปีนี้**ดีขึ้น**", seen=text.version, by=planner, at=AT)
    outlines.move(text, -99, by=planner, at=AT)
    timeliness = BookEntry.get(BookEntry.chapter == "timeliness")
    outlines.switch(timeliness, False, by=planner, at=AT)

    assert _titles(books.PACK) == ["คำนำ", *(each for each in shipped if each != "การส่งรายงานตามกำหนด")]
    assert Revision.select().where(Revision.table_name == "BookEntry").count() > len(shipped)

    outlines.reset(outline, by=planner, at=AT)
    assert _titles(books.PACK) == shipped
    assert BookOutline.select().count() == BookEntry.select().count() == 0


def test_a_year_may_have_its_own_which_begins_as_that_of_every_year(planner):
    every = outlines.begin(books.PACK, 0, by=planner, at=AT)
    outlines.add(every, EntryKind.TEXT, title="คำนำ", by=planner, at=AT)
    of_year = outlines.begin(books.PACK, 2566, by=planner, at=AT)
    outlines.add(of_year, EntryKind.TEXT, title="ภาคพิเศษ", by=planner, at=AT)

    assert _titles(books.PACK, 2566)[-2:] == ["คำนำ", "ภาคพิเศษ"]
    assert _titles(books.PACK, 2567)[-1] == "คำนำ"


def test_what_makes_no_sense_is_refused(planner):
    outline = outlines.begin(books.BOOK_OF_OFFICE, 0, by=planner, at=AT)

    for chapter in ("year", "offices", "office", "own_text", "nothing"):
        with pytest.raises(RuleBroken):
            outlines.add(outline, EntryKind.CHAPTER, chapter=chapter, by=planner, at=AT)
    outlines.add(outline, EntryKind.CHAPTER, chapter="timeliness", by=planner, at=AT)
    with pytest.raises(MoveRefused):
        outlines.arrange(outline, [1, 2], by=planner, at=AT)
    with pytest.raises(NotAllowed):
        outlines.reset(outline, by=make.person(Role.EXECUTIVE), at=AT)
    with pytest.raises(RuleBroken):
        outlines.add(outline, EntryKind.TEXT, title=" ", by=planner, at=AT)


def test_a_photograph_is_kept_with_its_consent_and_without_what_the_camera_wrote(planner, tmp_path):
    store = files.connect("", tmp_path)
    outline = outlines.begin(books.PACK, 0, by=planner, at=AT)
    entry = outlines.add(outline, EntryKind.PHOTOGRAPHS, title="ภาพกิจกรรม", by=planner, at=AT)
    given = {"by": planner, "at": AT, "store": store}

    photo = outlines.add_photo(entry, "a.jpg", _picture(), **CONSENT, **given)

    assert (photo.width, photo.height) == (outlines.PRINTED_EDGE, outlines.PRINTED_EDGE // 2)
    for wrong in ({"caption": ""}, {"consent": " "}, {"consent_on": None}, {"consent_on": dt.date(2024, 1, 1)}):
        with pytest.raises(RuleBroken):
            outlines.add_photo(entry, "a.jpg", _picture(), **{**CONSENT, **wrong}, **given)
    for content in (b"", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff and nothing"):
        with pytest.raises(RuleBroken):
            outlines.add_photo(entry, "a.jpg", content, **CONSENT, **given)
    assert BookPhoto.select().count() == 1


def test_contents_are_frozen_with_the_figures_and_set(sqlite_store, tmp_path):
    fill(offices=2, projects=1, until=3)
    planner, store = make.person(Role.PLANNING), files.connect("", tmp_path)
    outline = outlines.begin(books.PACK, 0, by=planner, at=AT)
    text = outlines.add(outline, EntryKind.TEXT, title="วิธีอ่าน <b>", by=planner, at=AT)
    outlines.write(
        text,
        title="วิธีอ่าน <b>",
        body="## หัวข้อ\n<script>x</script> **หนา**\n\n- ข้อ ๑\n- ข้อ ๒",
        seen=None,
        by=planner,
        at=AT,
    )
    entry = outlines.add(outline, EntryKind.PHOTOGRAPHS, title="ภาพ", by=planner, at=AT)
    outlines.add_photo(entry, "a.jpg", _picture(400), **CONSENT, by=planner, at=AT, store=store)
    for each in BookEntry.select().where(BookEntry.kind == EntryKind.CHAPTER, BookEntry.chapter != "summary"):
        outlines.take_out(each, by=planner, at=AT)
    cut = Cut(fiscal_year=2566, period=3, cut_at=AT)

    issued = editions.take_snapshot("pack", cut, files=store)
    outlines.reset(outline, by=planner, at=AT)

    assert [piece["chapter"] for piece in json.loads(issued)["pieces"]] == ["summary", "own_text", "photographs"]
    pages = editions.filled(issued)
    assert "&lt;script&gt;" in pages[1] and "<script>" not in pages[1] and '<b class="nb">หนา</b>' in pages[1]
    made = editions.reissue(issued, tmp_path / "out")
    assert made.pages >= 3
    later = [piece["chapter"] for piece in json.loads(editions.take_snapshot("pack", cut))["pieces"]]
    assert "own_text" not in later and "projects" in later


@given(st.text(alphabet="ก*-#> \n\r\x00\u202ea<", max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_text_is_a_text(text):
    made = markup.blocks(text)

    assert all(line.count("**") % 2 == 0 for block in made for line in block.lines)
    assert not any(mark in line for block in made for line in block.lines for mark in "\n\r\x00\u202e")


def test_a_line_of_one_office_is_in_its_book_and_behind_its_pages_in_the_departments(sqlite_store):
    fill(offices=3, projects=1, forms=1, institutions=2, visits=1)
    planner = make.person(Role.PLANNING)
    first, second = (member.code for member in office.members(BOOK)[:2])
    for book in (books.BOOK, books.BOOK_OF_OFFICE):
        outline = outlines.begin(book, 0, by=planner, at=AT)
        text = outlines.add(outline, EntryKind.TEXT, title="คำนำ", scope=second, by=planner, at=AT)
        with pytest.raises(RuleBroken, match="C-AGR"):
            outlines.write(text, title="คำนำ", body="", scope="C-AGR", seen=None, by=planner, at=AT)
        outlines.write(text, title="คำนำ", body="ข้อความ", seen=None, by=planner, at=AT)

    whole = json.loads(editions.take_snapshot("book", BOOK))["pieces"]
    at = next(n for n, piece in enumerate(whole) if piece["code"] == second)
    behind = whole[at + 1]
    assert behind["chapter"] == "own_text" and behind["title"].startswith("คำนำ ")
    assert behind["number"] == f"{whole[at]['number']}.1"
    assert sum(piece["chapter"] == "own_text" for piece in whole) == 1
    for code, count in ((first, 0), (second, 1)):
        cut = dataclasses.replace(BOOK, unit_code=code)
        of_office = json.loads(editions.take_snapshot("book_office", cut))["pieces"]
        assert sum(piece["chapter"] == "own_text" for piece in of_office) == count
    with pytest.raises(RuleBroken):
        outlines.add(outlines.of(books.BOOK, 2566), EntryKind.PART, title="ส่วน", scope=second, by=planner, at=AT)


def test_digits_and_margins_are_chosen_with_the_table_of_contents_unless_others_are_asked_for(planner):
    outline = outlines.begin(books.BOOK, 0, by=planner, at=AT)

    outlines.wear(outline, Dress(thai_digits=True, official_margins=True), by=planner, at=AT)

    assert outlines.dress_of(books.BOOK, 2566) == Dress(thai_digits=True, official_margins=True)
    assert outlines.dress_of(books.PACK, 2566) == PLAIN
    assert json.loads(editions.take_snapshot("book", BOOK))["dress"] == {"official_margins": True, "thai_digits": True}
    asked = json.loads(editions.take_snapshot("book", BOOK, dress=Dress(thai_digits=True)))
    assert asked["dress"] == {"official_margins": False, "thai_digits": True}
    with pytest.raises(NotAllowed):
        outlines.wear(outline, PLAIN, by=make.person(Role.EXECUTIVE), at=AT)
