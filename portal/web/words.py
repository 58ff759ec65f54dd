"""The words for what the tables hold: names of columns, of enumerated values, of tables, of steps."""

from __future__ import annotations

from enum import StrEnum

from portal.web import language


def word(value: StrEnum | str) -> str:
    """Return an enumerated value (a role, a state, a step, a table's name) as a word in the reader's language."""
    text = str(value)
    said = language.gettext(text) if text else ""
    return said if said != text else plain(text)


def plain(name: str) -> str:
    """Return a code name as English words: `due_on` → `Due on`, `is_late` → `Late`, `BudgetLine` → `Budget line`."""
    bare = name.removeprefix("is_")
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(bare))
    text = spaced.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
