"""The first schema: every table as it stood at the start, frozen apart from models.py."""

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


def up(migrator, db):
    class FiscalYear(Model):
        version = IntegerField(default=1)
        year = SmallIntegerField(unique=True)
        starts_on = DateField()
        ends_on = DateField()
        note = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "fiscal_year"
            constraints = [
                Check("year BETWEEN 2400 AND 2700"),
                Check("ends_on > starts_on"),
            ]

    db.create_tables([FiscalYear])

    class Plan(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        code = CharField(max_length=20)
        name = CharField(max_length=300)
        name_en = CharField(max_length=300, default="")
        strategy = CharField(max_length=300, default="")
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "plan"
            indexes = ((("fiscal_year", "code"), True),)

    db.create_tables([Plan])

    class Region(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=8)
        name = CharField(max_length=200)
        name_en = CharField(max_length=200, default="")
        is_active = BooleanField(default=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "region"

    db.create_tables([Region])

    class Province(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=2)
        name = CharField(unique=True, max_length=100)
        name_en = CharField(max_length=100, default="")
        short = CharField(max_length=8, default="")
        region = ForeignKeyField(Region, on_delete="RESTRICT")
        name_sort = CharField(index=True, max_length=300, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "province"

    db.create_tables([Province])

    class Unit(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=20)
        kind = CharField(index=True, max_length=20)
        name = CharField(unique=True, max_length=300)
        short = CharField(unique=True, max_length=100)
        name_en = CharField(max_length=300, default="")
        duty = CharField(max_length=40, default="division")
        province = ForeignKeyField(Province, null=True, on_delete="RESTRICT")
        region = ForeignKeyField(Region, null=True, on_delete="RESTRICT")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        opened_on = DateField(null=True)
        closed_on = DateField(null=True)
        name_sort = CharField(index=True, max_length=600, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "unit"
            constraints = [
                Check("kind IN ('central', 'provincial')"),
                Check(
                    "closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on",
                    name="unit_open_before_closed",
                ),
            ]

    db.create_tables([Unit])

    class Project(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(Plan, on_delete="RESTRICT")
        code = CharField(max_length=20)
        name = CharField(max_length=300)
        name_en = CharField(max_length=300, default="")
        owner = ForeignKeyField(Unit, on_delete="RESTRICT")
        objective = TextField(default="")
        expected_outcome = TextField(default="")
        starts_on = DateField()
        ends_on = DateField()
        is_priority = BooleanField(default=False)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "project"
            constraints = [
                Check("ends_on >= starts_on"),
            ]
            indexes = ((("plan", "code"), True),)

    db.create_tables([Project])

    class Activity(Model):
        version = IntegerField(default=1)
        project = ForeignKeyField(Project, on_delete="RESTRICT")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        code = CharField(max_length=20)
        name = CharField(max_length=300)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "activity"
            indexes = ((("project", "code"), True),)

    db.create_tables([Activity])

    class Period(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        kind = CharField(max_length=10)
        number = SmallIntegerField()
        starts_on = DateField(index=True)
        ends_on = DateField()
        opens_on = DateField()
        data_as_of = DateField(null=True)
        meets_on = DateField(null=True)
        opened_at = DateTimeField(null=True)
        closed_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "period"
            constraints = [
                Check("kind IN ('month', 'quarter', 'year')"),
                Check("number BETWEEN 1 AND 12"),
                Check("kind <> 'quarter' OR number <= 4", name="period_four_quarters"),
                Check("ends_on >= starts_on"),
            ]
            indexes = ((("fiscal_year", "kind", "number"), True),)

    db.create_tables([Period])

    class Form(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=40)
        name = CharField(max_length=300)
        name_en = CharField(max_length=300, default="")
        owner = ForeignKeyField(Unit, on_delete="RESTRICT")
        project = ForeignKeyField(Project, null=True, on_delete="RESTRICT")
        kind = CharField(max_length=10, default="month")
        for_all_offices = BooleanField(default=True)
        is_active = BooleanField(default=True)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "form"
            constraints = [
                Check("kind IN ('month', 'quarter', 'year')"),
            ]

    db.create_tables([Form])

    class Obligation(Model):
        version = IntegerField(default=1)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        period = ForeignKeyField(Period, on_delete="RESTRICT")
        subject = CharField(max_length=40)
        form = ForeignKeyField(Form, null=True, on_delete="RESTRICT")
        due_on = DateField(index=True)
        state = CharField(max_length=10, default="open")
        met_at = DateTimeField(null=True)
        waived_reason = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "obligation"
            constraints = [
                Check("state IN ('open', 'met', 'waived')"),
                Check("state <> 'met' OR met_at IS NOT NULL", name="obligation_met_when"),
                Check("state <> 'waived' OR waived_reason <> ''", name="obligation_waived_why"),
                Check("subject = 'visits' OR form_id IS NOT NULL", name="obligation_of_a_form"),
            ]
            indexes = (
                (("unit", "period", "subject"), True),
                (("period", "unit", "state", "due_on", "met_at"), False),
                (("unit", "state", "due_on"), False),
            )

    db.create_tables([Obligation])

    class FormVersion(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(Form, on_delete="RESTRICT")
        number = SmallIntegerField(default=1)
        spec = JSONField(default=dict)
        state = CharField(max_length=12, default="draft")
        published_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "form_version"
            constraints = [
                Check("state IN ('draft', 'published', 'retired')"),
                Check("state = 'draft' OR published_at IS NOT NULL", name="formversion_published_when"),
            ]
            indexes = ((("form", "number"), True),)

    db.create_tables([FormVersion])

    class Person(Model):
        version = IntegerField(default=1)
        username = CharField(unique=True, max_length=60)
        name = CharField(max_length=200)
        email = CharField(max_length=200, default="")
        role = CharField(index=True, max_length=20)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        password = CharField(max_length=300, default="")
        language = CharField(max_length=2, default="th")
        is_active = BooleanField(default=True)
        failed_count = IntegerField(default=0)
        wait_until = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"
            constraints = [
                Check("role IN ('admin', 'planning', 'division', 'reporter', 'approver', 'executive')"),
                Check("language IN ('th', 'en')"),
            ]

    db.create_tables([Person])

    class Submission(Model):
        version = IntegerField(default=1)
        obligation = ForeignKeyField(Obligation, unique=True, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        period = ForeignKeyField(Period, on_delete="RESTRICT")
        form_version = ForeignKeyField(FormVersion, on_delete="RESTRICT")
        state = CharField(max_length=14, default="draft")
        first_submitted_at = DateTimeField(null=True)
        submitted_at = DateTimeField(index=True, null=True)
        submitted_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        verified_at = DateTimeField(null=True)
        verified_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        note = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "submission"
            constraints = [
                Check("state IN ('draft', 'submitted', 'returned', 'verified', 'consolidated')"),
                Check("state = 'draft' OR submitted_at IS NOT NULL", name="submission_sent_when"),
                Check(
                    "state NOT IN ('verified', 'consolidated') OR verified_at IS NOT NULL",
                    name="submission_verified_when",
                ),
                Check(
                    "verified_by_id IS NULL OR verified_by_id <> submitted_by_id",
                    name="submission_two_persons",
                ),
            ]
            indexes = ((("unit", "period", "form_version"), True), (("period", "state", "unit"), False))

    db.create_tables([Submission])

    class MeasureUnit(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=20)
        name = CharField(unique=True, max_length=100)
        name_en = CharField(max_length=100, default="")
        decimals = SmallIntegerField(default=0)
        is_percentage = BooleanField(default=False)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "measure_unit"
            constraints = [
                Check("decimals BETWEEN 0 AND 4"),
            ]

    db.create_tables([MeasureUnit])

    class Indicator(Model):
        version = IntegerField(default=1)
        activity = ForeignKeyField(Activity, on_delete="RESTRICT")
        code = CharField(unique=True, max_length=20)
        name = CharField(max_length=300)
        name_en = CharField(max_length=300, default="")
        measure_unit = ForeignKeyField(MeasureUnit, on_delete="RESTRICT")
        direction = CharField(max_length=10, default="more")
        month_rule = CharField(max_length=10, default="sum")
        unit_rule = CharField(max_length=10, default="sum")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        is_headline = BooleanField(default=False)
        is_plan_forced = BooleanField(default=False)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "indicator"
            constraints = [
                Check("direction IN ('more', 'less')"),
                Check("month_rule IN ('sum', 'last', 'average', 'greatest', 'none')"),
                Check("unit_rule IN ('sum', 'last', 'average', 'greatest', 'none')"),
            ]

    db.create_tables([Indicator])

    class Answer(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, on_delete="CASCADE")
        key = CharField(max_length=60)
        row = SmallIntegerField(default=0)
        indicator = ForeignKeyField(Indicator, null=True, on_delete="RESTRICT")
        mark = CharField(max_length=14, default="value")
        number = BigIntegerField(null=True)
        text = TextField(default="")
        reason = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "answer"
            constraints = [
                Check("mark IN ('value', 'not_applicable')"),
                Check("mark = 'value' OR number IS NULL", name="answer_na_has_no_number"),
            ]
            indexes = ((("submission", "key", "row"), True), (("indicator", "submission", "number"), False))

    db.create_tables([Answer])

    class Attachment(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, null=True, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        name = CharField(max_length=300)
        media_type = CharField(max_length=100)
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        file_key = CharField(unique=True, max_length=200)
        added_by = ForeignKeyField(Person, on_delete="RESTRICT")
        added_at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "attachment"
            constraints = [
                Check("size >= 0"),
            ]

    db.create_tables([Attachment])

    class AuditEntry(Model):
        at = DateTimeField(index=True)
        person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        verb = CharField(max_length=40)
        table_name = CharField(max_length=40)
        row_id = IntegerField(null=True)
        unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
        rows = IntegerField(default=1)
        note = TextField(default="")
        previous = CharField(max_length=64)
        hash = CharField(unique=True, max_length=64)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "audit_entry"
            indexes = ((("table_name", "row_id"), False), (("unit", "at"), False))

    db.create_tables([AuditEntry])

    class BudgetCategory(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=10)
        name = CharField(unique=True, max_length=100)
        name_en = CharField(max_length=100, default="")
        parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        gfmis_code = CharField(max_length=10, default="")
        nature = CharField(max_length=12, default="mixed")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "budget_category"

    db.create_tables([BudgetCategory])

    class BudgetLine(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        code = CharField(max_length=20)
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        project = ForeignKeyField(Project, null=True, on_delete="RESTRICT")
        category = ForeignKeyField(BudgetCategory, on_delete="RESTRICT")
        nature = CharField(max_length=12)
        act = BigIntegerField(default=0)
        after_transfers = BigIntegerField(default=0)
        received = BigIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "budget_line"
            constraints = [
                Check("nature IN ('recurrent', 'investment')"),
                Check("length(code) = 20", name="budgetline_code_20"),
            ]
            indexes = (
                (("fiscal_year", "code", "unit", "category", "nature"), True),
                (("fiscal_year", "project"), False),
            )

    db.create_tables([BudgetLine])

    class Comment(Model):
        version = IntegerField(default=1)
        submission = ForeignKeyField(Submission, on_delete="CASCADE")
        key = CharField(max_length=60, default="")
        text = TextField()
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "comment"

    db.create_tables([Comment])

    class CooperativeType(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=8)
        name = CharField(unique=True, max_length=100)
        name_en = CharField(max_length=100, default="")
        sector = CharField(max_length=20)
        reviewer = ForeignKeyField(Unit, on_delete="RESTRICT")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "cooperative_type"
            constraints = [
                Check("sector IN ('agricultural', 'non_agricultural', 'farmer_group')"),
            ]

    db.create_tables([CooperativeType])

    class Cooperative(Model):
        version = IntegerField(default=1)
        registration_number = CharField(unique=True, max_length=13)
        name = CharField(max_length=300)
        kind = CharField(max_length=20, default="cooperative")
        type = ForeignKeyField(CooperativeType, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        province = ForeignKeyField(Province, on_delete="RESTRICT")
        district = CharField(max_length=100, default="")
        promotion_group = CharField(max_length=100, default="")
        officer = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        status = CharField(max_length=12, default="operating")
        registered_on = DateField(null=True)
        dissolved_on = DateField(null=True)
        year_end = CharField(max_length=5, default="03-31")
        members = IntegerField(default=0)
        capital = BigIntegerField(default=0)
        business_volume = BigIntegerField(default=0)
        name_sort = CharField(max_length=600, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "cooperative"
            constraints = [
                Check("kind IN ('cooperative', 'farmer_group', 'occupational_group')"),
                Check("status IN ('operating', 'stopped', 'dissolving', 'dissolved')"),
                Check("length(registration_number) = 13", name="cooperative_number_13"),
                Check("members >= 0"),
                Check("status <> 'dissolved' OR dissolved_on IS NOT NULL", name="cooperative_dissolved_when"),
            ]
            indexes = ((("unit", "name_sort"), False), (("name_sort",), False), (("type", "status"), False))

    db.create_tables([Cooperative])

    class CooperativeYear(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        strength_class = SmallIntegerField(null=True)
        grade = CharField(max_length=14, default="not_assessed")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "cooperative_year"
            constraints = [
                Check("grade IN ('excellent', 'very_good', 'good', 'below', 'not_assessed')"),
                Check("strength_class IS NULL OR strength_class BETWEEN 1 AND 3", name="cooperativeyear_class"),
            ]
            indexes = ((("cooperative", "fiscal_year"), True), (("fiscal_year", "strength_class"), False))

    db.create_tables([CooperativeYear])

    class Deadline(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        duty = CharField(max_length=20)
        kind = CharField(max_length=10)
        day = SmallIntegerField()
        months_after = SmallIntegerField(default=0)
        from_number = SmallIntegerField(default=1)
        roll = CharField(max_length=10, default="none")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "deadline"
            constraints = [
                Check("duty IN ('report', 'visits', 'check', 'consolidate', 'outcome', 'book')"),
                Check("kind IN ('month', 'quarter', 'year')"),
                Check("roll IN ('none', 'before', 'after')"),
                Check("day BETWEEN 1 AND 31"),
                Check("months_after BETWEEN 0 AND 12"),
            ]
            indexes = ((("fiscal_year", "duty", "kind"), True),)

    db.create_tables([Deadline])

    class Disbursement(Model):
        version = IntegerField(default=1)
        line = ForeignKeyField(BudgetLine, on_delete="RESTRICT")
        month = SmallIntegerField()
        disbursed = BigIntegerField(default=0)
        ordered = BigIntegerField(default=0)
        reserved = BigIntegerField(default=0)
        data_as_of = DateField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "disbursement"
            constraints = [
                Check("month BETWEEN 1 AND 12"),
            ]
            indexes = (
                (("line", "month"), True),
                (("month", "line", "disbursed", "ordered", "reserved"), False),
            )

    db.create_tables([Disbursement])

    class DisbursementTarget(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        quarter = SmallIntegerField()
        kind = CharField(max_length=24)
        percent = BigIntegerField()
        certainty = CharField(max_length=12)
        source = CharField(max_length=300, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "disbursement_target"
            constraints = [
                Check(
                    "kind IN ('disbursed_overall', 'disbursed_recurrent', 'disbursed_investment', "
                    "'spent_overall', 'spent_recurrent', 'spent_investment')"
                ),
                Check("certainty IN ('sourced', 'derived', 'second_hand', 'inferred')"),
                Check("quarter BETWEEN 1 AND 4"),
                Check("percent BETWEEN 0 AND 1000000"),
            ]
            indexes = ((("fiscal_year", "quarter", "kind"), True),)

    db.create_tables([DisbursementTarget])

    class Run(Model):
        kind = CharField(max_length=10)
        subject = CharField(max_length=60)
        state = CharField(max_length=10, default="waiting")
        asked_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        asked_at = DateTimeField(index=True)
        started_at = DateTimeField(null=True)
        ended_at = DateTimeField(null=True)
        lease_until = DateTimeField(null=True)
        attempt = SmallIntegerField(default=0)
        steps_done = SmallIntegerField(default=0)
        steps_total = SmallIntegerField(default=0)
        cancel_asked_at = DateTimeField(null=True)
        error = TextField(default="")
        file_key = CharField(max_length=200, default="")
        file_name = CharField(max_length=200, default="")
        pages = IntegerField(null=True)
        sha256 = CharField(max_length=64, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "run"
            constraints = [
                Check("kind IN ('pack', 'book', 'import', 'export')"),
                Check("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')"),
                Check("state <> 'done' OR ended_at IS NOT NULL", name="run_done_when"),
                Check("state <> 'failed' OR error <> ''", name="run_failed_why"),
            ]
            indexes = ((("state", "asked_at"), False),)

    Run.add_index(
        Run.index(Run.kind, Run.subject, unique=True, where=Run.state.in_(["waiting", "running"]), name="run_open")
    )
    db.create_tables([Run])

    class Edition(Model):
        version = IntegerField(default=1)
        book = CharField(max_length=20)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        period = ForeignKeyField(Period, null=True, on_delete="RESTRICT")
        subject = CharField(max_length=60)
        number = SmallIntegerField()
        state = CharField(max_length=14, default="draft")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        run = ForeignKeyField(Run, null=True, on_delete="RESTRICT")
        cut_at = DateTimeField()
        made_at = DateTimeField()
        snapshot_sha256 = CharField(max_length=64)
        sha256 = CharField(max_length=64)
        pages = IntegerField()
        file_key = CharField(max_length=200)
        is_demo = BooleanField(default=False)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "edition"
            constraints = [
                Check("state IN ('draft', 'for_meeting', 'final', 'superseded')"),
                Check("pages > 0"),
            ]
            indexes = ((("book", "subject", "number"), True),)

    db.create_tables([Edition])

    class ExportRun(Model):
        target = CharField(max_length=40)
        subject = CharField(max_length=60)
        state = CharField(max_length=12, default="made")
        file_key = CharField(max_length=200, default="")
        sha256 = CharField(max_length=64, default="")
        receipt = TextField(default="")
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "export_run"
            constraints = [
                Check("state IN ('made', 'sent', 'received', 'refused')"),
            ]

    db.create_tables([ExportRun])

    class FormAssignment(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(Form, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "form_assignment"
            indexes = ((("form", "unit"), True),)

    db.create_tables([FormAssignment])

    class Holiday(Model):
        version = IntegerField(default=1)
        day = DateField(unique=True)
        name = CharField(max_length=200)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "holiday"

    db.create_tables([Holiday])

    class ImportBatch(Model):
        source = CharField(max_length=40)
        file_name = CharField(max_length=300)
        file_sha256 = CharField(max_length=64)
        file_key = CharField(max_length=200, default="")
        state = CharField(max_length=12, default="staged")
        lines_read = IntegerField(default=0)
        lines_taken = IntegerField(default=0)
        lines_refused = IntegerField(default=0)
        report = JSONField(default=dict)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        at = DateTimeField()
        undone_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "import_batch"
            constraints = [
                Check("state IN ('staged', 'taken', 'refused', 'undone')"),
            ]

    db.create_tables([ImportBatch])

    class Target(Model):
        version = IntegerField(default=1)
        indicator = ForeignKeyField(Indicator, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        value = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "target"
            constraints = [
                Check("value >= 0"),
            ]
            indexes = ((("indicator", "unit"), True),)

    db.create_tables([Target])

    class MonthPlan(Model):
        version = IntegerField(default=1)
        target = ForeignKeyField(Target, on_delete="CASCADE")
        month = SmallIntegerField()
        value = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "month_plan"
            constraints = [
                Check("month BETWEEN 1 AND 12"),
                Check("value >= 0"),
            ]
            indexes = ((("target", "month"), True),)

    db.create_tables([MonthPlan])

    class Notice(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        at = DateTimeField(index=True)
        text = TextField()
        link = CharField(max_length=300, default="")
        read_at = DateTimeField(null=True)
        sent_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "notice"

    db.create_tables([Notice])

    class PasswordLink(Model):
        token_hash = CharField(unique=True, max_length=64)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "password_link"

    db.create_tables([PasswordLink])

    class Revision(Model):
        entry = ForeignKeyField(AuditEntry, on_delete="RESTRICT")
        table_name = CharField(max_length=40)
        row_id = IntegerField()
        before = JSONField(null=True)
        after = JSONField(null=True)
        unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "revision"
            indexes = ((("table_name", "row_id"), False),)

    db.create_tables([Revision])

    class RunStep(Model):
        run = ForeignKeyField(Run, on_delete="CASCADE")
        position = SmallIntegerField()
        title = CharField(max_length=300)
        state = CharField(max_length=10, default="waiting")
        pages = IntegerField(null=True)
        was_cached = BooleanField(default=False)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "run_step"
            constraints = [
                Check("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')"),
            ]
            indexes = ((("run", "position"), True),)

    db.create_tables([RunStep])

    class SignIn(Model):
        token_hash = CharField(unique=True, max_length=64)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        started_at = DateTimeField()
        seen_at = DateTimeField()
        ended_at = DateTimeField(null=True)
        agent = CharField(max_length=200, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "sign_in"

    db.create_tables([SignIn])

    class StoreFact(Model):
        key = CharField(unique=True, max_length=60)
        value = TextField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "store_fact"

    db.create_tables([StoreFact])

    class VisitActivity(Model):
        version = IntegerField(default=1)
        code = CharField(unique=True, max_length=20)
        name = CharField(unique=True, max_length=200)
        name_en = CharField(max_length=200, default="")
        is_active = BooleanField(default=True)
        position = SmallIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_activity"

    db.create_tables([VisitActivity])

    class Visit(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        visited_on = DateField()
        activity = ForeignKeyField(VisitActivity, on_delete="RESTRICT")
        officer = ForeignKeyField(Person, on_delete="RESTRICT")
        place = CharField(max_length=10, default="on_site")
        people_met = IntegerField(default=0)
        subject = CharField(max_length=300)
        findings = TextField(default="")
        advice = TextField(default="")
        agreed_action = TextField(default="")
        action_due_on = DateField(null=True)
        is_unplanned = BooleanField(default=False)
        unplanned_reason = TextField(default="")
        state = CharField(max_length=10, default="recorded")
        recorded_at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit"
            constraints = [
                Check("place IN ('on_site', 'online')"),
                Check("state IN ('recorded', 'verified', 'returned')"),
                Check("people_met >= 0"),
                Check("NOT is_unplanned OR unplanned_reason <> ''", name="visit_unplanned_why"),
            ]
            indexes = (
                (("unit", "visited_on", "id"), False),
                (("visited_on", "id"), False),
                (("is_unplanned", "visited_on", "id"), False),
                (("cooperative", "visited_on"), False),
                (("state", "visited_on"), False),
            )

    db.create_tables([Visit])

    class VisitPlan(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        officer = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        class_now = SmallIntegerField(null=True)
        class_wanted = SmallIntegerField(null=True)
        problems = TextField(default="")
        state = CharField(max_length=10, default="draft")
        approved_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        approved_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_plan"
            constraints = [
                Check("state IN ('draft', 'approved')"),
                Check("state = 'draft' OR approved_at IS NOT NULL", name="visitplan_approved_when"),
            ]
            indexes = ((("cooperative", "fiscal_year"), True), (("unit", "fiscal_year"), False))

    db.create_tables([VisitPlan])

    class VisitPlanLine(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(VisitPlan, on_delete="CASCADE")
        activity = ForeignKeyField(VisitActivity, on_delete="RESTRICT")
        month = SmallIntegerField()
        visits = SmallIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_plan_line"
            constraints = [
                Check("month BETWEEN 1 AND 12"),
                Check("visits BETWEEN 1 AND 60"),
            ]
            indexes = ((("plan", "activity", "month"), True), (("month", "plan", "visits"), False))

    db.create_tables([VisitPlanLine])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("visit_plan_line"))
    migrator.migrate(migrator.drop_table("visit_plan"))
    migrator.migrate(migrator.drop_table("visit"))
    migrator.migrate(migrator.drop_table("visit_activity"))
    migrator.migrate(migrator.drop_table("store_fact"))
    migrator.migrate(migrator.drop_table("sign_in"))
    migrator.migrate(migrator.drop_table("run_step"))
    migrator.migrate(migrator.drop_table("revision"))
    migrator.migrate(migrator.drop_table("password_link"))
    migrator.migrate(migrator.drop_table("notice"))
    migrator.migrate(migrator.drop_table("month_plan"))
    migrator.migrate(migrator.drop_table("target"))
    migrator.migrate(migrator.drop_table("import_batch"))
    migrator.migrate(migrator.drop_table("holiday"))
    migrator.migrate(migrator.drop_table("form_assignment"))
    migrator.migrate(migrator.drop_table("export_run"))
    migrator.migrate(migrator.drop_table("edition"))
    migrator.migrate(migrator.drop_table("run"))
    migrator.migrate(migrator.drop_table("disbursement_target"))
    migrator.migrate(migrator.drop_table("disbursement"))
    migrator.migrate(migrator.drop_table("deadline"))
    migrator.migrate(migrator.drop_table("cooperative_year"))
    migrator.migrate(migrator.drop_table("cooperative"))
    migrator.migrate(migrator.drop_table("cooperative_type"))
    migrator.migrate(migrator.drop_table("comment"))
    migrator.migrate(migrator.drop_table("budget_line"))
    migrator.migrate(migrator.drop_table("budget_category"))
    migrator.migrate(migrator.drop_table("audit_entry"))
    migrator.migrate(migrator.drop_table("attachment"))
    migrator.migrate(migrator.drop_table("answer"))
    migrator.migrate(migrator.drop_table("indicator"))
    migrator.migrate(migrator.drop_table("measure_unit"))
    migrator.migrate(migrator.drop_table("submission"))
    migrator.migrate(migrator.drop_table("person"))
    migrator.migrate(migrator.drop_table("form_version"))
    migrator.migrate(migrator.drop_table("obligation"))
    migrator.migrate(migrator.drop_table("form"))
    migrator.migrate(migrator.drop_table("period"))
    migrator.migrate(migrator.drop_table("activity"))
    migrator.migrate(migrator.drop_table("project"))
    migrator.migrate(migrator.drop_table("unit"))
    migrator.migrate(migrator.drop_table("province"))
    migrator.migrate(migrator.drop_table("region"))
    migrator.migrate(migrator.drop_table("plan"))
    migrator.migrate(migrator.drop_table("fiscal_year"))
