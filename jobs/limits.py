"""How often somebody may ask in a minute, counted in Redis so that every web server counts together."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import redis

from jobs import queue

log = logging.getLogger(__name__)
MINUTE = 60


@dataclass(frozen=True)
class Allowance:
    """What is left of a minute's allowance of `most` requests, and in how many seconds a new one begins."""

    most: int
    left: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        """Return whether this request was one too many."""
        return self.left < 0


def take(who: str, most: int, now: float) -> Allowance | None:
    """Count one request of `who` in the minute of `now` (Unix seconds). None: Redis is away, nothing is counted.

    Nobody is turned away because the counter cannot be reached.
    """
    minute, second = divmod(int(now), MINUTE)
    key = f"portal:rate:{who}:{minute}"
    connection = queue.connection()
    if connection is None:
        return None
    try:
        with connection.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * MINUTE)
            used = int(pipe.execute()[0])
    except redis.RedisError as error:
        log.warning("requests are not counted: %s", type(error).__name__)
        return None
    return Allowance(most, most - used, MINUTE - second)
