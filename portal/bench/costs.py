"""What something costs: measured in a process of its own, so that what it and its children use is all theirs."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and of processor, the most memory one process held in megabytes, and what was made."""

    wall: float
    cpu: float
    own: float
    children: float
    made: Any


def cost(make: Callable[[], Any]) -> Cost:
    """Call `make` in a process forked for it; `own` is that process's memory, `children` its largest child's.

    Raises RuntimeError when it does not come to an end.
    """
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_measure, args=(make, theirs))
    process.start()
    theirs.close()
    try:
        found: Cost = mine.recv()
    except EOFError as ended:
        raise RuntimeError("what was to be measured ended with an error; see above") from ended
    finally:
        process.join()
    return found


def _measure(make: Callable[[], Any], pipe: Connection) -> None:
    began = time.monotonic()
    made = make()
    wall = time.monotonic() - began
    own, children = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    pipe.send(Cost(wall, cpu, own.ru_maxrss / 1024, children.ru_maxrss / 1024, made))
