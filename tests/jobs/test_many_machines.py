"""Grown out of one machine: PostgreSQL, a Redis and an S3-compatible store for all, by settings alone."""

import urllib.request

import boto3
import pypdf
import pytest
from moto.server import ThreadedMotoServer

import config
from jobs import queue
from models import Edition, Run
from portal import clock, files
from portal import database as portal_database
from portal.reports import runs
from portal.rules.terms import RunKind, RunState
from tests import forks, services

pytestmark = pytest.mark.slow
SECRET = "the-same-on-every-machine-0123456789-abc"


@pytest.fixture
def bucket(monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "portal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "portal")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=address)
    s3.create_bucket(Bucket="portal")
    yield lambda: [item["Key"] for item in s3.list_objects_v2(Bucket="portal").get("Contents", [])]
    server.stop()


@pytest.fixture
def machines(stores, redis_url, bucket, tmp_path):
    """Settings of three machines that share nothing but the database, the Redis and the bucket."""
    store = stores.new("postgresql", "year", tmp_path)
    portal_database.use(store.url)
    yield [
        config.load(
            {
                "PORTAL_DATABASE": store.url,
                "PORTAL_REDIS": redis_url,
                "PORTAL_FILES": "s3://portal/cpd",
                "PORTAL_DATA": str(tmp_path / name),
                "PORTAL_PORT": str(services.free_port()),
                "PORTAL_SECRET_KEY": SECRET,
                "PORTAL_DEMO": "0",
            }
        )
        for name in ("first", "second", "third")
    ]
    stores.drop(store)


def _start(settings, verb):
    return forks.FORKS.start(verb, settings.environment(), settings.data / f"{verb}.log")


def test_three_machines_make_each_run_once_into_one_store_of_files(machines, bucket):
    first, second, third = machines
    queue.use(first.redis_url)
    asked = [runs.ask(RunKind.PACK, f"2566-{month:02d}", by=None, at=clock.now()) for month in (4, 5)]
    processes = [_start(first, "worker"), _start(second, "worker"), _start(third, "scheduler"), _start(third, "web")]
    try:
        services.wait_until(
            lambda: not Run.select().where(Run.state.in_((RunState.WAITING, RunState.RUNNING))).exists(),
            seconds=120,
            what=f"all are made; {[r.__data__ for r in Run.select()]}",
        )
        services.wait_until(lambda: _answers(third), seconds=20, what="the web server answers")
    finally:
        for process in processes:
            services.end_group(process)

    done = list(Run.select().order_by(Run.id))
    assert [(run.id, run.state, run.attempt) for run in done] == [(a.id, RunState.DONE, 1) for a in asked]
    assert Edition.select().count() == 2
    figures = [edition.snapshot_key for edition in Edition.select()]
    assert sorted(bucket()) == sorted(f"cpd/{key}" for key in [*figures, *(run.file_key for run in done)])
    assert not any((machine.data / "files").exists() for machine in machines)
    with files.connect(third.files, third.data).open(done[0].file_key) as file:
        assert len(pypdf.PdfReader(file).pages) == done[0].pages


def _answers(settings):
    try:
        return urllib.request.urlopen(f"{settings.address}sign-in/", timeout=5).status == 200
    except OSError:
        return False
