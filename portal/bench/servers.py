"""The servers that a measurement runs against: a PostgreSQL that really writes to the disk, and the portal."""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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
    return found[-1] if found and shutil.which("runuser") else None


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL as it comes (every commit reaches the disk) and give its address without a database."""
    bin_folder = programs()
    assert bin_folder is not None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    as_owner: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        as_owner = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    make = [*as_owner, str(bin_folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*make, "-E", "UTF8", "--locale", "C.UTF-8", "--no-instructions"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    port = free_port()
    options = (
        f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c timezone=Asia/Bangkok"
    )
    control = [*as_owner, str(bin_folder / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run(
        [*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/"
    )
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/"
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], check=False, stdout=subprocess.DEVNULL, cwd="/")
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
        until = time.monotonic() + READY
        while not _answers(port, path):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
