"""Chapter: how to read the book: a sample of each exhibit, and what stands for a value that is not there."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("reading", "วิธีอ่านรายงาน", nothing, in_contents=False)
