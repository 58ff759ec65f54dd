"""The doctor: well when all is well, and for each thing amiss a line with its remedy."""

import ctypes
import socket
import time
from pathlib import Path

import pytest

import config
from portal import database as portal_database
from portal import doctor, fonts


@pytest.fixture
def well(sqlite_store, settings):
    return settings


def _changed(settings, **variables):
    return config.load({**settings.environment(), **variables})


def test_all_is_well_here(well, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Bangkok")
    time.tzset()

    assert {check.name: check.look(well) for check in doctor.CHECKS if check.look(well)} == {}


def test_thai_breaks_between_words_by_the_real_library(well):
    assert doctor.thai_breaks(well) == []
    thai = ctypes.CDLL("libthai.so.0")
    places = (ctypes.c_int * 8)()
    assert thai.th_brk("สหกรณ์การเกษตร".encode("tis-620"), places, 8) == 2


def test_a_missing_library_is_named_with_its_package(well, monkeypatch):
    monkeypatch.setitem(doctor.LIBRARIES, "libnothing.so.9", "libnothing9")

    assert doctor.libraries(well) == [
        "the library libnothing.so.9 is missing: run `make setup`, or apt-get install libnothing9"
    ]


def test_a_missing_typeface_is_named(well, monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "PRINT", tmp_path)

    problems = doctor.typefaces(well)

    assert len(problems) == len(fonts.WEIGHTS)
    assert "Sarabun-400 is missing" in problems[1] and "make setup" in problems[1]


def test_too_little_room_is_told(well, monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_SPACE", 10**18)

    assert "MB left: make room" in doctor.disk(well)[0]


def test_a_port_in_use_or_out_of_reach_is_told(well):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", well.port))
        taken.listen()
        assert "is in use" in doctor.port(well)[0]
    assert doctor.port(well) == []
    assert "cannot be listened on" in doctor.port(_changed(well, PORTAL_HOST="203.0.113.1"))[0]


def test_a_store_that_is_not_there_is_told(well, tmp_path):
    problems = doctor.store(_changed(well, PORTAL_DATABASE=str(tmp_path / "none.db")))

    assert "no store yet" in problems[0]
    assert not (tmp_path / "none.db").exists()


def test_a_damaged_store_is_told(well, tmp_path):
    sick = tmp_path / "sick.db"
    portal_database.db.close()
    whole = bytearray(Path(well.database).read_bytes())
    whole[4096 * 3 : 4096 * 40] = bytes(4096 * 37)
    sick.write_bytes(whole)

    problems = doctor.store(_changed(well, PORTAL_DATABASE=str(sick)))

    assert len(problems) == 1 and "restore it from a backup" in problems[0]


def test_a_store_without_tables_is_told_to_migrate(bare, settings):
    assert "`portal migrate`" in doctor.store(settings)[0]


def test_a_store_on_either_engine_is_well(database, settings):
    assert doctor.store(settings) == []


def test_a_postgresql_that_is_away_is_told(well):
    problems = doctor.store(_changed(well, PORTAL_DATABASE="postgresql://nobody@127.0.0.1:1/portal"))

    assert len(problems) == 1 and "does not answer" in problems[0] and "\n" not in problems[0]


def test_a_redis_that_is_away_is_told(well):
    assert "see PORTAL_REDIS" in doctor.bell(_changed(well, PORTAL_REDIS="redis://127.0.0.1:1"))[0]
    assert "start `portal serve`" in doctor.bell(_changed(well, PORTAL_REDIS=""))[0]


def test_a_file_store_that_is_away_is_told(well, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")

    assert "see PORTAL_FILES" in doctor.kept_files(_changed(well, PORTAL_FILES="s3://books"))[0]


def test_a_clock_that_was_never_set_is_told(well, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert "set the clock" in doctor.time_of_day(well)[0]


def test_another_time_zone_is_told(well, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        assert "TZ=Asia/Bangkok" in doctor.zone(well)[0]
    finally:
        monkeypatch.setenv("TZ", "Asia/Bangkok")
        time.tzset()
