"""Jobs that print: the monthly pack and the yearly book."""

from __future__ import annotations

import importlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from jobs.words import speak
from jobs.worker import AtWork, at_work
from models import Edition, Run
from portal import clock
from portal.errors import PortalError
from portal.files import Files
from portal.reports import editions, ledger, previews, runs, scopes, setting
from portal.reports.previews import Previews
from portal.reports.runs import Asked, Made, Progress
from portal.reports.whole import Issue
from portal.rules.terms import EditionState, RunKind, RunState

log = logging.getLogger(__name__)

PROCESSES = 2


def compile_run(run_id: int) -> None:
    """Make the pack or book that one run asks for. Safe to repeat: a run that has ended is left alone."""
    with at_work() as work:
        data = work.settings.data
        maker = Maker(
            data / "runs",
            cache=data / "chapters",
            files=work.files,
            address=work.settings.public_address,
            go_on=work.go_on,
        )
        try:
            if runs.compile_run(run_id, make=maker, files=work.files, now=clock.now, speak=speak):
                sign(run_id, work)
                make_annex(run_id, work)
        finally:
            maker.clear()


def make_annex(run_id: int, work: AtWork) -> None:
    """Make a book's tables as a spreadsheet before anybody asks: those of the national book take five seconds.

    A web server on another machine makes its own when it is asked, as it does for packs, whose tables take a moment.
    """
    edition = Edition.get_or_none(Edition.run == run_id, Edition.book == RunKind.BOOK.value, Edition.sha256 != "")
    if edition is not None and edition.snapshot_key:
        Previews(work.settings.data / previews.FOLDER, work.files).annex(edition)


def sign(run_id: int, work: AtWork) -> None:
    """Put a signed copy beside an edition that has been approved, where a certificate is configured.

    The edition stands whatever comes of it: what goes wrong is logged, and `portal sign` makes the copy later.
    """
    edition = Edition.get_or_none(Edition.run == run_id, Edition.state == EditionState.APPROVED)
    if edition is None or work.settings.signing is None:
        return
    # Loaded here, in the process of this job: it takes 25 MB, which every chapter's process would inherit.
    signatures = importlib.import_module("portal.reports.signatures")
    certificate = signatures.Certificate(work.settings.signing, work.settings.signing_password)
    try:
        signatures.sign(edition, certificate, work.files, clock.now())
    except PortalError as wrong:
        log.warning("%s is not signed: %s", ledger.name(edition), wrong)


class Maker:
    """Makes what a run asks for in a folder of its own, with the chapters that were set before."""

    def __init__(self, folder: Path, *, cache: Path, files: Files, address: str, go_on: Callable[[], None]) -> None:
        self._folder, self._cache, self._files, self._go_on = folder, cache, files, go_on
        self._address = address
        self._own: Path | None = None

    def __call__(self, asked: Asked, progress: Progress) -> Made:
        """Print the records as they stand, or the frozen figures of the edition that the run is to issue."""
        self._own = self._new_folder(asked.run_id)
        edition = ledger.pending(asked.run_id)
        if edition is not None:
            text, issue = ledger.figures(edition, self._files), ledger.issue_of(edition)
        else:
            book, cut = scopes.cut_of(asked.kind, asked.subject, at=clock.now(), is_demo=runs.is_demo())
            # The chapters that will be there are told before the figures are gathered, which takes some seconds.
            progress.plan([chapter.title for part in book.parts for chapter in part.chapters])
            text = editions.take_snapshot(book.slug, cut, self._address, self._files)
            issue = Issue(ledger.next_number(asked.kind, asked.subject))

        def beat() -> None:
            self._go_on()
            progress.beat()

        made = editions.reissue(
            text, self._own, _Teller(progress), issue=issue, cache=self._cache, workers=PROCESSES, beat=beat
        )
        covered = made.coverage
        return Made(
            made.path,
            made.sha256,
            made.pages,
            made.snapshot_sha256,
            made.cut.cut_at,
            made.cut.is_demo,
            figures=text,
            made_with=made.made_with,
            reported=covered.reported,
            owing=covered.owing,
            missing_plan=None if covered.plan is None else round(covered.plan, 4),
            differs=ledger.differs(text, ledger.latest(asked.kind, asked.subject), self._files),
        )

    def clear(self) -> None:
        """Remove what was only needed on the way."""
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)

    def _new_folder(self, run_id: int) -> Path:
        # Whoever holds the run now may clear up after those who held it before and were killed, and after runs that
        # were given up.
        others = {str(each) for (each,) in Run.select(Run.id).where(Run.state == RunState.RUNNING).tuples()}
        for left in self._folder.glob("*-*"):
            owner = left.name.partition("-")[0]
            if owner == str(run_id) or owner not in others:
                shutil.rmtree(left, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{run_id}-", dir=self._folder))


class _Teller:
    """Puts the news of a book's chapters onto the run: first the whole list of them, then each change."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._titles: list[str] = []

    def __call__(self, step: setting.Step) -> None:
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
