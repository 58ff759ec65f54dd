"""Chapter: the pack's cover with its contents."""

from __future__ import annotations

from dataclasses import dataclass

from portal import formats
from portal.reports.chapter import Chapter, Cut


@dataclass(frozen=True)
class PackCoverPage:
    """What the pack is about."""

    month: str


def gather(cut: Cut) -> PackCoverPage:
    """Gather the cover's words."""
    return PackCoverPage(formats.month_long(cut.fiscal_year, cut.last_period))


CHAPTER = Chapter("pack_cover", "ปก", gather, sees_book=True, in_contents=False, is_numbered=False)
