"""Chapter, as often as wanted: photographs, each with what it shows, who took it and who agreed to its printing."""

from __future__ import annotations

from dataclasses import dataclass

from portal.reports.chapter import Chapter, Cut


@dataclass(frozen=True)
class Picture:
    """One photograph: a JPEG in base 64, empty where it could not be read; its size in points."""

    content: str
    width: int
    height: int
    caption: str
    credit: str
    consent: str

    @property
    def is_upright(self) -> bool:
        """Whether it is higher than wide."""
        return self.height > self.width


@dataclass(frozen=True)
class PhotographsPage:
    """The photographs of one entry, in order."""

    pictures: tuple[Picture, ...] = ()


def gather(cut: Cut) -> PhotographsPage:
    """Gather nothing: the photographs are kept with the table of contents, not in the records."""
    return PhotographsPage()


CHAPTER = Chapter("photographs", "ภาพกิจกรรม", gather)
