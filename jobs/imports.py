"""Jobs that take files in: read and stage one for its preview, or take it in once a person has said yes."""

from __future__ import annotations

from jobs.words import speak
from jobs.worker import at_work
from portal import clock
from portal.imports import batches, plan, registry, underway
from portal.reports import runs
from portal.reports.runs import Asked, Progress
from portal.rules.terms import RunKind

WAYS = {way.source: way.go_on for way in (registry.WAY, plan.WAY)}  # all else is a finance file


def take_import(run_id: int) -> None:
    """Do what one run's file waits for. Safe to repeat: a run that has ended is left alone."""
    with at_work() as work:

        def do(asked: Asked, progress: Progress) -> None:
            work.go_on()
            batch = underway.of_run(asked.subject)
            go_on = WAYS.get(batch.source, batches.go_on)
            go_on(batch, files=work.files, teller=progress, now=clock.now)

        runs.carry_out(run_id, kinds=(RunKind.IMPORT,), do=do, now=clock.now, speak=speak)
