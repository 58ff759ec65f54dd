"""Tables of contents as planning sets them, whom books are sent to, and when they are made by themselves."""

from peewee import (
    BooleanField,
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

# What the timetable did until now by itself: the department's pack, on the morning it is to be sent out.
FIRST = (
    'INSERT INTO "schedule" ("version", "name", "book", "scope", "counted_from", "day", "working_days", "at", "waits", '
    "\"begins_on\", \"is_active\") VALUES (1, 'ชุดรายงานผู้บริหารประจำเดือน', 'pack', '', 'duty', 25, 0, '05:00', "
    "FALSE, '2022-10-01', TRUE)"
)


def up(migrator, db):
    db.create_tables(_tables(db))
    db.execute_sql(FIRST)


def down(migrator, db):
    db.drop_tables(list(reversed(_tables(db))))


def _tables(db):
    class Held(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Person(Held):
        class Meta:
            table_name = "person"

    class Run(Held):
        class Meta:
            table_name = "run"

    class Edition(Held):
        class Meta:
            table_name = "edition"

    class BookOutline(Held):
        version = IntegerField(default=1)
        book = CharField(max_length=20)
        year = SmallIntegerField(default=0)
        note = TextField(default="")

        class Meta:
            table_name = "book_outline"
            indexes = ((("book", "year"), True),)

    class BookEntry(Held):
        version = IntegerField(default=1)
        outline = ForeignKeyField(BookOutline, on_delete="CASCADE")
        position = SmallIntegerField()
        kind = CharField(max_length=12)
        chapter = CharField(max_length=40, default="")
        title = CharField(max_length=200, default="")
        body = TextField(default="")
        is_on = BooleanField(default=True)

        class Meta:
            table_name = "book_entry"
            indexes = ((("outline", "position"), False),)
            constraints = [Check("kind IN ('part', 'chapter', 'text', 'photographs')")]

    class BookPhoto(Held):
        version = IntegerField(default=1)
        entry = ForeignKeyField(BookEntry, on_delete="CASCADE")
        position = SmallIntegerField()
        caption = CharField(max_length=300)
        credit = CharField(max_length=200, default="")
        consent = CharField(max_length=300)
        consent_on = DateField()
        file_key = CharField(max_length=200)
        thumbnail_key = CharField(max_length=200)
        sha256 = CharField(max_length=64)
        size = IntegerField()
        width = IntegerField()
        height = IntegerField()
        added_by = ForeignKeyField(Person, on_delete="RESTRICT")
        added_at = DateTimeField()

        class Meta:
            table_name = "book_photo"
            constraints = [Check("consent <> ''", name="bookphoto_consent")]

    class MailingList(Held):
        version = IntegerField(default=1)
        name = CharField(max_length=200, unique=True)
        note = TextField(default="")
        is_active = BooleanField(default=True)

        class Meta:
            table_name = "mailing_list"

    class MailingAddress(Held):
        version = IntegerField(default=1)
        mailing_list = ForeignKeyField(MailingList, on_delete="CASCADE")
        name = CharField(max_length=200)
        email = CharField(max_length=254)

        class Meta:
            table_name = "mailing_address"
            indexes = ((("mailing_list", "email"), True),)

    class Sending(Held):
        edition = ForeignKeyField(Edition, on_delete="RESTRICT")
        mailing_list = ForeignKeyField(MailingList, null=True, on_delete="SET NULL")
        name = CharField(max_length=200)
        email = CharField(max_length=254)
        asked_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        asked_at = DateTimeField()
        sent_at = DateTimeField(null=True)
        tries = SmallIntegerField(default=0)
        error = TextField(default="")
        again_at = DateTimeField(null=True)

        class Meta:
            table_name = "sending"
            indexes = ((("edition", "email"), True), (("sent_at", "again_at"), False))

    class Schedule(Held):
        version = IntegerField(default=1)
        name = CharField(max_length=200)
        book = CharField(max_length=20)
        scope = CharField(max_length=20, default="")
        counted_from = CharField(max_length=12, default="day")
        day = SmallIntegerField(default=25)
        working_days = SmallIntegerField(default=0)
        at = CharField(max_length=5, default="16:00")
        waits = BooleanField(default=False)
        mailing_list = ForeignKeyField(MailingList, null=True, on_delete="SET NULL")
        begins_on = DateField()
        is_active = BooleanField(default=True)

        class Meta:
            table_name = "schedule"
            constraints = [
                Check("counted_from IN ('day', 'duty')"),
                Check("day BETWEEN 1 AND 31", name="schedule_day"),
                Check("working_days BETWEEN 0 AND 60", name="schedule_working_days"),
            ]

    class ScheduleTurn(Held):
        schedule = ForeignKeyField(Schedule, on_delete="CASCADE")
        subject = CharField(max_length=60)
        due_at = DateTimeField()
        asked_at = DateTimeField()
        is_provisional = BooleanField(default=False)
        run = ForeignKeyField(Run, null=True, on_delete="RESTRICT")
        sent_at = DateTimeField(null=True)

        class Meta:
            table_name = "schedule_turn"
            indexes = ((("schedule", "subject"), True),)

    return [
        BookOutline, BookEntry, BookPhoto, MailingList, MailingAddress, Sending, Schedule, ScheduleTurn,
    ]  # fmt: skip
