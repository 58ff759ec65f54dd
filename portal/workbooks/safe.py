"""Open an Excel workbook that a stranger may have made: everything is looked at before anything is believed.

The directory of the archive is read first, then each part is unpacked under a count and walked through by a parser
that keeps nothing, refuses every DTD and counts rows, columns and cells. Only a file that passes is handed to
openpyxl. Sizes and the ratio follow OWASP ASVS 5.2.3 (unpacked size and number of parts are bounded before opening).
"""

from __future__ import annotations

import datetime as dt
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from portal.errors import PortalError

if not openpyxl.DEFUSEDXML:  # without it openpyxl would follow entities
    raise RuntimeError("defusedxml is missing: workbooks cannot be read safely")
warnings.filterwarnings("ignore", module=r"openpyxl\.")  # it warns of features it does not keep; nothing is kept here

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an old .xls, or the envelope of a workbook with a password
LONGEST = 32_767  # characters in a cell, Excel's own limit
PIECE = 64 * 1024

# What openpyxl raises on a workbook whose parts contradict each other; it promises no kinds.
BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, RecursionError, SyntaxError, TypeError, ValueError,
    InvalidFileException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class FileRefused(PortalError):
    """A file that is not a workbook we read, or one that would do harm. `rule` names the reason in one word."""

    status = 422

    def __init__(self, msgid: str, *, rule: str, **values: Any) -> None:
        super().__init__(msgid, field="file", **values)
        self._rule = rule

    @property
    def rule(self) -> str:
        """Return the reason in one word."""
        return self._rule


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be: `packed` and `unpacked` in bytes, `ratio` of one part's unpacked to packed size."""

    packed: int = 16 * 1024 * 1024
    unpacked: int = 96 * 1024 * 1024
    ratio: int = 100
    members: int = 1_000
    sheets: int = 200
    rows: int = 200_000
    columns: int = 1_000
    cells: int = 1_500_000


LIMITS = Limits()
RATIO_FROM = 1024 * 1024  # smaller parts may be as repetitive as they like


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it stands in the file. A formula has no value: what it came to is nobody's statement.

    Numbers are Decimals of at most fifteen digits, as Excel shows them; dates stay what they are.
    """

    row: int
    column: int
    value: Decimal | str | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
    formula: str = ""
    is_error: bool = False
    is_percent: bool = False  # shown as a percentage: Excel keeps 0.5 for what was typed as 50%

    @property
    def is_formula(self) -> bool:
        """Return whether the cell holds a formula instead of a value."""
        return bool(self.formula)

    @property
    def at(self) -> str:
        """Return the cell's name, `B7`."""
        return f"{get_column_letter(self.column)}{self.row}"


