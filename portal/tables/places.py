"""Places and people: regions, provinces, units, persons, and their sign-ins."""

from __future__ import annotations

from peewee import BooleanField, CharField, Check, DateField, DateTimeField, ForeignKeyField, IntegerField
from playhouse.fields import EnumField

from portal.rules.access import Role
from portal.rules.terms import UnitKind
from portal.tables.columns import Kept, Table, one_of


class Region(Kept):
    """An inspection region. R00 is the central one, Bangkok only."""

    code = CharField(8, unique=True)
    name = CharField(200)
    name_en = CharField(200, default="")
    is_active = BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Province(Kept):
    """A province by its DOPA code; `short` is the two-letter mark used on maps."""

    code = CharField(2, unique=True)
    name = CharField(100, unique=True)
    name_en = CharField(100, default="")
    short = CharField(8, default="")
    region = ForeignKeyField(Region, backref="provinces", on_delete="RESTRICT")
    region_id: int
    name_sort = CharField(300, default="", index=True)

    def __str__(self) -> str:
        return self.name


class Unit(Kept):
    """An office or division. The 78 field offices are `provincial`; a closed unit keeps its past."""

    code = CharField(20, unique=True)
    kind = EnumField(UnitKind, max_length=20, index=True)
    name = CharField(300, unique=True)
    short = CharField(100, unique=True)
    name_en = CharField(300, default="")
    duty = CharField(40, default="division")
    province = ForeignKeyField(Province, backref="units", null=True, on_delete="RESTRICT")
    province_id: int | None
    region = ForeignKeyField(Region, backref="units", null=True, on_delete="RESTRICT")
    region_id: int | None
    parent = ForeignKeyField("self", backref="children", null=True, on_delete="RESTRICT")
    parent_id: int | None
    opened_on = DateField(null=True)
    closed_on = DateField(null=True)
    name_sort = CharField(600, default="", index=True)
    unit_path = ("id",)
    searched = ("name", "short")

    class Meta:
        constraints = [
            one_of("kind", UnitKind),
            Check(
                "closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on",
                name="unit_open_before_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.short


class Person(Kept):
    """Somebody who signs in. Never identified by a citizen number.

    `password` is a scrypt hash, empty until set.
    """

    username = CharField(60, unique=True)
    name = CharField(200)
    email = CharField(200, default="")
    role = EnumField(Role, max_length=20, index=True)
    unit = ForeignKeyField(Unit, backref="people", on_delete="RESTRICT")
    unit_id: int
    password = CharField(300, default="")
    language = CharField(2, default="th")
    is_active = BooleanField(default=True)
    failed_count = IntegerField(default=0)
    wait_until = DateTimeField(null=True)
    wants_mail = BooleanField(default=True)
    unit_path = ("unit",)
    searched = ("name", "username")
    secret = ("password",)
    unread: int = 0  # notices not read yet; known of whoever is signed in

    class Meta:
        constraints = [one_of("role", Role), one_of("language", ("th", "en"))]  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name


class SignIn(Table):
    """One signed-in browser. The cookie holds a random token, the row only its hash."""

    token_hash = CharField(64, unique=True)
    person = ForeignKeyField(Person, backref="sign_ins", on_delete="CASCADE")
    person_id: int
    started_at = DateTimeField()
    seen_at = DateTimeField()
    ended_at = DateTimeField(null=True)
    agent = CharField(200, default="")
    unit_path = ("person", "unit")
    secret = ("token_hash",)


class PasswordLink(Table):
    """A one-time link to set a first or forgotten password; only its hash is kept."""

    token_hash = CharField(64, unique=True)
    person = ForeignKeyField(Person, backref="links", on_delete="CASCADE")
    person_id: int
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)
    unit_path = ("person", "unit")
    secret = ("token_hash",)
