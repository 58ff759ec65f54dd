"""The language of formulas, conditions and rules: what it says, what it refuses, and that it always ends soon."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import PortalError, RuleBroken
from portal.forms.expressions import NAMES, evaluate, parse
from portal.forms.values import Context
from tests.forms.strategies import CALM


class Answers:
    def __init__(self, **values):
        self.values = values

    def value(self, key):
        return self.values.get(key.replace(".", "__"))

    def applies(self, key):
        return key != "never"

    def cell(self, key, row):
        return {"a": Decimal(1), "b": Decimal(2)}.get(row)


KNOWN = {
    "done": Decimal(20), "paid": Decimal("0.1"), "bound": Decimal("0.2"), "crop": "rice", "ok": False,
    "crops": ("rice", "fruit"), "day": dt.date(2023, 5, 20), "t__tons": [Decimal(2), None, Decimal("0.5")],
}  # fmt: skip
CONTEXT = Context({"done": Decimal(10)}, {"done": Decimal(15)}, {"done": Decimal(30), "t.tons": Decimal(5)})


def worth(text, **more):
    return evaluate(parse(text), Answers(**KNOWN, **more), CONTEXT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("paid + bound = 0.3", True),
        ("paid + bound", Decimal("0.3")),
        ("1/3*3", Decimal("0." + "9" * 34)),
        ("round(1/3*3, 2)", Decimal("1.00")),
        ("round(2.675, 2)", Decimal("2.68")),
        ("-done + ๕", Decimal(-15)),
        ("done ≤ plan(done)", True),
        ("last_month(done) + cumulative(done)", Decimal(25)),
        ("plan(t.tons) − sum(t.tons)", Decimal("2.5")),
        ("share(done, plan(done)) > 66 and share(done, plan(done)) < 67", True),
        ("10 < done < 30", True),
        ("done <> 20", False),
        ("done / 0", None),
        ("done % 7", Decimal(6)),
        ('crop = "rice"', True),
        ("crop = “rice”", True),
        ('crop in ("rice", "rubber")', True),
        ('"fruit" in crops', True),
        ('"rubber" not in crops', True),
        ("ok = no", True),
        ("NOT ok AND yes", True),
        ("day + 3 > date('22/5/2566')", True),
        ("day - date('1/5/2566')", Decimal(19)),
        ("sum(t.tons)", Decimal("2.5")),
        ("average(t.tons)", Decimal("1.25")),
        ("count(t.tons)", Decimal(2)),
        ("greatest(done, 3, t.tons)", Decimal(20)),
        ("least(done, 3)", Decimal(3)),
        ("cell(t.tons, 'b')", Decimal(2)),
        ("applies(never)", False),
        ("answered(done)", True),
        ("answered(nothing)", False),
        ("if_blank(nothing, 0) + 1", Decimal(1)),
        ("done if ok else 5", Decimal(5)),
        ("length(crop)", Decimal(4)),
        ("abs(-3)", Decimal(3)),
    ],
)
def test_an_expression_is_worth_what_it_says(text, value):
    assert worth(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nothing + 1", None),
        ("nothing > 1", None),
        ("nothing = nothing", None),
        ("nothing > 1 or done > 1", True),
        ("nothing > 1 and done > 100", False),
        ("nothing > 1 and done > 1", None),
        ("not (nothing > 1)", None),
        ("sum(nothing)", None),
        ("sum(nothing, 2)", Decimal(2)),
        ("done if nothing > 1 else 5", None),
        ("last_month(nothing)", None),
    ],
)
def test_what_is_blank_is_never_taken_for_zero(text, value):
    assert worth(text) is value or worth(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "10**10**10", "__import__('os').system('id')", "done.__class__", "().__class__.__bases__",
        "t.tons.x", "[x for x in t]", "lambda: 1", "(x := 5)", "done; done", "import os", "f'{done}'", "done[0]",
        "{1: 2}", "{1}", "b'x'", "1j", "1e400", "9" * 400, "0x" + "F" * 300, "(" * 500, "[" * 500 + "]" * 500,
        "-" * 900 + "1", "not " * 240 + "ok", "1+" * 480 + "1", "a" * 1001, "sum(*crops)", "open('/etc/passwd')",
        "eval('1')", "getattr(done, 'real')", "sum()", "round(1, 2, 3)", "done if", "1 2", "done = = 1", "'unclosed",
        "\x00", "\ud800", "last_month(1)", "last_month('a' + 'b')", "cell(t.tons, done)", "done << 99999999", "~done",
        "done // 2", "done @ done", "await done", "yield", "...", "print(1)", "globals()", "crop.upper()",
        "crop.format(done)", "_done", "Done", "*done", "**done",
    ],
)  # fmt: skip
def test_whatever_is_no_plain_expression_is_refused_in_words(text):
    with pytest.raises(RuleBroken) as refusal:
        parse(text)

    assert str(refusal.value) and len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    "text",
    ["'a' * 1000000000", "('a' * 9) * 9", "'%s' % done",
     "crop + 1", "crop * 3", "'ก' * 3", "crops + crops", "ok + 1", "-crop", "not done", "done and ok", "crop > 1",
     "day * 2", "crop = 1", "sum(crop)", "round(done, 9)", "date(done)", "date('32/13/2566')", "length(done)",
     "999999999999999 * 999999999999999 * 999999999999999", "day + 99999999999"],
)  # fmt: skip
def test_kinds_that_do_not_go_together_are_refused_in_words(text):
    with pytest.raises(PortalError) as refusal:
        worth(text)

    assert str(refusal.value)


def test_the_names_that_an_expression_needs_are_known_before_it_is_worked_out():
    read = parse("a + sum(t.b) > plan(c) and applies(d) and cell(u.e, 'row') = last_month(t.f)")

    assert read.names == ("a", "t.b", "d", "u.e")
    assert read.remembered == ("c", "t.f")
    assert read.cells == (("u.e", "row"),)


def test_the_refusal_of_an_unknown_function_names_those_there_are():
    with pytest.raises(RuleBroken, match="if_blank"):
        parse("vlookup(done)")
    assert "last_month" in NAMES


PIECES = st.lists(
    st.sampled_from(
        ["done", "crop", "crops", "t.tons", "day", "ok", "nothing", "1", "0.1", "999999999999999", "'ก'", "(", ")", "+",
         "-", "*", "/", "%", "**", "<", "=", "and", "or", "not", "if", "else", "in", ",", "sum", "round", "last_month",
         "[", "]", ".", " ", "date", "greatest", "cell", "share", "if_blank", "answered", "applies", ":", "lambda"]
    ),
    max_size=40,
).map(" ".join)  # fmt: skip


@CALM
@given(st.one_of(st.text(max_size=200), PIECES))
def test_any_text_is_read_or_refused_and_any_expression_has_a_worth_or_is_refused(text):
    try:
        read = parse(text)
        evaluate(read, Answers(**KNOWN), CONTEXT)
        evaluate(read, Answers(), Context(), both=True)
    except PortalError as refusal:
        assert str(refusal)
