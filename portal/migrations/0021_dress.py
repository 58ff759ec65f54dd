"""Tables of contents choose Thai digits and official margins; a line may be of one office's or region's book only."""

from peewee import BooleanField, CharField, Check, ForeignKeyField, IntegerField, Model, SmallIntegerField, TextField

from portal.schema import alter


def up(migrator, db):
    for model in _tables(db, after=True):
        alter(db, model)


def down(migrator, db):
    for model in _tables(db, after=False):
        alter(db, model)


def _tables(db, *, after):
    class Held(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class BookOutline(Held):
        version = IntegerField(default=1)
        book = CharField(max_length=20)
        year = SmallIntegerField(default=0)
        note = TextField(default="")
        if after:
            thai_digits = BooleanField(default=False)
            official_margins = BooleanField(default=False)

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
        if after:
            scope = CharField(max_length=20, default="")

        class Meta:
            table_name = "book_entry"
            indexes = ((("outline", "position"), False),)
            constraints = [Check("kind IN ('part', 'chapter', 'text', 'photographs')")]

    return BookOutline, BookEntry
