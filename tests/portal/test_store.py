"""The schema that migrations build is the one models.py describes, on both stores."""

import pytest
from peewee import IntegrityError

import models
from models import Cooperative, db
from portal import database
from tests import make

CATALOGUE = {
    "postgresql": """
        SELECT table_name, column_name, data_type || coalesce(character_maximum_length::text, ''), is_nullable
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_migration'
        UNION ALL
        SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid), ''
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text <> 'schema_migration'
        UNION ALL
        SELECT tablename, 'index', indexdef, '' FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'schema_migration' AND right(indexname, 7) <> '_search'
        """,
    "sqlite": """
        SELECT tbl_name, type, name, sql FROM sqlite_master
        WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_search%' AND tbl_name <> 'schema_migration'
        """,
}


def catalogue(engine):
    return sorted(tuple(map(str, row)) for row in db.execute_sql(CATALOGUE[engine]).fetchall())


def test_migrations_build_what_the_models_describe(bare):
    database.migrate()
    by_migrations = catalogue(bare.engine)
    assert len({row[0] for row in by_migrations}) == len(models.ALL)
    if bare.engine == "sqlite":
        for table in ("cooperative", "visit"):
            db.execute_sql(f"DROP TABLE {table}_search")
    db.drop_tables(list(reversed(models.ALL)))

    db.create_tables(models.ALL)

    assert catalogue(bare.engine) == by_migrations


def test_migrating_again_does_nothing(bare):
    assert database.migrate() == ["0001_first", "0002_search"]
    assert database.pending() == []
    assert database.migrate() == []


def test_migrations_can_be_taken_back(bare):
    database.migrate()

    database._runner().down("0001_first")

    assert [t for t in db.get_tables() if t != "schema_migration"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"registration_number": "12"}, {"members": -1}, {"kind": "club"}, {"status": "gone"},
        {"status": "dissolved", "dissolved_on": None}, {"unit": 987654}, {"type": None},
    ],
    ids=str,
)  # fmt: skip
def test_the_store_itself_refuses_what_the_domain_forbids(migrated, wrong):
    good = {k: v for k, v in make.cooperative().__data__.items() if k != "id"} | {"registration_number": "9" * 13}

    with pytest.raises(IntegrityError), db.atomic():
        # Past every rule of ours, as a tool at the database's own prompt would.
        columns = {models.Cooperative._meta.combined[k].column_name: v for k, v in (good | wrong).items()}
        marks = ", ".join("%s" if migrated.engine == "postgresql" else "?" for _ in columns)
        plain = [models.text_of(v) for v in columns.values()]
        db.execute_sql(f"INSERT INTO cooperative ({', '.join(columns)}) VALUES ({marks})", plain)


def test_one_reading_sees_one_state_of_the_store(migrated):
    make.cooperative()
    with database.one_reading():
        before = Cooperative.select().count()
        writer = type(db.obj)(db.obj.database, **db.obj.connect_params)
        with writer.bind_ctx([Cooperative]), writer.connection_context():
            Cooperative.update(members=77).execute()
        assert Cooperative.select().where(Cooperative.members == 77).count() == 0
        assert Cooperative.select().count() == before
    assert Cooperative.select().where(Cooperative.members == 77).count() == 1
