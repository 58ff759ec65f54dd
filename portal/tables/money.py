"""Money: grants, what became of them, and the cabinet's targets."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
)
from playhouse.fields import EnumField

from portal.rules.terms import Certainty, MapKind, MoneySide, Nature, TargetKind
from portal.tables.columns import Kept, NumberField, Table, one_of
from portal.tables.machines import ImportBatch
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
    """One unit's grant for one project and category, in satang. `code` is the 20-digit budget code, text.

    `name` is what the finance files call the code: the item that is bought, where it is an investment. An Act of 0 is
    one that no file has told.
    """

    fiscal_year = ForeignKeyField(FiscalYear, backref="budget_lines", on_delete="RESTRICT")
    fiscal_year_id: int
    code = CharField(20)
    name = CharField(300, default="")
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
        indexes = ((("line", "month"), True), (("month", "data_as_of", "line"), False))
        constraints = [Check("month BETWEEN 1 AND 12")]


class MoneySum(Table):
    """The year's money added up from four sides, by nature and month. Kept by the store's own triggers.

    `side` says by what: unit, project, category, or both unit and project; the others are 0, as is a project that is
    none. Month 0 holds what was granted, months 1 to 12 what was disbursed, ordered and reserved in them. Satang.
    Written by nobody: a page over 50,000 lines of twelve months would else add up 600,000 rows whenever it is opened.
    """

    side = EnumField(MoneySide, max_length=12)
    fiscal_year = IntegerField()
    unit = IntegerField()
    project = IntegerField()
    category = IntegerField()
    nature = CharField(12)
    month = SmallIntegerField()
    act = BigIntegerField(default=0)
    after_transfers = BigIntegerField(default=0)
    received = BigIntegerField(default=0)
    disbursed = BigIntegerField(default=0)
    ordered = BigIntegerField(default=0)
    reserved = BigIntegerField(default=0)

    class Meta:
        indexes = ((("fiscal_year", "side", "unit", "project", "category", "nature", "month"), True),)


class CodeMap(Kept):
    """What a word or number of a finance file means here, kept for the next file. `year` 0 = in every fiscal year.

    One of `unit`, `project`, `category` and `meant` says it, by `kind`: `meant` is a nature, or the 20-digit budget
    code that a name stands for. A project map without a project says that this money belongs to none.
    """

    kind = EnumField(MapKind, max_length=10)
    year = SmallIntegerField(default=0)
    value = CharField(300)
    unit = ForeignKeyField(Unit, null=True, backref="code_maps", on_delete="RESTRICT")
    unit_id: int | None
    project = ForeignKeyField(Project, null=True, backref="code_maps", on_delete="RESTRICT")
    project_id: int | None
    category = ForeignKeyField(BudgetCategory, null=True, backref="code_maps", on_delete="RESTRICT")
    category_id: int | None
    meant = CharField(20, default="")

    class Meta:
        indexes = ((("kind", "year", "value"), True),)
        constraints = [
            one_of("kind", MapKind),
            Check("kind <> 'unit' OR unit_id IS NOT NULL", name="codemap_unit"),
            Check("kind <> 'category' OR category_id IS NOT NULL", name="codemap_category"),
            Check("kind <> 'nature' OR meant IN ('recurrent', 'investment')", name="codemap_nature"),
            Check("kind <> 'code' OR length(meant) = 20", name="codemap_code"),
        ]

    def __str__(self) -> str:
        return self.value


class ImportLine(Table):
    """One line of a finance file as it was read, waiting to be taken in. Satang; empty where the file says nothing.

    `row` is its place in the file. What the file writes stands in `code`, `said_unit`, `said_project`,
    `said_category` and `said_nature`; what it means here in `line_code`, `unit`, `project`, `category` and `nature`.
    `lacks` names the kinds of code that nobody has told yet; a line that lacks none `is_matched`.
    """

    batch = ForeignKeyField(ImportBatch, backref="lines", on_delete="CASCADE")
    batch_id: int
    sheet = CharField(100, default="")
    row = IntegerField()
    month = SmallIntegerField(null=True)
    code = CharField(20, default="")
    name = CharField(300, default="")
    said_unit = CharField(300, default="")
    said_project = CharField(300, default="")
    said_category = CharField(300, default="")
    said_nature = CharField(300, default="")
    act = BigIntegerField(null=True)
    after_transfers = BigIntegerField(null=True)
    received = BigIntegerField(null=True)
    disbursed = BigIntegerField(null=True)
    ordered = BigIntegerField(null=True)
    reserved = BigIntegerField(null=True)
    line_code = CharField(20, default="")
    unit = ForeignKeyField(Unit, null=True, backref="import_lines", on_delete="RESTRICT")
    unit_id: int | None
    project = ForeignKeyField(Project, null=True, backref="import_lines", on_delete="RESTRICT")
    project_id: int | None
    category = ForeignKeyField(BudgetCategory, null=True, backref="import_lines", on_delete="RESTRICT")
    category_id: int | None
    nature = CharField(12, default="")
    lacks = CharField(60, default="")
    is_matched = BooleanField(default=False)
    unit_path = ("batch", "unit")

    class Meta:
        indexes = ((("batch", "is_matched"), False),)
