"""Every table of the portal, in the order one would tell the story.

    places and people        Region Province Unit Person SignIn PasswordLink
    plans                    FiscalYear MeasureUnit Plan Project Activity Indicator Target MonthPlan
    calendar and forms       Holiday Period Deadline Form FormVersion FormAssignment
    obligations, submissions Obligation Submission Answer Attachment Comment
    cooperatives and visits  CooperativeType Cooperative CooperativeYear
                             VisitActivity VisitPlan VisitPlanLine Visit
    money                    BudgetCategory DisbursementTarget BudgetLine Disbursement
    machines                 Run RunStep Edition Notice ImportBatch ExportRun StoreFact
    memory                   AuditEntry Revision

A table holds columns, keys, constraints, `__str__`, and facts about one row that need no query.
Money is whole satang. Other quantities are Decimals with four decimals. Days and moments are Bangkok's.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any, ClassVar

from peewee import (
    AutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DatabaseProxy,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SmallIntegerField,
    TextField,
)
from playhouse.fields import EnumField

from portal.rules.access import Role
from portal.rules.deadlines import Roll
from portal.rules.fiscal import ERA
from portal.rules.progress import Aggregation, Direction
from portal.rules.terms import (
    Certainty,
    Duty,
    EditionState,
    FormState,
    Grade,
    InstitutionKind,
    InstitutionStatus,
    Mark,
    Nature,
    ObligationState,
    PeriodKind,
    Place,
    PlanState,
    RunKind,
    RunState,
    Sector,
    TargetKind,
    UnitKind,
    VisitState,
)
from portal.rules.workflow import State

db = DatabaseProxy()
SCALE = 10_000


class NumberField(BigIntegerField):
    """A quantity with up to four decimals: Decimal in Python, whole ten-thousandths in the store."""

    def db_value(self, value: Any) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value) * SCALE
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than four decimals")
        return int(scaled)

    def python_value(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / SCALE


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def ThaiJSONField(**kwargs: Any) -> JSONField:
    """A JSON column that keeps Thai readable and findable in the store."""
    return JSONField(dumps=_json, **kwargs)


def _one_of(column: str, values: type) -> Any:
    """Return a check that `column` holds one of an enumeration's values."""
    listed = ", ".join(f"'{v}'" for v in values)  # type: ignore[attr-defined]
    return Check(f"{column} IN ({listed})")


class Table(Model):
    """What all tables share.

    `unit_path` names the way from a row to the unit it belongs to; empty = everybody may read it.
    `searched` names the text columns that substring search looks through, `secret` those that no revision
    keeps.
    """

    id = AutoField()
    unit_path: ClassVar[tuple[str, ...]] = ()
    searched: ClassVar[tuple[str, ...]] = ()
    secret: ClassVar[tuple[str, ...]] = ()

    class Meta:
        database = db
        legacy_table_names = False
        only_save_dirty = True


class Kept(Table):
    """A table that people edit: `version` grows with every save, so that a stale save is noticed."""

    version = IntegerField(default=1)


# ---------------------------------------------------------------- places and people


