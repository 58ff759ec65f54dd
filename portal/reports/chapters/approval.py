"""Chapter: the page on which the year is approved, with the hash of the figures approved."""

from __future__ import annotations

from dataclasses import dataclass

from portal.reports.chapter import Chapter, Cut
from portal.rules import editions
from portal.rules.editions import DIRECTOR_GENERAL, ScopeKind


@dataclass(frozen=True)
class ApprovalPage:
    """Who is to approve the book, as long as nobody has: the post."""

    post: str = DIRECTOR_GENERAL


def gather(cut: Cut) -> ApprovalPage:
    """Return whose approval the book waits for: an office's head's, else the Director-General's."""
    return ApprovalPage(editions.head(ScopeKind.OFFICE if cut.unit_code else ScopeKind.NATION, cut.scope_name))


CHAPTER = Chapter("approval", "การให้ความเห็นชอบ", gather, sees_book=True, in_contents=False)
