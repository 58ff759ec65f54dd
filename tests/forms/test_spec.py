"""Descriptions of forms: to and from JSON, and what is found wrong with them."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.forms.faults import Fed, Measure, Register
from portal.forms.spec import FormSpec, faults
from tests.forms.strategies import CALM, specs

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(
            st.sampled_from(
                "sections rules questions key kind label choices columns rows totals formula shown_when at expression "
                "least decimals unit indicator_id accepts severity message help".split()
            ),
            below,
            max_size=6,
        ),
    ),
    max_leaves=30,
)


def asked(**values):
    return {"key": "done", "kind": "whole", "label": "ทำได้"} | values


def form(*questions, rules=()):
    return {"sections": [{"key": "s1", "title": "ผลงาน", "questions": list(questions)}], "rules": list(rules)}


def found(given, register=None):
    return [(fault.path, str(fault.error)) for fault in faults(given, register)]


@CALM
@given(specs())
def test_a_form_goes_to_json_and_comes_back_equal(spec):
    assert FormSpec.from_json(spec.to_json()) == spec
    assert FormSpec.from_json(spec.to_json()).to_json() == spec.to_json()


@CALM
@given(specs())
def test_a_sound_form_has_no_faults(spec):
    assert found(spec.to_json()) == []


@CALM
@given(JSON)
def test_any_json_is_looked_at_without_falling_over(given_):
    faults(given_)
    if isinstance(given_, dict):
        spec = FormSpec.from_json(given_)
        assert FormSpec.from_json(spec.to_json()) == spec
        assert spec.order is not None and spec.needs is not None and spec.asked is not None


@CALM
@given(specs(), st.data())
def test_a_form_with_one_part_spoilt_is_looked_at_without_falling_over(spec, data):
    spoilt = copy.deepcopy(spec.to_json())
    question = data.draw(st.sampled_from([q for s in spoilt["sections"] for q in s["questions"]]))
    question[data.draw(st.sampled_from(sorted(question)))] = data.draw(JSON)

    faults(spoilt)
    FormSpec.from_json(spoilt)


def test_forms_of_the_first_version_are_read():
    old = {"sections": [{"title": "ผล", "title_en": "Results", "questions": [
        {"key": "i01_1", "kind": "number", "label": "ตัวชี้วัด", "label_en": "Indicator", "unit": "PLACE",
         "required": True, "indicator": "01-1", "indicator_id": 7},
        {"key": "note", "kind": "text", "label": "หมายเหตุ", "unit": "", "required": False, "indicator": None,
         "indicator_id": None}]}]}  # fmt: skip

    spec = FormSpec.from_json(old)

    assert found(old) == []
    assert list(spec.questions) == ["i01_1", "note"]
    assert spec.feeds == {"i01_1": 7}
    assert spec.sections[0].key == "s1"


def test_columns_are_asked_under_the_key_of_their_table():
    columns = [asked(key="tons", kind="number"), asked(key="word", kind="text")]
    table = {"key": "t", "kind": "table", "label": "ตาราง", "totals": ["tons"], "columns": columns}
    spec = FormSpec.from_json(form(asked(), table, asked(key="n", kind="note")))

    assert list(spec.questions) == ["done", "t", "n"]
    assert list(spec.asked) == ["done", "t.tons", "t.word"]
    assert spec.totalled == ("t.tons",)
    assert spec.table_of("t.tons").key == "t" and spec.table_of("done") is None


@pytest.mark.parametrize(
    ("question", "path", "words"),
    [
        (asked(key="Done"), "key", "starts with a small letter"),
        (asked(key="not"), "key", "is a word of the expression language"),
        (asked(kind="magic"), "kind", "no kind of question called “magic”"),
        (asked(label=" "), "label", "write the question in Thai"),
        (asked(colour="red"), "colour", "knows nothing called “colour”"),
        (asked(choices=[{"code": "a", "label": "ก"}]), "choices", "means nothing"),
        (asked(required="yes"), "required", "either true or false"),
        (asked(least="10", greatest="9"), "greatest", "lies below the least"),
        (asked(least="ten"), "least", "not a number"),
        (asked(kind="number", decimals=5), "decimals", "whole number from 0 to 4"),
        (asked(default="yesterday"), "default", "not a choice here"),
        (asked(shown_when="done2 > 1"), "shown_when", "no question “done2”"),
        (asked(shown_when="1 + 1"), "shown_when", "something true or false"),
        (asked(shown_when="done > 1"), "shown_when", "depends on itself"),
        (asked(kind="computed"), "formula", "write the formula"),
        (asked(kind="computed", formula="1 > 0"), "formula", "should be a number"),
        (asked(kind="computed", formula="'ก' + 1"), "formula", "do not go together"),
        (asked(kind="computed", formula="1 if 1 > 2 else 'ก' * 2"), "formula", "do not go together"),
        (asked(kind="computed", formula="9**9**9"), "formula", "not allowed"),
        (asked(kind="percent", unit_rule="sum"), "unit_rule", "never summed"),
        (asked(kind="choice"), "choices", "at least one choice"),
        (asked(kind="choice", choices=[{"code": "a b", "label": "ก"}]), "choices.0.code", "letters, digits"),
        (asked(kind="choice", choices=[{"code": "a", "label": "ก"}, {"code": "b", "label": "ก "}]), "choices.1.label",
         "used twice"),
        (asked(kind="file", accepts=["exe"]), "accepts", "Kinds of file"),
        (asked(kind="table"), "columns", "at least one column"),
        (asked(kind="table", columns=[asked(kind="photo")]), "columns.0.kind", "cannot stand in a table"),
        (asked(kind="table", columns=[asked()], totals=["other"]), "totals", "has no total"),
        (asked(kind="table", columns=[asked()], rows_least=3, rows_greatest=2), "rows_greatest", "below the least"),
        (asked(kind="table", columns=[asked()], rows=[{"key": "a", "label": ""}]), "rows.0.label", "name of the row"),
        (asked(kind="table", columns=[asked(key="k" * 40)], key="t" * 30), "columns.0.key", "59 letters together"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_a_fault_is_told_at_its_place(question, path, words):
    assert [(p, w) for p, w in found(form(question)) if p == f"sections.0.questions.0.{path}" and words in w]


@pytest.mark.parametrize(
    ("rule", "path", "words"),
    [
        ({"expression": "done <= 5"}, "message", "what the reader is to do"),
        ({"expression": "done <= 5", "message": "ก", "severity": "shout"}, "severity", "not a choice here"),
        ({"expression": "done", "message": "ก"}, "expression", "something true or false"),
        ({"message": "ก"}, "expression", "is empty"),
        ({"expression": "done <= 5", "message": "ก", "at": "other"}, "at", "no question “other”"),
        ({"expression": "done <= 5", "message": "ก", "why": 1}, "why", "knows nothing called"),
    ],
)
def test_a_fault_of_a_rule_is_told_at_its_place(rule, path, words):
    given_ = form(asked(), rules=[{"key": "r", **rule}])

    assert [(p, w) for p, w in found(given_) if p == f"rules.0.{path}" and words in w]


def test_two_questions_never_share_a_key():
    assert found(form(asked(), asked())) == [("sections.0.questions.1.key", "“done” is used twice.")]


def test_a_circle_over_several_questions_is_found():
    circle = form(asked(key="a", kind="computed", formula="b + 1"), asked(key="b", kind="computed", formula="a * 2"))

    assert [words for _, words in found(circle)] == ["This depends on itself, by way of other questions."]


def test_a_choice_is_compared_with_codes_of_its_list_only():
    crop = asked(key="crop", kind="choice", choices=[{"code": "rice", "label": "ข้าว"}])

    assert found(form(crop, asked(shown_when='crop = "rice"'))) == []
    assert found(form(crop, asked(shown_when='crop = "rise"'))) == [
        ("sections.0.questions.1.shown_when", "“rise” is no code of “crop”.")
    ]


def test_a_question_agrees_with_the_registers_of_units_and_indicators():
    register = Register({"PLACE": Measure(0, False), "RAI": Measure(2, False)}, {7: Fed("01-1", "PLACE", "sum", "sum")})

    assert found(form(asked(unit="PLACE", indicator_id=7, indicator="01-1", unit_rule="sum")), register) == []
    assert [p for p, _ in found(form(asked(unit="KM")), register)] == ["sections.0.questions.0.unit"]
    wrong = found(form(asked(kind="number", unit="RAI", decimals=3, indicator_id=7, unit_rule="last")), register)
    assert [(p.rpartition(".")[2], w) for p, w in wrong] == [
        ("decimals", "This unit of measure has 2 decimals at most."),
        ("unit", "The indicator is measured in PLACE; a question that feeds it is as well."),
        ("unit_rule", "The indicator's own rule is “sum”."),
    ]
    assert found(form(asked(indicator_id=8)), register)
    assert found(form(asked(indicator_id=7), asked(key="b", indicator_id=7)), register)


def test_a_form_has_a_question_and_not_too_many():
    assert found(form()) == [("sections", "The form has no question yet.")]
    assert "more than 400 entries" in str(found(form(*[asked(key=f"q{n}") for n in range(401)])))
