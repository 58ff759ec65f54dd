"""From a file to a statement: which shape it is of, and what it says."""

from __future__ import annotations

from pathlib import Path

from portal.errors import PortalError, RuleBroken
from portal.imports import IMPORTS
from portal.imports.rows import sheets
from portal.imports.source import Given, Statement


def read(path: Path, given: Given) -> Statement:
    """Return what the file says, with everything that is wrong with it; a file that cannot be read at all says so too.

    The shape is told by the headings, never by the file's name. A workbook may have sheets beside the one with money;
    two sheets with money are two files.
    """
    found: Statement | None = None
    try:
        for sheet in sheets(path):
            for shape in IMPORTS:
                heading = shape.heading(sheet.head)
                if heading is None:
                    continue
                if found is not None:
                    found.fault(
                        RuleBroken("Sheet “{name}” holds money as well: put one sheet into each file.", name=sheet.name)
                    )
                    return found
                found = shape.read(sheet, heading, given)
                break
    except PortalError as wrong:
        found = found or Statement("")
        found.fault(wrong)
        return found
    if found is None:
        found = Statement("")
        found.fault(
            RuleBroken(
                "No headings of a finance file were found in this file: {names}.",
                names=[shape.title for shape in IMPORTS],
            )
        )
    return found
