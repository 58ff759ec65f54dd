"""What a printed book promises: right numbers, links, marks, Thai text, and the same bytes again."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pikepdf
import pypdf
import pytest
import uharfbuzz

import models
from portal import fonts
from portal.reports import books, dress, editions, render, snapshot
from portal.reports.whole import Issue
from portal.rules.editions import ScopeKind
from portal.rules.terms import EditionState
from tests.pdf.conftest import PACK, Printed, run
from tests.pdf.year import fill

WORD = re.compile("[ก-ฮะ-ฺเ-๎]{2,}")


def joined(text):
    """Text without spaces; marks over one letter in one order, so that two ways to write it compare equal."""
    text = re.sub(r"\s+", "", text)
    return re.sub("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{2,}", lambda found: "".join(sorted(found.group())), text)


def words_of(html):
    """The Thai words of a page as people see them."""
    text = re.sub(r"<head>.*?</head>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S)
    return {joined(word) for word in WORD.findall(text)}


def pages_of(printed):
    return printed.pages("-layout")


@pytest.mark.parametrize("slug", ["pack", "book"])
def test_the_file_is_whole(slug, request):
    printed = request.getfixturevalue(slug)

    assert "No syntax or stream encoding errors" in run("qpdf", "--check", str(printed.path))
    assert printed.made.pages == len(pages_of(printed))


def test_the_same_figures_make_the_same_bytes_in_another_folder_zone_and_second(pack, tmp_path, monkeypatch):
    time.sleep(1.1)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        again = editions.reissue(pack.snapshot, tmp_path)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert again.sha256 == pack.made.sha256
    assert again.path.read_bytes() == pack.path.read_bytes()


def test_the_frozen_figures_stand_beside_the_book_and_their_hash_is_on_its_pages(pack):
    text = pack.made.snapshot.read_text(encoding="utf-8")

    assert snapshot.digest(text) == pack.made.snapshot_sha256
    assert all(pack.made.snapshot_sha256[:8] in page for page in pages_of(pack))
    assert json.loads(text)["cut"]["fiscal_year"] == 2566


@pytest.mark.parametrize("slug", ["pack", "book"])
def test_every_page_but_a_cover_says_which_of_how_many_it_is(slug, request):
    pages = pages_of(request.getfixturevalue(slug))
    first = 1 if slug == "pack" else 2

    assert ("หน้า1จาก" in re.sub(r"\s+", "", pages[0])) is (slug == "pack")
    for number, page in enumerate(pages[first - 1 :], first):
        assert f"หน้า{number}จาก{len(pages)}" in re.sub(r"\s+", "", page), number


def test_a_demonstration_says_so_on_every_page_and_a_real_book_on_none(pack, book):
    assert all("ข้อมูลสาธิต" in page for page in pages_of(pack))
    assert not any("ข้อมูลสาธิต" in page for page in pages_of(book))


@pytest.mark.parametrize("slug", ["pack", "book"])
def test_every_thai_word_is_found_by_two_extractors(slug, request):
    printed = request.getfixturevalue(slug)
    wanted = set().union(*(words_of(html) for html in editions.filled(printed.snapshot)))

    by_poppler = joined(printed.text("-raw"))
    # pypdf knows no replacement text: there a sara am comes out as the two glyphs it is drawn with.
    apart = str.maketrans({"\u0e33": "\u0e4d\u0e32"})
    by_pypdf = joined("".join(page.extract_text() for page in pypdf.PdfReader(printed.path).pages).translate(apart))

    assert len(wanted) > 150
    assert not {word for word in wanted if word not in by_poppler}
    assert not {word for word in wanted if joined(word.translate(apart)) not in by_pypdf}


def test_contents_name_the_page_on_which_the_chapter_begins(book):
    raw = [joined(page) for page in book.pages("-raw")]
    with pikepdf.open(book.path) as pdf:
        numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}
        # One link for the words and one for the number of each entry.
        places = [
            numbers[annotation.Dest[0].objgen]
            for page in list(pdf.pages)[:4]
            for annotation in page.obj.get("/Annots", ())
        ]
    titles = [p["title"] for p in json.loads(book.snapshot)["pieces"]]
    lines = [
        (t, n)
        for line in "\n".join(pages_of(book)[:4]).splitlines()
        for t, n in re.findall(r"^\s*(?:[\d.]+)?\s+(\S.*?)\s{2,}(\d+)\s*$", line)
    ]
    shown = {joined(title): int(number) for title, number in lines}
    checked = 0
    for title in titles:
        if joined(title) in shown:
            number = shown[joined(title)]
            assert joined(title) in raw[number - 1], title
            assert number - 1 in places
            checked += 1

    assert checked >= 12


def test_the_lists_of_tables_and_figures_lead_to_every_one_of_them(book):
    raw = [joined(page) for page in book.pages("-raw")]
    lists = [n for n, page in enumerate(raw) if page.startswith("สารบัญตาราง") or "สารบัญตารางและภาพราย" in page]
    with pikepdf.open(book.path) as pdf:
        numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}
        places = {numbers[a.Dest[0].objgen] for n in lists for a in pdf.pages[n].obj.get("/Annots", ())}
    printed = re.findall(r"(?:ตาราง|ภาพ)ท\S+\s+([0-9]+(?:[.][0-9]+)+)", book.text("-raw"))
    laid_out = book.pages("-layout")
    line = re.compile(r"^ *([0-9]+(?:[.][0-9]+)+)(?:–[0-9.]+)? .*? ([0-9]+)$", re.M)
    listed = [found for n in lists for found in line.findall(laid_out[n])]

    # The tables and figures of the first chapter of a family stand for those of all.
    others = [p["number"] + "." for p in json.loads(book.snapshot)["pieces"] if p["code"] and p["number"][-2:] != ".1"]
    assert {number for number, _ in listed} == {n for n in printed if not n.startswith(tuple(others))}
    for number, page in listed:
        assert int(page) - 1 in places
        assert f"ตารางที่{number}" in raw[int(page) - 1] or f"ภาพที่{number}" in raw[int(page) - 1], number


def test_the_first_page_of_a_pack_names_the_pages_that_say_more(pack):
    with pikepdf.open(pack.path) as pdf:
        numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}
        first = pdf.pages[0].obj.get("/Annots", ())
        places = {numbers[a.Dest[0].objgen] for a in first if "/Dest" in a}

    assert len(places) >= 3 and 0 not in places


@pytest.mark.parametrize("slug", ["pack", "book"])
def test_no_link_leaves_the_book_or_leads_nowhere(slug, request):
    with pikepdf.open(request.getfixturevalue(slug).path) as pdf:
        annotations = [a for page in pdf.pages for a in page.obj.get("/Annots", ())]

        assert annotations
        assert not [a for a in annotations if "/A" in a or "/Dest" not in a]


def test_bookmarks_follow_the_parts_chapters_and_sections(book):
    reader = pypdf.PdfReader(book.path)
    tops = [entry.title for entry in reader.outline if not isinstance(entry, list)]

    assert "ส่วนที่ 5 ผลการดำเนินงานรายหน่วยงาน" in tops
    assert tops[-1] == "ส่วนที่ 7 ภาคผนวก"
    nested = reader.outline[
        tops.index("ส่วนที่ 5 ผลการดำเนินงานรายหน่วยงาน")
        + 1
        + sum(isinstance(e, list) for e in reader.outline[: tops.index("ส่วนที่ 5 ผลการดำเนินงานรายหน่วยงาน")])
    ]
    assert nested


def test_each_typeface_is_in_the_book_once(book):
    with pikepdf.open(book.path) as pdf:
        faces = {font.objgen: str(font.BaseFont) for page in pdf.pages for font in page.obj.Resources.Font.values()}

    assert len(faces) == len(set(faces.values())) <= 6
    assert all("Sarabun" in name or "Laksaman" in name for name in faces.values())


def test_the_book_says_what_it_is(book):
    with pikepdf.open(book.path) as pdf, pdf.open_metadata() as data:
        assert str(pdf.Root.Lang) == "th"
        assert data["dc:title"] == "รายงานผลการดำเนินงานประจำปีงบประมาณ พ.ศ. 2566"
        assert book.made.snapshot_sha256 in data["dc:description"]


def test_a_long_table_goes_on_with_its_head_and_what_was_brought_forward(stores, tmp_path):
    printed = _offices(stores, tmp_path, 78)
    number = next(p["number"] for p in json.loads(printed.snapshot)["pieces"] if p["chapter"] == "offices")
    pages = [page for page in printed.pages("-layout") if f"ตารางที่ {number}.1" in page]

    assert len(pages) == 2
    assert "(ต่อ)" not in pages[0]
    assert all(f"ตารางที่ {number}.1 (ต่อ)" in page and "ยอดยกมา" in page and "หน่วยงาน" in page for page in pages[1:])
    # Laid out by lines, the extractor sets the stacked mark of the bold line apart.
    assert "รวมทั้งสิ้น 78 หน่วย" in printed.pages("-raw")[-2]


def _offices(stores, tmp_path, count):
    store = stores.new("sqlite", "reference", tmp_path)
    editions.database.use(store.url)
    fill(offices=count, projects=1, forms=1, institutions=1, visits=1)
    text = editions.take_snapshot("pack", PACK)
    stores.drop(store)
    return Printed(editions.reissue(text, tmp_path / "out"), text, None)


def test_even_pages_keep_the_inner_margin_at_the_spine(book):
    boxes = run("pdftotext", "-bbox", str(book.path), "-").split("<page ")[1:]
    # The foot is written last, so the last "หน้า" of a page is its own.
    starts = [float(re.findall(r'xMin="([\d.]+)"[^>]*>หน้า<', box)[-1]) for box in boxes[1:]]

    odd, even = starts[1::2], starts[0::2]
    assert max(even) < min(odd)


def test_the_foot_leaves_room_for_the_number_of_the_page_whoever_the_book_is_of(sqlite_store):
    offices = [unit.short for unit in models.Unit.select().where(models.Unit.kind == "provincial")]
    divisions = [unit.short for unit in models.Unit.select().where(models.Unit.kind != "provincial")]
    regions = [region.name for region in models.Region.select()]
    names = {ScopeKind.NATION: [""], ScopeKind.REGION: regions}
    names |= {ScopeKind.OFFICE: offices, ScopeKind.DIVISION: divisions}
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(fonts.files()["Sarabun-400"].read_bytes())))
    end = f"{Issue(number=12, state=EditionState.APPROVED).words} · ตัดยอด 25 พ.ย. 69 02.59 น. · ชุดข้อมูล 3031a56e"

    for book in books.BOOKS.values():
        worn = dress.dressed(book, dress.Dress(official_margins=True))
        room = 210 - worn.inner - worn.outer - 24  # millimetres; the number takes 20 at most
        for name in names[book.scope]:
            foot = f"{book.short(dataclasses.replace(PACK, scope_short=name))} · {end}"
            buffer = uharfbuzz.Buffer()
            buffer.add_str(foot)
            buffer.guess_segment_properties()
            uharfbuzz.shape(font, buffer, {"tnum": True})
            width = sum(place.x_advance for place in buffer.glyph_positions) / font.face.upem * 7 / 72 * 25.4
            assert width <= room, f"{foot}: {width:.0f} of {room:.0f} mm"


def test_only_what_changed_is_set_again(year, book, tmp_path):
    heard = []
    shutil.copytree(book.cache, tmp_path / "kept")
    changed = json.loads(year["book"])
    piece = next(p for p in changed["pieces"] if p["chapter"] == "office")
    piece["page"]["members"] += 1

    made = editions.reissue(snapshot.text_of(changed), tmp_path / "two", heard.append, cache=tmp_path / "kept")
    fresh = editions.reissue(snapshot.text_of(changed), tmp_path / "three")

    done = [step.title for step in heard if step.state == "done"]
    # The office, and the pages that print the hash of all figures.
    assert set(done) == {piece["title"], "ปก", "การให้ความเห็นชอบ", "วิธีคำนวณ แหล่งข้อมูล และที่มาของตัวเลข", "สารบัญ"} & set(
        done
    )
    assert piece["title"] in done and len(done) <= 5
    assert made.sha256 == fresh.sha256


def test_a_chapter_that_cannot_be_set_is_named_and_the_others_are_kept(year, tmp_path, monkeypatch):
    real = editions._set

    def fail(sheet, *more):
        if sheet.chapter.slug == "visits":
            raise ValueError("เส้นกราฟขาด")
        real(sheet, *more)

    monkeypatch.setattr(editions, "_set", fail)
    with pytest.raises(editions.BookFailed, match=r"การเข้าแนะนำ.*เส้นกราฟขาด"):
        editions.reissue(year["pack"], tmp_path)
    monkeypatch.undo()
    heard = []
    editions.reissue(year["pack"], tmp_path, heard.append)

    assert [step.title for step in heard if step.state == "done"] == ["การเข้าแนะนำส่งเสริมสหกรณ์และกลุ่มเกษตรกร"]


def test_stopping_keeps_what_was_set_and_leaves_no_process(year, tmp_path):
    class Stop(Exception):
        pass

    def stop(step):
        if step.state == "done":
            raise Stop

    with pytest.raises(Stop):
        editions.reissue(year["pack"], tmp_path, stop)
    heard = []
    editions.reissue(year["pack"], tmp_path, heard.append)

    assert any(step.state == "kept" for step in heard)
    assert not list(tmp_path.glob(".*part"))
    assert os.path.getsize(tmp_path / "pack-2566-06.pdf") > 50_000


def test_a_chapter_killed_half_way_leaves_nothing_behind(year, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    def half(html, **more):
        tempfile.mkdtemp()
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(render, "to_pdf", half)
    with pytest.raises(editions.BookFailed, match="SIGKILL"):
        editions.reissue(year["pack"], tmp_path / "out")

    assert not list((tmp_path / "temporary").iterdir())
    assert not list((tmp_path / "out" / "chapters").iterdir())


def test_typefaces_are_in_no_folder_once_they_are_opened_and_still_set_at_any_size():
    words = """
import os, sys, tempfile
tempfile.tempdir = sys.argv[1]
from portal import fonts
from portal.reports import render
sizes = "".join(f'<p style="font-size:14.37pt;font-weight:{weight}">ญี่ปู่น้ำ</p>' for weight in fonts.WEIGHTS)
_, facts = render.to_pdf(f"<html lang=th>{sizes}")
print(sorted(face["face"] for face in facts["fonts"].values()), flush=True)
os.kill(os.getpid(), 9)
"""
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run([sys.executable, "-c", words, folder], capture_output=True, text=True, check=False)

        assert ended.stdout.strip() == str(sorted(fonts.files())[-len(fonts.WEIGHTS) :])
        assert not os.listdir(folder)
