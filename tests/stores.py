"""Stores for tests: copies of a template that one process of the run fills; a PostgreSQL one is mended and used again.

To copy a database costs PostgreSQL a thousand files, more work than most tests are; to take back the few rows that a
test wrote costs some milliseconds. So a store that comes back is compared with how it was laid: rows that are new,
changed or gone are put right, numbers begin again. Where anything else was touched (the schema itself, thousands of
rows, somebody still connected), it is thrown away and another copy made.
"""

import importlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from portal import database as portal_database
from portal import seed
from tests import services

MOST_ROWS = 3_000  # that are put right; beyond, a new copy is quicker
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
NUMBERS = "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences"
SCHEMA = " UNION ALL ".join(
    f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}"
    for name in ("pg_attribute", "pg_class", "pg_constraint", "pg_index", "pg_proc", "pg_trigger")
)


@dataclass(frozen=True)
class Store:
    """A store made for one test: `url` is what PORTAL_DATABASE takes, `folder` the test's own data folder."""

    engine: str
    url: str
    folder: Path
    kind: str = ""


class Stores:
    """Makes stores by copying a template that one process of the run made."""

    def __init__(self, at):
        self.at = at  # when the reference data of the tests was entered
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
        self.made = 0
        self.databases = None
        self.laid = {}  # PostgreSQL databases that were put right, by kind
        self.kept = {}
        self.lent = {}

    def new(self, engine, kind, folder):
        if engine == "sqlite":
            path = folder / f"{kind}.db"  # a test may ask for two of them
            if kind != "bare":
                shutil.copyfile(self._template(engine, kind), path)
            return Store(engine, str(path), folder, kind)
        self._connect()
        if kind == "bare":
            return Store(engine, self._copy("template0"), folder, kind)
        template = self._template(engine, kind)
        if not self.laid.get(kind):
            url = self._copy(template)
            kept = self.kept.setdefault(kind, {})
            self.laid.setdefault(kind, []).append(Laid(url, self.databases.address + template, kept))
        laid = self.laid[kind].pop()
        self.lent[laid.url] = laid
        return Store(engine, laid.url, folder, kind)

    def drop(self, store):
        portal_database.db.close()
        if store.engine != "postgresql":
            for path in store.folder.glob(f"{store.kind}.db*"):
                path.unlink()  # a demonstration has 140 MB: gone before they reach the disk
            return
        portal_database.db.obj.close_all()
        laid = self.lent.pop(store.url, None)
        if laid is not None and laid.put_right():
            self.laid[store.kind].append(laid)
            return
        if laid is not None:
            laid.close()
        self.databases.drop(store.url.rpartition("/")[2])

    def _connect(self):
        if self.databases is None:
            self.databases = services.Databases()

    def _copy(self, template):
        self.made += 1
        return self.databases.create(f"t_{self.worker}_{self.made}", template)

    def _template(self, engine, kind):
        """The SQLite file or PostgreSQL database that new stores of this kind are copies of."""
        name = f"template_{kind}"
        path = services.home() / f"{name}.db"
        made = services.home() / f"{name}.{engine}.made"
        with services.alone(f"{name}.{engine}"):
            if not made.exists():
                fill(str(path) if engine == "sqlite" else self.databases.create(name), kind, self.at)
                made.touch()
        return path if engine == "sqlite" else name

    def close(self):
        for laid in [one for listed in self.laid.values() for one in listed]:
            laid.close()
        if self.databases is not None:
            self.databases.close()


def fill(url, kind, at):
    """Make the tables and load what `kind` promises: migrated, reference, year, demo."""
    portal_database.use(url)
    portal_database.migrate()
    if kind in ("reference", "year", "demo"):
        seed.load(at=at)
    if kind == "year":
        importlib.import_module("tests.pdf.year").fill_small(at)
    if kind == "demo":
        importlib.import_module("portal.demo").build(at=at)
    portal_database.db.close()
    if hasattr(portal_database.db.obj, "close_all"):
        portal_database.db.obj.close_all()


class Laid:
    """A PostgreSQL database as it was copied from its template, and the way back to that."""

    def __init__(self, url, template, kept):
        self.url, self.template = url, template
        self.kept = kept  # the rows of the template's tables, as far as somebody needed them
        self.held = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        tables = [name for (name,) in self.held.execute(names)]
        (since,) = self.held.execute("SELECT pg_current_xact_id()::text").fetchone()
        self.new = f"age(xmin) <= (SELECT age('{since}'::xid))"  # true of rows written since
        self.counted = " UNION ALL ".join(
            f"SELECT '{name}', count(*), count(*) FILTER (WHERE {self.new}) FROM \"{name}\"" for name in tables
        )
        self.rows = {name: count for name, count, _ in self.held.execute(self.counted)}
        self.numbers = dict(self.held.execute(NUMBERS))
        self.schema = self.held.execute(SCHEMA).fetchall()

    def put_right(self):
        """Return whether the store is again as it was laid."""
        if not self._left_alone() or self.held.execute(SCHEMA).fetchall() != self.schema:
            return False
        found = self.held.execute(self.counted).fetchall()
        changed = {name: (count, new) for name, count, new in found if new or count != self.rows[name]}
        if sum(abs(count - self.rows[name]) + new for name, (count, new) in changed.items()) > MOST_ROWS:
            return False
        with self.held.transaction():
            self.held.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
            for name, (count, new) in changed.items():
                if new:
                    self.held.execute(f'DELETE FROM "{name}" WHERE {self.new}')
                if count - new < self.rows[name]:
                    self._bring_back(name)
            for name, last in self.held.execute(NUMBERS).fetchall():
                if last != self.numbers[name]:
                    first = self.numbers[name] is None
                    self.held.execute("SELECT setval(%s, %s, %s)", (name, self.numbers[name] or 1, not first))
        return True

    def _left_alone(self):
        """Return whether nobody is connected any more; whoever has just gone needs a moment."""
        for _ in range(50):
            if not self.held.execute(OTHERS).fetchone()[0]:
                return True
            time.sleep(0.01)
        return False

    def _bring_back(self, name):
        if name not in self.kept:
            rows = f'COPY "{name}" TO STDOUT (FORMAT binary)'
            with psycopg.connect(self.template, autocommit=True) as template, template.cursor().copy(rows) as out:
                self.kept[name] = b"".join(out)
        cursor = self.held.cursor()
        cursor.execute(f'CREATE TEMP TABLE brought (LIKE "{name}") ON COMMIT DROP')
        with cursor.copy("COPY brought FROM STDIN (FORMAT binary)") as into:
            into.write(self.kept[name])
        cursor.execute(f'INSERT INTO "{name}" SELECT * FROM brought WHERE id NOT IN (SELECT id FROM "{name}")')
        cursor.execute("DROP TABLE brought")

    def close(self):
        self.held.close()
