"""Photos of visits: what they are is told by their content, and nothing but the picture is kept."""

import io
import zlib

import pytest
from PIL import Image

from models import Attachment
from portal import files, photos
from portal.errors import NotAllowed, RuleBroken
from portal.rules.access import Role
from tests import make
from tests.make import NOON


@pytest.fixture
def visit(migrated):
    return make.visit()


@pytest.fixture
def officer(visit):
    return make.person(Role.REPORTER, visit.unit)


@pytest.fixture
def kept(migrated):
    return files.FolderFiles(migrated.folder / "files")


def picture(kind="JPEG", size=(1200, 800), mode="RGB", *, exif=None):
    made = io.BytesIO()
    Image.new(mode, size, "teal").save(made, kind, **({"exif": exif} if exif else {}))
    return made.getvalue()


def taken_by_a_telephone():
    exif = Image.Exif()
    exif[0x010F] = "Telephone maker"
    exif[0x0112] = 6  # to be turned by a quarter
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 26.0, 0.0), 3: "E", 4: (102.0, 50.0, 0.0)})
    return picture(exif=exif)


def bomb():
    """A PNG of 30,000 by 30,000 points in some hundred bytes of promises."""
    head = (30_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])

    def chunk(name, body):
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def keep(visit, name, content, officer, kept, **more):
    return photos.keep(visit, name, content, by=officer, at=NOON, store=kept, **more)


def opened(kept, key):
    with kept.open(key) as file:
        return Image.open(io.BytesIO(file.read()))


def test_a_photo_keeps_its_pixels_and_nothing_else(visit, officer, kept):
    row = keep(visit, "IMG_0001.JPG", taken_by_a_telephone(), officer, kept)
    held = opened(kept, row.file_key)

    assert (held.format, held.size) == ("JPEG", (800, 1200))
    assert dict(held.getexif()) == {} and not held.getexif().get_ifd(0x8825)
    assert (row.name, row.media_type, row.key) == ("IMG_0001.jpg", "image/jpeg", "")


def test_its_position_stays_only_when_asked_for(visit, officer, kept):
    row = keep(visit, "a.jpg", taken_by_a_telephone(), officer, kept, with_location=True)
    exif = opened(kept, row.file_key).getexif()

    assert exif.get_ifd(0x8825)[2] == (16.0, 26.0, 0.0)
    assert 0x010F not in exif and row.key == photos.LOCATED


def test_a_thumbnail_is_made(visit, officer, kept):
    row = keep(visit, "a.png", picture("PNG", mode="RGBA"), officer, kept)

    assert opened(kept, row.thumbnail_key).size == (320, 213)


def test_a_large_photo_is_made_smaller(visit, officer, kept):
    row = keep(visit, "a.jpg", picture(size=(6000, 4000)), officer, kept)

    assert max(opened(kept, row.file_key).size) == photos.LONG_EDGE


@pytest.mark.parametrize("content", [
    b"<script>alert(1)</script>", b"#!/bin/sh\nrm -rf /", b"GIF89a" + bytes(50), b"MZ" + bytes(100), b"",
    b"PK\x03\x04" + bytes(40),
], ids=["script", "shell", "gif", "program", "empty", "zip"])  # fmt: skip
def test_whatever_its_name_says_its_content_decides(visit, officer, kept, content):
    with pytest.raises(RuleBroken, match="whatever its name says"):
        keep(visit, "photo.jpg", content, officer, kept)

    assert Attachment.select().count() == 0 and not list(kept.folder.rglob("*.*"))


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0" + b"<script>" * 50, picture()[:400]], ids=["script", "cut"])
def test_a_picture_that_cannot_be_read_is_refused(visit, officer, kept, content):
    with pytest.raises(RuleBroken, match="damaged"):
        keep(visit, "photo.jpg", content, officer, kept)


def test_a_picture_that_would_unfold_to_a_billion_points_is_refused_before_it_does(visit, officer, kept):
    with pytest.raises(RuleBroken, match="more than 60 million points"):
        keep(visit, "photo.png", bomb(), officer, kept)


def test_what_is_too_large_is_refused(visit, officer, kept):
    with pytest.raises(RuleBroken, match="larger than 10 MB"):
        keep(visit, "photo.jpg", picture() + bytes(photos.MOST_BYTES), officer, kept)


def test_a_pdf_is_kept_as_it_is(visit, officer, kept):
    row = keep(visit, "..\\..\\รายงาน/บันทึก.PDF", b"%PDF-1.7\n%%EOF", officer, kept)

    with kept.open(row.file_key) as file:
        assert file.read() == b"%PDF-1.7\n%%EOF"
    assert (row.name, row.thumbnail_key) == ("บันทึก.pdf", "")


def test_the_same_file_twice_is_kept_once(visit, officer, kept):
    first, again = (keep(visit, "a.jpg", taken_by_a_telephone(), officer, kept) for _ in range(2))

    assert first.id == again.id and Attachment.select().count() == 1


def test_a_visit_keeps_so_many_files_and_no_more(visit, officer, kept):
    for n in range(photos.MOST_FILES):
        keep(visit, "a.pdf", b"%PDF-" + bytes([n]), officer, kept)

    with pytest.raises(RuleBroken, match="at most 20"):
        keep(visit, "a.pdf", b"%PDF-more", officer, kept)


def test_only_the_office_itself_keeps_and_removes(visit, officer, kept):
    row = keep(visit, "a.jpg", picture(), officer, kept)

    for stranger in (make.person(Role.REPORTER), make.person(Role.DIVISION)):
        with pytest.raises(NotAllowed):
            keep(visit, "b.jpg", picture(size=(10, 10)), stranger, kept)
        with pytest.raises(NotAllowed):
            photos.remove(row, by=stranger, at=NOON, store=kept)

    photos.remove(row, by=officer, at=NOON, store=kept)
    assert Attachment.select().count() == 0 and not list(kept.folder.rglob("*.jpg"))
