"""The hand-off to other systems: what each target's columns hold, and every dispatch with what became of it."""

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
from playhouse.fields import EnumField

from portal.rules.handoffs import DELIVERED, DispatchState
from portal.tables.calendar import Period
from portal.tables.columns import Kept, Table, ThaiJSONField, one_of
from portal.tables.places import Person, Unit


class HandoffMap(Kept):
    """The mapping for one system as planning changed it; a system without a row goes by the mapping we ship.

    `spec` is `rules.mappings.as_json`. Its `version` and its revisions say which mapping a dispatch went by.
    """

    system = CharField(20, unique=True)
    spec = ThaiJSONField(default=dict)

    def __str__(self) -> str:
        return self.system


class Dispatch(Kept):
    """Figures of one period for one outside system: the files made, who sent them when, and the receipt.

    `number` counts the dispatches of a system and period. `based_on` is the dispatch it was compared with; `differs`
    counts the cells that changed since. `data_key` and `data_sha256` are the whole of the figures, also where the
    files hold only what changed; `files` are name, SHA-256, size and key of each. `broken` counts the cells that
    break a rule of the mapping, `word` is why they go out all the same. `map_version` 0 is the mapping we ship.
    """

    system = CharField(20)
    period = ForeignKeyField(Period, backref="dispatches", on_delete="RESTRICT")
    period_id: int
    number = SmallIntegerField()
    state = EnumField(DispatchState, max_length=14, default=DispatchState.ASKED)
    is_changes_only = BooleanField(default=False)
    is_provisional = BooleanField(default=False)
    based_on = ForeignKeyField("self", null=True, backref="followers", on_delete="RESTRICT")
    based_on_id: int | None
    map_version = IntegerField(default=0)
    rows = IntegerField(default=0)
    differs = IntegerField(default=0)
    broken = IntegerField(default=0)
    word = TextField(default="")
    files = ThaiJSONField(default=list)
    sha256 = CharField(64, default="")
    data_key = CharField(200, default="")
    data_sha256 = CharField(64, default="")
    person = ForeignKeyField(Person, backref="dispatches", on_delete="RESTRICT")
    person_id: int
    unit = ForeignKeyField(Unit, backref="dispatches", on_delete="RESTRICT")
    unit_id: int
    at = DateTimeField(index=True)
    sent_at = DateTimeField(null=True)
    sent_by = ForeignKeyField(Person, null=True, backref="dispatches_sent", on_delete="RESTRICT")
    sent_by_id: int | None
    receipt = CharField(200, default="")
    acknowledged_at = DateTimeField(null=True)
    note = TextField(default="")
    unit_path = ("unit",)

    class Meta:
        indexes = ((("system", "period", "number"), True),)
        constraints = [
            one_of("state", DispatchState),
            Check("state IN ('asked', 'put_aside') OR data_sha256 <> ''", name="dispatch_made_whole"),
            Check(
                f"state NOT IN ({', '.join(repr(str(s)) for s in DELIVERED)}) OR sent_at IS NOT NULL",
                name="dispatch_sent_when",
            ),
            Check("state <> 'acknowledged' OR receipt <> ''", name="dispatch_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.system} #{self.number}"


class KeyedRow(Table):
    """One row of a dispatch that somebody has keyed into the other system. `key` tells it from the others."""

    dispatch = ForeignKeyField(Dispatch, backref="keyed", on_delete="CASCADE")
    dispatch_id: int
    sheet = CharField(40)
    key = CharField(300)
    person = ForeignKeyField(Person, backref="keyed_rows", on_delete="RESTRICT")
    person_id: int
    at = DateTimeField()
    unit_path = ("dispatch", "unit")

    class Meta:
        indexes = ((("dispatch", "sheet", "key"), True),)
