"""The manifest inside a book: every figure with its passport, where it stands, and the hash of every page.

It is put into the PDF as `figures.json` (whole, with the inputs) and `figures.csv` (to read), so that a book can be
checked by somebody who has nothing but the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from portal.reports import snapshot
from portal.reports.binding import Attachment
from portal.reports.sheets import Frozen
from portal.reports.whole import Issue

JSON, CSV = "figures.json", "figures.csv"
HEADINGS = ("key", "page", "label", "printed", "value", "formula")


def attachments(
    frozen: Frozen, issue: Issue, shown: Mapping[str, str], pages: Mapping[str, int], hashes: Sequence[str]
) -> list[Attachment]:
    """Return what is put inside a book: nothing for figures that were frozen before there were passports."""
    if not frozen.passports:
        return []
    whole = manifest(frozen, issue, shown, pages, hashes)
    return [
        Attachment(JSON, "application/json", "ที่มาของตัวเลขทุกตัว พร้อมข้อมูลที่ใช้คำนวณ", snapshot.text_of(whole).encode()),
        Attachment(CSV, "text/csv", "ที่มาของตัวเลข สำหรับเปิดอ่าน", _as_csv(whole).encode("utf-8-sig")),
    ]


def manifest(
    frozen: Frozen, issue: Issue, shown: Mapping[str, str], pages: Mapping[str, int], hashes: Sequence[str]
) -> dict[str, Any]:
    """Return the manifest of one edition as JSON can hold it."""
    return {
        "book": frozen.book.slug,
        "subject": frozen.cut.subject,
        "number": issue.number,
        "standing": issue.state.value,
        "cut_at": snapshot.freeze(frozen.cut.cut_at),
        "snapshot_sha256": frozen.sha256,
        "pages": list(hashes),
        "printed": {key: [shown[key], pages[key]] for key in frozen.figures if key in shown and key in pages},
        "passports": frozen.passports,
    }


def _as_csv(whole: Mapping[str, Any]) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(HEADINGS)
    for key, _, label, _, value, formula in whole["passports"]["figures"]:
        printed, page = whole["printed"].get(key, ("", ""))
        lines.writerow([key, page, label, printed, "" if value is None else value, snapshot.text_of(formula)])
    return out.getvalue()
