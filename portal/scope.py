"""Whose rows a person sees: one function that every door narrows its query with."""

from __future__ import annotations

from typing import Any

from peewee import ForeignKeyField, ModelSelect

from models import ApiToken, AuditEntry, Cooperative, CooperativeType, Notice, Person, SignIn, Table, Unit, Visit
from portal.rules.access import Role, sees_all_units
from portal.rules.terms import VisitState


def unit_condition(model: type[Table], unit_id: int) -> Any:
    """Return the condition that a row of `model` belongs to the unit, walking `unit_path` by sub-queries.

    Sub-queries on keys, not joins, so that it can be added to any query whatever that has joined already.
    """
    path = model.unit_path
    field = getattr(model, path[0])
    if len(path) == 1:
        return field == unit_id
    assert isinstance(field, ForeignKeyField)
    parent = field.rel_model.alias()
    inner = parent.select(parent.id)
    step = getattr(parent, path[1])
    assert len(path) == 2, "no table is further than two steps from its unit"
    return field.in_(inner.where(step == unit_id))


def narrowed(query: ModelSelect[Any], person: Person) -> ModelSelect[Any]:
    """Return `query` with only the rows this person may see.

    Central roles see every office's rows. An office's people see rows of their own unit, and every row of
    tables that belong to no unit (reference data). Notices, sign-ins and tokens are each person's own, except
    that an administrator sees all sign-ins and tokens. A visit that waits to be checked is seen by its office and by
    the one division that checks this kind of institution, not by another division.
    """
    model: Any = query.model
    if model is Notice or (model in (SignIn, ApiToken) and person.role != "admin"):
        return query.where(model.person == person.id)
    if model is Visit and person.role == Role.DIVISION:
        return query.where((Visit.state != VisitState.RECORDED) | Visit.cooperative.in_(reviewed_by(person.unit_id)))
    if sees_all_units(person.role) or not model.unit_path:
        return query
    if model is Unit:
        # Units are reference data for names; an office's people still list their own office only.
        return query.where(Unit.id == person.unit_id)
    if model is AuditEntry:
        return query.where(AuditEntry.unit == person.unit_id)
    return query.where(unit_condition(model, person.unit_id))


def reviewed_by(unit_id: int) -> Any:
    """Return the ids of the institutions whose visits a division checks: by their kind, wherever they are."""
    kinds = CooperativeType.select(CooperativeType.id).where(CooperativeType.reviewer == unit_id)
    return Cooperative.select(Cooperative.id).where(Cooperative.type.in_(kinds))


def may_see(row: Table, person: Person) -> bool:
    """Return whether `row` is among the rows this person may see."""
    model = type(row)
    return narrowed(model.select(model.id).where(model.id == row.id), person).exists()


def unit_of(row: Table) -> int | None:
    """Return the id of the unit a row belongs to, or None for a row that belongs to none."""
    path = type(row).unit_path
    if not path:
        return None
    if path == ("id",):
        return int(row.id)
    held: Any = row
    for step in path[:-1]:
        held = getattr(held, step)
    value = getattr(held, f"{path[-1]}_id")
    return None if value is None else int(value)
