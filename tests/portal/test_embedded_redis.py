"""The embedded Redis: one a folder, for its owner alone, and what it holds survives its death."""

import os
import signal
import stat
import threading

import pytest
import redis

import config
from portal.embedded_redis import EmbeddedRedis, RedisProblem


@pytest.fixture
def bell(tmp_path):
    server = EmbeddedRedis(tmp_path / "redis", tmp_path / "redis" / "redis.sock")
    yield server
    server.stop()


def _client(server):
    return redis.Redis(unix_socket_path=str(server.socket_path))


def test_it_keeps_its_data_to_its_owner_and_on_the_disk(bell):
    assert bell.start()

    kept = _client(bell).config_get("*")
    assert (kept["appendonly"], kept["appendfsync"], kept["maxmemory-policy"]) == ("yes", "everysec", "noeviction")
    assert kept["port"] == "0"
    for place in (bell.folder, bell.socket_path):
        assert stat.S_IMODE(os.stat(place).st_mode) == 0o700


def test_what_it_was_told_survives_its_being_killed(bell):
    bell.start()
    _client(bell).set("bell", "rung")

    os.kill(bell.pid, signal.SIGKILL)
    os.waitpid(bell.pid, 0)
    bell.start()

    assert _client(bell).get("bell") == b"rung"


def test_many_starting_it_at_once_start_one(bell):
    others = [EmbeddedRedis(bell.folder, bell.socket_path) for _ in range(5)]
    gate, started = threading.Barrier(5), []

    def start(other):
        gate.wait()
        started.append(other.start())

    together = [threading.Thread(target=start, args=(other,)) for other in others]
    for each in together:
        each.start()
    for each in together:
        each.join()

    assert sorted(started) == [False] * 4 + [True]
    assert len({other.process_id() for other in others}) == 1
    next(other for other in others if other.pid).stop()


def test_the_folder_of_a_hung_server_is_not_given_to_a_second(bell):
    bell.start()
    os.kill(bell.pid, signal.SIGSTOP)
    try:
        with pytest.raises(RedisProblem, match=r"holds .* but does not answer"):
            EmbeddedRedis(bell.folder, bell.socket_path).start(patience=1.5)
    finally:
        os.kill(bell.pid, signal.SIGCONT)


def test_a_server_that_cannot_start_says_why(tmp_path):
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "redis" / "appendonlydir" / "appendonly.aof.manifest").write_text("not a manifest\n")
    server = EmbeddedRedis(tmp_path / "redis", tmp_path / "redis" / "redis.sock")

    with pytest.raises(RedisProblem, match=r"did not start: see .*redis.log"):
        server.start()

    assert not server.answers()


def test_a_data_folder_with_a_very_long_name_is_no_hindrance(tmp_path):
    settings = config.load({"PORTAL_DATA": str(tmp_path / ("long-name-" * 12))})
    server = EmbeddedRedis(settings.data / "redis", settings.redis_socket)
    try:
        assert server.start()
        assert redis.Redis.from_url(settings.redis_url).ping()
    finally:
        server.stop()
        settings.redis_socket.parent.rmdir()
