"""What archives and readers who do not see the page are promised: PDF/A-3u for both, PDF/UA-1 for the pack.

No validator of these standards can be had from the package registries; where a `verapdf` stands on the machine, it is
asked as well. What it would look at first is looked at here.
"""

import io
import itertools
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from tests.pdf.conftest import run

RDF, DC = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://purl.org/dc/elements/1.1/}"
PDFA, PDFUA = "{http://www.aiim.org/pdfa/ns/id/}", "{http://www.aiim.org/pdfua/ns/id/}"
PAINTS = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "INLINE IMAGE"}


@pytest.fixture(params=["pack", "book"])
def pdf(request):
    printed = request.getfixturevalue(request.param)
    with pikepdf.open(printed.path) as opened:
        opened.slug, opened.path = request.param, printed.path
        yield opened


@pytest.fixture
def tagged(pack):
    with pikepdf.open(pack.path) as opened:
        yield opened


def _xmp(pdf):
    return ET.fromstring(pdf.Root.Metadata.read_bytes())


def _fonts(pdf):
    found = {}
    for page in pdf.pages:
        for font in page.obj.Resources.Font.values():
            found[font.objgen] = font
    return list(found.values())


def _elements(pdf):
    """Every element of the structure, in reading order, with the one above it."""

    def below(element, parent):
        yield element, parent
        kids = element.get("/K", pikepdf.Array())
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") != pikepdf.Name.OBJR:
                yield from below(kid, element)

    for top in pdf.Root.StructTreeRoot.K:
        yield from below(top, None)


def test_it_says_that_it_is_for_archives_and_its_data_agree(pdf):
    said = _xmp(pdf)
    text = {each.tag: "".join(each.itertext()).strip() for each in said.iter()}

    assert (text[f"{PDFA}part"], text[f"{PDFA}conformance"]) == ("3", "U")
    assert text.get(f"{PDFUA}part") == ("1" if pdf.slug == "pack" else None)
    assert text[f"{DC}title"] == str(pdf.docinfo.Title) and text[f"{DC}creator"] == str(pdf.docinfo.Author)
    assert text[f"{DC}description"] == str(pdf.docinfo.Subject) and text[f"{DC}language"] == "th"
    digits = re.sub(r"\D", "", text["{http://ns.adobe.com/xap/1.0/}CreateDate"])
    assert digits == re.sub(r"\D", "", str(pdf.docinfo.CreationDate))


def test_it_is_whole_open_and_runs_nothing(pdf):
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", str(pdf.path))
    assert not pdf.is_encrypted and len(pdf.trailer.ID) == 2
    kinds = {str(each.get("/S")) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each}
    assert not kinds & {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/SubmitForm"}
    assert "/AA" not in pdf.Root and "/OpenAction" not in pdf.Root and "/AcroForm" not in pdf.Root
    streams = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)]
    assert not [each for each in streams if "LZW" in str(each.get("/Filter", "")) or "/F" in each]


def test_its_colours_are_those_of_a_profile_within(pdf):
    (intent,) = pdf.Root.OutputIntents
    profile = intent.DestOutputProfile.read_bytes()

    assert intent.S == pikepdf.Name.GTS_PDFA1 and intent.DestOutputProfile.N == 3
    assert (
        profile[36:40] == b"acsp" and profile[16:20] == b"RGB " and len(profile) == int.from_bytes(profile[:4], "big")
    )
    for page in pdf.pages:
        used = {str(operator) for _, operator in pikepdf.parse_content_stream(page)}
        assert not used & {"k", "K"}, "no colours of ink in a file whose profile is of light"


def test_every_letter_is_in_the_file_with_its_width_and_its_text(pdf):
    for font in _fonts(pdf):
        inner = font.DescendantFonts[0]
        face = TTFont(io.BytesIO(inner.FontDescriptor.FontFile2.read_bytes()))
        mapped = dict(re.findall(r"<([0-9a-f]{4})> <([0-9a-f]+)>", font.ToUnicode.read_bytes().decode()))
        advances, em = face["hmtx"].metrics, face["head"].unitsPerEm
        names, at, widths = face.getGlyphOrder(), 0, list(inner.W)
        while at < len(widths):
            first, run_of = int(widths[at]), widths[at + 1]
            for number, width in enumerate(run_of, first):
                assert abs(advances[names[number]][0] * 1000 / em - float(width)) <= 1, (font.BaseFont, number)
                assert number == 0 or f"{number:04x}" in mapped, (font.BaseFont, number)
            at += 2
        assert inner.get("/CIDToGIDMap") == pikepdf.Name.Identity and font.Encoding == pikepdf.Name("/Identity-H")
        assert not {"0000", "feff", "fffe"} & set(mapped.values())
        assert re.match(r"/[A-Z]{6}\+", str(font.BaseFont))


def test_links_are_printed_with_the_page(pdf):
    annotations = [each for page in pdf.pages for each in page.obj.get("/Annots", ())]

    assert annotations and {int(each.F) for each in annotations} == {4}


