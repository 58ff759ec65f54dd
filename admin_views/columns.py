"""The columns of one list: what is read for them, how it is shown, what it may be sorted by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from peewee import Field, ForeignKeyField

from admin_views import cells
from admin_views.labels import LABELS, plain_label
from admin_views.paths import field_at
from models import Period, Person, Table, Unit
from portal.web.language import gettext
from portal.web.words import plain

# Column names that read badly when they are made from the field's name alone.
NAMES = {
    "unit": "Unit", "owner": "Owner unit", "unit.short": "Unit", "row_id": "Record number", "table_name": "Table",
    "type": "Kind of cooperative", "kind": "Kind", "short": "Short name", "agent": "Browser", "at": "When",
    "act": "Budget Act", "name_en": "English name", "form_version": "Form", "number": "Number", "lines": "Lines",
    "person": "Person", "hash": "Chain mark", "is_active": "In use",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column. `reads` are the paths selected for it; `show` and `export` take their values in that order;
    no `export` = the value as it stands."""

    path: str
    reads: tuple[str, ...]
    show: Callable[..., str]
    export: Callable[..., Any] | None
    cls: str
    field: Field

    @property
    def name(self) -> str:
        """Return the heading in the reader's language."""
        return name_of(self.path)


def name_of(path: str) -> str:
    """Return the heading of a column in the reader's language."""
    if path in NAMES:
        return gettext(NAMES[path])
    return gettext(plain(path.replace(".", "_")) if path.count(".") == 0 else _related(path))


def _related(path: str) -> str:
    # `cooperative.district` is headed by its own last word; `fiscal_year.year` by what it is of.
    before, _, last = path.rpartition(".")
    return plain(before.rpartition(".")[2]) if last in ("name", "short", "year", "code") else plain(last)


def column(model: type[Table], path: str, *, says: Callable[[str], str] | None = None) -> Column:
    """Return the column for `path`; a path that ends at a related row shows how that row is named.

    `says` turns the code names a column holds (a verb, a table) into words.
    """
    field = field_at(model, path)
    if says is not None:
        return Column(path, (path,), lambda value: cells.said(value, says), lambda value: says(str(value)), "", field)
    if isinstance(field, ForeignKeyField):
        label = LABELS[field.rel_model]
        reads = tuple(f"{path}.{read}" for read in label.reads)
        named = _naming(label.says)
        export = None if label.says is plain_label and len(reads) == 1 else named
        cls = "nb" if field.rel_model in (Person, Unit, Period) else ""
        return Column(path, reads, lambda *values: str(escape(named(*values))), export, cls, field)
    show, cls = cells.shower(field)
    return Column(path, (path,), show, cells.exported(field), cls, field)


def _naming(says: Callable[..., str]) -> Callable[..., str]:
    def named(*values: Any) -> str:
        return "" if all(value is None for value in values) else says(*values)

    return named


def indexed(model: type[Table]) -> frozenset[str]:
    """Return the names of the columns an index begins with: what a large table may be sorted by."""
    names = {"id"}
    names |= {f.name for f in model._meta.sorted_fields if f.unique or (f.index and not isinstance(f, ForeignKeyField))}
    for columns, _unique in _indexes(model):
        names.add(columns[0])
    return frozenset(names)


def _indexes(model: type[Table]) -> list[tuple[Sequence[str], bool]]:
    return [index for index in model._meta.indexes if isinstance(index, tuple)]


def sortable(model: type[Table], paths: Sequence[str], *, small: bool) -> dict[str, str]:
    """Return what each sortable column is sorted by: indexed columns only, unless the table is `small`."""
    held = indexed(model)
    out: dict[str, str] = {}
    for path in paths:
        field = field_at(model, path)
        by = path
        if isinstance(field, ForeignKeyField):
            if not small:
                continue
            by = f"{path}.{LABELS[field.rel_model].order[0]}"
        elif field.name == "name" and "name_sort" in field.model._meta.fields:
            by = f"{path.rpartition('.')[0]}.name_sort".lstrip(".")
        if small or by in held:
            out[path] = by
    return out
