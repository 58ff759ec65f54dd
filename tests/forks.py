"""Processes of the portal, forked from one that has loaded it: to load the portal costs more than most tests do.

One such process stands for each worker of pytest. It reads a line for every process that is wanted, forks it, and
tells a line when it has begun; how it ended stands in a file beside its log. When pytest goes, so does everything.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import config
from portal import cli, lifeline

LOADED = ("portal.app", "portal.serving", "portal.commands.processes", "jobs.timetable", "jobs.worker")


class Forked:
    """A process of the portal, as `subprocess.Popen` has it: in a session of its own, its words in a log."""

    def __init__(self, pid, ended):
        self.pid, self.ended, self.returncode = pid, ended, None

    def poll(self):
        if self.returncode is None and self.ended.exists():
            self.returncode = int(self.ended.read_text())
        return self.returncode

    def wait(self, timeout=60):
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Forks:
    """The process that has loaded the portal, started when it is first needed."""

    def __init__(self):
        self.process = None

    def start(self, verb, variables, log):
        """Begin `portal <verb>` with these variables added to the environment; what it says is added to `log`."""
        if self.process is None:
            self.folder = tempfile.TemporaryDirectory(prefix="forks-")
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", self.folder.name],
                cwd=config.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        Path(log).touch()  # it can be read from now on
        wanted = {"words": [verb], "environment": dict(os.environ) | variables, "log": str(log)}
        self.process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline().decode().strip()
        assert told, f"the process that has loaded the portal ended with {self.process.wait()}; what it said is above"
        return Forked(int(told), Path(self.folder.name) / told)

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(20)
            self.process.stdout.close()
            self.folder.cleanup()


FORKS = Forks()


def stand(folder):
    """Fork what is asked for until nobody asks any more, then end what is left of it."""
    for name in LOADED:
        importlib.import_module(name)
    importlib.import_module("portal.reports.render").warm()
    gc.collect()
    gc.freeze()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    begun, asked = set(), sys.stdin.buffer
    os.set_blocking(woken, False)
    while True:
        heard, _, _ = select.select([asked, woken], [], [])
        with contextlib.suppress(BlockingIOError):
            os.read(woken, 4096)
        _reap(begun, folder)
        if asked in heard:
            line = asked.raw.readline()
            if not line:
                break
            begun.add(_fork(json.loads(line), (woken, wake)))
    for pid in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _reap(begun, folder):
    for pid in list(begun):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            begun.remove(pid)
            unfinished = folder / f"{pid}.new"
            unfinished.write_text(str(os.waitstatus_to_exitcode(status)))
            unfinished.replace(folder / str(pid))


def _fork(wanted, pipes):
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        return pid
    code = 1
    try:
        os.setsid()
        lifeline.die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for place in (1, 2):
            os.dup2(out, place)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for each in (*pipes, out):
            os.close(each)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        sys.argv = ["portal", *wanted["words"]]
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    stand(Path(sys.argv[1]))
