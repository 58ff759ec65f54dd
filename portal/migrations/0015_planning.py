"""The plan tree is whole: strategy links of three levels, areas, owners and days of activities, how parts become their
parent, thresholds; a project's budget by category; and the approved versions of a year's plan."""

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

RULES = "('sum', 'last', 'average', 'greatest', 'none')"
# Until now the parts of an indicator were joined by its rule over units; the last of several parts means nothing.
PARTS = "CASE unit_rule WHEN 'last' THEN 'none' ELSE unit_rule END"


def up(migrator, db):
    plan, project, activity, indicator = _tree(db, after=True)
    alter(db, plan)
    alter(db, project)
    alter(db, activity)
    alter(db, indicator, {"parts_rule": PARTS})
    db.create_tables(_new(db))


def down(migrator, db):
    for table in ("plan_version", "project_budget"):
        migrator.migrate(migrator.drop_table(table))
    for model in reversed(_tree(db, after=False)):
        alter(db, model)


def _named(db, name):
    meta = type("Meta", (), {"database": db, "legacy_table_names": False, "table_name": name})
    return type(name, (Model,), {"Meta": meta, "__module__": __name__})


def _tree(db, after):
    FiscalYear, Unit, MeasureUnit = (_named(db, name) for name in ("fiscal_year", "unit", "measure_unit"))

    class Plan(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT", backref="+")
        code = CharField(20)
        name = CharField(300)
        name_en = CharField(300, default="")
        strategy = CharField(300, default="")
        if after:
            master_plan = CharField(300, default="")
            action_plan = CharField(300, default="")
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "plan"
            indexes = ((("fiscal_year", "code"), True),)

    class Project(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(Plan, on_delete="RESTRICT", backref="+")
        code = CharField(20)
        if after:
            kind = CharField(10, default="project")
        name = CharField(300)
        name_en = CharField(300, default="")
        owner = ForeignKeyField(Unit, on_delete="RESTRICT", backref="+")
        objective = TextField(default="")
        expected_outcome = TextField(default="")
        if after:
            area = TextField(default="")
            master_plan = CharField(300, default="")
            action_plan = CharField(300, default="")
        starts_on = DateField()
        ends_on = DateField()
        is_priority = BooleanField(default=False)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "project"
            indexes = ((("plan", "code"), True),)
            constraints = [
                *([Check("kind IN ('output', 'project')")] if after else []),
                Check("ends_on >= starts_on"),
            ]

    class Activity(Model):
        version = IntegerField(default=1)
        project = ForeignKeyField(Project, on_delete="RESTRICT", backref="+")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="+")
        code = CharField(20)
        name = CharField(300)
        if after:
            owner = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref="+")
            starts_on = DateField(null=True)
            ends_on = DateField(null=True)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "activity"
            indexes = ((("project", "code"), True),)
            constraints = [Check("ends_on >= starts_on", name="activity_ends_after_it_starts")] if after else []

    class Indicator(Model):
        version = IntegerField(default=1)
        activity = ForeignKeyField(Activity, on_delete="RESTRICT", backref="+")
        code = CharField(20, unique=True)
        name = CharField(300)
        name_en = CharField(300, default="")
        measure_unit = ForeignKeyField(MeasureUnit, on_delete="RESTRICT", backref="+")
        direction = CharField(10, default="more")
        month_rule = CharField(10, default="sum")
        unit_rule = CharField(10, default="sum")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="+")
        if after:
            parts_rule = CharField(10, default="sum")
            weight = BigIntegerField(default=10_000)
            green_at = BigIntegerField(null=True)
            amber_at = BigIntegerField(null=True)
        is_headline = BooleanField(default=False)
        is_plan_forced = BooleanField(default=False)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "indicator"
            constraints = [
                Check("direction IN ('more', 'less')"),
                Check(f"month_rule IN {RULES}"),
                Check(f"unit_rule IN {RULES}"),
                *(
                    [
                        Check("parts_rule IN ('sum', 'weighted', 'average', 'greatest', 'none')"),
                        Check("weight >= 0"),
                        Check("(green_at IS NULL) = (amber_at IS NULL)", name="indicator_both_thresholds"),
                        Check("amber_at > 0 AND green_at >= amber_at", name="indicator_green_above_amber"),
                    ]
                    if after
                    else []
                ),
            ]

    return [Plan, Project, Activity, Indicator]


def _new(db):
    FiscalYear, Person, Project, BudgetCategory = (
        _named(db, name) for name in ("fiscal_year", "person", "project", "budget_category")
    )

    class ProjectBudget(Model):
        version = IntegerField(default=1)
        project = ForeignKeyField(Project, on_delete="RESTRICT", backref="+")
        category = ForeignKeyField(BudgetCategory, on_delete="RESTRICT", backref="+")
        amount = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "project_budget"
            indexes = ((("project", "category"), True),)
            constraints = [Check("amount >= 0")]

    class PlanVersion(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT", backref="+")
        number = SmallIntegerField()
        approved_on = DateField()
        approver = CharField(200)
        document_number = CharField(100)
        note = TextField(default="")
        recorded_by = ForeignKeyField(Person, on_delete="RESTRICT", backref="+")
        recorded_at = DateTimeField()
        sha256 = CharField(64)
        packed = TextField()
        changes = JSONField(default=dict)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "plan_version"
            indexes = ((("fiscal_year", "number"), True),)
            constraints = [Check("number >= 1")]

    return [ProjectBudget, PlanVersion]