class Book:
    """An opened workbook. Sheets are read row by row; nothing is calculated and nothing outside the file is touched."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self.sheets: tuple[str, ...] = tuple(sheet.title for sheet in workbook.worksheets)

    def rows(self, sheet: str) -> Iterator[tuple[Cell, ...]]:
        """Yield the filled cells of each row that has any, from the top. Raises FileRefused when one is damaged."""
        if sheet not in self.sheets:
            raise FileRefused("There is no sheet “{name}” in this workbook.", rule="sheet", name=sheet)
        with _in_words():
            page = self._workbook[sheet]
            page.reset_dimensions()  # what a file says about its own size is not believed
            for row in page.iter_rows():
                if cells := tuple(_cell(c) for c in row if c.value is not None):
                    yield cells

    def values(self, sheet: str) -> Iterator[dict[int, Any]]:
        """Yield each row that has any value as {column number: value}, formulas left out; for plain tables."""
        for row in self.rows(sheet):
            yield {cell.column: cell.value for cell in row if not cell.is_formula}


@contextmanager
def open_safely(file: Path | str | BinaryIO, *, limits: Limits = LIMITS) -> Iterator[Book]:
    """Open an .xlsx for reading, or raise FileRefused with the reason before anything in it is used."""
    check_file(file, limits=limits)
    source: Any = open(file, "rb") if isinstance(file, Path | str) else file  # noqa: SIM115 - closed below
    try:
        with _in_words():
            workbook = openpyxl.load_workbook(source, read_only=True, keep_links=False)
        try:
            yield Book(workbook)
        finally:
            workbook.close()
    finally:
        if source is not file:
            source.close()


def check_file(file: Path | str | BinaryIO, *, limits: Limits = LIMITS) -> None:
    """Refuse a file that is no .xlsx, is damaged, or could do harm when opened; `limits` says how large it may be.

    Refused are: passwords and old .xls, macros, embedded objects, links to other files, data connections, DTDs and
    entities, wrong encodings, too many parts, bytes, sheets, rows, columns or cells, and archives that lie.
    """
    if isinstance(file, Path | str):
        with open(file, "rb") as source:
            return check_file(source, limits=limits)
    _check_kind(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive, limits)
            _check_parts(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise FileRefused(
            "This file is damaged and cannot be opened. Save it again in Excel.", rule="damaged"
        ) from error
    finally:
        file.seek(0)
    return None


# ---------------------------------------------------------------- below: how


def _damaged() -> FileRefused:
    return FileRefused("This file is damaged and cannot be opened. Save it again in Excel.", rule="damaged")


def _bomb() -> FileRefused:
    return FileRefused("Unpacked, this file would take too much room. It was not opened.", rule="bomb")


def _no_workbook() -> FileRefused:
    return FileRefused("This is not an Excel workbook (.xlsx), whatever its name says.", rule="kind")


def _check_kind(file: BinaryIO, limits: Limits) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(8)
    if not size:
        raise FileRefused("This file is empty.", rule="empty")
    if size > limits.packed:
        largest = limits.packed // 1024 // 1024
        raise FileRefused("This file is larger than {largest} MB.", rule="size", largest=largest)
    if head.startswith(OLE):
        file.seek(0)
        if "EncryptedPackage".encode("utf-16-le") in file.read(limits.packed):
            raise FileRefused(
                "This workbook has a password to open it. Take the password off and save it.", rule="password"
            )
        raise FileRefused("This is an old Excel file (.xls). Save it as .xlsx and send that.", rule="kind")
    if not head.startswith(b"PK\x03\x04"):
        raise _no_workbook()


def _check_directory(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Look at the list of parts only: nothing is unpacked yet."""
    parts = archive.infolist()
    if len(parts) > limits.members:
        raise FileRefused("This file holds {count} parts; a workbook has far fewer.", rule="members", count=len(parts))
    names = {part.filename.lower() for part in parts}
    if len(names) != len(parts):
        raise _damaged()
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise _bomb()
    for part in parts:
        name = part.filename
        odd = name.startswith(("/", "\\")) or "\\" in name or "\0" in name or ".." in name.split("/") or ":" in name
        if odd or stat.S_ISLNK(part.external_attr >> 16):
            raise FileRefused("A part of this file has a name that no workbook has. It was not opened.", rule="names")
        if part.flag_bits & 1:
            raise FileRefused(
                "This workbook has a password to open it. Take the password off and save it.", rule="password"
            )
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged()
        if part.file_size > RATIO_FROM and part.file_size > limits.ratio * max(part.compress_size, 1):
            raise _bomb()
        _check_harmless(name.lower())
    if "[content_types].xml" not in names:
        raise _no_workbook()


def _check_harmless(name: str) -> None:
    """Refuse a part by its name; the same things are refused again by their declared type."""
    if "vbaproject" in name or name.startswith(("xl/macrosheets/", "xl/activex/")):
        raise FileRefused("This workbook holds macros. Save it as .xlsx without macros.", rule="macros")
    if name.startswith("xl/embeddings/"):
        raise FileRefused("This workbook holds an embedded object. Take it out and save it.", rule="objects")
    if name.startswith("xl/externallinks/"):
        raise FileRefused("This workbook links to other files. Paste the values instead of the links.", rule="links")
    if name == "xl/connections.xml" or name.startswith("xl/querytables/"):
        raise FileRefused("This workbook fetches data from elsewhere. Paste the values instead.", rule="links")