class Region(Kept):
    """An inspection region. R00 is the central one, Bangkok only."""

    code = CharField(8, unique=True)
    name = CharField(200)
    name_en = CharField(200, default="")
    is_active = BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Province(Kept):
    """A province by its DOPA code; `short` is the two-letter mark used on maps."""

    code = CharField(2, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    short = CharField(8, default="")
    region = ForeignKeyField(Region, backref="provinces", on_delete="RESTRICT")
    region_id: int
    name_sort = CharField(300, default="", index=True)

    def __str__(self) -> str:
        return self.name


class Unit(Kept):
    """An office or division. The 78 field offices are `provincial`; a closed unit keeps its past."""

    code = CharField(20, unique=True)
    kind = EnumField(UnitKind, max_length=20, index=True)
    name = CharField(300, unique=True)
    short = CharField(100, unique=True)
    name_en = CharField(300, default="")
    duty = CharField(40, default="division")
    province = ForeignKeyField(Province, backref="units", null=True, on_delete="RESTRICT")
    province_id: int | None
    region = ForeignKeyField(Region, backref="units", null=True, on_delete="RESTRICT")
    region_id: int | None
    parent = ForeignKeyField("self", backref="children", null=True, on_delete="RESTRICT")
    parent_id: int | None
    opened_on = DateField(null=True)
    closed_on = DateField(null=True)
    name_sort = CharField(600, default="", index=True)
    unit_path = ("id",)
    searched = ("name", "short")

    class Meta:
        constraints = [
            _one_of("kind", UnitKind),
            Check(
                "closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on",
                name="unit_open_before_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.short


class Person(Kept):
    """Somebody who signs in. Never identified by a citizen number.

    `password` is a scrypt hash, empty until set.
    """

    username = CharField(60, unique=True)
    name = CharField(200)
    email = CharField(200, default="")
    role = EnumField(Role, max_length=20, index=True)
    unit = ForeignKeyField(Unit, backref="people", on_delete="RESTRICT")
    unit_id: int
    password = CharField(300, default="")
    language = CharField(2, default="th")
    is_active = BooleanField(default=True)
    failed_count = IntegerField(default=0)
    wait_until = DateTimeField(null=True)
    unit_path = ("unit",)
    searched = ("name", "username")
    secret = ("password",)

    class Meta:
        constraints = [_one_of("role", Role), _one_of("language", ("th", "en"))]  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name


class SignIn(Table):
    """One signed-in browser. The cookie holds a random token, the row only its hash."""

    token_hash = CharField(64, unique=True)
    person = ForeignKeyField(Person, backref="sign_ins", on_delete="CASCADE")
    person_id: int
    started_at = DateTimeField()
    seen_at = DateTimeField()
    ended_at = DateTimeField(null=True)
    agent = CharField(200, default="")
    unit_path = ("person", "unit")
    secret = ("token_hash",)


class PasswordLink(Table):
    """A one-time link to set a first or forgotten password; only its hash is kept."""

    token_hash = CharField(64, unique=True)
    person = ForeignKeyField(Person, backref="links", on_delete="CASCADE")
    person_id: int
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)
    unit_path = ("person", "unit")
    secret = ("token_hash",)


# ---------------------------------------------------------------- plans


class FiscalYear(Kept):
    """A budget year by its Buddhist year: 2566 = 1 Oct 2565 to 30 Sep 2566."""

    year = SmallIntegerField(unique=True)
    starts_on = DateField()
    ends_on = DateField()
    note = TextField(default="")

    class Meta:
        constraints = [Check("year BETWEEN 2400 AND 2700"), Check("ends_on > starts_on")]

    def __str__(self) -> str:
        return str(self.year)


class MeasureUnit(Kept):
    """A unit of measure (หน่วยนับ): controlled data, because คน and ราย must never be added together."""

    code = CharField(20, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    decimals = SmallIntegerField(default=0)
    is_percentage = BooleanField(default=False)

    class Meta:
        constraints = [Check("decimals BETWEEN 0 AND 4")]

    def __str__(self) -> str:
        return self.name


class Plan(Kept):
    """แผนงาน of a fiscal year, with its link to the national strategy."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="plans", on_delete="RESTRICT")
    fiscal_year_id: int
    code = CharField(20)
    name = CharField(300)
    name_en = CharField(300, default="")
    strategy = CharField(300, default="")
    position = SmallIntegerField(default=0)

    class Meta:
        indexes = ((("fiscal_year", "code"), True),)

    def __str__(self) -> str:
        return self.name


class Project(Kept):
    """ผลผลิต/โครงการ of a plan, owned by one central unit."""

    plan = ForeignKeyField(Plan, backref="projects", on_delete="RESTRICT")
    plan_id: int
    code = CharField(20)
    name = CharField(300)
    name_en = CharField(300, default="")
    owner = ForeignKeyField(Unit, backref="projects", on_delete="RESTRICT")
    owner_id: int
    objective = TextField(default="")
    expected_outcome = TextField(default="")
    starts_on = DateField()
    ends_on = DateField()
    is_priority = BooleanField(default=False)
    position = SmallIntegerField(default=0)
    searched = ("name",)

    class Meta:
        indexes = ((("plan", "code"), True),)
        constraints = [Check("ends_on >= starts_on")]

    def __str__(self) -> str:
        return self.name


class Activity(Kept):
    """กิจกรรมหลัก, or กิจกรรมย่อย when it has a parent."""

    project = ForeignKeyField(Project, backref="activities", on_delete="RESTRICT")
    project_id: int
    parent = ForeignKeyField("self", backref="children", null=True, on_delete="RESTRICT")
    parent_id: int | None
    code = CharField(20)
    name = CharField(300)
    position = SmallIntegerField(default=0)

    class Meta:
        indexes = ((("project", "code"), True),)

    def __str__(self) -> str:
        return self.name


class Indicator(Kept):
    """ตัวชี้วัด of an activity, with its own rules over months and over units."""

    activity = ForeignKeyField(Activity, backref="indicators", on_delete="RESTRICT")
    activity_id: int
    code = CharField(20, unique=True)
    name = CharField(300)
    name_en = CharField(300, default="")
    measure_unit = ForeignKeyField(MeasureUnit, backref="indicators", on_delete="RESTRICT")
    measure_unit_id: int
    direction = EnumField(Direction, max_length=10, default=Direction.MORE)
    month_rule = EnumField(Aggregation, max_length=10, default=Aggregation.SUM)
    unit_rule = EnumField(Aggregation, max_length=10, default=Aggregation.SUM)
    parent = ForeignKeyField("self", backref="children", null=True, on_delete="RESTRICT")
    parent_id: int | None
    is_headline = BooleanField(default=False)
    is_plan_forced = BooleanField(default=False)
    position = SmallIntegerField(default=0)
    searched = ("name",)

    class Meta:
        constraints = [
            _one_of("direction", Direction),
            _one_of("month_rule", Aggregation),
            _one_of("unit_rule", Aggregation),
        ]

    def __str__(self) -> str:
        return self.name


class Target(Kept):
    """The year's target of one indicator for one unit."""

    indicator = ForeignKeyField(Indicator, backref="targets", on_delete="RESTRICT")
    indicator_id: int
    unit = ForeignKeyField(Unit, backref="targets", on_delete="RESTRICT")
    unit_id: int
    value = NumberField()
    unit_path = ("unit",)

    class Meta:
        indexes = ((("indicator", "unit"), True),)
        constraints = [Check("value >= 0")]


class MonthPlan(Kept):
    """What a unit plans for one fiscal month (1 = October) of a target; not cumulative."""

    target = ForeignKeyField(Target, backref="months", on_delete="CASCADE")
    target_id: int
    month = SmallIntegerField()
    value = NumberField()
    unit_path = ("target", "unit")

    class Meta:
        indexes = ((("target", "month"), True),)
        constraints = [Check("month BETWEEN 1 AND 12"), Check("value >= 0")]


# ---------------------------------------------------------------- calendar and forms


class Holiday(Kept):
    """A public holiday; the first rows come from a maintained library, people may add special ones."""

    day = DateField(unique=True)
    name = CharField(200)

    def __str__(self) -> str:
        return self.name


class Period(Kept):
    """A month, quarter or year that is reported on. `data_as_of` is the day its figures stand for."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="periods", on_delete="RESTRICT")
    fiscal_year_id: int
    kind = EnumField(PeriodKind, max_length=10)
    number = SmallIntegerField()
    starts_on = DateField(index=True)
    ends_on = DateField()
    opens_on = DateField()
    data_as_of = DateField(null=True)
    meets_on = DateField(null=True)
    opened_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("fiscal_year", "kind", "number"), True),)
        constraints = [
            _one_of("kind", PeriodKind),
            Check("number BETWEEN 1 AND 12"),
            Check("kind <> 'quarter' OR number <= 4", name="period_four_quarters"),
            Check("ends_on >= starts_on"),
        ]

    @property
    def be_month(self) -> str:
        """Return the calendar month of the first day in the Buddhist Era, `2566-05`."""
        return f"{self.starts_on.year + ERA}-{self.starts_on.month:02d}"

    def __str__(self) -> str:
        return f"{self.fiscal_year_id}/{self.kind}/{self.number}" if self.kind != PeriodKind.MONTH else self.be_month


class Deadline(Kept):
    """When a duty is due: day `day`, `months_after` months after the month in which the period ends."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="deadlines", on_delete="RESTRICT")
    fiscal_year_id: int
    duty = EnumField(Duty, max_length=20)
    kind = EnumField(PeriodKind, max_length=10)
    day = SmallIntegerField()
    months_after = SmallIntegerField(default=0)
    from_number = SmallIntegerField(default=1)
    roll = EnumField(Roll, max_length=10, default=Roll.NONE)

    class Meta:
        indexes = ((("fiscal_year", "duty", "kind"), True),)
        constraints = [
            _one_of("duty", Duty),
            _one_of("kind", PeriodKind),
            _one_of("roll", Roll),
            Check("day BETWEEN 1 AND 31"),
            Check("months_after BETWEEN 0 AND 12"),
        ]


class Form(Kept):
    """A report form that a central unit owns."""

    code = CharField(40, unique=True)
    name = CharField(300)
    name_en = CharField(300, default="")
    owner = ForeignKeyField(Unit, backref="forms", on_delete="RESTRICT")
    owner_id: int
    project = ForeignKeyField(Project, backref="forms", null=True, on_delete="RESTRICT")
    project_id: int | None
    kind = EnumField(PeriodKind, max_length=10, default=PeriodKind.MONTH)
    for_all_offices = BooleanField(default=True)
    is_active = BooleanField(default=True)
    position = SmallIntegerField(default=0)
    searched = ("name",)

    class Meta:
        constraints = [_one_of("kind", PeriodKind)]

    def __str__(self) -> str:
        return self.name


class FormVersion(Kept):
    """The description of a form's questions at one time. A published version never changes."""

    form = ForeignKeyField(Form, backref="versions", on_delete="RESTRICT")
    form_id: int
    number = SmallIntegerField(default=1)
    spec = ThaiJSONField(default=dict)
    state = EnumField(FormState, max_length=12, default=FormState.DRAFT)
    published_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("form", "number"), True),)
        constraints = [
            _one_of("state", FormState),
            Check("state = 'draft' OR published_at IS NOT NULL", name="formversion_published_when"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class FormAssignment(Kept):
    """A form that is owed by this unit (only for forms that are not for all offices)."""

    form = ForeignKeyField(Form, backref="assignments", on_delete="RESTRICT")
    form_id: int
    unit = ForeignKeyField(Unit, backref="assignments", on_delete="RESTRICT")
    unit_id: int
    unit_path = ("unit",)

    class Meta:
        indexes = ((("form", "unit"), True),)


# ---------------------------------------------------------------- obligations and submissions


class Obligation(Kept):
    """One unit owes one thing for one period, due on a day. `subject` is a form's code, or `visits`."""

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
    unit_path = ("unit",)

    class Meta:
        indexes = (
            (("unit", "period", "subject"), True),
            (("period", "unit", "state", "due_on", "met_at"), False),
            (("unit", "state", "due_on"), False),
        )
        constraints = [
            _one_of("state", ObligationState),
            Check("state <> 'met' OR met_at IS NOT NULL", name="obligation_met_when"),
            Check("state <> 'waived' OR waived_reason <> ''", name="obligation_waived_why"),
            Check("subject = 'visits' OR form_id IS NOT NULL", name="obligation_of_a_form"),
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
        indexes = ((("unit", "period", "form_version"), True), (("period", "state", "unit"), False))
        constraints = [
            _one_of("state", State),
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
    """One answer: `key` of the question, `row` of a repeating table (0 elsewhere).

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
    unit_path = ("submission", "unit")

    class Meta:
        indexes = ((("submission", "key", "row"), True), (("indicator", "submission", "number"), False))
        constraints = [
            _one_of("mark", Mark),
            Check("mark = 'value' OR number IS NULL", name="answer_na_has_no_number"),
        ]


class Attachment(Kept):
    """A file kept with a submission or a visit; `file_key` is its name in the file store."""

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
    unit_path = ("unit",)

    class Meta:
        constraints = [Check("size >= 0")]


class Comment(Kept):
    """A remark on a submission, or on one of its answers when `key` is set."""

    submission = ForeignKeyField(Submission, backref="comments", on_delete="CASCADE")
    submission_id: int
    key = CharField(60, default="")
    text = TextField()
    person = ForeignKeyField(Person, backref="comments", on_delete="RESTRICT")
    person_id: int
    at = DateTimeField()
    unit_path = ("submission", "unit")


# ---------------------------------------------------------------- cooperatives and visits


class CooperativeType(Kept):
    """One of the seven kinds of cooperative, or farmer groups; names the division that reviews it."""

    code = CharField(8, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    sector = EnumField(Sector, max_length=20)
    reviewer = ForeignKeyField(Unit, backref="reviewed_types", on_delete="RESTRICT")
    reviewer_id: int

    class Meta:
        constraints = [_one_of("sector", Sector)]

    def __str__(self) -> str:
        return self.name


class Cooperative(Kept):
    """An institution: cooperative, farmer group or occupational group, by its 13-digit registration number.

    Capital and business volume are satang. `year_end` is the accounting year end, `MM-DD`.
    """

    registration_number = CharField(13, unique=True)
    name = CharField(300)
    kind = EnumField(InstitutionKind, max_length=20, default=InstitutionKind.COOPERATIVE)
    type = ForeignKeyField(CooperativeType, backref="cooperatives", on_delete="RESTRICT")
    type_id: int
    unit = ForeignKeyField(Unit, backref="cooperatives", on_delete="RESTRICT")
    unit_id: int
    province = ForeignKeyField(Province, backref="cooperatives", on_delete="RESTRICT")
    province_id: int
    district = CharField(100, default="")
    promotion_group = CharField(100, default="")
    officer = ForeignKeyField(Person, null=True, backref="cooperatives", on_delete="RESTRICT")
    officer_id: int | None
    status = EnumField(InstitutionStatus, max_length=12, default=InstitutionStatus.OPERATING)
    registered_on = DateField(null=True)
    dissolved_on = DateField(null=True)
    year_end = CharField(5, default="03-31")
    members = IntegerField(default=0)
    capital = BigIntegerField(default=0)
    business_volume = BigIntegerField(default=0)
    name_sort = CharField(600, default="")
    unit_path = ("unit",)
    searched = ("name", "registration_number")

    class Meta:
        indexes = (
            (("unit", "name_sort"), False),
            (("name_sort",), False),
            (("type", "status"), False),
        )
        constraints = [
            _one_of("kind", InstitutionKind),
            _one_of("status", InstitutionStatus),
            Check("length(registration_number) = 13", name="cooperative_number_13"),
            Check("members >= 0"),
            Check("status <> 'dissolved' OR dissolved_on IS NOT NULL", name="cooperative_dissolved_when"),
        ]

    def __str__(self) -> str:
        return self.name


class CooperativeYear(Kept):
    """Strength class (1 best) and standard grade of an institution in one fiscal year; kept year by year."""

    cooperative = ForeignKeyField(Cooperative, backref="years", on_delete="RESTRICT")
    cooperative_id: int
    fiscal_year = ForeignKeyField(FiscalYear, backref="cooperative_years", on_delete="RESTRICT")
    fiscal_year_id: int
    strength_class = SmallIntegerField(null=True)
    grade = EnumField(Grade, max_length=14, default=Grade.NOT_ASSESSED)
    unit_path = ("cooperative", "unit")

    class Meta:
        indexes = ((("cooperative", "fiscal_year"), True), (("fiscal_year", "strength_class"), False))
        constraints = [
            _one_of("grade", Grade),
            Check("strength_class IS NULL OR strength_class BETWEEN 1 AND 3", name="cooperativeyear_class"),
        ]


class VisitActivity(Kept):
    """A kind of promotion work from the manual, against which visits are planned and recorded."""

    code = CharField(20, unique=True)
    name = CharField(200, unique=True)
    name_en = CharField(200, default="")
    is_active = BooleanField(default=True)
    position = SmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class VisitPlan(Kept):
    """What an office plans for one institution in one fiscal year."""

    cooperative = ForeignKeyField(Cooperative, backref="plans", on_delete="RESTRICT")
    cooperative_id: int
    fiscal_year = ForeignKeyField(FiscalYear, backref="visit_plans", on_delete="RESTRICT")
    fiscal_year_id: int
    unit = ForeignKeyField(Unit, backref="visit_plans", on_delete="RESTRICT")
    unit_id: int
    officer = ForeignKeyField(Person, null=True, backref="visit_plans", on_delete="RESTRICT")
    officer_id: int | None
    class_now = SmallIntegerField(null=True)
    class_wanted = SmallIntegerField(null=True)
    problems = TextField(default="")
    state = EnumField(PlanState, max_length=10, default=PlanState.DRAFT)
    approved_by = ForeignKeyField(Person, null=True, backref="approved_plans", on_delete="RESTRICT")
    approved_by_id: int | None
    approved_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        indexes = ((("cooperative", "fiscal_year"), True), (("unit", "fiscal_year"), False))
        constraints = [
            _one_of("state", PlanState),
            Check("state = 'draft' OR approved_at IS NOT NULL", name="visitplan_approved_when"),
        ]

    def __str__(self) -> str:
        return f"{self.cooperative_id}/{self.fiscal_year_id}"


class VisitPlanLine(Kept):
    """How many visits of one activity are planned in one fiscal month."""

    plan = ForeignKeyField(VisitPlan, backref="lines", on_delete="CASCADE")
    plan_id: int
    activity = ForeignKeyField(VisitActivity, backref="lines", on_delete="RESTRICT")
    activity_id: int
    month = SmallIntegerField()
    visits = SmallIntegerField()
    unit_path = ("plan", "unit")

    class Meta:
        indexes = ((("plan", "activity", "month"), True), (("month", "plan", "visits"), False))
        constraints = [Check("month BETWEEN 1 AND 12"), Check("visits BETWEEN 1 AND 60")]


class Visit(Kept):
    """One promotion visit to one institution. Outside the plan it is kept, flagged, with a reason."""

    cooperative = ForeignKeyField(Cooperative, backref="visits", on_delete="RESTRICT")
    cooperative_id: int
    unit = ForeignKeyField(Unit, backref="visits", on_delete="RESTRICT")
    unit_id: int
    visited_on = DateField()
    activity = ForeignKeyField(VisitActivity, backref="visits", on_delete="RESTRICT")
    activity_id: int
    officer = ForeignKeyField(Person, backref="visits", on_delete="RESTRICT")
    officer_id: int
    place = EnumField(Place, max_length=10, default=Place.ON_SITE)
    people_met = IntegerField(default=0)
    subject = CharField(300)
    findings = TextField(default="")
    advice = TextField(default="")
    agreed_action = TextField(default="")
    action_due_on = DateField(null=True)
    is_unplanned = BooleanField(default=False)
    unplanned_reason = TextField(default="")
    state = EnumField(VisitState, max_length=10, default=VisitState.RECORDED)
    recorded_at = DateTimeField()
    unit_path = ("unit",)
    searched = ("subject",)

    class Meta:
        indexes = (
            (("unit", "visited_on", "id"), False),
            (("visited_on", "id"), False),
            (("is_unplanned", "visited_on", "id"), False),
            (("cooperative", "visited_on"), False),
            (("state", "visited_on"), False),
        )
        constraints = [
            _one_of("place", Place),
            _one_of("state", VisitState),
            Check("people_met >= 0"),
            Check("NOT is_unplanned OR unplanned_reason <> ''", name="visit_unplanned_why"),
        ]

    def __str__(self) -> str:
        return self.subject


# ---------------------------------------------------------------- money


class BudgetCategory(Kept):
    """งบรายจ่าย. `nature` is only the default where the finance file has no flag of its own."""

    code = CharField(10, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    parent = ForeignKeyField("self", null=True, backref="children", on_delete="RESTRICT")
    parent_id: int | None
    gfmis_code = CharField(10, default="")
    nature = CharField(12, default="mixed")

    def __str__(self) -> str:
        return self.name


class DisbursementTarget(Kept):
    """Cabinet's target: cumulative percent at the end of a quarter. No row = no target, never 0."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="disbursement_targets", on_delete="RESTRICT")
    fiscal_year_id: int
    quarter = SmallIntegerField()
    kind = EnumField(TargetKind, max_length=24)
    percent = NumberField()
    certainty = EnumField(Certainty, max_length=12)
    source = CharField(300, default="")

    class Meta:
        indexes = ((("fiscal_year", "quarter", "kind"), True),)
        constraints = [
            _one_of("kind", TargetKind),
            _one_of("certainty", Certainty),
            Check("quarter BETWEEN 1 AND 4"),
            Check("percent BETWEEN 0 AND 1000000"),
        ]


class BudgetLine(Kept):
    """One unit's grant for one project and category, in satang. `code` is the 20-digit budget code, text."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="budget_lines", on_delete="RESTRICT")
    fiscal_year_id: int
    code = CharField(20)
    unit = ForeignKeyField(Unit, backref="budget_lines", on_delete="RESTRICT")
    unit_id: int
    project = ForeignKeyField(Project, null=True, backref="budget_lines", on_delete="RESTRICT")
    project_id: int | None
    category = ForeignKeyField(BudgetCategory, backref="budget_lines", on_delete="RESTRICT")
    category_id: int
    nature = EnumField(Nature, max_length=12)
    act = BigIntegerField(default=0)
    after_transfers = BigIntegerField(default=0)
    received = BigIntegerField(default=0)
    unit_path = ("unit",)

    class Meta:
        indexes = (
            (("fiscal_year", "code", "unit", "category", "nature"), True),
            (("fiscal_year", "project"), False),
        )
        constraints = [_one_of("nature", Nature), Check("length(code) = 20", name="budgetline_code_20")]

    def __str__(self) -> str:
        return self.code


class Disbursement(Kept):
    """What happened to a budget line in one fiscal month: satang, not cumulative, reversals negative."""

    line = ForeignKeyField(BudgetLine, backref="disbursements", on_delete="RESTRICT")
    line_id: int
    month = SmallIntegerField()
    disbursed = BigIntegerField(default=0)
    ordered = BigIntegerField(default=0)
    reserved = BigIntegerField(default=0)
    data_as_of = DateField()
    unit_path = ("line", "unit")

    class Meta:
        indexes = ((("line", "month"), True), (("month", "line", "disbursed", "ordered", "reserved"), False))
        constraints = [Check("month BETWEEN 1 AND 12")]


# ---------------------------------------------------------------- machines


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
            _one_of("kind", RunKind),
            _one_of("state", RunState),
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
        constraints = [_one_of("state", RunState)]


class Edition(Kept):
    """A printed whole as issued: which figures it froze (`snapshot_sha256`) and the very file (`sha256`)."""

    book = CharField(20)
    fiscal_year = ForeignKeyField(FiscalYear, backref="editions", on_delete="RESTRICT")
    fiscal_year_id: int
    period = ForeignKeyField(Period, null=True, backref="editions", on_delete="RESTRICT")
    period_id: int | None
    subject = CharField(60)
    number = SmallIntegerField()
    state = EnumField(EditionState, max_length=14, default=EditionState.DRAFT)
    unit = ForeignKeyField(Unit, backref="editions", on_delete="RESTRICT")
    unit_id: int
    run = ForeignKeyField(Run, null=True, backref="editions", on_delete="RESTRICT")
    run_id: int | None
    cut_at = DateTimeField()
    made_at = DateTimeField()
    snapshot_sha256 = CharField(64)
    sha256 = CharField(64)
    pages = IntegerField()
    file_key = CharField(200)
    is_demo = BooleanField(default=False)
    unit_path = ("unit",)

    class Meta:
        indexes = ((("book", "subject", "number"), True),)
        constraints = [_one_of("state", EditionState), Check("pages > 0")]

    def __str__(self) -> str:
        return f"{self.book} {self.subject} #{self.number}"


class Notice(Table):
    """Something a person should hear of."""

    person = ForeignKeyField(Person, backref="notices", on_delete="CASCADE")
    person_id: int
    at = DateTimeField(index=True)
    text = TextField()
    link = CharField(300, default="")
    read_at = DateTimeField(null=True)
    sent_at = DateTimeField(null=True)
    unit_path = ("person", "unit")


class ImportBatch(Table):
    """One file taken in: what was read and what came of it; a batch can be undone."""

    source = CharField(40)
    file_name = CharField(300)
    file_sha256 = CharField(64)
    file_key = CharField(200, default="")
    state = CharField(12, default="staged")
    lines_read = IntegerField(default=0)
    lines_taken = IntegerField(default=0)
    lines_refused = IntegerField(default=0)
    report = ThaiJSONField(default=dict)
    person = ForeignKeyField(Person, backref="imports", on_delete="RESTRICT")
    person_id: int
    unit = ForeignKeyField(Unit, backref="imports", on_delete="RESTRICT")
    unit_id: int
    at = DateTimeField()
    undone_at = DateTimeField(null=True)
    unit_path = ("unit",)

    class Meta:
        constraints = [_one_of("state", ("staged", "taken", "refused", "undone"))]  # type: ignore[arg-type]


class ExportRun(Table):
    """One hand-off of figures to an outside system, with its receipt."""

    target = CharField(40)
    subject = CharField(60)
    state = CharField(12, default="made")
    file_key = CharField(200, default="")
    sha256 = CharField(64, default="")
    receipt = TextField(default="")
    person = ForeignKeyField(Person, backref="exports", on_delete="RESTRICT")
    person_id: int
    unit = ForeignKeyField(Unit, backref="exports", on_delete="RESTRICT")
    unit_id: int
    at = DateTimeField()
    unit_path = ("unit",)

    class Meta:
        constraints = [_one_of("state", ("made", "sent", "received", "refused"))]  # type: ignore[arg-type]


class StoreFact(Table):
    """A fact about this store itself: whether its year is a demonstration, which reference data it holds."""

    key = CharField(60, unique=True)
    value = TextField()


# ---------------------------------------------------------------- memory


class AuditEntry(Table):
    """Who did what to which record. Each entry's `hash` covers the entry before, so a gap or a change shows."""

    at = DateTimeField(index=True)
    person = ForeignKeyField(Person, null=True, backref="entries", on_delete="RESTRICT")
    person_id: int | None
    verb = CharField(40)
    table_name = CharField(40)
    row_id = IntegerField(null=True)
    unit = ForeignKeyField(Unit, null=True, backref="entries", on_delete="RESTRICT")
    unit_id: int | None
    rows = IntegerField(default=1)
    note = TextField(default="")
    previous = CharField(64)
    hash = CharField(64, unique=True)
    unit_path = ("unit",)

    class Meta:
        indexes = ((("table_name", "row_id"), False), (("unit", "at"), False))


class Revision(Table):
    """A record before and after one change. `before` is null for a new record, `after` for a removed one."""

    entry = ForeignKeyField(AuditEntry, backref="revisions", on_delete="RESTRICT")
    entry_id: int
    table_name = CharField(40)
    row_id = IntegerField()
    before = ThaiJSONField(null=True)
    after = ThaiJSONField(null=True)
    unit = ForeignKeyField(Unit, null=True, backref="revisions", on_delete="RESTRICT")
    unit_id: int | None
    unit_path = ("unit",)

    class Meta:
        indexes = ((("table_name", "row_id"), False),)


ALL: tuple[type[Table], ...] = (
    Region, Province, Unit, Person, SignIn, PasswordLink,
    FiscalYear, MeasureUnit, Plan, Project, Activity, Indicator, Target, MonthPlan,
    Holiday, Period, Deadline, Form, FormVersion, FormAssignment,
    Obligation, Submission, Answer, Attachment, Comment,
    CooperativeType, Cooperative, CooperativeYear, VisitActivity, VisitPlan, VisitPlanLine, Visit,
    BudgetCategory, DisbursementTarget, BudgetLine, Disbursement,
    Run, RunStep, Edition, Notice, ImportBatch, ExportRun, StoreFact,
    AuditEntry, Revision,
)  # fmt: skip
BY_NAME: dict[str, type[Table]] = {table.__name__: table for table in ALL}


def text_of(value: Any) -> Any:
    """Return a column's value as plain JSON: dates as ISO text, Decimals as text, enumerations as their values."""
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, str) else value
