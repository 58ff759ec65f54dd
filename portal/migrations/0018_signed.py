"""An approved edition may have a signed copy beside it, with a hash of its own."""

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

STATES = "('draft', 'for_meeting', 'final', 'approved', 'superseded')"


def up(migrator, db):
    alter(db, _edition(db, after=True))


def down(migrator, db):
    alter(db, _edition(db, after=False))


def _edition(db, after):
    def named(name):
        meta = type("Meta", (), {"database": db, "legacy_table_names": False, "table_name": name})
        return type(name, (Model,), {"Meta": meta, "__module__": __name__})

    FiscalYear, Period, Person, Run, Unit = (named(name) for name in ("fiscal_year", "period", "person", "run", "unit"))

    class Edition(Model):
        version = IntegerField(default=1)
        book = CharField(20)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT", backref="+")
        period = ForeignKeyField(Period, null=True, on_delete="RESTRICT", backref="+")
        subject = CharField(60)
        number = SmallIntegerField()
        state = CharField(14, default="draft")
        issued_as = CharField(14, default="draft")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref="+")
        run = ForeignKeyField(Run, null=True, on_delete="RESTRICT", backref="+")
        based_on = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="+")
        superseded_by = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="+")
        cut_at = DateTimeField()
        made_at = DateTimeField()
        snapshot_sha256 = CharField(64)
        snapshot_key = CharField(200, default="")
        made_with = CharField(64, default="")
        sha256 = CharField(64, default="")
        pages = IntegerField(default=0)
        file_key = CharField(200, default="")
        is_demo = BooleanField(default=False)
        reported = SmallIntegerField(default=0)
        owing = SmallIntegerField(default=0)
        missing_plan = BigIntegerField(null=True)
        differs = IntegerField(null=True)
        decided_by = ForeignKeyField(Person, null=True, on_delete="RESTRICT", backref="+")
        decided_at = DateTimeField(null=True)
        signer = CharField(200, default="")
        signer_post = CharField(200, default="")
        document_number = CharField(100, default="")
        document_on = DateField(null=True)
        note = TextField(default="")
        if after:
            signed_key = CharField(200, default="")
            signed_sha256 = CharField(64, default="")
            signed_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "edition"
            indexes = ((("book", "subject", "number"), True),)
            constraints = [
                Check(f"state IN {STATES}"),
                Check(f"issued_as IN {STATES}"),
                Check("(sha256 = '' AND file_key = '') OR (sha256 <> '' AND pages > 0)", name="edition_printed_whole"),
                Check("state <> 'approved' OR (signer <> '' AND document_number <> '')", name="edition_approved_by"),
            ]

    return Edition
