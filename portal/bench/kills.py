"""Packs compiled while something is killed at a random moment: each is made once, within two minutes, to the byte.

A portal runs as `portal serve` starts it; its worker, the worker's child, a chapter's process, Redis or the web server
is ended without a warning (SIGKILL). Some portals run side by side, since most of the time is spent waiting for leases.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import config
from jobs import queue
from models import Edition, Run, db
from portal import clock, database, files, lifeline
from portal.bench import servers, stores
from portal.reports import editions, ledger, runs
from portal.rules.terms import RunKind, RunState

LANES = 3
VISITS = 2_000
MOST = 120.0  # seconds from the kill to the end, done or failed
VICTIMS = ("worker", "child", "chapter", "redis", "web")
KEY = "kept-for-measurements-0123456789-abcdefgh"
MONTHS = ("2565-10", "2565-11", "2565-12", *(f"2566-{month:02d}" for month in range(1, 10)))


@dataclass(frozen=True)
class Ended:
    """One compilation: what was killed when, how it ended after how long, what was wrong with the outcome,
    and what the run says of its failure."""

    victim: str
    after: float
    state: str
    took: float
    attempts: int
    wrong: str
    said: str = ""


def run(given: argparse.Namespace) -> bool:
    """Kill something in each of `kills` compilations; return whether all ended in time, once, to the byte."""
    source = stores.large(VISITS, given.folder)
    database.db.close()
    lanes = min(LANES, given.kills)
    ended: list[Ended] = []
    with tempfile.TemporaryDirectory(prefix="portal-kills-") as name:
        fork = multiprocessing.get_context("fork")
        pipes = []
        for lane in range(lanes):
            folder = Path(name) / str(lane)
            folder.mkdir()
            shutil.copy(source, folder / "portal.db")
            share = given.kills // lanes + (lane < given.kills % lanes)
            mine, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_lane, args=(lane, folder, share, theirs))
            process.start()
            theirs.close()
            pipes.append((mine, process))
        for mine, process in pipes:
            with contextlib.suppress(EOFError):
                while True:
                    ended.append(mine.recv())
                    print(f"  {len(ended):>3} {ended[-1]}", flush=True)
            process.join()
    return _told(ended, given.kills)


def _told(ended: list[Ended], wanted: int) -> bool:
    print(f"\n{len(ended)} of {wanted} compilations in which something was killed")
    print(f"{'killed':10}{'times':>6}{'done':>6}{'failed':>8}{'longest s':>11}{'most tries':>12}{'wrong':>7}")
    for victim in VICTIMS:
        those = [each for each in ended if each.victim == victim]
        if those:
            print(
                f"{victim:10}{len(those):>6}{sum(e.state == 'done' for e in those):>6}"
                f"{sum(e.state == 'failed' for e in those):>8}{max(e.took for e in those):>11.1f}"
                f"{max(e.attempts for e in those):>12}{sum(bool(e.wrong) for e in those):>7}"
            )
    for each in ended:
        if each.wrong or each.said:
            print(f"  {each}")
    in_time = all(each.took <= MOST and each.state in ("done", "failed") for each in ended)
    return len(ended) == wanted and in_time and not any(each.wrong for each in ended)


def _lane(lane: int, folder: Path, share: int, pipe: Connection) -> None:
    """Run one portal, and kill in it so many times."""
    dice, port = random.Random(lane), servers.free_port()
    environment = {
        "PORTAL_DATABASE": str(folder / "portal.db"), "PORTAL_DATA": str(folder), "PORTAL_SECRET_KEY": KEY,
        "PORTAL_DEMO": "0", "PORTAL_PORT": str(port), "PORTAL_REDIS": "", "TZ": "Asia/Bangkok",
    }  # fmt: skip
    settings = config.load(environment)
    database.use(settings.database)
    queue.use(settings.redis_url)
    with servers.answering(
        ["-m", "portal.cli", "serve"], port, folder / "serve.log", environment, "/health/"
    ) as portal:
        for turn in range(share):
            victim = VICTIMS[(lane + turn) % len(VICTIMS)]
            pipe.send(_compiled(settings, portal, MONTHS[turn % len(MONTHS)], victim, dice))
    pipe.close()


def _compiled(settings: config.Settings, portal: int, month: str, victim: str, dice: random.Random) -> Ended:
    """Ask for a pack with no chapter set before, kill, and wait for the end."""
    shutil.rmtree(settings.data / "chapters", ignore_errors=True)
    with db.connection_context():
        asked = runs.ask(RunKind.PACK, month, by=None, at=clock.now())
    queue.ring("compile_run", asked.id)
    while _run(asked.id).state is RunState.WAITING:
        time.sleep(0.05)
    after = dice.uniform(0.0, 8.0)
    until = time.monotonic() + after
    while time.monotonic() < until and _run(asked.id).state is RunState.RUNNING:
        time.sleep(0.05)
    for pid in _pids(portal, victim):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    while _run(asked.id).state in runs.OPEN and time.monotonic() - killed < 3 * MOST:
        time.sleep(0.2)
    took, last = time.monotonic() - killed, _run(asked.id)
    return Ended(
        victim, round(after, 2), str(last.state), round(took, 1), last.attempt, _wrong(settings, last), last.error
    )


def _run(run_id: int) -> Run:
    with db.connection_context():
        return Run.get_by_id(run_id)


def _wrong(settings: config.Settings, last: Run) -> str:
    """Say what is wrong with what came of a run: not made once, not the file it says, not the same when made again."""
    if last.state is RunState.FAILED:
        return "" if last.error else "failed without a word"
    if last.state is not RunState.DONE:
        return f"still {last.state}"
    kept = files.connect(settings.files, settings.data)
    with db.connection_context():
        made = list(Edition.select().where(Edition.run == last.id))
        if len(made) != 1:
            return f"{len(made)} editions"
        with kept.open(made[0].file_key) as held:
            if hashlib.sha256(held.read()).hexdigest() != made[0].sha256:
                return "the file is not the one that was filed"
        text, issue = ledger.figures(made[0], kept), ledger.issue_of(made[0])
    with tempfile.TemporaryDirectory(dir=settings.data) as name:
        again = _in_a_process(functools.partial(editions.reissue, text, Path(name), issue=issue))
    return "" if again == made[0].sha256 else "made again from its figures, it is another file"


def _in_a_process(make: functools.partial[editions.Made]) -> str:
    """Return the hash of what `make` makes in a process of its own, so that nothing is left over from before."""
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: theirs.send(make().sha256))
    process.start()
    theirs.close()
    try:
        return str(mine.recv())
    except EOFError:
        return ""
    finally:
        process.join()


def _pids(portal: int, victim: str) -> list[int]:
    """Return whom to kill: the processes of the portal that are `victim`, or its worker where there are none now."""
    family = lifeline.descendants(portal)
    workers = [pid for pid in family if _says(pid, "portal.cli", "worker")]
    master = [pid for pid in workers if not _is_below(pid, workers)]
    below = [pid for pid in workers if pid not in master]
    child = [pid for pid in below if not _is_below(pid, below)]
    found = {
        "worker": master,
        "child": child,
        "chapter": [pid for pid in below if pid not in child][:1],
        "redis": [pid for pid in family if _says(pid, "valkey-server")],
        "web": [pid for pid in family if _says(pid, "portal.cli", "web")],
    }
    return found[victim] or master


def _is_below(pid: int, others: list[int]) -> bool:
    return any(pid in lifeline.descendants(other) for other in others if other != pid)


def _says(pid: int, *words: str) -> bool:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False
    return all(word in said for word in words)
