"""`portal serve`: web server, Redis, worker and scheduler as one thing that starts and ends together.

A child that ends is started again. When this process ends, by whatever means, so do they: told to stop, it
ends them and everything they started within ten seconds; killed, the kernel tells them.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import http.client
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import config
from portal import doctor, lifeline
from portal.embedded_redis import EmbeddedRedis, RedisProblem

Say = Callable[[str], None]

GRACE = 5.5
"""Seconds a child may take to end by itself; what is left then is killed."""

START_PATIENCE = 60.0
STEADY_AFTER = 60.0
LONGEST_PAUSE = 30.0
PING_EVERY = 2.0
LOG_SIZE = 10_000_000


class CannotServe(Exception):
    """The portal cannot be started; the words say why and what to do."""


@dataclass
class _Child:
    name: str
    words: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = field(default=0)


@contextlib.contextmanager
def alone(settings: config.Settings) -> Iterator[None]:
    """Hold the data folder for one supervisor. Raises CannotServe when another one has it."""
    with open(settings.data / "serve.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotServe(
                f"a portal is running on {settings.data} already (process {lock.read().strip() or '?'}): "
                "stop it, or set PORTAL_DATA and PORTAL_PORT for a second one"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check(settings: config.Settings) -> None:
    """Raise CannotServe when the port is taken, the disk full, or a library or typeface missing."""
    problems = [
        *doctor.port(settings),
        *doctor.disk(settings),
        *doctor.libraries(settings),
        *doctor.typefaces(settings),
    ]
    if problems:
        raise CannotServe("\n".join(problems))


class Supervisor:
    """Starts the processes of one portal, keeps them going, and ends them."""

    def __init__(self, settings: config.Settings, say: Say, *, workers: int = 1) -> None:
        self.settings = settings
        self._say = say
        self._began = time.monotonic()
        self._logs = settings.data / "log"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._redis = EmbeddedRedis(settings.data / "redis", settings.redis_socket) if settings.embeds_redis else None
        names = ["web", "scheduler", *(f"worker-{n}" if workers > 1 else "worker" for n in range(1, workers + 1))]
        self._children = [_Child(name, (name.partition("-")[0],), self._logs / f"{name}.log") for name in names]
        self._redis_next = 0.0
        self._redis_failures = 0
        self._rotated = 0.0
        self._told: list[int] = []
        self._answered = False
        self._stopping = False
        self._wake, self._woken = os.pipe()

    def start_redis(self) -> None:
        """Start the embedded Redis, or adopt the one that runs. Raises CannotServe."""
        if self._redis is None:
            return
        try:
            self._redis.start(self._tied())
        except RedisProblem as wrong:
            raise CannotServe(str(wrong)) from wrong

    def run(self, when_ready: Callable[[], None]) -> None:
        """Run until told to stop (SIGTERM, SIGINT, SIGHUP). `when_ready` is called at the first answered page.

        Raises CannotServe when the web server ends before it has answered once.
        """
        lifeline.adopt_orphans()
        with self._listening():
            try:
                while not self._told:
                    self._look_after_redis()
                    self._look_after_children()
                    if not self._answered:
                        self._greet(when_ready)
                    self._rotate_logs()
                    self._sleep(0.05 if not self._answered else 1.0)
            finally:
                self.stop()

    def stop(self) -> None:
        """End every process this one has started, and every process they have."""
        self._stopping = True
        deadline = time.monotonic() + GRACE
        for child in self._children:
            if child.process is not None:
                _send(child.process.pid, signal.SIGTERM)
        keep = self._redis.pid if self._redis else None
        while self._still_running(keep) and time.monotonic() < deadline and len(self._told) < 2:
            self._sleep(0.05)
            self._reap()
        _kill_all(self._still_running(keep))
        if self._redis is not None:
            self._redis.stop(patience=2.0)
        deadline = time.monotonic() + 1.0
        while (left := self._still_running(None)) and time.monotonic() < deadline:
            _kill_all(left)
            self._reap()
            time.sleep(0.01)
        self._reap()

    # ---------------------------------------------------------------- below: how

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        before = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, self._hear)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        }
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._told.append(number)

    def _sleep(self, seconds: float) -> None:
        """Sleep until a signal comes, but no longer than `seconds`."""
        if select.select([self._wake], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)

    def _tied(self) -> Callable[[], None]:
        return functools.partial(lifeline.die_with_parent, signal.SIGTERM, parent=os.getpid())

    def _look_after_redis(self) -> None:
        now = time.monotonic()
        if self._redis is None or now < self._redis_next:
            return
        self._redis_next = now + PING_EVERY
        if self._redis.pid is not None or self._redis.answers():
            return  # a child that has ended is reaped, which forgets its id; an adopted one is asked
        try:
            if self._redis.start(self._tied()):
                self._say("Redis had ended and was started again.")
            self._redis_failures = 0
        except RedisProblem as wrong:
            self._redis_failures += 1
            self._redis_next = now + _pause(self._redis_failures)
            self._say(f"Redis cannot be started: {wrong}")

    def _look_after_children(self) -> None:
        """Start who is not running. Nobody stands in the web server's way until it has answered its first page."""
        self._reap()
        for child in self._children:
            is_due = self._answered or child.name == "web"
            if is_due and child.process is None and time.monotonic() >= child.start_at:
                self._start(child)

    def _start(self, child: _Child) -> None:
        with open(child.log, "ab") as log:
            child.process = subprocess.Popen(
                [sys.executable, "-m", "portal.cli", *child.words],
                cwd=config.PROJECT,
                env=os.environ | self.settings.environment() | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self._tied(),
            )
        child.started_at = time.monotonic()

    def _reap(self) -> None:
        """Take note of every process that has ended: children, and orphans of theirs."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._redis is not None and pid == self._redis.pid:
                self._redis.pid = None
                self._redis_next = 0.0
            for child in self._children:
                if child.process is not None and child.process.pid == pid:
                    self._note_end(child, os.waitstatus_to_exitcode(status))

    def _note_end(self, child: _Child, code: int) -> None:
        assert child.process is not None
        child.process.returncode = code
        child.process = None
        if self._stopping or self._told:
            return
        if child.name == "web" and not self._answered:
            raise CannotServe(f"the web server did not start: {_last_line(child.log)} (see {child.log})")
        lived = time.monotonic() - child.started_at
        child.failures = 1 if lived > STEADY_AFTER else child.failures + 1
        pause = _pause(child.failures)
        child.start_at = time.monotonic() + pause
        self._say(f"{child.name} ended ({_how(code)}) and starts again in {pause:.1f} s; see {child.log}")

    def _greet(self, when_ready: Callable[[], None]) -> None:
        if answers(self.settings):
            self._answered = True
            self._look_after_children()
            when_ready()
        elif time.monotonic() - self._began > START_PATIENCE:
            raise CannotServe(f"the web server does not answer: see {self._logs / 'web.log'}")

    def _still_running(self, but: int | None) -> list[int]:
        return [pid for pid in lifeline.descendants(os.getpid()) if pid != but]

    def _rotate_logs(self) -> None:
        """Keep each log below some 10 MB and one older. The children go on writing to the same file."""
        if time.monotonic() < self._rotated + 60:
            return
        self._rotated = time.monotonic()
        for log in self._logs.glob("*.log"):
            with contextlib.suppress(OSError):
                if log.stat().st_size > LOG_SIZE:
                    shutil.copyfile(log, log.with_suffix(".log.1"))
                    os.truncate(log, 0)


def answers(settings: config.Settings) -> bool:
    """Whether the web server answers a page."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    link = http.client.HTTPConnection(host, settings.port, timeout=10)
    try:
        link.request("GET", "/sign-in/")
        return link.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _pause(failures: int) -> float:
    return min(0.5 * 2.0 ** (failures - 1), LONGEST_PAUSE)


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_all(pids: list[int]) -> None:
    for pid in pids:
        _send(pid, signal.SIGKILL)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"
