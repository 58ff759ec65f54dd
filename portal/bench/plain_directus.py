"""Directus over a copy of the table of visits, asked over HTTP for the same page; its server runs beside ours.

Only for comparison and only where it is installed: `npm i directus@11 --legacy-peer-deps` in a folder of its own, given
as `--directus FOLDER`. It is no part of the portal.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

TOKEN = "plain-directus-token"
PATIENCE = 120.0  # seconds a server has to come up


def median_ms(store: str, folder: Path, rounds: int, office: int) -> float:
    """Return the median milliseconds of a page of 50 visits of one office, newest first, of the SQLite file `store`."""
    query = urlencode({"limit": 50, "sort": "-visited_on,-id", "filter[unit_id][_eq]": office})
    with tempfile.TemporaryDirectory(prefix="portal-directus-") as made:
        settings = _settings(Path(made))
        program = [str(folder / "node_modules" / ".bin" / "directus")]
        subprocess.run([*program, "bootstrap"], env=settings, cwd=made, check=True, capture_output=True)
        _copy(store, settings["DB_FILENAME"])
        with _running([*program, "start"], settings, Path(made)):
            address = f"http://127.0.0.1:{settings['PORT']}"
            return timed(f"{address}/items/visit?{query}", TOKEN, f"{address}/server/ping", rounds)


def ours_ms(command: list[str], settings: Mapping[str, str], token: str, rounds: int, office: int) -> float:
    """Return the same of our own web server, started by `command`, over HTTP as well."""
    with tempfile.TemporaryDirectory(prefix="portal-web-") as folder, _running(command, settings, Path(folder)):
        address = f"http://127.0.0.1:{settings['PORTAL_PORT']}"
        path = f"/api/v1/visits?limit=50&sort=-visited_on&unit_id={office}"
        return timed(address + path, token, f"{address}/health/", rounds)


def timed(url: str, token: str, ready: str, rounds: int) -> float:
    """Return the median milliseconds of fetching `url`, once the server answers at `ready`."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(ready, timeout=5).read()
            break
        except (urllib.error.URLError, OSError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    urllib.request.urlopen(request, timeout=60).read()
    seconds = []
    for _ in range(max(10, rounds)):
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        seconds.append((time.perf_counter() - began) * 1000)
    return statistics.median(seconds)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_there(folder: Path | None) -> bool:
    """Return whether Directus and Node.js can be run."""
    return (
        folder is not None and (folder / "node_modules" / ".bin" / "directus").exists() and bool(shutil.which("node"))
    )


# ---------------------------------------------------------------- below: how


def _settings(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DB_CLIENT": "sqlite3", "DB_FILENAME": str(folder / "directus.db"), "SECRET": "plain-directus-secret-01234",
        "ADMIN_EMAIL": "admin@example.com", "ADMIN_PASSWORD": "plain-directus", "ADMIN_TOKEN": TOKEN,
        "HOST": "127.0.0.1", "PORT": str(free_port()), "TELEMETRY": "false", "LOG_LEVEL": "error",
    }  # fmt: skip


def _copy(store: str, target: str) -> None:
    with closing(sqlite3.connect(target)) as made:
        made.execute("ATTACH ? AS portal", (store,))
        # Without references: Directus would look for the tables they lead to.
        columns = [row[1] for row in made.execute("PRAGMA portal.table_info(visit)")]
        kinds = {row[1]: row[2] for row in made.execute("PRAGMA portal.table_info(visit)")}
        listed = ", ".join(f'"{c}" INTEGER PRIMARY KEY' if c == "id" else f'"{c}" {kinds[c]}' for c in columns)
        made.execute(f"CREATE TABLE main.visit ({listed})")
        made.execute("INSERT INTO main.visit SELECT * FROM portal.visit")
        made.execute("CREATE INDEX main.plain_visit ON visit (unit_id, visited_on)")
        made.commit()


@contextmanager
def _running(command: list[str], settings: Mapping[str, str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=dict(settings), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)
