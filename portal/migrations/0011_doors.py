"""Tokens of the API, and the replies kept for who asks again."""

from peewee import (
    BooleanField,
    CharField,
    Check,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SmallIntegerField,
    TextField,
)


def up(migrator, db):
    db.create_tables(_tables(db))


def down(migrator, db):
    db.drop_tables(list(reversed(_tables(db))))


def _tables(db):
    class Person(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"

    class ApiToken(Model):
        version = IntegerField(default=1)
        name = CharField(max_length=200)
        token_hash = CharField(max_length=64, unique=True)
        begins = CharField(max_length=12)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        system = CharField(max_length=200, default="")
        may_write = BooleanField(default=False)
        may_step = BooleanField(default=False)
        units = JSONField(default=list)
        forms = JSONField(default=list)
        per_minute = IntegerField(default=600)
        made_at = DateTimeField()
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "api_token"
            constraints = [Check("per_minute BETWEEN 1 AND 100000", name="apitoken_rate")]

    class KeptReply(Model):
        token = ForeignKeyField(ApiToken, on_delete="CASCADE")
        key = CharField(max_length=100)
        request_sha256 = CharField(max_length=64)
        at = DateTimeField(index=True)
        status = SmallIntegerField(null=True)
        headers = JSONField(default=dict)
        body = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "kept_reply"
            indexes = ((("token", "key"), True),)

    return [ApiToken, KeptReply]
