"""The tie between a process and the one that started it: when the parent is gone, the child goes too."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

# Looked up before any fork: finding a library in a child that was forked from threads can hang.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: int = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Ask the kernel to send this process `with_signal` when the thread that started it ends.

    `parent` is the process id of the parent, taken before the fork: if it is gone already, this
    process ends at once.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), with_signal)


def tie_every_fork() -> None:
    """Make every process forked from this one, and theirs in turn, end with its parent."""
    os.register_at_fork(after_in_child=die_with_parent)


def adopt_orphans() -> None:
    """Make this process the new parent of descendants whose own parent dies, so that it can end them."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(of: int) -> list[int]:
    """Return the process ids of all children of `of` and theirs in turn, nearest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found = list(children.get(of, []))
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def _parent(entry: Path) -> int | None:
    try:
        # The command's name stands in brackets and may hold anything, brackets too.
        state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(parent)
