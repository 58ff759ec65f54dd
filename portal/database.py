"""The store: open it, bring its schema up to date, read rows out as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from peewee import Database, ModelSelect, PostgresqlDatabase, SqliteDatabase
from playhouse.db_url import parse as parse_url
from playhouse.migrations import Runner
from playhouse.pool import PooledPostgresqlDatabase

from models import ALL, BY_NAME, Table, db

MIGRATIONS = Path(__file__).parent / "migrations"
__all__ = [
    "MIGRATIONS",
    "append",
    "batches",
    "db",
    "is_sqlite",
    "migrate",
    "one_reading",
    "pending",
    "read",
    "tuples",
    "use",
]

# busy_timeout stands first: pragmas run in order, and switching to WAL already needs the wait.
PRAGMAS = {
    "busy_timeout": 15000,
    "journal_mode": "wal",
    "synchronous": 1,
    "foreign_keys": 1,
    "cache_size": -64000,
    "temp_store": 2,
}

Kind = TypeVar("Kind")


def use(address: str, *, connections: int = 12) -> Database:
    """Bind every table to the store at `address`: a file path (SQLite) or a postgresql:// URL. Opens no connection.

    SQLite: every writing transaction begins IMMEDIATE, so that two writers wait for each other instead of failing.
    """
    database: Database
    if re.match(r"postgres(ql)?://", address):
        parts = parse_url(address)
        name = parts.pop("database")
        database = PooledPostgresqlDatabase(
            name, prefer_psycopg3=True, max_connections=connections, timeout=10, stale_timeout=300, **parts
        )
    else:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
        database = SqliteDatabase(address, timeout=15, lock_type="IMMEDIATE", pragmas=PRAGMAS)
    db.initialize(database)
    return database


def is_sqlite() -> bool:
    """Return whether the store in use is SQLite."""
    return isinstance(db.obj, SqliteDatabase)


def _runner() -> Runner:
    return Runner(db.obj, directory=str(MIGRATIONS))


def pending() -> list[str]:
    """Return the names of migrations that this store has not seen."""
    return [m.name for m in _runner().status() if m.path is not None and m.applied is None]


def migrate() -> list[str]:
    """Apply the migrations that this store has not seen, in order, and return their names.

    Only one process migrates at a time: PostgreSQL by an advisory lock, SQLite by its own write lock.
    """
    with db.connection_context():
        if not pending():
            return []
        if isinstance(db.obj, PostgresqlDatabase):
            db.execute_sql("SELECT pg_advisory_lock(727101)")
            try:
                return list(_runner().up())
            finally:
                db.execute_sql("SELECT pg_advisory_unlock(727101)")
        return list(_runner().up())


@contextmanager
def one_reading() -> Iterator[None]:
    """Let every query inside see the store as it stood at the first one, whatever others write meanwhile."""
    if is_sqlite():
        # A deferred transaction takes no write lock; in WAL its first read fixes the snapshot.
        with db.atomic("DEFERRED"):
            yield
    else:
        with db.atomic(isolation_level="REPEATABLE READ"):
            yield


def tuples(query: ModelSelect[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows of `query` as plain tuples, one after the other; no model is made."""
    rows: Iterator[tuple[Any, ...]] = query.tuples().iterator()
    return rows


def unconverted(query: ModelSelect[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of `query` as the store's own values, none converted: for sums of tens of thousands of rows."""
    rows: list[tuple[Any, ...]] = db.execute_sql(*query.sql()).fetchall()
    return rows


def batches(query: ModelSelect[Any], size: int = 1000) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of `query` as the store's own values, `size` at a time, from a cursor: memory does not grow."""
    sql, params = query.sql()
    database = db.obj
    if isinstance(database, PostgresqlDatabase):
        with database.atomic():
            cursor = database.connection().cursor(name="portal_batches")
            try:
                cursor.execute(sql, params or ())
                while batch := cursor.fetchmany(size):
                    yield batch
            finally:
                cursor.close()
    else:
        cursor = database.execute_sql(sql, params)
        try:
            while batch := cursor.fetchmany(size):
                yield batch
        finally:
            cursor.close()


def read(query: ModelSelect[Any], kind: type[Kind]) -> list[Kind]:
    """Return the rows of `query` as `kind(*columns)`, in the order selected; no model is made."""
    return [kind(*row) for row in tuples(query)]


def append(model: type[Table], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Add rows given as the store's own values (satang, ten-thousandths, ISO days) and return how many.

    Columns left out take the model's defaults. Identifiers may be given. Call inside a transaction.
    """
    meta = model._meta
    given = [meta.combined[name] for name in columns]
    names_given = {f.name for f in given}
    rest = [f for f in meta.sorted_fields if f.name not in names_given and f.default is not None]
    constants = tuple(f.db_value(f.default() if callable(f.default) else f.default) for f in rest)
    names = ", ".join(f'"{f.column_name}"' for f in [*given, *rest])
    table = meta.table_name
    count = 0

    def counted() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row + constants

    if is_sqlite():
        marks = ", ".join("?" * (len(given) + len(rest)))
        with _searchable_at_once(table):
            db.cursor().executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', counted())
        return count
    cursor = db.cursor()
    if meta.primary_key.name in names_given:
        cursor.execute(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE')  # nobody takes an identifier meanwhile
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in counted():
            copy.write_row(row)
    if meta.primary_key.name in names_given:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM \"{table}\"))")
    return count


def change(model: type[Table], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Set `columns` of many rows: each given as the store's own values in that order, then its identifier.

    Call inside a transaction. No picture is kept; that is for who calls.
    """
    fields = [model._meta.combined[n] for n in columns]
    table = model._meta.table_name
    cursor = db.cursor()
    if is_sqlite():
        names = ", ".join(f'"{f.column_name}" = ?' for f in fields)
        cursor.executemany(f'UPDATE "{table}" SET {names} WHERE id = ?', rows)
        return
    # One statement for all: what the store adds up of a statement is then added up once.
    listed = ", ".join(f'"{f.column_name}"' for f in fields)
    cursor.execute(f'CREATE TEMP TABLE changed_rows ON COMMIT DROP AS SELECT {listed}, id FROM "{table}" WITH NO DATA')
    with cursor.copy(f"COPY changed_rows ({listed}, id) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    names = ", ".join(f'"{f.column_name}" = c."{f.column_name}"' for f in fields)
    cursor.execute(f'UPDATE "{table}" t SET {names} FROM changed_rows c WHERE t.id = c.id')
    cursor.execute("DROP TABLE changed_rows")


@contextmanager
def _searchable_at_once(table: str) -> Iterator[None]:
    """Put the rows added inside into a SQLite search index all at once: ten times as fast as one by one."""
    found = db.execute_sql("SELECT sql FROM sqlite_master WHERE name = ?", (f"{table}_search_new",)).fetchone()
    if found is None:
        yield
        return
    columns = ", ".join(f'"{c[1]}"' for c in db.execute_sql(f"PRAGMA table_info({table}_search)").fetchall())
    last = db.execute_sql(f'SELECT coalesce(max(id), 0) FROM "{table}"').fetchone()[0]
    db.execute_sql(f"DROP TRIGGER {table}_search_new")
    yield
    db.execute_sql(
        f'INSERT INTO {table}_search (rowid, {columns}) SELECT id, {columns} FROM "{table}" WHERE id > ?', (last,)
    )
    db.execute_sql(found[0])


def forget_everything() -> None:
    """Drop every table of ours. For tests."""
    db.drop_tables(list(reversed(ALL)), safe=True)


def table(name: str) -> Any:
    """Return the table class called `name`, or raise KeyError."""
    return BY_NAME[name]
