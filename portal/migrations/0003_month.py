"""The month from calendar to consolidation: duties of every role, reopenings, requests, and who saved which answer."""

from peewee import (
    BigIntegerField,
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

DUTIES_BEFORE = "('report', 'visits', 'check', 'consolidate', 'outcome', 'book')"
DUTIES = "('report', 'visits', 'check', 'consolidate', 'outcome', 'book', 'handoff')"


def up(migrator, db):
    changed, new = _tables(db, after=True)
    for model in changed:
        fill = {"duty": "CASE subject WHEN 'visits' THEN 'visits' ELSE 'report' END"}
        alter(db, model, fill if model._meta.table_name == "obligation" else None)
    db.create_tables(new)


def down(migrator, db):
    db.drop_tables(_tables(db, after=True)[1])
    for model in _tables(db, after=False)[0]:
        alter(db, model)


def _tables(db, after):
    class FiscalYear(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "fiscal_year"

    class Form(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "form"

    class Indicator(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "indicator"

    class Period(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "period"

    class Submission(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "submission"

    class Unit(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "unit"

    class Visit(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit"

    class Person(Model):
        version = IntegerField(default=1)
        username = CharField(unique=True, max_length=60)
        name = CharField(max_length=200)
        email = CharField(max_length=200, default="")
        role = CharField(index=True, max_length=20)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        password = CharField(max_length=300, default="")
        language = CharField(max_length=2, default="th")
        is_active = BooleanField(default=True)
        failed_count = IntegerField(default=0)
        wait_until = DateTimeField(null=True)
        if after:
            wants_mail = BooleanField(default=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"
            constraints = [
                Check("role IN ('admin', 'planning', 'division', 'reporter', 'approver', 'executive')"),
                Check("language IN ('th', 'en')"),
            ]

    class Deadline(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        duty = CharField(max_length=20)
        kind = CharField(max_length=10)
        day = SmallIntegerField()
        months_after = SmallIntegerField(default=0)
        from_number = SmallIntegerField(default=1)
        roll = CharField(max_length=10, default="none")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "deadline"
            constraints = [
                Check(f"duty IN {DUTIES if after else DUTIES_BEFORE}"),
                Check("kind IN ('month', 'quarter', 'year')"),
                Check("roll IN ('none', 'before', 'after')"),
                Check("day BETWEEN 1 AND 31"),
                Check("months_after BETWEEN 0 AND 12"),
            ]
            indexes = ((("fiscal_year", "duty", "kind"), True),)

    class FormVersion(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(Form, on_delete="RESTRICT")
        number = SmallIntegerField(default=1)
        spec = JSONField(default=dict)
        state = CharField(max_length=12, default="draft")
        published_at = DateTimeField(null=True)
        if after:
            published_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
            note = TextField(default="")
            field_map = JSONField(default=dict)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "form_version"
            constraints = [
                Check("state IN ('draft', 'published', 'retired')"),
                Check("state = 'draft' OR published_at IS NOT NULL", name="formversion_published_when"),
            ]
            indexes = ((("form", "number"), True),)

    class Obligation(Model):
        version = IntegerField(default=1)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        period = ForeignKeyField(Period, on_delete="RESTRICT")
        subject = CharField(max_length=40)
        form = ForeignKeyField(Form, null=True, on_delete="RESTRICT")
        due_on = DateField(index=True)
        state = CharField(max_length=10, default="open")
        met_at = DateTimeField(null=True)
        waived_reason = TextField(default="")
        if after:
            duty = CharField(max_length=20, default="report")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "obligation"
            constraints = [
                Check("state IN ('open', 'met', 'waived')"),
                Check("state <> 'met' OR met_at IS NOT NULL", name="obligation_met_when"),
                Check("state <> 'waived' OR waived_reason <> ''", name="obligation_waived_why"),
                *(
                    [
                        Check(f"duty IN {DUTIES}"),
                        Check("duty <> 'report' OR form_id IS NOT NULL", name="obligation_of_a_form"),
                    ]
                    if after
                    else [Check("subject = 'visits' OR form_id IS NOT NULL", name="obligation_of_a_form")]
                ),
            ]
            indexes = (
                (("unit", "period", "subject"), True),
                (("period", "unit", "state", "due_on", "met_at"), False),
                (("unit", "state", "due_on"), False),
            )

    class Answer(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, on_delete="CASCADE")
        key = CharField(max_length=60)
        row = SmallIntegerField(default=0)
        indicator = ForeignKeyField(Indicator, null=True, on_delete="RESTRICT")
        mark = CharField(max_length=14, default="value")
        number = BigIntegerField(null=True)
        text = TextField(default="")
        reason = TextField(default="")
        if after:
            saved_at = DateTimeField(null=True)
            saved_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "answer"
            constraints = [
                Check("mark IN ('value', 'not_applicable')"),
                Check("mark = 'value' OR number IS NULL", name="answer_na_has_no_number"),
            ]
            indexes = ((("submission", "key", "row"), True), (("indicator", "submission", "number"), False))

    class Comment(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, on_delete="CASCADE")
        key = CharField(max_length=60, default="")
        text = TextField()
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        at = DateTimeField()
        if after:
            row = SmallIntegerField(default=0)
            settled_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "comment"

    class Attachment(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, null=True, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        name = CharField(max_length=300)
        media_type = CharField(max_length=100)
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        file_key = CharField(unique=True, max_length=200)
        added_by = ForeignKeyField(Person, on_delete="RESTRICT")
        added_at = DateTimeField()
        if after:
            visit = ForeignKeyField(Visit, null=True, on_delete="RESTRICT")
            key = CharField(max_length=60, default="")
            row = SmallIntegerField(default=0)
            thumbnail_key = CharField(max_length=200, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "attachment"
            constraints = [
                Check("size >= 0"),
            ]

    class Notice(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        at = DateTimeField(index=True)
        text = TextField()
        link = CharField(max_length=300, default="")
        read_at = DateTimeField(null=True)
        sent_at = DateTimeField(null=True)
        if after:
            kind = CharField(max_length=20, default="")
            about = CharField(max_length=120, default="")
            mail_tries = SmallIntegerField(default=0)
            mail_error = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "notice"

    if after:
        Notice.add_index(
            Notice.index(
                Notice.person, Notice.kind, Notice.about, unique=True, where=Notice.about != "", name="notice_once"
            )
        )

    class Reopening(Model):
        version = IntegerField(default=1)
        obligation = ForeignKeyField(Obligation, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        reason = TextField()
        opened_by = ForeignKeyField(Person, on_delete="RESTRICT")
        opened_at = DateTimeField()
        until_on = DateField(index=True)
        closed_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "reopening"
            constraints = [Check("reason <> ''", name="reopening_why")]

    Reopening.add_index(
        Reopening.index(Reopening.obligation, unique=True, where=Reopening.closed_at.is_null(), name="reopening_open")
    )

    class UnlockRequest(Model):
        version = IntegerField(default=1)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        obligation = ForeignKeyField(Obligation, null=True, on_delete="RESTRICT")
        indicator = ForeignKeyField(Indicator, null=True, on_delete="RESTRICT")
        rule = CharField(max_length=40)
        reason = TextField()
        asked_by = ForeignKeyField(Person, on_delete="RESTRICT", backref="asked")
        asked_at = DateTimeField(index=True)
        granted = BooleanField(null=True)
        answer = TextField(default="")
        answered_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="answered")
        answered_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "unlock_request"
            constraints = [
                Check("reason <> ''", name="unlockrequest_why"),
                Check("granted IS NULL OR answered_at IS NOT NULL", name="unlockrequest_answered_when"),
            ]

    changed = [Person, Deadline, FormVersion, Obligation, Answer, Comment, Attachment, Notice]
    return changed, [Reopening, UnlockRequest]
