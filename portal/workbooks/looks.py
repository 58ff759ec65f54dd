"""How cells of a workbook look: face, colours, lines. Each look is made once for a workbook."""

from __future__ import annotations

from typing import Any

FACE = "TH Sarabun New"  # the face of Thai government papers, on every office's machine
INK, QUIET, LINE = "#1f2933", "#5f6b7a", "#c9d1d9"
BASE: dict[str, Any] = {"font_name": FACE, "font_size": 16, "font_color": INK, "valign": "vcenter"}
BOX: dict[str, Any] = {"border": 1, "border_color": LINE}
OPEN: dict[str, Any] = {**BOX, "locked": False}

LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 20},
    "plain": {},
    "quiet": {"font_color": QUIET, "font_size": 14},
    "shut_words": {"bold": True, "font_color": "#8a4b00"},
    "head": {**BOX, "bold": True, "bg_color": "#14532d", "font_color": "#ffffff", "text_wrap": True, "align": "center"},
    "section": {"bold": True, "bg_color": "#e3efe6", "bottom": 1, "bottom_color": LINE},
    "note": {"font_color": QUIET},
    "label": {**BOX, "text_wrap": True},
    "table": {"bold": True, "top": 1, "top_color": LINE},
    "heads": {**BOX, "bold": True, "bg_color": "#eef1f4", "text_wrap": True, "align": "center"},
    "row": {**BOX, "text_wrap": True},
    "link": {**BOX, "font_color": "#0b5394", "underline": 1},
    "unit": {**BOX, "font_color": QUIET, "align": "center"},
    "beside": {**BOX, "font_color": QUIET, "bg_color": "#f6f7f9", "align": "right"},
    "beside_text": {**BOX, "font_color": QUIET, "bg_color": "#f6f7f9", "text_wrap": True},
    "beside_label": {**BOX, "font_color": QUIET, "bg_color": "#f6f7f9", "align": "right"},
    "sum": {**BOX, "bold": True, "bg_color": "#eef1f4", "align": "right"},
    "sum_label": {**BOX, "bold": True, "bg_color": "#eef1f4", "align": "right"},
    "answer": {**OPEN, "bg_color": "#fff9e0"},
    "hidden": {**OPEN, "bg_color": "#fbfaf5"},
    "reason": {**OPEN, "bg_color": "#fff9e0", "font_size": 14},
    "wrong": {**OPEN, "bg_color": "#ffc7ce", "font_color": "#9c0006", "border": 2, "border_color": "#9c0006"},
    "warned": {**OPEN, "bg_color": "#ffe699", "border": 1, "border_color": "#8a6d00"},
    "shut": {**BOX, "bg_color": "#e4e7eb", "font_color": QUIET},
    "worked_out": {**BOX, "bg_color": "#eaf2fb", "align": "right"},
    "remark": {**BOX, "font_color": "#9c0006", "font_size": 14},
    "figure": {**BOX, "align": "right"},
    "warned_bare": {"bg_color": "#ffe699"},
    "good": {**BOX, "font_color": "#14532d"},
    "bad": {**BOX, "bg_color": "#ffc7ce", "font_color": "#9c0006"},
}


class Looks:
    """The looks of one workbook. `note` is how comments are set."""

    note = {"x_scale": 2.2, "y_scale": 1.6, "font_name": FACE, "font_size": 12, "author": "portal"}

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str, bool], Any] = {}

    def get(self, look: str, *, number: str = "", many_lines: bool = False) -> Any:
        """Return a look by name, with a number format and with wrapped lines where asked for."""
        key = (look, number, many_lines)
        if key not in self._made:
            shape = {**BASE, **LOOKS[look]}
            if number:
                shape["num_format"] = number
            if many_lines:
                shape["text_wrap"] = True
            self._made[key] = self._book.add_format(shape)
        return self._made[key]
