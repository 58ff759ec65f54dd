"""The controls of a form: one for each kind of column. What was typed is kept and shown again when it is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape
from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    TextField,
)
from playhouse.fields import EnumField
from wtforms import BooleanField as TickBox
from wtforms import Field as Control
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import Choice
from wtforms.validators import StopValidation

from admin_views import cells, lookups
from admin_views.columns import name_of
from models import NumberField, Table
from portal import formats
from portal.errors import PortalError
from portal.rules import inputs
from portal.web.language import gettext
from portal.web.sign_in import me
from portal.web.words import word


class Asked:
    """A check that something was typed; it also draws the mark and the attribute for "must be filled in"."""

    field_flags = {"required": True}

    def __call__(self, form: Any, control: Any) -> None:
        """Refuse an empty control in words."""
        if control.process_errors:
            return
        if control.data in (None, ""):
            raise StopValidation(gettext("Please fill this in."))


class AtMost:
    """A check that a text fits its column."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.field_flags = {"maxlength": longest}

    def __call__(self, form: Any, control: Any) -> None:
        """Refuse a text that is too long."""
        if control.data and len(control.data) > self.longest:
            raise StopValidation(gettext("This is longer than {longest} characters.", longest=self.longest))


class _Typed(StringField):
    """A control whose text is read by one of the portal's own parsers."""

    width = ""

    def read(self, text: str) -> Any:
        """Return the typed text as a value of the column, or raise a PortalError."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """Return a value of the column as it is typed."""
        raise NotImplementedError

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing typed is no value."""
        if not valuelist:
            return
        typed = valuelist[0].strip()
        self.data = None
        if typed:
            try:
                self.data = self.read(typed)
            except PortalError as refusal:
                raise ValueError(refusal.words(gettext)) from refusal


class DayControl(_Typed):
    """A day, typed as 20/06/2566 or 20 มิ.ย. 66."""

    width = "fit"

    def read(self, text: str) -> dt.date:
        """Return the day."""
        return inputs.parse_date(text)

    def write(self, value: dt.date) -> str:
        """Return `20/06/2566`."""
        return formats.day_input(value)


class NumberControl(_Typed):
    """A quantity with up to `decimals` decimals."""

    width = "fit"
    decimals = 4

    def read(self, text: str) -> Any:
        """Return the quantity as a Decimal."""
        return inputs.parse_number(text, decimals=self.decimals)

    def write(self, value: Any) -> str:
        """Return the quantity with thousands marks."""
        return formats.quantity(value)


class WholeControl(NumberControl):
    """A whole number."""

    decimals = 0

    def read(self, text: str) -> int:
        """Return the number."""
        return int(inputs.parse_number(text, decimals=0))


class NameControl(WholeControl):
    """A whole number that is a name, such as a year: written without thousands marks."""

    def write(self, value: Any) -> str:
        """Return the digits."""
        return str(value)


class MoneyControl(_Typed):
    """An amount in baht, kept as satang."""

    width = "fit"

    def read(self, text: str) -> int:
        """Return satang."""
        return inputs.parse_money(text)

    def write(self, value: int) -> str:
        """Return baht with thousands marks."""
        return formats.baht(value)


