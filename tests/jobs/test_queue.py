"""The bell: rings once, never blocks, and has nothing run but the portal's own jobs."""

import os
import socket
import subprocess
import sys
import time

import pytest
import redis
from rq import Callback, Queue

from jobs import queue


@pytest.fixture
def bell(redis_url):
    queue.use(redis_url)
    yield redis.Redis.from_url(redis_url)
    queue.use(redis_url)


def test_every_job_that_can_be_rung_for_is_there():
    for path in queue.JOBS.values():
        module, _, name = path.rpartition(".")
        told = subprocess.run(
            [sys.executable, "-c", f"import {module}; assert callable({module}.{name})"], capture_output=True
        )
        assert told.returncode == 0, told.stderr.decode()[-500:]


def test_ringing_twice_is_one_ring(bell):
    assert queue.ring("compile_run", 7)
    assert queue.ring("compile_run", 7)
    assert queue.ring("compile_run", 8)

    assert bell.llen("rq:queue:portal") == 2


def test_the_remains_of_a_killed_attempt_do_not_silence_the_bell(bell):
    queue.ring("compile_run", 7)
    bell.delete("rq:queue:portal")  # popped by a worker that died: the job's hash is left behind

    assert queue.ring("compile_run", 7, turn=1)

    assert bell.lrange("rq:queue:portal", 0, -1) == [b"compile_run-7-1"]


def test_a_ring_is_written_as_json_and_forgotten_in_time(bell):
    queue.ring("compile_run", 7)

    job = queue.queue(bell).fetch_job("compile_run-7-0")
    assert (job.func_name, job.args, job.kwargs) == ("jobs.reports.compile_run", [7], {})
    assert (job.result_ttl, job.failure_ttl) == (0, 0)
    assert 0 < bell.ttl("rq:job:compile_run-7-0") <= 600


def test_a_bell_that_is_away_is_told_in_no_time_and_without_a_fuss():
    queue.use("redis://127.0.0.1:1/0")
    began = time.monotonic()

    assert not queue.ring("compile_run", 7)

    assert time.monotonic() - began < 0.5


def test_a_bell_that_hangs_keeps_nobody_waiting():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        queue.use(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()

        assert not queue.ring("compile_run", 7)

        assert time.monotonic() - began < 3


def test_a_bell_without_room_is_no_error(redis_url, bell):
    bell.config_set("maxmemory", "1mb")
    bell.config_set("maxmemory-policy", "noeviction")
    try:
        for number in range(50):
            bell.append(f"filling-{number}", "x" * 100_000)
    except redis.RedisError:
        pass
    try:
        assert not queue.ring("compile_run", 7)
    finally:
        bell.config_set("maxmemory", "0")


@pytest.mark.parametrize("wanted", ["os.system", "os.abort", "jobs.queue.use", "subprocess.call"])
def test_a_job_slipped_into_redis_is_not_run(bell, tmp_path, wanted):
    Queue(queue.NAME, connection=bell, serializer="json").enqueue(
        wanted, f"touch {tmp_path}/done", on_success=Callback(os.abort), job_id="slipped-in"
    )

    job = queue.queue(bell).fetch_job("slipped-in")

    with pytest.raises(PermissionError, match="not one of the portal's jobs"):
        job.perform()
    assert job.success_callback is None
    assert list(tmp_path.iterdir()) == []
