"""The worker: makes what was rung for, whatever is killed, flushed or cancelled meanwhile, and once."""

import datetime as dt
import hashlib
import os
import signal
import subprocess
import sys
import time

import pypdf
import pytest
import redis

import config
from jobs import queue, timetable
from models import Edition, Person, Run, RunStep
from portal import clock, files, lifeline
from portal.embedded_redis import EmbeddedRedis
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import RunKind, RunState
from tests import services
from tests.workers import AtWork, alive

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(small_year, settings):
    queue.use(settings.redis_url)
    redis.Redis.from_url(settings.redis_url).flushall()
    at_work = AtWork(settings)
    yield at_work
    at_work.end()


@pytest.fixture
def run(small_year):
    planner = Person.select().where(Person.role == Role.PLANNING).first()
    return runs.ask(RunKind.PACK, "2566-05", by=planner, at=clock.now())


def _fresh(run):
    return Run.get_by_id(run.id)


def _wait_for(run, *states, seconds=60, log=None, worker=None):
    """Wait for the run's state; a `worker` given is started again when it ends, as the supervisor does."""

    def there():
        if worker is not None and worker.process.poll() is not None:
            worker.start()
        return _fresh(run).state in states

    try:
        services.wait_until(there, seconds=seconds, what=f"the run is {' or '.join(states)}")
    except AssertionError as late:
        raise AssertionError(
            f"{late}; it is {_fresh(run).__data__}\n{log.read_text()[-3000:] if log else ''}"
        ) from None


def _wait_until_under_way(run, worker):
    def under_way():
        fresh = _fresh(run)
        return fresh.state is RunState.RUNNING and 1 <= fresh.steps_done < fresh.steps_total

    services.wait_until(under_way, seconds=30, what=f"a chapter is set\n{worker.log.read_text()[-2000:]}")


def _let_the_lease_run_out(run):
    long_ago = clock.now() - dt.timedelta(seconds=1)
    Run.update(lease_until=long_ago).where(Run.id == run.id, Run.state == RunState.RUNNING).execute()


def _check_made_once(run, worker, attempt=None):
    done = _fresh(run)
    assert done.state is RunState.DONE, done.error
    assert attempt is None or done.attempt == attempt
    assert Edition.select().where(Edition.run == run.id).count() == 1
    kept = [path.suffix for path in (worker.settings.data / "files").rglob("*") if path.is_file()]
    assert sorted(kept) == [".gz", ".pdf"]  # the file, and the frozen figures it was printed from
    with files.connect("", worker.settings.data).open(done.file_key) as file:
        assert hashlib.sha256(file.read()).hexdigest() == done.sha256
        assert len(pypdf.PdfReader(file).pages) == done.pages
    steps = list(RunStep.select().where(RunStep.run == run.id))
    assert len(steps) == done.steps_total == done.steps_done
    assert {step.state for step in steps} == {RunState.DONE}
    assert list((worker.settings.data / "runs").iterdir()) == []


def test_a_bell_is_heard_and_the_pack_made(run, worker):
    worker.start()
    assert queue.ring("compile_run", run.id)

    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)

    _check_made_once(run, worker, attempt=1)
    services.wait_until(
        lambda: not redis.Redis.from_url(worker.settings.redis_url).keys("rq:job:*"),
        seconds=5,
        what="Redis has forgotten the job",
    )


def test_a_worker_killed_in_the_middle_delays_the_run_and_no_more(run, worker):
    worker.start()
    queue.ring("compile_run", run.id)
    _wait_until_under_way(run, worker)

    worker.end()

    assert _fresh(run).state is RunState.RUNNING
    timetable.sweep(clock.now())
    assert runs.to_ring(clock.now()) == [], "nobody else may take it before the lease has run out"
    _let_the_lease_run_out(run)
    timetable.sweep(clock.now())
    worker.start()
    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
    _check_made_once(run, worker, attempt=2)


def test_a_killed_child_of_a_living_worker_delays_the_run_and_no_more(run, worker):
    worker.start()
    queue.ring("compile_run", run.id)
    _wait_until_under_way(run, worker)

    os.kill(worker.horse(), signal.SIGKILL)
    _let_the_lease_run_out(run)
    timetable.sweep(clock.now())

    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
    assert worker.process.poll() is None
    _check_made_once(run, worker, attempt=2)


