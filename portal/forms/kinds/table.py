"""Kind: a repeating table. Its columns hold the answers, row by row."""

from __future__ import annotations

from typing import Any

from portal.forms.kinds.kind import Kind, not_one
from portal.forms.questions import MOST_ROWS, Question
from portal.forms.values import Value


class Table(Kind):
    """Columns by rows, fixed or added as needed, with totals below the columns that have one."""

    name = "table"
    holds = typed = False
    in_tables = False
    asks_for = ("columns", "rows", "rows_least", "rows_greatest", "totals")

    def parse(self, question: Question, text: str) -> Value:
        raise not_one(question, text)

    def check(self, question: Question, value: Value) -> None:
        raise not_one(question, value)


def most_rows(question: Question) -> int:
    """Return how many rows a table may have."""
    if question.rows:
        return len(question.rows)
    return min(question.rows_greatest, MOST_ROWS) if question.rows_greatest > 0 else MOST_ROWS


def schema_limits(question: Question) -> dict[str, Any]:
    """Return the JSON Schema's limits to the number of rows."""
    least = len(question.rows) if question.rows else question.rows_least
    return {"minItems": least, "maxItems": most_rows(question)}


KIND = Table()
