"""What machines keep: runs, editions, notices, imports."""

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

from portal.rules.terms import BatchState, EditionState, RunKind, RunState
from portal.tables.calendar import Period
from portal.tables.columns import Kept, NumberField, Table, ThaiJSONField, one_of
from portal.tables.places import Person, Unit
from portal.tables.plans import FiscalYear


class Run(Table):
    """One asking for a pack, book, import or export. The row is the truth; the queue only wakes a worker.

    `subject` says which one, `2566-05` or `2566`. `lease_until` is how long the present attempt may stay
    silent.
    """

    kind = EnumField(RunKind, max_length=10)
    subject = CharField(60)
    state = EnumField(RunState, max_length=10, default=RunState.WAITING)
    asked_by = ForeignKeyField(Person, null=True, backref="runs", on_delete="RESTRICT")  # None: the timetable
    asked_by_id: int | None
    unit = ForeignKeyField(Unit, backref="runs", on_delete="RESTRICT")
    unit_id: int
    asked_at = DateTimeField(index=True)
    started_at = DateTimeField(null=True)
    ended_at = DateTimeField(null=True)
    lease_until = DateTimeField(null=True)
    attempt = SmallIntegerField(default=0)
    steps_done = SmallIntegerField(default=0)
    steps_total = SmallIntegerField(default=0)
    cancel_asked_at = DateTimeField(null=True)
    error = TextField(default="")
    file_key = CharField(200, default="")
    file_name = CharField(200, default="")
    pages = IntegerField(null=True)
    sha256 = CharField(64, default="")
    unit_path = ("unit",)

    class Meta:
        indexes = ((("state", "asked_at"), False),)
        constraints = [
            one_of("kind", RunKind),
            one_of("state", RunState),
            Check("state <> 'done' OR ended_at IS NOT NULL", name="run_done_when"),
            Check("state <> 'failed' OR error <> ''", name="run_failed_why"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


# Asking twice for the same thing makes one run: at most one run of a kind and subject is open.
Run.add_index(
    Run.index(
        Run.kind,
        Run.subject,
        unique=True,
        where=Run.state.in_([RunState.WAITING, RunState.RUNNING]),
        name="run_open",
    )
)


class RunStep(Table):
    """Progress of a run by chapter."""

    run = ForeignKeyField(Run, backref="steps", on_delete="CASCADE")
    run_id: int
    position = SmallIntegerField()
    title = CharField(300)
    state = EnumField(RunState, max_length=10, default=RunState.WAITING)
    pages = IntegerField(null=True)
    was_cached = BooleanField(default=False)
    unit_path = ("run", "unit")

    class Meta:
        indexes = ((("run", "position"), True),)
        constraints = [one_of("state", RunState)]


class Edition(Kept):
    """A printed whole as issued: which figures it froze (`snapshot_sha256`) and the very file (`sha256`).

    `issued_as` is the standing on its pages, which stays when it is superseded. A row whose `sha256` is empty has
    been decided and is being printed by its `run`. `based_on` is the edition whose
    frozen figures these are; `made_with` names templates, typefaces and libraries. `reported` of `owing` offices had
    handed in; the others hold `missing_plan` percent of the plan. `differs` counts the figures that are not those of
    the edition before. `signed_sha256` is the hash of the copy with an electronic signature behind it, if there is one.
    """

    book = CharField(20)
    fiscal_year = ForeignKeyField(FiscalYear, backref="editions", on_delete="RESTRICT")
    fiscal_year_id: int
    period = ForeignKeyField(Period, null=True, backref="editions", on_delete="RESTRICT")
    period_id: int | None
    subject = CharField(60)
    number = SmallIntegerField()
    state = EnumField(EditionState, max_length=14, default=EditionState.DRAFT)
    issued_as = EnumField(EditionState, max_length=14, default=EditionState.DRAFT)
    unit = ForeignKeyField(Unit, backref="editions", on_delete="RESTRICT")
    unit_id: int
    run = ForeignKeyField(Run, null=True, backref="editions", on_delete="RESTRICT")
    run_id: int | None
    based_on = ForeignKeyField("self", null=True, backref="derived", on_delete="RESTRICT")
    based_on_id: int | None
    superseded_by = ForeignKeyField("self", null=True, backref="supersedes", on_delete="RESTRICT")
    superseded_by_id: int | None
    cut_at = DateTimeField()
    made_at = DateTimeField()
    snapshot_sha256 = CharField(64)
    snapshot_key = CharField(200, default="")
    made_with = CharField(64, default="")
    sha256 = CharField(64, default="")
    pages = IntegerField(default=0)
    file_key = CharField(200, default="")
    is_demo = BooleanField(default=False)
    reported = SmallIntegerField(default=0)
    owing = SmallIntegerField(default=0)
    missing_plan = NumberField(null=True)
    differs = IntegerField(null=True)
    decided_by = ForeignKeyField(Person, null=True, backref="editions", on_delete="RESTRICT")
    decided_by_id: int | None
    decided_at = DateTimeField(null=True)
    signer = CharField(200, default="")
    signer_post = CharField(200, default="")
    document_number = CharField(100, default="")
    document_on = DateField(null=True)
    note = TextField(default="")
    signed_key = CharField(200, default="")
    signed_sha256 = CharField(64, default="")
    signed_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        indexes = ((("book", "subject", "number"), True),)
        constraints = [
            one_of("state", EditionState),
            one_of("issued_as", EditionState),
            Check("(sha256 = '' AND file_key = '') OR (sha256 <> '' AND pages > 0)", name="edition_printed_whole"),
            Check("state <> 'approved' OR (signer <> '' AND document_number <> '')", name="edition_approved_by"),
        ]

    def __str__(self) -> str:
        return f"{self.book} {self.subject} #{self.number}"


class Notice(Table):
    """Something a person should hear of. `kind` and `about` say of what, so that it is said once.

    `sent_at` is when its mail was handed to the mail server; until then it is tried again from `mail_after` on.
    """

    person = ForeignKeyField(Person, backref="notices", on_delete="CASCADE")
    person_id: int
    at = DateTimeField(index=True)
    text = TextField()
    link = CharField(300, default="")
    read_at = DateTimeField(null=True)
    sent_at = DateTimeField(null=True)
    kind = CharField(20, default="")
    about = CharField(120, default="")
    mail_tries = SmallIntegerField(default=0)
    mail_error = TextField(default="")
    mail_after = DateTimeField(null=True)
    unit_path = ("person", "unit")

    class Meta:
        indexes = ((("person", "read_at"), False),)


# A person hears of one thing once.
Notice.add_index(
    Notice.index(Notice.person, Notice.kind, Notice.about, unique=True, where=Notice.about != "", name="notice_once")
)


class ImportBatch(Table):
    """One file taken in: what was read and what came of it; a batch can be undone.

    It waits to be read, is staged with its preview, accepted by a person, taken; or refused, or undone. `is_whole` says
    that the file tells all the money of its year (or of its one office): what it leaves out is nil. `word` is why a
    person took it although something did not agree. `entry_number` is the trail's entry with every row's picture.
    """

    source = CharField(40)
    file_name = CharField(300)
    file_sha256 = CharField(64)
    file_key = CharField(200, default="")
    state = EnumField(BatchState, max_length=12, default=BatchState.WAITING)
    lines_read = IntegerField(default=0)
    lines_taken = IntegerField(default=0)
    lines_refused = IntegerField(default=0)
    report = ThaiJSONField(default=dict)
    person = ForeignKeyField(Person, backref="imports", on_delete="RESTRICT")
    person_id: int
    unit = ForeignKeyField(Unit, backref="imports", on_delete="RESTRICT")
    unit_id: int
    at = DateTimeField()
    fiscal_year = ForeignKeyField(FiscalYear, null=True, backref="imports", on_delete="RESTRICT")
    fiscal_year_id: int | None
    as_of = DateField(null=True)
    is_whole = BooleanField(default=True)
    word = TextField(default="")
    taken_by = ForeignKeyField(Person, null=True, backref="imports_taken", on_delete="RESTRICT")
    taken_by_id: int | None
    taken_at = DateTimeField(null=True)
    entry_number = IntegerField(null=True)
    undone_by = ForeignKeyField(Person, null=True, backref="imports_undone", on_delete="RESTRICT")
    undone_by_id: int | None
    undone_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        constraints = [one_of("state", BatchState)]

    def __str__(self) -> str:
        return f"{self.id} {self.file_name}"


class SentWorkbook(Table):
    """A workbook that an office sent in: looked at, and perhaps taken.

    The file is kept while it may still be taken. `cells_changed` would change, `cells_wrong` could not be taken.
    """

    unit = ForeignKeyField(Unit, backref="workbooks", on_delete="RESTRICT")
    unit_id: int
    period = ForeignKeyField(Period, backref="workbooks", on_delete="RESTRICT")
    period_id: int
    person = ForeignKeyField(Person, backref="workbooks", on_delete="RESTRICT")
    person_id: int
    at = DateTimeField(index=True)
    file_name = CharField(300)
    file_key = CharField(200, default="")
    size = IntegerField()
    sha256 = CharField(64)
    state = CharField(8, default="looked")
    cells_changed = IntegerField(default=0)
    cells_wrong = IntegerField(default=0)
    cells_taken = IntegerField(default=0)
    taken_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        constraints = [
            one_of("state", ("looked", "taken")),  # type: ignore[arg-type]
            Check("state <> 'taken' OR taken_at IS NOT NULL", name="sentworkbook_taken_when"),
        ]

    def __str__(self) -> str:
        return self.file_name


class StoreFact(Table):
    """A fact about this store itself: whether its year is a demonstration, which reference data it holds."""

    key = CharField(60, unique=True)
    value = TextField()
