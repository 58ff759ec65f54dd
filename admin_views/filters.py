"""The filters of a list: one a column and test, each a part of the page's address."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_admin.model.filters import BaseFilter
from peewee import BooleanField, DateField, DateTimeField, Field, ForeignKeyField, IntegerField, ModelSelect
from playhouse.fields import EnumField

from admin_views import lookups
from admin_views.columns import name_of
from admin_views.paths import condition, field_at
from models import NumberField, Table
from portal import formats
from portal.errors import PortalError
from portal.rules import inputs
from portal.web.language import gettext
from portal.web.sign_in import me
from portal.web.words import word

ONE_BY_ONE = ("year", "number", "month", "quarter", "row_id", "strength_class")
TESTS = {"is": "is", "from": "from", "to": "up to", "has": "holds"}


class Filter(BaseFilter):
    """One test of one column. `clean` reads what was typed, `apply` narrows the query, `says` is the chip's text."""

    def __init__(self, model: type[Table], path: str, test: str) -> None:
        super().__init__(path)
        self.model, self.path, self.test = model, path, test
        self.field: Field = field_at(model, path)
        self.key = f"{path.replace('.', '_')}_{test}"

    @property
    def kind(self) -> str:
        """Return which control the filter needs: choice, lookup, day, number or text."""
        if isinstance(self.field, ForeignKeyField):
            return "lookup"
        if isinstance(self.field, (EnumField, BooleanField)):
            return "choice"
        if isinstance(self.field, (DateField, DateTimeField)):
            return "day"
        return "number" if isinstance(self.field, IntegerField) else "text"

    @property
    def label(self) -> str:
        """Return the name of the column and, where there are two tests of it, which one."""
        name = name_of(self.path)
        return name if self.test == "is" else f"{name} {self.operation()}"

    def operation(self) -> str:
        """Return the test in words."""
        return gettext(TESTS[self.test])

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return what one may choose, in the reader's language."""
        if isinstance(self.field, BooleanField):
            return [("1", gettext("Yes")), ("0", gettext("No"))]
        return [(str(value), word(value)) for value in self.field.enum_class]

    def clean(self, value: str) -> Any:
        """Return what was typed as a value of the column. Raises ValueError, in words, when it is none."""
        try:
            return self._read(value)
        except PortalError as refusal:
            raise ValueError(refusal.words(gettext)) from refusal

    def _read(self, value: str) -> Any:
        if isinstance(self.field, BooleanField):
            return {"1": True, "0": False}[value] if value in ("0", "1") else _refuse(value)
        if isinstance(self.field, EnumField):
            return self.field.enum_class(value) if value in set(self.field.enum_class) else _refuse(value)
        if isinstance(self.field, ForeignKeyField):
            return int(value) if lookups.name_of(self.field.rel_model, value, me()) is not None else _refuse(value)
        if isinstance(self.field, (DateField, DateTimeField)):
            return inputs.parse_date(value)
        if isinstance(self.field, NumberField):
            return inputs.parse_number(value)
        if isinstance(self.field, IntegerField):
            return int(inputs.parse_number(value, decimals=0))
        return inputs.parse_text(value)[:200]

    def apply(self, query: ModelSelect, value: Any) -> ModelSelect:
        """Return `query` with the rows that pass."""
        return query.where(condition(self.model, self.path, lambda field: self._passes(field, value)))

    def _passes(self, field: Any, value: Any) -> Any:
        if self.test == "has":
            return field.contains(value)
        if self.test == "from":
            return field >= value
        if self.test == "to":
            if isinstance(self.field, DateTimeField):
                return field < value + dt.timedelta(days=1)
            return field <= value
        return field == value

    def says(self, value: str) -> str:
        """Return the typed value in words, for the chip above the list."""
        if self.kind == "choice":
            return dict(self.choices).get(value, value)
        if self.kind == "lookup":
            return lookups.name_of(self.field.rel_model, value, me()) or value
        if self.kind == "day":
            return formats.day_short(inputs.parse_date(value))
        return value


def _refuse(value: str) -> Any:
    raise ValueError(gettext("There is no “{value}” here.", value=value))


def filters(model: type[Table], path: str) -> list[Filter]:
    """Return the filters of one column: from and to for days and amounts, one test for all others."""
    field = field_at(model, path)
    if isinstance(field, (ForeignKeyField, EnumField, BooleanField)):
        return [Filter(model, path, "is")]
    if isinstance(field, (DateField, DateTimeField)):
        return [Filter(model, path, "from"), Filter(model, path, "to")]
    if isinstance(field, IntegerField):
        tests = (
            ("is",)
            if field.name in ("year", "number", "month", "quarter", "row_id", "strength_class")
            else ("from", "to")
        )
        return [Filter(model, path, test) for test in tests]
    return [Filter(model, path, "has")]
