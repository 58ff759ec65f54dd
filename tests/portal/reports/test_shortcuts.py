"""What is set with shortcuts looks as WeasyPrint sets it without them."""

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops, ImageFilter

from portal.reports import render, shortcuts

LINES = "".join(
    f'<td style="border-top:{top};border-bottom:{bottom};{more}">กรุงเทพมหานคร น้ำ {n}</td>'
    for n, (top, bottom, more) in enumerate(
        [
            (".35pt solid #d9dfe3", "0", ""),
            (".9pt solid #16202b", ".5pt solid #951f16", "background:#e6ebed"),
            ("0", "2pt double #16202b", ""),
            ("1pt dashed #16202b", "1pt solid #16202b", ""),
            ("1pt solid #16202b", "1pt solid rgb(0 0 0 / 40%)", ""),
            ("1pt solid #16202b", "1pt solid #16202b", "border-radius:2mm"),
            ("1pt solid #16202b", "1pt solid #16202b", "border-left:2pt solid #951f16"),
            ("1pt solid #16202b", "0", "visibility:hidden"),
        ]
    )
)
TEXTS = (
    '<p style="width:60mm">สำนักงานสหกรณ์จังหวัดเข้าแนะนำ ส่งเสริม และกำกับดูแลสหกรณ์<br>ขึ้นบรรทัดใหม่</p>',
    '<p style="width:60mm;text-align:justify">คำที่ เว้นวรรค เพื่อให้ ชิดขอบ ทั้งสองด้าน ของคอลัมน์ นี้</p>',
    '<p style="white-space:pre-line">บรรทัดหนึ่ง\nบรรทัดสอง\n\nบรรทัดสี่</p>',
    '<p style="white-space:pre">a\tb &#x2029;ย่อหน้า&#x2028;บรรทัด</p>',
    '<p style="width:30mm;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">ข้อความที่ยาวเกินกล่องของมันมาก</p>',
    '<p style="width:40mm;overflow-wrap:anywhere">' + "กขค" * 30 + "</p>",
)
WORDS = dict.fromkeys(("book_title", "book_short", "number", "title", "anchor"), "ก")


def page():
    html = render.page_html("parts/sample.html", book_style="book", weights=(400, 700), **WORDS)
    return html.replace("</body>", f"<table><tr>{LINES}</tr></table>{''.join(TEXTS)}</body>")


def pictures(content, scale=1.5):
    with pypdfium2.PdfDocument(content) as document:
        return [page.render(scale=scale, grayscale=True).to_pil() for page in document]


@pytest.fixture
def both(monkeypatch):
    """Set a page with the shortcuts and without them, and return its pictures each way."""

    def both(html, scale=1.5):
        ours = pictures(render.to_pdf(html)[0], scale)
        with monkeypatch.context() as undone:
            undone.setattr(shortcuts.draw, "draw_border", shortcuts._draw_border_slowly)
            undone.setattr(shortcuts.Layout, "set_text", shortcuts._set_text_slowly)
            undone.setattr(shortcuts.Layout, "deactivate", shortcuts._let_go)
            undone.setattr(shortcuts.Layout, "reactivate", shortcuts._lay_out_again)
            return ours, pictures(render.to_pdf(html)[0], scale)

    return both


def test_text_stands_where_weasyprint_alone_sets_it(both):
    ours, theirs = both(page().replace("</head>", "<style>* { border: 0 !important }</style></head>"))

    assert ours == theirs


def test_lines_stand_where_weasyprint_alone_draws_them(both):
    ours, theirs = both(page().replace("</head>", "<style>* { color: transparent !important }</style></head>"), 6)

    for one, other in zip(ours, theirs, strict=True):
        # Edges may be sharper: whatever differs is thinner than a third of a point.
        assert ImageChops.difference(one, other).filter(ImageFilter.MinFilter(3)).getextrema() == (0, 0)


def programs(path):
    with pikepdf.open(path) as pdf:
        fonts = pdf.pages[0].Resources.Font
        return {len(fonts[name].DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()) for name in fonts}


def test_a_part_of_a_book_leaves_our_typefaces_to_the_binder_and_keeps_what_it_alone_needs(tmp_path):
    for name, words in (("known", "น้ำ"), ("unknown", "漢")):
        render.set_into(tmp_path, name, f"<p>{words}<p><b>ที่</b>", tmp_path)
    (tmp_path / "whole.pdf").write_bytes(render.to_pdf("<p>น้ำ<p><b>ที่</b>")[0])

    assert programs(tmp_path / "known.pdf") == {0}
    assert max(programs(tmp_path / "unknown.pdf")) > 0
    assert 0 not in programs(tmp_path / "whole.pdf")
