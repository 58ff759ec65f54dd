"""How a value looks in a list, on a details page and in an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from peewee import BigIntegerField, BooleanField, DateField, DateTimeField, Field, IntegerField, TextField
from playhouse.fields import EnumField

from admin_views.labels import as_day
from models import SCALE, NumberField
from portal import formats
from portal.web import marks, shell
from portal.web.language import gettext
from portal.web.words import word

WORDY = 200  # letters a text may have from which on it is likely to be a sentence
LONGEST = 160  # letters of a text in a list; the details page shows it whole

# Which mark stands before the word of a state. A value that is not here is a word alone.
MARKS: dict[str, str] = {
    "draft": "dash", "submitted": "half", "returned": "back", "verified": "tick", "consolidated": "done",
    "open": "ok", "met": "tick", "waived": "none", "recorded": "half", "approved": "tick",
    "published": "tick", "retired": "none", "for_meeting": "half", "final": "done", "superseded": "none",
    "waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none",
    "operating": "ok", "stopped": "watch", "dissolving": "watch", "dissolved": "none",
    "inferred": "watch", "second_hand": "watch", "sourced": "tick", "derived": "half",
    "late_1_2": "watch", "late_3_5": "watch", "late_over_5": "bad", "missing": "bad", "on_time": "tick",
}  # fmt: skip

Show = Callable[[Any], str]


def as_moment(value: Any) -> dt.datetime | None:
    """Return a moment as the store hands it out (text in SQLite) as a moment."""
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def text(value: Any) -> str:
    """Return a text, cut where a list would burst."""
    if value is None or value == "":
        return ""
    said = str(value)
    if len(said) <= LONGEST:
        return str(escape(said))
    return f'<span title="{escape(said[:1000])}">{escape(said[:LONGEST])}…</span>'


def state(value: Any) -> str:
    """Return an enumerated value: its mark, where it has one, and its word."""
    if value is None:
        return ""
    kind = MARKS.get(str(value))
    return marks.used_tag(kind, word(value)) if kind else str(escape(word(value)))


def state_drawn(value: Any) -> Markup:
    """Return an enumerated value for a page without the list's sheet of marks."""
    kind = MARKS.get(str(value))
    return marks.tag(kind, word(value)) if kind else escape(word(value))


def said(value: Any, says: Callable[[str], str]) -> str:
    """Return a code name (a verb, a table) as `says` words it."""
    return "" if value is None else str(escape(says(str(value))))


def yes(value: Any) -> str:
    """Return a tick with a hidden word for yes, nothing for no."""
    if not value:
        return f'<span class="dim">{formats.NONE}</span>'
    return marks.used_tag("tick", "").replace("</span>", f'<span class="vh">{escape(gettext("Yes"))}</span></span>')


def day(value: Any) -> str:
    """Return a day, Buddhist year."""
    return "" if value is None else shell.day(as_day(value))


def moment(value: Any) -> str:
    """Return a day and time, Buddhist year."""
    return "" if value is None else shell.moment(as_moment(value))


def quantity(value: Any) -> str:
    """Return a quantity: as the store keeps it (whole ten-thousandths) or as a Decimal."""
    return formats.quantity(_decimal(value))


def money(value: Any) -> str:
    """Return satang as baht."""
    return formats.baht(value)


def count(value: Any) -> str:
    """Return a whole number with thousands marks."""
    return "" if value is None else formats.num(value)


def number(value: Any) -> str:
    """Return a whole number that is a name (a year, a month, a position): no thousands marks."""
    return "" if value is None else str(value)


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) / SCALE if isinstance(value, int) else value


def plainly(field: Field) -> bool:
    """Return whether a whole number is a name rather than an amount."""
    return field.name in ("year", "number", "position", "month", "quarter", "day", "row_id", "id", "version")


def shower(field: Field) -> tuple[Show, str]:
    """Return how a list shows `field`, and the class of its cells ("n" is set to the right, "w" holds sentences)."""
    if isinstance(field, EnumField):
        return state, "nb"
    if isinstance(field, BooleanField):
        return yes, ""
    if isinstance(field, DateTimeField):
        return moment, "nb"
    if isinstance(field, DateField):
        return day, "nb"
    if isinstance(field, NumberField):
        return quantity, "n"
    if type(field) is BigIntegerField:
        return money, "n"
    if isinstance(field, IntegerField):
        return (number, "nb") if plainly(field) else (count, "n")
    if field.name in ("code", "registration_number", "username"):
        return text, "nb"
    return text, "w" if isinstance(field, TextField) or getattr(field, "max_length", 0) >= WORDY else ""


def whole(field: Field, value: Any) -> Markup:
    """Return a value for a details page: whole text, lines kept."""
    if isinstance(field, TextField) and isinstance(value, str):
        return Markup("<br>").join(value.split("\n"))
    if isinstance(field, EnumField) and value is not None:
        return state_drawn(value)
    if isinstance(field, BooleanField):
        return escape(gettext("Yes") if value else gettext("No"))
    if isinstance(field, (DateField, DateTimeField)) or not isinstance(value, str):
        return Markup(shower(field)[0](value))  # made of our own formats, or escaped by them
    return escape(value)


def exported(field: Field) -> Callable[[Any], Any] | None:
    """Return how an export writes `field`; None as it stands. Numbers stay numbers, days are Buddhist."""
    if isinstance(field, EnumField):
        return lambda value: "" if value is None else word(field.enum_class(value))
    if isinstance(field, BooleanField):
        return lambda value: gettext("Yes") if value else gettext("No")
    if isinstance(field, DateTimeField):
        return _moment_out
    if isinstance(field, DateField):
        return lambda value: formats.day_input(as_day(value))
    if isinstance(field, NumberField):
        return _decimal
    if type(field) is BigIntegerField:
        return lambda value: None if value is None else Decimal(value) / 100
    return None


def _moment_out(value: Any) -> str:
    if isinstance(value, str):  # `2023-05-31 08:15…`, as SQLite keeps it
        return f"{_day_out(value[:10])} {value[11:16]}"
    return "" if value is None else f"{formats.day_input(value.date())} {value.hour:02d}:{value.minute:02d}"


@lru_cache(2_000)
def _day_out(day: str) -> str:
    return formats.day_input(dt.date.fromisoformat(day))
