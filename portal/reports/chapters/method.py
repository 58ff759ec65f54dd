"""Chapter: how figures are counted, what the marks mean, and where every chapter's figures come from."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("method", "วิธีคำนวณ แหล่งข้อมูล และที่มาของตัวเลข", nothing, sees_book=True)
