"""Figures go to other systems: a mapping for each target, dispatches with their receipts, rows keyed by hand.

The table of exports that nothing was ever written to gives way to them. A finance file may be on its way to be undone.
"""

from peewee import (
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SmallIntegerField,
    TextField,
)

from portal.schema import alter

BATCH_BEFORE = "('waiting', 'staged', 'accepted', 'taken', 'refused', 'undone')"
BATCH_AFTER = "('waiting', 'staged', 'accepted', 'taken', 'refused', 'undoing', 'undone')"


def up(migrator, db):
    alter(db, _batch(db, BATCH_AFTER))
    db.execute_sql("DROP TABLE export_run")
    db.create_tables(_tables(db))


def down(migrator, db):
    db.drop_tables(list(reversed(_tables(db))))
    db.create_tables([_export_run(db)])
    db.execute_sql("UPDATE import_batch SET state = 'taken' WHERE state = 'undoing'")
    alter(db, _batch(db, BATCH_BEFORE))


def _named(db, name):
    meta = type("Meta", (), {"database": db, "legacy_table_names": False, "table_name": name})
    return type("".join(part.title() for part in name.split("_")), (Model,), {"Meta": meta, "__module__": __name__})


def _tables(db):
    Period, Person, Unit = (_named(db, name) for name in ("period", "person", "unit"))

    class HandoffMap(Model):
        version = IntegerField(default=1)
        system = CharField(20, unique=True)
        spec = JSONField(default=dict)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "handoff_map"

    class Dispatch(Model):
        version = IntegerField(default=1)
        system = CharField(20)
        period = ForeignKeyField(Period, on_delete="RESTRICT", backref="+")
        number = SmallIntegerField()
        state = CharField(14, default="asked")
        is_changes_only = BooleanField(default=False)
        is_provisional = BooleanField(default=False)
        based_on = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="+")
        map_version = IntegerField(default=0)
        rows = IntegerField(default=0)
        differs = IntegerField(default=0)
        broken = IntegerField(default=0)
        word = TextField(default="")
        files = JSONField(default=list)
        sha256 = CharField(64, default="")
        data_key = CharField(200, default="")
        data_sha256 = CharField(64, default="")
        person = ForeignKeyField(Person, on_delete="RESTRICT", backref="+")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref="+")
        at = DateTimeField(index=True)
        sent_at = DateTimeField(null=True)
        sent_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="+")
        receipt = CharField(200, default="")
        acknowledged_at = DateTimeField(null=True)
        note = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "dispatch"
            indexes = ((("system", "period", "number"), True),)
            constraints = [
                Check("state IN ('asked', 'prepared', 'keyed', 'uploaded', 'acknowledged', 'put_aside')"),
                Check("state IN ('asked', 'put_aside') OR data_sha256 <> ''", name="dispatch_made_whole"),
                Check("state NOT IN ('uploaded', 'acknowledged') OR sent_at IS NOT NULL", name="dispatch_sent_when"),
                Check("state <> 'acknowledged' OR receipt <> ''", name="dispatch_receipt"),
            ]

    class KeyedRow(Model):
        dispatch = ForeignKeyField(Dispatch, on_delete="CASCADE", backref="+")
        sheet = CharField(40)
        key = CharField(300)
        person = ForeignKeyField(Person, on_delete="RESTRICT", backref="+")
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "keyed_row"
            indexes = ((("dispatch", "sheet", "key"), True),)

    return [HandoffMap, Dispatch, KeyedRow]


def _batch(db, states):
    FiscalYear, Person, Unit = (_named(db, name) for name in ("fiscal_year", "person", "unit"))

    class ImportBatch(Model):
        source = CharField(40)
        file_name = CharField(300)
        file_sha256 = CharField(64)
        file_key = CharField(200, default="")
        state = CharField(12, default="waiting")
        lines_read = IntegerField(default=0)
        lines_taken = IntegerField(default=0)
        lines_refused = IntegerField(default=0)
        report = JSONField(default=dict)
        person = ForeignKeyField(Person, on_delete="RESTRICT", backref="+")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref="+")
        at = DateTimeField()
        fiscal_year = ForeignKeyField(FiscalYear, null=True, on_delete="RESTRICT", backref="+")
        as_of = DateField(null=True)
        is_whole = BooleanField(default=True)
        word = TextField(default="")
        taken_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="+")
        taken_at = DateTimeField(null=True)
        entry_number = IntegerField(null=True)
        undone_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="+")
        undone_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "import_batch"
            constraints = [Check(f"state IN {states}")]

    return ImportBatch


def _export_run(db):
    Person, Unit = (_named(db, name) for name in ("person", "unit"))

    class ExportRun(Model):
        target = CharField(40)
        subject = CharField(60)
        state = CharField(12, default="made")
        file_key = CharField(200, default="")
        sha256 = CharField(64, default="")
        receipt = TextField(default="")
        person = ForeignKeyField(Person, on_delete="RESTRICT", backref="+")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref="+")
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "export_run"
            constraints = [Check("state IN ('made', 'sent', 'received', 'refused')")]

    return ExportRun
