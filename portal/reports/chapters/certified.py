"""Chapter: who stands for the figures: for every office how many months came, who sent the last report, and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import reporting, voices
from portal.reports.figures.offices import by_region, offices


@dataclass(frozen=True)
class Line:
    """One office. `complete` of `months` that were due are all in; nobody has sent where `by` is empty."""

    mark: str
    name: str
    complete: int
    months: int
    by: str
    at: dt.datetime | None


@dataclass(frozen=True)
class Group:
    """An inspection region's offices."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class CertifiedPage:
    """All offices by region."""

    groups: tuple[Group, ...]
    offices: int
    whole: int


def gather(cut: Cut) -> CertifiedPage:
    """Gather who sent what."""
    sent, due = voices.last_sent(cut), reporting.months_due(cut)
    groups = []
    for first, group in by_region(offices(cut)):
        lines = []
        for office in group:
            months = [each for each in reporting.due(due, office.id)[: cut.last_period] if each.owed]
            complete = sum(not (each.missing or each.waiting) for each in months)
            last = sent.get(office.id)
            lines.append(
                Line(
                    office.mark, office.brief, complete, len(months), last.name if last else "",
                    last.at if last else None,
                )
            )  # fmt: skip
        groups.append(Group(first.region, tuple(lines)))
    every = [each for group in groups for each in group.lines]
    return CertifiedPage(tuple(groups), len(every), sum(each.complete == each.months > 0 for each in every))


CHAPTER = Chapter("certified", "ผู้รับรองข้อมูลของหน่วยงาน", gather)
