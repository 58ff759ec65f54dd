"""What is planned beside the tree: each project's budget by category, and the approved versions of a year's plan."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    SmallIntegerField,
    TextField,
)

from portal.tables.columns import Kept, ThaiJSONField
from portal.tables.money import BudgetCategory
from portal.tables.places import Person
from portal.tables.plans import FiscalYear, Project


class ProjectBudget(Kept):
    """What a project may cost in one category by the plan, in satang. What was granted and paid is a BudgetLine."""

    project = ForeignKeyField(Project, backref="budgets", on_delete="RESTRICT")
    project_id: int
    category = ForeignKeyField(BudgetCategory, backref="project_budgets", on_delete="RESTRICT")
    category_id: int
    amount = BigIntegerField()

    class Meta:
        indexes = ((("project", "category"), True),)
        constraints = [Check("amount >= 0")]


class PlanVersion(Kept):
    """The annual plan as it was approved the `number`-th time: it never changes.

    `approver` approved it on `approved_on` by the document named; `recorded_by` wrote that down. `packed` is the whole
    content (`portal.plan_versions`), whose text has the hash `sha256`; `changes` counts what differs from the version
    before.
    """

    fiscal_year = ForeignKeyField(FiscalYear, backref="plan_versions", on_delete="RESTRICT")
    fiscal_year_id: int
    number = SmallIntegerField()
    approved_on = DateField()
    approver = CharField(200)
    document_number = CharField(100)
    note = TextField(default="")
    recorded_by = ForeignKeyField(Person, backref="plan_versions", on_delete="RESTRICT")
    recorded_by_id: int
    recorded_at = DateTimeField()
    sha256 = CharField(64)
    packed = TextField()
    changes = ThaiJSONField(default=dict)
    secret = ("packed",)

    class Meta:
        indexes = ((("fiscal_year", "number"), True),)
        constraints = [Check("number >= 1")]

    def __str__(self) -> str:
        return f"{self.number}"
