"""Plans: the year, units of measure, and the tree from plan to indicator with its targets."""

from __future__ import annotations

from peewee import BooleanField, CharField, Check, DateField, ForeignKeyField, SmallIntegerField, TextField
from playhouse.fields import EnumField

from portal.rules.progress import Aggregation, Direction
from portal.tables.columns import Kept, NumberField, one_of
from portal.tables.places import Unit


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
            one_of("direction", Direction),
            one_of("month_rule", Aggregation),
            one_of("unit_rule", Aggregation),
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
