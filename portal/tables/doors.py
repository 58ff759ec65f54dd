"""Doors for machines: tokens of the API, replies kept for the one who asks again, systems that are told of changes."""

from __future__ import annotations

from peewee import (
    BooleanField,
    CharField,
    Check,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)

from portal.tables.columns import Kept, Table, ThaiJSONField
from portal.tables.places import Person


class ApiToken(Kept):
    """A key with which a program acts as a person, at most as widely as it says here; only its hash is kept.

    `begins` are its first characters, to know it by. `system` names the outside system it is for, empty = the
    person's own. `units` and `forms` are codes; an empty list narrows nothing. `per_minute` limits its requests.
    """

    name = CharField(200)
    token_hash = CharField(64, unique=True)
    begins = CharField(12)
    person = ForeignKeyField(Person, backref="tokens", on_delete="RESTRICT")
    person_id: int
    system = CharField(200, default="")
    may_write = BooleanField(default=False)
    may_step = BooleanField(default=False)
    units = ThaiJSONField(default=list)
    forms = ThaiJSONField(default=list)
    per_minute = IntegerField(default=600)
    made_at = DateTimeField()
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)
    revoked_at = DateTimeField(null=True)
    unit_path = ("person", "unit")
    secret = ("token_hash",)

    class Meta:
        constraints = [Check("per_minute BETWEEN 1 AND 100000", name="apitoken_rate")]

    def __str__(self) -> str:
        return self.name


class KeptReply(Table):
    """What a writing request was answered with, so that the same one sent again is not done again."""

    token = ForeignKeyField(ApiToken, backref="replies", on_delete="CASCADE")
    token_id: int
    key = CharField(100)
    request_sha256 = CharField(64)
    at = DateTimeField(index=True)
    status = SmallIntegerField(null=True)  # None: still being done
    headers = ThaiJSONField(default=dict)
    body = TextField(default="")
    secret = ("body",)

    class Meta:
        indexes = ((("token", "key"), True),)


class Webhook(Kept):
    """An outside system that is told when something changed; what changed it reads through the API, with its token.

    `records` narrows it to some kinds (their addresses, with spaces between), empty = all. `told_up_to` is the number
    of the last entry of the trail it was told of. `secret_turn` grows when its secret is made anew; the secret itself
    is worked out of the portal's own. Only an administrator lets it be a private address.
    """

    name = CharField(200)
    url = CharField(500)
    records = CharField(500, default="")
    person = ForeignKeyField(Person, backref="webhooks", on_delete="RESTRICT")
    person_id: int
    may_be_private = BooleanField(default=False)
    is_active = BooleanField(default=True)
    secret_turn = SmallIntegerField(default=1)
    told_up_to = IntegerField(default=0)
    tries = SmallIntegerField(default=0)
    next_try_at = DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(Table):
    """One try to tell an outside system of the changes from entry `after` (without it) to `up_to`."""

    webhook = ForeignKeyField(Webhook, backref="deliveries", on_delete="CASCADE")
    webhook_id: int
    after = IntegerField()
    up_to = IntegerField()
    at = DateTimeField(index=True)
    status = SmallIntegerField(null=True)  # None: it was not reached
    error = TextField(default="")
    body = TextField(default="")
