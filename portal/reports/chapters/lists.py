"""Chapter: the lists of tables and figures. Like the contents, it does not change with the pages they stand on."""

from __future__ import annotations

from portal.reports.chapter import Chapter, nothing

CHAPTER = Chapter("lists", "สารบัญตารางและภาพ", nothing, sees_book=True, sees=("captions",), in_contents=False)
