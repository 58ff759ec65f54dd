"""Money: grants, what became of them, and the cabinet's targets."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, Check, DateField, ForeignKeyField, SmallIntegerField
from playhouse.fields import EnumField

from portal.rules.terms import Certainty, Nature, TargetKind
from portal.tables.columns import Kept, NumberField, one_of
from portal.tables.places import Unit
from portal.tables.plans import FiscalYear, Project


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
            one_of("kind", TargetKind),
            one_of("certainty", Certainty),
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
        constraints = [one_of("nature", Nature), Check("length(code) = 20", name="budgetline_code_20")]

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
