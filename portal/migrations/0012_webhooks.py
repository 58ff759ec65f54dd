"""Outside systems that are told of changes, and each try to tell them."""

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
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

    class Webhook(Model):
        version = IntegerField(default=1)
        name = CharField(max_length=200)
        url = CharField(max_length=500)
        records = CharField(max_length=500, default="")
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        may_be_private = BooleanField(default=False)
        is_active = BooleanField(default=True)
        secret_turn = SmallIntegerField(default=1)
        told_up_to = IntegerField(default=0)
        tries = SmallIntegerField(default=0)
        next_try_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "webhook"

    class WebhookDelivery(Model):
        webhook = ForeignKeyField(Webhook, on_delete="CASCADE")
        after = IntegerField()
        up_to = IntegerField()
        at = DateTimeField(index=True)
        status = SmallIntegerField(null=True)
        error = TextField(default="")
        body = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "webhook_delivery"

    return [Webhook, WebhookDelivery]
