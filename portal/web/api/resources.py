"""Which record types programs reach: those that have a screen, read from the screens' own declarations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from flask import Flask, current_app
from peewee import Field, ForeignKeyField

from admin_views import columns
from admin_views.base import Button, Screen
from models import Kept, Person, Table, address_of
from portal.errors import NotAllowed, NotFound
from portal.rules import access


@dataclass(frozen=True, eq=False)
class Resource:
    """One record type as programs see it; what may be done with it is what its screen allows."""

    name: str
    screen: Screen

    @property
    def table(self) -> type[Table]:
        """Return the table."""
        return self.screen.table

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Return the readable columns by the name of their property, in the table's order."""
        left_out = {*self.table.secret, *self.screen.not_shown, "name_sort"}
        return {f.column_name: f for f in self.table._meta.sorted_fields if f.name not in left_out}

    @cached_property
    def typed(self) -> dict[str, Field]:
        """Return the columns a program may write, by the name of their property."""
        names = [str(name) for name in self.screen.form_columns or ()]
        return {f.column_name: f for f in (self.table._meta.fields[name] for name in names)}

    @cached_property
    def sorts(self) -> tuple[str, ...]:
        """Return the properties the list may be sorted by: of a large table, those an index begins with."""
        held = set(self.fields) if self.screen.small else columns.indexed(self.table)
        return tuple(name for name, field in self.fields.items() if field.name in held or self.order(name) is not field)

    def order(self, name: str) -> Field:
        """Return the column that a list sorted by `name` goes by: of Thai names, the one made to sort by."""
        made = self.table._meta.fields.get(f"{name}_sort")
        return self.fields[name] if made is None else made

    @cached_property
    def related(self) -> dict[str, ForeignKeyField]:
        """Return the columns that lead to other records, by their own name (`unit` for `unit_id`)."""
        return {f.name: f for f in self.fields.values() if isinstance(f, ForeignKeyField)}

    @cached_property
    def key(self) -> tuple[Field, ...]:
        """Return the columns by which one record is told from all others without its number; empty if none are."""
        single = [f for f in self.table._meta.sorted_fields if f.unique and f.name not in self.table.secret]
        if single:
            return (single[0],)
        for index in self.table._meta.indexes:
            if isinstance(index, tuple) and index[1]:
                return tuple(self.table._meta.fields[name] for name in index[0])
        return ()

    @property
    def steps(self) -> dict[str, Button]:
        """Return the steps of its workflow by name; removing is a method of its own."""
        return {name: step for name, step in self.screen.steps.items() if name != "delete"}

    @property
    def has_verbs(self) -> bool:
        """Return whether its records are written by verbs of their own, one at a time."""
        return type(self.screen).put_in is not Screen.put_in or type(self.screen).put_over is not Screen.put_over

    @property
    def has_version(self) -> bool:
        """Return whether its records carry a version."""
        return issubclass(self.table, Kept)

    def is_open_to(self, person: Person) -> bool:
        """Return whether a person may read it at all."""
        return person.role in self.screen.open_to

    def may_add(self, person: Person) -> bool:
        """Return whether a person may add records."""
        return self.screen.adds and access.may_write(person.role, self.table.__name__)

    def may_change(self, person: Person) -> bool:
        """Return whether a person may change records."""
        return self.screen.changes and access.may_write(person.role, self.table.__name__)

    def may_remove(self, person: Person) -> bool:
        """Return whether a person may remove records."""
        return self.screen.removes and access.may_write(person.role, self.table.__name__)


def collect(app: Flask, screens: list[Screen]) -> None:
    """Make one resource of each screen of `app`."""
    held = {address_of(screen.table): Resource(address_of(screen.table), screen) for screen in screens}
    app.extensions["portal_resources"] = held


def every() -> dict[str, Resource]:
    """Return all resources by name."""
    return cast(dict[str, Resource], current_app.extensions["portal_resources"])


def of_table(table: type[Table]) -> Resource | None:
    """Return the resource of a table; None for a table that has no screen."""
    return every().get(address_of(table))


def open_one(name: str, person: Person) -> Resource:
    """Return a resource that `person` may read. Raises NotFound, or NotAllowed when it is other roles'."""
    found = every().get(name)
    if found is None:
        raise NotFound("There are no records of this kind.")
    if not found.is_open_to(person):
        raise NotAllowed("These records belong to other roles.")
    return found
