"""Kind: one of a list."""

from __future__ import annotations

from typing import Any

from portal.errors import RuleBroken
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Choice, Question
from portal.forms.values import Value


class OneOf(Kind):
    """One of the question's choices; its code is kept."""

    name = "choice"
    asks_for = ("choices",)

    def parse(self, question: Question, text: str) -> Value:
        return code_of(question, text)

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, str):
            raise not_one(question, value)
        if value not in {c.code for c in question.choices}:
            raise not_listed(question, value)

    def write(self, question: Question, value: Value) -> str:
        return written(question, str(value))

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return label_of(question, str(value), language)

    def schema(self, question: Question) -> dict[str, Any]:
        return {"enum": [c.code for c in question.choices]}


def code_of(question: Question, text: str) -> str:
    """Return the code of the choice typed by its code or either label; refuse anything else."""
    word = _plain(text)
    for same in (lambda c: c.code, lambda c: c.label, lambda c: c.label_en):
        found = [c.code for c in question.choices if word and _plain(same(c)) == word]
        if len(found) == 1:
            return found[0]
    raise not_listed(question, text.strip())


def written(question: Question, code: str) -> str:
    """Return the choice as one would type it: its label where that is read as this choice, else its code."""
    label = label_of(question, code)
    try:
        return label if code_of(question, label) == code else code
    except RuleBroken:
        return code


def label_of(question: Question, code: str, language: str = "th") -> str:
    """Return the label of a code; the code itself where the question has no such choice any more."""
    choice = next((c for c in question.choices if c.code == code), Choice(code, code))
    return (choice.label_en if language == "en" else "") or choice.label or code


def not_listed(question: Question, text: str) -> RuleBroken:
    """Return the refusal of something that is not among the choices; it names the first of them."""
    names = ", ".join(c.label or c.code for c in question.choices[:8])
    more = " …" if len(question.choices) > 8 else ""
    return RuleBroken(
        "“{text}” is not in the list. Choose one of: {names}", field=question.key, text=text[:60], names=names + more
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


KIND = OneOf()
