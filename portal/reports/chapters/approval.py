"""Chapter: the page on which the year is approved, with the hash of the figures approved."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("approval", "การให้ความเห็นชอบ", nothing, sees_book=True, in_contents=False)
