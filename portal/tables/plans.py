"""Plans: the year, units of measure, and the tree from plan to indicator with its targets."""

from __future__ import annotations

from decimal import Decimal

from peewee import BooleanField, CharField, Check, DateField, ForeignKeyField, SmallIntegerField, TextField
from playhouse.fields import EnumField

from portal.rules.progress import Aggregation, Direction, PartsRule, Thresholds
from portal.rules.terms import ProjectKind
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
    """แผนงาน of a fiscal year, with its links of three levels: `strategy` is the national strategy (1), `master_plan` a
    master plan, reform or national plan (2), `action_plan` the department's own plan (3)."""

    fiscal_year = ForeignKeyField(FiscalYear, backref="plans", on_delete="RESTRICT")
    fiscal_year_id: int
    code = CharField(20)
    name = CharField(300)
    name_en = CharField(300, default="")
    strategy = CharField(300, default="")
    master_plan = CharField(300, default="")
    action_plan = CharField(300, default="")
    position = SmallIntegerField(default=0)

    class Meta:
        indexes = ((("fiscal_year", "code"), True),)

    def __str__(self) -> str:
        return self.name


class Project(Kept):
    """ผลผลิต/โครงการ of a plan, owned by one central unit.

    `area` says where it works. Empty links of levels 2 and 3 are those of its plan.
    """

    plan = ForeignKeyField(Plan, backref="projects", on_delete="RESTRICT")
    plan_id: int
    code = CharField(20)
    kind = EnumField(ProjectKind, max_length=10, default=ProjectKind.PROJECT)
    name = CharField(300)
    name_en = CharField(300, default="")
    owner = ForeignKeyField(Unit, backref="projects", on_delete="RESTRICT")
    owner_id: int
    objective = TextField(default="")
    expected_outcome = TextField(default="")
    area = TextField(default="")
    master_plan = CharField(300, default="")
    action_plan = CharField(300, default="")
    starts_on = DateField()
    ends_on = DateField()
    is_priority = BooleanField(default=False)
    position = SmallIntegerField(default=0)
    searched = ("name",)

    class Meta:
        indexes = ((("plan", "code"), True),)
        constraints = [one_of("kind", ProjectKind), Check("ends_on >= starts_on")]

    def __str__(self) -> str:
        return self.name


class Activity(Kept):
    """กิจกรรมหลัก, or กิจกรรมย่อย when it has a parent. Owner and days are the project's where it has none of its own."""

    project = ForeignKeyField(Project, backref="activities", on_delete="RESTRICT")
    project_id: int
    parent = ForeignKeyField("self", backref="children", null=True, on_delete="RESTRICT")
    parent_id: int | None
    code = CharField(20)
    name = CharField(300)
    owner = ForeignKeyField(Unit, null=True, backref="activities", on_delete="RESTRICT")
    owner_id: int | None
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    position = SmallIntegerField(default=0)

    class Meta:
        indexes = ((("project", "code"), True),)
        constraints = [Check("ends_on >= starts_on", name="activity_ends_after_it_starts")]

    def __str__(self) -> str:
        return self.name


class Indicator(Kept):
    """ตัวชี้วัด of an activity, with its own rules over months, over units and over its parts.

    The values of its children become its own by `parts_rule`, each with its `weight`. `green_at` and `amber_at` are
    percent of the target to date; without them the thresholds of the house apply.
    """

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
    parts_rule = EnumField(PartsRule, max_length=10, default=PartsRule.SUM)
    weight = NumberField(default=Decimal(1))
    green_at = NumberField(null=True)
    amber_at = NumberField(null=True)
    is_headline = BooleanField(default=False)
    is_plan_forced = BooleanField(default=False)
    position = SmallIntegerField(default=0)
    searched = ("name",)

    class Meta:
        constraints = [
            one_of("direction", Direction),
            one_of("month_rule", Aggregation),
            one_of("unit_rule", Aggregation),
            one_of("parts_rule", PartsRule),
            Check("weight >= 0"),
            Check("(green_at IS NULL) = (amber_at IS NULL)", name="indicator_both_thresholds"),
            Check("amber_at > 0 AND green_at >= amber_at", name="indicator_green_above_amber"),
        ]

    @property
    def thresholds(self) -> Thresholds | None:
        """Return its own thresholds, None where those of the house apply."""
        if self.green_at is None or self.amber_at is None:
            return None
        return Thresholds(self.green_at, self.amber_at)

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
