"""The kinds of question, in the order in which a designer offers them. One file each; this list is written by hand."""

from __future__ import annotations

from decimal import Decimal

from portal.forms.kinds import (
    choice,
    choices,
    computed,
    cooperative,
    date,
    file,
    long_text,
    money,
    note,
    number,
    percent,
    photo,
    table,
    text,
    whole,
    yes_no,
)
from portal.forms.kinds.kind import Kind
from portal.forms.questions import Question
from portal.forms.values import NOT_APPLICABLE, Entry, NotApplicable

KINDS: tuple[Kind, ...] = (
    whole.KIND, number.KIND, money.KIND, percent.KIND, text.KIND, long_text.KIND, date.KIND, yes_no.KIND,
    choice.KIND, choices.KIND, cooperative.KIND, file.KIND, photo.KIND, table.KIND, computed.KIND, note.KIND,
)  # fmt: skip
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
DOES_NOT_APPLY = ("ไม่เกี่ยวข้อง", "n/a")  # what people write where a question does not apply; the first is written back


def of(question: Question) -> Kind:
    """Return the kind of a question; one that nobody knows is taken for text."""
    return BY_NAME.get(question.kind, text.KIND)


def read(question: Question, typed: str) -> Entry | None:
    """Return what was typed into a cell: a value, NOT_APPLICABLE for its words, None for nothing.

    The one way in for what people type, paste, upload or send. Raises PortalError with the question's key.
    """
    if typed.strip().casefold() in DOES_NOT_APPLY:
        return NOT_APPLICABLE
    return of(question).read(question, typed)


def write(question: Question, entry: Entry | None) -> str:
    """Return an entry as one would type it; read(question, write(question, entry)) == entry."""
    if entry is None:
        return ""
    return DOES_NOT_APPLY[0] if isinstance(entry, NotApplicable) else of(question).write(question, entry)


def show(question: Question, entry: Entry | None, language: str = "th") -> str:
    """Return an entry as it is read; empty where nothing was reported."""
    if entry is None:
        return ""
    if isinstance(entry, NotApplicable):
        return "N/A" if language == "en" else DOES_NOT_APPLY[0]
    return of(question).show(question, entry, language)


def to_store(question: Question, entry: Entry) -> tuple[bool, Decimal | None, str]:
    """Return whether the question applies, the number and the text, as an Answer keeps an entry."""
    if isinstance(entry, NotApplicable):
        return False, None, ""
    return True, *of(question).to_store(entry)


def from_store(question: Question, applies: bool, number: Decimal | None, text_: str) -> Entry:
    """Return the entry that an Answer keeps."""
    return of(question).from_store(number, text_) if applies else NOT_APPLICABLE
