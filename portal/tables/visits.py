"""Cooperatives and the promotion visits to them."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
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

from portal.rules.terms import (
    ActionState,
    Grade,
    InstitutionKind,
    InstitutionStatus,
    Place,
    PlanState,
    RemarkKind,
    RemarkState,
    Sector,
    VisitState,
)
from portal.tables.columns import Kept, Table, one_of
from portal.tables.places import Person, Province, Unit
from portal.tables.plans import FiscalYear


class CooperativeType(Kept):
    """One of the seven kinds of cooperative, or farmer groups; names the division that reviews it."""

    code = CharField(8, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    sector = EnumField(Sector, max_length=20)
    reviewer = ForeignKeyField(Unit, backref="reviewed_types", on_delete="RESTRICT")
    reviewer_id: int

    class Meta:
        constraints = [one_of("sector", Sector)]

    def __str__(self) -> str:
        return self.name


class Cooperative(Kept):
    """An institution: cooperative, farmer group or occupational group, by its 13-digit registration number.

    Capital and business volume are satang. `year_end` is the accounting year end, `MM-DD`. `stopped_on`,
    `dissolving_on` and `dissolved_on` say since when each state of its life holds.
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
    sub_type = CharField(100, default="")
    stopped_on = DateField(null=True)
    dissolving_on = DateField(null=True)
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
            one_of("kind", InstitutionKind),
            one_of("status", InstitutionStatus),
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
            one_of("grade", Grade),
            Check("strength_class IS NULL OR strength_class BETWEEN 1 AND 3", name="cooperativeyear_class"),
        ]


class AuditorRemark(Kept):
    """An observation or a defect that the auditor or the registrar found at an institution, and how it stands.

    `amount` is the damage in satang where there is one.
    """

    cooperative = ForeignKeyField(Cooperative, backref="remarks", on_delete="RESTRICT")
    cooperative_id: int
    found_on = DateField()
    kind = EnumField(RemarkKind, max_length=12, default=RemarkKind.OBSERVATION)
    text = TextField()
    amount = BigIntegerField(null=True)
    state = EnumField(RemarkState, max_length=10, default=RemarkState.OPEN)
    settled_on = DateField(null=True)
    result = TextField(default="")
    unit_path = ("cooperative", "unit")

    class Meta:
        indexes = ((("cooperative", "found_on"), False), (("found_on", "id"), False))
        constraints = [
            one_of("kind", RemarkKind),
            one_of("state", RemarkState),
            Check("state <> 'settled' OR settled_on IS NOT NULL", name="auditorremark_settled_when"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


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
    """What an office plans for one institution in one fiscal year.

    `revision` counts the changes made after it was approved; `change_reason` is why the latest was made.
    """

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
    revision = SmallIntegerField(default=0)
    change_reason = TextField(default="")
    unit_path = ("unit",)

    class Meta:
        indexes = ((("cooperative", "fiscal_year"), True), (("unit", "fiscal_year"), False))
        constraints = [
            one_of("state", PlanState),
            Check("state = 'draft' OR approved_at IS NOT NULL", name="visitplan_approved_when"),
            Check("revision = 0 OR change_reason <> ''", name="visitplan_changed_why"),
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
    """One promotion visit to one institution. Outside the plan it is kept, flagged, with a reason.

    `activity` is the main work done, further ones are `VisitWork`; `against_month` is the fiscal month of the planned
    line it was done against, None outside the plan. `sent_key` is made by the browser that sent it, so that sending
    twice makes one visit. `note` is why it was returned. `is_late`: recorded after its month's visits were sent.
    `action_state` follows what was agreed; None where nothing was.
    """

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
    # What these point to is looked up, never looked from: an index on each would make a million rows dear.
    recorded_by = ForeignKeyField(Person, null=True, backref="visits_recorded", on_delete="RESTRICT", index=False)
    recorded_by_id: int | None
    checked_by = ForeignKeyField(Person, null=True, backref="visits_checked", on_delete="RESTRICT", index=False)
    checked_by_id: int | None
    checked_at = DateTimeField(null=True)
    note = TextField(default="")
    met = CharField(300, default="")
    next_visit_on = DateField(null=True)
    against_month = SmallIntegerField(null=True)
    is_late = BooleanField(default=False)
    action_state = EnumField(ActionState, null=True, max_length=10)
    action_result = TextField(default="")
    action_settled_on = DateField(null=True)
    settled_in = ForeignKeyField("self", null=True, backref="settles", on_delete="RESTRICT", index=False)
    settled_in_id: int | None
    sent_key = CharField(40, null=True)
    unit_path = ("unit",)
    searched = ("subject",)

    class Meta:
        indexes = (
            (("unit", "visited_on", "id"), False),
            (("visited_on", "id"), False),
            (("is_unplanned", "visited_on", "id"), False),
            (("cooperative", "visited_on"), False),
            (("state", "visited_on"), False),
            (("state", "cooperative"), False),
        )
        constraints = [
            one_of("place", Place),
            one_of("state", VisitState),
            Check("people_met >= 0"),
            Check("NOT is_unplanned OR unplanned_reason <> ''", name="visit_unplanned_why"),
            one_of("action_state", ActionState),
            Check("action_state IS NULL OR agreed_action <> ''", name="visit_action_of_something"),
            Check(
                "action_state IS NULL OR action_state = 'open' OR action_settled_on IS NOT NULL",
                name="visit_action_settled_when",
            ),
            Check("against_month IS NULL OR against_month BETWEEN 1 AND 12", name="visit_against_month"),
        ]

    def __str__(self) -> str:
        return self.subject


Visit.add_index(Visit.index(Visit.sent_key, unique=True, where=Visit.sent_key.is_null(False), name="visit_sent_once"))
Visit.add_index(
    Visit.index(Visit.unit, Visit.action_due_on, where=Visit.action_state == ActionState.OPEN, name="visit_action_open")
)


class VisitWork(Table):
    """A further activity done at a visit beside its main one, against a planned line where there is one."""

    visit = ForeignKeyField(Visit, backref="works", on_delete="CASCADE")
    visit_id: int
    activity = ForeignKeyField(VisitActivity, backref="works", on_delete="RESTRICT", index=False)
    activity_id: int
    against_month = SmallIntegerField(null=True)
    unit_path = ("visit", "unit")

    class Meta:
        indexes = ((("visit", "activity"), True),)
        constraints = [Check("against_month IS NULL OR against_month BETWEEN 1 AND 12", name="visitwork_against_month")]


class VisitOfficer(Table):
    """Another officer who went along."""

    visit = ForeignKeyField(Visit, backref="officers", on_delete="CASCADE")
    visit_id: int
    person = ForeignKeyField(Person, backref="visits_along", on_delete="RESTRICT")
    person_id: int
    unit_path = ("visit", "unit")

    class Meta:
        indexes = ((("visit", "person"), True),)
