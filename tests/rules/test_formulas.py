"""Formulas of printed figures: each operation, and what is refused."""

from decimal import Decimal

import pytest

from portal.errors import RuleBroken
from portal.rules.formulas import Inputs, Sheet

D = Decimal
TABLES = {
    "paid": Inputs(
        ("unit", "nature"),
        (
            (("P10", "recurrent"), (D(1), D(2), D(4))),
            (("P10", "investment"), (D(10), None, D(20))),
            (("P40", "recurrent"), (D(100), D(0), D(100))),
        ),
    ),
    "target": Inputs(("kind",), ((("overall",), (D(32), D(52), None)),)),
}
FORMULAS = {
    "one": ["sum", "paid", {"unit": "P10"}, 1, 2],
    "two": ["plus", ["figure", "one"], ["number", "0.5"]],
    "circle": ["figure", "circle"],
}


def work(*formula):
    return Sheet(TABLES, FORMULAS).work(list(formula))


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        (["sum", "paid", {}], D(237)),
        (["sum", "paid", {"nature": "recurrent"}, 2, 3], D(106)),
        (["sum", "paid", {"unit": ["P10", "P99"]}, 1, 1], D(11)),
        (["sum", "paid", {"unit": "P99"}], D(0)),
        (["known", "paid", {}, 2, 2], D(2)),
        (["at", "target", {"kind": "overall"}, 2], D(52)),
        (["at", "target", {"kind": "overall"}, 3], None),
        (["combine", "paid", {}, 2, "last", "sum"], D(12)),
        (["combine", "paid", {"nature": "investment"}, 3, "average", "greatest"], D(15)),
        (["combine", "paid", {"unit": "P99"}, 3, "sum", "sum"], None),
        (["share", ["number", "1"], ["number", "8"]], D("12.5")),
        (["share", ["number", "1"], ["number", "0"]], None),
        (["inverse", ["number", "4"], ["number", "2"]], D(50)),
        (["inverse", ["number", "0"], ["number", "2"]], D(100)),
        (["minus", ["number", "1"], ["at", "target", {}, 3]], None),
        (["weighted", [["number", "3"], ["number", "10"]], [["number", "1"], ["number", "50"]]], D(20)),
        (["weighted", [["number", "3"], ["number", "10"]], [["number", "1"], ["at", "target", {}, 3]]], None),
        (["weighted", [["number", "3"], ["number", "10"]], [["number", "0"], ["at", "target", {}, 3]]], D(10)),
        (["standing", ["number", "94"], ["number", "100"], "more", ["number", "90"]], "bad"),
        (["worst", ["standing", ["number", "9"], ["number", "9"], "more", ["number", "90"]]], "ok"),
        (["worst"], "none"),
        (["tally", "known", ["worst"], ["standing", ["number", "9"], ["number", "9"], "more", ["number", "90"]]], D(1)),
        (["figure", "two"], D("13.5")),
    ],
    ids=str,
)
def test_an_operation_gives(formula, result):
    assert work(*formula) == result


@pytest.mark.parametrize(
    "formula",
    [
        ["figure", "circle"], ["figure", "nowhere"], ["sum", "nowhere", {}], ["sum", "paid", {"colour": "red"}],
        ["power", ["number", "2"], ["number", "3"]], ["share", ["number", "1"]],
        ["number", "x"], [], ["minus", ["worst"]],
        ["combine", "paid", {}, 2, "sum", "most"], ["sum"],
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_worked_out_is_refused_in_words(formula):
    with pytest.raises(RuleBroken):
        work(*formula)


def test_a_formula_nested_without_end_is_refused():
    formula = ["number", "1"]
    for _ in range(500):
        formula = ["plus", formula]

    with pytest.raises(RuleBroken, match="too deep"):
        work(*formula)
