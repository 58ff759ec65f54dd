"""Jobs that make dispatches to other systems."""

from __future__ import annotations

from jobs.words import speak
from jobs.worker import at_work
from portal import clock
from portal.exports import dispatches
from portal.reports import runs
from portal.reports.runs import Asked, Progress
from portal.rules.terms import RunKind


def make_dispatch(run_id: int) -> None:
    """Make the files of one run's dispatch. Safe to repeat: a run that has ended is left alone."""
    with at_work() as work:

        def do(asked: Asked, progress: Progress) -> None:
            work.go_on()
            dispatches.make(dispatches.of_run(asked.subject), files=work.files, teller=progress, now=clock.now)

        runs.carry_out(run_id, kinds=(RunKind.EXPORT,), do=do, now=clock.now, speak=speak)
