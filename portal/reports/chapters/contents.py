"""Chapter: the contents. Page numbers are written by the binder, so that this page does not change with them."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("contents", "สารบัญ", nothing, sees_book=True, sees=("entries",), in_contents=False)
