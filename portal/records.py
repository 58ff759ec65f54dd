"""The one way to write. Screens, the API, imports and jobs all change records through `changing`.

One transaction holds the scope check, the rule check, the change, the revisions (before and after, child rows
included) and the audit entry: all are kept or none. No door calls save(), insert or delete on a table itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from peewee import DataError, IntegrityError

from models import AuditEntry, Kept, Person, Revision, Table, db, text_of
from portal import audit, clock, database, history, scope
from portal.checks import CHECKS
from portal.errors import NotAllowed, NotFound, RuleBroken, StaleRow, StoreRefused
from portal.rules import access, inputs, thai

Row = TypeVar("Row", bound=Table)

# What follows when rows of a table have changed, whichever door they came through: a noun enters its function here,
# and it is called with the work once, within the same transaction, before the trail is written.
FOLLOWED_BY: dict[type[Table], Callable[[Work], object]] = {}
STALE = "Somebody else has saved this record meanwhile. Nothing was overwritten: compare both and save again."


class Work:
    """One act of one person: what is created, changed and removed until the transaction ends.

    `as_verb` means that a noun's verb has already asked the rules who may do this (workflow steps, the
    portal's own upkeep), so that the plain table rights do not apply; the scope check always does.
    """

    def __init__(self, by: Person | None, verb: str, note: str, at: dt.datetime, as_verb: bool) -> None:
        self.by, self.verb, self.note, self.at, self.as_verb = by, verb, note, at, as_verb
        self.kept: list[tuple[str, int, dict[str, Any] | None, dict[str, Any] | None, int | None]] = []
        self.bulk: dict[str, int] = {}  # rows added by table whose pictures are not kept

    # -- the three changes

    def create(self, model: type[Row], /, **values: Any) -> Row:
        """Add a row. Text is tidied, sort keys are made, rules are asked."""
        row = model(**tidied(model, values))
        check_columns(row)
        self.admit(row, before_unit=scope.unit_of(row) if model.unit_path != ("id",) else None, new=True)
        with in_words():
            row.save(force_insert=True)
        self.kept.append((model.__name__, row.id, None, history.picture(row), scope.unit_of(row)))
        return row

    def update(self, row: Row, /, *, seen: int | None = None, **values: Any) -> Row:
        """Change a row. `seen` is the version the person looked at; a later one in the store refuses the save.

        Raises StaleRow, with both texts of every field that differs; NotFound when the row is gone.
        """
        model = type(row)
        fresh = model.get_or_none(model.id == row.id)
        if fresh is None:
            raise NotFound("This record is no longer there.")
        changes = tidied(model, values)
        if seen is not None and isinstance(fresh, Kept) and fresh.version != seen:
            mine = {k: text_of(v) for k, v in changes.items() if k in values}
            theirs = {k: text_of(fresh.__data__.get(_column(model, k))) for k in mine}
            raise StaleRow(
                STALE,
                theirs={k: v for k, v in theirs.items() if v != mine[k]},
                mine={k: v for k, v in mine.items() if v != theirs[k]},
            )
        before, before_unit = history.picture(fresh), scope.unit_of(fresh)
        for name, value in changes.items():
            held = fresh.__data__.get(_column(model, name))
            if text_of(held) != text_of(value.id if isinstance(value, Table) else value):
                setattr(fresh, name, value)
        self.admit(fresh, before_unit=before_unit, new=False)
        if isinstance(fresh, Kept) and fresh.dirty_fields:
            seen_version = fresh.version
            fresh.version = seen_version + 1
            fields = {f: fresh.__data__[f.name] for f in fresh.dirty_fields}
            with in_words():
                done = (
                    model.update(fields)
                    .where(model.id == fresh.id, model._meta.fields["version"] == seen_version)
                    .execute()
                )
            if not done:
                raise StaleRow(STALE, theirs={}, mine={k: text_of(v) for k, v in changes.items()})
        elif fresh.dirty_fields:
            with in_words():
                fresh.save()
        after = history.picture(fresh)
        if after != before:
            self.kept.append((model.__name__, fresh.id, before, after, scope.unit_of(fresh)))
        row.__data__.update(fresh.__data__)
        row._dirty.clear()
        return row

    def update_all(self, model: type[Kept], condition: Any, /, **values: Any) -> int:
        """Change the same columns of every row that meets `condition`, and return how many; every picture is kept.

        For a noun's own rules over many rows: columns are checked once, each row's version grows.
        """
        changes = tidied(model, values)
        rows = list(model.select().where(condition))
        if not rows:
            return 0
        fields = {model._meta.fields[_column(model, name)]: value for name, value in changes.items()}
        fields[model._meta.fields["version"]] = model._meta.fields["version"] + 1
        check_columns(model(**{**rows[0].__data__, **changes}))
        before = [history.picture(row) for row in rows]
        with in_words():
            for start in range(0, len(rows), 500):
                part = [row.id for row in rows[start : start + 500]]
                model.update(fields).where(model.id.in_(part)).execute()
        for row, old in zip(rows, before, strict=True):
            new = history.picture(model(**{**row.__data__, **changes, "version": row.version + 1}))
            unit = scope.unit_of(row)
            self.kept.append((model.__name__, row.id, old, new, unit))
        return len(rows)

    def update_many(self, changes: Iterable[tuple[Kept, Mapping[str, Any]]], /) -> int:
        """Change many rows, each in its own columns, and return how many; same checks as `update`, few statements.

        The rows are taken as they were read: if somebody saved one of them meanwhile, the whole act is stale.
        """
        groups: dict[tuple[type[Kept], tuple[str, ...]], list[tuple[Any, ...]]] = {}
        count = 0
        for row, values in changes:
            model = type(row)
            before, before_unit, seen = history.picture(row), scope.unit_of(row), row.version
            wanted = tidied(model, values)
            for name, value in wanted.items():
                setattr(row, name, value)
            check_columns(row)
            self.admit(row, before_unit=before_unit, new=True)  # its unit is checked; it was read within the scope
            names = tuple(sorted(_column(model, name) for name in wanted))
            fields = [model._meta.fields[name] for name in names]
            new = tuple(field.db_value(row.__data__[field.name]) for field in fields)
            groups.setdefault((model, names), []).append((*new, row.id, seen))
            row.version = seen + 1
            row._dirty.clear()
            self.kept.append((model.__name__, row.id, before, history.picture(row), scope.unit_of(row)))
            count += 1
        for (model, names), rows in groups.items():
            self.write_columns(model, names, rows)
        return count

    def write_columns(self, model: type[Kept], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the columns `names` of rows already admitted: the store's own values, the number, the version read.

        Each version grows. Raises StaleRow when one of them is no longer the version that was read.
        """
        mark = "?" if database.is_sqlite() else "%s"
        columns = ", ".join(f'"{model._meta.fields[name].column_name}" = {mark}' for name in names)
        with in_words():
            cursor = database.db.cursor()
            cursor.executemany(
                f'UPDATE "{model._meta.table_name}" SET {columns}, "version" = "version" + 1 '
                f'WHERE "id" = {mark} AND "version" = {mark}',
                rows,
            )
            if cursor.rowcount != len(rows):
                raise StaleRow(STALE, theirs={}, mine={})

    def touch(self, row: Kept, /, *, seen: int | None = None) -> None:
        """Say that something which belongs to `row` has changed: its version grows, so that a second saver notices.

        Raises StaleRow when the version is no longer the one `seen`.
        """
        model = type(row)
        held = seen if seen is not None else row.version
        if not model.update(version=held + 1).where(model.id == row.id, model.version == held).execute():
            raise StaleRow(STALE, theirs={}, mine={})
        row.version = held + 1
        row._dirty.discard("version")

    def touch_any(self, row: Kept, /) -> None:
        """As `touch`, whatever the version is by now: for parts of `row` that have versions of their own.

        On PostgreSQL whoever else touches the row waits until this transaction ends.
        """
        model = type(row)
        asked = model.update(version=model.version + 1).where(model.id == row.id).returning(model.version)
        found = list(asked.tuples().execute())
        if not found:
            raise NotFound("This record is no longer there.")
        row.version = found[0][0]
        row._dirty.discard("version")

    def remove(self, row: Table, /) -> None:
        """Delete a row that nothing else refers to; children that are its own go with it and stay in history."""
        model = type(row)
        fresh = model.get_or_none(model.id == row.id)
        if fresh is None:
            raise NotFound("This record is no longer there.")
        self.admit(fresh, before_unit=scope.unit_of(fresh), new=False, rules=False)
        for child in _owned(fresh):
            self.kept.append((type(child).__name__, child.id, history.picture(child), None, scope.unit_of(child)))
        self.kept.append((model.__name__, fresh.id, history.picture(fresh), None, scope.unit_of(fresh)))
        with in_words():
            fresh.delete_instance(recursive=False)

    def remove_many(self, rows: Sequence[Table], /) -> int:
        """Delete rows of one table that were read within the scope, in few statements, and return how many.

        Every picture is kept. What belongs to them is removed before by the caller; rows that others need are refused.
        """
        for row in rows:
            unit = scope.unit_of(row)
            self.admit(row, before_unit=unit, new=True, rules=False)
            self.kept.append((type(row).__name__, row.id, history.picture(row), None, unit))
        with in_words():
            for start in range(0, len(rows), 500):
                part = rows[start : start + 500]
                model = type(part[0])
                model.delete().where(model.id.in_([row.id for row in part])).execute()
        return len(rows)

    def restore(self, model: type[Row], row_id: int, /) -> Row:
        """Bring a removed record back under its old number, with the children that went with it; rules are asked.

        Raises NotFound when it is not among the removed ones.
        """
        gone = history.removed(model, row_id)
        rows: list[Any] = []
        for table, ident, picture in gone:
            values = history.values_of(table, picture)
            if issubclass(table, Kept):
                values["version"] = int(picture["version"]) + 1
            row = table(id=ident, **values)
            self.admit(row, before_unit=scope.unit_of(row), new=True)
            with in_words():
                row.save(force_insert=True)
            self.kept.append((table.__name__, ident, None, history.picture(row), scope.unit_of(row)))
            rows.append(row)
        if not rows:
            raise NotFound("There is no such record among the removed ones.")
        back: Row = rows[0]
        return back

    def create_many(self, model: type[Table], rows: Iterable[Mapping[str, Any]], *, revisions: bool = True) -> int:
        """Add many rows of one table in few statements, and return how many; same checks as `create`.

        For imports. With `revisions=False` the act stands in the trail, but not each row's first picture: only
        where the batch itself can be read again (a file kept, a generator with its seed).
        """
        count = 0
        batch: list[Table] = []
        size = max(1, min(500, 30_000 // len(model._meta.fields)))

        for values in rows:
            row = model(**tidied(model, values))
            check_columns(row)
            self.admit(row, before_unit=scope.unit_of(row), new=True)
            batch.append(row)
            if len(batch) == size:
                self.put_in(batch, revisions=revisions)
                count, batch = count + len(batch), []
        if batch:
            self.put_in(batch, revisions=revisions)
        if not revisions:
            self._count(model, count + len(batch))
        return count + len(batch)

    def put_in(self, rows: Sequence[Table], *, revisions: bool = True) -> None:
        """Add rows of one table that were already admitted, in one statement, with their numbers and first pictures."""
        model = type(rows[0])
        with in_words():
            # The store itself says which number each row got: others may be adding rows meanwhile.
            asked = model.insert_many([row.__data__ for row in rows]).returning(model.id)
            numbers = sorted(ident for (ident,) in asked.tuples().execute())
        if revisions:
            for row, ident in zip(rows, numbers, strict=True):
                row.id = ident
                self.kept.append((model.__name__, ident, None, history.picture(row), scope.unit_of(row)))

    def insert_rows(self, model: type[Table], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
        """Add rows by the hundred thousand, and return how many: values as the store holds them, by column name.

        Only for the portal itself (`by=None`) and rows that a generator made sound: no rule looks at each row, the
        store's own constraints do. The act stands in the trail with its count; single pictures are not kept.
        """
        if self.by is not None:
            raise NotAllowed("You may look at these records but not change them.")
        # No savepoint: with one open, SQLite notes every page again for each row (3 minutes instead of 7 seconds).
        with in_words(savepoint=False):
            count = database.append(model, columns, rows)
        self._count(model, count)
        return count

    def _count(self, model: type[Table], rows: int) -> None:
        self.bulk[model.__name__] = self.bulk.get(model.__name__, 0) + rows

    def join_last(self, row: Table, *, since: dt.datetime) -> None:
        """Let the change of `row` just made, and the same person's same act right before it, stand as one picture.

        For what a page saves by itself every few seconds. Each save stays in the trail; the picture in between goes,
        so that every picture that is kept was the record at the moment of its entry. Joined is only an act that
        changed this record alone, at or after `since`, and with nobody else's in between.
        """
        if not self.kept or self.by is None:
            return
        name, row_id, _, after, unit = self.kept[-1]
        last = (
            Revision.select(Revision, AuditEntry)
            .join(AuditEntry)
            .where(Revision.table_name == name, Revision.row_id == row_id)
            .order_by(Revision.id.desc())
            .first()
        )
        if (name, row_id) != (type(row).__name__, row.id) or last is None or last.before is None:
            return
        entry = last.entry
        if (entry.person_id, entry.verb, entry.rows) == (self.by.id, self.verb, 1) and entry.at >= since:
            Revision.delete().where(Revision.id == last.id).execute()
            self.kept[-1] = (name, row_id, last.before, after, unit)

    # -- what all of them ask

    def admit(self, row: Table, *, before_unit: int | None, new: bool, rules: bool = True) -> None:
        """Refuse a row that this person may not write, or that breaks a rule; `before_unit` is where it belonged.

        `new` rows were not in the store, or were read within the scope, and their columns were looked at already.
        """
        model = type(row)
        if self.by is not None:
            if not self.as_verb:
                access.check_may_write(self.by.role, model.__name__)
            if model.unit_path and model.unit_path != ("id",):
                access.check_may_touch(self.by.role, self.by.unit_id, {before_unit, scope.unit_of(row)})
            if not new and not scope.may_see(row, self.by):
                raise NotFound("This record is no longer there.")
        if rules:
            if not new:  # a new row's columns were looked at before anything was asked about it
                check_columns(row)
            for check in CHECKS.get(model, ()):
                check(row)


@contextmanager
def changing(
    *,
    by: Person | None,
    verb: str = "edit",
    note: str = "",
    at: dt.datetime | None = None,
    as_verb: bool = False,
) -> Iterator[Work]:
    """Open the one transaction in which `by` changes records; leaving it writes the trail.

    `by=None` is the portal itself (set-up, scheduled upkeep): no scope applies, the trail says so.
    """
    moment = at or clock.now()
    with db.atomic():
        work = Work(by, verb, note, moment, as_verb)
        yield work
        touched = {name for name, *_ in work.kept}
        work.as_verb = True
        for follow in {FOLLOWED_BY[t]: None for t in FOLLOWED_BY if t.__name__ in touched}:
            follow(work)
        for name, count in work.bulk.items():
            audit.record(by, verb, name, None, at=moment, rows=count, note=work.note)
        if work.kept:
            table, row_id, *_, unit = work.kept[-1] if len(work.kept) == 1 else work.kept[0]
            units = {k[4] for k in work.kept}
            entry = audit.record(
                by,
                verb,
                table,
                row_id,
                at=moment,
                unit_id=unit if len(units) == 1 else None,
                rows=len(work.kept),
                note=work.note,
            )
            history.keep(entry, work.kept)


# ---------------------------------------------------------------- below: how


def _column(model: type[Table], name: str) -> str:
    field = model._meta.combined.get(name)
    if field is None:
        raise RuleBroken("There is no field “{name}”.", name=name)
    return str(field.name)


def tidied(model: type[Table], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with text normalised and sort keys filled in; refuse names the table does not have."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        field = model._meta.combined.get(name)
        if field is None or name in ("id", "version"):
            raise RuleBroken("There is no field “{name}”.", name=name)
        if type(value) is str and field.field_type in ("TEXT", "VARCHAR") and field.name not in model.secret:
            value = inputs.parse_text(value, many_lines=field.field_type == "TEXT")
        out[name] = value
    if "name" in out and "name_sort" in model._meta.fields:
        out["name_sort"] = thai.sort_key(out["name"])
    return out


def check_columns(row: Table) -> None:
    """Refuse what a column cannot hold, before the store does: SQLite would take it in silence."""
    for field in type(row)._meta.sorted_fields:
        value = row.__data__.get(field.name)
        if value is None:
            if not field.null and field.default is None and field.name != "id":
                raise RuleBroken("Please fill this in.", field=field.name)
            continue
        if value == "" and not field.null and field.default is None:
            raise RuleBroken("Please fill this in.", field=field.name)
        if isinstance(value, str) and (longest := getattr(field, "max_length", None)) and len(value) > longest:
            raise RuleBroken("This is longer than {longest} characters.", field=field.name, longest=longest)
        if type(value) is int and field.field_type in ("INT", "SMALLINT"):
            bound = 2**15 if field.field_type == "SMALLINT" else 2**31
            if not -bound <= value < bound:
                raise RuleBroken("“{text}” is too large a number.", field=field.name, text=str(value))


def _owned(row: Table) -> Iterator[Table]:
    for field, model in type(row)._meta.backrefs.items():
        if field.on_delete == "CASCADE":
            for child in model.select().where(field == row.id):
                yield from _owned(child)
                yield child


@contextmanager
def in_words(*, savepoint: bool = True) -> Iterator[None]:
    """Turn the store's own refusals into sentences; the savepoint keeps the transaction usable."""
    try:
        with db.savepoint() if savepoint else nullcontext():
            yield
    except IntegrityError as error:
        text = str(error).lower()
        if "unique" in text or "duplicate" in text:
            raise StoreRefused("Another record already has this code, number or combination.") from error
        if "foreign key" in text:
            raise StoreRefused("Other records still need this one; it cannot be removed.") from error
        raise StoreRefused("These values contradict each other, so the record was not saved.") from error
    except DataError as error:
        raise StoreRefused("A value does not fit its field.") from error
