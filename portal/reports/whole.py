"""What pages about the book itself see of it: its entries, its sources, as what it is issued, how whole it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from portal.reports.captions import CaptionGroup
from portal.reports.figures.coverage import Coverage
from portal.rules.editions import Signature
from portal.rules.terms import EditionState

STANDINGS = {
    EditionState.DRAFT: "ฉบับร่าง",
    EditionState.FOR_MEETING: "ฉบับเสนอที่ประชุม",
    EditionState.FINAL: "ฉบับสมบูรณ์",
    EditionState.APPROVED: "ฉบับที่ได้รับความเห็นชอบ",
    EditionState.SUPERSEDED: "ฉบับที่ถูกแทนที่",
}


@dataclass(frozen=True)
class Entry:
    """One line of the contents. `kind` is part, group, chapter, or front for what stands before all chapters; `anchor`
    is where it leads, empty for nowhere."""

    kind: str
    number: str
    title: str
    anchor: str


@dataclass(frozen=True)
class Source:
    """Where a chapter's figures come from: the function that reads them and the SHA-256 of what it read."""

    number: str
    title: str
    reads: str
    sha256: str


@dataclass(frozen=True)
class Issue:
    """As what a book is printed: its number among the editions (0 = it is none), its standing, who stands for it.

    `note` is a reason that belongs on paper, such as why it is final although offices are missing.
    """

    number: int = 0
    state: EditionState = EditionState.DRAFT
    signature: Signature = field(default_factory=Signature)
    note: str = ""

    @property
    def standing(self) -> str:
        """Return its standing in words."""
        return STANDINGS[self.state]

    @property
    def words(self) -> str:
        """Return number and standing: `ฉบับที่ 3 ฉบับร่าง`."""
        return f"ฉบับที่ {self.number} {self.standing}" if self.number else f"{self.standing} ไม่ออกเลขฉบับ"


NO_ISSUE = Issue()
NEVER = dt.datetime(1, 1, 1)  # noqa: DTZ001 - the moment of a cut, on pages that do not see it


@dataclass(frozen=True)
class Whole:
    """What a page about the book itself sees of it; `coverage` says how whole its figures are, `captions` which tables
    and figures it holds."""

    entries: tuple[Entry, ...]
    sources: tuple[Source, ...]
    snapshot_sha256: str
    cut_at: dt.datetime
    issue: Issue
    coverage: Coverage
    captions: tuple[CaptionGroup, ...] = ()

    def only(self, fields: Sequence[str]) -> Whole:
        """Return what is left of it when nothing but some fields is seen; of none named, all but the captions."""
        if not fields:
            return replace(self, captions=())
        blank = Whole((), (), "", NEVER, NO_ISSUE, Coverage())
        return replace(blank, **{name: getattr(self, name) for name in fields})
