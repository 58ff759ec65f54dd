"""What an answer may be, where it stands, and what a form knows beside the answers: last month, plan, total to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

Value: TypeAlias = Decimal | str | bool | dt.date | tuple[str, ...]


class NotApplicable(Enum):
    """The one value NOT_APPLICABLE: somebody said that the question does not apply. No entry at all = not reported."""

    NOT_APPLICABLE = "not_applicable"

    def __repr__(self) -> str:
        return self.name


NOT_APPLICABLE: Final = NotApplicable.NOT_APPLICABLE
Entry: TypeAlias = Value | NotApplicable


class Cell(NamedTuple):
    """Where an answer stands: the question's key (`table.column` inside a table) and the row, 0 outside tables.

    Row 0 of a table's column is its total.
    """

    key: str
    row: int = 0


@dataclass(frozen=True)
class Context:
    """What is known beside the answers, by question key (`table.column` for the total of a column).

    `last_month` is the value of the period before; `cumulative` the year's total up to and without this period;
    `plan` the plan for this period; each already carried over into this version of the form. A key that is not there
    is not known. `cooperatives` maps the registration numbers that this office may name to their names; None = not
    looked up, so that any well-formed number passes.
    """

    last_month: Mapping[str, Value] = field(default_factory=dict)
    cumulative: Mapping[str, Value] = field(default_factory=dict)
    plan: Mapping[str, Value] = field(default_factory=dict)
    cooperatives: Mapping[str, str] | None = None


EMPTY = Context()
