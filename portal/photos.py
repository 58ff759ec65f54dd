"""Photos and files of visits: what they are is told by their content, what a camera wrote into them is taken out.

A picture is drawn anew from its pixels, so that nothing but the picture is kept: no position, no device, no script
behind it. The position stays only when the person asked for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import warnings

from PIL import Image, ImageOps

from models import Attachment, Person, Visit
from portal import records
from portal.errors import MoveRefused, NotAllowed, PortalError, RuleBroken
from portal.files import Files
from portal.rules.access import OFFICE_ROLES
from portal.rules.inputs import parse_text
from portal.rules.terms import VisitState

MOST_BYTES = 10_000_000
MOST_FILES = 20  # of one visit
MOST_PIXELS = 60_000_000  # more than a telephone takes; a bomb has hundreds of millions in a few kilobytes
LONG_EDGE = 2_560
THUMBNAIL = 320
LOCATED = "located"  # `Attachment.key` of a picture that keeps its position
PICTURES = ("JPEG", "PNG", "WEBP")
_GPS = 0x8825
_BEGINS = (
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"%PDF-", "application/pdf", ".pdf"),
)


def kind_of(content: bytes) -> tuple[str, str] | None:
    """Return media type and ending of a file we keep, told by how it begins; None for any other."""
    for mark, media_type, ending in _BEGINS:
        if content.startswith(mark):
            return media_type, ending
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", ".webp"
    return None


def keep(
    visit: Visit,
    name: str,
    content: bytes,
    *,
    by: Person,
    at: dt.datetime,
    store: Files,
    with_location: bool = False,
) -> Attachment:
    """Keep one photo or PDF with a visit of the person's own office, and return its row.

    Refused with a reason: too large, not a JPEG, PNG, WebP or PDF by its content, a picture of too many points or one
    that cannot be read, more than so many files. The same file twice is kept once.
    """
    _check_office(visit, by)
    shown = _name(name)
    if len(content) > MOST_BYTES:
        raise RuleBroken(
            "“{name}” is larger than {most} MB. Make the picture smaller.", field="files", name=shown, most=10
        )
    found = kind_of(content)
    if found is None:
        raise RuleBroken(
            "“{name}” is not a picture (JPEG, PNG, WebP) or a PDF, whatever its name says.", field="files", name=shown
        )
    media_type, ending = found
    digest = hashlib.sha256(content).hexdigest()
    held = list(Attachment.select().where(Attachment.visit == visit.id))
    there = next((one for one in held if one.sha256 == digest), None)
    if there is not None:
        return there
    if len(held) >= MOST_FILES:
        raise RuleBroken("A visit keeps at most {most} files.", field="files", most=MOST_FILES)
    small, is_located = b"", False
    if media_type != "application/pdf":
        content, small, is_located = redrawn(content, shown, with_location)
        media_type, ending = "image/jpeg", ".jpg"
    keys = [store.keep(f"photo{ending}", content)]
    try:
        if small:
            keys.append(store.keep("thumbnail.jpg", small))
        with records.changing(by=by, verb="attach", at=at, as_verb=True) as work:
            return work.create(
                Attachment,
                visit=visit,
                unit=visit.unit_id,
                name=re.sub(r"\.[A-Za-z0-9]{1,5}$", "", shown) + ending,
                media_type=media_type,
                size=len(content),
                sha256=digest,
                file_key=keys[0],
                thumbnail_key=keys[1] if small else "",
                key=LOCATED if is_located else "",
                added_by=by,
                added_at=at,
            )
    except BaseException:
        for key in keys:
            store.remove(key)
        raise


def remove(attachment: Attachment, *, by: Person, at: dt.datetime, store: Files) -> None:
    """Take a file away from a visit that is still with its office; the trail keeps that it was there."""
    _check_office(attachment.visit, by)
    if attachment.visit.state == VisitState.VERIFIED:
        raise MoveRefused("This visit has been verified; its division can return it for a correction.")
    with records.changing(by=by, verb="detach", at=at, note=attachment.name, as_verb=True) as work:
        work.remove(attachment)
    store.remove(attachment.file_key)
    if attachment.thumbnail_key:
        store.remove(attachment.thumbnail_key)


def of(visit_id: int) -> list[Attachment]:
    """Return the files of a visit in the order they came."""
    return list(Attachment.select().where(Attachment.visit == visit_id).order_by(Attachment.id))


# ---------------------------------------------------------------- below: how


def _check_office(visit: Visit, by: Person) -> None:
    if by.role not in OFFICE_ROLES or by.unit_id != visit.unit_id:
        raise NotAllowed("Only the office itself keeps files with its visits.")


def _name(name: str) -> str:
    plain = parse_text(re.split(r"[\\/]", name)[-1])
    return plain[:200] or "photo"


def redrawn(content: bytes, name: str, with_location: bool) -> tuple[bytes, bytes, bool]:
    """Return the picture drawn anew as JPEG, its thumbnail, and whether it keeps its position."""
    unreadable: PortalError = RuleBroken(
        "The picture “{name}” is damaged and cannot be read.", field="files", name=name
    )
    too_many = RuleBroken(
        "The picture “{name}” would unfold to more than {most} million points, so it was not opened.",
        field="files", name=name, most=MOST_PIXELS // 1_000_000,
    )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we look at the points ourselves
            image: Image.Image = Image.open(io.BytesIO(content), formats=PICTURES)
        if image.width * image.height > MOST_PIXELS:
            raise too_many
        position = dict(image.getexif().get_ifd(_GPS)) if with_location else {}
        image.draft("RGB", (LONG_EDGE, LONG_EDGE))  # a large JPEG is read at half its size or less
        image = ImageOps.exif_transpose(image)
        image.thumbnail((LONG_EDGE, LONG_EDGE))
        image = _on_white(image)
        exif = Image.Exif()
        if position:
            exif.get_ifd(_GPS).update(position)
        whole = io.BytesIO()
        image.save(whole, "JPEG", quality=86, optimize=True, exif=exif.tobytes() if position else b"")
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        small = io.BytesIO()
        image.save(small, "JPEG", quality=78, optimize=True)
    except RuleBroken:
        raise
    except Image.DecompressionBombError as wrong:
        raise too_many from wrong
    except (OSError, ValueError, SyntaxError, EOFError) as wrong:
        raise unreadable from wrong
    return whole.getvalue(), small.getvalue(), bool(position)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        drawn = image.convert("RGBA")
        ground = Image.new("RGB", drawn.size, "white")
        ground.paste(drawn, mask=drawn.getchannel("A"))
        return ground
    return image.convert("RGB")


def for_print(content: bytes, name: str, edge: int) -> tuple[bytes, bytes, int, int]:
    """Return a picture drawn anew as JPEG with its long edge at most `edge` points, its thumbnail, width and height.

    Nothing a camera wrote into it is kept. Refused as in `keep`: damaged, or too many points.
    """
    whole, small, _ = redrawn(content, name, False)
    with Image.open(io.BytesIO(whole), formats=("JPEG",)) as image:
        image.thumbnail((edge, edge))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=84, optimize=True)
        return out.getvalue(), small, image.width, image.height
