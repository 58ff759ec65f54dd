"""Documents set to pages, each in a process of its own, and kept: what is kept need not be set again.

A document stands in the cache as `<key>.pdf` and `<key>.json`; its key is the hash of everything it is made of.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.errors import OutOfReach, PortalError
from portal.reports import press, render

KEEP_DAYS = 60
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Document:
    """One document to set. `do` is given a folder to work in and leaves the document in the cache under `key`;
    `weight` tells how long that may take, in any measure; `template` is what it fills."""

    key: str
    title: str
    do: Callable[[Path], None]
    weight: Callable[[], int]
    template: str = ""


@dataclass(frozen=True)
class Step:
    """News of one chapter. `state` is waiting, running, done, kept (found as set before) or failed.

    `position` counts from 1 in print order; `done` of `total` chapters are finished. `peak` is the most memory its
    process held, in megabytes.
    """

    position: int
    key: str
    title: str
    state: str
    pages: int | None
    seconds: float
    done: int
    total: int
    error: str = ""
    peak: float = 0.0


class BookFailed(PortalError):
    """Some chapters could not be set; the others are kept for the next try."""

    status = 500


def ignore(step: Step) -> None:
    """Hear of progress and do nothing."""


def set_all(
    documents: Sequence[Document],
    cache: Path,
    progress: Callable[[Step], None] = ignore,
    workers: int = 2,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Set every document that is not in `cache`, each in a process of its own, `workers` at a time.

    `progress` first hears of every document waiting, then of each change. Raises BookFailed when some cannot be set,
    with the reasons; the others are kept. Raises OutOfReach when the disk is full.
    """
    total, done = len(documents), 0
    position = {document.key: number for number, document in enumerate(documents, 1)}
    by_key = {document.key: document for document in documents}

    def tell(
        key: str, state: str, pages: int | None = None, seconds: float = 0, error: str = "", peak: float = 0
    ) -> None:
        step = Step(position[key], key, by_key[key].title, state, pages, seconds, done, total, error, peak)
        progress(step)

    for key in position:
        tell(key, "waiting")
    missing = []
    for key in position:
        if is_kept(cache, key):
            done += 1
            tell(key, "kept", facts(cache, key)["pages"])
        else:
            missing.append(key)
    if not missing:
        return
    render.warm(filter(None, (by_key[key].template for key in missing)))
    # The longest first, so that the last process does not finish alone.
    missing.sort(key=lambda key: -by_key[key].weight())
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=cache, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        pieces = [press.Piece(key, _at(by_key[key], folder)) for key in missing]
        for outcome in press.work(
            pieces, workers=workers, folder=folder, started=lambda key: tell(key, "running"), beat=beat
        ):
            if outcome.error == press.NO_ROOM:
                raise OutOfReach(press.NO_ROOM)
            if outcome.error:
                failed.append(f"{by_key[outcome.key].title}: {outcome.error}")
                tell(outcome.key, "failed", seconds=outcome.seconds, error=outcome.error, peak=outcome.peak)
            else:
                done += 1
                pages = facts(cache, outcome.key)["pages"]
                tell(outcome.key, "done", pages, outcome.seconds, peak=outcome.peak)
    if failed:
        raise BookFailed("{count} chapters could not be set. {which}", count=len(failed), which="; ".join(failed[:5]))


def _at(document: Document, folder: Path) -> Callable[[], None]:
    return lambda: document.do(folder)


def is_kept(cache: Path, key: str) -> bool:
    """Return whether a document is in the cache; one that is has been asked for again, and stays longer."""
    try:
        for ending in (".pdf", ".json"):
            os.utime(cache / f"{key}{ending}")
    except FileNotFoundError:
        return False
    return True


def facts(cache: Path, key: str) -> dict[str, Any]:
    """Return what `render.to_pdf` said of a document that is kept."""
    said: dict[str, Any] = json.loads((cache / f"{key}.json").read_bytes())
    return said


def tidy(cache: Path) -> None:
    """Remove documents that no book has used for a long while, and what a compiler that was killed left."""
    now = time.time()
    for path in cache.iterdir():
        try:
            days = (now - path.stat().st_mtime) / 86400
        except FileNotFoundError:
            continue  # another book is being compiled with the same chapters
        if path.is_dir() and path.name.startswith(UNFINISHED) and days > 1:
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and days > KEEP_DAYS:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
