"""What is meant to do harm, or is merely too much: the page still sets, and no other chapter suffers."""

import base64
import io
import json
import zlib

import pikepdf
import pytest
from PIL import Image

from portal import database
from portal.reports import editions, render, setting, snapshot
from tests.pdf.conftest import BOOK, Printed
from tests.pdf.year import fill

REMARK = "พื้นที่น้ำท่วม เข้าดำเนินงานไม่ได้"
HARM = (
    "</td></table><style>*{display:none}</style><script>x</script><h1>หัวปลอม</h1>",
    "{{ 7*7 }}{% raw %}{# x #}",
    '"><img src=URL><link rel=stylesheet href=URL><a href="URL">ลิงก์</a> url(URL) @import "URL";',
    "\u0e49\u0e48\u0e33" * 20,  # marks without letters
    "𓀀﷽漢字🐘\u202e\u200b\ufeff",  # what has no face here
    "ก\x01\x0b\x1f\ufffeข",
)


def _with(text, before, after, slug, most=1):
    """Frozen figures with words put in place of others, of the first chapters that print them and of one beside."""
    frozen = json.loads(text)
    touched = [p for p in frozen["pieces"] if p["chapter"] == slug and before in json.dumps(p, ensure_ascii=False)]
    assert touched, "the words are there to be replaced"
    escaped = json.dumps(after, ensure_ascii=False)[1:-1]
    bad = json.loads(json.dumps(touched[:most], ensure_ascii=False).replace(before, escaped))
    good = [p for p in frozen["pieces"] if p["chapter"] == "disbursement"]
    return snapshot.text_of(frozen | {"pieces": [*bad, *good]})


def test_a_remark_that_means_harm_is_printed_as_words_and_nothing_is_fetched(year, tmp_path, listener):
    address, asked = listener
    text = _with(year["book"], REMARK, " ".join(HARM).replace("URL", address), "project")
    heard = []

    made = Printed(editions.reissue(text, tmp_path, heard.append), text, None)

    words = made.text("-raw")
    assert [step.state for step in heard if step.state in ("done", "failed")] == ["done"] * 2
    assert not asked and made.made.pages <= 6
    assert "<h1>หัวปลอม</h1>" in "".join(words.split()) and "7*7" in words
    with pikepdf.open(made.path) as pdf:
        assert not [a for page in pdf.pages for a in page.obj.get("/Annots", ()) if "/A" in a and "/URI" in a.A]


def test_a_remark_of_a_hundred_thousand_letters_and_a_name_of_three_hundred_stay_on_their_pages(stores, tmp_path):
    store = stores.new("sqlite", "reference", tmp_path)
    database.use(store.url)
    name = "โครงการ" + "ก" * 293
    few = {"offices": 2, "projects": 1, "forms": 1, "institutions": 1, "visits": 1}
    fill(**few, name=lambda n: name, problem="น้ำ" * 33_334)
    frozen = json.loads(editions.take_snapshot("book", BOOK))
    stores.drop(store)
    text = snapshot.text_of(frozen | {"pieces": [p for p in frozen["pieces"] if p["chapter"] == "project"]})

    made = Printed(editions.reissue(text, tmp_path / "out"), text, None)

    words = "".join(made.text("-raw").split())
    assert made.made.pages <= 3
    assert "น้ำ" * 20 in words and "…" in words, "cut, and it shows; the record keeps the whole"
    assert name in words


def _png(width, height):
    """A picture that is small as a file and enormous as a picture."""
    rows = zlib.compressobj(9)
    row, body = b"\0" * (width // 8 + 1), b""
    for _ in range(height):
        body += rows.compress(row)
    body += rows.flush()

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\1\0\0\0\0") + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _small_png():
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()


PICTURES = {
    "a bomb": ("image/png", _png(30_000, 30_000)),
    "a page that says it is a picture": ("image/png", b"<html><script>x</script>"),
    "half a picture": ("image/png", _small_png()[:40]),
    "a picture of another kind": ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
}


@pytest.mark.parametrize("what", PICTURES, ids=lambda what: what.replace(" ", "-"))
def test_a_picture_that_is_a_bomb_or_a_lie_harms_no_other_chapter(what, tmp_path):
    kind, content = PICTURES[what]
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    pages = {
        "bad": f'<html lang="th"><body><p>ก่อน</p><img alt="ภาพประกอบ" src="{source}"><p>หลัง</p></body></html>',
        "good": '<html lang="th"><body><p>บทอื่น</p></body></html>',
    }
    documents = [
        setting.Document(
            key, key, lambda folder, key=key: render.set_into(tmp_path, key, pages[key], folder), lambda: 1
        )
        for key in pages
    ]
    heard = {}

    try:
        setting.set_all(documents, tmp_path, lambda step: heard.__setitem__(step.key, step))
    except setting.BookFailed as failed:
        assert "not printed" in str(failed) or "memory" in str(failed)

    assert heard["good"].state == "done"
    assert heard["bad"].state == "done" or heard["bad"].error, "set without the picture, or refused in words"
    assert heard["bad"].peak < 1200
