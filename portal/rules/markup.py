"""Texts of one's own in a book: a small markup that can say no more than headings, paragraphs, lists and bold words.

    ## a heading
    a paragraph, over several lines, ends at an empty line; **bold** words
    - a point of a list
    > words that stand apart

Everything else is letters: no tag, no address and no picture can be written, so nothing is ever fetched or run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_LETTERS = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Block:
    """One block of a text. `kind` is heading, words, apart or points; only points have more than one line."""

    kind: str
    lines: tuple[str, ...]


def blocks(text: str) -> tuple[Block, ...]:
    """Return a text as blocks, in order. Any text can be read; an unpaired ** is shown as it stands."""
    made: list[Block] = []
    words: list[str] = []
    points: list[str] = []

    def end() -> None:
        if words:
            made.append(Block("words", (_paired(" ".join(words)),)))
            words.clear()
        if points:
            made.append(Block("points", tuple(map(_paired, points))))
            points.clear()

    for line in _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        line = " ".join(line.split())
        if not line:
            end()
        elif line.startswith("#"):
            end()
            if heading := line.lstrip("#").strip():
                made.append(Block("heading", (heading.replace("**", ""),)))
        elif line.startswith(("- ", "* ", "• ")):
            if words:
                end()
            points.append(line[2:].strip())
        elif line.startswith("> "):
            end()
            made.append(Block("apart", (_paired(line[2:].strip()),)))
        elif points:
            points[-1] += f" {line}"
        else:
            words.append(line)
    end()
    return tuple(made)


def _paired(words: str) -> str:
    """Leave ** only where each has its partner."""
    if words.count("**") % 2:
        before, _, after = words.rpartition("**")
        return f"{before}* *{after}"
    return words
