"""Kind: a text of several lines."""

from __future__ import annotations

from portal.forms.kinds.text import Text


class LongText(Text):
    """Paragraphs: problems, remedies, remarks."""

    name = "long_text"
    longest = 10_000
    many_lines = True


KIND = LongText()
