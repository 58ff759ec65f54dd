"""Jobs that print: the monthly pack and the yearly book."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from jobs.words import speak
from jobs.worker import at_work
from portal import clock
from portal.reports import editions, runs
from portal.reports.chapter import Cut
from portal.reports.runs import Asked, Made, Progress

PROCESSES = 2


def compile_run(run_id: int) -> None:
    """Make the pack or book that one run asks for. Safe to repeat: a run that has ended is left alone."""
    with at_work() as work, tempfile.TemporaryDirectory(prefix="run-", dir=work.settings.data) as folder:
        runs.compile_run(
            run_id,
            make=maker(Path(folder), cache=work.settings.data / "chapters"),
            files=work.files,
            now=clock.now,
            speak=speak,
        )


def maker(folder: Path, *, cache: Path) -> Callable[[Asked, Progress], Made]:
    """Return how a run is made: the book into `folder`, chapters set before taken from `cache`."""

    def make(asked: Asked, progress: Progress) -> Made:
        year, month = runs.fiscal_cut(asked.kind, asked.subject)
        cut = Cut(fiscal_year=year, period=month, cut_at=clock.now(), is_demo=runs.is_demo())
        made = editions.compile_book(
            asked.kind.value, cut, folder, _Teller(progress), cache=cache, workers=PROCESSES, beat=progress.beat
        )
        return Made(made.path, made.sha256, made.pages, made.snapshot_sha256, cut.cut_at, cut.is_demo)

    return make


class _Teller:
    """Puts the news of a book's chapters onto the run: first the whole list of them, then each change."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._titles: list[str] = []

    def __call__(self, step: editions.Step) -> None:
        if step.state == "waiting":
            self._titles.append(step.title)
            if len(self._titles) == step.total:
                self._progress.plan(self._titles)
        elif step.state == "running":
            self._progress.begin(step.position)
        elif step.state in ("done", "kept"):
            self._progress.finish(step.position, pages=step.pages or 0, was_cached=step.state == "kept")
        elif step.state == "failed":
            self._progress.fail(step.position)
