"""Chapter, as often as wanted: a text of the department's own, such as a foreword or an analysis."""

from __future__ import annotations

from dataclasses import dataclass

from portal.reports.chapter import Chapter, Cut
from portal.rules import markup


@dataclass(frozen=True)
class OwnTextPage:
    """A text in blocks; its title is that of the entry in the table of contents."""

    blocks: tuple[markup.Block, ...] = ()


def page(text: str) -> OwnTextPage:
    """Return a text as it was written, ready to be set."""
    return OwnTextPage(markup.blocks(text))


def gather(cut: Cut) -> OwnTextPage:
    """Gather nothing: what it says is written in the table of contents, not in the records."""
    return OwnTextPage()


CHAPTER = Chapter("own_text", "ข้อความของกรม", gather)
