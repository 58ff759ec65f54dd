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
        AND type <> 'trigger'
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
    assert database.migrate() == sorted(p.stem for p in database.MIGRATIONS.glob("0*.py"))
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


def test_rows_of_an_older_store_come_through_every_migration(bare):
    """A store made by the first version, with records in it, is brought up to date and loses nothing."""
    database._runner().up("0002_search")
    old = {
        "region": {"id": 1, "code": "R01", "name": "เขต 1"},
        "province": {"id": 1, "code": "40", "name": "ขอนแก่น", "region_id": 1},
        "unit": {"id": 1, "code": "P40", "kind": "provincial", "name": "สำนักงาน", "short": "สกจ.", "duty": "office"},
        "fiscal_year": {"id": 1, "year": 2566, "starts_on": "2022-10-01", "ends_on": "2023-09-30"},
        "period": {
            "id": 1, "fiscal_year_id": 1, "kind": "month", "number": 1, "starts_on": "2022-10-01",
            "ends_on": "2022-10-31", "opens_on": "2022-10-01",
        },
        "person": {"id": 1, "username": "a", "name": "ก", "role": "admin", "unit_id": 1},
        "form": {"id": 1, "code": "F1", "name": "แบบ", "owner_id": 1},
        "form_version": {"id": 1, "form_id": 1, "spec": '{"sections":[]}', "state": "draft"},
        "cooperative_type": {"id": 1, "code": "A", "name": "เกษตร", "sector": "agricultural", "reviewer_id": 1},
        "cooperative": {
            "id": 1, "registration_number": "1" * 13, "name": "สหกรณ์การเกษตรบ้านไผ่", "type_id": 1, "unit_id": 1,
            "province_id": 1,
        },
    }  # fmt: skip
    owed = [
        {"id": 1, "unit_id": 1, "period_id": 1, "subject": "F1", "form_id": 1, "due_on": "2022-11-20"},
        {"id": 2, "unit_id": 1, "period_id": 1, "subject": "visits", "due_on": "2022-11-20"},
    ]
    tables = {m._meta.table_name: m for m in models.ALL}

    def put(table, row):
        named = {f.column_name: f for f in tables[table]._meta.sorted_fields}
        there = {c.name for c in db.get_columns(table)}
        rest = {
            n: f.db_value(f.default() if callable(f.default) else f.default)
            for n, f in named.items()
            if n in there and n not in row and f.default is not None
        }
        values = rest | row
        marks = ", ".join("%s" if bare.engine == "postgresql" else "?" for _ in values)
        db.execute_sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))

    for table, row in old.items():
        put(table, row)
    for row in owed:
        put("obligation", row)

    database.migrate()

    assert [(o.subject, o.duty) for o in models.Obligation.select().order_by(models.Obligation.id)] == [
        ("F1", "report"), ("visits", "visits"),
    ]  # fmt: skip
    assert models.Person.get().wants_mail is True
    assert models.FormVersion.get().field_map == {}
    assert Cooperative.get().name == "สหกรณ์การเกษตรบ้านไผ่"
    if bare.engine == "sqlite":
        assert db.execute_sql("PRAGMA foreign_key_check").fetchall() == []
