"""What a column of a mapping asks for, and the way of a dispatch."""

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import MoveRefused, RuleBroken
from portal.rules import handoffs, mappings
from portal.rules.handoffs import DispatchState
from portal.rules.mappings import CellKind, CodeList, Column, Layout, Leaf
from portal.rules.terms import PeriodKind
from portal.rules.workflow import State

LISTS = {"nature": CodeList("ประเภท", {"รายจ่ายประจำ": "1"})}


def column(**given):
    return Column("หัว", source="x", **given)


@pytest.mark.parametrize(
    ("rules", "value", "text"),
    [
        ({}, "  สอง   คำ ", "สอง คำ"),
        ({}, None, ""),
        ({"kind": CellKind.DIGITS}, "0012", "0012"),
        ({"kind": CellKind.WHOLE}, Decimal("12.0000"), "12"),
        ({"kind": CellKind.DECIMAL, "decimals": 2}, Decimal("12.50"), "12.5"),
        ({"kind": CellKind.DECIMAL, "decimals": 2}, Decimal(-0), "0"),
        ({"kind": CellKind.MONEY}, Decimal("1234567.5"), "1234567.50"),
        ({"kind": CellKind.MONEY}, 12, "12.00"),
        ({"kind": CellKind.DAY_THAI}, dt.date(2023, 5, 1), "01/05/2566"),
        ({"kind": CellKind.DAY_ISO}, dt.date(2023, 5, 1), "2023-05-01"),
        ({"codes": "nature"}, "รายจ่ายประจำ", "1"),
        ({"longest": 3}, "กขค", "กขค"),
    ],
)
def test_a_value_is_written_as_its_column_asks(rules, value, text):
    assert mappings.written(column(**rules), value, LISTS) == text


@pytest.mark.parametrize(
    ("rules", "value", "words"),
    [
        ({"required": True}, None, "empty"),
        ({"longest": 2}, "กขค", "3 letters"),
        ({"kind": CellKind.DIGITS}, "12-1", "digits"),
        ({"kind": CellKind.WHOLE}, Decimal("1.5"), "whole number"),
        ({"kind": CellKind.DECIMAL, "decimals": 1}, Decimal("1.25"), "more than 1 decimals"),
        ({"kind": CellKind.MONEY}, Decimal("1.255"), "baht and satang"),
        ({"kind": CellKind.DAY_THAI}, "พรุ่งนี้", "not a day"),
        ({"codes": "nature"}, "อื่น", "code list"),
        ({"codes": "none"}, "อื่น", "code list"),
    ],
)
def test_a_value_that_does_not_fit_says_what_is_asked_for(rules, value, words):
    with pytest.raises(RuleBroken, match=words):
        mappings.written(column(**rules), value, LISTS)


def test_a_column_without_a_source_always_holds_the_same():
    assert mappings.written(Column("รหัส", fixed="07012", kind=CellKind.DIGITS), "ไม่ใช้", {}) == "07012"


@pytest.mark.parametrize(
    "columns",
    [
        (), (Column(" "),), (Column("ก", source="y"),), (Column("ก"), Column("ก")), (Column("ก", codes="none"),),
        (Column("ก", decimals=5),), (Column("ก", longest=-1),),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_filled_is_refused(columns):
    with pytest.raises(RuleBroken):
        mappings.check_mapping(Layout((Leaf("s", "แผ่น", columns),), {}), {"s": frozenset({"x"})})


@pytest.mark.parametrize(
    "held", [None, {}, {"sheets": [{}]}, {"sheets": [], "lists": {"a": 1}},
             {"sheets": [{"sheet": "s", "title": "t", "columns": [{"heading": "h", "secret": 1}]}]}]
)  # fmt: skip
def test_what_is_no_mapping_is_refused_in_words(held):
    with pytest.raises(RuleBroken, match="no mapping"):
        mappings.from_json(held)


@pytest.mark.parametrize(
    ("text", "kind", "months"),
    [
        ("2566-05", PeriodKind.MONTH, (8, 8)), ("2565-10", PeriodKind.MONTH, (1, 1)),
        (" 2566-Q3 ", PeriodKind.QUARTER, (7, 9)), ("2566", PeriodKind.YEAR, (1, 12)),
    ],
)  # fmt: skip
def test_a_period_is_read_and_written_the_same_way(text, kind, months):
    span = handoffs.span(text)

    assert (span.year, span.kind, (span.first, span.last)) == (2566, kind, months)
    assert str(span) == text.strip().lower()


@pytest.mark.parametrize("text", ["", "2566-q5", "2566-13", "66-05", "2023-05", "2566-05-01", "๒๕๖๖"])
def test_other_words_are_no_period(text):
    with pytest.raises(RuleBroken, match="no period"):
        handoffs.span(text)


def test_steps_lead_from_prepared_to_acknowledged_and_nowhere_else():
    ways = {(before, after) for befores, after in handoffs.STEPS.values() for before in befores}
    state = DispatchState

    assert ways == {
        (state.PREPARED, state.RECORDED), (state.PREPARED, state.UPLOADED), (state.RECORDED, state.UPLOADED),
        (state.RECORDED, state.ACKNOWLEDGED), (state.UPLOADED, state.ACKNOWLEDGED), (state.ASKED, state.PUT_ASIDE),
        (state.PREPARED, state.PUT_ASIDE),
    }  # fmt: skip
    assert handoffs.open_steps(state.ACKNOWLEDGED) == handoffs.open_steps(state.PUT_ASIDE) == ()
    with pytest.raises(MoveRefused):
        handoffs.next_state(state.PREPARED, "acknowledge")
    assert State.SUBMITTED not in handoffs.counted(is_provisional=False) < handoffs.counted(is_provisional=True)
