"""Workbooks that were sent in: kept while they may still be taken, and a line of what came of each.

This is the machine's own ledger, not a record of anybody's figures: those change by `portal.workbooks.taking` alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import BinaryIO

from models import Person, SentWorkbook
from portal.errors import NotFound
from portal.files import Files
from portal.workbooks.taking import Preview, Taken

KEPT = dt.timedelta(days=7)  # a workbook that nobody took is forgotten after so long
AT_ONCE = 50


def keep(preview: Preview, content: bytes, name: str, *, by: Person, at: dt.datetime, store: Files) -> SentWorkbook:
    """Keep a workbook that was looked at, and return its line. The same file sent in again keeps its line."""
    digest = hashlib.sha256(content).hexdigest()
    counts = {"cells_changed": preview.changes, "cells_wrong": preview.wrong}
    there: SentWorkbook | None = (
        SentWorkbook.select()
        .where(SentWorkbook.person == by.id, SentWorkbook.sha256 == digest, SentWorkbook.state == "looked")
        .first()
    )
    if there is not None and there.file_key:
        SentWorkbook.update(at=at, **counts).where(SentWorkbook.id == there.id).execute()
        return SentWorkbook.get_by_id(there.id)
    forget_old(at=at, store=store)
    made: SentWorkbook = SentWorkbook.create(
        unit=by.unit_id, period=preview.identity.period, person=by, at=at, file_name=name[:300] or "workbook.xlsx",
        file_key=store.keep("workbook.xlsx", content), size=len(content), sha256=digest, **counts,
    )  # fmt: skip
    return made


def opened(sent: SentWorkbook, store: Files) -> BinaryIO:
    """Return the file of a workbook that may still be taken. Raises NotFound when it was taken or forgotten."""
    if not sent.file_key:
        raise NotFound("This workbook was taken already, or lay here too long. Send it in again.")
    return store.open(sent.file_key)


def note_taken(sent: SentWorkbook, taken: Taken, *, at: dt.datetime, store: Files) -> None:
    """Note that a workbook was taken; its file is no longer needed."""
    key = sent.file_key
    SentWorkbook.update(
        state="taken", taken_at=at, cells_taken=SentWorkbook.cells_taken + taken.saved, file_key=""
    ).where(SentWorkbook.id == sent.id).execute()
    if key:
        store.remove(key)


def note_partly(sent: SentWorkbook, taken: Taken) -> None:
    """Note that the right cells of a workbook were taken; it stays for its wrong ones."""
    counts = {"cells_taken": SentWorkbook.cells_taken + taken.saved, "cells_changed": 0}
    SentWorkbook.update(counts).where(SentWorkbook.id == sent.id).execute()


def forget_old(*, at: dt.datetime, store: Files) -> int:
    """Remove the files of workbooks that nobody took in a week, and return how many."""
    old = list(
        SentWorkbook.select()
        .where(SentWorkbook.at < at - KEPT, SentWorkbook.file_key != "")
        .order_by(SentWorkbook.at)
        .limit(AT_ONCE)
    )
    for sent in old:
        store.remove(sent.file_key)
        SentWorkbook.update(file_key="").where(SentWorkbook.id == sent.id).execute()
    return len(old)
