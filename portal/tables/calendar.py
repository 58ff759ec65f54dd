"""The calendar and the forms: holidays, periods, deadlines, forms with their versions."""

from __future__ import annotations

from peewee import (
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

from portal.rules.deadlines import Roll
from portal.rules.fiscal import ERA
from portal.rules.terms import Certainty, Duty, FormState, PeriodKind
from portal.tables.columns import Kept, ThaiJSONField, one_of
from portal.tables.places import Person, Unit
from portal.tables.plans import FiscalYear, Project


class Holiday(Kept):
    """A public holiday; the first rows come from a maintained library, people may add special ones."""

    day = DateField(unique=True)
    name = CharField(200)

    def __str__(self) -> str:
        return self.name


class Period(Kept):
    """A month, quarter or year that is reported on.

    `data_as_of` is the day its figures stand for. The clock opens it on `opens_on`, and closes it after the day
    `closes_on` where one is set.
    """

    fiscal_year = ForeignKeyField(FiscalYear, backref="periods", on_delete="RESTRICT")
    fiscal_year_id: int
    kind = EnumField(PeriodKind, max_length=10)
    number = SmallIntegerField()
    starts_on = DateField(index=True)
    ends_on = DateField()
    opens_on = DateField()
    closes_on = DateField(null=True)
    data_as_of = DateField(null=True)
    meets_on = DateField(null=True)
    opened_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("fiscal_year", "kind", "number"), True),)
        constraints = [
            one_of("kind", PeriodKind),
            Check("number BETWEEN 1 AND 12"),
            Check("kind <> 'quarter' OR number <= 4", name="period_four_quarters"),
            Check("ends_on >= starts_on"),
            Check("closes_on IS NULL OR closes_on >= opens_on", name="period_opens_before_it_closes"),
        ]

    @property
    def be_month(self) -> str:
        """Return the calendar month of the first day in the Buddhist Era, `2566-05`."""
        return f"{self.starts_on.year + ERA}-{self.starts_on.month:02d}"

    def __str__(self) -> str:
        return f"{self.fiscal_year_id}/{self.kind}/{self.number}" if self.kind != PeriodKind.MONTH else self.be_month


class Deadline(Kept):
    """When a duty is due: day `day`, `months_after` months after the month in which the period ends.

    `certainty` says how sure the day and its rolling are.
    """

    fiscal_year = ForeignKeyField(FiscalYear, backref="deadlines", on_delete="RESTRICT")
    fiscal_year_id: int
    duty = EnumField(Duty, max_length=20)
    kind = EnumField(PeriodKind, max_length=10)
    day = SmallIntegerField()
    months_after = SmallIntegerField(default=0)
    from_number = SmallIntegerField(default=1)
    roll = EnumField(Roll, max_length=10, default=Roll.NONE)
    certainty = EnumField(Certainty, max_length=12, default=Certainty.SOURCED)

    class Meta:
        indexes = ((("fiscal_year", "duty", "kind"), True),)
        constraints = [
            one_of("duty", Duty),
            one_of("kind", PeriodKind),
            one_of("roll", Roll),
            one_of("certainty", Certainty),
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
        constraints = [one_of("kind", PeriodKind)]

    def __str__(self) -> str:
        return self.name


class FormVersion(Kept):
    """The description of a form's questions at one time. A published version never changes.

    `field_map` says how each question of the version before goes on in this one.
    """

    form = ForeignKeyField(Form, backref="versions", on_delete="RESTRICT")
    form_id: int
    number = SmallIntegerField(default=1)
    spec = ThaiJSONField(default=dict)
    state = EnumField(FormState, max_length=12, default=FormState.DRAFT)
    published_at = DateTimeField(null=True)
    published_by = ForeignKeyField(Person, null=True, backref="published_versions", on_delete="RESTRICT")
    published_by_id: int | None
    note = TextField(default="")
    field_map = ThaiJSONField(default=dict)

    class Meta:
        indexes = ((("form", "number"), True),)
        constraints = [
            one_of("state", FormState),
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