def test_a_worker_told_to_stop_hands_the_run_back_at_once(run, worker):
    worker.start()
    queue.ring("compile_run", run.id)
    _wait_until_under_way(run, worker)
    family = lifeline.descendants(worker.process.pid)
    began = time.monotonic()

    worker.process.terminate()
    worker.process.wait(10)

    assert time.monotonic() - began < 8
    services.wait_until(lambda: not alive(family), seconds=2, what="nothing of the worker is left")
    assert (_fresh(run).state, _fresh(run).lease_until) == (RunState.WAITING, None)

    timetable.sweep(clock.now())
    worker.start()
    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
    _check_made_once(run, worker, attempt=2)


def test_two_workers_make_a_run_once(run, worker):
    second = AtWork(worker.settings).start()
    try:
        worker.start()
        for turn in range(6):
            queue.ring("compile_run", run.id, turn=turn)
        _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
        bell = redis.Redis.from_url(worker.settings.redis_url)
        services.wait_until(lambda: bell.llen("rq:queue:portal") == 0, seconds=20, what="all rings are heard")
        _check_made_once(run, worker, attempt=1)
    finally:
        second.end()


def test_a_redis_flushed_in_the_middle_loses_nothing(run, worker):
    waiting = runs.ask(RunKind.PACK, "2566-04", by=None, at=clock.now())
    worker.start()
    queue.ring("compile_run", run.id)
    queue.ring("compile_run", waiting.id)
    _wait_until_under_way(run, worker)

    redis.Redis.from_url(worker.settings.redis_url).flushall()

    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
    assert _fresh(run).state is RunState.DONE
    timetable.sweep(clock.now())
    _wait_for(waiting, RunState.DONE, RunState.FAILED, log=worker.log, worker=worker)
    assert _fresh(waiting).state is RunState.DONE
    assert Edition.select().count() == 2


def test_a_redis_killed_in_the_middle_loses_nothing(small_year, settings, run, tmp_path):
    bell = EmbeddedRedis(tmp_path / "own", tmp_path / "own" / "redis.sock")
    bell.start()
    own = config.load({**settings.environment(), "PORTAL_REDIS": f"unix://{bell.socket_path}?db=0"})
    queue.use(own.redis_url)
    worker = AtWork(own).start()
    try:
        queue.ring("compile_run", run.id)
        _wait_until_under_way(run, worker)

        os.kill(bell.pid, signal.SIGKILL)
        os.waitpid(bell.pid, 0)
        assert not queue.ring("compile_run", run.id)
        _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
        assert _fresh(run).state is RunState.DONE

        bell.start()
        later = runs.ask(RunKind.PACK, "2566-04", by=None, at=clock.now())
        timetable.sweep(clock.now())
        _wait_for(later, RunState.DONE, RunState.FAILED, log=worker.log, worker=worker)
    finally:
        worker.end()
        bell.stop()


def test_a_cancelled_run_stops_and_the_next_one_is_made(run, worker):
    planner = Person.get_by_id(run.asked_by_id)
    worker.start()
    queue.ring("compile_run", run.id)
    _wait_until_under_way(run, worker)

    runs.cancel(run, by=planner, at=clock.now())

    _wait_for(run, RunState.CANCELLED, seconds=10, log=worker.log)
    assert not (worker.settings.data / "files").exists()
    runs.retry(run, by=planner, at=clock.now())
    timetable.sweep(clock.now())
    _wait_for(run, RunState.DONE, RunState.FAILED, log=worker.log)
    _check_made_once(run, worker)


def test_a_worker_without_a_redis_says_so_in_a_line(small_year, settings):
    variables = settings.environment() | {"PORTAL_REDIS": "redis://127.0.0.1:1/0"}

    told = subprocess.run(
        [sys.executable, "-m", "portal.cli", "worker"],
        env=os.environ | variables,
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert told.returncode == 1
    assert told.stderr == "Error: Redis does not answer (ConnectionError): see PORTAL_REDIS\n"
