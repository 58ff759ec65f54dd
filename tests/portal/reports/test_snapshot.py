"""Figures frozen to text and back are the same figures."""

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal

import pytest

from models import Unit
from portal.reports import snapshot
from portal.rules.progress import Standing


@dataclass(frozen=True)
class Inner:
    share: Decimal | None
    standing: Standing


@dataclass(frozen=True)
class Page:
    name: str
    count: int
    day: dt.date | None
    at: dt.datetime
    inner: tuple[Inner, ...]
    pair: tuple[str, int]
    tiles: dict[str, Decimal | None]


PAGE = Page(
    "น้ำ “ก” <b>",
    0,
    None,
    dt.datetime(2023, 6, 23, 16, 30),
    (Inner(Decimal("2.675"), Standing.WATCH), Inner(None, Standing.NO_VALUE)),
    ("ก", 1),
    {"ชม": Decimal("99.99"), "ยล": None},
)


def test_what_was_frozen_thaws_to_the_same_page():
    text = snapshot.text_of(snapshot.freeze(PAGE))

    assert snapshot.thaw(Page, json.loads(text)) == PAGE


def test_the_same_figures_always_make_the_same_text():
    assert snapshot.text_of({"b": 1, "a": "น้ำ"}) == snapshot.text_of({"a": "น้ำ", "b": 1})


def test_a_row_never_gets_into_a_snapshot():
    with pytest.raises(TypeError, match="Unit"):
        snapshot.freeze({"unit": Unit(code="P10")})