class ChoiceControl(SelectField):
    """One of an enumeration's values."""

    def __init__(self, kind: Any = None, null: bool = False, **kwargs: Any) -> None:
        self.kind, self.null = kind, null
        super().__init__(coerce=self._member, choices=[], **kwargs)

    def iter_choices(self) -> Any:
        """Yield the choices in the reader's language."""
        if self.null or self.data is None:
            yield Choice("", "", self.data is None, {})
        for member in self.kind:
            yield Choice(member.value, word(member), member == self.data, {})

    def pre_validate(self, form: Any) -> None:
        """Everything was checked when it was read."""

    def _member(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        try:
            return self.kind(value)
        except ValueError:
            raise ValueError(gettext("There is no “{value}” here.", value=str(value)[:60])) from None


class LookupControl(Control):
    """A record of another table, found as one types. `data` is its id."""

    def __init__(self, model: type[Table] | None = None, lookup_url: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert model is not None
        self.model, self.lookup_url, self.typed = model, lookup_url, ""

    def process_data(self, value: Any) -> None:
        """Take the record's id, whichever way it comes."""
        self.data = value.id if isinstance(value, Table) else value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the id that was chosen; a name typed in full is found as well. Nobody can name a hidden record."""
        if not valuelist:
            return
        chosen, self.typed = valuelist[0].strip(), valuelist[1].strip() if len(valuelist) > 1 else ""
        self.data = None
        if chosen:
            if lookups.name_of(self.model, chosen, me()) is None:
                raise ValueError(gettext("Choose one from the list."))
            self.data = int(chosen)
        elif self.typed:
            self.data = lookups.exactly(self.model, self.typed, me())
            if self.data is None:
                raise ValueError(gettext("Choose one from the list."))

    def name_shown(self) -> str:
        """Return the name of the chosen record, or what was typed."""
        if self.data is None:
            return self.typed
        return lookups.name_of(self.model, self.data) or self.typed

    def __call__(self, **kwargs: Any) -> Markup:
        """Draw the control: a hidden id and a text that searches."""
        described = kwargs.get("aria_describedby") or kwargs.get("aria-describedby") or ""
        return Markup(
            '<div class="combo" data-lookup="{url}"><input type="hidden" name="{name}" value="{value}">'
            '<input class="in" id="{id}" name="{name}" value="{shown}" role="combobox" aria-expanded="false"'
            ' aria-autocomplete="list" aria-controls="{id}-list" autocomplete="off"{required}{invalid}{described}>'
            '<ul id="{id}-list" role="listbox" hidden></ul></div>'
        ).format(
            url=self.lookup_url,
            name=self.name,
            id=self.id,
            value="" if self.data is None else self.data,
            shown=self.name_shown(),
            required=Markup(' aria-required="true"') if self.flags.required else "",
            invalid=Markup(' aria-invalid="true"') if self.errors else "",
            described=Markup(' aria-describedby="{}"').format(described) if described else "",
        )


class Tidy:
    """Mends Thai text as it comes in (split สระอำ, invisible marks)."""

    def __init__(self, many_lines: bool) -> None:
        self.many_lines = many_lines

    def __call__(self, value: Any) -> Any:
        """Return the mended text."""
        return inputs.parse_text(value, many_lines=self.many_lines) if isinstance(value, str) else value


def control(field: Field, lookup_url: str) -> Any:
    """Return the unbound control for a column."""
    common: dict[str, Any] = {"label": _Named(field.name), "validators": [], "default": field.default}
    if callable(field.default):
        common["default"] = None
    if isinstance(field, BooleanField):
        return TickBox(**common)
    if not field.null and (field.default is None or isinstance(field, (EnumField, IntegerField))):
        common["validators"].append(Asked())
    if isinstance(field, ForeignKeyField):
        return LookupControl(model=field.rel_model, lookup_url=lookup_url, **common)
    if isinstance(field, EnumField):
        return ChoiceControl(kind=field.enum_class, null=field.null, **common)
    if isinstance(field, DateField) and not isinstance(field, DateTimeField):
        return DayControl(**common)
    if isinstance(field, NumberField):
        return NumberControl(**common)
    if type(field) is BigIntegerField:
        return MoneyControl(**common)
    if isinstance(field, IntegerField):
        return (NameControl if cells.plainly(field) else WholeControl)(**common)
    if isinstance(field, TextField):
        return TextAreaField(filters=[Tidy(True)], **common)
    if isinstance(field, CharField):
        common["validators"].append(AtMost(field.max_length))
        return StringField(filters=[Tidy(False)], **common)
    raise TypeError(f"{field.model.__name__}.{field.name}: no control for a {type(field).__name__}")


class _Named:
    """The label of a control, in the language of the one who reads it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return name_of(self.name)

    def __html__(self) -> str:
        return str(escape(str(self)))


def version_control() -> Any:
    """Return the hidden field that carries the version a person looked at."""
    return HiddenField()


def shown(held: Any) -> str:
    """Return what a control shows, as words, for telling two texts apart."""
    if isinstance(held, LookupControl):
        return held.name_shown()
    if isinstance(held, ChoiceControl):
        return "" if held.data is None else word(held.data)
    if isinstance(held, TickBox):
        return gettext("Yes") if held.data else gettext("No")
    if isinstance(held, _Typed):
        return "" if held.data is None else held.write(held.data)
    return "" if held.data is None else str(held.data)


def typed(value: Any) -> str:
    """Return a value as it would be typed into its control: for the button that takes the other text over."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
