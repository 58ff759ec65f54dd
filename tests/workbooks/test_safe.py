"""A workbook that a stranger made is refused with the reason before anything in it is used, and quickly."""

import datetime as dt
import io
import random
import resource
import time
import zipfile
import zlib
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter

from portal.workbooks import safe
from portal.workbooks.safe import FileRefused, Limits, check_file, open_safely

SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SMALL = Limits(packed=2**20, unpacked=2**22, members=50, sheets=5, rows=500, columns=50, cells=2_000)


def honest():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        page = book.add_worksheet("ผลงาน")
        page.write_row(0, 0, ["สำนักงาน", "จำนวน", "วันที่"])
        page.write_string(1, 0, "=1+1")
        page.write_number(1, 1, 12.5)
        page.write_datetime(1, 2, dt.datetime(2023, 5, 20), day)
        page.write_boolean(3, 0, True)
        page.write_formula(3, 1, "=B2*2", None, 25)
        page.write_number(4, 1, 0.1 + 0.2)
        page.write_number(4, 2, 123456789012345)
        book.add_worksheet("ว่าง")
    return file.getvalue()


def rebuilt(changes=None, *, add=None, drop=(), compression=zipfile.ZIP_DEFLATED):
    """The honest workbook with some of its parts put in place of others."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(honest())) as old, zipfile.ZipFile(out, "w", compression) as new:
        for part in old.infolist():
            if part.filename in drop:
                continue
            content = old.read(part)
            change = (changes or {}).get(part.filename)
            new.writestr(part.filename, change(content) if callable(change) else content if change is None else change)
        for name, content in (add or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def sheet_of(inner):
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet {MAIN}>{inner}</worksheet>'.encode()


def with_rows(inner):
    return rebuilt({SHEET: sheet_of(f"<sheetData>{inner}</sheetData>")})


def put(old, new):
    def change(content):
        assert old in content
        return content.replace(old, new)

    return change


def content_type(name, kind):
    return {
        "[Content_Types].xml": put(b"</Types>", f'<Override PartName="{name}" ContentType="{kind}"/></Types>'.encode())
    }


def relation(kind, target, mode="External"):
    path = "xl/worksheets/_rels/sheet1.xml.rels"
    return {
        path: '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    }


XXE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b"<worksheet><sheetData><row><c t='inlineStr'><is><t>&e;</t></is></c></row></sheetData></worksheet>"
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet>&j;</worksheet>"
)
MACRO_MAIN = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
OPEN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_MAIN = safe.MAIN.encode()


def lying_size(claimed):
    """A part whose directory entry says it is smaller than it is."""
    made = bytearray(rebuilt({SHEET: sheet_of("<sheetData>" + " " * 200_000 + "</sheetData>")}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = 0
        while (start := made.find(mark, start)) >= 0:
            name_at = start + (30 if at == 22 else 46)
            if made[name_at : name_at + len(SHEET)] == SHEET.encode():
                made[start + at : start + at + 4] = claimed.to_bytes(4, "little")
            start += 4
    return bytes(made)


def encrypted():
    made = bytearray(honest())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := made.find(mark, start)) >= 0:
            made[start + at] |= 1
            start += 4
    return bytes(made)


def with_symlink():
    out = io.BytesIO(honest())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def bomb(megabytes):
    out = io.BytesIO(honest())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media.xml", "w") as part:
        for _ in range(megabytes):
            part.write(b" " * 2**20)
    return out.getvalue()


HOSTILE = {
    "empty": (lambda: b"", "empty"),
    "no archive": (lambda: "ชื่อ,จำนวน\n".encode("tis-620"), "kind"),
    "a page": (lambda: b"<html><table></table></html>", "kind"),
    "a PDF": (lambda: b"%PDF-1.7\n", "kind"),
    "another archive": (lambda: _zip({"a.txt": b"hello"}), "kind"),
    "a document": (lambda: _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "kind"),
    "old xls": (lambda: safe.OLE + b"\0" * 600, "kind"),
    "password": (lambda: safe.OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
    "encrypted parts": (encrypted, "password"),
    "larger than allowed": (lambda: honest() + b"\0" * 2**20, "size"),
    "cut off": (lambda: honest()[:-200], "damaged"),
    "cut in the middle": (lambda: honest()[:2000] + honest()[2400:], "damaged"),
    "bomb by size": (lambda: bomb(20), "bomb"),
    "bomb by ratio": (lambda: bomb(3), "bomb"),
    "100 members more": (lambda: rebuilt(add={f"xl/p{n}.xml": b"<x/>" for n in range(100)}), "members"),
    "a name upwards": (lambda: rebuilt(add={"../../etc/cron.d/x": b"x"}), "names"),
    "an absolute name": (lambda: rebuilt(add={"/etc/passwd": b"x"}), "names"),
    "a drive": (lambda: rebuilt(add={"C:/x.xml": b"x"}), "names"),
    "a link": (with_symlink, "names"),
    "one name twice": (lambda: rebuilt(add={SHEET.upper(): b"<x/>"}), "damaged"),
    "an unknown compression": (lambda: rebuilt(compression=zipfile.ZIP_BZIP2), "damaged"),
    "a lie about a size": (lambda: lying_size(100), "damaged"),
    "external entity": (lambda: rebuilt({SHEET: XXE}), "entity"),
    "billion laughs": (lambda: rebuilt({SHEET: LAUGHS}), "entity"),
    "entity in strings": (lambda: rebuilt({"xl/sharedStrings.xml": LAUGHS}), "entity"),
    "entity in styles": (lambda: rebuilt({"xl/styles.xml": XXE}), "entity"),
    "entity in types": (lambda: rebuilt({"[Content_Types].xml": XXE}), "entity"),
    "UTF-16 entity": (lambda: rebuilt({SHEET: XXE.decode().encode("utf-16")}), "entity"),
    "macros by type": (lambda: rebuilt({"[Content_Types].xml": put(SHEET_MAIN, MACRO_MAIN)}), "macros"),
    "macros by part": (lambda: rebuilt(add={"xl/vbaProject.bin": b"x"}), "macros"),
    "macro sheet": (lambda: rebuilt(add={"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros"),
    "ActiveX": (lambda: rebuilt(add={"xl/activeX/activeX1.xml": b"<x/>"}), "macros"),
    "an object": (lambda: rebuilt(add={"xl/embeddings/oleObject1.bin": b"x"}), "objects"),
    "external link": (lambda: rebuilt(add={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}), "links"),
    "external link by type": (
        lambda: rebuilt(content_type("/xl/e.xml", f"{OPEN}.externalLink+xml")),
        "links",
    ),
    "a picture from elsewhere": (lambda: rebuilt(add=relation("image", "http://127.0.0.1/x.png")), "links"),
    "a data connection": (lambda: rebuilt(add={"xl/connections.xml": b"<connections/>"}), "links"),
    "binary workbook": (
        lambda: rebuilt(
            {"[Content_Types].xml": put(SHEET_MAIN, b"application/vnd.ms-excel.sheet.binary.macroEnabled.main")}
        ),
        "macros",
    ),
    "1,048,576 rows claimed": (
        lambda: rebuilt({SHEET: sheet_of('<dimension ref="A1:B1048576"/><sheetData/>')}),
        "rows",
    ),
    "a cell in a row far down": (lambda: with_rows('<row r="1048576"><c><v>1</v></c></row>'), "rows"),
    "a cell far down": (lambda: with_rows('<row><c r="A99999"/></row>'), "rows"),
    "10,000 columns": (lambda: with_rows('<row><c r="NTP1"/></row>'), "columns"),
    "10,000 columns claimed": (lambda: rebuilt({SHEET: sheet_of('<dimension ref="A1:XFD9"/><sheetData/>')}), "columns"),
    "too many cells": (lambda: with_rows("<row>" + "<c/>" * 2001 + "</row>"), "cells"),
    "too many elements": (
        lambda: rebuilt({"xl/styles.xml": sheet_of("<x/>" * 110_000)}, compression=zipfile.ZIP_STORED),
        "cells",
    ),
    "too many sheets": (
        lambda: rebuilt(add={f"xl/worksheets/sheet{n}.xml": sheet_of("") for n in range(5, 11)}),
        "sheets",
    ),
    "nested too deep": (lambda: rebuilt({"xl/styles.xml": b"<x>" * 5000 + b"</x>" * 5000}), "damaged"),
    "a cell without a place": (lambda: with_rows('<row><c r="½7"/></row>'), "damaged"),
    "row nought": (lambda: with_rows('<row r="0"/>'), "damaged"),
    "a row in Thai digits": (lambda: with_rows('<row r="๑"/>'), "damaged"),
    "wrong encoding": (
        lambda: rebuilt(
            {
                "xl/sharedStrings.xml": '<?xml version="1.0" encoding="UTF-8"?><sst><si><t>ก</t></si></sst>'.encode(
                    "tis-620"
                )
            }
        ),
        "encoding",
    ),
    "an unknown encoding": (
        lambda: rebuilt({SHEET: b'<?xml version="1.0" encoding="klingon"?><worksheet/>'}),
        "encoding",
    ),
    "not well formed": (lambda: rebuilt({SHEET: b"<worksheet><sheetData>"}), "encoding"),
    "no text at all": (lambda: rebuilt({SHEET: b"\0\1\2"}), "encoding"),
    "no workbook part": (lambda: rebuilt(drop=("xl/workbook.xml",)), "damaged"),
    "a string that is not there": (
        lambda: with_rows('<row r="1"><c r="A1" t="s"><v>999</v></c></row>'),
        "damaged",
    ),
    "a number that is none": (
        lambda: with_rows('<row r="1"><c r="A1"><v>x</v></c></row>'),
        "damaged",
    ),
    "a style that is not there": (
        lambda: rebuilt({"xl/styles.xml": b"<styleSheet><cellXfs count='1'><xf numFmtId='x'/></cellXfs></styleSheet>"}),
        "damaged",
    ),
    "a text beyond measure": (
        lambda: with_rows(f'<row r="1"><c r="A1" t="str"><v>{"ก" * 40_000}</v></c></row>'),
        "damaged",
    ),
}


def _zip(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def read_all(content, limits=SMALL):
    with open_safely(io.BytesIO(content), limits=limits) as book:
        return {name: list(book.rows(name)) for name in book.sheets}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_do_harm_is_refused_with_its_reason(name):
    make, rule = HOSTILE[name]
    content = make()

    with pytest.raises(FileRefused) as refused:
        read_all(content)

    assert refused.value.rule == rule
    assert refused.value.words() and refused.value.field == "file"


def test_a_bomb_of_many_megabytes_costs_neither_time_nor_room():
    content = bomb(200)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()

    with pytest.raises(FileRefused, match="too much room"):
        check_file(io.BytesIO(content))

    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_an_honest_workbook_is_read_as_it_stands():
    rows = read_all(honest())["ผลงาน"]

    first, second, fourth, fifth = rows
    assert [c.value for c in first] == ["สำนักงาน", "จำนวน", "วันที่"]
    assert [c.at for c in second] == ["A2", "B2", "C2"]
    assert [c.value for c in second] == ["=1+1", Decimal("12.5"), dt.datetime(2023, 5, 20)]
    assert (fourth[0].value, fourth[1].value, fourth[1].is_formula) == (True, None, True)
    assert [c.value for c in fifth] == [Decimal("0.3"), Decimal(123456789012345)]


def test_a_file_by_its_path_is_closed_again(tmp_path):
    path = tmp_path / "ผลงาน.xlsx"
    path.write_bytes(honest())

    with open_safely(path, limits=SMALL) as book:
        assert book.sheets == ("ผลงาน", "ว่าง")
        assert list(book.values("ว่าง")) == []

    path.unlink()


def test_a_sheet_whose_part_is_missing_is_not_there():
    assert set(read_all(rebuilt(drop=(SHEET,)))) == {"ว่าง"}


def test_an_empty_row_at_the_very_bottom_does_no_harm():
    content = with_rows('<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576" ht="12.8"/>')

    assert [[c.value for c in row] for row in read_all(content)["ผลงาน"]] == [[7]]


def test_a_drawing_that_is_no_xml_is_never_opened():
    assert read_all(rebuilt(add={"xl/drawings/vmlDrawing9.vml": b"<xml><br></xml>"}))


def test_a_hyperlink_is_no_link_to_another_file():
    content = rebuilt(add=relation("hyperlink", "https://www.cpd.go.th/"))

    assert set(read_all(content)) == {"ผลงาน", "ว่าง"}


def test_every_byte_may_be_wrong_and_the_answer_is_still_a_sentence():
    whole = honest()
    dice = random.Random(2566)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            read_all(bytes(broken))
        except FileRefused as refused:
            assert refused.words()


def test_every_part_may_be_garbled_and_the_answer_is_still_a_sentence():
    with zipfile.ZipFile(io.BytesIO(honest())) as archive:
        names = archive.namelist()
    dice = random.Random(2566)

    def garbled(content):
        text = bytearray(content)
        for _ in range(dice.randint(1, 6)):
            text[dice.randrange(len(text))] = dice.choice(b'<>/"=&x09')
        return bytes(text)

    for n in range(60):
        try:
            read_all(rebuilt({names[n % len(names)]: garbled}))
        except FileRefused as refused:
            assert refused.words()


def test_openpyxl_is_protected_against_entities():
    assert openpyxl.DEFUSEDXML


def test_the_checks_of_an_archive_notice_a_wrong_sum():
    made = bytearray(honest())
    crc = zlib.crc32(b"wrong").to_bytes(4, "little")
    start = 0
    while (start := made.find(b"PK\x01\x02", start)) >= 0:
        made[start + 16 : start + 20] = crc
        start += 4

    with pytest.raises(FileRefused, match="damaged"):
        read_all(bytes(made))