def test_its_data_lie_within_and_say_that_they_are_its_data(pack):
    with pikepdf.open(pack.path) as pdf:
        specs = {name: spec.obj for name, spec in pdf.attachments.items()}

        assert set(specs) == {"figures.json", "figures.csv"}
        assert {each.objgen for each in pdf.Root.AF} == {each.objgen for each in specs.values()}
        for spec in specs.values():
            assert spec.AFRelationship == pikepdf.Name.Data and spec.F == spec.UF and str(spec.Desc)
            assert str(spec.EF.F.Subtype) in ("/application/json", "/text/csv") and "/ModDate" in spec.EF.F.Params


def test_its_language_and_title_are_told_to_the_reader(pdf):
    assert str(pdf.Root.Lang) == "th" and pdf.Root.ViewerPreferences.DisplayDocTitle


# ---------------------------------------------------------------- the tagged pack


def test_every_mark_on_a_page_is_structure_or_ornament(tagged):
    reached = {each.objgen for each, _ in _elements(tagged)}
    nums = tagged.Root.StructTreeRoot.ParentTree.Nums
    keys = {int(nums[at]): nums[at + 1] for at in range(0, len(nums), 2)}

    assert tagged.Root.MarkInfo.Marked and "/RoleMap" not in tagged.Root.StructTreeRoot
    for page in tagged.pages:
        owners, seen, open_ = keys[int(page.obj.StructParents)], set(), []
        for operands, operator in pikepdf.parse_content_stream(page):
            word = str(operator)
            if word in ("BDC", "BMC"):
                properties = operands[1] if len(operands) > 1 else {}
                inside = str(operands[0])
                if "/MCID" in properties:
                    number = int(properties["/MCID"])
                    assert number not in seen and owners[number].objgen in reached
                    assert "/Artifact" not in open_, "no words within an ornament"
                    seen.add(number)
                    inside = "words"
                assert not (inside == "/Artifact" and "words" in open_), "no ornament within words"
                open_.append(inside)
            elif word == "EMC":
                open_.pop()
            elif word in PAINTS:
                assert {"words", "/Artifact"} & set(open_), (word, operands)
        assert not open_
        assert seen == {n for n in range(len(owners)) if owners[n] is not None}
        assert page.obj.Tabs == pikepdf.Name.S


def test_every_drawing_is_said_in_words_and_lies_where_it_is_said_to(tagged):
    figures = [each for each, _ in _elements(tagged) if str(each.S) == "/Figure"]

    assert len(figures) > 20
    for each in figures:
        x0, y0, x1, y1 = (float(v) for v in each.A.BBox)
        assert str(each.Alt).strip() and 0 <= x0 <= x1 <= 596 and 0 <= y0 <= y1 <= 842


def test_headings_go_down_one_step_at_a_time(tagged):
    levels = [int(str(e.S)[2]) for e, _ in _elements(tagged) if re.fullmatch(r"/H[1-6]", str(e.S))]

    assert levels[0] == 1 and levels.count(1) >= 6
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_cells_lie_in_rows_and_heads_say_of_what_they_are_heads(tagged):
    heads = 0
    for element, parent in _elements(tagged):
        kind, above = str(element.S), str(parent.S) if parent is not None else ""
        if kind in ("/TH", "/TD"):
            assert above == "/TR"
        elif kind == "/TR":
            assert above in ("/Table", "/THead", "/TBody", "/TFoot")
        if kind == "/TH":
            heads += 1
            assert element.A.Scope in (pikepdf.Name.Column, pikepdf.Name.Row)

    assert heads > 40


def test_links_say_where_they_lead_and_belong_to_their_words(tagged):
    nums = tagged.Root.StructTreeRoot.ParentTree.Nums
    keys = {int(nums[at]): nums[at + 1] for at in range(0, len(nums), 2)}
    links = [each for page in tagged.pages for each in page.obj.get("/Annots", ())]
    reached = {each.objgen for each, _ in _elements(tagged)}

    assert links
    for link in links:
        owner = keys[int(link.StructParent)]
        kids = [kid.Obj.objgen for kid in owner.K if isinstance(kid, pikepdf.Dictionary) and "/Obj" in kid]
        assert str(owner.S) == "/Link" and owner.objgen in reached and link.objgen in kids
        assert re.search("[ก-ฮ]", str(link.Contents)) and "book.invalid" not in str(link.Contents)


def test_the_year_s_book_is_not_tagged_and_says_nothing_of_it(book):
    with pikepdf.open(book.path) as pdf:
        assert "/StructTreeRoot" not in pdf.Root and "/MarkInfo" not in pdf.Root
        assert all("/StructParents" not in page.obj for page in pdf.pages)


@pytest.mark.parametrize(("slug", "flavour"), [("pack", "ua1"), ("pack", "3u"), ("book", "3u")])
def test_a_validator_that_is_at_hand_finds_no_fault(slug, flavour, request):
    printed = request.getfixturevalue(slug)
    validator = shutil.which("verapdf")
    told = (
        subprocess.run(
            [validator, "-f", flavour, "--format", "text", printed.path], capture_output=True, text=True
        ).stdout
        if validator
        else "PASS"
    )

    assert told.startswith("PASS"), told
