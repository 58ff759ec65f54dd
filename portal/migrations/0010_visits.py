"""Visits from plan to story: agreed actions that are followed, several kinds of work a visit, who checked, and when
a plan was changed; the auditor's remarks on an institution."""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    SmallIntegerField,
    TextField,
)

from portal.schema import alter

AGREED = {"action_state": "CASE WHEN agreed_action <> '' THEN 'open' END"}


def up(migrator, db):
    changed, new = _tables(db, after=True)
    for model in changed:
        alter(db, model, AGREED if model._meta.table_name == "visit" else None)
    db.create_tables(new)


def down(migrator, db):
    db.drop_tables(list(reversed(_tables(db, after=True)[1])))
    if db.__class__.__name__.startswith("Sqlite"):
        names = ()  # there the table is built anew, without them
    else:
        names = ("visit_sent_once", "visit_action_open")
    for name in names:
        db.execute_sql(f'DROP INDEX IF EXISTS "{name}"')
    for model in _tables(db, after=False)[0]:
        alter(db, model)


def _tables(db, after):
    def stub(name):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = name

        return type(name.title().replace("_", ""), (Model,), {"Meta": Meta})

    CooperativeType, FiscalYear, Person = stub("cooperative_type"), stub("fiscal_year"), stub("person")
    Province, Unit, VisitActivity = stub("province"), stub("unit"), stub("visit_activity")

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
        if after:
            sub_type = CharField(max_length=100, default="")
            stopped_on = DateField(null=True)
            dissolving_on = DateField(null=True)
        name_sort = CharField(max_length=600, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "cooperative"
            indexes = (
                (("unit", "name_sort"), False),
                (("name_sort",), False),
                (("type", "status"), False),
            )
            constraints = [
                Check("kind IN ('cooperative', 'farmer_group', 'occupational_group')"),
                Check("status IN ('operating', 'stopped', 'dissolving', 'dissolved')"),
                Check("length(registration_number) = 13", name="cooperative_number_13"),
                Check("members >= 0"),
                Check("status <> 'dissolved' OR dissolved_on IS NOT NULL", name="cooperative_dissolved_when"),
            ]

    class VisitPlan(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        officer = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="planned")
        class_now = SmallIntegerField(null=True)
        class_wanted = SmallIntegerField(null=True)
        problems = TextField(default="")
        state = CharField(max_length=10, default="draft")
        approved_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="approved")
        approved_at = DateTimeField(null=True)
        if after:
            revision = SmallIntegerField(default=0)
            change_reason = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_plan"
            indexes = ((("cooperative", "fiscal_year"), True), (("unit", "fiscal_year"), False))
            constraints = [
                Check("state IN ('draft', 'approved')"),
                Check("state = 'draft' OR approved_at IS NOT NULL", name="visitplan_approved_when"),
                *([Check("revision = 0 OR change_reason <> ''", name="visitplan_changed_why")] if after else []),
            ]

    class Visit(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        visited_on = DateField()
        activity = ForeignKeyField(VisitActivity, on_delete="RESTRICT")
        officer = ForeignKeyField(Person, on_delete="RESTRICT", backref="visited")
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
        if after:
            recorded_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", index=False, backref="recorded")
            checked_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", index=False, backref="checked")
            checked_at = DateTimeField(null=True)
            note = TextField(default="")
            met = CharField(max_length=300, default="")
            next_visit_on = DateField(null=True)
            against_month = SmallIntegerField(null=True)
            is_late = BooleanField(default=False)
            action_state = CharField(max_length=10, null=True)
            action_result = TextField(default="")
            action_settled_on = DateField(null=True)
            settled_in = ForeignKeyField("self", null=True, on_delete="RESTRICT", index=False)
            sent_key = CharField(max_length=40, null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit"
            indexes = (
                (("unit", "visited_on", "id"), False),
                (("visited_on", "id"), False),
                (("is_unplanned", "visited_on", "id"), False),
                (("cooperative", "visited_on"), False),
                (("state", "visited_on"), False),
            )
            constraints = [
                Check("place IN ('on_site', 'online')"),
                Check("state IN ('recorded', 'verified', 'returned')"),
                Check("people_met >= 0"),
                Check("NOT is_unplanned OR unplanned_reason <> ''", name="visit_unplanned_why"),
                *(
                    [
                        Check("action_state IN ('open', 'done', 'dropped')"),
                        Check("action_state IS NULL OR agreed_action <> ''", name="visit_action_of_something"),
                        Check(
                            "action_state IS NULL OR action_state = 'open' OR action_settled_on IS NOT NULL",
                            name="visit_action_settled_when",
                        ),
                        Check("against_month IS NULL OR against_month BETWEEN 1 AND 12", name="visit_against_month"),
                    ]
                    if after
                    else []
                ),
            ]

    if after:
        Visit.add_index(
            Visit.index(Visit.sent_key, unique=True, where=Visit.sent_key.is_null(False), name="visit_sent_once")
        )
        Visit.add_index(
            Visit.index(Visit.unit, Visit.action_due_on, where=Visit.action_state == "open", name="visit_action_open")
        )

    class AuditorRemark(Model):
        version = IntegerField(default=1)
        cooperative = ForeignKeyField(Cooperative, on_delete="RESTRICT")
        found_on = DateField()
        kind = CharField(max_length=12, default="observation")
        text = TextField()
        amount = BigIntegerField(null=True)
        state = CharField(max_length=10, default="open")
        settled_on = DateField(null=True)
        result = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "auditor_remark"
            indexes = ((("cooperative", "found_on"), False), (("found_on", "id"), False))
            constraints = [
                Check("kind IN ('observation', 'defect')"),
                Check("state IN ('open', 'mending', 'settled')"),
                Check("state <> 'settled' OR settled_on IS NOT NULL", name="auditorremark_settled_when"),
            ]

    class VisitWork(Model):
        visit = ForeignKeyField(Visit, on_delete="CASCADE")
        activity = ForeignKeyField(VisitActivity, on_delete="RESTRICT", index=False)
        against_month = SmallIntegerField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_work"
            indexes = ((("visit", "activity"), True),)
            constraints = [
                Check("against_month IS NULL OR against_month BETWEEN 1 AND 12", name="visitwork_against_month")
            ]

    class VisitOfficer(Model):
        visit = ForeignKeyField(Visit, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="RESTRICT")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "visit_officer"
            indexes = ((("visit", "person"), True),)

    return [Cooperative, VisitPlan, Visit], [AuditorRemark, VisitWork, VisitOfficer]
