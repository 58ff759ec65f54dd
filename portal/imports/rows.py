"""A finance file as rows of cells, whatever it was saved as: a workbook (.xlsx) or a text of any Thai encoding.

Rows come one after the other; only shared texts of a workbook are held. A number of a workbook stays the text that
stands in the file, so that no digit is lost on the way, and says that it was a number.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

from portal.errors import RuleBroken
from portal.workbooks import safe

Row = tuple[int, list[str]]
"""The number of a row in the file, from 1, and its cells; an empty cell is an empty text."""

HEAD = 60
"""How many rows at the top a heading is looked for in."""

WORKBOOK = b"PK\x03\x04"
_PIECE = 256 * 1024
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class Number(str):
    """A cell that the spreadsheet holds as a number, written as it stands in the file."""

    __slots__ = ()


class Sheet:
    """One table of a file, read once from top to bottom; `head` are its first rows, there for a look beforehand.

    `merged` are the merged ranges (first row, first column, last row, last column), known when all rows are read.
    """

    def __init__(self, name: str, rows: Iterable[Row], merged: list[tuple[int, int, int, int]] | None = None) -> None:
        self.name = name
        self.merged = merged if merged is not None else []
        self._rest = iter(rows)
        self.head: list[Row] = list(islice(self._rest, HEAD))

    def rows(self) -> Iterator[Row]:
        """Yield every row; a second call goes on where the first one ended."""
        yield from chain(self.head, self._rest)


def letter(column: int) -> str:
    """Return the name of a column, `A` for 1."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheets(path: Path) -> Iterator[Sheet]:
    """Yield the tables of a file. Raises RuleBroken or FileRefused when it is none, is damaged or could do harm."""
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith((WORKBOOK, safe.OLE)):
            safe.check_file(file)
            yield from _workbook(file)
            return
    yield _text(path.read_bytes())


# ---------------------------------------------------------------- texts


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding: byte-order mark, strict UTF-8, cp874, ISO-8859-11.

    Raises RuleBroken when it is none of these.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            encodings: tuple[str, ...] = (encoding,)
            break
    else:
        encodings = ("utf-8", "cp874", "iso8859_11")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise RuleBroken("This file is neither a workbook (.xlsx) nor a text in a Thai encoding.")


def _text(content: bytes) -> Sheet:
    if not content.strip():
        raise RuleBroken("This file is empty.")
    text, _ = decoded(content)
    if text.lstrip()[:200].lower().startswith(("<html", "<!doctype", "<?xml", "<table")):
        raise RuleBroken("This is a web page that calls itself a spreadsheet. Open it in Excel and save it as .xlsx.")
    first = next(line for line in text.splitlines() if line.strip())
    mark = max("|\t,;", key=first.count)
    # What csv would not notice: a text that was cut off within quotes.
    return Sheet("", _texts(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)))


def _texts(reader: Any) -> Iterator[Row]:
    number = 0
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise RuleBroken("Row {row} ends within quotes: the file may have been cut off.", row=number) from None
        if any(cell.strip() for cell in cells):
            yield number, cells


# ---------------------------------------------------------------- workbooks


def _workbook(file: Any) -> Iterator[Sheet]:
    try:
        with zipfile.ZipFile(file) as archive:
            if min(part.header_offset for part in archive.infolist()):
                raise RuleBroken("Another file lies before this workbook: two files may have been put into one.")
            names = set(archive.namelist())
            texts = _shared(archive) if "xl/sharedStrings.xml" in names else []
            for name, part in _parts(archive):
                if part in names:
                    merged: list[tuple[int, int, int, int]] = []
                    yield Sheet(name, _rows(archive, part, texts, merged), merged)
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, expat.ExpatError) as error:
        raise RuleBroken("This file is damaged and cannot be opened. Save it again in Excel.") from error


def _parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return name and part of every sheet, in the workbook's order."""
    targets: dict[str, str] = {}
    named: list[tuple[str, str]] = []

    def relation(tag: str, held: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = held["Target"].removeprefix("/")
            targets[held["Id"]] = target if target.startswith("xl/") else f"xl/{target}"

    def sheet(tag: str, held: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            named.append((held["name"], next(v for k, v in held.items() if k.rpartition(":")[2] == "id")))

    for part, begin in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        parser = expat.ParserCreate()
        parser.StartElementHandler = begin
        parser.Parse(archive.read(part), True)
    return [(name, targets[ident]) for name, ident in named if ident in targets]


def _shared(archive: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells point to; pronunciation marks beside them are left out."""
    texts: list[str] = []
    parts: list[str] = []
    inside = [False, False]  # in a text, in a pronunciation

    def begin(tag: str, held: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "t":
            inside[0] = not inside[1]
        elif kind == "rPh":
            inside[1] = True

    def end(tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "t":
            inside[0] = False
        elif kind == "rPh":
            inside[1] = False
        elif kind == "si":
            texts.append("".join(parts))
            parts.clear()

    def said(data: str) -> None:
        if inside[0]:
            parts.append(data)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, said
    parser.buffer_text = True
    with archive.open("xl/sharedStrings.xml") as source:
        parser.ParseFile(source)
    return texts


class _Walk:
    """Puts the cells of one sheet into rows while its XML is read piece by piece."""

    def __init__(self, texts: list[str], merged: list[tuple[int, int, int, int]]) -> None:
        self.texts, self.merged = texts, merged
        self.done: list[Row] = []
        self.row, self.cells = 0, list[str]()
        self.column, self.kind = 0, "n"
        self.parts: list[str] = []
        self.inside = False

    def begin(self, tag: str, held: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "c":
            found = _PLACE.fullmatch(held.get("r", ""))
            self.column = _column(found[1]) if found else self.column + 1
            self.kind = held.get("t", "n")
        elif kind in ("v", "t"):
            self.inside = True
        elif kind == "row":
            self.row = int(held["r"]) if "r" in held else self.row + 1
            self.cells, self.column = [], 0
        elif kind == "mergeCell":
            first, _, last = held["ref"].partition(":")
            a, b = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
            if a and b:
                self.merged.append((int(a[2]), _column(a[1]), int(b[2]), _column(b[1])))

    def end(self, tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind in ("v", "t"):
            self.inside = False
        elif kind == "c":
            text = "".join(self.parts)
            if text:
                if self.kind == "s":
                    text = self.texts[int(text)]
                elif self.kind == "n":
                    text = Number(text)
                self.cells.extend([""] * (self.column - len(self.cells) - 1))
                self.cells.append(text)
            self.parts.clear()
        elif kind == "row" and any(cell.strip() for cell in self.cells):
            self.done.append((self.row, self.cells))

    def said(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)


def _column(letters: str) -> int:
    column = 0
    for one in letters:
        column = column * 26 + ord(one) - 64
    return column


def _rows(
    archive: zipfile.ZipFile, part: str, texts: list[str], merged: list[tuple[int, int, int, int]]
) -> Iterator[Row]:
    walk = _Walk(texts, merged)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = walk.begin, walk.end, walk.said
    parser.buffer_text = True
    with archive.open(part) as source:
        while piece := source.read(_PIECE):
            parser.Parse(piece, False)
            yield from walk.done
            walk.done.clear()
    parser.Parse(b"", True)
    yield from walk.done
