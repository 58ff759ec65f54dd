"""The trail: who did what, and every record before and after."""

from __future__ import annotations

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from portal.tables.columns import Table, ThaiJSONField
from portal.tables.places import Person, Unit


class AuditEntry(Table):
    """Who did what to which record. Each entry's `hash` covers the entry before, so a gap or a change shows."""

    at = DateTimeField(index=True)
    person = ForeignKeyField(Person, null=True, backref="entries", on_delete="RESTRICT")
    person_id: int | None
    verb = CharField(40)
    table_name = CharField(40)
    row_id = IntegerField(null=True)
    unit = ForeignKeyField(Unit, null=True, backref="entries", on_delete="RESTRICT")
    unit_id: int | None
    rows = IntegerField(default=1)
    note = TextField(default="")
    previous = CharField(64)
    hash = CharField(64, unique=True)
    unit_path = ("unit",)

    class Meta:
        indexes = ((("table_name", "row_id"), False), (("unit", "at"), False))


class Revision(Table):
    """A record before and after one change. `before` is null for a new record, `after` for a removed one."""

    entry = ForeignKeyField(AuditEntry, backref="revisions", on_delete="RESTRICT")
    entry_id: int
    table_name = CharField(40)
    row_id = IntegerField()
    before = ThaiJSONField(null=True)
    after = ThaiJSONField(null=True)
    unit = ForeignKeyField(Unit, null=True, backref="revisions", on_delete="RESTRICT")
    unit_id: int | None
    unit_path = ("unit",)

    class Meta:
        indexes = ((("table_name", "row_id"), False),)
