"""The words for what the tables hold: names of columns, of enumerated values, of tables, of steps."""

from __future__ import annotations

from enum import StrEnum

from models import Period
from portal.rules.fiscal import ERA
from portal.rules.inputs import MONTHS_LONG
from portal.rules.terms import ActionState, PeriodKind, RemarkState
from portal.web import language
from portal.web.language import lazy

MONTHS_ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


OWN: dict[tuple[type[str], str], language.Lazy] = {
    (ActionState, "open"): lazy("still open"),
    (RemarkState, "open"): lazy("not mended yet"),
}
"""Values that mean something else here than the same word elsewhere: what is `open` of a report is owed."""


def word(value: StrEnum | str) -> str:
    """Return an enumerated value (a role, a state, a step, a table's name) as a word in the reader's language."""
    text = str(value)
    if (own := OWN.get((type(value), text))) is not None:
        return str(own)
    said = language.gettext(text) if text else ""
    return said if said != text else plain(text)


def period_name(period: Period) -> str:
    """Return a period in words: `พฤษภาคม 2566`, `ไตรมาส 3/2566`, `ปีงบประมาณ 2566`."""
    if period.kind == PeriodKind.MONTH:
        year, month = period.starts_on.year + ERA, period.starts_on.month
        return f"{MONTHS_LONG[month - 1] if language.language() == 'th' else MONTHS_ENGLISH[month - 1]} {year}"
    year = period.fiscal_year.year
    if period.kind == PeriodKind.QUARTER:
        return language.gettext("Quarter {number}/{year}", number=period.number, year=year)
    return language.gettext("Fiscal year {year}", year=year)


def plain(name: str) -> str:
    """Return a code name as English words: `due_on` → `Due on`, `is_late` → `Late`, `BudgetLine` → `Budget line`."""
    bare = name.removeprefix("is_")
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(bare))
    text = spaced.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
