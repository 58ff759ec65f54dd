"""What a portal needs from its machine, and what to do when it is not there.

Each check returns what is wrong, a line each with the way to mend it; nothing when all is well.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import socket
import sqlite3
import time
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peewee import PeeweeException

import config
from jobs import queue
from portal import clock, database, files, fonts
from portal.errors import OutOfReach, PortalError

LEAST_SPACE = 300_000_000
"""Bytes that must be free: a year's book with its chapters, and room for the store to grow."""

LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libthai.so.0": "libthai0",
}
_TIME_ERROR = 5
SENTENCE = "กรมส่งเสริมสหกรณ์รายงานผลการดำเนินงาน"  # no space in it: only a dictionary can break it


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    look: Callable[[config.Settings], list[str]]


def port(settings: config.Settings) -> list[str]:
    """The port can be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as wrong:
            where = f"port {settings.port} on {settings.host}"
            if wrong.errno == errno.EADDRINUSE:
                return [f"{where} is in use: stop what uses it, or set PORTAL_PORT"]
            if wrong.errno == errno.EACCES:
                return [f"{where} is for the system only: set PORTAL_PORT to 1024 or more"]
            return [f"{where} cannot be listened on ({wrong.strerror}): see PORTAL_HOST and PORTAL_PORT"]
    return []


def disk(settings: config.Settings) -> list[str]:
    """There is room, and a file can be written where the portal writes."""
    free = shutil.disk_usage(settings.data).free
    if free < LEAST_SPACE:
        need = LEAST_SPACE // 1_000_000
        return [f"the disk of {settings.data} has {free // 1_000_000} MB left: make room, {need} MB are needed"]
    probe = settings.data / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"x")
    except OSError as wrong:
        return [f"{settings.data} cannot be written ({wrong.strerror}): change its owner or set PORTAL_DATA"]
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    return []


def libraries(settings: config.Settings) -> list[str]:
    """The system libraries that set type are there."""
    missing = []
    for name, package in LIBRARIES.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(f"the library {name} is missing: run `make setup`, or apt-get install {package}")
    return missing


def typefaces(settings: config.Settings) -> list[str]:
    """The typefaces of print and screen are there and can print Thai."""
    return fonts.problems()


def thai_breaks(settings: config.Settings) -> list[str]:
    """Thai text breaks between words, which needs libthai's dictionary as well as the library."""
    try:
        thai = ctypes.CDLL("libthai.so.0")
    except OSError:
        return ["the library libthai.so.0 is missing: run `make setup`, or apt-get install libthai0"]
    places = (ctypes.c_int * 64)()
    found = thai.th_brk(SENTENCE.encode("tis-620"), places, len(places))
    words = [SENTENCE[a:b] for a, b in zip([0, *places[:found]], [*places[:found], None], strict=True)]
    if "สหกรณ์" not in words or "รายงาน" not in words:
        return [
            "Thai lines do not break between words (libthai finds no dictionary): "
            "apt-get install --reinstall libthai-data"
        ]
    return []


def store(settings: config.Settings) -> list[str]:
    """The store answers, is of this version, keeps what it is told, and is not damaged."""
    database.use(settings.database)
    remedy = "see PORTAL_DATABASE, and that its server runs"
    if settings.uses_sqlite:
        if not Path(settings.database).exists():
            return [f"there is no store yet at {settings.database}: run `portal serve` or `portal migrate`"]
        remedy = "restore it from a backup, or name another by PORTAL_DATABASE"
        if sqlite3.sqlite_version_info < (3, 35):
            return [f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or later is needed"]
    try:
        with database.db.connection_context():
            behind = database.pending()
            if behind:
                return [f"the store is {len(behind)} step(s) behind this version: run `portal migrate`"]
            if settings.uses_sqlite:
                said = database.db.execute_sql("PRAGMA quick_check(1)").fetchone()[0]
                if said != "ok":
                    return [f"the store is damaged ({said}): {remedy}"]
                mode = database.db.execute_sql("PRAGMA journal_mode").fetchone()[0]
                if mode != "wal":
                    return [f"the store cannot use its write-ahead log ({mode}): put it on a local disk"]
    except PeeweeException as wrong:
        return [f"the store does not answer ({' '.join(str(wrong).split())}): {remedy}"]
    return []


def bell(settings: config.Settings) -> list[str]:
    """Redis answers. Work is not lost without it, but waits."""
    try:
        queue.check(settings.redis_url)
    except OutOfReach as wrong:
        remedy = "start `portal serve`" if settings.embeds_redis else "see PORTAL_REDIS, and that its server runs"
        return [f"{wrong}: {remedy}"]
    return []


def kept_files(settings: config.Settings) -> list[str]:
    """A file can be kept, read and removed where uploads and books go."""
    place = files.connect(settings.files, settings.data)
    try:
        key = place.keep("doctor.txt", b"kept")
        with place.open(key) as file:
            same = file.read() == b"kept"
        place.remove(key)
    except PortalError as wrong:
        return [f"{wrong}: see PORTAL_FILES and the AWS_… variables, or the owner of {settings.data}"]
    return [] if same else ["a file came back other than it was kept: see PORTAL_FILES"]


def time_of_day(settings: config.Settings) -> list[str]:
    """The clock is set: later than this program, and going at its pace."""
    if time.time() < Path(__file__).stat().st_mtime - 86_400:
        return [f"the clock says {clock.now():%Y-%m-%d %H:%M}, before this program was written: set the clock"]
    if settings.production and ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) == _TIME_ERROR:
        return ["the clock is not kept in step with a time server: install and start chrony"]
    return []


def zone(settings: config.Settings) -> list[str]:
    """The time zone of Bangkok is known."""
    try:
        zoneinfo.ZoneInfo("Asia/Bangkok")
    except zoneinfo.ZoneInfoNotFoundError:
        return ["the time zone Asia/Bangkok is not known: apt-get install tzdata"]
    if time.strftime("%z") != "+0700":
        return ["this process does not run on Bangkok time: set TZ=Asia/Bangkok"]
    return []


CHECKS = (
    Check("system libraries", libraries),
    Check("Thai line breaking", thai_breaks),
    Check("typefaces", typefaces),
    Check("disk", disk),
    Check("database", store),
    Check("Redis", bell),
    Check("files", kept_files),
    Check("clock", time_of_day),
    Check("time zone", zone),
)
