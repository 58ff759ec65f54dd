"""Many records at once, each asked for the same as one alone, in few statements.

What a rule looks at beside the record itself (its office, its kind …) is read for all of them together; the changes
are written table by table; every record keeps its revision. A refused record is told by its place and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peewee import ForeignKeyField

from models import Kept, Table
from portal import history, scope
from portal.errors import NotFound, PortalError
from portal.records import Work, check_columns, tidied

AT_ONCE = 500
Refuse = Callable[[int, PortalError], None]
Changes = Mapping[int, tuple[int, Mapping[str, Any]]]  # by the record's number: its place, and the values


def add(work: Work, model: type[Table], rows: Sequence[Mapping[str, Any]], *, refuse: Refuse) -> int:
    """Add rows and return how many; each refusal goes to `refuse` with the row's place."""
    made: list[Table] = []
    for place, values in enumerate(rows):
        try:
            row = model(**tidied(model, values))
            check_columns(row)
        except PortalError as refusal:
            refuse(place, refusal)
        else:
            row._place = place
            made.append(row)
    _know_related(made)
    admitted = [row for row in made if _admitted(work, row, None, refuse)]
    for start in range(0, len(admitted), AT_ONCE):
        work.put_in(admitted[start : start + AT_ONCE])
    return len(admitted)


def change(work: Work, model: type[Kept], changes: Changes, *, refuse: Refuse) -> int:
    """Change records by number to (place, values) and return how many were not so already.

    Raises StaleRow when somebody else changes one of them in the same moment.
    """
    done = 0
    idents = sorted(changes)
    for start in range(0, len(idents), AT_ONCE):
        part = idents[start : start + AT_ONCE]
        done += _changed(work, model, {ident: changes[ident] for ident in part}, refuse)
    return done


# ---------------------------------------------------------------- below: how


def _changed(work: Work, model: type[Kept], changes: Changes, refuse: Refuse) -> int:
    query = model.select().where(model.id.in_(list(changes)))
    rows = {row.id: row for row in (query if work.by is None else scope.narrowed(query, work.by))}
    _know_related(list(rows.values()))
    before: dict[int, tuple[dict[str, Any], int | None]] = {}
    touched: list[Kept] = []
    for ident, (place, values) in changes.items():
        row = rows.get(ident)
        try:
            if row is None:
                raise NotFound("This record is no longer there.")
            before[ident] = history.picture(row), scope.unit_of(row)
            row._place = place
            _set(row, tidied(model, values))
        except PortalError as refusal:
            refuse(place, refusal)
        else:
            touched += [row] if row.dirty_fields else []
    _know_related(touched)
    admitted = [row for row in touched if _admitted(work, row, before[row.id][1], refuse)]
    by_columns: dict[tuple[str, ...], list[Kept]] = {}
    for row in admitted:
        by_columns.setdefault(tuple(sorted(f.name for f in row.dirty_fields)), []).append(row)
    for names, same in by_columns.items():
        fields = [model._meta.fields[name] for name in names]
        stored = [(*(f.db_value(row.__data__.get(f.name)) for f in fields), row.id, row.version) for row in same]
        work.write_columns(model, names, stored)
    for row in admitted:
        row.version += 1
        row._dirty.clear()
        after = history.picture(row)
        work.kept.append((model.__name__, row.id, before[row.id][0], after, scope.unit_of(row)))
    return len(admitted)


def _set(row: Table, values: Mapping[str, Any]) -> None:
    row._dirty.clear()
    for name, value in values.items():
        held, new = row.__data__.get(name), value.id if isinstance(value, Table) else value
        if held != new or type(held) is not type(new):
            if str(held) == str(new) and held is not None and new is not None:
                continue  # an enumeration and its value, a Decimal and a whole number
            setattr(row, name, value)


def _admitted(work: Work, row: Any, before_unit: int | None, refuse: Refuse) -> bool:
    is_new = row.id is None
    try:
        if not is_new:
            check_columns(row)
        unit = scope.unit_of(row) if is_new else before_unit
        work.admit(row, before_unit=unit, new=True)  # what was there was read within the scope
    except PortalError as refusal:
        refuse(row._place, refusal)
        return False
    return True


def _know_related(rows: Sequence[Any]) -> None:
    """Read the records that the rows point to, all of a kind together, so that no rule asks for them one by one."""
    if not rows:
        return
    for field in type(rows[0])._meta.sorted_fields:
        if not isinstance(field, ForeignKeyField):
            continue
        wanted = {row.__data__.get(field.name) for row in rows if field.name not in row.__rel__} - {None}
        held: dict[int, Table] = {}
        listed = sorted(wanted)
        for start in range(0, len(listed), AT_ONCE):
            related = field.rel_model
            held |= {r.id: r for r in related.select().where(related.id.in_(listed[start : start + AT_ONCE]))}
        for row in rows:
            found = held.get(row.__data__.get(field.name))
            if found is not None:
                row.__rel__[field.name] = found
