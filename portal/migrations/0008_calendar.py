"""The calendar by itself: the day a period closes, how sure a deadline is, when a mail is tried again."""

from peewee import (
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    SmallIntegerField,
    TextField,
)

from portal.schema import alter

DUTIES = "('report', 'visits', 'check', 'consolidate', 'outcome', 'book', 'handoff')"


def up(migrator, db):
    for model in _tables(db, after=True):
        alter(db, model)


def down(migrator, db):
    for model in _tables(db, after=False):
        alter(db, model)


def _tables(db, after):
    class FiscalYear(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "fiscal_year"

    class Person(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"

    class Period(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        kind = CharField(max_length=10)
        number = SmallIntegerField()
        starts_on = DateField(index=True)
        ends_on = DateField()
        opens_on = DateField()
        if after:
            closes_on = DateField(null=True)
        data_as_of = DateField(null=True)
        meets_on = DateField(null=True)
        opened_at = DateTimeField(null=True)
        closed_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "period"
            constraints = [
                Check("kind IN ('month', 'quarter', 'year')"),
                Check("number BETWEEN 1 AND 12"),
                Check("kind <> 'quarter' OR number <= 4", name="period_four_quarters"),
                Check("ends_on >= starts_on"),
                *(
                    [Check("closes_on IS NULL OR closes_on >= opens_on", name="period_opens_before_it_closes")]
                    if after
                    else []
                ),
            ]
            indexes = ((("fiscal_year", "kind", "number"), True),)

    class Deadline(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        duty = CharField(max_length=20)
        kind = CharField(max_length=10)
        day = SmallIntegerField()
        months_after = SmallIntegerField(default=0)
        from_number = SmallIntegerField(default=1)
        roll = CharField(max_length=10, default="none")
        if after:
            certainty = CharField(max_length=12, default="sourced")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "deadline"
            constraints = [
                Check(f"duty IN {DUTIES}"),
                Check("kind IN ('month', 'quarter', 'year')"),
                Check("roll IN ('none', 'before', 'after')"),
                *([Check("certainty IN ('sourced', 'derived', 'second_hand', 'inferred')")] if after else []),
                Check("day BETWEEN 1 AND 31"),
                Check("months_after BETWEEN 0 AND 12"),
            ]
            indexes = ((("fiscal_year", "duty", "kind"), True),)

    class Notice(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        at = DateTimeField(index=True)
        text = TextField()
        link = CharField(max_length=300, default="")
        read_at = DateTimeField(null=True)
        sent_at = DateTimeField(null=True)
        kind = CharField(max_length=20, default="")
        about = CharField(max_length=120, default="")
        mail_tries = SmallIntegerField(default=0)
        mail_error = TextField(default="")
        if after:
            mail_after = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "notice"
            indexes = ((("person", "read_at"), False),) if after else ()

    Notice.add_index(
        Notice.index(
            Notice.person, Notice.kind, Notice.about, unique=True, where=Notice.about != "", name="notice_once"
        )
    )
    return [Period, Deadline, Notice]
