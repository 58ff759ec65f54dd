"""The store that measurements run on: made once, kept for the next run."""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from portal import database, demo
from portal.bench import servers

AT = dt.datetime(2022, 9, 1, 9, 0)


def large(visits: int, folder: Path, address: str = "") -> str:
    """Put a store with the demonstration year and that many visits in use, making it if need be; return its address."""
    if not address:
        folder.mkdir(parents=True, exist_ok=True)
        address = str(folder / f"visits-{visits}.db")
    database.use(address)
    database.migrate()
    with database.db.connection_context():
        is_made = demo.is_demo()
    if not is_made:
        began = time.monotonic()
        demo.build(visits, at=AT)
        database.db.execute_sql("ANALYZE")
        print(f"made {visits:,} visits in {time.monotonic() - began:.0f} s: {address}")
        database.db.close()
    return address


def each(given: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Put the large store in use on every kind of store that was asked for: its name and address, one after the other.

    A database that was named is the only one. PostgreSQL is left out where it is not installed.
    """
    if given.database:
        engine = "postgresql" if given.database.startswith("postgres") else "sqlite"
        yield engine, large(given.visits, given.folder, given.database)
        return
    for engine in given.stores:
        if engine == "sqlite":
            yield engine, large(given.visits, given.folder)
        elif servers.programs() is None:
            print("\non postgresql: left out, there is no PostgreSQL on this machine")
        else:
            with servers.postgres(given.folder.resolve() / "postgres", keep=True) as server:
                yield engine, large(given.visits, given.folder, _database(server, f"visits_{given.visits}"))
                database.db.close()
                database.db.obj.close_all()


def _database(server: str, name: str) -> str:
    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    return server + name
