"""How one record of each table is named where another one points to it, and what finds it when one types.

One line a table: the columns that are read, the words made of them, and the columns that typing looks through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import models as m
from portal import formats
from portal.rules.fiscal import ERA
from portal.rules.inputs import MONTHS_SHORT
from portal.web.language import gettext, language
from portal.web.words import word


@dataclass(frozen=True)
class Label:
    """Which columns name a record (`reads`), how (`says`), and which ones typing looks through (`finds`)."""

    reads: tuple[str, ...]
    says: Callable[..., str]
    finds: tuple[str, ...]
    order: tuple[str, ...]


def plain_label(*values: Any) -> str:
    """Return the values that there are, with dots between."""
    return " · ".join(str(v) for v in values if v not in (None, ""))


def as_day(value: Any) -> dt.date | None:
    """Return a day as the store hands it out (text in SQLite) as a day."""
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _period(kind: str, number: int, starts_on: Any, year: int) -> str:
    kind = str(kind)
    if kind == "month":
        day = as_day(starts_on)
        assert day is not None
        if language() == "en":
            return f"{formats.day_english(day).split()[1]} {day.year + ERA}"
        return f"{MONTHS_SHORT[day.month - 1]} {day.year + ERA}"
    if kind == "quarter":
        return gettext("Quarter {number}/{year}", number=number, year=year)
    return gettext("Year {year}", year=year)


def _visit(visited_on: Any, subject: str) -> str:
    on = as_day(visited_on)
    return plain_label(on and (formats.day_short(on) if language() == "th" else formats.day_english(on)), subject)


def _worded(code: str, *values: Any) -> str:
    return plain_label(word(str(code)), *values)


def _label(
    *reads: str, finds: tuple[str, ...] | None = None, order: tuple[str, ...] = (), says: Any = plain_label
) -> Label:
    return Label(reads, says, reads if finds is None else finds, order or reads[:1])


LABELS: dict[type[m.Table], Label] = {
    m.Region: _label("name", finds=("name", "code"), order=("code",)),
    m.Province: _label("name", finds=("name", "name_en", "code"), order=("name_sort",)),
    m.Unit: _label("short", finds=("short", "name", "code"), order=("name_sort",)),
    m.Person: _label("name", finds=("name", "username")),
    m.FiscalYear: _label("year", finds=(), order=("year",)),
    m.MeasureUnit: _label("name", finds=("name", "code")),
    m.Plan: _label("code", "name", order=("position", "code")),
    m.Project: _label("code", "name", order=("position", "code")),
    m.Activity: _label("code", "name", order=("position", "code")),
    m.Indicator: _label("code", "name", order=("position", "code")),
    m.Target: _label("indicator.name", "unit.short", finds=("indicator.name", "unit.short")),
    m.Period: _label(
        "kind", "number", "starts_on", "fiscal_year.year", finds=(), order=("starts_on", "kind"), says=_period
    ),
    m.Form: _label("code", "name", order=("position", "code")),
    m.FormVersion: _label("form.name", "number", finds=("form.name", "form.code")),
    m.Obligation: _label("subject", "unit.short", finds=("subject", "unit.short")),
    m.Submission: _label("form_version.form.name", "unit.short", finds=("form_version.form.name", "unit.short")),
    m.CooperativeType: _label("name", order=("code",)),
    m.Cooperative: _label("name", finds=("name", "registration_number"), order=("name_sort",)),
    m.VisitActivity: _label("name", finds=("name", "code"), order=("position", "code")),
    m.VisitPlan: _label("cooperative.name", "fiscal_year.year", finds=("cooperative.name",)),
    m.Visit: _label("visited_on", "subject", finds=("subject",), says=_visit),
    m.BudgetCategory: _label("name", finds=("name", "code"), order=("code",)),
    m.BudgetLine: _label("code", "unit.short", finds=("code", "unit.short")),
    m.ImportBatch: _label("id", "file_name", finds=("file_name",)),
    m.Dispatch: _label("system", "number", finds=("system",)),
    m.Run: _label("kind", "subject", finds=("subject",), order=("asked_at",), says=_worded),
    m.Edition: _label("book", "subject", "number", finds=("subject",), says=_worded),
    m.BookOutline: _label("book", "year", finds=("book",), says=_worded),
    m.BookEntry: _label("chapter", "title", finds=("title", "chapter"), order=("position",)),
    m.MailingList: _label("name"),
    m.Schedule: _label("name"),
    m.Webhook: _label("name"),
    m.AuditEntry: _label("id", finds=()),
}
