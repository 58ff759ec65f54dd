"""A whole book in Thai digits, and with the margins of official letters."""

import json
import re

import pytest

from portal.reports import dress, editions, snapshot, verification
from tests.pdf.conftest import run


def set_anew(text, folder, *, only=(), **chosen):
    """Print frozen figures in another dress."""
    frozen = json.loads(text)
    pieces = [piece for piece in frozen["pieces"] if not only or piece["chapter"] in only]
    dressed = frozen | {"pieces": pieces, "dress": snapshot.freeze(dress.Dress(**chosen))}
    return editions.reissue(snapshot.text_of(dressed), folder)


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("<p>12.5 ล้านบาท</p>", "<p>๑๒.๕ ล้านบาท</p>"),
        ('<a href="x#9">หน้า 3</a>', '<a href="x#9">หน้า ๓</a>'),
        ("<b>&#39;7&#39; &lt;8</b>", "<b>&#39;๗&#39; &lt;๘</b>"),
        ("<p>ชุดข้อมูล c6cd1769 · 8</p>", "<p>ชุดข้อมูล c6cd1769 · ๘</p>"),
        ('<tr data-carry="ยอดยกมา 1.00"><td>2</td>', '<tr data-carry="ยอดยกมา ๑.๐๐"><td>๒</td>'),
    ],
)
def test_what_is_read_of_a_page_has_thai_digits_and_what_is_not_stays(page, read):
    assert dress.thai_html(page) == read


def test_a_pack_in_thai_digits_has_no_other_and_its_figures_still_follow_from_their_inputs(year, tmp_path):
    made = set_anew(year["pack"], tmp_path, only=("summary", "projects", "offices"), thai_digits=True)
    text = run("pdftotext", "-layout", str(made.path), "-")

    # Hashes keep their letters and digits; everything else that people read is Thai.
    assert "๒๕๖๖" in text and not re.findall(r"(?<![0-9a-f])[0-9](?![0-9a-f])", text.split("ชุดข้อมูล")[0])
    assert "หน้า ๑ จาก" in re.sub(r" +", " ", text)
    faces = run("pdffonts", str(made.path))
    assert "Laksaman" in faces and "Sarabun" in faces
    printed = verification.verify(made.path)
    assert not [each for each in printed.differences if each.key != "pages"]


def test_official_margins_leave_thirty_millimetres_at_the_spine_of_a_book(year, tmp_path):
    made = set_anew(year["book"], tmp_path, only=("year", "timeliness", "offices", "office"), official_margins=True)
    boxes = run("pdftotext", "-bbox", str(made.path), "-").split("<page ")[1:]

    for number, box in enumerate(boxes):
        left = min(float(x) for x in re.findall(r'xMin="([\d.]+)"', box))
        right = max(float(x) for x in re.findall(r'xMax="([\d.]+)"', box))
        inner, outer = (30, 20) if number % 2 == 0 else (20, 30)
        assert left >= (inner - 0.6) * 72 / 25.4 and right <= (210 - outer + 0.6) * 72 / 25.4, number
