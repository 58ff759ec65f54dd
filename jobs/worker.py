"""The worker: a process that hears the bell and does one job at a time in a child of its own.

Everything heavy is loaded before the first fork, so that a small job takes 50 ms and not a second. A child
ends with its parent, and a worker that is told to stop hands its job back at once instead of finishing it.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import redis
from peewee import PeeweeException
from rq import Worker

import config
from jobs import queue
from jobs.words import keep_log
from portal import clock, database, files, lifeline
from portal.errors import OutOfReach
from portal.files import Files
from portal.reports import render, runs
from portal.reports.runs import Interrupted

log = logging.getLogger(__name__)

# RQ's own defaults notice a killed worker after 13 minutes; these, after about one.
WORKER_TTL = 30
MONITORING_INTERVAL = 5
MAINTENANCE_INTERVAL = 10
# People who wait for a page come before a book that is printed beside them.
MODESTY = 5

_told_to_end = False


@dataclass(frozen=True)
class AtWork:
    """What a job has at hand."""

    settings: config.Settings
    files: Files

    def go_on(self) -> None:
        """Raise Interrupted when this process has been told to end.

        The signal raises it as well, but what is raised while an object is being destroyed is lost.
        """
        if _told_to_end:
            raise Interrupted


@contextlib.contextmanager
def at_work() -> Iterator[AtWork]:
    """Open the settings, the store and the files for one job, in the process that does it.

    Told to end (SIGTERM), the job is left by Interrupted, once.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    settings = config.load(os.environ)
    database.use(settings.database)
    with database.db.connection_context():
        yield AtWork(settings, files.connect(settings.files, settings.data))


def run(settings: config.Settings, *, burst: bool = False) -> None:
    """Work until told to stop; with `burst`, until no bell rings any more. Raises OutOfReach when Redis goes away."""
    keep_log()
    os.nice(MODESTY)
    for job in queue.JOBS.values():
        importlib.import_module(job.rpartition(".")[0])
    render.warm()
    lifeline.tie_every_fork()
    database.use(settings.database)
    connection = redis.Redis.from_url(settings.redis_url)
    worker = _PortalWorker(
        [queue.queue(connection)],
        name=f"{socket.gethostname()}-{os.getpid()}",
        connection=connection,
        job_class=queue.PortalJob,
        serializer="json",
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_INTERVAL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        log_job_description=False,
    )
    log.info("listening as %s", worker.name)
    try:
        worker.work(burst=burst, logging_level="WARNING")
    except redis.RedisError as wrong:
        raise OutOfReach("Redis does not answer ({reason})", reason=type(wrong).__name__) from wrong


class _PortalWorker(Worker):
    """RQ's forking worker, which on SIGTERM asks its child to hand the job back.

    Every few seconds, while the child is alive, it keeps the job's lease; a child in the middle of one long
    step need not. A job under way goes on when Redis is away: it reports to the store, not to Redis.
    """

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        try:
            if job.func_name == queue.JOBS["compile_run"]:  # the others' numbers are no runs'
                with database.db.connection_context():
                    runs.renew(job.args[0], clock.now())
        except PeeweeException as wrong:
            log.warning("the store is away (%s); %s goes on", type(wrong).__name__, job.id)
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError as wrong:
            log.warning("Redis is away (%s); %s goes on", type(wrong).__name__, job.id)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)


def _interrupt(signum: int, frame: FrameType | None) -> Any:
    global _told_to_end
    _told_to_end = True
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted
