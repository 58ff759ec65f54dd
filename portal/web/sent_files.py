"""What the pages of sent files share: the file as it arrives, its batch, the worker's bell, how it comes along."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import request
from peewee import Expression

from jobs import queue
from models import ImportBatch, Run, RunStep
from portal import clock, scope
from portal.errors import NotFound, RuleBroken
from portal.imports import underway
from portal.reports import runs
from portal.rules.terms import BatchState, RunState
from portal.web.language import gettext
from portal.web.sign_in import me

MARKS = {
    BatchState.WAITING: "run", BatchState.STAGED: "half", BatchState.ACCEPTED: "run", BatchState.TAKEN: "done",
    BatchState.REFUSED: "bad", BatchState.UNDOING: "run", BatchState.UNDONE: "none",
}  # fmt: skip
BUSY = (BatchState.WAITING, BatchState.ACCEPTED, BatchState.UNDOING)
SHOWN = 200  # faults on a page


@contextmanager
def sent_file() -> Iterator[tuple[Path, str]]:
    """Lay the file of this request on the disk; gives its path and the name it was sent under. Raises RuleBroken."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise RuleBroken("Choose a file first.", field="file")
    with tempfile.TemporaryDirectory(prefix="sent-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(sent.stream.read())
        yield path, Path(sent.filename).name


def asked_batch(within: Expression) -> ImportBatch:
    """Return the batch that the request names, if it is `within` and in reach. Raises NotFound."""
    text = str(request.values.get("id"))
    if text.isascii() and text.isdigit() and len(text) < 10:
        held = scope.narrowed(ImportBatch.select(), me()).where(within, ImportBatch.id == int(text))
        found: ImportBatch | None = held.first()
        if found is not None:
            return found
    raise NotFound("There is no such record, or it belongs to another office.")


def ring(batch: ImportBatch) -> None:
    """Wake a worker for a batch that waits for one."""
    run = underway.run_of(batch)
    if run is not None and run.state is RunState.WAITING:
        queue.ring("take_import", run.id, turn=run.attempt)


def again(batch: ImportBatch) -> None:
    """Let a run that failed or was stopped be done after all, and wake a worker for it."""
    underway.again(batch, by=me(), at=clock.now())
    ring(batch)


def steps_of(run: Run | None) -> list[RunStep]:
    """Return the steps of a run in order."""
    return list(RunStep.select().where(RunStep.run == run.id).order_by(RunStep.position)) if run else []


def state_of(batch: ImportBatch) -> dict[str, Any]:
    """Return what a page of a file that goes in whole or not at all shows of its way."""
    run = underway.run_of(batch)
    is_at_work = run is None or run.state in runs.OPEN
    return {
        "batch": batch, "run": run, "steps": steps_of(run), "marks": MARKS, "report": batch.report,
        "faults": [one | {"words": _words(**one)} for one in batch.report.get("faults", [])[:SHOWN]],
        "failed": run is not None and run.state is RunState.FAILED,
        "busy": batch.state in BUSY and is_at_work, "stuck": batch.state in BUSY and not is_at_work,
    }  # fmt: skip


def _words(says: str, values: dict[str, Any], **_place: Any) -> str:
    return gettext(says).format(**values)
