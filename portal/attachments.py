"""Files of reports: what one is is told by its content, its name stands in the answer, its bytes in the file store."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile

from models import Attachment, Person, db
from portal import answers, photos, records
from portal.answers import Saved
from portal.errors import NotFound, RuleBroken
from portal.files import Files
from portal.forms import kinds
from portal.forms.kinds.file import File
from portal.forms.questions import Question
from portal.forms.values import Cell
from portal.rules.inputs import parse_text
from portal.sheets import Sheet

MOST_BYTES = 10_000_000
MOST_PARTS = 2_000  # of an office document
MOST_UNPACKED = 200_000_000
_OFFICE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_MEDIA = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "csv": "text/csv",
    "txt": "text/plain",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def attach(sheet: Sheet, cell: Cell, name: str, content: bytes, *, by: Person, at: dt.datetime, store: Files) -> Saved:
    """Keep one file with a cell that asks for files, and put its name among the cell's answers.

    Refused with a reason: of a kind that the question does not take, of another kind than its name says, too large,
    a picture of too many points, one file too many, or while the cell is locked.
    """
    answers.check_office(by)
    question = _question(sheet, cell)
    if (lock := sheet.locked(cell)) is not None:
        raise lock.refusal(cell.key)
    if len(content) > MOST_BYTES:
        raise RuleBroken("“{name}” is larger than {most} MB.", field=cell.key, name=_plain(name), most=10)
    ending, content = _checked(question, cell, _plain(name), content)
    answers.begun(sheet, by=by, at=at)
    there = {one.name: one for one in of(sheet, cell)}
    digest = hashlib.sha256(content).hexdigest()
    if any(one.sha256 == digest for one in there.values()):
        raise RuleBroken("This file is attached already.", field=cell.key)
    stem = re.sub(r"\.[^.]{1,5}$", "", _plain(name))[:180]
    shown, number = f"{stem}.{ending}", 2
    while shown in there:
        shown, number = f"{stem} ({number}).{ending}", number + 1
    key = store.keep(f"attachment.{ending}", content)
    try:
        with db.atomic():
            with records.changing(by=by, verb="attach", at=at, note=shown, as_verb=True) as work:
                work.create(
                    Attachment, submission=sheet.submission, unit=sheet.obligation.unit_id, name=shown,
                    media_type=_MEDIA.get(ending, "application/octet-stream"), size=len(content), sha256=digest,
                    file_key=key, added_by=by, added_at=at, key=cell.key, row=cell.row,
                )  # fmt: skip
            return _name_them(sheet, cell, [*there, shown], by=by, at=at)
    except BaseException:
        store.remove(key)
        raise


def detach(sheet: Sheet, ident: int, *, by: Person, at: dt.datetime) -> Saved:
    """Take a file away from a report; the trail keeps that it was there, and so does the file store."""
    answers.check_office(by)
    submission = sheet.submission
    held = Attachment.get_or_none(Attachment.id == ident)
    if held is None or submission is None or held.submission_id != submission.id:
        raise NotFound("This file is no longer here.")
    cell = Cell(held.key, held.row)
    if (lock := sheet.locked(cell)) is not None:
        raise lock.refusal(cell.key)
    with db.atomic():
        with records.changing(by=by, verb="detach", at=at, note=held.name, as_verb=True) as work:
            work.remove(held)
        return _name_them(sheet, cell, [one.name for one in of(sheet, cell)], by=by, at=at)


def of(sheet: Sheet, cell: Cell | None = None) -> list[Attachment]:
    """Return the files of a report, or of one of its cells, in the order they came."""
    if sheet.submission is None:
        return []
    query = Attachment.select().where(Attachment.submission == sheet.submission.id)
    if cell is not None:
        query = query.where(Attachment.key == cell.key, Attachment.row == cell.row)
    return list(query.order_by(Attachment.id))


# ---------------------------------------------------------------- below: how


def _question(sheet: Sheet, cell: Cell) -> Question:
    question = sheet.spec.asked.get(cell.key)
    if question is None or not isinstance(kinds.of(question), File) or cell.row != 0:
        raise NotFound("There is no such field.")
    return question


def _name_them(sheet: Sheet, cell: Cell, names: list[str], *, by: Person, at: dt.datetime) -> Saved:
    saved = answers.fill_in(sheet, {cell: "\n".join(names)}, by=by, at=at)
    if cell in saved.refused:
        raise saved.refused[cell]
    return saved


def _plain(name: str) -> str:
    return parse_text(re.split(r"[\\/]", name)[-1]).lstrip(". ")[:200] or "file"


def _checked(question: Question, cell: Cell, name: str, content: bytes) -> tuple[str, bytes]:
    """Return the ending and the bytes to keep. The content decides what a file is; its name must say the same."""
    kind = kinds.of(question)
    assert isinstance(kind, File)
    accepted = kind.accepted(question)
    said = name.rpartition(".")[2].lower()
    if said not in accepted:
        raise RuleBroken(
            "“{text}” is of another kind. Accepted here: {names}",
            field=cell.key, text=name[:60], names=", ".join(accepted),
        )  # fmt: skip
    is_picture = said in ("jpg", "jpeg", "png")
    found = _told(content)
    same = (
        {found}
        | ({"csv", "txt"} if found in ("csv", "txt") else set())
        | ({"jpeg", "jpg", "png"} if is_picture else set())
    )
    if found is None or said not in same or (is_picture and found not in ("jpg", "png")):
        raise RuleBroken("“{name}” is not what its name says, so it was not kept.", field=cell.key, name=name[:60])
    if is_picture:
        drawn, _, _ = photos.redrawn(content, name, False)
        return ("jpg", drawn) if {"jpg", "jpeg"} & set(accepted) else (found, content)
    return said, content


def _told(content: bytes) -> str | None:
    """Return the usual ending of what these bytes are; None for what is not taken at all."""
    known = photos.kind_of(content)
    if known is not None:
        return known[1].removeprefix(".")
    if content[:4] == b"PK\x03\x04":
        return _office(content)
    for encoding in ("utf-8-sig", "cp874"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        begins = text.lstrip()[:200].lower()
        if "\0" in text or re.match(r"<(!doctype|html|script|svg|\?xml|\?php)|#!", begins):
            return None
        return "csv" if "," in text.split("\n", 1)[0] or ";" in text.split("\n", 1)[0] else "txt"
    return None


def _office(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        return None
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or any("vbaProject" in name for name in names):
        return None
    return next((ending for ending, folder in _OFFICE.items() if any(n.startswith(folder) for n in names)), None)
