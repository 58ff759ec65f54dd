"""The servers that a measurement runs against: a PostgreSQL that really writes to the disk, and the portal."""

from __future__ import annotations

import functools
import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from portal import lifeline

READY = 60.0  # seconds


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL on this machine, or None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


@contextmanager
def postgres(folder: Path, *, keep: bool = False) -> Iterator[str]:
    """Run a PostgreSQL as it comes (every commit reaches the disk) and give its address without a database.

    With `keep` what is in `folder` already is used, and left there for the next time.
    """
    bin_folder = programs()
    assert bin_folder is not None
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    owner: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = "postgres"
        os.chown(folder, pwd.getpwnam(owner).pw_uid, -1)
    data, port = folder / "data", free_port()
    make = ["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"]
    if not (data / "PG_VERSION").exists():
        subprocess.run(
            [str(bin_folder / make[0]), *make[1:], "--no-instructions"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", user=owner,
        )  # fmt: skip
    chosen = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(bin_folder / "postgres"), "-D", str(data), *options, "-c", "timezone=Asia/Bangkok"],
            stdout=log, stderr=log, cwd="/", user=owner,
            preexec_fn=functools.partial(lifeline.die_with_parent, signal.SIGINT),
        )  # fmt: skip
    try:
        _wait(lambda: _listens(port), server, folder / "log")
        yield f"postgresql://postgres@127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGINT)  # a fast, clean end
        server.wait(30)
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def answering(words: list[str], port: int, log: Path, environment: Mapping[str, str], path: str) -> Iterator[int]:
    """Run a web server as `words` start it and give its process number once it answers `path`; end it afterwards."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words],
            env={**{k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")}, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=lifeline.die_with_parent,
        )
    try:
        _wait(lambda: _answers(port, path), process, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _answers(port: int, path: str) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        line.request("GET", path)
        return line.getresponse().status < 500
    except OSError:
        return False
    finally:
        line.close()


def processor_seconds(root: int) -> float:
    """Return the processor time that a process and all its descendants have used so far, in seconds."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    total = 0.0
    for process in spent:
        above = process
        while above not in (root, 0, 1):
            above = parents.get(above, 0)
        total += spent[process] if above == root else 0.0
    return total
