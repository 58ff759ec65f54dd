"""Kind: one or more files. The answer names them; the files themselves are attachments of the submission."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from portal.errors import RuleBroken
from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import Question
from portal.forms.values import Value


class File(Kind):
    """File names, one a line; their endings are among those the question accepts."""

    name = "file"
    asks_for = ("accepts",)
    in_tables = False
    endings: ClassVar[tuple[str, ...]] = ("pdf", "docx", "xlsx", "pptx", "csv", "txt", "jpg", "jpeg", "png")
    most = 20

    def accepted(self, question: Question) -> tuple[str, ...]:
        """Return the endings that the question accepts, without dots."""
        return tuple(e for e in question.accepts if e in self.endings) or self.endings

    def parse(self, question: Question, text: str) -> Value | None:
        return tuple(dict.fromkeys(name.strip() for name in text.splitlines() if name.strip())) or None

    def check(self, question: Question, value: Value) -> None:
        if not isinstance(value, tuple):
            raise not_one(question, value)
        if len(value) > self.most:
            raise RuleBroken("At most {most} files may be attached here.", field=question.key, most=self.most)
        for name in value:
            if len(name) > 200 or re.search(r"[\x00-\x1f/\\\u202a-\u202e\u2066-\u2069]", name) or name[:1] in ". ":
                raise RuleBroken("“{text}” is not a usable file name.", field=question.key, text=name[:60])
            if name.rpartition(".")[2].lower() not in self.accepted(question):
                raise RuleBroken(
                    "“{text}” is of another kind. Accepted here: {names}",
                    field=question.key, text=name[:60], names=", ".join(self.accepted(question)),
                )  # fmt: skip

    def write(self, question: Question, value: Value) -> str:
        return "\n".join(_names(value))

    def show(self, question: Question, value: Value, language: str = "th") -> str:
        return ", ".join(_names(value))

    def to_store(self, value: Value) -> tuple[Decimal | None, str]:
        return None, "\n".join(_names(value))

    def from_store(self, number: Decimal | None, text: str) -> Value:
        return tuple(filter(None, text.split("\n")))

    def plain(self, value: Value) -> Any:
        return list(_names(value))

    def schema(self, question: Question) -> dict[str, Any]:
        pattern = rf"\.({'|'.join(self.accepted(question))})$"
        return {"type": "array", "items": {"type": "string", "maxLength": 200, "pattern": pattern}}


def _names(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


KIND = File()
