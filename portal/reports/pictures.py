"""Pages of a finished book as pictures, for the screen and for a message. The only file that knows pdfium."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pypdfium2

from portal.errors import NotFound

# pdfium is not made for threads: one page at a time.
_one = threading.Lock()


def page(path: Path, number: int, width: int) -> bytes:
    """Return page `number` (from 1) of the PDF at `path` as a PNG `width` points wide; the same file, the same bytes.

    Raises NotFound for a page that it does not have.
    """
    with _one:
        book = pypdfium2.PdfDocument(path)
        try:
            if not 1 <= number <= len(book):
                raise NotFound("This edition has no page {number}.", number=number)
            sheet = book[number - 1]
            drawn = sheet.render(scale=width / sheet.get_width()).to_pil()
            out = io.BytesIO()
            # pdfium draws up to the next whole point; what is beyond the width asked for is white.
            drawn.convert("RGB").crop((0, 0, width, drawn.height)).quantize(128).save(out, "PNG", optimize=True)
            return out.getvalue()
        finally:
            book.close()