def _check_parts(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unpack each part once, under a count, and walk through it. What is not XML is never opened at all."""
    walk = _Walk(limits)
    for part in archive.infolist():
        if part.filename.lower().endswith((".xml", ".rels")):
            walk.part(archive, part)
    if walk.sheets > limits.sheets:
        raise FileRefused("This workbook has more than {most} sheets.", rule="sheets", most=limits.sheets)
    if not walk.is_workbook:
        raise _no_workbook()


class _Walk:
    """One walk through the XML parts of a workbook. It keeps counts, and refuses as soon as one is too high."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = self.cells = self.elements = self.sheets = self.depth = self.row = 0
        self.most_elements = 3 * limits.cells + 100_000
        self.is_workbook = False
        self._parser: Any = None

    def part(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        """Walk through one part."""
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._root
        parser.StartDoctypeDeclHandler = self._dtd
        parser.EntityDeclHandler = self._dtd
        self.depth = 0
        try:
            with archive.open(part) as source:
                while piece := source.read(PIECE):
                    self.bytes += len(piece)
                    if self.bytes > self.limits.unpacked:
                        raise FileRefused(
                            "Unpacked, this file would take too much room. It was not opened.", rule="bomb"
                        )
                    parser.Parse(piece, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, UnicodeError) as error:
            raise FileRefused(
                "The part “{name}” of this file is damaged or in a wrong encoding. Save it again in Excel.",
                rule="encoding",
                name=part.filename[:80],
            ) from error

    def _dtd(self, *_: Any) -> None:
        raise FileRefused(
            "This file defines entities of its own, as no workbook does. It was not opened.", rule="entity"
        )

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        """Look at the first element of a part: it says how the rest is to be counted."""
        kind = name.rpartition(":")[2]
        if kind == "worksheet":
            self.sheets += 1
            self.row = 0
            self._parser.StartElementHandler = self._in_sheet
        elif kind == "Types":
            self._parser.StartElementHandler = self._in_types
        elif kind == "Relationships":
            self._parser.StartElementHandler = self._in_relations
        else:
            self._parser.StartElementHandler = self._elsewhere
            self._parser.EndElementHandler = self._end

    def _count(self) -> None:
        self.elements += 1
        if self.elements > self.most_elements:
            raise FileRefused("This workbook has more than {most} cells.", rule="cells", most=self.limits.cells)

    def _elsewhere(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        self.depth += 1
        if self.depth > 200:
            raise _damaged()

    def _end(self, name: str) -> None:
        self.depth -= 1

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        kind = name if name in ("c", "v") else name.rpartition(":")[2]
        if kind == "c":
            self.cells += 1
            if self.cells > self.limits.cells:
                raise FileRefused("This workbook has more than {most} cells.", rule="cells", most=self.limits.cells)
            if at := attributes.get("r"):
                self._check_place(at)
            elif self.row > self.limits.rows:
                self._refuse_rows()
        elif kind == "row":
            # LibreOffice leaves an empty row at the very bottom: only cells out there are refused.
            self.row = self._number(attributes["r"]) if "r" in attributes else self.row + 1
        elif kind == "dimension":
            for corner in attributes.get("ref", "").split(":"):
                if corner:
                    self._check_place(corner)

    def _check_place(self, at: str) -> None:
        found = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})", at)
        if found is None:
            raise _damaged()
        column = 0
        for letter in found[1].upper():
            column = column * 26 + ord(letter) - 64
        if column > self.limits.columns:
            raise FileRefused(
                "A sheet of this workbook has more than {most} columns. Delete the empty ones on the right.",
                rule="columns",
                most=self.limits.columns,
            )
        if self._number(found[2]) > self.limits.rows:
            self._refuse_rows()

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 8) or int(text) < 1:
            raise _damaged()
        return int(text)

    def _refuse_rows(self) -> NoReturn:
        raise FileRefused(
            "A sheet of this workbook has more than {most} rows. Delete the empty ones at the bottom.",
            rule="rows",
            most=self.limits.rows,
        )

    def _in_types(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        declared = attributes.get("ContentType", "").lower()
        if declared == MAIN:
            self.is_workbook = True
        if "macro" in declared or "vba" in declared or "activex" in declared:
            raise FileRefused("This workbook holds macros. Save it as .xlsx without macros.", rule="macros")
        if "externallink" in declared or "connections" in declared or "querytable" in declared:
            raise FileRefused(
                "This workbook links to other files. Paste the values instead of the links.", rule="links"
            )
        if "sheet.binary" in declared:
            raise FileRefused("This is a binary workbook (.xlsb). Save it as .xlsx and send that.", rule="kind")

    def _in_relations(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        kind = attributes.get("Type", "").rpartition("/")[2].lower()
        if attributes.get("TargetMode", "").lower() == "external" and kind != "hyperlink":
            raise FileRefused(
                "This workbook links to other files. Paste the values instead of the links.", rule="links"
            )
        if kind in ("oleobject", "package", "control", "vbaproject", "externallink", "connections"):
            raise FileRefused("This workbook holds an embedded object. Take it out and save it.", rule="objects")


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        text = value if isinstance(value, str) else f"={getattr(value, 'text', '') or ''}".replace("==", "=", 1)
        return Cell(cell.row, cell.column, None, formula=text[:LONGEST] or "=")
    if cell.data_type == "e":
        return Cell(cell.row, cell.column, str(value)[:20], is_error=True)
    if isinstance(value, float):
        # What Excel shows: fifteen digits. The rest is noise of the machine's arithmetic.
        return Cell(cell.row, cell.column, Decimal(format(value, ".15g")), is_percent="%" in cell.number_format)
    if isinstance(value, int) and not isinstance(value, bool):
        return Cell(cell.row, cell.column, Decimal(value), is_percent="%" in cell.number_format)
    if isinstance(value, str) and len(value) > LONGEST:
        raise _damaged()
    return Cell(cell.row, cell.column, value)


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what the parsers raise on a damaged workbook into one sentence."""
    try:
        yield
    except BROKEN as error:
        raise FileRefused(
            "This file is damaged and cannot be opened. Save it again in Excel.", rule="damaged"
        ) from error
