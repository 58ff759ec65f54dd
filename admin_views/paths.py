"""The way from a row to a column of a related row, written `cooperative.type.name`."""

from __future__ import annotations

from typing import Any

from peewee import JOIN, Field, ForeignKeyField, ModelAlias, ModelSelect

from models import Table


def field_at(model: type[Table], path: str) -> Field:
    """Return the field that `path` leads to from `model`. Raises ValueError when there is no such way."""
    held: Any = model
    field: Field | None = None
    for step in path.split("."):
        if field is not None:
            if not isinstance(field, ForeignKeyField):
                raise ValueError(f"{model.__name__}.{path}: {field.name} leads nowhere")
            held = field.rel_model
        field = held._meta.fields.get(step)
        if field is None:
            raise ValueError(f"{model.__name__}.{path}: there is no {step}")
    assert field is not None
    return field


def condition(model: type[Table], path: str, test: Any) -> Any:
    """Return `test(field)` of the field at `path` as a condition on `model`: sub-queries on keys, no joins."""
    step, _, rest = path.partition(".")
    field = getattr(model, step)
    if not rest:
        return test(field)
    related = field.rel_model.alias()
    return field.in_(related.select(related.id).where(condition(related, rest, test)))


class Joins:
    """The related tables that the columns of one list need, each joined once."""

    def __init__(self, model: type[Table]) -> None:
        self.model = model
        self._held: dict[str, tuple[Any, ForeignKeyField, ModelAlias]] = {}

    def column(self, path: str) -> Any:
        """Return what to select for `path`, remembering the joins it needs."""
        prefix, _, name = path.rpartition(".")
        if not prefix:
            return getattr(self.model, name)
        return getattr(self._source(prefix), name)

    def _source(self, prefix: str) -> ModelAlias:
        if prefix not in self._held:
            before, _, step = prefix.rpartition(".")
            source: Any = self._source(before) if before else self.model
            key = field_at(self.model, prefix)
            assert isinstance(key, ForeignKeyField)
            self._held[prefix] = (source, getattr(source, step), key.rel_model.alias())
        return self._held[prefix][2]

    def apply(self, query: ModelSelect) -> ModelSelect:
        """Return `query` with the joins; a row without the related row stays in the list."""
        for source, key, related in self._held.values():
            query = query.join_from(source, related, JOIN.LEFT_OUTER, on=(key == related.id))
        return query
