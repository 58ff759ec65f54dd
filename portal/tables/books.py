"""What planning decides about books: their tables of contents, who is sent them, and when they are made."""

from __future__ import annotations

from peewee import (
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)
from playhouse.fields import EnumField

from portal.rules.terms import EntryKind, ScheduleDay
from portal.tables.columns import Kept, Table, one_of
from portal.tables.machines import Edition, Run
from portal.tables.places import Person


class BookOutline(Kept):
    """A table of contents of a kind of book (`pack`, `book_office` …) that is not the shipped one.

    `year` is the fiscal year it is of, 0 for every year that has none of its own. The book is set with Thai digits,
    and with the margins of official letters, if these are chosen; a pack has margins of its own.
    """

    book = CharField(20)
    year = SmallIntegerField(default=0)
    note = TextField(default="")
    thai_digits = BooleanField(default=False)
    official_margins = BooleanField(default=False)

    class Meta:
        indexes = ((("book", "year"), True),)

    def __str__(self) -> str:
        return f"{self.book} {self.year or ''}".strip()


class BookEntry(Kept):
    """One line of a table of contents: the beginning of a part, a chapter, a text of one's own, or photographs.

    `chapter` is the chapter's name, of chapters only; `title` that of a part, a text or photographs. What is not
    `is_on` is not printed. `scope` is the code of the office, division or region of whose book alone it is a line,
    empty for every one; in the department's book it then stands behind the pages of that office.
    """

    outline = ForeignKeyField(BookOutline, backref="entries", on_delete="CASCADE")
    outline_id: int
    position = SmallIntegerField()
    kind = EnumField(EntryKind, max_length=12)
    chapter = CharField(40, default="")
    title = CharField(200, default="")
    body = TextField(default="")
    is_on = BooleanField(default=True)
    scope = CharField(20, default="")

    class Meta:
        indexes = ((("outline", "position"), False),)
        constraints = [one_of("kind", EntryKind)]

    def __str__(self) -> str:
        return self.title or self.chapter


class BookPhoto(Kept):
    """A photograph of a table of contents, and who among those it shows agreed to its printing, and when."""

    entry = ForeignKeyField(BookEntry, backref="photos", on_delete="CASCADE")
    entry_id: int
    position = SmallIntegerField()
    caption = CharField(300)
    credit = CharField(200, default="")
    consent = CharField(300)
    consent_on = DateField()
    file_key = CharField(200)
    thumbnail_key = CharField(200)
    sha256 = CharField(64)
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    added_by = ForeignKeyField(Person, backref="book_photos", on_delete="RESTRICT")
    added_by_id: int
    added_at = DateTimeField()

    class Meta:
        constraints = [Check("consent <> ''", name="bookphoto_consent")]

    def __str__(self) -> str:
        return self.caption


class MailingList(Kept):
    """People outside or inside the department who are sent packs and books by e-mail."""

    name = CharField(200, unique=True)
    note = TextField(default="")
    is_active = BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class MailingAddress(Kept):
    """One address of a mailing list; each once."""

    mailing_list = ForeignKeyField(MailingList, backref="addresses", on_delete="CASCADE")
    mailing_list_id: int
    name = CharField(200)
    email = CharField(254)

    class Meta:
        indexes = ((("mailing_list", "email"), True),)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Sending(Table):
    """An edition sent to one address: once, however often it is asked for, and by whichever list.

    `sent_at` is when its letter was handed to the mail server; until then it is tried again from `again_at` on.
    """

    edition = ForeignKeyField(Edition, backref="sendings", on_delete="RESTRICT")
    edition_id: int
    mailing_list = ForeignKeyField(MailingList, null=True, backref="sendings", on_delete="SET NULL")
    mailing_list_id: int | None
    name = CharField(200)
    email = CharField(254)
    asked_by = ForeignKeyField(Person, null=True, backref="sendings", on_delete="RESTRICT")  # None: a schedule
    asked_by_id: int | None
    asked_at = DateTimeField()
    sent_at = DateTimeField(null=True)
    tries = SmallIntegerField(default=0)
    error = TextField(default="")
    again_at = DateTimeField(null=True)
    unit_path = ("edition", "unit")

    class Meta:
        indexes = ((("edition", "email"), True), (("sent_at", "again_at"), False))

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Schedule(Kept):
    """When a book is made by itself: of a month or a year, on a day reckoned from the reporting calendar, once.

    `scope` is the code of an office, region or division, empty for the department, `*` for every one there is.
    `counted_from` is a `day` of the month itself (of a year, of its last one), or the day on which the calendar has
    the month consolidated (`duty`); `working_days` are counted on from there. `at` is the hour of that day, `15:30`.
    When it `waits`, it is made as soon as everything is verified, at the latest at `at` of that day, as provisional.
    """

    name = CharField(200)
    book = CharField(20)
    scope = CharField(20, default="")
    counted_from = EnumField(ScheduleDay, max_length=12, default=ScheduleDay.DAY)
    day = SmallIntegerField(default=25)
    working_days = SmallIntegerField(default=0)
    at = CharField(5, default="16:00")
    waits = BooleanField(default=False)
    mailing_list = ForeignKeyField(MailingList, null=True, backref="schedules", on_delete="SET NULL")
    mailing_list_id: int | None
    begins_on = DateField()
    is_active = BooleanField(default=True)

    class Meta:
        constraints = [
            one_of("counted_from", ScheduleDay),
            Check("day BETWEEN 1 AND 31", name="schedule_day"),
            Check("working_days BETWEEN 0 AND 60", name="schedule_working_days"),
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleTurn(Table):
    """That a schedule has asked for a subject, and with which run: the row is what makes it once."""

    schedule = ForeignKeyField(Schedule, backref="turns", on_delete="CASCADE")
    schedule_id: int
    subject = CharField(60)
    due_at = DateTimeField()
    asked_at = DateTimeField()
    is_provisional = BooleanField(default=False)
    run = ForeignKeyField(Run, null=True, backref="turns", on_delete="RESTRICT")
    run_id: int | None
    sent_at = DateTimeField(null=True)
    unit_path = ("run", "unit")

    class Meta:
        indexes = ((("schedule", "subject"), True),)

    def __str__(self) -> str:
        return self.subject
