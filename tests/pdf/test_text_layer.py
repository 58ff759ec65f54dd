"""Words are found in the text of a page as they are written, whichever way a reader goes about it."""

import subprocess

import pypdf
import pytest

from portal.bench import reading
from portal.reports import render

CONSONANTS = "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"
VOWELS = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39"
TONES = "\u0e48\u0e49\u0e4a\u0e4b"
STACKS = [c + v + t for c in CONSONANTS for v in VOWELS for t in TONES]
AMS = [c + t + "\u0e33" for c in CONSONANTS for t in ("", *TONES)]
ENDINGS = [f"{word}{end}" for word in STACKS[::11] for end in ("น้ำ", "นฟู")]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    out = tmp_path_factory.mktemp("text") / "page.pdf"
    lines = f"{' '.join([*STACKS, *AMS])}<br>{'<br>'.join(ENDINGS)}"
    sizes = ((400, 6.9), (600, 8.1), (700, 10.4))
    html = "".join(f'<p style="font-weight:{weight};font-size:{size}pt">{lines}</p>' for weight, size in sizes)
    out.write_bytes(render.to_pdf(f'<html lang="th"><body>{html}')[0])
    return out


@pytest.mark.parametrize("way", ["plain", "-raw", "-layout"])
def test_poppler_reads_marks_over_each_other_in_their_order(page, way):
    told = subprocess.run(["pdftotext", *([] if way == "plain" else [way]), page, "-"], check=True, capture_output=True)

    assert told.stdout.decode().split() == [*STACKS, *AMS, *ENDINGS] * 3


def test_pypdf_reads_marks_over_each_other_in_their_order(page):
    # It knows no replacement text: a sara am stays the two glyphs it is drawn with.
    text = "".join(each.extract_text() for each in pypdf.PdfReader(page).pages)

    assert "".join(text.split()).count("".join(STACKS)) == 3
    wanted = {reading.joined(word.translate(reading.APART)) for word in AMS}
    assert reading.share(wanted, reading.joined(text.translate(reading.APART))) == 1
