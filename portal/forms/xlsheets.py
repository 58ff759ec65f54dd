"""The sheets of an XLSForm workbook as plain rows. A file is looked at before it is opened; pyxform reads it and says
whether it is a sound XLSForm.
"""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData, xlsx_to_dict

from portal.errors import PortalError, RuleBroken
from portal.workbooks import safe

LIMITS = safe.Limits(
    packed=4 * 1024 * 1024, unpacked=32 * 1024 * 1024, sheets=30, rows=20_000, columns=2_000, cells=400_000
)
LONGEST_CELL = 5_000
# What pyxform raises, besides its own errors, on workbooks that contradict themselves.
BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, AssertionError)


def opened(data: bytes) -> dict[str, Any]:
    """Return the rows of each sheet. Raises FileRefused for a file that is not opened, RuleBroken for no XLSForm."""
    safe.check_file(io.BytesIO(data), limits=LIMITS)
    book = _read(data)
    _check_sound(book)
    return book


@dataclass(frozen=True)
class Remark:
    """Something in the workbook that the form does not have, or has otherwise. `row` 0 = the sheet as a whole."""

    sheet: str
    row: int
    column: str
    error: PortalError


@dataclass
class Row:
    """A row of a sheet by plain column names; texts in several languages by language."""

    number: int
    sheet: str
    cells: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a cell, empty where there is none."""
        return self.cells.get(name, "")


def header(header: str) -> tuple[str, str]:
    """Return a column's plain name and its language: `label::Thai (th)` → label, Thai (th)."""
    parts = re.split(r"\s*::?\s*", header.strip(), maxsplit=1)
    name = re.sub(r"[\s-]+", "_", parts[0].lower()) if parts[0].lower() not in ("big-image",) else "big-image"
    plain = {"caption": "label", "relevance": "relevant", "calculate": "calculation", "command": "type", "tag": "name",
             "constraining_message": "constraint_message", "readonly": "read_only", "value": "name",
             "requiredmsg": "required_message", "guidance_hint": "guidance_hint"}  # fmt: skip
    if parts[0].lower() in ("bind", "control", "body", "instance", "jr") and len(parts) == 2:
        inner = parts[1].lower().removeprefix("jr:")
        names = {"relevant": "relevant", "required": "required", "constraint": "constraint", "calculate": "calculation",
                 "constraintmsg": "constraint_message", "appearance": "appearance",
                 "count": "repeat_count"}  # fmt: skip
        return names.get(inner, f"{parts[0].lower()}:{inner}"), ""
    return plain.get(name, name), parts[1] if len(parts) == 2 else ""


# ---------------------------------------------------------------- below: how


def _read(data: bytes) -> dict[str, Any]:
    try:
        book: dict[str, Any] = xlsx_to_dict(io.BytesIO(data))
    except PyXFormError as error:
        raise _unsound(error)
    except BROKEN as error:
        raise RuleBroken("This file is damaged and cannot be opened. Save it again in Excel.", field="file") from error
    for sheet, rows in book.items():
        for n, row in enumerate(rows if isinstance(rows, list) else [], 2):
            for value in row.values() if isinstance(row, dict) else ():
                if isinstance(value, str) and len(value) > LONGEST_CELL:
                    raise RuleBroken(
                        "Sheet “{sheet}”, row {row}: this text is too long.", field="file", sheet=sheet, row=n
                    )
    return book


def _check_sound(book: Mapping[str, Any]) -> None:
    """Let pyxform say whether this is an XLSForm at all."""
    try:
        workbook_to_json(DefinitionData(**copy.deepcopy(dict(book))), form_name="form", warnings=[])
    except PyXFormError as error:
        raise _unsound(error)
    except BROKEN as error:
        raise RuleBroken("This is no sound XLSForm: {reason}", field="file", reason=str(error)[:300] or "-") from error


def _unsound(error: Exception) -> RuleBroken:
    return RuleBroken("This is no sound XLSForm: {reason}", field="file", reason=" ".join(str(error).split())[:600])
