"""Work done in processes of its own, a few at a time, each with a limit on time and memory.

Each piece is forked from this process, which has loaded everything; it ends with its piece, so memory stays
flat however long a book is, and a piece that runs wild takes nothing down with it.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from portal.errors import PortalError

SECONDS = 120
BYTES = 1 << 30
BEAT = 0.5
NO_ROOM = "There is no room left on the disk. Make room and ask again: the chapters that are set are kept."


def is_full(wrong: OSError) -> bool:
    """Return whether it failed for want of room: the disk, the person's share of it, or the size of a file."""
    return wrong.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Piece:
    """One piece of work: `do` runs in a process of its own and leaves its result in a file."""

    key: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """How a piece ended: `error` is empty when it is done, else the reason in words.

    `peak` is the most memory its process held, in megabytes, with what it shares with this one; 0 when unknown.
    """

    key: str
    seconds: float
    error: str
    peak: float = 0.0


@dataclass
class _Running:
    piece: Piece
    process: BaseProcess
    pipe: connection.Connection
    since: float


def work(
    pieces: Sequence[Piece],
    *,
    workers: int = 2,
    seconds: float = SECONDS,
    memory: int = BYTES,
    folder: Path | None = None,
    started: Callable[[str], None] = lambda key: None,
    beat: Callable[[], None] = lambda: None,
) -> Iterator[Outcome]:
    """Do all `pieces`, `workers` at a time, and yield each outcome as it comes.

    `seconds` of wall time and `memory` bytes are the limits of one piece. What pieces put aside while they work
    goes to `folder`, for the caller to remove when all is over, since a piece may be killed. `started` is told
    each key as its process begins; `beat` is called at least every half second. When either raises, or the
    caller stops listening, every process is ended first.
    """
    fork = multiprocessing.get_context("fork")
    waiting = list(reversed(pieces))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                piece = waiting.pop()
                mine, theirs = fork.Pipe(duplex=False)
                process = fork.Process(target=_child, args=(piece.do, theirs, mine, seconds, memory, folder))
                process.start()
                theirs.close()
                running.append(_Running(piece, process, mine, time.monotonic()))
                started(piece.key)
            ready = connection.wait([each.pipe for each in running], timeout=BEAT)
            beat()
            for each in list(running):
                spent = time.monotonic() - each.since
                peak = 0.0
                if each.pipe in ready:
                    error, peak = _last_words(each)
                elif spent > seconds:
                    each.process.kill()
                    error = f"it took longer than {seconds:.0f} seconds"
                else:
                    continue
                each.process.join()
                each.pipe.close()
                running.remove(each)
                yield Outcome(each.piece.key, spent, error, peak)
    finally:
        for each in running:
            each.process.kill()
            each.process.join()
            each.pipe.close()


def _last_words(each: _Running) -> tuple[str, float]:
    try:
        error, peak = each.pipe.recv()
        return str(error), float(peak)
    except EOFError:
        each.process.join()
        return f"its process ended ({_how(each.process.exitcode or 0)})", 0.0


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _child(
    do: Callable[[], None],
    pipe: connection.Connection,
    parents: connection.Connection,
    seconds: float,
    memory: int,
    folder: Path | None,
) -> None:
    parents.close()
    if folder is not None:
        tempfile.tempdir = str(folder)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    error = ""
    try:
        do()
    except MemoryError:
        error = f"it needed more than {memory >> 20} MB of memory"
    except PortalError as refused:
        error = str(refused)
    except OSError as wrong:
        error = NO_ROOM if is_full(wrong) else f"{type(wrong).__name__}: {wrong}"[:500]
    except Exception as wrong:  # the roof of this process: whatever it is, the parent must hear of it
        error = f"{type(wrong).__name__}: {wrong}"[:500]
    pipe.send((error, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    pipe.close()
    os._exit(0)
