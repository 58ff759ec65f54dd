"""The doorbell. A row says what is to be done; ringing only wakes a worker to look at it.

Whoever misses a ring loses nothing: the timetable rings again for every row still waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job

from portal.errors import OutOfReach

log = logging.getLogger(__name__)

NAME = "portal"
TIME_LIMIT = 30 * 60
"""Seconds one job may take before its process is ended."""

# What may be asked of a worker: the name rung for, and the function that does it. A worker refuses all else,
# so that writing to Redis is not enough to have it run what one likes.
JOBS = {
    "compile_run": "jobs.reports.compile_run",
    "make_dispatch": "jobs.exports.make_dispatch",
    "send_letter": "jobs.notices.send_letter",
    "take_import": "jobs.imports.take_import",
    "tell_webhook": "jobs.webhooks.tell",
    "send_edition": "jobs.sendings.send_edition",
    "remove_leftovers": "jobs.leftovers.remove_leftovers",
}

OF_RUN = {"import": "take_import", "export": "make_dispatch"}
"""Which job does a run of a kind, where it is not `compile_run`."""

_FORGOTTEN_AFTER = 10 * 60

_queue: Queue | None = None


class PortalJob(Job):  # type: ignore[misc, unused-ignore]
    """A job as Redis holds it: one of JOBS with the number of a row, and nothing that runs on the side."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name not in JOBS.values() or self.instance or self.kwargs:
            raise PermissionError(f"{self.func_name} is not one of the portal's jobs")
        return super().func

    def restore(self, raw_data: Any) -> None:
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None


def use(url: str) -> None:
    """Say which Redis the bell hangs on. Nothing is asked of it yet."""
    global _queue
    _queue = queue(quick(url))


def quick(url: str) -> redis.Redis:
    """Return a connection that gives up at once, for those who cannot wait: 1 s, no second try."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0), health_check_interval=0
    )


def connection() -> redis.Redis | None:
    """Return the connection in use, for counting what must be counted together; None when none was named."""
    return None if _queue is None else _queue.connection


def check(url: str) -> None:
    """Raise OutOfReach when the Redis at `url` does not answer."""
    try:
        quick(url).ping()
    except redis.RedisError as wrong:
        raise OutOfReach("Redis does not answer ({reason})", reason=type(wrong).__name__) from wrong


def queue(connection: redis.Redis) -> Queue:
    """Return the one queue, written as JSON: what lies in Redis is read, never run."""
    return Queue(NAME, connection=connection, job_class=PortalJob, serializer="json")


def ring(job: str, row_id: int, *, turn: int = 0) -> bool:
    """Wake a worker to do `job` for the row `row_id`; return whether the bell could be heard.

    Never raises and never takes long: when Redis is away the row simply waits for the next sweep. Ringing
    while the same ring is still pending changes nothing. `turn` is the number of attempts that came to
    nothing, so that the remains of a killed one do not silence the bell.
    """
    if _queue is None:
        log.warning("no bell is hung up, so %s %d waits for the next sweep", job, row_id)
        return False
    try:
        _queue.enqueue(
            JOBS[job],
            args=(row_id,),
            job_id=f"{job}-{row_id}-{turn}",
            unique=True,
            ttl=_FORGOTTEN_AFTER,
            result_ttl=0,
            failure_ttl=0,
            job_timeout=TIME_LIMIT,
            description=f"{job} {row_id}",
        )
    except DuplicateJobError:
        return True
    except redis.RedisError as wrong:
        log.warning("Redis is away (%s), so %s %d waits for the next sweep", type(wrong).__name__, job, row_id)
        return False
    return True
