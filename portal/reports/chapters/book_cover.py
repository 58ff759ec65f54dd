"""Chapter: the book's cover."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("book_cover", "ปก", nothing, sees_book=True, in_contents=False, is_numbered=False)
