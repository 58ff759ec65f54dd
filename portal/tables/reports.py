"""Obligations, and the submissions that meet them."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    SmallIntegerField,
    TextField,
)
from playhouse.fields import EnumField

from portal.rules.terms import Duty, Mark, ObligationState
from portal.rules.workflow import State
from portal.tables.calendar import Form, FormVersion, Period
from portal.tables.columns import Kept, NumberField, one_of
from portal.tables.places import Person, Unit
from portal.tables.plans import Indicator
from portal.tables.visits import Visit


class Obligation(Kept):
    """One unit owes one thing for one period, due on a day.

    `subject` says what: a form's code where the duty is to report, else the duty's own word (`visits`, `check` …).
    """

    unit = ForeignKeyField(Unit, backref="obligations", on_delete="RESTRICT")
    unit_id: int
    period = ForeignKeyField(Period, backref="obligations", on_delete="RESTRICT")
    period_id: int
    subject = CharField(40)
    form = ForeignKeyField(Form, backref="obligations", null=True, on_delete="RESTRICT")
    form_id: int | None
    due_on = DateField(index=True)
    state = EnumField(ObligationState, max_length=10, default=ObligationState.OPEN)
    met_at = DateTimeField(null=True)
    waived_reason = TextField(default="")
    duty = EnumField(Duty, max_length=20, default=Duty.REPORT)
    unit_path = ("unit",)

    class Meta:
        indexes = (
            (("unit", "period", "subject"), True),
            (("period", "unit", "state", "due_on", "met_at"), False),
            (("unit", "state", "due_on"), False),
        )
        constraints = [
            one_of("state", ObligationState),
            Check("state <> 'met' OR met_at IS NOT NULL", name="obligation_met_when"),
            Check("state <> 'waived' OR waived_reason <> ''", name="obligation_waived_why"),
            one_of("duty", Duty),
            Check("duty <> 'report' OR form_id IS NOT NULL", name="obligation_of_a_form"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}/{self.unit_id}/{self.period_id}"


class Submission(Kept):
    """One unit's report on one form for one period; at most one.

    `first_submitted_at` never moves, so that lateness is judged on the first hand-in; `submitted_at` is the
    latest.
    """

    obligation = ForeignKeyField(Obligation, backref="submissions", unique=True, on_delete="RESTRICT")
    obligation_id: int
    unit = ForeignKeyField(Unit, backref="submissions", on_delete="RESTRICT")
    unit_id: int
    period = ForeignKeyField(Period, backref="submissions", on_delete="RESTRICT")
    period_id: int
    form_version = ForeignKeyField(FormVersion, backref="submissions", on_delete="RESTRICT")
    form_version_id: int
    state = EnumField(State, max_length=14, default=State.DRAFT)
    first_submitted_at = DateTimeField(null=True)
    submitted_at = DateTimeField(null=True, index=True)
    submitted_by = ForeignKeyField(Person, null=True, backref="submitted", on_delete="RESTRICT")
    submitted_by_id: int | None
    verified_at = DateTimeField(null=True)
    verified_by = ForeignKeyField(Person, null=True, backref="verified", on_delete="RESTRICT")
    verified_by_id: int | None
    note = TextField(default="")
    unit_path = ("unit",)

    class Meta:
        indexes = (
            (("unit", "period", "form_version"), True),
            (("period", "state", "unit"), False),
            (("form_version", "state", "period"), False),
        )
        constraints = [
            one_of("state", State),
            Check("state = 'draft' OR submitted_at IS NOT NULL", name="submission_sent_when"),
            Check(
                "state NOT IN ('verified', 'consolidated') OR verified_at IS NOT NULL",
                name="submission_verified_when",
            ),
            Check("verified_by_id IS NULL OR verified_by_id <> submitted_by_id", name="submission_two_persons"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.period_id}/{self.form_version_id}"


class Answer(Kept):
    """One answer: `key` of the question, `row` of a repeating table (0 elsewhere). `reason` says why a warning stands.

    No row at all = not reported; `mark` not_applicable = said not to apply; a number of 0 = counted zero.
    """

    submission = ForeignKeyField(Submission, backref="answers", on_delete="CASCADE")
    submission_id: int
    key = CharField(60)
    row = SmallIntegerField(default=0)
    indicator = ForeignKeyField(Indicator, null=True, backref="answers", on_delete="RESTRICT")
    indicator_id: int | None
    mark = EnumField(Mark, max_length=14, default=Mark.VALUE)
    number = NumberField(null=True)
    text = TextField(default="")
    reason = TextField(default="")
    saved_at = DateTimeField(null=True)
    saved_by = ForeignKeyField(Person, null=True, backref="answers", on_delete="RESTRICT")  # None: the portal
    saved_by_id: int | None
    unit_path = ("submission", "unit")

    class Meta:
        indexes = ((("submission", "key", "row"), True), (("indicator", "submission", "number"), False))
        constraints = [
            one_of("mark", Mark),
            Check("mark = 'value' OR number IS NULL", name="answer_na_has_no_number"),
        ]


class Comment(Kept):
    """A remark on a submission, or on one of its answers when `key` is set; settled when the answer was mended."""

    submission = ForeignKeyField(Submission, backref="comments", on_delete="CASCADE")
    submission_id: int
    key = CharField(60, default="")
    text = TextField()
    person = ForeignKeyField(Person, backref="comments", on_delete="RESTRICT")
    person_id: int
    at = DateTimeField()
    row = SmallIntegerField(default=0)
    settled_at = DateTimeField(null=True)
    unit_path = ("submission", "unit")


class Reopening(Kept):
    """An office × form × period open again for a correction, until the end of the day `until_on`."""

    obligation = ForeignKeyField(Obligation, backref="reopenings", on_delete="RESTRICT")
    obligation_id: int
    unit = ForeignKeyField(Unit, backref="reopenings", on_delete="RESTRICT")
    unit_id: int
    reason = TextField()
    opened_by = ForeignKeyField(Person, backref="reopenings", on_delete="RESTRICT")
    opened_by_id: int
    opened_at = DateTimeField()
    until_on = DateField(index=True)
    closed_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        constraints = [Check("reason <> ''", name="reopening_why")]

    def __str__(self) -> str:
        return f"{self.obligation_id}/{self.until_on}"


# At most one reopening of an obligation at a time.
Reopening.add_index(
    Reopening.index(Reopening.obligation, unique=True, where=Reopening.closed_at.is_null(), name="reopening_open")
)


class UnlockRequest(Kept):
    """A person asks that a lock be lifted: `rule` is the lock's word; `granted` stays empty until it is answered."""

    unit = ForeignKeyField(Unit, backref="unlock_requests", on_delete="RESTRICT")
    unit_id: int
    obligation = ForeignKeyField(Obligation, null=True, backref="unlock_requests", on_delete="RESTRICT")
    obligation_id: int | None
    indicator = ForeignKeyField(Indicator, null=True, backref="unlock_requests", on_delete="RESTRICT")
    indicator_id: int | None
    rule = CharField(40)
    reason = TextField()
    asked_by = ForeignKeyField(Person, backref="unlock_requests", on_delete="RESTRICT")
    asked_by_id: int
    asked_at = DateTimeField(index=True)
    granted = BooleanField(null=True)
    answer = TextField(default="")
    answered_by = ForeignKeyField(Person, null=True, backref="unlocks_answered", on_delete="RESTRICT")
    answered_by_id: int | None
    answered_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        constraints = [
            Check("reason <> ''", name="unlockrequest_why"),
            Check("granted IS NULL OR answered_at IS NOT NULL", name="unlockrequest_answered_when"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}/{self.unit_id}"


class Attachment(Kept):
    """A file kept with a submission (at one of its questions when `key` is set) or with a visit.

    `file_key` is its name in the file store, `thumbnail_key` that of a small picture of it.
    """

    submission = ForeignKeyField(Submission, null=True, backref="attachments", on_delete="RESTRICT")
    submission_id: int | None
    unit = ForeignKeyField(Unit, backref="attachments", on_delete="RESTRICT")
    unit_id: int
    name = CharField(300)
    media_type = CharField(100)
    size = BigIntegerField()
    sha256 = CharField(64)
    file_key = CharField(200, unique=True)
    added_by = ForeignKeyField(Person, backref="attachments", on_delete="RESTRICT")
    added_by_id: int
    added_at = DateTimeField()
    visit = ForeignKeyField(Visit, null=True, backref="attachments", on_delete="RESTRICT")
    visit_id: int | None
    key = CharField(60, default="")
    row = SmallIntegerField(default=0)
    thumbnail_key = CharField(200, default="")
    unit_path = ("unit",)

    class Meta:
        constraints = [Check("size >= 0")]
