"""`portal serve`: starts whole, keeps going, ends whole.

To start a portal costs ten seconds of a processor, so one stands for all tests that leave it whole, or ended.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import config
from models import Run
from portal import clock, lifeline, supervisor
from portal.reports import runs
from portal.rules.terms import RunKind, RunState
from tests import services

pytestmark = pytest.mark.xdist_group("supervisor")


class Served:
    """A portal started by `portal serve` on a data folder and port of its own."""

    def __init__(self, data, port):
        self.data, self.port = data, port
        self.demo = "0"
        self.database = ""
        self.process = None
        self.took = []  # seconds from each start to the first answer
        self.log = data.parent / f"{data.name}.log"

    @property
    def settings(self):
        return config.load(self.variables)

    @property
    def variables(self):
        return {
            "PORTAL_DATA": str(self.data),
            "PORTAL_PORT": str(self.port),
            "PORTAL_DEMO": self.demo,
            "PORTAL_DATABASE": self.database,
            "PORTAL_REDIS": "",
            "PORTAL_FILES": "",
        }

    def start(self):
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.cli", "serve"],
                env=os.environ | self.variables,
                cwd=config.PROJECT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def wait(self, seconds=60):
        def answers():
            assert self.process.poll() is None, self.said()
            return self.answers()

        services.wait_until(answers, seconds=seconds, what="the portal answers")
        self.took.append(time.monotonic() - self.began)
        return self

    def answers(self):
        try:
            return urllib.request.urlopen(f"{self.settings.address}sign-in/", timeout=5).status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def said(self):
        return self.log.read_text()

    def family(self):
        return lifeline.descendants(self.process.pid)

    def child(self, verb):
        """The process id of the web server, the worker, the scheduler or Redis."""
        for pid in self.family():
            words = _command(pid)
            if verb in words[-1:] or (verb == "redis" and "valkey-server" in words[0]):
                return pid
        return None

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(15)

    def kill_all(self):
        if self.process is None:
            return
        family = [self.process.pid, *self.family()]
        for pid in _alive(family):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().rstrip("\0").split("\0")
    except OSError:
        return [""]


def _alive(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}") and _command(pid) != [""]]


@pytest.fixture
def served(tmp_path):
    portal = Served(tmp_path / "var", services.free_port())
    yield portal
    portal.kill_all()


@pytest.fixture(scope="module")
def lent(tmp_path_factory):
    portal = Served(tmp_path_factory.mktemp("standing") / "var", services.free_port())
    yield portal
    portal.kill_all()


@pytest.fixture
def standing(lent):
    """A portal that is whole. The test leaves it whole or ended; the next one starts it again if need be."""
    if lent.process is None or lent.process.poll() is not None:
        lent.start().wait()
    services.wait_until(lambda: _all_there(lent), seconds=60, what="all four are there")
    return lent


def _all_there(served):
    return all(served.child(name) for name in ("web", "worker", "scheduler", "redis"))


def _run(served, *words):
    return subprocess.run(
        [sys.executable, "-m", "portal.cli", *words],
        env=os.environ | served.variables,
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_says_where_it_is_and_who_can_sign_in_once(standing):
    services.wait_until(lambda: "Ctrl-C" in standing.said(), seconds=60, what="it says so")

    assert standing.settings.address in standing.said()
    assert "administrator      admin" in standing.said()
    assert "one-time password" in standing.said()


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "redis"])
def test_a_process_that_is_killed_is_started_again(standing, name):
    before = standing.child(name)

    os.kill(before, signal.SIGKILL)

    services.wait_until(lambda: standing.child(name) not in (None, before), seconds=60, what=f"{name} is back")
    services.wait_until(standing.answers, seconds=60, what="the portal answers")


def test_a_second_portal_on_the_same_folder_is_told_so(standing):
    told = _run(standing, "serve")

    assert told.returncode == 1
    assert "is running on" in told.stderr and "PORTAL_DATA" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert standing.answers()


def test_two_portals_from_one_clone_do_not_meet(standing, served):
    served.start().wait()
    services.wait_until(lambda: _all_there(served), seconds=60, what="all four are there")

    assert standing.answers()
    assert served.child("redis") != standing.child("redis")
    assert served.end() == 0
    assert standing.answers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_ends_every_process_within_ten_seconds(standing, number):
    family = standing.family()
    began = time.monotonic()

    code = standing.end(number)

    assert time.monotonic() - began < 10
    assert code == 0, standing.said()
    assert _alive(family) == []
    assert not standing.settings.redis_socket.exists()


def test_killed_outright_it_takes_everything_along(standing):
    family = standing.family()

    standing.process.kill()
    standing.process.wait()

    services.wait_until(lambda: not _alive(family), seconds=60, what="nothing is left")


def test_the_second_start_answers_within_five_seconds(standing):
    # The best of some: other tests keep the machine's two cores busy meanwhile.
    while len(standing.took) < 4 and min(standing.took[1:], default=5) >= 5:
        standing.end()
        standing.start().wait()

    assert min(standing.took[1:]) < 5, standing.took


def test_a_port_in_use_is_told_in_a_line(served):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", served.port))
        taken.listen()

        told = _run(served, "serve")

    assert told.returncode == 1
    assert told.stderr == f"Error: port {served.port} on 127.0.0.1 is in use: stop what uses it, or set PORTAL_PORT\n"
    assert not served.settings.redis_socket.exists()


def test_a_store_that_cannot_be_opened_is_told_in_a_line_and_leaves_no_process(served):
    served.data.mkdir()
    (served.data / "portal.db").write_bytes(b"this is no store, whatever it is" * 100)

    told = _run(served, "serve")

    assert told.returncode == 1
    assert "file is not a database" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not served.settings.redis_socket.exists()


def test_a_redis_left_behind_is_taken_over_and_ended_in_the_end(lent):
    if lent.process is not None and lent.process.poll() is None:
        lent.end()
    lent.data.mkdir(exist_ok=True)
    left = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from portal.embedded_redis import EmbeddedRedis;"
            "EmbeddedRedis(Path(sys.argv[1]), Path(sys.argv[2])).start()",
            str(lent.data / "redis"),
            str(lent.settings.redis_socket),
        ],
        cwd=config.PROJECT,
    )
    assert left.wait(20) == 0
    redis = supervisor.EmbeddedRedis(lent.data / "redis", lent.settings.redis_socket)
    pid = redis.process_id()
    assert pid

    lent.start().wait()

    assert redis.process_id() == pid
    assert lent.end() == 0
    services.wait_until(lambda: not _alive([pid]), seconds=5, what="the adopted Redis is gone")


def test_a_log_grows_no_further_than_it_may(tmp_path, monkeypatch):
    settings = config.load({"PORTAL_DATA": str(tmp_path), "PORTAL_REDIS": "redis://127.0.0.1:1"})
    watched = supervisor.Supervisor(settings, print)
    log = tmp_path / "log" / "web.log"
    monkeypatch.setattr(supervisor, "LOG_SIZE", 100)
    with log.open("ab") as out:
        out.write(b"x" * 200)
        out.flush()

        watched._rotate_logs()
        out.write(b"more")

    assert log.read_bytes() == b"more"
    assert log.with_suffix(".log.1").read_bytes() == b"x" * 200


def test_the_first_start_makes_the_demonstration_and_says_who_can_sign_in(served):
    served.demo = "1"

    served.start().wait()
    services.wait_until(lambda: "Ctrl-C" in served.said(), seconds=60, what="it says so")
    first = served.said()
    served.end()
    served.log.write_text("")
    served.start().wait()
    services.wait_until(lambda: "Ctrl-C" in served.said(), seconds=60, what="it says so")
    second = served.said()

    assert "demonstration year: " in first and "one-time password" in first
    assert "planning, division, reporter" in first and "their password" in first
    assert "one-time password" not in second and "their password" in second


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_it_prepares_it_leaves_nothing_behind(served, number):
    served.demo = "1"
    served.start()
    services.wait_until(lambda: "Making the demonstration" in served.said(), seconds=60, what="it prepares")
    services.wait_until(lambda: served.child("demo"), seconds=60, what="the demonstration is being made")
    family = served.family()
    began = time.monotonic()

    code = served.end(number)

    assert time.monotonic() - began < 10
    assert code == 130 and "Traceback" not in served.said()
    services.wait_until(lambda: not _alive(family), seconds=2, what="nothing is left")


def test_stopped_in_the_middle_of_a_pack_it_leaves_nothing_and_finishes_it_next_time(small_year, served):
    served.database = small_year.url
    run = runs.ask(RunKind.PACK, "2566-05", by=None, at=clock.now())
    served.start().wait()
    services.wait_until(lambda: Run.get_by_id(run.id).steps_done, seconds=60, what="a chapter is set")
    family = served.family()
    began = time.monotonic()

    assert served.end() == 0

    assert time.monotonic() - began < 10
    assert _alive(family) == []
    assert Run.get_by_id(run.id).state is RunState.WAITING
    served.start().wait()
    services.wait_until(lambda: Run.get_by_id(run.id).state is RunState.DONE, seconds=60, what="the pack is made")
