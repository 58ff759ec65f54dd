"""What WeasyPrint does twice or the long way round, done once: the same pages for a seventh less of the time.

Each shortcut stands before one function of WeasyPrint 70 and hands on whatever it does not know. A test lays pages set
with them over pages set without.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from weasyprint import draw, pdf
from weasyprint.draw.color import get_color
from weasyprint.text.ffi import pango
from weasyprint.text.line_break import Layout

from portal.reports import thai_text

# What ends a paragraph for Pango.
ENDS = re.compile("[\n\r\u2028\u2029]")
CORNERS = tuple(f"border_{y}_{x}_radius" for y in ("top", "bottom") for x in ("left", "right"))

_draw_border_slowly = draw.draw_border
_build_fonts_whole = pdf.build_fonts_dictionary
_set_text_slowly, _let_go, _lay_out_again = Layout.set_text, Layout.deactivate, Layout.reactivate
_is_part = False


def take() -> None:
    """Take the shortcuts, in this process and in all that it forks."""
    draw.draw_border = _draw_border
    pdf.build_fonts_dictionary = _build_fonts
    Layout.set_text, Layout.deactivate, Layout.reactivate = _set_text, _deactivate, _reactivate


@contextlib.contextmanager
def part_of_a_book() -> Iterator[None]:
    """Leave the programs of our typefaces out of what is written meanwhile: the binder gives every part its own.

    Such a document is none by itself. Cutting the faces to their letters takes a small chapter a tenth of its time.
    """
    global _is_part
    _is_part = True
    try:
        yield
    finally:
        _is_part = False


# ---------------------------------------------------------------- borders


def _draw_border(stream: Any, box: Any) -> None:
    """Draw a straight line above or below a box as a rectangle; WeasyPrint cuts it out of two rounded ones.

    Nearly every cell of a table has such a line.
    """
    if not _has_only_straight_lines(box):
        _draw_border_slowly(stream, box)
        return
    x, width = box.border_box_x(), box.border_width()
    top, bottom = box.border_box_y(), box.border_box_y() + box.border_height()
    for side, height, y in (
        ("top", box.border_top_width, top),
        ("bottom", box.border_bottom_width, bottom - box.border_bottom_width),
    ):
        colour = get_color(box.style, f"border_{side}_color") if height else None
        if colour is not None and colour.alpha:
            with stream.artifact(), stream.stacked():
                stream.set_color(colour)
                stream.rectangle(x, y, width, height)
                stream.fill()


def _has_only_straight_lines(box: Any) -> bool:
    style = box.style
    return (
        not box.border_left_width
        and not box.border_right_width
        and (not box.border_top_width or style["border_top_style"] == "solid")
        and (not box.border_bottom_width or style["border_bottom_style"] == "solid")
        and not any(any(getattr(box, corner)) for corner in CORNERS)
        and style["visibility"] == "visible"
        and style["border_image_source"][0] == "none"
        and style["column_width"] == style["column_count"] == "auto"
    )


# ---------------------------------------------------------------- lines of text


def _set_text(self: Any, text: str, justify: bool = False) -> None:
    """As WeasyPrint, with the mode in which a line will be drawn set beforehand, so that drawing changes nothing."""
    if not ENDS.search(text):
        pango.pango_layout_set_single_paragraph_mode(self.layout, True)
    _set_text_slowly(self, text, justify)


def _deactivate(self: Any) -> None:
    """Keep a line as it was laid out until it is drawn; WeasyPrint lets it go and lays it out again."""
    if ENDS.search(self.text) or hasattr(self, "is_drawn"):
        _let_go(self)


def _reactivate(self: Any, style: Any) -> None:
    self.is_drawn = True
    if self.justification_spacing or not hasattr(self, "layout"):
        _lay_out_again(self, style)
    else:
        self.style = style


# ---------------------------------------------------------------- typefaces


def _build_fonts(written: Any, fonts: Any, *options: Any) -> Any:
    if _is_part:
        whole = {
            font.hash for font in fonts.values() if font.missing or thai_text.face(thai_text.name_of(font)) is None
        }
        for font in fonts.values():
            if font.hash not in whole:
                font.file_content, font.clean = b"", _leave
    return _build_fonts_whole(written, fonts, *options)


def _leave(*_: Any) -> None:
    """Leave a typeface as it is."""
