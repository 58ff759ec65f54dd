"""Workbooks that offices send in."""

from peewee import CharField, Check, DateTimeField, ForeignKeyField, IntegerField, Model


def up(migrator, db):
    db.create_tables(_tables(db))


def down(migrator, db):
    db.drop_tables(_tables(db))


def _tables(db):
    class Unit(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "unit"

    class Period(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "period"

    class Person(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"

    class SentWorkbook(Model):
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        period = ForeignKeyField(Period, on_delete="RESTRICT")
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        at = DateTimeField(index=True)
        file_name = CharField(max_length=300)
        file_key = CharField(max_length=200, default="")
        size = IntegerField()
        sha256 = CharField(max_length=64)
        state = CharField(max_length=8, default="looked")
        cells_changed = IntegerField(default=0)
        cells_wrong = IntegerField(default=0)
        cells_taken = IntegerField(default=0)
        taken_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "sent_workbook"
            constraints = [
                Check("state IN ('looked', 'taken')"),
                Check("state <> 'taken' OR taken_at IS NOT NULL", name="sentworkbook_taken_when"),
            ]

    return [SentWorkbook]
