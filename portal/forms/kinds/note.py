"""Kind: words for the reader, to which there is no answer."""

from __future__ import annotations

from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value


class Note(Kind):
    """The label is the note; the help may say more."""

    name = "note"
    holds = typed = False
    in_tables = False

    def parse(self, question: Question, text: str) -> Value:
        raise not_one(question, text)

    def check(self, question: Question, value: Value) -> None:
        raise not_one(question, value)


KIND = Note()
