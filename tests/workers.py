"""Real worker processes for tests."""

import os

from portal import lifeline
from tests import forks, services


class AtWork:
    """Real worker processes over this test's store and Redis."""

    def __init__(self, settings):
        self.settings = settings
        self.process = None
        self.log = settings.data / "worker.log"

    def start(self):
        self.process = forks.FORKS.start("worker", self.settings.environment(), self.log)
        return self

    def horse(self):
        return next(iter(lifeline.descendants(self.process.pid)), None)

    def end(self):
        if self.process is None or self.process.poll() is not None:
            return
        family = lifeline.descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        services.wait_until(lambda: not alive(family), seconds=5, what="nothing of the worker is left")


def alive(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}") and _state(pid) != "Z"]


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
