"""Substring search inside unspaced Thai: FTS5 trigram tables with triggers, or PostgreSQL's trigram indexes."""

from peewee import SqliteDatabase

SEARCHED = {"cooperative": ("name", "registration_number"), "visit": ("subject",)}


def up(migrator, db):
    for table, columns in SEARCHED.items():
        if isinstance(db, SqliteDatabase):
            listed = ", ".join(columns)
            new = ", ".join(f"new.{c}" for c in columns)
            old = ", ".join(f"old.{c}" for c in columns)
            gone = f"INSERT INTO {table}_search ({table}_search, rowid, {listed}) VALUES ('delete', old.id, {old});"
            come = f"INSERT INTO {table}_search (rowid, {listed}) VALUES (new.id, {new});"
            db.execute_sql(
                f"CREATE VIRTUAL TABLE {table}_search USING fts5({listed}, content='{table}', content_rowid='id', "
                "tokenize='trigram', detail='full')"
            )
            db.execute_sql(f"CREATE TRIGGER {table}_search_new AFTER INSERT ON {table} BEGIN {come} END")
            db.execute_sql(f"CREATE TRIGGER {table}_search_gone AFTER DELETE ON {table} BEGIN {gone} END")
            db.execute_sql(
                f"CREATE TRIGGER {table}_search_changed AFTER UPDATE OF {listed} ON {table} BEGIN {gone} {come} END"
            )
            db.execute_sql(f"INSERT INTO {table}_search ({table}_search) VALUES ('rebuild')")
        else:
            db.execute_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for column in columns:
                db.execute_sql(f"CREATE INDEX {table}_{column}_search ON {table} USING gin ({column} gin_trgm_ops)")


def down(migrator, db):
    for table, columns in SEARCHED.items():
        if isinstance(db, SqliteDatabase):
            for suffix in ("new", "gone", "changed"):
                db.execute_sql(f"DROP TRIGGER {table}_search_{suffix}")
            db.execute_sql(f"DROP TABLE {table}_search")
        else:
            for column in columns:
                db.execute_sql(f"DROP INDEX {table}_{column}_search")
